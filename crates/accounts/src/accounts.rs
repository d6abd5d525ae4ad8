//! The accounts of a node: how they begin, who looks after them, and how a member signs in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use knotwork_identity::{PersonId, SecretKey, Signature, Timestamp, sha256, to_text};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::{
    Account, AccountError, Cupboard, Random, SignedIn, State,
    account::AccountRecord,
    check_passphrase, invitation, limits,
    record::{self, entry, gone, names},
    seal::Lock,
    throttle::Throttle,
};

/// The accounts of one node. All methods are safe to call from any thread; those that say so take tens of milliseconds
/// and 19 MiB of memory, and the caller sees to it that few run at once.
pub struct Accounts {
    pub(crate) cupboard: Arc<dyn Cupboard>,
    /// Held from a check to the writing that relies on it.
    pub(crate) writing: Mutex<()>,
    throttle: Mutex<Throttle>,
    /// When each session was last used, as far as that is not noted yet.
    pub(crate) used: Mutex<HashMap<String, u64>>,
}

/// Somebody who wants an account.
pub struct NewMember {
    /// What the person types to sign in.
    pub sign_in_name: String,
    /// The passphrase.
    pub passphrase: Zeroizing<String>,
    /// The person's id.
    pub person: PersonId,
    /// The person's key.
    pub key: SecretKey,
    /// The key's signature for the certificate, so that the certificate can be written when a steward has agreed.
    pub proof: Signature,
    /// The version of the agreement that the person has accepted.
    pub agreement: u32,
}

/// What stewards decide for their organisation's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether a steward confirms each newcomer.
    pub confirm_newcomers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { confirm_newcomers: true }
    }
}

impl Accounts {
    /// The accounts that a cupboard holds.
    #[must_use]
    pub fn new(cupboard: Arc<dyn Cupboard>) -> Self {
        Self { cupboard, writing: Mutex::default(), throttle: Mutex::default(), used: Mutex::default() }
    }

    /// A new token with which the first account is made, in place of an earlier one; none once there is an account.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn set_up_token(&self, random: Random<'_>) -> Result<Option<String>, AccountError> {
        let _writing = self.lock();
        if !self.is_empty()? {
            return Ok(None);
        }
        let token = random_text(random);
        self.cupboard.put(&[(names::SET_UP.to_owned(), Some(hashed(&token).into_bytes()))])?;
        Ok(Some(token))
    }

    /// Whether nobody has an account yet.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn is_empty(&self) -> Result<bool, AccountError> {
        Ok(self.cupboard.list(names::ACCOUNT)?.is_empty())
    }

    /// Whether this is the token with which the first account is made.
    ///
    /// # Errors
    /// When it is not, or the cupboard fails.
    pub fn check_set_up_token(&self, token: &str) -> Result<(), AccountError> {
        let kept = self.cupboard.get(names::SET_UP)?.ok_or(AccountError::SetUpToken)?;
        if bool::from(kept.ct_eq(hashed(token.trim()).as_bytes())) { Ok(()) } else { Err(AccountError::SetUpToken) }
    }

    /// Makes the first account, a steward's. Takes time and memory.
    ///
    /// # Errors
    /// When the token is not right, or a name or passphrase cannot be taken.
    pub fn set_up(
        &self,
        token: &str,
        member: &NewMember,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Account, AccountError> {
        self.check_set_up_token(token)?;
        let (folded, made) = self.prepare(member, now, random)?;
        let _writing = self.lock();
        self.check_set_up_token(token)?;
        let record = AccountRecord { steward: true, state: State::Active, ..made };
        self.cupboard.put(&[
            entry(format!("{}{}", names::ACCOUNT, member.person), &record),
            entry(name_entry(&folded), &member.person),
            gone(names::SET_UP.to_owned()),
        ])?;
        Ok(record.account(member.person))
    }

    /// Makes the account of somebody who was invited. Takes time and memory.
    ///
    /// # Errors
    /// When the invitation does not work, or a name or passphrase cannot be taken.
    pub fn join(
        &self,
        invitation: &str,
        member: &NewMember,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Account, AccountError> {
        self.invitation(invitation, now)?;
        let (folded, made) = self.prepare(member, now, random)?;
        let _writing = self.lock();
        let invited = self.invitation(invitation, now)?;
        self.check_name_free(&folded)?;
        if self.cupboard.list(names::ACCOUNT)?.len() >= limits::ACCOUNTS_MAX {
            return Err(AccountError::TooMany { what: "accounts", found: limits::ACCOUNTS_MAX });
        }
        let state = if self.settings()?.confirm_newcomers { State::Waiting } else { State::Active };
        let record = AccountRecord { state, invited_by: invited.by, ..made };
        self.cupboard.put(&[
            entry(format!("{}{}", names::ACCOUNT, member.person), &record),
            entry(name_entry(&folded), &member.person),
            invitation::used(invitation, &invited),
        ])?;
        Ok(record.account(member.person))
    }

    /// Lets a member in. Takes time and memory.
    ///
    /// # Errors
    /// When name or passphrase are wrong, or there were too many wrong tries.
    pub fn sign_in(
        &self,
        sign_in_name: &str,
        passphrase: &str,
        device: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<SignedIn, AccountError> {
        let (account, key) = self.recognise(sign_in_name, passphrase, now)?;
        self.begin_session(&account, &key, device, now, random)
    }

    /// Whose name and passphrase these are, with the member's key; no session begins. Takes time and memory.
    ///
    /// # Errors
    /// When name or passphrase are wrong, or there were too many wrong tries.
    pub fn recognise(
        &self,
        sign_in_name: &str,
        passphrase: &str,
        now: Timestamp,
    ) -> Result<(Account, SecretKey), AccountError> {
        let folded = folded(sign_in_name);
        let tried = tried_name(&folded);
        self.check_pause(&tried, now)?;
        let found = match self.person_named(&folded)? {
            Some(person) => self.record(&person)?.map(|record| (person, record)),
            None => None,
        };
        let opened = match &found {
            _ if passphrase.len() > limits::PASSPHRASE_BYTES_MAX => None,
            Some((_, record)) => record.lock.open(passphrase)?,
            None => Lock::pretend(passphrase).map(|()| None)?,
        };
        let (Some((person, record)), Some(key)) = (found, opened) else {
            self.throttle().wrong(&tried, now);
            return Err(AccountError::WrongPassphrase);
        };
        // Tries that came at the same time count.
        self.check_pause(&tried, now)?;
        self.throttle().right(&tried);
        let key = key.unseal(&record.sealed, &purpose(&person))?;
        Ok((record.account(person), key))
    }

    /// Gives an account another passphrase and ends its other sessions. Takes time and memory.
    ///
    /// # Errors
    /// When the old passphrase is wrong or the new one cannot be taken.
    pub fn change_passphrase(
        &self,
        current: &crate::Session,
        old: &str,
        new: &str,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), AccountError> {
        let person = current.account.person;
        let tried = tried_name(&folded(&current.account.sign_in_name));
        self.check_pause(&tried, now)?;
        let record = self.record(&person)?.ok_or(AccountError::NotFound("account"))?;
        let is_too_long = old.len() > limits::PASSPHRASE_BYTES_MAX;
        let Some(key) = (if is_too_long { None } else { record.lock.open(old)? }) else {
            self.throttle().wrong(&tried, now);
            return Err(AccountError::WrongPassphrase);
        };
        let opened = record.lock.clone();
        check_passphrase(new, &record.sign_in_name)?;
        let secret = key.unseal(&record.sealed, &purpose(&person))?;
        let (lock, key) = Lock::new(new, random)?;
        let sealed = key.seal(&secret, &purpose(&person), random)?;
        {
            let _writing = self.lock();
            let record = self.record(&person)?.ok_or(AccountError::NotFound("account"))?;
            // Another passphrase came while this one was hashed, perhaps with another key: that one stands.
            if record.lock != opened {
                return Err(AccountError::WrongPassphrase);
            }
            self.cupboard.put(&[entry(account_name(&person), &AccountRecord { lock, sealed, ..record })])?;
        }
        self.end_other_sessions(&person, &current.id)
    }

    /// All accounts, by sign-in name.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn accounts(&self) -> Result<Vec<Account>, AccountError> {
        let records = record::list::<AccountRecord>(self.cupboard.as_ref(), names::ACCOUNT)?;
        let mut accounts = records
            .into_iter()
            .map(|(person, record)| {
                let person = person.parse().map_err(|_| AccountError::Damaged("an account has no person".into()))?;
                Ok(record.account(person))
            })
            .collect::<Result<Vec<_>, AccountError>>()?;
        accounts.sort_by_cached_key(|account| folded(&account.sign_in_name));
        Ok(accounts)
    }

    /// The account of a person.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn account(&self, person: &PersonId) -> Result<Option<Account>, AccountError> {
        Ok(self.record(person)?.map(|record| record.account(*person)))
    }

    /// The account that somebody signs in to by a name, however it is typed.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn account_named(&self, sign_in_name: &str) -> Result<Option<Account>, AccountError> {
        match self.person_named(&folded(sign_in_name))? {
            Some(person) => self.account(&person),
            None => Ok(None),
        }
    }

    /// Confirms a newcomer. Confirming twice changes nothing.
    ///
    /// # Errors
    /// When `by` is no steward, or there is no such account.
    pub fn confirm(&self, by: &PersonId, person: &PersonId) -> Result<Account, AccountError> {
        let _writing = self.lock();
        self.check_steward(by)?;
        self.change(person, |record| record.state = State::Active)
    }

    /// Turns a newcomer away, whose account ends.
    ///
    /// # Errors
    /// When `by` is no steward, or nobody of this id waits.
    pub fn turn_away(&self, by: &PersonId, person: &PersonId) -> Result<(), AccountError> {
        let _writing = self.lock();
        self.check_steward(by)?;
        let record = self.record(person)?.filter(|record| record.state == State::Waiting);
        let record = record.ok_or(AccountError::NotFound("account that waits"))?;
        Ok(self.cupboard.put(&self.belongings(person, &record)?)?)
    }

    /// Makes a member a steward, or no steward any more.
    ///
    /// # Errors
    /// When `by` is no steward, it is the last one, or there is no such account.
    pub fn set_steward(&self, by: &PersonId, person: &PersonId, steward: bool) -> Result<Account, AccountError> {
        let _writing = self.lock();
        self.check_steward(by)?;
        let record = self.record(person)?.ok_or(AccountError::NotFound("account"))?;
        if record.state != State::Active {
            return Err(AccountError::Waiting);
        }
        if record.steward && !steward && self.is_last_steward(person)? {
            return Err(AccountError::LastSteward);
        }
        self.change(person, |record| record.steward = steward)
    }

    /// Notes that a person has accepted a version of the agreement.
    ///
    /// # Errors
    /// When there is no such account, or the cupboard fails.
    pub fn accept_agreement(&self, person: &PersonId, version: u32, now: Timestamp) -> Result<Account, AccountError> {
        let _writing = self.lock();
        self.change(person, |record| record.agreement = (version, now.milliseconds()))
    }

    /// What the stewards have decided.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn settings(&self) -> Result<Settings, AccountError> {
        Ok(record::read(self.cupboard.as_ref(), names::SETTINGS)?.unwrap_or_default())
    }

    /// Decides for the organisation's node.
    ///
    /// # Errors
    /// When `by` is no steward, or the cupboard fails.
    pub fn set_settings(&self, by: &PersonId, settings: Settings) -> Result<(), AccountError> {
        let _writing = self.lock();
        self.check_steward(by)?;
        Ok(self.cupboard.put(&[entry(names::SETTINGS.to_owned(), &settings)])?)
    }

    pub(crate) fn record(&self, person: &PersonId) -> Result<Option<AccountRecord>, AccountError> {
        record::read(self.cupboard.as_ref(), &account_name(person))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_pause(&self, tried: &str, now: Timestamp) -> Result<(), AccountError> {
        self.throttle().pause(tried, now).map_or(Ok(()), |pause| Err(AccountError::TryAgainIn(pause)))
    }

    pub(crate) fn check_steward(&self, by: &PersonId) -> Result<(), AccountError> {
        let is = self.record(by)?.is_some_and(|record| record.steward && record.state == State::Active);
        if is { Ok(()) } else { Err(AccountError::NotASteward) }
    }

    /// Whether no other account is a steward's.
    pub(crate) fn is_last_steward(&self, person: &PersonId) -> Result<bool, AccountError> {
        Ok(!self.accounts()?.iter().any(|account| account.steward && account.person != *person))
    }

    fn check_name_free(&self, folded: &str) -> Result<(), AccountError> {
        if self.person_named(folded)?.is_some() { Err(AccountError::SignInNameTaken) } else { Ok(()) }
    }

    fn person_named(&self, folded: &str) -> Result<Option<PersonId>, AccountError> {
        record::read(self.cupboard.as_ref(), &name_entry(folded))
    }

    /// Checks what a newcomer typed, and seals the key. Takes time and memory; nothing is written.
    fn prepare(
        &self,
        member: &NewMember,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(String, AccountRecord), AccountError> {
        let name = member.sign_in_name.trim();
        if name.is_empty() || name.len() > limits::SIGN_IN_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(AccountError::SignInName);
        }
        let folded = folded(name);
        self.check_name_free(&folded)?;
        check_passphrase(&member.passphrase, name)?;
        let (lock, key) = Lock::new(&member.passphrase, random)?;
        let record = AccountRecord {
            sign_in_name: name.to_owned(),
            key: member.key.public(),
            proof: to_text(&member.proof.0),
            lock,
            sealed: key.seal(&member.key, &purpose(&member.person), random)?,
            steward: false,
            state: State::Waiting,
            made: now.milliseconds(),
            agreement: (member.agreement, now.milliseconds()),
            invited_by: None,
            key_since: None,
            former_keys: Vec::new(),
        };
        Ok((folded, record))
    }

    fn change(&self, person: &PersonId, change: impl FnOnce(&mut AccountRecord)) -> Result<Account, AccountError> {
        let mut record = self.record(person)?.ok_or(AccountError::NotFound("account"))?;
        change(&mut record);
        self.cupboard.put(&[entry(account_name(person), &record)])?;
        Ok(record.account(*person))
    }
}

/// 32 random bytes as text.
pub(crate) fn random_text(random: Random<'_>) -> String {
    let mut bytes = Zeroizing::new([0; 32]);
    random(bytes.as_mut_slice());
    to_text(bytes.as_slice())
}

/// What is kept of a secret text that names something.
pub(crate) fn hashed(secret: &str) -> String {
    to_text(&sha256(&[b"knotwork/secret/1", secret.as_bytes()]))
}

/// A sign-in name as it is compared: however it was typed.
pub(crate) fn folded(name: &str) -> String {
    name.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// The name under which wrong tries are counted: short, whatever was typed.
pub(crate) fn tried_name(folded: &str) -> String {
    to_text(&sha256(&[folded.as_bytes()])[..16])
}

pub(crate) fn account_name(person: &PersonId) -> String {
    format!("{}{person}", names::ACCOUNT)
}

pub(crate) fn name_entry(folded: &str) -> String {
    format!("{}{}", names::SIGN_IN_NAME, to_text(&sha256(&[folded.as_bytes()])))
}

pub(crate) fn purpose(person: &PersonId) -> String {
    format!("account/{person}")
}

#[cfg(test)]
pub(crate) mod tests;
