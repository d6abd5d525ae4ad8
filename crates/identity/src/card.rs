//! An organisation's public card: what others need to found a network with it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AddressError, Decode, DecodeError, Encode, PublicKey, Reader, Writer, check_address, is_steering};

/// What an organisation hands to others: its name, its two public keys and where its node listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The organisation's name, as its people write it.
    pub name: String,
    /// The key that owns the organisation's profile and certificates.
    pub organisation: PublicKey,
    /// The key of its node, which is the node's libp2p identity.
    pub node: PublicKey,
    /// Multiaddresses at which the node can be reached.
    pub addresses: Vec<String>,
}

impl Card {
    /// The longest name, in bytes.
    pub const NAME_BYTES_MAX: usize = 200;
    /// The most addresses.
    pub const ADDRESSES_MAX: usize = 16;
    /// The longest address, in bytes.
    pub const ADDRESS_BYTES_MAX: usize = 256;

    /// Checks the limits, that the name and the addresses can be shown and used, and that both keys are keys.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), CardError> {
        Self::check_name(&self.name)?;
        if self.addresses.len() > Self::ADDRESSES_MAX {
            return Err(CardError::TooManyAddresses(self.addresses.len()));
        }
        if self.addresses.iter().any(|address| address.len() > Self::ADDRESS_BYTES_MAX) {
            return Err(CardError::AddressTooLong);
        }
        for address in &self.addresses {
            let wrong = |error| CardError::Address { address: address.clone(), error };
            check_address(address).map_err(wrong)?;
        }
        if self.organisation == self.node {
            return Err(CardError::SameKeys);
        }
        for key in [&self.organisation, &self.node] {
            key.verifier().map_err(|_| CardError::NotAKey(*key))?;
        }
        Ok(())
    }

    /// Checks that a name fits on a card and can be shown.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check_name(name: &str) -> Result<(), CardError> {
        if name.trim().is_empty() {
            return Err(CardError::NoName);
        }
        if name.len() > Self::NAME_BYTES_MAX {
            return Err(CardError::NameTooLong(name.len()));
        }
        if name.contains(is_steering) { Err(CardError::SteeringName) } else { Ok(()) }
    }
}

impl Encode for Card {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.name.as_bytes());
        self.organisation.encode(writer);
        self.node.encode(writer);
        writer.length(self.addresses.len());
        for address in &self.addresses {
            writer.bytes(address.as_bytes());
        }
    }
}

impl Decode for Card {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = reader.text("name", Self::NAME_BYTES_MAX)?.to_owned();
        let organisation = PublicKey::decode(reader)?;
        let node = PublicKey::decode(reader)?;
        let addresses = (0..reader.length("addresses", Self::ADDRESSES_MAX)?)
            .map(|_| reader.text("address", Self::ADDRESS_BYTES_MAX).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        Ok(Self { name, organisation, node, addresses })
    }
}

/// What is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CardError {
    /// The name is empty.
    #[error("the card has no name")]
    NoName,
    /// The name is too long.
    #[error("the name is {0} bytes long, and the limit is {max}", max = Card::NAME_BYTES_MAX)]
    NameTooLong(usize),
    /// The name has characters in it that steer what shows it.
    #[error("the name has a line break or another control character in it")]
    SteeringName,
    /// There are too many addresses.
    #[error("the card lists {0} addresses, and the limit is {max}", max = Card::ADDRESSES_MAX)]
    TooManyAddresses(usize),
    /// An address is too long.
    #[error("an address is longer than {max} bytes", max = Card::ADDRESS_BYTES_MAX)]
    AddressTooLong,
    /// An address is none.
    #[error("{address:?} is not an address of a node: {error}")]
    Address {
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// The organisation's key is also its node's.
    #[error("the organisation and its node must have different keys")]
    SameKeys,
    /// Bytes that are not a key.
    #[error("{0} is not a public key")]
    NotAKey(PublicKey),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    fn card(name: &str, addresses: &[&str]) -> Card {
        Card {
            name: name.into(),
            organisation: SecretKey::from_seed(&[1; 32]).public(),
            node: SecretKey::from_seed(&[2; 32]).public(),
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        }
    }

    #[test]
    fn a_name_that_would_steer_a_terminal_is_refused() {
        assert_eq!(card("Bwrdd Iechyd Y Bryn ا ב 漢 🪢", &[]).check(), Ok(()));
        for name in ["a\u{1b}[2J", "a\nb", "a\0", "a\u{9b}1m", "\u{202e}redla", "a\u{2066}b", "a\u{200f}"] {
            assert_eq!(card(name, &[]).check(), Err(CardError::SteeringName), "{name:?}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_named_with_the_reason() {
        assert_eq!(card("A", &["/dns4/node.example.org/tcp/7300"]).check(), Ok(()));
        let refused = card("A", &["/ip4/127.0.0.1/tcp/1", "garbage"]).check().expect_err("not an address").to_string();
        assert!(refused.contains("\"garbage\" is not an address of a node: it does not begin with /"), "{refused}");
    }
}
