//! What the mesh tells, on its way to the replica's thread.

use knotwork_identity::{DecodeError, NetworkId, SpaceId};
use knotwork_mesh::MeshEvent;
use knotwork_replica::{Announcement, Event, FrameError};
use tokio::sync::mpsc;

use super::{checking::Checker, input::Input, room::Rooms};

/// Forwards events until the mesh or the replica's thread ends. While the thread is busy, events wait, and with them the
/// mesh.
pub(super) async fn forward(
    mut events: mpsc::Receiver<MeshEvent>,
    origin: NetworkId,
    inputs: mpsc::Sender<Input>,
    applications: mpsc::Sender<Vec<u8>>,
    rooms: Rooms,
) {
    let mut checker = Checker::new();
    while let Some(event) = events.recv().await {
        let input = match event {
            MeshEvent::Connected { peer, outbound } => {
                tracing::debug!(%peer, outbound, "connected");
                Input::Event(Event::Connected { peer })
            }
            MeshEvent::Disconnected { peer } => {
                tracing::debug!(%peer, "disconnected");
                Input::Event(Event::Disconnected { peer })
            }
            MeshEvent::Stream { peer, stream } => Input::Stream { peer, stream },
            MeshEvent::Minutes { peer, frames } => Input::Minutes { peer, frames },
            MeshEvent::Announced { peer, space, token, bytes } => {
                let parse = move |bytes: &[u8], verifiers: &mut _| {
                    Announcement::parse(bytes, &origin, verifiers)
                        .and_then(|announcement| in_space(announcement, space))
                };
                let _checking = rooms.to_check().await;
                let announcement = checker.check(bytes, parse).await;
                let room = rooms.to_wait(announcement.as_ref().map_or(0, Announcement::memory_bytes)).await;
                Input::Announced { peer, message: token, announcement, room }
            }
            MeshEvent::Application { peer, bytes } => {
                tracing::debug!(%peer, "somebody hands over an application to join");
                // Where many come at once, some come again.
                _ = applications.try_send(bytes);
                continue;
            }
            MeshEvent::Refused { peer } => {
                tracing::info!(%peer, "somebody who is not in this network connected, and was told so");
                continue;
            }
        };
        if inputs.send(input).await.is_err() {
            return;
        }
    }
}

/// An announcement belongs in the topic of its space.
fn in_space(announcement: Announcement, space: SpaceId) -> Result<Announcement, FrameError> {
    if announcement.space == space { Ok(announcement) } else { Err(DecodeError::NotCanonical("topic").into()) }
}
