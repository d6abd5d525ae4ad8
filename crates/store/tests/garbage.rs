//! Stored bytes that are nothing that the store wrote: reading says so, and never panics.

use knotwork_identity::{ChangeId, DocumentId};
use knotwork_ledger::Kind;
use knotwork_replica::{Storage, StorageError};
use knotwork_store::{Engine, MemoryEngine, Store, Writes};
use proptest::prelude::*;

use crate::samples::{NETWORK, batch, document, fill};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_entries_never_panic_the_reader(
        entries in prop::collection::vec(
            (prop::sample::select(b"cidvktnlm".to_vec()), prop::collection::vec(any::<u8>(), 0..60), prop::collection::vec(any::<u8>(), 0..300)),
            1..30,
        ),
    ) {
        let disk = MemoryEngine::new();
        let store = Store::with_engine(disk.clone(), NETWORK, [1; 16]).expect("memory takes it");
        fill(&store, 0..3, 1);
        let mut writes = Writes::default();
        for (table, rest, value) in entries {
            writes.put([&[table], rest.as_slice()].concat(), value);
        }
        disk.commit(writes).expect("memory takes it");
        read_everything(&store);
        // Opening it again meets the same bytes.
        if let Ok(store) = Store::with_engine(disk, NETWORK, [1; 16]) {
            read_everything(&store);
        }
    }

    #[test]
    fn a_changed_record_is_damage(position in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<bool>()) {
        let disk = MemoryEngine::new();
        let store = Store::with_engine(disk.clone(), NETWORK, [1; 16]).expect("memory takes it");
        let change = document(3, 1).remove(0);
        store.commit(&batch(1, std::slice::from_ref(&change))).expect("memory takes it");
        let key = [b"c", &1_u64.to_be_bytes()[..]].concat();
        let mut record = disk.get(&key).expect("readable").expect("it was just written");
        let position = position.index(record.len());
        if cut {
            record.truncate(position);
        } else {
            record[position] ^= 1 << bit;
        }
        let mut writes = Writes::default();
        writes.put(key, record);
        disk.commit(writes).expect("memory takes it");
        prop_assert!(matches!(store.change(&change.id()), Err(StorageError::Damaged(_))));
        prop_assert!(matches!(store.changes_from(1, 1), Err(StorageError::Damaged(_))));
        prop_assert!(matches!(store.changes_of(&change.document()), Err(StorageError::Damaged(_))));
        prop_assert!(!store.check().expect("readable").is_sound());
    }
}

/// Calls everything that reads. Errors are fine, panics are not.
fn read_everything(store: &Store<MemoryEngine>) {
    let change = document(1, 1).remove(0);
    let _ = store.each_id(&mut |_, _, _| {});
    let _ = store.changes_from(0, usize::MAX);
    for id in [change.id(), ChangeId([0; 32])] {
        let _ = (store.sequence_of(&id), store.change(&id));
    }
    for document in [change.document(), DocumentId([0; 32])] {
        let _ = (store.changes_of(&document), store.count_of(&document, 9), store.view(&document));
    }
    for kind in [Kind(0), Kind(1), Kind(0xffff)] {
        for label in [None, Some(""), Some("a")] {
            let _ = (store.list(kind, label, None, usize::MAX), store.list_len(kind, label));
        }
    }
    let _ = (store.local("a"), store.needs_deriving());
    let report = store.check().expect("memory is readable");
    assert!(report.named.len() as u64 <= report.faults);
}
