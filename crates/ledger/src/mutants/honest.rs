//! Honest histories: several authors who edit copies of one document, fall apart and merge.

use std::sync::Arc;

use automerge::{
    AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::{Transactable, Transaction},
};
use knotwork_identity::{NetworkId, Nonce, SecretKey, SpaceId, Timestamp};

use super::Dice;
use crate::{CheckedChange, DocumentHeader, FORMAT, History, Kind, Pen, PenError, Splice};

/// A document's header that goes by `number`.
#[must_use]
pub fn header(number: u8) -> DocumentHeader {
    DocumentHeader {
        format: FORMAT,
        network: NetworkId([7; 32]),
        space: SpaceId::Commons,
        kind: Kind(u16::from(number)),
        owner: None,
        nonce: Nonce([number; 16]),
    }
}

/// The key of an author that goes by `number`.
#[must_use]
pub fn author(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The changes of an honest history, each after its dependencies: `edits` edits by up to four authors on up to three
/// copies, which take over each other's changes now and then.
///
/// # Errors
/// When an honest edit is refused, which is a fault.
pub fn history(dice: &mut Dice, edits: usize) -> Result<Vec<Arc<CheckedChange>>, PenError> {
    let mut copies = vec![History::new(header(1)); 1 + dice.below(3)];
    let mut all: Vec<Arc<CheckedChange>> = Vec::new();
    for _ in 0..edits {
        let place = dice.below(copies.len());
        if dice.chance(25) {
            let from: Vec<_> = copies[dice.below(copies.len())].changes().cloned().collect();
            for change in from {
                copies[place].admit(change)?;
            }
        }
        let key = author(1 + dice.below(4) as u8);
        let time = Timestamp::from_milliseconds(dice.bits() >> 16).unwrap_or(Timestamp::NONE);
        let mut pen = Pen::open(copies[place].clone(), &key, time)?;
        for _ in 0..1 + dice.below(2) {
            pen.write(|transaction| edit(dice, transaction))?;
        }
        let (written, history) = pen.finish();
        copies[place] = history;
        all.extend(written.into_iter().map(Arc::new));
    }
    Ok(all)
}

/// One edit of several steps, anywhere in the document.
///
/// # Errors
/// As Automerge.
pub fn edit(dice: &mut Dice, transaction: &mut Transaction<'_>) -> Result<(), AutomergeError> {
    for _ in 0..1 + dice.below(5) {
        let (object, kind, depth) = any_object(dice, transaction);
        match kind {
            ObjType::Map | ObjType::Table => edit_map(dice, transaction, &object, depth)?,
            ObjType::List => edit_list(dice, transaction, &object, depth)?,
            ObjType::Text => edit_text(dice, transaction, &object)?,
        }
    }
    Ok(())
}

/// Edits every text in the root, those that lost against another value among them, without a transaction.
///
/// # Errors
/// As [`Pen::splice_text`].
pub fn splice(dice: &mut Dice, pen: &mut Pen<'_>) -> Result<(), PenError> {
    let document = pen.document();
    let keys: Vec<_> = document.keys(ROOT).collect();
    let values = keys.into_iter().flat_map(|key| document.get_all(ROOT, key).unwrap_or_default());
    let texts: Vec<_> = values.filter_map(object).filter(|(_, kind)| *kind == ObjType::Text).collect();
    for (text, _) in texts {
        let length = pen.document().length(&text);
        let at = dice.below(length + 1);
        let splice = Splice { at, delete: dice.below(length - at + 1).min(9), insert: dice.pick::<&str>(PIECES) };
        let end = at + splice.delete;
        let last = Splice { at: end + dice.below(length - end + 1), delete: 0, insert: dice.pick::<&str>(PIECES) };
        pen.splice_text(&text, &[splice, last])?;
    }
    Ok(())
}

/// Walks down from the root, and says how deep it came.
fn any_object(dice: &mut Dice, transaction: &Transaction<'_>) -> (ObjId, ObjType, usize) {
    let mut here = (ROOT, ObjType::Map, 0);
    while dice.chance(65) {
        let children: Vec<_> = match here.1 {
            ObjType::Text => Vec::new(),
            ObjType::List => {
                let places = 0..transaction.length(&here.0);
                places.filter_map(|place| transaction.get(&here.0, place).ok().flatten()).filter_map(object).collect()
            }
            ObjType::Map | ObjType::Table => {
                let keys: Vec<_> = transaction.keys(&here.0).collect();
                // Also what lost against another value.
                let values = keys.into_iter().flat_map(|key| transaction.get_all(&here.0, key).unwrap_or_default());
                values.filter_map(object).collect()
            }
        };
        match dice.place(&children) {
            Some(place) => here = (children[place].0.clone(), children[place].1, here.2 + 1),
            None => break,
        }
    }
    here
}

fn object((value, id): (Value<'_>, ObjId)) -> Option<(ObjId, ObjType)> {
    if let Value::Object(kind) = value { Some((id, kind)) } else { None }
}

fn edit_map(dice: &mut Dice, to: &mut Transaction<'_>, object: &ObjId, depth: usize) -> Result<(), AutomergeError> {
    let key = *dice.pick(KEYS);
    match dice.below(10) {
        0..4 => to.put(object, key, scalar(dice)),
        4..5 => {
            to.put(object, key, scalar(dice))?;
            to.put(object, key, scalar(dice))
        }
        5..8 if depth < DEPTH_MAX => to.put_object(object, key, kind(dice)).map(drop),
        _ => to.delete(object, key),
    }
}

fn edit_list(dice: &mut Dice, to: &mut Transaction<'_>, object: &ObjId, depth: usize) -> Result<(), AutomergeError> {
    let length = to.length(object);
    let place = dice.below(length);
    match dice.below(12) {
        0..5 => to.insert(object, dice.below(length + 1), scalar(dice)),
        5..7 if depth < DEPTH_MAX => to.insert_object(object, dice.below(length + 1), kind(dice)).map(drop),
        7..9 if length > 0 => to.put(object, place, scalar(dice)),
        9..10 if length > 0 && depth < DEPTH_MAX => to.put_object(object, place, kind(dice)).map(drop),
        _ if length > 0 => to.delete(object, place),
        _ => Ok(()),
    }
}

fn edit_text(dice: &mut Dice, to: &mut Transaction<'_>, object: &ObjId) -> Result<(), AutomergeError> {
    let length = to.length(object);
    let place = dice.below(length + 1);
    let deleted = if dice.chance(40) { dice.below(4).min(length - place) } else { 0 };
    to.splice_text(object, place, deleted as isize, dice.pick::<&str>(PIECES))
}

fn kind(dice: &mut Dice) -> ObjType {
    *dice.pick(&[ObjType::Map, ObjType::List, ObjType::Text])
}

/// A value of any type that is allowed.
pub(super) fn scalar(dice: &mut Dice) -> ScalarValue {
    match dice.below(12) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(dice.chance(50)),
        2 => ScalarValue::Uint(dice.bits() >> dice.below(64)),
        3 => ScalarValue::Int(dice.bits() as i64 >> dice.below(64)),
        4 => ScalarValue::F64(*dice.pick(&[0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE])),
        5 => ScalarValue::F64(f64::from_bits(dice.bits())),
        6 => ScalarValue::Bytes(vec![dice.bits() as u8; dice.below(20)]),
        7 => ScalarValue::Timestamp(dice.bits() as i64 >> dice.below(64)),
        8 => ScalarValue::Str("".into()),
        _ => ScalarValue::Str(dice.pick(PIECES).to_string().into()),
    }
}

/// Few, so that people meet at the same ones.
pub(super) const KEYS: &[&str] = &["title", "", "body", "tags", "x", "ключ", "a rather longer key, as some are"];
const PIECES: &[&str] =
    &["a", "Knot", "work", " \n", "e\u{301}", "👩‍👩‍👧‍👦🧶", "שלום", "aaaaaaaaaaaaaaaaaaaaaaaa", "ß¼", "\u{0}"];
/// An object at this depth may hold no further ones.
const DEPTH_MAX: usize = crate::limits::NESTING_MAX as usize;
