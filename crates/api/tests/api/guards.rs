//! Who is let in: by name, by page, by token. And what every answer carries.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use serde_json::json;

use crate::{
    ask::{Answer, request, send},
    nodes_in_memory::{HOST, Node, TOKEN, config},
};

/// Every route with a method that it knows, and whether it needs the token.
const ROUTES: [(&str, &str, bool); 80] = [
    ("GET", "/healthz", false),
    ("GET", "/readyz", false),
    ("GET", "/api/v1/openapi.json", false),
    ("GET", "/metrics", true),
    ("GET", "/api/v1/node", true),
    ("GET", "/api/v1/resources", true),
    ("POST", "/api/v1/resources", true),
    ("GET", "/api/v1/resources/baaaa", true),
    ("PATCH", "/api/v1/resources/baaaa", true),
    ("GET", "/api/v1/resources/baaaa/history", true),
    ("POST", "/api/v1/imports", true),
    ("GET", "/api/v1/exports?format=csv", true),
    ("GET", "/api/v1/events", true),
    ("GET", "/api/v1/session", true),
    ("DELETE", "/api/v1/session", true),
    ("GET", "/api/v1/me", true),
    ("PATCH", "/api/v1/me", true),
    ("GET", "/api/v1/members", true),
    ("GET", "/api/v1/members/baaaa", true),
    ("GET", "/api/v1/invitations", true),
    ("POST", "/api/v1/invitations", true),
    ("POST", "/api/v1/resets", true),
    ("GET", "/api/v1/organisations", true),
    ("GET", "/api/v1/organisations/baaaa", true),
    ("PATCH", "/api/v1/organisations/baaaa", true),
    ("GET", "/api/v1/roles", true),
    ("POST", "/api/v1/roles", true),
    ("PATCH", "/api/v1/roles/baaaa", true),
    ("GET", "/api/v1/role-requests", true),
    ("POST", "/api/v1/role-requests", true),
    ("PATCH", "/api/v1/role-requests/baaaa", true),
    ("GET", "/api/v1/tokens", true),
    ("POST", "/api/v1/tokens", true),
    ("DELETE", "/api/v1/tokens/baaaa", true),
    ("GET", "/api/v1/decisions", true),
    ("POST", "/api/v1/decisions", true),
    ("GET", "/api/v1/decisions/baaaa", true),
    ("PATCH", "/api/v1/decisions/baaaa", true),
    ("GET", "/api/v1/decisions/baaaa/proof", true),
    ("GET", "/api/v1/decisions/baaaa/positions", true),
    ("PUT", "/api/v1/decisions/baaaa/positions/own", true),
    ("GET", "/api/v1/decisions/baaaa/comments", true),
    ("POST", "/api/v1/decisions/baaaa/comments", true),
    ("GET", "/api/v1/reminders", true),
    ("POST", "/api/v1/reminders", true),
    ("GET", "/api/v1/delegations", true),
    ("POST", "/api/v1/delegations", true),
    ("PATCH", "/api/v1/delegations/baaaa", true),
    ("GET", "/api/v1/temperature-checks", true),
    ("POST", "/api/v1/temperature-checks", true),
    ("GET", "/api/v1/temperature-checks/baaaa", true),
    ("PUT", "/api/v1/temperature-checks/baaaa/answer", true),
    ("PATCH", "/api/v1/comments/baaaa", true),
    ("DELETE", "/api/v1/comments/baaaa", true),
    ("GET", "/api/v1/minutes", true),
    ("GET", "/api/v1/minutes/standing", true),
    ("GET", "/api/v1/minutes/bundle", true),
    ("GET", "/api/v1/minutes/7", true),
    ("GET", "/api/v1/charter", true),
    ("GET", "/api/v1/charter/versions", true),
    ("GET", "/api/v1/mandates", true),
    ("POST", "/api/v1/mandates", true),
    ("PATCH", "/api/v1/mandates/baaaa", true),
    ("POST", "/api/v1/minutes/reconvenings", true),
    ("GET", "/api/v1/resources/baaaa/comments", true),
    ("POST", "/api/v1/resources/baaaa/comments", true),
    ("GET", "/api/v1/nodes", true),
    ("POST", "/api/v1/nodes", true),
    ("PATCH", "/api/v1/nodes/baaaa", true),
    ("GET", "/api/v1/hosted", true),
    ("POST", "/api/v1/hosted", true),
    ("POST", "/api/v1/hosted/departures", true),
    ("POST", "/api/v1/hosted/baaaa/invitations", true),
    ("GET", "/api/v1/admissions", true),
    ("POST", "/api/v1/admissions", true),
    ("GET", "/api/v1/admissions/invitations", true),
    ("POST", "/api/v1/admissions/invitations", true),
    ("DELETE", "/api/v1/admissions/invitations/baaaa", true),
    ("POST", "/api/v1/admissions/baaaa/decision", true),
    ("POST", "/api/v1/organisations/own/words", true),
];
/// What takes a secret of its own in place of the token.
const WAYS_IN: [(&str, &str); 2] = [("POST", "/api/v1/accounts"), ("POST", "/api/v1/session")];
/// Listings that read `limit`.
const LISTINGS: [&str; 5] =
    ["/api/v1/resources", "/api/v1/members", "/api/v1/roles", "/api/v1/decisions", "/api/v1/minutes"];

/// Sends a request with just these headers.
async fn ask(node: &Node, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    node.send(request.body(Body::empty()).expect("a request")).await
}

#[test]
fn every_route_of_the_description_is_tried() {
    let description: serde_json::Value = serde_json::from_str(&knotwork_api::openapi()).expect("JSON");
    let known = |method: &str, path: &str| {
        let pattern: Vec<&str> = path.split('/').collect();
        let fits = |tried: &str| {
            let parts: Vec<&str> = tried.split('?').next().unwrap_or_default().split('/').collect();
            let part_fits = |(part, wanted): (&&str, &&str)| part == wanted || wanted.starts_with('{');
            parts.len() == pattern.len() && parts.iter().zip(&pattern).all(part_fits)
        };
        let guarded = ROUTES.iter().map(|(method, path, _)| (*method, *path));
        guarded.chain(WAYS_IN).any(|(tried, path)| tried == method && fits(path))
    };
    let mut missing = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        let methods = item.as_object().expect("operations").keys().map(|method| method.to_uppercase());
        missing.extend(methods.filter(|method| !known(method, path)).map(|method| format!("{method} {path}")));
    }
    assert!(missing.is_empty(), "nobody tries {missing:?}");
}

#[tokio::test]
async fn without_the_token_only_what_is_open_answers() {
    let node = Node::new();
    let bearer = format!("Bearer {TOKEN}");
    let nearly = &bearer[..bearer.len() - 1];
    for (method, path, guarded) in ROUTES {
        if !guarded {
            assert_eq!(ask(&node, method, path, &[("host", HOST)]).await.status, 200, "{path}");
            continue;
        }
        let bad_sets: [&[(&str, &str)]; 5] = [
            &[],
            &[("authorization", "Bearer wrong")],
            &[("authorization", nearly)],
            &[("authorization", TOKEN)],
            &[("authorization", &bearer), ("authorization", &bearer)],
        ];
        for bad in bad_sets {
            let answer = ask(&node, method, path, &[&[("host", HOST)], bad].concat()).await;
            answer.problem(401);
            assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{method} {path}");
        }
    }
    // A token in an address would end up in logs: it is not looked for there.
    ask(&node, "GET", &format!("/api/v1/node?token={TOKEN}"), &[("host", HOST)]).await.problem(401);
}

#[tokio::test]
async fn by_another_name_nothing_answers() {
    let node = Node::new();
    let bearer = format!("Bearer {TOKEN}");
    let good = ["127.0.0.1:7070", "localhost:7070", "LOCALHOST:7070", "[::1]:7070"];
    let bad = [
        "evil.example",
        "evil.example:7070",
        "localhost",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:7071",
        "127.0.0.2:7070",
        "localhost.evil.example:7070",
        "127.0.0.1:7070.evil.example",
        "0.0.0.0:7070",
        "",
        "localhost:7070:7070",
    ];
    for (method, path, guarded) in ROUTES {
        for host in bad {
            let answer = ask(&node, method, path, &[("host", host), ("authorization", &bearer)]).await;
            assert_eq!(answer.problem(421)["field"], "Host", "{method} {path} as {host}");
        }
        ask(&node, method, path, &[("authorization", &bearer)]).await.problem(400);
        ask(&node, method, path, &[("host", HOST), ("host", HOST), ("authorization", &bearer)]).await.problem(400);
        if guarded && method == "GET" && !path.contains("events") {
            for host in good {
                let status = ask(&node, method, path, &[("host", host), ("authorization", &bearer)]).await.status;
                // A machine has no profile, no role requests and no tokens.
                assert!([200, 403, 404].contains(&status.as_u16()), "{method} {path} as {host}: {status}");
            }
        }
    }
    // A target that names another host, as sent to a proxy.
    let absolute = "http://evil.example/api/v1/node";
    ask(&node, "GET", absolute, &[("host", HOST), ("authorization", &bearer)]).await.problem(421);
    let ours = format!("http://{HOST}/api/v1/node");
    ask(&node, "GET", &ours, &[("host", HOST), ("authorization", &bearer)]).await.expect(200);
}

#[tokio::test]
async fn a_parameter_that_is_not_read_is_refused() {
    let node = Node::new();
    let bearer = format!("Bearer {TOKEN}");
    for (method, path, _) in ROUTES {
        for parameter in ["colour=red", "colour", "limit=1", "%ff=1"] {
            let listing = method == "GET" && LISTINGS.contains(&path) && parameter == "limit=1";
            let joined = format!("{path}{}{parameter}", if path.contains('?') { '&' } else { '?' });
            let answer = ask(&node, method, &joined, &[("host", HOST), ("authorization", &bearer)]).await;
            if listing {
                answer.expect(200);
            } else {
                let problem = answer.problem(400);
                let name = parameter.split('=').next().filter(|name| !name.starts_with('%'));
                assert_eq!(problem["field"].as_str(), name, "{problem}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let node = Node::new();
    let add = async |headers: &[(&str, &str)]| {
        node.send_json(Method::POST, "/api/v1/resources", &json!({"title": "T"}), headers).await
    };
    let foreign: [&[(&str, &str)]; 8] = [
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://localhost")],
        &[("origin", "http://localhost:7070")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    ];
    for headers in foreign {
        add(headers).await.problem(403);
    }
    for (method, path, _) in ROUTES.into_iter().filter(|(method, _, _)| *method != "GET") {
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("host", HOST), ("authorization", bearer.as_str()), ("origin", "http://evil.example")];
        assert_eq!(ask(&node, method, path, &headers).await.problem(403)["field"], "Origin", "{method} {path}");
        ask(&node, "OPTIONS", path, &headers).await.problem(403);
    }
    for (method, path) in WAYS_IN {
        let headers = [("host", HOST), ("origin", "http://evil.example")];
        assert_eq!(ask(&node, method, path, &headers).await.problem(403)["field"], "Origin", "{method} {path}");
        assert_eq!(ask(&node, method, path, &[("host", "evil.example")]).await.problem(421)["field"], "Host");
        ask(&node, method, path, &[("host", HOST)]).await.problem(415);
    }
    assert_eq!(node.get("/api/v1/resources").await.expect(200)["total"], 0);
    assert_eq!(node.get("/api/v1/invitations").await.expect(200)["items"], json!([]));
    add(&[("origin", "http://127.0.0.1:7070"), ("sec-fetch-site", "same-origin")]).await.expect(201);
    add(&[("sec-fetch-site", "none")]).await.expect(201);
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_none_opens_the_door_to_other_origins() {
    let node = Node::new();
    let check = |headers: &HeaderMap, what: &str| {
        let policy = headers.get(header::CONTENT_SECURITY_POLICY).expect(what).to_str().expect("ASCII");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers.get(name).expect(what), value, "{what}");
        }
        assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{what}");
    };
    let bearer = format!("Bearer {TOKEN}");
    let known: [(&str, &str); 3] = [("host", HOST), ("authorization", &bearer), ("origin", "http://evil.example")];
    for (method, path, _) in ROUTES.into_iter().filter(|(_, path, _)| !path.contains("events")) {
        for headers in [&known[..], &known[..2], &known[..1], &[]] {
            check(&ask(&node, method, path, headers).await.headers, path);
        }
    }
    for (method, path) in
        [("GET", "/"), ("GET", "/api/v1/nothing"), ("DELETE", "/api/v1/node"), ("OPTIONS", "*"), ("BREW", "/")]
    {
        check(&ask(&node, method, path, &known[..2]).await.headers, path);
    }
}

#[tokio::test]
async fn what_is_not_there_and_wrong_methods_are_problems() {
    let node = Node::new();
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/resources/",
        "/api/v2/node",
        "/API/v1/node",
        "/favicon.ico",
        "//",
        "/%00",
    ] {
        node.get(path).await.problem(404);
    }
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/node", "GET,HEAD"),
        ("PUT", "/api/v1/resources", "GET,HEAD,POST"),
        ("POST", "/api/v1/resources/baaaa", "GET,HEAD,PATCH"),
        ("GET", "/api/v1/imports", "POST"),
        ("OPTIONS", "/api/v1/resources", "GET,HEAD,POST"),
        ("TRACE", "/healthz", "GET,HEAD"),
        ("BREW", "/metrics", "GET,HEAD"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = node.send(request(method, path).body(Body::empty()).expect("a request")).await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_head_request_gets_the_head() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    for path in [
        "/healthz",
        "/api/v1/node",
        "/api/v1/resources",
        &format!("/api/v1/resources/{}", added["id"].as_str().expect("an id")),
    ] {
        let whole = node.get(path).await;
        let head = node.send(request(Method::HEAD, path).body(Body::empty()).expect("a request")).await;
        assert_eq!((head.status, head.body.len()), (whole.status, 0), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"));
        assert_eq!(head.header("content-length"), whole.body.len().to_string());
    }
    for path in ["/api/v1/events", "/api/v1/exports?format=csv"] {
        let head = node.send(request(Method::HEAD, path).body(Body::empty()).expect("a request")).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
    }
}

#[tokio::test]
async fn an_operator_can_add_names_and_open_the_metrics() {
    let mut config = config();
    config.hosts.push("Knotwork.example.org".into());
    config.metrics_open = true;
    let node = Node::with(knotwork_store::MemoryEngine::new(), [1; 16], &config);
    for host in ["knotwork.example.org", "knotwork.example.org:7070"] {
        let answer = ask(&node, "GET", "/metrics", &[("host", host)]).await;
        assert_eq!(answer.status, 200, "{host}");
        ask(&node, "GET", "/api/v1/node", &[("host", host)]).await.problem(401);
    }
    ask(&node, "GET", "/metrics", &[("host", "other.example.org")]).await.problem(421);
}

#[tokio::test]
async fn a_panic_is_answered_and_the_node_goes_on() {
    let node = Node::new();
    let measure = || panic!("a gauge that breaks");
    let broken = knotwork_api::router(node.handle.clone(), &config(), measure, None);
    for _ in 0..2 {
        let request = request(Method::GET, "/metrics").body(Body::empty()).expect("a request");
        let answer = send(&broken, request).await;
        let problem = answer.problem(500);
        assert!(!problem.to_string().contains("gauge that breaks"), "what broke is for the log: {problem}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let request = request(Method::GET, "/api/v1/node").body(Body::empty()).expect("a request");
    send(&broken, request).await.expect(200);
}
