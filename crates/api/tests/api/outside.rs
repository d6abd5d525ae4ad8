//! An organisation that is not in the network any more: its node says so, asks nobody anything, and refuses what is for the
//! others to read.

use data_encoding::BASE64;
use knotwork_commands::{CommandError, DecisionError, Whom};
use knotwork_documents::{Paper, write_profile};
use knotwork_governance::{Application, Effect, NetworkInvitation, NodeCertificate, Said, SignedNode, Stands, Word};
use knotwork_identity::{DocumentId, Encode as _, PublicKey, SecretKey, TermsHash, Timestamp, Writer};
use knotwork_minutes::{Agreed, Matter, Minute, Outcome, Parting, Proof, Verdict, write_minute};
use knotwork_replica::take_up_minutes;
use knotwork_store::MemoryEngine;
use serde_json::{Value, json};

use crate::{
    decisions::{DECISIONS, consent},
    nodes_in_memory::{Node, config, key},
};

const INVITATIONS: &str = "/api/v1/admissions/invitations";

/// Nothing stands of what was written.
const NOTHING: Stands = Stands { count: 0, digest: [0; 32] };

/// The proof that these nodes give.
fn proof(minute: &Minute, nodes: &[u8]) -> Proof {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/vote/1");
    minute.network.encode(&mut writer);
    writer.u64(minute.height);
    writer.u32(0);
    writer.u8(2);
    writer.option(Some(&minute.hash()));
    let bytes = writer.into_bytes();
    let mut signatures: Vec<_> = nodes.iter().map(|node| (key(*node).public(), key(*node).sign(&bytes))).collect();
    signatures.sort_by_key(|(node, _)| *node);
    Proof { round: 0, signatures }
}

/// The node as it is started again once its organisation has gone, with a minute that says so.
pub(crate) fn after_parting(node: Node, how: Parting) -> Node {
    match how {
        Parting::Left => after_leaving(node, 1),
        Parting::Removed => {
            let minute = node.handle.agreed().next(Matter::Outcome(removal()));
            after_minute(node, &minute)
        }
        Parting::LeftBehind => after_reconvening(node, &key(5), key(1).public()),
    }
}

/// The node as it is started again once the leaving of the organisation with this key has been minuted.
fn after_leaving(node: Node, organisation: u8) -> Node {
    let agreed = node.handle.agreed();
    let leaves = Word::say(agreed.network(), &key(organisation), 9, Said::Leave(NOTHING));
    after_minute(node, &agreed.next(Matter::Word(leaves)))
}

/// The node as it is started again once this organisation has reconvened the network, and left that one.
pub(crate) fn after_reconvening(node: Node, first: &SecretKey, left: PublicKey) -> Node {
    let minute = node.handle.agreed().reconvene(first, [(left, NOTHING)].into()).expect("it fits");
    after_minute(node, &minute)
}

/// The node as it is started again with one minute more.
fn after_minute(node: Node, minute: &Minute) -> Node {
    let is_bare = matches!(minute.matter, Matter::Reconvened(_));
    let proof = if is_bare { Proof::NONE } else { proof(minute, &[2, 8]) };
    let mut minutes = node.handle.minutes_bytes(1, usize::MAX).expect("the store is sound");
    minutes.push(write_minute(minute, &proof));
    take_up_minutes(node.handle.genesis(), node.storage.as_ref(), &minutes).expect("they hold");
    let engine = node.engine.clone();
    drop(node);
    Node::with(engine, [1; 16], &config())
}

/// That the node's organisation is removed, as the others minuted it.
fn removal() -> Outcome {
    Outcome {
        decision: DocumentId([3; 32]),
        terms: TermsHash([3; 32]),
        statements: Vec::new(),
        ballots: Vec::new(),
        counts: vec![1, 0, 0],
        verdict: Verdict::Adopted,
        effects: vec![Effect::Remove { organisation: key(1).public(), stands: NOTHING }],
    }
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

    let node = after_leaving(node, 1);
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
async fn a_further_node_whose_organisation_has_left_says_so_and_one_that_was_never_served_waits() {
    for was_served in [true, false] {
        let node = Node::further(MemoryEngine::new());
        let mut agreed = Agreed::clone(&node.handle.agreed());
        let network = agreed.network();
        if was_served {
            let profile = write_profile(network, &key(1), "Alder", Timestamp::NONE).expect("it is small");
            node.take_from_elsewhere(profile).await;
        }
        let accepts = Word::say(network, &key(5), 1, Said::Accept(agreed.charter().digest));
        let leaves = Word::say(network, &key(1), 9, Said::Leave(NOTHING));
        let minutes = [(accepts, &[2][..]), (leaves, &[2, 8])].map(|(word, nodes)| {
            let minute = agreed.next(Matter::Word(word));
            let proof = proof(&minute, nodes);
            agreed.follow(&minute, &proof).expect("it holds");
            write_minute(&minute, &proof)
        });
        take_up_minutes(node.handle.genesis(), node.storage.as_ref(), &minutes).expect("they hold");
        let engine = node.engine.clone();
        drop(node);
        let said = Node::further(engine).get("/api/v1/node").await.expect(200);
        let outside = if was_served { json!({"since": 2, "how": "left"}) } else { Value::Null };
        assert_eq!((&said["outside"], &said["waits_to_be_admitted"]), (&outside, &json!(!was_served)));
    }
}

#[tokio::test]
async fn who_has_gone_applies_with_no_node_that_it_had_beside_the_one_that_signed() {
    let node = Node::new();
    node.birch_joins().await;
    let (network, birch) = (node.handle.network(), key(5).public());
    let certificate = NodeCertificate { node: SignedNode::sign(network, birch, &key(14)), served: true };
    node.takes_paper(&key(5), Paper::NodeCertificate(certificate)).await;
    let node = after_leaving(node, 5);
    let ada = node.first_member().await;
    let invitation = ada.post(INVITATIONS, &json!({})).await.expect(201)["invitation"].clone();
    let invitation = BASE64.decode(invitation.as_str().expect("a text").as_bytes()).expect("Base64");
    let invitation = NetworkInvitation::from_bytes(&invitation).expect("an invitation");
    for (further, state) in [(14, "gone"), (15, "waiting")] {
        let signing = (&key(5), &key(further));
        let application = Application::sign(&invitation, network, ("Birch".into(), Vec::new()), signing);
        node.handle.receive_application(&application.to_bytes()).expect("it answers an invitation");
        assert_eq!(ada.get("/api/v1/admissions").await.expect(200)["items"][0]["state"], state);
    }
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
