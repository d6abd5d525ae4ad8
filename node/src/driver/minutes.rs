//! Frames of minutes that peers send: read and checked for each peer in their order, beside the replica's thread.

use std::collections::HashMap;

use knotwork_identity::PublicKey;
use knotwork_mesh::{MinutesReceiver, StreamError};
use knotwork_minutes::{Frame, FrameError};
use knotwork_replica::Event;
use tokio::{runtime::Handle, sync::mpsc, task::AbortHandle};

use super::{checking::Checker, input::Input, room::Rooms};

/// The peers whose frames are read.
pub(super) struct Minutes {
    runtime: Handle,
    inputs: mpsc::Sender<Input>,
    rooms: Rooms,
    reading: HashMap<PublicKey, AbortHandle>,
}

impl Minutes {
    pub(super) fn new(runtime: Handle, inputs: mpsc::Sender<Input>, rooms: Rooms) -> Self {
        Self { runtime, inputs, rooms, reading: HashMap::new() }
    }

    /// A peer sends frames: they are read until it is not connected any more, or sends what is none.
    pub(super) fn taken_in(&mut self, peer: PublicKey, frames: MinutesReceiver) {
        let reading = self.runtime.spawn(receive(peer, frames, self.inputs.clone(), self.rooms.clone()));
        if let Some(before) = self.reading.insert(peer, reading.abort_handle()) {
            before.abort();
        }
    }

    /// A peer is not connected any more: what is still on its way from it is too late.
    pub(super) fn gone(&mut self, peer: &PublicKey) {
        if let Some(reading) = self.reading.remove(peer) {
            reading.abort();
        }
    }

    /// Whether what comes from a peer is wanted.
    pub(super) fn are_read_of(&self, peer: &PublicKey) -> bool {
        self.reading.contains_key(peer)
    }
}

async fn receive(peer: PublicKey, mut frames: MinutesReceiver, inputs: mpsc::Sender<Input>, rooms: Rooms) {
    let mut checker = Checker::new();
    loop {
        let received = frames.recv().await;
        let checking = rooms.to_check().await;
        let mut bytes_read = 0;
        let checked = match received {
            Ok(Some(bytes)) => {
                bytes_read = bytes.len();
                checker.check(bytes, |bytes, _| Frame::from_bytes(bytes)).await
            }
            Ok(None) => return,
            Err(StreamError::FrameTooLong { found }) => {
                Err(FrameError::TooLong(usize::try_from(found).unwrap_or(usize::MAX)))
            }
            Err(error) => return tracing::debug!(%peer, %error, "minutes are not read from a peer any more"),
        };
        let (event, last) = match checked {
            Ok(frame) => (Event::Minutes { peer, frame: Box::new(frame) }, false),
            Err(error) => (Event::MalformedMinutes { peer, error }, true),
        };
        let room = rooms.to_wait(bytes_read * MEMORY_FACTOR).await;
        drop(checking);
        if inputs.send(Input::Frame { event, room }).await.is_err() || last {
            return;
        }
    }
}

/// How many times its own bytes a frame takes in memory at most, once it is read.
const MEMORY_FACTOR: usize = 4;
