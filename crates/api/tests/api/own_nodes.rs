//! The certificates of an organisation's nodes after its network was reconvened.

use knotwork_documents::Paper;
use knotwork_governance::{NodeCertificate, SignedNode};
use knotwork_identity::{DocumentId, Nonce, SecretKey};

use crate::{
    nodes_in_memory::{Node, key},
    outside::after_reconvening,
};

impl Node {
    /// Has the organisation certify a node of its own, and gives the certificate's document.
    async fn certifies(&self, node: &SecretKey, served: bool) -> DocumentId {
        let node = SignedNode::sign(self.handle.network(), key(1).public(), node);
        let paper = Paper::NodeCertificate(NodeCertificate { node, served });
        let document = paper.header(self.handle.origin(), key(1).public(), Nonce([0; 16])).id();
        self.takes_paper(&key(1), paper).await;
        document
    }

    /// What the certificates in this document say, the last of them last.
    fn certified(&self, document: &DocumentId) -> Vec<NodeCertificate> {
        let said = self.history(document);
        let each = said.in_order().filter_map(|change| match Paper::read(change) {
            Some(Paper::NodeCertificate(certificate)) => Some(certificate),
            _ => None,
        });
        each.collect()
    }
}

#[tokio::test]
async fn a_node_signs_its_certificate_anew_for_the_network_that_was_reconvened() {
    let node = Node::new();
    node.birch_joins().await;
    let own = node.certifies(&key(2), true).await;
    let other = node.certifies(&key(20), true).await;
    node.handle.renew_node_certificate().await.expect("there is nothing to do");
    assert_eq!(node.certified(&own).len(), 1);

    let before = node.handle.network();
    let node = after_reconvening(node, &key(1), key(5).public());
    assert_ne!(node.handle.network(), before);
    for _ in 0..2 {
        node.handle.renew_node_certificate().await.expect("it is written");
        let said = node.certified(&own);
        assert_eq!(said.len(), 2, "once");
        let holds = |network| said[1].node.verify(network, key(1).public()).is_ok();
        assert!(said[1].served && holds(node.handle.network()) && !holds(before));
    }
    assert_eq!(node.certified(&other).len(), 1, "another's is for itself to sign");
    // Named, it is taken: the one that was signed before is none of this network.
    let refused = node.handle.name_node(&key(20).public()).await.expect_err("it has not signed for this network");
    assert!(refused.to_string().contains("signed"), "{refused}");
}

#[tokio::test]
async fn a_node_that_was_ended_signs_no_certificate_anew() {
    let node = Node::new();
    node.birch_joins().await;
    let own = node.certifies(&key(2), false).await;
    let node = after_reconvening(node, &key(1), key(5).public());
    node.handle.renew_node_certificate().await.expect("there is nothing to do");
    assert_eq!(node.certified(&own).len(), 1);
}
