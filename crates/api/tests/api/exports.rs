//! Exports: everything, once, in either form, also while the library changes.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::{ask::request, imports::rows_of, nodes_in_memory::Node};

#[tokio::test]
async fn an_empty_library_is_an_empty_file() {
    let node = Node::new();
    let csv = node.get("/api/v1/exports?format=csv").await;
    assert_eq!(csv.text(), "title,summary,body,links,tags\n");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"library.csv\"");
    let as_json = node.get("/api/v1/exports?format=json").await;
    assert_eq!(as_json.expect(200), json!([]));
    assert_eq!(as_json.header("content-disposition"), "attachment; filename=\"library.json\"");
}

#[tokio::test]
async fn json_has_every_resource_whole() {
    let node = Node::new();
    let mut added = Vec::new();
    for number in 0..120 {
        let body = json!({"title": format!("{number:03}"), "body": "b\u{2028}\"", "tags": ["a, b", "c"], "links": ["x:a;b"], "kind": "data", "licence": "CC0"});
        let mut resource = node.add(&body).await;
        // What holds for a moment is not for a file.
        assert_eq!(resource.as_object_mut().expect("an object").remove("ahead"), Some(json!(false)));
        added.push(resource);
    }
    let exported = node.get("/api/v1/exports?format=json").await;
    assert_eq!(exported.expect(200), Value::Array(added));
    let csv = rows_of(&node.get("/api/v1/exports?format=csv").await);
    assert_eq!(csv.len(), 120);
    assert_eq!((csv[0][3].as_str(), csv[0][4].as_str()), ("x:a%3Bb", "a, b;c"));
}

#[tokio::test]
async fn cells_are_quoted_where_they_must_be_and_nowhere_else() {
    let node = Node::new();
    node.add(&json!({"title": " a ", "summary": "b\"c", "body": "d,e", "links": ["f\ng"], "tags": ["h\ri", "'j'"]}))
        .await;
    let csv = node.get("/api/v1/exports?format=csv").await;
    assert_eq!(csv.text(), "title,summary,body,links,tags\n a ,\"b\"\"c\",\"d,e\",\"f\ng\",\"h\ri;'j'\"\n");
}

#[tokio::test]
async fn a_resource_that_moves_while_it_is_exported_is_there_once() {
    let node = Node::new();
    let mut ids = Vec::new();
    for number in 0..150 {
        let added = node.add(&json!({"title": format!("m {number:03}"), "summary": number.to_string()})).await;
        ids.push(added["id"].as_str().expect("an id").to_owned());
    }
    let request = request(Method::GET, "/api/v1/exports?format=csv").body(Body::empty()).expect("a request");
    let response = tower::ServiceExt::oneshot(node.router.clone(), request).await.expect("a router always answers");
    assert_eq!(response.status(), StatusCode::OK);
    let mut parts = response.into_body().into_data_stream();
    let mut file = Vec::new();
    // The head and the first page are read; the listing is after "m 049" now.
    for _ in 0..2 {
        file.extend_from_slice(&parts.next().await.expect("a part").expect("no fault"));
    }
    assert!(rows_len(&file) < 150);
    let rename = async |number: usize, title: &str| {
        let at = format!("/api/v1/resources/{}", ids[number]);
        node.send_json(Method::PATCH, &at, &json!({"title": title}), &[]).await.expect(200);
    };
    // One that is still to come moves to where the listing has been, and one that was written moves ahead.
    rename(120, "a moved back").await;
    rename(3, "z moved ahead").await;
    node.add(&json!({"title": "a new one", "summary": "new"})).await;
    while let Some(part) = parts.next().await {
        file.extend_from_slice(&part.expect("no fault"));
    }
    let mut reader = csv::Reader::from_reader(&file[..]);
    let mut summaries: Vec<String> = reader.records().map(|record| record.expect("a record")[1].to_owned()).collect();
    summaries.sort_unstable();
    let mut wanted: Vec<String> = (0..150).map(|number| number.to_string()).chain(["new".to_owned()]).collect();
    wanted.sort_unstable();
    assert_eq!(summaries, wanted);
}

fn rows_len(file: &[u8]) -> usize {
    csv::Reader::from_reader(file).records().count()
}
