//! Documents and changes to keep, and stores to keep them in.

use std::path::Path;
use std::sync::Arc;

use knotwork_documents::NodeAddressView;
use knotwork_identity::{NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, Kind, Pen};
use knotwork_replica::{Batch, DocumentUpdate, Listing, Storage};
use knotwork_store::{Engine, Options, SledOptions, Store};

/// The network that all samples belong to.
pub(crate) const NETWORK: NetworkId = NetworkId([7; 32]);

/// A document with so many changes, each of which builds on the one before. No two numbers give the same.
pub(crate) fn document(number: u64, changes: usize) -> Vec<Arc<CheckedChange>> {
    document_of(number, changes, 60)
}

/// As [`document`], with changes of about so many bytes.
pub(crate) fn document_of(number: u64, changes: usize, bytes: usize) -> Vec<Arc<CheckedChange>> {
    let key = SecretKey::from_seed(&[1 + (number % 3) as u8; 32]);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    let header = DocumentHeader {
        format: FORMAT,
        network: NETWORK,
        space: [
            SpaceId::Commons,
            SpaceId::Roster,
            SpaceId::Circle([number as u8; 32]),
            SpaceId::Organisation(PublicKey([9; 32])),
        ][(number % 4) as usize],
        kind: Kind((number % 2) as u16),
        owner: number.is_multiple_of(3).then(|| key.public()),
        nonce: Nonce(nonce),
    };
    let time = Timestamp::from_milliseconds(number * 1_000_003 % (1 << 48)).expect("below the limit");
    let mut pen = Pen::new(header, &key, time);
    for change in 0..changes {
        let address = format!("{number} {change} {}", noise(number + change as u64, bytes));
        NodeAddressView::write(&mut pen, &[address]).expect("the edit is allowed");
    }
    let (written, _) = pen.finish();
    assert_eq!(written.len(), changes);
    written.into_iter().map(Arc::new).collect()
}

/// A batch with new changes from `next` on, each listed as the first of its document would be.
pub(crate) fn batch(next: u64, changes: &[Arc<CheckedChange>]) -> Batch {
    Batch {
        changes: (next..).zip(changes.iter().cloned()).collect(),
        documents: changes.iter().map(|change| listed(change)).collect(),
        local: Vec::new(),
    }
}

/// How a document that begins with `change` is listed.
pub(crate) fn listed(change: &CheckedChange) -> DocumentUpdate {
    let id = change.id();
    let label = |byte: u8| format!("label {}", byte % 16);
    let mut labels = vec![label(id.0[0]), label(id.0[1]), label(id.0[2])];
    labels.sort();
    labels.dedup();
    DocumentUpdate {
        document: change.document(),
        kind: change.header().kind,
        view: None,
        listed_before: None,
        listed: Some(Listing { order: noise(u64::from(id.0[3]) << 8 | u64::from(id.0[4]), 24).into_bytes(), labels }),
    }
}

/// Options that keep nothing back, with an incarnation made of one byte.
pub(crate) fn options(incarnation: u8) -> Options {
    let sled = SledOptions { cache_bytes: 1 << 20, reserve_bytes: 0, floor_bytes: 0, ..SledOptions::default() };
    Options { fresh_incarnation: [incarnation; 16], sled }
}

/// Text that looks random and is the same every time.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state >> 32) as u8 % 26)
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Commits so many documents of one change, `at_once` in a commit, and syncs.
pub(crate) fn fill<E: Engine>(
    store: &Store<E>,
    numbers: std::ops::Range<u64>,
    at_once: usize,
) -> Vec<Arc<CheckedChange>> {
    let changes: Vec<_> = numbers.flat_map(|number| document(number, 1)).collect();
    for changes in changes.chunks(at_once) {
        store.commit(&batch(store.next_sequence(), changes)).expect("there is room");
    }
    store.sync().expect("there is room");
    changes
}

/// Copies a folder as it is on the disk, which is what a process that is killed leaves.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("there is room");
        }
    }
}
