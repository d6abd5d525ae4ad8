//! Invitations into the network: each for one organisation, for some days, until it is taken back.
//!
//! Which member made one is not written down. The secret that tells which invitation an application answers is kept
//! nowhere but in the invitation itself.

use knotwork_governance::NetworkInvitation;
use knotwork_identity::{Card, PublicKey, Timestamp, sha256, to_text};

use crate::{CommandError, DecisionError, Member, NodeHandle, admissions::LocalEntry, handle::storage_error};

/// An invitation with which an organisation may still apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationEntry {
    /// Names it on lists. It follows from the secret, and the secret does not follow from it.
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// The organisation that has applied with it, whose it is from then on.
    pub organisation: Option<PublicKey>,
}

impl NodeHandle {
    /// How long an organisation may apply with an invitation, in days.
    pub const INVITATION_DAYS: u64 = 30;
    /// The most invitations that are open at once.
    pub const NETWORK_INVITATIONS_MAX: usize = 200;

    /// Invites an organisation: what to hand to it. What its application is known by is noted.
    ///
    /// # Errors
    /// When the member is no steward, this organisation is not in the network any more, too many invitations are open, or
    /// the node cannot write.
    pub fn invite_organisation(
        &self,
        steward: &Member,
        addresses: Vec<String>,
    ) -> Result<NetworkInvitation, CommandError> {
        self.check_steward(&steward.person)?;
        self.check_inside()?;
        let mut secret = [0; 32];
        (self.random())(&mut secret);
        let sponsor = Card { name: self.host_name(), organisation: self.host_key(), node: self.node_key(), addresses };
        let in_force = self.charter()?;
        let charter = if in_force.since == 0 { None } else { in_force.charter };
        let minutes = self.minutes_bytes(1, usize::MAX)?;
        self.note_invitation(id_of(&secret))?;
        Ok(NetworkInvitation { genesis: self.genesis().clone(), sponsor, charter, minutes, secret })
    }

    /// The invitations with which an organisation may still apply, the newest first.
    ///
    /// # Errors
    /// When the member is no steward, or the store cannot be read.
    pub fn network_invitations(&self, steward: &Member) -> Result<Vec<InvitationEntry>, CommandError> {
        self.check_steward(&steward.person)?;
        let now = self.now();
        let mut open = self.noted_invitations()?;
        open.retain(|entry| !entry.has_ended(now));
        open.sort_by(|one, other| (other.made, &one.id).cmp(&(one.made, &other.id)));
        Ok(open)
    }

    /// Takes an invitation back: nobody applies with it any more. An application that came by it stays.
    ///
    /// # Errors
    /// When the member is no steward, no such invitation is open, or the node cannot write.
    pub fn take_back_invitation(&self, steward: &Member, id: &str) -> Result<(), CommandError> {
        self.check_steward(&steward.person)?;
        let _writing = self.admitting();
        let now = self.now();
        let open = self.noted_invitations()?.into_iter().find(|entry| entry.id == id && !entry.has_ended(now));
        let open = open.ok_or(DecisionError::NoInvitation)?;
        self.keep_locals(vec![(name_of(&open.id), None)])
    }

    /// What to note so that the invitation with this secret is this organisation's; nothing where it is already.
    ///
    /// # Errors
    /// When there is no such invitation, it has ended, it is another's, or the store cannot be read.
    pub(crate) fn claim_invitation(
        &self,
        secret: &[u8; 32],
        organisation: &PublicKey,
    ) -> Result<Option<LocalEntry>, CommandError> {
        let refused = |reason: &str| CommandError::from(DecisionError::Application(reason.to_owned()));
        let id = id_of(secret);
        let noted = self.storage().local(&name_of(&id)).map_err(storage_error)?;
        let entry = noted.and_then(|bytes| InvitationEntry::read(id, &bytes));
        let entry = entry.ok_or_else(|| {
            refused(
                "it answers no invitation that this node knows of, or one that has ended or was taken back: ask for \
                     a new one",
            )
        })?;
        if entry.has_ended(self.now()) {
            return Err(refused("the invitation that it answers has ended: ask for a new one"));
        }
        match entry.organisation {
            Some(known) if known == *organisation => Ok(None),
            Some(_) => Err(refused(
                "another organisation has applied with this invitation, and each is for one: ask for one of your own",
            )),
            None => {
                let claimed = InvitationEntry { organisation: Some(*organisation), ..entry };
                Ok(Some((name_of(&claimed.id), Some(claimed.to_bytes()))))
            }
        }
    }

    /// Notes a new invitation, and forgets those that have ended.
    fn note_invitation(&self, id: String) -> Result<(), CommandError> {
        let _writing = self.admitting();
        let made = self.now();
        let (ended, open): (Vec<_>, Vec<_>) =
            self.noted_invitations()?.into_iter().partition(|entry| entry.has_ended(made));
        if open.len() >= Self::NETWORK_INVITATIONS_MAX {
            return Err(DecisionError::InvitationsFull(Self::NETWORK_INVITATIONS_MAX).into());
        }
        let noted = InvitationEntry { id, made, ends: end_of(made), organisation: None };
        let mut entries: Vec<_> = ended.iter().map(|entry| (name_of(&entry.id), None)).collect();
        entries.push((name_of(&noted.id), Some(noted.to_bytes())));
        self.keep_locals(entries)
    }

    /// All that are noted, those that have ended among them.
    fn noted_invitations(&self) -> Result<Vec<InvitationEntry>, CommandError> {
        let noted = self.storage().locals(INVITED).map_err(storage_error)?;
        let read = |(name, bytes): (String, Vec<u8>)| InvitationEntry::read(name.strip_prefix(INVITED)?.into(), &bytes);
        Ok(noted.into_iter().filter_map(read).collect())
    }
}

impl InvitationEntry {
    fn has_ended(&self, now: Timestamp) -> bool {
        self.ends <= now
    }

    /// When it was made, in milliseconds, and whose it is, if it is anybody's: text, with a space between.
    fn to_bytes(&self) -> Vec<u8> {
        let made = self.made.milliseconds();
        self.organisation.map_or_else(|| made.to_string(), |organisation| format!("{made} {organisation}")).into_bytes()
    }

    fn read(id: String, bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (made, organisation) = text.split_once(' ').map_or((text, None), |(made, key)| (made, Some(key)));
        let made = Timestamp::from_milliseconds(made.parse().ok()?)?;
        let organisation = organisation.map(str::parse).transpose().ok()?;
        Some(Self { id, made, ends: end_of(made), organisation })
    }
}

fn end_of(made: Timestamp) -> Timestamp {
    let end = made.milliseconds().saturating_add(NodeHandle::INVITATION_DAYS * DAY_MILLISECONDS);
    Timestamp::from_milliseconds(end).unwrap_or(Timestamp::MAX)
}

/// What names the invitation with this secret.
fn id_of(secret: &[u8; 32]) -> String {
    to_text(&sha256(&[b"knotwork/invited/1", secret])[..ID_BYTES])
}

fn name_of(id: &str) -> String {
    format!("{INVITED}{id}")
}

const INVITED: &str = "admissions/invited/";
/// So many that two invitations never have one id.
const ID_BYTES: usize = 16;
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use knotwork_identity::SecretKey;

    use super::*;

    #[test]
    fn what_is_noted_is_read_again_and_nothing_else() {
        let made = Timestamp::from_milliseconds(1_700_000_000_000).expect("a time");
        let key = SecretKey::from_seed(&[1; 32]).public();
        for organisation in [None, Some(key)] {
            let entry = InvitationEntry { id: "b".into(), made, ends: end_of(made), organisation };
            assert_eq!(InvitationEntry::read("b".into(), &entry.to_bytes()), Some(entry.clone()));
            let last = Timestamp::from_milliseconds(entry.ends.milliseconds() - 1).expect("a time");
            assert!(entry.has_ended(entry.ends) && !entry.has_ended(last) && !entry.has_ended(made));
        }
        for other in ["", "x", "1700000000000 ", "1700000000000 x", "1700000000000  x"] {
            assert_eq!(InvitationEntry::read("b".into(), other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn the_id_is_not_the_secret() {
        let secret = [7; 32];
        let id = id_of(&secret);
        assert!(!to_text(&secret).contains(&id[1..]) && id != id_of(&[8; 32]), "{id}");
    }
}
