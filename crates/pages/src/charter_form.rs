//! Proposing another charter: all that it says as questions, then what would change, and only then a decision opens.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::CommandError;
use knotwork_governance::{BindingRules, Charter, NetworkFunction, NetworkKind, Ratio};
use maud::{Markup, html};

use crate::{
    charter::{differences, function_name, kind_name, open, refusal},
    decision_form::{Preview, check_text},
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input, radios, summary},
    methods,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// The questions, with what the charter in force says.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let charter = match in_force(&visit).await {
        Ok(charter) => charter,
        Err(response) => return response,
    };
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
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
    ask(&visit, &fields, &Faults::default())
}

/// Takes the answers: shows what would change, or opens the decision.
pub(crate) async fn propose(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let before = match in_force(&visit).await {
        Ok(charter) => charter,
        Err(response) => return response,
    };
    let step = fields.get("step");
    if step == "change" {
        return ask(&visit, &fields, &Faults::default());
    }
    let (charter, faults) = read(&visit, &fields);
    let Some(charter) = charter.filter(|_| faults.is_empty()) else { return ask(&visit, &fields, &faults) };
    if charter == before {
        return ask(&visit, &fields, &Faults::one("purpose", visit.text("charter-unchanged")));
    }
    if step != "open" {
        return check(&visit, &fields, &before, charter).await;
    }
    let nonce = visit.form_nonce(fields.get("key"));
    let opened = match visit.handle().write_charter(&visit.member, charter, nonce).await {
        Ok(effect) => {
            let title = visit.text("charter-decision-title");
            open(&visit, &before, title, fields.get("why").trim().to_owned(), effect, nonce).await
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(error) => refused(&visit, &fields, &error),
    }
}

async fn in_force(visit: &MemberVisit) -> Result<Charter, Response> {
    let entry = visit.read(|node| node.charter()).await.map_err(|error| visit.failure(&error))?;
    entry.charter.ok_or_else(|| errors::missing(visit))
}

fn read(visit: &Visit, fields: &Fields) -> (Option<Charter>, Faults) {
    let mut faults = Faults::default();
    for (name, missing) in [("why", "enter-why"), ("purpose", "enter-purpose")] {
        if fields.get(name).trim().is_empty() {
            faults.add(name, visit.text(missing));
        }
    }
    check_text(visit, fields, "why", WHY_BYTES_MAX, &mut faults);
    check_text(visit, fields, "purpose", Charter::PURPOSE_BYTES_MAX, &mut faults);
    for name in ["ways", "values", "disagreement"] {
        check_text(visit, fields, name, Charter::TEXT_BYTES_MAX, &mut faults);
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
        let share = share_of(fields.get(name));
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
    let charter = rules.zip(days).zip(method).map(|((rules, usual_days), usual_method)| Charter {
        purpose: fields.get("purpose").trim().to_owned(),
        kinds: NetworkKind::ALL.into_iter().filter(|kind| fields.has(kind_name(*kind))).collect(),
        functions: NetworkFunction::ALL.into_iter().filter(|one| fields.has(function_name(*one))).collect(),
        ways_of_working: fields.get("ways").trim().to_owned(),
        values: fields.get("values").trim().to_owned(),
        disagreement: fields.get("disagreement").trim().to_owned(),
        usual_method,
        usual_days,
        rules,
    });
    (charter, faults)
}

fn ask(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
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
        let mut offered: Vec<Ratio> = methods::FRACTIONS.iter().map(|(ratio, _)| *ratio).collect();
        // What was agreed otherwise stays to be chosen.
        offered.extend(share_of(fields.get(name)).filter(|share| !offered.contains(share)));
        let sentence = |ratio| visit.text_with("at-least", &[("fraction", methods::fraction(visit, ratio).into())]);
        offered.into_iter().map(|ratio| (share_word(ratio), sentence(ratio), None)).collect()
    };
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("change-charter-about")) }
        (form(visit, "/charter/change", "questions", html! {
            input type="hidden" name="key" value=(fields.get("key"));
            (question("why", &visit.text("charter-why"), "charter-why-hint", Kind::Lines(4)))
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
            button type="submit" name="step" value="check" { (visit.text("continue")) }
            a .button.second href="/charter" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("propose-change");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/charter") })
}

async fn check(visit: &MemberVisit, fields: &Fields, before: &Charter, after: Charter) -> Response {
    let effect = knotwork_governance::Effect::Charter {
        document: knotwork_identity::DocumentId([0; 32]),
        digest: after.digest(),
        rules: after.rules,
    };
    let title = visit.text("charter-decision-title");
    let draft = visit.handle().usual_draft(before, title, fields.get("why").trim().to_owned(), effect);
    let member = visit.member.clone();
    let preview = visit
        .read(move |node| {
            let terms = node.preview_decision(&member, draft)?;
            Ok((Preview::of(node, &terms)?, terms))
        })
        .await;
    let (preview, terms) = match preview {
        Ok(preview) => preview,
        Err(error) => return refused(visit, fields, &error),
    };
    let content = html! {
        p { (visit.text("check-decision-about")) }
        h2 { (visit.text("what-would-change")) }
        (differences(visit, before, &after))
        h2 { (visit.text("how-it-is-decided")) }
        (summary(&preview.rows(visit, &terms)))
        (form(visit, "/charter/change", "questions", html! {
            @for name in NAMES { input type="hidden" name=(name) value=(fields.get(name)); }
            (ticked(fields))
            button type="submit" name="step" value="open" { (visit.text("open-decision")) }
            button .second type="submit" name="step" value="change" { (visit.text("change-answers")) }
        }))
    };
    let title = visit.text("check-decision");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/charter") })
}

fn ticked(fields: &Fields) -> Markup {
    let names = NetworkKind::ALL.map(kind_name).into_iter().chain(NetworkFunction::ALL.map(function_name));
    html! { @for name in names.filter(|name| fields.has(name)) { input type="hidden" name=(name) value="yes"; } }
}

fn refused(visit: &Visit, fields: &Fields, error: &CommandError) -> Response {
    match refusal(error) {
        Some(sentence) => ask(visit, fields, &Faults::one("purpose", sentence)),
        None => visit.failure(error),
    }
}

/// A share as forms have it, such as 2/3.
fn share_word(ratio: Ratio) -> String {
    format!("{}/{}", ratio.numerator, ratio.denominator)
}

/// The share of a word; none that a charter could not have.
fn share_of(word: &str) -> Option<Ratio> {
    let (part, whole) = word.split_once('/')?;
    let ratio = Ratio::new(part.parse().ok()?, whole.parse().ok()?);
    (ratio.check().is_ok() && ratio >= Ratio::new(1, 2)).then_some(ratio)
}

const NAMES: [&str; 12] =
    ["key", "why", "purpose", "ways", "values", "disagreement", "method", "days", "admit", "remove", "amend", "months"];
/// As long as the text of a decision may be.
const WHY_BYTES_MAX: usize = knotwork_governance::Terms::TEXT_BYTES_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_that_a_charter_can_have() {
        assert_eq!(share_of("2/3"), Some(Ratio::new(2, 3)));
        assert_eq!(share_of(&share_word(Ratio::new(5, 7))), Some(Ratio::new(5, 7)));
        for none in ["", "1/3", "3/2", "1/0", "x", "2", "-2/3", "1/2/3", "0/0"] {
            assert_eq!(share_of(none), None, "{none}");
        }
    }
}
