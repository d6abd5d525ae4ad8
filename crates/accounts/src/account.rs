//! An account: what is known of it, and what is kept.

use knotwork_identity::{PersonId, PublicKey, Signature, Timestamp};
use serde::{Deserialize, Serialize};

use crate::seal::{Lock, Sealed};

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The person, whose id names the account too.
    pub person: PersonId,
    /// What the person types to sign in.
    pub sign_in_name: String,
    /// The public half of the person's key.
    pub key: PublicKey,
    /// The key's signature for the certificate.
    pub proof: Signature,
    /// Whether the person looks after the node.
    pub steward: bool,
    /// How far it has come.
    pub state: State,
    /// When it was made.
    pub made: Timestamp,
    /// The version of the agreement that the person has accepted last, and when.
    pub agreement: (u32, Timestamp),
    /// Who invited the person; nobody for the first member, and for one who was invited by the operator.
    pub invited_by: Option<PersonId>,
    /// Since when the key is the person's: since the account was made, or the passphrase was last forgotten.
    pub key_since: Timestamp,
    /// Keys that the person had before and signs with no more, the oldest first. Whoever keeps the organisation's
    /// certificates revokes them; they stay here, so that this can be made up for after a crash.
    pub former_keys: Vec<PublicKey>,
}

/// How far an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A steward has not confirmed it yet.
    Waiting,
    /// In use.
    Active,
}

/// What is kept of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub(crate) sign_in_name: String,
    pub(crate) key: PublicKey,
    pub(crate) proof: String,
    pub(crate) lock: Lock,
    pub(crate) sealed: Sealed,
    pub(crate) steward: bool,
    pub(crate) state: State,
    pub(crate) made: u64,
    pub(crate) agreement: (u32, u64),
    pub(crate) invited_by: Option<PersonId>,
    /// When the key took the place of an earlier one.
    #[serde(default)]
    pub(crate) key_since: Option<u64>,
    #[serde(default)]
    pub(crate) former_keys: Vec<PublicKey>,
}

impl AccountRecord {
    pub(crate) fn account(&self, person: PersonId) -> Account {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap_or(Timestamp::NONE);
        Account {
            person,
            sign_in_name: self.sign_in_name.clone(),
            key: self.key,
            proof: Signature(knotwork_identity::from_text(&self.proof).unwrap_or([0; 64])),
            steward: self.steward,
            state: self.state,
            made: time(self.made),
            agreement: (self.agreement.0, time(self.agreement.1)),
            invited_by: self.invited_by,
            key_since: time(self.key_since.unwrap_or(self.made)),
            former_keys: self.former_keys.clone(),
        }
    }
}
