//! Whether the node lives, and whether it is ready.

use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use crate::{
    problem::Problem,
    state::{Api, Stopping},
};

/// Whether the node lives
///
/// Needs no token.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "node",
    operation_id = "get_health",
    security(()),
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")),
)]
pub(crate) async fn get_health() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n")
}

/// Whether the node is ready for requests
///
/// It reads its store, takes commands and is not about to stop. Needs no token.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "node",
    operation_id = "get_readiness",
    security(()),
    responses(
        (status = 200, description = "It is", body = String, content_type = "text/plain"),
        (status = 503, description = "It is not", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_readiness(
    State(api): State<Api>,
    stopping: Option<Extension<Stopping>>,
) -> Result<impl IntoResponse, Problem> {
    if !api.handle.is_running() || stopping.is_some_and(|Extension(stopping)| stopping.is_now()) {
        return Err(Problem::stopping());
    }
    if api.read(|handle| handle.node()).await?.damaged {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, DAMAGED));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ready\n"))
}

const DAMAGED: &str = "the store is damaged in a place: start the node again, and it is repaired";
