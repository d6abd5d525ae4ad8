//! Who is asked in a decision.

use knotwork_identity::{Decode, DecodeError, Encode, PersonId, PublicKey, Reader, Writer};

use crate::ELECTORATE_MAX;

/// Who is asked, each once and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Electorate {
    /// One voice for each organisation.
    Organisations(Vec<PublicKey>),
    /// One for each person, with the organisation that certified them.
    Persons(Vec<(PublicKey, PersonId)>),
}

/// One of those who are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voter {
    /// An organisation, through a member with a mandate.
    Organisation(PublicKey),
    /// A person of an organisation.
    Person(PublicKey, PersonId),
}

impl Voter {
    /// The organisation that it is, or that certified the person.
    #[must_use]
    pub fn organisation(&self) -> &PublicKey {
        match self {
            Self::Organisation(organisation) | Self::Person(organisation, _) => organisation,
        }
    }
}

impl Electorate {
    /// How many are asked.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Organisations(organisations) => organisations.len(),
            Self::Persons(persons) => persons.len(),
        }
    }

    /// Whether nobody is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of a voter, if they are asked.
    #[must_use]
    pub fn place(&self, voter: &Voter) -> Option<u32> {
        let place = match (self, voter) {
            (Self::Organisations(all), Voter::Organisation(key)) => all.binary_search(key).ok(),
            (Self::Persons(all), Voter::Person(key, person)) => all.binary_search(&(*key, *person)).ok(),
            _ => None,
        };
        place.and_then(|place| u32::try_from(place).ok())
    }

    /// Everyone who is asked, in the order of their places.
    pub fn voters(&self) -> impl Iterator<Item = Voter> {
        (0..).map_while(|place| self.voter(place))
    }

    /// The voter at a place.
    #[must_use]
    pub fn voter(&self, place: u32) -> Option<Voter> {
        let place = place as usize;
        match self {
            Self::Organisations(all) => all.get(place).map(|key| Voter::Organisation(*key)),
            Self::Persons(all) => all.get(place).map(|(key, person)| Voter::Person(*key, *person)),
        }
    }

    pub(crate) fn is_in_order(&self) -> bool {
        match self {
            Self::Organisations(all) => all.is_sorted_by(|a, b| a < b),
            Self::Persons(all) => all.is_sorted_by(|a, b| a < b),
        }
    }
}

impl Encode for Electorate {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Organisations(all) => {
                writer.u8(0);
                writer.length(all.len());
                all.iter().for_each(|key| key.encode(writer));
            }
            Self::Persons(all) => {
                writer.u8(1);
                writer.length(all.len());
                for (key, person) in all {
                    key.encode(writer);
                    person.encode(writer);
                }
            }
        }
    }
}

impl Decode for Electorate {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let most = ELECTORATE_MAX as usize;
        match reader.u8()? {
            0 => (0..reader.length("electorate", most)?)
                .map(|_| PublicKey::decode(reader))
                .collect::<Result<_, _>>()
                .map(Self::Organisations),
            1 => (0..reader.length("electorate", most)?)
                .map(|_| Ok((PublicKey::decode(reader)?, PersonId::decode(reader)?)))
                .collect::<Result<_, _>>()
                .map(Self::Persons),
            _ => Err(DecodeError::NotCanonical("electorate")),
        }
    }
}

impl Encode for Voter {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Organisation(key) => {
                writer.u8(0);
                key.encode(writer);
            }
            Self::Person(key, person) => {
                writer.u8(1);
                key.encode(writer);
                person.encode(writer);
            }
        }
    }
}

impl Decode for Voter {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Ok(Self::Organisation(PublicKey::decode(reader)?)),
            1 => Ok(Self::Person(PublicKey::decode(reader)?, PersonId::decode(reader)?)),
            _ => Err(DecodeError::NotCanonical("voter")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn voters_have_a_place() {
        let electorate = Electorate::Organisations((0..4).map(|key| PublicKey([key; 32])).collect());
        for place in 0..4 {
            let voter = electorate.voter(place).expect("asked");
            assert_eq!(electorate.place(&voter), Some(place));
        }
        assert_eq!(electorate.voter(4), None);
        assert_eq!(electorate.voters().count(), 4);
        assert_eq!(electorate.place(&Voter::Person(PublicKey([1; 32]), PersonId([0; 16]))), None);
        let places: BTreeSet<Option<u32>> =
            (0..4).map(|key| electorate.place(&Voter::Organisation(PublicKey([key; 32])))).collect();
        assert_eq!(places.len(), 4);
    }
}
