//! The one place that signs: it keeps what it signed, and refuses a second message for one slot.

use std::collections::BTreeMap;

use knotwork_identity::{MinuteHash, NetworkId, PublicKey, SecretKey, Signature};
use thiserror::Error;

use crate::{
    Step,
    message::{proposal_bytes, vote_bytes},
};

/// A place in a height at which a node says one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) round: u32,
    /// None for the chair's proposal.
    pub(crate) step: Option<Step>,
}

/// What was said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) lock: Option<u32>,
    pub(crate) minute: Option<MinuteHash>,
}

/// Signs for one node, one height after the other.
pub(crate) struct Pen {
    network: NetworkId,
    key: SecretKey,
    height: u64,
    spoken: BTreeMap<Slot, Spoken>,
}

impl Pen {
    pub(crate) fn new(network: NetworkId, key: SecretKey) -> Self {
        Self { network, key, height: 0, spoken: BTreeMap::new() }
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// Goes on with this height. Nothing below is ever signed again.
    pub(crate) fn turn_to(&mut self, height: u64) {
        if height > self.height {
            self.height = height;
            self.spoken.clear();
        }
    }

    /// Remembers what the log says was signed.
    pub(crate) fn recall(&mut self, slot: Slot, spoken: Spoken) {
        self.spoken.entry(slot).or_insert(spoken);
    }

    /// Whether this was signed at this height, as far as is remembered.
    pub(crate) fn has_said(&self, height: u64, slot: Slot, spoken: Spoken) -> bool {
        height == self.height && self.spoken.get(&slot) == Some(&spoken)
    }

    /// Signs, if nothing else was signed in this place. Says also whether it is new, and so has to be written down.
    pub(crate) fn sign(&mut self, height: u64, slot: Slot, spoken: Spoken) -> Result<(Signature, bool), Refused> {
        if height != self.height {
            return Err(Refused { height, slot });
        }
        let known = self.spoken.get(&slot);
        if known.is_some_and(|known| *known != spoken) {
            return Err(Refused { height, slot });
        }
        let new = known.is_none();
        self.spoken.insert(slot, spoken);
        let bytes = match (slot.step, spoken.minute) {
            (Some(step), minute) => vote_bytes(self.network, height, slot.round, step, minute),
            (None, Some(minute)) => proposal_bytes(self.network, height, slot.round, spoken.lock, minute),
            (None, None) => return Err(Refused { height, slot }),
        };
        Ok((self.key.sign(&bytes), new))
    }
}

/// The signer was asked for a second word in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signer is asked for a second word at height {height}, {slot:?}")]
pub(crate) struct Refused {
    height: u64,
    slot: Slot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice_and_nothing_below() {
        let mut pen = Pen::new(NetworkId([1; 32]), SecretKey::from_seed(&[2; 32]));
        pen.turn_to(5);
        let slot = Slot { round: 0, step: Some(Step::Prevote) };
        let one = Spoken { lock: None, minute: Some(MinuteHash([1; 32])) };
        let other = Spoken { lock: None, minute: None };
        let (signature, new) = pen.sign(5, slot, one).expect("the first");
        assert!(new);
        assert_eq!(pen.sign(5, slot, one), Ok((signature, false)));
        assert!(pen.sign(5, slot, other).is_err());
        assert!(pen.sign(4, slot, one).is_err() && pen.sign(6, slot, one).is_err());
        pen.turn_to(6);
        assert!(pen.sign(5, slot, one).is_err());
        assert!(pen.sign(6, slot, other).is_ok());
        pen.turn_to(5);
        assert!(pen.sign(5, slot, one).is_err(), "a pen never goes back");
    }
}
