//! The minutes, as they are read: one entry for each, and where they stand.

use knotwork_governance::{Said, Word};
use knotwork_identity::{DocumentId, MinuteHash, PublicKey};
use knotwork_minutes::{Matter, Minute, Outcome, Proof, Standing, write_minute};
use knotwork_replica::{Roster as _, minute_in};

use crate::{
    Command, CommandError, DecisionError, DecisionState, Member, NodeHandle, handle::storage_error, hearing::Unheard,
};

/// A final minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinuteEntry {
    /// The minute.
    pub minute: Minute,
    /// Its hash, the same on every node.
    pub hash: MinuteHash,
    /// Who signed it.
    pub proof: Proof,
}

/// Where the minutes stand on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesStanding {
    /// What the minutes say of themselves; none where this node takes no part in them.
    pub standing: Option<Standing>,
    /// How many organisations have to sign.
    pub needed: usize,
    /// How many sign in all.
    pub signing: usize,
    /// How many of them can be reached now, this node counted.
    pub reachable: usize,
    /// The names of the signing organisations that cannot be reached now, from A to Z.
    pub unreached: Vec<String>,
    /// How many of them are usually reachable: heard of within [`HEARD_DAYS`](crate::HEARD_DAYS), this node counted.
    pub usual: usize,
    /// The names of those that were heard of once, and not for so long, from A to Z.
    pub unheard: Vec<String>,
    /// The names of those that were not heard of yet, from A to Z.
    pub never_heard: Vec<String>,
}

/// A decision that has closed and cannot be minuted yet, as too few organisations have said which answers they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnstatedDecision {
    /// The decision.
    pub decision: DocumentId,
    /// What it is called.
    pub title: String,
    /// The names of the signing organisations that have not said it, from A to Z.
    pub names: Vec<String>,
}

impl NodeHandle {
    /// The most decisions that are listed as waiting for statements.
    pub const UNSTATED_MAX: usize = 100;

    /// One minute.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn minute(&self, height: u64) -> Result<Option<MinuteEntry>, CommandError> {
        let found = minute_in(self.storage(), height).map_err(storage_error)?;
        Ok(found.map(|(minute, proof)| MinuteEntry { hash: minute.hash(), minute, proof }))
    }

    /// Minutes below a height, the latest first; at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn minutes_before(&self, below: Option<u64>, limit: usize) -> Result<Vec<MinuteEntry>, CommandError> {
        let height = self.agreed().height();
        let from = below.map_or(height, |below| below.saturating_sub(1).min(height));
        let mut entries = Vec::new();
        for height in (1..=from).rev().take(limit) {
            entries.extend(self.minute(height)?);
        }
        Ok(entries)
    }

    /// Minutes from a height on as bytes, each with its proof, in their order; at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn minutes_bytes(&self, from: u64, limit: usize) -> Result<Vec<Vec<u8>>, CommandError> {
        let mut all = Vec::new();
        for height in (from.max(1)..=self.agreed().height()).take(limit) {
            match self.minute(height)? {
                Some(entry) => all.push(write_minute(&entry.minute, &entry.proof)),
                None => break,
            }
        }
        Ok(all)
    }

    /// Where the minutes stand.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn minutes_standing(&self) -> Result<MinutesStanding, CommandError> {
        let (agreed, status) = (self.agreed(), self.status());
        let signers = agreed.signers();
        let own = self.node_key();
        let connected =
            |node: &PublicKey| *node == own || status.peers.iter().any(|peer| peer.node == *node && peer.connected);
        let named = |organisations: &mut dyn Iterator<Item = PublicKey>| {
            let mut names: Vec<String> = organisations.map(|organisation| self.name_of(&organisation)).collect();
            names.sort_by_cached_key(|name| name.to_lowercase());
            names
        };
        let unconnected = signers.iter().filter(|signer| !connected(&signer.node));
        let unreached = named(&mut unconnected.map(|signer| signer.organisation));
        let Unheard { for_days, never } = self.signers_unheard()?;
        let (unheard, never_heard) = (named(&mut for_days.into_iter()), named(&mut never.into_iter()));
        Ok(MinutesStanding {
            standing: status.minutes.clone(),
            needed: signers.quorum(),
            signing: signers.len(),
            reachable: signers.len() - unreached.len(),
            unreached,
            usual: signers.len() - unheard.len() - never_heard.len(),
            unheard,
            never_heard,
        })
    }

    /// The decisions that have closed and wait for closing statements, the latest first, and no more than
    /// [`NodeHandle::UNSTATED_MAX`]. Where this organisation is not in the network any more, none waits here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unstated_decisions(&self) -> Result<Vec<UnstatedDecision>, CommandError> {
        let mut waiting = Vec::new();
        if self.outside().is_some() {
            return Ok(waiting);
        }
        let needed = self.agreed().signers().quorum();
        for head in self.decisions()?.into_iter().filter(|head| head.state == DecisionState::Closed) {
            let entry = self.decision(&head.id)?;
            // It may have become final meanwhile.
            if entry.minuted.is_some() || entry.stated.len() >= needed {
                continue;
            }
            let mut names: Vec<String> = entry.unstated.iter().map(|organisation| self.name_of(organisation)).collect();
            names.sort_by_cached_key(|name| name.to_lowercase());
            waiting.push(UnstatedDecision { decision: entry.id, title: entry.terms.title, names });
            if waiting.len() == Self::UNSTATED_MAX {
                break;
            }
        }
        Ok(waiting)
    }

    /// Has this organisation say something for itself, to be minuted. A steward does that.
    ///
    /// # Errors
    /// When the member is no steward, it does not fit what is agreed, or the node cannot write.
    pub async fn say(&self, steward: &Member, said: Said) -> Result<(), CommandError> {
        self.check_steward(&steward.person)?;
        self.speak(said).await
    }

    /// This organisation says something for itself, whoever has it say so.
    pub(crate) async fn speak(&self, said: Said) -> Result<(), CommandError> {
        self.check_word(said)?;
        let key = Box::new(self.organisation_secret().clone());
        self.send(|reply| Command::Say { said, key, reply }).await.map(drop)
    }

    /// Whether this organisation could say this now.
    pub(crate) fn check_word(&self, said: Said) -> Result<(), CommandError> {
        if self.waits_to_be_admitted() {
            return Err(CommandError::NotAdmitted("say this"));
        }
        if !self.agreed().parties().contains_key(&self.organisation_key()) {
            return Err(DecisionError::Word("your organisation is not in the network any more".into()).into());
        }
        if matches!(said, Said::Rest(until) if until <= self.now()) {
            return Err(DecisionError::RestsUntil.into());
        }
        // The replica numbers and signs it; whether it fits does not hang on the number.
        let word = Word::say(self.network(), self.organisation_secret(), u64::MAX, said);
        let fits = self.agreed().fits(&Matter::Word(word));
        fits.map_err(|misfit| DecisionError::Word(misfit.to_string()).into())
    }

    /// The organisation for which a node speaks in the minutes, or has spoken.
    #[must_use]
    pub fn organisation_of_node(&self, node: &PublicKey) -> Option<PublicKey> {
        self.agreed().organisation_of_node_ever(node)
    }

    /// What a decision was called by these terms, if they are here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn minuted_title(&self, outcome: &Outcome) -> Result<Option<String>, CommandError> {
        Ok(self.terms(&outcome.decision, outcome.terms)?.map(|terms| terms.title))
    }

    /// What an organisation is called: as the network has it, or as it has applied here under its signature; else its key.
    #[must_use]
    pub fn organisation_called(&self, organisation: &PublicKey) -> String {
        let name = self.roster().name_of(organisation).or_else(|| self.applicant_called(organisation));
        name.unwrap_or_else(|| organisation.to_string())
    }
}
