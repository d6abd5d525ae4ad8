//! What needs you: the few things that wait for this member, and for nobody else.

use axum::response::Response;
use knotwork_accounts::State;
use knotwork_commands::{
    AdmissionState, CharterEntry, CommandError, DecisionEntry, DecisionHead, DelegationEntry, DelegationState,
    MandateEntry, MandateState, Member, NodeHandle, OwnProfile, ResourceEntry, RoleEntry, RoleRequestEntry, ends_soon,
};
use knotwork_documents::CommentView;
use knotwork_governance::{Effect, Voter};
use knotwork_identity::Timestamp;
use maud::html;

use crate::{
    charter, dates, decision,
    layout::done,
    limits,
    next_steps::next_steps,
    notices::{Notice, Notices},
    roles, tasks,
    visit::MemberVisit,
};

/// Shows them.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    // What a newcomer said of themself is published once a steward has confirmed.
    if let Err(error) = visit.handle().settle_in(&visit.member).await {
        return visit.failure(&error);
    }
    let member = visit.member.clone();
    let answer = visit
        .read(move |node| {
            let notices = Notices::of(node, &member.person)?;
            let profile = node.own_profile(&member)?;
            let drafts = node.notes(&member.person, "draft/")?.len();
            let waiting = if member.steward {
                node.all_accounts()?.iter().filter(|account| account.state == State::Waiting).count()
            } else {
                0
            };
            let in_conflict = node.resources_in_conflict(&member.person, CONFLICTS_SHOWN)?;
            let requests = node.requests_to(&member)?;
            let today = node.today();
            let ending: Vec<RoleEntry> = node
                .roles()?
                .into_iter()
                .filter(|entry| entry.view.person == member.person && ends_soon(&entry.view, today))
                .collect();
            let deciding = Deciding::of(node, &member)?;
            let taken_on = node.tasks_of(&member)?;
            Ok(Waiting {
                notices,
                profile,
                drafts,
                newcomers: waiting,
                in_conflict,
                requests,
                ending,
                taken_on,
                deciding,
            })
        })
        .await;
    let waiting = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let Waiting {
        notices,
        profile,
        mut drafts,
        newcomers: waiting,
        mut in_conflict,
        mut requests,
        mut ending,
        taken_on,
        deciding,
    } = waiting;
    // What a member does not want to be told of is not there for this page.
    if !notices.wants(Notice::Drafts) {
        drafts = 0;
    }
    if !notices.wants(Notice::Conflicts) {
        in_conflict.clear();
    }
    if !notices.wants(Notice::Requests) {
        requests.clear();
    }
    if !notices.wants(Notice::Ending) {
        ending.clear();
    }
    let bare = notices.wants(Notice::Profile)
        && ["post", "skills", "offers"].iter().all(|field| profile.fields.get(field).trim().is_empty());
    let nothing = waiting == 0
        && in_conflict.is_empty()
        && drafts == 0
        && requests.is_empty()
        && ending.is_empty()
        && taken_on.is_empty()
        && !bare
        && deciding.is_nothing();
    let (last_day, later) = deciding.by_urgency(visit.handle().now());
    // Where the charter's text is not here, nobody knows what kind of network it is.
    let kinds = deciding.charter.charter.as_ref().map(|charter| charter.kinds.clone()).unwrap_or_default();
    let content = html! {
        @if visit.query.word("done") == "declined" { (done(&visit, &visit.text("request-declined"))) }
        p { (visit.text_with("hello", &[("name", profile.fields.name.into())])) }
        @if visit.handle().outside().is_none() && charter::is_due(visit.handle(), &deciding.charter) { (charter::renewal(&visit)) }
        @if nothing { p { (visit.text("needs-nothing")) } }
        ul .list {
            @for head in &deciding.concerning {
                li {
                    h2 { a href={ "/decisions/" (head.id) "#remarks" } { (visit.text("concerns-you")) " " bdi { (head.terms.title) } } }
                    @let about = if head.terms.removes().is_some() { "concerns-you-about" } else { "concerns-you-soon" };
                    p { (visit.text_with(about, &[("when", dates::moment(&visit, Some(head.open_until)).into())])) }
                }
            }
            @if deciding.unspoken > 0 {
                li {
                    h2 { a href="/voice" { (visit.text_with("nobody-speaks-needs-you", &[("organisation", visit.handle().organisation_name().into())])) } }
                    p { (visit.text_with("nobody-speaks-about", &[("count", deciding.unspoken.into())])) }
                }
            }
            @for name in &deciding.applicants {
                li {
                    h2 { a href="/admissions" { (visit.text_with("applicant-needs-you", &[("organisation", name.clone().into())])) } }
                    p { (visit.text("applicant-about")) }
                }
            }
            @if let Some(until) = deciding.rests {
                li {
                    h2 { a href="/organisation/rest" { (visit.text_with("rest-needs-you", &[("organisation", visit.handle().organisation_name().into())])) } }
                    @match until {
                        Some(until) => p { (visit.text_with(if until <= visit.handle().now() { "rest-is-over" } else { "rest-goes-on" }, &[("day", dates::day(&visit, Some(until)).into())])) },
                        None => p { (visit.text("rest-by-others")) },
                    }
                }
            }
            @for entry in last_day {
                li {
                    h2 { a href={ "/decisions/" (entry.id) } { (visit.text("last-day")) " " bdi { (entry.terms.title) } } }
                    p { (visit.text_with("decision-needs-you", &[("when", dates::moment(&visit, Some(entry.open_until)).into())])) }
                }
            }
            @for head in &deciding.reviews {
                li {
                    h2 { a href={ "/decisions/" (head.id) } { (visit.text("look-again-at")) " " bdi { (head.terms.title) } } }
                    p { (visit.text("look-again-about")) }
                }
            }
            @if waiting > 0 {
                li {
                    h2 { a href="/settings/colleagues" { (visit.text_with("newcomers-wait", &[("count", waiting.into())])) } }
                    p { (visit.text("newcomers-about")) }
                }
            }
            @for entry in &deciding.offered {
                li {
                    h2 { a href="/voice" { (visit.text_with("voice-needs-you", &[("organisation", visit.handle().organisation_name().into())])) } }
                    p { (visit.text("voice-offered")) " " (visit.text_with("speaks-until", &[("day", dates::day(&visit, Some(entry.mandate.until)).into())])) }
                }
            }
            @for entry in &deciding.to_stand_in {
                li {
                    h2 { a href="/stand-in" { (visit.text_with("stand-in-needs-you", &[("name", entry.name.clone().unwrap_or_else(|| visit.text("somebody")).into())])) } }
                    p { (visit.text("stand-in-asked-you")) " " (visit.text_with("stands-in-until", &[("day", dates::day(&visit, Some(entry.delegation.until)).into())])) }
                }
            }
            @for entry in later.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/decisions/" (entry.id) } { bdi { (entry.terms.title) } } }
                    p { (visit.text_with("decision-needs-you", &[("when", dates::moment(&visit, Some(entry.open_until)).into())])) }
                }
            }
            @for task in taken_on.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/decisions/" (task.on) "#tasks" } { (visit.text("you-took-on")) " " bdi { (tasks::beginning(&task.text)) } } }
                    @if let Some(due) = task.due { p { (visit.text_with("task-due", &[("day", dates::date(due).into())])) @if due < visit.handle().today() { " " strong { (visit.text("task-late")) } } } }
                }
            }
            @for entry in requests.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/role-requests/" (entry.view.id) } { (visit.text_with("request-title", &[("role", roles::name(&visit, entry.view.role).into())])) } }
                    p { bdi { (entry.from_name.clone().unwrap_or_else(|| visit.text("somebody"))) } " " (visit.text("asks-you")) " " (roles::with_topic(&visit, entry.view.role, &entry.view.topic)) "." }
                }
            }
            @for entry in ending.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/roles/" (entry.view.id) } { (visit.text("your-role-ends")) } }
                    p { (roles::with_topic(&visit, entry.view.role, &entry.view.topic)) ". " (visit.text("your-role-ends-about")) }
                }
            }
            @for entry in &in_conflict {
                li {
                    h2 { a href={ "/library/" (entry.view.id) } { bdi { (entry.view.title) } } }
                    p { (visit.text("conflict-needs-you")) }
                }
            }
            @if drafts > 0 {
                li {
                    h2 { a href="/library/drafts" { (visit.text_with("drafts-count", &[("count", drafts.into())])) } }
                    p { (visit.text("drafts-about")) }
                }
            }
            @if bare {
                li {
                    h2 { a href="/profile/edit" { (visit.text("profile-bare")) } }
                    p { (visit.text("profile-bare-about")) }
                }
            }
        }
        h2 { (visit.text("what-now")) }
        ul { @for step in next_steps(&kinds) { li { a href=(step.path) { (visit.text(step.text)) } } } }
        p .facts { a href="/charter" { (visit.text("charter")) } ": " (charter::age(&visit, &deciding.charter)) }
    };
    visit.page(&visit.text("needs-you"), content)
}

/// What waits for the member.
struct Waiting {
    notices: Notices,
    profile: OwnProfile,
    drafts: usize,
    newcomers: usize,
    in_conflict: Vec<ResourceEntry>,
    requests: Vec<RoleRequestEntry>,
    /// The member's own roles that end soon.
    ending: Vec<RoleEntry>,
    /// What the member has taken on and not done.
    taken_on: Vec<CommentView>,
    deciding: Deciding,
}

/// What waits for the member where organisations decide together.
struct Deciding {
    charter: CharterEntry,
    /// The organisation's voice, offered to the member.
    offered: Vec<MandateEntry>,
    /// Colleagues who ask the member to stand in.
    to_stand_in: Vec<DelegationEntry>,
    /// Open decisions in which the member has a voice that has not been heard.
    unanswered: Vec<DecisionEntry>,
    /// Decisions that are not over about the member's own organisation, which has not said anything to them: it is heard, and
    /// not asked.
    concerning: Vec<DecisionHead>,
    /// How many open decisions ask the organisation while nobody has its voice, for a steward.
    unspoken: usize,
    /// The organisations that have applied and that nobody has opened a decision about, for a steward.
    applicants: Vec<String>,
    /// Where the organisation rests: until when, by its own word; the others name no day.
    rests: Option<Option<Timestamp>>,
    /// What was agreed and is to be looked at again by now, where the member speaks for the organisation or opened it.
    reviews: Vec<DecisionHead>,
}

impl Deciding {
    fn of(node: &NodeHandle, member: &Member) -> Result<Self, CommandError> {
        // Whoever is not in the network any more is asked nothing, and cannot be counted.
        if node.outside().is_some() {
            return Ok(Self::nothing(node.charter()?));
        }
        let mut offered = node.mandates(&node.organisation_key())?;
        offered.retain(|entry| entry.state == MandateState::Offered && entry.mandate.person == Some(member.person));
        let mut to_stand_in = node.delegations(&node.organisation_key())?;
        to_stand_in.retain(|entry| entry.state == DelegationState::Asked && entry.delegation.stand_in == member.person);
        let (own, is_spoken) = (node.organisation_key(), node.has_speaker()?);
        let (mut unanswered, mut unspoken) = (Vec::new(), 0);
        let heads = node.decisions()?;
        let mut concerning = node.decisions_concerning(&own, &heads)?;
        concerning.retain(|head| !head.state.is_over());
        for entry in node.open_decisions()? {
            let asks_us = entry.unanswered.contains(&Voter::Organisation(own));
            unspoken += usize::from(asks_us && !is_spoken && member.steward);
            if node.voices(member, &entry.terms)?.iter().any(|voice| entry.unanswered.contains(voice)) {
                unanswered.push(entry);
            }
        }
        unanswered.sort_by_key(|entry| entry.open_until);
        let reviews = if node.voice_of(member)?.is_some() { reviews(node, &heads)? } else { Vec::new() };
        let applied = if member.steward { node.admissions()? } else { Vec::new() };
        let waiting = applied.into_iter().filter(|entry| entry.state == AdmissionState::Waiting);
        Ok(Self {
            offered,
            to_stand_in,
            unanswered,
            reviews,
            concerning,
            unspoken,
            applicants: waiting.map(|entry| entry.application.name).collect(),
            rests: node.agreed().parties().get(&own).and_then(|party| party.resting),
            ..Self::nothing(node.charter()?)
        })
    }

    fn nothing(charter: CharterEntry) -> Self {
        Self {
            charter,
            offered: Vec::new(),
            to_stand_in: Vec::new(),
            unanswered: Vec::new(),
            reviews: Vec::new(),
            concerning: Vec::new(),
            unspoken: 0,
            applicants: Vec::new(),
            rests: None,
        }
    }

    /// The decisions that close within a day, all of them, and those that leave more time.
    fn by_urgency(&self, now: Timestamp) -> (&[DecisionEntry], &[DecisionEntry]) {
        let ends = now.milliseconds().saturating_add(DAY_MILLISECONDS);
        // The first to close is the first in the list.
        let urgent = self.unanswered.partition_point(|entry| entry.open_until.milliseconds() <= ends);
        self.unanswered.split_at(urgent)
    }

    fn is_nothing(&self) -> bool {
        self.offered.is_empty()
            && self.to_stand_in.is_empty()
            && self.unanswered.is_empty()
            && self.reviews.is_empty()
            && self.concerning.is_empty()
            && self.unspoken == 0
            && self.applicants.is_empty()
            && self.rests.is_none()
    }
}

/// What was agreed and is to be looked at again by now, and what nothing was decided about since. After a month it is taken to
/// hold as it is. The charter has a renewal of its own.
fn reviews(node: &NodeHandle, heads: &[DecisionHead]) -> Result<Vec<DecisionHead>, CommandError> {
    let mut due = Vec::new();
    let lately = node.now().milliseconds().saturating_sub(30 * DAY_MILLISECONDS);
    for head in heads {
        let is_due = decision::is_review_due(node, &head.terms)
            && head.terms.review.is_some_and(|review| review.milliseconds() > lately)
            && !head.terms.effects.iter().any(|effect| matches!(effect, Effect::Charter { .. }));
        if is_due && node.was_agreed(&head.id)? && node.renewed_by(&head.id, &head.terms)?.is_none() {
            due.push(head.clone());
        }
        if due.len() == REVIEWS_SHOWN {
            break;
        }
    }
    Ok(due)
}

const CONFLICTS_SHOWN: usize = 20;
const REVIEWS_SHOWN: usize = 20;
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
