//! The tally: what the ballots come to.

use std::collections::BTreeSet;

use crate::{
    Ballot, Content, Counting, Lot, Measure, Method, Objections, OptionDots, OptionScore, Pairwise, Position,
    PositionError, Ranking, Rules, RulesError, Tie, dots, instant_runoff::InstantRunoff, schulze::Schulze, scores,
    sides::count_positions,
};

/// What the ballots come to. Equal for equal rules, ballots and lot, in whatever order the ballots are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many voters there are.
    pub electorate: u32,
    /// How many took a position that is not an abstention.
    pub cast: u32,
    /// How many abstained: they count for the quorum and for nothing else.
    pub abstained: u32,
    /// How many ballots could not be read: they count for nothing.
    pub spoiled: u32,
    /// How many voters had to take part, abstentions included.
    pub quorum: u64,
    /// For a proposal, how many took each position, as the method lists them: given, with concern, objection; agree,
    /// abstain, disagree, block; agree, abstain, disagree; agree, concern, abstain; steps 1 to 8. For a choice, one
    /// number an option: voters who scored it, dots, ballots that rank it first (alone or with others).
    pub counts: Vec<u64>,
    /// What is decided.
    pub outcome: Outcome,
    /// How it came about.
    pub details: Details,
    /// All options, best first; nothing for a proposal, or where nothing was cast.
    pub ranking: Vec<u16>,
    /// The ties that the lot broke.
    pub ties: Vec<Tie>,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing, and so nothing is rejected either.
    NotDecided(Undecided),
    /// The proposal is adopted.
    Adopted,
    /// The proposal is not adopted.
    NotAdopted,
    /// This option is chosen.
    Chosen(u16),
}

/// Why nothing is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undecided {
    /// Too few took part.
    QuorumMissed,
    /// Nobody took a position, or all abstained.
    NothingCast,
    /// Advice never decides.
    AdviceOnly,
    /// Gradients never decide.
    GradientsOnly,
}

/// How a result came about, by method. Voters are told by their numbers, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Details {
    /// What became of the objections.
    Consent(Objections),
    /// Who blocks, and the measure of the fallback if that decided.
    Consensus {
        /// The voters who block.
        blocks: Vec<u32>,
        /// Set if somebody blocks and a fallback was fixed.
        fallback: Option<Measure>,
    },
    /// Majority and supermajority.
    Measure(Measure),
    /// The scores of each option.
    Score(Vec<OptionScore>),
    /// The dots of each option.
    Dot(Vec<OptionDots>),
    /// The rounds; none where nothing was cast.
    InstantRunoff(InstantRunoff),
    /// The preferences and paths.
    Schulze(Schulze),
    /// The voters with a concern.
    Advice(Vec<u32>),
    /// The counts say it all.
    Gradients,
}

/// Counts. `lot` is 32 bytes that follow from the terms of the decision and the ids of the ballots; see [`Lot`].
///
/// # Errors
/// Rules that do not pass their check, and ballots that should not have been handed in: of nobody in the electorate,
/// of the same voter twice, or with a position that the rules do not know. Nothing is left out in silence.
pub fn tally(rules: &Rules, ballots: &[Ballot], lot: [u8; 32]) -> Result<Tally, TallyError> {
    rules.check()?;
    let mut ballots: Vec<&Ballot> = ballots.iter().collect();
    ballots.sort_by_key(|ballot| ballot.voter);
    check_ballots(rules, &ballots)?;
    let positions: Vec<(u32, &Position)> = ballots
        .iter()
        .filter_map(|ballot| match &ballot.content {
            Content::Position(position) => Some((ballot.voter, position)),
            Content::Spoiled => None,
        })
        .collect();
    let abstained = positions.iter().filter(|(_, position)| position.is_abstention()).count();
    let mut tally = Tally {
        electorate: rules.electorate,
        cast: number(positions.len() - abstained),
        abstained: number(abstained),
        spoiled: number(ballots.len() - positions.len()),
        quorum: rules.quorum.needed(rules.electorate),
        counts: Vec::new(),
        outcome: Outcome::NotDecided(Undecided::NothingCast),
        details: Details::Gradients,
        ranking: Vec::new(),
        ties: Vec::new(),
    };
    let outcome = tally.count(rules, &ballots, &positions, &Lot::new(lot));
    tally.outcome = tally.undecided(rules.method).map_or(outcome, Outcome::NotDecided);
    if tally.cast == 0 {
        // The lot alone would rank them.
        tally.ranking.clear();
        tally.ties.clear();
    }
    Ok(tally)
}

impl Tally {
    /// Whether enough voters took part.
    #[must_use]
    pub fn is_quorate(&self) -> bool {
        u64::from(self.cast) + u64::from(self.abstained) >= self.quorum
    }

    fn undecided(&self, method: Method) -> Option<Undecided> {
        match method {
            Method::Advice => Some(Undecided::AdviceOnly),
            _ if !self.is_quorate() => Some(Undecided::QuorumMissed),
            _ if self.cast == 0 => Some(Undecided::NothingCast),
            Method::Gradients => Some(Undecided::GradientsOnly),
            _ => None,
        }
    }

    /// Fills in counts, details and ranking, and says what they decide, if anything can be decided.
    fn count(&mut self, rules: &Rules, ballots: &[&Ballot], positions: &[(u32, &Position)], lot: &Lot) -> Outcome {
        let bare = || positions.iter().map(|(_, position)| *position);
        let who = |wanted: &dyn Fn(&Position) -> bool| -> Vec<u32> {
            positions.iter().filter(|(_, position)| wanted(position)).map(|(voter, _)| *voter).collect()
        };
        match rules.method {
            Method::Consent => {
                self.counts = count_positions(bare(), &rules.method.positions());
                let findings = ballots.iter().map(|ballot| &ballot.not_qualified);
                let objections = Objections::of(rules.electorate, positions.iter().copied(), findings);
                let consents = self.counts.iter().take(2).any(|count| *count > 0);
                let adopted = consents && objections.open.is_empty();
                self.details = Details::Consent(objections);
                Outcome::of_proposal(adopted)
            }
            Method::Consensus { fallback } => {
                self.counts = count_positions(bare(), &rules.method.positions());
                let agree = self.counts.first().copied().unwrap_or_default();
                let blocks = who(&Position::is_block);
                let fallback = fallback.filter(|_| !blocks.is_empty());
                let fallback =
                    fallback.map(|fallback| Measure::of(&fallback, agree, u64::from(self.cast), rules.electorate));
                let adopted = fallback.map_or(blocks.is_empty() && agree > 0, |measure| measure.is_reached());
                self.details = Details::Consensus { blocks, fallback };
                Outcome::of_proposal(adopted)
            }
            Method::Majority | Method::Supermajority => {
                self.counts = count_positions(bare(), &rules.method.positions());
                let agree = self.counts.first().copied().unwrap_or_default();
                let threshold = rules.threshold.unwrap_or(crate::Threshold::majority(crate::Denominator::VotesCast));
                let measure = Measure::of(&threshold, agree, u64::from(self.cast), rules.electorate);
                self.details = Details::Measure(measure);
                Outcome::of_proposal(measure.is_reached())
            }
            Method::Advice => {
                self.counts = count_positions(bare(), &rules.method.positions());
                self.details = Details::Advice(who(&Position::is_against));
                Outcome::NotDecided(Undecided::AdviceOnly)
            }
            Method::Gradients => {
                self.counts = count_positions(bare(), &rules.method.positions());
                Outcome::NotDecided(Undecided::GradientsOnly)
            }
            Method::Score { .. } | Method::Dot { .. } | Method::Ranked { .. } => {
                self.choose(rules, &mut bare(), lot);
                self.ranking
                    .first()
                    .map_or(Outcome::NotDecided(Undecided::NothingCast), |first| Outcome::Chosen(*first))
            }
        }
    }

    fn choose(&mut self, rules: &Rules, positions: &mut dyn Iterator<Item = &Position>, lot: &Lot) {
        let options = rules.options;
        match rules.method {
            Method::Score { highest } => {
                let (scores, ranking, ties) = scores::count(options, highest, positions, lot);
                self.counts = scores.iter().map(|score| score.scored_by).collect();
                (self.details, self.ranking, self.ties) = (Details::Score(scores), ranking, ties);
            }
            Method::Dot { .. } => {
                let (dots, ranking, ties) = dots::count(options, positions, lot);
                self.counts = dots.iter().map(|dots| dots.total).collect();
                (self.details, self.ranking, self.ties) = (Details::Dot(dots), ranking, ties);
            }
            Method::Ranked { counting } => {
                let rankings: Vec<(&Ranking, u64)> = positions
                    .filter_map(|position| match position {
                        Position::Ranked(ranking) if !position.is_abstention() => Some((ranking, 1)),
                        _ => None,
                    })
                    .collect();
                self.rank(options, counting, &rankings, lot);
            }
            _ => {}
        }
    }

    fn rank(&mut self, options: u16, counting: Counting, rankings: &[(&Ranking, u64)], lot: &Lot) {
        self.counts = vec![0; usize::from(options)];
        for option in rankings.iter().filter_map(|(ranking, _)| ranking.0.first()).flatten() {
            if let Some(count) = self.counts.get_mut(usize::from(*option)) {
                *count += 1;
            }
        }
        match counting {
            Counting::InstantRunoff => {
                let runoff = crate::instant_runoff::count(options, rankings.iter().copied(), lot);
                (self.ranking, self.ties) = (runoff.ranking.clone(), runoff.ties.clone());
                self.details = Details::InstantRunoff(runoff);
            }
            Counting::Schulze => {
                let pairwise = Pairwise::of(options, rankings.iter().copied());
                let schulze = crate::schulze::ranking(&pairwise, lot);
                (self.ranking, self.ties) = (schulze.ranking.clone(), schulze.ties.clone());
                self.details = Details::Schulze(schulze);
            }
        }
    }
}

impl Outcome {
    fn of_proposal(is_adopted: bool) -> Self {
        if is_adopted { Self::Adopted } else { Self::NotAdopted }
    }
}

/// Takes the ballots in the order of their voters.
fn check_ballots(rules: &Rules, ballots: &[&Ballot]) -> Result<(), TallyError> {
    let mut seen = BTreeSet::new();
    for ballot in ballots {
        let voter = ballot.voter;
        if voter >= rules.electorate {
            return Err(TallyError::NoSuchVoter(voter, rules.electorate));
        }
        if !seen.insert(voter) {
            return Err(TallyError::Twice(voter));
        }
        if let Content::Position(position) = &ballot.content {
            rules.check_position(position).map_err(|error| TallyError::Position(voter, error))?;
        }
        if ballot.not_qualified.is_empty() {
            continue;
        }
        if rules.method != Method::Consent || ballot.content == Content::Spoiled {
            return Err(TallyError::FindingUnused(voter));
        }
        if let Some(objector) = ballot.not_qualified.iter().find(|objector| **objector >= rules.electorate) {
            return Err(TallyError::NoSuchVoter(*objector, rules.electorate));
        }
        if ballot.not_qualified.contains(&voter) {
            return Err(TallyError::OwnObjection(voter));
        }
    }
    Ok(())
}

/// Ballots are no more than voters, who are few.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Why nothing can be counted: a fault of the caller, who hands in what should have been sorted out before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// The rules do not pass their check.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A voter who is not in the electorate.
    #[error("voter {0} was named and there are {1}, counted from 0")]
    NoSuchVoter(u32, u32),
    /// Two ballots of one voter.
    #[error("voter {0} has two ballots")]
    Twice(u32),
    /// A position that the rules do not allow.
    #[error("the ballot of voter {0}: {1}")]
    Position(u32, PositionError),
    /// A voter finds against an objection where there are none, or with a ballot that cannot be read.
    #[error("the ballot of voter {0} finds against an objection, which it cannot")]
    FindingUnused(u32),
    /// A voter finds against their own objection, which they would withdraw by another position.
    #[error("voter {0} finds against their own objection")]
    OwnObjection(u32),
}
