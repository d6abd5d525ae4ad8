//! Who signs: the organisations that run a node of their own, as of one minute.

use knotwork_identity::{PublicKey, Verifier};

use crate::planted::{self, Bug};

/// One signing organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer {
    /// The organisation's key.
    pub organisation: PublicKey,
    /// The key of the node that speaks for it.
    pub node: PublicKey,
}

/// All signing organisations, in the order of their keys, with what it takes to check their signatures.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    signers: Vec<Signer>,
    /// By node key.
    verifiers: Vec<(PublicKey, Verifier)>,
}

impl Signers {
    /// In any order. A node whose key is none cannot sign, and counts nonetheless: nobody makes N smaller by a bad key.
    pub(crate) fn new(mut signers: Vec<Signer>) -> Self {
        signers.sort_by_key(|signer| signer.organisation);
        let mut verifiers: Vec<(PublicKey, Verifier)> =
            signers.iter().filter_map(|signer| Some((signer.node, signer.node.verifier().ok()?))).collect();
        verifiers.sort_by_key(|(node, _)| *node);
        Self { signers, verifiers }
    }

    /// N.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signers.len()
    }

    /// Whether nobody signs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// q: how many have to sign, more than two thirds of N.
    #[must_use]
    pub fn quorum(&self) -> usize {
        // A mistake that is planted.
        if planted::is(Bug::HalfIsEnough) { self.len().div_ceil(2) } else { quorum(self.len()) }
    }

    /// Whether nothing is final without each of them, so that none can be passed over: of one, two or three.
    #[must_use]
    pub fn are_all_needed(&self) -> bool {
        self.quorum() == self.len()
    }

    /// How many may lie and nothing is broken: fewer than a third.
    #[must_use]
    pub fn liars_max(&self) -> usize {
        self.len().saturating_sub(1) / 3
    }

    /// Whose turn it is to propose.
    ///
    /// # Panics
    /// When nobody signs.
    #[must_use]
    pub fn chair(&self, height: u64, round: u32) -> Signer {
        let place = (height % self.len() as u64 + u64::from(round)) % self.len() as u64;
        self.signers[usize::try_from(place).expect("below N")]
    }

    /// Whether this node signs.
    #[must_use]
    pub fn has(&self, node: &PublicKey) -> bool {
        self.signers.iter().any(|signer| signer.node == *node)
    }

    /// The organisation for which a node signs.
    #[must_use]
    pub fn of_node(&self, node: &PublicKey) -> Option<Signer> {
        self.signers.iter().find(|signer| signer.node == *node).copied()
    }

    /// In the order of organisation keys.
    pub fn iter(&self) -> impl Iterator<Item = &Signer> {
        self.signers.iter()
    }

    /// What checks the signatures of a node that signs.
    pub(crate) fn verifier(&self, node: &PublicKey) -> Option<&Verifier> {
        let place = self.verifiers.binary_search_by_key(node, |(node, _)| *node).ok()?;
        Some(&self.verifiers[place].1)
    }
}

/// q of N: ⌊2N/3⌋ + 1.
#[must_use]
pub(crate) fn quorum(signers: usize) -> usize {
    2 * signers / 3 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quorum_is_more_than_two_thirds() {
        let of = [1, 2, 3, 4, 5, 6, 7, 10].map(quorum);
        assert_eq!(of, [1, 2, 3, 3, 4, 5, 5, 7]);
        for signers in 1..200 {
            assert!(3 * quorum(signers) > 2 * signers && 3 * (quorum(signers) - 1) <= 2 * signers);
        }
    }
}
