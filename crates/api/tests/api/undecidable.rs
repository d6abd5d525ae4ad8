//! What nobody could decide, and who decides nothing: refused, with the field that is wrong.

use axum::http::Method;
use serde_json::json;

use crate::{
    decisions::{DECISIONS, MANDATES, consent},
    nodes_in_memory::Node,
};

#[tokio::test]
async fn what_nobody_could_decide_is_refused_with_its_field() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let key = node.get("/api/v1/node").await.expect(200)["organisation_key"].clone();
    let charter = node.get("/api/v1/charter").await.expect(200)["charter"].clone();
    let lax = {
        let mut lax = charter.clone();
        lax["rules"]["amend"] = json!("1/3");
        lax
    };
    let empty = {
        let mut empty = charter;
        empty["purpose"] = json!(" ");
        empty
    };
    let bad = [
        ("title", json!(7), 400, "title"),
        ("title", json!(" "), 422, "title"),
        ("title", json!("x".repeat(201)), 422, "title"),
        ("text", json!("x".repeat(20_001)), 422, "text"),
        ("summary", json!("x".repeat(2_001)), 422, "summary"),
        ("left_out", json!("x".repeat(2_001)), 422, "left_out"),
        ("left_out", json!("\u{1b}"), 422, "left_out"),
        ("method", json!("consent"), 400, "method"),
        ("method", json!(["consent"]), 400, "method"),
        ("method", json!({"kind": "lots"}), 400, "method.kind"),
        ("method", json!({"kind": "consent", "dots": 3}), 400, "method.dots"),
        ("method", json!({"kind": "score"}), 422, "options"),
        ("method", json!({"kind": "consensus", "fallback": {"share": "half"}}), 400, "method.fallback.share"),
        ("options", json!(["one", "two"]), 422, "options"),
        ("quorum", json!("3/2"), 400, "quorum"),
        ("quorum", json!("-1"), 400, "quorum"),
        ("quorum", json!("2"), 422, "quorum"),
        ("threshold", json!({"share": "2/3"}), 422, "threshold"),
        ("threshold", json!({"share": "2/3", "of": "all"}), 400, "threshold.of"),
        ("threshold", json!(["2/3", "at-least", "electorate"]), 400, "threshold"),
        ("closes", json!("tomorrow"), 400, "closes"),
        ("closes", json!("2001-01-01T00:00:00Z"), 422, "closes"),
        ("closes", json!(null), 400, "closes"),
        ("review", json!("soon"), 400, "review"),
        ("review", json!("2001-01-01"), 422, "review"),
        ("reasons", json!("never"), 400, "reasons"),
        ("shown", json!(true), 400, "shown"),
        ("unit", json!("everyone"), 400, "unit"),
        ("unit", json!("persons"), 422, "persons"),
        ("persons", json!(["b".to_owned() + &"a".repeat(26)]), 400, "persons"),
        ("follows", json!("x"), 400, "follows"),
        ("effects", json!({"kind": "stage"}), 400, "effects"),
        ("effects", json!([["stage"]]), 400, "effects[0]"),
        ("effects", json!([{"kind": "admit"}]), 400, "effects[0].kind"),
        ("effects", json!([{"kind": "stage"}]), 400, "effects[0].stage"),
        ("effects", json!([{"kind": "stage", "stage": "asleep"}]), 400, "effects[0].stage"),
        ("effects", json!([{"kind": "rest", "stage": "dormant"}]), 400, "effects[0].stage"),
        (
            "effects",
            json!([{"kind": "remove", "organisation": "b".to_owned() + &"a".repeat(52)}]),
            422,
            "effects[0].organisation",
        ),
        ("effects", json!([{"kind": "remove", "organisation": key}]), 422, "effects"),
        ("effects", json!([{"kind": "charter", "charter": []}]), 400, "effects[0].charter"),
        ("effects", json!([{"kind": "charter", "charter": lax}]), 400, "effects[0].charter.rules.amend"),
        ("effects", json!([{"kind": "charter", "charter": empty}]), 422, "effects[0].charter"),
        ("effects", json!(vec![json!({"kind": "stage", "stage": "dormant"}); 9]), 422, "effects"),
        ("effects", json!([{"kind": "node", "organisation": key}]), 422, "effects[0].organisation"),
        ("owner", json!("me"), 400, "owner"),
    ];
    for (name, value, status, field) in bad {
        let mut body = consent();
        body[name] = value;
        let problem = ada.post(DECISIONS, &body).await.problem(status);
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{name} {}: {problem}", body[name]);
    }
    for method in [json!({"kind": "score", "highest": 0}), json!({"kind": "dot", "dots": 0})] {
        let mut body = consent();
        (body["method"], body["options"]) = (method, json!(["one", "two"]));
        assert_eq!(ada.post(DECISIONS, &body).await.problem(422)["field"], "method", "{body}");
    }
    assert_eq!(node.get(DECISIONS).await.expect(200)["total"], 0);
    for query in ["state=ended", "limit=0", "from=x", "state=open&state=open"] {
        node.get(&format!("{DECISIONS}?{query}")).await.problem(400);
    }
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/positions"),
        (Method::GET, "/comments"),
        (Method::GET, "/proof"),
        (Method::PUT, "/positions/own"),
        (Method::PATCH, ""),
        (Method::POST, "/comments"),
    ] {
        let body = match method.as_str() {
            "PUT" => Some(json!({"position": "consent"})),
            "PATCH" | "POST" => Some(json!({"text": "T"})),
            _ => None,
        };
        for nothing in ["x".to_owned(), "b".to_owned() + &"a".repeat(52)] {
            let at = format!("{DECISIONS}/{nothing}{path}");
            assert_eq!(ada.ask(method.clone(), &at, body.as_ref(), &[]).await.problem(404)["field"], "id", "{at}");
        }
    }
}

#[tokio::test]
async fn machines_read_and_do_not_decide() {
    let node = Node::new();
    let ada = node.first_member().await;
    let at = ada.opens(&consent()).await;
    for (method, path, body) in [
        (Method::POST, DECISIONS.to_owned(), consent()),
        (Method::PATCH, at.clone(), json!({"text": "T"})),
        (Method::PUT, format!("{at}/positions/own"), json!({"position": "consent"})),
        (Method::POST, format!("{at}/comments"), json!({"text": "T"})),
        (Method::DELETE, "/api/v1/comments/baaaa".to_owned(), json!({})),
        (Method::POST, MANDATES.to_owned(), json!({"taken_back": true})),
        (Method::PATCH, format!("{MANDATES}/baaaa"), json!({"accepted": true})),
        (Method::POST, "/api/v1/admissions".to_owned(), json!({"application": ""})),
        (Method::POST, "/api/v1/admissions/invitations".to_owned(), json!({})),
        (Method::DELETE, "/api/v1/admissions/invitations/baaaa".to_owned(), json!({})),
        (Method::POST, "/api/v1/admissions/baaaa/decision".to_owned(), json!({})),
        (Method::POST, "/api/v1/organisations/own/words".to_owned(), json!({"say": "leave"})),
    ] {
        assert_eq!(node.send_json(method, &path, &body, &[]).await.problem(403)["field"], "Authorization", "{path}");
    }
    let seen = node.get(&at).await.expect(200);
    assert_eq!((&seen["yours"], &seen["your_places"]), (&json!(false), &json!([])));
}
