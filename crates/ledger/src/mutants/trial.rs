//! One mutant taken through the gate, and what is demanded of whatever the gate admits.

use std::sync::Arc;

use automerge::{Automerge, Change};
use knotwork_identity::Timestamp;

use super::{Dice, apart::draft_of, honest, mutate::mutant, state::state, world::World};
use crate::{
    Checked, CheckedChange, History, Pen, Rejection, SignedChange, Verdict, Verifiers, materialise,
    materialise::{apply, empty_document},
    restore, strip,
};

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Admitted,
    AlreadyAdmitted,
    Held,
    Rejected(Rejection),
}

/// Makes a mutant and tries it. An admitted one stays in the world, for later mutants to build on.
pub(super) fn trial(dice: &mut Dice, world: &mut World, verifiers: &mut Verifiers) -> Result<Outcome, String> {
    let key = honest::author(1 + dice.below(4) as u8);
    let signed = match mutant(dice, world, &key) {
        Ok(signed) => signed,
        Err(rejection) => return Ok(Outcome::Rejected(rejection)),
    };
    let checked = match signed.clone().check(verifiers) {
        Err(rejection) => return Ok(Outcome::Rejected(rejection)),
        Ok(Checked::UnknownFormat(_)) => return Ok(Outcome::Held),
        Ok(Checked::Change(checked)) => Arc::new(checked),
    };
    check_canonical(&signed, &checked)?;
    let mut history = History::new(world.header.clone());
    for change in &world.changes {
        expect_admitted(history.admit(Arc::clone(change)))?;
    }
    let verdict = history.admit(Arc::clone(&checked));
    if verdict == Ok(Verdict::AlreadyAdmitted) {
        return Ok(Outcome::AlreadyAdmitted);
    }
    let other = admit_in_another_order(dice, world, &checked)?;
    match (&verdict, &other) {
        (Ok(Verdict::Admitted), (Ok(Verdict::Admitted), admitted)) => {
            if history.heads() != admitted.heads() || history.len() != admitted.len() {
                return Err("two orders of delivery give two sets".into());
            }
        }
        (verdict, (other, _)) if verdict == other => {}
        (verdict, (other, _)) => return Err(format!("two orders of delivery, two verdicts: {verdict:?}, {other:?}")),
    }
    match verdict {
        Err(rejection) => Ok(Outcome::Rejected(rejection)),
        Ok(Verdict::Held { .. }) => Ok(Outcome::Held),
        Ok(Verdict::AlreadyAdmitted | Verdict::Admitted) => {
            check_document(&history, &other.1)?;
            // The slow ones are left out now and then, for more mutants in the same time.
            if dice.chance(35) {
                check_one_by_one(&history, &other.1)?;
            }
            if dice.chance(50) {
                check_edits(dice, history)?;
            }
            world.add(checked);
            Ok(Outcome::Admitted)
        }
    }
}

/// What the first part of the gate takes is written in one way only, travels, and is read by Automerge as it is.
fn check_canonical(signed: &SignedChange, checked: &CheckedChange) -> Result<(), String> {
    let stripped = strip(&signed.chunk).map_err(|error| format!("cannot be stripped: {error}"))?;
    if draft_of(checked).to_stripped() != stripped {
        return Err("encoding what was decoded gives other bytes".into());
    }
    match restore(&checked.document(), &signed.author, &stripped) {
        Ok(restored) if restored == signed.chunk => {}
        other => return Err(format!("stripping and restoring gives {other:?}")),
    }
    let change =
        Change::from_bytes(signed.chunk.clone()).map_err(|error| format!("automerge cannot read it: {error}"))?;
    let agrees = change.hash().0 == checked.id().0
        && change.len() == checked.operations().len()
        && change.start_op().get() == u64::from(checked.chunk().start());
    if agrees { Ok(()) } else { Err("automerge reads it differently".into()) }
}

/// The same changes, and the mutant, in another order that may bring it before the rest; what is held waits.
fn admit_in_another_order(
    dice: &mut Dice,
    world: &World,
    mutant: &Arc<CheckedChange>,
) -> Result<(Result<Verdict, Rejection>, History), String> {
    let mut waiting: Vec<_> = world.changes.clone();
    waiting.push(Arc::clone(mutant));
    dice.shuffle(&mut waiting);
    let mut history = History::new(world.header.clone());
    let mut verdict = None;
    loop {
        let before = waiting.len();
        let mut held = Vec::new();
        for change in waiting {
            let result = history.admit(Arc::clone(&change));
            match &result {
                Ok(Verdict::Held { .. }) => held.push(Arc::clone(&change)),
                _ if Arc::ptr_eq(&change, mutant) => {}
                _ => expect_admitted(result.clone())?,
            }
            if Arc::ptr_eq(&change, mutant) {
                verdict = Some(result);
            }
        }
        if held.is_empty() || held.len() == before {
            break;
        }
        waiting = held;
    }
    Ok((verdict.ok_or("the mutant was lost")?, history))
}

fn expect_admitted(verdict: Result<Verdict, Rejection>) -> Result<(), String> {
    match verdict {
        Ok(Verdict::Admitted | Verdict::AlreadyAdmitted) => Ok(()),
        other => Err(format!("what was admitted before is not any more: {other:?}")),
    }
}

/// The document can be shown, saved and loaded again, gives back every change, and is the same in another order.
fn check_document(history: &History, other: &History) -> Result<(), String> {
    let document = materialise(history).map_err(|error| error.to_string())?.document;
    let shown = state(&document);
    let saved = document.save();
    let loaded = Automerge::load(&saved).map_err(|error| format!("the saved document cannot be loaded: {error}"))?;
    if state(&loaded) != shown {
        return Err("the loaded document shows something else".into());
    }
    let mut chunks: Vec<_> = history.changes().map(|change| &change.signed().chunk[..]).collect();
    chunks.sort_unstable();
    for document in [&document, &loaded] {
        let changes = document.get_changes(&[]);
        let mut given: Vec<_> = changes.iter().map(Change::raw_bytes).collect();
        given.sort_unstable();
        if given != chunks {
            return Err("the document gives back other changes".into());
        }
    }
    let second = materialise(other).map_err(|error| error.to_string())?.document;
    if second.save() != saved {
        return Err("two nodes make two documents of one set".into());
    }
    Ok(())
}

/// Taken one by one, in the order in which another node got them, the changes make the same document.
fn check_one_by_one(history: &History, other: &History) -> Result<(), String> {
    let document = materialise(history).map_err(|error| error.to_string())?.document;
    let mut one_by_one = empty_document();
    for change in other.changes() {
        apply(&mut one_by_one, std::iter::once(&change.signed().chunk[..]))
            .map_err(|error| format!("one by one: {error}"))?;
    }
    if state(&one_by_one) != state(&document) {
        return Err("applied one by one in another order, the document shows something else".into());
    }
    Ok(())
}

/// Honest people can go on with the document.
fn check_edits(dice: &mut Dice, history: History) -> Result<(), String> {
    let key = honest::author(9);
    let mut pen = Pen::open(history, &key, Timestamp::NONE).map_err(|error| error.to_string())?;
    for _ in 0..2 {
        pen.write(|transaction| honest::edit(dice, transaction)).map_err(|error| format!("an honest edit: {error}"))?;
    }
    honest::splice(dice, &mut pen).map_err(|error| format!("an honest splice: {error}"))?;
    let shown = state(pen.document());
    let (_, history) = pen.finish();
    let document = materialise(&history).map_err(|error| format!("after honest edits: {error}"))?.document;
    if state(&document) != shown {
        return Err("the document that the pen shows is not the one that its changes make".into());
    }
    Automerge::load(&document.save()).map_err(|error| format!("after honest edits: {error}"))?;
    Ok(())
}
