//! Resources: added, read, listed, edited.

use axum::{
    body::Body,
    http::{Method, header},
};
use knotwork_documents::ResourceEdit;
use serde_json::{Value, json};

use crate::{ask::request, nodes_in_memory::Node};

const RESOURCES: &str = "/api/v1/resources";

fn path(resource: &Value) -> String {
    format!("{RESOURCES}/{}", resource["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn what_is_added_can_be_read() {
    let node = Node::new();
    let body = json!({
        "title": "Five whys", "summary": "Ask why, five times.", "body": "# Why\n\nBecause. é\u{301} 🪢 \u{0} \r\n",
        "kind": "case-study", "links": ["https://example.org/why", "", "urn:isbn:1"], "tags": ["root cause", "root cause"],
        "licence": "CC-BY-4.0", "language": "en-GB",
    });
    let answer = node.send_json(Method::POST, RESOURCES, &body, &[]).await;
    let added = answer.expect(201);
    assert_eq!(answer.header("location"), path(&added));
    for (name, value) in body.as_object().expect("an object") {
        assert_eq!(added[name], *value, "{name}");
    }
    assert_eq!(added["created"], "2023-11-14T22:13:20.000Z");
    assert_eq!(added["changed"], added["created"]);
    assert_eq!(
        added["contributors"],
        json!([{"organisation": "Alder", "person": "baqcaibaeaqcaibaeaqcaibaeaq", "name": null, "automatic": true, "left": false}])
    );
    assert_eq!(added["heads"].as_array().map(Vec::len), Some(1));
    assert_eq!((&added["conflicts"], &added["left_out"]), (&json!({}), &json!(0)));

    let read = node.get(answer.header("location")).await;
    assert_eq!(read.expect(200), added);
    assert_eq!(read.header("etag"), answer.header("etag"));
    assert_eq!(read.header("content-type"), "application/json");
}

#[tokio::test]
async fn only_the_title_is_needed() {
    let node = Node::new();
    let added = node.add(&json!({"title": "Bare"})).await;
    for name in ["summary", "body", "licence", "language"] {
        assert_eq!(added[name], "", "{name}");
    }
    assert_eq!((&added["kind"], &added["links"], &added["tags"]), (&json!("other"), &json!([]), &json!([])));
}

#[tokio::test]
async fn a_key_makes_one_resource_however_often_it_is_sent() {
    let node = Node::new();
    let body = json!({"title": "Once", "body": "b".repeat(40_000), "tags": ["a"]});
    let key = &[("idempotency-key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"")];
    let first = node.send_json(Method::POST, RESOURCES, &body, key).await;
    let added = first.expect(201);
    let again = node.send_json(Method::POST, RESOURCES, &body, key).await;
    assert_eq!(again.expect(200), added);
    assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), first.header("etag")));

    // Also when it was edited in between, and then the answer is what is there now.
    node.send_json(Method::PATCH, &path(&added), &json!({"title": "Twice"}), &[]).await.expect(200);
    assert_eq!(node.send_json(Method::POST, RESOURCES, &body, key).await.expect(200)["title"], "Twice");

    let other = node.send_json(Method::POST, RESOURCES, &json!({"title": "Other"}), key).await.problem(422);
    assert_eq!((&other["field"], &other["type"]), (&json!("Idempotency-Key"), &json!("/problems/idempotency-key")));
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 1);

    let longest = "k".repeat(255);
    node.send_json(Method::POST, RESOURCES, &body, &[("idempotency-key", &longest)]).await.expect(201);
    for bad in ["", " ", "a b", "é", &"k".repeat(256)] {
        let refused = node.send_json(Method::POST, RESOURCES, &body, &[("idempotency-key", bad)]).await.problem(400);
        assert_eq!((&refused["field"], &refused["limit"]), (&json!("Idempotency-Key"), &json!(255)), "{bad:?}");
    }
}

#[tokio::test]
async fn requests_with_one_key_at_the_same_time_make_one_resource() {
    let node = Node::new();
    let body = json!({"title": "Once"});
    let key = &[("idempotency-key", "k")];
    let answers = futures::future::join_all((0..20).map(|_| node.send_json(Method::POST, RESOURCES, &body, key))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let there = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((made, there), (1, 19));
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn the_library_is_listed_page_by_page() {
    let node = Node::new();
    for number in 0..25 {
        let tags = if number % 2 == 0 { json!(["even", "all"]) } else { json!(["all"]) };
        node.add(&json!({"title": format!("entry {:02}", 24 - number), "tags": tags})).await;
    }
    let titles = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("items");
        items.iter().map(|item| item["title"].as_str().expect("a title").to_owned()).collect()
    };
    let first = node.get(RESOURCES).await.expect(200);
    assert_eq!((titles(&first).len(), &first["total"]), (20, &json!(25)));

    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let from = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = node.get(&format!("{RESOURCES}?limit=7&tag=all{from}")).await.expect(200);
        assert_eq!(page["total"], 25);
        found.extend(titles(&page));
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let wanted: Vec<String> = (0..25).map(|number| format!("entry {number:02}")).collect();
    assert_eq!(found, wanted);

    let even = node.get(&format!("{RESOURCES}?tag=even&limit=100")).await.expect(200);
    assert_eq!((titles(&even).len(), &even["total"], &even["next"]), (13, &json!(13), &Value::Null));
    let whole = node.get(&format!("{RESOURCES}?limit=25")).await.expect(200);
    assert_eq!(
        (titles(&whole).len(), &whole["next"]),
        (25, &Value::Null),
        "a last page that is just full ends the list"
    );
    assert_eq!(
        node.get(&format!("{RESOURCES}?tag=none")).await.expect(200),
        json!({"items": [], "next": null, "total": 0})
    );
}

#[tokio::test]
async fn a_page_of_long_texts_ends_early_and_nothing_is_missed() {
    let node = Node::new();
    for number in 0..60 {
        node.add(&json!({"title": format!("{number:02}"), "summary": "x".repeat(20_000)})).await;
    }
    let (mut found, mut pages, mut cursor) = (0, 0, String::new());
    loop {
        let page = node.get(&format!("{RESOURCES}?limit=100{cursor}")).await.expect(200);
        found += page["items"].as_array().expect("items").len();
        pages += 1;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((found, pages), (60, 2));
}

#[tokio::test]
async fn a_text_of_the_greatest_length_is_written_and_edited_in_whatever_form() {
    let node = Node::new();
    let send = async |method, path: &str, text: &str| {
        let escaped: String = text.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        let body = format!("{{\"title\":\"T\",\"body\":\"{escaped}\"}}");
        node.send(request.body(body.into()).expect("a request")).await
    };
    let longest = "a".repeat(1024 * 1024);
    let added = send(Method::POST, RESOURCES, &longest).await.expect(201);
    assert!(added["body"] == longest);
    let edited = format!("{}b{}", &longest[..500_000], &longest[500_001..]);
    assert!(send(Method::PATCH, &path(&added), &edited).await.expect(200)["body"] == edited);
}

#[tokio::test]
async fn an_edit_changes_what_it_names() {
    let node = Node::new();
    let added = node
        .add(&json!({"title": "T", "summary": "S", "body": "one two three", "tags": ["a", "b"], "links": ["x"]}))
        .await;
    let patch = json!({"summary": "", "body": "one 2 three", "tags": ["b", "c"], "kind": "guidance", "licence": "CC0", "language": "cy"});
    let answer = node.send_json(Method::PATCH, &path(&added), &patch, &[]).await;
    let edited = answer.expect(200);
    for (name, value) in patch.as_object().expect("an object") {
        assert_eq!(edited[name], *value, "{name}");
    }
    assert_eq!((&edited["title"], &edited["links"]), (&json!("T"), &json!(["x"])));
    assert_ne!(edited["heads"], added["heads"]);
    assert_eq!(node.get(&path(&added)).await.header("etag"), answer.header("etag"));

    let nothing = node.send_json(Method::PATCH, &path(&added), &json!({}), &[]).await;
    assert_eq!(nothing.expect(200), edited, "an edit of nothing changes nothing");
    let same = node.send_json(Method::PATCH, &path(&added), &json!({"title": "T"}), &[]).await;
    assert_eq!(same.expect(200), edited, "a value that is there already is no change");
}

#[tokio::test]
async fn an_edit_of_a_state_that_is_gone_is_refused() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let at = path(&added);
    let seen = node.get(&at).await.header("etag").to_owned();
    let edit = async |tag: &str, title: &str| {
        node.send_json(Method::PATCH, &at, &json!({"title": title}), &[("if-match", tag)]).await
    };
    let now = edit(&seen, "U").await;
    now.expect(200);
    let stale = edit(&seen, "V").await;
    assert_eq!(stale.problem(412)["type"], "/problems/stale");
    assert_eq!(stale.header("etag"), now.header("etag"), "the answer tells what is there now");
    edit(&format!("W/{}", now.header("etag")), "V").await.problem(412);
    edit("\"another\"", "V").await.problem(412);
    assert_eq!(node.get(&at).await.expect(200)["title"], "U");
    edit("*", "V").await.expect(200);
    let several = format!("\"x\", {}", node.get(&at).await.header("etag"));
    edit(&several, "W").await.expect(200);
    for bad in ["", "x", "\"x", "*,*"] {
        assert_eq!(edit(bad, "X").await.problem(400)["field"], "If-Match", "{bad:?}");
    }
    let against = node.send_json(Method::PATCH, &at, &json!({"title": "X"}), &[("if-none-match", "*")]).await;
    assert_eq!(against.problem(400)["field"], "If-None-Match");
    let keyed = node.send_json(Method::PATCH, &at, &json!({"title": "X"}), &[("idempotency-key", "k")]).await;
    assert_eq!(keyed.problem(400)["field"], "Idempotency-Key");
    assert_eq!(node.get(&at).await.expect(200)["title"], "W");
}

#[tokio::test]
async fn of_edits_that_saw_the_same_state_one_wins() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let at = path(&added);
    let seen = node.get(&at).await.header("etag").to_owned();
    let edits = (0..16).map(|number| {
        let body = json!({"title": format!("T{number}")});
        let (node, at, seen) = (&node, &at, &seen);
        async move { node.send_json(Method::PATCH, at, &body, &[("if-match", seen)]).await }
    });
    let answers = futures::future::join_all(edits).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 15);
    assert_eq!(node.get(&at).await.expect(200)["title"], won[0].json()["title"]);
}

#[tokio::test]
async fn what_everybody_adds_at_once_stays() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T", "tags": ["old", "kept"], "links": ["x"]})).await;
    let at = path(&added);
    let edits = (0..8).map(|number| {
        let body = json!({"tags": {"add": [format!("t{number}"), "kept"], "remove": ["old"]}, "links": {"add": ["y"]}});
        let (node, at) = (&node, &at);
        async move { node.send_json(Method::PATCH, at, &body, &[]).await.expect(200) }
    });
    futures::future::join_all(edits).await;
    let edited = node.get(&at).await.expect(200);
    let mut tags: Vec<&str> = edited["tags"].as_array().expect("tags").iter().filter_map(Value::as_str).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["kept", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"]);
    assert_eq!(edited["links"], json!(["x", "y"]));
    let again = json!({"tags": {"add": ["t0"], "remove": ["old"]}, "links": {}});
    assert_eq!(
        node.send_json(Method::PATCH, &at, &again, &[]).await.expect(200),
        edited,
        "sent again it changes nothing"
    );

    // A whole list, as ever, is all that there shall be; and steps hold for a named state alone.
    node.send_json(Method::PATCH, &at, &json!({"tags": ["only"]}), &[]).await.expect(200);
    let step = json!({"tags": {"add": ["more"]}});
    node.send_json(Method::PATCH, &at, &step, &[("if-match", "\"another\"")]).await.problem(412);
    node.send_json(Method::PATCH, &at, &step, &[("if-match", "*")]).await.expect(200);
    let seen = node.get(&at).await.header("etag").to_owned();
    let step = json!({"tags": {"add": ["last"]}});
    let edited = node.send_json(Method::PATCH, &at, &step, &[("if-match", &seen)]).await.expect(200);
    assert_eq!(edited["tags"], json!(["only", "more", "last"]));
    let many: Vec<String> = (0..198).map(|number| number.to_string()).collect();
    let refused = node.send_json(Method::PATCH, &at, &json!({"tags": {"add": many}}), &[]).await.problem(422);
    assert_eq!((&refused["field"], &refused["limit"]), (&json!("tags"), &json!(200)));
}

#[tokio::test]
async fn an_edit_of_a_list_is_made_again_so_often_and_no_more() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let step = json!({"tags": {"add": ["a"]}});
    let faster = |times| node.faster.store(times, std::sync::atomic::Ordering::SeqCst);
    faster(20);
    let refused = node.send_json(Method::PATCH, &path(&added), &step, &[]).await;
    assert_eq!(refused.problem(503)["type"], "/problems/busy");
    assert_eq!(node.get(&path(&added)).await.expect(200)["tags"], json!([]));
    faster(19);
    assert_eq!(node.send_json(Method::PATCH, &path(&added), &step, &[]).await.expect(200)["tags"], json!(["a"]));
    // Whoever names a state is told at once.
    faster(1);
    let seen = node.get(&path(&added)).await.header("etag").to_owned();
    node.send_json(Method::PATCH, &path(&added), &step, &[("if-match", &seen)]).await.problem(412);
}

#[tokio::test]
async fn edits_at_the_same_time_meet_and_differences_are_shown() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T", "tags": ["a"], "body": "one\ntwo\n"})).await;
    let document = added["id"].as_str().expect("an id").parse().expect("our own id");
    let before = node.history(&document);
    node.send_json(
        Method::PATCH,
        &path(&added),
        &json!({"title": "Ours", "tags": ["a", "ours"], "body": "one!\ntwo\n"}),
        &[],
    )
    .await
    .expect(200);
    let edit = ResourceEdit {
        title: Some("Theirs".into()),
        tags: Some(vec!["theirs".into()]),
        body: Some("one\ntwo?\n".into()),
        ..ResourceEdit::default()
    };
    node.edit_elsewhere(before, &edit).await;
    let merged = node.get(&path(&added)).await;
    let etag = merged.header("etag").to_owned();
    let merged = merged.expect(200);
    assert_eq!(merged["body"], "one!\ntwo?\n");
    let mut tags: Vec<&str> = merged["tags"].as_array().expect("tags").iter().filter_map(Value::as_str).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["ours", "theirs"], "both tags stay, and the one taken away is gone");
    let titles = merged["conflicts"]["title"].as_array().expect("a conflict");
    assert_eq!((titles.len(), &titles[0]), (2, &merged["title"]), "the shown value comes first");
    assert_eq!(merged["heads"].as_array().map(Vec::len), Some(2));
    assert_eq!(merged["contributors"][0]["organisation"], "Birch", "whoever claims the earlier time");
    assert_eq!(merged["created"], "2020-09-13T12:26:40.000Z");

    // Settling it takes both heads in, and If-Match knows a state of two heads.
    let settled = node
        .send_json(Method::PATCH, &path(&added), &json!({"title": "Ours"}), &[("if-match", &etag)])
        .await
        .expect(200);
    assert_eq!((&settled["title"], &settled["conflicts"]), (&json!("Ours"), &json!({})));
    assert_eq!(settled["heads"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_time_ahead_of_the_clock_is_labelled() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    assert_eq!(added["ahead"], false);
    let document = added["id"].as_str().expect("an id").parse().expect("our own id");
    let edit = |title: &str| ResourceEdit { title: Some(title.into()), ..ResourceEdit::default() };
    // The clock of a node here stands still but for a millisecond a look.
    let day = 24 * 60 * 60 * 1_000;
    node.edit_elsewhere_at(node.history(&document), &edit("U"), 1_700_000_000_000 + day).await;
    let shown = node.get(&path(&added)).await.expect(200);
    assert_eq!((&shown["ahead"], &shown["changed"]), (&json!(true), &json!("2023-11-15T22:13:20.000Z")));
    assert_eq!(node.get(RESOURCES).await.expect(200)["items"][0], shown);
    let history = node.get(&format!("{}/history", path(&added))).await.expect(200);
    let labels: Vec<&Value> = history["items"].as_array().expect("items").iter().map(|item| &item["ahead"]).collect();
    assert_eq!(labels, [false, true]);
    assert!(node.get("/api/v1/exports?format=json").await.expect(200)[0]["ahead"].is_null());
    // A time that no date can be written for is no way around it.
    node.edit_elsewhere_at(node.history(&document), &edit("V"), (1 << 48) - 1).await;
    let shown = node.get(&path(&added)).await.expect(200);
    assert_eq!((&shown["ahead"], &shown["changed"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn the_history_tells_who_changed_what() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T", "body": "abc"})).await;
    node.send_json(Method::PATCH, &path(&added), &json!({"body": "abcd", "tags": ["x"]}), &[]).await.expect(200);
    let history = node.get(&format!("{}/history", path(&added))).await.expect(200);
    let changes = history["items"].as_array().expect("items");
    assert_eq!(history["total"], changes.len());
    assert_eq!((&changes[0]["id"], &changes[0]["dependencies"]), (&added["heads"][0], &json!([])));
    assert_eq!(changes[1]["dependencies"][0], changes[0]["id"]);
    assert_eq!(changes[0]["by"], added["contributors"][0]);
    assert_eq!(changes[0]["time"], added["created"]);
    let mut fields: Vec<&str> = changes[1..]
        .iter()
        .flat_map(|change| change["fields"].as_array().expect("fields"))
        .filter_map(Value::as_str)
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["body", "tags"]);
}

#[tokio::test]
async fn who_has_a_state_is_not_sent_it_again() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let tag = node.get(&path(&added)).await.header("etag").to_owned();
    let ask = async |value: &str| {
        let request = request(Method::GET, &path(&added)).header(header::IF_NONE_MATCH, value);
        node.send(request.body(axum::body::Body::empty()).expect("a request")).await
    };
    for same in [tag.clone(), format!("W/{tag}"), format!("\"x\",{tag}"), "*".into()] {
        let answer = ask(&same).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{same}");
        assert_eq!(answer.header("etag"), tag);
    }
    ask("\"x\"").await.expect(200);
    ask("x").await.problem(400);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let node = Node::new();
    let nobody = format!("{RESOURCES}/b{}", "a".repeat(52));
    for at in [nobody.clone(), format!("{nobody}/history")] {
        assert_eq!(node.get(&at).await.problem(404)["field"], "id");
    }
    let edit = node.send_json(Method::PATCH, &nobody, &json!({"title": "T"}), &[]).await;
    assert_eq!(edit.problem(404)["field"], "id");
    let with_tag = node.send_json(Method::PATCH, &nobody, &json!({"title": "T"}), &[("if-match", "\"x\"")]).await;
    with_tag.problem(404);
    for bad in ["x", "b", "%ff", "b%00", &"b".repeat(5_000), "..", "%2e%2e%2f"] {
        assert_eq!(node.get(&format!("{RESOURCES}/{bad}")).await.problem(404)["status"], 404, "{bad}");
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_reading_goes_on() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    node.engine.set_full(true);
    for (method, at) in [(Method::POST, RESOURCES.to_owned()), (Method::PATCH, path(&added))] {
        let refused = node.send_json(method, &at, &json!({"title": "U"}), &[]).await.problem(507);
        assert_eq!(refused["type"], "/problems/disk-full");
    }
    let import = node.import("title\nU\n").await.problem(507);
    assert_eq!(import["added"], 0);
    assert_eq!(node.get(&path(&added)).await.expect(200), added);
    node.engine.set_full(false);
    node.send_json(Method::PATCH, &path(&added), &json!({"title": "U"}), &[]).await.expect(200);
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn an_earlier_version_is_read_by_its_heads() {
    let node = Node::new();
    let first = node.add(&json!({"title": "T", "body": "One.", "tags": ["a"]})).await;
    let at = path(&first);
    let document = first["id"].as_str().expect("an id").parse().expect("an id");
    let before = node.history(&document);
    let second = node.send_json(Method::PATCH, &at, &json!({"body": "Two."}), &[]).await.expect(200);
    node.edit_elsewhere(before, &ResourceEdit { title: Some("U".into()), ..ResourceEdit::default() }).await;
    let joined = node.get(&at).await.expect(200);
    let heads = |version: &Value, between: &str| {
        let heads = version["heads"].as_array().expect("heads");
        heads.iter().map(|head| head.as_str().expect("an id")).collect::<Vec<_>>().join(between)
    };
    assert_eq!(joined["heads"].as_array().map(Vec::len), Some(2));
    for (version, between) in [(&first, "."), (&second, "."), (&joined, "."), (&joined, ","), (&joined, "%2C")] {
        let read = node.get(&format!("{at}?at={}", heads(version, between))).await;
        assert_eq!(&read.expect(200), version);
        let tag = read.header("etag").to_owned();
        let again = format!("{at}?at={}", heads(version, "."));
        let same = request(Method::GET, &again).header(header::IF_NONE_MATCH, &tag).body(Body::empty());
        assert_eq!(node.send(same.expect("a request")).await.status, 304);
    }
    // Every change of the history makes a version.
    let history = node.get(&format!("{at}/history")).await.expect(200);
    for change in history["items"].as_array().expect("items") {
        let id = change["id"].as_str().expect("an id");
        assert_eq!(node.get(&format!("{at}?at={id}")).await.expect(200)["heads"], json!([id]));
    }

    let other = node.add(&json!({"title": "Other"})).await;
    let nothing = format!("b{}", "a".repeat(52));
    for (heads, status) in [
        (heads(&other, "."), 404),
        (nothing.clone(), 404),
        (format!("{}.{nothing}", heads(&first, ".")), 404),
        (String::new(), 400),
        ("b".into(), 400),
        (format!("{}.", heads(&first, ".")), 400),
        (format!("{}%00", heads(&first, ".")), 400),
        (vec![nothing.as_str(); 65].join("."), 400),
    ] {
        assert_eq!(node.get(&format!("{at}?at={heads}")).await.problem(status)["field"], "at", "{heads}");
    }
    let nobody = format!("/api/v1/resources/{nothing}?at={}", heads(&first, "."));
    assert_eq!(node.get(&nobody).await.problem(404)["field"], "id");
    let edit = node.send_json(Method::PATCH, &format!("{at}?at={}", heads(&first, ".")), &json!({}), &[]).await;
    assert_eq!(edit.problem(400)["field"], "at", "an earlier version is not edited");
}
