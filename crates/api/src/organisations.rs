//! Organisations: who is in the network, and what each says of itself.

use axum::{Extension, Json, extract::State, http::StatusCode};
use knotwork_commands::{CommandError, NodeHandle, OrganisationEntry};
use knotwork_identity::PublicKey;

use crate::{
    bodies::{OrganisationBody, OrganisationPage, OrganisationPatch},
    guard::Caller,
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// The organisations of the network
///
/// All of them, from A to Z by name, each with what it says of itself as far as that has arrived here, and with what the
/// minutes say of it. Those that have gone stand apart.
#[utoipa::path(
    get,
    path = "/api/v1/organisations",
    tag = "organisations",
    operation_id = "list_organisations",
    responses((status = 200, description = "The organisations", body = OrganisationPage)),
)]
pub(crate) async fn list_organisations(State(api): State<Api>) -> Result<Json<OrganisationPage>, Problem> {
    let all = |handle: &NodeHandle| {
        let bodies = |entries: Vec<OrganisationEntry>| {
            entries.into_iter().map(|entry| body(handle, entry)).collect::<Result<Vec<_>, _>>()
        };
        Ok(OrganisationPage { items: bodies(handle.organisations()?)?, gone: bodies(handle.organisations_gone()?)? })
    };
    Ok(Json(api.read(all).await?))
}

/// One organisation
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{key}",
    tag = "organisations",
    operation_id = "get_organisation",
    params(("key" = String, Path, description = "The organisation's key")),
    responses(
        (status = 200, description = "The organisation", body = OrganisationBody),
        (status = 404, description = "There is no such organisation", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_organisation(State(api): State<Api>, named: Named) -> Result<Json<OrganisationBody>, Problem> {
    let key = named.read("organisation")?;
    find(&api, &named, key).await
}

/// Change what this organisation says of itself
///
/// For the stewards of the organisation that runs this node, about that organisation alone. Its name is what the network
/// agreed on, and is not changed here.
#[utoipa::path(
    patch,
    path = "/api/v1/organisations/{key}",
    tag = "organisations",
    operation_id = "edit_organisation",
    params(("key" = String, Path, description = "The organisation's key")),
    request_body = OrganisationPatch,
    responses(
        (status = 200, description = "The organisation as it is now", body = OrganisationBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It is another organisation, or the token is no steward's", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such organisation", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_organisation(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    json::Json(body, _place): json::Json<OrganisationPatch>,
) -> Result<Json<OrganisationBody>, Problem> {
    let member = caller.member()?;
    let key: PublicKey = named.read("organisation")?;
    if key != api.handle.organisation_key() {
        _ = find(&api, &named, key).await?;
        let detail = "this is another organisation: what it says of itself is changed at its own node";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).field(&named.parameter));
    }
    api.handle.edit_organisation(member, body.into()).await?;
    find(&api, &named, key).await
}

async fn find(api: &Api, named: &Named, key: PublicKey) -> Result<Json<OrganisationBody>, Problem> {
    let one = move |handle: &NodeHandle| handle.organisation(&key)?.map(|entry| body(handle, entry)).transpose();
    let found = api.read(one).await?;
    found.map(Json).ok_or_else(|| named.missing("there is no organisation with this key in the network"))
}

fn body(handle: &NodeHandle, entry: OrganisationEntry) -> Result<OrganisationBody, CommandError> {
    let (own, listed) = (entry.key == handle.organisation_key(), handle.listed_members(&entry.key)?);
    Ok(OrganisationBody::new(entry, own, &listed, &handle.agreed()))
}
