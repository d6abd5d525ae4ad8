//! Too many are gone for good, and the others reconvene the network without them.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_governance::{Said, Stands};
use knotwork_identity::PublicKey;
use knotwork_minutes::Proof;

use super::{Happening, World};
use crate::{
    Breach,
    minutes::{
        disk::{read_minute, write_minute},
        scenario::Mesh,
    },
};

/// Who is apart from the others for good.
#[derive(Debug, Default)]
pub(crate) struct Parted {
    /// Too many are gone, and nothing can be final.
    stuck: bool,
    /// Whether the network was reconvened.
    reconvened: bool,
    /// Nodes that stay down.
    gone: BTreeSet<usize>,
    /// Whose they are.
    organisations: Vec<PublicKey>,
    /// All minutes up to the reconvening.
    file: Vec<Vec<u8>>,
    /// Nodes that have found each other to be in different networks.
    strangers: BTreeSet<(usize, usize)>,
}

impl Parted {
    pub(super) fn is_gone(&self, place: usize) -> bool {
        self.gone.contains(&place)
    }

    pub(super) fn are_strangers(&self, one: usize, other: usize) -> bool {
        self.strangers.contains(&(one.min(other), one.max(other)))
    }

    /// Whether a copy of a disk may be of a network that cannot be gone back to.
    pub(super) fn forbids_copies(&self) -> bool {
        self.stuck
    }

    /// Whether who has lost its store needs a file of minutes, which it does not get from others.
    pub(super) fn needs_files(&self) -> bool {
        self.reconvened
    }

    /// Whoever was left behind is up again, and in the network before.
    pub(super) fn end_absences(&mut self) {
        self.gone.clear();
    }
}

impl World {
    /// So many of those who sign stop for good that nothing can be final any more. Gives nothing where nobody could go on.
    pub(crate) fn lose_too_many(&mut self) -> Result<Option<Loss>, Breach> {
        let signers = self.watch.latest().signers();
        let (count, needed) = (signers.len(), signers.quorum());
        // Who has nothing to hide and nothing to remember goes last: of those who stay, less than a third may lie, and a
        // network of few may have nobody whose disk is a copy.
        let mut places = self.places_of_signers();
        self.dice.shuffle(&mut places);
        places.sort_by_key(|place| (self.nodes[*place].is_honest(), !self.is_copied(*place)));
        let least = count - needed + 1;
        if least >= count {
            return Ok(None);
        }
        let gone = self.dice.between(least as u64, count as u64 - 1) as usize;
        let (gone, stay) = places.split_at(gone);
        let troubled = stay.iter().filter(|place| !self.nodes[**place].is_honest()).count();
        if troubled > (stay.len() - 1) / 3 || stay.iter().any(|place| self.is_copied(*place)) {
            return Ok(None);
        }
        let loss = Loss { height: self.watch.latest().height(), first: stay[stay.len() - 1] };
        for place in gone {
            let node = self.nodes[*place].public();
            let Some(organisation) = self.watch.latest().organisation_of_node_ever(&node) else { continue };
            self.lose(organisation)?;
        }
        self.parted.stuck = true;
        self.begin_storm();
        Ok(Some(loss))
    }

    /// The network is reconvened by one of those who are left, and each of the others goes along at its own time.
    pub(crate) fn reconvene(&mut self, loss: &Loss) -> Result<(), Breach> {
        let before = self.watch.latest().clone();
        if before.height() != loss.height {
            return Err(Breach::new("minutes are final although too many are gone"));
        }
        let left: BTreeMap<PublicKey, Stands> = self
            .parted
            .organisations
            .iter()
            .map(|organisation| (*organisation, Stands { count: 0, digest: self.dice.bytes() }))
            .collect();
        let node = self.nodes[loss.first].public();
        let whose = before.organisation_of_node_ever(&node);
        let first = self.cast.organisations.iter().find(|key| Some(key.public()) == whose);
        let first = first.ok_or_else(|| Breach::new("nobody is there to reconvene"))?;
        let minute = before.reconvene(first, left);
        let minute = minute.map_err(|misfit| Breach::new(format!("it cannot be reconvened: {misfit}")))?;
        let kept = write_minute(&minute, &Proof::NONE);
        self.trace.note(self.agenda.now(), format_args!("node {} reconvenes", loss.first));
        self.watch.minuted(self.agenda.now(), minute.height, &kept, &self.papers, &mut self.sightings)?;
        self.sightings.see("a network is reconvened");
        self.wishes.begin_anew();
        let mut file = self.nodes[loss.first].disk.minutes();
        file.push(kept);
        self.parted.file = file;
        // Who was connected through those who are gone looks for others.
        self.scenario.mesh = Mesh::Full;
        (self.parted.stuck, self.parted.reconvened) = (false, true);
        self.go_along(loss.first)?;
        for node in 0..self.nodes.len() {
            if node != loss.first && !self.nodes[node].left {
                let after = self.dice.below(GONE_ALONG_MILLISECONDS);
                self.agenda.after(after, Happening::GoAlong { node });
            }
        }
        let back = self.agenda.now() + GONE_ALONG_MILLISECONDS;
        if self.dice.chance(500) {
            for node in (0..self.nodes.len()).filter(|node| self.nodes[*node].left) {
                let after = self.dice.below(GONE_ALONG_MILLISECONDS);
                self.agenda.at(back + after, Happening::ComeBack { node });
            }
        }
        self.run_until(back + 2 * GONE_ALONG_MILLISECONDS)
    }

    /// A node takes up the file of minutes that ends with the reconvening, and its organisation accepts anew.
    pub(super) fn go_along(&mut self, place: usize) -> Result<(), Breach> {
        self.stop(place)?;
        let node = &mut self.nodes[place];
        if !is_beginning_of(&self.parted.file, &node.disk.minutes())? && node.is_honest() {
            return Err(Breach::new("it has other minutes than those that are reconvened").of_node(place));
        }
        let behind = self.watch.latest().height() > self.parted.file.len() as u64;
        self.sightings.see_if(behind, "a node goes along when others have gone on");
        node.disk.take_up(&self.parted.file);
        // A copy of before would be of another network.
        node.copy = None;
        self.parted.strangers.retain(|(one, other)| *one != place && *other != place);
        self.trace.note(self.agenda.now(), format_args!("node {place} goes along"));
        self.start(place)?;
        let agreed = self.watch.latest().clone();
        let node = self.nodes[place].public();
        let Some(organisation) = agreed.organisation_of_node_ever(&node) else { return Ok(()) };
        let waits = agreed.parties().get(&organisation).is_some_and(|party| !party.accepted);
        let own = self.cast.organisations.iter().position(|key| key.public() == organisation);
        match own {
            // A liar waits until there are enough others.
            Some(own) if waits && self.nodes[place].is_honest() => {
                self.speak(&agreed, own, Said::Accept(agreed.charter().digest))
            }
            _ => Ok(()),
        }
    }

    /// Somebody who was left behind is back, and is still in the network before.
    pub(super) fn come_back_left(&mut self, place: usize) -> Result<(), Breach> {
        self.sightings.see("somebody who was left behind is back");
        self.parted.gone.remove(&place);
        self.start(place)
    }

    /// Two nodes are in different networks: they leave each other alone.
    pub(super) fn part_from_stranger(&mut self, place: usize, other: usize) -> Result<(), Breach> {
        self.parted.strangers.insert((place.min(other), place.max(other)));
        self.disconnect(place, other)
    }

    /// An organisation's nodes stop for good.
    fn lose(&mut self, organisation: PublicKey) -> Result<(), Breach> {
        for place in 0..self.nodes.len() {
            let node = self.nodes[place].public();
            let own = self.cast.organisations.get(place).map(knotwork_identity::SecretKey::public);
            let whose = self.watch.latest().organisation_of_node_ever(&node).or(own);
            if whose == Some(organisation) {
                self.stop(place)?;
                self.nodes[place].left = true;
                self.parted.gone.insert(place);
            }
        }
        self.parted.organisations.push(organisation);
        Ok(())
    }

    fn is_copied(&self, place: usize) -> bool {
        self.nodes[place].disk.is_copied()
    }
}

/// Whether these are the first of those. Each node keeps the signatures that it saw.
fn is_beginning_of(all: &[Vec<u8>], own: &[Vec<u8>]) -> Result<bool, Breach> {
    let Some((last, before)) = own.split_last() else { return Ok(true) };
    let Some(same) = all.get(before.len()) else { return Ok(false) };
    // Each names the one before by its hash.
    Ok(read_minute(last)?.0 == read_minute(same)?.0)
}

/// How things stood when too many were gone.
pub(crate) struct Loss {
    /// The last minute.
    height: u64,
    /// Whose node reconvenes.
    first: usize,
}

/// Within which time everybody has gone along who does.
const GONE_ALONG_MILLISECONDS: u64 = 600_000;
