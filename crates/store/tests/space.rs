//! A full disk: commits are refused before anything is written, reading goes on, and so does writing once there is room.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use knotwork_replica::{Storage, StorageError};
use knotwork_store::{Options, SledOptions, Store};

use crate::samples::{NETWORK, batch, document, fill, options};

const MIB: u64 = 1 << 20;

fn with_free(free: &Arc<AtomicU64>) -> Options {
    let free = Arc::clone(free);
    let free_bytes = Arc::new(move |_: &Path| Ok(free.load(Ordering::Relaxed)));
    let sled = SledOptions { reserve_bytes: MIB, floor_bytes: 2 * MIB, free_bytes, ..options(1).sled };
    Options { sled, ..options(1) }
}

#[test]
fn a_full_disk_refuses_writes_and_is_read() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let free = Arc::new(AtomicU64::new(100 * MIB));
    let (store, _) = Store::open(folder.path(), NETWORK, &with_free(&free)).expect("it opens");
    let changes = fill(&store, 0..10, 5);
    free.store(MIB, Ordering::Relaxed);
    let more = document(100, 1);
    for _ in 0..3 {
        let refused = store.commit(&batch(store.next_sequence(), &more));
        assert!(matches!(refused, Err(StorageError::Full)));
        store.sync().expect("what was committed before is synced");
        assert_eq!(store.changes_from(1, 100).expect("readable").len(), changes.len());
        assert!(store.change(&more[0].id()).expect("readable").is_none(), "nothing of it was applied");
    }
    free.store(100 * MIB, Ordering::Relaxed);
    store.commit(&batch(store.next_sequence(), &more)).expect("there is room again");
    store.sync().expect("there is room");
    drop(store);
    let (store, _) = Store::open(folder.path(), NETWORK, &with_free(&free)).expect("it opens");
    assert_eq!(store.next_sequence(), 12);
    assert!(store.check().expect("readable").is_sound());
}

#[test]
fn the_reserve_is_allocated_given_up_for_opening_and_kept_back_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let reserve = folder.path().join("reserve");
    let free = Arc::new(AtomicU64::new(100 * MIB));
    let (store, _) = Store::open(folder.path(), NETWORK, &with_free(&free)).expect("it opens");
    fill(&store, 0..10, 5);
    use std::os::unix::fs::MetadataExt as _;
    let blocks = std::fs::metadata(&reserve).expect("it is kept back").blocks();
    assert!(blocks * 512 >= MIB, "it is really allocated: {blocks}");
    drop(store);
    free.store(MIB / 2, Ordering::Relaxed);
    let (store, _) = Store::open(folder.path(), NETWORK, &with_free(&free)).expect("it opens on a full disk");
    assert!(!reserve.exists(), "sled may need the room");
    assert_eq!(store.changes_from(1, 100).expect("readable").len(), 10);
    assert!(matches!(store.commit(&batch(11, &document(100, 1))), Err(StorageError::Full)));
    free.store(100 * MIB, Ordering::Relaxed);
    fill(&store, 200..201, 1);
    assert!(reserve.exists(), "there is room to keep it back again");
}
