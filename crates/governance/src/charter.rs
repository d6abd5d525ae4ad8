//! The charter: what a network is for and how it works, agreed and agreed anew.

use std::collections::BTreeSet;

use knotwork_identity::{CharterDigest, Decode, DecodeError, Encode, Reader, Writer, encode, is_steering, sha256};
use thiserror::Error;

use crate::{BindingRules, Method};

/// A charter. Its texts are prose: several lines, without characters that steer what shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// What the network is for.
    pub purpose: String,
    /// What kind of network it is.
    pub kinds: BTreeSet<NetworkKind>,
    /// What it mainly does.
    pub functions: BTreeSet<NetworkFunction>,
    /// How its people work together.
    pub ways_of_working: String,
    /// What they hold dear.
    pub values: String,
    /// How disagreement is respected.
    pub disagreement: String,
    /// How decisions are usually taken.
    pub usual_method: Method,
    /// For how many days a decision is usually open, 1 to 90.
    pub usual_days: u16,
    /// What decisions that bind have to reach.
    pub rules: BindingRules,
}

/// What kind of network it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum NetworkKind {
    /// People learn from each other and get better at something.
    Learning = 0,
    /// Organisations get something done together.
    Agency = 1,
    /// They speak up for something.
    Advocacy = 2,
    /// Somebody has been asked to run it.
    Managed = 3,
    /// People like to meet.
    Social = 4,
    /// Many who want something changed.
    SocialMovement = 5,
}

/// What a network mainly does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum NetworkFunction {
    /// It builds a community.
    CommunityBuilding = 0,
    /// It sorts out what matters from what does not.
    Filtering = 1,
    /// It makes what its members say heard.
    Amplifying = 2,
    /// It makes work together easier.
    Facilitating = 3,
    /// It gives its members what they need.
    Providing = 4,
    /// It brings people together.
    Convening = 5,
}

impl NetworkKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Learning, Self::Agency, Self::Advocacy, Self::Managed, Self::Social, Self::SocialMovement];
}

impl NetworkFunction {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CommunityBuilding,
        Self::Filtering,
        Self::Amplifying,
        Self::Facilitating,
        Self::Providing,
        Self::Convening,
    ];
}

impl Charter {
    /// The longest purpose, in bytes.
    pub const PURPOSE_BYTES_MAX: usize = 20_000;
    /// The longest of the other texts, in bytes: all four fit in one change.
    pub const TEXT_BYTES_MAX: usize = 12_000;
    /// The longest time that decisions are usually open, in days.
    pub const USUAL_DAYS_MAX: u16 = 90;
    /// How long decisions are usually open where no charter says anything else, in days.
    pub const USUAL_DAYS_FIRST: u16 = 14;

    /// The charter with which a network begins, when it has said nothing but its purpose.
    #[must_use]
    pub fn first(purpose: String) -> Self {
        Self {
            purpose,
            kinds: BTreeSet::new(),
            functions: BTreeSet::new(),
            ways_of_working: String::new(),
            values: String::new(),
            disagreement: String::new(),
            usual_method: Method::Consent,
            usual_days: Self::USUAL_DAYS_FIRST,
            rules: BindingRules::FIRST,
        }
    }

    /// What minutes name it by: SHA-256("knotwork/charter/1" ‖ the canonical bytes).
    #[must_use]
    pub fn digest(&self) -> CharterDigest {
        CharterDigest(sha256(&[b"knotwork/charter/1", &encode(self)]))
    }

    /// Checks the limits, and that the texts can be shown.
    ///
    /// # Errors
    /// Names the text that is wrong.
    pub fn check(&self) -> Result<(), CharterError> {
        if self.purpose.trim().is_empty() {
            return Err(CharterError::NoPurpose);
        }
        for (name, text, limit) in [
            ("purpose", &self.purpose, Self::PURPOSE_BYTES_MAX),
            ("ways of working", &self.ways_of_working, Self::TEXT_BYTES_MAX),
            ("values", &self.values, Self::TEXT_BYTES_MAX),
            ("disagreement", &self.disagreement, Self::TEXT_BYTES_MAX),
        ] {
            if text.len() > limit {
                return Err(CharterError::TooLong { name, found: text.len(), limit });
            }
            if text.contains(|character| is_steering(character) && character != '\n') {
                return Err(CharterError::Steering(name));
            }
        }
        if !(1..=Self::USUAL_DAYS_MAX).contains(&self.usual_days) {
            return Err(CharterError::Days(self.usual_days));
        }
        let fallback = match self.usual_method {
            Method::Consensus { fallback } => fallback,
            _ => None,
        };
        let is_sound = fallback.is_none_or(|fallback| fallback.check().is_ok());
        if self.usual_method.chooses() || !self.usual_method.decides() || !is_sound {
            return Err(CharterError::Method);
        }
        if !self.rules.is_sound() {
            return Err(CharterError::Rules);
        }
        Ok(())
    }
}

/// What is wrong with a charter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CharterError {
    /// It says not what the network is for.
    #[error("the charter has no purpose")]
    NoPurpose,
    /// A text is too long.
    #[error("the {name} is {found} bytes long, and the limit is {limit}")]
    TooLong {
        /// Which text.
        name: &'static str,
        /// Its bytes.
        found: usize,
        /// The most.
        limit: usize,
    },
    /// A text has a character in it that steers what shows it.
    #[error("the {0} has a control character in it")]
    Steering(&'static str),
    /// Decisions are open for no days, or for too many.
    #[error("decisions are open for 1 to {max} days, not {0}", max = Charter::USUAL_DAYS_MAX)]
    Days(u16),
    /// The rules are such that nothing could be refused, or nobody would look at it again.
    #[error("each share is a half at least, that to remove an organisation more than a half, and the charter is looked at again within {max} months", max = BindingRules::REVIEW_MONTHS_MAX)]
    Rules,
    /// The usual method needs options or decides nothing, or what it falls back on is less than a majority.
    #[error("the usual way decides about one proposal, and what it falls back on is a majority at least")]
    Method,
}

impl Encode for Charter {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.purpose.as_bytes());
        writer.u8(self.kinds.iter().fold(0, |bits, kind| bits | 1 << *kind as u8));
        writer.u8(self.functions.iter().fold(0, |bits, function| bits | 1 << *function as u8));
        for text in [&self.ways_of_working, &self.values, &self.disagreement] {
            writer.bytes(text.as_bytes());
        }
        self.usual_method.encode(writer);
        writer.u16(self.usual_days);
        self.rules.encode(writer);
    }
}

impl Decode for Charter {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let purpose = reader.text("purpose", Self::PURPOSE_BYTES_MAX)?.to_owned();
        let (kinds, functions) = (reader.u8()?, reader.u8()?);
        if kinds >= 1 << NetworkKind::ALL.len() || functions >= 1 << NetworkFunction::ALL.len() {
            return Err(DecodeError::NotCanonical("charter"));
        }
        let charter = Self {
            purpose,
            kinds: NetworkKind::ALL.into_iter().filter(|kind| kinds & 1 << *kind as u8 != 0).collect(),
            functions: NetworkFunction::ALL.into_iter().filter(|one| functions & 1 << *one as u8 != 0).collect(),
            ways_of_working: reader.text("ways of working", Self::TEXT_BYTES_MAX)?.to_owned(),
            values: reader.text("values", Self::TEXT_BYTES_MAX)?.to_owned(),
            disagreement: reader.text("disagreement", Self::TEXT_BYTES_MAX)?.to_owned(),
            usual_method: Method::decode(reader)?,
            usual_days: reader.u16()?,
            rules: BindingRules::decode(reader)?,
        };
        charter.check().map_err(|_| DecodeError::NotCanonical("charter"))?;
        Ok(charter)
    }
}

#[cfg(test)]
mod tests {
    use knotwork_identity::decode_exact;

    use super::*;
    use crate::{Denominator, Threshold};

    #[test]
    fn a_charter_round_trips_and_every_part_is_in_its_digest() {
        let first = Charter::first("Fewer falls".into());
        assert_eq!(first.check(), Ok(()));
        assert_eq!(decode_exact(&encode(&first)), Ok(first.clone()));
        let rules = BindingRules { review_months: 6, ..BindingRules::FIRST };
        let others = [
            Charter { purpose: "More walks".into(), ..first.clone() },
            Charter { kinds: [NetworkKind::SocialMovement].into(), ..first.clone() },
            Charter { functions: [NetworkFunction::Convening].into(), ..first.clone() },
            Charter { ways_of_working: "Open".into(), ..first.clone() },
            Charter { values: "Open".into(), ..first.clone() },
            Charter { disagreement: "Open".into(), ..first.clone() },
            Charter { usual_method: Method::Majority, ..first.clone() },
            Charter { usual_days: 7, ..first.clone() },
            Charter { rules, ..first.clone() },
        ];
        let mut digests: BTreeSet<CharterDigest> = others.iter().map(Charter::digest).collect();
        digests.insert(first.digest());
        assert_eq!(digests.len(), others.len() + 1);
        for other in others {
            assert_eq!(decode_exact(&encode(&other)), Ok(other));
        }
    }

    #[test]
    fn every_limit_is_named() {
        let first = Charter::first("Fewer falls".into());
        let long = "a".repeat(Charter::TEXT_BYTES_MAX);
        assert_eq!(Charter { values: long.clone(), ..first.clone() }.check(), Ok(()));
        assert!(matches!(Charter { values: long + "a", ..first.clone() }.check(), Err(CharterError::TooLong { .. })));
        assert_eq!(Charter { purpose: " ".into(), ..first.clone() }.check(), Err(CharterError::NoPurpose));
        assert_eq!(Charter { usual_days: 0, ..first.clone() }.check(), Err(CharterError::Days(0)));
        assert_eq!(Charter { usual_days: 91, ..first.clone() }.check(), Err(CharterError::Days(91)));
        assert_eq!(Charter { usual_method: Method::dot(), ..first.clone() }.check(), Err(CharterError::Method));
        let third = Threshold { ratio: crate::Ratio::new(1, 3), ..Threshold::two_thirds(Denominator::VotesCast) };
        for method in [Method::Advice, Method::Gradients, Method::Consensus { fallback: Some(third) }] {
            assert_eq!(
                Charter { usual_method: method, ..first.clone() }.check(),
                Err(CharterError::Method),
                "{method:?}"
            );
        }
        for rules in [
            BindingRules { remove: crate::Ratio::new(1, 2), ..BindingRules::FIRST },
            BindingRules { admit: crate::Ratio::new(1, 3), ..BindingRules::FIRST },
        ] {
            assert_eq!(Charter { rules, ..first.clone() }.check(), Err(CharterError::Rules));
        }
        let rules = BindingRules { admit: crate::Ratio::new(1, 3), ..BindingRules::FIRST };
        assert_eq!(Charter { rules, ..first.clone() }.check(), Err(CharterError::Rules));
        let rules = BindingRules { review_months: 0, ..BindingRules::FIRST };
        assert_eq!(Charter { rules, ..first.clone() }.check(), Err(CharterError::Rules));
        let steering = Charter { values: "\u{202e}".into(), ..first };
        assert_eq!(steering.check(), Err(CharterError::Steering("values")));
    }
}
