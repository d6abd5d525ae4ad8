//! What a folder had to do with a network before its organisation applies to join it.

use std::sync::Arc;

use knotwork_commands::Own;
use knotwork_governance::NetworkInvitation;
use knotwork_identity::Genesis;
use knotwork_minutes::Agreed;
use knotwork_replica::AgreedRoster;

use super::super::text::one_line;
use crate::{
    failure::Failure,
    folder::{DataFolder, FolderLock},
    keys::Keys,
    opening,
};

/// What was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// Nothing: the node was in no network.
    Nothing,
    /// An application to the same network, which has not led into it.
    Application,
}

/// Takes a folder whose node may apply with this invitation, which makes this of the network: the node is in no network, or
/// has applied to this one and was never let in.
pub(super) fn lock_to_apply(
    folder: &DataFolder,
    keys: &Keys,
    invitation: &NetworkInvitation,
    invited: &Agreed,
) -> Result<(FolderLock, Earlier), Failure> {
    let Some(genesis) = folder.genesis()? else { return Ok((lock(folder)?, Earlier::Nothing)) };
    let lock = lock(folder)?;
    let (store, _) = opening::open_store(folder, &genesis)?;
    let unusable = |error| opening::unusable(folder, &error);
    let own = AgreedRoster::read(genesis.clone(), &store).map_err(unusable)?.agreed();
    let organisation = keys.organisation.public();
    let this = Own { origin: genesis.network(), organisation, node: keys.node.public() };
    let has_been_in = invited.node_was_ever_on(&this.node) || this.has_been_in(&own, &store).map_err(unusable)?;
    let is_same = genesis.network() == invitation.genesis.network();
    match (has_been_in, is_same) {
        (false, true) => Ok((lock, Earlier::Application)),
        (false, false) => Err(Failure::new(format!(
            "this node has applied to join the network \"{}\", and this invitation is to another",
            one_line(&genesis.name)
        ))
        .next("a node is in one network: set up another in a new folder, with `knotwork init --data`")),
        (true, true) if !newest(&own, invited).parties().contains_key(&organisation) => Err(gone(folder, &genesis)),
        (true, _) => Err(in_already(folder, &genesis)),
    }
}

/// Takes a folder for this process.
pub(super) fn lock(folder: &DataFolder) -> Result<FolderLock, Failure> {
    folder.try_lock()?.ok_or_else(|| {
        Failure::new("another process is using this folder")
            .next("try again when it is done; where this node runs, stop it first")
    })
}

/// The node is in a network.
pub(super) fn in_already(folder: &DataFolder, genesis: &Genesis) -> Failure {
    Failure::new(format!("this node is in the network \"{}\" already", one_line(&genesis.name)))
        .next(format!("its file is {}; a node is in one network", folder.genesis_path().display()))
}

/// The organisation was in the network with this node, and is there no more.
fn gone(folder: &DataFolder, genesis: &Genesis) -> Failure {
    let what = format!(
        "this organisation was in the network \"{}\" and has gone, and a node that has gone does not come back",
        one_line(&genesis.name)
    );
    Failure::new(what).next(format!(
        "set up another node in a new folder with this organisation's key, and join with it: `knotwork init --data FOLDER \
         --organisation NAME --organisation-key {}`",
        folder.keys_path().join("organisation.key").display()
    ))
}

/// Which of two knows more: what this node has, unless an invitation goes on from there, or to a network that was reconvened.
fn newest<'a>(own: &'a Arc<Agreed>, invited: &'a Agreed) -> &'a Agreed {
    if own.network() == invited.network() && own.height() > invited.height() { own } else { invited }
}

#[cfg(test)]
mod tests {
    use knotwork_governance::Application;
    use knotwork_identity::Card;

    use super::{super::keep, *};
    use crate::config::Config;

    fn card(name: &str, keys: &Keys) -> Card {
        Card {
            name: name.into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: Vec::new(),
        }
    }

    #[test]
    fn who_waits_applies_again_and_who_is_in_does_not() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let [keys, founder, second] = [(); 3].map(|()| Keys::random().expect("random"));
        let folder = |name: &str| {
            let folder = DataFolder::at(temporary.path().join(name));
            folder.create(&Config::new("Birch"), &keys, "token", None).expect("set up");
            folder
        };
        let genesis =
            |founders| Genesis { nonce: [1; 32], name: "Valley".into(), purpose: "To share.".into(), founders };
        let invited = |genesis: &Genesis, sponsor: &Keys, secret: u8| NetworkInvitation {
            genesis: genesis.clone(),
            sponsor: card("Alder", sponsor),
            charter: None,
            minutes: Vec::new(),
            secret: [secret; 32],
        };
        let lock = |folder: &DataFolder, invitation: &NetworkInvitation| {
            lock_to_apply(folder, &keys, invitation, &Agreed::founded(&invitation.genesis))
        };

        let (waits, valley) = (folder("waits"), genesis(vec![card("Alder", &founder)]));
        for (secret, sponsor, before) in [(1, &founder, Earlier::Nothing), (2, &second, Earlier::Application)] {
            let invitation = invited(&valley, sponsor, secret);
            let (held, earlier) = lock(&waits, &invitation).expect("it may apply");
            assert_eq!(earlier, before);
            let (own, signing) = (("Birch".into(), Vec::new()), (&keys.organisation, &keys.node));
            let application = Application::sign(&invitation, valley.network(), own, signing);
            keep(&waits, &invitation, &Agreed::founded(&valley), &application).expect("kept");
            drop(held);
            assert_eq!(waits.application().expect("readable"), Some(application), "it is the latest");
            assert_eq!(waits.sponsor().expect("readable"), Some(invitation.sponsor));
        }
        let other = Genesis { nonce: [2; 32], ..valley };
        let refused = lock(&waits, &invited(&other, &founder, 3)).map(drop).expect_err("to another network");
        assert!(refused.what().contains("has applied to join"), "{}", refused.what());

        let (is_in, valley) = (folder("is in"), genesis(vec![card("Alder", &founder), card("Birch", &keys)]));
        is_in.keep_genesis(&valley).expect("kept");
        let refused = lock(&is_in, &invited(&valley, &founder, 4)).map(drop).expect_err("it is in");
        assert!(refused.what().contains("is in the network"), "{}", refused.what());
    }
}
