//! What the gate refuses, each beside the nearest thing that it takes.

use knotwork_identity::ChangeId;

use crate::{
    ChunkError, OperationFault, Rejection, SignedChange,
    change::seal,
    chunk::{CHANGE_CHUNK, MAGIC},
    draft::DraftOperation,
    leb128::write_unsigned,
    limits,
    mutants::forge::{DELETE, Forge, MAKE_LIST, MAKE_MAP, insert, make, pad, set},
    strip,
};

const MAKE_TEXT: u64 = 4;

/// Inserts a string at the beginning of the text that operation `counter` of `actor` made.
fn character(actor: u64, counter: u64, text: &str) -> DraftOperation {
    DraftOperation { value_kind: 6, value: text.into(), ..insert(actor, counter, None) }
}

fn fault<T: std::fmt::Debug>(result: Result<T, Rejection>) -> OperationFault {
    match result {
        Err(Rejection::Operation { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

/// Operations, and a value that brings their chunk to a length.
fn padded(
    forge: &Forge,
    dependencies: &[ChangeId],
    operations: &[DraftOperation],
    length: usize,
) -> Vec<DraftOperation> {
    let with_pad = |bytes| operations.iter().cloned().chain([pad(bytes)]).collect::<Vec<_>>();
    let mut bytes = length / 2;
    // Lengths are written in more bytes where they are larger.
    for _ in 0..3 {
        let found = forge.chunk(dependencies, with_pad(bytes), 0).expect("not longer than a change may be").len();
        bytes = bytes + length - found;
    }
    with_pad(bytes)
}

#[test]
fn keys_in_runs_are_counted_as_often_as_they_are_used() {
    let forge = Forge::default();
    // Automerge makes a string of its own for every operation: with 65,535 of these, nearly four gigabytes.
    let long = set(&"k".repeat(60_000));
    assert!(forge.change(&[], vec![long.clone(); 16], 0).is_ok());
    assert_eq!(forge.change(&[], vec![long; 17], 0).map(|_| ()), Err(ChunkError::KeyBytes.into()));

    let length = 1_000;
    let of = |key_bytes: usize| {
        // The padding's key counts as well.
        let bytes = key_bytes - "pad".len();
        let mut operations = vec![set(&"k".repeat(100)); bytes / 100];
        operations.push(set(&"l".repeat(bytes % 100)));
        forge.change(&[], padded(&forge, &[], &operations, length), 0)
    };
    let most = limits::KEY_BYTES_PER_BYTE_MAX * length;
    assert_eq!(of(most).map(|change| change.byte_len()), Ok(length));
    assert_eq!(of(most + 1).map(|_| ()), Err(ChunkError::KeyBytes.into()));
}

#[test]
fn a_change_decodes_each_ancestor_that_it_names_once() {
    let mut forge = Forge::default();
    for _ in 0..4 {
        forge.on(&[], std::iter::repeat_n(set("x"), 65_000), 0).expect("within the limits");
    }
    assert!(forge.made.iter().all(|change| change.kept_operations().is_none() && change.byte_len() < 5_000));
    let before = forge.history.decoded_count();
    let replace = |at: u64| DraftOperation { predecessors: vec![(1 + at % 4, at as i64 + 1)], ..set("x") };
    forge.on(&forge.history.heads(), (0..60_000).map(replace), 4).expect("each replaces a value of the same place");
    assert_eq!(forge.history.decoded_count() - before, 4);
    assert!(forge.history.memory_bytes() < 7_500_000, "of four decodings of 1.6 MB one is let go");
}

#[test]
fn a_value_of_a_map_is_not_in_the_place_of_an_element() {
    let mut forge = Forge::default();
    let list = (0..300).map(|at| insert(0, 1, (at > 0).then_some(1 + at)));
    forge.on_heads([make("list", MAKE_LIST)].into_iter().chain(list)).expect("a list");
    // The empty key's range in its chunk, taken for a counter, is no operation's.
    forge.on_heads([set("")].into_iter()).expect("a value");
    let delete = DraftOperation {
        element: (Some(1), Some(200)),
        insert: false,
        action: DELETE,
        predecessors: vec![(2, 302)],
        ..insert(1, 1, None)
    };
    let heads = forge.history.heads();
    assert_eq!(fault(forge.on(&heads, [delete.clone()].into_iter(), 2)), OperationFault::OtherSlot);
    let right = DraftOperation { predecessors: vec![(1, 200)], ..delete };
    forge.on(&heads, [right].into_iter(), 1).expect("the element itself");
}

#[test]
fn a_text_takes_one_character_at_a_time() {
    let mut forge = Forge::default();
    forge.on_heads([make("body", MAKE_TEXT)].into_iter()).expect("a text");
    let heads = forge.history.heads();
    for text in ["a", "é", "漢", "🧶", "\u{301}", "\0"] {
        let change = forge.change(&heads, vec![character(1, 1, text)], 1).expect("well formed");
        forge.history.clone().admit(change.into()).expect("one character");
    }
    for text in ["", "ab", "e\u{301}", "🧶🧶", "👩‍👩‍👧‍👦"] {
        assert_eq!(fault(forge.on(&heads, [character(1, 1, text)].into_iter(), 1)), OperationFault::NotACharacter);
    }
    // Other values are none, and neither is an object.
    let bytes = DraftOperation { value_kind: 7, ..character(1, 1, "a") };
    let object = DraftOperation { action: MAKE_LIST, ..insert(1, 1, None) };
    for row in [insert(1, 1, None), bytes, object] {
        assert_eq!(fault(forge.on(&heads, [row].into_iter(), 1)), OperationFault::NotACharacter);
    }
}

#[test]
fn objects_are_nested_sixteen_deep_and_no_deeper() {
    let nested = |deepest: u64| {
        let inner = |at: u64| DraftOperation { object: (Some(0), Some(at)), ..make("x", MAKE_MAP) };
        [make("x", MAKE_MAP)].into_iter().chain((1..deepest).map(inner))
    };
    let deepest = u64::from(limits::NESTING_MAX);
    Forge::default().on_heads(nested(deepest)).expect("at the limit");
    assert_eq!(fault(Forge::default().on_heads(nested(deepest + 1))), OperationFault::TooDeep);
    // Also over several changes, and in lists; what is no object may stand in the deepest.
    let mut forge = Forge::default();
    forge.on_heads(nested(deepest)).expect("at the limit");
    let inside = |row: DraftOperation| DraftOperation { object: (Some(1), Some(deepest)), ..row };
    for action in [MAKE_MAP, MAKE_LIST, MAKE_TEXT] {
        assert_eq!(fault(forge.on_heads([inside(make("y", action))].into_iter())), OperationFault::TooDeep);
    }
    forge.on_heads([inside(set("y"))].into_iter()).expect("a value");
}

#[test]
fn a_change_builds_on_sixty_four_others_at_most() {
    let mut forge = Forge::default();
    let first: Vec<_> =
        (0..=limits::DEPENDENCIES_MAX).map(|_| forge.on(&[], [set("x")].into_iter(), 0).expect("small")).collect();
    for count in [limits::DEPENDENCIES_MAX, limits::DEPENDENCIES_MAX + 1] {
        // By hand, because chunks are not put together with more either.
        let alone = strip(&forge.made[0].signed().chunk).expect("a chunk");
        let mut dependencies = first[..count].to_vec();
        dependencies.sort_unstable();
        let ids = dependencies.iter().flat_map(|id| id.0);
        let body: Vec<u8> =
            [count as u8].into_iter().chain(ids).chain([32]).chain([0; 32]).chain(alone[1..].to_vec()).collect();
        let mut chunk = [&MAGIC[..], &[0; 4], &[CHANGE_CHUNK]].concat();
        write_unsigned(&mut chunk, body.len() as u64);
        let actor_start = chunk.len() + 1 + 32 * count + 1;
        chunk.extend(body);
        let like = forge.made[0].signed();
        seal(&like.author, &forge.history.document(), &mut chunk, actor_start);
        let checked = SignedChange { chunk, ..like.clone() }.check_trusted().map(|_| ());
        let expected = if count > limits::DEPENDENCIES_MAX { Err(ChunkError::Dependencies.into()) } else { Ok(()) };
        assert_eq!(checked, expected, "{count}");
    }
    let refused = forge.change(&first, vec![set("y")], 0).map(|_| ());
    assert_eq!(refused, Err(ChunkError::Dependencies.into()));
    forge.on(&first[1..], [set("y")].into_iter(), 0).expect("at the limit");
}

#[test]
fn the_length_of_a_chunk_is_exact() {
    let mut forge = Forge::default();
    let operations = padded(&forge, &[], &[], limits::CHANGE_BYTES_MAX);
    let length = operations[0].value.len();
    let change = forge.change(&[], operations, 0).expect("at the limit");
    assert_eq!(change.byte_len(), limits::CHANGE_BYTES_MAX);
    forge.admit(change).expect("at the limit");
    let refused = forge.change(&[], vec![pad(length + 1)], 0).map(|_| ());
    assert_eq!(refused, Err(Rejection::TooLong(limits::CHANGE_BYTES_MAX + 1)));
}

#[test]
fn the_operations_of_a_change_are_counted() {
    let forge = Forge::default();
    let operations = |count: usize| [pad(5_000)].into_iter().chain(std::iter::repeat_n(set("x"), count - 1)).collect();
    let most = limits::CHANGE_OPERATIONS_MAX;
    assert_eq!(forge.change(&[], operations(most), 0).map(|change| change.operations().len()), Ok(most));
    assert_eq!(forge.change(&[], operations(most + 1), 0).map(|_| ()), Err(ChunkError::Operations.into()));
}

#[test]
fn additions_are_counted_against_the_length() {
    let forge = Forge::default();
    let length = 500;
    // Keys without bytes, because those are counted too.
    let of = |count: usize| forge.change(&[], padded(&forge, &[], &vec![set(""); count - 1], length), 0);
    let most = limits::ADDITIONS_PER_BYTE_MAX * length;
    assert_eq!(of(most).map(|change| change.byte_len()), Ok(length));
    assert_eq!(of(most + 1).map(|_| ()), Err(ChunkError::Additions.into()));
}

#[test]
fn the_predecessors_of_a_change_are_counted() {
    let most = limits::CHANGE_PREDECESSORS_MAX as i64;
    let mut forge = Forge::default();
    forge.on_heads(std::iter::repeat_n(set("x"), 65_000)).expect("within the limits");
    let second = forge.on_heads(std::iter::repeat_n(set("x"), 1_000)).expect("within the limits");
    // The first has 65,000 and its padding, and the second goes on after it.
    let named = |count: i64| {
        let predecessors = (1..=65_000).map(|at| (1, at)).chain((65_002..66_002).map(|at| (2, at)));
        DraftOperation { predecessors: predecessors.take(count as usize).collect(), ..set("x") }
    };
    let change = forge.change(&[second], vec![named(most)], 2).expect("at the limit");
    assert_eq!(i64::from(change.chunk().predecessor_count()), most);
    forge.admit(change).expect("at the limit");
    let refused = forge.change(&[second], vec![named(most + 1)], 2).map(|_| ());
    assert_eq!(refused, Err(ChunkError::Predecessors.into()));
    // Also spread over several operations.
    let [first, last] = [named(most), DraftOperation { predecessors: vec![(2, 66_001)], ..set("x") }];
    let refused = forge.change(&[second], vec![first, last], 2).map(|_| ());
    assert_eq!(refused, Err(ChunkError::Predecessors.into()));
}

#[test]
fn the_predecessors_of_a_document_are_counted() {
    let mut forge = Forge::default();
    forge.on_heads(std::iter::repeat_n(set("x"), 65_535)).expect("within the limits");
    let named = |count: i64| DraftOperation { predecessors: (1..=count).map(|at| (1, at)).collect(), ..set("x") };
    for _ in 0..32 {
        forge.on_heads([named(65_535)].into_iter()).expect("within the limits");
    }
    forge.on_heads([named(32)].into_iter()).expect("at the limit");
    let refused = forge.on_heads([named(1)].into_iter());
    assert_eq!(refused, Err(Rejection::DocumentPredecessors(limits::DOCUMENT_PREDECESSORS_MAX + 1)));
    forge.on_heads([set("y")].into_iter()).expect("what replaces nothing goes on");
}

#[test]
fn the_operations_of_a_document_are_counted() {
    let mut forge = Forge::default();
    for _ in 0..32 {
        forge.on_heads(std::iter::repeat_n(set("x"), 65_535)).expect("with its padding, a 32nd of the limit");
    }
    let refused = forge.on_heads([set("x")].into_iter());
    assert_eq!(refused, Err(Rejection::DocumentOperations(limits::DOCUMENT_OPERATIONS_MAX + 1)));
    // What has no operations goes on.
    let side = forge.on(&[forge.made[0].id()], [set("x")].into_iter(), 0).expect("an ancestor is far from the limit");
    let last = forge.made[31].id();
    let refused = forge.on(&[last, side], std::iter::empty(), 0);
    assert_eq!(refused, Err(Rejection::DocumentOperations(limits::DOCUMENT_OPERATIONS_MAX + 1)));
}

#[test]
fn the_bytes_of_a_document_are_counted() {
    let mut forge = Forge::default();
    let mut left = limits::DOCUMENT_BYTES_MAX as usize;
    while left > 0 {
        let heads = forge.history.heads();
        let operations = padded(&forge, &heads, &[], left.min(60_000));
        let change = forge.change(&heads, operations, 0).expect("within the limits");
        left -= change.byte_len();
        forge.admit(change).expect("within the limits");
    }
    let heads = forge.history.heads();
    let change = forge.change(&heads, vec![set("x")], 0).expect("well formed");
    let bytes = limits::DOCUMENT_BYTES_MAX + change.byte_len() as u64;
    assert_eq!(forge.admit(change), Err(Rejection::DocumentBytes(bytes)));
    // Counted over ancestors: another branch has room, by a byte and not by two.
    let branch = [forge.made[forge.made.len() - 2].id()];
    let last = forge.made[forge.made.len() - 1].byte_len();
    let longer = forge.change(&branch, padded(&forge, &branch, &[], last + 1), 0).expect("within the limits");
    assert_eq!(forge.admit(longer), Err(Rejection::DocumentBytes(limits::DOCUMENT_BYTES_MAX + 1)));
    let same = forge.change(&branch, padded(&forge, &branch, &[], last), 0).expect("within the limits");
    forge.admit(same).expect("at the limit");
}

#[test]
fn the_bytes_of_a_text_are_counted() {
    let mut forge = Forge::default();
    forge.on_heads([make("body", MAKE_TEXT)].into_iter()).expect("a text");
    let mut left = limits::TEXT_BYTES_MAX as usize;
    while left > 0 {
        let characters = (left / 4).min(13_000);
        let rows = std::iter::repeat_n(character(1, 1, "🧶"), characters);
        forge.on_heads(rows).expect("within the limits");
        left -= 4 * characters;
    }
    let refused = forge.on_heads([character(1, 1, "a")].into_iter());
    assert_eq!(refused, Err(Rejection::TextBytes(limits::TEXT_BYTES_MAX + 1)));
    // Whoever takes away as much as they add goes on.
    let delete = DraftOperation {
        element: (Some(2), Some(2)),
        insert: false,
        action: DELETE,
        predecessors: vec![(2, 2)],
        ..insert(1, 1, None)
    };
    let heads = forge.history.heads();
    let replace = |count| [delete.clone()].into_iter().chain(std::iter::repeat_n(character(1, 1, "a"), count));
    let refused = forge.on(&heads, replace(5), 2);
    assert_eq!(refused, Err(Rejection::TextBytes(limits::TEXT_BYTES_MAX + 1)));
    forge.on(&heads, replace(4), 2).expect("four bytes for one of four");
}
