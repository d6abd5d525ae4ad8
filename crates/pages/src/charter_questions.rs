//! All that a charter says, as questions: in the form that proposes another, and in the one that changes a proposal.

use knotwork_governance::{BindingRules, Charter, NetworkFunction, NetworkKind, Ratio};
use maud::{Markup, html};

use crate::{
    charter::{function_name, kind_name},
    decision_form::check_text,
    form::{Faults, Fields},
    layout::{Input, Kind, input, radios},
    methods,
    visit::Visit,
};

/// Answers the questions with what a charter says.
pub(crate) fn fill(fields: &mut Fields, charter: &Charter) {
    for (name, text) in [
        ("purpose", &charter.purpose),
        ("ways", &charter.ways_of_working),
        ("values", &charter.values),
        ("disagreement", &charter.disagreement),
    ] {
        fields.set(name, text.clone());
    }
    for kind in &charter.kinds {
        fields.set(kind_name(*kind), "yes");
    }
    for function in &charter.functions {
        fields.set(function_name(*function), "yes");
    }
    fields.set("method", methods::word(&charter.usual_method));
    fields.set("days", charter.usual_days.to_string());
    for (name, ratio) in
        [("admit", charter.rules.admit), ("remove", charter.rules.remove), ("amend", charter.rules.amend)]
    {
        fields.set(name, share_word(ratio));
    }
    fields.set("months", charter.rules.review_months.to_string());
}

/// The charter that the answers make. What is wrong with them is noted.
pub(crate) fn read(visit: &Visit, fields: &Fields, faults: &mut Faults) -> Option<Charter> {
    if fields.get("purpose").trim().is_empty() {
        faults.add("purpose", visit.text("enter-purpose"));
    }
    check_text(visit, fields, "purpose", Charter::PURPOSE_BYTES_MAX, faults);
    for name in ["ways", "values", "disagreement"] {
        check_text(visit, fields, name, Charter::TEXT_BYTES_MAX, faults);
    }
    let method = methods::ADOPTING.iter().find(|word| **word == fields.get("method"));
    if method.is_none() {
        faults.add("method", visit.text("choose-method"));
    }
    let days = fields.word("days").parse().ok().filter(|days| (1..=Charter::USUAL_DAYS_MAX).contains(days));
    if days.is_none() {
        faults.add("days", visit.text_with("days-wrong", &[("most", Charter::USUAL_DAYS_MAX.into())]));
    }
    let [admit, remove, amend] = ["admit", "remove", "amend"].map(|name| {
        let share = share_of(name, fields.get(name));
        if share.is_none() {
            faults.add(name, visit.text("choose-share"));
        }
        share
    });
    let most = BindingRules::REVIEW_MONTHS_MAX;
    let months = fields.word("months").parse().ok().filter(|months| (1..=most).contains(months));
    if months.is_none() {
        faults.add("months", visit.text_with("months-wrong", &[("most", most.into())]));
    }
    let rules = (|| Some(BindingRules { admit: admit?, remove: remove?, amend: amend?, review_months: months? }))();
    let method = method.and_then(|word| methods::of_word(word));
    rules.zip(days).zip(method).map(|((rules, usual_days), usual_method)| Charter {
        purpose: fields.get("purpose").trim().to_owned(),
        kinds: NetworkKind::ALL.into_iter().filter(|kind| fields.has(kind_name(*kind))).collect(),
        functions: NetworkFunction::ALL.into_iter().filter(|one| fields.has(function_name(*one))).collect(),
        ways_of_working: fields.get("ways").trim().to_owned(),
        values: fields.get("values").trim().to_owned(),
        disagreement: fields.get("disagreement").trim().to_owned(),
        usual_method,
        usual_days,
        rules,
    })
}

/// The questions.
pub(crate) fn shown(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let question = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let ticks = |legend: &str, names: Vec<&'static str>| {
        html! {
            fieldset .question {
                legend { (visit.text(legend)) " " (visit.text("optional")) }
                @for name in names {
                    div .answer {
                        input type="checkbox" id=(name) name=(name) value="yes" checked[fields.has(name) && !fields.get(name).is_empty()];
                        label for=(name) { (visit.text(name)) }
                    }
                }
            }
        }
    };
    let shares = |name: &str| -> Vec<(String, String, Option<String>)> {
        let known = methods::FRACTIONS.iter().map(|(ratio, _)| *ratio);
        let mut offered: Vec<Ratio> = known.filter(|ratio| may_be(name, *ratio)).collect();
        // What was agreed otherwise stays to be chosen.
        offered.extend(share_of(name, fields.get(name)).filter(|share| !offered.contains(share)));
        let sentence = |ratio| match ratio {
            Ratio { numerator, denominator } if numerator == denominator => visit.text("all-of-them"),
            ratio => visit.text_with("at-least", &[("fraction", methods::fraction(visit, ratio).into())]),
        };
        offered.into_iter().map(|ratio| (share_word(ratio), sentence(ratio), None)).collect()
    };
    html! {
            (question("purpose", &visit.text("charter-purpose"), "charter-purpose-hint", Kind::Lines(6)))
            (ticks("charter-kinds", NetworkKind::ALL.map(kind_name).to_vec()))
            (ticks("charter-functions", NetworkFunction::ALL.map(function_name).to_vec()))
            (question("ways", &optional("charter-ways"), "charter-ways-hint", Kind::Lines(5)))
            (question("values", &optional("charter-values"), "charter-values-hint", Kind::Lines(5)))
            (question("disagreement", &optional("charter-disagreement"), "charter-disagreement-hint", Kind::Lines(5)))
            (radios("method", &visit.text("charter-method"), None, &methods::choices(visit, &methods::ADOPTING), fields, faults))
            (question("days", &visit.text("usual-days"), "usual-days-hint", Kind::Number))
            (radios("admit", &visit.text("charter-admit"), None, &shares("admit"), fields, faults))
            (radios("remove", &visit.text("charter-remove"), Some(&visit.text("remove-hint")), &shares("remove"), fields, faults))
            (radios("amend", &visit.text("charter-amend"), None, &shares("amend"), fields, faults))
            (question("months", &visit.text("review-months"), "review-months-hint", Kind::Number))
    }
}

/// The answers, for a form that does not ask again.
pub(crate) fn hidden(fields: &Fields) -> Markup {
    let names = NetworkKind::ALL.map(kind_name).into_iter().chain(NetworkFunction::ALL.map(function_name));
    html! {
        @for name in NAMES { input type="hidden" name=(name) value=(fields.get(name)); }
        @for name in names.filter(|name| fields.has(name)) { input type="hidden" name=(name) value="yes"; }
    }
}

/// A share as forms have it, such as 2/3.
fn share_word(ratio: Ratio) -> String {
    format!("{}/{}", ratio.numerator, ratio.denominator)
}

/// The share of a word; none that a charter could not have there.
fn share_of(name: &str, word: &str) -> Option<Ratio> {
    let (part, whole) = word.split_once('/')?;
    let ratio = Ratio::new(part.parse().ok()?, whole.parse().ok()?);
    (ratio.check().is_ok() && may_be(name, ratio)).then_some(ratio)
}

/// Whether a charter can have this share: half of the others do not part with anybody.
fn may_be(name: &str, share: Ratio) -> bool {
    let half = Ratio::new(1, 2);
    if name == "remove" { share > half } else { share >= half }
}

const NAMES: [&str; 10] =
    ["purpose", "ways", "values", "disagreement", "method", "days", "admit", "remove", "amend", "months"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_that_a_charter_can_have() {
        assert_eq!(share_of("amend", "2/3"), Some(Ratio::new(2, 3)));
        assert_eq!(share_of("admit", &share_word(Ratio::new(5, 7))), Some(Ratio::new(5, 7)));
        for none in ["", "1/3", "3/2", "1/0", "x", "2", "-2/3", "1/2/3", "0/0"] {
            assert_eq!(share_of("amend", none), None, "{none}");
        }
        assert!(share_of("amend", "1/2").is_some() && share_of("remove", "1/2").is_none());
        assert!(share_of("remove", "51/100").is_some());
    }
}
