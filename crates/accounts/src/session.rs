//! Sessions: a browser in which a member is signed in.

use std::{collections::HashMap, sync::MutexGuard, sync::PoisonError, time::Duration};

use knotwork_identity::{PersonId, SecretKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Account, AccountError, Accounts, Random,
    accounts::{hashed, random_text},
    limits,
    record::{self, Entry, entry, gone, names},
    seal::{SealKey, Sealed},
};

/// A session that has just begun.
pub struct SignedIn {
    /// What the browser sends from now on. Kept nowhere else.
    pub token: String,
    /// The session.
    pub session: Session,
}

/// A member who is signed in.
#[derive(Clone)]
pub struct Session {
    /// Names the session on lists.
    pub id: String,
    /// Whose it is.
    pub account: Account,
    /// The member's key.
    pub key: SecretKey,
}

/// A session as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Names the session on lists.
    pub id: String,
    /// What the browser called itself.
    pub device: String,
    /// When it began.
    pub made: Timestamp,
    /// When it was last used, to within a few minutes.
    pub seen: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SessionRecord {
    person: PersonId,
    device: String,
    made: u64,
    seen: u64,
    sealed: Sealed,
}

impl Accounts {
    /// The session of a token, if it has not ended; it counts as used now.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<Option<Session>, AccountError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let id = hashed(token);
        let name = format!("{}{id}", names::SESSION);
        let Some(kept) = record::read::<SessionRecord>(self.cupboard.as_ref(), &name)? else { return Ok(None) };
        let seen = self.used().get(&id).copied().unwrap_or(0).max(kept.seen);
        if is_over(seen, now) {
            return Ok(None);
        }
        let Some(account) = self.record(&kept.person)? else { return Ok(None) };
        let key = SealKey::of_token(token).unseal(&kept.sealed, &purpose(&kept.person))?;
        self.use_session(&id, &name, now)?;
        Ok(Some(Session { id, account: account.account(kept.person), key }))
    }

    /// The sessions of a person that have not ended, the one used last first.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn sessions(&self, person: &PersonId, now: Timestamp) -> Result<Vec<SessionInfo>, AccountError> {
        let mut sessions: Vec<SessionInfo> = self
            .records_of(person)?
            .into_iter()
            .filter(|(_, kept)| !is_over(kept.seen, now))
            .map(|(id, kept)| SessionInfo { id, device: kept.device, made: time(kept.made), seen: time(kept.seen) })
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen));
        Ok(sessions)
    }

    /// Ends one session of a person.
    ///
    /// # Errors
    /// When the person has no such session.
    pub fn end_session(&self, person: &PersonId, id: &str) -> Result<(), AccountError> {
        let _writing = self.lock();
        if !self.records_of(person)?.iter().any(|(known, _)| known == id) {
            return Err(AccountError::NotFound("session"));
        }
        self.used().remove(id);
        Ok(self.cupboard.put(&[gone(format!("{}{id}", names::SESSION))])?)
    }

    /// Ends all sessions of a person but one.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn end_other_sessions(&self, person: &PersonId, current: &str) -> Result<(), AccountError> {
        let _writing = self.lock();
        Ok(self.cupboard.put(&self.without_sessions(person, Some(current))?)?)
    }

    /// Begins a session of somebody who has just shown who they are.
    ///
    /// # Errors
    /// When the key is not the account's any more, or the cupboard fails.
    pub fn begin_session(
        &self,
        account: &Account,
        key: &SecretKey,
        device: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<SignedIn, AccountError> {
        let token = random_text(random);
        let id = hashed(&token);
        let sealed = SealKey::of_token(&token).seal(key, &purpose(&account.person), random)?;
        let device =
            device.chars().filter(|character| !character.is_control()).take(limits::DEVICE_CHARS_MAX).collect();
        let (made, seen) = (now.milliseconds(), now.milliseconds());
        let kept = SessionRecord { person: account.person, device, made, seen, sealed };
        let _writing = self.lock();
        // The account may have been given another key, or closed, while the passphrase was hashed.
        if self.record(&account.person)?.is_none_or(|record| record.key != key.public()) {
            return Err(AccountError::WrongPassphrase);
        }
        let mut others = self.records_of(&account.person)?;
        others.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.seen));
        let mut entries = vec![entry(format!("{}{id}", names::SESSION), &kept)];
        for (place, (id, other)) in others.into_iter().enumerate() {
            if place + 1 >= limits::SESSIONS_MAX || is_over(other.seen, now) {
                self.used().remove(&id);
                entries.push(gone(format!("{}{id}", names::SESSION)));
            }
        }
        self.cupboard.put(&entries)?;
        Ok(SignedIn { token, session: Session { id, account: account.clone(), key: key.clone() } })
    }

    /// What takes the sessions of a person away, but for one that may stay.
    pub(crate) fn without_sessions(&self, person: &PersonId, but: Option<&str>) -> Result<Vec<Entry>, AccountError> {
        let mut entries = Vec::new();
        for (id, _) in self.records_of(person)?.into_iter().filter(|(id, _)| Some(id.as_str()) != but) {
            self.used().remove(&id);
            entries.push(gone(format!("{}{id}", names::SESSION)));
        }
        Ok(entries)
    }

    /// The sessions of a person, with the latest times of use.
    fn records_of(&self, person: &PersonId) -> Result<Vec<(String, SessionRecord)>, AccountError> {
        let mut all = record::list::<SessionRecord>(self.cupboard.as_ref(), names::SESSION)?;
        all.retain(|(_, kept)| kept.person == *person);
        let used = self.used();
        for (id, kept) in &mut all {
            kept.seen = kept.seen.max(used.get(id).copied().unwrap_or(0));
        }
        Ok(all)
    }

    /// Remembers that a session is used, and writes that down from time to time.
    fn use_session(&self, id: &str, name: &str, now: Timestamp) -> Result<(), AccountError> {
        let now = now.milliseconds();
        self.used().insert(id.to_owned(), now);
        let is_due = |kept: &SessionRecord| now.saturating_sub(kept.seen) >= milliseconds(limits::SESSION_NOTED_EVERY);
        let kept = record::read::<SessionRecord>(self.cupboard.as_ref(), name)?;
        if kept.as_ref().is_some_and(is_due) {
            let _writing = self.lock();
            // It may have been ended meanwhile.
            if let Some(mut kept) = record::read::<SessionRecord>(self.cupboard.as_ref(), name)?.filter(is_due) {
                kept.seen = now;
                self.cupboard.put(&[entry(name.to_owned(), &kept)])?;
            }
        }
        Ok(())
    }

    fn used(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_over(seen: u64, now: Timestamp) -> bool {
    now.milliseconds().saturating_sub(seen) >= milliseconds(limits::SESSION_IDLE)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE)
}

fn purpose(person: &PersonId) -> String {
    format!("session/{person}")
}

/// No token that was ever given is longer.
const TOKEN_BYTES_MAX: usize = 100;
