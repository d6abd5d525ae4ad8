//! Methods, shares and thresholds as JSON.

use knotwork_governance::{Bound, Counting, DOTS_USUAL, Denominator, Method, Quorum, Ratio, SCORE_USUAL, Threshold};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{given::given, object::Object};
use crate::problem::Problem;

/// How a decision is taken.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Method)]
#[serde(deny_unknown_fields)]
pub(crate) struct MethodBody {
    /// `consent`, `consensus`, `majority`, `supermajority`, `score`, `dot`, `ranked`, `advice` or `gradients`.
    #[schema(example = "consent")]
    pub(crate) kind: String,
    /// For consensus: what decides when somebody blocks. Without it a block prevents adoption.
    #[serde(default, deserialize_with = "threshold", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fallback: Option<ThresholdBody>,
    /// For score: the highest score, 1 to 100; 5 if left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    highest: Option<u8>,
    /// For dot: how many dots each voter has, 1 to 1000; 8 if left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dots: Option<u16>,
    /// For ranked: `instant-runoff` or `schulze`, which it is if left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    counting: Option<String>,
}

/// How many have to agree.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Threshold)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThresholdBody {
    /// The share.
    #[schema(example = "2/3")]
    share: String,
    /// `at-least`, which it is if left out, or `more-than`.
    #[serde(default)]
    #[schema(example = "at-least")]
    bound: String,
    /// Of what: `votes-cast`, which it is if left out, or `electorate`.
    #[serde(default)]
    #[schema(example = "votes-cast")]
    of: String,
}

pub(crate) fn threshold<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<ThresholdBody>, D::Error> {
    Object::<ThresholdBody>::deserialize(reader).map(|object| Some(object.0))
}

impl MethodBody {
    /// The method.
    ///
    /// # Errors
    /// When it is none, or has what only another has.
    pub(crate) fn read(self, field: &str) -> Result<Method, Problem> {
        let Self { kind, fallback, highest, dots, counting } = self;
        let refused = |part: &str, why: &str| {
            Err(Problem::malformed(format!("{field}.{part}: {why}")).field(format!("{field}.{part}")))
        };
        for (part, sent, of) in [
            ("fallback", fallback.is_some(), "consensus"),
            ("highest", highest.is_some(), "score"),
            ("dots", dots.is_some(), "dot"),
            ("counting", counting.is_some(), "ranked"),
        ] {
            if sent && kind != of {
                return refused(part, &format!("only {of} has it"));
            }
        }
        Ok(match kind.as_str() {
            "consent" => Method::Consent,
            "consensus" => {
                let fallback = fallback.map(|fallback| fallback.read(&format!("{field}.fallback"))).transpose()?;
                Method::Consensus { fallback }
            }
            "majority" => Method::Majority,
            "supermajority" => Method::Supermajority,
            "score" => Method::Score { highest: highest.unwrap_or(SCORE_USUAL) },
            "dot" => Method::Dot { dots: dots.unwrap_or(DOTS_USUAL) },
            "ranked" => match counting.as_deref() {
                None | Some("schulze") => Method::Ranked { counting: Counting::Schulze },
                Some("instant-runoff") => Method::Ranked { counting: Counting::InstantRunoff },
                Some(_) => return refused("counting", "it is instant-runoff or schulze"),
            },
            "advice" => Method::Advice,
            "gradients" => Method::Gradients,
            _ => return refused("kind", &format!("it is one of {}", METHODS.join(", "))),
        })
    }
}

impl From<Method> for MethodBody {
    fn from(method: Method) -> Self {
        let kind = Self { kind: method.word().into(), ..Self::default() };
        match method {
            Method::Consensus { fallback } => Self { fallback: fallback.map(Into::into), ..kind },
            Method::Score { highest } => Self { highest: Some(highest), ..kind },
            Method::Dot { dots } => Self { dots: Some(dots), ..kind },
            Method::Ranked { counting } => Self { counting: Some(counting.word().into()), ..kind },
            Method::Consent | Method::Majority | Method::Supermajority | Method::Advice | Method::Gradients => kind,
        }
    }
}

impl ThresholdBody {
    pub(crate) fn read(self, field: &str) -> Result<Threshold, Problem> {
        let refused = |part: &str, why: &str| {
            Problem::malformed(format!("{field}.{part} is {why}")).field(format!("{field}.{part}"))
        };
        let bound = match self.bound.as_str() {
            "" | "at-least" => Bound::AtLeast,
            "more-than" => Bound::MoreThan,
            _ => return Err(refused("bound", "at-least or more-than")),
        };
        let of = match self.of.as_str() {
            "" | "votes-cast" => Denominator::VotesCast,
            "electorate" => Denominator::Electorate,
            _ => return Err(refused("of", "votes-cast or electorate")),
        };
        Ok(Threshold { ratio: read_share(&self.share, &format!("{field}.share"))?, bound, of })
    }
}

impl From<Threshold> for ThresholdBody {
    fn from(threshold: Threshold) -> Self {
        Self {
            share: threshold.ratio.to_string(),
            bound: threshold.bound.word().into(),
            of: threshold.of.word().into(),
        }
    }
}

/// Reads a share.
///
/// # Errors
/// When it is none.
pub(crate) fn read_share(text: &str, field: &str) -> Result<Ratio, Problem> {
    let read = || {
        let ratio = match (text.split_once('/'), text.strip_suffix('%')) {
            (Some((above, below)), _) => Ratio::new(number(above)?, number(below)?),
            (None, Some(percent)) => decimal(percent, 100)?,
            (None, None) if text.contains('.') => decimal(text, 1)?,
            (None, None) => return None,
        };
        ratio.check().ok().map(|()| ratio)
    };
    read().ok_or_else(|| {
        let detail = format!(
            "{field} is a share of all, such as 2/3, 60% or 0.75, with numbers up to a million and up to four decimals"
        );
        Problem::malformed(detail).field(field)
    })
}

/// Reads a quorum: a number of voters, or a share of them.
///
/// # Errors
/// When it is neither.
pub(crate) fn read_quorum(text: &str) -> Result<Quorum, Problem> {
    match number(text) {
        Some(count) => Ok(Quorum::Count(count)),
        None => read_share(text, "quorum").map(Quorum::Share),
    }
}

/// So many of `whole`, with at most four decimals, in lowest terms.
fn decimal(text: &str, whole: u32) -> Option<Ratio> {
    let (units, decimals) = text.split_once('.').unwrap_or((text, ""));
    if units.is_empty() || decimals.len() > DECIMALS_MAX || text.ends_with('.') {
        return None;
    }
    let scale = 10_u32.pow(u32::try_from(decimals.len()).ok()?);
    let above =
        number(units)?.checked_mul(scale)?.checked_add(if decimals.is_empty() { 0 } else { number(decimals)? })?;
    let below = whole * scale;
    let divisor = greatest_divisor(above, below);
    Some(Ratio::new(above / divisor, below / divisor))
}

/// The greatest number that divides both; the second is not 0.
fn greatest_divisor(one: u32, other: u32) -> u32 {
    if one == 0 { other } else { greatest_divisor(other % one, one) }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// So that shares in per cent stay within a million.
const DECIMALS_MAX: usize = 4;
/// The words for methods.
const METHODS: [&str; 9] =
    ["consent", "consensus", "majority", "supermajority", "score", "dot", "ranked", "advice", "gradients"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_however_it_is_written() {
        let read = |text: &str| read_share(text, "share").ok().map(|share| share.to_string());
        for (text, wanted) in [
            ("2/3", "2/3"),
            ("6/10", "6/10"),
            ("60%", "3/5"),
            ("0.75", "3/4"),
            ("66.67%", "6667/10000"),
            ("0%", "0/1"),
            ("100%", "1/1"),
            ("1.0", "1/1"),
            ("0.6667", "6667/10000"),
        ] {
            assert_eq!(read(text).as_deref(), Some(wanted), "{text}");
        }
        for none in
            ["", "%", ".5", "0.", "0.5.5", "101%", "1.5", "0.66667", "-1%", "3", "2/3%", "60 %", "4294967295.5%"]
        {
            assert_eq!(read(none), None, "{none}");
        }
        for (text, wanted) in [
            ("3", Quorum::Count(3)),
            ("60%", Quorum::Share(Ratio::new(3, 5))),
            ("0.5", Quorum::Share(Ratio::new(1, 2))),
        ] {
            assert_eq!(read_quorum(text).ok(), Some(wanted), "{text}");
        }
    }
}
