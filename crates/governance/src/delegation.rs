//! Delegations: a member who is away has a colleague speak for them.

use knotwork_identity::{
    ChangeId, Decode, DecodeError, DocumentId, Encode, Nonce, PersonId, PublicKey, Reader, Timestamp, Writer,
};

use crate::{Terms, paper::nonce};

/// What a member asks of a colleague: to speak with their voices while they are away. It goes one step and no further: the
/// voices are the asker's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The organisation of both.
    pub organisation: PublicKey,
    /// Who is away.
    pub person: PersonId,
    /// Who stands in.
    pub stand_in: PersonId,
    /// The change with which the organisation certified the keys that the stand-in signs with.
    pub certified: ChangeId,
    /// The changes that give whoever is away their voices: one that certified their key, and one that gave a mandate, as
    /// far as there are such; ascending.
    pub voices: Vec<ChangeId>,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What one of the two says on a delegation: the stand-in accepts it, and either ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegationAnswer {
    /// The delegation's document.
    pub delegation: DocumentId,
    /// Whether it is accepted; if not, it is declined or ended.
    pub accepted: bool,
}

impl Delegation {
    /// The most voices: one's own, and one's organisation's.
    pub const VOICES_MAX: usize = 2;
    /// The longest time, in milliseconds: a year.
    pub const MILLISECONDS_MAX: u64 = 366 * 86_400_000;

    /// Whether it is for a time in which a decision by these terms is open. No clock is asked: what counts is the same at
    /// every node.
    #[must_use]
    pub fn is_for(&self, terms: &Terms) -> bool {
        self.from <= terms.closes && terms.opens <= self.until
    }

    fn is_sound(&self) -> bool {
        let lasts = self.until.milliseconds().checked_sub(self.from.milliseconds());
        self.person != self.stand_in
            && (1..=Self::VOICES_MAX).contains(&self.voices.len())
            && self.voices.is_sorted_by(|a, b| a < b)
            && lasts.is_some_and(|lasts| lasts <= Self::MILLISECONDS_MAX)
    }
}

impl DelegationAnswer {
    /// The nonce of the document of a key's answer to a delegation.
    #[must_use]
    pub fn nonce(delegation: DocumentId) -> Nonce {
        nonce(&[b"knotwork/delegation/answer/1", &delegation.0])
    }
}

impl Encode for Delegation {
    fn encode(&self, writer: &mut Writer) {
        self.organisation.encode(writer);
        self.person.encode(writer);
        self.stand_in.encode(writer);
        self.certified.encode(writer);
        writer.length(self.voices.len());
        self.voices.iter().for_each(|voice| voice.encode(writer));
        writer.u64(self.from.milliseconds());
        writer.u64(self.until.milliseconds());
    }
}

impl Decode for Delegation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let organisation = PublicKey::decode(reader)?;
        let (person, stand_in) = (PersonId::decode(reader)?, PersonId::decode(reader)?);
        let certified = ChangeId::decode(reader)?;
        let voices = (0..reader.length("voices", Self::VOICES_MAX)?)
            .map(|_| ChangeId::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        let time = |reader: &mut Reader<'_>| {
            Timestamp::from_milliseconds(reader.u64()?).ok_or(DecodeError::NotCanonical("time"))
        };
        let (from, until) = (time(reader)?, time(reader)?);
        let delegation = Self { organisation, person, stand_in, certified, voices, from, until };
        if delegation.is_sound() { Ok(delegation) } else { Err(DecodeError::NotCanonical("delegation")) }
    }
}

impl Encode for DelegationAnswer {
    fn encode(&self, writer: &mut Writer) {
        self.delegation.encode(writer);
        writer.u8(u8::from(self.accepted));
    }
}

impl Decode for DelegationAnswer {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let delegation = DocumentId::decode(reader)?;
        let accepted = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::NotCanonical("answer")),
        };
        Ok(Self { delegation, accepted })
    }
}

#[cfg(test)]
mod tests {
    use knotwork_identity::{decode_exact, encode};

    use super::*;

    fn delegation() -> Delegation {
        let at = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("a time");
        Delegation {
            organisation: PublicKey([1; 32]),
            person: PersonId([2; 16]),
            stand_in: PersonId([3; 16]),
            certified: ChangeId([4; 32]),
            voices: vec![ChangeId([5; 32]), ChangeId([6; 32])],
            from: at(1_000),
            until: at(2_000),
        }
    }

    #[test]
    fn it_round_trips_and_every_cut_is_refused() {
        let bytes = encode(&delegation());
        assert_eq!(decode_exact(&bytes), Ok(delegation()));
        for end in 0..bytes.len() {
            assert!(decode_exact::<Delegation>(&bytes[..end]).is_err());
        }
        for accepted in [true, false] {
            let answer = DelegationAnswer { delegation: DocumentId([7; 32]), accepted };
            let mut bytes = encode(&answer);
            assert_eq!(decode_exact(&bytes), Ok(answer));
            *bytes.last_mut().expect("it has bytes") = 2;
            assert!(decode_exact::<DelegationAnswer>(&bytes).is_err());
        }
    }

    #[test]
    fn what_no_delegation_may_say_is_not_read() {
        let refused = |change: &dyn Fn(&mut Delegation)| {
            let mut delegation = delegation();
            change(&mut delegation);
            decode_exact::<Delegation>(&encode(&delegation)).is_err()
        };
        assert!(refused(&|one| one.stand_in = one.person), "nobody stands in for themself");
        assert!(refused(&|one| one.voices.clear()));
        assert!(refused(&|one| one.voices.swap(0, 1)));
        assert!(refused(&|one| one.voices[1] = one.voices[0]));
        assert!(refused(&|one| one.voices.push(ChangeId([9; 32]))));
        assert!(refused(&|one| one.until = Timestamp::NONE));
        let lasts = |milliseconds: u64| {
            move |one: &mut Delegation| {
                one.until = Timestamp::from_milliseconds(1_000 + milliseconds).expect("a time");
            }
        };
        assert!(!refused(&lasts(Delegation::MILLISECONDS_MAX)));
        assert!(refused(&lasts(Delegation::MILLISECONDS_MAX + 1)));
    }
}
