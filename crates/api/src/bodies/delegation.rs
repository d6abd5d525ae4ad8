//! Delegations as JSON.

use knotwork_commands::{DelegationEntry, DelegationState};
use knotwork_identity::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rfc3339::to_rfc3339;

/// The delegations between members of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DelegationPage {
    /// The latest first.
    pub(crate) items: Vec<DelegationBody>,
}

/// A member has a colleague answer in decisions in their place while they are away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delegation)]
pub(crate) struct DelegationBody {
    /// Its id.
    id: String,
    /// The key of the organisation of both.
    organisation: String,
    /// Who is away, as an opaque id.
    person: String,
    /// What they are called, where a profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    name: Option<String>,
    /// Who stands in.
    stand_in: String,
    /// What they are called, where a profile tells it here.
    #[schema(required = true, example = "Bea Lane")]
    stand_in_name: Option<String>,
    /// `asked`, `in-force`, `ended` or `over`.
    #[schema(example = "in-force")]
    state: &'static str,
    /// From when.
    #[schema(format = "date-time", required = true)]
    from: Option<String>,
    /// Until when.
    #[schema(format = "date-time", required = true)]
    until: Option<String>,
}

/// What to ask of a colleague.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDelegation {
    /// Of whom: the opaque id that lists of members give.
    #[schema(value_type = String)]
    pub(crate) stand_in: PersonId,
    /// Until when; a year from now at most.
    #[schema(example = "2027-03-31T00:00:00Z")]
    pub(crate) until: String,
}

/// What one of the two says on a delegation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelegationPatch {
    /// True accepts it, for whoever stands in; false declines or ends it, for either.
    pub(crate) accepted: bool,
}

impl From<DelegationEntry> for DelegationBody {
    fn from(entry: DelegationEntry) -> Self {
        let delegation = entry.delegation;
        Self {
            id: entry.document.to_string(),
            organisation: delegation.organisation.to_string(),
            person: delegation.person.to_string(),
            name: entry.name,
            stand_in: delegation.stand_in.to_string(),
            stand_in_name: entry.stand_in_name,
            state: match entry.state {
                DelegationState::Asked => "asked",
                DelegationState::InForce => "in-force",
                DelegationState::Ended => "ended",
                DelegationState::Over => "over",
            },
            from: to_rfc3339(delegation.from),
            until: to_rfc3339(delegation.until),
        }
    }
}
