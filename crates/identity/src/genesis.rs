//! The genesis: the canonical file that a network begins with and is named by.

use thiserror::Error;

use crate::{
    Card, CardError, Decode, DecodeError, Encode, NetworkId, PublicKey, Reader, Writer, decode_exact, encode,
    is_steering, sha256,
};

/// How a network begins: its name and purpose, and the cards of the organisations that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Random, so that two networks of one name and circle differ.
    pub nonce: [u8; 32],
    /// The network's name.
    pub name: String,
    /// The charter's first text: what the network is for.
    pub purpose: String,
    /// The founding circle. The first is the organisation that wrote the file; none is special.
    pub founders: Vec<Card>,
}

impl Genesis {
    /// The longest name, in bytes.
    pub const NAME_BYTES_MAX: usize = 200;
    /// The longest purpose, in bytes.
    pub const PURPOSE_BYTES_MAX: usize = 20_000;
    /// The most founders.
    pub const FOUNDERS_MAX: usize = 64;

    /// The network's id: SHA-256("knotwork/genesis/1" ‖ the canonical bytes).
    #[must_use]
    pub fn network(&self) -> NetworkId {
        NetworkId(sha256(&[b"knotwork/genesis/1", &self.to_bytes()]))
    }

    /// The canonical file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and checks a genesis file.
    ///
    /// # Errors
    /// When the bytes are not a canonical genesis, or break a rule of [`Genesis::check`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GenesisError> {
        let genesis: Self = decode_exact(bytes)?;
        genesis.check()?;
        Ok(genesis)
    }

    /// Checks limits, that name and purpose can be shown, cards, and that no key stands twice.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), GenesisError> {
        if self.name.trim().is_empty() {
            return Err(GenesisError::NoName);
        }
        if self.name.len() > Self::NAME_BYTES_MAX {
            return Err(GenesisError::NameTooLong(self.name.len()));
        }
        if self.name.contains(is_steering) {
            return Err(GenesisError::Steering("network's name"));
        }
        if self.purpose.len() > Self::PURPOSE_BYTES_MAX {
            return Err(GenesisError::PurposeTooLong(self.purpose.len()));
        }
        if self.purpose.contains(|character| is_steering(character) && character != '\n') {
            return Err(GenesisError::Steering("purpose"));
        }
        if self.founders.is_empty() || self.founders.len() > Self::FOUNDERS_MAX {
            return Err(GenesisError::Founders(self.founders.len()));
        }
        let mut keys: Vec<PublicKey> = Vec::with_capacity(2 * self.founders.len());
        for card in &self.founders {
            card.check().map_err(|error| GenesisError::Card { name: harmless(&card.name), error })?;
            keys.extend([card.organisation, card.node]);
        }
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(GenesisError::SameKey(pair[0])),
            None => Ok(()),
        }
    }
}

/// A name that may be refused for what is in it, fit to be shown in the refusal.
fn harmless(name: &str) -> String {
    name.chars().filter(|character| !is_steering(*character)).collect()
}

impl Encode for Genesis {
    fn encode(&self, writer: &mut Writer) {
        writer.fixed(MAGIC);
        writer.fixed(&self.nonce);
        writer.bytes(self.name.as_bytes());
        writer.bytes(self.purpose.as_bytes());
        writer.length(self.founders.len());
        for card in &self.founders {
            card.encode(writer);
        }
    }
}

impl Decode for Genesis {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.fixed(MAGIC.len())? != MAGIC {
            return Err(DecodeError::NotCanonical("genesis"));
        }
        let nonce = reader.array()?;
        let name = reader.text("name", Self::NAME_BYTES_MAX)?.to_owned();
        let purpose = reader.text("purpose", Self::PURPOSE_BYTES_MAX)?.to_owned();
        let founders = (0..reader.length("founders", Self::FOUNDERS_MAX)?)
            .map(|_| Card::decode(reader))
            .collect::<Result<_, _>>()?;
        Ok(Self { nonce, name, purpose, founders })
    }
}

/// What is wrong with a genesis file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// The bytes are no genesis.
    #[error("this is not a network file ({0})")]
    Bytes(#[from] DecodeError),
    /// The name is empty.
    #[error("the network has no name")]
    NoName,
    /// The name is too long.
    #[error("the network's name is {0} bytes long, and the limit is {max}", max = Genesis::NAME_BYTES_MAX)]
    NameTooLong(usize),
    /// The purpose is too long.
    #[error("the purpose is {0} bytes long, and the limit is {max}", max = Genesis::PURPOSE_BYTES_MAX)]
    PurposeTooLong(usize),
    /// The name or the purpose has characters in it that steer what shows it; the purpose may have line feeds.
    #[error("the {0} has a control character in it")]
    Steering(&'static str),
    /// No founder, or too many.
    #[error("a network begins with 1 to {max} organisations, and this names {0}", max = Genesis::FOUNDERS_MAX)]
    Founders(usize),
    /// One card is wrong.
    #[error("the card of {name}: {error}")]
    Card {
        /// The name on the card.
        name: String,
        /// What is wrong with it.
        error: CardError,
    },
    /// A key stands twice.
    #[error("the key {0} stands twice: does one organisation have two cards here?")]
    SameKey(PublicKey),
}

/// The first bytes of a network file.
const MAGIC: &[u8] = b"knotwork/genesis/1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    fn card(seed: u8) -> Card {
        Card {
            name: format!("Organisation {seed}"),
            organisation: SecretKey::from_seed(&[seed; 32]).public(),
            node: SecretKey::from_seed(&[seed + 100; 32]).public(),
            addresses: vec!["/ip4/127.0.0.1/tcp/7300".into()],
        }
    }

    fn genesis() -> Genesis {
        Genesis {
            nonce: [7; 32],
            name: "Falls".into(),
            purpose: "Fewer falls".into(),
            founders: vec![card(1), card(2), card(3)],
        }
    }

    #[test]
    fn the_file_round_trips_and_names_the_network() {
        let genesis = genesis();
        let read = Genesis::from_bytes(&genesis.to_bytes()).expect("own bytes");
        assert_eq!(read, genesis);
        assert_eq!(read.network(), genesis.network());
        let other = Genesis { nonce: [8; 32], ..genesis.clone() };
        assert_ne!(other.network(), genesis.network());
    }

    #[test]
    fn every_cut_and_every_longer_file_is_refused() {
        let bytes = genesis().to_bytes();
        for end in 0..bytes.len() {
            assert!(Genesis::from_bytes(&bytes[..end]).is_err());
        }
        assert!(Genesis::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn nothing_that_would_steer_a_terminal_is_in_a_genesis() {
        let fine = Genesis { name: "Cwm 漢".into(), purpose: "One.\n\nTwo.".into(), ..genesis() };
        assert_eq!(fine.check(), Ok(()));
        for bad in ["\u{1b}[2J", "\r", "\t", "\0", "\u{202e}", "\u{2069}", "\u{200e}"] {
            let text = format!("a{bad}b");
            let name = Genesis { name: text.clone(), ..genesis() };
            assert_eq!(name.check(), Err(GenesisError::Steering("network's name")), "{bad:?}");
            let purpose = Genesis { purpose: text.clone(), ..genesis() };
            assert_eq!(purpose.check(), Err(GenesisError::Steering("purpose")), "{bad:?}");
            let mut card = genesis();
            card.founders[1].name = text;
            let refused = card.check().expect_err("a control character").to_string();
            assert!(refused.starts_with("the card of ab") || refused.starts_with("the card of a[2Jb"), "{refused:?}");
            assert!(Genesis::from_bytes(&card.to_bytes()).is_err());
        }
        let lines = Genesis { name: "two\nlines".into(), ..genesis() };
        assert!(lines.check().is_err());
    }

    #[test]
    fn a_key_may_stand_once() {
        let mut genesis = genesis();
        genesis.founders[1] = card(1);
        assert!(matches!(genesis.check(), Err(GenesisError::SameKey(_))));
        genesis.founders.clear();
        assert_eq!(genesis.check(), Err(GenesisError::Founders(0)));
    }
}
