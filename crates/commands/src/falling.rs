//! What falls with a removal: what this node holds of the organisation, held against the list that the decision names.
//!
//! Whoever asks for a removal makes the list of what stands, and the minute binds it. Here every voter's own node tells what
//! that list leaves out. Nodes hold different sets while a decision is open, so this is told and judges nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use knotwork_documents::{Paper, View};
use knotwork_governance::{Effect, Stands};
use knotwork_identity::{ChangeId, DocumentId, PersonId, PublicKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, History};
use knotwork_replica::{Departure, Standing};

use crate::{CommandError, DecisionEntry, NodeHandle, handle::storage_error};

/// What this node can tell of what falls if a decision to remove an organisation is adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Falling {
    /// The list that the decision names is not here, or not whole. Nothing is final before it is.
    Unlisted,
    /// There is so much here that it is looked through in several goes: it goes on when this is asked again.
    Looking {
        /// How many changes have been looked at.
        looked_at: u64,
        /// How many there are.
        of: u64,
    },
    /// The organisation has written more than is looked through.
    TooMuch,
    /// What falls.
    Counted(Box<WhatFalls>),
}

/// What falls, as far as this node holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhatFalls {
    /// How many changes of the organisation this node holds.
    pub held: usize,
    /// How many of them the list leaves out, so that they fall.
    pub fall: usize,
    /// What else follows; none where so many documents are touched that it was not looked up.
    pub touched: Option<Touched>,
}

/// What falling changes do to documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// How many of those that fall claim to have been written after the decision was opened.
    pub later: usize,
    /// How many changes by others fall with them, as they build on what falls.
    pub others: usize,
    /// The documents that are shown otherwise then, or not at all: at most [`NodeHandle::FALLING_NAMED_MAX`].
    pub documents: Vec<TouchedDocument>,
    /// How many more there are.
    pub more: usize,
}

/// A document that is shown otherwise, or not at all, once changes have fallen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TouchedDocument {
    /// What it is.
    pub what: TouchedKind,
    /// What it is called; empty where it has no name.
    pub title: String,
    /// The document.
    pub id: DocumentId,
    /// Whether nothing is left of it to show.
    pub vanishes: bool,
}

/// What a document is for whoever reads of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TouchedKind {
    /// An entry of the library.
    Resource,
    /// A decision.
    Decision,
    /// A temperature check.
    TemperatureCheck,
    /// What somebody said on this decision.
    Comment(DocumentId),
    /// What somebody said on this entry of the library.
    CommentOnResource(DocumentId),
    /// The profile of this person.
    Profile(PersonId),
    /// A role.
    Role,
    /// Anything else, such as an answer or a mandate.
    Other,
}

/// What has been found of organisations, kept so that a page need not look through the whole store each time.
#[derive(Default)]
pub(crate) struct FallingBook {
    found: Mutex<BTreeMap<PublicKey, Found>>,
}

struct Found {
    /// The keys whose changes were looked for.
    keys: BTreeSet<PublicKey>,
    /// Everything up to this number has been looked at.
    sequence: u64,
    /// What each key has written.
    changes: BTreeMap<PublicKey, Vec<(ChangeId, DocumentId)>>,
    /// What came of it last, and of what.
    counted: Option<(Basis, WhatFalls)>,
}

/// What a count depends on.
#[derive(PartialEq, Eq)]
struct Basis {
    stands: Stands,
    opens: Timestamp,
    sequence: u64,
    remade: u64,
    height: u64,
    /// What is an organisation's own is named for its members alone.
    reader: PublicKey,
}

impl NodeHandle {
    /// The most documents that are named as falling.
    pub const FALLING_NAMED_MAX: usize = 20;

    /// What falls if a decision is adopted that removes an organisation; none where it removes none, or where it is final or
    /// lapsed, so that nothing comes of it any more. The first time it reads the whole store, in several goes where there is
    /// much.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn falling(&self, entry: &DecisionEntry) -> Result<Option<Falling>, CommandError> {
        let removed = entry.terms.effects.iter().find_map(|effect| match effect {
            Effect::Remove { organisation, stands } => Some((organisation, stands)),
            _ => None,
        });
        let has_come = entry.minuted.is_some() || entry.state == crate::DecisionState::Lapsed;
        let Some((organisation, stands)) = removed.filter(|_| !has_come) else { return Ok(None) };
        let mut kept = self.falling_book().found.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.keys_ever_of(organisation);
        if kept.get(organisation).is_none_or(|found| found.keys != keys) {
            if kept.len() >= ORGANISATIONS_MAX {
                kept.pop_first();
            }
            kept.insert(*organisation, Found::nothing(keys));
        }
        let Some(found) = kept.get_mut(organisation) else { return Ok(None) };
        if !found.look_on(self)? {
            return Ok(Some(if found.is_too_much() {
                Falling::TooMuch
            } else {
                Falling::Looking { looked_at: found.sequence, of: self.position().sequence }
            }));
        }
        let status = self.status();
        let (sequence, remade) = (found.sequence, status.remade);
        let (height, reader) = (self.agreed().height(), self.organisation_key());
        let basis = Basis { stands: *stands, opens: entry.terms.opens, sequence, remade, height, reader };
        if let Some((of, counted)) = &found.counted
            && *of == basis
        {
            return Ok(Some(Falling::Counted(Box::new(counted.clone()))));
        }
        let nodes = self.agreed().nodes_ever_of(organisation).copied().collect();
        let departure = Departure { nodes, stands: *stands };
        let after = Standing::if_gone(self.storage(), self.roster(), organisation, departure).map_err(storage_error)?;
        let Some(after) = after else { return Ok(Some(Falling::Unlisted)) };
        let counted = self.count_falling(found, &status.standing, &after, entry.terms.opens)?;
        found.counted = Some((basis, counted.clone()));
        Ok(Some(Falling::Counted(Box::new(counted))))
    }

    fn count_falling(
        &self,
        found: &Found,
        before: &Standing,
        after: &Standing,
        opened: Timestamp,
    ) -> Result<WhatFalls, CommandError> {
        let mut by_document: BTreeMap<DocumentId, BTreeSet<ChangeId>> = BTreeMap::new();
        let falls = |key: &PublicKey, id: &ChangeId| before.lists(key, id) && !after.lists(key, id);
        for (key, changes) in &found.changes {
            for (id, document) in changes.iter().filter(|(id, _)| falls(key, id)) {
                by_document.entry(*document).or_default().insert(*id);
            }
        }
        Ok(WhatFalls {
            held: found.changes.values().map(Vec::len).sum(),
            fall: by_document.values().map(BTreeSet::len).sum(),
            touched: self.touched_by(&by_document, &found.keys, before, after, opened)?,
        })
    }

    /// What becomes of the documents in which something falls; none where there is too much to look up.
    fn touched_by(
        &self,
        falling: &BTreeMap<DocumentId, BTreeSet<ChangeId>>,
        keys: &BTreeSet<PublicKey>,
        before: &Standing,
        after: &Standing,
        opened: Timestamp,
    ) -> Result<Option<Touched>, CommandError> {
        let mut touched = Touched::default();
        let mut room = TOUCHED_CHANGES_MAX;
        if falling.len() > TOUCHED_DOCUMENTS_MAX {
            return Ok(None);
        }
        for (document, ids) in falling {
            let changes = self.storage().count_of(document, room + 1).map_err(storage_error)?;
            let Some(left) = room.checked_sub(changes) else { return Ok(None) };
            room = left;
            let Some(history) = self.history(document)? else { continue };
            let (shown, rest) = (before.part_of(&history), after.part_of(&history));
            if shown.len() == rest.len() {
                continue;
            }
            let gone = |change: &&CheckedChange| !rest.contains(&change.id());
            for change in shown.changes().map(AsRef::as_ref).filter(gone) {
                if ids.contains(&change.id()) {
                    touched.later += usize::from(change.time() > opened);
                } else {
                    touched.others += usize::from(!keys.contains(&change.author()));
                }
            }
            let (what, title) = self.named(document, &shown)?;
            touched.documents.push(TouchedDocument { what, title, id: *document, vanishes: rest.is_empty() });
        }
        touched.documents.sort_unstable();
        touched.more = touched.documents.len().saturating_sub(Self::FALLING_NAMED_MAX);
        touched.documents.truncate(Self::FALLING_NAMED_MAX);
        Ok(Some(touched))
    }

    /// What a document is, and what it is called.
    fn named(&self, id: &DocumentId, shown: &History) -> Result<(TouchedKind, String), CommandError> {
        // What is an organisation's own is named for its members alone, also where it is at home at this node.
        let view = if self.sees(&shown.header().space) { self.any_view(id)? } else { None };
        Ok(match view {
            Some(View::Resource(view)) => (TouchedKind::Resource, view.title),
            Some(View::Person(view)) => (TouchedKind::Profile(view.person), view.fields.name),
            Some(View::Role(view)) => (TouchedKind::Role, view.topic),
            Some(View::Comment(view)) => {
                // An answer is on a question, and that on something.
                let on = match self.any_view(&view.on)? {
                    Some(View::Comment(question)) => question.on,
                    _ => view.on,
                };
                let is_resource = matches!(self.any_view(&on)?, Some(View::Resource(_)));
                let what = if is_resource { TouchedKind::CommentOnResource(on) } else { TouchedKind::Comment(on) };
                (what, beginning(&view.text))
            }
            Some(View::Paper(view)) => match view.sheets.last().map(|sheet| &sheet.paper) {
                Some(Paper::Terms(terms)) => (TouchedKind::Decision, terms.title.clone()),
                Some(Paper::TemperatureCheck(check)) => (TouchedKind::TemperatureCheck, check.question.clone()),
                _ => (TouchedKind::Other, String::new()),
            },
            _ => (TouchedKind::Other, String::new()),
        })
    }
}

impl Found {
    fn nothing(keys: BTreeSet<PublicKey>) -> Self {
        Self { keys, sequence: 0, changes: BTreeMap::new(), counted: None }
    }

    /// Looks on from where it was left, as far as one go takes it. Gives whether all has been looked at.
    fn look_on(&mut self, node: &NodeHandle) -> Result<bool, CommandError> {
        let mut room = LOOKED_AT_MAX;
        while room > 0 && !self.is_too_much() {
            let stored = node.storage().changes_from(self.sequence + 1, AT_ONCE).map_err(storage_error)?;
            let Some(last) = stored.last() else { return Ok(true) };
            self.sequence = last.sequence;
            room = room.saturating_sub(stored.len());
            for one in stored {
                let header = &one.change.header;
                // What the network rests on, such as certificates and words, stands in any case.
                if header.space != SpaceId::Roster && self.keys.contains(&one.change.author) {
                    self.changes.entry(one.change.author).or_default().push((one.id, header.id()));
                }
            }
        }
        Ok(false)
    }

    fn is_too_much(&self) -> bool {
        self.changes.values().map(Vec::len).sum::<usize>() > CHANGES_MAX
    }
}

/// How a longer text begins.
fn beginning(text: &str) -> String {
    let mut characters = text.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    let begins: String = characters.by_ref().take(BEGINNING_CHARS).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{}{more}", begins.trim_end())
}

/// Of how many organisations what was found is kept in mind.
const ORGANISATIONS_MAX: usize = 4;
/// How many changes are looked at in one go: about a second on a slow machine.
const LOOKED_AT_MAX: usize = 50_000;
/// How many changes are read before the next.
const AT_ONCE: usize = 256;
/// The most changes of one organisation that are kept in mind, with 64 bytes each.
const CHANGES_MAX: usize = 100_000;
/// The most documents in which it is looked up what else falls.
const TOUCHED_DOCUMENTS_MAX: usize = 200;
/// The most changes that these may have together.
const TOUCHED_CHANGES_MAX: usize = 5_000;
/// How much of a comment is shown as its name.
const BEGINNING_CHARS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_comment_is_named_by_how_it_begins() {
        assert_eq!(beginning(" One\n\ntwo "), "One two");
        let long = beginning(&"word ".repeat(40));
        assert!(
            long.starts_with("word word") && long.ends_with("word…") && long.chars().count() <= BEGINNING_CHARS + 1
        );
    }
}
