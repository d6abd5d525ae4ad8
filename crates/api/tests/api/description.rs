//! The description of the API: generated, deterministic, and the same as the file in the documentation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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
            // Whoever signs in needs no token, and is told so when the passphrase is wrong.
            let says = !operation["responses"]["401"].is_null();
            assert_eq!(says, !open || path == "/api/v1/session", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn answers_are_what_the_description_says() {
    let node = Node::new();
    let description = node.get("/api/v1/openapi.json").await.expect(200);
    let added = node.add(&json!({"title": "T", "tags": ["a"]})).await;
    let id = added["id"].as_str().expect("an id");
    let one = format!("/api/v1/resources/{id}");
    let ada = node.first_member().await;
    let person = ada.person().await;
    let role = ada.post("/api/v1/roles", &json!({"role": "expert", "until": "2024-01-01"})).await.expect(201);
    let bea = node.colleague(&ada).await;
    let asked = json!({"person": bea.person().await, "role": "sponsor"});
    let asked = ada.post("/api/v1/role-requests", &asked).await.expect(201);
    ada.patch("/api/v1/me", &json!({"listed": true})).await.expect(200);
    let token = json!({"name": "a script", "scopes": ["read"], "days": 1});
    let held = ada.speaks().await;
    let wanted = json!({"title": "T", "text": "T", "method": {"kind": "consent"}, "effects": [{"kind": "stage", "stage": "emerging"}]});
    let opened = ada.post("/api/v1/decisions", &wanted).await.expect(201);
    let decision = format!("/api/v1/decisions/{}", opened["id"].as_str().expect("an id"));
    let comment = ada.post(&format!("{decision}/comments"), &json!({"text": "Yes"})).await.expect(201);
    let position = json!({"position": "consent"});
    let done =
        ada.ask(axum::http::Method::PUT, &format!("{decision}/positions/own"), Some(&position), &[]).await.expect(200);
    let answers = [
        ("Mandate", held),
        ("MandatePage", node.get("/api/v1/mandates").await.expect(200)),
        ("Decision", opened),
        ("Decision", done),
        ("DecisionPage", ada.get("/api/v1/decisions").await.expect(200)),
        ("Comment", comment),
        ("CommentPage", node.get(&format!("{decision}/comments")).await.expect(200)),
        ("Minute", node.get("/api/v1/minutes/1").await.expect(200)),
        ("MinutePage", node.get("/api/v1/minutes").await.expect(200)),
        ("MinutesStanding", node.get("/api/v1/minutes/standing").await.expect(200)),
        ("CharterInForce", node.get("/api/v1/charter").await.expect(200)),
        ("CharterVersions", node.get("/api/v1/charter/versions").await.expect(200)),
        ("AdmissionPage", node.get("/api/v1/admissions").await.expect(200)),
        ("Role", role),
        ("RolePage", node.get("/api/v1/roles").await.expect(200)),
        ("RoleRequest", asked),
        ("RoleRequestLists", bea.get("/api/v1/role-requests").await.expect(200)),
        ("RoleRequestLists", ada.get("/api/v1/role-requests").await.expect(200)),
        ("Token", ada.post("/api/v1/tokens", &token).await.expect(201)),
        ("TokenPage", ada.get("/api/v1/tokens").await.expect(200)),
        ("OrganisationPage", node.get("/api/v1/organisations").await.expect(200)),
        ("Member", node.get(&format!("/api/v1/members/{person}")).await.expect(200)),
        ("MemberPage", node.get("/api/v1/members").await.expect(200)),
        ("Me", ada.get("/api/v1/me").await.expect(200)),
        ("Resource", node.get(&one).await.expect(200)),
        ("History", node.get(&format!("{one}/history")).await.expect(200)),
        ("ResourcePage", node.get("/api/v1/resources").await.expect(200)),
        ("Node", node.get("/api/v1/node").await.expect(200)),
        ("ImportResult", node.import("title,tags\na,b\n,c\n").await.expect(200)),
        ("Problem", node.get("/api/v1/resources?limit=0").await.problem(400)),
        ("Problem", node.get("/nothing").await.problem(404)),
    ];
    for (name, answer) in answers {
        let schema = &description["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is not described");
        check(&description, schema, &answer, name);
    }
}

/// Checks a value against a schema, as far as our schemas go.
fn check(description: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = reference.strip_prefix('#').and_then(|path| description.pointer(path));
        return check(description, schema.expect("references lead somewhere"), value, place);
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        // Nothing, or something that is described elsewhere.
        let is_null = |form: &&Value| form["type"] == "null";
        let form = forms.iter().find(|form| is_null(form) == value.is_null());
        return check(description, form.unwrap_or_else(|| panic!("{place} is {value}")), value, place);
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    assert!(types.iter().any(|one| one == found), "{place} is {found}, not {types:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place} is {value}");
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        check(description, &schema["items"], item, &format!("{place}[{number}]"));
    }
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(name.as_str().expect("a name")), "{place} lacks {name}");
    }
    for (name, field) in fields {
        let further = &schema["additionalProperties"];
        let schema = if further.is_object() { further } else { &schema["properties"][name] };
        assert!(schema.is_object(), "{place}.{name} is not described");
        check(description, schema, field, &format!("{place}.{name}"));
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
