//! Personal tokens: with one, a program does for a member what the member allowed it to.

use std::{collections::BTreeSet, time::Duration};

use knotwork_identity::{PersonId, SecretKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Account, AccountError, Accounts, CupboardError, Random, Session,
    account::State,
    accounts::{hashed, random_text},
    limits,
    record::{self, Entry, entry, gone, names},
    seal::{SealKey, Sealed},
};

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// To read what the member can read.
    Read,
    /// To write in the member's name, and to read.
    Write,
    /// To read how the node is doing.
    Monitor,
}

/// A personal token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Names it on lists.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When the day began on which it was last used; none where it never was.
    pub last_used: Option<Timestamp>,
}

/// A program that has shown a token.
#[derive(Clone)]
pub struct Bearer {
    /// For whom.
    pub account: Account,
    /// The member's key.
    pub key: SecretKey,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TokenRecord {
    person: PersonId,
    name: String,
    scopes: BTreeSet<Scope>,
    made: u64,
    ends: u64,
    #[serde(default)]
    last_used: Option<u64>,
    sealed: Sealed,
}

impl Scope {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Monitor];

    /// The word in the API and on forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Monitor => "monitor",
        }
    }

    /// The scope of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

impl Accounts {
    /// Makes a personal token. Its text is shown once; it is kept nowhere.
    ///
    /// # Errors
    /// When a name, an end or the scopes cannot be, or there are too many tokens.
    pub fn make_token(
        &self,
        session: &Session,
        name: &str,
        scopes: &BTreeSet<Scope>,
        ends: Timestamp,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(String, ApiToken), AccountError> {
        let name = name.trim();
        if name.is_empty() || name.len() > limits::TOKEN_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(AccountError::TokenName);
        }
        if scopes.is_empty() {
            return Err(AccountError::TokenScopes);
        }
        let life = ends.milliseconds().checked_sub(now.milliseconds()).filter(|life| *life > 0);
        if life.is_none_or(|life| life > milliseconds(limits::TOKEN_LIFE_MAX)) {
            return Err(AccountError::TokenEnd);
        }
        let person = session.account.person;
        let text = format!("{TOKEN_PREFIX}{}", random_text(random));
        let sealed = SealKey::of_token(&text).seal(&session.key, &purpose(&person), random)?;
        let mut scopes = scopes.clone();
        if scopes.contains(&Scope::Write) {
            scopes.insert(Scope::Read);
        }
        let kept = TokenRecord {
            person,
            name: name.to_owned(),
            scopes,
            made: now.milliseconds(),
            ends: ends.milliseconds(),
            last_used: None,
            sealed,
        };
        let _writing = self.lock();
        // The account may have been closed, or given another key, since the session was looked up.
        if self.record(&person)?.is_none_or(|record| record.key != session.key.public()) {
            return Err(AccountError::NotFound("account"));
        }
        let found = self.token_records(&person)?.len();
        if found >= limits::TOKENS_MAX {
            return Err(AccountError::TooMany { what: "tokens", found });
        }
        let id = hashed(&text);
        self.cupboard.put(&[entry(format!("{}{id}", names::TOKEN), &kept)])?;
        Ok((text, kept.token(id)))
    }

    /// Whose a token is, if it has not ended.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn bearer(&self, text: &str, now: Timestamp) -> Result<Option<Bearer>, AccountError> {
        if !text.starts_with(TOKEN_PREFIX) || text.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let name = format!("{}{}", names::TOKEN, hashed(text));
        let Some(kept) = record::read::<TokenRecord>(self.cupboard.as_ref(), &name)? else { return Ok(None) };
        if kept.ends <= now.milliseconds() {
            return Ok(None);
        }
        let Some(account) = self.record(&kept.person)?.filter(|account| account.state == State::Active) else {
            return Ok(None);
        };
        let key = SealKey::of_token(text).unseal(&kept.sealed, &purpose(&kept.person))?;
        self.use_token(&name, &kept, now)?;
        Ok(Some(Bearer { account: account.account(kept.person), key, scopes: kept.scopes }))
    }

    /// The tokens of a person, the newest first, those that have ended among them.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn tokens(&self, person: &PersonId) -> Result<Vec<ApiToken>, AccountError> {
        let mut tokens: Vec<ApiToken> =
            self.token_records(person)?.into_iter().map(|(id, kept)| kept.token(id)).collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.made));
        Ok(tokens)
    }

    /// Ends a token of a person for good.
    ///
    /// # Errors
    /// When the person has no such token.
    pub fn revoke_token(&self, person: &PersonId, id: &str) -> Result<(), AccountError> {
        let _writing = self.lock();
        if !self.token_records(person)?.iter().any(|(known, _)| known == id) {
            return Err(AccountError::NotFound("token"));
        }
        Ok(self.cupboard.put(&[gone(format!("{}{id}", names::TOKEN))])?)
    }

    /// What takes all tokens of a person away.
    pub(crate) fn without_tokens(&self, person: &PersonId) -> Result<Vec<Entry>, AccountError> {
        let all = self.token_records(person)?;
        Ok(all.into_iter().map(|(id, _)| gone(format!("{}{id}", names::TOKEN))).collect())
    }

    /// Writes down, once a day, that a token is used. A disk that is full keeps nobody from reading.
    fn use_token(&self, name: &str, kept: &TokenRecord, now: Timestamp) -> Result<(), AccountError> {
        let today = now.milliseconds() - now.milliseconds() % milliseconds(limits::TOKEN_NOTED_EVERY);
        let is_due = |kept: &TokenRecord| kept.last_used.is_none_or(|last| last < today);
        if !is_due(kept) {
            return Ok(());
        }
        let _writing = self.lock();
        // It may have been revoked meanwhile.
        let Some(kept) = record::read::<TokenRecord>(self.cupboard.as_ref(), name)?.filter(is_due) else {
            return Ok(());
        };
        match self.cupboard.put(&[entry(name.to_owned(), &TokenRecord { last_used: Some(today), ..kept })]) {
            Err(CupboardError::Full) => Ok(()),
            other => Ok(other?),
        }
    }

    fn token_records(&self, person: &PersonId) -> Result<Vec<(String, TokenRecord)>, AccountError> {
        let mut all = record::list::<TokenRecord>(self.cupboard.as_ref(), names::TOKEN)?;
        all.retain(|(_, kept)| kept.person == *person);
        Ok(all)
    }
}

impl TokenRecord {
    fn token(&self, id: String) -> ApiToken {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE);
        ApiToken {
            id,
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            made: time(self.made),
            ends: time(self.ends),
            last_used: self.last_used.map(time),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn purpose(person: &PersonId) -> String {
    format!("token/{person}")
}

/// Tells a reader, and those who look for secrets that were published by mistake, what it is.
const TOKEN_PREFIX: &str = "knot_";
/// No token that was ever given is longer.
const TOKEN_BYTES_MAX: usize = 100;
