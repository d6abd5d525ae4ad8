//! What falls with a removal: what the list of what stands leaves out of what this node holds, and how that is marked
//! afterwards.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::Method;
use knotwork_commands::{CommandError, Signer};
use knotwork_documents::{CommentEdit, CommentKind, ResourceDraft, ResourceEdit, Revocation, kinds};
use knotwork_identity::{ChangeId, DocumentId, Nonce, Signature, Timestamp};
use knotwork_ledger::{Pen, SignedChange, restore, strip};
use knotwork_replica::Batch;
use serde_json::{Value, json};

use crate::{
    decisions::{DECISIONS, consent, id},
    member::Member,
    nodes_in_memory::{Node, key},
};

/// Claimed by what is old, and by what is written after everything else.
const LONG_AGO: u64 = 1_600_000_000_000;
const LATER: u64 = 1_800_000_000_000;

impl Node {
    /// Has a member of the other organisation add a resource.
    async fn is_given(&self, number: u8, title: &str) {
        let draft = ResourceDraft { title: title.into(), ..ResourceDraft::default() };
        let time = Timestamp::from_milliseconds(LONG_AGO).expect("a time");
        let changes = draft.write(self.handle.origin(), Nonce([number; 16]), &key(7), time).expect("it is small");
        self.take_from_elsewhere(changes).await;
    }

    /// Has a member of the other organisation write a summary of a resource, and say that it was then.
    async fn is_told_of(&self, resource: &Value, milliseconds: u64) {
        let edit = ResourceEdit { summary: Some(format!("Said at {milliseconds}")), ..ResourceEdit::default() };
        let document = id(resource).parse().expect("an id");
        self.edit_elsewhere_at(self.history(&document), &edit, milliseconds).await;
    }

    /// Puts so many resources by a key into the store. They are in their form and not signed, as nobody looks at that again.
    fn holds(&self, author: u8, count: u64) {
        let (network, author, time) = (self.handle.origin(), key(author), Timestamp::from_milliseconds(LONG_AGO));
        let draft = ResourceDraft { title: "One of many".into(), ..ResourceDraft::default() };
        let written = draft.write(network, Nonce([0; 16]), &author, time.expect("a time")).expect("it is small");
        let [template] = &written[..] else { panic!("one change") };
        let body = strip(&template.signed().chunk).expect("it is a chunk");
        let first = self.storage.next_sequence();
        let change = |number: u64| {
            let mut nonce = [9; 16];
            nonce[..8].copy_from_slice(&(first + number).to_be_bytes());
            let header = ResourceDraft::header(network, Nonce(nonce));
            let chunk = restore(&header.id(), &author.public(), &body).expect("it is a chunk again");
            let signed = SignedChange { header, author: author.public(), chunk, signature: Signature([0; 64]) };
            (first + number, Arc::new(signed.check_trusted().expect("it is in its form").change().expect("known")))
        };
        let changes = (0..count).map(change).collect();
        self.storage.commit(&Batch { changes, ..Batch::default() }).expect("memory takes it");
    }
}

impl Member<'_> {
    /// Opens a decision to remove the other organisation.
    async fn parts(&self) -> String {
        let mut wanted = consent();
        wanted["effects"] = json!([{"kind": "remove", "organisation": key(5).public().to_string()}]);
        format!("{DECISIONS}/{}", id(&self.post(DECISIONS, &wanted).await.expect(201)))
    }

    async fn falls(&self, decision: &str) -> Value {
        self.get(decision).await.expect(200)["falls"].clone()
    }
}

fn numbers(falls: &Value) -> Vec<Option<u64>> {
    ["held", "stand", "fall", "later", "others", "more"].iter().map(|name| falls[*name].as_u64()).collect()
}

#[tokio::test]
async fn a_list_that_leaves_nothing_out_says_so() {
    let node = Node::new();
    let ada = node.first_member().await;
    let shared = node.add(&json!({"title": "Shared"})).await;
    node.is_given(1, "Theirs").await;
    node.is_told_of(&shared, LONG_AGO).await;
    let at = ada.parts().await;
    let falls = ada.falls(&at).await;
    assert_eq!((&falls["state"], &falls["documents"]), (&json!("counted"), &json!([])));
    assert_eq!(numbers(&falls), [2, 2, 0, 0, 0, 0].map(Some), "{falls}");
    let other = ada.opens(&consent()).await;
    assert_eq!(ada.falls(&other).await, Value::Null, "it removes nobody");
}

#[tokio::test]
async fn what_the_list_leaves_out_is_counted_and_named_with_what_builds_on_it() {
    let node = Node::new();
    let ada = node.first_member().await;
    let shared = node.add(&json!({"title": "Shared"})).await;
    let quiet = node.add(&json!({"title": "Untouched"})).await;
    node.is_told_of(&quiet, LONG_AGO).await;
    let at = ada.parts().await;
    // What comes now was there before, or so it says; then somebody of Alder builds on it.
    node.is_given(1, "Theirs").await;
    node.is_told_of(&shared, LONG_AGO).await;
    let falls = ada.falls(&at).await;
    assert_eq!(numbers(&falls), [3, 1, 2, 0, 0, 0].map(Some), "{falls}");
    let edit = json!({"body": "What we add"});
    node.send_json(Method::PATCH, &format!("/api/v1/resources/{}", id(&shared)), &edit, &[]).await.expect(200);
    node.is_told_of(&shared, LATER).await;
    let falls = ada.falls(&at).await;
    assert_eq!(numbers(&falls), [4, 1, 3, 1, 1, 0].map(Some), "{falls}");
    let named: Vec<(&Value, &Value, &Value)> = falls["documents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (&one["kind"], &one["title"], &one["vanishes"]))
        .collect();
    let (kind, gone, kept) = (&json!("resource"), &json!(true), &json!(false));
    assert_eq!(named, [(kind, &json!("Shared"), kept), (kind, &json!("Theirs"), gone)]);
    assert_eq!(falls["documents"][0]["id"], shared["id"]);
}

#[tokio::test]
async fn what_was_said_on_a_decision_is_named_by_it_also_as_an_answer() {
    let node = Node::new();
    let ada = node.first_member().await;
    let at = ada.parts().await;
    let asked = json!({"kind": "question", "text": "Since when?"});
    let asked = ada.post(&format!("{at}/comments"), &asked).await.expect(201);
    let question: DocumentId = id(&asked).parse().expect("an id");
    let header = CommentEdit::header(node.handle.origin(), key(7).public(), CommentKind::Answer, Nonce([1; 16]));
    let text = Some("Since spring".to_owned());
    let edit = CommentEdit { on: Some(question), kind: Some(CommentKind::Answer), text, ..CommentEdit::default() };
    let member = key(7);
    let mut pen = Pen::new(header, &member, Timestamp::NONE);
    edit.write(&mut pen).expect("it is small");
    node.take_from_elsewhere(pen.finish().0).await;
    node.is_given(2, "Theirs").await;
    let falls = ada.falls(&at).await;
    let kinds: Vec<&Value> = falls["documents"].as_array().into_iter().flatten().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["resource", "comment"], "whatever they are called");
    let named = &falls["documents"][1];
    assert_eq!(
        (&named["kind"], &named["title"], &named["about"], &named["vanishes"]),
        (
            &json!("comment"),
            &json!("Since spring"),
            &json!(at.trim_start_matches(DECISIONS).trim_matches('/')),
            &json!(true)
        )
    );
}

#[tokio::test]
async fn twenty_documents_are_named_and_the_others_counted() {
    let node = Node::new();
    let ada = node.first_member().await;
    let at = ada.parts().await;
    for number in 0..23 {
        node.is_given(number, &format!("Theirs {number}")).await;
    }
    let falls = ada.falls(&at).await;
    let titles: Vec<&str> =
        falls["documents"].as_array().into_iter().flatten().filter_map(|one| one["title"].as_str()).collect();
    let mut sorted: Vec<String> = (0..23).map(|number| format!("Theirs {number}")).collect();
    sorted.sort_unstable();
    assert_eq!(titles, sorted[..20], "they are in the order of their titles");
    assert_eq!(numbers(&falls), [23, 0, 23, 0, 0, 3].map(Some), "{falls}");
}

#[tokio::test]
async fn where_much_is_here_it_is_counted_in_several_goes_and_beyond_a_limit_not_at_all() {
    let node = Node::new();
    let ada = node.first_member().await;
    let at = ada.parts().await;
    node.holds(3, 50_500);
    node.holds(7, 50_000);
    let falls = ada.falls(&at).await;
    assert_eq!(
        (&falls["state"], numbers(&falls), &falls["documents"]),
        (&json!("counting"), vec![None; 6], &json!([]))
    );
    // Whoever asks next goes on from there.
    let page = ada.page_of(&at).await;
    assert!(page.contains("it counts in several goes:"), "{page}");
    let falls = ada.falls(&at).await;
    assert_eq!((&falls["state"], &falls["documents"]), (&json!("counted"), &json!([])));
    assert_eq!(numbers(&falls), [Some(50_000), Some(0), Some(50_000), None, None, None], "{falls}");
    node.holds(7, 50_001);
    let falls = ada.falls(&at).await;
    assert_eq!((&falls["state"], numbers(&falls)), (&json!("too-much"), vec![None; 6]));
    let page = ada.page_of(&at).await;
    assert!(page.contains("Birch has written more than this page can count."), "{page}");
}

#[tokio::test]
async fn what_fell_is_marked_in_the_history_and_brought_back_by_nobody() {
    let node = Node::new();
    let shared = node.add(&json!({"title": "Shared"})).await;
    let document: DocumentId = id(&shared).parse().expect("an id");
    let path = format!("/api/v1/resources/{document}");
    node.is_told_of(&shared, LONG_AGO).await;
    let counted: BTreeSet<ChangeId> =
        node.history(&document).changes().filter(|change| change.author() == key(7).public()).map(|c| c.id()).collect();
    assert_eq!(counted.len(), 1);
    node.is_told_of(&shared, LATER).await;
    let edit = json!({"body": "Built on what falls"});
    node.send_json(Method::PATCH, &path, &edit, &[]).await.expect(200);
    node.is_given(1, "Theirs").await;
    let theirs = ResourceDraft::header(node.handle.origin(), Nonce([1; 16])).id();
    let theirs = format!("/api/v1/resources/{theirs}");
    let history = node.get(&format!("{path}/history")).await.expect(200);
    let changes = history["items"].as_array().expect("a list").clone();
    assert!(changes.len() == 4 && changes.iter().all(|change| change["stands"] == true), "{history}");
    node.get(&format!("{theirs}/history")).await.expect(200);

    let network = node.handle.origin();
    let revoked =
        Revocation::write(network, &key(5), &key(7).public(), &counted, None, Nonce([9; 16]), Timestamp::NONE);
    for changes in revoked.expect("the list is short") {
        node.take_from_elsewhere(changes).await;
    }
    assert_eq!(node.get(&path).await.expect(200)["body"], "");
    let history = node.get(&format!("{path}/history")).await.expect(200);
    let marks: Vec<&Value> = history["items"].as_array().expect("a list").iter().map(|one| &one["stands"]).collect();
    assert_eq!(marks, [true, true, false, false], "{history}");
    for (change, stands) in changes.iter().zip([true, true, false, false]) {
        let at = node.get(&format!("{path}?at={}", id(change))).await;
        let heads = vec![id(change).parse().expect("an id")];
        if stands {
            at.expect(200);
            continue;
        }
        assert_eq!(at.expect(409)["field"], "at");
        let past = node.handle.resource_at(&document, &heads).expect("it can be looked at");
        assert!(!past.stands);
        let restored = node.handle.restore_resource(document, heads, &Signer::Service).await;
        assert_eq!(restored.expect_err("it does not count"), CommandError::DoesNotStand);
    }
    let before = vec![id(&changes[0]).parse().expect("an id")];
    node.handle.restore_resource(document, before, &Signer::Service).await.expect("it stands");
    assert_eq!(node.get(&path).await.expect(200)["summary"], "");
    // Of which nothing stands, there is nothing.
    node.get(&theirs).await.expect(404);
    node.get(&format!("{theirs}/history")).await.expect(404);
}

#[tokio::test]
async fn a_refused_removal_leaves_no_list_behind() {
    let node = Node::new();
    let ada = node.first_member().await;
    node.is_given(1, "By Birch").await;
    let lists = || node.storage.list_len(kinds::REVOCATION, None).expect("the store is sound");
    let mut wanted = consent();
    wanted["effects"] = json!([{"kind": "remove", "organisation": key(5).public().to_string()}]);
    let mut late = wanted.clone();
    late["closes"] = json!("2001-01-01T00:00:00Z");
    ada.post(DECISIONS, &late).await.problem(422);
    assert_eq!(lists(), 0);
    // What she signs is not taken any more.
    ada.loses_her_key().await;
    let before = lists();
    let refused = ada.post(DECISIONS, &wanted).await.problem(403);
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("taken back")), "{refused}");
    assert_eq!(lists(), before);
}
