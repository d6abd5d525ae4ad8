//! Members and organisations: what they say of themselves, who may change it, and personal tokens.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{member::Member, nodes_in_memory::Node};

const TOKENS: &str = "/api/v1/tokens";
const ORGANISATIONS: &str = "/api/v1/organisations";

#[tokio::test]
async fn members_are_listed_where_they_agree() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    assert_eq!(ada.get("/api/v1/me").await.expect(200)["listed"], false);
    let post = json!({"profile": {"post": {"value": "Nurse", "shown_to": "network"}}, "listed": true});
    let me = ada.patch("/api/v1/me", &post).await.expect(200);
    assert_eq!((&me["listed"], &me["profile"]["post"]["value"]), (&json!(true), &json!("Nurse")));
    // What is left out stays.
    assert_eq!(ada.patch("/api/v1/me", &json!({})).await.expect(200)["listed"], true);
    for (body, field) in [(json!({"listed": "yes"}), "listed"), (json!({"listed": null}), "listed")] {
        assert_eq!(ada.patch("/api/v1/me", &body).await.problem(400)["field"], field);
    }
    let person = ada.person().await;
    let one = node.get(&format!("/api/v1/members/{person}")).await.expect(200);
    assert_eq!((&one["listed"], &one["fields"]["name"]), (&json!(true), &json!("Ada")));
    let all = node.get("/api/v1/members?limit=1&name=AD").await.expect(200);
    assert_eq!((&all["total"], &all["items"][0]), (&json!(1), &one));
    assert_eq!(node.get(&format!("/api/v1/members/{}", bea.person().await)).await.expect(200)["listed"], false);
    for name in ["b", "%ff", &format!("b{}", "a".repeat(26))] {
        assert_eq!(node.get(&format!("/api/v1/members/{name}")).await.problem(404)["status"], 404, "{name}");
    }

    let at = format!("{ORGANISATIONS}/{}", node.handle.organisation_key());
    let named = json!([{"person": person, "name": "Ada", "post": "Nurse"}]);
    assert_eq!(node.get(&at).await.expect(200)["members"], named);
    ada.patch("/api/v1/me", &json!({"listed": false})).await.expect(200);
    assert_eq!(node.get(&at).await.expect(200)["members"], json!([]));
}

#[tokio::test]
async fn an_organisation_is_its_stewards_to_describe() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let key = node.handle.organisation_key().to_string();
    let at = format!("{ORGANISATIONS}/{key}");
    let all = node.get(ORGANISATIONS).await.expect(200);
    let (own, other) = (&all["items"][0], &all["items"][1]);
    assert_eq!((&own["name"], &own["own"], &own["key"]), (&json!("Alder"), &json!(true), &json!(key)));
    assert_eq!((&other["name"], &other["own"], &other["about"]), (&json!("Birch"), &json!(false), &json!("")));

    let wanted =
        json!({"about": "A practice.", "sectors": ["care"], "places": ["Valley"], "website": "https://alder.example"});
    let edited = ada.patch(&at, &wanted).await.expect(200);
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&edited[name], value, "{name}");
    }
    assert_eq!(ada.patch(&at, &json!({"sectors": []})).await.expect(200)["about"], "A practice.");
    let now = node.get(&at).await.expect(200);
    assert_eq!((&now["sectors"], &now["name"]), (&json!([]), &json!("Alder")));

    bea.patch(&at, &json!({"about": "Bea's."})).await.problem(403);
    let elsewhere = format!("{ORGANISATIONS}/{}", other["key"].as_str().expect("a key"));
    assert_eq!(ada.patch(&elsewhere, &json!({"about": "Ours."})).await.problem(403)["field"], "key");
    for (body, status, field) in [
        (json!({"name": "Oak"}), 400, "name"),
        (json!({"about": null}), 400, "about"),
        (json!({"sectors": "care"}), 400, "sectors"),
        (json!({"about": "x".repeat(5_001)}), 422, "about"),
        (json!({"places": vec!["x"; 51]}), 422, "places"),
        (json!({"website": "javascript:evil()"}), 422, "website"),
    ] {
        assert_eq!(ada.patch(&at, &body).await.problem(status)["field"], field, "{body}");
    }
    for name in ["b", "%ff", &format!("b{}", "a".repeat(52))] {
        let at = format!("{ORGANISATIONS}/{name}");
        node.get(&at).await.problem(404);
        ada.patch(&at, &json!({"about": ""})).await.problem(404);
    }
    assert_eq!(node.get(&at).await.expect(200), now, "nothing of this was written");
}

#[tokio::test]
async fn a_token_is_made_used_and_ended_with_a_session_alone() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let wanted = json!({"name": "a script", "scopes": ["write"], "days": 90});
    let made = ada.post(TOKENS, &wanted).await.expect(201);
    assert_eq!((&made["scopes"], &made["ended"]), (&json!(["read", "write"]), &json!(false)));
    let text = made["token"].as_str().expect("its text").to_owned();
    let listed = ada.get(TOKENS).await.expect(200);
    assert!(!listed.to_string().contains(&text), "the text is shown once");
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["name"]), (&made["id"], &json!("a script")));
    assert_eq!(bea.get(TOKENS).await.expect(200)["items"], json!([]));

    let program = Member { node: &node, token: text };
    program.post("/api/v1/roles", &json!({"role": "expert"})).await.expect(201);
    let at = format!("{TOKENS}/{}", made["id"].as_str().expect("an id"));
    for answer in [
        program.get(TOKENS).await,
        program.post(TOKENS, &wanted).await,
        program.ask(Method::DELETE, &at, None, &[]).await,
    ] {
        let problem = answer.problem(403);
        assert!(problem["detail"].as_str().expect("a detail").contains("personal token"), "{problem}");
    }
    let reading = json!({"name": "a reader", "scopes": ["read"], "ends": "2024-01-31"});
    let reading = ada.post(TOKENS, &reading).await.expect(201);
    assert_eq!(reading["ends"], "2024-02-01T00:00:00.000Z");
    let reader = Member { node: &node, token: reading["token"].as_str().expect("its text").to_owned() };
    reader.get("/api/v1/role-requests").await.expect(200);
    reader.post("/api/v1/roles", &json!({"role": "sponsor"})).await.problem(403);

    assert_eq!(bea.ask(Method::DELETE, &at, None, &[]).await.problem(404)["field"], "id");
    assert_eq!(ada.ask(Method::DELETE, &at, None, &[]).await.status, 204);
    ada.ask(Method::DELETE, &at, None, &[]).await.problem(404);
    program.get("/api/v1/me").await.problem(401);
}

#[tokio::test]
async fn a_token_that_cannot_be_is_refused_with_the_field() {
    let node = Node::new();
    let ada = node.first_member().await;
    let with = |name: &str, value: Value| {
        let mut body = json!({"name": "a script", "scopes": ["read"], "days": 1});
        body[name] = value;
        body
    };
    for (body, status, field) in [
        (json!({"scopes": ["read"], "days": 1}), 400, "name"),
        (json!({"name": "a script", "days": 1}), 400, "scopes"),
        (json!({"name": "a script", "scopes": ["read"]}), 400, "days"),
        (with("ends", json!("2024-01-01")), 400, "days"),
        (with("days", json!(-1)), 400, "days"),
        (with("days", Value::Null), 400, "days"),
        (with("scopes", json!(["everything"])), 400, "scopes[0]"),
        (with("token", json!("knot_mine")), 400, "token"),
        (with("name", json!(" ")), 422, "name"),
        (with("name", json!("x".repeat(101))), 422, "name"),
        (with("scopes", json!([])), 422, "scopes"),
        (with("days", json!(0)), 422, "days"),
        (with("days", json!(366)), 422, "days"),
        (json!({"name": "a script", "scopes": ["read"], "ends": "2023-11-13"}), 422, "ends"),
        (json!({"name": "a script", "scopes": ["read"], "ends": "2025-01-01"}), 422, "ends"),
        (json!({"name": "a script", "scopes": ["read"], "ends": "soon"}), 422, "ends"),
    ] {
        assert_eq!(ada.post(TOKENS, &body).await.problem(status)["field"], field, "{body}");
    }
    assert_eq!(ada.get(TOKENS).await.expect(200)["items"], json!([]));
}
