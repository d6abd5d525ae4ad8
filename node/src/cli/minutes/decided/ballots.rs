//! The ballots of a decision: what a file holds of them, who says what, and what they came to.

use knotwork_documents::{Paper, Sheet};
use knotwork_governance::{Advice, Consensus, Consent, Method, Position, Terms, Tie, Vote, Voter};
use knotwork_identity::{PublicKey, to_text};
use knotwork_minutes::{Bundle, DecidedTerms};
use knotwork_replica::{Answers, Evidence, EvidenceError};
use serde_json::{Map, Value, json};

use super::{
    super::{
        super::{decision::lot_sentence, text::one_line},
        verify::{called, name},
    },
    option_words, person_of,
};

/// What a file holds of the ballots that were counted.
pub(super) enum Ballots {
    /// All of them, and counted again they come to the outcome.
    Counted(Answers),
    /// Not all, or not all that they stand on.
    Some {
        /// What is said in those of which it can be told who says it.
        said: Vec<(Voter, Sheet)>,
        /// How many are there.
        held: usize,
    },
}

impl Ballots {
    pub(super) fn read(evidence: &Evidence, decided: &DecidedTerms) -> Result<Self, EvidenceError> {
        let DecidedTerms { before, terms, outcome, .. } = decided;
        match evidence.recount(before, terms, outcome) {
            Ok(()) => Ok(Self::Counted(evidence.answers(before, terms, outcome)?)),
            Err(EvidenceError::Lacking) => {
                let said = evidence.answers_here(terms, outcome).map_err(|_| EvidenceError::Lacking)?;
                Ok(Self::Some { said, held: evidence.held(outcome) })
            }
            Err(error) => Err(error),
        }
    }

    /// Who says what, and whether it was counted again.
    pub(super) fn lines(&self, bundle: &Bundle, DecidedTerms { terms, outcome, .. }: &DecidedTerms) -> Vec<String> {
        let mut lines = Vec::new();
        match self {
            Self::Counted(Answers { said, spoiled, .. }) => {
                lines.push(format!("{} of {} who were asked are counted:", said.len(), terms.electorate.len()));
                lines.extend(answers(bundle, terms, said));
                lines.extend(spoiled.iter().map(|voter| {
                    format!("- {}: says several things at once, which counts for nothing", who(bundle, voter))
                }));
                lines.extend([
                    String::new(),
                    "The organisations agreed on this outcome, and the ballots, counted again here, come to it.".into(),
                ]);
            }
            Self::Some { said, held } => {
                let named = outcome.ballots.len();
                let what = if *held < named {
                    format!("Not all ballots are in the file: {held} of the {named} that the minute names are.")
                } else {
                    format!("All {named} ballots are in the file, and not all that they stand on.")
                };
                lines.push(format!("The organisations agreed on this outcome. {what} It was not counted again."));
                if !said.is_empty() {
                    lines.extend([
                        String::new(),
                        "What is said in those that are here, unless another of the same voter is missing:".into(),
                    ]);
                    lines.extend(answers(bundle, terms, said));
                }
            }
        }
        lines
    }

    /// What a lot decided, for people.
    pub(super) fn lots(&self, terms: &Terms) -> Vec<String> {
        match self {
            Self::Counted(answers) => answers
                .ties
                .iter()
                .map(|tie| {
                    let options = tie.options.iter().map(|option| option_words(terms, usize::from(*option)));
                    let options = options.collect::<Vec<_>>().join(", ");
                    format!("lot        {}", lot_sentence(tie.contest.word(), tie.contest.number().into(), &options))
                })
                .collect(),
            Self::Some { .. } if terms.rules.method.chooses() => {
                vec!["lot        whether one decided anything cannot be told without all ballots".into()]
            }
            Self::Some { .. } => Vec::new(),
        }
    }

    /// It, for programs.
    pub(super) fn as_json(
        &self,
        bundle: &Bundle,
        DecidedTerms { terms, outcome, .. }: &DecidedTerms,
    ) -> Map<String, Value> {
        let (said, held, spoiled, lots) = match self {
            Self::Counted(Answers { said, spoiled, ties }) => {
                (said, outcome.ballots.len(), spoiled.as_slice(), Some(ties.iter().map(lot).collect::<Vec<_>>()))
            }
            Self::Some { said, held } => (said, *held, &[][..], None),
        };
        let answers = said.iter().filter_map(|(voter, sheet)| {
            let Paper::Ballot(ballot) = &sheet.paper else { return None };
            let mut answer = voter_as_json(bundle, voter);
            answer["change"] = json!(sheet.change);
            answer["says"] = json!(says(terms, &ballot.position));
            answer["reason"] = json!(sheet.reason);
            Some(answer)
        });
        let spoiled = spoiled.iter().map(|voter| voter_as_json(bundle, voter));
        Map::from_iter([
            ("counted_again".to_owned(), json!(lots.is_some())),
            ("ballots".to_owned(), json!({ "named": outcome.ballots.len(), "held": held })),
            ("answers".to_owned(), answers.collect()),
            ("spoiled".to_owned(), spoiled.collect()),
            ("lots".to_owned(), json!(lots)),
        ])
    }
}

/// The counts that were minuted, for people. The number comes first, as what it is of may be somebody else's words.
pub(super) fn counts(DecidedTerms { terms, outcome, .. }: &DecidedTerms) -> Vec<String> {
    let of = match terms.rules.method {
        Method::Score { .. } => "scored it: ",
        Method::Dot { .. } => "dots for it: ",
        Method::Ranked { .. } => "ranked it first: ",
        Method::Gradients => "step ",
        _ => "",
    };
    let named = terms.count_names().into_iter().zip(&outcome.counts);
    named.map(|(name, count)| format!("count      {count} {of}{}", one_line(&name))).collect()
}

/// The counts that were minuted, for programs.
pub(super) fn counts_as_json(DecidedTerms { terms, outcome, .. }: &DecidedTerms) -> Vec<Value> {
    let named = terms.count_names().into_iter().zip(&outcome.counts);
    named.map(|(of, count)| json!({ "of": of, "count": count })).collect()
}

/// A tie, with options from 1.
fn lot(tie: &Tie) -> Value {
    let options: Vec<u32> = tie.options.iter().map(|option| u32::from(*option) + 1).collect();
    json!({ "contest": tie.contest.word(), "number": tie.contest.number(), "options": options })
}

fn answers(bundle: &Bundle, terms: &Terms, said: &[(Voter, Sheet)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (voter, sheet) in said {
        let Paper::Ballot(ballot) = &sheet.paper else { continue };
        lines.push(format!("- {}: {}", who(bundle, voter), says(terms, &ballot.position)));
        lines.extend(super::set_apart(&sheet.reason));
    }
    lines
}

fn who(bundle: &Bundle, voter: &Voter) -> String {
    match voter {
        Voter::Organisation(organisation) => called(bundle, organisation),
        Voter::Person(organisation, person) => person_of(bundle, organisation, &person.0),
    }
}

fn voter_as_json(bundle: &Bundle, voter: &Voter) -> Value {
    let (organisation, person): (&PublicKey, _) = match voter {
        Voter::Organisation(organisation) => (organisation, None),
        Voter::Person(organisation, person) => (organisation, Some(to_text(&person.0))),
    };
    json!({ "organisation": organisation, "name": name(bundle, organisation), "person": person })
}

fn says(terms: &Terms, position: &Position) -> String {
    let each = |values: Vec<String>| {
        let named = values.into_iter().enumerate().filter(|(_, value)| !value.is_empty());
        let named: Vec<String> =
            named.map(|(place, value)| format!("{} {value}", option_words(terms, place))).collect();
        if named.is_empty() { "nothing for any option".to_owned() } else { named.join(", ") }
    };
    match position {
        Position::Consent(Consent::Given) => "consents".into(),
        Position::Consent(Consent::WithConcern) => "consents with a concern".into(),
        Position::Consent(Consent::Objection) => "objects".into(),
        Position::Consensus(Consensus::Agree) | Position::Vote(Vote::Agree) | Position::Advice(Advice::Agree) => {
            "agrees".into()
        }
        Position::Consensus(Consensus::Abstain) | Position::Vote(Vote::Abstain) | Position::Advice(Advice::Abstain) => {
            "abstains".into()
        }
        Position::Consensus(Consensus::Disagree) => "disagrees, and does not stop it".into(),
        Position::Consensus(Consensus::Block) => "blocks".into(),
        Position::Vote(Vote::Disagree) => "disagrees".into(),
        Position::Advice(Advice::Concern) => "has a concern".into(),
        Position::Gradient(step) => format!("step {step} of 8, from endorsement to veto"),
        Position::Score(scores) => {
            each(scores.iter().map(|score| score.map_or(String::new(), |s| s.to_string())).collect())
        }
        Position::Dot(dots) => {
            each(dots.iter().map(|dots| if *dots > 0 { dots.to_string() } else { String::new() }).collect())
        }
        Position::Ranked(ranking) => {
            let tiers = ranking.0.iter().map(|tier| {
                let words: Vec<String> = tier.iter().map(|option| option_words(terms, usize::from(*option))).collect();
                words.join(" = ")
            });
            let tiers: Vec<String> = tiers.collect();
            if tiers.is_empty() { "ranks nothing".into() } else { format!("ranks {}", tiers.join(" > ")) }
        }
    }
}
