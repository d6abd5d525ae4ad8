//! The handle: what callers hold to ask a node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use knotwork_accounts::Accounts;
use knotwork_documents::{Edit, View, WriteError, kinds};
use knotwork_governance::SignedNode;
use knotwork_identity::{DocumentId, Genesis, NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{DocumentHeader, History, Pen};
use knotwork_minutes::Agreed;
use knotwork_replica::{AgreedRoster, Basis, Standing, Status, Storage, StorageError, Target};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::{
    Command, CommandError, Listener, NodeView, PeerView, Position, Signer, SpaceView, Written,
    calendar::Calendar,
    directory::Directory,
    falling::FallingBook,
    hosting::{HostedKey, Household, Households},
    library::Library,
    roles::RoleBook,
};

/// What a handle is made of.
pub struct NodeParts {
    /// The version of the software.
    pub version: String,
    /// This organisation's key, which certifies its members.
    pub organisation: SecretKey,
    /// This node, which has signed that it is this organisation's.
    pub node: SignedNode,
    /// The network.
    pub genesis: Genesis,
    /// Signs what comes in by a machine's token.
    pub service: SecretKey,
    /// Where changes are kept.
    pub storage: Arc<dyn Storage>,
    /// Who is in the network.
    pub roster: Arc<AgreedRoster>,
    /// Leads to the thread that owns the replica. Bounded.
    pub commands: mpsc::Sender<Command>,
    /// The replica's latest word on itself.
    pub status: watch::Receiver<Arc<Status>>,
    /// The sequence number of the newest admitted change.
    pub admitted: watch::Receiver<u64>,
    /// Reads the clock.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Fills a slice with random bytes.
    pub random: RandomSource,
}

/// Fills a slice with random bytes.
pub type RandomSource = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// Asks a node. Cheap to clone.
#[derive(Clone)]
pub struct NodeHandle {
    parts: Arc<NodeParts>,
    derived: Arc<Derived>,
    /// For whom this handle asks: the node's own organisation, or one that it hosts.
    household: Arc<Household>,
    households: Arc<Households>,
    /// The network that documents name.
    origin: NetworkId,
    unreached: Arc<WhyUnreached>,
}

/// What a handle keeps for itself.
struct Derived {
    library: Library,
    role_book: RoleBook,
    calendar: Calendar,
    falling: FallingBook,
    /// Places for what hashes a passphrase, and for those who wait for one.
    hash_places: Arc<Semaphore>,
    hash_queue: Arc<Semaphore>,
    /// Held by whoever reads and then writes invitations and applications: two must not take one invitation.
    admitting: Mutex<()>,
}

/// Tells why the node of a key cannot be reached, if so.
type WhyUnreached = dyn Fn(&PublicKey) -> Option<String> + Send + Sync;

impl NodeHandle {
    /// A handle of these parts.
    #[must_use]
    pub fn new(parts: NodeParts) -> Self {
        let derived = Derived {
            library: Library::default(),
            role_book: RoleBook::default(),
            calendar: Calendar::default(),
            falling: FallingBook::default(),
            hash_places: Arc::new(Semaphore::new(HASHES_MAX)),
            hash_queue: Arc::new(Semaphore::new(HASHES_WAITING_MAX)),
            admitting: Mutex::default(),
        };
        let origin = parts.genesis.network();
        Self {
            origin,
            household: Arc::new(Household::own(&parts)),
            parts: Arc::new(parts),
            derived: Arc::new(derived),
            households: Arc::default(),
            unreached: Arc::new(|_| None),
        }
    }

    /// The same, with the keys of the organisations whose members use this node. They are read again whenever one comes.
    #[must_use]
    pub fn with_hosted(self, keys: impl Fn() -> Result<Vec<HostedKey>, String> + Send + Sync + 'static) -> Self {
        Self { households: Arc::new(Households::new(keys)), ..self }
    }

    /// The same, with a way to tell why the node of a key cannot be reached.
    #[must_use]
    pub fn with_unreached(self, unreached: impl Fn(&PublicKey) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { unreached: Arc::new(unreached), ..self }
    }

    /// Edits a document, or makes it.
    ///
    /// # Errors
    /// When there is no such document, it has changed, it is not the signer's to edit, a field breaks a limit, or the
    /// node cannot write.
    pub async fn edit(
        &self,
        target: Target,
        edit: Edit,
        basis: Basis,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        edit.check()?;
        let (time, key) = (self.now(), Box::new(self.key_of(signer).clone()));
        self.send(|reply| Command::Edit { target, edit: Box::new(edit), key, basis, time, reply }).await
    }

    /// The node itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn node(&self) -> Result<NodeView, CommandError> {
        let parts = &self.parts;
        let status = parts.status.borrow().clone();
        Ok(NodeView {
            version: parts.version.clone(),
            organisation: self.name_of(&parts.organisation.public()),
            organisation_key: parts.organisation.public(),
            node_key: parts.node.key,
            network: parts.genesis.name.clone(),
            network_id: self.network(),
            purpose: self.network_purpose()?,
            outside: self.outside(),
            turned_away: self.turned_away(),
            spaces: status.spaces.iter().filter(|space| self.sees(&space.space)).map(space_view).collect(),
            peers: status.peers.iter().map(|peer| self.peer_view(peer)).collect(),
            held: status.held,
            unknown_formats: status.unknown_formats,
            damaged: status.damaged,
            waits_to_be_admitted: self.waits_to_be_admitted(),
            resources: parts.storage.list_len(kinds::RESOURCE, None).map_err(storage_error)?,
            store_bytes: parts.storage.size_on_disk(),
        })
    }

    /// The replica's latest word on itself.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.parts.status.borrow().clone()
    }

    /// The newest place in this node's own order.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { incarnation: self.parts.storage.incarnation(), sequence: *self.parts.admitted.borrow() }
    }

    /// Follows the node's own order: everything after `after`. A position of another incarnation, or one ahead of the
    /// store, begins at the start, as the reader may have missed anything.
    #[must_use]
    pub fn listen(&self, after: Option<Position>) -> Listener {
        Listener::new(self.clone(), self.parts.storage.clone(), self.parts.admitted.clone(), after)
    }

    /// Whether commands are still taken.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.parts.commands.is_closed()
    }

    /// The time by the node's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.parts.clock)()
    }

    /// The public half of the key that a signer signs with.
    #[must_use]
    pub fn signing_key(&self, signer: &Signer) -> PublicKey {
        self.key_of(signer).public()
    }

    /// The network's id: what is signed for it names that.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.agreed().network()
    }

    /// The network that documents name: another one only where it was reconvened.
    #[must_use]
    pub fn origin(&self) -> NetworkId {
        self.origin
    }

    /// The network's name.
    #[must_use]
    pub fn network_name(&self) -> &str {
        &self.parts.genesis.name
    }

    /// What the network is for, as its charter in force says; as its founders said where that has not arrived.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn network_purpose(&self) -> Result<String, CommandError> {
        Ok(self.charter()?.charter.map_or_else(|| self.founding_purpose().to_owned(), |charter| charter.purpose))
    }

    /// What its founders founded the network for.
    pub(crate) fn founding_purpose(&self) -> &str {
        &self.parts.genesis.purpose
    }

    /// The node's key.
    #[must_use]
    pub fn node_key(&self) -> PublicKey {
        self.parts.node.key
    }

    /// The node, with its own signature that it is its organisation's.
    pub(crate) fn signed_node(&self) -> SignedNode {
        self.parts.node
    }

    /// The organisation's key.
    #[must_use]
    pub fn organisation_key(&self) -> PublicKey {
        self.organisation_secret().public()
    }

    /// The organisation's name.
    #[must_use]
    pub fn organisation_name(&self) -> String {
        self.name_of(&self.organisation_key())
    }

    /// The key of the organisation whose node it is.
    #[must_use]
    pub fn host_key(&self) -> PublicKey {
        self.parts.organisation.public()
    }

    /// The name of the organisation whose node it is.
    #[must_use]
    pub fn host_name(&self) -> String {
        self.name_of(&self.host_key())
    }

    /// Whether this handle asks for an organisation whose members use another's node.
    #[must_use]
    pub fn is_hosted(&self) -> bool {
        self.organisation_key() != self.host_key()
    }

    pub(crate) fn roster(&self) -> &AgreedRoster {
        self.parts.roster.as_ref()
    }

    /// What is agreed: the roster, the charter, and what was decided.
    #[must_use]
    pub fn agreed(&self) -> Arc<Agreed> {
        self.parts.roster.agreed()
    }

    /// How the network began.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.parts.genesis
    }

    /// 32 random bytes as text.
    #[must_use]
    pub fn random_text(&self) -> String {
        let mut bytes = [0; 32];
        (self.parts.random)(&mut bytes);
        knotwork_identity::to_text(&bytes)
    }

    pub(crate) fn random(&self) -> impl FnMut(&mut [u8]) + use<> {
        let parts = Arc::clone(&self.parts);
        move |bytes: &mut [u8]| (parts.random)(bytes)
    }

    /// Whether what is in a space is for whom this handle asks: what is an organisation's own is for its members alone.
    pub(crate) fn sees(&self, space: &SpaceId) -> bool {
        match space {
            SpaceId::Organisation(organisation) => *organisation == self.organisation_key(),
            _ => true,
        }
    }

    pub(crate) fn households(&self) -> &Households {
        &self.households
    }

    pub(crate) fn parts(&self) -> &NodeParts {
        &self.parts
    }

    pub(crate) fn shared_storage(&self) -> &Arc<dyn Storage> {
        &self.parts.storage
    }

    /// The same node, asked for this household.
    pub(crate) fn asked_for(&self, household: Arc<Household>) -> Self {
        Self { household, ..self.clone() }
    }

    /// The name under which a value of whom this handle asks for is kept among the node's own.
    pub(crate) fn shelved(&self, name: &str) -> String {
        self.household.shelved(name)
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        self.household.accounts()
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.household.directory()
    }

    pub(crate) fn library(&self) -> &Library {
        &self.derived.library
    }

    pub(crate) fn role_book(&self) -> &RoleBook {
        &self.derived.role_book
    }

    pub(crate) fn calendar(&self) -> &Calendar {
        &self.derived.calendar
    }

    pub(crate) fn falling_book(&self) -> &FallingBook {
        &self.derived.falling
    }

    /// Keeps others from changing invitations and applications meanwhile.
    pub(crate) fn admitting(&self) -> MutexGuard<'_, ()> {
        // It guards no value that could be left half changed.
        self.derived.admitting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn hash_places(&self) -> &Arc<Semaphore> {
        &self.derived.hash_places
    }

    pub(crate) fn hash_queue(&self) -> &Arc<Semaphore> {
        &self.derived.hash_queue
    }

    pub(crate) fn storage(&self) -> &dyn Storage {
        self.parts.storage.as_ref()
    }

    pub(crate) fn organisation_secret(&self) -> &SecretKey {
        self.household.organisation()
    }

    /// A nonce that nothing was made with.
    #[must_use]
    pub fn fresh_nonce(&self) -> Nonce {
        let mut nonce = [0; 16];
        (self.parts.random)(&mut nonce);
        Nonce(nonce)
    }

    /// Whether a document began as this edit; none where there is no such document.
    pub(crate) fn began_as(
        &self,
        header: DocumentHeader,
        edit: &Edit,
        signer: &Signer,
    ) -> Result<Option<bool>, CommandError> {
        let Some(history) = self.history(&header.id())? else { return Ok(None) };
        // The same edit at the same time gives the same changes, byte for byte.
        let time = history.changes().next().map_or(Timestamp::NONE, |first| first.time());
        let mut pen = Pen::new(header, self.key_of(signer), time);
        edit.write(&mut pen).map_err(write_error)?;
        Ok(Some(pen.finish().0.iter().all(|change| history.contains(&change.id()))))
    }

    pub(crate) fn key_of<'a>(&'a self, signer: &'a Signer) -> &'a SecretKey {
        match signer {
            Signer::Service => &self.parts.service,
            Signer::Member(key) => key,
        }
    }

    pub(crate) async fn send(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<Written, CommandError>>) -> Command,
    ) -> Result<Written, CommandError> {
        if self.waits_to_be_admitted() {
            return Err(CommandError::NotAdmitted("write"));
        }
        let (reply, answer) = oneshot::channel();
        self.parts.commands.send(command(reply)).await.map_err(|_| CommandError::Stopping)?;
        answer.await.map_err(|_| CommandError::Stopping)?
    }

    /// The view of a document: kept, or taken from the one change that it has. Only what stands is shown.
    pub(crate) fn any_view(&self, document: &DocumentId) -> Result<Option<View>, CommandError> {
        knotwork_replica::view_in(self.storage(), document, &self.standing()).map_err(storage_error)
    }

    /// Which changes stand now.
    pub(crate) fn standing(&self) -> Standing {
        self.parts.status.borrow().standing.clone()
    }

    /// A document with all its changes, those that do not stand among them, as the gate admits them again.
    pub(crate) fn history(&self, document: &DocumentId) -> Result<Option<History>, CommandError> {
        let stored = self.parts.storage.changes_of(document).map_err(storage_error)?;
        knotwork_replica::history_of_stored(stored).map_err(storage_error)
    }

    fn peer_view(&self, peer: &knotwork_replica::PeerStatus) -> PeerView {
        PeerView {
            organisation: self.name_of(&peer.organisation),
            organisation_key: peer.organisation,
            node_key: peer.node,
            connected: peer.connected,
            declines: peer.declines,
            in_step: peer.in_step,
            changes_more: peer.changes_more,
            last_in_step_at: peer.last_in_step,
            fault: peer.fault.clone(),
            unreached: (self.unreached)(&peer.node).filter(|_| !peer.connected),
        }
    }
}

/// Runs what takes long away from the threads that answer others.
///
/// # Panics
/// As `work` does.
pub(crate) async fn away<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(CommandError::Stopping),
        },
    }
}

fn space_view(space: &knotwork_replica::SpaceStatus) -> SpaceView {
    let fingerprint = space.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    SpaceView { space: space.space, changes: space.changes, fingerprint }
}

pub(crate) fn write_error(error: WriteError) -> CommandError {
    match error {
        WriteError::Field(error) => CommandError::Field(error),
        WriteError::Pen(error) => CommandError::DocumentFull(error.to_string()),
    }
}

pub(crate) fn storage_error(error: StorageError) -> CommandError {
    match error {
        StorageError::Full => CommandError::DiskFull,
        error => CommandError::Failed(error.to_string()),
    }
}

/// How many passphrases are hashed at once, each with 19 MiB of memory.
const HASHES_MAX: usize = 2;
/// How many more may wait; beyond, the node is busy.
const HASHES_WAITING_MAX: usize = 64;
