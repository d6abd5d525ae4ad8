//! What callers get wrong: every fault has a 4xx that names it, nothing is stored in part, and the node goes on.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{Method, header},
};
use futures::channel::mpsc;
use serde_json::{Value, json};

use crate::{ask::request, nodes_in_memory::Node};

const RESOURCES: &str = "/api/v1/resources";

async fn post(node: &Node, content_type: Option<&str>, body: impl Into<Body>) -> crate::ask::Answer {
    let mut request = request(Method::POST, RESOURCES);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    node.send(request.body(body.into()).expect("a request")).await
}

#[tokio::test]
async fn a_bad_body_is_refused_and_leaves_nothing_behind() {
    let node = Node::new();
    let json_type = Some("application/json");
    let bad: [(&[u8], u16, Value); 14] = [
        (b"", 400, Value::Null),
        (b"not json", 400, Value::Null),
        (b"[]", 400, Value::Null),
        (b"{\"title\":", 400, Value::Null),
        (b"{\"title\":\"T\"} trailing", 400, Value::Null),
        (b"{\"title\":\"\xff\xfe\"}", 400, Value::Null),
        (b"{}", 400, json!("title")),
        (b"{\"title\":\"T\",\"owner\":\"me\"}", 400, json!("owner")),
        (b"{\"title\":1}", 400, json!("title")),
        (b"{\"title\":\"T\",\"kind\":\"book\"}", 400, json!("kind")),
        (b"{\"title\":\"T\",\"links\":[null]}", 400, json!("links[0]")),
        (b"{\"title\":null}", 400, json!("title")),
        (b"{\"title\":\"\"}", 422, json!("title")),
        (b"{\"title\":\" \\n\\t \"}", 422, json!("title")),
    ];
    for (body, status, field) in bad {
        let problem = post(&node, json_type, body.to_vec()).await.problem(status);
        assert_eq!(problem["field"], field, "{:?}: {problem}", String::from_utf8_lossy(body));
    }
    for content_type in
        [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/x-www-form-urlencoded")]
    {
        assert_eq!(post(&node, content_type, "{\"title\":\"T\"}").await.problem(415)["field"], "Content-Type");
    }
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 0);
    node.add(&json!({"title": "T"})).await;
}

#[tokio::test]
async fn an_array_is_no_object() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let at = format!("{RESOURCES}/{}", added["id"].as_str().expect("an id"));
    for body in [json!(["retitled"]), json!([["retitled"]]), json!([{"title": "retitled"}]), json!([])] {
        for (method, path) in [(Method::POST, RESOURCES), (Method::PATCH, &at)] {
            let problem = node.send_json(method, path, &body, &[]).await.problem(400);
            assert!(problem["detail"].as_str().expect("a detail").contains("send a JSON object"), "{body}: {problem}");
        }
    }
    for body in [json!({"title": ["retitled"]}), json!({"title": "T", "tags": [["a"]]})] {
        for (method, path) in [(Method::POST, RESOURCES), (Method::PATCH, &at)] {
            node.send_json(method, path, &body, &[]).await.problem(400);
        }
    }
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 1);
    assert_eq!(node.get(&at).await.expect(200), added);
}

#[tokio::test]
async fn a_field_beyond_its_limit_is_named_with_the_limit() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let at = format!("{RESOURCES}/{}", added["id"].as_str().expect("an id"));
    let many = |count: usize, word: &str| json!(vec![word; count]);
    let distinct =
        |count: usize, bytes: usize| -> Vec<String> { (0..count).map(|number| format!("{number:0bytes$}")).collect() };
    // A character of two bytes: limits are in bytes.
    let fields = [
        ("title", json!("é".repeat(1_001)), 2_000),
        ("summary", json!("x".repeat(20_001)), 20_000),
        ("links", many(201, "x"), 200),
        ("links", many(1, &"x".repeat(4_001)), 4_000),
        ("tags", many(201, "x"), 200),
        ("tags", many(1, &"x".repeat(201)), 200),
        ("licence", json!("x".repeat(201)), 200),
        ("language", json!("x".repeat(36)), 35),
    ];
    for (field, value, limit) in fields {
        let mut body = json!({"title": "T"});
        body[field] = value.clone();
        let edit = json!({field: value});
        for problem in [
            node.send_json(Method::POST, RESOURCES, &body, &[]).await.problem(422),
            node.send_json(Method::PATCH, &at, &edit, &[]).await.problem(422),
        ] {
            assert_eq!((&problem["field"], &problem["limit"]), (&json!(field), &json!(limit)), "{problem}");
        }
    }
    let at_the_limits = json!({
        "title": "é".repeat(1_000), "summary": "x".repeat(20_000), "links": distinct(50, 4_000),
        "tags": distinct(100, 200), "licence": "x".repeat(200), "language": "x".repeat(35),
    });
    let longest = node.add(&at_the_limits).await;
    for (name, value) in at_the_limits.as_object().expect("an object") {
        assert!(longest[name] == *value, "{name} is not as it was sent");
    }
    assert_eq!(node.get(&at).await.expect(200), added, "no refused edit has left anything");
}

#[tokio::test]
async fn null_is_no_value_in_an_edit() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T", "summary": "S"})).await;
    let at = format!("{RESOURCES}/{}", added["id"].as_str().expect("an id"));
    for field in ["title", "summary", "body", "kind", "links", "tags", "licence", "language"] {
        let problem = node.send_json(Method::PATCH, &at, &json!({field: null}), &[]).await.problem(400);
        assert_eq!(problem["field"], field);
        assert!(problem["detail"].as_str().expect("a detail").contains("leave the field out"), "{problem}");
    }
    for field in ["id", "heads", "created", "unknown"] {
        assert_eq!(node.send_json(Method::PATCH, &at, &json!({field: "x"}), &[]).await.problem(400)["field"], field);
    }
    assert_eq!(node.get(&at).await.expect(200), added);
}

#[tokio::test]
async fn a_huge_body_is_refused_whether_its_length_is_announced_or_not() {
    let node = Node::new();
    let added = node.add(&json!({"title": "T"})).await;
    let at = format!("{RESOURCES}/{}", added["id"].as_str().expect("an id"));
    let limit = 12 * 1024 * 1024;
    let padded = |bytes: usize| format!("{{\"title\":{}\"U\"}}", " ".repeat(bytes - 13));
    assert_eq!(padded(limit).len(), limit);
    for (method, path, status) in [(Method::POST, RESOURCES, 201), (Method::PATCH, &at, 200)] {
        let json_to = || request(method.clone(), path).header(header::CONTENT_TYPE, "application/json");
        let announced = |body: String| json_to().header(header::CONTENT_LENGTH, body.len()).body(Body::from(body));
        let refused = node.send(announced(padded(limit + 1)).expect("a request")).await;
        assert_eq!(refused.problem(413)["limit"], limit);
        let parts = std::iter::repeat_with(|| Ok::<_, Infallible>(" ".repeat(100_000)));
        let endless = Body::from_stream(futures::stream::iter(parts));
        let refused = node.send(json_to().body(endless).expect("a request")).await;
        assert_eq!(refused.problem(413)["limit"], limit);
        let nested = format!("{{\"title\":{}{}}}", "[".repeat(400_000), "]".repeat(400_000));
        node.send(json_to().body(nested.into()).expect("a request")).await.problem(400);
        node.send(announced(padded(limit)).expect("a request")).await.expect(status);
    }
    let text = json!({"title": "T", "body": "x".repeat(1024 * 1024 + 1)});
    for (method, path) in [(Method::POST, RESOURCES), (Method::PATCH, &at)] {
        let problem = node.send_json(method, path, &text, &[]).await.problem(422);
        assert_eq!((&problem["field"], &problem["limit"]), (&json!("body"), &json!(1024 * 1024)));
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_long_bodies_are_read_at_once_and_the_next_waits() {
    let node = Node::new();
    let send = |parts: mpsc::Receiver<Result<String, Infallible>>| {
        let request = request(Method::POST, RESOURCES).header(header::CONTENT_TYPE, "application/json");
        Box::pin(node.send(request.body(Body::from_stream(parts)).expect("a request")))
    };
    let long = |title: &str| format!("{{\"title\":\"{title}\",{}", " ".repeat(256 * 1024));
    let mut open = Vec::new();
    for number in 0..2 {
        let (mut body, parts) = mpsc::channel(1);
        body.try_send(Ok(long(&number.to_string()))).expect("it is read");
        let mut answer = send(parts);
        assert!(futures::poll!(&mut answer).is_pending(), "its end is waited for");
        open.push((body, answer));
    }
    let finished = |title: &str| {
        let (mut body, parts) = mpsc::channel(1);
        body.try_send(Ok(long(title) + "\"summary\":\"\"}")).expect("it is read");
        send(parts)
    };
    // Time does not pass while something can be done: these have waited for as long as a request waits.
    assert_eq!(finished("late").await.problem(503)["type"], "/problems/busy");
    node.add(&json!({"title": "short ones need no place"})).await;

    let mut next = finished("next");
    assert!(futures::poll!(&mut next).is_pending(), "it waits for a place");
    let (body, first) = open.remove(0);
    drop(body);
    first.await.problem(400);
    next.await.expect(201);
    let (_body, last) = open.remove(0);
    last.await.problem(408);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let node = Node::new();
    let parts = futures::stream::iter([Ok("{\"title\":\"T\""), Err(std::io::Error::other("the line is dead"))]);
    post(&node, Some("application/json"), Body::from_stream(parts)).await.problem(400);
    assert_eq!(node.get(RESOURCES).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let node = Node::new();
    node.add(&json!({"title": "T"})).await;
    let long_tag = "x".repeat(201);
    let bad = [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=1", "limit"),
        ("cursor=", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=%ff", "cursor"),
        ("cursor=b%00", "cursor"),
        ("offset=1", "offset"),
        ("tag=", "tag"),
        ("tag=%c3", "tag"),
        ("Tag=x", "Tag"),
        (&format!("tag={long_tag}"), "tag"),
        (&format!("cursor={}", "A".repeat(5_000)), "cursor"),
    ];
    for (query, field) in bad {
        let problem = node.get(&format!("{RESOURCES}?{query}")).await.problem(400);
        assert_eq!(problem["field"], field, "{query}: {problem}");
        assert!(problem.to_string().len() < 1_500, "a refusal does not send everything back");
    }
    for query in ["", "?format=xml", "?format=csv&limit=1", "?format=csv&format=csv"] {
        node.get(&format!("/api/v1/exports{query}")).await.problem(400);
    }
    let answer = node.send_json(Method::POST, RESOURCES, &json!({"title": "T", "x".repeat(100_000): 1}), &[]).await;
    assert!(answer.problem(400).to_string().len() < 1_500);
}
