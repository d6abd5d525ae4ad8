//! The handle: what callers hold to ask a node.

use std::sync::Arc;

use knotwork_accounts::Accounts;
use knotwork_documents::{
    ChangeView, Edit, ResourceDraft, ResourceEdit, ResourceView, View, WriteError, history_of, kinds,
};
use knotwork_governance::SignedNode;
use knotwork_identity::{ChangeId, DocumentId, Genesis, NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{DocumentHeader, History, Pen};
use knotwork_minutes::Agreed;
use knotwork_replica::{AgreedRoster, Basis, ListingKey, Roster as _, Status, Storage, StorageError, Target};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::{
    Command, CommandError, ContributorView, HistoryEntry, Listener, NodeView, Page, PeerView, Position,
    PreparedResource, ResourceEntry, Signer, SpaceView, Written,
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

    /// Writes a new resource. With a nonce given, a resource that was made with it before is left as it was.
    ///
    /// # Errors
    /// When a field breaks a limit, or the node cannot write.
    pub async fn create_resource(
        &self,
        draft: ResourceDraft,
        nonce: Option<Nonce>,
        time: Option<Timestamp>,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        draft.check()?;
        let nonce = nonce.unwrap_or_else(|| self.fresh_nonce());
        let time = time.unwrap_or_else(|| self.now());
        let prepared = if draft.body.len() < LONG_TEXT_BYTES {
            self.prepare_resource(&draft, nonce, time, signer)?
        } else {
            let (handle, signer) = (self.clone(), signer.clone());
            away(move || handle.prepare_resource(&draft, nonce, time, &signer)).await?
        };
        self.write(prepared).await
    }

    /// Writes and signs the changes of a new resource, for [`NodeHandle::write`]. Takes processor time and waits for
    /// nothing.
    ///
    /// # Errors
    /// When a field breaks a limit.
    pub fn prepare_resource(
        &self,
        draft: &ResourceDraft,
        nonce: Nonce,
        time: Timestamp,
        signer: &Signer,
    ) -> Result<PreparedResource, CommandError> {
        let changes = draft.write(self.origin, nonce, self.key_of(signer), time).map_err(write_error)?;
        Ok(PreparedResource { changes })
    }

    /// Writes a prepared resource. One that is there already is left as it was.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn write(&self, prepared: PreparedResource) -> Result<Written, CommandError> {
        self.send(|reply| Command::Create { changes: prepared.changes, reply }).await
    }

    /// The resource that was made with this nonce, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn made_with(&self, nonce: Nonce) -> Result<Option<DocumentId>, CommandError> {
        let document = ResourceDraft::header(self.origin, nonce).id();
        let changes = self.parts.storage.count_of(&document, 1).map_err(storage_error)?;
        Ok((changes > 0).then_some(document))
    }

    /// Whether the resource that was made with this nonce began as this draft, or says what the draft says now.
    ///
    /// # Errors
    /// When there is no such resource, or the store cannot be read.
    pub fn was_made_from(&self, draft: &ResourceDraft, nonce: Nonce, signer: &Signer) -> Result<bool, CommandError> {
        let document = ResourceDraft::header(self.origin, nonce).id();
        let history = self.history(&document)?.ok_or(CommandError::NotFound(document))?;
        // The same draft at the same time gives the same changes, byte for byte.
        let time = history.changes().next().map_or(Timestamp::NONE, |first| first.time());
        let prepared = self.prepare_resource(draft, nonce, time, signer)?;
        if prepared.changes.iter().all(|change| history.contains(&change.id())) {
            return Ok(true);
        }
        let ResourceEntry { view, .. } = self.resource(&document)?;
        Ok(view.title == draft.title
            && view.summary == draft.summary
            && view.body == draft.body
            && view.kind == draft.kind
            && view.links == draft.links
            && view.tags == draft.tags
            && view.licence == draft.licence
            && view.language == draft.language
            && view.reviewed.map(|date| date.to_string()).unwrap_or_default() == draft.reviewed
            && view.review_due.map(|date| date.to_string()).unwrap_or_default() == draft.review_due
            && view.adapted_from.map(|id| id.to_string()).unwrap_or_default() == draft.adapted_from)
    }

    /// Edits a resource. With `seen` given, only if these are still its heads.
    ///
    /// # Errors
    /// When there is no such resource, it has changed, a field breaks a limit, or the node cannot write.
    pub async fn edit_resource(
        &self,
        document: DocumentId,
        edit: ResourceEdit,
        seen: Option<Vec<ChangeId>>,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        self.edit(Target::Existing(document), edit.into(), seen.into(), signer).await
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

    /// One resource.
    ///
    /// # Errors
    /// When there is none with this id, or the store cannot be read.
    pub fn resource(&self, document: &DocumentId) -> Result<ResourceEntry, CommandError> {
        self.view(document)?.map(|view| self.entry(view)).ok_or(CommandError::NotFound(*document))
    }

    /// A page of the library, from A to Z by title: at most `limit` resources after the key `after`, and fewer where
    /// they are long.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn resources(
        &self,
        tag: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Page<ResourceEntry>, CommandError> {
        let storage = &self.parts.storage;
        let label = tag.map(knotwork_documents::Listing::label);
        // One more than asked for tells whether there is a next page.
        let keys = storage.list(kinds::RESOURCE, label.as_deref(), after, limit + 1).map_err(storage_error)?;
        let mut more = keys.len() > limit;
        let mut items = Vec::with_capacity(keys.len().min(limit));
        let (mut last, mut text_bytes) = (None, 0);
        for key in keys.into_iter().take(limit) {
            if text_bytes >= PAGE_TEXT_BYTES_MAX {
                more = true;
                break;
            }
            if let Some(view) = self.view(&key.document)? {
                text_bytes += view.body.len() + view.summary.len() + view.links.iter().map(String::len).sum::<usize>();
                items.push(self.entry(view));
            }
            last = Some(key);
        }
        let next = last.filter(|_| more);
        let total = storage.list_len(kinds::RESOURCE, label.as_deref()).map_err(storage_error)?;
        Ok(Page { items, next, total })
    }

    /// The history of a resource, in the order of what builds on what.
    ///
    /// # Errors
    /// When there is none with this id, or the store cannot be read.
    pub fn resource_history(&self, document: &DocumentId) -> Result<Vec<HistoryEntry>, CommandError> {
        let history = self.history(document)?.filter(|history| history.header().kind == kinds::RESOURCE);
        let history = history.ok_or(CommandError::NotFound(*document))?;
        let entry = |change: ChangeView| HistoryEntry { by: self.contributor(&change.author), change };
        Ok(history_of(&history).into_iter().map(entry).collect())
    }

    /// A resource as it was when these were its heads.
    ///
    /// # Errors
    /// When there is no such resource or state of it, or the store cannot be read.
    pub fn resource_at(&self, document: &DocumentId, heads: &[ChangeId]) -> Result<ResourceEntry, CommandError> {
        let missing = || CommandError::NotFound(*document);
        let history = self.history(document)?.ok_or_else(missing)?;
        let past = history.past_of(heads).filter(|past| !past.is_empty()).ok_or_else(missing)?;
        match View::of_history(&past).map_err(|error| CommandError::Failed(error.to_string()))? {
            Some(View::Resource(view)) => Ok(self.entry(*view)),
            _ => Err(missing()),
        }
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
            purpose: parts.genesis.purpose.clone(),
            spaces: status.spaces.iter().filter(|space| self.sees(&space.space)).map(space_view).collect(),
            peers: status.peers.iter().map(|peer| self.peer_view(peer)).collect(),
            held: status.held,
            unknown_formats: status.unknown_formats,
            damaged: status.damaged,
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

    /// What the network is for.
    #[must_use]
    pub fn network_purpose(&self) -> &str {
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

    fn key_of<'a>(&'a self, signer: &'a Signer) -> &'a SecretKey {
        match signer {
            Signer::Service => &self.parts.service,
            Signer::Member(key) => key,
        }
    }

    pub(crate) async fn send(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<Written, CommandError>>) -> Command,
    ) -> Result<Written, CommandError> {
        let (reply, answer) = oneshot::channel();
        self.parts.commands.send(command(reply)).await.map_err(|_| CommandError::Stopping)?;
        answer.await.map_err(|_| CommandError::Stopping)?
    }

    /// The view of a resource.
    fn view(&self, document: &DocumentId) -> Result<Option<ResourceView>, CommandError> {
        Ok(match self.any_view(document)? {
            Some(View::Resource(view)) => Some(*view),
            _ => None,
        })
    }

    /// The view of a document: kept, or taken from the one change that it has. Only what stands is shown.
    pub(crate) fn any_view(&self, document: &DocumentId) -> Result<Option<View>, CommandError> {
        let standing = self.parts.status.borrow().standing.clone();
        knotwork_replica::view_in(self.storage(), document, &standing).map_err(storage_error)
    }

    /// A document with all its changes, those that do not stand among them, as the gate admits them again.
    pub(crate) fn history(&self, document: &DocumentId) -> Result<Option<History>, CommandError> {
        let stored = self.parts.storage.changes_of(document).map_err(storage_error)?;
        knotwork_replica::history_of_stored(stored).map_err(storage_error)
    }

    fn entry(&self, view: ResourceView) -> ResourceEntry {
        let mut contributors: Vec<ContributorView> = Vec::new();
        for key in &view.contributors {
            let contributor = self.contributor(key);
            if !contributors.contains(&contributor) {
                contributors.push(contributor);
            }
        }
        ResourceEntry { view, contributors }
    }

    /// The organisation whose a key is that is no person's and no service's.
    fn organisation_of_key(&self, key: &PublicKey) -> Option<PublicKey> {
        let (first, last) = ((*key, PublicKey([0; 32])), (*key, PublicKey([0xFF; 32])));
        let certifiers = self.status().certifiers.clone();
        let own = || self.agreed().was_ever_on(key).then_some(*key);
        let certified = || certifiers.range(first..=last).next().map(|(_, organisation)| *organisation);
        self.organisation_of_node(key).or_else(certified).or_else(own)
    }

    pub(crate) fn contributor(&self, key: &PublicKey) -> ContributorView {
        // Owned: what is asked below looks at the status too, and whoever holds it twice can wait for its writer for good.
        let authors = self.status().authors.clone();
        match authors.get(key) {
            // A key of no person: a node's, or an organisation's own.
            None => ContributorView {
                organisation: self.organisation_of_key(key).map(|organisation| self.name_of(&organisation)),
                person: None,
                name: None,
                automatic: false,
                left: false,
            },
            Some(author) => {
                let person = author.person.filter(|_| !author.automatic);
                // Of what machines wrote there is nobody to be looked up.
                let people = person.and_then(|_| self.people().ok());
                let people = people.as_ref().zip(person.as_ref());
                ContributorView {
                    organisation: Some(self.name_of(&author.organisation)),
                    person: author.person,
                    name: people.and_then(|(people, person)| people.name_of(person, &author.organisation)),
                    automatic: author.automatic,
                    left: people.is_some_and(|(people, person)| people.has_left(person, &author.organisation)),
                }
            }
        }
    }

    fn peer_view(&self, peer: &knotwork_replica::PeerStatus) -> PeerView {
        PeerView {
            organisation: self.name_of(&peer.organisation),
            organisation_key: peer.organisation,
            node_key: peer.node,
            connected: peer.connected,
            in_step: peer.in_step,
            changes_more: peer.changes_more,
            last_in_step_at: peer.last_in_step,
            fault: peer.fault.clone(),
            unreached: (self.unreached)(&peer.node).filter(|_| !peer.connected),
        }
    }

    pub(crate) fn name_of(&self, organisation: &PublicKey) -> String {
        self.roster_name_of(organisation).unwrap_or_else(|| organisation.to_string())
    }

    pub(crate) fn roster_name_of(&self, organisation: &PublicKey) -> Option<String> {
        self.parts.roster.name_of(organisation)
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

fn write_error(error: WriteError) -> CommandError {
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
/// A page ends early when its resources have so many bytes of text: the longest have a megabyte each.
const PAGE_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// From this length on, a text is prepared away from the threads that answer others: signing and hashing take about a
/// tenth of a millisecond for each 40 kB.
const LONG_TEXT_BYTES: usize = 16 * 1024;
