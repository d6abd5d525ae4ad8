//! What is promised, checked as it happens: one minute a height, one word a slot, and nothing counted wrongly.

use std::collections::BTreeMap;

use knotwork_identity::{ChangeId, DocumentId, Genesis, PublicKey, encode};
use knotwork_minutes::{Agreed, Matter, Message, Minute, Outcome, Weighed};

use super::{disk::read_minute, papers::Papers};
use crate::{Breach, Sightings};

/// A slot: whose, height, round, and step or proposal.
type Slot = (PublicKey, u64, u32, u8);

/// Everything that honest nodes have said and kept.
pub(crate) struct Watch {
    /// What a newcomer makes of the minutes, after each of them.
    states: Vec<Agreed>,
    minutes: Vec<Minute>,
    said: BTreeMap<Slot, Said>,
    /// What honest nodes held when they made their statements.
    held: BTreeMap<DocumentId, BTreeMap<PublicKey, Vec<ChangeId>>>,
    /// When each minute was first final, and last, and how many have it.
    pub(crate) finals: Vec<(u64, u64, usize)>,
}

struct Said {
    bytes: Vec<u8>,
    /// Whether an honest node was at this height when it came.
    taken: bool,
}

impl Watch {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        Self {
            states: vec![Agreed::founded(genesis)],
            minutes: Vec::new(),
            said: BTreeMap::new(),
            held: BTreeMap::new(),
            finals: Vec::new(),
        }
    }

    /// What is agreed by the latest minute that anybody honest has.
    pub(crate) fn latest(&self) -> &Agreed {
        self.states.last().unwrap_or(&self.states[0])
    }

    /// Whether after this minute, or a later one, nobody but this node had to sign the next.
    pub(crate) fn signed_alone_since(&self, height: u64, node: &PublicKey) -> bool {
        let since = usize::try_from(height).unwrap_or(usize::MAX);
        self.states.iter().skip(since).any(|agreed| agreed.signers().len() == 1 && agreed.signers().has(node))
    }

    /// An honest node signed a closing statement.
    pub(crate) fn stated(&mut self, decision: DocumentId, node: PublicKey, ballots: Vec<ChangeId>) {
        self.held.entry(decision).or_default().insert(node, ballots);
    }

    /// An honest node keeps a minute.
    pub(crate) fn minuted(
        &mut self,
        now: u64,
        height: u64,
        kept: &[u8],
        papers: &Papers,
        sightings: &mut Sightings,
    ) -> Result<(), Breach> {
        let place = usize::try_from(height).map_err(|_| Breach::new("a height without bounds"))?;
        let (minute, proof) = read_minute(kept)?;
        let before = place.checked_sub(1).and_then(|before| self.states.get(before));
        let Some(before) = before else { return Err(Breach::new(format!("minute {height} comes before the last"))) };
        let mut after = before.clone();
        after
            .retrace(&minute, &proof)
            .map_err(|error| Breach::new(format!("a newcomer does not take minute {height}: {error}")))?;
        if let Some(known) = self.minutes.get(place - 1) {
            let (first, last, nodes) = self.finals[place - 1];
            self.finals[place - 1] = (first, last.max(now), nodes + 1);
            if *known != minute {
                return Err(Breach::new(format!("two minutes are final at height {height}")));
            }
            return Ok(());
        }
        if let Matter::Outcome(outcome) = &minute.matter {
            check_outcome(before, outcome, self.held.get(&outcome.decision), papers)?;
            sightings.see_if(!outcome.effects.is_empty(), "a minute has effects");
        }
        sightings.see_if(proof.round > 0, "a later round makes a minute final");
        sightings.see_if(proof.round > 10, "a round above ten makes a minute final");
        sightings.see_if(before.signers().iter().ne(after.signers().iter()), "who signs changes between two heights");
        sightings.see_if(after.parties().len() > before.parties().len(), "a minute admits an organisation");
        sightings.see_if(after.gone().len() > before.gone().len(), "a minute ends an organisation's part");
        self.minutes.push(minute);
        self.states.push(after);
        self.finals.push((now, now, 1));
        Ok(())
    }

    /// A node has come to what is agreed after its last minute: the same as everyone.
    pub(crate) fn compare(&self, agreed: &Agreed) -> Result<(), Breach> {
        let place = usize::try_from(agreed.height()).unwrap_or(usize::MAX);
        let Some(state) = self.states.get(place) else {
            return Err(Breach::new("it is ahead of every minute that was kept"));
        };
        let same = state.hash() == agreed.hash()
            && state.parties() == agreed.parties()
            && state.gone() == agreed.gone()
            && state.charter() == agreed.charter()
            && state.stage() == agreed.stage();
        let decided = self.minutes[..place].iter().all(|minute| match &minute.matter {
            Matter::Outcome(outcome) => agreed.minute_of(&outcome.decision) == Some(minute.height),
            Matter::Word(_) | Matter::Reconvened(_) => true,
        });
        if same && decided {
            Ok(())
        } else {
            Err(Breach::new(format!("after minute {place} it has come to something else")))
        }
    }

    /// A message of an honest node's own leaves it.
    pub(crate) fn said(&mut self, message: &Message) -> Result<(), Breach> {
        let bytes = encode(message);
        let slot = slot_of(message);
        let said = self.said.entry(slot).or_insert_with(|| Said { bytes: bytes.clone(), taken: false });
        if said.bytes == bytes {
            return Ok(());
        }
        let (_, height, round, step) = slot;
        Err(Breach::new(format!("it says two things at height {height}, round {round}, step {step}")))
    }

    /// A message came to an honest node that is at its height. Says whether its author said something else there, too.
    pub(crate) fn taken(&mut self, message: &Message) -> bool {
        match self.said.get_mut(&slot_of(message)) {
            Some(said) => {
                let same = said.bytes == encode(message);
                said.taken |= same;
                !same
            }
            None => {
                // A liar's: remembered, to see when it says something else.
                self.said.insert(slot_of(message), Said { bytes: encode(message), taken: true });
                false
            }
        }
    }

    /// A node goes back to a copy: what nobody has of what it said was never said.
    pub(crate) fn restored(&mut self, node: PublicKey) {
        self.said.retain(|slot, said| slot.0 != node || said.taken);
    }
}

fn slot_of(message: &Message) -> Slot {
    match message {
        Message::Proposal(proposal) => (proposal.node, proposal.height, proposal.round, 0),
        Message::Vote(vote) => (vote.node, vote.height, vote.round, vote.step as u8),
    }
}

/// What is minuted is what the ballots say, and leaves out none that enough honest nodes held.
fn check_outcome(
    before: &Agreed,
    outcome: &Outcome,
    held: Option<&BTreeMap<PublicKey, Vec<ChangeId>>>,
    papers: &Papers,
) -> Result<(), Breach> {
    if papers.weigh(outcome, None) != Weighed::Right {
        return Err(Breach::new("an outcome is minuted that is not what its ballots say"));
    }
    let signers = before.signers();
    if outcome.statements.len() < signers.quorum() {
        return Err(Breach::new("an outcome is minuted with too few closing statements"));
    }
    let most = signers.len() - signers.quorum();
    let mut holders: BTreeMap<ChangeId, usize> = BTreeMap::new();
    for (node, ballots) in held.into_iter().flatten() {
        if signers.has(node) {
            for ballot in ballots {
                *holders.entry(*ballot).or_default() += 1;
            }
        }
    }
    for (ballot, count) in holders {
        if count > most && outcome.ballots.binary_search(&ballot).is_err() {
            return Err(Breach::new(format!("a ballot that {count} honest organisations held is left out")));
        }
    }
    Ok(())
}
