//! Resets: a link with which a member who has forgotten the passphrase takes another one.

use axum::{Extension, Json, extract::State, http::StatusCode};
use knotwork_accounts::AccountError;
use knotwork_commands::CommandError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{guard::Caller, json, problem::Problem, rfc3339::to_rfc3339, state::Api};

/// For whom a link is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetRequest {
    /// What the member signs in with.
    #[schema(example = "ada@alder.example")]
    sign_in_name: String,
}

/// A link that has just been made.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewReset {
    /// The page where the member takes another passphrase, below the node's address. It works once, and is shown once.
    #[schema(example = "/reset/bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    path: String,
    /// When it ends.
    #[schema(format = "date-time", required = true)]
    ends: Option<String>,
}

/// Help a member who has forgotten the passphrase
///
/// For stewards, and for the operator's token. The link works once, within 24 hours, and takes the place of an earlier one.
/// With it the member gets a new key; what they wrote stays theirs.
#[utoipa::path(
    post,
    path = "/api/v1/resets",
    tag = "members",
    operation_id = "add_reset",
    request_body = ResetRequest,
    responses(
        (status = 201, description = "The link", body = NewReset),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member is no steward, or the token is no session's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody signs in with this name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The account has had too many keys", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_reset(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    json::Json(body, _place): json::Json<ResetRequest>,
) -> Result<(StatusCode, Json<NewReset>), Problem> {
    let by = match &caller {
        // Who has an account is for stewards to know.
        Caller::Member(member) if !member.steward => {
            return Err(CommandError::Account(AccountError::NotASteward).into());
        }
        Caller::Member(member) => {
            // The link signs in: a token that could make one would outlive its own end.
            caller.session()?;
            Some(member.person)
        }
        Caller::Operator => None,
    };
    let person = api.handle.account_named(&body.sign_in_name)?.person;
    let (text, link) = api.handle.reset_link(by, person).await?;
    Ok((StatusCode::CREATED, Json(NewReset { path: format!("/reset/{text}"), ends: to_rfc3339(link.ends) })))
}
