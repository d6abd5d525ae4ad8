//! The routes, in one table, and what stands around them.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use knotwork_commands::{CommandError, NodeHandle};
use tower::{ServiceExt as _, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiConfig, Measurement, admissions, charter, comments, decisions, delegations, events, export, guard, guard::Guard,
    health, history, hosted, import, invitations, mandates, members, metrics, metrics::Metrics, minutes, node, openapi,
    organisations, own_nodes, positions, problem::Problem, query::Query, reconvenings, reminders, resets, resources,
    role_requests, roles, session, state::Api, temperatures, tokens, words,
};

/// The API over a node, ready to be served.
///
/// `pages` answers what is not for machines, behind the same checks of names and origins.
///
/// `measure` gives, whenever metrics are asked for, what only the caller can count, such as bytes on the wire.
pub fn router(
    handle: NodeHandle,
    config: &ApiConfig,
    measure: impl Fn() -> Vec<Measurement> + Send + Sync + 'static,
    pages: Option<Router>,
) -> Router {
    let guard = Arc::new(Guard::new(config));
    let metrics = Arc::new(Metrics::new(handle.clone(), Box::new(measure)));
    let needs_token = from_fn_with_state((guard.clone(), handle.clone()), guard::check_token);
    let api = Api { handle, metrics: metrics.clone(), places: Arc::default() };
    let bare = || from_fn(refuse_parameters);
    let measuring = measuring().route_layer(bare());
    let measuring = if config.metrics_open { measuring } else { measuring.route_layer(needs_token.clone()) };
    open()
        .route_layer(bare())
        .merge(measuring)
        .merge(with_token().route_layer(bare()).route_layer(needs_token))
        .split_for_parts()
        .0
        .with_state(api)
        .fallback_service(service_fn(move |request: Request| elsewhere(pages.clone(), request)))
        .layer(from_fn_with_state(guard, guard::check_origin))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(guard::add_headers))
        .layer(from_fn_with_state(metrics, metrics::count_request))
}

/// What members get whose organisation does not use this node any more: why, and nothing else. `pages` tells it to people.
pub(crate) fn departed(handle: NodeHandle, config: &ApiConfig, pages: Router) -> Router {
    let guard = Arc::new(Guard::new(config));
    Router::new()
        .fallback_service(service_fn(move |request: Request| refuse_departed(handle.clone(), pages.clone(), request)))
        .layer(from_fn_with_state(guard, guard::check_origin))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(guard::add_headers))
}

/// The same routes for their description.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    open().merge(measuring()).merge(with_token()).split_for_parts().1
}

/// What anyone may ask.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(health::get_health))
        .routes(routes!(health::get_readiness))
        .routes(routes!(openapi::get_openapi))
        .routes(routes!(members::add_account))
        .method_not_allowed()
}

/// What only a bearer of the token may ask, unless the operator opens it.
fn measuring() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(metrics::get_metrics)).method_not_allowed()
}

/// What only a bearer of the token may ask.
fn with_token() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(node::get_node))
        .routes(routes!(resources::list_resources, resources::add_resource))
        .routes(routes!(resources::get_resource, resources::edit_resource))
        .routes(routes!(history::get_history))
        .routes(routes!(import::add_import))
        .routes(routes!(export::get_export))
        .routes(routes!(events::get_events))
        .routes(routes!(session::add_session, session::get_session, session::end_session))
        .routes(routes!(members::get_me, members::edit_me))
        .routes(routes!(members::list_members))
        .routes(routes!(members::get_member))
        .routes(routes!(organisations::list_organisations))
        .routes(routes!(organisations::get_organisation, organisations::edit_organisation))
        .routes(routes!(roles::list_roles, roles::take_on_role))
        .routes(routes!(roles::edit_role))
        .routes(routes!(role_requests::list_role_requests, role_requests::ask_for_role))
        .routes(routes!(role_requests::edit_role_request))
        .routes(routes!(tokens::list_tokens, tokens::make_token))
        .routes(routes!(tokens::end_token))
        .routes(routes!(invitations::list_invitations, invitations::add_invitation))
        .routes(routes!(resets::add_reset))
        .routes(routes!(decisions::list_decisions, decisions::open_decision))
        .routes(routes!(decisions::get_decision, decisions::change_decision))
        .routes(routes!(decisions::get_decision_proof))
        .routes(routes!(positions::list_positions))
        .routes(routes!(positions::take_position))
        .routes(routes!(reminders::list_reminders, reminders::take_reminders))
        .routes(routes!(comments::list_comments, comments::add_comment))
        .routes(routes!(comments::list_resource_comments, comments::add_resource_comment))
        .routes(routes!(comments::edit_task, comments::withdraw_comment))
        .routes(routes!(temperatures::list_temperature_checks, temperatures::ask_temperature))
        .routes(routes!(temperatures::get_temperature_check))
        .routes(routes!(temperatures::answer_temperature))
        .routes(routes!(minutes::list_minutes))
        .routes(routes!(minutes::get_minutes_standing))
        .routes(routes!(minutes::get_minutes_bundle))
        .routes(routes!(minutes::get_minute))
        .routes(routes!(reconvenings::reconvene))
        .routes(routes!(charter::get_charter))
        .routes(routes!(charter::list_charter_versions))
        .routes(routes!(mandates::list_mandates, mandates::give_mandate))
        .routes(routes!(mandates::answer_mandate))
        .routes(routes!(delegations::list_delegations, delegations::ask_to_stand_in))
        .routes(routes!(delegations::answer_delegation))
        .routes(routes!(admissions::list_admissions, admissions::add_admission))
        .routes(routes!(admissions::list_network_invitations, admissions::invite_organisation))
        .routes(routes!(admissions::take_back_network_invitation))
        .routes(routes!(admissions::open_admission))
        .routes(routes!(words::say_word))
        .routes(routes!(own_nodes::list_nodes, own_nodes::add_node))
        .routes(routes!(own_nodes::change_node))
        .routes(routes!(hosted::list_hosted, hosted::take_in_hosted))
        .routes(routes!(hosted::invite_hosted))
        .routes(routes!(hosted::release_hosted))
        .method_not_allowed()
}

/// Answers methods that a route does not know. To be called before any layer is put on.
trait MethodNotAllowed {
    fn method_not_allowed(self) -> Self;
}

impl MethodNotAllowed for OpenApiRouter<Api> {
    fn method_not_allowed(self) -> Self {
        let (router, description) = self.split_for_parts();
        let described = OpenApiRouter::with_openapi(description);
        described.merge(router.method_not_allowed_fallback(wrong_method).into())
    }
}

/// Lets no query parameters through where none are read. Routes that read some check them by themselves.
async fn refuse_parameters(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && WITH_PARAMETERS.contains(&path);
    match Query::parse(request.uri().query(), &[]) {
        Err(problem) if !reads => problem.into_response(),
        _ => next.run(request).await,
    }
}

/// What is no route of the API is a page, where there are pages.
async fn elsewhere(pages: Option<Router>, request: Request) -> Result<Response, Infallible> {
    match pages {
        Some(pages) if !is_for_machines(request.uri().path()) => pages.oneshot(request).await,
        _ => Ok(nothing_here().into_response()),
    }
}

async fn refuse_departed(handle: NodeHandle, pages: Router, request: Request) -> Result<Response, Infallible> {
    let path = request.uri().path();
    if !is_for_machines(path) && path != "/metrics" {
        return pages.oneshot(request).await;
    }
    // It may have come back meanwhile.
    let problem = handle.departed().map_or_else(
        || Problem::busy("your organisation is here again: send it once more"),
        |departed| CommandError::Departed(Box::new(departed)).into(),
    );
    Ok(problem.into_response())
}

fn is_for_machines(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn nothing_here() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing here: /api/v1/openapi.json lists what there is")
}

async fn wrong_method(method: Method, path: Option<MatchedPath>) -> Problem {
    let path = path.as_ref().map_or("this path", MatchedPath::as_str);
    let detail = format!("{method} is not what {path} is for: the Allow header lists what is");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// The answer to a request whose handler panicked; the node goes on.
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(message, "a request met a fault in the node");
    let detail = "the node met a fault of its own: its log has more; please report it";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}

/// The routes whose GET reads query parameters.
const WITH_PARAMETERS: [&str; 9] = [
    "/api/v1/resources",
    "/api/v1/resources/{id}",
    "/api/v1/exports",
    "/api/v1/members",
    "/api/v1/roles",
    "/api/v1/decisions",
    "/api/v1/minutes",
    "/api/v1/mandates",
    "/api/v1/delegations",
];
