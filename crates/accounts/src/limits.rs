//! Every limit of accounts, in one place.

use std::time::Duration;

/// The shortest passphrase in characters.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// The longest passphrase in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 1_000;
/// The longest sign-in name in bytes.
pub const SIGN_IN_NAME_BYTES_MAX: usize = 100;
/// How long a session may be idle.
pub const SESSION_IDLE: Duration = Duration::from_hours(12);
/// The most sessions of an account. One more ends the one that was idle longest.
pub const SESSIONS_MAX: usize = 25;
/// How often it is noted that a session was used.
pub const SESSION_NOTED_EVERY: Duration = Duration::from_mins(5);
/// The longest name of a device in characters.
pub const DEVICE_CHARS_MAX: usize = 120;
/// So many wrong tries ...
pub const WRONG_TRIES_MAX: usize = 5;
/// ... within this time slow the next ones down.
pub const WRONG_TRIES_WITHIN: Duration = Duration::from_mins(15);
/// The first pause after that; each further wrong try doubles it.
pub const PAUSE_MIN: Duration = Duration::from_secs(30);
/// The longest pause.
pub const PAUSE_MAX: Duration = Duration::from_mins(15);
/// Of how many names wrong tries are remembered.
pub const TRIED_NAMES_MAX: usize = 10_000;
/// How long an invitation works.
pub const INVITATION_LIFE: Duration = Duration::from_hours(7 * 24);
/// The most open invitations by one member.
pub const INVITATIONS_MAX: usize = 50;
/// The most personal tokens of an account.
pub const TOKENS_MAX: usize = 50;
/// The longest life of a personal token.
pub const TOKEN_LIFE_MAX: Duration = Duration::from_hours(366 * 24);
/// The longest name of a personal token in bytes.
pub const TOKEN_NAME_BYTES_MAX: usize = 100;
/// How often it is noted that a personal token was used: only the day is.
pub const TOKEN_NOTED_EVERY: Duration = Duration::from_hours(24);
/// How long the link works with which somebody who forgot a passphrase takes another.
pub const RESET_LIFE: Duration = Duration::from_hours(24);
/// The most keys that an account has had, the present one among them.
pub const KEYS_MAX: usize = 16;
/// The most notes of an account.
pub const NOTES_MAX: usize = 200;
/// The longest note in bytes.
pub const NOTE_BYTES_MAX: usize = 1_536 * 1024;
/// The longest name of a note in bytes.
pub const NOTE_NAME_BYTES_MAX: usize = 120;
/// The most accounts of a node.
pub const ACCOUNTS_MAX: usize = 10_000;
