//! A node that says itself whose it is, so that nobody names another's.

use knotwork_identity::{
    Decode, DecodeError, Encode, NetworkId, PublicKey, Reader, SecretKey, Signature, SignatureError, Writer,
};

/// A node's key, with its own signature that it is an organisation's node in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedNode {
    /// The node's key.
    pub key: PublicKey,
    /// By that key.
    pub signature: Signature,
}

impl SignedNode {
    /// The node says whose it is.
    #[must_use]
    pub fn sign(network: NetworkId, organisation: PublicKey, node: &SecretKey) -> Self {
        Self { key: node.public(), signature: node.sign(&signed_bytes(network, organisation)) }
    }

    /// Checks that the node said so.
    ///
    /// # Errors
    /// When it did not, or its key is none.
    pub fn verify(&self, network: NetworkId, organisation: PublicKey) -> Result<(), SignatureError> {
        self.key.verify(&signed_bytes(network, organisation), &self.signature)
    }
}

fn signed_bytes(network: NetworkId, organisation: PublicKey) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/node/1");
    network.encode(&mut writer);
    organisation.encode(&mut writer);
    writer.into_bytes()
}

impl Encode for SignedNode {
    fn encode(&self, writer: &mut Writer) {
        self.key.encode(writer);
        self.signature.encode(writer);
    }
}

impl Decode for SignedNode {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { key: PublicKey::decode(reader)?, signature: Signature::decode(reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_speaks_for_whom_it_names_in_its_network_alone() {
        let key = |seed| SecretKey::from_seed(&[seed; 32]);
        let (network, organisation, node) = (NetworkId([7; 32]), key(1).public(), key(2));
        let signed = SignedNode::sign(network, organisation, &node);
        assert_eq!(signed.verify(network, organisation), Ok(()));
        assert_eq!(signed.verify(NetworkId([8; 32]), organisation), Err(SignatureError));
        assert_eq!(signed.verify(network, key(3).public()), Err(SignatureError));
        let named_by_another = SignedNode { key: key(3).public(), ..signed };
        assert_eq!(named_by_another.verify(network, organisation), Err(SignatureError));
    }
}
