//! The open streams, by the session that each carries.

use std::{collections::HashMap, sync::Arc, time::Instant};

use knotwork_identity::{Lineage, PublicKey};
use knotwork_mesh::{Mesh, MeshStream, StreamError};
use knotwork_replica::{Event, SessionId};
use tokio::{runtime::Handle, sync::mpsc};

use super::{applying::Applying, input::Input, room::Rooms, stream, turned_away::TurnedAway};

/// The open streams.
pub(super) struct Sessions {
    runtime: Handle,
    lineage: Lineage,
    applying: Option<Arc<Applying>>,
    turned_away: TurnedAway,
    inputs: mpsc::Sender<Input>,
    rooms: Rooms,
    open: HashMap<SessionId, mpsc::Sender<Vec<u8>>>,
    /// Asked for and not open yet, and with whom.
    opening: HashMap<SessionId, PublicKey>,
    /// How many streams peers have opened.
    taken_in: u64,
}

/// What came of handing a frame to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is on its way, or the session is over anyway.
    Fine,
    /// So much waits already that the stream was given up.
    GivenUp,
}

impl Sessions {
    pub(super) fn new(
        runtime: Handle,
        lineage: Lineage,
        applying: Option<Arc<Applying>>,
        inputs: mpsc::Sender<Input>,
        rooms: Rooms,
    ) -> Self {
        Self {
            runtime,
            lineage,
            applying,
            turned_away: TurnedAway::default(),
            inputs,
            rooms,
            open: HashMap::new(),
            opening: HashMap::new(),
            taken_in: 0,
        }
    }

    /// Opens a stream for a session; the answer comes as an input.
    pub(super) fn open(&mut self, mesh: &Mesh, session: SessionId, peer: PublicKey) {
        self.opening.insert(session, peer);
        let (mesh, inputs) = (mesh.clone(), self.inputs.clone());
        self.runtime.spawn(async move {
            let input = match mesh.open_stream(peer).await {
                Ok(stream) => Input::Established { session, stream },
                Err(error) => {
                    tracing::debug!(%peer, %error, "a stream cannot be opened");
                    Input::Event(Event::OpenFailed { session })
                }
            };
            // Where the replica's thread is gone, nobody wants the stream.
            _ = inputs.send(input).await;
        });
    }

    /// A stream that was asked for is open; nothing if the session is over meanwhile.
    pub(super) fn established(&mut self, mesh: &Mesh, session: SessionId, stream: MeshStream) -> Option<Event> {
        let peer = self.opening.remove(&session)?;
        let run = self.enter(session, stream);
        let asking = self.ask_why_not(mesh, peer);
        let inputs = self.inputs.clone();
        self.runtime.spawn(async move {
            match run.await {
                Err(StreamError::NotServed) => {
                    // Where the replica's thread is gone, nobody wants to know.
                    _ = inputs.send(Input::Event(Event::TurnedAway { peer })).await;
                    asking.await;
                }
                result => note(session, result),
            }
        });
        Some(Event::Established { session })
    }

    /// Hands this organisation's application to its sponsor, with whom there is no session.
    pub(super) fn hand_in(&self, mesh: &Mesh, sponsor: PublicKey) {
        self.runtime.spawn(self.ask_why_not(mesh, sponsor));
    }

    /// A peer opened a stream: it gets a session.
    pub(super) fn taken_in(&mut self, peer: PublicKey, stream: MeshStream) -> Event {
        let session = SessionId::inbound(self.taken_in);
        self.taken_in += 1;
        let run = self.enter(session, stream);
        self.runtime.spawn(async move { note(session, run.await) });
        Event::Opened { session, peer }
    }

    /// Hands a frame to a session's stream.
    pub(super) fn send(&mut self, session: SessionId, frame: Vec<u8>) -> Sent {
        let Some(frames) = self.open.get(&session) else { return Sent::Fine };
        match frames.try_send(frame) {
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.open.remove(&session);
                Sent::GivenUp
            }
            // A stream that has ended says so by itself.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Sent::Fine,
        }
    }

    /// Ends a session's stream once what waits in it is sent.
    pub(super) fn close(&mut self, session: SessionId) {
        self.opening.remove(&session);
        self.open.remove(&session);
    }

    /// Asks a peer that does not serve this node why, and hands it the application if it is the sponsor.
    fn ask_why_not(&self, mesh: &Mesh, peer: PublicKey) -> impl Future<Output = ()> + Send + 'static {
        let (mesh, applying, turned_away) = (mesh.clone(), self.applying.clone(), self.turned_away.clone());
        async move {
            let application = applying.and_then(|applying| applying.handed_to(&peer)).unwrap_or_default();
            match mesh.ask_why_not(peer, &application).await {
                Ok(sentence) if turned_away.is_news(peer, Instant::now()) => {
                    tracing::warn!(%peer, sentence, "a peer does not serve this node");
                }
                Ok(sentence) => tracing::debug!(%peer, sentence, "a peer does not serve this node"),
                Err(error) => tracing::debug!(%peer, %error, "a peer does not serve this node, and does not say why"),
            }
        }
    }

    /// Gives a session its stream, which has to be run.
    fn enter(
        &mut self,
        session: SessionId,
        stream: MeshStream,
    ) -> impl Future<Output = Result<(), StreamError>> + Send + 'static {
        let (frames_in, frames) = mpsc::channel(FRAMES_MAX);
        self.open.insert(session, frames_in);
        stream::run(session, stream, self.lineage, frames, self.inputs.clone(), self.rooms.clone())
    }
}

fn note(session: SessionId, ended: Result<(), StreamError>) {
    if let Err(error) = ended {
        tracing::debug!(?session, %error, "a stream has ended");
    }
}

/// How many frames may wait for a peer that does not take them. The replica sends a few packs and waits, so only a
/// fault makes more.
const FRAMES_MAX: usize = 64;
