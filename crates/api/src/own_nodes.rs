//! The nodes of this organisation: for whoever looks after them, who has a say on each of the machines anyway.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use data_encoding::BASE64;
use knotwork_commands::NodeToAdd;
use knotwork_identity::PublicKey;

use crate::{
    bodies::{NewOwnNode, OwnNodeBody, OwnNodeChange, OwnNodePage, OwnNodeState},
    guard::Caller,
    idempotency::no_key,
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// The nodes of this organisation
///
/// One signs minutes for it. Others are served by the network beside that one, each with a certificate of its own.
#[utoipa::path(
    get,
    path = "/api/v1/nodes",
    tag = "node",
    operation_id = "list_nodes",
    responses((status = 200, description = "The nodes", body = OwnNodePage)),
)]
pub(crate) async fn list_nodes(State(api): State<Api>) -> Result<Json<OwnNodePage>, Problem> {
    let entries = api.read(|handle| handle.nodes()).await?;
    Ok(Json(OwnNodePage { items: entries.into_iter().map(OwnNodeBody::from).collect() }))
}

/// Add a node of this organisation
///
/// For the operator's token. The node was set up with the organisation's key and has joined with an invitation of this one.
/// The network serves it from then on; it signs no minutes.
#[utoipa::path(
    post,
    path = "/api/v1/nodes",
    tag = "node",
    operation_id = "add_node",
    request_body = NewOwnNode,
    responses(
        (status = 201, description = "The node", body = OwnNodeBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No node of this organisation has applied, or there are too many", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_node(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewOwnNode>,
) -> Result<(StatusCode, Json<OwnNodeBody>), Problem> {
    caller.check_operator()?;
    no_key(&headers)?;
    let wrong = |error| Problem::malformed(format!("application is not Base64: {error}")).field("application");
    let decode = |text: String| BASE64.decode(text.trim().as_bytes()).map_err(wrong);
    let which = match (body.application, body.node) {
        (None, None) => NodeToAdd::Asking,
        (None, Some(node)) => NodeToAdd::Named(node),
        (Some(text), None) => NodeToAdd::Application(decode(text)?),
        (Some(_), Some(_)) => {
            return Err(Problem::malformed("send application or node: one of the two").field("node"));
        }
    };
    let node = api.handle.add_node(&which).await?;
    Ok((StatusCode::CREATED, Json(one(&api, node).await?)))
}

/// Have another node sign minutes, or end one
///
/// For the operator's token. Which node signs is this organisation's word and counts once it is minuted: until then the
/// node is `served`. A node that signs cannot be ended.
#[utoipa::path(
    patch,
    path = "/api/v1/nodes/{node}",
    tag = "node",
    operation_id = "change_node",
    params(("node" = String, Path, description = "The key of the node")),
    request_body = OwnNodeChange,
    responses(
        (status = 200, description = "The node", body = OwnNodeBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a member's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No node has such a key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be said now", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The node is none that is served, or it signs minutes and cannot be ended", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change_node(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<OwnNodeChange>,
) -> Result<Json<OwnNodeBody>, Problem> {
    caller.check_operator()?;
    no_key(&headers)?;
    let node: PublicKey = named.read("node")?;
    match body.state {
        OwnNodeState::Signs => api.handle.name_node(&node).await?,
        OwnNodeState::Ended => api.handle.end_node(&node).await?,
    }
    one(&api, node).await.map(Json)
}

async fn one(api: &Api, node: PublicKey) -> Result<OwnNodeBody, Problem> {
    let entries = api.read(|handle| handle.nodes()).await?;
    let entry = entries.into_iter().find(|entry| entry.node == node);
    entry.map(OwnNodeBody::from).ok_or_else(Problem::stopping)
}
