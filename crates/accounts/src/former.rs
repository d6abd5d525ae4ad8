//! Leaving: an account is closed, and what is left says only that a person of this id was here, and with which keys.

use knotwork_identity::{PersonId, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    AccountError, Accounts,
    account::{AccountRecord, State},
    accounts::{account_name, folded, name_entry},
    record::{self, Entry, entry, gone, names},
};

/// Somebody who had an account here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The person.
    pub person: PersonId,
    /// The public halves of all keys that the person had here, the oldest first. Whoever keeps the organisation's
    /// certificates revokes them.
    pub keys: Vec<PublicKey>,
    /// When the account was made.
    pub made: Timestamp,
    /// When it was closed.
    pub closed: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct FormerRecord {
    keys: Vec<PublicKey>,
    made: u64,
    closed: u64,
}

impl Accounts {
    /// Closes an account: the sealed key, sessions, personal tokens, open invitations, reset links and notes go, and the
    /// sign-in name is free again. A steward closes any, and everybody their own. Gives nothing for somebody who was
    /// still waiting: nobody has certified their key, and nothing is kept of them.
    ///
    /// # Errors
    /// When `by` may not, there is no such account, or it is the last steward's while others have one.
    pub fn close(&self, by: &PersonId, person: &PersonId, now: Timestamp) -> Result<Option<Former>, AccountError> {
        let _writing = self.lock();
        if by != person {
            self.check_steward(by)?;
        }
        let record = self.record(person)?.ok_or(AccountError::NotFound("account"))?;
        if record.steward && self.is_last_steward(person)? && self.cupboard.list(names::ACCOUNT)?.len() > 1 {
            return Err(AccountError::LastSteward);
        }
        let mut entries = self.belongings(person, &record)?;
        if record.state == State::Waiting {
            self.cupboard.put(&entries)?;
            return Ok(None);
        }
        let keys = record.former_keys.iter().copied().chain([record.key]).collect();
        let kept = FormerRecord { keys, made: record.made, closed: now.milliseconds() };
        entries.push(entry(format!("{}{person}", names::FORMER), &kept));
        self.cupboard.put(&entries)?;
        Ok(Some(kept.former(*person)))
    }

    /// Everybody who had an account here, those who left last first.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn former(&self) -> Result<Vec<Former>, AccountError> {
        let records = record::list::<FormerRecord>(self.cupboard.as_ref(), names::FORMER)?;
        let mut former = records
            .into_iter()
            .map(|(person, kept)| {
                let person = person.parse().map_err(|_| AccountError::Damaged("somebody who left has no id".into()))?;
                Ok(kept.former(person))
            })
            .collect::<Result<Vec<_>, AccountError>>()?;
        former.sort_by_key(|former| std::cmp::Reverse(former.closed));
        Ok(former)
    }

    /// What takes everything away that a person has here.
    pub(crate) fn belongings(&self, person: &PersonId, record: &AccountRecord) -> Result<Vec<Entry>, AccountError> {
        let mut entries = vec![gone(account_name(person)), gone(name_entry(&folded(&record.sign_in_name)))];
        entries.extend(self.without_sessions(person, None)?);
        entries.extend(self.without_tokens(person)?);
        entries.extend(self.without_invitations(person)?);
        entries.extend(self.without_resets(person)?);
        entries.extend(self.without_notes(person)?);
        Ok(entries)
    }
}

impl FormerRecord {
    fn former(self, person: PersonId) -> Former {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE);
        Former { person, keys: self.keys, made: time(self.made), closed: time(self.closed) }
    }
}
