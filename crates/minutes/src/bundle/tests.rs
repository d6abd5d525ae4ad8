//! Bundles: what they show, in whatever pieces they come, and what is refused.

use knotwork_governance::{Said, SignedNode, Word};
use knotwork_identity::{Card, SecretKey, Timestamp};

use super::*;
use crate::{Proof, Step, message::vote_bytes, write_minute};

fn genesis(name: &str) -> Genesis {
    let (organisation, node) = (key(1).public(), key(2).public());
    let card = Card { name: "Alder".into(), organisation, node, addresses: Vec::new() };
    Genesis { nonce: [9; 32], name: name.into(), purpose: "To learn".into(), founders: vec![card] }
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

/// One organisation, which gives its node another key again and again.
fn minutes(genesis: &Genesis, count: u8) -> Vec<Vec<u8>> {
    let mut agreed = Agreed::founded(genesis);
    let mut signer = key(2);
    let said = (0..count).map(|number| {
        let next = key(100 + number);
        let node = SignedNode::sign(agreed.network(), key(1).public(), &next);
        let said = Said::Node { node: Some(node), host: None };
        let word = Word::say(agreed.network(), &key(1), u64::from(number) + 1, said);
        let minute = agreed.next(Matter::Word(word));
        let bytes = vote_bytes(agreed.network(), minute.height, 0, Step::Precommit, Some(minute.hash()));
        let proof = Proof { round: 0, signatures: vec![(signer.public(), signer.sign(&bytes))] };
        agreed.follow(&minute, &proof).expect("it follows");
        signer = next;
        write_minute(&minute, &proof)
    });
    said.collect()
}

fn file(genesis: &Genesis, minutes: &[Vec<u8>]) -> Vec<u8> {
    let parts = minutes.iter().flat_map(|minute| Bundle::part(minute));
    Bundle::beginning(genesis, minutes.len() as u64).into_iter().chain(parts).collect()
}

fn read(bytes: &[u8], piece: usize) -> Result<Bundle, BundleError> {
    let mut reader = BundleReader::default();
    for piece in bytes.chunks(piece) {
        reader.take(piece)?;
    }
    reader.finish()
}

#[test]
fn a_bundle_shows_what_its_minutes_say_in_whatever_pieces_it_comes() {
    let genesis = genesis("Improvers");
    let bytes = file(&genesis, &minutes(&genesis, 3));
    for piece in [1, 7, 100, bytes.len()] {
        let bundle = read(&bytes, piece).expect("it holds");
        assert_eq!((bundle.agreed.height(), &bundle.genesis), (3, &genesis));
        assert_eq!(bundle.agreed.parties()[&key(1).public()].node, Some(key(102).public()));
    }
    assert_eq!(read(&file(&genesis, &[]), 10).expect("no minutes yet").agreed.height(), 0);
}

#[test]
fn no_byte_can_be_another_and_none_missing() {
    let genesis = genesis("Improvers");
    let bytes = file(&genesis, &minutes(&genesis, 2));
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        assert!(read(&flipped, 4096).is_err(), "byte {place} is another");
        assert!(read(&bytes[..place], 4096).is_err(), "cut before byte {place}");
    }
    assert_eq!(read(&[&bytes[..], b"x"].concat(), 4096).err(), Some(BundleError::TooMuch));
}

#[test]
fn minutes_are_those_of_the_genesis_one_after_the_other() {
    let (one, other) = (genesis("Improvers"), genesis("Others"));
    let minutes = minutes(&one, 3);
    let missing = [minutes[0].clone(), minutes[2].clone()];
    assert!(matches!(read(&file(&one, &missing), 4096), Err(BundleError::Minute { height: 2, .. })));
    assert!(matches!(read(&file(&other, &minutes), 4096), Err(BundleError::Minute { height: 1, .. })));
    let late = [Bundle::beginning(&one, 4), minutes.iter().flat_map(|minute| Bundle::part(minute)).collect()];
    assert_eq!(read(&late.concat(), 4096).err(), Some(BundleError::Missing { found: 3, announced: 4 }));
}

#[test]
fn nothing_grows_with_what_a_file_claims() {
    let claimed = [MAGIC, &u32::MAX.to_be_bytes()].concat();
    assert!(matches!(read(&claimed, 4096), Err(BundleError::Bytes(DecodeError::TooLong { .. }))));
    let genesis = genesis("Improvers");
    let claimed = [Bundle::beginning(&genesis, 1), u32::MAX.to_be_bytes().to_vec()].concat();
    assert!(matches!(read(&claimed, 4096), Err(BundleError::Bytes(DecodeError::TooLong { .. }))));
    assert_eq!(read(b"PK\x03\x04", 4096).err(), Some(BundleError::NotABundle));
    assert_eq!(read(b"", 4096).err(), Some(BundleError::NotABundle));
}

#[test]
fn nobody_who_does_not_sign_makes_a_minute_final() {
    let genesis = genesis("Improvers");
    let agreed = Agreed::founded(&genesis);
    let word = Word::say(agreed.network(), &key(1), 1, Said::Rest(Timestamp::MAX));
    let minute = agreed.next(Matter::Word(word));
    let proof = Proof { round: 0, signatures: Vec::new() };
    let bytes = file(&genesis, &[write_minute(&minute, &proof)]);
    assert!(matches!(read(&bytes, 4096), Err(BundleError::Minute { height: 1, .. })));
}
