//! The nodes of this organisation: one signs minutes for it, and others may be served beside that one.
//!
//! Each has a certificate, which this organisation's key signs and the node itself. Which of them signs minutes is a word of
//! the organisation's, and stands in the minutes.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Paper, PaperEdit, View, kinds};
use knotwork_governance::{Application, NodeCertificate, Said, SignedNode};
use knotwork_identity::{Nonce, PublicKey};
use knotwork_replica::{Basis, Roster as _, Target, limits::NODES_MAX};

use crate::{CommandError, DecisionError, NodeHandle, Signer};

/// A node of this organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// Its key.
    pub node: PublicKey,
    /// How it stands.
    pub state: NodeState,
    /// Whether it is the one that was asked.
    pub is_this: bool,
    /// Whether it is connected with the one that was asked.
    pub connected: bool,
}

/// Which node is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeToAdd {
    /// The one that asks, if it is one alone.
    Asking,
    /// One that asks or was served once, by its key.
    Named(PublicKey),
    /// The one whose application this is.
    Application(Vec<u8>),
}

/// How a node of an organisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeState {
    /// It signs minutes for the organisation.
    Signs,
    /// It is served, and signs no minutes.
    Served,
    /// It asks to be added.
    Asks,
    /// It was served once.
    Ended,
}

impl NodeHandle {
    /// The nodes of this organisation: the one that signs minutes first, then those that are served, those that ask to be
    /// added, and those that were served once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn nodes(&self) -> Result<Vec<NodeEntry>, CommandError> {
        let own = self.organisation_key();
        let mut states: BTreeMap<PublicKey, NodeState> = BTreeMap::new();
        states.extend(self.asking_nodes()?.into_iter().map(|node| (node.key, NodeState::Asks)));
        for certificate in self.node_certificates()? {
            let key = certificate.node.key;
            let is_served = certificate.served && self.roster().organisation_of(&key) == Some(own);
            states.insert(key, if is_served { NodeState::Served } else { NodeState::Ended });
        }
        states.extend(self.signing_node().map(|node| (node, NodeState::Signs)));
        let status = self.status();
        let connected = |node: &PublicKey| status.peers.iter().any(|peer| peer.node == *node && peer.connected);
        let entry = |(node, state): (PublicKey, NodeState)| {
            let is_this = node == self.node_key();
            NodeEntry { node, state, is_this, connected: is_this || connected(&node) }
        };
        let mut entries: Vec<NodeEntry> = states.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| (entry.state, entry.node));
        Ok(entries)
    }

    /// Certifies a node of this organisation's that has applied, by this file or by wire, and this one as well, so that it
    /// stays served when another signs. Gives the node that was added. One that was ended is added again only by its key or
    /// its application: its machine may be what was lost.
    ///
    /// # Errors
    /// When no such node has applied or several have, the organisation has no node of its own, or too many, or the node cannot
    /// write.
    pub async fn add_node(&self, which: &NodeToAdd) -> Result<PublicKey, CommandError> {
        if self.signing_node().is_none() {
            return Err(refused(
                "this organisation has no node of its own on the roster: `knotwork hosted release` names \
                                its first one",
            ));
        }
        let certificates = self.node_certificates()?;
        let node = match which {
            NodeToAdd::Application(bytes) => self.node_in(bytes)?,
            NodeToAdd::Named(key) => {
                let asking = self.asking_nodes()?.into_iter().find(|node| node.key == *key);
                let known = certificates.iter().map(|known| known.node).find(|node| node.key == *key);
                asking.or(known).ok_or_else(|| refused(&format!("{key} does not ask to be added")))?
            }
            NodeToAdd::Asking => {
                let mut asking = self.asking_nodes()?.into_iter();
                match (asking.next(), asking.next()) {
                    (Some(node), None) => node,
                    (None, _) => return Err(refused("no node of this organisation asks to be added")),
                    (Some(_), Some(_)) => {
                        return Err(refused("several nodes of this organisation ask to be added: name one by its key"));
                    }
                }
            }
        };
        if !self.roster().vouches(&self.organisation_key(), &node) || self.agreed().was_ever_on(&node.key) {
            return Err(refused("this node has not signed that it is this organisation's"));
        }
        if self.organisation_of_node(&node.key).is_some_and(|of| of != self.organisation_key()) {
            return Err(refused("this node is another organisation's, or was"));
        }
        let served = certificates.into_iter().filter(|known| known.served).map(|known| known.node.key);
        let all: BTreeSet<PublicKey> = served.chain([self.node_key(), node.key]).collect();
        if all.len() > NODES_MAX {
            let most = NODES_MAX;
            return Err(refused(&format!("this organisation has {most} nodes, and that is the most: end one first")));
        }
        for node in [self.signed_node(), node] {
            self.certify_node(node, true).await?;
        }
        Ok(node.key)
    }

    /// Ends a node: the others serve it no more. What was written with it stays.
    ///
    /// # Errors
    /// When it is no node that is served, it signs minutes, or the node cannot write.
    pub async fn end_node(&self, node: &PublicKey) -> Result<(), CommandError> {
        if self.signing_node() == Some(*node) {
            return Err(refused("this node signs minutes: name another for that first"));
        }
        let certificate = self.node_certificate(node)?;
        self.certify_node(certificate.node, false).await
    }

    /// Has this organisation name another of its nodes as the one that signs minutes.
    ///
    /// # Errors
    /// When it is no node that is served, it signs already, or the node cannot write.
    pub async fn name_node(&self, node: &PublicKey) -> Result<(), CommandError> {
        let certificate = self.node_certificate(node)?;
        self.speak(Said::Node { node: Some(certificate.node), host: None }).await
    }

    /// Signs the certificate of this node anew where it was signed before the network was reconvened, so that the node can be
    /// named as the one that signs minutes.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn renew_node_certificate(&self) -> Result<(), CommandError> {
        let mut known = self.node_certificates()?.into_iter();
        let own = known.find(|certificate| certificate.served && certificate.node.key == self.node_key());
        match own {
            Some(certificate) if certificate.node != self.signed_node() => {
                self.certify_node(self.signed_node(), true).await
            }
            _ => Ok(()),
        }
    }

    /// The certificate of a node that is served.
    fn node_certificate(&self, node: &PublicKey) -> Result<NodeCertificate, CommandError> {
        let mut known = self.node_certificates()?.into_iter();
        let served = known.find(|certificate| certificate.served && certificate.node.key == *node);
        served.ok_or_else(|| refused(&format!("{node} is no node of this organisation that is served")))
    }

    /// What the certificates of this organisation's nodes say.
    fn node_certificates(&self) -> Result<Vec<NodeCertificate>, CommandError> {
        let own = self.organisation_key();
        let mut certificates = Vec::new();
        self.each_listed(kinds::NODE_CERTIFICATE, None, |document| {
            if let Some(View::Paper(view)) = self.any_view(document)?
                && view.owner == own
                && let Some(Paper::NodeCertificate(certificate)) = view.latest().map(|sheet| &sheet.paper)
            {
                certificates.push(*certificate);
            }
            Ok(())
        })?;
        Ok(certificates)
    }

    /// The node that signs minutes for this organisation.
    fn signing_node(&self) -> Option<PublicKey> {
        self.agreed().parties().get(&self.organisation_key()).and_then(|party| party.node)
    }

    /// The nodes that have handed their applications to this one and have no certificate.
    pub(crate) fn asking_nodes(&self) -> Result<Vec<SignedNode>, CommandError> {
        let known: Vec<PublicKey> = self.node_certificates()?.into_iter().map(|known| known.node.key).collect();
        let nodes = self.own_applications()?.into_iter().filter_map(|application| application.seat.node());
        Ok(nodes.filter(|node| !known.contains(&node.key) && Some(node.key) != self.signing_node()).collect())
    }

    /// The node in an application of this organisation's.
    fn node_in(&self, bytes: &[u8]) -> Result<SignedNode, CommandError> {
        let application = Application::from_bytes(bytes).and_then(|application| application.to(self.network()));
        let application = application.map_err(|error| refused(&error.to_string()))?;
        if application.organisation != self.organisation_key() {
            return Err(refused(
                "this application is another organisation's: `knotwork network admit` brings it before \
                                the others",
            ));
        }
        application.seat.node().ok_or_else(|| refused("this application names no node"))
    }

    async fn certify_node(&self, node: SignedNode, served: bool) -> Result<(), CommandError> {
        let certificate = NodeCertificate { node, served };
        let known = self.node_certificates()?;
        if known.contains(&certificate) {
            return Ok(());
        }
        let paper = Paper::NodeCertificate(certificate);
        let header = paper.header(self.origin(), self.organisation_key(), Nonce([0; 16]));
        let signer = Signer::Member(Box::new(self.organisation_secret().clone()));
        self.edit(Target::Of(header), PaperEdit::new(paper).into(), Basis::Now, &signer).await.map(drop)
    }
}

fn refused(why: &str) -> CommandError {
    DecisionError::Application(why.to_owned()).into()
}
