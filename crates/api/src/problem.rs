//! Problem details (RFC 9457): the one form in which the API says no.
//!
//! Every problem says in `detail` what is wrong and, where the caller can do something about it, what. It knows no
//! routes; the guide in `docs/guides/api.md` lists the types.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use knotwork_accounts::{AccountError, CupboardError};
use knotwork_commands::{CommandError, DecisionError, RoleError};
use knotwork_documents::FieldError;
use knotwork_governance::TemperatureError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::entity_tag::EntityTag;

/// Why a request was not carried out (RFC 9457). Nothing was written, unless the detail says otherwise.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Tells problems apart that have the same status: `about:blank`, or one of the types that the guide lists.
    #[serde(rename = "type")]
    #[schema(example = "/problems/field")]
    kind: &'static str,
    /// A short name for problems of this type.
    #[schema(example = "A field breaks a rule")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong this time, and what to do next.
    #[schema(example = "tags has 250 entries, and the limit is 200")]
    detail: String,
    /// The field, parameter or header that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tags", nullable = false)]
    field: Option<String>,
    /// The limit that it passes, in bytes of UTF-8 or in entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 200, nullable = false)]
    limit: Option<u64>,
    /// How many rows an import had added before it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    added: Option<u64>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem that its status names well enough.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem");
        Self::of_type(ABOUT_BLANK, title, status, detail)
    }

    /// A request that makes no sense: its form, not its meaning, is wrong.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Something else is at its limit; trying again later helps.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::of_type("/problems/busy", "The node is busy", StatusCode::SERVICE_UNAVAILABLE, detail)
            .header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The node is stopping.
    pub(crate) fn stopping() -> Self {
        let detail = "the node is stopping: try again when it runs again";
        Self::of_type("/problems/stopping", "The node is stopping", StatusCode::SERVICE_UNAVAILABLE, detail)
            .header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// The resource is not what the caller saw.
    pub(crate) fn stale(now: Option<&EntityTag>) -> Self {
        let detail = "the resource has changed since you read it: read it again, and then edit what is there now; \
                      a list that is sent as {\"add\": [], \"remove\": []} needs no If-Match";
        let problem =
            Self::of_type("/problems/stale", "The resource has changed", StatusCode::PRECONDITION_FAILED, detail);
        match now {
            Some(tag) => problem.header(header::ETAG, tag.to_header()),
            None => problem,
        }
    }

    /// An idempotency key came back with something else.
    pub(crate) fn key_used(what: &str, id: impl std::fmt::Display) -> Self {
        let detail = format!(
            "this Idempotency-Key has made the {what} {id} from other content: send the same content again, or use a \
             new key"
        );
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::of_type("/problems/idempotency-key", "The key was used for something else", status, detail)
            .field("Idempotency-Key")
    }

    /// Adds the name of the field, parameter or header.
    pub(crate) fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(shortened(name.into(), FIELD_CHARS_MAX));
        self
    }

    /// Adds the limit.
    pub(crate) fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit as u64);
        self
    }

    /// Adds how many rows were added before.
    pub(crate) fn added(mut self, rows: u64) -> Self {
        self.added = Some(rows);
        self
    }

    /// Adds a response header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn of_type(kind: &'static str, title: &'static str, status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: shortened(detail.into(), DETAIL_CHARS_MAX),
            field: None,
            limit: None,
            added: None,
            headers: Vec::new(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A problem is made of plain text and numbers, which always have a JSON form.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        let problem = Self::of_type(
            "/problems/field",
            "A field breaks a rule",
            StatusCode::UNPROCESSABLE_ENTITY,
            error.to_string(),
        )
        .field(error.field());
        match error {
            FieldError::TooLong { limit, .. } | FieldError::TooMany { limit, .. } => problem.limit(limit),
            FieldError::NoTitle
            | FieldError::Missing { .. }
            | FieldError::Form { .. }
            | FieldError::Steering { .. }
            | FieldError::Before { .. }
            | FieldError::Separator { .. } => problem,
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::Field(error) => error.into(),
            CommandError::Account(error) => account(&error),
            CommandError::Role(RoleError::NotYours) => Self::new(StatusCode::FORBIDDEN, detail),
            CommandError::Role(RoleError::NobodyKnown | RoleError::Yourself) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("person")
            }
            CommandError::Role(_) => Self::new(StatusCode::CONFLICT, detail).field("role"),
            CommandError::Decision(error) => decision(&error),
            CommandError::Temperature(error) => temperature(&error),
            CommandError::Outside(_) => Self::new(StatusCode::CONFLICT, detail),
            CommandError::Departed(_) => {
                let title = "The organisation is not at this node any more";
                Self::of_type("/problems/departed", title, StatusCode::FORBIDDEN, detail)
            }
            CommandError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, detail).field("id"),
            CommandError::NotAdmitted(_) => Self::new(StatusCode::CONFLICT, detail),
            CommandError::DoesNotStand => Self::new(StatusCode::CONFLICT, detail).field("at"),
            CommandError::Stale { heads } => Self::stale(Some(&EntityTag::of_heads(&heads))),
            CommandError::DocumentFull(_) => {
                Self::of_type("/problems/document-full", "The resource is full", StatusCode::CONFLICT, detail)
            }
            CommandError::DiskFull => {
                Self::of_type("/problems/disk-full", "The disk is full", StatusCode::INSUFFICIENT_STORAGE, detail)
            }
            CommandError::KeyEnded => Self::new(StatusCode::FORBIDDEN, detail),
            CommandError::Busy | CommandError::Uncertified => Self::busy(detail),
            CommandError::Stopping => Self::stopping(),
            CommandError::Failed(_) => {
                tracing::error!(%error, "a request failed within the node");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
            }
        }
    }
}

/// Why a decision is not opened, answered or changed so.
fn decision(error: &DecisionError) -> Problem {
    let (status, field) = match error {
        DecisionError::NoVoice | DecisionError::NotAsked | DecisionError::Heard | DecisionError::NotYours => {
            (StatusCode::FORBIDDEN, None)
        }
        DecisionError::Closed | DecisionError::TermsClosed | DecisionError::Word(_) | DecisionError::Reconvening(_) => {
            (StatusCode::CONFLICT, None)
        }
        DecisionError::InvitationsFull(most) => {
            return Problem::new(StatusCode::CONFLICT, error.to_string()).limit(*most);
        }
        DecisionError::PersonsTooMany { fit, .. } => {
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).field("persons").limit(*fit);
        }
        DecisionError::NoInvitation => (StatusCode::NOT_FOUND, Some("id")),
        DecisionError::StandInYourself | DecisionError::StandInElsewhere(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Some("stand_in"))
        }
        DecisionError::AskedAlready => (StatusCode::CONFLICT, Some("stand_in")),
        DecisionError::AnsweredThemself | DecisionError::Outranked => (StatusCode::CONFLICT, Some("place")),
        DecisionError::NothingToFollow => (StatusCode::UNPROCESSABLE_ENTITY, Some("follows")),
        DecisionError::LastDay | DecisionError::RestsUntil => (StatusCode::UNPROCESSABLE_ENTITY, Some("until")),
        DecisionError::RenewsAlready(_) => (StatusCode::CONFLICT, Some("effects")),
        DecisionError::NoObjection => (StatusCode::CONFLICT, Some("integrates")),
        DecisionError::Position(_) => (StatusCode::UNPROCESSABLE_ENTITY, Some("position")),
        DecisionError::ObjectionsHidden => (StatusCode::UNPROCESSABLE_ENTITY, Some("not_qualified")),
        DecisionError::ObjectionChanged => (StatusCode::CONFLICT, Some("not_qualified")),
        DecisionError::NotSayable(_) => (StatusCode::CONFLICT, Some("kind")),
        DecisionError::ReasonMissing => (StatusCode::UNPROCESSABLE_ENTITY, Some("reason")),
        DecisionError::NobodyKnown => (StatusCode::UNPROCESSABLE_ENTITY, Some("person")),
        DecisionError::Terms { field, .. } => (StatusCode::UNPROCESSABLE_ENTITY, *field),
        DecisionError::Application(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let problem = Problem::new(status, error.to_string());
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Why nobody can be asked, or answer, how they feel so.
fn temperature(error: &TemperatureError) -> Problem {
    let (status, field) = match error {
        TemperatureError::NoQuestion => (StatusCode::UNPROCESSABLE_ENTITY, Some("question")),
        TemperatureError::TooLong { name, .. } | TemperatureError::Steering(name) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Some(*name))
        }
        TemperatureError::Times => (StatusCode::UNPROCESSABLE_ENTITY, Some("days")),
        TemperatureError::Feeling => (StatusCode::UNPROCESSABLE_ENTITY, Some("feeling")),
        TemperatureError::NotOpen => (StatusCode::CONFLICT, None),
    };
    let problem = Problem::new(status, error.to_string());
    match field {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Why an account cannot do something.
fn account(error: &AccountError) -> Problem {
    let status = match error {
        AccountError::WrongPassphrase => StatusCode::UNAUTHORIZED,
        AccountError::TryAgainIn(_) => StatusCode::TOO_MANY_REQUESTS,
        AccountError::NotASteward | AccountError::Waiting => StatusCode::FORBIDDEN,
        AccountError::NotFound(_) => StatusCode::NOT_FOUND,
        AccountError::InvitationUsed
        | AccountError::InvitationEnded
        | AccountError::ResetUsed
        | AccountError::ResetEnded => StatusCode::GONE,
        AccountError::LastSteward
        | AccountError::TooMany { .. }
        | AccountError::TooManyKeys
        | AccountError::SignInNameTaken => StatusCode::CONFLICT,
        AccountError::Cupboard(CupboardError::Full) => StatusCode::INSUFFICIENT_STORAGE,
        AccountError::Cupboard(CupboardError::Failed(_)) | AccountError::Damaged(_) => {
            tracing::error!(%error, "a request failed within the node");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let problem = Problem::new(status, error.to_string());
    match error {
        AccountError::TokenName => problem.field("name"),
        AccountError::TokenScopes => problem.field("scopes"),
        AccountError::TokenEnd => problem.field("ends"),
        AccountError::TryAgainIn(pause) => {
            let seconds = pause.as_secs().max(1).to_string();
            match HeaderValue::try_from(seconds) {
                Ok(value) => problem.header(header::RETRY_AFTER, value),
                Err(_) => problem,
            }
        }
        _ => problem,
    }
}

/// What a caller sent may be part of a text about it, but not all of a long one.
fn shortened(mut text: String, chars_max: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(chars_max) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
const ABOUT_BLANK: &str = "about:blank";
const DETAIL_CHARS_MAX: usize = 600;
const FIELD_CHARS_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_only_just_come_in_is_told_to_try_again() {
        let response = Problem::from(CommandError::Uncertified).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
