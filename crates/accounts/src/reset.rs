//! Forgotten passphrases: a link with which a person takes another passphrase, and with it another key.
//!
//! Nobody can open the old key without the old passphrase. What it signed stays the person's; the organisation revokes
//! it, of which nothing is known here.

use std::time::Duration;

use knotwork_identity::{PersonId, PublicKey, SecretKey, Signature, Timestamp, to_text};
use serde::{Deserialize, Serialize};

use crate::{
    Account, AccountError, Accounts, Random,
    account::{AccountRecord, State},
    accounts::{account_name, folded, hashed, purpose, random_text, tried_name},
    check_passphrase, limits,
    record::{self, Entry, entry, gone, names},
    seal::Lock,
};

/// A link with which somebody takes another passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetLink {
    /// For whom.
    pub person: PersonId,
    /// The steward who made it; nobody where it was the operator.
    pub by: Option<PersonId>,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
}

/// What became of an account whose passphrase was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// The account as it is now, with the new key and its signature for the certificate.
    pub account: Account,
    /// The key before. An organisation has certified it only if the account is [`State::Active`].
    pub old_key: PublicKey,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ResetRecord {
    person: PersonId,
    by: Option<PersonId>,
    made: u64,
    used: bool,
}

impl Accounts {
    /// Makes a link for a person who has forgotten the passphrase, in place of an earlier one. The text goes into the
    /// link; it is kept nowhere. `by` is nobody for the operator, who helps where the only steward has forgotten.
    ///
    /// # Errors
    /// When `by` is no steward, there is no such account, or it has had too many keys.
    pub fn reset_link(
        &self,
        by: Option<&PersonId>,
        person: &PersonId,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(String, ResetLink), AccountError> {
        let text = random_text(random);
        let _writing = self.lock();
        if let Some(by) = by {
            self.check_steward(by)?;
        }
        self.record(person)?.ok_or(AccountError::NotFound("account"))?.check_takes_a_key()?;
        let mut entries = Vec::new();
        for (id, kept) in record::list::<ResetRecord>(self.cupboard.as_ref(), names::RESET)? {
            if is_forgotten(&kept, now) || (kept.person == *person && !kept.used) {
                entries.push(gone(format!("{}{id}", names::RESET)));
            }
        }
        let kept = ResetRecord { person: *person, by: by.copied(), made: now.milliseconds(), used: false };
        entries.push(entry(reset_name(&text), &kept));
        self.cupboard.put(&entries)?;
        Ok((text, kept.link()))
    }

    /// The link of a text, if it works: it tells for whom a key and its signature are to be made.
    ///
    /// # Errors
    /// When it has been used, has ended or never was.
    pub fn check_reset(&self, text: &str, now: Timestamp) -> Result<ResetLink, AccountError> {
        Ok(self.open_reset(text, now)?.link())
    }

    /// Gives an account another passphrase and another key, with its signature for the certificate, and ends all
    /// sessions and personal tokens of the account. Takes time and memory.
    ///
    /// # Errors
    /// When the link does not work, or the passphrase cannot be taken.
    pub fn reset(
        &self,
        text: &str,
        passphrase: &str,
        (key, proof): (&SecretKey, &Signature),
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Reset, AccountError> {
        let person = self.open_reset(text, now)?.person;
        let record = self.record(&person)?.ok_or(AccountError::ResetUnknown)?;
        check_passphrase(passphrase, &record.sign_in_name)?;
        let (lock, seal) = Lock::new(passphrase, random)?;
        let sealed = seal.seal(key, &purpose(&person), random)?;
        let _writing = self.lock();
        let kept = self.open_reset(text, now)?;
        let mut record = self.record(&person)?.ok_or(AccountError::ResetUnknown)?;
        record.check_takes_a_key()?;
        let old_key = record.key;
        // Nobody has certified the key of somebody who waits, so it is none that others have seen.
        if record.state == State::Active {
            record.former_keys.push(old_key);
            record.key_since = Some(now.milliseconds());
        }
        let record = AccountRecord { lock, sealed, key: key.public(), proof: to_text(&proof.0), ..record };
        let mut entries =
            vec![entry(account_name(&person), &record), entry(reset_name(text), &ResetRecord { used: true, ..kept })];
        entries.extend(self.without_sessions(&person, None)?);
        entries.extend(self.without_tokens(&person)?);
        self.cupboard.put(&entries)?;
        self.throttle().right(&tried_name(&folded(&record.sign_in_name)));
        Ok(Reset { account: record.account(person), old_key })
    }

    /// What takes all reset links of a person away.
    pub(crate) fn without_resets(&self, person: &PersonId) -> Result<Vec<Entry>, AccountError> {
        let all = record::list::<ResetRecord>(self.cupboard.as_ref(), names::RESET)?;
        let of_person = all.into_iter().filter(|(_, kept)| kept.person == *person);
        Ok(of_person.map(|(id, _)| gone(format!("{}{id}", names::RESET))).collect())
    }

    fn open_reset(&self, text: &str, now: Timestamp) -> Result<ResetRecord, AccountError> {
        let kept = record::read::<ResetRecord>(self.cupboard.as_ref(), &reset_name(text))?;
        let kept = kept.ok_or(AccountError::ResetUnknown)?;
        if kept.used {
            return Err(AccountError::ResetUsed);
        }
        if age(&kept, now) >= limits::RESET_LIFE {
            return Err(AccountError::ResetEnded);
        }
        Ok(kept)
    }
}

impl AccountRecord {
    fn check_takes_a_key(&self) -> Result<(), AccountError> {
        if self.former_keys.len() + 1 >= limits::KEYS_MAX { Err(AccountError::TooManyKeys) } else { Ok(()) }
    }
}

impl ResetRecord {
    fn link(&self) -> ResetLink {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE);
        let life = u64::try_from(limits::RESET_LIFE.as_millis()).unwrap_or(u64::MAX);
        let ends = time(self.made.saturating_add(life));
        ResetLink { person: self.person, by: self.by, made: time(self.made), ends }
    }
}

fn reset_name(text: &str) -> String {
    format!("{}{}", names::RESET, hashed(text.trim()))
}

/// Old ones are kept for a while, so that whoever comes late is told why they do not work.
fn is_forgotten(kept: &ResetRecord, now: Timestamp) -> bool {
    age(kept, now) >= limits::RESET_LIFE * 30
}

fn age(kept: &ResetRecord, now: Timestamp) -> Duration {
    Duration::from_millis(now.milliseconds().saturating_sub(kept.made))
}
