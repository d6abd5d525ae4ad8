//! Passphrases that were forgotten, and people who leave: what ends, what stays theirs, and what others are told.

use axum::http::{Method, Request, header};
use knotwork_accounts::AccountError;
use knotwork_commands::{Audience, CommandError, Member, Newcomer, OwnProfile, Right};
use knotwork_documents::{Certificate, PersonFields, ResourceDraft};
use knotwork_identity::{DocumentId, SecretKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::nodes_in_memory::{HOST, Node, TOKEN};

const PASSPHRASE: &str = "tea by the river today";
const OTHER: &str = "coffee on the hill at noon";

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// Makes the first account, a steward's.
async fn ada(node: &Node) -> Member {
    let code = node.handle.set_up_token().expect("readable").expect("nobody has an account");
    join(node, Right::SetUp(code), "ada", "Ada Byrne").await
}

/// Makes the account of somebody whom Ada knows.
async fn bea(node: &Node, ada: &Member) -> (Member, String) {
    let (text, _) = node.handle.invite(Some(ada.person)).await.expect("invited");
    let bea = join(node, Right::Invitation(text), "bea", "Bea Castle").await;
    node.handle.confirm(ada.person, bea.person).await.expect("a steward confirms");
    sign_in(node, "bea", PASSPHRASE).await.expect("she may")
}

async fn join(node: &Node, right: Right, sign_in_name: &str, name: &str) -> Member {
    let newcomer = Newcomer { sign_in_name: sign_in_name.into(), passphrase: secret(PASSPHRASE), name: name.into() };
    let token = node.handle.join(right, newcomer, "a test".into()).await.expect("joined");
    node.handle.member(&token).expect("readable").expect("signed in")
}

async fn sign_in(node: &Node, name: &str, passphrase: &str) -> Result<(Member, String), CommandError> {
    let token = node.handle.sign_in(name.into(), secret(passphrase), "a test".into()).await?;
    Ok((node.handle.member(&token)?.expect("signed in"), token))
}

async fn add(node: &Node, member: &Member, title: &str) -> DocumentId {
    let draft = ResourceDraft { title: title.into(), ..ResourceDraft::default() };
    node.handle.create_resource(draft, None, None, &member.signer()).await.expect("written").document
}

async fn contributor(node: &Node, document: &DocumentId) -> Value {
    node.get(&format!("/api/v1/resources/{document}")).await.expect(200)["contributors"][0].clone()
}

/// A profile with a field for everybody, one for the organisation and one for nobody.
async fn fill_in(node: &Node, member: &Member) -> OwnProfile {
    let mut fields = PersonFields { name: "Bea Castle".into(), post: "Nurse".into(), ..PersonFields::default() };
    (fields.contact, fields.experience) = ("Extension 9".into(), "Of my own".into());
    let audiences = PersonFields::NAMES.iter().map(|name| Audience::default_of(name)).collect();
    let profile = OwnProfile { fields, audiences };
    node.handle.set_own_profile(member, &profile).await.expect("written");
    profile
}

#[tokio::test]
async fn a_forgotten_passphrase_is_replaced_and_nothing_is_lost() {
    let node = Node::new();
    let ada = ada(&node).await;
    let (bea, session) = bea(&node, &ada).await;
    let profile = fill_in(&node, &bea).await;
    let document = add(&node, &bea, "Before").await;
    let of_bea = |members: &Value| members["items"].as_array().expect("a list")[1].clone();
    let before = of_bea(&node.get("/api/v1/members").await.expect(200));
    assert_eq!((&before["left"], &before["new_key_since"]), (&json!(false), &Value::Null));

    let (text, _) = node.handle.reset_link(Some(ada.person), bea.person).await.expect("a steward may");
    assert_eq!(node.handle.check_reset(&text).expect("it works").sign_in_name, "bea");
    let short = node.handle.reset(text.clone(), secret("short"), String::new()).await;
    assert_eq!(short, Err(AccountError::PassphraseShort.into()));
    let token = node.handle.reset(text.clone(), secret(OTHER), String::new()).await.expect("it works");
    let again = node.handle.member(&token).expect("readable").expect("signed in");
    assert_eq!(again.person, bea.person);
    assert_eq!(node.handle.check_reset(&text), Err(AccountError::ResetUsed.into()));
    assert!(node.handle.member(&session).expect("readable").is_none(), "the session before has ended");
    assert!(sign_in(&node, "bea", PASSPHRASE).await.is_err() && sign_in(&node, "bea", OTHER).await.is_ok());

    // The profile is the new key's, each field where it was, and what was written stays theirs.
    assert_eq!(node.handle.own_profile(&again).expect("readable"), profile);
    let after = of_bea(&node.get("/api/v1/members").await.expect(200));
    assert_eq!((&after["fields"], &after["left"]), (&before["fields"], &json!(false)));
    assert!(after["new_key_since"].as_str().is_some_and(|since| since.starts_with("20")), "{after}");
    let by = contributor(&node, &document).await;
    assert_eq!((&by["name"], &by["left"]), (&json!("Bea Castle"), &json!(false)));
    let edited = OwnProfile { fields: PersonFields { post: String::new(), ..profile.fields }, ..profile };
    node.handle.set_own_profile(&again, &edited).await.expect("written");
    assert_eq!(of_bea(&node.get("/api/v1/members").await.expect(200))["fields"]["post"], "", "the old one is past");

    // The old key signs nothing more; the new one does.
    let draft = || ResourceDraft { title: "After".into(), ..ResourceDraft::default() };
    let refused = node.handle.create_resource(draft(), None, None, &bea.signer()).await;
    assert!(matches!(refused, Err(CommandError::KeyEnded)));
    node.handle.create_resource(draft(), None, None, &again.signer()).await.expect("written");
}

#[tokio::test]
async fn what_a_crash_left_half_done_is_made_up_for() {
    let node = Node::new();
    let ada = ada(&node).await;
    let (bea, _) = bea(&node, &ada).await;
    let document = add(&node, &bea, "Before").await;
    // The accounts have changed, and the network has not been told.
    let closed = node.handle.keeping(move |accounts, now, _| accounts.close(&ada.person, &bea.person, now)).await;
    assert_eq!(closed.expect("closed").expect("she was certified").keys.len(), 1);
    assert_eq!(contributor(&node, &document).await["left"], false);
    sign_in(&node, "ada", PASSPHRASE).await.expect("right");
    assert_eq!(contributor(&node, &document).await["left"], true, "whoever signs in next has it made up for");
    // A passphrase has been replaced, and neither the new key nor the end of the old one is written.
    let cai = {
        let (text, _) = node.handle.invite(None).await.expect("invited");
        let cai = join(&node, Right::Invitation(text), "cai", "Cai Dee").await;
        node.handle.confirm(ada.person, cai.person).await.expect("a steward confirms");
        sign_in(&node, "cai", PASSPHRASE).await.expect("he may").0
    };
    let document = add(&node, &cai, "By Cai").await;
    let (text, _) = node.handle.reset_link(Some(ada.person), cai.person).await.expect("made");
    let key = SecretKey::from_seed(&[99; 32]);
    let proof = Certificate::proof(node.handle.network(), &node.handle.organisation_key(), &cai.person, &key);
    let reset =
        node.handle.keeping(move |accounts, now, random| accounts.reset(&text, OTHER, (&key, &proof), now, random));
    assert_eq!(reset.await.expect("reset").account.former_keys.len(), 1);
    node.handle.finish_leaving().await.expect("written");
    let by = contributor(&node, &document).await;
    assert_eq!(
        (&by["name"], &by["left"]),
        (&json!("Cai Dee"), &json!(false)),
        "the profile before still tells the name"
    );
    let (again, _) = sign_in(&node, "cai", OTHER).await.expect("right");
    assert_eq!(node.handle.own_profile(&again).expect("readable").fields.name, "Cai Dee");
    add(&node, &again, "By Cai again").await;

    let roster = node.get("/api/v1/node").await.expect(200)["spaces"][0]["changes"].clone();
    node.handle.finish_leaving().await.expect("nothing is to be done");
    assert_eq!(node.get("/api/v1/node").await.expect(200)["spaces"][0]["changes"], roster);
}

#[tokio::test]
async fn whoever_leaves_keeps_the_authorship_and_loses_the_account() {
    let node = Node::new();
    let ada = ada(&node).await;
    let (bea, session) = bea(&node, &ada).await;
    let document = add(&node, &bea, "Before").await;
    for (by, person, error) in
        [(bea.person, ada.person, AccountError::NotASteward), (ada.person, ada.person, AccountError::LastSteward)]
    {
        assert_eq!(node.handle.close_account(by, person, true).await, Err(error.into()));
    }
    assert!(sign_in(&node, "ada", PASSPHRASE).await.is_ok());
    node.handle.close_account(ada.person, bea.person, false).await.expect("a steward may");
    assert!(node.handle.member(&session).expect("readable").is_none());
    assert!(sign_in(&node, "bea", PASSPHRASE).await.is_err());
    let by = contributor(&node, &document).await;
    assert_eq!((&by["name"], &by["left"], &by["organisation"]), (&json!("Bea Castle"), &json!(true), &json!("Alder")));
    let members = node.get("/api/v1/members").await.expect(200);
    assert_eq!((&members["items"][1]["left"], &members["items"][0]["left"]), (&json!(true), &json!(false)));
    // The name is given up later.
    assert_eq!(
        node.handle.erase_profile(bea.person, bea.person).await,
        Err(AccountError::NotASteward.into()),
        "she has no account any more"
    );
    node.handle.erase_profile(ada.person, bea.person).await.expect("a steward may");
    let by = contributor(&node, &document).await;
    assert_eq!((&by["name"], &by["left"]), (&Value::Null, &json!(true)));
    assert_eq!(node.get("/api/v1/members").await.expect(200)["total"], 1);
    assert!(node.handle.erase_profile(ada.person, ada.person).await.is_err(), "she is still here");
}

#[tokio::test]
async fn a_profile_is_erased_under_all_keys_that_the_person_had() {
    let node = Node::new();
    let ada = ada(&node).await;
    let (bea, _) = bea(&node, &ada).await;
    let document = add(&node, &bea, "Before").await;
    let (text, _) = node.handle.reset_link(None, bea.person).await.expect("the operator may");
    node.handle.reset(text, secret(OTHER), String::new()).await.expect("it works");
    node.handle.close_account(bea.person, bea.person, true).await.expect("everybody closes their own");
    assert_eq!(node.get("/api/v1/members").await.expect(200)["total"], 1);
    let answer = node.get(&format!("/api/v1/resources/{document}")).await;
    assert_eq!(answer.expect(200)["title"], "Before");
    assert_eq!(answer.json()["contributors"][0]["name"], Value::Null);
    assert_eq!(node.handle.first_member_name().expect("readable"), "");
}

#[tokio::test]
async fn links_for_a_new_passphrase_are_made_by_the_operator_and_by_stewards() {
    let node = Node::new();
    let ada = ada(&node).await;
    let (_, session) = bea(&node, &ada).await;
    let ask = async |name: &str, token: Option<&str>| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/resets")
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", token.unwrap_or(TOKEN)))
            .header(header::CONTENT_TYPE, "application/json");
        node.send(request.body(json!({ "sign_in_name": name }).to_string().into()).expect("a request")).await
    };
    let made = ask("BEA ", None).await.expect(201);
    let text = made["path"].as_str().and_then(|path| path.strip_prefix("/reset/")).expect("a page");
    assert!(node.handle.check_reset(text).is_ok() && made["ends"].is_string());
    ask("nobody", None).await.problem(404);
    for name in ["ada", "nobody"] {
        ask(name, Some(&session)).await.problem(403);
    }
    node.send_json(Method::POST, "/api/v1/resets", &json!({ "name": "bea" }), &[]).await.problem(400);
}
