//! `knotwork status`: how the node and its peers stand.

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Context, output,
    table::{Table, page_width},
    text::one_line,
};
use crate::{
    failure::Failure,
    folder::DataFolder,
    reach::{self, Reached},
};

/// Tell how the node stands: what it holds, and which peers are in step
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {}

impl Status {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        if folder.genesis()?.is_none() {
            return without_network(context, &folder);
        }
        let (running, mut body) = match reach::reach(&folder)? {
            Reached::Running(caller) => (Some(caller.address()), caller.get("/api/v1/node", &[])?.body),
            Reached::Free(lock) => {
                (None, reach::with_own(&folder, lock, |caller| caller.get("/api/v1/node", &[]))?.body)
            }
        };
        if context.json() {
            body["running"] = json!(running.is_some());
            body["http"] = json!(running);
            body["data"] = json!(folder.root());
            return output::print_json(&body);
        }
        let node: Node = serde_json::from_value(body).map_err(|error| super::other_version(&error))?;
        let runs = match running {
            Some(address) => format!("running, http://{address}"),
            None => "not running (start it with `knotwork run`)".to_owned(),
        };
        output::print(&format!("{}\n{}", node.facts(&folder, &runs), node.peers(running.is_some())))
    }
}

/// What can be told of a node in no network.
fn without_network(context: &Context, folder: &DataFolder) -> Result<(), Failure> {
    let config = folder.config()?;
    let keys = folder.keys()?;
    if context.json() {
        return output::print_json(&json!({
            "organisation": config.organisation.name,
            "organisation_key": keys.organisation.public(),
            "node_key": keys.node.public(),
            "network": Value::Null,
            "running": false,
            "http": Value::Null,
            "data": folder.root(),
        }));
    }
    output::print(&format!(
        "organisation  {}\nnetwork       none yet: `knotwork found` begins one, `knotwork join FILE` enters one\ndata          {}",
        config.organisation.name,
        folder.root().display()
    ))
}

/// What a node says of itself.
#[derive(Debug, Deserialize)]
struct Node {
    version: String,
    organisation: String,
    network: String,
    #[serde(default)]
    outside: Option<Outside>,
    #[serde(default)]
    turned_away_by: Vec<String>,
    spaces: Vec<Space>,
    peers: Vec<Peer>,
    held: usize,
    unknown_formats: usize,
    damaged: bool,
    #[serde(default)]
    waits_to_be_admitted: bool,
    resources: u64,
    store_bytes: u64,
}

/// That the organisation is not in the network any more.
#[derive(Debug, Deserialize)]
struct Outside {
    since: u64,
    how: String,
}

impl Outside {
    fn sentence(&self) -> String {
        let how = match &*self.how {
            "left" => "it left",
            "removed" => "it was removed",
            _ => "it was left behind",
        };
        format!(
            "this organisation is not in the network any more, since minute {} ({how}); nothing that is written here reaches \
             the others",
            self.since
        )
    }
}

#[derive(Debug, Deserialize)]
struct Space {
    name: String,
    changes: usize,
    fingerprint: String,
}

#[derive(Debug, Deserialize)]
struct Peer {
    organisation: String,
    connected: bool,
    in_step: bool,
    last_in_step_at: Option<String>,
    fault: Option<String>,
    #[serde(default)]
    unreached: Option<String>,
}

impl Node {
    fn facts(&self, folder: &DataFolder, runs: &str) -> String {
        let mut facts = vec![
            ("organisation", self.organisation.clone()),
            ("network", self.network.clone()),
            ("node", format!("{runs}; version {}", self.version)),
            ("data", format!("{}, {}", folder.root().display(), indicatif::HumanBytes(self.store_bytes))),
            ("library", plural(self.resources, "resource")),
        ];
        if let Some(outside) = &self.outside {
            facts.insert(2, ("outside", outside.sentence()));
        } else if self.waits_to_be_admitted {
            facts.push((
                "admission",
                "this organisation waits to be admitted; its node comes in by itself then".to_owned(),
            ));
        }
        if !self.turned_away_by.is_empty() {
            facts.push((
                "turned away",
                format!(
                    "by most others ({}): this organisation may have been removed, or left behind; ask them",
                    self.turned_away_by.join(", ")
                ),
            ));
        }
        if self.held > 0 {
            facts.push(("waiting", format!("{} for what they build on", plural(self.held as u64, "change"))));
        }
        if self.unknown_formats > 0 {
            let changes = plural(self.unknown_formats as u64, "change");
            facts.push(("update", format!("{changes} of a form that this version does not know: update Knotwork")));
        }
        if self.damaged {
            facts.push(("damage", "the store was damaged: start the node again, which repairs it".to_owned()));
        }
        let lines = facts.iter().map(|(name, value)| format!("{name:<13} {}", one_line(value)));
        let mut spaces = Table::new(&["space", "changes", "fingerprint"]);
        for space in &self.spaces {
            let fingerprint = space.fingerprint.get(..16).unwrap_or_default();
            // Others are named by a key, which tells a person nothing.
            let name = if space.name.starts_with("organisation ") { "our own" } else { &space.name };
            spaces.row([name.to_owned(), space.changes.to_string(), fingerprint.to_owned()]);
        }
        format!("{}\n\n{}\n", lines.collect::<Vec<_>>().join("\n"), spaces.shown(Some(page_width())))
    }

    fn peers(&self, running: bool) -> String {
        if self.peers.is_empty() {
            return "no other organisation is in this network".to_owned();
        }
        let mut peers = Table::new(&["peer", "connected", "in step", "last in step"]);
        let mut faults = String::new();
        for peer in &self.peers {
            let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
            let in_step = if running { yes(peer.connected && peer.in_step) } else { "unknown".to_owned() };
            let last = peer.last_in_step_at.as_deref().map_or("not since the node started", |time| time);
            peers.row([peer.organisation.clone(), yes(peer.connected), in_step, last.to_owned()]);
            if let Some(why) = &peer.unreached {
                faults.push_str(&format!("\n{} {}", one_line(&peer.organisation), one_line(why)));
            }
            if let Some(fault) = &peer.fault {
                faults.push_str(&format!(
                    "\n{} broke a rule of the protocol: {}",
                    one_line(&peer.organisation),
                    one_line(fault)
                ));
            }
        }
        format!("{}{faults}", peers.shown(Some(page_width())))
    }
}

fn plural(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", indicatif::HumanCount(count), if count == 1 { "" } else { "s" })
}

const EXAMPLES: &str = "\
Examples:
  knotwork status
  knotwork status --json | jq .peers";
