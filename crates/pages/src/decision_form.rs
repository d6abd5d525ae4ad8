//! Starting a decision: what kind it is, the questions, and the answers once more with who will be asked; only then it
//! opens.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, DecisionDraft, DecisionError, MinutesStanding};
use knotwork_documents::Date;
use knotwork_governance::{Method, ReasonRule, Shown, Terms};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    asked_persons::{self, Offered},
    closing::{ask_closing, read_closing, set_usual_closing},
    dates,
    decision::{asked, open_until, signatures},
    decision_settings, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, error_summary, form, input, radios, summary},
    methods,
    people::lines,
    resource,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// What kind of decision it is, or the questions of one.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let kind = visit.query.word("kind");
    let has_draft = ["from", "follows", "temperature"].iter().any(|name| visit.query.has(name));
    if kind == "charter" {
        return Redirect::to("/charter/change").into_response();
    }
    if KINDS.iter().all(|known| *known != kind) && !has_draft {
        return ask_kind(&visit, &Faults::default());
    }
    match prefilled(&visit).await {
        Ok(fields) => ask(&visit, &fields, &Faults::default()).await,
        Err(response) => response,
    }
}

/// Takes the answers: shows them once more, or opens the decision.
pub(crate) async fn open(MemberPosted { visit, mut fields }: MemberPosted) -> Response {
    let step = asked_persons::step(&fields).to_owned();
    if step == "all" {
        return match asked_persons::tick_found(&visit, &mut fields).await {
            Ok(faults) => ask(&visit, &fields, &faults).await,
            Err(error) => visit.failure(&error),
        };
    }
    if step == "change" || step == "find" {
        return ask(&visit, &fields, &Faults::default()).await;
    }
    let (draft, faults) = read(&visit, &fields);
    let Some(draft) = draft.filter(|_| faults.is_empty()) else {
        return ask(&visit, &fields, &faults).await;
    };
    if step != "open" {
        let preview = {
            let (draft, member) = (draft.clone(), visit.member.clone());
            visit.read(move |node| {
                let terms = node.preview_decision(&member, draft)?;
                Ok((Preview::of(node, &terms)?, terms))
            })
        };
        return match preview.await {
            Ok((preview, terms)) => check(&visit, &fields, &terms, &preview),
            Err(error) => refused(&visit, &fields, &error).await,
        };
    }
    let nonce = visit.form_nonce(fields.get("key"));
    let began = {
        let (draft, member) = (draft.clone(), visit.member.clone());
        visit.read(move |node| node.decision_began_as(&member, draft, nonce)).await
    };
    let opened = match began {
        // By the way back to a form that was sent: what differs now would be lost.
        Ok(Some(false)) => {
            let faults = Faults::one("title", visit.text("sent-before"));
            return ask(&visit, &visit.with_fresh_key(fields), &faults).await;
        }
        Ok(_) => visit.handle().open_decision(&visit.member, draft, nonce).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(id) => Redirect::to(&format!("/decisions/{id}?done=opened")).into_response(),
        Err(error) => refused(&visit, &fields, &error).await,
    }
}

/// What is shown before a decision opens: who is asked, by name, and what it takes.
pub(crate) struct Preview {
    names: Vec<String>,
    standing: MinutesStanding,
    binding: u64,
}

impl Preview {
    /// Of terms that have not been opened.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(node: &knotwork_commands::NodeHandle, terms: &Terms) -> Result<Self, CommandError> {
        let places = 0..u32::try_from(terms.electorate.len()).unwrap_or(u32::MAX);
        let voters = places.filter_map(|place| terms.electorate.voter(place));
        let names: Result<Vec<String>, CommandError> = voters.map(|voter| node.voter_name(&voter)).collect();
        Ok(Self { names: names?, standing: node.minutes_standing()?, binding: methods::binding(node, terms) })
    }

    /// As rows of a summary.
    pub(crate) fn rows(&self, visit: &Visit, terms: &Terms) -> Vec<Row> {
        let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
        let needed = methods::needed(visit, terms, self.binding);
        vec![
            row("method", html! { (methods::called(visit, &terms.rules)) }),
            row(
                "who-is-asked",
                html! { (asked(visit, &terms.electorate)) ul { @for name in &self.names { li { bdi { (name) } } } } },
            ),
            row("needed-to-pass", html! { ul .plain { @for sentence in needed { li { (sentence) } } } }),
            row("open-until", open_until(visit, terms, terms.closes, false)),
            row("when-it-closes", signatures(visit, &self.standing)),
        ]
    }
}

/// Says what is wrong with a text that everybody will read.
pub(crate) fn check_text(visit: &Visit, fields: &Fields, name: &str, bytes_max: usize, faults: &mut Faults) {
    if fields.get(name).len() > bytes_max {
        faults.add(name, visit.text_with("text-too-long", &[("limit", bytes_max.into())]));
    }
}

async fn prefilled(visit: &MemberVisit) -> Result<Fields, Response> {
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
    fields.set("kind", visit.query.word("kind"));
    fields.set("reasons", "against");
    fields.set("shown", "always");
    decision_settings::set_usual(&mut fields);
    let charter = visit.read(|node| node.charter()).await.map_err(|error| visit.failure(&error))?.charter;
    set_usual_closing(&mut fields, visit.handle().now(), charter.as_ref());
    if visit.query.has("from") {
        let entry = resource::find(visit, visit.query.word("from")).await?;
        fields.set("kind", "proposal");
        fields.set("follows", entry.view.id.to_string());
        fields.set("title", entry.view.title);
        fields.set("text", entry.view.body);
        fields.set("summary", entry.view.summary);
    }
    if visit.query.has("temperature") {
        let Ok(check) = visit.query.word("temperature").parse::<DocumentId>() else {
            return Err(errors::missing(visit));
        };
        let entry = visit.read(move |node| node.temperature_check(&check)).await;
        let check = entry.map_err(|error| visit.failure(&error))?.check;
        fields.set("kind", "proposal");
        fields.set("follows", visit.query.word("temperature"));
        fields.set("title", check.question);
        fields.set("text", check.text);
    }
    if visit.query.has("follows") {
        let Ok(follows) = visit.query.word("follows").parse::<DocumentId>() else {
            return Err(errors::missing(visit));
        };
        let entry = visit.read(move |node| node.decision(&follows)).await.map_err(|error| visit.failure(&error))?;
        let terms = entry.terms;
        decision_settings::set_from(&mut fields, &terms);
        fields.set("kind", kind_of(&terms.rules.method));
        fields.set("follows", follows.to_string());
        fields.set("method", methods::word(&terms.rules.method));
        fields.set("options", terms.options.join("\n"));
        fields.set("reasons", terms.reasons.word());
        fields.set("shown", terms.shown.word());
        for (name, text) in
            [("title", terms.title), ("text", terms.text), ("summary", terms.summary), ("left-out", terms.left_out)]
        {
            fields.set(name, text);
        }
    }
    if fields.get("method").is_empty() {
        let usual = charter.map_or(Method::Consent, |charter| charter.usual_method);
        let offered = offered(fields.get("kind"));
        let usual = offered.iter().find(|word| **word == methods::word(&usual)).unwrap_or(&offered[0]);
        fields.set("method", *usual);
    }
    Ok(fields)
}

fn read(visit: &MemberVisit, fields: &Fields) -> (Option<DecisionDraft>, Faults) {
    let mut faults = Faults::default();
    for (name, missing) in [("title", "enter-title"), ("text", "enter-text")] {
        if fields.get(name).trim().is_empty() {
            faults.add(name, visit.text(missing));
        }
    }
    check_text(visit, fields, "title", Terms::TITLE_BYTES_MAX, &mut faults);
    check_text(visit, fields, "text", Terms::TEXT_BYTES_MAX, &mut faults);
    check_text(visit, fields, "summary", Terms::SUMMARY_BYTES_MAX, &mut faults);
    check_text(visit, fields, "left-out", Terms::SUMMARY_BYTES_MAX, &mut faults);
    let offered = offered(fields.get("kind"));
    let method = offered.iter().find(|word| **word == fields.get("method")).and_then(|word| methods::of_word(word));
    if method.is_none() {
        faults.add("method", visit.text("choose-method"));
    }
    let lines = fields.get("options").lines().map(str::trim).filter(|line| !line.is_empty());
    let options: Vec<String> =
        if method.is_some_and(|method| method.chooses()) { lines.map(str::to_owned).collect() } else { Vec::new() };
    if method.is_some_and(|method| method.chooses())
        && !(2..=usize::from(knotwork_governance::OPTIONS_MAX)).contains(&options.len())
    {
        faults.add("options", visit.text("options-wrong"));
    }
    let closes = read_closing(visit, fields, &mut faults);
    let review = fields.word("review");
    let review = if review.is_empty() { Ok(None) } else { review.parse::<Date>().map(Some) };
    if review.is_err() {
        faults.add("review", visit.text("review-wrong"));
    }
    let settings = decision_settings::read(visit, fields, method, &mut faults);
    let draft = settings.method.zip(closes).map(|(method, closes)| DecisionDraft {
        title: fields.get("title").trim().to_owned(),
        text: fields.get("text").trim().to_owned(),
        summary: fields.get("summary").to_owned(),
        left_out: fields.get("left-out").to_owned(),
        method,
        options,
        unit: settings.unit,
        quorum: settings.quorum,
        threshold: settings.threshold,
        closes,
        reasons: match fields.get("reasons") {
            "optional" => ReasonRule::Optional,
            "always" => ReasonRule::Always,
            _ => ReasonRule::Against,
        },
        shown: match fields.get("shown") {
            "after-own" => Shown::AfterOwn,
            "after-closing" => Shown::AfterClosing,
            _ => Shown::Always,
        },
        effects: Vec::new(),
        charter: None,
        review: review.unwrap_or_default(),
        follows: fields.word("follows").parse().ok(),
    });
    (draft, faults)
}

fn ask_kind(visit: &MemberVisit, faults: &Faults) -> Response {
    let named = |kind: &str| visit.text(&format!("decision-kind-{kind}"));
    let about = |kind: &str| visit.text(&format!("decision-kind-about-{kind}"));
    let answers: Vec<(String, String, Option<String>)> =
        ALL_KINDS.iter().map(|kind| ((*kind).to_owned(), named(kind), Some(about(kind)))).collect();
    let content = html! {
        (error_summary(visit, faults))
        form .questions method="get" action="/decisions/new" {
            (radios("kind", &visit.text("which-decision-kind"), None, &answers, &Fields::default(), faults))
            button type="submit" { (visit.text("continue")) }
        }
    };
    let title = visit.text("start-decision");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/decisions") })
}

async fn ask(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    let persons = match Offered::of(visit, fields).await {
        Ok(persons) => persons,
        Err(error) => return visit.failure(&error),
    };
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let question = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let kind = fields.get("kind");
    let offered = offered(kind);
    let words = |of: &str, words: [&str; 3]| -> Vec<(String, String, Option<String>)> {
        words.iter().map(|word| ((*word).to_owned(), visit.text(&format!("{of}-{word}")), None)).collect()
    };
    let unread = offered.iter().any(|word| methods::of_word(word) == Some(Method::Consent));
    let unread = unread.then(|| visit.text("who-shall-see-hint"));
    let content = html! {
        (error_summary(visit, faults))
        @if let Some(follows) = follows_about(visit, fields).await { div .note { p { (visit.text(follows)) } } }
        (form(visit, "/decisions/new", "questions", html! {
            // The first of all buttons is the one that a line break presses.
            button .unseen type="submit" name="step" value="check" tabindex="-1" aria-hidden="true" {}
            @for name in ["key", "kind", "follows"] { input type="hidden" name=(name) value=(fields.get(name)); }
            (question("title", &visit.text("field-title"), "decision-title-hint", Kind::Line))
            (question("text", &visit.text("decision-text"), "decision-text-hint", Kind::Lines(10)))
            (question("summary", &optional("field-summary"), "decision-summary-hint", Kind::Lines(3)))
            (question("left-out", &optional("who-is-left-out"), "left-out-hint", Kind::Lines(4)))
            @if offered == methods::CHOOSING { (question("options", &visit.text("options"), "options-hint", Kind::Lines(5))) }
            (radios("method", &visit.text("which-method"), None, &methods::choices(visit, &offered), fields, faults))
            (ask_closing(visit, fields, faults))
            (radios("reasons", &visit.text("which-reasons"), None, &words("reasons", ["against", "optional", "always"]), fields, faults))
            (radios("shown", &visit.text("who-shall-see"), unread.as_deref(), &words("positions-shown", ["always", "after-own", "after-closing"]), fields, faults))
            (question("review", &optional("review-when"), "review-hint", Kind::Date))
            (decision_settings::ask(visit, &offered, &persons, fields, faults))
            button type="submit" name="step" value="check" { (visit.text("continue")) }
            a .button.second href="/decisions" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text(match kind {
        "options" => "new-choice",
        "advice" => "new-advice",
        _ => "new-proposal",
    });
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/decisions") })
}

/// What is said of a decision that comes from another, from a temperature check or from a draft; nothing of one that comes
/// from none.
async fn follows_about(visit: &MemberVisit, fields: &Fields) -> Option<&'static str> {
    let follows = fields.word("follows").parse::<DocumentId>().ok()?;
    let found = visit.read(move |node| Ok((node.temperature_check(&follows).is_ok(), node.resource(&follows).is_ok())));
    Some(match found.await {
        Ok((true, _)) => "temperature-follows-about",
        Ok((_, true)) => "draft-follows-about",
        _ => "follows-about",
    })
}

fn check(visit: &Visit, fields: &Fields, terms: &Terms, preview: &Preview) -> Response {
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let mut rows = vec![
        row("field-title", html! { bdi { (terms.title) } }),
        row("decision-text", html! { (lines(&terms.text)) }),
        row("field-summary", html! { (lines(&terms.summary)) }),
        row("who-is-left-out", html! { (lines(&terms.left_out)) }),
        row("options", html! { ul { @for option in &terms.options { li { bdi { (option) } } } } }),
    ];
    let filled = [true, true, !terms.summary.is_empty(), !terms.left_out.is_empty(), !terms.options.is_empty()];
    let mut kept = filled.iter();
    rows.retain(|_| kept.next().copied().unwrap_or_default());
    rows.extend(preview.rows(visit, terms));
    rows.push(row("which-reasons", html! { (visit.text(&format!("reasons-{}", terms.reasons.word()))) }));
    let shown = format!("positions-shown-{}", terms.shown.word());
    let unread = terms.rules.method == Method::Consent && terms.shown == Shown::AfterClosing;
    rows.push(row(
        "who-sees-positions",
        html! { (visit.text(&shown)) @if unread { br; strong { (visit.text("objections-unread")) } } },
    ));
    if let Some(review) = terms.review {
        rows.push(row("review-on", html! { (dates::day(visit, Some(review))) }));
    }
    let content = html! {
        p { (visit.text("check-decision-about")) }
        (summary(&rows))
        (form(visit, "/decisions/new", "questions", html! {
            @for name in NAMES { input type="hidden" name=(name) value=(fields.get(name)); }
            (decision_settings::carried(fields))
            button type="submit" name="step" value="open" { (visit.text("open-decision")) }
            button .second type="submit" name="step" value="change" { (visit.text("change-answers")) }
        }))
    };
    let title = visit.text("check-decision");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/decisions") })
}

async fn refused(visit: &MemberVisit, fields: &Fields, error: &CommandError) -> Response {
    match error {
        CommandError::Decision(DecisionError::PersonsTooMany { fit, .. }) => {
            ask(visit, fields, &Faults::one(asked_persons::PERSON, asked_persons::too_many(visit, *fit))).await
        }
        CommandError::Decision(DecisionError::Terms { .. }) | CommandError::Field(_) => {
            ask(visit, fields, &Faults::one("title", errors::sentence(error))).await
        }
        error => visit.failure(error),
    }
}

fn kind_of(method: &Method) -> &'static str {
    match (method.chooses(), method.decides()) {
        (true, _) => "options",
        (_, false) => "advice",
        _ => "proposal",
    }
}

/// The words of the methods for a kind of decision.
fn offered(kind: &str) -> Vec<&'static str> {
    match kind {
        "options" => methods::CHOOSING.to_vec(),
        "advice" => methods::ASKING.to_vec(),
        _ => methods::ADOPTING.to_vec(),
    }
}

const KINDS: [&str; 3] = ["proposal", "options", "advice"];
const ALL_KINDS: [&str; 4] = ["proposal", "charter", "options", "advice"];
const NAMES: [&str; 14] = [
    "key",
    "kind",
    "follows",
    "title",
    "text",
    "summary",
    "left-out",
    "method",
    "options",
    "closes-day",
    "closes-time",
    "reasons",
    "shown",
    "review",
];
