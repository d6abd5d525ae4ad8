//! Objections to a decision, and what became of each, as JSON.

use knotwork_commands::{ObjectionEntry, ObjectionState};
use serde::Serialize;
use utoipa::ToSchema;

use super::ContributorBody;
use crate::rfc3339::to_rfc3339;

/// An objection, or a block, under whichever terms it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Objection)]
pub(crate) struct ObjectionBody {
    /// The voter's place among those who are asked, from 0.
    #[schema(required = true)]
    place: Option<u32>,
    /// The voter's name.
    name: String,
    /// The id of the change in which it was made. New terms name objections by it.
    change: String,
    /// Who made it.
    by: ContributorBody,
    /// When, as they claim.
    #[schema(format = "date-time", required = true)]
    time: Option<String>,
    /// The argument.
    reason: String,
    /// The version of the terms to which it was made.
    version: u32,
    /// `open` (it stands in the way), `stood` (it stood unanswered when the decision closed), `not-qualified` (the others found that it is no argument against the proposal),
    /// `integrated`, `withdrawn` (whoever made it took another position), `earlier` (the terms were changed since) or `late`.
    #[schema(example = "open")]
    state: &'static str,
    /// The version of the terms that integrates it; null where none does.
    #[schema(required = true)]
    integrated_in: Option<u32>,
}

impl ObjectionBody {
    /// An objection of the voter at this place.
    pub(crate) fn new(entry: ObjectionEntry, place: Option<u32>) -> Self {
        let (state, integrated_in) = match entry.state {
            ObjectionState::Open => ("open", None),
            ObjectionState::Stood => ("stood", None),
            ObjectionState::NotQualified => ("not-qualified", None),
            ObjectionState::Integrated(version) => ("integrated", Some(version)),
            ObjectionState::Withdrawn => ("withdrawn", None),
            ObjectionState::Earlier => ("earlier", None),
            ObjectionState::Late => ("late", None),
        };
        Self {
            place,
            name: entry.name,
            change: entry.change.to_string(),
            by: entry.by.into(),
            time: entry.time.and_then(to_rfc3339),
            reason: entry.reason,
            version: entry.version,
            state,
            integrated_in,
        }
    }
}
