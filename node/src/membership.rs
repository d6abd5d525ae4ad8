//! An organisation's part in a network: what it signs when it joins.
//!
//! The network's file in the data folder says that the organisation has joined; what it signs is written into the store
//! whenever a node starts and it is not there. So a node that was stopped half-way, or has lost its store, is whole
//! again by starting.

use std::sync::Arc;

use knotwork_commands::{Command, FIRST_MEMBER_NAME, NodeHandle};
use knotwork_documents::{Certificate, OrganisationEdit, write_acceptance, write_profile};
use knotwork_identity::{Card, Genesis, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_replica::{Batch, Effect, Event, Now, Replica, Storage};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{clock, failure::Failure, folder::DataFolder, keys::Keys, opening::Standing};

/// This organisation's card among those of a network's founders.
pub(crate) fn own_card<'a>(genesis: &'a Genesis, keys: &Keys) -> Result<&'a Card, Failure> {
    let organisation = keys.organisation.public();
    let card = genesis.founders.iter().find(|card| card.organisation == organisation).ok_or_else(|| {
        Failure::new(format!("the network \"{}\" was founded without this organisation", genesis.name))
            .next("send your `knotwork card` to whoever founds it, and ask for a file that has it")
    })?;
    if card.node != keys.node.public() {
        return Err(Failure::new("the network names another node for this organisation")
            .next("use the data folder whose card was sent, or have the network founded with the card of this one"));
    }
    Ok(card)
}

/// Writes what this organisation signs, where it is not written yet, and puts it on the disk. Gives what the replica
/// wants done since it was opened.
pub(crate) fn ensure(
    replica: &mut Replica,
    storage: &dyn Storage,
    genesis: &Genesis,
    keys: &Keys,
    name: &str,
    now: Now,
) -> Result<Vec<Effect>, Failure> {
    let documents = documents(genesis, keys, name, now.wall)?;
    for (token, changes) in (0..).zip(documents) {
        let there = changes.first().map(|first| storage.count_of(&first.document(), 1)).transpose();
        if there.map_err(|error| cannot(&error))? == Some(0) {
            replica.handle(now, Event::Admit { token, changes });
        }
    }
    let commit = replica.commit(now);
    if let Some(refusal) = commit.replies.iter().find_map(|reply| reply.result.as_ref().err()) {
        return Err(cannot(refusal));
    }
    if commit.wrote || !commit.after_sync.is_empty() {
        storage.sync().map_err(|error| cannot(&error))?;
    }
    // It is synced: what may only be sent then may be sent now.
    Ok(commit.effects.into_iter().chain(commit.after_sync).collect())
}

/// Waits until the network serves this node, and writes then what its organisation signs. Where the organisation was in
/// before this node, that waits until what it signed first has come: nothing of it is said a second time.
pub(crate) async fn come_in(
    standing: Standing,
    storage: Arc<dyn Storage>,
    commands: mpsc::Sender<Command>,
    mut newest: watch::Receiver<u64>,
) {
    let Standing { keys, genesis, card, .. } = &standing;
    while !(standing.is_served() && has_come(&standing, storage.as_ref())) {
        if newest.changed().await.is_err() {
            return;
        }
    }
    let documents = match documents(genesis, keys, &card.name, clock::time_of_day()) {
        Ok(documents) => documents,
        Err(failure) => return tracing::error!(what = failure.what(), "what this organisation signs is not written"),
    };
    tracing::info!("this node has been let in");
    for changes in documents {
        let (reply, answer) = oneshot::channel();
        if commands.send(Command::Create { changes, reply }).await.is_err() {
            return;
        }
        if let Ok(Err(error)) = answer.await {
            tracing::error!(%error, "what this organisation signs is not written: start the node again");
        }
    }
}

/// Whether what this organisation signed when it came in is here, where that was before this node. What cannot be read is
/// looked at again later.
pub(crate) fn has_come(standing: &Standing, storage: &dyn Storage) -> bool {
    let profile = OrganisationEdit::header(standing.genesis.network(), standing.card.organisation).id();
    !storage.local(WAS_IN_BEFORE).is_ok_and(|is_noted| is_noted.is_some())
        || storage.count_of(&profile, 1).is_ok_and(|count| count > 0)
}

/// Notes in the store of a node that joins that its organisation was in before it.
pub(crate) fn note_was_in_before(storage: &dyn Storage) -> Result<(), Failure> {
    let batch = Batch { local: vec![(WAS_IN_BEFORE.to_owned(), Some(Vec::new()))], ..Batch::default() };
    storage.commit(&batch).and_then(|()| storage.sync()).map_err(|error| cannot(&error))
}

/// Writes what each hosted organisation signs, as soon as it is in the network and its members use this node.
pub(crate) async fn settle_hosted(handle: NodeHandle, mut newest: watch::Receiver<u64>) {
    loop {
        if let Err(error) = handle.settle_hosted().await {
            tracing::error!(%error, "what a hosted organisation signs is not written");
        }
        if newest.changed().await.is_err() {
            return;
        }
    }
}

/// Moves the first member's name from its file into the store, which is where names live.
pub(crate) fn keep_member_name(folder: &DataFolder, storage: &dyn Storage) -> Result<(), Failure> {
    let Some(name) = folder.member_name()? else { return Ok(()) };
    let batch = Batch { local: vec![(FIRST_MEMBER_NAME.to_owned(), Some(name.into_bytes()))], ..Batch::default() };
    storage.commit(&batch).and_then(|()| storage.sync()).map_err(|error| cannot(&error))?;
    folder.forget_member_name()
}

/// Everything that an organisation signs when it joins, a document each.
fn documents(genesis: &Genesis, keys: &Keys, name: &str, time: Timestamp) -> Result<Vec<Vec<CheckedChange>>, Failure> {
    let (network, organisation) = (genesis.network(), &keys.organisation);
    let certificate = |certified: &crate::keys::Certified, service| {
        Certificate::write(network, organisation, certified.person, &certified.key, service, time)
    };
    [
        write_acceptance(network, organisation, time),
        write_profile(network, organisation, name, time),
        certificate(&keys.service, true),
    ]
    .into_iter()
    .collect::<Result<_, _>>()
    .map_err(|error| cannot(&error))
}

/// Stands in the store of a node whose organisation was in the network before it.
const WAS_IN_BEFORE: &str = "membership/was-in-before";

fn cannot(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("the organisation's part in the network cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use knotwork_identity::Timestamp;
    use knotwork_replica::{AgreedRoster, ReplicaConfig};
    use knotwork_store::{MemoryEngine, Store};

    use super::*;
    use crate::clock;

    fn card(keys: &Keys, name: &str) -> Card {
        Card {
            name: name.into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: vec![],
        }
    }

    fn genesis(founders: Vec<Card>) -> Genesis {
        Genesis { nonce: [7; 32], name: "Falls".into(), purpose: "Fewer falls".into(), founders }
    }

    fn now() -> Now {
        Now { milliseconds: 1, wall: Timestamp::from_milliseconds(1_000).expect("early") }
    }

    #[test]
    fn what_is_signed_on_joining_is_written_once() {
        let keys = Keys::random().expect("random");
        let genesis = genesis(vec![card(&keys, "A")]);
        let storage = Store::with_engine(MemoryEngine::new(), genesis.network(), [1; 16]).expect("empty");
        let storage: Arc<dyn Storage> = Arc::new(storage);
        for _ in 0..2 {
            let config = ReplicaConfig {
                network: genesis.network(),
                organisation: keys.organisation.clone(),
                node: keys.node.clone(),
                seed: clock::random().expect("random"),
                minutes: None,
            };
            let roster = Arc::new(AgreedRoster::founded(genesis.clone()));
            let mut replica = Replica::open(config, storage.clone(), roster).expect("opens");
            ensure(&mut replica, storage.as_ref(), &genesis, &keys, "A", now()).expect("writes");
            assert_eq!(storage.next_sequence(), 4, "three documents of one change each");
            let authors = replica.status().authors;
            assert!(authors[&keys.service.key.public()].automatic);
        }
    }

    #[test]
    fn a_network_of_others_is_refused() {
        let (keys, other) = (Keys::random().expect("random"), Keys::random().expect("random"));
        assert!(own_card(&genesis(vec![card(&other, "B")]), &keys).is_err());
        let moved = Card { node: other.node.public(), ..card(&keys, "A") };
        assert!(own_card(&genesis(vec![moved]), &keys).expect_err("another node").what().contains("another node"));
        assert!(own_card(&genesis(vec![card(&other, "B"), card(&keys, "A")]), &keys).is_ok());
    }

    #[test]
    fn the_members_name_moves_into_the_store() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("node"));
        let keys = Keys::random().expect("random");
        folder.create(&crate::config::Config::new("A"), &keys, "token", Some("Ann Ó Briain")).expect("set up");
        let storage = Store::with_engine(MemoryEngine::new(), genesis(vec![]).network(), [1; 16]).expect("empty");
        keep_member_name(&folder, &storage).expect("kept");
        keep_member_name(&folder, &storage).expect("nothing to do");
        let name = storage.local(FIRST_MEMBER_NAME).expect("readable");
        assert_eq!(name.as_deref(), Some("Ann Ó Briain".as_bytes()));
        assert_eq!(folder.member_name().expect("readable"), None);
    }
}
