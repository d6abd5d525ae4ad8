//! Role requests: who asks whom to take on a role. The answer is a role, or nothing that anybody is told.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use knotwork_commands::CommandError;
use knotwork_documents::RoleRequestEdit;
use knotwork_identity::DocumentId;

use crate::{
    bodies::{NewRoleRequest, RoleRequestBody, RoleRequestLists, RoleRequestPatch},
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// The member's role requests
///
/// Those that wait for the member's answer, and those that the member has made. Take a role on with POST /api/v1/roles
/// and the request's id.
#[utoipa::path(
    get,
    path = "/api/v1/role-requests",
    tag = "roles",
    operation_id = "list_role_requests",
    responses(
        (status = 200, description = "The requests", body = RoleRequestLists),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_role_requests(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<RoleRequestLists>, Problem> {
    let member = caller.member()?.clone();
    let (to_me, by_me) =
        api.read(move |handle| Ok((handle.requests_to(&member)?, handle.requests_by(&member)?))).await?;
    let bodies = |entries: Vec<_>| entries.into_iter().map(RoleRequestBody::from).collect();
    Ok(Json(RoleRequestLists { to_me: bodies(to_me), by_me: bodies(by_me) }))
}

/// Ask somebody to take on a role
///
/// The network sees who asks whom. One person is asked for one role at most once in half a year, whoever asks. With an
/// `Idempotency-Key` a request can be sent again when its answer was lost: it is asked once.
#[utoipa::path(
    post,
    path = "/api/v1/role-requests",
    tag = "roles",
    operation_id = "ask_for_role",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    request_body = NewRoleRequest,
    responses(
        (status = 201, description = "The request that was made", body = RoleRequestBody),
        (status = 200, description = "What an earlier request with the same key asked, as it is now", body = RoleRequestBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The person has the role, or was asked not long ago; the detail says from when on to ask again",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, nobody can be asked so, or the key was used with other content",
            body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ask_for_role(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewRoleRequest>,
) -> Result<(StatusCode, Json<RoleRequestBody>), Problem> {
    let member = caller.member()?;
    let edit = RoleRequestEdit::from(body);
    let given = idempotency_nonce(&member.public_key(), &headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    let before = api.handle.request_began_as(member, edit.clone(), nonce)?;
    let document = api.handle.ask_for_role(member, edit.clone(), nonce).await?;
    // Looked at again: something else may have been sent with the same key at the same time.
    if api.handle.request_began_as(member, edit, nonce)? == Some(false) {
        return Err(Problem::key_used("role request", document));
    }
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(api.handle.own_request(member, &document)?.into())))
}

/// Take back a role request, or say "not now" to one
///
/// Whoever asks takes it back. Whoever is asked may say "not now": nobody is told, this node alone remembers it, and
/// requests for the same role are not shown to them for half a year.
#[utoipa::path(
    patch,
    path = "/api/v1/role-requests/{id}",
    tag = "roles",
    operation_id = "edit_role_request",
    params(("id" = String, Path, description = "The id of the role request")),
    request_body = RoleRequestPatch,
    responses(
        (status = 204, description = "It is so"),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member does not ask, or is not asked; or the token is a machine's", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such role request", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_role_request(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<RoleRequestPatch>,
) -> Result<StatusCode, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let document: DocumentId = named.read("role request")?;
    let changed = match body {
        RoleRequestPatch { withdrawn: Some(true), declined: None } => {
            api.handle.withdraw_request(member, &document).await
        }
        RoleRequestPatch { withdrawn: None, declined: Some(true) } => {
            api.handle.decline_request(member, &document).await
        }
        RoleRequestPatch { withdrawn, .. } => {
            let field = if withdrawn.is_some() { "withdrawn" } else { "declined" };
            let detail = "send withdrawn or declined, one of the two, as true: neither is taken back";
            return Err(Problem::malformed(detail).field(field));
        }
    };
    changed.map_err(|error| match error {
        CommandError::NotFound(_) => named.missing("there is no role request with this id"),
        error => error.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}
