//! How a decision was taken, and what it took, as a file tells it.

use knotwork_governance::{Bound, Counting, Denominator, Method, Ratio, Threshold};
use knotwork_minutes::DecidedTerms;
use serde_json::{Map, Value, json};

/// How many organisations have to agree, as a decision binds everyone: of those that were asked when it was opened, and of
/// those that were on the roster when it was minuted.
struct Binding {
    opened: Share,
    minuted: Share,
}

struct Share {
    least: Ratio,
    needed: u64,
    of: u64,
}

/// It, for people.
pub(super) fn lines(decided: &DecidedTerms) -> Vec<String> {
    let rules = &decided.terms.rules;
    let mut lines = vec![format!("method     {}", method(rules.method))];
    if !rules.quorum.is_none() {
        let voters = rules.quorum.needed(rules.electorate);
        lines.push(format!("quorum     {voters} of {} who were asked had to take part", rules.electorate));
    }
    lines.push(format!("needed     {}", agreement(rules.method, rules.threshold)));
    if let Some(Binding { opened, minuted }) = Binding::of(decided) {
        lines.push(format!(
            "binding    {} of the {} organisations asked had to agree: at least {}, as it binds everyone",
            opened.needed, opened.of, opened.least
        ));
        lines.push(format!(
            "           and {} of the {} that were to be asked when it was minuted: at least {}",
            minuted.needed, minuted.of, minuted.least
        ));
    }
    lines
}

/// It, for programs.
pub(super) fn as_json(decided: &DecidedTerms) -> Map<String, Value> {
    let rules = &decided.terms.rules;
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| body.insert(name.into(), value);
    say("method", json!(rules.method.word()));
    match rules.method {
        Method::Ranked { counting } => _ = say("counting", json!(counting.word())),
        Method::Score { highest } => _ = say("highest", json!(highest)),
        Method::Dot { dots } => _ = say("dots", json!(dots)),
        Method::Consensus { fallback } => _ = say("fallback", json!(fallback.map(threshold_as_json))),
        Method::Consent | Method::Majority | Method::Supermajority | Method::Advice | Method::Gradients => {}
    }
    say("quorum", json!(rules.quorum.to_string()));
    say("quorum_needed", json!(rules.quorum.needed(rules.electorate)));
    say("threshold", json!(rules.threshold.map(threshold_as_json)));
    let share = |share: Share| json!({ "share": share.least.to_string(), "needed": share.needed, "of": share.of });
    let binding = |binding: Binding| json!({ "opened": share(binding.opened), "minuted": share(binding.minuted) });
    say("binding", json!(Binding::of(decided).map(binding)));
    body
}

impl Binding {
    /// None where it binds nobody.
    fn of(DecidedTerms { before, terms, .. }: &DecidedTerms) -> Option<Self> {
        let share = |as_of: u64, of: u64| {
            let rules = &before.charter_at(as_of).rules;
            Some(Share { least: terms.least(rules)?, needed: terms.needed(of, rules), of })
        };
        let asked = before.asked_at(before.height());
        let asked = asked.iter().filter(|organisation| Some(**organisation) != terms.against()).count() as u64;
        Some(Self {
            opened: share(terms.as_of, u64::from(terms.rules.electorate))?,
            minuted: share(before.height(), asked)?,
        })
    }
}

fn method(method: Method) -> String {
    match method {
        Method::Score { highest } => format!("scores, from 0 to {highest}"),
        Method::Dot { dots } => format!("dots, {dots} for each voter"),
        Method::Ranked { counting: Counting::InstantRunoff } => "ranking, by instant run-off".into(),
        Method::Ranked { counting: Counting::Schulze } => "ranking, by Schulze's method".into(),
        Method::Gradients => "gradients of agreement".into(),
        method => method.word().into(),
    }
}

/// What it takes for a proposal to be adopted, or which option is chosen.
fn agreement(method: Method, threshold: Option<Threshold>) -> String {
    match method {
        Method::Consent => "somebody consents, and no objection stands".into(),
        Method::Consensus { fallback: None } => "somebody agrees, and nobody blocks".into(),
        Method::Consensus { fallback: Some(fallback) } => {
            format!("somebody agrees, and nobody blocks; where somebody does, {} have to agree", share(fallback))
        }
        Method::Majority | Method::Supermajority => {
            format!("{} have to agree", threshold.map(share).unwrap_or_default())
        }
        Method::Score { .. } => "the option with the highest mean of its scores".into(),
        Method::Dot { .. } => "the option with the most dots".into(),
        Method::Ranked { .. } => "the option that the rankings favour".into(),
        Method::Advice | Method::Gradients => "nothing: it asks, and decides nothing by itself".into(),
    }
}

fn share(threshold: Threshold) -> String {
    let bound = match threshold.bound {
        Bound::AtLeast => "at least",
        Bound::MoreThan => "more than",
    };
    let of = match threshold.of {
        Denominator::VotesCast => "the votes cast",
        Denominator::Electorate => "all who were asked",
    };
    format!("{bound} {} of {of}", threshold.ratio)
}

fn threshold_as_json(threshold: Threshold) -> Value {
    json!({ "share": threshold.ratio.to_string(), "bound": threshold.bound.word(), "of": threshold.of.word() })
}
