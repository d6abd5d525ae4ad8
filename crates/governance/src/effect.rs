//! What a decision changes for everyone, once it is minuted.

use knotwork_identity::{
    CharterDigest, Decode, DecodeError, DocumentId, Encode, NetworkId, PublicKey, Reader, Signature, Writer,
};

use crate::{BindingRules, SignedNode};

/// What an adopted decision does to what is agreed. It names keys and hashes, never names, reasons or texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// An organisation comes onto the roster.
    Admit {
        /// Its key.
        organisation: PublicKey,
        /// Its node, which signs minutes for it; none where it is hosted.
        node: Option<SignedNode>,
        /// The organisation whose node its members use, where it has none of its own.
        host: Option<PublicKey>,
        /// The newcomer's signature over [`acceptance_bytes`].
        acceptance: Signature,
    },
    /// An organisation goes off the roster against its will.
    Remove {
        /// Its key.
        organisation: PublicKey,
        /// What stands of what it wrote.
        stands: Stands,
    },
    /// An organisation that has been silent rests, until it says that it is back.
    Rest {
        /// Its key.
        organisation: PublicKey,
    },
    /// Another charter is in force.
    Charter {
        /// Where its text is.
        document: DocumentId,
        /// What the text has to hash to.
        digest: CharterDigest,
        /// What the minutes need of it.
        rules: BindingRules,
    },
    /// Another node signs for an organisation that cannot say so itself.
    Node {
        /// Its key.
        organisation: PublicKey,
        /// The node.
        node: SignedNode,
    },
    /// The network says where it stands.
    Stage(Stage),
}

/// How far along a network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// People find out whether there is anything to do together.
    PreEmergent = 0,
    /// First ties, first agreements.
    Emerging = 1,
    /// In full work.
    Established = 2,
    /// Asleep: nobody has ended it, and it may wake.
    Dormant = 3,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::PreEmergent, Self::Emerging, Self::Established, Self::Dormant];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PreEmergent => "pre-emergent",
            Self::Emerging => "emerging",
            Self::Established => "established",
            Self::Dormant => "dormant",
        }
    }
}

/// Which changes of an organisation stand after it has gone: their number and a hash; the ids are in documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stands {
    /// How many.
    pub count: u64,
    /// SHA-256 of their ids, ascending, one after another.
    pub digest: [u8; 32],
}

impl Effect {
    /// The word for its kind that programs go by.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Admit { .. } => "admit",
            Self::Remove { .. } => "remove",
            Self::Rest { .. } => "rest",
            Self::Charter { .. } => "charter",
            Self::Node { .. } => "node",
            Self::Stage(_) => "stage",
        }
    }

    /// The organisation that it is about, if it is about one.
    #[must_use]
    pub fn organisation(&self) -> Option<PublicKey> {
        match self {
            Self::Admit { organisation, .. }
            | Self::Remove { organisation, .. }
            | Self::Rest { organisation }
            | Self::Node { organisation, .. } => Some(*organisation),
            Self::Charter { .. } | Self::Stage(_) => None,
        }
    }

    /// The organisation that this parts with or lets rest: it is heard, and not asked.
    #[must_use]
    pub fn against(&self) -> Option<PublicKey> {
        match self {
            Self::Remove { organisation, .. } | Self::Rest { organisation } => Some(*organisation),
            _ => None,
        }
    }

    /// The organisation that this parts with: there is no way back by its own word, so it is heard before.
    #[must_use]
    pub fn removes(&self) -> Option<PublicKey> {
        match self {
            Self::Remove { organisation, .. } => Some(*organisation),
            _ => None,
        }
    }

    /// The organisation that would not sign minutes any more, or not with the node that it has.
    #[must_use]
    pub fn silences(&self) -> Option<PublicKey> {
        match self {
            Self::Node { organisation, .. } => Some(*organisation),
            _ => self.against(),
        }
    }
}

/// What a newcomer signs with its organisation's key: that it accepts this charter, and which node is its voice.
#[must_use]
pub fn acceptance_bytes(
    network: NetworkId,
    organisation: PublicKey,
    node: Option<PublicKey>,
    host: Option<PublicKey>,
    charter: CharterDigest,
) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/accept/1");
    network.encode(&mut writer);
    organisation.encode(&mut writer);
    writer.option(node.as_ref());
    writer.option(host.as_ref());
    charter.encode(&mut writer);
    writer.into_bytes()
}

impl Encode for Effect {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Admit { organisation, node, host, acceptance } => {
                writer.u8(0);
                organisation.encode(writer);
                writer.option(node.as_ref());
                writer.option(host.as_ref());
                acceptance.encode(writer);
            }
            Self::Remove { organisation, stands } => {
                writer.u8(1);
                organisation.encode(writer);
                stands.encode(writer);
            }
            Self::Rest { organisation } => {
                writer.u8(2);
                organisation.encode(writer);
            }
            Self::Charter { document, digest, rules } => {
                writer.u8(3);
                document.encode(writer);
                digest.encode(writer);
                rules.encode(writer);
            }
            Self::Node { organisation, node } => {
                writer.u8(4);
                organisation.encode(writer);
                node.encode(writer);
            }
            Self::Stage(stage) => {
                writer.u8(5);
                writer.u8(*stage as u8);
            }
        }
    }
}

impl Decode for Effect {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Admit {
                organisation: PublicKey::decode(reader)?,
                node: reader.option()?,
                host: reader.option()?,
                acceptance: Signature::decode(reader)?,
            },
            1 => Self::Remove { organisation: PublicKey::decode(reader)?, stands: Stands::decode(reader)? },
            2 => Self::Rest { organisation: PublicKey::decode(reader)? },
            3 => Self::Charter {
                document: DocumentId::decode(reader)?,
                digest: CharterDigest::decode(reader)?,
                rules: BindingRules::decode(reader)?,
            },
            4 => Self::Node { organisation: PublicKey::decode(reader)?, node: SignedNode::decode(reader)? },
            5 => {
                let stage = usize::from(reader.u8()?);
                Self::Stage(*Stage::ALL.get(stage).ok_or(DecodeError::NotCanonical("stage"))?)
            }
            _ => return Err(DecodeError::NotCanonical("effect")),
        })
    }
}

impl Encode for Stands {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.count);
        writer.fixed(&self.digest);
    }
}

impl Decode for Stands {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { count: reader.u64()?, digest: reader.array()? })
    }
}
