//! Drafts of decisions: what people send, read into what the node is asked.

use axum::http::StatusCode;
use knotwork_commands::{DecisionDraft, Member, NodeHandle, Unit};
use knotwork_governance::{Charter, Effect, Stage};
use knotwork_identity::{Nonce, Timestamp};

use crate::{
    bodies::{NewDecision, NewEffect, NewEffectKind, NewUnit, read_day, read_quorum, read_stage},
    problem::Problem,
    rfc3339::from_rfc3339,
};

/// What a body asks for.
///
/// # Errors
/// When nobody could decide so.
pub(crate) fn read_draft(
    handle: &NodeHandle,
    member: &Member,
    body: NewDecision,
    nonce: Nonce,
) -> Result<DecisionDraft, Problem> {
    let closes = match body.closes.as_deref() {
        Some(closes) => from_rfc3339(closes, "closes")?,
        None => usual_end(handle)?,
    };
    let unit = match (body.unit, body.persons) {
        (NewUnit::Organisations, persons) if persons.is_empty() => Unit::Organisations,
        (NewUnit::Organisations, _) => {
            return Err(Problem::malformed("persons are asked with the unit `persons`").field("persons"));
        }
        (NewUnit::Persons, persons) => {
            let people = handle.people()?;
            let known = persons.iter().map(|person| {
                let entry = people.all.iter().find(|entry| entry.person == *person && !entry.left);
                entry.map(|entry| (entry.organisation_key, *person)).ok_or_else(|| {
                    let detail = format!("nobody here is known as {person}");
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("persons")
                })
            });
            Unit::Persons(known.collect::<Result<_, _>>()?)
        }
    };
    let (mut effects, mut charter) = (Vec::new(), None);
    for (place, effect) in body.effects.into_iter().enumerate() {
        let (effect, proposed) = read_effect(handle, place, effect)?;
        effects.push(effect);
        if let Some(proposed) = proposed
            && charter.replace(proposed).is_some()
        {
            return Err(Problem::malformed("a decision is about one charter at most").field("effects"));
        }
    }
    let draft = DecisionDraft {
        title: body.title,
        text: body.text,
        summary: body.summary,
        left_out: body.left_out,
        method: body.method.read("method")?,
        options: body.options,
        unit,
        quorum: body.quorum.as_deref().map(read_quorum).transpose()?,
        threshold: body.threshold.map(|threshold| threshold.read("threshold")).transpose()?,
        closes,
        reasons: body.reasons,
        shown: body.shown,
        effects,
        charter,
        review: body.review.as_deref().map(|review| read_day(review, "review")).transpose()?,
        follows: body.follows,
    };
    _ = handle.decision_began_as(member, draft.clone(), nonce)?;
    Ok(draft)
}

fn read_effect(handle: &NodeHandle, place: usize, effect: NewEffect) -> Result<(Effect, Option<Charter>), Problem> {
    let NewEffect { kind, charter, stage, organisation } = effect;
    let field = |name: &str| format!("effects[{place}].{name}");
    let needed = |name: &str| Problem::malformed(format!("{}: this effect needs it", field(name))).field(field(name));
    let wanted = match kind {
        NewEffectKind::Charter => "charter",
        NewEffectKind::Stage => "stage",
        NewEffectKind::Rest | NewEffectKind::Remove | NewEffectKind::Node => "organisation",
    };
    let sent = [("charter", charter.is_some()), ("stage", stage.is_some()), ("organisation", organisation.is_some())];
    if let Some((other, _)) = sent.iter().find(|(name, sent)| *sent && *name != wanted) {
        let detail = format!("{}: this effect does not take it", field(other));
        return Err(Problem::malformed(detail).field(field(other)));
    }
    Ok(match kind {
        NewEffectKind::Charter => {
            let charter = charter.ok_or_else(|| needed("charter"))?.read(&field("charter"))?;
            charter.check().map_err(|error| {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).field(field("charter"))
            })?;
            (DecisionDraft::effect_of(&charter), Some(charter))
        }
        NewEffectKind::Stage => {
            let stage = stage.ok_or_else(|| needed("stage"))?;
            let stage = read_stage(&stage).ok_or_else(|| {
                Problem::malformed(format!("a stage is one of {}", Stage::ALL.map(Stage::word).join(", ")))
                    .field(field("stage"))
            })?;
            (Effect::Stage(stage), None)
        }
        NewEffectKind::Rest | NewEffectKind::Remove | NewEffectKind::Node => {
            let organisation = organisation.ok_or_else(|| needed("organisation"))?;
            if !handle.agreed().parties().contains_key(&organisation) {
                let detail = "there is no organisation with this key on the roster";
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
                return Err(problem.field(field("organisation")));
            }
            match kind {
                NewEffectKind::Rest => (Effect::Rest { organisation }, None),
                NewEffectKind::Node => {
                    let sought = handle.node_sought(&organisation);
                    let about = |error| Problem::from(error).field(field("organisation"));
                    (sought.map_err(about)?, None)
                }
                _ => (Effect::Remove { organisation, stands: handle.stands_of(&organisation)? }, None),
            }
        }
    })
}

/// When a decision closes that is open for as long as the charter says; the charter in force may not have arrived.
fn usual_end(handle: &NodeHandle) -> Result<Timestamp, Problem> {
    let days = handle.charter()?.charter.map_or(Charter::USUAL_DAYS_FIRST, |charter| charter.usual_days);
    let end = handle.now().milliseconds() + u64::from(days) * MILLISECONDS_A_DAY;
    Ok(Timestamp::from_milliseconds(end).unwrap_or(Timestamp::MAX))
}

const MILLISECONDS_A_DAY: u64 = 86_400_000;
