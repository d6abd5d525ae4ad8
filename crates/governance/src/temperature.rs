//! Temperature checks: how people feel about something before anything is decided. They bind nothing, and nobody is named.

use std::{fmt, str::FromStr};

use knotwork_identity::{
    ChangeId, Decode, DecodeError, DocumentId, Encode, Nonce, Reader, Timestamp, Writer, is_steering,
};
use thiserror::Error;

use crate::paper::nonce;

/// What is asked, frozen when it is asked: counts name the change that asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemperatureCheck {
    /// What people are asked how they feel about.
    pub question: String,
    /// What there is to know about it.
    pub text: String,
    /// The resource or decision that it is about.
    pub about: Option<DocumentId>,
    /// From when answers are taken.
    pub opens: Timestamp,
    /// Until when, by each organisation's own clock.
    pub closes: Timestamp,
}

/// How somebody feels about it. The words are those of the API and the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Feeling {
    /// Strongly for it.
    StronglyFor = 0,
    /// For it.
    For = 1,
    /// Neither, or both.
    Between = 2,
    /// Against it.
    Against = 3,
    /// Strongly against it.
    StronglyAgainst = 4,
}

/// How many feel how: for each [`Feeling`], in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Feelings(pub [u32; Feeling::ALL.len()]);

/// What an organisation passes on of its members' answers, once the check has closed: how many feel how, and nobody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemperatureCounts {
    /// The check.
    pub check: DocumentId,
    /// The change that asked what was answered.
    pub asked: ChangeId,
    /// How many feel how.
    pub feelings: Feelings,
}

/// One member's answer, as their own node keeps it until the check has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemperatureAnswer {
    /// How they feel.
    pub feeling: Feeling,
    /// Whether it is to be passed on although too few of their organisation have answered to hide it.
    pub alone: bool,
}

impl TemperatureCheck {
    /// The longest question, in bytes.
    pub const QUESTION_BYTES_MAX: usize = 200;
    /// The longest text, in bytes.
    pub const TEXT_BYTES_MAX: usize = 20_000;
    /// The shortest time that it is open, in milliseconds.
    pub const OPEN_MILLISECONDS_MIN: u64 = 60_000;
    /// The most days that it is open.
    pub const DAYS_MAX: u64 = 30;
    /// From how many answers on it is shown how they fall.
    pub const SHOWN_FROM: u64 = 7;

    /// Checks what is asked.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), TemperatureError> {
        if self.question.trim().is_empty() {
            return Err(TemperatureError::NoQuestion);
        }
        let prose = |character| is_steering(character) && character != '\n';
        for (name, found, limit, steering) in [
            ("question", self.question.len(), Self::QUESTION_BYTES_MAX, self.question.contains(is_steering)),
            ("text", self.text.len(), Self::TEXT_BYTES_MAX, self.text.contains(prose)),
        ] {
            if found > limit {
                return Err(TemperatureError::TooLong { name, found, limit });
            }
            if steering {
                return Err(TemperatureError::Steering(name));
            }
        }
        let open = self.closes.milliseconds().checked_sub(self.opens.milliseconds());
        let longest = Self::DAYS_MAX * DAY_MILLISECONDS;
        if !open.is_some_and(|open| (Self::OPEN_MILLISECONDS_MIN..=longest).contains(&open)) {
            return Err(TemperatureError::Times);
        }
        Ok(())
    }
}

impl Feeling {
    /// All of them, from strongly for to strongly against.
    pub const ALL: [Self; 5] = [Self::StronglyFor, Self::For, Self::Between, Self::Against, Self::StronglyAgainst];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::StronglyFor => "strongly-for",
            Self::For => "for",
            Self::Between => "between",
            Self::Against => "against",
            Self::StronglyAgainst => "strongly-against",
        }
    }
}

impl FromStr for Feeling {
    type Err = TemperatureError;

    fn from_str(word: &str) -> Result<Self, TemperatureError> {
        Self::ALL.into_iter().find(|feeling| feeling.word() == word).ok_or(TemperatureError::Feeling)
    }
}

impl fmt::Display for Feeling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Feelings {
    /// How many have answered.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }

    /// How many feel so.
    #[must_use]
    pub fn of(&self, feeling: Feeling) -> u32 {
        self.0[feeling as usize]
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|step| self.0[step].saturating_add(other.0[step])))
    }

    fn add(&mut self, feeling: Feeling) {
        self.0[feeling as usize] += 1;
    }
}

impl TemperatureCounts {
    /// From how many answers of one organisation on all of them are passed on. Of fewer, only those that agreed to it.
    pub const TOGETHER_MIN: usize = 3;
    /// The most answers that one organisation can have.
    pub const ANSWERS_MAX: u64 = 10_000;

    /// What an organisation passes on of these answers: all, where they are enough to hide each other, and otherwise those
    /// whose givers said that they may be seen to be one of so few. None where that leaves nothing.
    #[must_use]
    pub fn of(check: DocumentId, asked: ChangeId, answers: &[TemperatureAnswer]) -> Option<Self> {
        let enough = answers.len() >= Self::TOGETHER_MIN;
        let mut feelings = Feelings::default();
        for answer in answers.iter().filter(|answer| enough || answer.alone) {
            feelings.add(answer.feeling);
        }
        Self::can_be(&feelings).then_some(Self { check, asked, feelings })
    }

    /// The nonce of the document in which an organisation says so.
    #[must_use]
    pub fn nonce(asked: ChangeId) -> Nonce {
        nonce(&[b"knotwork/temperature/nonce/1", &asked.0])
    }

    fn can_be(feelings: &Feelings) -> bool {
        (1..=Self::ANSWERS_MAX).contains(&feelings.total())
    }
}

/// Why something cannot be asked or answered so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemperatureError {
    /// No question.
    #[error("say what you ask how people feel about")]
    NoQuestion,
    /// A text is too long.
    #[error("the {name} is {found} bytes long, and the limit is {limit}")]
    TooLong {
        /// Which.
        name: &'static str,
        /// Its bytes.
        found: usize,
        /// The most.
        limit: usize,
    },
    /// A text has a character in it that steers what shows it.
    #[error("the {0} has a control character in it")]
    Steering(&'static str),
    /// It is open for no time, or for too long.
    #[error("a temperature check is open for a minute at least and for {max} days at most", max = TemperatureCheck::DAYS_MAX)]
    Times,
    /// No feeling is called so.
    #[error("a feeling is one of strongly-for, for, between, against and strongly-against")]
    Feeling,
    /// It takes no answers now.
    #[error("this temperature check takes no answers now: see when it opens and closes")]
    NotOpen,
}

impl Encode for TemperatureCheck {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.question.as_bytes());
        writer.bytes(self.text.as_bytes());
        writer.option(self.about.as_ref());
        writer.u64(self.opens.milliseconds());
        writer.u64(self.closes.milliseconds());
    }
}

impl Decode for TemperatureCheck {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let question = reader.text("question", Self::QUESTION_BYTES_MAX)?.to_owned();
        let text = reader.text("text", Self::TEXT_BYTES_MAX)?.to_owned();
        let about = reader.option()?;
        let time = |reader: &mut Reader<'_>| {
            Timestamp::from_milliseconds(reader.u64()?).ok_or(DecodeError::NotCanonical("time"))
        };
        let check = Self { question, text, about, opens: time(reader)?, closes: time(reader)? };
        check.check().map_err(|_| DecodeError::NotCanonical("temperature check"))?;
        Ok(check)
    }
}

impl Encode for TemperatureCounts {
    fn encode(&self, writer: &mut Writer) {
        self.check.encode(writer);
        self.asked.encode(writer);
        self.feelings.0.iter().for_each(|count| writer.u32(*count));
    }
}

impl Decode for TemperatureCounts {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (check, asked) = (DocumentId::decode(reader)?, ChangeId::decode(reader)?);
        let mut feelings = Feelings::default();
        for count in &mut feelings.0 {
            *count = reader.u32()?;
        }
        if !Self::can_be(&feelings) {
            return Err(DecodeError::NotCanonical("temperature counts"));
        }
        Ok(Self { check, asked, feelings })
    }
}

const DAY_MILLISECONDS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use knotwork_identity::{decode_exact, encode};
    use proptest::prelude::*;

    use super::*;

    fn check() -> TemperatureCheck {
        TemperatureCheck {
            question: "Meet in spring?".into(),
            text: "In April.\n\nIn Swansea.".into(),
            about: Some(DocumentId([4; 32])),
            opens: Timestamp::from_milliseconds(1_000).expect("a time"),
            closes: Timestamp::from_milliseconds(61_000).expect("a time"),
        }
    }

    #[test]
    fn a_check_round_trips_and_every_cut_is_refused() {
        let bytes = encode(&check());
        assert_eq!(decode_exact(&bytes), Ok(check()));
        for end in 0..bytes.len() {
            assert!(decode_exact::<TemperatureCheck>(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn every_limit_of_a_check_is_named() {
        let at = |milliseconds| Timestamp::from_milliseconds(1_000 + milliseconds).expect("a time");
        let with = |change: &dyn Fn(&mut TemperatureCheck)| {
            let mut check = check();
            change(&mut check);
            assert_eq!(check.check().is_ok(), decode_exact::<TemperatureCheck>(&encode(&check)).is_ok(), "{check:?}");
            check.check()
        };
        assert_eq!(with(&|check| check.question = " ".into()), Err(TemperatureError::NoQuestion));
        assert_eq!(with(&|check| check.question.push('\n')), Err(TemperatureError::Steering("question")));
        assert_eq!(with(&|check| check.text.push('\u{202e}')), Err(TemperatureError::Steering("text")));
        assert_eq!(with(&|check| check.question = "a".repeat(200)), Ok(()));
        assert!(matches!(with(&|check| check.question = "a".repeat(201)), Err(TemperatureError::TooLong { .. })));
        assert_eq!(with(&|check| check.text = "a".repeat(20_000)), Ok(()));
        assert!(matches!(with(&|check| check.text = "a".repeat(20_001)), Err(TemperatureError::TooLong { .. })));
        assert_eq!(with(&|check| check.closes = at(59_999)), Err(TemperatureError::Times));
        assert_eq!(with(&|check| check.closes = at(30 * DAY_MILLISECONDS)), Ok(()));
        assert_eq!(with(&|check| check.closes = at(30 * DAY_MILLISECONDS + 1)), Err(TemperatureError::Times));
        assert_eq!(with(&|check| check.opens = Timestamp::MAX), Err(TemperatureError::Times));
    }

    #[test]
    fn counts_are_read_as_they_were_written_and_within_their_limit() {
        let counts = |feelings| TemperatureCounts {
            check: DocumentId([1; 32]),
            asked: ChangeId([2; 32]),
            feelings: Feelings(feelings),
        };
        let bytes = encode(&counts([1, 0, 2, 0, 9_997]));
        assert_eq!(decode_exact(&bytes), Ok(counts([1, 0, 2, 0, 9_997])));
        for end in 0..bytes.len() {
            assert!(decode_exact::<TemperatureCounts>(&bytes[..end]).is_err());
        }
        for wrong in [[0; 5], [1, 0, 2, 0, 9_998], [u32::MAX; 5]] {
            assert!(decode_exact::<TemperatureCounts>(&encode(&counts(wrong))).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn words_and_feelings_are_the_same() {
        for feeling in Feeling::ALL {
            assert_eq!(feeling.word().parse(), Ok(feeling));
        }
        assert_eq!("fond".parse::<Feeling>(), Err(TemperatureError::Feeling));
    }

    fn answers() -> impl Strategy<Value = Vec<TemperatureAnswer>> {
        let answer = (0..Feeling::ALL.len(), any::<bool>())
            .prop_map(|(step, alone)| TemperatureAnswer { feeling: Feeling::ALL[step], alone });
        prop::collection::vec(answer, 0..12)
    }

    proptest! {
        /// Whoever did not agree to be seen is passed on only among enough others.
        #[test]
        fn fewer_than_three_are_passed_on_only_as_they_agreed(answers in answers()) {
            let passed_on = TemperatureCounts::of(DocumentId([1; 32]), ChangeId([2; 32]), &answers);
            let total = passed_on.as_ref().map_or(0, |counts| counts.feelings.total());
            let agreed = answers.iter().filter(|answer| answer.alone).count();
            let expected = if answers.len() >= 3 { answers.len() } else { agreed };
            prop_assert_eq!(total, expected as u64);
            for feeling in Feeling::ALL {
                let of = |answer: &&TemperatureAnswer| {
                    answer.feeling == feeling && (answers.len() >= 3 || answer.alone)
                };
                let found = passed_on.as_ref().map_or(0, |counts| counts.feelings.of(feeling));
                prop_assert_eq!(found as usize, answers.iter().filter(of).count());
            }
        }
    }
}
