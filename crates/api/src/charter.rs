//! The charter: what the network is for and how it works.

use axum::{Json, extract::State};
use knotwork_governance::Charter;

use crate::{
    bodies::{CharterBody, CharterInForce, CharterVersionBody, CharterVersions},
    problem::Problem,
    state::Api,
};

/// The charter in force
///
/// Another is proposed by a decision with the effect `charter`.
#[utoipa::path(
    get,
    path = "/api/v1/charter",
    tag = "charter",
    operation_id = "get_charter",
    responses(
        (status = 200, description = "The charter", body = CharterInForce),
    ),
)]
pub(crate) async fn get_charter(State(api): State<Api>) -> Result<Json<CharterInForce>, Problem> {
    Ok(Json(api.read(|handle| handle.charter()).await?.into()))
}

/// Every charter that was in force
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/api/v1/charter/versions",
    tag = "charter",
    operation_id = "list_charter_versions",
    responses(
        (status = 200, description = "The charters", body = CharterVersions),
    ),
)]
pub(crate) async fn list_charter_versions(State(api): State<Api>) -> Result<Json<CharterVersions>, Problem> {
    let versions = api.read(|handle| handle.charter_versions()).await?;
    Ok(Json(CharterVersions { items: versions.into_iter().map(CharterVersionBody::from).collect() }))
}

/// A charter in the form that the API gives it, for whoever has one and no node to ask.
#[must_use]
pub fn charter_as_json(charter: Charter) -> serde_json::Value {
    // It is made of texts, lists and numbers, which always have a JSON form.
    serde_json::to_value(CharterBody::from(charter)).unwrap_or_default()
}
