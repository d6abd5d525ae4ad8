//! Headers, times, owners, formats and signatures: what the gate says before it looks at operations.

use std::sync::Arc;

use automerge::{ROOT, transaction::Transactable};
use knotwork_identity::{DecodeError, SecretKey, Signature, Timestamp, decode_exact, encode};
use knotwork_ledger::{
    Checked, CheckedChange, ChunkError, DocumentHeader, History, Kind, Pen, PenError, Rejection, SignedChange, Verdict,
    Verifiers, mutants::honest, restore, signed_message, strip,
};

fn change_of(header: DocumentHeader, key: &SecretKey, time: Timestamp) -> CheckedChange {
    let mut pen = Pen::new(header, key, time);
    pen.write(|transaction| transaction.put(ROOT, "title", "Knots")).expect("within the limits");
    pen.finish().0.remove(0)
}

/// The same chunk with another time, with actor, checksum and signature right.
fn with_time(change: &CheckedChange, key: &SecretKey, time: &[u8]) -> SignedChange {
    let stripped = strip(&change.signed().chunk).expect("a chunk");
    // No dependencies, sequence number 1, first counter 1, and then the time, which is 0 in one byte.
    assert_eq!(&stripped[..4], [0, 1, 1, 0]);
    let changed = [&stripped[..3], time, &stripped[4..]].concat();
    let chunk = restore(&change.document(), &change.author(), &changed).expect("short");
    let id = knotwork_identity::ChangeId(knotwork_identity::sha256(&[&chunk[8..]]));
    let signature = key.sign(&signed_message(&change.document(), &change.author(), &id));
    SignedChange { chunk, signature, ..change.signed().clone() }
}

#[test]
fn times_are_taken_from_0_to_the_last_before_2_to_the_48() {
    let key = honest::author(1);
    let mut verifiers = Verifiers::new(1);
    for time in [Timestamp::NONE, Timestamp::MAX] {
        let change = change_of(honest::header(1), &key, time);
        let checked = change.into_signed().check(&mut verifiers).expect("within range").change().expect("known format");
        assert_eq!(checked.time(), time);
        assert_eq!(History::new(honest::header(1)).admit(Arc::new(checked)), Ok(Verdict::Admitted));
    }
    let change = change_of(honest::header(1), &key, Timestamp::NONE);
    // Signed LEB128: 2^48, the highest and the lowest number there is, and -1.
    let two_to_the_48 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00];
    let highest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
    let lowest = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
    for time in [&two_to_the_48[..], &highest, &lowest, &[0x7f]] {
        let refused = with_time(&change, &key, time).check(&mut verifiers);
        assert_eq!(refused.map(|_| ()), Err(Rejection::Chunk(ChunkError::Time)), "{time:?}");
    }
}

#[test]
fn an_unknown_format_is_held_and_an_unknown_kind_passes() {
    let key = honest::author(1);
    let mut change = change_of(honest::header(1), &key, Timestamp::NONE).into_signed();
    change.header.format = 2;
    // Nothing in it can be judged, so that nothing is: it is handed back as it came, and travels.
    change.chunk = b"whatever a later format holds".to_vec();
    let travelled = decode_exact::<SignedChange>(&encode(&change)).expect("the envelope is the same");
    match travelled.check(&mut Verifiers::new(1)) {
        Ok(Checked::UnknownFormat(held)) => assert_eq!(held, change),
        other => panic!("{other:?}"),
    }
    let mut pen = Pen::new(change.header.clone(), &key, Timestamp::NONE);
    let refused = pen.write(|transaction| transaction.put(ROOT, "x", 1)).expect_err("nobody writes an unknown format");
    assert!(matches!(refused, PenError::UnknownFormat(2)), "{refused}");

    for kind in [0, 1, 40_000, u16::MAX] {
        let header = DocumentHeader { kind: Kind(kind), ..honest::header(1) };
        let change = change_of(header.clone(), &key, Timestamp::NONE).into_signed();
        let checked = change.check(&mut Verifiers::new(1)).expect("any kind").change().expect("a known format");
        assert_eq!(History::new(header).admit(Arc::new(checked)), Ok(Verdict::Admitted));
    }
}

#[test]
fn an_owned_document_takes_its_owners_changes_alone() {
    let (owner, other) = (honest::author(1), honest::author(2));
    let header = DocumentHeader { owner: Some(owner.public()), ..honest::header(1) };
    change_of(header.clone(), &owner, Timestamp::NONE);
    let mut pen = Pen::new(header.clone(), &other, Timestamp::NONE);
    let refused = pen.write(|transaction| transaction.put(ROOT, "title", "Mine")).expect_err("not the owner");
    let expected = Rejection::NotTheOwner { owner: owner.public(), author: other.public() };
    assert!(matches!(refused, PenError::NotAllowed(rejection) if rejection == expected));
}

#[test]
fn a_change_belongs_to_its_author_document_and_content() {
    let key = honest::author(1);
    let mut verifiers = Verifiers::new(2);
    let change = change_of(honest::header(1), &key, Timestamp::NONE).into_signed();
    assert!(change.clone().check(&mut verifiers).is_ok());

    let mut unsigned = change.clone();
    unsigned.signature = Signature([0; 64]);
    assert_eq!(unsigned.check(&mut verifiers).map(|_| ()), Err(Rejection::Signature(key.public())));
    let elsewhere = SignedChange { header: honest::header(2), ..change.clone() };
    assert!(matches!(elsewhere.check(&mut verifiers), Err(Rejection::Actor { .. })));
    let stolen = SignedChange { author: honest::author(2).public(), ..change.clone() };
    assert!(matches!(stolen.check(&mut verifiers), Err(Rejection::Actor { .. })));
    for place in 0..change.chunk.len() {
        let mut altered = change.clone();
        altered.chunk[place] ^= 1;
        assert!(altered.check(&mut verifiers).is_err(), "byte {place}");
    }
    for length in 0..change.chunk.len() {
        let cut = SignedChange { chunk: change.chunk[..length].to_vec(), ..change.clone() };
        assert!(cut.check(&mut verifiers).is_err(), "length {length}");
        assert!(strip(&change.chunk[..length]).is_err());
    }
    let other = History::new(honest::header(2)).admit(Arc::new(change_of(honest::header(1), &key, Timestamp::NONE)));
    assert!(matches!(other, Err(Rejection::OtherDocument { .. })));
}

#[test]
fn envelopes_and_stripped_chunks_have_bounds() {
    let key = honest::author(1);
    let change = change_of(honest::header(1), &key, Timestamp::NONE).into_signed();
    let bytes = encode(&change);
    for length in 0..bytes.len() {
        assert!(decode_exact::<SignedChange>(&bytes[..length]).is_err());
    }
    let long = SignedChange { chunk: vec![0; 70_000], ..change.clone() };
    let refused = decode_exact::<SignedChange>(&encode(&long));
    assert_eq!(refused, Err(DecodeError::TooLong { field: "chunk", found: 70_000, limit: 61_440 }));
    assert_eq!(long.check(&mut Verifiers::new(1)).map(|_| ()), Err(Rejection::TooLong(70_000)));
    let document = change.header.id();
    assert!(matches!(restore(&document, &change.author, &[0; 61_440]), Err(Rejection::TooLong(_))));
    assert!(restore(&document, &change.author, &[65]).is_err());
    assert!(restore(&document, &change.author, &[2, 0, 0]).is_err());
    assert!(restore(&document, &change.author, &[]).is_err());
}
