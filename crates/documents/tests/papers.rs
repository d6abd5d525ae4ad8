//! Papers: each change says one thing as a whole, and only where it may be said.

use std::sync::Arc;

use automerge::{ROOT, ScalarValue, transaction::Transactable as _};
use knotwork_documents::{Edit, Paper, PaperEdit, PaperView, Sheet, View, kinds};
use knotwork_governance::{
    BallotPaper, Charter, ClosingStatement, Consent, Mandate, MandateAnswer, Position, Said, Voter, Word,
};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PersonId, SecretKey, TermsHash, Timestamp, encode};
use knotwork_ledger::{CheckedChange, DocumentHeader, History, Pen};

const NETWORK: NetworkId = NetworkId([9; 32]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("small")
}

fn ballot(consent: Consent) -> Paper {
    Paper::Ballot(Box::new(BallotPaper {
        decision: DocumentId([1; 32]),
        terms: TermsHash([2; 32]),
        voter: Voter::Organisation(key(7).public()),
        standing: ChangeId([3; 32]),
        position: Position::Consent(consent),
        not_qualified: [ChangeId([2; 32]), ChangeId([5; 32])].into(),
        salt: [4; 16],
    }))
}

fn papers() -> Vec<(Paper, SecretKey)> {
    let organisation = key(1);
    let statement =
        ClosingStatement::make(NETWORK, &key(2), DocumentId([1; 32]), TermsHash([2; 32]), vec![ChangeId([3; 32])]);
    let mandate = Mandate {
        number: 4,
        person: Some(PersonId([5; 16])),
        keys: vec![key(3).public()],
        from: time(1),
        until: time(2),
    };
    vec![
        (Paper::Word(Word::say(NETWORK, &organisation, 1, Said::Return)), organisation.clone()),
        (Paper::ClosingStatement(statement), key(2)),
        (Paper::Mandate(mandate), organisation),
        (Paper::MandateAnswer(MandateAnswer { mandate: DocumentId([8; 32]), accepted: true }), key(3)),
        (Paper::Charter(Box::new(Charter::first("Fewer falls".into()))), key(3)),
        (ballot(Consent::Objection), key(3)),
    ]
}

fn write(header: DocumentHeader, paper: &Paper, key: &SecretKey) -> CheckedChange {
    let mut pen = Pen::new(header, key, time(1_000));
    let edit = PaperEdit { paper: paper.clone(), reason: "Because".into() };
    Edit::from(edit).write(&mut pen).expect("writes");
    pen.finish().0.remove(0)
}

fn view(change: &CheckedChange) -> Option<PaperView> {
    let view = View::of_first(change).expect("reads")?;
    assert_eq!(View::from_bytes(&view.to_bytes()).as_ref(), Some(&view), "a kept view is read as it was");
    match view {
        View::Paper(view) => Some(*view),
        other => panic!("not a paper: {other:?}"),
    }
}

#[test]
fn every_paper_is_read_as_it_was_written() {
    for (paper, key) in papers() {
        let header = paper.header(NETWORK, key.public(), Nonce([6; 16]));
        let view = view(&write(header, &paper, &key)).expect("shown");
        assert_eq!(view.latest().map(|sheet| (&sheet.paper, sheet.reason.as_str())), Some((&paper, "Because")));
        assert_eq!(view.owner, key.public());
    }
}

#[test]
fn nobody_says_what_is_anothers_to_say() {
    for (paper, _) in papers() {
        let stranger = key(99);
        let header = paper.header(NETWORK, stranger.public(), Nonce([6; 16]));
        let shown = view(&write(header.clone(), &paper, &stranger)).is_some();
        let anybody = !matches!(paper, Paper::Word(_) | Paper::ClosingStatement(_));
        assert_eq!(shown, anybody, "{paper:?}");
        let elsewhere = DocumentHeader { nonce: Nonce([7; 16]), ..header };
        let fixed = !matches!(paper, Paper::Charter(_));
        assert_eq!(view(&write(elsewhere, &paper, &stranger)).is_none(), fixed, "{paper:?}");
    }
}

#[test]
fn each_change_of_a_ballot_is_a_ballot_and_two_at_once_are_two_heads() {
    let member = key(3);
    let header = ballot(Consent::Given).header(NETWORK, member.public(), Nonce([0; 16]));
    let first = write(header.clone(), &ballot(Consent::Objection), &member);
    let mut history = History::new(header);
    history.admit(Arc::new(first.clone())).expect("honest");
    let further = |consent, at| {
        let mut pen = Pen::open(history.clone(), &member, time(at)).expect("opens");
        Edit::from(PaperEdit::new(ballot(consent))).write(&mut pen).expect("writes");
        pen.finish().0.remove(0)
    };
    let (one, other) = (further(Consent::Given, 2_000), further(Consent::WithConcern, 3_000));
    let mut both = history.clone();
    for change in [&one, &other] {
        both.admit(Arc::new(change.clone())).expect("honest");
    }
    let Some(View::Paper(view)) = View::of_history(&both).expect("reads") else { panic!("not a paper") };
    assert_eq!(view.sheets.len(), 3);
    assert_eq!(view.heads.len(), 2);
    assert_eq!(view.sheets[0].change, first.id());
    assert!(view.sheets.iter().all(|sheet| matches!(sheet.paper, Paper::Ballot(_))));
    assert_eq!(Sheet::read(&one).map(|sheet| sheet.paper), Some(ballot(Consent::Given)));
}

#[test]
fn bytes_that_say_nothing_show_nothing() {
    let member = key(3);
    let header = ballot(Consent::Given).header(NETWORK, member.public(), Nonce([0; 16]));
    let mut bytes = match ballot(Consent::Given) {
        Paper::Ballot(paper) => encode(paper.as_ref()),
        _ => Vec::new(),
    };
    bytes.push(0);
    let write = |name: &str, value: ScalarValue| {
        let mut pen = Pen::new(header.clone(), &member, time(1));
        pen.write(|document| document.put(ROOT, name, value)).expect("fits");
        pen.finish().0.remove(0)
    };
    for (name, value) in [
        ("says", ScalarValue::Bytes(bytes)),
        ("says", ScalarValue::Bytes(Vec::new())),
        ("says", "consent".into()),
        ("said", ScalarValue::Bytes(vec![1])),
    ] {
        assert_eq!(view(&write(name, value)), None);
    }
    assert_eq!(header.kind, kinds::BALLOT);
}

#[test]
fn a_further_ballot_keeps_its_reason_though_it_is_the_same_as_before() {
    let member = key(3);
    let header = ballot(Consent::Given).header(NETWORK, member.public(), Nonce([0; 16]));
    let mut history = History::new(header.clone());
    history.admit(Arc::new(write(header, &ballot(Consent::Objection), &member))).expect("honest");
    let mut pen = Pen::open(history.clone(), &member, time(2_000)).expect("opens");
    let edit = PaperEdit { paper: ballot(Consent::WithConcern), reason: "Because".into() };
    Edit::from(edit).write(&mut pen).expect("writes");
    let further = pen.finish().0.remove(0);
    history.admit(Arc::new(further.clone())).expect("honest");
    assert_eq!(Sheet::read(&further).map(|sheet| sheet.reason), Some("Because".into()));
    let Some(View::Paper(view)) = View::of_history(&history).expect("reads") else { panic!("not a paper") };
    assert!(view.sheets.iter().all(|sheet| sheet.reason == "Because"), "{:?}", view.sheets);
}
