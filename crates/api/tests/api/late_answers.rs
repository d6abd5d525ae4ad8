//! Answers that come too late: shown beside those that count, and never in their place; and what is minuted of keys that
//! are taken back.

use std::collections::BTreeSet;

use knotwork_documents::{Paper, PaperEdit};
use knotwork_governance::{BallotPaper, ClosingStatement, Consent, Position, Said, Voter, Word};
use knotwork_identity::{ChangeId, DocumentId, Nonce, SecretKey, Timestamp};
use knotwork_ledger::{History, Pen};
use knotwork_replica::counting;
use serde_json::{Value, json};

use crate::{
    decisions::consent,
    member::Member,
    nodes_in_memory::{Node, key},
};

impl Member<'_> {
    pub(crate) async fn agrees_to(&self, decision: &str) -> Value {
        self.put(&format!("{decision}/positions/own"), &json!({"position": "consent"})).await.expect(200)
    }

    /// The decision once the node has said what it holds, which it does after it has answered.
    pub(crate) async fn sees_closed(&self, decision: &str) -> Value {
        let id: DocumentId = decision.rsplit('/').next().expect("an id").parse().expect("an id");
        self.node.until(|| self.node.handle.decision(&id).is_ok_and(|entry| entry.state.is_over())).await;
        self.get(decision).await.expect(200)
    }

    /// Has the node learn that she has changed her answer at another node, whose clock said that it was open.
    pub(crate) async fn objects_elsewhere(&self, counted: &Value) -> ChangeId {
        let counted: ChangeId = counted["change"].as_str().expect("an id").parse().expect("an id");
        let stored = self.node.storage.change(&counted).expect("sound").expect("it is here");
        let change = stored.change.check_trusted().expect("admitted").change().expect("known");
        let Some(Paper::Ballot(ballot)) = Paper::read(&change) else { panic!("a ballot") };
        let position = Position::Consent(Consent::Objection);
        let ballot = BallotPaper { position, salt: [1; 16], ..*ballot };
        let history = self.node.history(&change.document());
        let edit = PaperEdit { paper: Paper::Ballot(Box::new(ballot)), reason: "It rains.".into() };
        let key = self.key();
        let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("it opens");
        edit.write(&mut pen).expect("it is small");
        let changes = pen.finish().0;
        let late = changes[0].id();
        self.node.take_from_elsewhere(changes).await;
        late
    }
}

impl Node {
    /// The other organisation joins, so that two have to sign.
    pub(crate) async fn birch_joins(&self) {
        let charter = self.get("/api/v1/charter").await.expect(200)["digest"].clone();
        let accepts = Said::Accept(text(&charter).parse().expect("a digest"));
        self.takes_paper(&key(5), Paper::Word(Word::say(self.handle.network(), &key(5), 1, accepts))).await;
        self.until(|| self.handle.agreed().signers().len() == 2).await;
    }

    /// Has the node learn what another wrote.
    pub(crate) async fn takes_paper(&self, by: &SecretKey, paper: Paper) {
        let header = paper.header(self.handle.origin(), by.public(), Nonce([0; 16]));
        let mut pen = Pen::open(History::new(header), by, Timestamp::NONE).expect("it opens");
        PaperEdit::new(paper).write(&mut pen).expect("it is small");
        self.take_from_elsewhere(pen.finish().0).await;
    }

    /// Has a node say that this is the ballot that it held when a decision closed.
    pub(crate) async fn states(&self, by: &SecretKey, decision: &Value, ballot: ChangeId) {
        let (id, terms) = (text(&decision["id"]).parse().expect("an id"), text(&decision["terms"]));
        let terms = terms.parse().expect("a hash");
        let statement = ClosingStatement::make(self.handle.network(), by, id, terms, vec![ballot]);
        self.takes_paper(by, Paper::ClosingStatement(statement)).await;
    }
}

fn positions(decision: &Value) -> &[Value] {
    decision["positions"].as_array().expect("a list")
}

/// What is said of each, and whether it came too late.
fn said(decision: &Value) -> Vec<(&str, bool)> {
    let each = positions(decision).iter();
    each.map(|one| (one["position"].as_str().expect("a word"), one["late"].as_bool().expect("said"))).collect()
}

#[tokio::test]
async fn who_changes_an_answer_too_late_is_shown_with_the_one_that_counts() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let done = ada.agrees_to(&at).await;
    assert_eq!(done["state"], "final", "{done}");
    let late = ada.objects_elsewhere(&positions(&done)[0]).await;

    let shown = ada.get(&at).await.expect(200);
    assert_eq!(said(&shown), [("consent", false), ("objection", true)], "{shown}");
    assert_eq!(positions(&shown)[0], positions(&done)[0], "what counts is as it was");
    assert_eq!(
        (&positions(&shown)[1]["change"], &positions(&shown)[1]["place"]),
        (&json!(late.to_string()), &json!(0))
    );
    assert_eq!((&shown["answered"], &shown["asked"][0]["answered"]), (&json!(1), &json!(true)));
    assert_eq!((&shown["minute"], &shown["count"]), (&done["minute"], &done["count"]));
    assert_eq!(ada.get(&format!("{at}/positions")).await.expect(200), shown["positions"]);
}

#[tokio::test]
async fn until_it_is_final_the_statements_say_what_came_in_time() {
    let node = Node::new();
    node.birch_joins().await;
    let ada = node.first_member().await;
    let mut asked = consent();
    asked["unit"] = json!("persons");
    asked["persons"] = json!([ada.person().await]);
    let at = ada.opens(&asked).await;
    ada.agrees_to(&at).await;
    let closed = ada.sees_closed(&at).await;
    assert_eq!((&closed["state"], &closed["signatures"]["needed"]), (&json!("closed"), &json!(2)), "{closed}");
    let standing = "/api/v1/minutes/standing";
    let waiting = node.get(standing).await.expect(200);
    let unstated = json!([{"decision": closed["id"], "title": closed["title"], "names": ["Birch"]}]);
    assert_eq!((&waiting["unstated"], &waiting["waiting"]), (&unstated, &json!(0)), "{waiting}");
    let late = ada.objects_elsewhere(&positions(&closed)[0]).await;
    let shown = ada.get(&at).await.expect(200);
    assert_eq!(said(&shown), [("consent", false), ("objection", true)], "{shown}");
    assert_eq!(shown["count"]["outcome"], "adopted");

    // The other organisation held it when its clock said that the decision closed.
    node.states(&key(8), &shown, late).await;
    assert_eq!(node.get(standing).await.expect(200)["unstated"], json!([]));
    let shown = ada.get(&at).await.expect(200);
    assert_eq!(said(&shown), [("objection", false)], "what replaced the first counts: {shown}");
    assert_eq!(shown["count"]["outcome"], "not-adopted");
}

#[tokio::test]
async fn who_answers_too_late_alone_has_not_answered() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let mut asked = consent();
    asked["unit"] = json!("persons");
    asked["persons"] = json!([ada.person().await, bea.person().await]);
    let at = ada.opens(&asked).await;
    let open = ada.agrees_to(&at).await;
    assert_eq!(open["state"], "open", "{open}");
    let counted = text(&positions(&open)[0]["change"]).parse().expect("an id");
    node.states(&key(2), &open, counted).await;
    assert_eq!(ada.get(&at).await.expect(200)["state"], "final");

    let place = |shown: &Value, name| {
        let asked = shown["asked"].as_array().expect("a list");
        asked.iter().position(|one| one["name"] == name).expect("asked")
    };
    let (organisation, person) = (key(1).public(), bea.person().await.parse().expect("an id"));
    let origin = node.handle.origin();
    let standing =
        counting::certifying_change(node.storage.as_ref(), origin, organisation, person, &bea.key().public());
    let ballot = BallotPaper {
        decision: text(&open["id"]).parse().expect("an id"),
        terms: text(&open["terms"]).parse().expect("a hash"),
        voter: Voter::Person(organisation, person),
        standing: standing.expect("sound").expect("she is certified"),
        position: Position::Consent(Consent::Given),
        not_qualified: BTreeSet::new(),
        salt: [2; 16],
    };
    node.takes_paper(&bea.key(), Paper::Ballot(Box::new(ballot))).await;
    let shown = ada.get(&at).await.expect(200);
    let late = positions(&shown).iter().find(|one| one["late"] == true).expect("it is shown");
    assert_eq!((&late["name"], positions(&shown).len()), (&json!("Bea"), 2), "{shown}");
    assert_eq!(shown["answered"], 1);
    assert_eq!(shown["asked"][place(&shown, "Bea")]["answered"], false);
    assert_eq!(shown["asked"][place(&shown, "Ada")]["answered"], true);
}

#[tokio::test]
async fn what_is_minuted_is_listed_though_its_key_is_taken_back() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let reason = json!({"position": "concern", "reason": "Not in August"});
    let done = ada.put(&format!("{at}/positions/own"), &reason).await.expect(200);
    assert_eq!(positions(&done)[0]["stands"], true);
    let late = ada.objects_elsewhere(&positions(&done)[0]).await;
    assert_eq!(said(&ada.get(&at).await.expect(200)), [("concern", false), ("objection", true)]);

    ada.loses_her_key().await;
    let shown = node.get(&at).await.expect(200);
    let mut expected = positions(&done)[0].clone();
    (expected["stands"], expected["by"]) = (json!(false), shown["positions"][0]["by"].clone());
    assert_eq!(shown["positions"][0]["by"]["organisation"], "Alder");
    assert_eq!(shown["positions"], json!([expected]), "what was counted stays, and what was not is gone");
    assert!(!shown.to_string().contains(&late.to_string()));
    assert_eq!((&shown["count"], &shown["answered"]), (&done["count"], &json!(1)));
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
