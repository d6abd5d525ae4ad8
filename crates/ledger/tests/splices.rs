//! Edits of texts that are written without Automerge say what Automerge makes of them, and keep within the limits.

use automerge::{ObjId, ObjType, ROOT, ReadDoc, transaction::Transactable};
use knotwork_identity::Timestamp;
use knotwork_ledger::{
    History, Pen, PenError, Rejection, Splice, limits, materialise,
    mutants::{Dice, honest, state},
};

fn body_of(pen: &Pen<'_>) -> ObjId {
    pen.document().get(ROOT, "body").expect("readable").expect("made").1
}

fn pen_with<'a>(text: &str, key: &'a knotwork_identity::SecretKey) -> Pen<'a> {
    let mut pen = Pen::new(honest::header(1), key, Timestamp::NONE);
    pen.write(|transaction| transaction.put_object(ROOT, "body", ObjType::Text)).expect("a text");
    let body = body_of(&pen);
    pen.splice_text(&body, &[Splice { at: 0, delete: 0, insert: text }]).expect("within the limits");
    pen
}

fn text_of(pen: &Pen<'_>) -> String {
    pen.document().text(body_of(pen)).expect("a text")
}

/// Any replacements of a text, and what comes of them.
fn any_splices(dice: &mut Dice, text: &str) -> (Vec<(usize, usize, String)>, String) {
    let characters: Vec<char> = text.chars().collect();
    let (mut splices, mut after, mut at) = (Vec::new(), String::new(), 0);
    while at <= characters.len() {
        let kept = dice.below(9).min(characters.len() - at);
        after.extend(&characters[at..at + kept]);
        at += kept;
        let delete = dice.below(4).min(characters.len() - at);
        let insert: String = (0..dice.below(4)).map(|_| *dice.pick(&['a', 'é', '漢', '🧶', '\u{301}', '\0'])).collect();
        after.push_str(&insert);
        splices.push((at, delete, insert));
        at += delete.max(1);
        if delete == 0 {
            after.extend(characters.get(at - 1));
        }
    }
    (splices, after)
}

#[test]
fn splices_lead_to_the_text_that_they_say_whoever_wrote_it() {
    let keys = [honest::author(1), honest::author(2)];
    for seed in 0..60 {
        let mut dice = Dice::from_seed(seed);
        let mut history: Option<History> = None;
        for round in 0..6 {
            let mut pen = match history.take() {
                Some(history) => Pen::open(history, &keys[round % 2], Timestamp::NONE).expect("opens"),
                None => pen_with("over, under: é漢🧶", &keys[0]),
            };
            let before = text_of(&pen);
            let (splices, after) = any_splices(&mut dice, &before);
            let splices: Vec<_> =
                splices.iter().map(|(at, delete, insert)| Splice { at: *at, delete: *delete, insert }).collect();
            let body = body_of(&pen);
            pen.splice_text(&body, &splices).expect("within the limits");
            assert_eq!(text_of(&pen), after, "seed {seed}: {splices:?} of {before:?}");
            let shown = state(pen.document());
            let (_, written) = pen.finish();
            assert_eq!(state(&materialise(&written).expect("admitted").document), shown);
            history = Some(written);
        }
    }
}

#[test]
fn a_long_edit_becomes_as_few_changes_as_hold_it() {
    let key = honest::author(1);
    // Characters of one length, and of lengths that change from each to the next, which take more room.
    for (text, most) in [("a".repeat(300_000), 7), ("aé".repeat(100_000), 14), ("Việt ".repeat(60_000), 16)] {
        let pen = pen_with(&text, &key);
        assert_eq!(text_of(&pen), text);
        let (changes, history) = pen.finish();
        assert!(changes.len() <= most, "{} changes", changes.len());
        // All of it goes in as few as the limit of operations allows.
        let mut pen = Pen::open(history, &key, Timestamp::NONE).expect("opens");
        let body = body_of(&pen);
        let characters = text.chars().count();
        pen.splice_text(&body, &[Splice { at: 0, delete: characters, insert: "new" }]).expect("within the limits");
        assert_eq!(text_of(&pen), "new");
        assert!(pen.finish().0.len() <= characters / 60_000 + 1);
    }
}

#[test]
fn what_does_not_fit_leaves_nothing_behind() {
    let key = honest::author(1);
    let mut pen = pen_with("short", &key);
    let body = body_of(&pen);
    let before = state(pen.document());
    let long = "x".repeat(limits::TEXT_BYTES_MAX as usize);
    let refused = pen.splice_text(&body, &[Splice { at: 5, delete: 0, insert: &long }]).expect_err("too long");
    assert!(matches!(refused, PenError::TooLarge(Rejection::TextBytes(_))), "{refused}");
    for splice in [Splice { at: 6, delete: 0, insert: "x" }, Splice { at: 3, delete: 3, insert: "" }] {
        assert!(matches!(pen.splice_text(&body, &[splice]), Err(PenError::Edit(_))));
    }
    assert!(matches!(pen.splice_text(&ROOT, &[]), Err(PenError::Edit(_))));
    assert_eq!(state(pen.document()), before);
    assert_eq!(pen.finish().0.len(), 2);

    // Room is made before it is taken: the whole of a text at its limit can be replaced by as much.
    let text = "🧶".repeat(limits::TEXT_BYTES_MAX as usize / 4);
    let mut pen = pen_with(&text, &key);
    let body = body_of(&pen);
    let other = "🪢".repeat(limits::TEXT_BYTES_MAX as usize / 4);
    pen.splice_text(&body, &[Splice { at: 0, delete: other.chars().count(), insert: &other }]).expect("at the limit");
    assert_eq!(text_of(&pen), other);
}
