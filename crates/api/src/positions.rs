//! Positions in decisions: who says what, and taking one.

use axum::{Extension, Json, extract::State, http::HeaderMap};
use knotwork_commands::{CommandError, DecisionError, Visible};
use knotwork_identity::DocumentId;

use crate::{
    bodies::{DecisionBody, NewPosition, PositionBody, form_of},
    decisions::{find, shown, voices},
    guard::Caller,
    idempotency::no_key,
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// Who has taken which position
///
/// Under the terms in force, in the order of places: of each voter the one that counts, and behind it what came too late.
/// Refused while the caller does not see them.
#[utoipa::path(
    get,
    path = "/api/v1/decisions/{id}/positions",
    tag = "decisions",
    operation_id = "list_positions",
    params(("id" = String, Path, description = "The id of the decision")),
    responses(
        (status = 200, description = "The positions", body = Vec<PositionBody>),
        (status = 403, description = "They are shown once the caller has taken one, or once it has closed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_positions(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
) -> Result<Json<Vec<PositionBody>>, Problem> {
    let id: DocumentId = named.read("decision")?;
    let entry = find(&api, &named, id).await?;
    let terms = entry.terms.clone();
    let voices = {
        let terms = terms.clone();
        api.read(move |handle| voices(handle, &caller, &terms)).await?
    };
    let detail = match entry.visible_to(&voices) {
        Visible::Now => {
            let bodies = entry.positions.into_iter().map(|position| PositionBody::new(position, &terms));
            return Ok(Json(bodies.collect()));
        }
        Visible::AfterOwn => "positions are shown to you once you have taken one",
        Visible::AfterClosing => "positions are shown once the decision has closed",
    };
    Err(Problem::new(axum::http::StatusCode::FORBIDDEN, detail))
}

/// Take a position
///
/// For the member's organisation where the member speaks for it, or for oneself where persons are asked. Taking another
/// takes its place. Where that was the last answer and nobody objects, the decision closes.
#[utoipa::path(
    put,
    path = "/api/v1/decisions/{id}/positions/own",
    tag = "decisions",
    operation_id = "take_position",
    params(("id" = String, Path, description = "The id of the decision")),
    request_body = NewPosition,
    responses(
        (status = 200, description = "The decision as it is now", body = DecisionBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member has no voice in it, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not open, or an objection was changed since it was read", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The position is none, or a reason is missing", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn take_position(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(mut body, _place): json::Json<NewPosition>,
) -> Result<Json<DecisionBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let id: DocumentId = named.read("decision")?;
    let entry = find(&api, &named, id).await?;
    let method = entry.terms.rules.method;
    let position = body.read(&method)?;
    let taken = api.handle.take_position(member, &id, body.place, position, body.reason, body.not_qualified).await;
    if let Err(error) = taken {
        let is_about_it = matches!(error, CommandError::Decision(DecisionError::Position(_)));
        let problem = Problem::from(error);
        // It was sent in the field of the method.
        return Err(if is_about_it { problem.field(form_of(&method).0) } else { problem });
    }
    Ok(Json(shown(&api, &caller, id).await?))
}
