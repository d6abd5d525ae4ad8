//! Mandates as JSON.

use knotwork_commands::{MandateEntry, MandateState};
use knotwork_identity::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::given;
use crate::rfc3339::to_rfc3339;

/// The mandates of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MandatePage {
    /// The mandates, the latest first.
    pub(crate) items: Vec<MandateBody>,
}

/// An organisation's leave for a member to speak for it in decisions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mandate)]
pub(crate) struct MandateBody {
    /// Its id.
    id: String,
    /// The organisation's key.
    organisation: String,
    /// Its number, above that of every one before.
    number: u64,
    /// The person, as an opaque id; empty where it takes the organisation's voice back from everybody.
    person: String,
    /// What the person is called, where a profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    name: Option<String>,
    /// `offered`, `held`, `laid-down`, `over` or `taken-back`.
    #[schema(example = "held")]
    state: &'static str,
    /// From when.
    #[schema(format = "date-time", required = true)]
    from: Option<String>,
    /// Until when.
    #[schema(format = "date-time", required = true)]
    until: Option<String>,
}

/// A mandate to give, or the word that takes the organisation's voice back from everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMandate {
    /// To whom: the opaque id that lists of members give. Left out with `taken_back`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) person: Option<PersonId>,
    /// Until when; a year from now if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2027-03-31T00:00:00Z")]
    pub(crate) until: Option<String>,
    /// True takes the organisation's voice back from everybody.
    #[serde(default)]
    pub(crate) taken_back: bool,
}

/// The member's answer to a mandate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MandatePatch {
    /// True accepts it, false declines it or lays it down.
    pub(crate) accepted: bool,
}

impl From<MandateEntry> for MandateBody {
    fn from(entry: MandateEntry) -> Self {
        Self {
            id: entry.document.to_string(),
            organisation: entry.organisation.to_string(),
            number: entry.mandate.number,
            person: entry.mandate.person.map(|person| person.to_string()).unwrap_or_default(),
            name: entry.name,
            state: match entry.state {
                MandateState::Offered => "offered",
                MandateState::Held => "held",
                MandateState::LaidDown => "laid-down",
                MandateState::Over => "over",
                MandateState::TakenBack => "taken-back",
            },
            from: to_rfc3339(entry.mandate.from),
            until: to_rfc3339(entry.mandate.until),
        }
    }
}
