//! Sessions: a member signs in, and a program has a token with which it acts for the member.

use axum::{Extension, Json, extract::State, http::StatusCode};
use knotwork_identity::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{guard::Caller, json, problem::Problem, state::Api};

/// What a member signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    /// The sign-in name.
    #[schema(example = "ada@alder.example")]
    name: String,
    /// The passphrase.
    #[schema(example = "four plain words here")]
    passphrase: String,
    /// What to call the program on the list of sessions.
    #[serde(default)]
    #[schema(example = "a script")]
    device: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionToken {
    /// To be sent as `Authorization: Bearer TOKEN`. It ends when it was not used for 12 hours.
    #[schema(example = "bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    pub(crate) token: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// The person, as an opaque id.
    person: String,
    /// The sign-in name.
    #[schema(example = "ada@alder.example")]
    name: String,
    /// Whether the person looks after the node, or the accounts of a hosted organisation.
    steward: bool,
    /// The key of the organisation for which they act: the one that runs this node, or one that it hosts.
    organisation: String,
    /// Its name.
    #[schema(example = "Alder Practice")]
    organisation_name: String,
}

/// Sign in
///
/// Needs no token. After five wrong tries within 15 minutes the next ones have to wait; Retry-After tells how long.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "members",
    operation_id = "add_session",
    security(()),
    request_body = NewSession,
    responses(
        (status = 201, description = "The session's token", body = SessionToken),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The name or the passphrase is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "They are right, and the member's organisation does not use this node any more", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "There were too many wrong tries", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_session(
    State(api): State<Api>,
    json::Json(body, _place): json::Json<NewSession>,
) -> Result<(StatusCode, Json<SessionToken>), Problem> {
    let NewSession { name, passphrase, device } = body;
    let device = if device.trim().is_empty() { "a program".to_owned() } else { device };
    let home = api.handle.at_home(&name)?;
    let token = home.sign_in(name, Zeroizing::new(passphrase), device).await?;
    Ok((StatusCode::CREATED, Json(SessionToken { token })))
}

/// Who is signed in
#[utoipa::path(
    get,
    path = "/api/v1/session",
    tag = "members",
    operation_id = "get_session",
    responses(
        (status = 200, description = "The member whose token it is", body = SessionBody),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_session(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<SessionBody>, Problem> {
    let member = caller.member()?;
    Ok(Json(SessionBody {
        person: member.person.to_string(),
        name: member.sign_in_name.clone(),
        steward: member.steward,
        organisation: api.handle.organisation_key().to_string(),
        organisation_name: api.handle.organisation_name(),
    }))
}

/// Sign out
///
/// Ends the session whose token is sent.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "members",
    operation_id = "end_session",
    responses(
        (status = 204, description = "The session has ended"),
        (status = 403, description = "The token is no session's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end_session(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, Problem> {
    let member = caller.member()?;
    let session = member.session.as_ref().map(|session| session.id.clone());
    let Some(session) = session else {
        let detail = "this is a personal token: end it on the settings page";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).field("Authorization"));
    };
    let person: PersonId = member.person;
    api.handle.keeping(move |accounts, _, _| accounts.end_session(&person, &session)).await?;
    Ok(StatusCode::NO_CONTENT)
}
