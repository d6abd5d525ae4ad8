//! Delegations: who stands in for a colleague who is away.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use knotwork_commands::{CommandError, DecisionError, DelegationEntry};
use knotwork_identity::DocumentId;

use crate::{
    bodies::{DelegationBody, DelegationPage, DelegationPatch, NewDelegation},
    guard::Caller,
    idempotency::no_key,
    json,
    mandates::organisation_in,
    path::Named,
    problem::Problem,
    rfc3339::from_rfc3339,
    state::Api,
};

/// Who stands in for whom
///
/// The latest first; at this organisation, unless another is named.
#[utoipa::path(
    get,
    path = "/api/v1/delegations",
    tag = "delegations",
    operation_id = "list_delegations",
    params(("organisation" = Option<String>, Query, description = "The key of an organisation")),
    responses(
        (status = 200, description = "The delegations", body = DelegationPage),
        (status = 400, description = "The key is none", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_delegations(State(api): State<Api>, uri: Uri) -> Result<Json<DelegationPage>, Problem> {
    let organisation = organisation_in(&api, &uri)?;
    let entries = api.read(move |handle| handle.delegations(&organisation)).await?;
    Ok(Json(DelegationPage { items: entries.into_iter().map(DelegationBody::from).collect() }))
}

/// Ask a colleague to stand in
///
/// From now until a time. The colleague accepts before it counts. They answer then with the member's own voice, and with the
/// organisation's, if the member has it now. Whoever was away and answers themself goes before them.
#[utoipa::path(
    post,
    path = "/api/v1/delegations",
    tag = "delegations",
    operation_id = "ask_to_stand_in",
    request_body = NewDelegation,
    responses(
        (status = 201, description = "The delegation", body = DelegationBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody is asked, or stands in, already", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The person has no key here, or the last day is none", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ask_to_stand_in(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewDelegation>,
) -> Result<(StatusCode, Json<DelegationBody>), Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let until = from_rfc3339(&body.until, "until")?;
    let asked = api.handle.ask_to_stand_in(member, body.stand_in, until).await;
    let document = asked.map_err(|error| match error {
        error @ CommandError::Decision(DecisionError::NobodyKnown) => Problem::from(error).field("stand_in"),
        error => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(find(&api, document).await?.into())))
}

/// Accept to stand in, decline it, or end it
///
/// For whoever stands in; whoever is away ends it too. Sent again, it changes nothing more.
#[utoipa::path(
    patch,
    path = "/api/v1/delegations/{id}",
    tag = "delegations",
    operation_id = "answer_delegation",
    params(("id" = String, Path, description = "The id of the delegation")),
    request_body = DelegationPatch,
    responses(
        (status = 200, description = "The delegation as it is now", body = DelegationBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It is somebody else's, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such delegation", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn answer_delegation(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<DelegationPatch>,
) -> Result<Json<DelegationBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let id: DocumentId = named.read("delegation")?;
    api.handle.answer_delegation(member, id, body.accepted).await.map_err(|error| match error {
        CommandError::NotFound(_) => named.missing("there is no delegation at this organisation with this id"),
        error => error.into(),
    })?;
    Ok(Json(find(&api, id).await?.into()))
}

async fn find(api: &Api, id: DocumentId) -> Result<DelegationEntry, Problem> {
    let entries = api.read(|handle| handle.delegations(&handle.organisation_key())).await?;
    let found = entries.into_iter().find(|entry| entry.document == id);
    found.ok_or_else(|| CommandError::NotFound(id).into())
}
