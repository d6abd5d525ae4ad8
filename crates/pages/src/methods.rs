//! Methods of deciding, in words: what each is called, what it asks for, and what is needed to pass.

use knotwork_commands::NodeHandle;
use knotwork_governance::{Bound, Counting, Denominator, Effect, Method, Quorum, Ratio, Rules, Terms, Threshold};

use crate::visit::Visit;

/// The methods that a member can choose for a proposal, the usual one first.
pub(crate) const ADOPTING: [&str; 4] = ["consent", "consensus", "majority", "supermajority"];
/// Those that choose among options.
pub(crate) const CHOOSING: [&str; 4] = ["ranked-runoff", "ranked-schulze", "score", "dot"];
/// Those that ask and decide nothing.
pub(crate) const ASKING: [&str; 2] = ["advice", "gradients"];

/// The word of a method, by which forms and texts name it.
pub(crate) const fn word(method: &Method) -> &'static str {
    match method {
        // Forms ask for the way of counting with the method.
        Method::Ranked { counting: Counting::InstantRunoff } => "ranked-runoff",
        Method::Ranked { counting: Counting::Schulze } => "ranked-schulze",
        method => method.word(),
    }
}

/// The method of a word, with what is usual for it.
pub(crate) fn of_word(word: &str) -> Option<Method> {
    Some(match word {
        "consent" => Method::Consent,
        "consensus" => Method::Consensus { fallback: None },
        "majority" => Method::Majority,
        "supermajority" => Method::Supermajority,
        "score" => Method::score(),
        "dot" => Method::dot(),
        "ranked-runoff" => Method::Ranked { counting: Counting::InstantRunoff },
        "ranked-schulze" => Method::Ranked { counting: Counting::Schulze },
        "advice" => Method::Advice,
        "gradients" => Method::Gradients,
        _ => return None,
    })
}

/// What a method is called.
pub(crate) fn name(visit: &Visit, method: &Method) -> String {
    visit.text(&format!("method-{}", word(method)))
}

/// What the method of a decision is called: one that is named by its usual share is not, where it has another.
pub(crate) fn called(visit: &Visit, rules: &Rules) -> String {
    let usual = Rules::usual(rules.method, rules.options, rules.electorate).threshold;
    let is_usual = usual.map(|usual| usual.ratio) == rules.threshold.map(|threshold| threshold.ratio);
    if is_usual { name(visit, &rules.method) } else { visit.text("method-chosen-share") }
}

/// The answers of the question by which method, each with a sentence.
pub(crate) fn choices(visit: &Visit, words: &[&str]) -> Vec<(String, String, Option<String>)> {
    let each = |word: &&str| {
        let (name, about) = (visit.text(&format!("method-{word}")), visit.text(&format!("method-about-{word}")));
        ((*word).to_owned(), name, Some(about))
    };
    words.iter().map(each).collect()
}

/// What is needed to pass, a sentence each; `binding` is the least number that has to agree because it binds everyone.
pub(crate) fn needed(visit: &Visit, terms: &Terms, binding: u64) -> Vec<String> {
    let rules = &terms.rules;
    let count =
        |name: &str, count: u64| visit.text_with(name, &[("count", count.into()), ("asked", rules.electorate.into())]);
    let mut sentences = Vec::new();
    if !rules.quorum.is_none() {
        sentences.push(count("needed-quorum", quorum(rules.quorum, rules.electorate)));
    }
    match (&rules.method, rules.threshold) {
        (Method::Consensus { fallback: Some(threshold) }, _) => {
            sentences.push(visit.text("needed-consensus"));
            sentences.push(visit.text_with("needed-fallback", &[("share", share(visit, threshold).into())]));
        }
        (Method::Majority | Method::Supermajority, Some(threshold)) => {
            sentences.push(visit.text_with("needed-share", &[("share", share(visit, &threshold).into())]));
        }
        (method, _) => sentences.push(visit.text(&format!("needed-{}", word(method)))),
    }
    if binding > 0 {
        sentences.push(count("needed-binding", binding));
    }
    sentences
}

/// How many have to agree because of what it changes, by the charter that was in force when it was opened.
pub(crate) fn binding(node: &NodeHandle, terms: &Terms) -> u64 {
    terms.needed(u64::from(terms.rules.electorate), &node.agreed().charter_at(terms.as_of).rules)
}

/// A share of organisations as people say it.
pub(crate) fn fraction(visit: &Visit, ratio: Ratio) -> String {
    let known = FRACTIONS.iter().find(|(known, _)| *known == ratio);
    match known {
        Some((_, name)) => visit.text(name),
        None => {
            let values = [("part", ratio.numerator.into()), ("whole", ratio.denominator.into())];
            visit.text_with("fraction-other", &values)
        }
    }
}

/// What an effect changes, as a sentence.
pub(crate) fn effect(visit: &Visit, effect: &Effect) -> String {
    let about = |name: &str, organisation| {
        let called = visit.handle().organisation_called(organisation);
        visit.text_with(name, &[("organisation", called.into())])
    };
    match effect {
        Effect::Admit { organisation, host: None, .. } => about("effect-admit", organisation),
        Effect::Admit { organisation, .. } => about("effect-admit-hosted", organisation),
        Effect::Remove { organisation, .. } => about("effect-remove", organisation),
        Effect::Rest { organisation } => about("effect-rest", organisation),
        Effect::Node { organisation, .. } => about("effect-node", organisation),
        Effect::Charter { .. } => visit.text("effect-charter"),
        Effect::Stage(stage) => {
            let stage = visit.text(crate::charter::stage_name(*stage));
            visit.text_with("effect-stage", &[("stage", stage.into())])
        }
    }
}

fn quorum(quorum: Quorum, electorate: u32) -> u64 {
    quorum.needed(electorate).max(1)
}

fn share(visit: &Visit, threshold: &Threshold) -> String {
    let name = match (threshold.bound, threshold.of) {
        (Bound::AtLeast, Denominator::VotesCast) => "share-at-least-cast",
        (Bound::AtLeast, Denominator::Electorate) => "share-at-least-asked",
        (Bound::MoreThan, Denominator::VotesCast) => "share-more-cast",
        (Bound::MoreThan, Denominator::Electorate) => "share-more-asked",
    };
    visit.text_with(name, &[("fraction", fraction(visit, threshold.ratio).into())])
}

/// Shares that have a name.
pub(crate) const FRACTIONS: [(Ratio, &str); 4] = [
    (Ratio::new(1, 2), "fraction-half"),
    (Ratio::new(2, 3), "fraction-two-thirds"),
    (Ratio::new(3, 4), "fraction-three-quarters"),
    (Ratio::new(1, 1), "fraction-all"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{Language, text};

    #[test]
    fn every_method_has_its_word_and_its_texts() {
        for known in ADOPTING.iter().chain(&CHOOSING).chain(&ASKING) {
            let method = of_word(known).expect("a method");
            assert_eq!(word(&method), *known);
            for name in [format!("method-{known}"), format!("method-about-{known}")] {
                assert_ne!(text(Language::English, &name), name);
            }
            if !method.takes_threshold() {
                let name = format!("needed-{known}");
                assert_ne!(text(Language::English, &name), name);
            }
        }
        assert_eq!(of_word("veto"), None);
    }
}
