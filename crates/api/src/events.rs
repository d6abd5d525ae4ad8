//! Events: what changes in the node, told as it happens (server-sent events).
//!
//! Every event has an id that names its place in the node's own order, so a reader who comes back with the last one misses
//! nothing. A reader gets what is stored, at its own pace: nothing is kept for it in memory.

use std::{collections::VecDeque, convert::Infallible};

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::Stream;
use knotwork_commands::{ChangeNotice, Listener, Position};
use knotwork_documents::kinds;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use crate::{
    bodies::ContributorBody,
    limits,
    problem::Problem,
    state::{Api, Stopping, take_place},
};

/// What changes, as it happens
///
/// Server-sent events: `change` for every change that the node admits, in its own order. Without `Last-Event-ID` the
/// stream begins now; with it, it goes on after that event and misses nothing. If the node's store was restored from a
/// copy, the node crashed since, or the id is another node's, the stream sends `restart` and then everything from the start.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    operation_id = "get_events",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the caller has seen")),
    responses(
        (status = 200, description = "The stream; the data of a `change` has this form", body = ChangeEvent, content_type = "text/event-stream"),
        (status = 400, description = "Last-Event-ID is not an id of an event", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams are open", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_events(
    State(api): State<Api>,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let after = last_event_id(&headers)?;
    let place = take_place(&api.places.events, "event streams")?;
    let stopping = stopping.map(|Extension(stopping)| stopping);
    let reader = Reader::new(api.handle.listen(after), stopping, place);
    let keep_alive = KeepAlive::new().interval(limits::EVENT_KEEP_ALIVE);
    Ok(Sse::new(stream(reader)).keep_alive(keep_alive))
}

/// The data of a `change` event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeEvent {
    /// The document that changed.
    document: String,
    /// The change.
    change: String,
    /// The document's kind: `resource`, `certificate`, `organisation-profile`, `node-address`, `acceptance`, or the
    /// number of a kind that this node does not know.
    #[schema(example = "resource")]
    kind: String,
    /// The document's space.
    #[schema(example = "commons")]
    space: String,
    /// Who made it.
    by: ContributorBody,
}

/// One reader of the stream.
struct Reader {
    listener: Listener,
    /// Read from the store, and not yet sent: at most what the listener reads at once.
    waiting: VecDeque<Event>,
    stopping: Option<Stopping>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    fn new(listener: Listener, stopping: Option<Stopping>, place: OwnedSemaphorePermit) -> Self {
        // The place where the stream begins, so that a reader who is cut off before the first event has an id, too.
        let beginning = Event::default().id(listener.position().to_string());
        let beginning = if listener.begins_anew() { beginning.event("restart").data("{}") } else { beginning };
        Self { listener, waiting: VecDeque::from([beginning]), stopping, _place: place }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let stopped = async {
                match &mut self.stopping {
                    Some(stopping) => stopping.wait().await,
                    None => std::future::pending().await,
                }
            };
            let notices = tokio::select! {
                notices = self.listener.next() => notices,
                () = stopped => return None,
            };
            match notices {
                Ok(notices) if notices.is_empty() => return None,
                Ok(notices) => self.waiting.extend(notices.into_iter().map(event)),
                Err(error) => {
                    tracing::error!(%error, "a stream of events ends: the store cannot be read");
                    return None;
                }
            }
        }
    }
}

fn stream(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(reader, |mut reader| async { Some((Ok(reader.next().await?), reader)) })
}

fn event(notice: ChangeNotice) -> Event {
    let event = Event::default().id(notice.position.to_string()).event("change");
    let data = ChangeEvent {
        document: notice.document.to_string(),
        change: notice.change.to_string(),
        kind: kind_name(notice.kind),
        space: notice.space.to_string(),
        by: notice.by.into(),
    };
    // Plain text always has a JSON form.
    event.data(serde_json::to_string(&data).unwrap_or_default())
}

fn kind_name(number: u16) -> String {
    let name = KIND_NAMES.iter().find(|(kind, _)| *kind == number);
    name.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Position>, Problem> {
    let mut lines = headers.get_all(LAST_EVENT_ID).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        // What a browser sends that has seen no id yet.
        (Some(line), None) if line.is_empty() => Ok(None),
        (Some(line), None) => match line.to_str().unwrap_or_default().parse() {
            Ok(position) => Ok(Some(position)),
            Err(error) => {
                let detail = format!("{error}: leave Last-Event-ID out to begin now");
                Err(Problem::malformed(detail).field("Last-Event-ID"))
            }
        },
        (Some(_), Some(_)) => Err(Problem::malformed("Last-Event-ID is given twice").field("Last-Event-ID")),
    }
}

const LAST_EVENT_ID: &str = "last-event-id";
const KIND_NAMES: [(u16, &str); 5] = [
    (kinds::ACCEPTANCE.0, "acceptance"),
    (kinds::CERTIFICATE.0, "certificate"),
    (kinds::ORGANISATION_PROFILE.0, "organisation-profile"),
    (kinds::NODE_ADDRESS.0, "node-address"),
    (kinds::RESOURCE.0, "resource"),
];
