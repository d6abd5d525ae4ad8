//! What is done to a valid change: to its parts, to its operations, to its bytes.

use knotwork_identity::{ActorId, ChangeId, PublicKey, SecretKey, SpaceId};

use super::{
    Dice,
    apart::{draft_of, tidy_predecessors},
    honest::{self, KEYS},
    plausible,
    world::World,
};
use crate::{
    ChunkError, DocumentHeader, Kind, Rejection, SignedChange,
    change::unsealed_id,
    draft::{Draft, DraftOperation, value_of},
    restore, signed_message,
};

/// A change that is wrong somewhere, or strange, with actor, checksum and signature mostly right.
///
/// # Errors
/// When the mutated parts cannot be put together at all.
pub(super) fn mutant(dice: &mut Dice, world: &World, key: &SecretKey) -> Result<SignedChange, Rejection> {
    let mut draft =
        if dice.chance(45) && !world.changes.is_empty() { change_parts(dice, world) } else { forge(dice, world) };
    if dice.chance(92) {
        draft.tidy_actors();
    }
    if dice.chance(92) {
        tidy_predecessors(&mut draft);
    }
    let mut stripped = draft.to_stripped();
    if dice.chance(12) {
        for _ in 0..1 + dice.below(3) {
            change_bytes(dice, &mut stripped);
        }
    }
    let mut header = world.header.clone();
    if dice.chance(3) {
        change_header(dice, &mut header);
    }
    seal(dice, header, key, &stripped)
}

/// Derives, hashes and signs, so that only what was changed on purpose is wrong.
fn seal(dice: &mut Dice, header: DocumentHeader, key: &SecretKey, stripped: &[u8]) -> Result<SignedChange, Rejection> {
    let document = header.id();
    let author = key.public();
    let mut chunk = restore(&document, &author, stripped)?;
    if dice.chance(2) {
        change_bytes(dice, &mut chunk);
    }
    let id = unsealed_id(&chunk).ok_or(ChunkError::EndsEarly)?;
    let mut signature = key.sign(&signed_message(&document, &author, &id));
    if dice.chance(1) {
        signature.0[dice.below(64)] ^= 1 << dice.below(8);
    }
    Ok(SignedChange { header, author, chunk, signature })
}

fn change_header(dice: &mut Dice, header: &mut DocumentHeader) {
    match dice.below(6) {
        0 => header.format = dice.bits() as u8,
        1 => header.network.0[dice.below(32)] ^= 1,
        2 => header.space = SpaceId::Circle([dice.bits() as u8; 32]),
        3 => header.kind = Kind(dice.bits() as u16),
        4 => header.owner = Some(PublicKey([dice.bits() as u8; 32])),
        _ => header.nonce.0[dice.below(16)] ^= 1,
    }
}

/// A change of strange operations from nothing, on changes of which some build on each other or none does.
fn forge(dice: &mut Dice, world: &World) -> Draft {
    let mut draft = Draft {
        dependencies: any_dependencies(dice, world),
        sequence: 1,
        start: 1,
        time: (dice.bits() >> 16) as i64,
        message: Vec::new(),
        other_actors: Vec::new(),
        operations: Vec::new(),
        extra: Vec::new(),
    };
    draft.start = world.start(&draft.dependencies);
    let count = if dice.chance(5) { 30 } else { 8 };
    for _ in 0..dice.below(count) {
        plausible::append(dice, &mut draft, world);
    }
    if dice.chance(20) {
        change_part(dice, &mut draft, world);
    }
    draft
}

fn any_dependencies(dice: &mut Dice, world: &World) -> Vec<ChangeId> {
    let mut dependencies = match dice.below(10) {
        0 => Vec::new(),
        1..5 => world.heads(),
        5..8 => dice.place(&world.changes).map(|place| world.changes[place].id()).into_iter().collect(),
        _ => {
            let chosen = world.changes.iter().filter(|_| dice.chance(20)).map(|change| change.id());
            chosen.take(64).collect()
        }
    };
    dependencies.sort_unstable();
    dependencies
}

/// A valid change with something about it changed, and what follows from that mostly put right.
fn change_parts(dice: &mut Dice, world: &World) -> Draft {
    let mut draft = draft_of(&world.changes[dice.below(world.changes.len())]);
    for _ in 0..1 + dice.below(2) {
        change_part(dice, &mut draft, world);
    }
    if dice.chance(85) {
        draft.dependencies.sort_unstable();
        draft.dependencies.dedup();
        let dependencies = draft.dependencies.clone();
        let start = world.start(&dependencies);
        draft.move_to(dependencies, start);
    }
    draft
}

fn change_part(dice: &mut Dice, draft: &mut Draft, world: &World) {
    match dice.below(24) {
        0 => draft.time = *dice.pick(&[0, -1, 1, (1 << 48) - 1, 1 << 48, i64::MIN, i64::MAX]),
        1 => draft.start = draft.start.wrapping_add_signed(*dice.pick(&[-2, -1, 1, 2, 1 << 30, 1 << 32])),
        2 => draft.dependencies = any_dependencies(dice, world),
        3 => match dice.place(&draft.dependencies) {
            Some(place) => drop(draft.dependencies.remove(place)),
            None => draft.dependencies.push(ChangeId([dice.bits() as u8; 32])),
        },
        4 => match dice.below(4) {
            0 => draft.sequence = dice.bits() >> dice.below(64),
            1 => draft.message = b"a message".to_vec(),
            2 => draft.extra = vec![dice.bits() as u8; 1 + dice.below(4)],
            _ => dice.shuffle(&mut draft.dependencies),
        },
        5 => match dice.below(3) {
            0 => dice.shuffle(&mut draft.other_actors),
            1 => draft.other_actors.push(ActorId([dice.bits() as u8; 32])),
            _ => drop(draft.other_actors.pop()),
        },
        6..9 => plausible::append(dice, draft, world),
        9 => repeat_operation(dice, draft),
        10 => {
            let length = draft.operations.len();
            draft.operations.truncate(dice.below(length + 1));
        }
        11 => dice.shuffle(&mut draft.operations),
        12 => match dice.place(&draft.operations) {
            Some(place) => drop(draft.operations.remove(place)),
            None => plausible::append(dice, draft, world),
        },
        _ => match dice.place(&draft.operations) {
            Some(place) => change_operation(dice, draft, place, world),
            None => plausible::append(dice, draft, world),
        },
    }
}

fn repeat_operation(dice: &mut Dice, draft: &mut Draft) {
    let Some(place) = dice.place(&draft.operations) else { return };
    let times = if dice.chance(3) { 70_000 } else { 1 + dice.below(100) };
    let operation = draft.operations[place].clone();
    // A long key or value is not repeated without end: this machine's memory is no part of the test.
    let times =
        times.min(REPEATED_BYTES_MAX / (1 + operation.key.as_ref().map_or(0, Vec::len) + operation.value.len()));
    draft.operations.splice(place..place, std::iter::repeat_n(operation, times));
}

fn change_operation(dice: &mut Dice, draft: &mut Draft, place: usize, world: &World) {
    let named = dice.place(&world.operations).map(|place| world.operations[place].name);
    let own = draft.start.wrapping_add(dice.below(draft.operations.len() + 1) as u64);
    let mut name = named.unwrap_or((None, own));
    if dice.chance(30) {
        name = (None, own);
    }
    let actor = if dice.chance(3) { dice.bits() >> dice.below(64) } else { plausible::index(draft, name) };
    let counter = if dice.chance(5) { dice.bits() >> dice.below(64) } else { name.1 };
    let DraftOperation { object, element, key, insert, action, value_kind, value, predecessors } =
        &mut draft.operations[place];
    match dice.below(14) {
        0..2 => *object = (Some(actor), Some(counter)),
        2 => *object = *dice.pick(&[(None, None), (Some(0), None), (None, Some(1)), (Some(0), Some(0))]),
        3..5 => *element = (Some(actor), Some(counter as i64)),
        5 => *element = *dice.pick(&[(None, None), (None, Some(0)), (None, Some(1)), (Some(0), Some(0))]),
        6 => *key = if key.is_some() && dice.chance(30) { None } else { Some(any_key(dice)) },
        7 => *insert = !*insert,
        8 => *action = dice.below(9) as u64,
        9 => (*value_kind, *value) = any_value(dice),
        10 => match dice.below(3) {
            0 => *value_kind = dice.below(16) as u8,
            1 => value.push(dice.bits() as u8),
            _ => *value = vec![dice.bits() as u8; dice.below(11)],
        },
        11..13 => predecessors.push((actor, counter as i64)),
        _ => match dice.place(predecessors) {
            Some(place) => drop(predecessors.remove(place)),
            None => dice.shuffle(predecessors),
        },
    }
}

fn any_key(dice: &mut Dice) -> Vec<u8> {
    match dice.below(10) {
        0 => Vec::new(),
        1 => vec![0xff; 1 + dice.below(3)],
        2 => vec![b'k'; dice.below(70_000)],
        _ => dice.pick(KEYS).as_bytes().to_vec(),
    }
}

/// The type and the bytes of a value.
pub(super) fn any_value(dice: &mut Dice) -> (u8, Vec<u8>) {
    value_of(&honest::scalar(dice))
}

fn change_bytes(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let Some(place) = dice.place(bytes) else { return };
    match dice.below(9) {
        0..3 => bytes[place] ^= 1 << dice.below(8),
        3 => bytes[place] = dice.bits() as u8,
        4 => bytes[place] = bytes[place].wrapping_add(*dice.pick(&[1, 0xff])),
        5 => bytes.insert(place, dice.bits() as u8),
        6 => drop(bytes.remove(place)),
        7 => {
            // A longer form of the same number.
            bytes[place] |= 0x80;
            bytes.insert(place + 1, 0);
        }
        _ => {
            let end = (place + dice.below(8)).min(bytes.len());
            let copy = bytes[place..end].to_vec();
            bytes.splice(place..place, copy);
        }
    }
}

/// The most bytes of keys and values that repeating an operation makes.
const REPEATED_BYTES_MAX: usize = 4_000_000;
