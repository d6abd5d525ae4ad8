//! Watching: tells an open page when what it shows has changed.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::Path,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream::unfold;
use knotwork_commands::{Listener, NodeHandle};
use knotwork_identity::DocumentId;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use crate::{limits, resource::version, visit::MemberVisit};

/// A stream with the version of a resource: now, and whenever it changes.
pub(crate) async fn resource(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let Ok(document) = id.parse::<DocumentId>() else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(place) = visit.pages.streams.clone().try_acquire_owned() else {
        // The page works without it: the next load shows what is new.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let handle = visit.handle().clone();
    let listener = handle.listen(None);
    let ends = Instant::now() + limits::STREAM_TIME_MAX;
    let watch = Watch { handle, listener, document, first: true, ends, _place: place };
    let stream =
        unfold(watch, |mut watch| async move { watch.next().await.map(|event| (Ok::<_, Infallible>(event), watch)) });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE)).into_response()
}

struct Watch {
    handle: NodeHandle,
    listener: Listener,
    document: DocumentId,
    first: bool,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.first) {
            return self.event();
        }
        loop {
            let notices = tokio::time::timeout_at(self.ends, self.listener.next()).await.ok()?.ok()?;
            if notices.is_empty() {
                return None;
            }
            if notices.iter().any(|notice| notice.document == self.document) {
                // Several changes that come together are one event.
                tokio::time::sleep(TOGETHER).await;
                return self.event();
            }
        }
    }

    fn event(&self) -> Option<Event> {
        let entry = self.handle.resource(&self.document).ok()?;
        Some(Event::default().event("changed").data(version(&entry.view)))
    }
}

const TOGETHER: Duration = Duration::from_millis(100);
