//! Organisations coming, resting and going: invitations, applications, and words.

use axum::http::Method;
use data_encoding::BASE64;
use knotwork_commands::{NodeHandle, Right};
use knotwork_documents::kinds;
use knotwork_governance::{Application, NetworkInvitation, SignedNode};
use knotwork_identity::SecretKey;
use serde_json::{Value, json};

use crate::{ask::Answer, decisions::id, member::Member, nodes_in_memory::Node};

const ADMISSIONS: &str = "/api/v1/admissions";
const WORDS: &str = "/api/v1/organisations/own/words";

fn apply(invitation: &Value) -> (String, String) {
    apply_as(invitation, 77)
}

/// The application of the organisation of this number, in answer to an invitation, and its key.
fn apply_as(invitation: &Value, number: u16) -> (String, String) {
    let bytes = BASE64.decode(invitation["invitation"].as_str().expect("a text").as_bytes()).expect("Base64");
    let invitation = NetworkInvitation::from_bytes(&bytes).expect("an invitation");
    let seed = |of: u8| {
        let mut seed = [of; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        SecretKey::from_seed(&seed)
    };
    let (organisation, node) = (seed(200), seed(201));
    let network = invitation.genesis.network();
    let application = Application::sign(&invitation, network, ("Cedar".into(), Vec::new()), (&organisation, &node));
    (BASE64.encode(&application.to_bytes()), organisation.public().to_string())
}

/// Hands in an application.
async fn send(member: &Member<'_>, application: &str) -> Answer {
    member.post(ADMISSIONS, &json!({"application": application})).await
}

#[tokio::test]
async fn an_organisation_is_invited_applies_and_is_admitted() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let invitations = format!("{ADMISSIONS}/invitations");
    bea.post(&invitations, &json!({})).await.problem(403);
    assert_eq!(ada.post(&invitations, &json!({"addresses": ["here"]})).await.problem(422)["field"], "addresses[0]");
    let many = json!({"addresses": vec!["/ip4/192.0.2.1/tcp/7300"; 17]});
    assert_eq!(ada.post(&invitations, &many).await.problem(422)["limit"], 16);
    let invitation = ada.post(&invitations, &json!({"addresses": ["/ip4/192.0.2.1/tcp/7300"]})).await.expect(201);
    let (application, key) = apply(&invitation);
    for (bad, status) in [("%", 400), ("", 422), ("AAAA", 422), (&application[4..], 422)] {
        ada.post(ADMISSIONS, &json!({"application": bad})).await.problem(status);
    }
    let decision = format!("{ADMISSIONS}/{key}/decision");
    assert_eq!(ada.post(&decision, &json!({})).await.problem(404)["field"], "organisation");
    for _ in 0..2 {
        let taken = ada.post(ADMISSIONS, &json!({"application": application})).await.expect(201);
        assert_eq!((&taken["name"], &taken["state"]), (&json!("Cedar"), &json!("waiting")));
    }
    let opened = ada.post(&decision, &json!({})).await.expect(201);
    assert_eq!((&opened["state"], &opened["effects"][0]["kind"]), (&json!("final"), &json!("admit")), "{opened}");
    let listed = node.get(ADMISSIONS).await.expect(200);
    assert_eq!(listed["items"][0]["state"], "admitted");
    let cedar = node.get(&format!("/api/v1/organisations/{key}")).await.expect(200);
    assert_eq!((&cedar["since"], &cedar["accepted"], &cedar["signing"]), (&json!(1), &json!(true), &json!(true)));
    let standing = node.get("/api/v1/minutes/standing").await.expect(200);
    assert_eq!((&standing["needed"], &standing["signing"], &standing["reachable"]), (&json!(2), &json!(2), &json!(1)));

    // Nothing is final any more without the newcomer.
    let body = json!({"title": "T", "text": "T", "method": {"kind": "consent"}});
    let opened = ada.post("/api/v1/decisions", &body).await.expect(201);
    let waits = opened["then"].as_str().expect("a sentence");
    assert!(waits.contains("2 of 2 organisations have to sign, and one of them is usually reachable"), "{waits}");
    node.get(&format!("/api/v1/decisions/{}/proof", id(&opened))).await.problem(409);
    let removal = json!({"title": "T", "text": "T", "method": {"kind": "consent"}, "effects": [{"kind": "remove", "organisation": key}]});
    let removal = ada.post("/api/v1/decisions", &removal).await.expect(201);
    // As it has applied under its signature: it has said nothing to the network yet.
    assert_eq!(
        (&removal["effects"][0]["name"], &removal["effects"][0]["stands"]["count"]),
        (&json!("Cedar"), &json!(0))
    );
    assert_eq!(removal["asked"].as_array().expect("a list").len(), 1, "whom it concerns is not asked");
}

#[tokio::test]
async fn an_invitation_is_for_one_organisation_ends_and_can_be_taken_back() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let invitations = format!("{ADMISSIONS}/invitations");
    bea.get(&invitations).await.problem(403);
    let first = ada.post(&invitations, &json!({})).await.expect(201);
    let open = ada.get(&invitations).await.expect(200)["items"].clone();
    assert_eq!((open.as_array().map(Vec::len), &open[0]["organisation"]), (Some(1), &json!("")), "{open}");
    let one = format!("{invitations}/{}", id(&open[0]));
    let why = |problem: &Value| problem["detail"].as_str().expect("a sentence").to_owned();

    // It is the first's, and stays so.
    let (_, cedar) = apply_as(&first, 20);
    send(&ada, &apply_as(&first, 20).0).await.expect(201);
    assert_eq!(ada.get(&invitations).await.expect(200)["items"][0]["organisation"], cedar);
    let refused = send(&ada, &apply_as(&first, 21).0).await.problem(422);
    assert!(why(&refused).contains("another organisation has applied with this invitation"), "{refused}");
    send(&ada, &apply_as(&first, 20).0).await.expect(201);
    assert_eq!(node.get(ADMISSIONS).await.expect(200)["items"].as_array().map(Vec::len), Some(1));

    // Taken back, it is nobody's; what has come by it stays.
    bea.ask(Method::DELETE, &one, None, &[]).await.problem(403);
    assert_eq!(ada.ask(Method::DELETE, &one, None, &[]).await.status, 204);
    assert_eq!(ada.ask(Method::DELETE, &one, None, &[]).await.problem(404)["field"], "id");
    assert_eq!(ada.get(&invitations).await.expect(200)["items"], json!([]));
    let refused = send(&ada, &apply_as(&first, 22).0).await.problem(422);
    assert!(why(&refused).contains("taken back"), "{refused}");
    send(&ada, &apply_as(&first, 20).0).await.expect(201);

    // A day before its end it works, and then no more; but the same application may come again.
    let second = ada.post(&invitations, &json!({})).await.expect(201);
    node.pass_hours(29 * 24);
    let ada = node.first_member_again().await;
    send(&ada, &apply_as(&second, 23).0).await.expect(201);
    let third = ada.post(&invitations, &json!({})).await.expect(201);
    node.pass_hours(30 * 24);
    let ada = node.first_member_again().await;
    assert_eq!(ada.get(&invitations).await.expect(200)["items"], json!([]));
    let refused = send(&ada, &apply_as(&third, 24).0).await.problem(422);
    assert!(why(&refused).contains("has ended"), "{refused}");
    send(&ada, &apply_as(&second, 23).0).await.expect(201);
}

#[tokio::test]
async fn invitations_and_applications_have_a_limit() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let invitations = format!("{ADMISSIONS}/invitations");
    let most = NodeHandle::NETWORK_INVITATIONS_MAX;
    let mut applied = Vec::new();
    for number in 0..u16::try_from(most).expect("a small limit") {
        let invitation = ada.post(&invitations, &json!({})).await.expect(201);
        let (application, key) = apply_as(&invitation, number);
        send(&ada, &application).await.expect(201);
        applied.push((application, key));
    }
    assert_eq!(ada.get(&invitations).await.expect(200)["items"].as_array().map(Vec::len), Some(most));
    assert_eq!(ada.post(&invitations, &json!({})).await.problem(409)["limit"], most);
    let open = ada.get(&invitations).await.expect(200)["items"].clone();
    assert_eq!(ada.ask(Method::DELETE, &format!("{invitations}/{}", id(&open[0])), None, &[]).await.status, 204);
    let invitation = ada.post(&invitations, &json!({})).await.expect(201);
    ada.post(&invitations, &json!({})).await.problem(409);

    // As many applications wait: who has applied already may again, and nobody else, until one is settled.
    let listed = async || node.get(ADMISSIONS).await.expect(200)["items"].as_array().expect("a list").clone();
    assert_eq!(listed().await.len(), NodeHandle::APPLICATIONS_MAX);
    let (application, key) = apply_as(&invitation, 1_000);
    let refused = send(&ada, &application).await.problem(422);
    assert!(refused["detail"].as_str().expect("a sentence").contains("200 applications wait"), "{refused}");
    send(&ada, &applied[1].0).await.expect(201);
    let decision = format!("{ADMISSIONS}/{}/decision", applied[0].1);
    assert_eq!(ada.post(&decision, &json!({})).await.expect(201)["state"], "final");
    send(&ada, &application).await.expect(201);
    let listed = listed().await;
    assert_eq!(listed.len(), NodeHandle::APPLICATIONS_MAX);
    let is_listed = |key: &str| listed.iter().any(|entry| entry["organisation"] == key);
    assert!(is_listed(&key) && is_listed(&applied[1].1) && !is_listed(&applied[0].1));

    // What has ended makes room.
    node.pass_hours(30 * 24);
    let ada = node.first_member_again().await;
    ada.post(&invitations, &json!({})).await.expect(201);
    assert_eq!(ada.get(&invitations).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn who_waits_to_be_admitted_makes_no_account_and_keeps_the_code() {
    let node = Node::waiting();
    assert_eq!(node.get("/api/v1/node").await.expect(200)["waits_to_be_admitted"], true);
    let code = node.handle.set_up_token().expect("readable").expect("nobody is here yet");
    let account = json!({
        "set_up_code": code,
        "sign_in_name": "ada",
        "passphrase": "tea by the river today",
        "name": "Ada",
        "agrees": true,
    });
    let refused = node.send_json(Method::POST, "/api/v1/accounts", &account, &[]).await.problem(409);
    let why = "your organisation waits to be admitted: make the account when it is in";
    assert_eq!(refused["detail"], why);
    node.handle.check_right(&Right::SetUp(code)).expect("the code is not spent");
    assert!(node.handle.awaits_set_up().expect("readable"));
    let refused = node.send_json(Method::POST, "/api/v1/resources", &json!({"title": "T"}), &[]).await.problem(409);
    assert_eq!(refused["detail"], "your organisation waits to be admitted: write when it is in");
    assert_eq!(Node::new().get("/api/v1/node").await.expect(200)["waits_to_be_admitted"], false);
}

/// A decision that brings a charter.
fn about_charter(charter: &Value) -> Value {
    let effects = json!([{"kind": "charter", "charter": charter}]);
    json!({"title": "Renew", "text": "T", "method": {"kind": "consent"}, "effects": effects})
}

#[tokio::test]
async fn it_is_asked_once_at_a_time_whether_the_charter_still_holds() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let mut charter = ada.get("/api/v1/charter").await.expect(200)["charter"].clone();
    let first = ada.post("/api/v1/decisions", &about_charter(&charter)).await.expect(201);
    let refused = ada.post("/api/v1/decisions", &about_charter(&charter)).await.problem(409);
    assert!(refused["detail"].as_str().expect("a detail").contains(id(&first)), "{refused}");
    let own = format!("/api/v1/decisions/{}/positions/own", id(&first));
    ada.put(&own, &json!({"position": "consent"})).await.expect(200);
    let next = ada.post("/api/v1/decisions", &about_charter(&charter)).await.expect(201);
    assert_eq!(next["state"], "open", "the one before is final");
    charter["values"] = json!("Care.");
    ada.post("/api/v1/decisions", &about_charter(&charter)).await.expect(201);
}

#[tokio::test]
async fn no_charter_is_left_behind_by_what_is_refused() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let mut charter = ada.get("/api/v1/charter").await.expect(200)["charter"].clone();
    let written = || node.storage.list(kinds::CHARTER, None, None, 10).expect("sound").len();
    let renewal = about_charter(&charter);
    let first = [("Idempotency-Key", "first")];
    let open = ada.ask(Method::POST, "/api/v1/decisions", Some(&renewal), &first).await.expect(201);
    assert_eq!(written(), 1);
    ada.post("/api/v1/decisions", &renewal).await.problem(409);
    assert_eq!(written(), 1, "it is asked already");

    charter["values"] = json!("Care.");
    let amendment = about_charter(&charter);
    let used = ada.ask(Method::POST, "/api/v1/decisions", Some(&amendment), &first).await.problem(422);
    assert_eq!((&used["field"], written()), (&json!("Idempotency-Key"), 1), "the key was used for the renewal");
    let mut untitled = amendment.clone();
    untitled["title"] = json!(" ");
    ada.post("/api/v1/decisions", &untitled).await.problem(422);
    assert_eq!(written(), 1);

    // Nor by other terms that are refused.
    let at = format!("/api/v1/decisions/{}", id(&open));
    let nobodys = "b".to_owned() + &"a".repeat(52);
    for refused in [json!({"charter": charter, "integrates": [nobodys]}), json!({"charter": charter, "title": " "})] {
        let status = ada.patch(&at, &refused).await.status.as_u16();
        assert!((status == 409 || status == 422) && written() == 1, "{status}: {refused}");
    }
    let changed = ada.patch(&at, &json!({"charter": charter})).await.expect(200);
    assert_ne!(changed["effects"][0]["document"], open["effects"][0]["document"]);
    assert_eq!(written(), 2, "{changed}");
}

#[tokio::test]
async fn an_organisation_says_what_is_its_own_to_say() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    bea.post(WORDS, &json!({"say": "leave"})).await.problem(403);
    for (body, field) in [
        (json!({}), "say"),
        (json!({"say": "agree"}), "say"),
        (json!({"say": "accept"}), "charter"),
        (json!({"say": "accept", "charter": "x"}), "charter"),
        (json!({"say": "rest"}), "until"),
        (json!({"say": "rest", "until": "later"}), "until"),
        (json!({"say": "leave", "until": "2030-01-01T00:00:00Z"}), "until"),
        (json!({"say": "return", "node": "b".to_owned() + &"a".repeat(52)}), "node"),
        (json!({"say": "node"}), "node"),
        (json!({"say": "node", "node": "x"}), "node"),
        (json!({"say": "leave", "why": "we like it"}), "why"),
    ] {
        assert_eq!(ada.post(WORDS, &body).await.problem(400)["field"], field, "{body}");
    }
    let past = json!({"say": "rest", "until": "2020-01-01T00:00:00Z"});
    assert_eq!(ada.post(WORDS, &past).await.problem(422)["field"], "until");
    // Nobody would be left to sign, and nobody rests.
    let charter = ada.get("/api/v1/charter").await.expect(200)["digest"].clone();
    for body in [
        json!({"say": "accept", "charter": charter}),
        json!({"say": "leave"}),
        json!({"say": "rest", "until": "2030-01-01T00:00:00Z"}),
        json!({"say": "return"}),
    ] {
        assert!(
            ada.post(WORDS, &body).await.problem(409)["detail"].as_str().expect("a detail").contains("now"),
            "{body}"
        );
    }
    // A node says itself whose it is.
    let network = node.handle.network();
    let next = SignedNode::sign(network, node.handle.organisation_key(), &SecretKey::from_seed(&[90; 32]));
    let taken = SignedNode::sign(network, next.key, &SecretKey::from_seed(&[90; 32]));
    let signature = |signed: SignedNode| knotwork_identity::to_text(&signed.signature.0);
    let next_signature = signature(next);
    let next = next.key.to_string();
    for bad in [json!({"say": "node", "node": next}), json!({"say": "node", "node": next, "node_signature": "b"})] {
        assert_eq!(ada.post(WORDS, &bad).await.problem(400)["field"], "node_signature", "{bad}");
    }
    ada.post(WORDS, &json!({"say": "node", "node": next, "node_signature": signature(taken)})).await.problem(409);
    let said = ada.post(WORDS, &json!({"say": "node", "node": next, "node_signature": next_signature})).await;
    assert_eq!(said.expect(202)["needed"], 1);
    let minute = node.get("/api/v1/minutes/1").await.expect(200);
    assert_eq!((&minute["word"]["said"], &minute["word"]["node"]), (&json!("node"), &json!(next)));
    let organisations = node.get("/api/v1/organisations").await.expect(200);
    assert_eq!((&organisations["items"][0]["node"], &organisations["gone"]), (&json!(next), &json!([])));
    assert_eq!(
        (&organisations["items"][1]["accepted"], &organisations["items"][1]["signing"]),
        (&json!(false), &json!(false))
    );
}
