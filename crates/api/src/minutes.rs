//! Minutes: what binds everyone, one after the other, and where they stand.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt as _, stream};
use knotwork_commands::{CommandError, NodeHandle};
use knotwork_minutes::Bundle;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    bodies::{MinuteBody, MinutePage, StandingBody},
    limits,
    path::Named,
    problem::Problem,
    query::Query,
    state::{Api, take_place},
};

/// Minutes
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/api/v1/minutes",
    tag = "minutes",
    operation_id = "list_minutes",
    params(
        ("before" = Option<u64>, Query, minimum = 1, description = "Only those with a lower number"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "The most minutes on the page; 20 if left out"),
    ),
    responses(
        (status = 200, description = "The page", body = MinutePage),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_minutes(State(api): State<Api>, uri: Uri) -> Result<Json<MinutePage>, Problem> {
    let query = Query::parse(uri.query(), &["before", "limit"])?;
    let limit = query.number("limit", 1, limits::PAGE_MAX)?.unwrap_or(limits::PAGE_DEFAULT);
    let before = query.number("before", 1, usize::MAX)?.map(|before| before as u64);
    let page = move |handle: &NodeHandle| {
        let entries = handle.minutes_before(before, limit)?;
        let items = entries.into_iter().map(|entry| MinuteBody::new(entry, handle)).collect::<Result<_, _>>()?;
        Ok(MinutePage { items, total: handle.agreed().height() })
    };
    Ok(Json(api.read(page).await?))
}

/// Where the minutes stand
///
/// How many there are, what is being agreed on, who can be reached, and whether this node signs.
#[utoipa::path(
    get,
    path = "/api/v1/minutes/standing",
    tag = "minutes",
    operation_id = "get_minutes_standing",
    responses(
        (status = 200, description = "Where they stand", body = StandingBody),
    ),
)]
pub(crate) async fn get_minutes_standing(State(api): State<Api>) -> Result<Json<StandingBody>, Problem> {
    let standing =
        |handle: &NodeHandle| Ok(StandingBody::new(handle.minutes_standing()?, handle.unstated_decisions()?, handle));
    Ok(Json(api.read(standing).await?))
}

/// One minute
#[utoipa::path(
    get,
    path = "/api/v1/minutes/{height}",
    tag = "minutes",
    operation_id = "get_minute",
    params(("height" = u64, Path, description = "The number of the minute, from 1")),
    responses(
        (status = 200, description = "The minute", body = MinuteBody),
        (status = 404, description = "There is no such minute", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_minute(State(api): State<Api>, named: Named) -> Result<Json<MinuteBody>, Problem> {
    let digits = !named.text.is_empty() && named.text.bytes().all(|byte| byte.is_ascii_digit());
    let none = || named.missing("there is no minute with this number");
    let height: u64 = named.text.parse().ok().filter(|_| digits).ok_or_else(none)?;
    let one = move |handle: &NodeHandle| handle.minute(height)?.map(|entry| MinuteBody::new(entry, handle)).transpose();
    api.read(one).await?.map(Json).ok_or_else(none)
}

/// All minutes, to keep and check anywhere
///
/// One file: the genesis and every minute with its signatures. `knotwork minutes verify` checks it without any node.
#[utoipa::path(
    get,
    path = "/api/v1/minutes/bundle",
    tag = "minutes",
    operation_id = "get_minutes_bundle",
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
    ),
)]
pub(crate) async fn get_minutes_bundle(State(api): State<Api>) -> Result<Response, Problem> {
    let height = api.handle.agreed().height();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"knotwork.minutes\""),
    ];
    Ok((headers, bundle_body(&api, Vec::new(), height, Vec::new())?).into_response())
}

/// A bundle of the minutes up to a height, sent while it is read, after what goes before it.
///
/// # Errors
/// When too many are sent at once.
pub(crate) fn bundle_body(api: &Api, before: Vec<u8>, height: u64, after: Vec<u8>) -> Result<Body, Problem> {
    let permit = take_place(&api.places.exports, "exports")?;
    let beginning = [before, Bundle::beginning(api.handle.genesis(), height)].concat();
    let first = stream::once(std::future::ready(Ok::<_, CommandError>(Bytes::from(beginning))));
    let parts = Parts { handle: api.handle.clone(), next: 1, height, _permit: permit };
    let rest = stream::try_unfold(parts, |mut parts| async {
        let (bytes, parts) =
            tokio::task::spawn_blocking(move || (parts.read(), parts)).await.map_err(|_| CommandError::Stopping)?;
        Ok(bytes?.map(|bytes| (bytes, parts)))
    });
    let last = stream::once(std::future::ready(Ok(Bytes::from(after))));
    Ok(Body::from_stream(first.chain(rest).chain(last)))
}

/// The minutes that are still to be sent.
struct Parts {
    handle: NodeHandle,
    next: u64,
    height: u64,
    _permit: OwnedSemaphorePermit,
}

impl Parts {
    fn read(&mut self) -> Result<Option<Bytes>, CommandError> {
        let left = self.height.saturating_add(1).saturating_sub(self.next);
        if left == 0 {
            return Ok(None);
        }
        let limit = usize::try_from(left).unwrap_or(usize::MAX).min(limits::EXPORT_MINUTES);
        let minutes = self.handle.minutes_bytes(self.next, limit)?;
        if minutes.is_empty() {
            return Err(CommandError::Failed(format!("minute {} cannot be read", self.next)));
        }
        self.next += minutes.len() as u64;
        Ok(Some(minutes.iter().flat_map(|minute| Bundle::part(minute)).collect::<Vec<u8>>().into()))
    }
}
