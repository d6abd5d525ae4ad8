//! Other terms for a decision that is open, and decisions that follow one: how long there is to answer, what moves with the
//! end, and what there has to be.

use knotwork_documents::{Paper, PaperEdit};
use knotwork_governance::Terms;
use knotwork_identity::{DocumentId, Timestamp};
use knotwork_ledger::Pen;
use serde_json::json;

use crate::{
    decisions::{DECISIONS, consent, id},
    member::Member,
    nodes_in_memory::Node,
};

impl Member<'_> {
    /// Has the node learn that she has written other terms at another node, which close no later than those before.
    async fn writes_elsewhere(&self, decision: &str, text: &str) {
        let decision: DocumentId = decision.rsplit('/').next().expect("an id").parse().expect("an id");
        let before = self.node.handle.decision(&decision).expect("it is here").terms;
        let terms = Terms { version: before.version + 1, text: text.into(), ..before };
        let key = self.key();
        let mut pen = Pen::open(self.node.history(&decision), &key, Timestamp::NONE).expect("it opens");
        PaperEdit::new(Paper::Terms(Box::new(terms))).write(&mut pen).expect("it is small");
        self.node.take_from_elsewhere(pen.finish().0).await;
    }
}

#[tokio::test]
async fn whoever_is_asked_anew_can_answer_for_a_day_or_for_as_long_as_it_was_to_be_open() {
    // The first moment of a node here is 22:13:20 on 14 November 2023.
    for (hours, closes, anew) in [(72, "2023-11-17T22:13:20Z", 24), (6, "2023-11-15T04:13:20Z", 6)] {
        let node = Node::new();
        let ada = node.first_member().await;
        ada.speaks().await;
        let mut asked = consent();
        asked["closes"] = json!(closes);
        let at = ada.opens(&asked).await;
        node.pass_hours(hours - 1);
        let ada = node.first_member_again().await;
        ada.writes_elsewhere(&at, "On the first Tuesday.").await;
        let shown = ada.get(&at).await.expect(200);
        assert_eq!((&shown["version"], &shown["text"]), (&json!(2), &json!("On the first Tuesday.")));
        assert_eq!(shown["closes"], closes.replace('Z', ".000Z"), "they say that it closes within the hour");

        node.pass_hours(anew - 1);
        let ada = node.first_member_again().await;
        let own = format!("{at}/positions/own");
        let objects = json!({"position": "objection", "reason": "Tuesdays are for home visits"});
        let said = ada.put(&own, &objects).await.expect(200);
        assert_eq!((&said["state"], &said["answered"]), (&json!("open"), &json!(1)), "{said}");
        node.pass_hours(1);
        let late = ada.put(&own, &json!({"position": "consent"})).await.problem(409);
        assert!(late["detail"].as_str().is_some_and(|detail| detail.contains("has closed")), "{late}");
    }
}

#[tokio::test]
async fn when_the_end_is_put_off_the_review_is_put_off_by_as_much() {
    let node = Node::new();
    let ada = node.first_member().await;
    let mut asked = consent();
    asked["closes"] = json!("2023-11-20T12:00:00Z");
    // Where nobody says when, it is a year after the end.
    for (review, before, after) in
        [(json!("2024-03-01"), "2024-03-01", "2024-03-11"), (json!(""), "2024-11-19", "2024-11-29")]
    {
        if review != "" {
            asked["review"] = review;
        } else {
            asked.as_object_mut().expect("an object").remove("review");
        }
        let at = ada.opens(&asked).await;
        let other = ada.patch(&at, &json!({"text": "On the first Tuesday."})).await.expect(200);
        assert_eq!((&other["closes"], &other["review"]), (&json!("2023-11-20T12:00:00.000Z"), &json!(before)));
        let later = ada.patch(&at, &json!({"closes": "2023-11-30T12:00:00Z"})).await.expect(200);
        assert_eq!((&later["closes"], &later["review"]), (&json!("2023-11-30T12:00:00.000Z"), &json!(after)));
    }
}

#[tokio::test]
async fn what_a_decision_follows_has_to_be_here() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let following = |decision: &str| {
        let mut body = consent();
        body["follows"] = json!(decision.trim_start_matches(DECISIONS).trim_matches('/'));
        body
    };
    let minuted = ada.opens(&consent()).await;
    let done = ada.put(&format!("{minuted}/positions/own"), &json!({"position": "consent"})).await.expect(200);
    assert_eq!(done["state"], "final");
    let open = ada.opens(&consent()).await;
    for earlier in [&minuted, &open] {
        let opened = bea.post(DECISIONS, &following(earlier)).await.expect(201);
        assert_eq!(opened["follows"], following(earlier)["follows"]);
        assert_ne!(id(&opened), opened["follows"]);
    }
    let nothing = "b".to_owned() + &"a".repeat(52);
    let refused = |problem: serde_json::Value| {
        assert_eq!(problem["field"], "follows", "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("is not here")), "{problem}");
    };
    refused(bea.post(DECISIONS, &following(&nothing)).await.problem(422));

    // What was not decided goes with the key that signed it, and what is minuted stays.
    ada.loses_her_key().await;
    refused(bea.post(DECISIONS, &following(&open)).await.problem(422));
    bea.post(DECISIONS, &following(&minuted)).await.expect(201);
}
