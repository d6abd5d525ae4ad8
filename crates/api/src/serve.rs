//! Serving: connections in, within limits, until the node stops.

mod places;
mod stalled;

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tower::ServiceExt as _;

use self::{
    places::{Place, Places},
    stalled::Stalled,
};
use crate::{limits, state::Stopping};

/// Serves a router on a listener until `shutdown` is ready; then ends streams, lets requests in progress finish for a
/// few seconds, and returns.
///
/// # Errors
/// Never at present: a connection that cannot be accepted is traced, and the next one is waited for.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let places = Places::default();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => admit(socket, peer, &places, &router, &stopping, &mut connections),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    // Most often too many files are open; without a pause the loop would spin.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stop.send_replace(true);
    let ended = timeout(limits::STOP_TIME_MAX, async { while connections.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(connections = connections.len(), "requests that do not end are cut off");
        connections.shutdown().await;
    }
    Ok(())
}

/// Gives a connection its task, if there is a place for it.
fn admit(
    socket: TcpStream,
    peer: SocketAddr,
    places: &Places,
    router: &Router,
    stopping: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
) {
    match places.take(peer.ip()) {
        Some(place) => {
            connections.spawn(converse(socket, place, router.clone(), Stopping(stopping.clone())));
        }
        None => {
            tracing::warn!(%peer, "too many connections: one is turned away");
            // As much as fits at once; whoever opens so many connections need not be waited for.
            let _ = socket.try_write(TOO_MANY.as_bytes());
        }
    }
}

/// Answers the requests of one connection.
async fn converse(socket: TcpStream, _place: Place, router: Router, mut stopping: Stopping) {
    // Answers are small and awaited: they must not be held back to be sent together.
    let _ = socket.set_nodelay(true);
    let for_requests = stopping.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(for_requests.clone());
        let router = router.clone();
        Box::pin(async move { router.oneshot(request).await })
            as Pin<Box<dyn Future<Output = Result<Response, std::convert::Infallible>> + Send>>
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME_MAX)
        .max_header_size(limits::HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Stalled::new(socket)), service);
    let mut told = false;
    let result = loop {
        tokio::select! {
            result = poll_fn(|context| connection.poll_without_shutdown(context)) => break result,
            () = stopping.wait(), if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
    linger(connection.into_parts().io.into_inner().into_inner()).await;
}

/// Closes a connection so that the caller gets to read the last answer, also while it still sends: a socket that is
/// closed with unread bytes resets the connection, and the answer is lost with it.
async fn linger(mut socket: TcpStream) {
    if socket.shutdown().await.is_err() {
        return;
    }
    let read = async {
        let mut bytes = 0;
        let mut part = vec![0; LINGER_PART_BYTES];
        while bytes < limits::LINGER_BYTES_MAX {
            match socket.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(read) => bytes += read,
            }
        }
    };
    let _ = timeout(limits::LINGER_TIME_MAX, read).await;
}

/// How long accepting pauses after it failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const LINGER_PART_BYTES: usize = 16 * 1024;
/// What a connection is told for which there is no place: a whole answer, as there is nobody to make one.
const TOO_MANY: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n",
    "x-content-type-options: nosniff\r\nretry-after: 1\r\ncontent-length: 171\r\nconnection: close\r\n\r\n",
    r#"{"type":"/problems/busy","title":"The node is busy","status":503,"#,
    r#""detail":"there are too many connections from this address: close some, or use one for several requests"}"#,
    "\n"
);
