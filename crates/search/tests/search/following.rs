//! An index that follows a node.

use std::{sync::Arc, time::Duration};

use knotwork_commands::{Query, Search as _, Signer};
use knotwork_documents::{ResourceDraft, ResourceEdit};
use knotwork_identity::DocumentId;
use knotwork_search::{Index, follow};
use knotwork_store::MemoryEngine;

use super::{
    everything,
    node_in_memory::{Node, PERSON},
};

async fn write(node: &Node, title: &str) -> DocumentId {
    let draft = ResourceDraft { title: title.into(), ..ResourceDraft::default() };
    node.handle.create_resource(draft, None, None, &Signer::Service).await.expect("it is written").document
}

/// Waits until the index has everything that the node has.
async fn in_step(node: &Node, index: &Index) {
    let sequence = node.handle.position().sequence;
    let mut progress = index.progress();
    let reached = progress.wait_for(|reached| *reached >= sequence);
    tokio::time::timeout(Duration::from_secs(60), reached).await.expect("in time").expect("the index is there");
}

fn titles(node: &Node, index: &Index, words: &str) -> Vec<String> {
    let found = index.find(&Query { words: words.into(), ..everything() }).expect("it answers");
    found.ids.iter().map(|id| node.handle.resource(id).expect("it exists").view.title).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_found_and_what_is_edited_is_found_as_it_is_now() {
    let node = Node::new(&MemoryEngine::new(), [1; 16]);
    write(&node, "before").await;
    let index = Arc::new(Index::open(None).expect("memory is there"));
    let following = tokio::spawn(follow(node.handle.clone(), index.clone()));
    in_step(&node, &index).await;
    assert_eq!(titles(&node, &index, "before"), ["before"]);
    let lone = write(&node, "lone").await;
    in_step(&node, &index).await;
    assert_eq!(titles(&node, &index, "lone"), ["lone"]);
    let edit = ResourceEdit { title: Some("edited".into()), ..ResourceEdit::default() };
    node.handle.edit_resource(lone, edit, None, &Signer::Service).await.expect("it is written");
    for number in 0..700 {
        write(&node, &format!("many {number}")).await;
    }
    in_step(&node, &index).await;
    assert_eq!((titles(&node, &index, "lone").len(), titles(&node, &index, "edited").len()), (0, 1));
    assert_eq!(titles(&node, &index, "many").len(), 700);
    assert_eq!(index.position(), Some(node.handle.position()));
    let by = Query { contributor: Some(PERSON.to_string()), ..everything() };
    assert_eq!(index.find(&by).expect("it answers").total, 702);
    // The task ends with the node.
    drop(node);
    tokio::time::timeout(Duration::from_secs(60), following).await.expect("in time").expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_goes_on_from_its_place_and_another_store_begins_anew() {
    let (engine, folder) = (MemoryEngine::new(), tempfile::tempdir().expect("a folder"));
    let node = Node::new(&engine, [1; 16]);
    write(&node, "one").await;
    let index = Arc::new(Index::open(Some(folder.path())).expect("it opens"));
    let following = tokio::spawn(follow(node.handle.clone(), index.clone()));
    in_step(&node, &index).await;
    // Something that no resource of the store is: it goes when the index is made anew, and stays when it is gone on with.
    index.put(&[super::entry(1, "stray")]).expect("it is written");
    write(&node, "two").await;
    in_step(&node, &index).await;
    following.abort();
    let _ = following.await;
    write(&node, "three").await;
    drop((index, node));

    let node = Node::new(&engine, [1; 16]);
    let index = Arc::new(Index::open(Some(folder.path())).expect("it opens"));
    let following = tokio::spawn(follow(node.handle.clone(), index.clone()));
    in_step(&node, &index).await;
    assert_eq!(index.find(&everything()).expect("it answers").total, 4);
    assert_eq!(titles(&node, &index, "three"), ["three"]);
    following.abort();
    let _ = following.await;
    drop((index, node));

    let other = MemoryEngine::new();
    let node = Node::new(&other, [2; 16]);
    write(&node, "other").await;
    let index = Arc::new(Index::open(Some(folder.path())).expect("it opens"));
    let following = tokio::spawn(follow(node.handle.clone(), index.clone()));
    in_step(&node, &index).await;
    assert_eq!(titles(&node, &index, ""), ["other"]);
    following.abort();
}
