//! What surrounds the replica: the streams and the mesh, on which its effects are carried out.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use knotwork_identity::{Lineage, PublicKey};
use knotwork_mesh::{Mesh, MessageToken};
use knotwork_replica::{Effect, Event, Judgement};
use tokio::{runtime::Handle, sync::mpsc};

use super::{
    applying::Applying,
    input::Input,
    minutes::Minutes,
    room::Rooms,
    sessions::{Sent, Sessions},
};

/// Addresses of peers that are known without their own word, such as those on their cards.
pub(crate) type Peers = HashMap<PublicKey, Vec<String>>;

/// What surrounds the replica.
pub(super) struct Surroundings {
    runtime: Handle,
    mesh: Option<Mesh>,
    peers: Peers,
    applying: Option<Arc<Applying>>,
    sessions: Sessions,
    minutes: Minutes,
    /// Announcements that wait for the replica's judgement.
    announced: HashMap<u64, MessageToken>,
    next_token: u64,
    follow_ups: VecDeque<Event>,
}

impl Surroundings {
    pub(super) fn new(
        runtime: Handle,
        mesh: Option<Mesh>,
        lineage: Lineage,
        applying: Option<Applying>,
        peers: Peers,
        inputs: mpsc::Sender<Input>,
        rooms: Rooms,
    ) -> Self {
        let applying = applying.map(Arc::new);
        if let (Some(mesh), Some(applying)) = (&mesh, &applying) {
            mesh.set_roster(applying.met());
        }
        let sessions = Sessions::new(runtime.clone(), lineage, applying.clone(), inputs.clone(), rooms.clone());
        let minutes = Minutes::new(runtime.clone(), inputs, rooms);
        Self {
            runtime,
            mesh,
            peers,
            applying,
            sessions,
            minutes,
            announced: HashMap::new(),
            next_token: 0,
            follow_ups: VecDeque::new(),
        }
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// What an input is to the replica; nothing if it came too late to be anything.
    pub(super) fn event(&mut self, input: Input) -> Option<Event> {
        match input {
            Input::Event(Event::Closed { session }) => {
                self.sessions.close(session);
                Some(Event::Closed { session })
            }
            Input::Event(Event::OpenFailed { session }) => {
                self.sessions.close(session);
                Some(Event::OpenFailed { session })
            }
            Input::Event(Event::Connected { peer }) => {
                // No session is opened with it, in which it would turn out that it does not serve this node.
                if let Some(mesh) = self.mesh.as_ref().filter(|_| self.unnamed_sponsor() == Some(peer)) {
                    self.sessions.hand_in(mesh, peer);
                }
                Some(Event::Connected { peer })
            }
            Input::Event(Event::Disconnected { peer }) => {
                self.minutes.gone(&peer);
                Some(Event::Disconnected { peer })
            }
            Input::Event(event) => Some(event),
            Input::Minutes { peer, frames } => {
                self.minutes.taken_in(peer, frames);
                None
            }
            // The peer is gone meanwhile.
            Input::Frame { event: Event::Minutes { peer, .. } | Event::MalformedMinutes { peer, .. }, .. }
                if !self.minutes.are_read_of(&peer) =>
            {
                None
            }
            Input::Stream { peer, stream } => Some(self.sessions.taken_in(peer, stream)),
            Input::Established { session, stream } => self.sessions.established(self.mesh.as_ref()?, session, stream),
            // From here on the replica counts what it takes.
            Input::Frame { event, room } => {
                drop(room);
                Some(event)
            }
            Input::Announced { peer, message, announcement, room } => {
                drop(room);
                let token = self.next_token;
                self.next_token += 1;
                self.announced.insert(token, message);
                Some(match announcement {
                    Ok(announcement) => Event::Announced { peer, token, announcement },
                    Err(error) => Event::MalformedAnnouncement { peer, token, error },
                })
            }
            Input::Stop => None,
        }
    }

    /// Carries out effects, in their order.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out_one(effect);
        }
    }

    /// Whether carrying out effects has led to events.
    pub(super) fn has_follow_ups(&self) -> bool {
        !self.follow_ups.is_empty()
    }

    /// The next event that carrying out effects has led to.
    pub(super) fn next_follow_up(&mut self) -> Option<Event> {
        self.follow_ups.pop_front()
    }

    /// Whoever invited this organisation, where it has to be met and no minute names its node.
    fn unnamed_sponsor(&self) -> Option<PublicKey> {
        self.applying.as_ref().and_then(|applying| applying.unnamed())
    }

    fn carry_out_one(&mut self, effect: Effect) {
        tracing::trace!(effect = name(&effect));
        match effect {
            Effect::Send { session, frame } => {
                if self.sessions.send(session, frame) == Sent::GivenUp {
                    tracing::warn!(?session, "a peer does not take what it is sent: the stream is given up");
                    self.follow_ups.push_back(Event::Closed { session });
                }
            }
            Effect::Close { session } => self.sessions.close(session),
            Effect::Judge { token, judgement } => {
                if let (Some(mesh), Some(message)) = (&self.mesh, self.announced.remove(&token)) {
                    mesh.judge(message, judgement_of(judgement));
                }
            }
            effect => self.carry_out_in_mesh(effect),
        }
    }

    /// A node that is cut off does nothing here.
    fn carry_out_in_mesh(&mut self, effect: Effect) {
        let Some(mesh) = &self.mesh else { return };
        match effect {
            Effect::Open { session, peer } => self.sessions.open(mesh, session, peer),
            Effect::Announce { space, message } => mesh.announce(space, message),
            Effect::Disconnect { peer, reason, back_off_milliseconds } => {
                let back_off = Duration::from_millis(back_off_milliseconds);
                tracing::warn!(%peer, reason, ?back_off, "a peer is left alone for a while");
                mesh.disconnect(peer, back_off);
            }
            Effect::Addresses { peer, mut addresses } => {
                // The peer's own word first; what was known before stays, in case its word is mistaken.
                addresses.extend(self.peers.get(&peer).into_iter().flatten().cloned());
                let mut seen = std::collections::HashSet::new();
                addresses.retain(|address| seen.insert(address.clone()));
                mesh.set_addresses(peer, addresses);
            }
            Effect::Minutes { peer, frame } => mesh.send_minutes(peer, frame),
            Effect::Roster { nodes, further } => {
                mesh.set_further(further.into_iter().collect());
                mesh.set_roster(nodes.into_iter().chain(self.unnamed_sponsor()).collect());
            }
            Effect::Send { .. } | Effect::Close { .. } | Effect::Judge { .. } => {}
        }
    }
}

fn judgement_of(judgement: Judgement) -> knotwork_mesh::Judgement {
    match judgement {
        Judgement::Accept => knotwork_mesh::Judgement::Accept,
        Judgement::Ignore => knotwork_mesh::Judgement::Ignore,
        Judgement::Reject => knotwork_mesh::Judgement::Reject,
    }
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Open { .. } => "open",
        Effect::Send { .. } => "send",
        Effect::Close { .. } => "close",
        Effect::Announce { .. } => "announce",
        Effect::Judge { .. } => "judge",
        Effect::Disconnect { .. } => "disconnect",
        Effect::Addresses { .. } => "addresses",
        Effect::Minutes { .. } => "minutes",
        Effect::Roster { .. } => "roster",
    }
}
