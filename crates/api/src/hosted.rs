//! Hosted organisations, for whoever looks after the node's machine: whose members use it, and who comes and goes.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::BASE64;
use knotwork_identity::PublicKey;

use crate::{
    bodies::{HostedBody, HostedLink, HostedPage, NewAdmission, NewHosted},
    guard::Caller,
    idempotency::no_key,
    json,
    path::Named,
    problem::Problem,
    rfc3339::to_rfc3339,
    state::Api,
    unneeded::Unneeded,
};

/// The organisations that this node hosts
///
/// For the operator's token: those whose keys are in the node's data folder, with how they stand.
#[utoipa::path(
    get,
    path = "/api/v1/hosted",
    tag = "hosted",
    operation_id = "list_hosted",
    responses(
        (status = 200, description = "The organisations", body = HostedPage),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_hosted(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<HostedPage>, Problem> {
    caller.check_operator()?;
    let entries = api.read(|handle| handle.hosted()).await?;
    Ok(Json(HostedPage { items: entries.into_iter().map(HostedBody::from).collect() }))
}

/// Take in an organisation
///
/// For the operator's token. Its key has to be in the node's data folder, where `knotwork hosted add` puts it. Where it is
/// not in the network, it accepts the charter in force and applies: it stands among the admissions then, and a member opens
/// the decision to admit it.
#[utoipa::path(
    post,
    path = "/api/v1/hosted",
    tag = "hosted",
    operation_id = "take_in_hosted",
    request_body = NewHosted,
    responses(
        (status = 201, description = "The organisation", body = HostedBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Its key is not here, or too many are hosted", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn take_in_hosted(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewHosted>,
) -> Result<(StatusCode, Json<HostedBody>), Problem> {
    caller.check_operator()?;
    no_key(&headers)?;
    let entry = api.read(move |handle| handle.take_in(&body.organisation)).await?;
    Ok((StatusCode::CREATED, Json(entry.into())))
}

/// Invite a member of a hosted organisation
///
/// For the operator's token. While nobody of it has an account, the link is its first member's, who becomes its steward.
#[utoipa::path(
    post,
    path = "/api/v1/hosted/{organisation}/invitations",
    tag = "hosted",
    operation_id = "invite_hosted",
    params(("organisation" = String, Path, description = "The key of the organisation")),
    responses(
        (status = 201, description = "The link", body = HostedLink),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No organisation has such a key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too many are open", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is not hosted here", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn invite_hosted(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    _: Unneeded,
) -> Result<(StatusCode, Json<HostedLink>), Problem> {
    caller.check_operator()?;
    let organisation: PublicKey = named.read("organisation")?;
    let (path, ends) = api.handle.invite_hosted(&organisation).await?;
    Ok((StatusCode::CREATED, Json(HostedLink { path, ends: ends.and_then(to_rfc3339) })))
}

/// Let an organisation go to a node of its own
///
/// For the operator's token. The application is the one that its new node wrote. The organisation's word names that node,
/// and counts once it is minuted; its members use this node no more then.
#[utoipa::path(
    post,
    path = "/api/v1/hosted/departures",
    tag = "hosted",
    operation_id = "release_hosted",
    request_body = NewAdmission,
    responses(
        (status = 202, description = "It is said, and waits to be minuted", body = HostedBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be said now", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no application of an organisation that is hosted here", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn release_hosted(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewAdmission>,
) -> Result<(StatusCode, Json<HostedBody>), Problem> {
    caller.check_operator()?;
    no_key(&headers)?;
    let bytes = BASE64
        .decode(body.application.trim().as_bytes())
        .map_err(|error| Problem::malformed(format!("application is not Base64: {error}")).field("application"))?;
    let organisation = api.handle.release_hosted(&bytes).await?;
    let entries = api.read(|handle| handle.hosted()).await?;
    let entry = entries.into_iter().find(|entry| entry.organisation == organisation).ok_or_else(Problem::stopping)?;
    Ok((StatusCode::ACCEPTED, Json(entry.into())))
}
