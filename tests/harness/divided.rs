//! A network that can be cut in two.

use super::{
    daemon::Node,
    network::{Network, peer},
    wait::{hold, until},
    wire::Wire,
};

/// A network in which every node is reached by a wire of its own, but for those of one side, which reach each other
/// without any.
pub(crate) struct Divided {
    pub(crate) network: Network,
    pub(crate) wires: Vec<Wire>,
}

impl Divided {
    /// The names of each side.
    pub(crate) fn running(sides: &[&[&str]]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut nodes: Vec<Node> = sides.concat().iter().map(|name| Node::init(folder.path(), name)).collect();
        let wires: Vec<Wire> = nodes.iter().map(|node| Wire::to(node.port)).collect();
        for (node, wire) in nodes.iter().zip(&wires) {
            node.set_addresses(&hiding(wire.port));
        }
        let mut start = 0;
        for side in sides {
            let ports: Vec<u16> = nodes[start..start + side.len()].iter().map(|node| node.port).collect();
            for node in &mut nodes[start..start + side.len()] {
                let others = ports.iter().filter(|port| **port != node.port);
                node.arguments = others.flat_map(|port| ["--peer".to_owned(), address(*port)]).collect();
            }
            start += side.len();
        }
        let mut network = Network::found(folder, nodes);
        network.start();
        network.agree();
        let divided = Self { network, wires };
        divided.wait_connected(|_, _| true);
        divided
    }

    pub(crate) fn cut(&self) {
        self.wires.iter().for_each(Wire::cut);
    }

    pub(crate) fn mend(&self) {
        self.wires.iter().for_each(Wire::mend);
    }

    /// Waits until just those pairs are connected that should be, by their places.
    pub(crate) fn wait_connected(&self, should_be: impl Fn(usize, usize) -> bool) {
        for (place, node) in self.network.nodes.iter().enumerate() {
            for (other, peer_node) in self.network.nodes.iter().enumerate().filter(|(other, _)| *other != place) {
                until("who is to be connected is, and nobody else", || {
                    let peer = peer(node, &peer_node.name);
                    hold(peer["connected"] == should_be(place, other), || format!("{} {peer}", node.name))
                });
            }
        }
    }
}

pub(crate) fn address(port: u16) -> String {
    format!("/ip4/127.0.0.1/tcp/{port}")
}

/// Addresses that lead to a wire alone. A node gives away no more than 16, its own after those that it is told to; so
/// with 15 beside the wire's at which nobody is, its own is left out.
pub(crate) fn hiding(wire: u16) -> Vec<String> {
    std::iter::once(wire).chain(1..=15).map(address).collect()
}
