//! Organisations that go: what stands of them is listed, so that every node can tell it from what they write later.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::Revocation;
use knotwork_governance::{Said, Stands};
use knotwork_identity::{ChangeId, NetworkId, PublicKey, SpaceId, sha256};
use knotwork_minutes::{Bundle, Misfit, Proof, Reconvening, write_minute};
use knotwork_replica::StandingList;

use crate::{
    Command, CommandError, DecisionError, Member, NodeHandle,
    handle::{away, storage_error},
};

/// A network that was reconvened, for those who go along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconvened {
    /// Its id.
    pub network: NetworkId,
    /// The number of the minute with which it begins.
    pub height: u64,
    /// All minutes up to that one, as a bundle.
    pub file: Vec<u8>,
}

impl NodeHandle {
    /// Which changes of an organisation stand if it goes now, as this node knows them: those that it signed itself, those
    /// of its node, and those of the keys that it certified. Reads the whole store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stands_of(&self, organisation: &PublicKey) -> Result<Stands, CommandError> {
        Ok(stands(&self.standing_changes(organisation)?))
    }

    /// Says for this organisation that it leaves. What it wrote until now stands, and is listed for the others.
    ///
    /// # Errors
    /// When the member is no steward, it cannot leave now, or the node cannot write.
    pub async fn leave_network(&self, steward: &Member) -> Result<(), CommandError> {
        self.check_steward(&steward.person)?;
        self.check_word(Said::Leave(stands(&BTreeSet::new())))?;
        let stands = self.list_standing(self.organisation_key()).await?;
        self.say(steward, Said::Leave(stands)).await
    }

    /// Reconvenes the network without some of its organisations, for those who are gone for good: the file that each of the
    /// others takes up, this node as well. Here nothing changes but that what stands of those is listed.
    ///
    /// # Errors
    /// When the member is no steward, one of them is not on the roster, nobody would be left, or the node cannot write.
    pub async fn reconvene(&self, steward: &Member, without: &BTreeSet<PublicKey>) -> Result<Reconvened, CommandError> {
        self.check_steward(&steward.person)?;
        let refused = |misfit: Misfit| CommandError::from(DecisionError::Reconvening(misfit.to_string()));
        let nothing = |organisation: &PublicKey| (*organisation, stands(&BTreeSet::new()));
        // Before anything is written.
        self.agreed().reconvene(self.organisation_secret(), without.iter().map(nothing).collect()).map_err(refused)?;
        let mut left = BTreeMap::new();
        for organisation in without {
            left.insert(*organisation, self.list_standing(*organisation).await?);
        }
        let agreed = self.agreed();
        let minute = agreed.reconvene(self.organisation_secret(), left).map_err(refused)?;
        let mut minutes = self.minutes_bytes(1, usize::try_from(agreed.height()).unwrap_or(usize::MAX))?;
        minutes.push(write_minute(&minute, &Proof::NONE));
        let mut file = Bundle::beginning(self.genesis(), minute.height);
        minutes.iter().for_each(|minute| file.extend(Bundle::part(minute)));
        Ok(Reconvened { network: Reconvening::network(&minute), height: minute.height, file })
    }

    /// Lists what stands of an organisation if it goes now, so that every node can tell it from what it writes later.
    pub(crate) async fn list_standing(&self, organisation: PublicKey) -> Result<Stands, CommandError> {
        let handle = self.clone();
        let ids = away(move || handle.standing_changes(&organisation)).await?;
        let stands = stands(&ids);
        let list = Box::new(StandingList { organisation, stands: ids, nonce: self.fresh_nonce(), time: self.now() });
        self.send(|reply| Command::ListStanding { list, reply }).await?;
        Ok(stands)
    }

    /// Whether what a member signs now is taken.
    pub(crate) fn check_signs(&self, member: &Member) -> Result<(), CommandError> {
        let (status, key) = (self.status(), member.public_key());
        match status.authors.get(&key) {
            None => Err(CommandError::Uncertified),
            Some(author) if author.revoked => Err(CommandError::KeyEnded),
            Some(_) => Ok(()),
        }
    }

    fn standing_changes(&self, organisation: &PublicKey) -> Result<BTreeSet<ChangeId>, CommandError> {
        let keys = self.keys_ever_of(organisation);
        let mut ids = BTreeSet::new();
        let mut from = 1;
        loop {
            let stored = self.storage().changes_from(from, AT_ONCE).map_err(storage_error)?;
            let Some(last) = stored.last() else { break };
            from = last.sequence + 1;
            // What the network rests on, such as certificates and words, stands in any case.
            let own = stored
                .iter()
                .filter(|one| keys.contains(&one.change.author) && one.change.header.space != SpaceId::Roster);
            ids.extend(own.map(|one| one.id));
            if ids.len() > Revocation::IDS_MAX {
                return Err(CommandError::Failed("this organisation has written more than can be listed".into()));
            }
        }
        Ok(ids)
    }
}

fn stands(ids: &BTreeSet<ChangeId>) -> Stands {
    let parts: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
    Stands { count: ids.len() as u64, digest: sha256(&parts) }
}

/// How many changes are looked at before the next are read.
const AT_ONCE: usize = 256;
