//! The node, its health and its figures.

use serde_json::{Value, json};

use crate::nodes_in_memory::Node;

#[tokio::test]
async fn the_node_tells_who_and_what_it_is() {
    let node = Node::new();
    node.add(&json!({"title": "T"})).await;
    let told = node.get("/api/v1/node").await.expect(200);
    assert_eq!(told["version"], "1.2.3");
    assert_eq!(
        (&told["organisation"], &told["network"], &told["purpose"]),
        (&json!("Alder"), &json!("Improvers"), &json!("To learn from each other"))
    );
    assert_eq!((&told["resources"], &told["held"]), (&json!(1), &json!(0)));
    assert_eq!((&told["unknown_formats"], &told["damaged"]), (&json!(0), &json!(false)));
    let spaces: Vec<(&str, u64)> = told["spaces"]
        .as_array()
        .expect("spaces")
        .iter()
        .map(|space| (space["name"].as_str().expect("a name"), space["changes"].as_u64().expect("a number")))
        .collect();
    assert_eq!(&spaces[..2], [("roster", 2), ("commons", 1)]);
    for space in told["spaces"].as_array().expect("spaces") {
        assert_eq!(space["fingerprint"].as_str().map(str::len), Some(64));
    }
    let peers = told["peers"].as_array().expect("peers");
    assert_eq!(peers.len(), 1);
    assert_eq!(
        (&peers[0]["organisation"], &peers[0]["connected"], &peers[0]["in_step"]),
        (&json!("Birch"), &json!(false), &json!(false))
    );
    assert_eq!((&peers[0]["last_in_step_at"], &peers[0]["fault"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn health_and_readiness_are_told() {
    let node = Node::new();
    assert_eq!(node.get("/healthz").await.text(), "ok\n");
    assert_eq!(node.get("/readyz").await.text(), "ready\n");
    let router = node.router.clone();
    drop(node);
    let request =
        || crate::ask::request(axum::http::Method::GET, "/readyz").body(axum::body::Body::empty()).expect("a request");
    crate::ask::send(&router, request()).await.problem(503);
}

#[tokio::test]
async fn figures_are_told_in_the_form_that_monitors_read() {
    let node = Node::new();
    node.add(&json!({"title": "T"})).await;
    for path in ["/api/v1/node", "/api/v1/resources/baaaa", "/api/v1/resources/bbbbb", "/nothing", "/nothing/else"] {
        node.get(path).await;
    }
    let answer = node.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.text();
    for line in [
        "knotwork_changes{space=\"commons\"} 1",
        "knotwork_changes{space=\"roster\"} 2",
        "knotwork_peers 1",
        "knotwork_peers_connected 0",
        "knotwork_peers_in_step 0",
        "knotwork_held_changes 0",
        "knotwork_resources 1",
        "knotwork_build_info{version=\"1.2.3\"} 1",
        "knotwork_wire_bytes_total 42",
        "knotwork_waiting_bytes 43",
        "knotwork_http_requests_total{method=\"POST\",route=\"/api/v1/resources\",status=\"201\"} 1",
        "knotwork_http_requests_total{method=\"GET\",route=\"/api/v1/resources/{id}\",status=\"404\"} 2",
        "knotwork_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 2",
        "knotwork_http_request_seconds_count{method=\"POST\",route=\"/api/v1/resources\"} 1",
        "# TYPE knotwork_http_request_seconds histogram",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    assert!(text.contains("knotwork_store_bytes "));
}
