//! Documents at their limits and beyond: by one writer, and by many at the same time.

use std::sync::Arc;

use automerge::{ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable};
use knotwork_identity::{SecretKey, Timestamp};
use knotwork_ledger::{
    Action, CheckedChange, DocumentHeader, History, Pen, PenError, Rejection, Splice, Verdict, limits, materialise,
    mutants::{
        Dice,
        extremes::{EXTREMES, chain, extreme, fan},
        honest, state,
    },
};

fn admit_all(header: DocumentHeader, changes: &[Arc<CheckedChange>]) -> History {
    let mut history = History::new(header);
    for change in changes {
        assert_eq!(history.admit(Arc::clone(change)), Ok(Verdict::Admitted));
    }
    history
}

fn put(pen: &mut Pen<'_>, key: &str, value: Vec<u8>) -> Result<(), PenError> {
    pen.write(|transaction| transaction.put(ROOT, key, value))
}

/// Adds to the text "body", and makes it first where there is none.
fn append(pen: &mut Pen<'_>, piece: &str) -> Result<(), PenError> {
    if pen.document().get(ROOT, "body").expect("readable").is_none() {
        pen.write(|transaction| transaction.put_object(ROOT, "body", ObjType::Text))?;
    }
    let body = pen.document().get(ROOT, "body").expect("readable").expect("made").1;
    let at = pen.document().length(&body);
    pen.splice_text(&body, &[Splice { at, delete: 0, insert: piece }])
}

/// A history and two that go on from it, brought together in both orders: the same is left out, and one can go on.
fn join(base: &History, one: &History, other: &History) -> History {
    let mut joined = [base.clone(), base.clone()];
    for (history, sides) in joined.iter_mut().zip([[one, other], [other, one]]) {
        for change in sides.into_iter().flat_map(History::changes) {
            history.admit(Arc::clone(change)).expect("each side is within the limits");
        }
    }
    let [first, second] = &joined;
    let shown = materialise(first).expect("the part that fits");
    let again = materialise(second).expect("the part that fits");
    assert!(!shown.left_out.is_empty(), "together they are above a limit");
    assert_eq!(shown.left_out, again.left_out);
    assert_eq!(shown.document.save(), again.document.save());
    automerge::Automerge::load(&shown.document.save()).expect("what is shown can be kept");

    let key = honest::author(5);
    let mut pen = Pen::open(first.clone(), &key, Timestamp::NONE).expect("one can go on");
    pen.write(|transaction| transaction.put(ROOT, "after", true)).expect("a small edit still fits");
    let (_, history) = pen.finish();
    let after = materialise(&history).expect("the part that fits");
    assert_eq!(after.left_out, shown.left_out, "the edit is shown, and nothing else goes for it");
    assert!(after.document.get(ROOT, "after").expect("readable").is_some());
    history
}

#[test]
fn a_document_takes_eight_megabytes_and_then_says_so() {
    let key = SecretKey::from_seed(&[1; 32]);
    let mut pen = Pen::new(honest::header(1), &key, Timestamp::NONE);
    let refused = (0..).find_map(|byte| put(&mut pen, "blob", vec![byte; 60_000]).err()).expect("it has an end");
    assert!(matches!(refused, PenError::TooLarge(Rejection::DocumentBytes(_))), "{refused}");
    put(&mut pen, "small", vec![1]).expect("what still fits is still taken");
    let (changes, history) = pen.finish();
    let bytes = changes.iter().map(CheckedChange::byte_len).sum::<usize>() as u64;
    assert!(bytes <= limits::DOCUMENT_BYTES_MAX && bytes > limits::DOCUMENT_BYTES_MAX - 60_100);
    assert_eq!(materialise(&history).expect("within the limits").left_out, []);
}

#[test]
fn two_writers_at_the_same_time_can_pass_eight_megabytes() {
    let (one, other) = (honest::author(1), honest::author(2));
    let mut base = Pen::new(honest::header(1), &one, Timestamp::NONE);
    put(&mut base, "small", vec![1]).expect("small");
    let base = base.finish().1;
    let sides = [&one, &other].map(|key| {
        let mut pen = Pen::open(base.clone(), key, Timestamp::NONE).expect("a small document");
        (0..100).for_each(|byte| put(&mut pen, "blob", vec![byte; 60_000]).expect("six megabytes fit"));
        pen.finish().1
    });
    join(&base, &sides[0], &sides[1]);
}

#[test]
fn a_change_is_at_most_sixty_kilobytes_and_65536_operations() {
    let key = SecretKey::from_seed(&[1; 32]);
    let mut pen = Pen::new(honest::header(1), &key, Timestamp::NONE);
    let fits = limits::CHANGE_BYTES_MAX - 200;
    put(&mut pen, "blob", vec![0; fits]).expect("it fits");
    let refused = put(&mut pen, "blob", vec![0; limits::CHANGE_BYTES_MAX]).expect_err("it is too long");
    assert!(matches!(refused, PenError::TooLarge(Rejection::TooLong(_))), "{refused}");
    let list = pen.write(|transaction| {
        let list = transaction.put_object(ROOT, "list", ObjType::List)?;
        transaction.splice(&list, 0, 0, vec![ScalarValue::Null; 70_000])
    });
    assert!(matches!(list, Err(PenError::TooLarge(_))), "{list:?}");
    // Nothing of what was refused stays.
    assert_eq!(pen.document().keys(ROOT).collect::<Vec<_>>(), ["blob"]);
    assert_eq!(pen.finish().0.len(), 1);
}

#[test]
fn a_document_takes_ten_thousand_changes() {
    let changes = chain(limits::DOCUMENT_CHANGES_MAX - 1, 1).expect("within the limits");
    let history = admit_all(honest::header(2), &changes);
    let key = honest::author(3);
    let mut pen = Pen::open(history.clone(), &key, Timestamp::NONE).expect("within the limits");
    put(&mut pen, "y", vec![1]).expect("the ten thousandth");
    let refused = put(&mut pen, "y", vec![2]).expect_err("one too many");
    assert!(matches!(refused, PenError::TooLarge(Rejection::DocumentChanges)), "{refused}");
    let one = pen.finish().1;

    let mut pen = Pen::open(history.clone(), &key, Timestamp::MAX).expect("within the limits");
    put(&mut pen, "y", vec![1]).expect("another ten thousandth, on another copy");
    let other = pen.finish().1;
    let mut both = history;
    one.changes().chain(other.changes()).for_each(|change| drop(both.admit(Arc::clone(change)).expect("admitted")));
    assert_eq!(both.len(), limits::DOCUMENT_CHANGES_MAX + 1);
    let shown = materialise(&both).expect("the part that fits");
    // Of two that are free, the one with the lower id is taken first.
    assert_eq!(shown.left_out, [*both.heads().last().expect("two heads")]);
}

#[test]
fn operations_and_replacements_of_a_document_are_counted() {
    // With one of padding each, 32 times 65,000 operations fit into 2^21, and 33 times do not.
    assert_eq!(chain(32, 65_000).map(|changes| changes.len()), Ok(32));
    assert!(matches!(chain(33, 65_000), Err(Rejection::DocumentOperations(_))));

    // Each of these names 60,000 predecessors in a few bytes, which are not kept for each.
    let named = extreme("many replacements", 1).expect("within the limits");
    let history = admit_all(honest::header(2), &named);
    assert_eq!(named.iter().map(|change| u64::from(change.chunk().predecessor_count())).sum::<u64>(), 32 * 60_000);
    assert!(history.memory_bytes() < 4_000_000, "{} bytes", history.memory_bytes());
}

#[test]
fn a_text_takes_a_megabyte_and_room_can_be_made() {
    let key = SecretKey::from_seed(&[1; 32]);
    let mut pen = Pen::new(honest::header(1), &key, Timestamp::NONE);
    let piece = "🧶".repeat(12_000);
    let refused = std::iter::repeat_with(|| append(&mut pen, &piece).err()).find_map(|error| error).expect("it ends");
    assert!(matches!(refused, PenError::TooLarge(Rejection::TextBytes(_))), "{refused}");
    let body = pen.document().get(ROOT, "body").expect("readable").expect("made").1;
    let length = 4 * pen.document().length(&body) as u64;
    assert!(length <= limits::TEXT_BYTES_MAX && length > limits::TEXT_BYTES_MAX - 48_000);
    pen.splice_text(&body, &[Splice { at: 0, delete: 12_000, insert: "" }]).expect("deleting is always possible");
    append(&mut pen, &piece).expect("there is room again");
    materialise(&pen.finish().1).expect("within the limits");
}

#[test]
fn two_writers_at_the_same_time_can_pass_a_megabyte_of_text() {
    let (one, other) = (honest::author(1), honest::author(2));
    let piece = "🧶".repeat(11_700);
    let mut base = Pen::new(honest::header(1), &one, Timestamp::NONE);
    append(&mut base, &piece).expect("within the limits");
    let base = base.finish().1;
    let sides = [&one, &other].map(|key| {
        let mut pen = Pen::open(base.clone(), key, Timestamp::NONE).expect("within the limits");
        append(&mut pen, &piece.repeat(12)).expect("within the limits");
        pen.finish().1
    });
    let history = join(&base, &sides[0], &sides[1]);
    let document = materialise(&history).expect("the part that fits").document;
    let body = document.get(ROOT, "body").expect("readable").expect("made").1;
    assert!(document.length(&body) as u64 * 4 <= limits::TEXT_BYTES_MAX);
}

#[test]
fn what_fits_in_the_end_is_shown_whole_whatever_comes_first() {
    let (one, other, third) = (honest::author(1), honest::author(2), honest::author(3));
    let mut base = Pen::new(honest::header(1), &one, Timestamp::NONE);
    append(&mut base, &"🧶".repeat(250_000)).expect("a megabyte, all but 48,576 bytes");
    let base = base.finish().1;
    let text_of = |document: &automerge::Automerge| document.get(ROOT, "body").expect("readable").expect("made").1;
    let body = text_of(&materialise(&base).expect("within the limits").document);
    let written = |key: &SecretKey, time, edit: &dyn Fn(&mut Pen<'_>)| {
        let mut pen = Pen::open(base.clone(), key, Timestamp::from_milliseconds(time).expect("small")).expect("opens");
        edit(&mut pen);
        pen.finish().0
    };
    let mut tried = [false; 2];
    // Which of them comes first in the order of ids hangs on the time that they claim.
    for time in 0..30 {
        if tried == [true; 2] {
            break;
        }
        let longer = written(&other, time, &|pen| append(pen, &"🪢".repeat(12_000)).expect("within the limits"));
        let long = written(&third, time, &|pen| append(pen, &"🪡".repeat(10_000)).expect("within the limits"));
        let shorter = written(&one, time, &|pen| {
            pen.splice_text(&body, &[Splice { at: 0, delete: 125_000, insert: "" }]).expect("a deletion");
        });
        let sides = [&shorter, &longer, &long];
        let first = |side: &[CheckedChange]| side[0].id();
        let last = first(&shorter) > first(&longer) && first(&shorter) > first(&long);
        if std::mem::replace(&mut tried[usize::from(last)], true) {
            continue;
        }
        let mut shown = None;
        for order in [[0, 1, 2], [2, 1, 0]] {
            let mut history = base.clone();
            for change in order.iter().flat_map(|side| sides[*side]) {
                history.admit(Arc::new(change.clone())).expect("each is within the limits");
            }
            let materialised = materialise(&history).expect("within the limits");
            assert_eq!(materialised.left_out, []);
            let length = materialised.document.length(text_of(&materialised.document));
            assert_eq!(length, 147_000);
            let saved = materialised.document.save();
            assert_eq!(shown.get_or_insert(saved.clone()), &saved);
        }
    }
    assert_eq!(tried, [true; 2], "room is made first and last");
}

#[test]
fn edits_go_on_after_65_and_after_2000_heads() {
    for (heads, merges) in [(64, 0), (65, 1), (127, 1), (128, 2), (2_000, 31)] {
        let history = admit_all(honest::header(2), &fan(heads).expect("small changes"));
        assert_eq!(history.heads().len(), heads);
        let key = honest::author(3);
        let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("heads can be merged");
        let mut dice = Dice::from_seed(heads as u64);
        for _ in 0..3 {
            pen.write(|transaction| honest::edit(&mut dice, transaction)).expect("an honest edit");
        }
        pen.write(|transaction| transaction.put(ROOT, "last", 1)).expect("an honest edit");
        let shown = state(pen.document());
        let (written, history) = pen.finish();
        assert!(written.iter().all(|change| change.dependencies().len() <= limits::DEPENDENCIES_MAX));
        assert_eq!(written.iter().filter(|change| change.operations().is_empty()).count(), merges);
        assert_eq!(history.heads().len(), 1);
        // Another node gets them in another order.
        let mut changes: Vec<_> = history.changes().cloned().collect();
        changes[..heads].reverse();
        let other = admit_all(honest::header(2), &changes);
        assert_eq!(state(&materialise(&other).expect("within the limits").document), shown);
    }
}

#[test]
fn a_place_with_thousands_of_values_can_be_edited() {
    // 2,000 values at the same key: whoever sets it anew names 2,000 actors, and a change has no room for them.
    for (changes, deletions) in [(1_000, 0), (2_000, 2), (5_000, 5)] {
        let history = admit_all(honest::header(2), &fan(changes).expect("small changes"));
        let key = honest::author(3);
        let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("heads can be merged");
        let merges = pen.document().get_heads().len();
        assert!(merges <= limits::DEPENDENCIES_MAX);
        pen.write(|transaction| {
            transaction.put(ROOT, "x", "settled")?;
            let list = transaction.put_object(ROOT, "list", ObjType::List)?;
            transaction.insert(&list, 0, "new")
        })
        .expect("an honest edit");
        let shown = state(pen.document());
        let (written, history) = pen.finish();
        let deleting = |change: &&CheckedChange| change.operations().iter().any(|row| row.action == Action::Delete);
        assert_eq!(written.iter().filter(deleting).count(), deletions);
        let document = materialise(&history).expect("within the limits").document;
        assert_eq!(state(&document), shown);
        let values = document.get_all(ROOT, "x").expect("readable");
        assert_eq!(values.len(), 1, "nothing stands beside it any more");
        assert_eq!(values[0].0.as_str(), Some("settled"));
    }
    // The same where one writer put values beside each other on purpose, and where there are too many changes to go on.
    let history = admit_all(honest::header(2), &chain(3, 60_000).expect("small changes"));
    let key = honest::author(3);
    let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("one head");
    pen.write(|transaction| transaction.put(ROOT, "x", "settled")).expect("an honest edit");
    assert_eq!(pen.document().get_all(ROOT, "x").expect("readable").len(), 1);

    let history = admit_all(honest::header(2), &chain(limits::DOCUMENT_CHANGES_MAX - 3, 1).expect("small changes"));
    let heads = history.heads();
    let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("one head");
    let refused = pen.write(|transaction| transaction.put(ROOT, "x", "settled")).expect_err("no room");
    assert!(matches!(refused, PenError::TooLarge(Rejection::DocumentChanges)), "{refused}");
    let (written, history) = pen.finish();
    assert!(written.is_empty() && history.heads() == heads, "nothing of it stays");
}

#[test]
fn what_is_as_costly_as_the_limits_allow_can_be_kept_and_loaded() {
    for name in EXTREMES {
        let changes = extreme(name, 32).unwrap_or_else(|error| panic!("{name}: {error}"));
        let history = admit_all(honest::header(2), &changes);
        // What is remembered grows with what was sent, not with what it stands for.
        let bytes = changes.iter().map(|change| change.byte_len()).sum::<usize>();
        assert!(history.memory_bytes() < 100 * bytes + 8_000_000, "{name}: {} bytes", history.memory_bytes());
        let shown = materialise(&history).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(shown.left_out, [], "{name}");
        let loaded =
            automerge::Automerge::load(&shown.document.save()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.get_changes(&[]).len(), changes.len(), "{name}");
    }
}
