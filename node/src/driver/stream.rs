//! One stream: frames that come are read and checked here, in their order, beside the replica's thread; frames that go
//! are handed on as the peer takes them.

use knotwork_identity::Lineage;
use knotwork_mesh::{FrameReceiver, FrameSender, MeshStream, StreamError};
use knotwork_replica::{Event, Frame, FrameError, SessionId};
use tokio::sync::mpsc;

use super::{checking::Checker, input::Input, room::Rooms};

/// Runs a stream until either side ends it. When `frames` ends, what it still holds is sent before the stream is closed.
///
/// # Errors
/// When the stream broke; the replica has been told.
pub(super) async fn run(
    session: SessionId,
    stream: MeshStream,
    lineage: Lineage,
    frames: mpsc::Receiver<Vec<u8>>,
    inputs: mpsc::Sender<Input>,
    rooms: Rooms,
) -> Result<(), StreamError> {
    let (sender, receiver) = stream.split();
    let result = tokio::select! {
        result = send(sender, frames) => match result {
            // Ended by this side: the replica knows.
            Ok(()) => return Ok(()),
            result => result,
        },
        result = receive(session, receiver, lineage, &inputs, &rooms) => result,
    };
    // Where the replica's thread is gone, nobody needs to know.
    _ = inputs.send(Input::Event(Event::Closed { session })).await;
    result
}

async fn send(mut sender: FrameSender, mut frames: mpsc::Receiver<Vec<u8>>) -> Result<(), StreamError> {
    while let Some(frame) = frames.recv().await {
        sender.send(&frame).await?;
    }
    sender.close().await
}

async fn receive(
    session: SessionId,
    mut receiver: FrameReceiver,
    lineage: Lineage,
    inputs: &mpsc::Sender<Input>,
    rooms: &Rooms,
) -> Result<(), StreamError> {
    let mut checker = Checker::new();
    loop {
        let received = receiver.recv().await;
        let checking = rooms.to_check().await;
        let checked = match received {
            Ok(Some(bytes)) => {
                checker.check(bytes, move |bytes, verifiers| Frame::parse(bytes, &lineage, verifiers)).await
            }
            Ok(None) => return Ok(()),
            Err(StreamError::FrameTooLong { found }) => {
                Err(FrameError::TooLong(usize::try_from(found).unwrap_or(usize::MAX)))
            }
            Err(error) => return Err(error),
        };
        let bytes = checked.as_ref().map_or(0, Frame::memory_bytes);
        let (event, last) = match checked {
            Ok(frame) => (Event::Frame { session, frame }, false),
            Err(error) => (Event::Malformed { session, error }, true),
        };
        let room = rooms.to_wait(bytes).await;
        drop(checking);
        if inputs.send(Input::Frame { event, room }).await.is_err() || last {
            return Ok(());
        }
    }
}
