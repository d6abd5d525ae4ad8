//! The register of decisions: all that was asked, the newest first.

use axum::response::Response;
use knotwork_commands::{CommandError, DecisionEntry, DecisionState, NodeHandle};
use maud::html;

use crate::{
    dates,
    layout::pagination,
    limits, tallies,
    visit::{MemberVisit, Visit},
};

/// Shows it: all decisions, or those that are open.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let only_open = visit.query.word("show") == "open";
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let (shown, count) = match visit.read(move |node| page_of(node, only_open, page)).await {
        Ok(found) => found,
        Err(error) => return visit.failure(&error),
    };
    let (what, how, answered) = (visit.text("decision"), visit.text("how-it-stands"), visit.text("answered"));
    let show = if only_open { "open" } else { "all" };
    let content = html! {
        p { (visit.text("decisions-about")) }
        p { a .button href="/decisions/new" { (visit.text("start-decision")) } }
        ul .inline {
            li { a href="/temperature" { (visit.text("temperatures")) } }
            li { a href="/charter" { (visit.text("charter")) } }
            li { a href="/voice" { (visit.text("voice")) } }
            li { a href="/minutes" { (visit.text("minutes")) } }
            @if visit.member.steward { li { a href="/admissions" { (visit.text("admissions")) } } }
        }
        nav aria-label=(visit.text("which-decisions")) {
            ul .inline {
                @for (word, name) in [("all", "all-decisions"), ("open", "open-decisions")] {
                    li { a href={ "/decisions?show=" (word) } aria-current=[(word == show).then_some("page")] { (visit.text(name)) } }
                }
            }
        }
        @if count == 0 {
            p { (visit.text(if only_open { "no-open-decisions" } else { "no-decisions" })) }
        } @else {
            div .scroll { table .stack {
                caption { (visit.text_with("decisions-count", &[("count", count.into())])) }
                thead { tr { th scope="col" { (what) } th scope="col" { (how) } th scope="col" { (answered) } } }
                tbody {
                    @for entry in &shown {
                        tr {
                            th scope="row" { a href={ "/decisions/" (entry.id) } { bdi { (entry.terms.title) } } }
                            td data-name=(how) { (state(&visit, entry)) }
                            td data-name=(answered) { (answers(&visit, entry)) }
                        }
                    }
                }
            } }
        }
        (pagination(&visit, page, count.div_ceil(limits::PAGE), |page| format!("/decisions?show={show}&page={page}")))
    };
    visit.page(&visit.text("decisions"), content)
}

/// The decisions on one page, and how many there are on all of them. Only those that are shown are counted.
fn page_of(node: &NodeHandle, only_open: bool, page: usize) -> Result<(Vec<DecisionEntry>, usize), CommandError> {
    let mut heads = node.decisions()?;
    heads.retain(|head| !only_open || head.state == DecisionState::Open);
    heads.sort_by_key(|head| std::cmp::Reverse((head.terms.opens, head.id)));
    let shown = heads.iter().skip((page - 1) * limits::PAGE).take(limits::PAGE);
    Ok((shown.map(|head| node.decision(&head.id)).collect::<Result<_, _>>()?, heads.len()))
}

/// How a decision stands, in a few words.
pub(crate) fn state(visit: &Visit, entry: &DecisionEntry) -> String {
    let at = |name: &str, time| visit.text_with(name, &[("when", dates::moment(visit, Some(time)).into())]);
    match (&entry.minuted, entry.state) {
        (Some(minuted), _) => tallies::verdict(visit, &entry.terms, minuted.outcome.verdict),
        (None, DecisionState::Open) => at("state-open", entry.open_until),
        (None, DecisionState::Lapsed) => visit.text("state-lapsed"),
        (None, DecisionState::Closed | DecisionState::Final) => visit.text("state-closed"),
    }
}

fn answers(visit: &Visit, entry: &DecisionEntry) -> String {
    let values = [("count", entry.answered().into()), ("asked", entry.terms.electorate.len().into())];
    visit.text_with("answered-of", &values)
}
