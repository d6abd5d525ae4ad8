//! Temperature checks: what is asked and answered here, what is passed on and forgotten, and what all organisations' answers
//! come to.

use axum::http::Method;
use knotwork_documents::{Certificate, Paper, PaperEdit, kinds};
use knotwork_governance::{Feelings, TemperatureCounts};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, SpaceId, Timestamp};
use knotwork_ledger::{History, Pen};
use serde_json::{Value, json};

use crate::{
    decisions::id,
    member::Member,
    nodes_in_memory::{Node, key},
};

const CHECKS: &str = "/api/v1/temperature-checks";

impl Member<'_> {
    async fn asks(&self) -> String {
        let body = json!({"question": "Meet in spring?", "text": "In April.", "days": 1});
        let asked = self.post(CHECKS, &body).await.expect(201);
        assert_eq!(
            (&asked["state"], &asked["feelings"], &asked["yours"]),
            (&json!("open"), &Value::Null, &Value::Null)
        );
        id(&asked).to_owned()
    }

    async fn feels(&self, check: &str, feeling: &str, alone: bool) {
        let body = json!({"feeling": feeling, "alone": alone});
        let answered = self.put(&format!("{CHECKS}/{check}/answer"), &body).await.expect(200);
        assert_eq!(answered["yours"], body);
    }
}

impl Node {
    /// What this node has passed on of a check, if anything.
    fn passed_on(&self) -> Option<TemperatureCounts> {
        let listed = self.storage.list(kinds::TEMPERATURE_COUNTS, None, None, 10).expect("sound");
        let own = self.handle.organisation_key();
        let mut counts = listed.iter().flat_map(|key| self.storage.changes_of(&key.document).expect("sound"));
        let first = counts.find(|stored| stored.change.header.owner == Some(own))?;
        let knotwork_ledger::Checked::Change(change) = first.change.check_trusted().expect("sound") else {
            return None;
        };
        match Paper::read(&change) {
            Some(Paper::TemperatureCounts(counts)) => Some(counts),
            _ => None,
        }
    }

    fn is_anything_kept(&self) -> bool {
        !self.storage.locals("temperature/").expect("sound").is_empty()
    }

    /// Lets a day go by, in which members look in often enough to stay signed in.
    async fn day_passes(&self, members: &[&Member<'_>]) {
        for _ in 0..3 {
            self.pass_hours(9);
            for member in members {
                member.get(CHECKS).await.expect(200);
            }
        }
    }

    fn asked(&self, check: &DocumentId) -> ChangeId {
        self.history(check).changes().next().expect("it was asked").id()
    }

    /// Has the other organisation say how many of its members feel how.
    async fn is_told(&self, check: &DocumentId, asked: ChangeId, feelings: [u32; 5]) {
        let counts = TemperatureCounts { check: *check, asked, feelings: Feelings(feelings) };
        let paper = Paper::TemperatureCounts(counts);
        let header = paper.header(self.handle.origin(), key(5).public(), Nonce([0; 16]));
        let organisation = key(5);
        let mut pen = Pen::open(History::new(header), &organisation, Timestamp::NONE).expect("it opens");
        PaperEdit::new(paper).write(&mut pen).expect("it is small");
        self.take_from_elsewhere(pen.finish().0).await;
    }

    /// Has the other organisation certify more persons.
    async fn others_are_certified(&self, persons: std::ops::Range<u8>) {
        for person in persons {
            let network = self.handle.origin();
            let member = key(person);
            let changes = Certificate::write(network, &key(5), PersonId([person; 16]), &member, false, Timestamp::NONE);
            let changes = changes.expect("a certificate is small");
            assert_eq!(changes[0].header().space, SpaceId::Roster);
            self.take_from_elsewhere(changes).await;
        }
    }
}

#[tokio::test]
async fn what_is_asked_is_asked_once_and_takes_answers_until_it_closes() {
    let node = Node::new();
    let ada = node.first_member().await;
    let ada = &ada;
    let wrong = |body: Value| async move { ada.post(CHECKS, &body).await.problem(422)["field"].clone() };
    assert_eq!(wrong(json!({"question": " "})).await, "question");
    assert_eq!(wrong(json!({"question": "a".repeat(201)})).await, "question");
    assert_eq!(wrong(json!({"question": "Q?", "text": "a".repeat(20_001)})).await, "text");
    for days in [0, 31, u64::MAX] {
        assert_eq!(wrong(json!({"question": "Q?", "days": days})).await, "days");
    }
    node.send_json(Method::POST, CHECKS, &json!({"question": "Q?"}), &[]).await.problem(403);

    let body = json!({"question": "Meet in spring?", "days": 1});
    let keyed = |body: Value| {
        let ada = &ada;
        async move { ada.ask(Method::POST, CHECKS, Some(&body), &[("Idempotency-Key", "k")]).await }
    };
    let first = keyed(body.clone()).await.expect(201);
    assert_eq!(keyed(body).await.expect(200)["id"], first["id"]);
    keyed(json!({"question": "Meet in autumn?", "days": 1})).await.problem(422);
    let check = id(&first).to_owned();

    let at = format!("{CHECKS}/{check}/answer");
    assert_eq!(ada.put(&at, &json!({"feeling": "fond"})).await.problem(422)["field"], "feeling");
    ada.put(&format!("{CHECKS}/b{}/answer", "a".repeat(52)), &json!({"feeling": "for"})).await.problem(404);
    let written = node.handle.position();
    ada.feels(&check, "strongly-for", false).await;
    ada.feels(&check, "against", true).await;
    assert_eq!(node.handle.position(), written, "an answer is in no change");
    let seen = node.get(&format!("{CHECKS}/{check}")).await.expect(200);
    assert_eq!((&seen["yours"], &seen["feelings"]), (&Value::Null, &Value::Null), "a machine has no answer");
    node.day_passes(&[ada]).await;
    ada.put(&at, &json!({"feeling": "for"})).await.problem(409);
    assert_eq!(ada.get(CHECKS).await.expect(200)["items"][0]["state"], "closed");
}

#[tokio::test]
async fn of_two_answers_only_those_are_passed_on_that_may_stand_alone() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let check = ada.asks().await;
    ada.feels(&check, "for", false).await;
    bea.feels(&check, "against", false).await;
    node.handle.pass_on_temperatures().await.expect("sound");
    assert!(node.is_anything_kept() && node.passed_on().is_none(), "nothing is passed on while it is open");
    node.day_passes(&[&ada, &bea]).await;
    node.handle.pass_on_temperatures().await.expect("sound");
    assert_eq!((node.passed_on(), node.is_anything_kept()), (None, false));

    let check = ada.asks().await;
    ada.feels(&check, "for", false).await;
    bea.feels(&check, "against", true).await;
    node.day_passes(&[&ada, &bea]).await;
    node.handle.pass_on_temperatures().await.expect("sound");
    let passed_on = node.passed_on().expect("one agreed to it");
    assert_eq!((passed_on.check.to_string(), passed_on.feelings), (check, Feelings([0, 0, 0, 1, 0])));
    assert!(!node.is_anything_kept());
}

#[tokio::test]
async fn three_answers_are_passed_on_once_and_shown_from_seven_on() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let cal = node.colleague_called(&ada, "cal", "Cal").await;
    let check = ada.asks().await;
    let (document, at): (DocumentId, _) = (check.parse().expect("an id"), format!("{CHECKS}/{check}"));
    for (member, feeling) in [(&ada, "for"), (&bea, "for"), (&cal, "strongly-against")] {
        member.feels(&check, feeling, false).await;
    }
    let asked = node.asked(&document);
    // The other organisation has one member, and says that four have answered.
    node.is_told(&document, asked, [4, 0, 0, 0, 0]).await;
    node.others_are_certified(20..23).await;
    assert_eq!(ada.get(&at).await.expect(200)["feelings"], Value::Null, "not while it is open");
    node.day_passes(&[&ada, &bea]).await;
    node.handle.pass_on_temperatures().await.expect("sound");
    let written = node.handle.position();
    node.handle.pass_on_temperatures().await.expect("sound");
    assert_eq!(node.handle.position(), written, "it is passed on once");
    let passed_on = node.passed_on().expect("three have answered");
    assert_eq!(passed_on.feelings, Feelings([0, 2, 0, 0, 1]));
    assert!(!node.is_anything_kept());
    let shown = bea.get(&at).await.expect(200);
    let expected = json!({"strongly_for": 4, "for": 2, "between": 0, "against": 0, "strongly_against": 1});
    assert_eq!((&shown["feelings"], &shown["yours"]), (&expected, &Value::Null));
}

#[tokio::test]
async fn counts_that_cannot_be_true_are_not_counted() {
    let node = Node::new();
    let ada = node.first_member().await;
    let check = ada.asks().await;
    let (document, at): (DocumentId, _) = (check.parse().expect("an id"), format!("{CHECKS}/{check}"));
    let asked = node.asked(&document);
    // Of another question under the same check.
    node.is_told(&document, ChangeId([3; 32]), [9, 0, 0, 0, 0]).await;
    // Of more people than it has.
    node.is_told(&document, asked, [9, 0, 0, 0, 0]).await;
    node.others_are_certified(20..27).await;
    node.day_passes(&[&ada]).await;
    assert_eq!(ada.get(&at).await.expect(200)["feelings"], Value::Null);
    node.others_are_certified(27..28).await;
    assert_eq!(ada.get(&at).await.expect(200)["feelings"]["strongly_for"], 9, "now it has nine");
}

#[tokio::test]
async fn a_decision_can_name_the_check_that_it_comes_from() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let check = ada.asks().await;
    let mut wanted = crate::decisions::consent();
    wanted["follows"] = json!(check);
    let at = ada.opens(&wanted).await;
    assert_eq!(ada.get(&at).await.expect(200)["follows"], json!(check));
}
