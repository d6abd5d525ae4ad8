//! Opening what a data folder holds: its keys, its network, its store and the replica over them.

use std::sync::Arc;

use knotwork_commands::Own;
use knotwork_governance::Application;
use knotwork_identity::{Card, Genesis, NetworkId};
use knotwork_minutes::Agreed;
use knotwork_replica::{
    AgreedRoster, Batch, Effect, Replica, ReplicaConfig, Roster as _, Storage, StorageError, mark_copied,
};
use knotwork_store::{DiskEngine, OpenReport, Options, SledOptions, Store};

use crate::{
    clock::{self, Clock},
    deriving,
    failure::Failure,
    folder::DataFolder,
    keys::Keys,
    membership,
};

/// Who a node is, and with whom: what there is to know before its store is opened.
#[derive(Clone)]
pub(crate) struct Standing {
    pub(crate) keys: Keys,
    pub(crate) genesis: Genesis,
    /// The network as it is now: another than that of the genesis, where it was reconvened.
    pub(crate) network: NetworkId,
    /// This organisation's card: a founder's, or the one with which it applied.
    pub(crate) card: Card,
    /// What it signed when it applied to join, if it is no founder.
    pub(crate) application: Option<Application>,
    /// Who invited it, if it is no founder.
    pub(crate) sponsor: Option<Card>,
    pub(crate) roster: Arc<AgreedRoster>,
}

/// A node with everything that it needs to go on, and nothing running yet.
pub(crate) struct Opened {
    pub(crate) standing: Standing,
    pub(crate) clock: Clock,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) replica: Replica,
    /// What the replica wants done since it was opened.
    pub(crate) effects: Vec<Effect>,
}

impl Standing {
    /// Of the node in a data folder, which is in a network.
    pub(crate) fn of(folder: &DataFolder) -> Result<Self, Failure> {
        let genesis = folder.joined_genesis()?;
        let keys = folder.keys()?;
        let own = keys.organisation.public();
        let application = folder.application()?.filter(|application| application.organisation == own);
        let card = match application.as_ref().and_then(Application::card) {
            Some(card) => card,
            None => membership::own_card(&genesis, &keys)?.clone(),
        };
        let sponsor = folder.sponsor()?;
        let network = folder.reconvened()?.unwrap_or_else(|| genesis.network());
        let roster = Arc::new(AgreedRoster::founded(genesis.clone()).of(keys.organisation.public()));
        roster.call(card.organisation, card.name.clone());
        Ok(Self { keys, genesis, network, card, application, sponsor, roster })
    }

    /// Whose node it is, in which network.
    pub(crate) fn own(&self) -> Own {
        Own { origin: self.genesis.network(), organisation: self.card.organisation, node: self.keys.node.public() }
    }

    /// Whether this organisation has applied to join and this node was not let in yet, as far as is known here.
    pub(crate) fn waits_to_be_admitted(&self, storage: &dyn Storage) -> bool {
        self.own().waits_to_be_admitted(&self.roster.agreed(), storage)
    }

    /// Whether the network serves this node, as far as is known here.
    pub(crate) fn is_served(&self) -> bool {
        self.roster.organisation_of(&self.keys.node.public()) == Some(self.card.organisation)
    }
}

/// Opens a data folder. The caller holds its lock.
pub(crate) fn open(folder: &DataFolder, standing: Standing) -> Result<Opened, Failure> {
    let Standing { keys, genesis, roster, card, .. } = &standing;
    let clock = Clock::start();
    let config = ReplicaConfig {
        network: genesis.network(),
        organisation: keys.organisation.clone(),
        node: keys.node.clone(),
        seed: clock::random()?,
        minutes: None,
    };
    let opened = match open_replica(folder, genesis, &config, roster)? {
        // What the replica met is repaired when the store is opened again.
        Err(StorageError::Damaged(_)) => open_replica(folder, genesis, &config, roster)?,
        opened => opened,
    };
    let (storage, mut replica) = opened.map_err(|error| unusable(folder, &error))?;
    check_network(&standing, &roster.agreed())?;
    let effects = if standing.is_served() && membership::has_come(&standing, storage.as_ref()) {
        membership::ensure(&mut replica, storage.as_ref(), genesis, keys, &card.name, clock.now())?
    } else {
        // Until it is let in, nobody takes what it writes.
        replica.commit(clock.now()).effects
    };
    membership::keep_member_name(folder, storage.as_ref())?;
    Ok(Opened { standing, clock, storage, replica, effects })
}

/// Whether the minutes in the store lead to the network that the node is in. One that was put back from a copy may lack those
/// with which it was reconvened.
fn check_network(standing: &Standing, agreed: &Agreed) -> Result<(), Failure> {
    if standing.network == agreed.network() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this node's network was reconvened as {}, and its store is of {}",
        standing.network,
        agreed.network()
    ))
    .next(
        "ask another organisation for what `knotwork minutes export` writes, and give this node the file with \
         `knotwork network reconvene FILE` before you start it",
    ))
}

type OpenedReplica = Result<(Arc<dyn Storage>, Replica), StorageError>;

/// Opens the store and the replica over it.
fn open_replica(
    folder: &DataFolder,
    genesis: &Genesis,
    config: &ReplicaConfig,
    roster: &Arc<AgreedRoster>,
) -> Result<OpenedReplica, Failure> {
    let (store, report) = open_store(folder, genesis)?;
    tell(folder, &report);
    let storage: Arc<dyn Storage> = Arc::new(store);
    let config = ReplicaConfig { minutes: Some(roster.clone()), ..config.clone() };
    Ok(Replica::open(config, storage.clone(), roster.clone()).map(|replica| (storage, replica)))
}

/// Opens the store as it is, or repairs it, and derives what a repair leaves to be derived.
pub(crate) fn open_store(folder: &DataFolder, genesis: &Genesis) -> Result<(Store<DiskEngine>, OpenReport), Failure> {
    let opened = Store::open(&folder.store_path(), genesis.network(), &store_options()?);
    let (store, report) = opened.map_err(|error| unusable(folder, &error))?;
    let lacks = if report.repair.is_some() { Lacks::Perhaps } else { Lacks::Nothing };
    finish_store(folder, genesis, (store, report), lacks)
}

/// What a store was found to be before it was made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Everything in it was as it was written.
    Sound,
    /// Something was damaged, or it could not be opened.
    Damaged,
}

/// Makes the store anew from the changes in it.
pub(crate) fn rebuild_store(
    folder: &DataFolder,
    genesis: &Genesis,
    before: Before,
) -> Result<(Store<DiskEngine>, OpenReport), Failure> {
    let opened = Store::rebuild(&folder.store_path(), genesis.network(), &store_options()?);
    let (store, report) = opened.map_err(|error| unusable(folder, &error))?;
    let lost = report.repair.as_ref().is_none_or(|repair| repair.lost > 0);
    let lacks = if before == Before::Sound && !lost { Lacks::Nothing } else { Lacks::Perhaps };
    finish_store(folder, genesis, (store, report), lacks)
}

/// Whether a store may lack what was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacks {
    /// It has all of it.
    Nothing,
    /// What a repair could not keep may be what was said last.
    Perhaps,
}

fn finish_store(
    folder: &DataFolder,
    genesis: &Genesis,
    (store, report): (Store<DiskEngine>, OpenReport),
    lacks: Lacks,
) -> Result<(Store<DiskEngine>, OpenReport), Failure> {
    let lost = folder.has_begun() && is_new(&store).map_err(|error| unusable(folder, &error))?;
    if lost {
        tracing::warn!("this node has had a store before, and it is gone; the others fill the new one");
    }
    if lost || report.restored || lacks == Lacks::Perhaps {
        mark_copied(&store).map_err(|error| unusable(folder, &error))?;
    }
    // In this order: whenever a start breaks off, the next one knows as much.
    note_entered(&store).map_err(|error| unusable(folder, &error))?;
    folder.note_begun();
    if report.derive {
        let own = folder.keys()?.organisation.public();
        let derived = AgreedRoster::read(genesis.clone(), &store)
            .map(|roster| roster.of(own))
            .and_then(|roster| deriving::derive(&store, &roster))
            .and_then(|documents| store.set_derived().map(|()| documents));
        let documents = derived.map_err(|error| unusable(folder, &error))?;
        tracing::info!(documents, "views and listings are made again");
    }
    Ok((store, report))
}

/// Whether nothing was ever done with a store: it was made just now, or by a start that broke off at once. What joins has
/// minutes and no changes; what an older version made has no note, and changes.
fn is_new(store: &Store<DiskEngine>) -> Result<bool, StorageError> {
    Ok(store.local(ENTERED)?.is_none() && store.next_sequence() == 1)
}

/// Notes in a store that it was looked at whether it took the place of one that was lost.
fn note_entered(store: &Store<DiskEngine>) -> Result<(), StorageError> {
    if store.local(ENTERED)?.is_some() {
        return Ok(());
    }
    store.commit(&Batch { local: vec![(ENTERED.to_owned(), Some(Vec::new()))], ..Batch::default() })?;
    store.sync()
}

fn store_options() -> Result<Options, Failure> {
    Ok(Options { fresh_incarnation: clock::random()?, sled: SledOptions::default() })
}

/// Says what opening the store came upon.
fn tell(folder: &DataFolder, report: &OpenReport) {
    let store = folder.store_path();
    if report.restored {
        tracing::warn!(store = %store.display(), "the store is a copy, or was put back from one; the node goes on from it");
    }
    if report.replayed > 0 {
        tracing::info!(commits = report.replayed, "the node did not stop cleanly; what it had acknowledged is there");
    }
    if let Some(repair) = &report.repair {
        tracing::warn!(
            why = repair.why,
            kept = repair.kept,
            lost = repair.lost,
            set_aside = %repair.set_aside.display(),
            "the store was damaged and is repaired; what was lost comes back from peers that have it"
        );
    }
}

/// Why the store cannot be used, and what to do.
pub(crate) fn unusable(folder: &DataFolder, error: &StorageError) -> Failure {
    let store = folder.store_path();
    let failure = Failure::new(format!("{}: {error}", store.display()));
    match error {
        StorageError::Full => failure.next("free some space on that disk and try again"),
        StorageError::Damaged(_) => failure.next("`knotwork check` says how much of it is damaged"),
        StorageError::InUse(_) => failure.next("stop the other process, or use it with --data"),
        StorageError::Io(error) => match error.kind() {
            std::io::ErrorKind::PermissionDenied => failure.next("see who owns the folder (ls -l), and run as them"),
            _ => failure.next("see whether the disk is there and healthy"),
        },
    }
}

/// The local value of a store that says that it was looked at whether it took the place of a lost one.
const ENTERED: &str = "node/entered";

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::config::Config;

    /// A node that has never been started.
    fn node() -> (TempDir, DataFolder, Genesis) {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("node"));
        let keys = Keys::random().expect("random");
        let card = Card {
            name: "Alder".into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: Vec::new(),
        };
        folder.create(&Config::new("Alder"), &keys, "token", None).expect("set up");
        let founders = vec![card];
        (temporary, folder, Genesis { nonce: [1; 32], name: "Trees".into(), purpose: "To grow".into(), founders })
    }

    /// Opens the store: whether it is taken for a copy.
    fn opens_as_copy(folder: &DataFolder, genesis: &Genesis) -> bool {
        let (store, _) = open_store(folder, genesis).expect("opens");
        is_copy(&store)
    }

    fn is_copy(store: &Store<DiskEngine>) -> bool {
        store.local("minutes/copied").expect("readable").is_some()
    }

    /// A start that made the store and broke off before it did anything with it.
    fn break_off(folder: &DataFolder, genesis: &Genesis) {
        drop(Store::open(&folder.store_path(), genesis.network(), &store_options().expect("random")).expect("opens"));
    }

    #[test]
    fn that_a_store_was_lost_is_known_however_often_a_start_breaks_off() {
        let (_temporary, folder, genesis) = node();
        assert!(!opens_as_copy(&folder, &genesis) && !opens_as_copy(&folder, &genesis), "a first start, and another");
        fs::remove_dir_all(folder.store_path()).expect("lost");
        break_off(&folder, &genesis);
        break_off(&folder, &genesis);
        assert!(opens_as_copy(&folder, &genesis) && opens_as_copy(&folder, &genesis));
    }

    #[test]
    fn a_first_start_that_breaks_off_has_lost_nothing() {
        let (_temporary, folder, genesis) = node();
        break_off(&folder, &genesis);
        assert!(!opens_as_copy(&folder, &genesis), "it never had another store");
        assert!(!opens_as_copy(&folder, &genesis), "a store without a change was there before");
    }

    #[test]
    fn a_sound_store_that_is_made_anew_is_no_copy() {
        let (_temporary, folder, genesis) = node();
        assert!(!opens_as_copy(&folder, &genesis));
        let rebuilt = |before| is_copy(&rebuild_store(&folder, &genesis, before).expect("made anew").0);
        assert!(!rebuilt(Before::Sound));
        assert!(rebuilt(Before::Damaged));
        assert!(rebuilt(Before::Sound), "what it may lack it lacks still");
    }
}
