//! Revocations: an organisation ends a key that it certified, and lists which of its changes stand.
//!
//! A document says what one of its changes says, so that every node reads the same in whatever order changes come. When
//! a revocation takes effect is not known here: that takes its parts, its certificate and those that replace it.

use std::collections::BTreeSet;

use automerge::{ROOT, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{
    Action, CheckedChange, DocumentHeader, FORMAT, Key, Kind, Object, OperationList, Pen, PenError, ScalarRef,
};
use thiserror::Error;

use crate::kinds;

/// What a revocation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The document that says it.
    pub document: DocumentId,
    /// The network.
    pub network: NetworkId,
    /// The organisation whose word it is.
    pub organisation: PublicKey,
    /// The key that it ends.
    pub key: PublicKey,
    /// How many changes by the key stand, at most [`Revocation::IDS_MAX`].
    pub count: usize,
    /// SHA-256 of their ids, ascending, one after another.
    pub digest: [u8; 32],
    /// The revocation in whose place this one comes.
    pub replaces: Option<DocumentId>,
}

/// Some of the ids that a revocation lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPart {
    /// Ascending, each once, at least one and at most [`RevocationPart::IDS_MAX`].
    pub ids: Vec<ChangeId>,
}

impl Revocation {
    /// The most changes that a revocation lists.
    pub const IDS_MAX: usize = 1_000 * RevocationPart::IDS_MAX;

    /// What the changes of a revocation document say, in whatever order they are given; `None` where they say nothing yet.
    #[must_use]
    pub fn read<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Option<Self> {
        let organisation = owner_of(header, kinds::REVOCATION)?;
        roots(changes).filter_map(|change| Some((change.id(), Said::in_change(change)?))).min_by_key(|(id, _)| *id).map(
            |(_, Said { key, count, digest, replaces })| Self {
                document: header.id(),
                network: header.network,
                organisation,
                key,
                count,
                digest,
                replaces,
            },
        )
    }

    /// Writes a revocation of a key by the organisation that certified it: a document for each part of the list, and the
    /// revocation last. `stands` are the changes by the key that stand.
    ///
    /// # Errors
    /// Where the list is longer than [`Revocation::IDS_MAX`].
    pub fn write(
        network: NetworkId,
        organisation: &SecretKey,
        key: &PublicKey,
        stands: &BTreeSet<ChangeId>,
        replaces: Option<DocumentId>,
        nonce: Nonce,
        time: Timestamp,
    ) -> Result<Vec<Vec<CheckedChange>>, RevocationError> {
        if stands.len() > Self::IDS_MAX {
            return Err(RevocationError::TooMany(stands.len()));
        }
        let header = header(network, organisation.public(), kinds::REVOCATION, nonce);
        let ids: Vec<ChangeId> = stands.iter().copied().collect();
        let said = Self {
            document: header.id(),
            network,
            organisation: organisation.public(),
            key: *key,
            count: ids.len(),
            digest: digest(ids.iter()),
            replaces,
        };
        let mut documents = Vec::with_capacity(said.parts() + 1);
        for (number, ids) in (0..).zip(ids.chunks(RevocationPart::IDS_MAX)) {
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
            let mut pen = Pen::new(said.part_header(number), organisation, time);
            pen.write(|document| document.put(ROOT, IDS, ScalarValue::Bytes(bytes)))?;
            documents.push(pen.finish().0);
        }
        let mut pen = Pen::new(header, organisation, time);
        pen.write(|document| {
            document.put(ROOT, KEY, ScalarValue::Bytes(key.0.to_vec()))?;
            document.put(ROOT, COUNT, ScalarValue::Uint(said.count as u64))?;
            document.put(ROOT, DIGEST, ScalarValue::Bytes(said.digest.to_vec()))?;
            match replaces {
                Some(replaced) => document.put(ROOT, REPLACES, ScalarValue::Bytes(replaced.0.to_vec())),
                None => Ok(()),
            }
        })?;
        documents.push(pen.finish().0);
        Ok(documents)
    }

    /// How many parts its list is in.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.count.div_ceil(RevocationPart::IDS_MAX)
    }

    /// How many ids the part with this number has; the first is 0.
    #[must_use]
    pub fn ids_in_part(&self, number: u32) -> usize {
        self.count.saturating_sub(number as usize * RevocationPart::IDS_MAX).min(RevocationPart::IDS_MAX)
    }

    /// The header of the part with this number.
    #[must_use]
    pub fn part_header(&self, number: u32) -> DocumentHeader {
        let hash = sha256(&[b"knotwork/revocation/part/1", &self.document.0, &number.to_be_bytes()]);
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&hash[..16]);
        header(self.network, self.organisation, kinds::REVOCATION_PART, Nonce(nonce))
    }

    /// Whether these ids, which ascend, are those that it lists.
    #[must_use]
    pub fn lists<'a>(&self, ids: impl Iterator<Item = &'a ChangeId>) -> bool {
        let ids: Vec<&ChangeId> = ids.collect();
        ids.len() == self.count && digest(ids.into_iter()) == self.digest
    }
}

impl RevocationPart {
    /// The most ids in one part: 48,000 bytes, well within a change.
    pub const IDS_MAX: usize = 1_500;

    /// What the changes of a part say, in whatever order they are given; `None` where they say nothing yet.
    #[must_use]
    pub fn read<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Option<Self> {
        owner_of(header, kinds::REVOCATION_PART)?;
        let said = roots(changes).filter_map(|change| Some((change.id(), ids_in(change)?)));
        said.min_by_key(|(id, _)| *id).map(|(_, ids)| Self { ids })
    }
}

/// What one change says.
struct Said {
    key: PublicKey,
    count: usize,
    digest: [u8; 32],
    replaces: Option<DocumentId>,
}

impl Said {
    fn in_change(change: &CheckedChange) -> Option<Self> {
        let (mut key, mut count, mut digest, mut replaces) = (None, None, None, None);
        for (name, value) in fields(&change.operations()) {
            match (name, value) {
                (KEY, ScalarRef::Bytes(bytes)) => key = bytes.try_into().ok().map(PublicKey),
                (COUNT, ScalarRef::Uint(value)) => {
                    count = usize::try_from(value).ok().filter(|count| *count <= Revocation::IDS_MAX);
                }
                (DIGEST, ScalarRef::Bytes(bytes)) => digest = bytes.try_into().ok(),
                (REPLACES, ScalarRef::Bytes(bytes)) => replaces = bytes.try_into().ok().map(DocumentId),
                _ => {}
            }
        }
        Some(Self { key: key?, count: count?, digest: digest?, replaces })
    }
}

/// The changes that build on nothing.
fn roots<'a>(changes: impl Iterator<Item = &'a CheckedChange>) -> impl Iterator<Item = &'a CheckedChange> {
    changes.filter(|change| change.dependencies().is_empty())
}

/// The values that a change sets at the root, in its order.
fn fields<'a>(operations: &'a OperationList<'a>) -> impl Iterator<Item = (&'a str, ScalarRef<'a>)> {
    operations.iter().filter_map(|operation| match (operation.object, operation.key, operation.action) {
        (Object::Root, Key::Map(name), Action::Set(value)) => Some((name, value)),
        _ => None,
    })
}

fn ids_in(change: &CheckedChange) -> Option<Vec<ChangeId>> {
    let operations = change.operations();
    let bytes = fields(&operations).filter_map(|(name, value)| match value {
        ScalarRef::Bytes(bytes) if name == IDS => Some(bytes),
        _ => None,
    });
    let (ids, rest) = bytes.last()?.as_chunks::<32>();
    let fits = rest.is_empty() && (1..=RevocationPart::IDS_MAX).contains(&ids.len());
    (fits && ids.is_sorted_by(|one, next| one < next)).then(|| ids.iter().copied().map(ChangeId).collect())
}

fn owner_of(header: &DocumentHeader, kind: Kind) -> Option<PublicKey> {
    header.owner.filter(|_| header.kind == kind && header.space == SpaceId::Roster)
}

fn header(network: NetworkId, organisation: PublicKey, kind: Kind, nonce: Nonce) -> DocumentHeader {
    DocumentHeader { format: FORMAT, network, space: SpaceId::Roster, kind, owner: Some(organisation), nonce }
}

fn digest<'a>(ids: impl Iterator<Item = &'a ChangeId>) -> [u8; 32] {
    let ids: Vec<&[u8]> = ids.map(|id| id.0.as_slice()).collect();
    sha256(&ids)
}

/// Why a revocation cannot be written.
#[derive(Debug, Error)]
pub enum RevocationError {
    /// The list of what stands is too long.
    #[error("a revocation can list {max} changes, and {0} stand", max = Revocation::IDS_MAX)]
    TooMany(usize),
    /// None in practice: each document is far below every limit.
    #[error(transparent)]
    Pen(#[from] PenError),
}

const KEY: &str = "key";
const COUNT: &str = "count";
const DIGEST: &str = "digest";
const REPLACES: &str = "replaces";
const IDS: &str = "ids";

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: NetworkId = NetworkId([9; 32]);

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn ids(count: usize) -> BTreeSet<ChangeId> {
        (0..count).map(|number| ChangeId(sha256(&[&number.to_be_bytes()]))).collect()
    }

    fn write(stands: &BTreeSet<ChangeId>, replaces: Option<DocumentId>) -> Vec<Vec<CheckedChange>> {
        let (organisation, revoked) = (key(1), key(2).public());
        Revocation::write(NETWORK, &organisation, &revoked, stands, replaces, Nonce([3; 16]), Timestamp::NONE)
            .expect("it is within the limits")
    }

    fn read(changes: &[CheckedChange]) -> Option<Revocation> {
        Revocation::read(changes[0].header(), changes.iter())
    }

    #[test]
    fn what_is_written_is_read_with_as_many_parts_as_it_takes() {
        let most = RevocationPart::IDS_MAX;
        for (count, parts) in [(0, 0), (1, 1), (most, 1), (most + 1, 2), (2 * most, 2)] {
            let stands = ids(count);
            let replaces = (count == 1).then_some(DocumentId([4; 32]));
            let mut documents = write(&stands, replaces);
            let revocation = read(&documents.pop().expect("the revocation is last")).expect("it is complete");
            assert_eq!((revocation.count, revocation.parts(), documents.len()), (count, parts, parts));
            assert_eq!((revocation.key, revocation.organisation), (key(2).public(), key(1).public()));
            assert_eq!(revocation.replaces, replaces);
            let mut listed = Vec::new();
            for (number, part) in (0..).zip(&documents) {
                assert_eq!(part[0].header(), &revocation.part_header(number));
                let part = RevocationPart::read(part[0].header(), part.iter()).expect("it is sorted");
                assert_eq!(part.ids.len(), revocation.ids_in_part(number));
                listed.extend(part.ids);
            }
            assert!(listed.iter().eq(&stands) && revocation.lists(listed.iter()));
            assert_eq!(revocation.ids_in_part(parts as u32), 0);
            if count > 0 {
                assert!(!revocation.lists(listed[1..].iter()));
                listed[0].0[0] ^= 1;
                assert!(!revocation.lists(listed.iter()));
            }
        }
    }

    #[test]
    fn a_list_that_is_too_long_is_not_written() {
        let stands = (0..=Revocation::IDS_MAX as u64).map(|number| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_be_bytes());
            ChangeId(id)
        });
        let (stands, organisation) = (stands.collect(), key(1));
        let key = key(2).public();
        let written = Revocation::write(NETWORK, &organisation, &key, &stands, None, Nonce([3; 16]), Timestamp::NONE);
        assert!(matches!(written, Err(RevocationError::TooMany(_))));
    }

    /// A change of the revocation document that sets these fields, on nothing or on the changes of another.
    fn saying(header: &DocumentHeader, fields: &[(&str, ScalarValue)]) -> CheckedChange {
        let organisation = key(1);
        let mut pen = Pen::new(header.clone(), &organisation, Timestamp::NONE);
        pen.write(|document| fields.iter().try_for_each(|(name, value)| document.put(ROOT, *name, value.clone())))
            .expect("it is small");
        pen.finish().0.remove(0)
    }

    fn fields_of(seed: u8, count: u64) -> Vec<(&'static str, ScalarValue)> {
        vec![
            (KEY, ScalarValue::Bytes(key(seed).public().0.to_vec())),
            (COUNT, ScalarValue::Uint(count)),
            (DIGEST, ScalarValue::Bytes(vec![7; 32])),
        ]
    }

    #[test]
    fn of_several_sayings_the_same_counts_in_whatever_order_they_come() {
        let header = header(NETWORK, key(1).public(), kinds::REVOCATION, Nonce([3; 16]));
        let mut changes: Vec<CheckedChange> = (2..6).map(|seed| saying(&header, &fields_of(seed, 0))).collect();
        let least = changes.iter().min_by_key(|change| change.id()).expect("there are some").clone();
        let expected = read(&[least]);
        assert!(expected.is_some());
        for _ in 0..changes.len() {
            changes.rotate_left(1);
            assert_eq!(read(&changes), expected);
        }
    }

    #[test]
    fn what_later_changes_say_counts_for_nothing() {
        let (organisation, first) = (key(1), write(&ids(0), None).remove(0));
        let mut history = knotwork_ledger::History::new(first[0].header().clone());
        history.admit(first[0].clone().into()).expect("it is valid");
        let mut pen = Pen::open(history, &organisation, Timestamp::NONE).expect("it can be shown");
        pen.write(|document| document.put(ROOT, KEY, ScalarValue::Bytes(key(5).public().0.to_vec()))).expect("small");
        let later = pen.finish().0;
        assert_eq!(read(&[first[0].clone(), later[0].clone()]), read(&first));
        assert_eq!(read(&later), None);
    }

    #[test]
    fn what_is_not_whole_says_nothing() {
        let right = header(NETWORK, key(1).public(), kinds::REVOCATION, Nonce([3; 16]));
        let whole = fields_of(2, 5);
        assert!(read(&[saying(&right, &whole)]).is_some());
        for left_out in 0..whole.len() {
            let mut fields = whole.clone();
            fields.remove(left_out);
            assert_eq!(read(&[saying(&right, &fields)]), None);
        }
        let most = Revocation::IDS_MAX as u64;
        assert!(read(&[saying(&right, &fields_of(2, most))]).is_some());
        for count in [most + 1, u64::MAX] {
            assert_eq!(read(&[saying(&right, &fields_of(2, count))]), None);
        }
        for wrong in [
            DocumentHeader { space: SpaceId::Commons, ..right.clone() },
            DocumentHeader { kind: kinds::REVOCATION_PART, ..right.clone() },
        ] {
            assert_eq!(read(&[saying(&wrong, &whole)]), None);
        }
    }

    #[test]
    fn a_part_is_sorted_and_within_its_limit_or_says_nothing() {
        let header = header(NETWORK, key(1).public(), kinds::REVOCATION_PART, Nonce([3; 16]));
        let said = |bytes: Vec<u8>| {
            let change = saying(&header, &[(IDS, ScalarValue::Bytes(bytes))]);
            RevocationPart::read(&header, std::iter::once(&change)).map(|part| part.ids.len())
        };
        let bytes = |count: usize| ids(count).iter().flat_map(|id| id.0).collect::<Vec<u8>>();
        assert_eq!(said(bytes(3)), Some(3));
        assert_eq!(said(bytes(RevocationPart::IDS_MAX)), Some(RevocationPart::IDS_MAX));
        assert_eq!(said(bytes(RevocationPart::IDS_MAX + 1)), None);
        assert_eq!(said(Vec::new()), None);
        assert_eq!(said(bytes(2)[..63].to_vec()), None);
        let twice = [bytes(1), bytes(1)].concat();
        assert_eq!(said(twice), None);
        let (mut turned, sorted) = (bytes(2), bytes(2));
        turned.rotate_left(32);
        assert_ne!(turned, sorted);
        assert_eq!(said(turned), None);
    }
}
