//! The API over a real socket: who may ask, what bad input gets, and events that miss nothing.

use std::{collections::HashSet, fs, net::TcpStream, thread};

use serde_json::{Value, json};

use crate::harness::{
    api::Api,
    dice::Dice,
    events::{Event, Events},
    network::Network,
    raw::{exchange, status},
    wait::{hold, until},
};

const ROUTES: [(&str, &str); 30] = [
    ("GET", "/api/v1/node"),
    ("GET", "/api/v1/resources"),
    ("POST", "/api/v1/resources"),
    ("GET", "/api/v1/resources/b"),
    ("PATCH", "/api/v1/resources/b"),
    ("GET", "/api/v1/resources/b/history"),
    ("GET", "/api/v1/events"),
    ("POST", "/api/v1/imports"),
    ("GET", "/api/v1/exports?format=csv"),
    ("GET", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/me"),
    ("PATCH", "/api/v1/me"),
    ("GET", "/api/v1/members"),
    ("GET", "/api/v1/members/b"),
    ("GET", "/api/v1/invitations"),
    ("POST", "/api/v1/invitations"),
    ("POST", "/api/v1/resets"),
    ("GET", "/api/v1/organisations"),
    ("GET", "/api/v1/organisations/b"),
    ("PATCH", "/api/v1/organisations/b"),
    ("GET", "/api/v1/roles"),
    ("POST", "/api/v1/roles"),
    ("PATCH", "/api/v1/roles/b"),
    ("GET", "/api/v1/role-requests"),
    ("POST", "/api/v1/role-requests"),
    ("PATCH", "/api/v1/role-requests/b"),
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/b"),
];

fn alone() -> Network {
    let mut network = Network::of(&["Alder"]);
    network.start();
    network
}

/// A request with exactly these headers.
fn request(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = if method == "GET" { "" } else { r#"{"title":"never"}"# };
    text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    exchange(api.address, text.as_bytes())
}

#[test]
fn nobody_gets_in_without_the_token_the_name_and_the_right_page() {
    let network = alone();
    let api = network.nodes[0].api();
    let (host, bearer) = (api.address.to_string(), format!("Bearer {}", api.token));
    let (host, token) = (("Host", host.as_str()), ("Authorization", bearer.as_str()));
    let wrong_token = format!("Bearer {}x", api.token);
    let port = api.address.port();
    for (method, path) in ROUTES {
        let asked = |headers: &[(&str, &str)]| status(&request(api, method, path, headers));
        for headers in [&[host][..], &[host, ("Authorization", &wrong_token)], &[host, ("Authorization", "Bearer ")]] {
            assert_eq!(asked(headers), 401, "{method} {path} {headers:?}");
        }
        let evil = format!("evil.example:{port}");
        let beside = format!("127.0.0.1.evil.example:{port}");
        for name in [evil.as_str(), beside.as_str(), "evil.example", "", &format!("127.0.0.1:{}", port ^ 1)] {
            let status = asked(&[("Host", name), token]);
            assert!([400, 421].contains(&status), "{method} {path} Host {name:?}: {status}");
        }
        assert_eq!(asked(&[token]), 400, "{method} {path} without a Host");
        assert_eq!(asked(&[host, host, token]), 400, "{method} {path} with two Hosts");
        if method != "GET" {
            for page in [
                ("Origin", "https://evil.example"),
                ("Origin", "null"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Site", "same-site"),
            ] {
                assert_eq!(asked(&[host, token, page]), 403, "{method} {path} {page:?}");
            }
        }
    }
    assert_eq!(status(&request(api, "GET", "/metrics", &[host])), 401);
    for open in ["/healthz", "/readyz"] {
        assert_eq!(status(&request(api, "GET", open, &[host])), 200, "{open}");
    }
    assert!(api.everything().is_empty(), "somebody got in");
    // And by every name that is ours, the same request gets through.
    for name in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("LOCALHOST:{port}")] {
        assert_eq!(status(&request(api, "POST", "/api/v1/resources", &[("Host", &name), token])), 201, "{name}");
    }
}

#[test]
fn bad_input_is_refused_with_the_field_and_the_limit_and_nothing_is_stored() {
    let network = alone();
    let api = network.nodes[0].api();
    let id = api.add(&json!({ "title": "Only one" }));
    let before = api.everything();
    let long = |bytes: usize| "x".repeat(bytes);
    let many = vec!["tag"; 201];
    let cases: Vec<(Value, u16, &str)> = vec![
        (json!({}), 400, "title"),
        (json!({ "title": "" }), 422, "title"),
        (json!({ "title": "a", "colour": "red" }), 400, "colour"),
        (json!({ "title": 7 }), 400, "title"),
        (json!({ "title": null }), 400, "title"),
        (json!({ "title": "a", "tags": "falls" }), 400, "tags"),
        (json!({ "title": "a", "tags": ["falls", 7] }), 400, "tags"),
        (json!({ "title": "a", "kind": "poem" }), 400, "kind"),
        (json!({ "title": long(2_001) }), 422, "title"),
        (json!({ "title": "a", "summary": long(20_001) }), 422, "summary"),
        (json!({ "title": "a", "tags": many }), 422, "tags"),
        (json!({ "title": "a", "links": [long(4_001)] }), 422, "links"),
    ];
    for (body, status, field) in cases {
        let problem = api.post("/api/v1/resources", &body).expect(status);
        assert_eq!(problem.header("content-type"), Some("application/problem+json"), "{field}");
        let problem = problem.json();
        let named = problem["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{field} is not named by {problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(status == 422 && body["title"] != "", problem["limit"].is_u64(), "{problem}");
    }
    let token = format!("Authorization: Bearer {}", api.token);
    for (content_type, body, status_wanted) in [
        ("application/json", &b"{\"title\": \"a\""[..], 400),
        ("application/json", b"{\"title\": \"\xff\"}", 400),
        ("application/json", b"", 400),
        ("application/json", b"{\"title\":\"a\"} {\"title\":\"b\"}", 400),
        ("application/json", b"{\"title\":\"a\",\"title\":\"b\"}", 400),
        ("text/plain", b"{\"title\":\"a\"}", 415),
        ("application/x-www-form-urlencoded", b"title=a", 415),
    ] {
        let head = format!(
            "POST /api/v1/resources HTTP/1.1\r\nHost: {}\r\n{token}\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\n\r\n",
            api.address,
            body.len()
        );
        let answer = exchange(api.address, &[head.as_bytes(), body].concat());
        assert_eq!(status(&answer), status_wanted, "{content_type} {body:?}: {answer}");
    }
    // Too much at once, announced or not.
    let text = json!({ "title": "a", "body": long(1024 * 1024 + 1) });
    assert_eq!(api.post("/api/v1/resources", &text).expect(422).json()["field"], "body");
    let huge = json!({ "title": "a", "body": long(12 * 1024 * 1024) });
    api.post("/api/v1/resources", &huge).expect(413);
    let chunk = format!("10000\r\n{}\r\n", long(0x1_0000));
    let endless = format!(
        "POST /api/v1/resources HTTP/1.1\r\nHost: {}\r\n{token}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{}",
        api.address,
        chunk.repeat(200)
    );
    assert_eq!(status(&exchange(api.address, endless.as_bytes())), 413);
    for query in
        ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=AQAAAA", "tag=", "colour=red", "limit=1&limit=2"]
    {
        let problem = api.get(&format!("/api/v1/resources?{query}")).expect(400).json();
        assert!(problem["field"].is_string(), "{query}: {problem}");
    }
    for id in ["x", "b", "../node", &id[..id.len() - 1], &format!("{id}a"), &id.to_uppercase()] {
        api.get(&format!("/api/v1/resources/{id}")).expect(404);
    }
    api.get("/api/v1/nothing").expect(404);
    api.get_with("/api/v1/events", &[("Last-Event-ID", "yesterday")]).expect(400);
    api.patch(&format!("/api/v1/resources/{id}"), &json!({ "title": null })).expect(400);
    api.patch_with(&format!("/api/v1/resources/{id}"), &[("If-Match", "not a tag")], &json!({ "title": "b" }))
        .expect(400);
    assert_eq!(api.everything(), before);
}

#[test]
fn a_long_text_is_written_and_edited_by_the_command_line() {
    let network = alone();
    let node = &network.nodes[0];
    let file = network.folder().join("long.md");
    // In JSON six times as long; the longest text of all is tried where nothing else takes time.
    let text = "\u{1}".repeat(300_000);
    fs::write(&file, &text).expect("a temporary file");
    let added = node.cli(["resource", "add", "--title", "Long", "--body-file"]).arg(&file).done();
    let id = added.text().trim().to_owned();
    let edited = format!("{}2{}", &text[..100_000], &text[100_001..]);
    fs::write(&file, &edited).expect("a temporary file");
    node.cli(["resource", "edit", &id, "--body-file"]).arg(&file).done();
    assert!(node.api().resource(&id)["body"] == edited);
    fs::write(&file, "x".repeat(1024 * 1024 + 1)).expect("a temporary file");
    let failure =
        node.cli(["resource", "edit", &id, "--json", "--body-file"]).arg(&file).run().expect_code(1).failure();
    assert!(failure["error"].as_str().is_some_and(|error| error.contains("1048576")), "{failure}");
    assert!(node.api().resource(&id)["body"] == edited);
}

#[test]
fn an_edit_of_something_that_changed_since_is_refused() {
    let network = alone();
    let api = network.nodes[0].api();
    let id = api.add(&json!({ "title": "First", "tags": ["a", "b"] }));
    let path = format!("/api/v1/resources/{id}");
    let seen = api.get(&path).expect(200).header("etag").expect("a tag").to_owned();
    let second = api.patch_with(&path, &[("If-Match", &seen)], &json!({ "title": "Second" })).expect(200);
    assert_ne!(second.header("etag"), Some(seen.as_str()));
    let stale = api.patch_with(&path, &[("If-Match", &seen)], &json!({ "title": "Third" })).expect(412);
    assert_eq!(stale.header("etag"), second.header("etag"));
    assert_eq!(api.resource(&id)["title"], "Second");
    // Without it, what differs from what is there is merged in.
    api.patch(&path, &json!({ "tags": ["a", "c"] })).expect(200);
    assert_eq!(api.resource(&id)["tags"], json!(["a", "c"]));
    let now = api.get(&path).expect(200).header("etag").expect("a tag").to_owned();
    api.get_with(&path, &[("If-None-Match", &now)]).expect(304);
    // The same edit again changes nothing, and makes no change.
    let history = |api: &Api| api.get(&format!("{path}/history")).expect(200).json()["total"].clone();
    let before = history(api);
    api.patch_with(&path, &[("If-Match", &now)], &json!({ "tags": ["a", "c"] })).expect(200);
    assert_eq!(history(api), before);
}

#[test]
fn a_reader_who_comes_back_again_and_again_misses_nothing_and_hears_nothing_twice() {
    const SEED: u64 = 5;
    const WRITERS: usize = 4;
    const EACH: usize = 60;
    eprintln!("seed {SEED}");
    let network = Network::running(&["Alder", "Birch"]);
    let api = network.nodes[0].api();
    let mut dice = Dice::new(SEED);
    let mut events = Events::of(api, None);
    until("the place where the stream begins", || {
        assert_eq!(events.glance(), None);
        hold(!events.last_id.is_empty(), || "no id".to_owned())
    });
    let mut told: Vec<Event> = Vec::new();
    let mut visits = 0;
    let written: HashSet<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                // Half of them write at the other node.
                let api = network.nodes[writer % 2].api();
                scope.spawn(move || {
                    (0..EACH)
                        .map(|number| api.add(&json!({ "title": format!("{writer}/{number}") })))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        until("the reader has heard of everything", || {
            for _ in 0..=dice.below(20) {
                told.extend(events.glance());
            }
            // Gone in the middle of something, and back again.
            events = Events::of(api, Some(&events.last_id.clone()));
            visits += 1;
            // Certificates, profiles and addresses are told, too.
            let resources = told.iter().filter(|event| event.data["kind"] == "resource").count();
            hold(resources >= WRITERS * EACH, || format!("{resources} resources in {visits} visits"))
        });
        writers.into_iter().flat_map(|writer| writer.join().expect("writing does not panic")).collect()
    });
    assert!(visits > 5, "{visits} visits try nothing");
    assert!(told.iter().all(|event| event.name == "change"), "{told:?}");
    let resources: Vec<_> = told.iter().filter(|event| event.data["kind"] == "resource").collect();
    let documents: HashSet<String> =
        resources.iter().map(|event| event.data["document"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(documents, written);
    assert_eq!(resources.len(), written.len(), "something was told twice");
    let numbers: Vec<u64> = told.iter().map(|event| number(&event.id)).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

/// The number at the end of an event's id.
fn number(id: &str) -> u64 {
    id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{id} ends in no number"))
}

#[test]
fn idle_connections_and_streams_of_events_leave_room_for_requests() {
    let network = alone();
    let api = network.nodes[0].api();
    let mut readers: Vec<Events> = (0..20).map(|_| Events::of(api, None)).collect();
    let idle: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(api.address).expect("connected")).collect();
    let id = api.add(&json!({ "title": "Heard by all" }));
    for reader in &mut readers {
        assert_eq!(reader.next().data["document"], id.as_str());
    }
    drop(idle);
    // More than one address may have: those beyond are turned away for as long as the others are there.
    let mut crowd = Vec::new();
    let get = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", api.address);
    until("somebody is turned away", || {
        crowd.push(TcpStream::connect(api.address).expect("connected"));
        let answer = exchange(api.address, get.as_bytes());
        hold(status(&answer) == 503 && answer.contains("/problems/busy"), || format!("{}: {answer}", crowd.len()))
    });
    assert!(crowd.len() + readers.len() <= 64, "{} are there beside the readers", crowd.len());
    // Whoever was there before has lost nothing, and there is room again as soon as the crowd goes.
    drop(crowd);
    until("an answer after the crowd", || {
        let answer = exchange(api.address, get.as_bytes());
        hold(status(&answer) == 200, || answer)
    });
    let id = api.add(&json!({ "title": "Still heard by all" }));
    for reader in &mut readers {
        assert_eq!(reader.next().data["document"], id.as_str());
    }
}

#[test]
fn what_the_settings_open_is_open_and_no_more() {
    let mut network = Network::of(&["Alder"]);
    let node = &mut network.nodes[0];
    node.set("hosts = []", r#"hosts = ["Library.example.org", "proxy.example.org:8443"]"#);
    node.set("open_metrics = false", "open_metrics = true");
    node.start();
    let api = node.api();
    let (port, bearer) = (api.address.port(), format!("Bearer {}", api.token));
    let ask = |path: &str, host: &str, headers: &[(&str, &str)]| {
        status(&request(api, "GET", path, &[&[("Host", host)], headers].concat()))
    };
    let token = [("Authorization", bearer.as_str())];
    let names =
        ["library.example.org".to_owned(), format!("library.example.org:{port}"), "proxy.example.org:8443".into()];
    for name in &names {
        assert_eq!(ask("/metrics", name, &[]), 200, "{name}");
        assert_eq!(ask("/api/v1/node", name, &token), 200, "{name}");
        assert_eq!(ask("/api/v1/node", name, &[]), 401, "{name}");
    }
    for name in ["proxy.example.org", "library.example.org:8443", "other.example.org"] {
        assert_eq!(ask("/metrics", name, &[]), 421, "{name}");
        assert_eq!(ask("/api/v1/node", name, &token), 421, "{name}");
    }
}
