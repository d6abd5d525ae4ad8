//! What is agreed: the roster, the charter and what was decided, derived from the genesis and the minutes alone.

mod reconvened;
mod taking;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_governance::{BindingRules, Effect, Stage, Stands};
use knotwork_identity::{CharterDigest, DocumentId, Genesis, MinuteHash, NetworkId, PublicKey, Timestamp};

use crate::{
    Matter, Minute, Misfit, Proof, Signers, Unverified,
    planted::{self, Bug},
};

/// What the minutes up to one of them make of a network.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// The present one.
    network: NetworkId,
    /// The one that it goes back to, and that documents name.
    origin: NetworkId,
    /// Every minute that is a reconvening, and the network that began with it.
    reconvened: Vec<(u64, NetworkId)>,
    height: u64,
    hash: MinuteHash,
    parties: BTreeMap<PublicKey, Party>,
    gone: BTreeMap<PublicKey, Gone>,
    /// Every node that was ever on the roster, and whose it was: it never becomes another's.
    nodes_ever: BTreeMap<PublicKey, PublicKey>,
    /// All that were in force, the present one last.
    charters: Vec<CharterInForce>,
    /// Who is asked in decisions, from each minute on that changed it.
    asked: BTreeMap<u64, Arc<BTreeSet<PublicKey>>>,
    stage: Stage,
    /// Every decision that has been minuted, and where.
    decided: Arc<BTreeMap<DocumentId, u64>>,
    /// Made anew whenever the roster changes.
    signers: Arc<Signers>,
}

/// An organisation on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its node, which signs minutes for it.
    pub node: Option<PublicKey>,
    /// Whose node its members use, where it has none.
    pub host: Option<PublicKey>,
    /// Whether it has accepted. A founder that has not blocks nothing.
    pub accepted: bool,
    /// Whether it rests, and until about when if it said so; without a time, until it says that it is back.
    pub resting: Option<Option<Timestamp>>,
    /// The minute with which it came; 0 for founders.
    pub since: u64,
    /// The number of its latest word in the minutes.
    pub word: u64,
}

/// An organisation that is not on the roster any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The minute with which it came.
    pub since: u64,
    /// The minute with which it went.
    pub until: u64,
    /// How it came to that.
    pub how: Parting,
    /// What stands of what it wrote.
    pub stands: Stands,
    /// The number of its latest word in the minutes.
    pub word: u64,
}

/// How an organisation came off the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// It left.
    Left,
    /// The others decided to part with it.
    Removed,
    /// Others reconvened without it.
    LeftBehind,
}

/// The charter in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterInForce {
    /// Where its text is; none for the first, which stands in the genesis.
    pub document: Option<DocumentId>,
    /// What the text hashes to; for the first, the network's id.
    pub digest: CharterDigest,
    /// What the minutes need of it.
    pub rules: BindingRules,
    /// The minute that brought it; 0 for the first.
    pub since: u64,
}

impl Agreed {
    /// What is agreed before the first minute. The organisation that wrote the genesis begins alone: the other founders
    /// are on the roster and count once they have accepted.
    #[must_use]
    pub fn founded(genesis: &Genesis) -> Self {
        let network = genesis.network();
        let parties = genesis.founders.iter().enumerate().map(|(place, card)| {
            let party =
                Party { node: Some(card.node), host: None, accepted: place == 0, resting: None, since: 0, word: 0 };
            (card.organisation, party)
        });
        let mut agreed = Self {
            network,
            origin: network,
            reconvened: Vec::new(),
            height: 0,
            hash: MinuteHash(network.0),
            parties: parties.collect(),
            gone: BTreeMap::new(),
            nodes_ever: genesis.founders.iter().map(|card| (card.node, card.organisation)).collect(),
            charters: vec![CharterInForce {
                document: None,
                digest: CharterDigest(network.0),
                rules: BindingRules::FIRST,
                since: 0,
            }],
            asked: BTreeMap::new(),
            stage: Stage::PreEmergent,
            decided: Arc::default(),
            signers: Arc::default(),
        };
        agreed.count_signers(0);
        agreed
    }

    /// The network: what minutes and words are signed for.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// The network that it goes back to: another one only where it was reconvened. Documents name it.
    #[must_use]
    pub fn origin(&self) -> NetworkId {
        self.origin
    }

    /// Every network that it was: the origin, and one for each reconvening.
    pub fn networks(&self) -> impl Iterator<Item = NetworkId> {
        std::iter::once(self.origin).chain(self.reconvened.iter().map(|(_, network)| *network))
    }

    /// How many minutes there are.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The hash of the last minute; before the first, the network's id.
    #[must_use]
    pub fn hash(&self) -> MinuteHash {
        self.hash
    }

    /// The organisations on the roster, by key.
    #[must_use]
    pub fn parties(&self) -> &BTreeMap<PublicKey, Party> {
        &self.parties
    }

    /// The organisations that were on the roster and are not, by key.
    #[must_use]
    pub fn gone(&self) -> &BTreeMap<PublicKey, Gone> {
        &self.gone
    }

    /// Whether this was ever the node of an organisation on the roster.
    #[must_use]
    pub fn node_was_ever_on(&self, node: &PublicKey) -> bool {
        self.nodes_ever.contains_key(node)
    }

    /// The organisation that a node speaks for or once spoke for.
    #[must_use]
    pub fn organisation_of_node_ever(&self, node: &PublicKey) -> Option<PublicKey> {
        self.nodes_ever.get(node).copied()
    }

    /// Every node that an organisation has or had.
    pub fn nodes_ever_of(&self, organisation: &PublicKey) -> impl Iterator<Item = &PublicKey> {
        self.nodes_ever.iter().filter(move |(_, of)| *of == organisation).map(|(node, _)| node)
    }

    /// Who signs the next minute.
    #[must_use]
    pub fn signers(&self) -> &Arc<Signers> {
        &self.signers
    }

    /// The charter in force.
    #[must_use]
    pub fn charter(&self) -> &CharterInForce {
        self.charters.last().unwrap_or_else(|| unreachable!("a network begins with a charter"))
    }

    /// Every charter that was in force, the present one last.
    #[must_use]
    pub fn charters(&self) -> &[CharterInForce] {
        &self.charters
    }

    /// The charter that was in force when there were so many minutes.
    #[must_use]
    pub fn charter_at(&self, height: u64) -> &CharterInForce {
        self.charters.iter().rev().find(|charter| charter.since <= height).unwrap_or_else(|| self.charter())
    }

    /// Where the network says it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The minute of a decision.
    #[must_use]
    pub fn minute_of(&self, decision: &DocumentId) -> Option<u64> {
        self.decided.get(decision).copied()
    }

    /// Every decision that was minuted.
    pub fn minuted(&self) -> impl Iterator<Item = &DocumentId> {
        self.decided.keys()
    }

    /// The organisations that are asked in decisions, as of this many minutes: those on the roster that have accepted and do
    /// not rest.
    #[must_use]
    pub fn asked_at(&self, height: u64) -> Arc<BTreeSet<PublicKey>> {
        self.asked.range(..=height).next_back().map(|(_, asked)| asked.clone()).unwrap_or_default()
    }

    /// Whether an organisation was ever on the roster.
    #[must_use]
    pub fn was_ever_on(&self, organisation: &PublicKey) -> bool {
        self.parties.contains_key(organisation) || self.gone.contains_key(organisation)
    }

    /// Whether a minute may come next, as far as the minutes themselves say; ballots are weighed elsewhere.
    ///
    /// # Errors
    /// Says why it may not.
    pub fn check(&self, minute: &Minute) -> Result<(), Misfit> {
        self.check_place(minute)?;
        match &minute.matter {
            Matter::Word(word) => self.clone().take_word(word),
            Matter::Outcome(outcome) => {
                self.check_statements(outcome)?;
                self.clone().take_outcome(outcome)
            }
            Matter::Reconvened(_) => Err(Misfit::Reconvened),
        }
    }

    /// Takes in the next minute as its proof shows it to be final: the signatures of more than two thirds are enough, and
    /// neither ballots nor texts are needed. A reconvening is none that anybody may hand on: see [`Agreed::retrace`].
    ///
    /// # Errors
    /// When it is not the next, its proof shows nothing, or it does not fit what is agreed; then nothing has changed.
    pub fn follow(&mut self, minute: &Minute, proof: &Proof) -> Result<(), Unverified> {
        self.check_place(minute)?;
        if matches!(minute.matter, Matter::Reconvened(_)) {
            return Err(Misfit::Reconvened.into());
        }
        let hash = minute.hash();
        if !planted::is(Bug::SignersAtTheEnd) {
            proof.verify(self.network, minute.height, hash, &self.signers)?;
        }
        let mut next = self.clone();
        match &minute.matter {
            Matter::Word(word) => next.take_word(word)?,
            Matter::Outcome(outcome) => next.take_outcome(outcome)?,
            Matter::Reconvened(_) => return Err(Misfit::Reconvened.into()),
        }
        if planted::is(Bug::SignersAtTheEnd) {
            proof.verify(self.network, minute.height, hash, &next.signers)?;
        }
        (next.height, next.hash) = (minute.height, hash);
        *self = next;
        if let Matter::Outcome(outcome) = &minute.matter {
            // Nobody else holds it any more, so it is not copied.
            Arc::make_mut(&mut self.decided).insert(outcome.decision, self.height);
        }
        Ok(())
    }

    /// Whether a matter could be minuted next.
    ///
    /// # Errors
    /// Says why it could not.
    pub fn fits(&self, matter: &Matter) -> Result<(), Misfit> {
        self.check(&self.next(matter.clone()))
    }

    /// Whether the next minute could have these effects, one after the other.
    #[must_use]
    pub fn takes(&self, effects: &[Effect]) -> bool {
        let mut next = self.clone();
        effects.iter().all(|effect| next.take_effect(effect).is_ok()) && next.settle().is_ok()
    }

    /// Whether a matter can never be minuted any more: its decision has been, or a later word of its organisation.
    #[must_use]
    pub fn is_over(&self, matter: &Matter) -> bool {
        match matter {
            Matter::Word(word) => self.parties.get(&word.organisation).is_some_and(|party| party.word >= word.number),
            Matter::Outcome(outcome) => self.decided.contains_key(&outcome.decision),
            Matter::Reconvened(_) => true,
        }
    }

    /// The minute that would come next with this matter.
    #[must_use]
    pub fn next(&self, matter: Matter) -> Minute {
        Minute { network: self.network, height: self.height + 1, previous: self.hash, matter }
    }
}
