//! What honest people write is admitted everywhere, and makes the same document in whatever order it comes.

use std::{collections::BTreeMap, sync::Arc};

use automerge::{Automerge, Change, TextEncoding};
use knotwork_identity::{ChangeId, decode_exact, encode};
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
fn any_histories(length: usize) -> impl Iterator<Item = Vec<Arc<CheckedChange>>> {
    let made =
        (0..).map(move |seed| honest::history(&mut Dice::from_seed(seed), 1 + length).expect("honest edits succeed"));
    made.filter(move |changes| changes.len() >= length).map(move |mut changes| {
        changes.truncate(length);
        changes
    })
}

/// As many of them, each with changes that do not know of each other where it has more than one.
fn histories(length: usize, count: usize) -> Vec<Vec<Arc<CheckedChange>>> {
    any_histories(length).filter(|changes| length < 2 || branches(changes)).take(count).collect()
}

/// Whether several changes were heads at the same time.
fn branches(changes: &[Arc<CheckedChange>]) -> bool {
    (1..=changes.len()).any(|length| deliver(&changes[..length]).heads().len() > 1)
}

/// Every change once in this order, and up to twice more anywhere.
fn with_repetitions(dice: &mut Dice, order: &[Arc<CheckedChange>]) -> Vec<Arc<CheckedChange>> {
    let mut all = order.to_vec();
    for change in order {
        for _ in 0..dice.below(3) {
            all.insert(dice.below(all.len() + 1), Arc::clone(change));
        }
    }
    all
}

#[test]
fn every_order_and_repetition_of_up_to_six_changes_gives_one_document() {
    let mut dice = Dice::from_seed(0);
    let mut merges = 0;
    for length in 1..=6 {
        for mut changes in histories(length, if length < 6 { 6 } else { 3 }) {
            merges += changes.iter().filter(|change| change.dependencies().len() > 1).count();
            let first = deliver(&changes);
            let (heads, document) = (first.heads(), shown(&first));
            let in_order: Vec<_> = first.in_order().map(|change| change.id()).collect();
            permutations(&mut changes, 0, &mut |order| {
                let history = deliver(order);
                assert_eq!((history.heads(), history.len()), (heads.clone(), length));
                assert_eq!(shown(&history), document);
                assert!(history.in_order().map(|change| change.id()).eq(in_order.iter().copied()));
                let again = deliver(&with_repetitions(&mut dice, order));
                assert_eq!((again.heads(), again.len()), (heads.clone(), length));
                assert!(again.in_order().map(|change| change.id()).eq(in_order.iter().copied()));
            });
        }
    }
    assert!(merges > 0, "some of them fall apart and come together again");
}

#[test]
fn every_batching_of_up_to_six_changes_gives_one_document() {
    for length in 1..=6 {
        for mut changes in histories(length, 4) {
            // Whatever a node has at some point makes the same document as on any other that has the same.
            let mut documents: BTreeMap<Vec<ChangeId>, String> = BTreeMap::new();
            permutations(&mut changes, 0, &mut |order| {
                let known = |place: usize, id| order[..place].iter().any(|change| change.id() == id);
                if !(0..length).all(|place| order[place].dependencies().iter().all(|id| known(place, *id))) {
                    return;
                }
                // Bit n says whether a batch ends after change n.
                for ends in 0..1_u8 << (length - 1) {
                    let mut history = History::new(honest::header(1));
                    let mut batched = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
                    let mut batch = Vec::new();
                    for (place, change) in order.iter().enumerate() {
                        assert_eq!(history.admit(Arc::clone(change)), Ok(Verdict::Admitted));
                        let chunk = change.signed().chunk.clone();
                        batch.push(Change::from_bytes(chunk).expect("admitted changes are changes"));
                        if ends >> place & 1 == 1 || place == length - 1 {
                            batched.apply_changes(std::mem::take(&mut batch)).expect("they apply in any batches");
                            let mut ids: Vec<_> = history.changes().map(|change| change.id()).collect();
                            ids.sort_unstable();
                            let document = shown(&history);
                            assert_eq!(state(&batched), document);
                            assert_eq!(documents.entry(ids).or_insert_with(|| document.clone()), &document);
                        }
                    }
                }
            });
        }
    }
}

#[test]
fn verdicts_name_what_is_missing() {
    let [first, second] = &any_histories(2).find(|changes| !changes[1].dependencies().is_empty()).expect("one")[..]
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
            let change = history.get(&ChangeId(hash.0)).expect("an ancestor");
            prop_assert_eq!(own.admit(Arc::clone(change)), Ok(Verdict::Admitted));
        }
        prop_assert_eq!(own.heads(), vec![changes[place].id()]);
        prop_assert_eq!(shown(&own), state(&then));
    }
}

#[test]
fn a_history_is_cut_back_to_what_its_heads_build_on() {
    for changes in histories(6, 12) {
        let whole = deliver(&changes);
        assert_eq!(whole.past_of(&whole.heads()).map(|past| past.len()), Some(whole.len()));
        assert!(whole.past_of(&[]).is_some_and(|past| past.is_empty()));
        for change in &changes {
            let past = whole.past_of(&[change.id()]).expect("admitted");
            assert_eq!(past.heads(), [change.id()]);
            assert!(past.changes().all(|earlier| whole.contains(&earlier.id())));
            // A past has only what its changes build on, and all of it.
            let named = past.changes().flat_map(|change| change.dependencies()).copied().chain([change.id()]);
            let named: std::collections::BTreeSet<ChangeId> = named.collect();
            assert_eq!(named, past.changes().map(|change| change.id()).collect());
            assert!(past.past_of(&whole.heads()).is_none() || past.len() == whole.len());
        }
    }
}
