//! How many of those who sign are usually reachable: whoever was heard of within seven days, also before a start.

use serde_json::{Value, json};

use crate::{
    decisions::consent,
    nodes_in_memory::{Node, config},
};

impl Node {
    /// What a decision says of signatures, and what comes next; and that the minutes say the same.
    async fn signatures(&self, decision: &str) -> (Value, Value) {
        let shown = self.get(decision).await.expect(200);
        let standing = self.get("/api/v1/minutes/standing").await.expect(200);
        for field in ["needed", "signing", "reachable", "usually_reachable", "unheard", "never_heard"] {
            assert_eq!(shown["signatures"][field], standing[field], "{field}");
        }
        let signatures = &shown["signatures"];
        let fields =
            ["reachable", "usually_reachable", "unheard", "never_heard"].map(|field| signatures[field].clone());
        (json!(fields), shown["then"].clone())
    }
}

#[tokio::test]
async fn who_was_heard_of_within_seven_days_is_usually_reachable() {
    let node = Node::new();
    node.birch_joins().await;
    let ada = node.first_member().await;
    let at = ada.opens(&consent()).await;
    let (fields, then) = node.signatures(&at).await;
    assert_eq!(fields, json!([1, 1, [], ["Birch"]]), "nothing was ever heard of it");
    let says = |then: &Value, said: &str| assert!(then.as_str().is_some_and(|then| then.contains(said)), "{then}");
    says(&then, "2 of 2 organisations have to sign, and one of them is usually reachable.");

    node.is_connected(true).await;
    let (fields, then) = node.signatures(&at).await;
    assert_eq!(fields, json!([2, 2, [], []]));
    says(&then, "2 of 2 organisations have to sign, and all of them are usually reachable.");
    node.handle.note_heard().expect("the disk has room");
    node.is_connected(false).await;
    assert_eq!(node.signatures(&at).await.0, json!([1, 2, [], []]), "it was here a moment ago");
    node.pass_hours(7 * 24 - 1);
    assert_eq!(node.signatures(&at).await.0, json!([1, 2, [], []]));
    node.pass_hours(2);
    assert_eq!(node.signatures(&at).await.0, json!([1, 1, ["Birch"], []]));

    // What is noted is noted again while it is heard of, and known after a start.
    node.is_connected(true).await;
    node.handle.note_heard().expect("the disk has room");
    node.is_connected(false).await;
    node.pass_hours(6 * 24);
    assert_eq!(node.signatures(&at).await.0, json!([1, 2, [], []]));
    let noted = node.storage.locals("heard/").expect("sound");
    assert_eq!(noted.len(), 1);
    let engine = node.engine.clone();
    drop(node);
    let node = Node::with(engine, [1; 16], &config());
    node.pass_hours(8 * 24);
    assert_eq!(node.signatures(&at).await.0, json!([1, 2, [], []]));
}

#[tokio::test]
async fn it_is_noted_once_an_hour_and_let_go_of_whoever_signs_no_more() {
    let node = Node::new();
    node.birch_joins().await;
    node.handle.note_heard().expect("the disk has room");
    let noted = || node.storage.locals("heard/").expect("sound");
    assert_eq!(noted(), [], "nothing was heard of it");
    node.is_connected(true).await;
    node.handle.note_heard().expect("the disk has room");
    let first = noted();
    assert_eq!(first.len(), 1);
    node.handle.note_heard().expect("the disk has room");
    assert_eq!(noted(), first);
    node.pass_hours(1);
    node.handle.note_heard().expect("the disk has room");
    assert_ne!(noted(), first);
    let of_nobody = ("heard/".to_owned() + &"a".repeat(4), Some(vec![0; 8]));
    let gone = (format!("heard/{}", crate::nodes_in_memory::key(9).public()), Some(vec![0; 8]));
    let batch = knotwork_replica::Batch { local: vec![of_nobody, gone], ..Default::default() };
    node.storage.commit(&batch).expect("the disk has room");
    node.handle.note_heard().expect("the disk has room");
    assert_eq!(noted().len(), 2, "what is no name of a node is left alone");
}
