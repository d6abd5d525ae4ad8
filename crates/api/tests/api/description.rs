//! The description of the API: generated, deterministic, and the same as the file in the documentation.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::nodes_in_memory::Node;

#[test]
fn the_file_in_the_documentation_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let kept = std::fs::read_to_string(file).expect("the file is there");
    // Compared line by line, so that a failure shows where they part.
    for (number, (kept, made)) in kept.lines().zip(knotwork_api::openapi().lines()).enumerate() {
        assert_eq!(kept, made, "line {}: run `knotwork openapi > docs/reference/openapi.json`", number + 1);
    }
    assert!(kept == knotwork_api::openapi(), "run `knotwork openapi > docs/reference/openapi.json`");
}

#[tokio::test]
async fn the_description_is_served_and_whole() {
    let node = Node::new();
    let served = node.get("/api/v1/openapi.json").await;
    assert_eq!(served.text(), knotwork_api::openapi());
    let description = served.expect(200);
    assert_eq!(description["openapi"], "3.1.0");

    // Every reference leads somewhere.
    let mut references = BTreeSet::new();
    collect(&description, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let path = reference.strip_prefix('#').expect("all references are within the description");
        assert!(description.pointer(path).is_some(), "{reference} leads nowhere");
    }
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            for needed in ["operationId", "summary", "tags", "responses"] {
                assert!(!operation[needed].is_null(), "{method} {path} has no {needed}");
            }
            let open = operation["security"] == serde_json::json!([{}]);
            assert_eq!(operation["responses"]["401"].is_null(), open, "{method} {path}");
        }
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let ("$ref", Value::String(reference)) = (name.as_str(), value) {
                    references.insert(reference.clone());
                }
                collect(value, references);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
