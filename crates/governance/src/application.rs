//! How an organisation comes into a network: the invitation that it gets, and the application that it signs.

use knotwork_identity::{
    Card, CharterDigest, Decode, DecodeError, Encode, Genesis, NetworkId, PublicKey, Reader, SecretKey, Signature,
    Writer, decode_exact, encode,
};
use thiserror::Error;

use crate::{Charter, Effect, acceptance_bytes};

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

/// What an organisation signs that wants to join: it accepts this charter, and names its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The network.
    pub network: NetworkId,
    /// The newcomer's card.
    pub card: Card,
    /// The charter that it accepts.
    pub charter: CharterDigest,
    /// By the newcomer's organisation key, over what [`acceptance_bytes`] gives for its node.
    pub acceptance: Signature,
    /// The secret of the invitation.
    pub secret: [u8; 32],
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

    /// Signs an application in answer to an invitation to this network, as the minutes in it have it.
    #[must_use]
    pub fn sign(invitation: &NetworkInvitation, network: NetworkId, card: Card, organisation: &SecretKey) -> Self {
        let charter = invitation.charter_digest();
        let bytes = acceptance_bytes(network, card.organisation, Some(card.node), None, charter);
        Self { network, charter, acceptance: organisation.sign(&bytes), secret: invitation.secret, card }
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
            organisation: self.card.organisation,
            node: Some(self.card.node),
            host: None,
            acceptance: self.acceptance,
        }
    }

    /// The organisation that applies.
    #[must_use]
    pub fn organisation(&self) -> PublicKey {
        self.card.organisation
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and checks a file: it is signed by the organisation that it names, for the network that it names.
    ///
    /// # Errors
    /// When it is not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApplicationError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ApplicationError::NotApplication);
        }
        let application: Self = decode_exact(bytes).map_err(|_| ApplicationError::NotApplication)?;
        application.card.check().map_err(|_| ApplicationError::NotApplication)?;
        let Card { organisation, node, .. } = application.card;
        let signed = acceptance_bytes(application.network, organisation, Some(node), None, application.charter);
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
        self.card.encode(writer);
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
            card: Card::decode(reader)?,
            charter: CharterDigest::decode(reader)?,
            acceptance: Signature::decode(reader)?,
            secret: reader.array()?,
        })
    }
}

const INVITATION: &[u8] = b"knotwork/invitation/1";
const APPLICATION: &[u8] = b"knotwork/application/1";

#[cfg(test)]
mod tests {
    use super::*;

    fn card(seed: u8) -> (Card, SecretKey) {
        let organisation = SecretKey::from_seed(&[seed; 32]);
        let card = Card {
            name: format!("Organisation {seed}"),
            organisation: organisation.public(),
            node: SecretKey::from_seed(&[seed + 100; 32]).public(),
            addresses: vec!["/ip4/127.0.0.1/tcp/7300".into()],
        };
        (card, organisation)
    }

    #[test]
    fn an_invitation_is_answered_by_a_signed_application() {
        let (sponsor, _) = card(1);
        let genesis = Genesis {
            nonce: [7; 32],
            name: "Falls".into(),
            purpose: "Fewer falls".into(),
            founders: vec![sponsor.clone()],
        };
        let network = genesis.network();
        let charter = Some(Charter::first("Fewer falls, and more walks".into()));
        let minutes = vec![vec![1, 2], vec![3]];
        let invitation = NetworkInvitation { genesis, sponsor, charter, minutes, secret: [9; 32] };
        assert_eq!(NetworkInvitation::from_bytes(&invitation.to_bytes()), Ok(invitation.clone()));
        let (newcomer, key) = card(2);
        let application = Application::sign(&invitation, network, newcomer, &key);
        let bytes = application.to_bytes();
        assert_eq!(Application::from_bytes(&bytes).and_then(|read| read.to(network)), Ok(application.clone()));
        assert_eq!(application.clone().to(NetworkId([1; 32])), Err(ApplicationError::OtherNetwork));
        let elsewhere = Application { network: NetworkId([1; 32]), ..application.clone() };
        assert_eq!(Application::from_bytes(&elsewhere.to_bytes()), Err(ApplicationError::NotSigned));
        let forged = Application { charter: CharterDigest([1; 32]), ..application };
        assert_eq!(Application::from_bytes(&forged.to_bytes()), Err(ApplicationError::NotSigned));
        for end in 0..bytes.len() {
            assert!(Application::from_bytes(&bytes[..end]).is_err());
        }
        let bytes = invitation.to_bytes();
        for end in 0..bytes.len() {
            assert!(NetworkInvitation::from_bytes(&bytes[..end]).is_err());
        }
    }
}
