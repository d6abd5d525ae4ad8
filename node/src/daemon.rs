//! The daemon: the parts of a node, wired. In what order they start and stop; what each does is its own affair.

use std::{
    collections::BTreeSet,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Weak},
    time::Duration,
};

use knotwork_api::ApiConfig;
use knotwork_commands::{HostedKey, NodeHandle, NodeParts, Outside};
use knotwork_documents::OrganisationEdit;
use knotwork_governance::SignedNode;
use knotwork_identity::PublicKey;
use knotwork_mesh::{Mesh, MeshConfig, MeshError, MeshEvent};
use knotwork_replica::{Roster as _, Status, Storage};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use crate::{
    addresses::{self, ListenAddress},
    clock,
    config::Config,
    driver::{Applying, Driver, DriverParts, Peers},
    failure::Failure,
    folder::DataFolder,
    keys::{self, HostedFile},
    measurements, membership,
    opening::{self, Opened, Standing},
};

/// How a node is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How it meets others; a node that is cut off does not.
    pub(crate) mesh: Option<MeshSettings>,
    /// Where the API answers. Port 0 takes any free one.
    pub(crate) http: SocketAddr,
    /// Further names under which the API may be asked.
    pub(crate) hosts: Vec<String>,
    /// Whether `/metrics` needs no token.
    pub(crate) open_metrics: bool,
}

/// How a node meets others.
#[derive(Debug, Clone)]
pub(crate) struct MeshSettings {
    /// Where it listens.
    pub(crate) listen: Vec<ListenAddress>,
    /// Addresses to publish before those that follow from `listen`.
    pub(crate) addresses: Vec<String>,
    /// Further addresses to dial.
    pub(crate) peers: Vec<String>,
}

impl Settings {
    /// As the configuration has it.
    pub(crate) fn of(config: &Config) -> Self {
        let mesh = MeshSettings {
            listen: config.mesh.listen.clone(),
            addresses: config.mesh.addresses.clone(),
            peers: config.mesh.peers.clone(),
        };
        Self {
            mesh: Some(mesh),
            http: config.http.listen,
            hosts: config.http.hosts.clone(),
            open_metrics: config.http.open_metrics,
        }
    }

    /// For one verb: nobody is met, and the API answers where nobody else looks for it.
    pub(crate) fn cut_off(config: &Config) -> Self {
        Self { mesh: None, http: SocketAddr::new(config.http.listen.ip(), 0), ..Self::of(config) }
    }
}

/// A node that runs.
pub(crate) struct Daemon {
    driver: Driver,
    mesh: Option<Mesh>,
    standing: Standing,
    /// Not held: whoever has the folder next opens it.
    storage: Weak<dyn Storage>,
    http: SocketAddr,
    stop_api: oneshot::Sender<()>,
    api: JoinHandle<io::Result<()>>,
    /// What goes on beside all else while the node runs. Each holds the store.
    beside: JoinSet<()>,
}

impl Daemon {
    /// Starts a node on the current runtime. The caller holds the folder's lock.
    pub(crate) async fn start(folder: &DataFolder, settings: &Settings) -> Result<Self, Failure> {
        // First what fails most often and has changed nothing yet.
        let (listener, http) = bind(settings.http)?;
        let token = folder.api_token()?;
        let standing = Standing::of(folder)?;
        let card = standing.card.clone();
        // Others are met while the store is opened. What they say waits until it is.
        let meeting = async {
            match &settings.mesh {
                None => Ok(None),
                Some(settings) => start_mesh(&standing, settings).await.map(Some),
            }
        };
        let (opened, met) = tokio::join!(open(folder.clone(), standing.clone()), meeting);
        let (opened, met) = match (opened, met) {
            (Ok(opened), Ok(met)) => (opened, met),
            (Err(failure), met) => {
                if let Ok(Some((mesh, _))) = met {
                    mesh.shutdown().await;
                }
                return Err(failure);
            }
            (Ok(_), Err(failure)) => return Err(failure),
        };
        let mesh = met.as_ref().map(|(mesh, _)| mesh.clone());
        let storage = opened.storage.clone();
        let kept = Arc::downgrade(&storage);
        let (mut driver, handle) = start_driver(opened, met)?;
        let mut beside = JoinSet::new();
        if let Some(applications) = driver.applications() {
            beside.spawn(take_in(handle.clone(), applications));
        }
        if !(standing.is_served() && membership::has_come(&standing, storage.as_ref())) {
            let party = standing.roster.agreed().parties().get(&card.organisation).cloned();
            if party.as_ref().is_some_and(|party| party.node.is_some()) {
                tracing::info!(
                    "another node is this organisation's: this one waits until `knotwork nodes add` there lets it in"
                );
            } else if party.is_some() {
                tracing::info!("this organisation uses its host's node: this one waits until it is named");
            } else if standing.waits_to_be_admitted(storage.as_ref()) {
                tracing::info!("this organisation has applied, and waits to be admitted");
            } else {
                tracing::info!("this organisation is not in the network any more");
            }
            beside.spawn(membership::come_in(standing.clone(), storage, driver.commands(), driver.newest()));
        }
        let unreached = mesh.clone();
        let handle = handle.with_unreached(move |node| why_unreached(unreached.as_ref()?, node));
        let handle = with_hosted(handle, folder);
        beside.spawn(membership::settle_hosted(handle.clone(), driver.newest()));
        if let (Some(mesh), Some(settings)) = (&mesh, &settings.mesh) {
            let addresses = own_addresses(mesh, settings);
            if !addresses::leads_to(&card.addresses, &addresses) {
                tracing::warn!(
                    card = card.addresses.join(" "),
                    listen = addresses.join(" "),
                    "this node listens elsewhere than its card says: the others look for it where the card says, and find \
                     it only once it has reached one of them; see `listen` in config.toml, and --listen"
                );
            }
            driver.publish_addresses(addresses).await;
        }
        let config =
            ApiConfig { token, address: http, hosts: settings.hosts.clone(), metrics_open: settings.open_metrics };
        let measured = mesh.clone();
        // The node's own last: it forgets whose profiles were to be taken from view.
        for handle in handle.hosted_handles().into_iter().chain([handle.clone()]) {
            if let Err(error) = handle.finish_leaving().await {
                tracing::error!(%error, "keys of people who left have still to be ended: start the node again");
            }
        }
        if let Err(error) = handle.renew_node_certificate().await {
            tracing::error!(%error, "this node's certificate is not signed for the network as it was reconvened");
        }
        set_up_code(folder, &handle)?;
        beside.spawn(follow_the_clock(handle.clone()));
        beside.spawn(note_who_comes(handle.clone(), driver.status()));
        let pages = knotwork_pages::router(handle.clone(), false);
        let own =
            knotwork_api::router(handle.clone(), &config, move || measurements::of(measured.as_ref()), Some(pages));
        let pages = |handle: NodeHandle| knotwork_pages::router(handle, false);
        let departed = |handle: NodeHandle| knotwork_pages::for_departed(handle, false);
        let routes = knotwork_api::with_hosted(own, handle, config, pages, departed);
        let (stop_api, stopped) = oneshot::channel::<()>();
        let stop = async move { _ = stopped.await };
        let api = tokio::spawn(knotwork_api::serve(listener, routes, stop));
        Ok(Self { driver, mesh, standing, storage: kept, http, stop_api, api, beside })
    }

    /// Where the API answers.
    pub(crate) fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where other nodes reach this one.
    pub(crate) fn listen_addresses(&self) -> Vec<String> {
        self.mesh.as_ref().map(Mesh::listen_addresses).unwrap_or_default()
    }

    /// Whether it meets no other node.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.mesh.is_none()
    }

    /// The replica's latest word on itself.
    pub(crate) fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.driver.status()
    }

    /// What meets others, unless the node is cut off.
    pub(crate) fn mesh(&self) -> Option<Mesh> {
        self.mesh.clone()
    }

    /// Who the node is, and with whom.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Tells since when the organisation is not in the network any more, if so.
    pub(crate) fn outside(&self) -> impl Fn() -> Option<Outside> + Send + use<> {
        let (roster, own, storage) = (self.standing.roster.clone(), self.standing.own(), self.storage.clone());
        move || {
            let storage = storage.upgrade()?;
            // What cannot be read now is looked at again the next time.
            Outside::of(&roster.agreed(), &own, storage.as_ref()).unwrap_or_default()
        }
    }

    /// Whether the organisation waits to be admitted, as far as is known here.
    pub(crate) fn waits_to_be_admitted(&self) -> bool {
        let storage = self.storage.upgrade();
        storage.is_some_and(|storage| self.standing.waits_to_be_admitted(storage.as_ref()))
    }

    /// Waits until a part has ended that should not have, and says which. The node is to be stopped then.
    pub(crate) async fn failed(&mut self) -> Failure {
        tokio::select! {
            failure = self.driver.failed() => failure,
            ended = &mut self.api => match ended {
                Ok(Err(error)) => Failure::io(&error, "the API cannot answer any more"),
                _ => Failure::new("the API has ended, which is a fault in Knotwork"),
            },
        }
    }

    /// Stops: the API takes no more, the mesh says goodbye, and what was written is put on the disk.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let Self { driver, mesh, stop_api, api, mut beside, .. } = self;
        // Whoever has the folder next opens the store.
        beside.shutdown().await;
        // An API that has ended hears nothing.
        _ = stop_api.send(());
        if !api.is_finished() {
            _ = api.await;
        }
        if let Some(mesh) = mesh {
            mesh.shutdown().await;
        }
        driver.stop().await
    }
}

/// The handle with the organisations that the folder has keys of.
fn with_hosted(handle: NodeHandle, folder: &DataFolder) -> NodeHandle {
    let keys = folder.keys_path();
    let handle = handle.with_hosted(move || {
        let hosted = keys::read_hosted(&keys).map_err(|failure| failure.what().to_owned())?;
        Ok(hosted.into_iter().map(|HostedFile { name, key }| HostedKey { name, key }).collect())
    });
    if let Err(error) = handle.read_hosted() {
        tracing::error!(%error, "hosted organisations are not served");
    }
    handle
}

/// Looks again and again whether something has closed: a temperature check whose answers are to be passed on, or a decision
/// of which nobody has to be reminded any more; and notes who is heard of.
async fn follow_the_clock(handle: NodeHandle) {
    let mut ticks = tokio::time::interval(LOOK_AT_CLOSED_EVERY);
    while handle.is_running() {
        ticks.tick().await;
        let noting = handle.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || noting.note_heard()).await {
            tracing::error!(%error, "who is heard of is not noted");
        }
        for handle in handle.hosted_handles().into_iter().chain([handle.clone()]) {
            if let Err(error) = handle.pass_on_temperatures().await {
                tracing::error!(%error, "answers to a temperature check are not passed on yet");
            }
            let forgotten = tokio::task::spawn_blocking(move || handle.forget_reminders()).await;
            if let Ok(Err(error)) = forgotten {
                tracing::error!(%error, "who was reminded of a decision that has closed is not forgotten yet");
            }
        }
    }
}

/// Notes who is heard of as soon as one of those who sign comes: who has gone by the next look at the clock was heard of too.
async fn note_who_comes(handle: NodeHandle, mut status: watch::Receiver<Arc<Status>>) {
    let mut before = BTreeSet::new();
    while status.changed().await.is_ok() {
        let peers = status.borrow_and_update().clone();
        let agreed = handle.agreed();
        let here = peers.peers.iter().filter(|peer| peer.connected && agreed.signers().has(&peer.node));
        let here: BTreeSet<PublicKey> = here.map(|peer| peer.node).collect();
        if !here.is_subset(&before) {
            let noting = handle.clone();
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || noting.note_heard()).await {
                tracing::error!(%error, "who is heard of is not noted");
            }
        }
        before = here;
    }
}

/// Takes in what strangers hand over. What answers no invitation of this node is nothing.
async fn take_in(handle: NodeHandle, mut applications: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = applications.recv().await {
        let handle = handle.clone();
        match tokio::task::spawn_blocking(move || handle.receive_application(&bytes)).await {
            Ok(Ok(application)) => {
                tracing::info!(organisation = %application.organisation, "an application to join has come");
            }
            Ok(Err(error)) => tracing::debug!(%error, "what a stranger handed over is no application to this node"),
            Err(_) => return,
        }
    }
}

/// While nobody has an account here, writes down the code with which the first one is made; afterwards there is none.
fn set_up_code(folder: &DataFolder, handle: &NodeHandle) -> Result<(), Failure> {
    let code = handle.set_up_token().map_err(|error| Failure::new(format!("accounts cannot be read: {error}")))?;
    match code {
        Some(code) => folder.keep_set_up_code(&code),
        None => folder.forget_set_up_code(),
    }
}

fn bind(address: SocketAddr) -> Result<(tokio::net::TcpListener, SocketAddr), Failure> {
    let cannot = |error: &io::Error| {
        let failure = Failure::io(error, format_args!("the API cannot answer at {address}"));
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                failure.next("another program has that port: choose one with --http, or in config.toml")
            }
            io::ErrorKind::AddrNotAvailable => {
                failure.next("this machine has no such address: choose another with --http")
            }
            io::ErrorKind::PermissionDenied => {
                failure.next("ports below 1024 need special rights: choose another with --http")
            }
            _ => failure,
        }
    };
    let listener = TcpListener::bind(address).map_err(|error| cannot(&error))?;
    let bound = listener.local_addr().map_err(|error| cannot(&error))?;
    listener.set_nonblocking(true).map_err(|error| cannot(&error))?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| cannot(&error))?;
    Ok((listener, bound))
}

async fn open(folder: DataFolder, standing: Standing) -> Result<Opened, Failure> {
    let opened = tokio::task::spawn_blocking(move || opening::open(&folder, standing)).await;
    opened.map_err(|_| Failure::new("opening the store has failed, which is a fault in Knotwork"))?
}

/// Starts the mesh, and tells it whom it serves and where to look for them.
async fn start_mesh(
    standing: &Standing,
    settings: &MeshSettings,
) -> Result<(Mesh, mpsc::Receiver<MeshEvent>), Failure> {
    let listen = settings.listen.iter().map(ToString::to_string).collect();
    let config = MeshConfig { listen, ..MeshConfig::new(standing.keys.node.clone(), standing.network) };
    let (mesh, events) = Mesh::start(config).await.map_err(|error| {
        let failure = Failure::new(error.to_string());
        match error {
            MeshError::AddressInUse(_) => {
                failure.next("stop that program, or choose another port with --listen, or in config.toml")
            }
            MeshError::NoSuchAddress(_) | MeshError::NotAllowed(_) | MeshError::Listen { .. } => {
                failure.next("choose another with --listen, or in config.toml")
            }
            _ => failure,
        }
    })?;
    // What peers have published since goes before this, and comes from the replica.
    for (peer, addresses) in card_addresses(standing) {
        mesh.set_addresses(peer, addresses);
    }
    let own = standing.keys.node.public();
    mesh.set_roster(standing.roster.nodes().into_iter().filter(|node| *node != own).collect());
    for address in &settings.peers {
        mesh.dial(address).map_err(|error| {
            Failure::usage(error.to_string()).next("it stands in `peers` of config.toml, or was given with --peer")
        })?;
    }
    Ok((mesh, events))
}

fn start_driver(
    opened: Opened,
    mesh: Option<(Mesh, mpsc::Receiver<MeshEvent>)>,
) -> Result<(Driver, NodeHandle), Failure> {
    let Opened { standing, clock, storage, replica, effects } = opened;
    let peers: Peers = card_addresses(&standing).collect();
    let Standing { keys, genesis, roster, application, sponsor, network, .. } = standing;
    let lineage = replica.lineage();
    let applying = application.zip(sponsor).map(|(application, sponsor)| Applying {
        sponsor: sponsor.node,
        application: application.to_bytes(),
        own: keys.node.public(),
        roster: roster.clone(),
        storage: storage.clone(),
        profile: OrganisationEdit::header(genesis.network(), keys.organisation.public()).id(),
    });
    let driver = Driver::start(DriverParts {
        replica,
        effects,
        storage: storage.clone(),
        lineage,
        applying,
        clock,
        mesh,
        peers,
    })?;
    let handle = NodeHandle::new(NodeParts {
        version: env!("CARGO_PKG_VERSION").into(),
        organisation: keys.organisation.clone(),
        node: SignedNode::sign(network, keys.organisation.public(), &keys.node),
        genesis,
        service: keys.service.key,
        storage,
        roster,
        commands: driver.commands(),
        status: driver.status(),
        admitted: driver.newest(),
        clock: Box::new(clock::time_of_day),
        random: Box::new(clock::fill_random),
    });
    Ok((driver, handle))
}

/// Where others reach this node. Ports that were left to the system are known by now.
fn own_addresses(mesh: &Mesh, settings: &MeshSettings) -> Vec<String> {
    let listening: Vec<ListenAddress> = mesh.listen_addresses().iter().filter_map(|text| text.parse().ok()).collect();
    let named: Vec<ListenAddress> = settings.listen.iter().copied().filter(|address| address.port != 0).collect();
    let left_to_the_system = settings.listen.iter().any(|address| address.port == 0);
    addresses::published(&settings.addresses, if left_to_the_system { &listening } else { &named })
}

/// Why a node cannot be reached, in a sentence.
fn why_unreached(mesh: &Mesh, node: &PublicKey) -> Option<String> {
    let unreached = mesh.unreached().into_iter().find(|unreached| unreached.peer == *node)?;
    Some(format!("cannot be reached at {}: {}", unreached.address, unreached.why))
}

/// The addresses on the cards of the other founders, and of whoever invited this organisation.
fn card_addresses(standing: &Standing) -> impl Iterator<Item = (PublicKey, Vec<String>)> {
    let own = standing.keys.node.public();
    let cards = standing.genesis.founders.iter().chain(&standing.sponsor);
    cards.filter(move |card| card.node != own).map(|card| (card.node, card.addresses.clone()))
}

/// How long answers to a temperature check may wait once it has closed.
const LOOK_AT_CLOSED_EVERY: Duration = Duration::from_secs(30);
