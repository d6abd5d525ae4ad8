//! The view of a document of one change is what Automerge shows.

use std::sync::Arc;

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value, transaction::Transactable};
use knotwork_identity::Timestamp;
use knotwork_ledger::{
    CheckedChange, FirstView, History, Pen, PenError, Scalar, Verifiers, first_change, first_view, materialise,
    mutants::{Dice, honest},
};
use proptest::prelude::*;

/// Reads the root as a [`FirstView`], as far as it is one.
fn read(document: &Automerge) -> FirstView {
    let mut view = FirstView::default();
    for key in document.keys(ROOT).collect::<Vec<_>>() {
        let (value, id) = document.get(ROOT, key.as_str()).expect("readable").expect("a key has a value");
        match value {
            Value::Scalar(scalar) => drop(view.scalars.insert(key, scalar_of(&scalar))),
            Value::Object(ObjType::Text) => drop(view.texts.insert(key, document.text(&id).expect("a text"))),
            Value::Object(ObjType::List) => {
                let values = (0..document.length(&id)).map(|place| read_scalar(document.get(&id, place))).collect();
                view.lists.insert(key, values);
            }
            Value::Object(_) => {
                let keys = document.keys(&id).collect::<Vec<_>>();
                let values = keys.into_iter().map(|key| (key.clone(), read_scalar(document.get(&id, key)))).collect();
                view.maps.insert(key, values);
            }
        }
    }
    view
}

fn read_scalar(found: Result<Option<(Value<'_>, ObjId)>, automerge::AutomergeError>) -> Scalar {
    match found.expect("readable").expect("there").0 {
        Value::Scalar(scalar) => scalar_of(&scalar),
        Value::Object(kind) => panic!("a {kind:?} deeper than a first view goes"),
    }
}

fn scalar_of(scalar: &ScalarValue) -> Scalar {
    match scalar {
        ScalarValue::Null => Scalar::Null,
        ScalarValue::Boolean(value) => Scalar::Boolean(*value),
        ScalarValue::Uint(value) => Scalar::Uint(*value),
        ScalarValue::Int(value) => Scalar::Int(*value),
        ScalarValue::F64(value) => Scalar::F64(*value),
        ScalarValue::Str(value) => Scalar::Str(value.to_string()),
        ScalarValue::Bytes(value) => Scalar::Bytes(value.clone()),
        ScalarValue::Timestamp(value) => Scalar::Timestamp(*value),
        other => panic!("the gate does not admit {other:?}"),
    }
}

fn document_of(change: &CheckedChange) -> Automerge {
    document_of_all(std::slice::from_ref(change))
}

fn document_of_all(changes: &[CheckedChange]) -> Automerge {
    let mut history = History::new(changes[0].header().clone());
    for change in changes {
        history.admit(Arc::new(change.clone())).expect("admissible");
    }
    materialise(&history).expect("admitted").document
}

#[test]
fn what_a_form_writes_is_read_without_automerge() {
    let key = honest::author(1);
    let mut pen = Pen::new(honest::header(1), &key, Timestamp::NONE);
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "Knots")?;
        transaction.put(ROOT, "pages", 12_u64)?;
        let body = transaction.put_object(ROOT, "body", ObjType::Text)?;
        let tags = transaction.put_object(ROOT, "tags", ObjType::List)?;
        transaction.put_object(ROOT, "empty", ObjType::List)?;
        transaction.splice_text(&body, 0, 0, "Over, under: e\u{301} 🧶")?;
        transaction.insert(&tags, 0, "one")?;
        transaction.insert(&tags, 1, true)
    })
    .expect("within the limits");
    let change = &pen.finish().0[0];
    let view = first_view([change]).expect("nothing but fields");
    assert_eq!(view.texts["body"], "Over, under: e\u{301} 🧶");
    assert_eq!(view.lists["tags"], [Scalar::Str("one".into()), Scalar::Boolean(true)]);
    assert_eq!(view, read(&document_of(change)));
}

#[test]
fn a_long_text_is_read_without_automerge_until_somebody_edits_it() {
    let (one, other) = (honest::author(1), honest::author(2));
    let mut pen = Pen::new(honest::header(1), &one, Timestamp::NONE);
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "Long")?;
        let tags = transaction.put_object(ROOT, "tags", ObjType::List)?;
        transaction.insert(&tags, 0, "first")?;
        let body = transaction.put_object(ROOT, "body", ObjType::Text)?;
        transaction.splice_text(&body, 0, 0, "The first part. ")
    })
    .expect("within the limits");
    for part in ["The second part. ", "家 🧶"] {
        pen.write(|transaction| {
            let (_, body) = transaction.get(ROOT, "body")?.expect("it is there");
            transaction.splice_text(&body, transaction.length(&body), 0, part)
        })
        .expect("within the limits");
    }
    let (mut changes, history) = pen.finish();
    assert_eq!(changes.len(), 3);
    let view = first_view(&changes).expect("each adds at the end");
    assert_eq!(view.texts["body"], "The first part. The second part. 家 🧶");
    assert_eq!(view, read(&document_of_all(&changes)));
    // A part of it alone, or in another order, is nothing that could be told.
    assert_eq!(first_view(&changes[1..]), None);
    assert_eq!(first_view([&changes[0], &changes[2], &changes[1]]), None);

    let mut pen = Pen::open(history, &other, Timestamp::NONE).expect("it opens");
    pen.write(|transaction| transaction.put(ROOT, "title", "Longer")).expect("within the limits");
    changes.extend(pen.finish().0);
    assert_eq!(first_view(&changes), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn where_there_is_a_first_view_it_agrees_with_automerge(seed: u64, edits in 1_usize..4) {
        let history = honest::history(&mut Dice::from_seed(seed), edits).expect("honest edits succeed");
        let changes: Vec<CheckedChange> = history.iter().map(|change| (**change).clone()).collect();
        for length in 1..=changes.len() {
            if let Some(view) = first_view(&changes[..length]) {
                let read = read(&document_of_all(&changes[..length]));
                // As text, because a number that is not one does not equal itself.
                prop_assert_eq!(format!("{view:?}"), format!("{read:?}"));
            }
        }
    }
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        Just(Scalar::Null),
        any::<bool>().prop_map(Scalar::Boolean),
        any::<u64>().prop_map(Scalar::Uint),
        any::<i64>().prop_map(Scalar::Int),
        any::<u64>().prop_map(|bits| Scalar::F64(f64::from_bits(bits))),
        any::<String>().prop_map(Scalar::Str),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Scalar::Bytes),
        any::<i64>().prop_map(Scalar::Timestamp),
    ]
}

fn view() -> impl Strategy<Value = FirstView> {
    use proptest::collection::{btree_map, vec};
    // Each kind of value has its own first letter, because a key has one value.
    let key = |first: &'static str| any::<String>().prop_map(move |rest| format!("{first}{rest}"));
    let scalars = btree_map(key(""), scalar(), 0..5);
    let lists = btree_map(key("lists "), vec(scalar(), 0..5), 0..3);
    let texts = btree_map(key("texts "), any::<String>(), 0..3);
    let maps = btree_map(key("maps "), btree_map(any::<String>(), scalar(), 0..4), 0..3);
    (scalars, lists, texts, maps).prop_map(|(scalars, lists, texts, maps)| FirstView { scalars, lists, texts, maps })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_first_change_is_read_back_as_it_was_written(view in view()) {
        let key = honest::author(1);
        let written = first_change(honest::header(1), &key, Timestamp::MAX, &view).expect("small");
        let Some(change) = written else {
            prop_assert_eq!(view, FirstView::default());
            return Ok(());
        };
        let checked = change.signed().clone().check(&mut Verifiers::new(1)).expect("it passes the gate").change();
        let change = checked.expect("a known format");
        let expected = format!("{view:?}");
        prop_assert_eq!(format!("{:?}", first_view([&change]).expect("nothing else")), expected.clone());
        prop_assert_eq!(format!("{:?}", read(&document_of(&change))), expected);
    }
}

#[test]
fn a_first_change_has_the_limits_of_any_other() {
    let key = honest::author(1);
    let mut view = FirstView::default();
    assert_eq!(first_change(honest::header(1), &key, Timestamp::NONE, &view).expect("nothing").map(|_| ()), None);
    view.texts.insert("body".into(), "a".repeat(60_000));
    assert!(first_change(honest::header(1), &key, Timestamp::NONE, &view).expect("it fits").is_some());
    view.texts.insert("more".into(), "a".repeat(10_000));
    let refused = first_change(honest::header(1), &key, Timestamp::NONE, &view).expect_err("it is too long");
    assert!(matches!(refused, PenError::TooLarge(_)), "{refused}");
}
