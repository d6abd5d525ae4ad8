//! A store equals a naive model of itself, over either engine, whatever is committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::samples::{self, NETWORK};
use knotwork_identity::{ChangeId, DocumentId, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, Kind};
use knotwork_replica::{Batch, DocumentUpdate, Listing, ListingKey, Storage, StoredChange};
use knotwork_store::{DiskEngine, Engine, MemoryEngine, Store};
use proptest::prelude::*;

/// What one step of a run does.
#[derive(Debug, Clone)]
enum Step {
    /// Commits the next changes of some documents, and what became of these.
    Commit(Vec<Update>),
    /// Sets a local value, or takes it away.
    Local(u8, Option<Vec<u8>>),
    Sync,
    Reopen,
}

#[derive(Debug, Clone)]
struct Update {
    document: usize,
    changes: usize,
    view: Option<usize>,
    listed: Option<(u8, Vec<u8>)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let listed = prop::option::weighted(0.8, (1..4_u8, prop::collection::vec(0..4_u8, 0..4)));
    let view = prop::option::of(prop::sample::select(vec![0, 10, 5000, 100_000]));
    let update = (0..DOCUMENTS, 0..3_usize, view, listed).prop_map(|(document, changes, view, listed)| Update {
        document,
        changes,
        view,
        listed,
    });
    let step = prop_oneof![
        6 => prop::collection::vec(update, 0..6).prop_map(Step::Commit),
        1 => (0..3_u8, prop::option::of(prop::collection::vec(any::<u8>(), 0..50))).prop_map(|(name, value)| Step::Local(name, value)),
        1 => Just(Step::Sync),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_equals_its_model(steps in steps()) {
        let documents: Vec<_> = (0..DOCUMENTS as u64).map(|number| samples::document(number, CHANGES)).collect();
        let folder = tempfile::tempdir().expect("a folder can be made");
        let open = || Store::open(folder.path(), NETWORK, &samples::options(1)).expect("it opens").0;
        let mut model = Model::default();
        let disk = MemoryEngine::new();
        let mut memory = Store::with_engine(disk.clone(), NETWORK, [1; 16]).expect("memory takes it");
        let mut sled = open();
        for step in steps {
            match step {
                Step::Commit(updates) => {
                    let batch = model.batch(&documents, &updates);
                    memory.commit(&batch).expect("memory takes it");
                    sled.commit(&batch).expect("there is room");
                }
                Step::Local(name, value) => {
                    let batch = Batch { local: vec![(name.to_string(), value.clone())], ..Batch::default() };
                    memory.commit(&batch).expect("memory takes it");
                    sled.commit(&batch).expect("there is room");
                    match value {
                        Some(value) => model.local.insert(name.to_string(), value),
                        None => model.local.remove(&name.to_string()),
                    };
                }
                Step::Sync => {
                    memory.sync().expect("memory takes it");
                    sled.sync().expect("there is room");
                }
                Step::Reopen => {
                    drop(memory);
                    memory = Store::with_engine(disk.clone(), NETWORK, [2; 16]).expect("it opens");
                    drop(sled);
                    sled = open();
                }
            }
            model.compare(&memory, &documents);
            model.compare(&sled, &documents);
        }
        prop_assert!(memory.check().expect("readable").is_sound());
        let report = sled.check().expect("readable");
        prop_assert_eq!((report.sound, report.faults), (model.changes.len() as u64, 0), "{:?}", report.named);
        // What is kept is the same, key by key.
        prop_assert_eq!(contents(&memory), contents_of_disk(&sled));
    }
}

fn contents<E: Engine>(store: &Store<E>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    store
        .engine()
        .scan(b"", b"", &mut |key, value| {
            entries.push((key.to_vec(), value.to_vec()));
            std::ops::ControlFlow::Continue(())
        })
        .expect("readable");
    entries
}

/// A store on disk knows its file, too.
fn contents_of_disk(store: &Store<DiskEngine>) -> Vec<(Vec<u8>, Vec<u8>)> {
    contents(store).into_iter().filter(|(key, _)| key != b"mo").collect()
}

#[derive(Default)]
struct Model {
    changes: Vec<Arc<CheckedChange>>,
    taken: BTreeMap<usize, usize>,
    views: BTreeMap<DocumentId, Vec<u8>>,
    listed: BTreeMap<DocumentId, (Kind, Listing)>,
    local: BTreeMap<String, Vec<u8>>,
}

impl Model {
    /// Takes the updates in, and returns them as a batch.
    fn batch(&mut self, documents: &[Vec<Arc<CheckedChange>>], updates: &[Update]) -> Batch {
        let mut batch = Batch::default();
        for update in updates {
            let changes = &documents[update.document];
            let taken = self.taken.entry(update.document).or_default();
            // A document that is listed has a change.
            let until = (*taken + update.changes).clamp(1, CHANGES);
            for change in &changes[(*taken).min(until)..until] {
                self.changes.push(Arc::clone(change));
                batch.changes.push((self.changes.len() as u64, Arc::clone(change)));
            }
            *taken = until.max(*taken);
            let (document, kind) = (changes[0].document(), changes[0].header().kind);
            let view = update.view.map(|length| vec![update.changes as u8; length]);
            let listed = update.listed.as_ref().map(|(order, labels)| {
                let mut labels: Vec<_> = labels.iter().map(|label| format!("label {label}")).collect();
                labels.sort();
                labels.dedup();
                Listing { order: vec![*order; usize::from(*order)], labels }
            });
            let listed_before = match &listed {
                Some(listed) => self.listed.insert(document, (kind, listed.clone())),
                None => self.listed.remove(&document),
            };
            match &view {
                Some(view) => self.views.insert(document, view.clone()),
                None => self.views.remove(&document),
            };
            let listed_before = listed_before.map(|(_, listed)| listed);
            batch.documents.push(DocumentUpdate { document, kind, view, listed_before, listed });
        }
        batch
    }

    fn compare(&self, store: &impl Storage, documents: &[Vec<Arc<CheckedChange>>]) {
        self.compare_changes(store);
        self.compare_documents(store, documents);
        self.compare_listings(store);
        for name in ["0", "1", "2", "other"] {
            assert_eq!(store.local(name).expect("readable"), self.local.get(name).cloned());
        }
    }

    fn compare_changes(&self, store: &impl Storage) {
        let count = self.changes.len() as u64;
        assert_eq!(store.next_sequence(), count + 1);
        for (from, limit) in [(0, usize::MAX), (1, 3), (2, 1), (count, 10), (count + 1, 10), (1, 0)] {
            let found = store.changes_from(from, limit).expect("readable");
            let expected = (1..).zip(&self.changes).skip(from.saturating_sub(1) as usize).take(limit);
            assert_same(&found, expected);
        }
        let mut ids: Vec<(SpaceId, Timestamp, ChangeId)> = Vec::new();
        store.each_id(&mut |space, time, id| ids.push((space, time, id))).expect("readable");
        let mut expected: Vec<_> =
            self.changes.iter().map(|change| (change.header().space, change.time(), change.id())).collect();
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected);
        for (sequence, change) in (1..).zip(&self.changes) {
            assert_eq!(store.sequence_of(&change.id()).expect("readable"), Some(sequence));
            let found = store.change(&change.id()).expect("readable").expect("it is there");
            assert_same(&[found], std::iter::once((sequence, change)));
        }
        assert!(store.change(&ChangeId([3; 32])).expect("readable").is_none());
        assert_eq!(store.sequence_of(&ChangeId([3; 32])).expect("readable"), None);
    }

    fn compare_documents(&self, store: &impl Storage, documents: &[Vec<Arc<CheckedChange>>]) {
        for document in documents.iter().map(|changes| changes[0].document()) {
            let expected: Vec<_> =
                (1..).zip(&self.changes).filter(|(_, change)| change.document() == document).collect();
            assert_same(&store.changes_of(&document).expect("readable"), expected.iter().copied());
            for limit in [0, 1, 2, 100] {
                assert_eq!(store.count_of(&document, limit).expect("readable"), expected.len().min(limit));
            }
            assert_eq!(store.view(&document).expect("readable"), self.views.get(&document).cloned());
        }
    }

    fn compare_listings(&self, store: &impl Storage) {
        let labels = [None, Some("label 0"), Some("label 1"), Some("label 2"), Some("label"), Some("")];
        for (kind, label) in [0, 1, 2].into_iter().flat_map(|kind| labels.map(|label| (Kind(kind), label))) {
            let within = |(_, (found, listing)): &(&DocumentId, &(Kind, Listing))| {
                *found == kind && label.is_none_or(|label| listing.labels.iter().any(|found| found == label))
            };
            let mut expected: Vec<_> = self
                .listed
                .iter()
                .filter(within)
                .map(|(document, (_, listing))| ListingKey { order: listing.order.clone(), document: *document })
                .collect();
            expected.sort();
            assert_eq!(store.list_len(kind, label).expect("readable"), expected.len() as u64);
            assert_eq!(store.list(kind, label, None, usize::MAX).expect("readable"), expected);
            let mut pages = Vec::new();
            loop {
                let page = store.list(kind, label, pages.last(), 2).expect("readable");
                if page.is_empty() {
                    break;
                }
                pages.extend(page);
            }
            assert_eq!(pages, expected);
        }
    }
}

fn assert_same<'a>(found: &[StoredChange], expected: impl Iterator<Item = (u64, &'a Arc<CheckedChange>)>) {
    let expected: Vec<_> = expected.collect();
    assert_eq!(found.len(), expected.len());
    for (found, (sequence, change)) in found.iter().zip(expected) {
        assert_eq!((found.sequence, found.id), (sequence, change.id()));
        assert_eq!(&found.change, change.signed());
    }
}

const DOCUMENTS: usize = 6;
const CHANGES: usize = 5;
