//! The history of a resource.

use axum::{Json, extract::State};

use crate::{bodies::HistoryBody, problem::Problem, resources::ResourceId, state::Api};

/// Who changed what in a resource
///
/// Every change that the node has admitted, each after those that it builds on. Times are what their authors claim. A
/// change's id, sent as `at` to the resource, reads the version that it made, if that stands.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{id}/history",
    tag = "resources",
    operation_id = "get_resource_history",
    params(("id" = String, Path, description = "The id of the resource")),
    responses(
        (status = 200, description = "The history", body = HistoryBody),
        (status = 404, description = "There is no such resource", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_history(State(api): State<Api>, id: ResourceId) -> Result<Json<HistoryBody>, Problem> {
    let entries = api.read(move |handle| handle.resource_history(&id.0)).await?;
    Ok(Json(HistoryBody::new(entries, api.handle.now())))
}
