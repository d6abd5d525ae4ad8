//! Invitations: a link with which a colleague of this organisation joins.

use axum::{Extension, Json, extract::State, http::StatusCode};
use knotwork_accounts::Invitation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{guard::Caller, problem::Problem, rfc3339::to_rfc3339, state::Api, unneeded::Unneeded};

/// An invitation that has just been made.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewInvitation {
    /// The page where the colleague joins, below the node's address. It works once, and is shown once.
    #[schema(example = "/join/bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    path: String,
    /// When it ends.
    #[schema(format = "date-time", required = true)]
    ends: Option<String>,
}

/// An invitation that still works.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationBody {
    /// Names it.
    id: String,
    /// When it was made.
    #[schema(format = "date-time", required = true)]
    made: Option<String>,
    /// When it ends.
    #[schema(format = "date-time", required = true)]
    ends: Option<String>,
}

/// Open invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    /// The invitations, the newest first.
    items: Vec<InvitationBody>,
}

/// Invite a colleague
///
/// A member invites in their own name, and a machine with the operator's token in the operator's. The link works once,
/// within 7 days.
#[utoipa::path(
    post,
    path = "/api/v1/invitations",
    tag = "members",
    operation_id = "add_invitation",
    responses(
        (status = 201, description = "The invitation", body = NewInvitation),
        (status = 409, description = "Too many are open, or the organisation is not in the network any more", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_invitation(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    _: Unneeded,
) -> Result<(StatusCode, Json<NewInvitation>), Problem> {
    let by = caller.member().ok().map(|member| member.person);
    let (text, invitation) = api.handle.invite(by).await?;
    let body = NewInvitation { path: format!("/join/{text}"), ends: to_rfc3339(invitation.ends) };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Open invitations
///
/// A member's own; with the operator's token, all.
#[utoipa::path(
    get,
    path = "/api/v1/invitations",
    tag = "members",
    operation_id = "list_invitations",
    responses((status = 200, description = "The invitations", body = InvitationPage)),
)]
pub(crate) async fn list_invitations(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<InvitationPage>, Problem> {
    let by = caller.member().ok().map(|member| member.person);
    let open = api.handle.invitations(by.as_ref())?;
    let body =
        |Invitation { id, made, ends, .. }| InvitationBody { id, made: to_rfc3339(made), ends: to_rfc3339(ends) };
    Ok(Json(InvitationPage { items: open.into_iter().map(body).collect() }))
}
