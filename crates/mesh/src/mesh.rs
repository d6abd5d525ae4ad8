//! The handle to the mesh.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use knotwork_identity::{PublicKey, SpaceId};
use libp2p::{StreamProtocol, Swarm, core::upgrade::Version};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    Judgement, MeshConfig, MeshError, MeshEvent, MeshStream, MessageToken, OpenError, Traffic, Unreached, address,
    behaviour::Behaviour,
    dialler::Dialler,
    event_loop::{Channels, Command, EventLoop, Shared},
    gossip::{self, Topics},
    join::JOIN_PROTOCOL,
    limits::{COMMANDS_MAX, EVENTS_MAX, EXTRA_ADDRESSES_MAX, REFUSAL_BYTES_MAX, STREAMS_NEGOTIATING_MAX, UNJUDGED_MAX},
    listeners::listen,
    streams::{MINUTES_PROTOCOL, RECONCILE_PROTOCOL},
    transport::transport,
};

/// A handle to the mesh, cheap to clone. The mesh ends with [`Mesh::shutdown`], with the last handle, or when nobody
/// takes its events any more.
#[derive(Debug, Clone)]
pub struct Mesh {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    judgements: mpsc::Sender<(MessageToken, Judgement)>,
    open_stream: Duration,
    runtime: Handle,
}

impl Mesh {
    /// Starts the mesh, on the current tokio runtime, and returns when it listens everywhere it was told to. Nobody is
    /// served or dialled before [`Mesh::set_roster`].
    ///
    /// The events must be taken: while more than a thousand wait, nothing is read from the network.
    ///
    /// # Errors
    /// When an address is not one, or cannot be listened on.
    pub async fn start(config: MeshConfig) -> Result<(Self, mpsc::Receiver<MeshEvent>), MeshError> {
        let shared = Arc::<Shared>::default();
        let topics = Topics::new(&config.network);
        let keypair = address::keypair(&config.node)?;
        let mut swarm = Swarm::new(
            transport(&keypair, &config.timing, &shared.counters)?,
            Behaviour::new(config.limits, &config.timing, &topics, &shared.counters)?,
            keypair.public().to_peer_id(),
            libp2p::swarm::Config::with_tokio_executor()
                .with_substream_upgrade_protocol_override(Version::V1Lazy)
                .with_max_negotiating_inbound_streams(STREAMS_NEGOTIATING_MAX)
                .with_idle_connection_timeout(config.timing.stranger),
        );
        listen(&mut swarm, &config.listen).await?;

        let (commands, commands_in) = mpsc::channel(COMMANDS_MAX);
        let (judgements, judgements_in) = mpsc::channel(UNJUDGED_MAX);
        let (events_out, events) = mpsc::channel(EVENTS_MAX);
        let channels = Channels { commands: commands_in, judgements: judgements_in, events: events_out };
        let seed = getrandom::u64().map_err(|error| MeshError::SetUp(error.to_string()))?;
        let dialler = Dialler::new(config.timing, seed);
        let event_loop = EventLoop::new(swarm, topics, config.limits, Arc::clone(&shared), channels, dialler);
        tokio::spawn(event_loop.run());
        let open_stream = config.timing.open_stream;
        Ok((Self { shared, commands, judgements, open_stream, runtime: Handle::current() }, events))
    }

    /// From now on, these nodes are on the roster: they are served, and dialled where addresses are known. Connections
    /// with all others are closed.
    pub fn set_roster(&self, nodes: HashSet<PublicKey>) {
        self.wish(|wishes| wishes.roster = Some(nodes));
    }

    /// From now on, these of the nodes on the roster are further ones of their organisations. They have connections of their
    /// own number, so that they take no others' places.
    pub fn set_further(&self, nodes: HashSet<PublicKey>) {
        self.wish(|wishes| wishes.further = Some(nodes));
    }

    /// From now on, these are the addresses of a peer. It is dialled, while it is on the roster and not connected, at
    /// once and then after growing pauses; a new address makes it be tried at once. What is no address is ignored.
    pub fn set_addresses(&self, peer: PublicKey, addresses: Vec<String>) {
        let addresses = addresses.iter().filter_map(|text| match address::parse(text) {
            Ok(address) => Some(address),
            Err(error) => {
                tracing::debug!(%peer, %error, "a published address is ignored");
                None
            }
        });
        let addresses = addresses.collect();
        self.wish(|wishes| _ = wishes.addresses.insert(peer, addresses));
    }

    /// Also dials this address, whoever is there, at once and then after growing pauses. Whoever answers is served only
    /// if on the roster.
    ///
    /// # Errors
    /// When it is not an address.
    pub fn dial(&self, address: &str) -> Result<(), MeshError> {
        let address = address::parse(address)?;
        self.wish(|wishes| {
            if wishes.dial.len() < EXTRA_ADDRESSES_MAX {
                wishes.dial.push(address);
            }
        });
        Ok(())
    }

    /// Opens a stream on which to bring spaces in step with a peer. The peer sees it with the first frame. It is open
    /// before the peer has agreed; one that does not serve this node shows as [`crate::StreamError::NotServed`] when
    /// the first frame is received.
    ///
    /// # Errors
    /// When the peer is not connected, too many streams with it are open, or it does not answer within 10 s.
    pub async fn open_stream(&self, peer: PublicKey) -> Result<MeshStream, OpenError> {
        open(self.commands.clone(), peer, RECONCILE_PROTOCOL, self.open_stream).await
    }

    /// Asks a peer that does not serve this node why, and gives its answer: one sentence for people. Hands over an
    /// application to join on the way, of at most 16 KiB; none where it is empty.
    ///
    /// # Errors
    /// When the peer is not connected any more, or does not answer.
    pub async fn ask_why_not(&self, peer: PublicKey, application: &[u8]) -> Result<String, OpenError> {
        let mut stream = open(self.commands.clone(), peer, JOIN_PROTOCOL, self.open_stream).await?;
        // An empty frame does as well: the peer learns of the stream with the first bytes on it.
        let answer = timeout(self.open_stream, async {
            stream.send(application).await.ok()?;
            stream.recv().await.ok()?
        });
        match answer.await {
            Ok(Some(sentence)) => Ok(readable(&sentence)),
            Ok(None) => Err(OpenError::Disconnected),
            Err(_) => Err(OpenError::TimedOut(self.open_stream)),
        }
    }

    /// Sends a peer a frame of minutes, of at most 4 MiB. While the peer is connected, frames arrive whole and in order.
    /// Those that wait are lost when it is not, when its stream breaks, when it takes nothing for the idle time, and
    /// when too many or too large ones wait. May be called on any thread, and never waits.
    pub fn send_minutes(&self, peer: PublicKey, frame: Vec<u8>) {
        let opening = || open(self.commands.clone(), peer, MINUTES_PROTOCOL, self.open_stream);
        self.shared.minutes.send(&self.runtime, peer, frame, opening);
    }

    /// Announces to everyone that follows a space; best effort: nobody may be connected, and when too many
    /// announcements wait, this one is dropped. Only the roster space and the commons are gossiped. At most 64 KiB.
    pub fn announce(&self, space: SpaceId, bytes: Vec<u8>) {
        if !gossip::GOSSIPED.contains(&space) {
            tracing::warn!(%space, "only the roster and the commons are announced by gossip");
        } else if self.commands.try_send(Command::Announce { space, bytes }).is_err() {
            crate::traffic::count(&self.shared.counters.announcements_dropped, 1);
        }
    }

    /// Says what becomes of an announcement. It goes no further before; one that is judged after 10 s goes no further
    /// at all.
    pub fn judge(&self, token: MessageToken, judgement: Judgement) {
        // There are no more tokens than places in this queue, so only the end of the mesh can make this fail.
        _ = self.judgements.try_send((token, judgement));
    }

    /// Closes the connections with a peer, and makes none with it for so long.
    pub fn disconnect(&self, peer: PublicKey, back_off: Duration) {
        self.wish(|wishes| _ = wishes.disconnect.insert(peer, back_off));
    }

    /// Where this node listens: multiaddresses without the peer at the end.
    #[must_use]
    pub fn listen_addresses(&self) -> Vec<String> {
        let listening = self.shared.listening.lock().unwrap_or_else(PoisonError::into_inner);
        listening.iter().map(ToString::to_string).collect()
    }

    /// The peers on the roster that have been dialled for some seconds without success, and why.
    #[must_use]
    pub fn unreached(&self) -> Vec<Unreached> {
        self.shared.unreached().list(tokio::time::Instant::now())
    }

    /// What went over the wire so far, and who is connected.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.counters.read()
    }

    /// Closes all connections and ends. Other handles and streams are of no more use after it.
    pub async fn shutdown(self) {
        let (done, ended) = oneshot::channel();
        if self.commands.send(Command::ShutDown { done }).await.is_ok() {
            _ = ended.await;
        }
    }

    fn wish(&self, wish: impl FnOnce(&mut crate::event_loop::Wishes)) {
        wish(&mut self.shared.wishes.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wished.notify_one();
    }
}

/// Opens a stream. Holds on to the mesh only until it is asked.
async fn open(
    commands: mpsc::Sender<Command>,
    peer: PublicKey,
    protocol: StreamProtocol,
    time: Duration,
) -> Result<MeshStream, OpenError> {
    let (reply, answer) = oneshot::channel();
    let asked = async move {
        commands.send(Command::Open { peer, protocol, reply }).await.map_err(|_| OpenError::ShutDown)?;
        drop(commands);
        answer.await.map_err(|_| OpenError::Disconnected)?
    };
    timeout(time, asked).await.unwrap_or(Err(OpenError::TimedOut(time)))
}

/// Makes a stranger's sentence fit to be shown: bounded, and without control characters.
fn readable(sentence: &[u8]) -> String {
    let sentence = String::from_utf8_lossy(&sentence[..sentence.len().min(REFUSAL_BYTES_MAX)]);
    sentence.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
