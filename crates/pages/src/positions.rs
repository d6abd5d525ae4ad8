//! Positions in words: what a voter can say by each method, and what they said.

use knotwork_governance::{Advice, Consensus, Consent, Method, Position, Terms, Vote};
use maud::{Markup, html};

use crate::visit::Visit;

/// The word of a position of which one is taken, by which forms and texts name it.
pub(crate) fn word(position: &Position) -> String {
    let word = match position {
        Position::Consent(Consent::Given) => "consent",
        Position::Consent(Consent::WithConcern) => "with-concern",
        Position::Consent(Consent::Objection) => "objection",
        Position::Consensus(Consensus::Agree) | Position::Vote(Vote::Agree) => "agree",
        Position::Consensus(Consensus::Abstain) | Position::Vote(Vote::Abstain) => "abstain",
        // Under consensus it stops nothing.
        Position::Consensus(Consensus::Disagree) => "stand-aside",
        Position::Vote(Vote::Disagree) => "disagree",
        Position::Consensus(Consensus::Block) => "block",
        Position::Advice(Advice::Agree) => "advice-agree",
        Position::Advice(Advice::Concern) => "advice-concern",
        Position::Advice(Advice::Abstain) => "advice-abstain",
        Position::Gradient(step) => return format!("step-{step}"),
        Position::Score(_) => "score",
        Position::Dot(_) => "dot",
        Position::Ranked(_) => "ranking",
    };
    word.to_owned()
}

/// What a position of which one is taken is called.
pub(crate) fn name(visit: &Visit, position: &Position) -> String {
    visit.text(&format!("position-{}", word(position)))
}

/// The answers of the question for a position, each with a sentence.
pub(crate) fn choices(visit: &Visit, method: &Method) -> Vec<(String, String, Option<String>)> {
    let each = |position: Position| {
        let word = word(&position);
        let about = visit.text(&format!("position-about-{word}"));
        (word, name(visit, &position), Some(about))
    };
    method.positions().into_iter().map(each).collect()
}

/// The position of a word.
pub(crate) fn of_word(method: &Method, wanted: &str) -> Option<Position> {
    method.positions().into_iter().find(|position| word(position) == wanted)
}

/// What the counts of a tally are of, in their order.
pub(crate) fn counted(visit: &Visit, terms: &Terms) -> Vec<String> {
    match terms.rules.method.positions() {
        none if none.is_empty() => terms.options.clone(),
        positions => positions.iter().map(|position| name(visit, position)).collect(),
    }
}

/// A position as it is shown beside others.
pub(crate) fn shown(visit: &Visit, terms: &Terms, position: &Position) -> Markup {
    if position.is_abstention() && terms.rules.method.positions().is_empty() {
        return html! { (visit.text("position-abstain")) };
    }
    let option = |place: usize| terms.options.get(place).cloned().unwrap_or_default();
    html! {
        @match position {
            Position::Score(scores) => ul .plain {
                @for (place, score) in scores.iter().enumerate() {
                    li { bdi { (option(place)) } ": " @match score { Some(score) => (score), None => (visit.text("no-score")) } }
                }
            },
            Position::Dot(dots) => ul .plain {
                @for (place, dots) in dots.iter().enumerate() { @if *dots > 0 { li { bdi { (option(place)) } ": " (dots) } } }
            },
            Position::Ranked(ranking) => ol .plain {
                @for rank in &ranking.0 {
                    li { bdi { (rank.iter().map(|number| option(usize::from(*number))).collect::<Vec<_>>().join(" = ")) } }
                }
            },
            one => (name(visit, one)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        methods,
        texts::{Language, text},
    };

    #[test]
    fn every_position_has_its_word_and_its_texts() {
        for method in methods::ADOPTING.iter().chain(&methods::ASKING).filter_map(|word| methods::of_word(word)) {
            assert!(!method.positions().is_empty());
            for position in method.positions() {
                let word = word(&position);
                assert_eq!(of_word(&method, &word), Some(position));
                for name in [format!("position-{word}"), format!("position-about-{word}")] {
                    assert_ne!(text(Language::English, &name), name);
                }
            }
        }
        assert!(
            methods::CHOOSING
                .iter()
                .filter_map(|word| methods::of_word(word))
                .all(|method| method.positions().is_empty())
        );
    }
}
