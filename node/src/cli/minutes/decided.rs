//! What a file of minutes tells of the decision that it is about: what was asked, who said what and why, and what came of it.

use knotwork_documents::{Paper, Sheet};
use knotwork_governance::{Advice, Consensus, Consent, Counting, Effect, Method, Position, Stage, Terms, Vote, Voter};
use knotwork_identity::to_text;
use knotwork_minutes::{Bundle, DecidedTerms, Verdict};
use serde_json::{Value, json};

use super::{
    super::text::{harmless, one_line},
    verify::{called, name},
};

/// What a voter says, in the change that says it.
pub(super) type Answer = (Voter, Sheet);

/// The decision, for people.
pub(super) fn as_text(bundle: &Bundle, decided: &DecidedTerms, answers: Option<&[Answer]>) -> String {
    let DecidedTerms { height, terms, outcome, .. } = decided;
    let mut lines = vec![String::new(), format!("Decision: {}", one_line(&terms.title)), String::new()];
    for text in [&terms.text, &terms.summary].into_iter().filter(|text| !text.is_empty()) {
        // What others wrote cannot be taken for what is said here.
        lines.extend(harmless(text).lines().map(|line| format!("  | {line}")));
        lines.push(String::new());
    }
    lines.extend([
        format!("minute     {height}"),
        format!("method     {}", method(terms.rules.method)),
        format!("outcome    {}", verdict(terms, &outcome.verdict)),
    ]);
    if is_overtaken(decided) {
        lines.push("           What was agreed meanwhile has overtaken it: it changes nothing.".into());
    }
    lines.extend(terms.effects.iter().map(|one| format!("changes    {}", effect(bundle, one))));
    let options = terms.options.iter().enumerate();
    lines.extend(options.map(|(place, option)| format!("option {:<4}{}", place + 1, one_line(option))));
    lines.push(String::new());
    match answers {
        Some(answers) => {
            lines.push(format!("{} of {} who were asked are counted:", answers.len(), terms.electorate.len()));
            for (voter, sheet) in answers {
                let Paper::Ballot(ballot) = &sheet.paper else { continue };
                lines.push(format!("- {}: {}", who(bundle, voter), said(terms, &ballot.position)));
                lines.extend((!sheet.reason.is_empty()).then(|| format!("  {}", one_line(&sheet.reason))));
            }
            lines.extend([
                String::new(),
                "The organisations agreed on this outcome, and the ballots, counted again here, come to it.".into(),
            ]);
        }
        None => lines.push(
            "The organisations agreed on this outcome. Not all ballots are in the file: it was not counted again."
                .into(),
        ),
    }
    lines.join("\n")
}

/// The decision, for programs.
pub(super) fn as_json(bundle: &Bundle, decided: &DecidedTerms, answers: Option<&[Answer]>) -> Value {
    let DecidedTerms { height, terms, outcome, .. } = decided;
    let answers = answers.map(|answers| {
        let each = answers.iter().filter_map(|(voter, sheet)| match &sheet.paper {
            Paper::Ballot(ballot) => Some(json!({
                "organisation": organisation(voter),
                "name": name(bundle, organisation(voter)),
                "person": person(voter),
                "change": sheet.change,
                "says": said(terms, &ballot.position),
                "reason": sheet.reason,
            })),
            _ => None,
        });
        each.collect::<Vec<_>>()
    });
    json!({
        "title": terms.title,
        "text": terms.text,
        "summary": terms.summary,
        "method": method(terms.rules.method),
        "options": terms.options,
        "asked": terms.electorate.len(),
        "closes": terms.closes.milliseconds(),
        "terms": outcome.terms.to_string(),
        "minute": height,
        "verdict": verdict(terms, &outcome.verdict),
        "chosen": match outcome.verdict {
            Verdict::Chosen(option) => Some(u32::from(option) + 1),
            _ => None,
        },
        "effects": terms.effects.iter().map(|one| effect(bundle, one)).collect::<Vec<_>>(),
        "overtaken": is_overtaken(decided),
        "counts": outcome.counts,
        "counted_again": answers.is_some(),
        "answers": answers,
    })
}

/// Whether it was adopted and changed nothing, as something else had been agreed meanwhile.
fn is_overtaken(decided: &DecidedTerms) -> bool {
    let DecidedTerms { terms, outcome, .. } = decided;
    outcome.verdict == Verdict::Adopted && outcome.effects.is_empty() && !terms.effects.is_empty()
}

fn verdict(terms: &Terms, verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotDecided => "not decided".into(),
        Verdict::Adopted => "adopted".into(),
        Verdict::NotAdopted => "not adopted".into(),
        Verdict::Chosen(option) => {
            format!("option {} chosen: {}", u32::from(*option) + 1, option_words(terms, usize::from(*option)))
        }
    }
}

fn option_words(terms: &Terms, option: usize) -> String {
    terms.options.get(option).map(|words| one_line(words)).unwrap_or_default()
}

fn who(bundle: &Bundle, voter: &Voter) -> String {
    match person(voter) {
        None => called(bundle, organisation(voter)),
        Some(person) => format!("person {person} of {}", called(bundle, organisation(voter))),
    }
}

fn organisation(voter: &Voter) -> &knotwork_identity::PublicKey {
    match voter {
        Voter::Organisation(organisation) | Voter::Person(organisation, _) => organisation,
    }
}

fn person(voter: &Voter) -> Option<String> {
    match voter {
        Voter::Organisation(_) => None,
        Voter::Person(_, person) => Some(to_text(&person.0)),
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Consent => "consent",
        Method::Consensus { .. } => "consensus",
        Method::Majority => "majority",
        Method::Supermajority => "supermajority",
        Method::Score { .. } => "scores",
        Method::Dot { .. } => "dots",
        Method::Ranked { counting: Counting::InstantRunoff } => "ranking, by instant run-off",
        Method::Ranked { counting: Counting::Schulze } => "ranking, by Schulze's method",
        Method::Advice => "advice",
        Method::Gradients => "gradients of agreement",
    }
}

fn effect(bundle: &Bundle, effect: &Effect) -> String {
    match effect {
        Effect::Admit { organisation, .. } => format!("admits {}", called(bundle, organisation)),
        Effect::Remove { organisation, .. } => format!("parts with {}", called(bundle, organisation)),
        Effect::Rest { organisation } => format!("lets {} rest", called(bundle, organisation)),
        Effect::Charter { digest, .. } => format!("brings the charter with digest {digest:?} into force"),
        Effect::Node { organisation, .. } => format!("has another node speak for {}", called(bundle, organisation)),
        Effect::Stage(stage) => format!("declares the network {}", stage_word(*stage)),
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::PreEmergent => "pre-emergent",
        Stage::Emerging => "emerging",
        Stage::Established => "established",
        Stage::Dormant => "dormant",
    }
}

fn said(terms: &Terms, position: &Position) -> String {
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
