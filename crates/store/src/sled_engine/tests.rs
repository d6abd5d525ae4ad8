//! Tests of the engine on sled.

use std::cell::RefCell;

use tempfile::TempDir;

use super::*;
use crate::conformance::{conformance, reopening};

/// Makes engines in folders that last as long as this.
#[derive(Default)]
struct Folders(RefCell<Vec<TempDir>>);

impl Folders {
    fn make(&self) -> SledEngine {
        let folder = TempDir::new().expect("a folder can be made");
        let engine = open(folder.path());
        self.0.borrow_mut().push(folder);
        engine
    }
}

fn small() -> SledOptions {
    SledOptions { cache_bytes: 1 << 20, reserve_bytes: 0, floor_bytes: 0, ..SledOptions::default() }
}

fn open(folder: &Path) -> SledEngine {
    SledEngine::open(folder, &small()).expect("it opens")
}

#[test]
fn it_conforms() {
    let folders = Folders::default();
    conformance(|| folders.make());
}

#[test]
fn it_keeps_everything_when_opened_again() {
    let folders = Folders::default();
    reopening(
        || folders.make(),
        |engine| {
            let folder = engine.space.folder().to_owned();
            drop(engine);
            open(&folder)
        },
    );
}

#[test]
fn long_values_leave_nothing_behind_and_make_no_files() {
    let folders = Folders::default();
    let engine = folders.make();
    for value in [vec![1; 1 << 20], vec![2; 5000], vec![3; 30_000], vec![4; 10]] {
        let mut writes = Writes::default();
        for key in 0..20_u8 {
            writes.put(vec![key], value.clone());
        }
        engine.commit(writes).expect("there is room");
    }
    engine.sync().expect("there is room");
    assert_eq!(engine.db().range(PIECES..).count(), 0);
    assert_eq!(engine.db().len(), 20);
    let files = std::fs::read_dir(engine.folder.join("blobs")).expect("sled makes the folder");
    assert_eq!(files.count(), 0, "sled never syncs the files that it makes for large pages");
}

#[test]
fn a_second_opening_is_told_that_it_is_in_use() {
    let folders = Folders::default();
    let _engine = folders.make();
    assert!(matches!(SledEngine::open(folders.0.borrow()[0].path(), &small()), Err(StorageError::InUse(_))));
}

#[test]
fn a_panic_inside_sled_is_damage_and_no_panic() {
    let result: Result<(), _> = contain(|| panic!("assertion failed: {}", 7));
    assert!(matches!(result, Err(StorageError::Damaged(why)) if why.ends_with("assertion failed: 7")));
}

#[test]
fn what_sled_is_given_is_synced_before_it_is_much() {
    let folders = Folders::default();
    let engine = folders.make();
    let before = engine.file.syncs();
    let mut writes = Writes::default();
    writes.put(vec![1], vec![7; 8 << 20]);
    engine.absorb(writes).expect("there is room");
    assert!(engine.file.unsynced() <= UNSYNCED_BYTES_MAX);
    let syncs = engine.file.syncs() - before;
    assert!(syncs >= (8 << 20) / (UNSYNCED_BYTES_MAX as u64 + pieces::PIECE_BYTES as u64), "{syncs} syncs");
    // Taking it away again is as much work for sled as a few bytes.
    let mut writes = Writes::default();
    writes.delete(vec![1]);
    engine.absorb(writes).expect("there is room");
    assert_eq!(engine.get(&[1]).expect("readable"), None);
    engine.sync().expect("there is room");
    assert_eq!(engine.file.unsynced(), 0);
}
