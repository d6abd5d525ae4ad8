//! The messages of one comparison. Each is a function of the set and the peer's last message: between messages the
//! answering side keeps nothing, and the asking side only what it found so far.

use knotwork_identity::ChangeId;
use negentropy::{Id, Negentropy, NegentropyStorageBase};
use thiserror::Error;

/// A set whose ranges can be compared: the set of a space, or a salted copy of one.
pub trait Ranges: sealed::Sealed {
    #[doc(hidden)]
    type Storage: NegentropyStorageBase;
    #[doc(hidden)]
    fn storage(&self) -> &Self::Storage;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for crate::ChangeSet {}

impl Ranges for crate::ChangeSet {
    type Storage = Self;

    fn storage(&self) -> &Self {
        self
    }
}

/// What the asking side has found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Ids that the peer lacks.
    pub have: Vec<ChangeId>,
    /// Ids that the peer has and we lack; whether they exist is the peer's claim.
    pub need: Vec<ChangeId>,
}

impl Difference {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.have.is_empty() && self.need.is_empty()
    }

    /// How many ids were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.have.len() + self.need.len()
    }
}

/// The first message of the asking side.
///
/// # Errors
/// None in practice: the set is ours.
pub fn begin(set: &impl Ranges) -> Result<Vec<u8>, ReconcileError> {
    Ok(Negentropy::borrowed(set.storage(), FRAME_BYTES_MAX as u64)?.initiate()?)
}

/// The answering side's reply to a message.
///
/// # Errors
/// When the message is not one of the protocol.
pub fn answer(set: &impl Ranges, message: &[u8]) -> Result<Vec<u8>, ReconcileError> {
    check_len(message)?;
    Ok(Negentropy::borrowed(set.storage(), FRAME_BYTES_MAX as u64)?.reconcile(message)?)
}

/// The asking side's next message after a reply, or `None` when all is found. What was found is added to `found`.
///
/// # Errors
/// When the reply is not one of the protocol.
pub fn proceed(set: &impl Ranges, reply: &[u8], found: &mut Difference) -> Result<Option<Vec<u8>>, ReconcileError> {
    check_len(reply)?;
    let mut negentropy = Negentropy::borrowed(set.storage(), FRAME_BYTES_MAX as u64)?;
    negentropy.set_initiator();
    let (mut have, mut need): (Vec<Id>, Vec<Id>) = (Vec::new(), Vec::new());
    let next = negentropy.reconcile_with_ids(reply, &mut have, &mut need)?;
    // The library gathers what we need in a hash set, whose order differs from run to run.
    need.sort_unstable();
    found.have.extend(have.iter().map(|id| ChangeId(**id)));
    found.need.extend(need.iter().map(|id| ChangeId(**id)));
    Ok(next)
}

/// Why a comparison ended.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ReconcileError {
    /// The peer's message is not one of the protocol.
    #[error("a reconciliation message cannot be read: {0}")]
    Message(#[from] negentropy::Error),
    /// The peer's message is too long.
    #[error("a reconciliation message of {0} bytes is above the limit of {FRAME_BYTES_MAX}")]
    TooLong(usize),
}

fn check_len(message: &[u8]) -> Result<(), ReconcileError> {
    if message.len() > FRAME_BYTES_MAX { Err(ReconcileError::TooLong(message.len())) } else { Ok(()) }
}

/// The longest message of a comparison, in bytes. Without it 5 bytes can ask for megabytes.
pub const FRAME_BYTES_MAX: usize = 60_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use knotwork_identity::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{ChangeSet, SaltedSet};

    fn id(number: u32) -> ChangeId {
        ChangeId(knotwork_identity::sha256(&[&number.to_be_bytes()]))
    }

    fn set(numbers: impl IntoIterator<Item = u32>) -> ChangeSet {
        ChangeSet::from_ids(
            numbers
                .into_iter()
                .map(|number| (Timestamp::from_milliseconds(u64::from(number / 7)).expect("small"), id(number))),
        )
    }

    /// Runs a whole comparison; gives the difference, the number of round trips and the bytes both ways.
    fn compare(ours: &impl Ranges, theirs: &impl Ranges) -> (Difference, usize, usize) {
        let mut found = Difference::default();
        let (mut rounds, mut bytes) = (0, 0);
        let mut message = Some(begin(ours).expect("begins"));
        while let Some(query) = message {
            let reply = answer(theirs, &query).expect("answers");
            bytes += query.len() + reply.len();
            rounds += 1;
            message = proceed(ours, &reply, &mut found).expect("proceeds");
            assert!(rounds < 1_000, "a comparison must end");
        }
        (found, rounds, bytes)
    }

    #[test]
    fn equal_sets_cost_one_small_message_each_way() {
        let (found, rounds, bytes) = compare(&set(0..10_000), &set(0..10_000));
        assert!(found.is_empty());
        assert_eq!(rounds, 1);
        assert!(bytes < 500, "{bytes} bytes");
    }

    #[test]
    fn few_differences_cost_by_their_number_and_not_by_the_set() {
        let (found, _, bytes) = compare(&set(0..10_000), &set(10..10_000));
        assert_eq!((found.have.len(), found.need.len()), (10, 0));
        assert!(bytes < 6_000, "{bytes} bytes");
    }

    proptest! {
        /// Whatever two sets hold, the difference is exactly the symmetric difference; salted or not.
        #[test]
        fn the_difference_is_found(ours in prop::collection::btree_set(0_u32..4_000, 0..800), theirs in prop::collection::btree_set(0_u32..4_000, 0..800), salt: [u8; 16]) {
            let have: BTreeSet<ChangeId> = ours.difference(&theirs).map(|number| id(*number)).collect();
            let need: BTreeSet<ChangeId> = theirs.difference(&ours).map(|number| id(*number)).collect();
            let (our_set, their_set) = (set(ours), set(theirs));
            let (found, _, _) = compare(&our_set, &their_set);
            prop_assert_eq!(found.have.iter().copied().collect::<BTreeSet<_>>(), have.clone());
            prop_assert_eq!(found.need.iter().copied().collect::<BTreeSet<_>>(), need.clone());

            let (our_salted, their_salted) = (SaltedSet::new(&our_set, salt), SaltedSet::new(&their_set, salt));
            let (found, _, _) = compare(&our_salted, &their_salted);
            prop_assert_eq!(our_salted.unsalted(&found.have).into_iter().collect::<BTreeSet<_>>(), have);
            prop_assert_eq!(their_salted.unsalted(&found.need).into_iter().collect::<BTreeSet<_>>(), need);
        }

        /// No bytes of a peer make either side panic, or answer with more than a frame.
        #[test]
        fn hostile_messages_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), len in 0_u32..300, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5)) {
            let set = set(0..len);
            let mut valid = begin(&set).expect("begins");
            for (place, value) in flips {
                let place = place.index(valid.len());
                valid[place] = value;
            }
            for message in [[&[0x61][..], &bytes].concat(), valid] {
                if let Ok(reply) = answer(&set, &message) {
                    prop_assert!(reply.len() <= FRAME_BYTES_MAX);
                }
                let _ = proceed(&set, &message, &mut Difference::default());
            }
        }
    }

    #[test]
    fn a_message_above_the_limit_is_refused() {
        let long = vec![0x61; FRAME_BYTES_MAX + 1];
        assert_eq!(answer(&set(0..3), &long), Err(ReconcileError::TooLong(FRAME_BYTES_MAX + 1)));
    }
}
