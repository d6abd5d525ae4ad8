//! Several who speak for one organisation: what counts is what whoever has the newest mandate says.

use serde_json::json;

use crate::{
    decisions::{MANDATES, consent, id},
    nodes_in_memory::Node,
};

#[tokio::test]
async fn whose_mandate_is_the_older_is_told_that_the_newer_one_has_answered() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let newer = ada.post(MANDATES, &json!({"person": bea.person().await})).await.expect(201);
    bea.patch(&format!("{MANDATES}/{}", id(&newer)), &json!({"accepted": true})).await.expect(200);
    let own = format!("{}/positions/own", ada.opens(&consent()).await);
    let objects = json!({"position": "objection", "reason": "Not in August"});
    let said = ada.put(&own, &objects).await.expect(200);
    assert_eq!(said["positions"][0]["by"]["name"], "Ada", "{said}");
    let said = bea.put(&own, &objects).await.expect(200);
    assert_eq!((&said["positions"][0]["by"]["name"], &said["answered"]), (&json!("Bea"), &json!(1)), "{said}");

    let consents = json!({"position": "consent"});
    let refused = ada.put(&own, &consents).await.problem(409);
    assert_eq!(refused["field"], "place");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("voice after you")), "{refused}");
    let done = bea.put(&own, &consents).await.expect(200);
    assert_eq!((&done["state"], &done["minute"]["verdict"]), (&json!("final"), &json!("adopted")), "{done}");
}
