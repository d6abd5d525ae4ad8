//! What a reconvening makes of what is agreed.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_governance::Stands;
use knotwork_identity::{PublicKey, SecretKey};

use crate::{Agreed, Gone, Matter, Minute, Misfit, Parting, Proof, ProofError, Reconvening, Unverified};

impl Agreed {
    /// The minute with which an organisation reconvenes the network as it is now: it carries over all on the roster but
    /// those that are left, of each of which stands what is named.
    ///
    /// # Errors
    /// When it cannot: it is not on the roster with a node of its own, or whom it leaves is not.
    pub fn reconvene(&self, first: &SecretKey, left: BTreeMap<PublicKey, Stands>) -> Result<Minute, Misfit> {
        if let Some(stranger) = left.keys().find(|organisation| !self.parties.contains_key(organisation)) {
            return Err(Misfit::NotOnRoster(*stranger));
        }
        let carried = self.parties.keys().filter(|organisation| !left.contains_key(organisation)).copied().collect();
        let place = (self.network, self.height + 1, self.hash);
        let minute =
            self.next(Matter::Reconvened(Reconvening::sign(place, first, carried, left.into_iter().collect())));
        self.clone().retrace(&minute, &Proof::NONE).map(|()| minute).map_err(|error| match error {
            Unverified::Misfit(misfit) => misfit,
            Unverified::Proof(_) => Misfit::Reconvened,
        })
    }

    /// Takes in the next minute as [`Agreed::follow`] does, and a reconvening as well: whoever calls this has the minutes
    /// from its own disk, or from a file whose network it goes along with.
    ///
    /// # Errors
    /// As [`Agreed::follow`].
    pub fn retrace(&mut self, minute: &Minute, proof: &Proof) -> Result<(), Unverified> {
        let Matter::Reconvened(reconvening) = &minute.matter else { return self.follow(minute, proof) };
        self.check_place(minute)?;
        if *proof != Proof::NONE {
            return Err(ProofError::NotASigner(reconvening.first).into());
        }
        let place = (self.network, minute.height, minute.previous);
        reconvening.verify(place).map_err(|_| Misfit::Signature(reconvening.first))?;
        let mut next = self.clone();
        next.take_reconvening(reconvening)?;
        next.network = Reconvening::network(minute);
        next.reconvened.push((minute.height, next.network));
        (next.height, next.hash) = (minute.height, minute.hash());
        *self = next;
        Ok(())
    }

    /// The minute with which the present network began: 0, or that of the latest reconvening.
    #[must_use]
    pub fn began(&self) -> u64 {
        self.began_by(self.height)
    }

    /// The minute with which the network began that there was with this many minutes.
    #[must_use]
    pub fn began_by(&self, height: u64) -> u64 {
        self.reconvened.iter().rev().map(|(began, _)| *began).find(|began| *began <= height).unwrap_or(0)
    }

    /// The organisations that the latest reconvening left behind and that have not come back, and what stands of them.
    pub fn left_behind(&self) -> impl Iterator<Item = (&PublicKey, &Stands)> {
        let began = self.began();
        let left = self.gone.iter().filter(move |(_, gone)| gone.how == Parting::LeftBehind && gone.until == began);
        left.map(|(organisation, gone)| (organisation, &gone.stands))
    }

    fn take_reconvening(&mut self, reconvening: &Reconvening) -> Result<(), Misfit> {
        let Reconvening { first, carried, left, .. } = reconvening;
        let named: BTreeSet<PublicKey> =
            carried.iter().chain(left.iter().map(|(organisation, _)| organisation)).copied().collect();
        let all = self.parties.keys().eq(&named) && named.len() == carried.len() + left.len();
        if !all || carried.binary_search(first).is_err() {
            return Err(Misfit::NotTheRoster);
        }
        let height = self.height + 1;
        for (organisation, stands) in left {
            let party = self.parties.remove(organisation).ok_or(Misfit::NotOnRoster(*organisation))?;
            let (how, stands) = (Parting::LeftBehind, *stands);
            let gone = Gone { since: party.since, until: height, how, stands, word: party.word };
            self.gone.insert(*organisation, gone);
        }
        for (organisation, party) in &mut self.parties {
            party.accepted = organisation == first;
            party.resting = None;
        }
        self.settle()
    }
}
