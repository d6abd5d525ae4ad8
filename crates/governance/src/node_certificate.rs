//! Certificates of nodes: an organisation says which nodes are its own, beside the one that signs minutes for it.

use knotwork_identity::{Decode, DecodeError, Encode, Nonce, PublicKey, Reader, Writer};

use crate::{SignedNode, paper::nonce};

/// An organisation's word that a node is its own. The others serve it for as long as that is so; it signs no minutes unless
/// the roster names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeCertificate {
    /// The node, which says so itself.
    pub node: SignedNode,
    /// Whether it is to be served; if not, it was once.
    pub served: bool,
}

impl NodeCertificate {
    /// The nonce of the document of a node's certificate: an organisation has one for each node.
    #[must_use]
    pub fn nonce(node: &PublicKey) -> Nonce {
        nonce(&[b"knotwork/node-certificate/nonce/1", &node.0])
    }
}

impl Encode for NodeCertificate {
    fn encode(&self, writer: &mut Writer) {
        self.node.encode(writer);
        writer.u8(u8::from(self.served));
    }
}

impl Decode for NodeCertificate {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let node = SignedNode::decode(reader)?;
        let served = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::NotCanonical("node certificate")),
        };
        Ok(Self { node, served })
    }
}

#[cfg(test)]
mod tests {
    use knotwork_identity::{NetworkId, SecretKey, decode_exact, encode};

    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_in_no_other_form() {
        let key = |seed| SecretKey::from_seed(&[seed; 32]);
        let node = SignedNode::sign(NetworkId([7; 32]), key(1).public(), &key(2));
        for served in [true, false] {
            let bytes = encode(&NodeCertificate { node, served });
            assert_eq!(decode_exact(&bytes), Ok(NodeCertificate { node, served }));
            let mut other = bytes.clone();
            *other.last_mut().expect("there is one") = 2;
            assert!(decode_exact::<NodeCertificate>(&other).is_err());
        }
        assert_ne!(NodeCertificate::nonce(&key(2).public()), NodeCertificate::nonce(&key(3).public()));
    }
}
