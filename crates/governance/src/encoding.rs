//! The canonical bytes of rules and positions.

use knotwork_identity::{Decode, DecodeError, Encode, Reader, Writer};

use crate::{
    Advice, Bound, Consensus, Consent, Counting, Denominator, Method, OPTIONS_MAX, Position, Quorum, Ranking, Ratio,
    Rules, Threshold, Vote,
};

impl Encode for Ratio {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.numerator);
        writer.u32(self.denominator);
    }
}

impl Decode for Ratio {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ratio = Self::new(reader.u32()?, reader.u32()?);
        ratio.check().map_err(|_| DecodeError::NotCanonical("share"))?;
        Ok(ratio)
    }
}

impl Encode for Threshold {
    fn encode(&self, writer: &mut Writer) {
        self.ratio.encode(writer);
        writer.u8(u8::from(self.bound == Bound::MoreThan));
        writer.u8(u8::from(self.of == Denominator::Electorate));
    }
}

impl Decode for Threshold {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ratio = Ratio::decode(reader)?;
        let bound = if flag(reader)? { Bound::MoreThan } else { Bound::AtLeast };
        let of = if flag(reader)? { Denominator::Electorate } else { Denominator::VotesCast };
        Ok(Self { ratio, bound, of })
    }
}

impl Encode for Quorum {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Count(count) => {
                writer.u8(0);
                writer.u32(*count);
            }
            Self::Share(share) => {
                writer.u8(1);
                share.encode(writer);
            }
        }
    }
}

impl Decode for Quorum {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(if flag(reader)? { Self::Share(Ratio::decode(reader)?) } else { Self::Count(reader.u32()?) })
    }
}

impl Encode for Method {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Consent => writer.u8(0),
            Self::Consensus { fallback } => {
                writer.u8(1);
                writer.option(fallback.as_ref());
            }
            Self::Majority => writer.u8(2),
            Self::Supermajority => writer.u8(3),
            Self::Score { highest } => {
                writer.u8(4);
                writer.u8(*highest);
            }
            Self::Dot { dots } => {
                writer.u8(5);
                writer.u16(*dots);
            }
            Self::Ranked { counting } => {
                writer.u8(6);
                writer.u8(u8::from(*counting == Counting::Schulze));
            }
            Self::Advice => writer.u8(7),
            Self::Gradients => writer.u8(8),
        }
    }
}

impl Decode for Method {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Consent,
            1 => Self::Consensus { fallback: reader.option()? },
            2 => Self::Majority,
            3 => Self::Supermajority,
            4 => Self::Score { highest: reader.u8()? },
            5 => Self::Dot { dots: reader.u16()? },
            6 => Self::Ranked { counting: if flag(reader)? { Counting::Schulze } else { Counting::InstantRunoff } },
            7 => Self::Advice,
            8 => Self::Gradients,
            _ => return Err(DecodeError::NotCanonical("method")),
        })
    }
}

impl Encode for Rules {
    fn encode(&self, writer: &mut Writer) {
        self.method.encode(writer);
        writer.u16(self.options);
        writer.u32(self.electorate);
        self.quorum.encode(writer);
        writer.option(self.threshold.as_ref());
    }
}

impl Decode for Rules {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = Self {
            method: Method::decode(reader)?,
            options: reader.u16()?,
            electorate: reader.u32()?,
            quorum: Quorum::decode(reader)?,
            threshold: reader.option()?,
        };
        rules.check().map_err(|_| DecodeError::NotCanonical("rules"))?;
        Ok(rules)
    }
}

impl Encode for Position {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Consent(consent) => {
                writer.u8(0);
                writer.u8(*consent as u8);
            }
            Self::Consensus(consensus) => {
                writer.u8(1);
                writer.u8(*consensus as u8);
            }
            Self::Vote(vote) => {
                writer.u8(2);
                writer.u8(*vote as u8);
            }
            Self::Score(scores) => {
                writer.u8(3);
                writer.length(scores.len());
                // 255 is beyond every scale.
                scores.iter().for_each(|score| writer.u8(score.unwrap_or(NO_SCORE)));
            }
            Self::Dot(dots) => {
                writer.u8(4);
                writer.length(dots.len());
                dots.iter().for_each(|dots| writer.u16(*dots));
            }
            Self::Ranked(ranking) => {
                writer.u8(5);
                writer.length(ranking.0.len());
                for group in &ranking.0 {
                    writer.length(group.len());
                    group.iter().for_each(|option| writer.u16(*option));
                }
            }
            Self::Advice(advice) => {
                writer.u8(6);
                writer.u8(*advice as u8);
            }
            Self::Gradient(step) => {
                writer.u8(7);
                writer.u8(*step);
            }
        }
    }
}

impl Decode for Position {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let most = usize::from(OPTIONS_MAX);
        Ok(match reader.u8()? {
            0 => Self::Consent(one_of(reader, &[Consent::Given, Consent::WithConcern, Consent::Objection])?),
            1 => {
                let all = [Consensus::Agree, Consensus::Abstain, Consensus::Disagree, Consensus::Block];
                Self::Consensus(one_of(reader, &all)?)
            }
            2 => Self::Vote(one_of(reader, &[Vote::Agree, Vote::Abstain, Vote::Disagree])?),
            3 => {
                let scores = (0..reader.length("scores", most)?).map(|_| reader.u8()).collect::<Result<Vec<_>, _>>()?;
                Self::Score(scores.into_iter().map(|score| Some(score).filter(|score| *score != NO_SCORE)).collect())
            }
            4 => Self::Dot((0..reader.length("dots", most)?).map(|_| reader.u16()).collect::<Result<_, _>>()?),
            5 => {
                let groups = (0..reader.length("ranks", most)?)
                    .map(|_| (0..reader.length("rank", most)?).map(|_| reader.u16()).collect::<Result<Vec<_>, _>>());
                Self::Ranked(Ranking(groups.collect::<Result<_, _>>()?))
            }
            6 => Self::Advice(one_of(reader, &[Advice::Agree, Advice::Concern, Advice::Abstain])?),
            7 => Self::Gradient(reader.u8()?),
            _ => return Err(DecodeError::NotCanonical("position")),
        })
    }
}

/// How a score that is missing is written.
const NO_SCORE: u8 = 255;

fn flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NotCanonical("flag")),
    }
}

fn one_of<T: Copy>(reader: &mut Reader<'_>, all: &[T]) -> Result<T, DecodeError> {
    all.get(usize::from(reader.u8()?)).copied().ok_or(DecodeError::NotCanonical("position"))
}

#[cfg(test)]
mod tests {
    use knotwork_identity::{decode_exact, encode};
    use proptest::prelude::*;

    use super::*;

    fn positions() -> Vec<Position> {
        vec![
            Position::Consent(Consent::WithConcern),
            Position::Consensus(Consensus::Block),
            Position::Vote(Vote::Abstain),
            Position::Score(vec![None, Some(0), Some(100)]),
            Position::Dot(vec![8, 0, 1_000]),
            Position::Ranked(Ranking(vec![vec![2], vec![0, 1]])),
            Position::Advice(Advice::Concern),
            Position::Gradient(8),
        ]
    }

    #[test]
    fn positions_and_rules_round_trip_and_every_cut_is_refused() {
        let all: Vec<Vec<u8>> = positions().iter().map(encode).collect();
        for (position, bytes) in positions().iter().zip(&all) {
            assert_eq!(decode_exact::<Position>(bytes).as_ref(), Ok(position));
            for end in 0..bytes.len() {
                assert!(decode_exact::<Position>(&bytes[..end]).is_err());
            }
        }
        let fallback = Some(Threshold::two_thirds(Denominator::Electorate));
        let methods =
            [Method::Consent, Method::Consensus { fallback }, Method::Majority, Method::Supermajority, Method::Advice];
        for method in methods {
            let rules = Rules::usual(method, 0, 12);
            assert_eq!(decode_exact(&encode(&rules)), Ok(rules));
        }
        for method in [Method::score(), Method::dot(), Method::Ranked { counting: Counting::Schulze }] {
            let rules = Rules { quorum: Quorum::Count(3), ..Rules::usual(method, 4, 12) };
            assert_eq!(decode_exact(&encode(&rules)), Ok(rules));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(position) = decode_exact::<Position>(&bytes) {
                prop_assert_eq!(encode(&position), bytes.clone());
            }
            if let Ok(rules) = decode_exact::<Rules>(&bytes) {
                prop_assert_eq!(encode(&rules), bytes);
            }
        }
    }
}
