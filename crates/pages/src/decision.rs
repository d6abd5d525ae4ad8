//! One decision: what is asked of whom, who has said what, what came of it, and whether that is final.

use axum::{extract::Path, http::StatusCode, response::Response};
use knotwork_commands::{
    CommandError, CommentEntry, DecisionEntry, DecisionState, EarlierPositions, Falling, HEARD_DAYS, MandateState,
    MinutesStanding, NodeHandle, ObjectionEntry, PositionEntry, Visible,
};
use knotwork_documents::{CommentKind, Date};
use knotwork_governance::{Charter, Effect, Electorate, Terms, Voter};
use knotwork_identity::{DocumentId, PublicKey, TermsHash, Timestamp};
use maud::{Markup, html};

use crate::{
    answers, charter, dates,
    decisions::state,
    errors, falling,
    following::{self, Following},
    form::{Faults, Fields},
    layout::{Page, Row, done, error_summary, form, summary},
    library::contributor,
    methods, parting,
    people::lines,
    positions,
    remarks::{self, Place, Remark},
    tallies, tasks, terms_versions,
    visit::{MemberVisit, Visit},
};

/// A decision with everything that pages about it show to one reader.
pub(crate) struct Shown {
    pub(crate) entry: DecisionEntry,
    /// Those who are asked, by name, in the order of the electorate.
    pub(crate) names: Vec<String>,
    /// With which voices the reader may answer.
    pub(crate) voices: Vec<Voter>,
    /// Whether the reader may see positions.
    pub(crate) visible: Visible,
    pub(crate) objections: Vec<ObjectionEntry>,
    /// What was answered to versions that are not in force.
    pub(crate) earlier: Vec<EarlierPositions>,
    pub(crate) standing: MinutesStanding,
    /// How many have to agree because of what it changes; 0 where it binds nobody.
    pub(crate) binding: u64,
    /// Who speaks for the reader's organisation.
    speakers: Vec<String>,
    /// Where that is shown which it follows, and what that is: an earlier decision, a temperature check, or the text that was
    /// drafted together.
    follows: Option<(String, &'static str)>,
    /// The decisions that follow it.
    followed_by: Vec<Following>,
    remarks: Vec<Remark>,
    /// What people have taken on because of it.
    pub(crate) tasks: Vec<CommentEntry>,
    /// What falls, where it removes an organisation and is not final.
    falling: Option<Falling>,
    /// Where it lets an organisation rest and is not final: which, and whether nothing has been heard of it for long.
    resting: Option<(PublicKey, bool)>,
    /// Where it is about the charter: the one that was in force when it opened, and the one that is proposed.
    pub(crate) charters: Option<(Charter, Charter)>,
}

impl Shown {
    /// What was said on it, and what the reader may say.
    pub(crate) fn place(&self, visit: &MemberVisit) -> Place<'_> {
        let mut kinds = visit.handle().sayable(&visit.member, &self.entry);
        // What somebody takes on has a place of its own.
        kinds.retain(|kind| *kind != CommentKind::Task);
        Place { on: self.entry.id, path: format!("/decisions/{}", self.entry.id), kinds, remarks: &self.remarks }
    }
}

/// Shows it.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    match find(&visit, &id).await {
        Ok(shown) => answer(&visit, &shown, &Fields::default(), &Faults::default()),
        Err(response) => response,
    }
}

/// What differs between two versions of the terms.
pub(crate) async fn show_versions(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let shown = match find(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let version = |name: &str, default: usize| {
        let wanted: Option<TermsHash> = visit.query.word(name).parse().ok();
        let versions = &shown.entry.versions;
        wanted.and_then(|hash| versions.iter().find(|version| version.hash == hash)).or(versions.get(default))
    };
    let (Some(after), Some(before)) = (version("to", 0), version("from", 1)) else { return errors::missing(&visit) };
    let (one, other) = (before.terms.clone(), after.terms.clone());
    let charters = visit.read(move |node| Ok(proposed_charter(node, &one)?.zip(proposed_charter(node, &other)?))).await;
    let charters = match charters {
        Ok(charters) => charters,
        Err(error) => return visit.failure(&error),
    };
    let content = terms_versions::comparison(&visit, before, after, charters.as_ref());
    let title = visit.text_with("comparison-of", &[("title", shown.entry.terms.title.clone().into())]);
    let back = format!("/decisions/{}", shown.entry.id);
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some(&back) })
}

/// The decision of an id that was asked for.
pub(crate) async fn find(visit: &MemberVisit, id: &str) -> Result<Shown, Response> {
    let Ok(document) = id.parse::<DocumentId>() else { return Err(errors::missing(visit)) };
    let member = visit.member.clone();
    let somebody = visit.text("somebody");
    let found = visit
        .read(move |node| {
            let entry = node.decision(&document)?;
            let is_task = |said: &CommentEntry| said.view.kind == CommentKind::Task;
            let (tasks, said) = node.comments(&document)?.into_iter().partition(is_task);
            let voices = node.voices(&member, &entry.terms)?;
            let names: Result<Vec<String>, _> =
                entry.terms.electorate.voters().map(|voter| node.voter_name(&voter)).collect();
            let mandates = node.mandates(&node.organisation_key())?;
            let held = mandates.into_iter().filter(|mandate| mandate.state == MandateState::Held);
            Ok(Shown {
                names: names?,
                visible: entry.visible_to(&voices),
                voices,
                objections: node.objections(&entry)?,
                earlier: node.earlier_positions(&entry)?,
                standing: node.minutes_standing()?,
                binding: methods::binding(node, &entry.terms),
                speakers: held.map(|mandate| mandate.name.unwrap_or_else(|| somebody.clone())).collect(),
                follows: entry.terms.follows.map(|id| following::what_is_followed(node, &id)),
                followed_by: following::of(node, &entry)?,
                remarks: remarks::of(node, said)?,
                tasks,
                charters: charters(node, &entry)?,
                falling: node.falling(&entry)?,
                resting: resting(node, &entry)?,
                entry,
            })
        })
        .await;
    found.map_err(|error| visit.failure(&error))
}

/// The charter in force when a decision opened, and the one that it proposes; none where it proposes none, or a text has
/// not arrived.
fn charters(node: &NodeHandle, entry: &DecisionEntry) -> Result<Option<(Charter, Charter)>, CommandError> {
    let Some(after) = proposed_charter(node, &entry.terms)? else { return Ok(None) };
    let since = node.agreed().charter_at(entry.terms.as_of).since;
    let before = node.charter_versions()?.into_iter().find(|version| version.since == since);
    Ok(before.and_then(|version| version.charter).map(|before| (before, after)))
}

/// The charter that terms propose, if its text is here.
fn proposed_charter(node: &NodeHandle, terms: &Terms) -> Result<Option<Charter>, CommandError> {
    let proposed = terms.effects.iter().find_map(|effect| match effect {
        Effect::Charter { document, digest, .. } => Some((document, digest)),
        _ => None,
    });
    let Some((document, digest)) = proposed else { return Ok(None) };
    Ok(node.written_charter(document)?.filter(|charter| charter.digest() == *digest))
}

/// The page, with what was typed into its form and what is wrong with it.
pub(crate) fn answer(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Response {
    let entry = &shown.entry;
    let path = format!("/decisions/{}", entry.id);
    let closed = entry.state.is_over();
    let content = html! {
        (error_summary(visit, faults))
        (what_was_done(visit, shown))
        p .state { strong .tag { (state(visit, entry)) } }
        (what_to_do(visit, shown))
        @if closed { (result(visit, shown)) }
        h2 { (visit.text("what-is-proposed")) }
        @if !entry.terms.summary.is_empty() { div .note { p { (lines(&entry.terms.summary)) } } }
        p { (lines(&entry.terms.text)) }
        @if !entry.terms.options.is_empty() {
            h3 { (visit.text("options")) }
            ul { @for option in &entry.terms.options { li { bdi { (option) } } } }
        }
        @if let Some((before, after)) = &shown.charters {
            h3 { (visit.text("charter-what-differs")) }
            (charter::differences(visit, before, after))
        }
        @if !entry.terms.left_out.is_empty() { h3 { (visit.text("who-is-left-out")) } p { (lines(&entry.terms.left_out)) } }
        @if let Some((falling, organisation)) = shown.falling.as_ref().zip(entry.terms.effects.iter().find_map(Effect::against)) {
            (falling::shown(visit, &visit.handle().organisation_called(&organisation), falling))
        }
        @if let Some((organisation, is_silent)) = &shown.resting { p { (parting::heard(visit, organisation, *is_silent)) } }
        h2 { (visit.text("how-it-is-decided")) }
        (summary(&rows(visit, shown)))
        (people_asked(visit, shown))
        h2 #positions { (visit.text("positions")) }
        (answers::table(visit, shown))
        (answers::objections(visit, shown))
        (tasks::shown(visit, shown, fields, faults))
        (remarks::shown(visit, &shown.place(visit), fields, faults))
        @if entry.versions.len() > 1 {
            h2 { (visit.text("versions-of-terms")) }
            (terms_versions::list(visit, &path, &entry.versions, entry.hash))
            (answers::earlier(visit, shown))
        }
        @if entry.owner == visit.member.public_key() && entry.state == DecisionState::Open {
            p { a .button.second href={ (path) "/change" } { (visit.text("change-terms")) } }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = &entry.terms.title;
    visit.answer(status, Page { title, content, faulty: !faults.is_empty(), back: Some("/decisions") })
}

/// How the decision is taken, as rows of a summary; for the page and before it is opened.
pub(crate) fn rows(visit: &Visit, shown: &Shown) -> Vec<Row> {
    let (entry, terms) = (&shown.entry, &shown.entry.terms);
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let answered = entry.answered();
    let closed = entry.state.is_over();
    let mut rows = vec![
        row("asked-by", contributor(visit, &entry.by)),
        row("method", html! { (methods::called(visit, &terms.rules)) }),
        row("who-is-asked", html! { (asked(visit, &terms.electorate)) }),
        row("needed-to-pass", html! { (needed(visit, shown)) }),
        row(
            "answered",
            html! { (visit.text_with("answered-of", &[("count", answered.into()), ("asked", terms.electorate.len().into())])) },
        ),
        row(if closed { "was-open-until" } else { "open-until" }, open_until(visit, terms, entry.open_until, closed)),
    ];
    if !terms.effects.is_empty() {
        rows.push(row(
            "what-it-changes",
            html! { ul .plain { @for effect in &terms.effects { li { (methods::effect(visit, effect)) } } } },
        ));
    }
    if entry.minuted.is_none() {
        rows.push(row("when-it-closes", html! { (signatures(visit, &shown.standing)) }));
    }
    rows.push(row("who-sees-positions", html! { (visit.text(&format!("positions-shown-{}", terms.shown.word()))) }));
    if let Some(review) = terms.review {
        rows.push(row("review-on", html! { (dates::day(visit, Some(review))) }));
    }
    if let Some((path, name)) = &shown.follows {
        rows.push(row("follows", html! { a href=(path) { (visit.text(name)) } }));
    }
    rows
}

/// What is needed to pass.
fn needed(visit: &Visit, shown: &Shown) -> Markup {
    let sentences = methods::needed(visit, &shown.entry.terms, shown.binding);
    html! { ul .plain { @for sentence in sentences { li { (sentence) } } } }
}

/// How it becomes final, and how many of those who have to sign are usually reachable.
pub(crate) fn signatures(visit: &Visit, standing: &MinutesStanding) -> Markup {
    let values = [("needed", standing.needed.into()), ("signing", standing.signing.into())];
    let names = |names: &[String]| ("names", names.join(", ").into());
    html! {
        p { (visit.text_with("signatures-needed", &values)) }
        p {
            @if standing.usual == standing.signing { (visit.text_with("signatures-all-usual", &values)) }
            @else {
                (visit.text_with("signatures-usual", &[("usual", standing.usual.into()), ("signing", standing.signing.into())]))
            }
            @if !standing.unheard.is_empty() {
                " " (visit.text_with("signatures-unheard", &[("days", HEARD_DAYS.into()), names(&standing.unheard)]))
            }
            @if !standing.never_heard.is_empty() {
                " " (visit.text_with("signatures-never-heard", &[names(&standing.never_heard)]))
            }
        }
        @if standing.usual < standing.needed { p { strong { (visit.text("signatures-too-few")) } } }
    }
}

/// How many are asked, and what they are.
pub(crate) fn asked(visit: &Visit, electorate: &Electorate) -> String {
    let count = [("count", electorate.len().into())];
    match electorate {
        Electorate::Organisations(_) => visit.text_with("asked-organisations", &count),
        Electorate::Persons(_) => visit.text_with("asked-persons", &count),
    }
}

fn what_was_done(visit: &MemberVisit, shown: &Shown) -> Markup {
    let own = own_position(shown);
    html! {
        @match visit.query.word("done") {
            "opened" => (done(visit, &visit.text("decision-opened"))),
            "answered" => @if let Some(own) = own {
                (done(visit, &visit.text_with("position-taken", &[("reference", own.change.to_string()[..REFERENCE].to_owned().into())])))
            },
            "changed" => (done(visit, &visit.text("terms-changed"))),
            "said" => (done(visit, &visit.text("remark-said"))),
            "withdrawn" => (done(visit, &visit.text("remark-taken-back"))),
            "voice" => (done(visit, &visit.text("voice-taken"))),
            word @ ("taken-on" | "task-done" | "task-not-done") => (done(visit, &visit.text(word))),
            _ => {},
        }
    }
}

/// The position that the reader has taken under the terms in force, for the first of their voices.
pub(crate) fn own_position(shown: &Shown) -> Option<&PositionEntry> {
    let voice = shown.voices.first()?;
    shown.entry.position_of(voice)
}

/// For whom the reader answers with a voice.
pub(crate) fn for_whom(visit: &MemberVisit, shown: &Shown, voice: &Voter) -> String {
    let node = visit.handle();
    if *voice == Voter::Organisation(node.organisation_key()) {
        return visit.text_with("you-answer-for", &[("organisation", node.organisation_name().into())]);
    }
    if *voice == Voter::Person(node.organisation_key(), visit.member.person) {
        return visit.text("you-answer-for-yourself");
    }
    let name = shown.entry.place(voice).and_then(|place| shown.names.get(place as usize).cloned());
    visit.text_with("you-stand-in-for", &[("name", name.unwrap_or_else(|| visit.text("somebody")).into())])
}

fn what_to_do(visit: &MemberVisit, shown: &Shown) -> Markup {
    let entry = &shown.entry;
    if entry.state != DecisionState::Open {
        return html! {};
    }
    let node = visit.handle();
    let organisation = node.organisation_name();
    let own = Voter::Organisation(node.organisation_key());
    let is_asked = entry.terms.electorate.place(&own).is_some();
    let path = format!("/decisions/{}", entry.id);
    html! {
        @for (number, voice) in shown.voices.iter().enumerate() {
            @let for_whom = for_whom(visit, shown, voice);
            @let place = if number == 0 { String::new() } else { entry.place(voice).map(|place| format!("?for={place}")).unwrap_or_default() };
            @match entry.position_of(voice) {
                Some(position) => {
                    p { (for_whom) " " (visit.text("you-have-answered")) " " strong { (positions::shown(visit, &entry.terms, &position.position)) } " " (answers::stood_in(visit, position)) }
                    p { a .button.second href={ (path) "/position" (place) } { (visit.text("change-position")) } }
                },
                None => {
                    @if entry.versions.len() > 1 && number == 0 { div .note { p { (visit.text("asked-anew")) } } }
                    p { (for_whom) }
                    p { a .button href={ (path) "/position" (place) } { (visit.text("take-position")) } }
                },
            }
        }
        @if !shown.voices.is_empty() {} @else if is_asked && !shown.speakers.is_empty() {
            div .note { p { (visit.text_with("others-speak", &[("organisation", organisation.into()), ("names", shown.speakers.join(", ").into())])) } }
        } @else if is_asked && visit.member.steward {
            div .note {
                p { (visit.text_with("nobody-speaks", &[("organisation", organisation.clone().into())])) }
                (form(visit, "/voice/speak", "plain", html! {
                    input type="hidden" name="next" value=(path);
                    button type="submit" { (visit.text_with("speak-for", &[("organisation", organisation.into())])) }
                }))
            }
        } @else if is_asked {
            div .note { p { (visit.text_with("nobody-speaks", &[("organisation", organisation.into())])) " " (visit.text("ask-a-steward")) } }
        } @else {
            div .note { p { (visit.text(if rests(visit) { "not-asked-resting" } else { "not-asked" })) } }
        }
    }
}

/// Whether the reader's own organisation rests.
fn rests(visit: &Visit) -> bool {
    let agreed = visit.handle().agreed();
    agreed.parties().get(&visit.handle().organisation_key()).is_some_and(|party| party.resting.is_some())
}

fn result(visit: &MemberVisit, shown: &Shown) -> Markup {
    let entry = &shown.entry;
    let late = entry.positions.iter().any(|position| position.late);
    html! {
        h2 { (visit.text("result")) }
        @match &entry.minuted {
            Some(minuted) => {
                p { strong { (tallies::verdict(visit, &entry.terms, minuted.outcome.verdict)) } }
                @if minuted.is_overtaken(&entry.terms) { p { (visit.text("is-overtaken")) } }
                p { (visit.text("is-final")) " " a href={ "/minutes/" (minuted.height) } { (visit.text_with("minute-number", &[("number", minuted.height.into())])) } "." }
                p .facts { (visit.text("minute-hash")) " " code { (minuted.hash) } }
                p { a href={ "/decisions/" (entry.id) "/proof" } download="decision.minutes" { (visit.text("download-proof")) } ". " (visit.text("proof-about")) }
            },
            None if entry.state == DecisionState::Lapsed => {
                div .note {
                    p { (visit.text("has-lapsed")) }
                    @if let Some(path) = new_round(entry) { p { a href=(path) { (visit.text("run-again")) } } }
                }
            },
            None => {
                @if let Some(count) = &entry.count { p { strong { (visit.text_with("would-be", &[("outcome", tallies::outcome(visit, &entry.terms, count.outcome).into())])) } } }
                (waits_for(visit, shown))
            },
        }
        @if let Some(count) = &entry.count { (tallies::shown(visit, &entry.terms, count, &shown.names)) }
        @if late {
            div .warning {
                p { (visit.text(if entry.minuted.is_some() { "late-positions" } else { "unnamed-positions" })) }
                @if let Some(path) = new_round(entry) { p { a href=(path) { (visit.text("run-again")) } } }
            }
        } @else if entry.minuted.is_some() && !shown.followed_by.iter().any(|following| following.renews()) {
            @if is_review_due(visit.handle(), &entry.terms) { div .warning { p { (visit.text("review-is-due")) } } }
            @if let Some(path) = new_round(entry) { p { a href=(path) { (visit.text("decide-anew")) } } }
        }
        @for following in &shown.followed_by { p { (following.shown(visit)) } }
    }
}

/// The organisation that a decision lets rest which is not final, and whether nothing has been heard of it for long.
fn resting(node: &NodeHandle, entry: &DecisionEntry) -> Result<Option<(PublicKey, bool)>, CommandError> {
    let rests = entry.terms.effects.iter().find_map(|effect| match effect {
        Effect::Rest { organisation } => Some(*organisation),
        _ => None,
    });
    let open = rests.filter(|_| entry.minuted.is_none());
    open.map(|organisation| Ok((organisation, node.is_silent(&organisation)?))).transpose()
}

/// Whether what was agreed is to be looked at again by now.
pub(crate) fn is_review_due(node: &NodeHandle, terms: &Terms) -> bool {
    terms.review.is_some_and(|review| Date::of(review) <= node.today())
}

/// Where a new round of a decision begins. What binds everyone begins where it began the first time.
fn new_round(entry: &DecisionEntry) -> Option<String> {
    match entry.terms.effects.first() {
        None => Some(format!("/decisions/new?follows={}", entry.id)),
        Some(Effect::Charter { .. }) => Some("/charter/change".to_owned()),
        Some(Effect::Admit { .. } | Effect::Node { .. }) => Some("/admissions".to_owned()),
        Some(Effect::Remove { organisation, .. }) => Some(format!("/organisations/{organisation}/part")),
        Some(Effect::Rest { organisation }) => Some(format!("/organisations/{organisation}/let-rest")),
        Some(Effect::Stage(_)) => Some("/charter/stage".to_owned()),
    }
}

fn waits_for(visit: &MemberVisit, shown: &Shown) -> Markup {
    let node = visit.handle();
    let called = |keys: &mut dyn Iterator<Item = &knotwork_identity::PublicKey>| {
        keys.map(|key| node.organisation_called(key)).collect::<Vec<_>>().join(", ")
    };
    let unstated = called(&mut shown.entry.unstated.iter());
    let progress = shown.standing.standing.as_ref().and_then(|standing| standing.progress.as_ref());
    let awaited = progress.map(|progress| called(&mut progress.awaited.iter())).unwrap_or_default();
    html! {
        div .note {
            p { (visit.text("not-final")) }
            ul {
                @if !unstated.is_empty() { li { (visit.text_with("waits-for-statements", &[("names", unstated.into())])) } }
                @if !awaited.is_empty() { li { (visit.text_with("waits-for-signatures", &[("names", awaited.into())])) } }
                @if !shown.standing.unreached.is_empty() { li { (visit.text_with("cannot-reach", &[("names", shown.standing.unreached.join(", ").into())])) } }
            }
            (signatures(visit, &shown.standing))
        }
    }
}

fn people_asked(visit: &Visit, shown: &Shown) -> Markup {
    let agreed = visit.handle().agreed();
    let is_there = |voter: &&Voter| agreed.parties().contains_key(voter.organisation());
    let (waiting, gone): (Vec<&Voter>, Vec<&Voter>) = shown.entry.unanswered.iter().partition(is_there);
    let name = |voter: &&Voter| {
        let place = shown.entry.place(voter)? as usize;
        shown.names.get(place).cloned()
    };
    let names = |voters: &[&Voter]| voters.iter().take(NAMES_SHOWN).filter_map(name).collect::<Vec<_>>().join(", ");
    html! {
        details {
            summary { (visit.text("who-exactly")) }
            ul { @for name in shown.names.iter().take(NAMES_SHOWN) { li { bdi { (name) } } } }
            @if shown.names.len() > NAMES_SHOWN { p { (visit.text_with("and-more", &[("count", (shown.names.len() - NAMES_SHOWN).into())])) } }
        }
        @if !matches!(shown.entry.state, DecisionState::Final | DecisionState::Lapsed) {
            @if !waiting.is_empty() { p { (visit.text("not-answered-yet")) " " bdi { (names(&waiting)) } } }
            @if !gone.is_empty() { p { (visit.text("have-gone-since")) " " bdi { (names(&gone)) } } }
        }
    }
}

/// When a decision closes, and that it may be sooner.
pub(crate) fn open_until(visit: &Visit, terms: &Terms, until: Timestamp, closed: bool) -> Markup {
    let sooner = match terms.removes() {
        Some(_) => "or-when-it-was-heard-and-all-have-answered",
        None => "or-when-all-have-answered",
    };
    html! {
        (dates::moment(visit, Some(until)))
        @if !closed { br; (visit.text(sooner)) }
    }
}

/// How many characters of an id are a reference.
const REFERENCE: usize = 9;
/// The most names that a page lists.
const NAMES_SHOWN: usize = 100;
