//! The task that owns the swarm: commands and wishes come in, events go out, and the network is served in between.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures::StreamExt as _;
use knotwork_identity::{PublicKey, SpaceId};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm,
    gossipsub::{self, PublishError},
    swarm::{
        DialError, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    Judgement, Limits, MeshEvent, MeshStream, MessageToken, OpenError, address,
    behaviour::{Behaviour, BehaviourEvent, PeersEvent},
    connection_limits::TurnedAway,
    dialler::{Dial, Dialler, Failure, Target},
    gossip::{self, Topics},
    limits::EVENTS_MAX,
    minutes_in::MinutesIn,
    minutes_out::MinutesOut,
    roster_only::Served,
    streams::MINUTES_PROTOCOL,
    traffic::{Counters, count},
    unjudged::Unjudged,
    unreached::UnreachedPeers,
};

/// What is asked of the task, in order.
#[derive(Debug)]
pub(crate) enum Command {
    Open { peer: PublicKey, protocol: StreamProtocol, reply: oneshot::Sender<Result<MeshStream, OpenError>> },
    Announce { space: SpaceId, bytes: Vec<u8> },
    ShutDown { done: oneshot::Sender<()> },
}

/// What is wished of the task: only the latest of each kind matters, so they need no queue and none is lost.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) roster: Option<HashSet<PublicKey>>,
    pub(crate) further: Option<HashSet<PublicKey>>,
    pub(crate) addresses: BTreeMap<PublicKey, Vec<Multiaddr>>,
    pub(crate) dial: Vec<Multiaddr>,
    pub(crate) disconnect: HashMap<PublicKey, Duration>,
}

/// What the task and its handles share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) wishes: Mutex<Wishes>,
    pub(crate) wished: Notify,
    pub(crate) listening: Mutex<Vec<Multiaddr>>,
    pub(crate) unreached: Mutex<UnreachedPeers>,
    pub(crate) minutes: MinutesOut,
    pub(crate) counters: Arc<Counters>,
}

impl Shared {
    pub(crate) fn unreached(&self) -> MutexGuard<'_, UnreachedPeers> {
        self.unreached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ends of the channels that the task holds.
pub(crate) struct Channels {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) judgements: mpsc::Receiver<(MessageToken, Judgement)>,
    pub(crate) events: mpsc::Sender<MeshEvent>,
}

/// The task's state.
pub(crate) struct EventLoop {
    swarm: Swarm<Behaviour>,
    topics: Topics,
    limits: Limits,
    shared: Arc<Shared>,
    channels: Channels,
    dialler: Dialler,
    unjudged: Unjudged,
    minutes: MinutesIn,
    /// Events that the node has not taken yet.
    outbox: VecDeque<MeshEvent>,
    /// Strangers of whom the node was told lately.
    told: HashMap<PeerId, Instant>,
}

impl EventLoop {
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        topics: Topics,
        limits: Limits,
        shared: Arc<Shared>,
        channels: Channels,
        dialler: Dialler,
    ) -> Self {
        let mut event_loop = Self {
            swarm,
            topics,
            limits,
            shared,
            channels,
            dialler,
            unjudged: Unjudged::default(),
            minutes: MinutesIn::default(),
            outbox: VecDeque::new(),
            told: HashMap::new(),
        };
        event_loop.on_own_addresses();
        event_loop
    }

    /// Runs until it is told to end, or nobody is left to tell it or to listen.
    pub(crate) async fn run(mut self) {
        let done = loop {
            self.grant_wishes();
            self.dial();
            self.measure();
            self.hand_over();
            let wake = self.next_wake();
            // While the node does not take its events, the network waits: that is what slows its peers down.
            let may_listen = self.outbox.len() < EVENTS_MAX;
            tokio::select! {
                event = self.swarm.select_next_some(), if may_listen => self.on_swarm_event(event),
                room = has_room(&self.channels.events), if !self.outbox.is_empty() => if !room {
                    break None;
                },
                command = self.channels.commands.recv() => match command {
                    Some(Command::ShutDown { done }) => break Some(done),
                    Some(command) => self.on_command(command),
                    None => break None,
                },
                Some((token, judgement)) = self.channels.judgements.recv() => {
                    let gossip = &mut self.swarm.behaviour_mut().served.inner().gossip;
                    gossip::judge(gossip, &token.id, &token.from, judgement);
                }
                () = self.channels.events.closed() => break None,
                () = self.shared.wished.notified() => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
            }
        };
        self.end().await;
        if let Some(done) = done {
            _ = done.send(());
        }
    }
}

impl EventLoop {
    fn grant_wishes(&mut self) {
        let wishes = std::mem::take(&mut *self.shared.wishes.lock().unwrap_or_else(PoisonError::into_inner));
        let now = Instant::now();
        if let Some(roster) = wishes.roster {
            let own = *self.swarm.local_peer_id();
            let roster: HashSet<_> = roster.iter().filter_map(address::peer_id).filter(|peer| *peer != own).collect();
            self.shared.unreached().set_roster(&roster);
            self.minutes.keep_only(&roster);
            self.dialler.set_roster(roster.clone());
            self.swarm.behaviour_mut().set_roster(roster);
        }
        if let Some(further) = wishes.further {
            let further = further.iter().filter_map(address::peer_id).collect();
            self.swarm.behaviour_mut().limits.set_further(further);
        }
        for (peer, addresses) in wishes.addresses {
            if let Some(peer) = address::peer_id(&peer) {
                let addresses: Vec<Multiaddr> = addresses.iter().map(address::without_peer).collect();
                self.swarm.behaviour_mut().limits.set_addresses(peer, &addresses);
                self.dialler.set_addresses(peer, addresses, now);
            }
        }
        for address in wishes.dial {
            self.dialler.add_address(address, now);
        }
        for (peer, back_off) in wishes.disconnect {
            if let Some(peer) = address::peer_id(&peer) {
                let until = now + back_off;
                self.dialler.refuse(peer, until);
                self.swarm.behaviour_mut().limits.refuse(peer, until);
                _ = self.swarm.disconnect_peer_id(peer);
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Open { peer, protocol, reply } => match address::peer_id(&peer) {
                Some(peer) => {
                    let peers = self.swarm.behaviour_mut().served.inner();
                    let streams = if protocol == MINUTES_PROTOCOL { &mut peers.minutes } else { &mut peers.streams };
                    streams.open(peer, protocol, reply);
                }
                None => _ = reply.send(Err(OpenError::NotConnected)),
            },
            Command::Announce { space, bytes } => {
                let gossip = &mut self.swarm.behaviour_mut().served.inner().gossip;
                match self.topics.publish(gossip, &space, bytes) {
                    Ok(()) => count(&self.shared.counters.announcements_out, 1),
                    // Nobody to tell, or told already: reconciliation brings it to those who come later.
                    Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => {}
                    Err(error) => {
                        tracing::debug!(%space, %error, "an announcement was not made");
                        count(&self.shared.counters.announcements_dropped, 1);
                    }
                }
            }
            Command::ShutDown { .. } => {}
        }
    }

    fn dial(&mut self) {
        let now = Instant::now();
        loop {
            let outbound = self.swarm.behaviour().limits.outbound();
            let Some(Dial { target, address }) = self.dialler.poll(now, outbound, self.limits.connections_out) else {
                return;
            };
            // A port of its own for each dial: two nodes that dial each other from the ports on which they listen
            // would meet in one connection, with nobody to answer.
            let options = match &target {
                Target::Peer(peer) => DialOpts::peer_id(*peer)
                    .condition(PeerCondition::Always)
                    .addresses(vec![address.clone()])
                    .allocate_new_port()
                    .build(),
                Target::Address(_) => DialOpts::unknown_peer_id().address(address.clone()).allocate_new_port().build(),
            };
            let connection = options.connection_id();
            tracing::debug!(%address, "dialling");
            self.dialler.started(&target, connection);
            if let Err(error) = self.swarm.dial(options) {
                self.dialler.failed(connection, failure(&error), now);
            }
        }
    }

    /// When the dialler has something to do, unless it may dial no more.
    fn next_wake(&self) -> Option<Instant> {
        let room = self.swarm.behaviour().limits.outbound() < self.limits.connections_out;
        self.dialler.next_wake().filter(|_| room)
    }

    fn measure(&self) {
        let served = &self.swarm.behaviour().served;
        self.shared.counters.peers.store(served.peers() as u64, Ordering::Relaxed);
        self.shared.counters.connections.store(served.connections() as u64, Ordering::Relaxed);
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Served(event)) => self.on_served(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } if endpoint.is_dialer() => {
                self.dialler.reached(connection_id, peer_id, Instant::now());
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id, error } => {
                let failure = failure(&error);
                if failure == Failure::Failed {
                    tracing::debug!(%error, "a dial failed");
                    if let Some(peer) = peer_id.filter(|peer| self.swarm.behaviour().limits.is_on_roster(peer)) {
                        self.shared.unreached().failed(peer, &error, Instant::now());
                    }
                }
                self.dialler.failed(connection_id, failure, Instant::now());
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                tracing::debug!(from = %send_back_addr, %error, "a connection was not made");
                if matches!(error, libp2p::swarm::ListenError::Denied { .. }) {
                    count(&self.shared.counters.turned_away, 1);
                }
            }
            SwarmEvent::NewListenAddr { .. } | SwarmEvent::ExpiredListenAddr { .. } => self.on_own_addresses(),
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                if let Err(error) = reason {
                    tracing::error!(?addresses, %error, "this node does not listen there any more");
                }
                self.on_own_addresses();
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a connection could not be taken in"),
            _ => {}
        }
    }

    fn on_served(&mut self, event: Served<PeersEvent>) {
        match event {
            Served::Connected { peer, outbound } => {
                self.dialler.connected(peer, Instant::now());
                self.shared.unreached().reached(&peer);
                self.forget_minutes(&peer);
                self.tell(&peer, |peer| MeshEvent::Connected { peer, outbound });
            }
            Served::Disconnected { peer } => {
                self.dialler.disconnected(peer, Instant::now());
                self.minutes.gone(&peer);
                self.forget_minutes(&peer);
                self.tell(&peer, |peer| MeshEvent::Disconnected { peer });
            }
            Served::Stranger { peer } => self.on_stranger(peer),
            Served::Application { peer, bytes } => self.tell(&peer, |peer| MeshEvent::Application { peer, bytes }),
            Served::Inner(PeersEvent::Streams(inbound)) => {
                self.tell(&inbound.peer, |peer| MeshEvent::Stream { peer, stream: inbound.stream });
            }
            Served::Inner(PeersEvent::Minutes(inbound)) => {
                if let Some(frames) = self.minutes.taken_in(inbound.peer, inbound.stream) {
                    self.tell(&inbound.peer, |peer| MeshEvent::Minutes { peer, frames });
                }
            }
            Served::Inner(PeersEvent::Gossip(gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            })) => self.on_announced(propagation_source, message_id, message),
            Served::Inner(_) => {}
        }
    }

    /// What waited for a peer before it came, or went, is not for later: that it is there is told only after this.
    fn forget_minutes(&self, peer: &PeerId) {
        if let Some(peer) = address::public_key(peer) {
            self.shared.minutes.forget(&peer);
        }
    }

    fn on_announced(&mut self, from: PeerId, id: gossipsub::MessageId, message: gossipsub::Message) {
        let room = self.topics.space(&message.topic).zip(self.unjudged.wait(from, message.data.len()));
        let Some((space, waiting)) = room else {
            count(&self.shared.counters.announcements_dropped, 1);
            gossip::judge(&mut self.swarm.behaviour_mut().served.inner().gossip, &id, &from, Judgement::Ignore);
            return;
        };
        count(&self.shared.counters.announcements_in, 1);
        let token = MessageToken { id, from, _waiting: waiting };
        self.tell(&from, |peer| MeshEvent::Announced { peer, space, token, bytes: message.data });
    }

    fn on_stranger(&mut self, peer: PeerId) {
        count(&self.shared.counters.strangers, 1);
        let now = Instant::now();
        self.told.retain(|_, told| now.duration_since(*told) < TELL_AGAIN);
        if self.told.len() < TOLD_MAX && self.outbox.len() < EVENTS_MAX / 2 && !self.told.contains_key(&peer) {
            self.told.insert(peer, now);
            self.tell(&peer, |peer| MeshEvent::Refused { peer });
        }
    }

    /// Hands over what the node has room for.
    fn hand_over(&mut self) {
        while let Some(event) = self.outbox.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.channels.events.try_send(event) {
                self.outbox.push_front(event);
                return;
            }
        }
    }

    fn tell(&mut self, peer: &PeerId, event: impl FnOnce(PublicKey) -> MeshEvent) {
        // Peers with keys of another kind are turned away before anything can be told of them.
        if let Some(peer) = address::public_key(peer) {
            self.outbox.push_back(event(peer));
        }
    }

    fn on_own_addresses(&mut self) {
        let own: Vec<_> = self.swarm.listeners().cloned().collect();
        self.dialler.set_own(own.iter().cloned().collect(), Instant::now());
        *self.shared.listening.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }

    /// Says goodbye, so that peers know at once, and ends.
    async fn end(mut self) {
        self.shared.minutes.clear();
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            _ = self.swarm.disconnect_peer_id(peer);
        }
        let goodbye = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        _ = timeout(GOODBYE_MAX, goodbye).await;
    }
}

/// Waits until the node takes events; false if it never will again.
async fn has_room(events: &mpsc::Sender<MeshEvent>) -> bool {
    events.reserve().await.is_ok()
}

fn failure(error: &DialError) -> Failure {
    match error {
        DialError::LocalPeerId { .. } => Failure::Own,
        DialError::Denied { cause } => match cause.downcast_ref::<TurnedAway>() {
            Some(TurnedAway::AlreadyDialled(peer)) => Failure::Connected(*peer),
            Some(TurnedAway::NotOnRoster(peer)) => {
                tracing::info!(%peer, "the node at a dialled address is not on the roster");
                Failure::Failed
            }
            _ => Failure::Failed,
        },
        _ => Failure::Failed,
    }
}

/// How long the same stranger is not told of again.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// Strangers told of within that time.
const TOLD_MAX: usize = 256;
/// How long the goodbye may take.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
