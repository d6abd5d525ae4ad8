//! Telling whoever watches the daemon how it goes, in plain words: who is connected, and who is in step.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use knotwork_commands::Outside;
use knotwork_identity::PublicKey;
use knotwork_mesh::Mesh;
use knotwork_replica::{PeerStatus, Roster as _, Status};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::{output, text::one_line};
use crate::{failure::Failure, opening::Standing};

/// What it is told from, and how.
pub(super) struct Teller {
    /// Who the node is, and with whom.
    pub(super) standing: Standing,
    /// Whether the organisation waits to be admitted.
    pub(super) waits: bool,
    /// Since when the organisation is not in the network any more, if so.
    pub(super) outside: Box<dyn Fn() -> Option<Outside> + Send>,
    /// What meets others.
    pub(super) mesh: Option<Mesh>,
    /// Where the first account is made, if there is none.
    pub(super) set_up: Option<String>,
    /// Whether for a program.
    pub(super) json: bool,
}

/// Tells what changes, until the node stops or nobody can be told any more.
pub(super) async fn narrate(mut status: watch::Receiver<Arc<Status>>, teller: Teller) {
    let Teller { standing, mut waits, outside, mesh, set_up, json } = teller;
    let roster = standing.roster.clone();
    let mut was_served = standing.is_served();
    let mut told: HashMap<PublicKey, Told> = HashMap::new();
    let mut told_outside: Option<Instant> = None;
    loop {
        let is_served = standing.is_served();
        if is_served && !was_served {
            // Who is connected was not told until now.
            told.clear();
        }
        was_served = is_served;
        if waits && is_served {
            waits = false;
            let admitted = Happening::Admitted(set_up.clone());
            if admitted.tell(&one_line(&standing.card.name), json).is_err() {
                return;
            }
        }
        let now = status.borrow_and_update().clone();
        let unreached: HashMap<PublicKey, String> = mesh
            .as_ref()
            .map(Mesh::unreached)
            .unwrap_or_default()
            .into_iter()
            .map(|unreached| (unreached.peer, format!("{}, because: {}", unreached.address, unreached.why)))
            .collect();
        let gone = outside();
        if let Some(happening) = tell_outside(gone, &mut told_outside, Instant::now())
            && happening.tell("", json).is_err()
        {
            return;
        }
        // The others end each connection at once, of which nobody wants to read.
        let peers = if gone.is_some() { &[] } else { &now.peers[..] };
        for peer in peers {
            let name = roster.name_of(&peer.organisation).unwrap_or_else(|| peer.organisation.to_string());
            let happenings = told.entry(peer.node).or_default().take_in(peer, unreached.get(&peer.node));
            for happening in happenings.into_iter().filter(|happening| is_served || happening.is_for_strangers()) {
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

/// That the organisation is not in the network any more, where that was not told within the last hour.
fn tell_outside(outside: Option<Outside>, told: &mut Option<Instant>, now: Instant) -> Option<Happening> {
    let Some(outside) = outside else {
        *told = None;
        return None;
    };
    if told.is_some_and(|at| now.saturating_duration_since(at) < OUTSIDE_AGAIN) {
        return None;
    }
    *told = Some(now);
    Some(Happening::Outside(outside))
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
    /// This organisation is in the network; where the first account is made, if there is none.
    Admitted(Option<String>),
    Connected,
    InStep,
    Disconnected,
    Fault(String),
    Unreached(String),
    Outside(Outside),
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
    /// Whether a node that is not served is told as well. It connects again and again, and is sent away each time.
    fn is_for_strangers(&self) -> bool {
        match self {
            Self::Fault(_) | Self::Unreached(_) | Self::Admitted(_) | Self::Outside(_) => true,
            Self::Connected | Self::InStep | Self::Disconnected => false,
        }
    }

    fn tell(&self, name: &str, json: bool) -> Result<(), Failure> {
        if json { output::print_json_line(&self.object(name)) } else { output::print(&self.sentence(name)) }
    }

    fn sentence(&self, name: &str) -> String {
        match self {
            Self::Admitted(set_up) => {
                let set_up = set_up.as_ref().map(|line| format!("\n{line}")).unwrap_or_default();
                format!("{name} is in the network now.{set_up}")
            }
            Self::Connected => format!("Connected with {name}."),
            Self::InStep => format!("In step with {name}."),
            Self::Disconnected => format!("Not connected with {name} any more; it will catch up by itself."),
            Self::Unreached(why) => {
                format!("Cannot reach {name} at {}. It is tried again and again.", one_line(why))
            }
            Self::Outside(outside) => {
                let mut sentence = outside.to_string();
                sentence.replace_range(..1, "Y");
                format!("{sentence}. The others take no part in what is written here.")
            }
            Self::Fault(why) => {
                format!("{name} broke a rule of the protocol and is left alone for a while: {}", one_line(why))
            }
        }
    }

    fn object(&self, name: &str) -> Value {
        match self {
            Self::Admitted(_) => json!({ "event": "admitted", "organisation": name }),
            Self::Connected => json!({ "event": "connected", "organisation": name }),
            Self::InStep => json!({ "event": "in_step", "organisation": name }),
            Self::Disconnected => json!({ "event": "disconnected", "organisation": name }),
            Self::Unreached(why) => json!({ "event": "unreached", "organisation": name, "why": why }),
            Self::Outside(outside) => json!({ "event": "outside", "since": outside.since }),
            Self::Fault(why) => json!({ "event": "fault", "organisation": name, "fault": why }),
        }
    }
}

/// How often it is looked whether somebody cannot be reached.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long it is not said again that the organisation is not in the network.
const OUTSIDE_AGAIN: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use knotwork_minutes::Parting;

    use super::*;

    fn peer(connected: bool, in_step: bool, fault: Option<&str>) -> PeerStatus {
        PeerStatus {
            declines: false,
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
    fn who_is_not_served_is_not_told_of_each_connection() {
        let mut told = Told::default();
        let happenings: Vec<Happening> = [(true, None), (false, Some("it lies")), (true, None), (false, None)]
            .into_iter()
            .flat_map(|(connected, fault)| told.take_in(&peer(connected, false, fault), Some(&"a".to_owned())))
            .filter(Happening::is_for_strangers)
            .collect();
        assert_eq!(happenings[0], Happening::Fault("it lies".into()));
        assert!(
            happenings.iter().skip(1).all(|happening| *happening == Happening::Unreached("a".into())),
            "{happenings:?}"
        );
        let line = Some("open /set-up".to_owned());
        assert_eq!(Happening::Admitted(line).sentence("Birch"), "Birch is in the network now.\nopen /set-up");
    }

    #[test]
    fn that_the_organisation_has_gone_is_told_once_an_hour() {
        let outside = Some(Outside { since: 7, how: Parting::Removed });
        let start = Instant::now();
        let mut told = None;
        let mut at =
            |outside, seconds| tell_outside(outside, &mut told, start + Duration::from_secs(seconds)).is_some();
        assert!(!at(None, 0));
        assert!(at(outside, 1));
        assert!(!at(outside, 6));
        assert!(!at(outside, 3_600));
        assert!(at(outside, 3_601));
        assert!(!at(None, 3_602));
        assert!(at(outside, 3_603), "it was back meanwhile");
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
