//! Admissions: inviting organisations into the network, and deciding to admit those that apply.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::BASE64;
use knotwork_commands::AdmissionEntry;
use knotwork_identity::{PublicKey, check_address};

use crate::{
    bodies::{
        AdmissionBody, AdmissionPage, DecisionBody, NetworkInvitationBody, NetworkInvitationPage, NewAdmission,
        NewNetworkInvitation, OpenNetworkInvitation,
    },
    decisions::shown,
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json,
    path::Named,
    problem::Problem,
    state::Api,
    unneeded::Unneeded,
};

/// Who has applied through this node
#[utoipa::path(
    get,
    path = "/api/v1/admissions",
    tag = "admissions",
    operation_id = "list_admissions",
    responses(
        (status = 200, description = "The applications", body = AdmissionPage),
    ),
)]
pub(crate) async fn list_admissions(State(api): State<Api>) -> Result<Json<AdmissionPage>, Problem> {
    let entries = api.read(|handle| handle.admissions()).await?;
    Ok(Json(AdmissionPage { items: entries.into_iter().map(AdmissionBody::from).collect() }))
}

/// Take an application that came in a file
///
/// Only one that answers an open invitation of this node is kept, and the invitation is that organisation's from then on.
/// Sent again, it changes nothing more.
#[utoipa::path(
    post,
    path = "/api/v1/admissions",
    tag = "admissions",
    operation_id = "add_admission",
    request_body = NewAdmission,
    responses(
        (status = 201, description = "The application", body = AdmissionBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is of a further node of this organisation", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no application, answers no open invitation of this node or another organisation's, or too many wait", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_admission(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewAdmission>,
) -> Result<(StatusCode, Json<AdmissionBody>), Problem> {
    caller.member()?;
    no_key(&headers)?;
    let bytes = BASE64
        .decode(body.application.trim().as_bytes())
        .map_err(|error| Problem::malformed(format!("application is not Base64: {error}")).field("application"))?;
    let organisation = api.read(move |handle| Ok(handle.receive_application(&bytes)?.organisation)).await?;
    // It is kept, and stands among this organisation's nodes.
    let of_ours = || {
        let detail =
            "this is a further node of this organisation, on which nobody decides: `knotwork nodes add` lets it in";
        Problem::new(StatusCode::CONFLICT, detail)
    };
    Ok((StatusCode::CREATED, Json(find(&api, &organisation).await?.ok_or_else(of_ours)?.into())))
}

/// Invite an organisation into the network
///
/// For stewards. The first organisation that applies with it may do so again, for 30 days, and no other. Nobody is admitted
/// by it: that is decided.
#[utoipa::path(
    post,
    path = "/api/v1/admissions/invitations",
    tag = "admissions",
    operation_id = "invite_organisation",
    request_body = NewNetworkInvitation,
    responses(
        (status = 201, description = "The invitation", body = NetworkInvitationBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too many are open, or the organisation is not in the network any more", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn invite_organisation(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewNetworkInvitation>,
) -> Result<(StatusCode, Json<NetworkInvitationBody>), Problem> {
    let member = caller.member()?.clone();
    no_key(&headers)?;
    for (place, address) in body.addresses.iter().enumerate() {
        check_address(address).map_err(|error| {
            let field = format!("addresses[{place}]");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {error}")).field(field)
        })?;
    }
    if body.addresses.len() > ADDRESSES_MAX {
        let detail = format!("an invitation has at most {ADDRESSES_MAX} addresses");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("addresses").limit(ADDRESSES_MAX));
    }
    let invitation = api.read(move |handle| handle.invite_organisation(&member, body.addresses)).await?;
    Ok((StatusCode::CREATED, Json((&invitation).into())))
}

/// Open invitations into the network
///
/// For stewards. What is in an invitation is not kept, so it cannot be had again.
#[utoipa::path(
    get,
    path = "/api/v1/admissions/invitations",
    tag = "admissions",
    operation_id = "list_network_invitations",
    responses(
        (status = 200, description = "The invitations", body = NetworkInvitationPage),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_network_invitations(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<NetworkInvitationPage>, Problem> {
    let member = caller.member()?.clone();
    let open = api.read(move |handle| handle.network_invitations(&member)).await?;
    Ok(Json(NetworkInvitationPage { items: open.into_iter().map(OpenNetworkInvitation::from).collect() }))
}

/// Take an invitation into the network back
///
/// For stewards. Nobody applies with it any more; an application that came by it stays.
#[utoipa::path(
    delete,
    path = "/api/v1/admissions/invitations/{id}",
    tag = "admissions",
    operation_id = "take_back_network_invitation",
    params(("id" = String, Path, description = "The id of the invitation")),
    responses(
        (status = 204, description = "It is taken back"),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such invitation is open", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn take_back_network_invitation(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    _: Unneeded,
) -> Result<StatusCode, Problem> {
    let member = caller.member()?.clone();
    api.read(move |handle| handle.take_back_invitation(&member, &named.text)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a decision to admit an organisation
///
/// By the charter's usual method, for as long as it says. Where this organisation alone is asked and the member speaks for
/// it, that settles it. One that is under way is given again.
#[utoipa::path(
    post,
    path = "/api/v1/admissions/{organisation}/decision",
    tag = "admissions",
    operation_id = "open_admission",
    params(
        ("organisation" = String, Path, description = "The key of the organisation"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 201, description = "The decision", body = DecisionBody),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody of this key has applied through this node", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is in the network, or has to accept the charter in force", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn open_admission(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    _: Unneeded,
) -> Result<(StatusCode, Json<DecisionBody>), Problem> {
    let member = caller.member()?;
    let organisation: PublicKey = named.read("organisation")?;
    let given = idempotency_nonce(&member.public_key(), &headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    if find(&api, &organisation).await?.is_none() {
        return Err(named.missing("nobody of this key has applied through this node"));
    }
    let document = api.handle.open_admission(member, &organisation, nonce).await?;
    Ok((StatusCode::CREATED, Json(shown(&api, &caller, document).await?)))
}

async fn find(api: &Api, organisation: &PublicKey) -> Result<Option<AdmissionEntry>, Problem> {
    let entries = api.read(|handle| handle.admissions()).await?;
    Ok(entries.into_iter().find(|entry| entry.application.organisation == *organisation))
}

/// The most addresses of an invitation.
const ADDRESSES_MAX: usize = 16;
