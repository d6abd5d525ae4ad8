//! Reminders as JSON.

use knotwork_commands::{NodeHandle, Reminder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339::to_rfc3339;

/// Whose answer is missing where a decision closes before long.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReminderPage {
    /// The first to close first.
    pub(crate) items: Vec<ReminderBody>,
    /// Whether there may be more than fit: take these, and ask again.
    more: bool,
}

/// One member is to be told that a decision closes before long.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reminder)]
pub(crate) struct ReminderBody {
    /// Whose answer is missing, as an opaque id.
    person: String,
    /// What they are called, where a profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    name: Option<String>,
    /// The id of the decision.
    decision: String,
    /// What it is called.
    title: String,
    /// When it closes by its terms.
    #[schema(format = "date-time", required = true)]
    closes: Option<String>,
    /// Until when it can be answered: `closes`, or later, as whoever is asked anew has time to answer.
    #[schema(format = "date-time", required = true)]
    open_until: Option<String>,
}

impl From<Vec<Reminder>> for ReminderPage {
    fn from(reminders: Vec<Reminder>) -> Self {
        let more = reminders.len() >= NodeHandle::REMINDERS_MAX;
        Self { items: reminders.into_iter().map(ReminderBody::from).collect(), more }
    }
}

impl From<Reminder> for ReminderBody {
    fn from(reminder: Reminder) -> Self {
        Self {
            person: reminder.person.to_string(),
            name: reminder.name,
            decision: reminder.decision.to_string(),
            title: reminder.title,
            closes: to_rfc3339(reminder.closes),
            open_until: to_rfc3339(reminder.open_until),
        }
    }
}
