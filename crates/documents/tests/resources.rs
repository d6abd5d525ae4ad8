//! What is written into a resource is what is read from it, on every node and in every order.

use std::sync::Arc;

use knotwork_documents::{
    Date, ResourceDraft, ResourceEdit, ResourceKind, ResourceView, View, history_of, import_nonce,
};
use knotwork_identity::{DocumentId, NetworkId, Nonce, SecretKey, Timestamp};
use knotwork_ledger::{CheckedChange, History, Pen, Verdict};
use proptest::prelude::*;

const NETWORK: NetworkId = NetworkId([9; 32]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("small")
}

fn write(draft: &ResourceDraft) -> Vec<CheckedChange> {
    draft.write(NETWORK, Nonce([1; 16]), &key(1), time(5)).expect("within the limits")
}

fn history(changes: &[CheckedChange]) -> History {
    let mut history = History::new(changes[0].header().clone());
    for change in changes {
        assert_eq!(history.admit(Arc::new(change.clone())), Ok(Verdict::Admitted));
    }
    history
}

fn view(history: &History) -> ResourceView {
    let view = View::of_history(history).expect("materialises");
    assert_eq!(view, View::merged(history).expect("materialises"), "it is read in two ways");
    match view {
        Some(View::Resource(view)) => *view,
        other => panic!("not a resource: {other:?}"),
    }
}

fn edit(history: &History, seed: u8, at: u64, edit: &ResourceEdit) -> Vec<CheckedChange> {
    let key = key(seed);
    let mut pen = Pen::open(history.clone(), &key, time(at)).expect("opens");
    edit.write(&mut pen).expect("within the limits");
    pen.finish().0
}

fn admit(history: &mut History, changes: &[CheckedChange]) {
    for change in changes {
        history.admit(Arc::new(change.clone())).expect("honest");
    }
}

fn any_text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            any::<char>(),
            Just('\0'),
            Just('\r'),
            Just('\n'),
            Just(';'),
            Just('\u{301}'),
            "[a-z ]".prop_map(|text| text.chars().next().unwrap_or('x'))
        ],
        0..most,
    )
    .prop_map(|characters| characters.into_iter().collect())
}

fn any_review() -> impl Strategy<Value = (String, String, String)> {
    let date = || {
        prop::option::of((0..=9_999_u16, 1..=12_u8, 1..=28_u8)).prop_map(|parts| {
            let date = parts.and_then(|(year, month, day)| Date::new(year, month, day));
            date.map(|date| date.to_string()).unwrap_or_default()
        })
    };
    let id = prop::option::of(any::<[u8; 32]>());
    (date(), date(), id.prop_map(|id| id.map(|id| DocumentId(id).to_string()).unwrap_or_default()))
}

fn any_draft() -> impl Strategy<Value = ResourceDraft> {
    (
        "[a-z]",
        any_text(30),
        any_text(60),
        any_text(200),
        prop::sample::select(ResourceKind::ALL.to_vec()),
        prop::collection::vec(any_text(20), 0..5),
        prop::collection::vec(any_text(10).prop_map(|tag| tag.replace(';', ",")), 0..6),
        any_text(10),
        any_text(8),
        any_review(),
    )
        .prop_map(|(first, title, summary, body, kind, links, tags, licence, language, review)| ResourceDraft {
            title: format!("{first}{title}"),
            summary,
            body,
            kind,
            links,
            tags,
            licence,
            language,
            reviewed: review.0,
            review_due: review.1,
            adapted_from: review.2,
        })
}

fn says(view: &ResourceView) -> ResourceDraft {
    ResourceDraft {
        title: view.title.clone(),
        summary: view.summary.clone(),
        body: view.body.clone(),
        kind: view.kind,
        links: view.links.clone(),
        tags: view.tags.clone(),
        licence: view.licence.clone(),
        language: view.language.clone(),
        reviewed: view.reviewed.map(|date| date.to_string()).unwrap_or_default(),
        review_due: view.review_due.map(|date| date.to_string()).unwrap_or_default(),
        adapted_from: view.adapted_from.map(|id| id.to_string()).unwrap_or_default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Nothing is lost or altered, and reading the one change directly gives what Automerge gives.
    #[test]
    fn a_draft_reads_as_it_was_written(draft in any_draft()) {
        let changes = write(&draft);
        prop_assert_eq!(changes.len(), 1);
        let merged = view(&history(&changes));
        prop_assert_eq!(says(&merged), draft);
        prop_assert_eq!(View::of_first(&changes[0]).expect("reads"), Some(View::Resource(Box::new(merged.clone()))));
        let kept = View::Resource(Box::new(merged));
        prop_assert_eq!(View::from_bytes(&kept.to_bytes()), Some(kept));
    }

    /// An edit leads to what was asked for, whatever was there.
    #[test]
    fn an_edit_leads_to_what_was_asked_for(before in any_draft(), after in any_draft()) {
        let mut history = history(&write(&before));
        let wanted = ResourceEdit {
            title: Some(after.title.clone()),
            summary: Some(after.summary.clone()),
            body: Some(after.body.clone()),
            kind: Some(after.kind),
            links: Some(after.links.clone()),
            tags: Some(after.tags.clone()),
            licence: Some(after.licence.clone()),
            language: Some(after.language.clone()),
            reviewed: Some(after.reviewed.clone()),
            review_due: Some(after.review_due.clone()),
            adapted_from: Some(after.adapted_from.clone()),
        };
        let changes = edit(&history, 2, 6, &wanted);
        admit(&mut history, &changes);
        let view = view(&history);
        // A word stands once however many people add it, and twice only where one person wrote it twice at once.
        let once = |entries: &[String]| entries.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(once(&view.links), once(&after.links));
        prop_assert_eq!(once(&view.tags), once(&after.tags));
        prop_assert_eq!(says(&view).body, after.body);
        prop_assert_eq!((says(&view).reviewed, says(&view).review_due, says(&view).adapted_from), (after.reviewed, after.review_due, after.adapted_from));
        prop_assert_eq!((view.title, view.summary, view.kind, view.licence, view.language), (after.title, after.summary, after.kind, after.licence, after.language));
        // Asking for it again changes nothing.
        let again = edit(&history, 2, 7, &ResourceEdit { links: None, tags: None, ..wanted });
        prop_assert!(again.is_empty());
    }

    /// Two people's edits meet, in whichever order they arrive.
    #[test]
    fn two_edits_meet_in_either_order(draft in any_draft(), left in any_draft(), right in any_draft()) {
        let base = history(&write(&draft));
        let ours = edit(&base, 2, 6, &ResourceEdit { title: Some(left.title), tags: Some(left.tags), body: Some(left.body), ..ResourceEdit::default() });
        let theirs = edit(&base, 3, 7, &ResourceEdit { summary: Some(right.summary.clone()), tags: Some(right.tags), body: Some(right.body), ..ResourceEdit::default() });
        let (mut one, mut other) = (base.clone(), base);
        admit(&mut one, &ours);
        admit(&mut one, &theirs);
        admit(&mut other, &theirs);
        admit(&mut other, &ours);
        let seen = view(&one);
        prop_assert_eq!(&seen, &view(&other));
        prop_assert_eq!(seen.summary, right.summary);
    }
}

#[test]
fn a_long_text_becomes_several_changes_and_stays_whole() {
    for length in [39_999, 40_000, 40_001, 120_000, 1024 * 1024] {
        let draft = ResourceDraft {
            title: "Long".into(),
            body: "é—漢🧶".repeat(length / 12 + 1)[..length - length % 12].into(),
            ..ResourceDraft::default()
        };
        let changes = write(&draft);
        let view = view(&history(&changes));
        assert_eq!(view.body, draft.body, "of {length} bytes");
        // Characters of changing length take up more than their bytes. The first change holds everything else.
        let most = if length < 50_000 { 1 } else { 1 + draft.body.len().div_ceil(38_000) };
        assert!(changes.len() <= most, "{} changes", changes.len());
    }
    let beyond = ResourceDraft { title: "Long".into(), body: "x".repeat(1024 * 1024 + 1), ..ResourceDraft::default() };
    assert_eq!(beyond.check().expect_err("beyond the limit").field(), "body");
}

#[test]
fn a_text_of_any_characters_can_be_written() {
    // In Vietnamese, characters of one and of three bytes take turns, and each turn takes up room in a change.
    for body in ["Việt Nam tôi yêu. ".repeat(2_200), "aé".repeat(15_000), "é".repeat(29_000)] {
        let draft = ResourceDraft { title: "Any".into(), body, ..ResourceDraft::default() };
        assert_eq!(view(&history(&write(&draft))).body, draft.body);
    }
}

#[test]
fn scattered_replacements_become_few_changes() {
    let word = |number: usize| format!("word{} and more. ", number * 7_919 % 20_000);
    let body: String = (0..20_000).map(word).collect();
    let draft = ResourceDraft {
        title: "Long".into(),
        body,
        tags: (0..150).map(|tag| format!("tag {tag}")).collect(),
        ..ResourceDraft::default()
    };
    let history = history(&write(&draft));
    let changed = |number: usize| if number % 25 == 3 { "Something else. ".into() } else { word(number) };
    let body: String = (0..20_000).map(changed).collect();
    let changes = edit(&history, 2, 6, &ResourceEdit { body: Some(body.clone()), ..ResourceEdit::default() });
    assert!(changes.len() <= 3, "{} changes for 800 words", changes.len());
    let mut edited = history.clone();
    admit(&mut edited, &changes);
    assert_eq!(view(&edited).body, body);
    // Lists likewise: every second of 150 entries goes, and something comes in its place.
    let tags: Vec<String> =
        (0..150).map(|tag| if tag % 2 == 0 { format!("tag {tag}") } else { format!("new {tag}") }).collect();
    let changes = edit(&history, 2, 6, &ResourceEdit { tags: Some(tags.clone()), ..ResourceEdit::default() });
    assert_eq!(changes.len(), 1);
    let mut edited = history;
    admit(&mut edited, &changes);
    assert_eq!(view(&edited).tags, tags);
}

#[test]
fn several_objects_in_one_field_are_settled_by_an_edit() {
    // Somebody made lists and texts of their own at the same time, in a document that had none.
    let header = ResourceDraft::header(NETWORK, Nonce([1; 16]));
    let mut both = History::new(header.clone());
    for seed in [1, 2] {
        let draft = ResourceDraft {
            title: "Knots".into(),
            body: format!("body {seed}"),
            tags: vec![format!("tag {seed}")],
            ..ResourceDraft::default()
        };
        admit(&mut both, &draft.write(NETWORK, Nonce([1; 16]), &key(seed), time(5)).expect("small"));
    }
    let seen = view(&both);
    assert_eq!(seen.tags.len(), 2, "both are shown");
    assert!(seen.conflicts.contains_key("tags") && seen.conflicts.contains_key("body"));
    let wanted = ResourceEdit { tags: Some(vec!["one".into()]), body: Some("one".into()), ..ResourceEdit::default() };
    let changes = edit(&both, 3, 6, &wanted);
    admit(&mut both, &changes);
    let seen = view(&both);
    assert_eq!((seen.tags, seen.body), (vec!["one".to_owned()], "one".to_owned()));
    assert!(!seen.conflicts.contains_key("tags") && !seen.conflicts.contains_key("body"));
}

#[test]
fn lists_at_their_limits_are_kept_whole() {
    let draft = ResourceDraft {
        title: "t".repeat(2_000),
        summary: "s".repeat(20_000),
        links: (0..200).map(|number| format!("https://example.org/{number}/{}", "x".repeat(3_900))).collect(),
        tags: (0..200).map(|number| format!("{number}{}", "y".repeat(190))).collect(),
        ..ResourceDraft::default()
    };
    assert_eq!(says(&view(&history(&write(&draft)))), draft);
    // Equal entries that do not fit into one change are as many afterwards.
    let equal = ResourceDraft { links: vec!["x".repeat(4_000); 50], title: "Equal".into(), ..ResourceDraft::default() };
    assert_eq!(says(&view(&history(&write(&equal)))), equal);
}

#[test]
fn a_long_text_is_replaced_and_emptied() {
    let draft = ResourceDraft { title: "Long".into(), body: "one\n".repeat(30_000), ..ResourceDraft::default() };
    let mut history = history(&write(&draft));
    for body in ["two\n".repeat(30_000), String::new(), "three".into()] {
        let changes = edit(&history, 2, 6, &ResourceEdit { body: Some(body.clone()), ..ResourceEdit::default() });
        admit(&mut history, &changes);
        assert_eq!(view(&history).body, body);
    }
}

#[test]
fn both_values_of_a_field_are_shown_and_one_wins_everywhere() {
    let base =
        history(&write(&ResourceDraft { title: "First".into(), tags: vec!["a".into()], ..ResourceDraft::default() }));
    let title = |title: &str| ResourceEdit { title: Some(title.into()), ..ResourceEdit::default() };
    let tags = |tags: &[&str]| ResourceEdit {
        tags: Some(tags.iter().map(|tag| (*tag).into()).collect()),
        ..ResourceEdit::default()
    };
    let mut merged = base.clone();
    admit(&mut merged, &edit(&base, 2, 6, &title("Second")));
    admit(&mut merged, &edit(&base, 3, 7, &title("Third")));
    admit(&mut merged, &edit(&base, 2, 6, &tags(&["a", "b", "same"])));
    admit(&mut merged, &edit(&base, 3, 7, &tags(&["a", "c", "same"])));
    let seen = view(&merged);
    let mut both = seen.conflicts["title"].clone();
    assert_eq!(both[0], seen.title);
    both.sort();
    assert_eq!(both, ["Second", "Third"]);
    let mut tags = seen.tags.clone();
    tags.sort();
    assert_eq!(tags, ["a", "b", "c", "same"]);
    assert_eq!((seen.created, seen.changed), (Some(time(5)), Some(time(7))));
    assert_eq!(seen.contributors, [key(1).public(), key(2).public(), key(3).public()]);

    // Setting one of them settles it.
    let settled = edit(&merged, 2, 8, &title(&seen.title));
    assert_eq!(settled.iter().map(|change| change.dependencies().len()).max(), Some(4));
    admit(&mut merged, &settled);
    assert!(view(&merged).conflicts.is_empty());
}

#[test]
fn the_history_says_who_changed_what() {
    let mut history =
        history(&write(&ResourceDraft { title: "First".into(), body: "one two".into(), ..ResourceDraft::default() }));
    let changes = edit(&history, 2, 6, &ResourceEdit { body: Some("one three".into()), ..ResourceEdit::default() });
    admit(&mut history, &changes);
    let told = history_of(&history);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].fields, ["body", "title"]);
    assert_eq!(
        (told[1].author, told[1].time, told[1].fields.as_slice()),
        (key(2).public(), Some(time(6)), &["body".to_owned()][..])
    );
    assert_eq!((told[1].added, told[1].removed), (4, 2));
}

#[test]
fn no_time_is_claimed_where_it_is_zero() {
    let draft = ResourceDraft { title: "Imported".into(), ..ResourceDraft::default() };
    let nonce = import_nonce(&key(1).public(), &[b"Imported", b"", b"", b"", b""], 0);
    let changes = draft.write(NETWORK, nonce, &key(1), Timestamp::NONE).expect("small");
    let again = draft.write(NETWORK, nonce, &key(1), Timestamp::NONE).expect("small");
    assert_eq!(changes[0].id(), again[0].id(), "the same row makes the same change");
    let seen = view(&history(&changes));
    assert_eq!((seen.created, seen.changed), (None, None));
    assert_ne!(nonce, import_nonce(&key(1).public(), &[b"Imported", b"", b"", b"", b""], 1));
    assert_ne!(nonce, import_nonce(&key(1).public(), &[b"Importe", b"d", b"", b"", b""], 0));
}
