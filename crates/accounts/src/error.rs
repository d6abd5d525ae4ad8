//! Why an account cannot do something, in words for whoever asked.

use std::time::Duration;

use thiserror::Error;

use crate::{CupboardError, limits};

/// Why something was not done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// The sign-in name or the passphrase is wrong; which of them is not told.
    #[error("the sign-in name or the passphrase is not right: check both and try again")]
    WrongPassphrase,
    /// Too many wrong tries were made with this name.
    #[error("there were too many wrong tries: wait {} and try again", shown(*.0))]
    TryAgainIn(Duration),
    /// The passphrase is too short.
    #[error(
        "the passphrase is too short: use at least {} characters, for example four words",
        limits::PASSPHRASE_CHARS_MIN
    )]
    PassphraseShort,
    /// The passphrase is too long.
    #[error("the passphrase is too long: use at most {} bytes", limits::PASSPHRASE_BYTES_MAX)]
    PassphraseLong,
    /// The passphrase is one that many people use, or easy to guess.
    #[error("this passphrase is easy to guess: choose words that do not belong together")]
    PassphraseCommon,
    /// The sign-in name is empty, too long, or has characters that nobody can type.
    #[error("the sign-in name must have 1 to {} characters, without line breaks", limits::SIGN_IN_NAME_BYTES_MAX)]
    SignInName,
    /// Somebody else has the sign-in name.
    #[error("somebody at this organisation signs in with this name already: choose another")]
    SignInNameTaken,
    /// The set-up token is not the node's, or has been used.
    #[error("this set-up code is not right: the node says where to find the code when it starts, and it works once")]
    SetUpToken,
    /// There is no such invitation.
    #[error("this link is not an invitation of this organisation: check that you have all of it, or ask for a new one")]
    InvitationUnknown,
    /// The invitation has been used.
    #[error("this invitation has been used: sign in if it was you, or ask for a new one")]
    InvitationUsed,
    /// The invitation is too old.
    #[error("this invitation has ended: it worked for 7 days. Ask the colleague who sent it for a new one")]
    InvitationEnded,
    /// There is no such reset link.
    #[error("this link is not one for a new passphrase: check that you have all of it, or ask a steward for a new one")]
    ResetUnknown,
    /// The reset link has been used.
    #[error("this link has been used: sign in with the new passphrase, or ask a steward for a new link")]
    ResetUsed,
    /// The reset link is too old.
    #[error("this link has ended: it worked for 24 hours. Ask a steward for a new one")]
    ResetEnded,
    /// An account has had so many keys that it takes no more.
    #[error("this account has had {} keys and takes no more: close it, and invite the person again", limits::KEYS_MAX)]
    TooManyKeys,
    /// Too many of something are open.
    #[error("there are {found} {what} already: end one first")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many.
        found: usize,
    },
    /// Only a steward may do it.
    #[error("only a steward of this organisation can do that: ask one of them")]
    NotASteward,
    /// There must be one steward.
    #[error("this is the last steward: make another member a steward first")]
    LastSteward,
    /// There is no such account, session, invitation or token.
    #[error("there is no such {0} any more")]
    NotFound(&'static str),
    /// The account waits to be confirmed.
    #[error("a steward of this organisation has not confirmed this account yet")]
    Waiting,
    /// The name of a token is empty or too long.
    #[error("a token needs a name of 1 to {} characters", limits::TOKEN_NAME_BYTES_MAX)]
    TokenName,
    /// A token ends too late or has ended.
    #[error("a token must end after today, and within a year")]
    TokenEnd,
    /// A token may do nothing.
    #[error("choose at least one thing that the token may do")]
    TokenScopes,
    /// A note is too long, or has a name that it cannot have.
    #[error("this is too long to be kept")]
    Note,
    /// What is kept could not be read or written.
    #[error(transparent)]
    Cupboard(#[from] CupboardError),
    /// What is kept is damaged.
    #[error("the account is damaged: {0}")]
    Damaged(String),
}

fn shown(pause: Duration) -> String {
    let seconds = pause.as_secs().max(1);
    match seconds {
        0..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
