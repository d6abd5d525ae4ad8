//! What honest people write is admitted everywhere, and makes the same document in whatever order it comes.

use std::sync::Arc;

use automerge::{Automerge, Change, TextEncoding};
use knotwork_identity::{decode_exact, encode};
use knotwork_ledger::{
    CheckedChange, History, SignedChange, Verdict, Verifiers, materialise, materialise_at,
    mutants::{Dice, honest, state},
    restore, strip,
};
use proptest::prelude::*;

/// Offers changes in this order, those that are held again and again, and says what has been admitted.
fn deliver(changes: &[Arc<CheckedChange>]) -> History {
    let mut history = History::new(honest::header(1));
    let mut waiting: Vec<_> = changes.to_vec();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|change| {
            let verdict = history.admit(Arc::clone(change)).expect("honest changes are never rejected");
            matches!(verdict, Verdict::Held { .. })
        });
        assert!(waiting.len() < before, "what is held can be admitted in the end");
    }
    history
}

fn shown(history: &History) -> String {
    state(&materialise(history).expect("admitted changes make a document").document)
}

/// Calls `visit` with every order of `items`.
fn permutations<T: Clone>(items: &mut Vec<T>, from: usize, visit: &mut impl FnMut(&[T])) {
    if from == items.len() {
        return visit(items);
    }
    for place in from..items.len() {
        items.swap(from, place);
        permutations(items, from + 1, visit);
        items.swap(from, place);
    }
}

/// Honest histories of exactly `length` changes.
fn histories(length: usize, count: usize) -> Vec<Vec<Arc<CheckedChange>>> {
    let made = (0..).map(|seed| honest::history(&mut Dice::from_seed(seed), 1 + length).expect("honest edits succeed"));
    let mut found: Vec<_> = made.filter(|changes| changes.len() >= length).take(count).collect();
    found.iter_mut().for_each(|changes| changes.truncate(length));
    found
}

#[test]
fn every_order_and_repetition_of_six_changes_gives_one_document() {
    for mut changes in histories(6, 4) {
        let first = deliver(&changes);
        let (heads, document) = (first.heads(), shown(&first));
        permutations(&mut changes, 0, &mut |order| {
            let history = deliver(order);
            assert_eq!(history.heads(), heads);
            assert_eq!(history.len(), 6);
            // Everything once more, in this order and backwards.
            let mut again = history.clone();
            for change in order.iter().chain(order.iter().rev()) {
                assert_eq!(again.admit(Arc::clone(change)), Ok(Verdict::AlreadyAdmitted));
            }
            assert_eq!(shown(&history), document);
        });
    }
}

#[test]
fn every_batching_of_six_changes_gives_one_document() {
    for mut changes in histories(6, 8) {
        let document = shown(&deliver(&changes));
        permutations(&mut changes, 0, &mut |order| {
            let known = |place: usize, id| order[..place].iter().any(|change| change.id() == id);
            let in_order = (0..6).all(|place| order[place].dependencies().iter().all(|id| known(place, *id)));
            if !in_order {
                return;
            }
            // Bit n says whether a batch ends after change n.
            for ends in 0..32_u8 {
                let mut batched = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
                let mut batch = Vec::new();
                for (place, change) in order.iter().enumerate() {
                    batch
                        .push(Change::from_bytes(change.signed().chunk.clone()).expect("admitted changes are changes"));
                    if ends >> place & 1 == 1 || place == 5 {
                        batched.apply_changes(std::mem::take(&mut batch)).expect("they apply in any batches");
                    }
                }
                assert_eq!(state(&batched), document);
            }
        });
    }
}

#[test]
fn verdicts_name_what_is_missing() {
    let [first, second] =
        &histories(2, 20).into_iter().find(|changes| !changes[1].dependencies().is_empty()).expect("one")[..]
    else {
        panic!("histories have the length asked for")
    };
    let mut history = History::new(honest::header(1));
    let held = Ok(Verdict::Held { missing: vec![first.id()] });
    assert_eq!(history.admit(Arc::clone(second)), held);
    assert!(history.is_empty() && !history.contains(&second.id()));
    assert_eq!(history.admit(Arc::clone(first)), Ok(Verdict::Admitted));
    assert_eq!(history.admit(Arc::clone(second)), Ok(Verdict::Admitted));
    assert_eq!(history.heads(), [second.id()]);
    assert_eq!(shown(&history).lines().next(), Some(format!("{:?}", [automerge::ChangeHash(second.id().0)]).as_str()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn long_histories_pass_the_gate_travel_and_converge(seed: u64, order: u64) {
        let changes = honest::history(&mut Dice::from_seed(seed), 20).expect("honest edits succeed");
        let mut verifiers = Verifiers::new(2);
        let mut travelled = Vec::new();
        for change in &changes {
            let envelope = decode_exact::<SignedChange>(&encode(change.signed())).expect("canonical");
            let stripped = strip(&envelope.chunk).expect("a chunk");
            let chunk = restore(&change.document(), &envelope.author, &stripped).expect("short enough");
            prop_assert_eq!(&chunk, &envelope.chunk);
            let checked = SignedChange { chunk, ..envelope }.check(&mut verifiers).expect("honest").change();
            travelled.push(Arc::new(checked.expect("a known format")));
        }
        let document = shown(&deliver(&changes));
        let mut dice = Dice::from_seed(order);
        travelled.extend(changes.iter().take(5).cloned());
        dice.shuffle(&mut travelled);
        let history = deliver(&travelled);
        prop_assert_eq!(shown(&history), document);

        // The document as it was at any change has what that change builds on, and nothing else.
        let place = dice.below(changes.len());
        let then = materialise_at(&history, &[changes[place].id()]).expect("an admitted change").document;
        let mut own = History::new(honest::header(1));
        for hash in then.get_changes(&[]).iter().map(Change::hash) {
            let change = history.get(&knotwork_identity::ChangeId(hash.0)).expect("an ancestor");
            prop_assert_eq!(own.admit(Arc::clone(change)), Ok(Verdict::Admitted));
        }
        prop_assert_eq!(own.heads(), vec![changes[place].id()]);
        prop_assert_eq!(shown(&own), state(&then));
    }
}
