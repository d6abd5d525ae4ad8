//! Every limit of the pages, in one place. Those of fields are with the documents.

use std::time::Duration;

/// The longest body of a form that a stranger may send.
pub(crate) const SHORT_FORM_BYTES_MAX: usize = 64 * 1024;
/// The longest body of a form: a resource with every field at its limit, each character as an escape of three bytes.
pub(crate) const FORM_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The most fields of a form: everybody who can be asked in a decision, and all others.
pub(crate) const FIELDS_MAX: usize = 2_000;
/// How long a form may take to arrive.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(30);
/// Entries on a page.
pub(crate) const PAGE: usize = 20;
/// The most decisions that a reminder names.
pub(crate) const REMINDERS_LISTED_MAX: usize = 5;
/// The most people who are offered at once to be asked in a decision.
pub(crate) const PERSONS_OFFERED_MAX: usize = 200;
/// Of a text by which people are looked for, so much is read.
pub(crate) const FIND_CHARACTERS_MAX: usize = 200;
/// The furthest page that a search goes to.
pub(crate) const PAGE_NUMBER_MAX: usize = 100_000;
/// The most streams of events to pages at once.
pub(crate) const STREAMS_MAX: usize = 128;
/// How long a stream lasts before the browser opens another.
pub(crate) const STREAM_TIME_MAX: Duration = Duration::from_mins(30);
/// How often a stream says that it is alive.
pub(crate) const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(20);
/// The longest part of a body that is rendered on one page; the rest is offered as text.
pub(crate) const RENDERED_BYTES_MAX: usize = 256 * 1024;

// What FIELDS_MAX promises.
const _: () = assert!(knotwork_commands::NodeHandle::PERSONS_ASKED_MAX + 100 <= FIELDS_MAX);
