//! Earlier versions of a resource: shown, compared and restored.

use std::sync::Arc;

use knotwork_documents::{
    Difference, Line, Piece, ResourceDraft, ResourceEdit, ResourceView, View, compare, compare_texts, version_at,
};
use knotwork_identity::{ChangeId, NetworkId, Nonce, SecretKey, Timestamp};
use knotwork_ledger::{History, Pen};
use proptest::prelude::*;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("small")
}

fn made(title: &str, body: &str) -> History {
    let draft = ResourceDraft { title: title.into(), body: body.into(), ..ResourceDraft::default() };
    let changes = draft.write(NetworkId([9; 32]), Nonce([1; 16]), &key(1), time(5)).expect("within the limits");
    let mut history = History::new(changes[0].header().clone());
    for change in changes {
        history.admit(Arc::new(change)).expect("honest");
    }
    history
}

fn edited(history: &mut History, seed: u8, edit: &ResourceEdit) {
    let key = key(seed);
    let mut pen = Pen::open(history.clone(), &key, time(6)).expect("opens");
    edit.write(&mut pen).expect("within the limits");
    for change in pen.finish().0 {
        history.admit(Arc::new(change)).expect("honest");
    }
}

fn view(history: &History) -> ResourceView {
    match View::of_history(history).expect("reads") {
        Some(View::Resource(view)) => *view,
        other => panic!("not a resource: {other:?}"),
    }
}

fn at(history: &History, heads: &[ChangeId]) -> Option<ResourceView> {
    version_at(history, heads).expect("reads")
}

/// The earlier text as a comparison has it, and the later one that it leads to.
fn applied(before: &str, lines: &[Line]) -> (String, String) {
    let (mut old, mut new) = (String::new(), String::new());
    for line in lines {
        match line {
            Line::Skipped(count) => {
                // What is skipped stands in the earlier text where the comparison has come to.
                let skipped = before[old.len()..].split_inclusive('\n').take(*count).collect::<String>();
                old.push_str(&skipped);
                new.push_str(&skipped);
            }
            Line::Shown(pieces) => {
                for piece in pieces {
                    assert!(!piece.text().is_empty());
                    if !matches!(piece, Piece::Added(_)) {
                        old.push_str(piece.text());
                    }
                    if !matches!(piece, Piece::Removed(_)) {
                        new.push_str(piece.text());
                    }
                }
            }
        }
    }
    (old, new)
}

/// A comparison as a person would see it: [-gone-], {+come+}.
fn seen(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Skipped(count) => text.push_str(&format!("({count} lines)\n")),
            Line::Shown(pieces) => {
                for piece in pieces {
                    text.push_str(&match piece {
                        Piece::Same(same) => same.clone(),
                        Piece::Added(added) => format!("{{+{added}+}}"),
                        Piece::Removed(removed) => format!("[-{removed}-]"),
                    });
                }
            }
        }
    }
    text
}

fn any_text() -> impl Strategy<Value = String> {
    let word =
        prop::sample::select(vec!["one", "two", "three", " ", " ", ", ", "\n", "\n", "\n\n", "é🪢", ". ", "\r\n"]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_comparison_leads_from_one_text_to_the_other(before in any_text(), after in any_text()) {
        let lines = compare_texts(&before, &after);
        prop_assert_eq!(applied(&before, &lines), (before, after));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn restoring_gives_the_old_content(first in any_text(), second in any_text(), third in any_text()) {
        let mut history = made("First", &first);
        let heads = history.heads();
        let old = view(&history);
        let edit = ResourceEdit {
            title: Some("Second".into()),
            body: Some(second),
            tags: Some(vec!["a".into()]),
            review_due: Some("2026-03-31".into()),
            adapted_from: Some(history.document().to_string()),
            ..ResourceEdit::default()
        };
        edited(&mut history, 2, &edit);
        let middle = (history.heads(), view(&history));
        edited(&mut history, 3, &ResourceEdit { body: Some(third), ..ResourceEdit::default() });
        prop_assert_eq!(at(&history, &heads), Some(old.clone()), "the first version is the first view");
        prop_assert_eq!(at(&history, &middle.0), Some(middle.1.clone()));
        prop_assert_eq!(at(&history, &history.heads()), Some(view(&history)));
        for version in [middle.1, old] {
            edited(&mut history, 4, &ResourceEdit::restoring(&version));
            prop_assert!(compare(&version, &view(&history)).is_same());
        }
    }
}

#[test]
fn a_version_holds_what_its_heads_build_on_alone() {
    let base = made("First", "one two");
    let heads = base.heads();
    let (mut left, mut right) = (base.clone(), base.clone());
    edited(&mut left, 2, &ResourceEdit { body: Some("one two three".into()), ..ResourceEdit::default() });
    edited(&mut right, 3, &ResourceEdit { body: Some("zero one two".into()), ..ResourceEdit::default() });
    let mut both = left.clone();
    for change in right.changes() {
        both.admit(Arc::clone(change)).expect("honest");
    }
    assert_eq!(at(&both, &left.heads()), Some(view(&left)));
    assert_eq!(at(&both, &right.heads()), Some(view(&right)));
    assert_eq!(at(&both, &heads), Some(view(&base)));
    // Heads of which one builds on the other, or that are named twice, are the version of the later.
    assert_eq!(at(&both, &[heads[0], left.heads()[0], left.heads()[0]]), Some(view(&left)));
    assert_eq!(at(&both, &both.heads()).map(|view| view.body).as_deref(), Some("zero one two three"));
    assert_eq!(at(&base, &left.heads()), None, "not admitted here");
    assert_eq!(at(&both, &[]), None);
}

#[test]
fn a_comparison_is_readable() {
    let before = "# Falls at home\n\nA falls clinic sees people within two weeks.\nIt is led by a nurse.\n\n\
        ## Steps\n\n1. Ask about falls.\n2. Measure.\n3. Refer.\n\n## Contact\n\nWrite to us.\n\n## Sources\n\nNone yet.\n";
    let after = "# Falls at home\n\nA falls clinic sees people within three weeks, or sooner.\nIt is led by a nurse.\n\n\
        ## Steps\n\n1. Ask about falls.\n2. Measure.\n3. Refer.\n\n## Contact\n\nTelephone the ward.\n\n## Sources\n\nNone yet.\n";
    let expected = "# Falls at home\n\nA falls clinic sees people within [-two-]{+three+} weeks{+, or sooner+}.\n\
        It is led by a nurse.\n\n(6 lines)\n## Contact\n\n[-Write to us.\n-]{+Telephone the ward.\n+}\n## Sources\n\nNone yet.\n";
    assert_eq!(seen(&compare_texts(before, after)), expected);
    // Words that differ side by side are one passage.
    let line = seen(&compare_texts(
        "We meet every second Monday at noon in Leeds",
        "We meet each third Friday at noon in Leeds",
    ));
    assert_eq!(line, "We meet [-every second Monday-]{+each third Friday+} at noon in Leeds");
    assert_eq!(seen(&compare_texts("", "New.\n")), "{+New.\n+}");
    assert_eq!(seen(&compare_texts("same\n", "same\n")), "same\n");
    assert_eq!(seen(&compare_texts(&"x\n".repeat(9), &"x\n".repeat(9))), "(9 lines)\n");
}

#[test]
fn lists_and_words_are_compared() {
    let mut history = made("First", "");
    let first = view(&history);
    assert!(compare(&first, &first).is_same());
    let tags = |tags: &[&str]| Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
    edited(&mut history, 1, &ResourceEdit { tags: tags(&["a", "b", "b"]), ..ResourceEdit::default() });
    let second = view(&history);
    let edit = ResourceEdit { tags: tags(&["b", "c"]), reviewed: Some("2026-01-02".into()), ..ResourceEdit::default() };
    edited(&mut history, 1, &edit);
    let third = view(&history);
    let compared = compare(&second, &third);
    let changed: Vec<_> = compared.changed().map(|field| (field.field.as_str(), field.difference.clone())).collect();
    let list = Difference::List { added: vec!["c".into()], removed: vec!["a".into(), "b".into()] };
    let word = Difference::Word { before: String::new(), after: "2026-01-02".into() };
    assert_eq!(changed, [("tags", list), ("reviewed", word)]);
    let today = |text: &str| text.parse().expect("a date");
    edited(&mut history, 1, &ResourceEdit { review_due: Some("2026-03-31".into()), ..ResourceEdit::default() });
    let due = view(&history);
    assert!(!due.is_review_overdue(today("2026-03-31")) && due.is_review_overdue(today("2026-04-01")));
    assert!(!third.is_review_overdue(today("9999-12-31")));
}

#[test]
fn the_forms_of_dates_and_ids_are_checked() {
    let check = |edit: ResourceEdit| edit.check().map_err(|error| error.field());
    for wrong in ["2026-02-30", "tomorrow", " 2026-01-01"] {
        assert_eq!(check(ResourceEdit { reviewed: Some(wrong.into()), ..ResourceEdit::default() }), Err("reviewed"));
        assert_eq!(
            check(ResourceEdit { review_due: Some(wrong.into()), ..ResourceEdit::default() }),
            Err("review_due")
        );
        assert_eq!(
            check(ResourceEdit { adapted_from: Some(wrong.into()), ..ResourceEdit::default() }),
            Err("adapted_from")
        );
        let draft = ResourceDraft { title: "A".into(), adapted_from: wrong.into(), ..ResourceDraft::default() };
        assert!(draft.check().is_err());
    }
    let cleared =
        ResourceEdit { reviewed: Some(String::new()), adapted_from: Some(String::new()), ..ResourceEdit::default() };
    assert_eq!(check(cleared), Ok(()));
}

#[test]
fn a_view_that_was_kept_before_there_were_reviews_still_reads() {
    let view = View::Resource(Box::new(view(&made("First", "one"))));
    let mut kept: serde_json::Value = serde_json::from_slice(&view.to_bytes()).expect("is JSON");
    let fields = kept.as_object_mut().expect("has fields");
    for name in ["reviewed", "review_due", "adapted_from"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    assert_eq!(View::from_bytes(kept.to_string().as_bytes()), Some(view));
}

#[test]
fn the_longest_texts_that_differ_everywhere_are_compared_within_the_budget() {
    let text =
        |offset: usize| (0..40_000).map(|at| format!("{} {}\n", (at * 7 + offset) % 977, at % 13)).collect::<String>();
    let (before, after) = (text(0), text(5));
    let lines = compare_texts(&before, &after);
    assert_eq!(applied(&before, &lines), (before, after));
}
