//! The rules of one decision, fixed before anybody votes.

use crate::{
    Counting, DOTS_MAX, Denominator, ELECTORATE_MAX, Method, OPTIONS_MAX, Position, PositionError, Quorum, Ratio,
    SCORE_MAX, Threshold, ThresholdError,
};

/// What must be known of a decision to count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How it is taken.
    pub method: Method,
    /// Among how many options score, dots or rankings choose: 2 to 64. 0 for all other methods.
    pub options: u16,
    /// How many voters there are, whatever a voter is: 1 to 4096.
    pub electorate: u32,
    /// How many of them must take part.
    pub quorum: Quorum,
    /// How many must agree, for majority and supermajority; none for all other methods.
    pub threshold: Option<Threshold>,
}

impl Rules {
    /// What is usual for a method: half of the electorate as the quorum (none for advice), more than half of the votes
    /// cast as a majority, two thirds of them or more as a supermajority.
    #[must_use]
    pub fn usual(method: Method, options: u16, electorate: u32) -> Self {
        let quorum = match method {
            Method::Advice => Quorum::Count(0),
            _ => Quorum::Share(Ratio::new(1, 2)),
        };
        let threshold = match method {
            Method::Majority => Some(Threshold::majority(Denominator::VotesCast)),
            Method::Supermajority => Some(Threshold::two_thirds(Denominator::VotesCast)),
            _ => None,
        };
        Self { method, options, electorate, quorum, threshold }
    }

    /// Whether a decision can be held under these rules.
    ///
    /// # Errors
    /// The first limit that is not kept.
    pub fn check(&self) -> Result<(), RulesError> {
        if !(1..=ELECTORATE_MAX).contains(&self.electorate) {
            return Err(RulesError::Electorate(self.electorate));
        }
        if self.method.chooses() {
            if !(2..=OPTIONS_MAX).contains(&self.options) {
                return Err(RulesError::Options(self.options));
            }
        } else if self.options != 0 {
            return Err(RulesError::NoOptions(self.options));
        }
        self.check_method()?;
        self.check_quorum()
    }

    /// Whether a voter may take this position.
    ///
    /// # Errors
    /// A position of another method, or one beyond the limits that the rules set.
    pub fn check_position(&self, position: &Position) -> Result<(), PositionError> {
        match (self.method, position) {
            (Method::Consent, Position::Consent(_))
            | (Method::Consensus { .. }, Position::Consensus(_))
            | (Method::Majority | Method::Supermajority, Position::Vote(_))
            | (Method::Advice, Position::Advice(_)) => Ok(()),
            (Method::Gradients, Position::Gradient(step)) => Position::check_gradient(*step),
            (Method::Score { highest }, Position::Score(scores)) => {
                Position::check_scores(scores, self.options, highest)
            }
            (Method::Dot { dots }, Position::Dot(given)) => Position::check_dots(given, self.options, dots),
            (Method::Ranked { counting }, Position::Ranked(ranking)) => {
                ranking.check(self.options)?;
                if counting == Counting::InstantRunoff && !ranking.is_strict() {
                    return Err(PositionError::EqualRanks);
                }
                Ok(())
            }
            _ => Err(PositionError::OtherMethod),
        }
    }

    fn check_method(&self) -> Result<(), RulesError> {
        match self.method {
            Method::Score { highest } if !(1..=SCORE_MAX).contains(&highest) => return Err(RulesError::Scale(highest)),
            Method::Dot { dots } if !(1..=DOTS_MAX).contains(&dots) => return Err(RulesError::Dots(dots)),
            Method::Consensus { fallback: Some(fallback) } => fallback.check().map_err(RulesError::fallback)?,
            _ => {}
        }
        match (self.method, self.threshold) {
            (Method::Majority, Some(threshold)) => {
                threshold.check().map_err(RulesError::threshold)?;
                if threshold != Threshold::majority(threshold.of) {
                    return Err(RulesError::NotMajority);
                }
            }
            (Method::Supermajority, Some(threshold)) => threshold.check().map_err(RulesError::threshold)?,
            (method, None) if method.takes_threshold() => return Err(RulesError::ThresholdMissing),
            (_, None) => {}
            (_, Some(_)) => return Err(RulesError::ThresholdUnused),
        }
        Ok(())
    }

    fn check_quorum(&self) -> Result<(), RulesError> {
        match self.quorum {
            Quorum::Share(share) => share.check().map_err(RulesError::quorum)?,
            Quorum::Count(count) if count > self.electorate => {
                return Err(RulesError::Quorum(count, self.electorate));
            }
            Quorum::Count(_) => {}
        }
        if self.method == Method::Advice && !self.quorum.is_none() {
            return Err(RulesError::QuorumUnused);
        }
        Ok(())
    }
}

/// Why no decision can be held under these rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Nobody may vote, or too many.
    #[error("an electorate has 1 to {ELECTORATE_MAX} voters, not {0}")]
    Electorate(u32),
    /// Too few options to choose from, or too many.
    #[error("a choice is among 2 to {OPTIONS_MAX} options, not {0}")]
    Options(u16),
    /// Options under a method that has none.
    #[error("this method adopts a proposal or does not, and has no options; {0} were given")]
    NoOptions(u16),
    /// The scale of scores is none, or too long.
    #[error("scores go from 0 up to a number from 1 to {SCORE_MAX}, not to {0}")]
    Scale(u8),
    /// No dots, or too many.
    #[error("a voter has 1 to {DOTS_MAX} dots, not {0}")]
    Dots(u16),
    /// More voters than there are.
    #[error("a quorum of {0} cannot be met by {1} voters")]
    Quorum(u32, u32),
    /// Advice is asked of whoever has some.
    #[error("advice has no quorum")]
    QuorumUnused,
    /// A majority or supermajority without a threshold.
    #[error("this method needs a threshold")]
    ThresholdMissing,
    /// A threshold under a method that never looks at it.
    #[error("this method takes no threshold")]
    ThresholdUnused,
    /// A majority by another share than a half.
    #[error("a majority is more than half; another share is a supermajority")]
    NotMajority,
    /// The threshold, the fallback or the quorum is not a share.
    #[error("{error}")]
    Share {
        /// Which of them, as [`RulesError::field`] gives it.
        field: &'static str,
        /// What is wrong with it.
        error: ThresholdError,
    },
}

impl RulesError {
    /// The part of the rules that it is about, by its name there.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Electorate(_) => "electorate",
            Self::Options(_) | Self::NoOptions(_) => "options",
            Self::Scale(_) | Self::Dots(_) => "method",
            Self::Quorum(..) | Self::QuorumUnused => "quorum",
            Self::ThresholdMissing | Self::ThresholdUnused | Self::NotMajority => "threshold",
            Self::Share { field, .. } => field,
        }
    }

    fn quorum(error: ThresholdError) -> Self {
        Self::Share { field: "quorum", error }
    }

    fn threshold(error: ThresholdError) -> Self {
        Self::Share { field: "threshold", error }
    }

    /// What consensus falls back on is part of its method.
    fn fallback(error: ThresholdError) -> Self {
        Self::Share { field: "method", error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bound;

    #[test]
    fn what_is_usual_is_allowed() {
        let ranked = |counting| Method::Ranked { counting };
        for method in [Method::Consent, Method::Majority, Method::Supermajority, Method::Advice, Method::Gradients] {
            assert_eq!(Rules::usual(method, 0, 12).check(), Ok(()), "{method:?}");
            assert_eq!(Rules::usual(method, 3, 12).check(), Err(RulesError::NoOptions(3)), "{method:?}");
        }
        for method in [Method::score(), Method::dot(), ranked(Counting::InstantRunoff), ranked(Counting::Schulze)] {
            assert_eq!(Rules::usual(method, 3, 12).check(), Ok(()), "{method:?}");
            for options in [0, 1, 65] {
                assert_eq!(Rules::usual(method, options, 12).check(), Err(RulesError::Options(options)));
            }
        }
        let fallback = Some(Threshold::two_thirds(Denominator::Electorate));
        assert_eq!(Rules::usual(Method::Consensus { fallback }, 0, 1).check(), Ok(()));
    }

    #[test]
    fn every_limit_is_named() {
        let usual = Rules::usual(Method::Majority, 0, 12);
        assert_eq!(Rules { electorate: 0, ..usual }.check(), Err(RulesError::Electorate(0)));
        assert_eq!(Rules { electorate: 4097, ..usual }.check(), Err(RulesError::Electorate(4097)));
        assert_eq!(Rules { quorum: Quorum::Count(13), ..usual }.check(), Err(RulesError::Quorum(13, 12)));
        assert_eq!(Rules { threshold: None, ..usual }.check(), Err(RulesError::ThresholdMissing));
        let two_thirds = Some(Threshold::two_thirds(Denominator::VotesCast));
        assert_eq!(Rules { threshold: two_thirds, ..usual }.check(), Err(RulesError::NotMajority));
        let consent = Rules { method: Method::Consent, threshold: two_thirds, ..usual };
        assert_eq!(consent.check(), Err(RulesError::ThresholdUnused));
        let advice = Rules { method: Method::Advice, threshold: None, ..usual };
        assert_eq!(advice.check(), Err(RulesError::QuorumUnused));
        assert_eq!(Rules::usual(Method::Score { highest: 0 }, 2, 1).check(), Err(RulesError::Scale(0)));
        assert_eq!(Rules::usual(Method::Score { highest: 101 }, 2, 1).check(), Err(RulesError::Scale(101)));
        assert_eq!(Rules::usual(Method::Dot { dots: 0 }, 2, 1).check(), Err(RulesError::Dots(0)));
        assert_eq!(Rules::usual(Method::Dot { dots: 1001 }, 2, 1).check(), Err(RulesError::Dots(1001)));
        let too_little = Threshold { ratio: Ratio::new(1, 3), bound: Bound::AtLeast, of: Denominator::VotesCast };
        let consensus = Rules::usual(Method::Consensus { fallback: Some(too_little) }, 0, 3);
        assert_eq!(consensus.check(), Err(RulesError::fallback(ThresholdError::BelowMajority(1, 3))));
    }
}
