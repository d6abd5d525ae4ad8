//! Operations that an honest writer might not make, and that look as if one had: in objects that are gone, on elements
//! that are deleted, beside values that they ought to replace.

use super::{
    Dice,
    apart::index_of,
    honest::KEYS,
    mutate::any_value,
    world::{Known, Name, Place, World, known_operations},
};
use crate::draft::{Draft, DraftOperation};

const MAKE_MAP: u64 = 0;
const SET: u64 = 1;
const MAKE_LIST: u64 = 2;
const DELETE: u64 = 3;
const MAKE_TEXT: u64 = 4;

/// Appends one operation to a draft whose dependencies and first counter stand.
pub(super) fn append(dice: &mut Dice, draft: &mut Draft, world: &World) {
    let past = world.past(&draft.dependencies);
    let careless = dice.chance(3);
    let mut known: Vec<Known> = Vec::new();
    known.extend(world.operations.iter().filter(|known| careless || past[known.change]).cloned());
    known.extend(known_operations(draft, usize::MAX, None));

    let makes: Vec<_> = known.iter().filter(|known| [MAKE_MAP, MAKE_LIST, MAKE_TEXT].contains(&known.action)).collect();
    let target = if dice.chance(30) { None } else { dice.place(&makes).map(|place| makes[place].clone()) };
    let object = target.as_ref().map(|known| known.name);
    let inside: Vec<_> = known.iter().filter(|known| known.object == object).cloned().collect();
    let kind = target.map_or(MAKE_MAP, |known| known.action);
    let mut operation = match kind {
        MAKE_MAP => in_map(dice, draft, &inside),
        _ => in_sequence(dice, draft, &inside, kind == MAKE_TEXT),
    };
    operation.object = match object {
        None => (None, None),
        Some(name) => (Some(index(draft, name)), Some(name.1)),
    };
    draft.operations.push(operation);
}

/// The index by which the draft names an operation's actor.
pub(super) fn index(draft: &mut Draft, name: Name) -> u64 {
    name.0.map_or(0, |actor| index_of(draft, actor))
}

fn in_map(dice: &mut Dice, draft: &mut Draft, inside: &[Known]) -> DraftOperation {
    let key = match dice.place(inside) {
        Some(place) if dice.chance(70) => match &inside[place].place {
            Place::Key(key) => key.clone(),
            _ => b"y".to_vec(),
        },
        _ => dice.pick(KEYS).as_bytes().to_vec(),
    };
    let slot: Vec<_> = inside.iter().filter(|known| known.place == Place::Key(key.clone())).collect();
    let predecessors = some_of(dice, draft, &slot);
    let (action, value_kind, value) = act(dice, !predecessors.is_empty(), false);
    DraftOperation {
        object: (None, None),
        element: (None, None),
        key: Some(key),
        insert: false,
        action,
        value_kind,
        value,
        predecessors,
    }
}

fn in_sequence(dice: &mut Dice, draft: &mut Draft, inside: &[Known], text: bool) -> DraftOperation {
    let elements: Vec<_> = inside.iter().filter(|known| known.insert).map(|known| known.name).collect();
    let element = dice.place(&elements).map(|place| elements[place]);
    let (element, insert, predecessors) = match element {
        Some(element) if dice.chance(55) => {
            let slot: Vec<_> = inside.iter().filter(|known| known.place == Place::Element(element)).collect();
            let mut predecessors = some_of(dice, draft, &slot);
            let values: Vec<_> = slot.iter().filter(|known| known.action != DELETE).collect();
            if predecessors.is_empty()
                && let Some(place) = dice.place(&values)
            {
                let name = values[place].name;
                predecessors = vec![(index(draft, name), name.1 as i64)];
            }
            (Some(element), false, predecessors)
        }
        Some(element) if dice.chance(80) => (Some(element), true, Vec::new()),
        _ => (None, true, Vec::new()),
    };
    let (action, value_kind, value) = act(dice, !insert, text);
    DraftOperation {
        object: (None, None),
        element: match element {
            None => (None, Some(0)),
            Some(name) => (Some(index(draft, name)), Some(name.1 as i64)),
        },
        key: None,
        insert,
        action,
        value_kind,
        value,
        predecessors,
    }
}

/// Some of the operations in one place that can be replaced: none, all, or any.
fn some_of(dice: &mut Dice, draft: &mut Draft, slot: &[&Known]) -> Vec<(u64, i64)> {
    let percent = *dice.pick(&[0, 100, 100, 40]);
    let mut chosen = Vec::new();
    for known in slot.iter().filter(|known| known.action != DELETE) {
        // Within the draft nothing is replaced twice.
        let taken = known.name.0.is_none()
            && draft.operations.iter().any(|row| row.predecessors.contains(&(0, known.name.1 as i64)));
        if dice.chance(percent) && !taken {
            chosen.push((index(draft, known.name), known.name.1 as i64));
        }
    }
    let earlier: Vec<_> = draft.operations.iter().flat_map(|row| row.predecessors.iter().copied()).collect();
    chosen.retain(|predecessor| !earlier.contains(predecessor));
    chosen
}

fn act(dice: &mut Dice, can_delete: bool, text: bool) -> (u64, u8, Vec<u8>) {
    if can_delete && dice.chance(if text { 97 } else { 30 }) {
        return (DELETE, 0, Vec::new());
    }
    if text {
        let characters = *dice.pick(&["a", "é", "🧶", "\u{301}", "\u{200d}"]);
        // No element of a text holds more than one character, or none.
        let characters = if dice.chance(4) { *dice.pick(&["bc", "", "👩‍👩‍👧‍👦"]) } else { characters };
        return (SET, 6, characters.as_bytes().to_vec());
    }
    if dice.chance(30) {
        return (*dice.pick(&[MAKE_MAP, MAKE_LIST, MAKE_TEXT]), 0, Vec::new());
    }
    let (kind, value) = any_value(dice);
    (SET, kind, value)
}
