//! The node itself.

use axum::{Json, extract::State};

use crate::{bodies::NodeBody, problem::Problem, state::Api};

/// The node itself
///
/// Who runs it, in which network, what it holds, and how far the other nodes are in step with it.
#[utoipa::path(
    get,
    path = "/api/v1/node",
    tag = "node",
    operation_id = "get_node",
    responses((status = 200, description = "The node", body = NodeBody)),
)]
pub(crate) async fn get_node(State(api): State<Api>) -> Result<Json<NodeBody>, Problem> {
    let view = api.read(|handle| handle.node()).await?;
    Ok(Json(view.into()))
}
