//! Figures for whoever watches the node (OpenMetrics text, which Prometheus reads).

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use knotwork_commands::{NodeHandle, NodeView};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use std::sync::Arc;
use tokio::time::Instant;

use crate::{problem::Problem, state::Api};

/// A figure that only the node's own parts can give, such as bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    /// The name, in snake case and without the beginning `knotwork_`; a counter's without `_total`.
    pub name: &'static str,
    /// What it tells, as one sentence without a full stop.
    pub help: &'static str,
    /// Whether it only ever grows.
    pub kind: MeasurementKind,
    /// The figure now.
    pub value: u64,
}

/// How a figure moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasurementKind {
    /// It only grows while the node runs.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// What is counted of requests, and how the rest is measured.
pub(crate) struct Metrics {
    handle: NodeHandle,
    measure: Box<dyn Fn() -> Vec<Measurement> + Send + Sync>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SpaceLabels {
    space: String,
}

impl Metrics {
    /// Counts nothing yet.
    pub(crate) fn new(handle: NodeHandle, measure: Box<dyn Fn() -> Vec<Measurement> + Send + Sync>) -> Self {
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        Self { handle, measure, requests: Family::default(), seconds }
    }

    /// All figures as text.
    fn text(&self) -> Result<String, Problem> {
        let node = self.handle.node()?;
        let mut registry = Registry::with_prefix("knotwork");
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register(
            "http_request_seconds",
            "Time from a request's head to its answer's head",
            self.seconds.clone(),
        );
        register_node(&mut registry, &node);
        for measurement in (self.measure)() {
            match measurement.kind {
                MeasurementKind::Counter => {
                    let counter = Counter::<u64>::default();
                    counter.inc_by(measurement.value);
                    registry.register(measurement.name, measurement.help, counter);
                }
                MeasurementKind::Gauge => set(&mut registry, measurement.name, measurement.help, measurement.value),
            }
        }
        let mut text = String::new();
        encode(&mut text, &registry)
            .map_err(|error| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        Ok(text)
    }
}

/// Figures for monitoring
///
/// OpenMetrics text: changes in each space, peers, resources, bytes of the store, requests and how long they took. Needs
/// the token unless the operator has opened it.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "node",
    operation_id = "get_metrics",
    responses((status = 200, description = "The figures", body = String, content_type = "application/openmetrics-text")),
)]
pub(crate) async fn get_metrics(State(api): State<Api>) -> Result<impl IntoResponse, Problem> {
    let metrics = api.metrics.clone();
    let text = api.read(move |_| Ok(metrics.text())).await??;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

/// Counts and times every request.
pub(crate) async fn count_request(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    tracing::debug!(method, route, status, microseconds = took.as_micros(), "answered a request");
    metrics.seconds.get_or_create(&RouteLabels { method, route: route.clone() }).observe(took.as_secs_f64());
    metrics.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    response
}

fn register_node(registry: &mut Registry, node: &NodeView) {
    let changes = Family::<SpaceLabels, Gauge>::default();
    for space in &node.spaces {
        changes.get_or_create(&SpaceLabels { space: space.space.to_string() }).set(whole(space.changes as u64));
    }
    registry.register("changes", "Changes held, by space", changes);
    let connected = node.peers.iter().filter(|peer| peer.connected).count();
    let in_step = node.peers.iter().filter(|peer| peer.connected && peer.in_step).count();
    set(registry, "peers", "Other nodes of the network", node.peers.len() as u64);
    set(registry, "peers_connected", "Other nodes that are connected", connected as u64);
    set(registry, "peers_in_step", "Connected nodes that hold the same", in_step as u64);
    set(registry, "held_changes", "Changes that wait for something that has not arrived", node.held as u64);
    set(registry, "resources", "Resources in the library", node.resources);
    set(registry, "store_bytes", "Bytes that the store takes up on the disk", node.store_bytes);
    registry.register("build", "The version of the software", Info::new(vec![("version", node.version.clone())]));
}

fn set(registry: &mut Registry, name: &'static str, help: &'static str, value: u64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(whole(value));
    registry.register(name, help, gauge);
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

/// One of a few names, so that a caller cannot fill the memory with methods that it makes up.
fn method_name(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("OTHER")
}

/// The upper ends of the histogram's buckets.
const SECONDS: [f64; 12] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
const NO_ROUTE: &str = "none";
