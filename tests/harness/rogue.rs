//! A peer that does as a test tells it, with the key of a node or with one that nobody knows: what an attacker could
//! build from this repository.

use std::{fs, time::Duration};

use knotwork_identity::{Genesis, Lineage, NetworkId, Nonce, PublicKey, SecretKey, SpaceId, from_text};
use knotwork_ledger::{SignedChange, Verifiers};
use knotwork_mesh::{Mesh, MeshConfig, MeshEvent, MeshStream, StreamError};
use knotwork_replica::{Frame, Packer};
use tokio::{runtime::Runtime, sync::mpsc, time::timeout};

use super::{daemon::Node, network::Network, wait};

/// The peer. Ends with this value.
pub(crate) struct Rogue {
    pub(crate) network: NetworkId,
    mesh: Mesh,
    events: mpsc::Receiver<MeshEvent>,
    victim: PublicKey,
    // Last: the rest lives on it.
    runtime: Runtime,
}

/// A stream between it and its victim.
pub(crate) struct Session<'a> {
    stream: MeshStream,
    rogue: &'a Rogue,
}

impl Rogue {
    /// Takes the part of a node that does not run.
    pub(crate) fn in_place_of(node: &Node, network: &Network, victim: &Node) -> Self {
        assert!(!node.is_running(), "{} runs itself", node.name);
        Self::with_key(secret(node, "node"), network, victim)
    }

    /// Takes the part of somebody whom nobody knows.
    pub(crate) fn unknown(network: &Network, victim: &Node) -> Self {
        Self::with_key(SecretKey::from_seed(&[0xaa; 32]), network, victim)
    }

    fn with_key(key: SecretKey, network: &Network, victim: &Node) -> Self {
        let network = network_id(network);
        let Joined { runtime, mesh, events } = join(key, network, std::slice::from_ref(victim));
        let mut rogue = Self { network, mesh, events, victim: secret(victim, "node").public(), runtime };
        rogue.until("connected", |event| matches!(event, MeshEvent::Connected { .. }).then_some(()));
        rogue
    }

    /// Opens a stream on which spaces are brought in step, to a victim that may close the connection at any time.
    pub(crate) fn try_open(&self) -> Result<Session<'_>, String> {
        let stream = self.runtime.block_on(self.mesh.open_stream(self.victim)).map_err(|error| error.to_string())?;
        Ok(Session { stream, rogue: self })
    }

    /// Opens a stream on which spaces are brought in step.
    pub(crate) fn open(&self) -> Session<'_> {
        let stream = self.runtime.block_on(self.mesh.open_stream(self.victim)).expect("a stream can be opened");
        Session { stream, rogue: self }
    }

    /// Waits until the victim opens one.
    pub(crate) fn opened(&mut self) -> Session<'_> {
        let stream = self.until("a stream of the victim", |event| match event {
            MeshEvent::Stream { stream, .. } => Some(stream),
            _ => None,
        });
        Session { stream, rogue: self }
    }

    /// Waits until the victim has ended the connection.
    pub(crate) fn cut_off(&mut self) {
        self.until("cut off", |event| matches!(event, MeshEvent::Disconnected { .. }).then_some(()));
    }

    /// What the victim says when asked why it does not serve this peer.
    ///
    /// A stranger is connected for a few seconds, which may be over before a busy machine comes to asking; the mesh
    /// dials again by itself.
    pub(crate) fn why_not(&self) -> String {
        wait::until("it says why", || {
            self.runtime.block_on(self.mesh.ask_why_not(self.victim, &[])).map_err(|error| error.to_string())
        })
    }

    /// Announces bytes by gossip.
    pub(crate) fn announce(&self, bytes: Vec<u8>) {
        self.mesh.announce(SpaceId::Commons, bytes);
    }

    /// How many connections it has with its victim.
    pub(crate) fn connections(&self) -> u64 {
        self.mesh.traffic().connections
    }

    fn until<T>(&mut self, what: &str, mut find: impl FnMut(MeshEvent) -> Option<T>) -> T {
        wait::until(what, || {
            let next = self.runtime.block_on(async { timeout(GLANCE, self.events.recv()).await });
            let event = next.map_err(|_| "nothing".to_owned())?.ok_or("the mesh has ended")?;
            let seen = format!("{event:?}");
            find(event).ok_or(seen)
        })
    }
}

impl Session<'_> {
    pub(crate) fn network(&self) -> NetworkId {
        self.rogue.network
    }

    pub(crate) fn send(&mut self, frame: &[u8]) -> Result<(), StreamError> {
        self.rogue.runtime.block_on(self.stream.send(frame))
    }

    /// The next frame of the victim; nothing when it has ended the stream.
    pub(crate) fn receive(&mut self) -> Result<Option<Frame>, StreamError> {
        let bytes = self.rogue.runtime.block_on(self.stream.recv())?;
        let parse =
            |bytes: Vec<u8>| Frame::parse(&bytes, &Lineage::founded(self.rogue.network), &mut Verifiers::new(8));
        Ok(bytes.map(|bytes| parse(bytes).expect("an honest node sends frames")))
    }
}

/// A mesh of its own, with what happens in it.
pub(crate) struct Joined {
    pub(crate) mesh: Mesh,
    pub(crate) events: mpsc::Receiver<MeshEvent>,
    // Last: the rest lives on it.
    pub(crate) runtime: Runtime,
}

/// Starts a mesh with a key, which connects with these nodes.
pub(crate) fn join(key: SecretKey, network: NetworkId, nodes: &[Node]) -> Joined {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("threads can be started");
    let started = runtime.block_on(Mesh::start(MeshConfig::new(key, network)));
    let (mesh, events) = started.expect("the mesh starts");
    mesh.set_roster(nodes.iter().map(|node| secret(node, "node").public()).collect());
    for node in nodes {
        mesh.dial(&format!("/ip4/127.0.0.1/tcp/{}", node.port)).expect("an address");
    }
    Joined { mesh, events, runtime }
}

/// One of the secret keys of a node.
pub(crate) fn secret(node: &Node, name: &str) -> SecretKey {
    let path = node.folder.join("keys").join(format!("{name}.key"));
    let text = fs::read_to_string(&path).expect("the key is there");
    let seed = text.lines().find_map(|line| line.strip_prefix("secret ")).expect("a key file has a secret");
    SecretKey::from_seed(&from_text(seed).expect("a secret is a text of 32 bytes"))
}

/// The network's id.
pub(crate) fn network_id(network: &Network) -> NetworkId {
    let bytes = fs::read(&network.genesis).expect("the network's file is there");
    Genesis::from_bytes(&bytes).expect("the network's file is one").network()
}

/// A new resource, signed with any key.
pub(crate) fn resource(network: NetworkId, key: &SecretKey, number: u64, body: &str) -> Vec<SignedChange> {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    let title = format!("Forged {number}");
    let draft = knotwork_documents::ResourceDraft { title, body: body.to_owned(), ..Default::default() };
    let time = knotwork_identity::Timestamp::default();
    let changes = draft.write(network, Nonce(nonce), key, time).expect("it fits");
    changes.iter().map(|change| change.signed().clone()).collect()
}

/// Changes of the commons as a frame.
pub(crate) fn changes_frame(changes: &[SignedChange]) -> Vec<u8> {
    Frame::changes(&SpaceId::Commons, true, &packed(changes))
}

/// Changes as a pack.
pub(crate) fn packed(changes: &[SignedChange]) -> Vec<u8> {
    let mut packer = Packer::default();
    changes.iter().for_each(|change| packer.add(change));
    packer.finish()
}

const GLANCE: Duration = Duration::from_millis(20);
