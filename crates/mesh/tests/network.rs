//! Nodes, a stranger's swarm, and a wire that counts and can be cut.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::StreamExt as _;
use knotwork_identity::{NetworkId, PublicKey, SecretKey};
use knotwork_mesh::{Mesh, MeshConfig, MeshEvent, MeshStream, MinutesReceiver, Timing};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder,
    gossipsub::{self, MessageAuthenticity, ValidationMode, Version},
    identity::Keypair,
    multiaddr::Protocol,
    noise,
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp, yamux,
};
use tokio::{
    io::copy,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::timeout,
};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const NETWORK: NetworkId = NetworkId([7; 32]);

/// A key that a number stands for.
pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub(crate) fn public(number: u8) -> PublicKey {
    key(number).public()
}

/// The peer id of such a key.
pub(crate) fn peer(number: u8) -> PeerId {
    keypair(number).public().to_peer_id()
}

pub(crate) fn keypair(number: u8) -> Keypair {
    Keypair::ed25519_from_bytes([number; 32]).expect("32 bytes are a key")
}

pub(crate) fn roster(numbers: impl IntoIterator<Item = u8>) -> HashSet<PublicKey> {
    numbers.into_iter().map(public).collect()
}

/// A configuration that listens on a free port of loopback, with pauses short enough for tests.
pub(crate) fn config(number: u8) -> MeshConfig {
    let mut config = MeshConfig::new(key(number), NETWORK);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".to_owned()];
    config.timing = Timing {
        redial_first: Duration::from_millis(20),
        redial_soon: Duration::from_millis(200),
        steady: Duration::from_millis(200),
        ..Timing::default()
    };
    config
}

/// A node of the mesh, and what it told.
pub(crate) struct Node {
    pub(crate) mesh: Mesh,
    pub(crate) key: PublicKey,
    pub(crate) events: mpsc::Receiver<MeshEvent>,
}

impl Node {
    pub(crate) async fn start(config: MeshConfig) -> Self {
        let key = config.node.public();
        let (mesh, events) = Mesh::start(config).await.expect("the mesh starts");
        Self { mesh, key, events }
    }

    pub(crate) fn address(&self) -> String {
        self.mesh.listen_addresses().first().expect("the node listens").clone()
    }

    pub(crate) fn knows(&self, other: &Node) {
        self.mesh.set_addresses(other.key, other.mesh.listen_addresses());
    }

    /// Waits for an event that gives something.
    pub(crate) async fn until<T>(&mut self, what: &str, mut find: impl FnMut(MeshEvent) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the mesh runs");
                if let Some(found) = find(event) {
                    return found;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("never came: {what}"))
    }

    pub(crate) async fn connected(&mut self, other: PublicKey) {
        self.until("connected", |event| {
            matches!(event, MeshEvent::Connected { peer, .. } if peer == other).then_some(())
        })
        .await;
    }

    pub(crate) async fn disconnected(&mut self, other: PublicKey) {
        self.until("disconnected", |event| {
            matches!(event, MeshEvent::Disconnected { peer } if peer == other).then_some(())
        })
        .await;
    }

    pub(crate) async fn stream(&mut self) -> MeshStream {
        self.until("a stream", |event| match event {
            MeshEvent::Stream { stream, .. } => Some(stream),
            _ => None,
        })
        .await
    }

    pub(crate) async fn minutes(&mut self) -> MinutesReceiver {
        self.until("minutes", |event| match event {
            MeshEvent::Minutes { frames, .. } => Some(frames),
            _ => None,
        })
        .await
    }

    /// What was told and not yet taken.
    pub(crate) fn told(&mut self) -> Vec<MeshEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

/// Two nodes that have each other on the roster, the second of which dials the first.
pub(crate) async fn pair(first: MeshConfig, second: MeshConfig) -> (Node, Node) {
    let (mut first, mut second) = (Node::start(first).await, Node::start(second).await);
    let roster = HashSet::from([first.key, second.key]);
    first.mesh.set_roster(roster.clone());
    second.mesh.set_roster(roster);
    second.knows(&first);
    first.connected(second.key).await;
    second.connected(first.key).await;
    (first, second)
}

/// Waits until something holds, asking again and again.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never came: {what}"));
}

/// What a peer that does not run this software's mesh does: gossip as it likes, and any stream.
#[derive(NetworkBehaviour)]
pub(crate) struct Foreign {
    pub(crate) gossip: gossipsub::Behaviour,
    pub(crate) streams: libp2p_stream::Behaviour,
}

/// A swarm made by hand, with keys like those of the nodes.
pub(crate) fn foreign(number: u8, authenticity: MessageAuthenticity) -> Swarm<Foreign> {
    let mode = match &authenticity {
        MessageAuthenticity::Anonymous => ValidationMode::Anonymous,
        _ => ValidationMode::None,
    };
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id("/knotwork/gossip/1", Version::V1_1)
        .validation_mode(mode)
        .message_id_fn(|message| knotwork_identity::sha256(&[&message.data]).to_vec().into())
        .max_transmit_size(1024 * 1024)
        .build()
        .expect("a configuration");
    let gossip = gossipsub::Behaviour::new(authenticity, config).expect("gossip");
    swarm(number, Foreign { gossip, streams: libp2p_stream::Behaviour::new() })
}

/// A swarm made by hand that does nothing by itself.
pub(crate) fn bare(number: u8) -> Swarm<libp2p_stream::Behaviour> {
    swarm(number, libp2p_stream::Behaviour::new())
}

fn swarm<B: NetworkBehaviour>(number: u8, behaviour: B) -> Swarm<B> {
    SwarmBuilder::with_existing_identity(keypair(number))
        .with_tokio()
        .with_tcp(tcp::Config::new(), noise::Config::new, yamux::Config::default)
        .expect("TCP")
        .with_quic()
        .with_behaviour(|_| behaviour)
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

/// Runs a swarm until an event gives something.
pub(crate) async fn drive<B: NetworkBehaviour, T>(
    swarm: &mut Swarm<B>,
    what: &str,
    mut find: impl FnMut(SwarmEvent<B::ToSwarm>) -> Option<T>,
) -> T {
    let found = timeout(PATIENCE, async {
        loop {
            if let Some(found) = find(swarm.select_next_some().await) {
                return found;
            }
        }
    });
    found.await.unwrap_or_else(|_| panic!("never came: {what}"))
}

/// Runs a swarm beside something else, until that is done.
pub(crate) async fn beside<B: NetworkBehaviour, T>(swarm: &mut Swarm<B>, work: impl Future<Output = T>) -> T {
    let both = async {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = swarm.select_next_some() => {}
            }
        }
    };
    timeout(PATIENCE, both).await.expect("the work beside the swarm ends")
}

/// A foreign swarm that has dialled a node.
pub(crate) async fn foreign_at(number: u8, node: &Node) -> Swarm<Foreign> {
    let mut swarm = foreign(number, MessageAuthenticity::Anonymous);
    dials(&mut swarm, node).await;
    swarm
}

/// Connects a swarm to a node.
pub(crate) async fn dials<B: NetworkBehaviour>(swarm: &mut Swarm<B>, node: &Node) {
    swarm.dial(node.address().parse::<Multiaddr>().expect("an address")).expect("a dial");
    drive(swarm, "the connection", |event| matches!(event, SwarmEvent::ConnectionEstablished { .. }).then_some(()))
        .await;
}

/// Opens a stream from a swarm made by hand.
pub(crate) async fn open<B: NetworkBehaviour + Streams>(
    swarm: &mut Swarm<B>,
    to: PeerId,
    protocol: &'static str,
) -> Result<libp2p::Stream, libp2p_stream::OpenStreamError> {
    let mut control = swarm.behaviour().control();
    beside(swarm, control.open_stream(to, StreamProtocol::new(protocol))).await
}

/// What opens any stream.
pub(crate) trait Streams {
    fn control(&self) -> libp2p_stream::Control;
}

impl Streams for Foreign {
    fn control(&self) -> libp2p_stream::Control {
        self.streams.new_control()
    }
}

impl Streams for libp2p_stream::Behaviour {
    fn control(&self) -> libp2p_stream::Control {
        self.new_control()
    }
}

/// A wire between two nodes that counts what goes through, and holds everything back while it is cut.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    pub(crate) forth: Arc<AtomicU64>,
    pub(crate) back: Arc<AtomicU64>,
    pub(crate) connections: Arc<AtomicU64>,
    cut: watch::Sender<bool>,
}

impl Wire {
    /// A wire to the socket of a multiaddress.
    pub(crate) async fn to(address: &str) -> Self {
        let target = socket(address);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (cut, cut_seen) = watch::channel(false);
        let wire = Self {
            address: listener.local_addr().expect("an address"),
            forth: Arc::default(),
            back: Arc::default(),
            connections: Arc::default(),
            cut,
        };
        let (forth, back, connections) =
            (Arc::clone(&wire.forth), Arc::clone(&wire.back), Arc::clone(&wire.connections));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(target).await else { continue };
                connections.fetch_add(1, Ordering::SeqCst);
                _ = (near.set_nodelay(true), far.set_nodelay(true));
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, Arc::clone(&forth), cut_seen.clone()));
                tokio::spawn(carry(far_in, near_out, Arc::clone(&back), cut_seen.clone()));
            }
        });
        wire
    }

    pub(crate) fn multiaddress(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.address.port())
    }

    /// Holds everything back, new connections too, without closing any; or lets it through again.
    pub(crate) fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }

    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.forth.load(Ordering::SeqCst), self.back.load(Ordering::SeqCst))
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counter: Arc<AtomicU64>,
    mut cut: watch::Receiver<bool>,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes) = from.read(&mut buffer).await {
        if cut.wait_for(|cut| !cut).await.is_err() || bytes == 0 {
            break;
        }
        counter.fetch_add(bytes as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..bytes]).await.is_err() {
            break;
        }
    }
    _ = to.shutdown().await;
    _ = copy(&mut from, &mut tokio::io::sink()).await;
}

/// The socket of a TCP multiaddress.
pub(crate) fn socket(address: &str) -> SocketAddr {
    let address: Multiaddr = address.parse().expect("an address");
    let parts: Vec<_> = address.iter().collect();
    match parts.as_slice() {
        [Protocol::Ip4(ip), Protocol::Tcp(port), ..] => SocketAddr::from((*ip, *port)),
        _ => panic!("{address} is not of TCP"),
    }
}
