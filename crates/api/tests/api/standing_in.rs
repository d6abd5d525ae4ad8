//! Standing in: a member asks a colleague, who accepts and answers in their place, until either ends it.

use knotwork_identity::PersonId;
use serde_json::{Value, json};

use crate::{
    counting,
    decisions::{consent, id},
    member::Member,
    nodes_in_memory::Node,
};

const DELEGATIONS: &str = "/api/v1/delegations";

impl Member<'_> {
    pub(crate) async fn asks_to_stand_in(&self, colleague: &Member<'_>) -> String {
        let body = json!({"stand_in": colleague.person().await, "until": "2023-12-01T00:00:00Z"});
        let asked = self.post(DELEGATIONS, &body).await.expect(201);
        assert_eq!(
            (&asked["state"], &asked["name"], &asked["stand_in_name"]),
            (&json!("asked"), &json!("Ada"), &json!("Bea"))
        );
        format!("{DELEGATIONS}/{}", id(&asked))
    }

    pub(crate) async fn answers(&self, delegation: &str, accepted: bool) -> Value {
        self.patch(delegation, &json!({"accepted": accepted})).await.expect(200)["state"].clone()
    }
}

/// A decision in which both are asked, each for themself.
async fn asked_of(ada: &Member<'_>, bea: &Member<'_>) -> String {
    counting::asked_of(&[ada, bea], consent()).await
}

#[tokio::test]
async fn a_colleague_answers_for_whoever_is_away_and_everyone_sees_it() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let at = asked_of(&ada, &bea).await;
    let own = format!("{at}/positions/own");
    let asked = ada.get(&at).await.expect(200)["asked"].clone();
    let place = asked.as_array().expect("a list").iter().position(|one| one["name"] == "Ada").expect("she is asked");
    let for_ada = json!({"position": "concern", "place": place});
    bea.put(&own, &for_ada).await.problem(403);
    let delegation = ada.asks_to_stand_in(&bea).await;
    bea.put(&own, &for_ada).await.problem(403);
    assert_eq!(bea.answers(&delegation, true).await, "in-force");
    let said = bea.put(&own, &for_ada).await.expect(200);
    let position = said["positions"].as_array().expect("a list").iter().find(|one| one["place"] == json!(place));
    let position = position.expect("it is there");
    let stood_in = json!({"name": "Ada", "until": "2023-12-01T00:00:00.000Z"});
    assert_eq!(
        (&position["name"], &position["by"]["name"], &position["stood_in"]),
        (&json!("Ada"), &json!("Bea"), &stood_in)
    );
    assert_eq!(said["state"], "open", "Bea herself has not answered");

    let back = ada.put(&own, &json!({"position": "objection", "reason": "Not in August"})).await.expect(200);
    let position = back["positions"].as_array().expect("a list").iter().find(|one| one["place"] == json!(place));
    assert_eq!(position.map(|one| (&one["position"], &one["stood_in"])), Some((&json!("objection"), &Value::Null)));
    bea.put(&own, &for_ada).await.problem(409);
    let done = bea.put(&own, &json!({"position": "consent"})).await.expect(200);
    assert_eq!(done["answered"], 2, "without a place she answers for herself");
}

#[tokio::test]
async fn what_a_stand_in_says_is_final_when_nobody_else_is_missing() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let delegation = ada.asks_to_stand_in(&bea).await;
    bea.answers(&delegation, true).await;
    let at = ada.opens(&consent()).await;
    assert_eq!(bea.get("/api/v1/decisions").await.expect(200)["items"][0]["waits_for_you"], true);
    let done = bea.put(&format!("{at}/positions/own"), &json!({"position": "consent"})).await.expect(200);
    assert_eq!((&done["state"], &done["minute"]["verdict"]), (&json!("final"), &json!("adopted")), "{done}");
    assert_eq!(done["positions"][0]["stood_in"]["name"], "Ada");
    let proof = node.get(&format!("{at}/proof")).await;
    assert_eq!(proof.status, 200);
}

#[tokio::test]
async fn either_ends_it_and_nobody_else_has_a_say() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let cal = node.colleague_called(&ada, "cal", "Cal").await;
    let (ada_id, bea_id) = (ada.person().await, bea.person().await);
    let wrong = |stand_in: &str, until: &str| json!({"stand_in": stand_in, "until": until});
    let until = "2023-12-01T00:00:00Z";
    let elsewhere = PersonId([6; 16]).to_string();
    let nobody = format!("b{}", "a".repeat(26));
    for (stand_in, said) in [(&ada_id, "for yourself"), (&elsewhere, "is at Birch"), (&nobody, "nobody of that name")] {
        let problem = ada.post(DELEGATIONS, &wrong(stand_in, until)).await.problem(422);
        assert!(problem["detail"].as_str().expect("a detail").contains(said), "{problem}");
        assert_eq!(problem["field"], "stand_in");
    }
    for until in ["2023-01-01T00:00:00Z", "2033-01-01T00:00:00Z"] {
        assert_eq!(ada.post(DELEGATIONS, &wrong(&bea_id, until)).await.problem(422)["field"], "until");
    }

    let delegation = ada.asks_to_stand_in(&bea).await;
    let again = ada.post(DELEGATIONS, &wrong(&cal.person().await, until)).await.problem(409);
    assert_eq!(again["field"], "stand_in");
    ada.patch(&delegation, &json!({"accepted": true})).await.problem(403);
    cal.patch(&delegation, &json!({"accepted": true})).await.problem(403);
    cal.patch(&delegation, &json!({"accepted": false})).await.problem(403);
    assert_eq!(bea.answers(&delegation, true).await, "in-force");
    assert_eq!(bea.answers(&delegation, false).await, "ended");
    assert_eq!(bea.answers(&delegation, true).await, "in-force", "she takes it up again");
    assert_eq!(ada.answers(&delegation, false).await, "ended");
    assert_eq!(bea.answers(&delegation, true).await, "ended", "whoever was away has ended it");

    let at = asked_of(&ada, &bea).await;
    bea.put(&format!("{at}/positions/own"), &json!({"position": "consent", "place": 0})).await;
    bea.put(&format!("{at}/positions/own"), &json!({"position": "consent", "place": 1})).await;
    assert_eq!(ada.get(&at).await.expect(200)["answered"], 1, "she has her own voice alone");
    ada.asks_to_stand_in(&bea).await;
    let all = cal.get(DELEGATIONS).await.expect(200);
    assert_eq!((&all["items"][0]["state"], &all["items"][1]["state"]), (&json!("asked"), &json!("ended")));
}
