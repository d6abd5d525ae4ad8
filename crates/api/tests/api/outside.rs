//! An organisation that is not in the network any more: its node says so, asks nobody anything, and refuses what is for the
//! others to read.

use knotwork_commands::{CommandError, DecisionError, Whom};
use knotwork_governance::{Effect, Said, Stands, Word};
use knotwork_identity::{DocumentId, Encode as _, Writer};
use knotwork_minutes::{Matter, Minute, Proof, write_minute};
use knotwork_replica::take_up_minutes;
use serde_json::{Value, json};

use crate::{
    decisions::{DECISIONS, consent},
    nodes_in_memory::{Node, config, key},
};

const INVITATIONS: &str = "/api/v1/admissions/invitations";

/// Nothing stands of what was written.
const NOTHING: Stands = Stands { count: 0, digest: [0; 32] };

/// The proof that both nodes give.
fn proof(minute: &Minute) -> Proof {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/vote/1");
    minute.network.encode(&mut writer);
    writer.u64(minute.height);
    writer.u32(0);
    writer.u8(2);
    writer.option(Some(&minute.hash()));
    let bytes = writer.into_bytes();
    let mut signatures: Vec<_> = [2, 8].map(|node| (key(node).public(), key(node).sign(&bytes))).into();
    signatures.sort_by_key(|(node, _)| *node);
    Proof { round: 0, signatures }
}

/// The node as it is started again once its organisation's leaving has been minuted.
fn after_leaving(node: Node) -> Node {
    let agreed = node.handle.agreed();
    let leaves = Word::say(agreed.network(), &key(1), 9, Said::Leave(NOTHING));
    let minute = agreed.next(Matter::Word(leaves));
    let mut minutes = node.handle.minutes_bytes(1, usize::MAX).expect("the store is sound");
    minutes.push(write_minute(&minute, &proof(&minute)));
    take_up_minutes(node.handle.genesis(), node.storage.as_ref(), &minutes).expect("they hold");
    let engine = node.engine.clone();
    drop(node);
    Node::with(engine, [1; 16], &config())
}

fn why(problem: &Value) -> &str {
    problem["detail"].as_str().expect("a detail")
}

#[tokio::test]
async fn a_node_whose_organisation_has_left_says_so_and_asks_nobody_anything() {
    let node = Node::new();
    node.birch_joins().await;
    let ada = node.first_member().await;
    ada.speaks().await;
    let mut asked = consent();
    asked["closes"] = json!("2023-11-21T22:00:00Z");
    let at = ada.opens(&asked).await;
    node.pass_hours(6 * 24 + 12);
    assert_eq!(node.get("/api/v1/node").await.expect(200)["outside"], Value::Null);
    assert_eq!(node.handle.reminders(Whom::Everyone).expect("sound").len(), 1, "before, she is reminded");
    let ada = node.first_member_again().await;
    ada.post(INVITATIONS, &json!({})).await.expect(201);
    assert_eq!(ada.get(DECISIONS).await.expect(200)["items"][0]["waits_for_you"], true);

    let node = after_leaving(node);
    node.pass_hours(6 * 24 + 13);
    let said = node.get("/api/v1/node").await.expect(200)["outside"].clone();
    assert_eq!(said, json!({"since": 2, "how": "left"}));
    assert_eq!(node.handle.reminders(Whom::Everyone).expect("sound"), []);
    let ada = node.first_member_again().await;
    assert_eq!(ada.get(DECISIONS).await.expect(200)["items"][0]["waits_for_you"], false);
    let sentence = "your organisation is not in this network any more, since minute 2 (it left)";
    let consents = json!({"position": "consent"});
    for refused in [
        ada.post(INVITATIONS, &json!({})).await.problem(409),
        ada.post(DECISIONS, &consent()).await.problem(409),
        ada.put(&format!("{at}/positions/own"), &consents).await.problem(409),
    ] {
        assert!(why(&refused).starts_with(sentence), "{refused}");
    }
    // What it has stays here.
    node.get(&at).await.expect(200);
}

#[tokio::test]
async fn whom_a_removal_is_about_is_told_how_it_is_heard() {
    let node = Node::new();
    let ada = node.first_member().await;
    let at = ada.opens(&consent()).await;
    let id: DocumentId = at.rsplit('/').next().expect("an id").parse().expect("an id");
    let mut terms = node.handle.decision(&id).expect("it is here").terms;
    assert_eq!(node.handle.no_voice(&terms), CommandError::Decision(DecisionError::NoVoice));
    terms.effects = vec![Effect::Remove { organisation: key(1).public(), stands: NOTHING }];
    assert_eq!(node.handle.no_voice(&terms), CommandError::Decision(DecisionError::Heard));
    terms.effects = vec![Effect::Remove { organisation: key(5).public(), stands: NOTHING }];
    assert_eq!(node.handle.no_voice(&terms), CommandError::Decision(DecisionError::NoVoice));
}
