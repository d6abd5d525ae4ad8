//! How we are connected: who holds what, who is behind, and whether this node may be switched off. In words first.

use axum::response::Response;
use knotwork_commands::{NodeView, PeerView};
use maud::{Markup, html};

use crate::{
    dates,
    visit::{MemberVisit, Visit},
};

/// Shows it.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let node = match visit.read(|node| node.node()).await {
        Ok(node) => node,
        Err(error) => return visit.failure(&error),
    };
    let is_outside = node.outside.is_some();
    let in_step = node.peers.iter().filter(|peer| peer.in_step).count();
    let content = html! {
        p { strong { @if is_outside { (visit.text("connected-outside")) } @else { (summary(&visit, &node, in_step)) } } }
        h2 { (visit.text("safe-to-switch-off")) }
        p { (visit.text(if is_outside { "safe-outside" } else if in_step > 0 { "safe-yes" } else { "safe-no" })) }
        @if node.damaged { div .warning { p { (visit.text("store-damaged")) } } }
        @if node.unknown_formats > 0 { div .warning { p { (visit.text("needs-update")) } } }
        @if !is_outside {
            h2 { (visit.text("the-others")) }
            @if node.peers.is_empty() { p { (visit.text("no-others")) } } @else { (others(&visit, &node.peers)) }
        }
        h2 { (visit.text("this-node")) }
        ul {
            li { (visit.text_with("holds-resources", &[("count", node.resources.into())])) }
            @if node.held > 0 { li { (visit.text_with("changes-wait", &[("count", node.held.into())])) } }
            li { (visit.text_with("node-version", &[("version", node.version.clone().into())])) }
        }
    };
    visit.page(&visit.text("connected"), content)
}

fn summary(visit: &Visit, node: &NodeView, in_step: usize) -> String {
    let others = node.peers.len();
    if others == 0 {
        visit.text("connected-alone")
    } else if in_step == others {
        visit.text("connected-all")
    } else {
        visit.text_with("connected-some", &[("some", in_step.into()), ("all", others.into())])
    }
}

fn others(visit: &Visit, peers: &[PeerView]) -> Markup {
    html! {
        div .scroll { table .stack {
            caption { (visit.text("others-caption")) }
            thead { tr { th scope="col" { (visit.text("organisation")) } th scope="col" { (visit.text("state")) } th scope="col" { (visit.text("last-in-step")) } } }
            tbody {
                @for peer in peers {
                    tr {
                        th scope="row" { bdi { (peer.organisation) } }
                        td data-name=(visit.text("state")) { (state(visit, peer)) }
                        td data-name=(visit.text("last-in-step")) { (when(visit, peer)) }
                    }
                }
            }
        } }
    }
}

fn state(visit: &Visit, peer: &PeerView) -> String {
    if peer.declines {
        return visit.text("peer-declines");
    }
    let state = match (peer.connected, peer.in_step) {
        (true, true) => visit.text("peer-in-step"),
        (true, false) => visit.text("peer-behind"),
        (false, true) => visit.text("peer-away-in-step"),
        (false, false) => visit.text("peer-away"),
    };
    match peer.changes_more {
        Some(more) if !peer.in_step && more < 0 => {
            format!("{state} {}", visit.text_with("peer-lacks", &[("count", more.unsigned_abs().into())]))
        }
        Some(more) if !peer.in_step && more > 0 => {
            format!("{state} {}", visit.text_with("peer-has-more", &[("count", more.unsigned_abs().into())]))
        }
        _ => state,
    }
}

fn when(visit: &Visit, peer: &PeerView) -> String {
    match peer.last_in_step_at {
        Some(time) => dates::ago(visit, time, visit.handle().now()),
        None => visit.text("not-since-start"),
    }
}
