//! Edits of a text, written straight from what is to be replaced, without an Automerge transaction: Automerge looks each
//! character up anew, and takes a change in before the next can be made. Here the characters are looked up once, and an
//! edit becomes as few changes as hold it, each on the one before.

use std::{collections::BTreeMap, ops::Range};

use automerge::{Automerge, AutomergeError, ObjId, ObjType, ReadDoc as _};
use knotwork_identity::{ActorId, ChangeId};

use crate::{
    Pen, PenError, Rejection,
    draft::{Draft, DraftOperation},
};

/// One replacement in a text: at a place, counted in characters of the text before any replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splice<'a> {
    /// How many characters stand before it.
    pub at: usize,
    /// How many characters it takes away.
    pub delete: usize,
    /// What it puts there.
    pub insert: &'a str,
}

impl Pen<'_> {
    /// Replaces parts of a text; `splices` are in ascending order and do not overlap. A long edit becomes several changes,
    /// of which those that take away come before those that put, so that there is room for what is put.
    ///
    /// # Errors
    /// When `text` is no text of the document, a splice reaches beyond its end, or a change does not pass the gate,
    /// because the text or the document would be too large. Then nothing of the edit stays.
    pub fn splice_text(&mut self, text: &ObjId, splices: &[Splice<'_>]) -> Result<(), PenError> {
        self.settle()?;
        let mut edit = Edit::new(&self.document, text, splices)?;
        let heads: Vec<_> = self.document.get_heads().into_iter().map(|hash| ChangeId(hash.0)).collect();
        let last = heads.iter().filter_map(|head| Some(self.history.get(head)?.chunk().last())).max();
        edit.start = u64::from(last.unwrap_or(0) + 1);
        let (history, written) = (self.history.clone(), self.written.len());
        self.write_edit(edit, heads).inspect_err(|_| {
            self.history = history;
            self.written.truncate(written);
        })
    }

    fn write_edit(&mut self, mut edit: Edit<'_>, mut dependencies: Vec<ChangeId>) -> Result<(), PenError> {
        dependencies.sort_unstable();
        let mut at = 0;
        while at < edit.steps.len() {
            let mut end = edit.fitting(at);
            let id = loop {
                let draft = edit.draft(at..end, dependencies.clone(), self.time.milliseconds() as i64);
                match self.sign_draft(&draft) {
                    // What a change takes up is estimated, and here it was too little.
                    Err(PenError::TooLarge(Rejection::TooLong(_) | Rejection::Chunk(_))) if end - at > 1 => {
                        end = at + (end - at) / 2;
                    }
                    signed => break signed?,
                }
            };
            if let Some(change) = self.history.get(&id) {
                edit.written(at, change.actor());
            }
            dependencies = vec![id];
            at = end;
        }
        Ok(())
    }
}

/// An edit in single steps, each of which becomes an operation; their counters follow each other over all its changes.
struct Edit<'a> {
    text: Name,
    steps: Vec<Step<'a>>,
    /// The counter of the first step.
    start: u64,
    /// Those that names point to.
    actors: Actors,
    /// The first step of each change that is written, and the change's actor.
    changes: Vec<(usize, u32)>,
}

/// The name of an operation; the actor is a place in [`Edit::actors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    actor: u32,
    counter: u32,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Delete(Name),
    Insert { after: After, character: &'a str },
}

#[derive(Debug, Clone, Copy)]
enum After {
    Head,
    Standing(Name),
    /// What the step before inserts.
    Before,
}

impl<'a> Edit<'a> {
    fn new(document: &Automerge, text: &ObjId, splices: &[Splice<'a>]) -> Result<Self, PenError> {
        let kind = document.object_type(text)?;
        if kind != ObjType::Text {
            return Err(AutomergeError::InvalidOp(kind).into());
        }
        let mut actors = Actors::default();
        let text_name = actors.name_of(text);
        let standing = standing(document, text, splices, &mut actors);
        let name_at = |place: usize| {
            let found = standing.binary_search_by_key(&place, |(place, _)| *place);
            found.map(|found| standing[found].1).map_err(|_| AutomergeError::InvalidIndex(place))
        };
        let mut steps = Vec::new();
        for splice in splices {
            for place in splice.at..splice.at + splice.delete {
                steps.push(Step::Delete(name_at(place)?));
            }
        }
        for splice in splices {
            let mut after = match splice.at.checked_sub(1) {
                None => After::Head,
                Some(_) if splice.insert.is_empty() => continue,
                Some(place) => After::Standing(name_at(place)?),
            };
            for (start, character) in splice.insert.char_indices() {
                let character = &splice.insert[start..start + character.len_utf8()];
                steps.push(Step::Insert { after: std::mem::replace(&mut after, After::Before), character });
            }
        }
        Ok(Self { text: text_name, steps, start: 1, actors, changes: Vec::new() })
    }

    /// Where a change that begins with this step ends, so that it keeps within the limits by all that can be told.
    fn fitting(&self, start: usize) -> usize {
        let mut bytes = 0;
        let mut named = vec![false; self.actors.all.len()];
        let mut name = |actor: u32| if std::mem::replace(&mut named[actor as usize], true) { 0 } else { ACTOR_BYTES };
        let (mut last_deleted, mut last_width) = (None, 0);
        let steps = self.steps[start..].iter().take(OPERATIONS_MAX);
        let fitting = steps.take_while(|step| {
            bytes += match step {
                Step::Delete(element) => {
                    let follows =
                        last_deleted == Some(Name { counter: element.counter.wrapping_sub(1), actor: element.actor });
                    last_deleted = Some(*element);
                    name(element.actor) + if follows { 0 } else { JUMP_BYTES }
                }
                Step::Insert { after, character } => {
                    let place = match after {
                        After::Head => JUMP_BYTES,
                        After::Standing(element) => JUMP_BYTES + name(element.actor),
                        After::Before => 0,
                    };
                    let width = if std::mem::replace(&mut last_width, character.len()) == character.len() {
                        0
                    } else {
                        WIDTH_BYTES
                    };
                    place + width + character.len()
                }
            };
            bytes <= STEPS_BYTES_MAX
        });
        start + fitting.count().max(1)
    }

    /// Some steps as a change.
    fn draft(&self, steps: Range<usize>, dependencies: Vec<ChangeId>, time: i64) -> Draft {
        let first = steps.start;
        let mut operations: Vec<_> =
            self.steps[steps].iter().zip(first..).map(|(step, at)| self.row(step, at, first)).collect();
        // Numbers of actors from here on: 0 is the change's own, and the others are numbered in ascending order.
        let mut used = vec![false; self.actors.all.len() + 1];
        operations.iter_mut().flat_map(DraftOperation::actors_mut).for_each(|actor| used[*actor as usize] = true);
        let mut others: Vec<_> = (0..self.actors.all.len()).filter(|place| used[place + 1]).collect();
        others.sort_unstable_by_key(|place| self.actors.all[*place]);
        let mut numbers = vec![0; used.len()];
        others.iter().zip(1..).for_each(|(place, number)| numbers[place + 1] = number);
        operations.iter_mut().flat_map(DraftOperation::actors_mut).for_each(|actor| *actor = numbers[*actor as usize]);
        Draft {
            dependencies,
            sequence: 1,
            start: self.start + first as u64,
            time,
            message: Vec::new(),
            other_actors: others.into_iter().map(|place| self.actors.all[place]).collect(),
            operations,
            extra: Vec::new(),
        }
    }

    /// The operation of the step at `at`, in a change that begins with the step at `first`. Actors are named by their
    /// place and one more; 0 is the change's own.
    fn row(&self, step: &Step<'_>, at: usize, first: usize) -> DraftOperation {
        let number = |name: Name| (u64::from(name.actor) + 1, i64::from(name.counter));
        let row = DraftOperation {
            object: (Some(number(self.text).0), Some(self.text.counter.into())),
            element: (None, Some(0)),
            key: None,
            insert: true,
            action: SET,
            value_kind: 0,
            value: Vec::new(),
            predecessors: Vec::new(),
        };
        match step {
            Step::Delete(element) => {
                let (actor, counter) = number(*element);
                DraftOperation {
                    element: (Some(actor), Some(counter)),
                    insert: false,
                    action: DELETE,
                    predecessors: vec![(actor, counter)],
                    ..row
                }
            }
            Step::Insert { after, character } => {
                let element = match after {
                    After::Head => row.element,
                    After::Standing(element) => {
                        let (actor, counter) = number(*element);
                        (Some(actor), Some(counter))
                    }
                    After::Before => {
                        let before = at - 1;
                        let actor = if before >= first { 0 } else { self.actor_of(before) + 1 };
                        (Some(actor), Some((self.start + before as u64) as i64))
                    }
                };
                DraftOperation { element, value_kind: STRING, value: character.as_bytes().to_vec(), ..row }
            }
        }
    }

    /// The place of the actor of the written change that holds a step.
    fn actor_of(&self, step: usize) -> u64 {
        let change = self.changes.partition_point(|(first, _)| *first <= step) - 1;
        self.changes[change].1.into()
    }

    /// Notes a change that is written.
    fn written(&mut self, first: usize, actor: ActorId) {
        self.changes.push((first, self.actors.place_of(actor)));
    }
}

/// The characters that splices take away or follow, by their places, ascending.
fn standing(document: &Automerge, text: &ObjId, splices: &[Splice<'_>], actors: &mut Actors) -> Vec<(usize, Name)> {
    let ranges = splices.iter().map(|splice| splice.at.saturating_sub(1)..splice.at + splice.delete);
    let mut ranges = ranges.filter(|range| !range.is_empty()).peekable();
    let Some(first) = ranges.peek().map(|range| range.start) else { return Vec::new() };
    let end = splices.last().map_or(first, |splice| splice.at + splice.delete);
    let mut found = Vec::new();
    for item in document.list_range(text, first..end) {
        while ranges.next_if(|range| range.end <= item.index).is_some() {}
        if ranges.peek().is_some_and(|range| range.contains(&item.index)) {
            found.push((item.index, actors.name_of(&item.id())));
        }
    }
    found
}

/// Actors, each with its place in the order in which they were first named.
#[derive(Default)]
struct Actors {
    all: Vec<ActorId>,
    places: BTreeMap<ActorId, u32>,
}

impl Actors {
    /// The name of an object or element.
    fn name_of(&mut self, id: &ObjId) -> Name {
        // The root is no text and no element.
        let ObjId::Id(counter, actor, _) = id else { return Name { actor: 0, counter: 0 } };
        let actor = ActorId(actor.to_bytes().try_into().unwrap_or([0; 32]));
        Name { actor: self.place_of(actor), counter: *counter as u32 }
    }

    fn place_of(&mut self, actor: ActorId) -> u32 {
        *self.places.entry(actor).or_insert_with(|| {
            self.all.push(actor);
            self.all.len() as u32 - 1
        })
    }
}

const SET: u64 = 1;
const DELETE: u64 = 3;
const STRING: u8 = 6;

/// The most operations that are put into one change.
const OPERATIONS_MAX: usize = 60_000;
/// The most bytes that steps may take up in a change by estimate; the rest is for its head and its dependencies.
const STEPS_BYTES_MAX: usize = 58_000;
/// What naming an actor takes.
const ACTOR_BYTES: usize = 33;
/// The most that a step takes which goes on elsewhere than the one before.
const JUMP_BYTES: usize = 20;
/// What a character takes whose length differs from that of the one before.
const WIDTH_BYTES: usize = 2;
