//! How an organisation comes into a network: the invitation that it gets, and the application that it signs.

use knotwork_identity::{
    Card, CharterDigest, Decode, DecodeError, Encode, Genesis, NetworkId, PublicKey, Reader, SecretKey, Signature,
    Writer, decode_exact, encode,
};
use thiserror::Error;

use crate::{Charter, Effect, SignedNode, acceptance_bytes};

/// What a sponsor hands to an organisation that may want to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInvitation {
    /// How the network began.
    pub genesis: Genesis,
    /// The sponsor's card, with its node's addresses.
    pub sponsor: Card,
    /// The charter in force; none while it is the first, whose purpose stands in the genesis.
    pub charter: Option<Charter>,
    /// The minutes so far, each with its proof, in their order: whoever is invited sees for themselves who is in.
    pub minutes: Vec<Vec<u8>>,
    /// Tells the sponsor's node which invitation an application answers.
    pub secret: [u8; 32],
}

/// What an organisation signs that wants to join: it accepts this charter, and names its node, or its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The network.
    pub network: NetworkId,
    /// The newcomer's name.
    pub name: String,
    /// Its key.
    pub organisation: PublicKey,
    /// Where its members are at home.
    pub seat: Seat,
    /// The charter that it accepts.
    pub charter: CharterDigest,
    /// By the newcomer's organisation key, over what [`acceptance_bytes`] gives for its seat.
    pub acceptance: Signature,
    /// The secret of the invitation; zeros where the host applies for whom it hosts.
    pub secret: [u8; 32],
}

/// Where an organisation's members are at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seat {
    /// At a node of its own.
    Own {
        /// The node.
        node: SignedNode,
        /// Where it is reached.
        addresses: Vec<String>,
    },
    /// At another organisation's node.
    Hosted {
        /// The organisation whose node it is.
        host: PublicKey,
    },
}

impl Seat {
    /// The node, where it is the organisation's own.
    #[must_use]
    pub fn node(&self) -> Option<SignedNode> {
        match self {
            Self::Own { node, .. } => Some(*node),
            Self::Hosted { .. } => None,
        }
    }

    /// The host, where it is another's.
    #[must_use]
    pub fn host(&self) -> Option<PublicKey> {
        match self {
            Self::Own { .. } => None,
            Self::Hosted { host } => Some(*host),
        }
    }
}

impl NetworkInvitation {
    /// The longest file, in bytes.
    pub const BYTES_MAX: usize = 64 * 1024 * 1024;

    /// What minutes name the charter by that is in the invitation.
    #[must_use]
    pub fn charter_digest(&self) -> CharterDigest {
        self.charter.as_ref().map_or(CharterDigest(self.genesis.network().0), Charter::digest)
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApplicationError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ApplicationError::NotInvitation);
        }
        let invitation: Self = decode_exact(bytes).map_err(|_| ApplicationError::NotInvitation)?;
        let sound = invitation.genesis.check().is_ok() && invitation.sponsor.check().is_ok();
        if sound { Ok(invitation) } else { Err(ApplicationError::NotInvitation) }
    }
}

impl Application {
    /// The longest file, in bytes.
    pub const BYTES_MAX: usize = 16 * 1024;

    /// Signs an application in answer to an invitation to this network, as the minutes in it have it, for an organisation
    /// with a node of its own: by the keys of both.
    #[must_use]
    pub fn sign(
        invitation: &NetworkInvitation,
        network: NetworkId,
        (name, addresses): (String, Vec<String>),
        (organisation, node): (&SecretKey, &SecretKey),
    ) -> Self {
        let seat = Seat::Own { node: SignedNode::sign(network, organisation.public(), node), addresses };
        let charter = invitation.charter_digest();
        Self { secret: invitation.secret, ..Self::accepting(network, name, seat, charter, organisation) }
    }

    /// Signs an application for an organisation whose members use this host's node.
    #[must_use]
    pub fn hosted(
        network: NetworkId,
        name: String,
        host: PublicKey,
        charter: CharterDigest,
        organisation: &SecretKey,
    ) -> Self {
        Self::accepting(network, name, Seat::Hosted { host }, charter, organisation)
    }

    fn accepting(network: NetworkId, name: String, seat: Seat, charter: CharterDigest, key: &SecretKey) -> Self {
        let organisation = key.public();
        let node = seat.node().map(|node| node.key);
        let acceptance = key.sign(&acceptance_bytes(network, organisation, node, seat.host(), charter));
        Self { network, name, organisation, seat, charter, acceptance, secret: [0; 32] }
    }

    /// The same, where it is for this network.
    ///
    /// # Errors
    /// When it is for another.
    pub fn to(self, network: NetworkId) -> Result<Self, ApplicationError> {
        if self.network == network { Ok(self) } else { Err(ApplicationError::OtherNetwork) }
    }

    /// What a decision to admit would do.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect::Admit {
            organisation: self.organisation,
            node: self.seat.node(),
            host: self.seat.host(),
            acceptance: self.acceptance,
        }
    }

    /// The newcomer's card, where it has a node of its own.
    #[must_use]
    pub fn card(&self) -> Option<Card> {
        match &self.seat {
            Seat::Hosted { .. } => None,
            Seat::Own { node, addresses } => Some(Card {
                name: self.name.clone(),
                organisation: self.organisation,
                node: node.key,
                addresses: addresses.clone(),
            }),
        }
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and checks a file: it is signed by the organisation and the node that it names, for the network that it names.
    ///
    /// # Errors
    /// When it is not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApplicationError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ApplicationError::NotApplication);
        }
        let application: Self = decode_exact(bytes).map_err(|_| ApplicationError::NotApplication)?;
        let sound = match application.card() {
            Some(card) => card.check(),
            None => Card::check_name(&application.name),
        };
        sound.map_err(|_| ApplicationError::NotApplication)?;
        let Self { network, organisation, seat, .. } = &application;
        let node = seat.node();
        if node.is_some_and(|node| node.verify(*network, *organisation).is_err()) {
            return Err(ApplicationError::NotItsNode);
        }
        let node = node.map(|node| node.key);
        let signed = acceptance_bytes(*network, *organisation, node, seat.host(), application.charter);
        organisation.verify(&signed, &application.acceptance).map_err(|_| ApplicationError::NotSigned)?;
        Ok(application)
    }
}

/// What is wrong with an invitation or an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ApplicationError {
    /// Not an invitation.
    #[error("this is not an invitation to a network")]
    NotInvitation,
    /// Not an application.
    #[error("this is not an application to join a network")]
    NotApplication,
    /// Of another network.
    #[error("this application is for another network")]
    OtherNetwork,
    /// Not signed.
    #[error("the organisation that this application names has not signed it")]
    NotSigned,
    /// The node has not signed that it is the organisation's.
    #[error("the node that this application names has not signed that it is the organisation's")]
    NotItsNode,
}

impl Encode for NetworkInvitation {
    fn encode(&self, writer: &mut Writer) {
        writer.fixed(INVITATION);
        writer.bytes(&self.genesis.to_bytes());
        self.sponsor.encode(writer);
        writer.option(self.charter.as_ref());
        writer.length(self.minutes.len());
        self.minutes.iter().for_each(|minute| writer.bytes(minute));
        writer.fixed(&self.secret);
    }
}

impl Decode for NetworkInvitation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.fixed(INVITATION.len())? != INVITATION {
            return Err(DecodeError::NotCanonical("invitation"));
        }
        let genesis = decode_exact(reader.bytes("genesis", Self::BYTES_MAX)?)?;
        let sponsor = Card::decode(reader)?;
        let charter = reader.option()?;
        let minutes = (0..reader.length("minutes", Self::BYTES_MAX)?)
            .map(|_| reader.bytes("minute", Self::BYTES_MAX).map(<[u8]>::to_vec))
            .collect::<Result<_, _>>()?;
        Ok(Self { genesis, sponsor, charter, minutes, secret: reader.array()? })
    }
}

impl Encode for Application {
    fn encode(&self, writer: &mut Writer) {
        writer.fixed(APPLICATION);
        self.network.encode(writer);
        writer.bytes(self.name.as_bytes());
        self.organisation.encode(writer);
        self.seat.encode(writer);
        self.charter.encode(writer);
        self.acceptance.encode(writer);
        writer.fixed(&self.secret);
    }
}

impl Decode for Application {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.fixed(APPLICATION.len())? != APPLICATION {
            return Err(DecodeError::NotCanonical("application"));
        }
        Ok(Self {
            network: NetworkId::decode(reader)?,
            name: reader.text("name", Card::NAME_BYTES_MAX)?.to_owned(),
            organisation: PublicKey::decode(reader)?,
            seat: Seat::decode(reader)?,
            charter: CharterDigest::decode(reader)?,
            acceptance: Signature::decode(reader)?,
            secret: reader.array()?,
        })
    }
}

impl Encode for Seat {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Own { node, addresses } => {
                writer.u8(0);
                node.encode(writer);
                writer.length(addresses.len());
                addresses.iter().for_each(|address| writer.bytes(address.as_bytes()));
            }
            Self::Hosted { host } => {
                writer.u8(1);
                host.encode(writer);
            }
        }
    }
}

impl Decode for Seat {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Own {
                node: SignedNode::decode(reader)?,
                addresses: (0..reader.length("addresses", Card::ADDRESSES_MAX)?)
                    .map(|_| reader.text("address", Card::ADDRESS_BYTES_MAX).map(str::to_owned))
                    .collect::<Result<_, _>>()?,
            },
            1 => Self::Hosted { host: PublicKey::decode(reader)? },
            _ => return Err(DecodeError::NotCanonical("seat")),
        })
    }
}

const INVITATION: &[u8] = b"knotwork/invitation/1";
const APPLICATION: &[u8] = b"knotwork/application/1";

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn invitation() -> NetworkInvitation {
        let sponsor = Card {
            name: "Alder".into(),
            organisation: key(1).public(),
            node: key(101).public(),
            addresses: vec!["/ip4/127.0.0.1/tcp/7300".into()],
        };
        let founders = vec![sponsor.clone()];
        let genesis = Genesis { nonce: [7; 32], name: "Falls".into(), purpose: "Fewer falls".into(), founders };
        let charter = Some(Charter::first("Fewer falls, and more walks".into()));
        NetworkInvitation { genesis, sponsor, charter, minutes: vec![vec![1, 2], vec![3]], secret: [9; 32] }
    }

    fn every_cut_is_refused(application: &Application) {
        let bytes = application.to_bytes();
        assert_eq!(Application::from_bytes(&bytes), Ok(application.clone()));
        for end in 0..bytes.len() {
            assert!(Application::from_bytes(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn an_invitation_is_answered_by_a_signed_application() {
        let invitation = invitation();
        let network = invitation.genesis.network();
        let bytes = invitation.to_bytes();
        assert_eq!(NetworkInvitation::from_bytes(&bytes), Ok(invitation.clone()));
        for end in 0..bytes.len() {
            assert!(NetworkInvitation::from_bytes(&bytes[..end]).is_err());
        }
        let addresses = vec!["/ip4/127.0.0.1/tcp/7301".into()];
        let keys = (&key(2), &key(102));
        let application = Application::sign(&invitation, network, ("Birch".into(), addresses), keys);
        every_cut_is_refused(&application);
        assert_eq!(application.clone().to(network), Ok(application.clone()));
        assert_eq!(application.clone().to(NetworkId([1; 32])), Err(ApplicationError::OtherNetwork));
        let elsewhere = Application { network: NetworkId([1; 32]), ..application.clone() };
        assert!(Application::from_bytes(&elsewhere.to_bytes()).is_err());
        let forged = Application { charter: CharterDigest([1; 32]), ..application.clone() };
        assert_eq!(Application::from_bytes(&forged.to_bytes()), Err(ApplicationError::NotSigned));
        // Another's node, as whoever has seen its card could name it.
        let node = SignedNode { key: key(103).public(), ..application.seat.node().expect("its own") };
        let seat = Seat::Own { node, addresses: Vec::new() };
        let forged = Application::accepting(network, "Birch".into(), seat, application.charter, &key(2));
        assert_eq!(Application::from_bytes(&forged.to_bytes()), Err(ApplicationError::NotItsNode));
    }

    #[test]
    fn who_is_hosted_names_its_host_and_no_node() {
        let (network, charter) = (NetworkId([7; 32]), CharterDigest([8; 32]));
        let application = Application::hosted(network, "Cedar".into(), key(1).public(), charter, &key(3));
        every_cut_is_refused(&application);
        assert_eq!((application.card(), application.seat.host()), (None, Some(key(1).public())));
        let elsewhere = Application { seat: Seat::Hosted { host: key(2).public() }, ..application.clone() };
        assert_eq!(Application::from_bytes(&elsewhere.to_bytes()), Err(ApplicationError::NotSigned));
        let nameless = Application { name: " ".into(), ..application };
        assert_eq!(Application::from_bytes(&nameless.to_bytes()), Err(ApplicationError::NotApplication));
    }
}
