//! What opening finds: a new store, the same one again, a copy, one whose process was killed.

use std::path::Path;

use knotwork_identity::NetworkId;
use knotwork_replica::{Storage, StorageError};
use knotwork_store::{DiskEngine, MemoryEngine, OpenReport, Store};

use crate::samples::{NETWORK, batch, copy, document, fill, options};

fn open(path: &Path, incarnation: u8) -> (Store<DiskEngine>, OpenReport) {
    Store::open(path, NETWORK, &options(incarnation)).expect("it opens")
}

#[test]
fn a_store_is_made_once_and_keeps_its_incarnation() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("deep/store");
    let (store, report) = open(&path, 1);
    assert_eq!(report, OpenReport { created: true, ..OpenReport::default() });
    assert_eq!((store.incarnation(), store.next_sequence()), ([1; 16], 1));
    fill(&store, 0..10, 3);
    drop(store);
    for incarnation in 2..4 {
        let (store, report) = open(&path, incarnation);
        assert_eq!(report, OpenReport::default());
        assert_eq!((store.incarnation(), store.next_sequence()), ([1; 16], 11));
        assert!(store.check().expect("readable").is_sound());
    }
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("journal-0")), 0o600);
}

#[test]
fn another_network_is_refused_and_so_is_a_second_process() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (store, _) = open(folder.path(), 1);
    let again = Store::open(folder.path(), NETWORK, &options(1));
    assert!(matches!(again, Err(StorageError::InUse(_))));
    drop(store);
    let other = Store::open(folder.path(), NetworkId([8; 32]), &options(1));
    let Err(StorageError::Io(error)) = other else { panic!("another network's store was opened") };
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(open(folder.path(), 2).1, OpenReport::default());
}

#[test]
fn a_format_from_the_future_is_left_alone() {
    let disk = MemoryEngine::new();
    drop(Store::with_engine(disk.clone(), NETWORK, [1; 16]).expect("memory takes it"));
    let mut writes = knotwork_store::Writes::default();
    writes.put(b"mf".to_vec(), vec![2]);
    knotwork_store::Engine::commit(&disk, writes).expect("memory takes it");
    let Err(error) = Store::with_engine(disk, NETWORK, [1; 16]) else { panic!("format 2 was opened") };
    assert!(error.to_string().contains("update the program"), "{error}");
}

#[test]
fn a_copy_is_noticed_once_and_a_move_is_not() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [original, copied, moved] = ["original", "copied", "moved"].map(|name| folder.path().join(name));
    let (store, _) = open(&original, 1);
    let changes = fill(&store, 0..20, 7);
    drop(store);
    copy(&original, &copied);
    std::fs::rename(&original, &moved).expect("it can be moved");
    let (store, report) = open(&moved, 2);
    assert_eq!((report, store.incarnation()), (OpenReport::default(), [1; 16]));
    let (store, report) = open(&copied, 3);
    assert_eq!(report, OpenReport { restored: true, ..OpenReport::default() });
    assert_eq!(store.incarnation(), [3; 16]);
    assert_eq!(store.changes_from(1, 100).expect("readable").len(), changes.len());
    drop(store);
    let (store, report) = open(&copied, 4);
    assert_eq!((report, store.incarnation()), (OpenReport::default(), [3; 16]));
}

#[test]
fn what_was_synced_is_there_after_a_kill() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let original = folder.path().join("original");
    let (store, _) = open(&original, 1);
    let mut replayed = 0;
    for round in 0..20_u64 {
        let early = [document(10_000 + round, 1), document(20_000 + round, 1)].concat();
        store.commit(&batch(store.next_sequence(), &early)).expect("there is room");
        let synced = fill(&store, round * 50..round * 50 + 50, 3);
        if round % 2 == 0 {
            // Not synced: it may be there or not, but all of it or nothing.
            let late = [document(30_000 + round, 1), document(40_000 + round, 1)].concat();
            store.commit(&batch(store.next_sequence(), &late)).expect("there is room");
        }
        let left = folder.path().join(format!("left-{round}"));
        copy(&original, &left);
        let (after, report) = open(&left, 2);
        assert_eq!(report.repair, None);
        replayed += report.replayed;
        for change in early.iter().chain(&synced) {
            assert_eq!(after.change(&change.id()).expect("readable").expect("it was synced").change, *change.signed());
        }
        let all = after.changes_from(1, usize::MAX).expect("readable").len() as u64;
        let committed = store.next_sequence() - 1;
        let synced = if round % 2 == 0 { committed - 2 } else { committed };
        assert!([synced, committed].contains(&all), "{all} in round {round}");
        assert!(after.check().expect("readable").is_sound());
    }
    assert!(replayed > 0, "the journal was needed: {replayed}");
}

#[test]
fn numbers_that_a_crash_took_back_are_never_given_out_again_for_the_same_place() {
    // Somebody may have been told of each of these changes by its number, before it was on the disk.
    let told = |store: &Store<MemoryEngine>| (store.incarnation(), store.next_sequence() - 1);
    for surviving in 0..=3 {
        let disk = MemoryEngine::new();
        let store = Store::with_engine(disk.clone(), NETWORK, [1; 16]).expect("memory takes it");
        fill(&store, 0..2, 1);
        for number in 2..5 {
            store.commit(&batch(store.next_sequence(), &document(number, 1))).expect("there is room");
        }
        let last = told(&store);
        let mut disk = disk.crash(surviving);
        drop(store);
        for round in 2..5 {
            // A disk that is full can be opened as well, and keeps no promise less.
            disk.set_full(round == 3);
            let store = Store::with_engine(disk.clone(), NETWORK, [round; 16]).expect("it opens");
            assert_eq!(store.incarnation(), [round; 16], "with {surviving} of the commits");
            if round != 3 {
                fill(&store, u64::from(round) * 10..u64::from(round) * 10 + 5, 1);
                assert_ne!(told(&store).0, last.0);
            }
            disk = disk.crash(usize::MAX);
        }
    }
}

#[test]
fn a_clean_end_keeps_the_place_of_everybody_who_reads_along() {
    let disk = MemoryEngine::new();
    for round in 1..4 {
        let store = Store::with_engine(disk.clone(), NETWORK, [round; 16]).expect("it opens");
        assert_eq!(store.incarnation(), [1; 16]);
        store.commit(&batch(store.next_sequence(), &document(round.into(), 1))).expect("there is room");
        drop(store);
        assert_eq!(disk.unsynced(), 0, "a clean end leaves nothing behind that a crash could take");
    }
    // One that was opened and only read has nothing to end.
    let store = Store::with_engine(disk.clone(), NETWORK, [9; 16]).expect("it opens");
    let disk = disk.crash(0);
    drop(store);
    assert_eq!(Store::with_engine(disk, NETWORK, [9; 16]).expect("it opens").incarnation(), [1; 16]);
}
