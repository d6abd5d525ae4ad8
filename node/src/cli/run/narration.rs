//! Telling whoever watches the daemon how it goes, in plain words: who is connected, and who is in step.

use std::{collections::HashMap, sync::Arc, time::Duration};

use knotwork_identity::PublicKey;
use knotwork_mesh::Mesh;
use knotwork_replica::{PeerStatus, Roster, Status};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::{output, text::one_line};
use crate::failure::Failure;

/// Tells what changes, until the node stops or nobody can be told any more.
pub(super) async fn narrate(
    mut status: watch::Receiver<Arc<Status>>,
    roster: Arc<dyn Roster>,
    mesh: Option<Mesh>,
    json: bool,
) {
    let mut told: HashMap<PublicKey, Told> = HashMap::new();
    loop {
        let now = status.borrow_and_update().clone();
        let unreached: HashMap<PublicKey, String> = mesh
            .as_ref()
            .map(Mesh::unreached)
            .unwrap_or_default()
            .into_iter()
            .map(|unreached| (unreached.peer, format!("{}, because: {}", unreached.address, unreached.why)))
            .collect();
        for peer in &now.peers {
            let name = roster.name_of(&peer.organisation).unwrap_or_else(|| peer.organisation.to_string());
            for happening in told.entry(peer.node).or_default().take_in(peer, unreached.get(&peer.node)) {
                if let Err(failure) = happening.tell(&one_line(&name), json) {
                    tracing::debug!(failure = failure.what(), "nobody listens any more");
                    return;
                }
            }
        }
        tokio::select! {
            changed = status.changed() => if changed.is_err() {
                return;
            },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// What was last told of a peer.
#[derive(Debug, Default)]
struct Told {
    connected: bool,
    /// Whether it was in step since it was connected. With every change it is out of step for a moment, of which nobody
    /// wants to read.
    in_step: bool,
    fault: Option<String>,
    /// Where it could not be reached and why, as it was told last.
    unreached: Option<String>,
}

/// Something worth telling.
#[derive(Debug, PartialEq, Eq)]
enum Happening {
    Connected,
    InStep,
    Disconnected,
    Fault(String),
    Unreached(String),
}

impl Told {
    /// What there is to tell since the last time.
    fn take_in(&mut self, peer: &PeerStatus, unreached: Option<&String>) -> Vec<Happening> {
        let mut happenings = Vec::new();
        if peer.connected && !self.connected {
            happenings.push(Happening::Connected);
        }
        if peer.connected && peer.in_step && !self.in_step {
            self.in_step = true;
            happenings.push(Happening::InStep);
        }
        if let Some(fault) = peer.fault.as_ref().filter(|fault| self.fault.as_ref() != Some(*fault)) {
            happenings.push(Happening::Fault(fault.clone()));
        }
        if self.connected && !peer.connected {
            self.in_step = false;
            happenings.push(Happening::Disconnected);
        }
        if peer.connected {
            self.unreached = None;
        } else if let Some(why) = unreached.filter(|why| self.unreached.as_ref() != Some(*why)) {
            // Of several addresses each fails in its own way; one of them is enough.
            if self.unreached.replace(why.clone()).is_none() {
                happenings.push(Happening::Unreached(why.clone()));
            }
        }
        self.connected = peer.connected;
        self.fault.clone_from(&peer.fault);
        happenings
    }
}

impl Happening {
    fn tell(&self, name: &str, json: bool) -> Result<(), Failure> {
        if json { output::print_json_line(&self.object(name)) } else { output::print(&self.sentence(name)) }
    }

    fn sentence(&self, name: &str) -> String {
        match self {
            Self::Connected => format!("Connected with {name}."),
            Self::InStep => format!("In step with {name}."),
            Self::Disconnected => format!("Not connected with {name} any more; it will catch up by itself."),
            Self::Unreached(why) => {
                format!("Cannot reach {name} at {}. It is tried again and again.", one_line(why))
            }
            Self::Fault(why) => {
                format!("{name} broke a rule of the protocol and is left alone for a while: {}", one_line(why))
            }
        }
    }

    fn object(&self, name: &str) -> Value {
        match self {
            Self::Connected => json!({ "event": "connected", "organisation": name }),
            Self::InStep => json!({ "event": "in_step", "organisation": name }),
            Self::Disconnected => json!({ "event": "disconnected", "organisation": name }),
            Self::Unreached(why) => json!({ "event": "unreached", "organisation": name, "why": why }),
            Self::Fault(why) => json!({ "event": "fault", "organisation": name, "fault": why }),
        }
    }
}

/// How often it is looked whether somebody cannot be reached.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(connected: bool, in_step: bool, fault: Option<&str>) -> PeerStatus {
        PeerStatus {
            node: PublicKey([1; 32]),
            organisation: PublicKey([2; 32]),
            connected,
            in_step,
            changes_more: None,
            last_in_step: None,
            fault: fault.map(str::to_owned),
        }
    }

    #[test]
    fn each_thing_is_told_once() {
        let mut told = Told::default();
        assert_eq!(told.take_in(&peer(false, false, None), None), []);
        assert_eq!(told.take_in(&peer(true, false, None), None), [Happening::Connected]);
        assert_eq!(told.take_in(&peer(true, true, None), None), [Happening::InStep]);
        assert_eq!(told.take_in(&peer(true, false, None), None), []);
        assert_eq!(told.take_in(&peer(true, true, None), None), []);
        let expected = [Happening::Fault("it lies".into()), Happening::Disconnected];
        assert_eq!(told.take_in(&peer(false, false, Some("it lies")), None), expected);
        assert_eq!(told.take_in(&peer(false, false, Some("it lies")), None), []);
        assert_eq!(told.take_in(&peer(true, true, None), None), [Happening::Connected, Happening::InStep]);
    }

    #[test]
    fn who_cannot_be_reached_is_told_once_until_it_was() {
        let mut told = Told::default();
        let why = |why: &str| why.to_owned();
        let unreached = [Happening::Unreached(why("a"))];
        assert_eq!(told.take_in(&peer(false, false, None), Some(&why("a"))), unreached);
        assert_eq!(told.take_in(&peer(false, false, None), Some(&why("b"))), []);
        assert_eq!(told.take_in(&peer(true, false, None), None), [Happening::Connected]);
        assert_eq!(told.take_in(&peer(false, false, None), None), [Happening::Disconnected]);
        assert_eq!(told.take_in(&peer(false, false, None), Some(&why("a"))), unreached);
    }
}
