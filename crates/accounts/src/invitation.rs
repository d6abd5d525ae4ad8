//! Invitations: a link with which a colleague joins, once.

use std::time::Duration;

use knotwork_identity::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    AccountError, Accounts, Random,
    account::State,
    accounts::{hashed, random_text},
    limits,
    record::{self, Entry, entry, gone, names},
};

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Names it on lists.
    pub id: String,
    /// Who invites; nobody where it was the operator.
    pub by: Option<PersonId>,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct InvitationRecord {
    by: Option<PersonId>,
    made: u64,
    used: bool,
}

impl Accounts {
    /// Invites a colleague. The text goes into a link; it is kept nowhere.
    ///
    /// # Errors
    /// When the member has too many open invitations, or waits to be confirmed.
    pub fn invite(
        &self,
        by: Option<&PersonId>,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(String, Invitation), AccountError> {
        let text = random_text(random);
        let _writing = self.lock();
        if let Some(by) = by {
            let account = self.record(by)?.ok_or(AccountError::NotFound("account"))?;
            if account.state != State::Active {
                return Err(AccountError::Waiting);
            }
        }
        let mut entries = Vec::new();
        let mut open = 0;
        for (id, kept) in record::list::<InvitationRecord>(self.cupboard.as_ref(), names::INVITATION)? {
            if is_forgotten(&kept, now) {
                entries.push(gone(format!("{}{id}", names::INVITATION)));
            } else if !kept.used && !has_ended(&kept, now) && kept.by.as_ref() == by {
                open += 1;
            }
        }
        if open >= limits::INVITATIONS_MAX {
            return Err(AccountError::TooMany { what: "open invitations", found: open });
        }
        let (id, kept) = (hashed(&text), InvitationRecord { by: by.copied(), made: now.milliseconds(), used: false });
        entries.push(entry(format!("{}{id}", names::INVITATION), &kept));
        self.cupboard.put(&entries)?;
        Ok((text, kept.invitation(id)))
    }

    /// The invitation of a link, if it works.
    ///
    /// # Errors
    /// When it has been used, has ended or never was.
    pub fn invitation(&self, text: &str, now: Timestamp) -> Result<Invitation, AccountError> {
        let id = hashed(text.trim());
        let kept = record::read::<InvitationRecord>(self.cupboard.as_ref(), &format!("{}{id}", names::INVITATION))?;
        let kept = kept.ok_or(AccountError::InvitationUnknown)?;
        if kept.used {
            return Err(AccountError::InvitationUsed);
        }
        if has_ended(&kept, now) {
            return Err(AccountError::InvitationEnded);
        }
        Ok(kept.invitation(id))
    }

    /// The invitations that still work: those of one member, or all.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn invitations(&self, by: Option<&PersonId>, now: Timestamp) -> Result<Vec<Invitation>, AccountError> {
        let all = record::list::<InvitationRecord>(self.cupboard.as_ref(), names::INVITATION)?;
        let open = all.into_iter().filter(|(_, kept)| !kept.used && !has_ended(kept, now));
        let mut open: Vec<Invitation> = open
            .filter(|(_, kept)| by.is_none() || kept.by.as_ref() == by)
            .map(|(id, kept)| kept.invitation(id))
            .collect();
        open.sort_by_key(|invitation| std::cmp::Reverse(invitation.made));
        Ok(open)
    }

    /// What takes all open invitations of a person back.
    pub(crate) fn without_invitations(&self, by: &PersonId) -> Result<Vec<Entry>, AccountError> {
        let all = record::list::<InvitationRecord>(self.cupboard.as_ref(), names::INVITATION)?;
        let open = all.into_iter().filter(|(_, kept)| !kept.used && kept.by.as_ref() == Some(by));
        Ok(open.map(|(id, _)| gone(format!("{}{id}", names::INVITATION))).collect())
    }

    /// Takes an invitation back; a member takes back their own.
    ///
    /// # Errors
    /// When there is no such invitation.
    pub fn withdraw_invitation(&self, by: Option<&PersonId>, id: &str) -> Result<(), AccountError> {
        let _writing = self.lock();
        let name = format!("{}{id}", names::INVITATION);
        let kept = record::read::<InvitationRecord>(self.cupboard.as_ref(), &name)?;
        if !kept.is_some_and(|kept| !kept.used && (by.is_none() || kept.by.as_ref() == by)) {
            return Err(AccountError::NotFound("invitation"));
        }
        Ok(self.cupboard.put(&[gone(name)])?)
    }
}

impl InvitationRecord {
    fn invitation(&self, id: String) -> Invitation {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE);
        let ends = self.made.saturating_add(milliseconds(limits::INVITATION_LIFE));
        Invitation { id, by: self.by, made: time(self.made), ends: time(ends) }
    }
}

/// The entry that says that an invitation has been used.
pub(crate) fn used(text: &str, invitation: &Invitation) -> Entry {
    let kept = InvitationRecord { by: invitation.by, made: invitation.made.milliseconds(), used: true };
    entry(format!("{}{}", names::INVITATION, hashed(text.trim())), &kept)
}

fn has_ended(kept: &InvitationRecord, now: Timestamp) -> bool {
    now.milliseconds().saturating_sub(kept.made) >= milliseconds(limits::INVITATION_LIFE)
}

/// Old ones are kept for a while, so that whoever comes late is told why they do not work.
fn is_forgotten(kept: &InvitationRecord, now: Timestamp) -> bool {
    now.milliseconds().saturating_sub(kept.made) >= milliseconds(limits::INVITATION_LIFE * 8)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
