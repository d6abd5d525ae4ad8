//! Taking a position: the question, the answer once more with who will see it, and only then it is taken.

use std::collections::BTreeSet;

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, DecisionError, DecisionState, PositionEntry};
use knotwork_governance::{Method, Position, ReasonRule, Shown as ShownWhen};
use knotwork_identity::ChangeId;
use maud::{Markup, html};

use crate::{
    answers,
    decision::{self, Shown, own_position},
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, error_summary, form, input, radios, summary},
    people::lines,
    positions,
    ranking_form::Order,
    visit::{MemberPosted, MemberVisit},
};

/// The question.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let shown = match answerable(&visit, &id, visit.query.word("for")).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let mut fields = Fields::default();
    fields.set("for", visit.query.word("for"));
    // What somebody scored, ranked or found before is there to be changed; a position of which one is taken is chosen anew.
    if let Some(own) = own_position(&shown) {
        fields.set("reason", own.reason.clone());
        let found = others_objections(&shown).filter(|objection| {
            shown.entry.place(&objection.voter).is_some_and(|place| own.not_qualified.contains(&place))
        });
        found.for_each(|objection| fields.add("no-argument", objection.change.to_string()));
        match &own.position {
            Position::Score(scores) => {
                for (place, score) in scores.iter().enumerate() {
                    fields.set(&number_field(place), score.map(|score| score.to_string()).unwrap_or_default());
                }
            }
            Position::Dot(dots) => {
                for (place, dots) in dots.iter().enumerate() {
                    fields.set(&number_field(place), dots.to_string());
                }
            }
            Position::Ranked(ranking) => fields.set("order", Order::of(ranking).text()),
            _ => {}
        }
    }
    ask(&visit, &shown, &fields, &Faults::default())
}

/// Takes the answer: moves an option, shows the answer once more, or takes the position.
pub(crate) async fn take(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match answerable(&visit, &id, fields.word("for")).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let step = fields.get("step");
    if step == "change" || Order::is_move(step) {
        return ask(&visit, &shown, &fields, &Faults::default());
    }
    let (position, faults) = read(&visit, &shown, &fields);
    let Some(position) = position.filter(|_| faults.is_empty()) else { return ask(&visit, &shown, &fields, &faults) };
    if step != "take" {
        return check(&visit, &shown, &fields, &position);
    }
    // What was checked was under these terms: others are another question.
    if fields.get("terms") != shown.entry.hash.to_string() {
        return ask(&visit, &shown, &fields, &Faults::one(first_field(&shown), visit.text("terms-have-changed")));
    }
    let reason = fields.get("reason").trim().to_owned();
    let not_qualified = not_qualified(&fields);
    let (id, place) = (shown.entry.id, shown.voices.first().and_then(|voice| shown.entry.place(voice)));
    let taken = visit.handle().take_position(&visit.member, &id, place, position, reason, not_qualified).await;
    match taken {
        Ok(_) => Redirect::to(&format!("/decisions/{}?done=answered", shown.entry.id)).into_response(),
        Err(CommandError::Field(error)) => {
            ask(&visit, &shown, &fields, &Faults::one(error.field(), errors::field_sentence(&visit, &error)))
        }
        Err(CommandError::Decision(DecisionError::ObjectionChanged)) => {
            ask(&visit, &shown, &fields, &Faults::one(first_field(&shown), visit.text("objection-has-changed")))
        }
        Err(error) => visit.failure(&error),
    }
}

/// The decision, where the reader can answer it. Of several voices that they have, the first is the one of this place.
async fn answerable(visit: &MemberVisit, id: &str, place: &str) -> Result<Shown, Response> {
    let mut shown = decision::find(visit, id).await?;
    if let Ok(place) = place.parse::<u32>() {
        let entry = &shown.entry;
        shown.voices.retain(|voice| entry.place(voice) == Some(place));
    }
    match (shown.entry.state, shown.voices.is_empty()) {
        (DecisionState::Open, false) => Ok(shown),
        (DecisionState::Open, true) => Err(visit.failure(&visit.handle().no_voice(&shown.entry.terms))),
        (DecisionState::Closed | DecisionState::Lapsed | DecisionState::Final, _) => {
            Err(visit.failure(&DecisionError::Closed.into()))
        }
    }
}

/// What was answered, and what is wrong with it.
fn read(visit: &MemberVisit, shown: &Shown, fields: &Fields) -> (Option<Position>, Faults) {
    let terms = &shown.entry.terms;
    let mut faults = Faults::default();
    let position = match terms.rules.method {
        Method::Score { highest } => numbers(shown, fields, u16::from(highest)).map(|scores| {
            Position::Score(scores.into_iter().map(|score| score.and_then(|score| u8::try_from(score).ok())).collect())
        }),
        Method::Dot { dots } => numbers(shown, fields, dots)
            .map(|dots| Position::Dot(dots.into_iter().map(Option::unwrap_or_default).collect())),
        Method::Ranked { .. } => Ok(Position::Ranked(Order::parse(fields.get("order"), terms.options.len()).ranking())),
        method => positions::of_word(&method, fields.get("position")).ok_or_else(|| "position".to_owned()),
    };
    let position = match position {
        Ok(position) => position,
        Err(field) => {
            let sentence = match terms.rules.method {
                Method::Score { highest } => visit.text_with("score-wrong", &[("highest", highest.into())]),
                Method::Dot { dots } => visit.text_with("dots-wrong", &[("dots", dots.into())]),
                _ => visit.text("choose-position"),
            };
            faults.add(field, sentence);
            return (None, faults);
        }
    };
    if let (Err(_), Method::Dot { dots }) = (terms.rules.check_position(&position), terms.rules.method) {
        faults.add(first_field(shown), visit.text_with("dots-too-many", &[("dots", dots.into())]));
    }
    let found = not_qualified(fields);
    if found.iter().any(|change| others_objections(shown).all(|objection| objection.change != *change)) {
        faults.add(first_field(shown), visit.text("objection-has-changed"));
    }
    let is_silent = fields.get("reason").trim().is_empty();
    if is_silent && terms.wants_reason(&position) {
        faults.add("reason", visit.text("reason-missing"));
    } else if is_silent && !found.is_empty() {
        faults.add("reason", visit.text("finding-needs-reason"));
    }
    (Some(position), faults)
}

/// A number for each option, none where nothing was typed; or the field that has no number up to the highest.
fn numbers(shown: &Shown, fields: &Fields, highest: u16) -> Result<Vec<Option<u16>>, String> {
    let each = (0..shown.entry.terms.options.len()).map(|place| {
        let typed = fields.word(&number_field(place));
        if typed.is_empty() {
            return Ok(None);
        }
        let number = typed.parse().ok().filter(|number: &u16| *number <= highest);
        number.map(Some).ok_or_else(|| number_field(place))
    });
    each.collect()
}

/// Which objections the voter finds to be no argument, as they were on the page that was read.
fn not_qualified(fields: &Fields) -> BTreeSet<ChangeId> {
    fields.all("no-argument").filter_map(|change| change.parse().ok()).collect()
}

/// The open objections of others, under consent.
fn others_objections(shown: &Shown) -> impl Iterator<Item = &PositionEntry> {
    let entry = &shown.entry;
    let counts = entry.terms.rules.method == Method::Consent && shown.visible == knotwork_commands::Visible::Now;
    let own = shown.voices.first();
    entry.objections().filter(move |objection| counts && Some(&objection.voter) != own)
}

fn ask(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Response {
    let terms = &shown.entry.terms;
    let path = format!("/decisions/{}", shown.entry.id);
    let reason_label = match terms.reasons {
        ReasonRule::Always => visit.text("field-reason"),
        ReasonRule::Optional | ReasonRule::Against => {
            format!("{} {}", visit.text("field-reason"), visit.text("optional"))
        }
    };
    let reason_hint = visit.text(match terms.reasons {
        ReasonRule::Always => "reason-hint-always",
        ReasonRule::Against => "reason-hint-against",
        ReasonRule::Optional => "reason-hint-optional",
    });
    let content = html! {
        (error_summary(visit, faults))
        p { bdi { (terms.title) } }
        @if let Some(voice) = shown.voices.first() { p { (decision::for_whom(visit, shown, voice)) } }
        @if !terms.summary.is_empty() { p { (lines(&terms.summary)) } }
        @if let Some(own) = own_position(shown) {
            div .note { p { (visit.text("you-have-answered")) " " strong { (positions::shown(visit, terms, &own.position)) } " " (answers::stood_in(visit, own)) } p { (visit.text("latest-counts")) } }
        }
        (form(visit, &format!("{path}/position"), "questions", html! {
            input type="hidden" name="terms" value=(shown.entry.hash);
            input type="hidden" name="for" value=(fields.get("for"));
            (question(visit, shown, fields, faults))
            (findings(visit, shown, fields))
            (input(&Input { name: "reason", label: &reason_label, hint: Some(&reason_hint), kind: Kind::Lines(5), autocomplete: None }, fields, faults))
            button type="submit" name="step" value="check" { (visit.text("continue")) }
            a .button.second href=(path) { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("take-position");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&path) })
}

fn question(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Markup {
    let terms = &shown.entry.terms;
    let number = |place: usize, label: &str, hint: &str| {
        let name = number_field(place);
        input(&Input { name: &name, label, hint: Some(hint), kind: Kind::Number, autocomplete: None }, fields, faults)
    };
    match terms.rules.method {
        Method::Score { highest } => {
            let hint = visit.text_with("score-hint", &[("highest", highest.into())]);
            html! { p { (visit.text("score-about")) } @for (place, option) in terms.options.iter().enumerate() { (number(place, option, &hint)) } }
        }
        Method::Dot { dots } => {
            let hint = visit.text_with("dots-hint", &[("dots", dots.into())]);
            html! { p { (visit.text_with("dots-about", &[("dots", dots.into())])) } @for (place, option) in terms.options.iter().enumerate() { (number(place, option, &hint)) } }
        }
        Method::Ranked { .. } => {
            let order = Order::parse(fields.get("order"), terms.options.len());
            order.moved(fields.get("step")).shown(visit, &terms.options, fields.get("step"))
        }
        method => {
            let answers = positions::choices(visit, &method);
            radios("position", &visit.text("your-position"), None, &answers, fields, faults)
        }
    }
}

fn findings(visit: &MemberVisit, shown: &Shown, fields: &Fields) -> Markup {
    let objections: Vec<&PositionEntry> = others_objections(shown).collect();
    html! {
        @if !objections.is_empty() {
            fieldset .question {
                legend { (visit.text("others-objections")) }
                p .hint { (visit.text("others-objections-hint")) }
                @for objection in objections {
                    @let change = objection.change.to_string();
                    @let id = format!("no-argument-{change}");
                    div .answer {
                        input type="checkbox" id=(id) name="no-argument" value=(change) checked[fields.all("no-argument").any(|ticked| ticked == change)] aria-describedby={ (id) "-about" };
                        label for=(id) { (visit.text_with("is-no-argument", &[("name", objection.name.clone().into())])) }
                        span .hint id={ (id) "-about" } { (lines(&objection.reason)) }
                    }
                }
            }
        }
    }
}

fn check(visit: &MemberVisit, shown: &Shown, fields: &Fields, position: &Position) -> Response {
    let terms = &shown.entry.terms;
    let path = format!("/decisions/{}", shown.entry.id);
    let node = visit.handle();
    let found = not_qualified(fields);
    let mut rows = vec![
        Row { name: visit.text("decision"), value: html! { bdi { (terms.title) } }, change: None },
        Row { name: visit.text("your-position"), value: positions::shown(visit, terms, position), change: None },
        Row {
            name: visit.text("field-reason"),
            value: html! { @if fields.get("reason").trim().is_empty() { (visit.text("no-reason")) } @else { (lines(fields.get("reason").trim())) } },
            change: None,
        },
    ];
    let findings: Vec<&str> =
        others_objections(shown).filter(|one| found.contains(&one.change)).map(|one| &*one.name).collect();
    if !findings.is_empty() {
        let name = visit.text("no-argument-from");
        rows.push(Row { name, value: html! { bdi { (findings.join(", ")) } }, change: None });
    }
    let organisations = node.agreed().parties().len();
    let when = match terms.shown {
        ShownWhen::Always => "seen-at-once",
        ShownWhen::AfterOwn => "seen-after-own",
        ShownWhen::AfterClosing => "seen-after-closing",
    };
    let content = html! {
        (summary(&rows))
        div .note {
            h2 { (visit.text("who-will-see")) }
            p { (visit.text_with("who-will-see-about", &[("organisations", organisations.into())])) " " (visit.text(when)) }
            p { (visit.text("how-long-kept")) }
        }
        (form(visit, &format!("{path}/position"), "questions", html! {
            @for name in ["terms", "for", "position", "order", "reason"] { input type="hidden" name=(name) value=(fields.get(name)); }
            @for place in 0..terms.options.len() { input type="hidden" name=(number_field(place)) value=(fields.get(&number_field(place))); }
            @for change in &found { input type="hidden" name="no-argument" value=(change); }
            button type="submit" name="step" value="take" { (visit.text("take-this-position")) }
            button .second type="submit" name="step" value="change" { (visit.text("change-answers")) }
        }))
    };
    let title = visit.text("check-position");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some(&path) })
}

/// The field of an option that is scored, by its place.
fn number_field(place: usize) -> String {
    format!("number-{place}")
}

/// The field to which a summary of faults leads.
fn first_field(shown: &Shown) -> String {
    match shown.entry.terms.rules.method {
        Method::Score { .. } | Method::Dot { .. } => number_field(0),
        Method::Ranked { .. } => "order".to_owned(),
        _ => "position".to_owned(),
    }
}
