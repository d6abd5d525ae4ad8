//! The part of a history that stands.

use std::{borrow::Cow, sync::Arc};

use automerge::{ROOT, transaction::Transactable as _};
use knotwork_identity::{ChangeId, NetworkId, Nonce, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, History, Kind, Pen};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn header() -> DocumentHeader {
    DocumentHeader {
        format: FORMAT,
        network: NetworkId([9; 32]),
        space: SpaceId::Commons,
        kind: Kind(16),
        owner: None,
        nonce: Nonce([1; 16]),
    }
}

/// Writes one field on a history as one author, and admits it to the whole.
fn write(whole: &mut History, on: &History, author: u8, value: &str) -> ChangeId {
    let key = key(author);
    let mut pen = match on.is_empty() {
        true => Pen::new(header(), &key, Timestamp::NONE),
        false => Pen::open(on.clone(), &key, Timestamp::NONE).expect("it can be shown"),
    };
    pen.write(|document| document.put(ROOT, "field", value)).expect("it is small");
    let change = Arc::new(pen.finish().0.remove(0));
    whole.admit(change.clone()).expect("it is valid");
    change.id()
}

#[test]
fn a_change_falls_with_what_it_builds_on_and_others_stand() {
    let (mut whole, nothing) = (History::new(header()), History::new(header()));
    let first = write(&mut whole, &nothing, 1, "first");
    let root = whole.clone();
    let revoked = write(&mut whole, &root, 2, "revoked");
    let with_revoked = whole.clone();
    // One that builds on what falls, and one that does not.
    let honest = write(&mut whole, &with_revoked, 3, "on the revoked");
    let beside = write(&mut whole, &root, 4, "beside");
    let by_two = key(2).public();
    let part = whole.standing(|change| change.author() != by_two);
    let ids: Vec<ChangeId> = part.changes().map(|change| change.id()).collect();
    assert_eq!(ids, [first, beside]);
    assert_eq!(part.heads(), [beside]);
    assert!(!part.contains(&revoked) && !part.contains(&honest));
    // What is written on the part is admitted to the whole.
    let part = part.into_owned();
    let next = write(&mut whole, &part, 5, "next");
    assert_eq!(whole.get(&next).expect("admitted").dependencies(), [beside]);
    // A listed change stands, and what builds on it.
    let listed = whole.standing(|change| change.author() != by_two || change.id() == revoked);
    assert!(matches!(listed, Cow::Borrowed(_)));
}

#[test]
fn where_everything_stands_nothing_is_copied_and_where_nothing_does_nothing_is_left() {
    let (mut whole, nothing) = (History::new(header()), History::new(header()));
    write(&mut whole, &nothing, 1, "first");
    let one = whole.clone();
    write(&mut whole, &one, 2, "second");
    assert!(matches!(whole.standing(|_| true), Cow::Borrowed(_)));
    let stands = |change: &CheckedChange| change.author() != key(1).public();
    assert!(whole.standing(stands).is_empty());
}
