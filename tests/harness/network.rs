//! A network of several nodes on this machine.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{daemon::Node, wait};

/// A network whose nodes and folders end with this value.
#[derive(Debug)]
pub(crate) struct Network {
    /// The first founded it.
    pub(crate) nodes: Vec<Node>,
    /// The network's file.
    pub(crate) genesis: PathBuf,
    // Last, so that the folders go after the processes that use them.
    folder: TempDir,
}

impl Network {
    /// Sets up a node for each name; the first founds a network, and the others join. None runs yet.
    pub(crate) fn of(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = names.iter().map(|name| Node::init(folder.path(), name)).collect();
        Self::found(folder, nodes)
    }

    /// Founds a network of nodes that are set up in `folder`.
    pub(crate) fn found(folder: TempDir, nodes: Vec<Node>) -> Self {
        let genesis = folder.path().join("network.genesis");
        let mut found = nodes[0].cli(["found", "--name", NAME, "--purpose", "To try it.", "--out"]).arg(&genesis);
        for node in &nodes[1..] {
            found = found.arg("--with").arg(node.card());
        }
        found.done();
        for node in &nodes[1..] {
            node.cli(["join", "--yes"]).arg(&genesis).done();
        }
        Self { nodes, genesis, folder }
    }

    /// As [`Network::of`], with all nodes running and connected.
    pub(crate) fn running(names: &[&str]) -> Self {
        let mut network = Self::of(names);
        network.start();
        network.agree();
        network
    }

    /// Starts every node that does not run.
    pub(crate) fn start(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| !node.is_running()) {
            node.start();
        }
    }

    /// A temporary folder of this network, in which each node has its own.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until all running nodes hold the same, know it and show the same. Gives what they show.
    pub(crate) fn agree(&self) -> BTreeMap<String, Value> {
        agree(&self.nodes.iter().filter(|node| node.is_running()).collect::<Vec<_>>())
    }
}

/// Waits until these nodes hold the same and show the same. Gives what they show.
pub(crate) fn agree(nodes: &[&Node]) -> BTreeMap<String, Value> {
    wait::until("all nodes hold and show the same", || {
        let held: Vec<Value> = nodes.iter().map(|node| holdings(&node.api().node())).collect();
        let first = &held[0];
        wait::hold(first["held"] == 0 && held.iter().all(|other| other == first), || format!("they hold {held:#?}"))?;
        // A node may tell of itself a moment late, so that what is shown can be newer than what is said to be held.
        let shown = nodes.iter().map(|node| node.api().try_everything()).collect::<Result<Vec<_>, _>>()?;
        for (node, other) in nodes.iter().zip(&shown) {
            same(&nodes[0].name, &shown[0], &node.name, other)?;
        }
        Ok(shown.into_iter().next().unwrap_or_default())
    })
}

/// Whether two nodes show the same; if not, the first difference.
fn same(
    one: &str,
    shown: &BTreeMap<String, Value>,
    other: &str,
    other_shown: &BTreeMap<String, Value>,
) -> Result<(), String> {
    for (id, resource) in shown {
        wait::hold(other_shown.get(id) == Some(resource), || {
            format!("{other} shows another {id} than {one}: {:#?} and {resource:#?}", other_shown.get(id))
        })?;
    }
    wait::hold(shown.len() == other_shown.len(), || format!("{other} shows more than {one}"))
}

/// What a node holds of what it shares, in a form to be compared: changes and fingerprint of each space, and what waits.
pub(crate) fn holdings(node: &Value) -> Value {
    // An organisation's own space stays on its node.
    let is_shared = |space: &&Value| space["name"] == "roster" || space["name"] == "commons";
    let spaces = node["spaces"].as_array().expect("a node has spaces").iter().filter(is_shared);
    let named = |space: &Value| (space["name"].as_str().expect("a space has a name").to_owned(), space.clone());
    json!({ "spaces": spaces.map(named).collect::<serde_json::Map<_, _>>(), "held": node["held"] })
}

/// What one node says of its peer of this name.
pub(crate) fn peer(node: &Node, name: &str) -> Value {
    let said = node.api().node();
    let peers = said["peers"].as_array().expect("a node has peers");
    peers.iter().find(|peer| peer["organisation"] == name).unwrap_or_else(|| panic!("no {name} in {said}")).clone()
}

const NAME: &str = "Living well in the valley";
