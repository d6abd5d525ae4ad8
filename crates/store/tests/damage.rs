//! Damaged files: the store opens all the same, keeps what is sound, and says what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use knotwork_identity::ChangeId;
use knotwork_ledger::CheckedChange;
use knotwork_replica::{Storage, StorageError};
use knotwork_store::{DiskEngine, Engine, OpenReport, Store, Writes};
use tempfile::TempDir;

use crate::samples::{NETWORK, batch, copy, document, options};

/// A store of a few hundred changes in documents of several, closed.
struct Sample {
    folder: TempDir,
    changes: BTreeMap<ChangeId, Arc<CheckedChange>>,
}

impl Sample {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (store, _) = open(folder.path());
        let documents: Vec<_> = (0..120).map(|number| document(number, 1 + number as usize % 5)).collect();
        let mut changes = BTreeMap::new();
        // The first changes of all documents, then the second ones, so that a document lies all over the file.
        for depth in 0..5 {
            let these: Vec<_> = documents.iter().filter_map(|document| document.get(depth).cloned()).collect();
            for some in these.chunks(10) {
                let mut batch = batch(store.next_sequence(), some);
                if depth > 0 {
                    batch.documents.clear();
                }
                store.commit(&batch).expect("there is room");
                store.sync().expect("there is room");
                changes.extend(some.iter().map(|change| (change.id(), Arc::clone(change))));
            }
        }
        let local = vec![("name".to_owned(), Some(b"Morag".to_vec()))];
        store.commit(&knotwork_replica::Batch { local, ..Default::default() }).expect("there is room");
        store.sync().expect("there is room");
        drop(store);
        // Opened once more, so that there is a snapshot of everything.
        drop(open(folder.path()));
        Self { folder, changes }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// sled's snapshot.
    fn snapshot(&self) -> PathBuf {
        let files = std::fs::read_dir(self.file("sled")).expect("readable").map(|file| file.expect("readable").path());
        let mut snapshots = files.filter(|path| path.to_string_lossy().contains("/snap."));
        snapshots.next().expect("sled made one when it was opened")
    }

    /// Checks that what a store has is of the sample, and that nothing has lost what it builds on.
    fn check(&self, store: &Store<DiskEngine>) -> usize {
        let report = store.check().expect("readable");
        assert!(report.is_sound(), "{:?}", report.named);
        let mut seen = BTreeSet::new();
        for stored in store.changes_from(1, usize::MAX).expect("readable") {
            let change = &self.changes[&stored.id];
            assert_eq!(stored.change, *change.signed());
            assert!(
                change.dependencies().iter().all(|id| seen.contains(id)),
                "what a change builds on comes before it"
            );
            seen.insert(stored.id);
        }
        seen.len()
    }
}

fn open(path: &Path) -> (Store<DiskEngine>, OpenReport) {
    Store::open(path, NETWORK, &options(1)).expect("it opens")
}

fn cut(path: &Path, by: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("it is there");
    let length = file.metadata().expect("it is there").len();
    file.set_len(length.saturating_sub(by)).expect("it can be cut");
}

fn flip(path: &Path, position: u64) {
    let mut bytes = std::fs::read(path).expect("it is there");
    let position = position as usize % bytes.len();
    bytes[position] ^= 0x55;
    std::fs::write(path, bytes).expect("writable");
}

#[test]
fn without_its_snapshot_everything_is_there() {
    let sample = Sample::new();
    std::fs::remove_file(sample.snapshot()).expect("it is there");
    let (store, report) = open(sample.folder.path());
    assert_eq!(report.repair, None);
    assert_eq!(sample.check(&store), sample.changes.len());
}

#[test]
fn a_damaged_snapshot_costs_nothing() {
    type Harm = fn(&Path);
    let harms: [Harm; 4] =
        [|path| cut(path, 1), |path| cut(path, 1 << 30), |path| flip(path, 20), |path| cut(path, 100)];
    for harm in harms {
        let sample = Sample::new();
        harm(&sample.snapshot());
        let (store, report) = open(sample.folder.path());
        let repair = report.repair.expect("it was damaged");
        assert_eq!((repair.kept, repair.lost), (sample.changes.len() as u64, 0));
        assert!(repair.set_aside.join("sled/db").exists(), "nothing is deleted");
        assert!(!report.derive && !report.restored && !report.created);
        assert_eq!(store.incarnation(), [1; 16], "every change has the number that it had");
        assert_eq!(sample.check(&store), sample.changes.len());
        assert_eq!(store.local("name").expect("readable"), Some(b"Morag".to_vec()));
        drop(store);
        let (_, report) = open(sample.folder.path());
        assert_eq!(report, OpenReport::default(), "it is repaired for good");
    }
}

#[test]
fn settings_that_are_damaged_are_made_again() {
    for by in [1, 10, 1 << 30] {
        let sample = Sample::new();
        cut(&sample.file("sled/conf"), by);
        let (store, report) = open(sample.folder.path());
        assert_eq!(report.repair.map_or(0, |repair| repair.lost), 0);
        assert_eq!(sample.check(&store), sample.changes.len());
    }
}

#[test]
fn a_lost_tail_comes_back_from_the_journal() {
    // The sample is smaller than the journal: all of it comes back, whatever is cut off.
    for by in [1, 1000, 500_000, 600_000, 700_000, 800_000, 1 << 30] {
        let sample = Sample::new();
        cut(&sample.file("sled/db"), by);
        let (store, _) = open(sample.folder.path());
        assert_eq!(sample.check(&store), sample.changes.len(), "with {by} bytes cut off");
        assert_eq!(store.local("name").expect("readable"), Some(b"Morag".to_vec()));
    }
}

#[test]
fn a_file_that_is_gone_comes_back_from_the_journal() {
    let sample = Sample::new();
    std::fs::remove_dir_all(sample.file("sled")).expect("it is there");
    let (store, report) = open(sample.folder.path());
    let repair = report.repair.expect("it was damaged");
    assert_eq!((repair.kept, repair.lost), (sample.changes.len() as u64, 0));
    assert!(report.derive);
    assert_eq!(sample.check(&store), sample.changes.len());
    store.set_derived().expect("there is room");
    drop(store);
    assert_eq!(open(sample.folder.path()).1, OpenReport::default());
}

#[test]
fn without_a_journal_everything_is_there_too() {
    let sample = Sample::new();
    std::fs::remove_file(sample.file("journal-0")).expect("it is there");
    std::fs::remove_file(sample.file("journal-1")).expect("it is there");
    let (store, report) = open(sample.folder.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(sample.check(&store), sample.changes.len());
}

#[test]
fn a_lost_tail_without_a_journal_is_a_shorter_store() {
    let mut lost = false;
    for by in [1000, 500_000, 550_000, 600_000, 700_000, 800_000, 1_000_000, 1 << 30] {
        let sample = Sample::new();
        std::fs::remove_file(sample.file("journal-0")).expect("it is there");
        std::fs::remove_file(sample.file("journal-1")).expect("it is there");
        cut(&sample.file("sled/db"), by);
        let (store, _) = open(sample.folder.path());
        let store = read_all(&sample, store);
        let kept = sample.check(&store);
        assert!(by < 1 << 30 || kept == 0, "nothing is left of an empty file");
        lost |= (1..sample.changes.len()).contains(&kept);
    }
    assert!(lost, "some of the cuts left a part");
}

#[test]
fn flipped_bytes_are_noticed_and_repaired() {
    let sample = Sample::new();
    let length = std::fs::metadata(sample.file("sled/db")).expect("it is there").len();
    let ids = |store: &Store<DiskEngine>| -> Vec<ChangeId> {
        store.changes_from(1, usize::MAX).expect("readable").iter().map(|stored| stored.id).collect()
    };
    let whole = tempfile::tempdir().expect("a folder can be made");
    copy(sample.folder.path(), whole.path());
    let all = ids(&open(whole.path()).0);
    let mut repaired = 0;
    for run in 0..24_u64 {
        let folder = tempfile::tempdir().expect("a folder can be made");
        copy(sample.folder.path(), folder.path());
        for flips in 0..=run % 4 {
            flip(&folder.path().join("sled/db"), run * 7919 * 131 + flips * (length / 4) + run * 13);
        }
        if run % 2 == 0 {
            std::fs::remove_file(folder.path().join("journal-0")).expect("it is there");
            std::fs::remove_file(folder.path().join("journal-1")).expect("it is there");
        }
        let damaged = Sample { folder, changes: sample.changes.clone() };
        let (store, report) = open(damaged.folder.path());
        let repaired_at_once = report.repair.is_some();
        let store = read_all(&damaged, store);
        let kept = damaged.check(&store);
        let set_aside = damaged.file("damaged-1").exists();
        assert!(set_aside || !repaired_at_once);
        repaired += u32::from(set_aside);
        // Without a journal nobody can know of commits at the end that sled has lost. All before them are there.
        let runs_short = run % 2 == 0 && ids(&store) == all[..kept];
        assert!(kept == all.len() || set_aside || runs_short, "{kept} in run {run}, and nothing was said");
    }
    assert!(repaired > 4, "some flips mattered: {repaired}");
}

#[test]
fn a_change_whose_id_is_lost_is_missed_and_comes_back() {
    let sample = Sample::new();
    let (store, _) = open(sample.folder.path());
    let lost = sample.changes.keys().next().expect("there are some");
    let mut writes = Writes::default();
    writes.delete([b"i", &lost.0[..22]].concat());
    store.engine().commit(writes).expect("there is room");
    drop(store);
    let (store, report) = open(sample.folder.path());
    assert_eq!(report.repair, None);
    let read = store.each_id(&mut |_, _, _| {});
    assert!(matches!(read, Err(StorageError::Damaged(_))), "{read:?}");
    drop(store);
    let (store, report) = open(sample.folder.path());
    assert_eq!(report.repair.map(|repair| (repair.kept, repair.lost)), Some((sample.changes.len() as u64, 0)));
    assert_eq!(sample.check(&store), sample.changes.len());
    assert!(store.change(lost).expect("readable").is_some());
}

#[test]
fn a_store_can_be_rebuilt_at_any_time() {
    let sample = Sample::new();
    let (store, report) = Store::rebuild(sample.folder.path(), NETWORK, &options(5)).expect("it can be rebuilt");
    let repair = report.repair.expect("that is what was asked for");
    assert_eq!((repair.kept, repair.lost), (sample.changes.len() as u64, 0));
    assert!(report.derive && store.needs_deriving().expect("readable"));
    assert_eq!(store.incarnation(), [5; 16]);
    assert_eq!(sample.check(&store), sample.changes.len());
    assert_eq!(store.list_len(knotwork_ledger::Kind(0), None).expect("readable"), 0);
    assert_eq!(store.local("name").expect("readable"), Some(b"Morag".to_vec()));
}

#[test]
fn a_repair_that_is_broken_off_is_brought_to_its_end() {
    // Every state that an exchange can be left in: what was built is complete, and some parts have been moved.
    let parts = ["journal-0", "journal-1", "sled"];
    for step in 0..=6 {
        let sample = Sample::new();
        let (finished, aside) = (sample.file("rebuilt"), sample.file("damaged-1"));
        let built = tempfile::tempdir().expect("a folder can be made");
        copy(sample.folder.path(), built.path());
        copy(built.path(), &finished);
        flip(&sample.file("sled/db"), 30);
        for done in 0..step {
            let part = parts[done % 3];
            let (from, to) =
                if done < 3 { (sample.file(part), aside.join(part)) } else { (finished.join(part), sample.file(part)) };
            std::fs::create_dir_all(&aside).expect("a folder can be made");
            std::fs::rename(from, to).expect("it can be moved");
        }
        let (store, report) = open(sample.folder.path());
        assert_eq!(report.repair, None);
        assert_eq!(sample.check(&store), sample.changes.len(), "after {step} steps");
        assert!(!finished.exists());
        let kept = [aside, sample.file("damaged-2")].iter().any(|aside| aside.join("sled/db").exists());
        assert!(kept, "the damaged file is still there after {step} steps");
    }
}

/// Reads everything. Where that meets damage the store is opened again, and must then be repaired.
fn read_all(sample: &Sample, store: Store<DiskEngine>) -> Store<DiskEngine> {
    let read = || {
        store.changes_from(1, usize::MAX)?;
        store.each_id(&mut |_, _, _| {})?;
        for change in sample.changes.values() {
            store.change(&change.id())?;
            store.changes_of(&change.document())?;
            store.view(&change.document())?;
        }
        Ok(store.check()?.is_sound())
    };
    match read() {
        Ok(true) => store,
        Ok(false) | Err(StorageError::Damaged(_)) => {
            drop(store);
            let (store, report) = open(sample.folder.path());
            assert!(report.repair.is_some(), "damage that was met is repaired when the store is opened again");
            store
        }
        Err(error) => panic!("{error}"),
    }
}
