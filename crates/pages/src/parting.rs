//! Proposing to part with another organisation, or to let it rest: what that means, how many have to agree, and why.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::SILENT_DAYS;
use knotwork_governance::{Effect, Stands};
use knotwork_identity::PublicKey;
use maud::{Markup, html};

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Page, error_summary, form},
    methods,
    proposal::{self, Proposal},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// The ways to a proposal, on the page of an organisation; nothing where none is open to the reader.
pub(crate) fn links(visit: &MemberVisit, key: &PublicKey) -> Markup {
    let offered: Vec<Way> = [Way::Rest, Way::Part].into_iter().filter(|way| way.is_open(visit, key)).collect();
    html! {
        @if !offered.is_empty() {
            ul { @for way in offered { li { a href=(way.path(key)) { (visit.text(way.link())) } } } }
        }
    }
}

/// Whether the reader can propose that an organisation rests.
pub(crate) fn may_let_rest(visit: &Visit, key: &PublicKey) -> bool {
    Way::Rest.is_open(visit, key)
}

/// That nothing has been heard of an organisation for long, and what can be done about it.
pub(crate) fn silence(visit: &Visit, key: &PublicKey) -> Markup {
    let days = [("days", SILENT_DAYS.into())];
    html! {
        div .warning {
            h2 { (visit.text("silent")) }
            p { (visit.text_with("silent-about", &days)) }
            p { a .button href=(Way::Rest.path(key)) { (visit.text(Way::Rest.link())) } }
        }
    }
}

/// Whether something has been heard of an organisation that is to rest: this node tells, and nobody's node decides by it.
pub(crate) fn heard(visit: &Visit, organisation: &PublicKey, is_silent: bool) -> String {
    let name = visit.handle().organisation_called(organisation);
    let values = [("organisation", name.into()), ("days", SILENT_DAYS.into())];
    visit.text_with(if is_silent { "rest-silent" } else { "rest-heard" }, &values)
}

/// What it means to part with an organisation, and the questions.
pub(crate) async fn show_part(visit: MemberVisit, Path(key): Path<String>) -> Response {
    show(visit, &key, Way::Part).await
}

/// Opens the decision to part with an organisation.
pub(crate) async fn part(Path(key): Path<String>, posted: MemberPosted) -> Response {
    propose(posted, &key, Way::Part).await
}

/// What it means to let an organisation rest, and the questions.
pub(crate) async fn show_let_rest(visit: MemberVisit, Path(key): Path<String>) -> Response {
    show(visit, &key, Way::Rest).await
}

/// Opens the decision to let an organisation rest.
pub(crate) async fn let_rest(Path(key): Path<String>, posted: MemberPosted) -> Response {
    propose(posted, &key, Way::Rest).await
}

/// What is proposed about an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Part,
    Rest,
}

impl Way {
    /// Whether it can be proposed: of another organisation on the roster, and none that rests is laid to rest.
    fn is_open(self, visit: &Visit, key: &PublicKey) -> bool {
        let own = visit.handle().organisation_key();
        let agreed = visit.handle().agreed();
        let (Some(party), true) = (agreed.parties().get(key), agreed.parties().contains_key(&own)) else {
            return false;
        };
        *key != own && (self == Self::Part || party.resting.is_none())
    }

    fn path(self, key: &PublicKey) -> String {
        let word = match self {
            Self::Part => "part",
            Self::Rest => "let-rest",
        };
        format!("/organisations/{key}/{word}")
    }

    const fn link(self) -> &'static str {
        match self {
            Self::Part => "propose-part",
            Self::Rest => "propose-rest",
        }
    }

    fn proposal(self, visit: &Visit, organisation: PublicKey) -> Proposal {
        let named = [("organisation", visit.handle().organisation_called(&organisation).into())];
        match self {
            Self::Part => {
                // What stands is counted when the decision opens.
                let stands = Stands { count: 0, digest: [0; 32] };
                Proposal {
                    title: visit.text_with("part-title", &named),
                    effect: Effect::Remove { organisation, stands },
                }
            }
            Self::Rest => {
                Proposal { title: visit.text_with("let-rest-title", &named), effect: Effect::Rest { organisation } }
            }
        }
    }
}

async fn show(visit: MemberVisit, key: &str, way: Way) -> Response {
    match find(&visit, key, way) {
        Ok(key) => ask(&visit, &key, way, &proposal::blank(&visit), &Faults::default()).await,
        Err(response) => response,
    }
}

async fn propose(MemberPosted { visit, fields }: MemberPosted, key: &str, way: Way) -> Response {
    let key = match find(&visit, key, way) {
        Ok(key) => key,
        Err(response) => return response,
    };
    let faults = proposal::check(&visit, &fields);
    if !faults.is_empty() {
        return ask(&visit, &key, way, &fields, &faults).await;
    }
    match way.proposal(&visit, key).open(&visit, &fields).await {
        Ok(response) => response,
        Err(faults) => ask(&visit, &key, way, &visit.with_fresh_key(fields), &faults).await,
    }
}

/// The organisation that is meant. Where this cannot be proposed of it, its own page says how it stands.
fn find(visit: &MemberVisit, key: &str, way: Way) -> Result<PublicKey, Response> {
    let key: PublicKey = key.parse().map_err(|_| errors::missing(visit))?;
    if way.is_open(visit, &key) {
        return Ok(key);
    }
    let is_known = visit.handle().agreed().was_ever_on(&key);
    Err(if is_known { Redirect::to(&format!("/organisations/{key}")).into_response() } else { errors::missing(visit) })
}

async fn ask(visit: &MemberVisit, key: &PublicKey, way: Way, fields: &Fields, faults: &Faults) -> Response {
    let organisation = *key;
    let prospect = match way.proposal(visit, *key).prospect(visit).await {
        Ok(prospect) => prospect,
        Err(error) => return visit.failure(&error),
    };
    let stands = match way {
        Way::Part => match visit.read(move |node| node.stands_of(&organisation)).await {
            Ok(stands) => Some(stands),
            Err(error) => return visit.failure(&error),
        },
        Way::Rest => None,
    };
    let is_silent = match visit.read(move |node| node.is_silent(&organisation)).await {
        Ok(is_silent) => is_silent,
        Err(error) => return visit.failure(&error),
    };
    let name = visit.handle().organisation_called(key);
    let named = [("organisation", name.into())];
    let needed = [
        ("asked", prospect.terms.electorate.len().into()),
        ("needed", methods::binding(visit.handle(), &prospect.terms).into()),
    ];
    let content = html! {
        (error_summary(visit, faults))
        div .warning {
            p { (visit.text_with(if stands.is_some() { "part-about" } else { "let-rest-about" }, &named)) }
            ul {
                li { (visit.text("part-heard")) }
                li { (visit.text_with("part-needed", &needed)) }
                @if let Some(stands) = stands {
                    li { (visit.text_with("part-stands", &[("count", stands.count.into())])) }
                    li { (visit.text("part-not-served")) }
                    li { (visit.text("part-back")) }
                } @else {
                    li { (heard(visit, key, is_silent)) }
                    li { (visit.text("let-rest-not-asked")) }
                    li { (visit.text("let-rest-back")) }
                }
            }
        }
        @if has_to_sign(visit, key) { div .note { p { (visit.text_with("part-needs-itself", &named)) } } }
        (prospect.shown(visit))
        h2 { (visit.text("your-proposal")) }
        (form(visit, &way.path(key), "questions", html! {
            (proposal::questions(visit, fields, faults))
            button type="submit" { (visit.text("open-decision")) }
            a .button.second href={ "/organisations/" (key) } { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text_with(if way == Way::Part { "part-page" } else { "let-rest-page" }, &named);
    let back = format!("/organisations/{key}");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&back) })
}

/// Whether nothing is final without this organisation's own signature.
fn has_to_sign(visit: &Visit, key: &PublicKey) -> bool {
    let agreed = visit.handle().agreed();
    let signers = agreed.signers();
    signers.are_all_needed() && signers.iter().any(|signer| signer.organisation == *key)
}
