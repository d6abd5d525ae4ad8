//! What is shown of a document: of each kind what its row in the kinds table says, and of strange contents what fits.

use std::sync::Arc;

use automerge::{
    AutomergeError, ObjType, ROOT, ScalarValue,
    transaction::{Transactable, Transaction},
};
use knotwork_documents::{
    Certificate, NodeAddressView, ResourceDraft, ResourceView, View, history_of, kinds, write_acceptance, write_profile,
};
use knotwork_identity::{ChangeId, NetworkId, Nonce, PersonId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, History, Kind, Pen, Splice, limits, materialise};

const NETWORK: NetworkId = NetworkId([9; 32]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("small")
}

type Edit<'a> = &'a dyn Fn(&mut Transaction<'_>) -> Result<(), AutomergeError>;

/// One change on a history.
fn edited(history: &History, seed: u8, at: u64, edit: Edit<'_>) -> CheckedChange {
    let key = key(seed);
    let mut pen = match history.is_empty() {
        true => Pen::new(history.header().clone(), &key, time(at)),
        false => Pen::open(history.clone(), &key, time(at)).expect("opens"),
    };
    pen.write(|document| edit(document)).expect("within the limits");
    pen.finish().0.remove(0)
}

fn history(header: &DocumentHeader, changes: &[&CheckedChange]) -> History {
    let mut history = History::new(header.clone());
    for change in changes {
        history.admit(Arc::new((*change).clone())).expect("honest");
    }
    history
}

/// The view of a document of one change, read either way.
fn view_of(change: &CheckedChange) -> Option<View> {
    let first = View::of_first(change).expect("reads");
    let merged = View::merged(&history(change.header(), &[change])).expect("reads");
    assert_eq!(first, merged);
    first
}

fn resource(history: &History) -> ResourceView {
    let view = View::of_history(history).expect("materialises");
    assert_eq!(view, View::merged(history).expect("materialises"), "it is read in two ways");
    match view {
        Some(View::Resource(view)) => *view,
        other => panic!("not a resource: {other:?}"),
    }
}

/// The same content under another header.
fn moved(header: DocumentHeader, seed: u8, edit: Edit<'_>) -> Option<View> {
    view_of(&edited(&History::new(header), seed, 5, edit))
}

#[test]
fn a_document_is_shown_as_its_kind_in_its_own_place_alone() {
    let owner = key(1);
    let profile = write_profile(NETWORK, &owner, "Knots & Co", time(5)).expect("small").remove(0);
    let acceptance = write_acceptance(NETWORK, &owner, time(5)).expect("small").remove(0);
    let address_header = NodeAddressView::header(NETWORK, owner.public());
    let documents: [(&DocumentHeader, Edit<'_>); 4] = [
        (profile.header(), &|document| document.put(ROOT, "name", "Knots & Co")),
        (acceptance.header(), &|document| document.put(ROOT, "accepts", ScalarValue::Bytes(NETWORK.0.to_vec()))),
        (&address_header, &|document| document.put(ROOT, "addresses", "/ip4/127.0.0.1/tcp/1")),
        (&ResourceDraft::header(NETWORK, Nonce([1; 16])), &|document| document.put(ROOT, "title", "Knots")),
    ];
    for (header, edit) in documents {
        let shown = moved(header.clone(), 1, edit).expect("in its own place");
        let space = if header.space == SpaceId::Roster { SpaceId::Commons } else { SpaceId::Roster };
        let mut elsewhere = vec![
            DocumentHeader { space, ..header.clone() },
            DocumentHeader { space: SpaceId::Circle([7; 32]), ..header.clone() },
            DocumentHeader {
                owner: if header.owner.is_some() { None } else { Some(owner.public()) },
                ..header.clone()
            },
        ];
        if header.owner.is_some() {
            elsewhere.push(DocumentHeader { nonce: Nonce([1; 16]), ..header.clone() });
        }
        for header in elsewhere {
            assert_eq!(moved(header.clone(), 1, edit), None, "{header:?}");
        }
        // Another kind shows something else, and one that is not known nothing.
        for kind in [Kind(0), Kind(40), kinds::FIRST_EXPERIMENT] {
            assert_eq!(moved(DocumentHeader { kind, ..header.clone() }, 1, edit), None);
        }
        let as_certificate = DocumentHeader { kind: kinds::CERTIFICATE, ..header.clone() };
        assert_eq!(moved(as_certificate, 1, edit), None);
        assert!(!matches!(shown, View::Certificate { .. }));
    }
    // An acceptance of another network is none.
    let other: Edit<'_> = &|document| document.put(ROOT, "accepts", ScalarValue::Bytes(vec![8; 32]));
    assert_eq!(moved(acceptance.header().clone(), 1, other), None);
}

#[test]
fn a_certificate_is_shown_where_its_nonce_is_the_persons() {
    let (organisation, person) = (key(1), PersonId([5; 16]));
    let written = Certificate::write(NETWORK, &organisation, person, &key(2), false, time(5)).expect("small");
    let expected = Some(View::Certificate { organisation: organisation.public() });
    assert_eq!(view_of(&written[0]), expected);
    let other = Certificate::write(NETWORK, &organisation, PersonId([6; 16]), &key(2), false, time(5)).expect("small");
    let wrong = DocumentHeader { nonce: other[0].header().nonce, ..written[0].header().clone() };
    let names: Edit<'_> = &|document| document.put(ROOT, "person", ScalarValue::Bytes(vec![5; 16]));
    assert_eq!(moved(written[0].header().clone(), 1, names), expected);
    assert_eq!(moved(wrong, 1, names), None);
    // What a certificate says counts for good: what is written over it later takes nothing away.
    let base = history(written[0].header(), &[&written[0]]);
    let later = edited(&base, 1, 6, &|document| document.put(ROOT, "person", ScalarValue::Bytes(vec![6; 16])));
    let both = history(written[0].header(), &[&written[0], &later]);
    assert_eq!(View::of_history(&both).expect("reads"), expected);
    assert_eq!(Certificate::read(both.header(), both.changes().map(Arc::as_ref)).expect("a person").person, person);
}

#[test]
fn values_of_another_type_hide_nothing() {
    let header = ResourceDraft::header(NETWORK, Nonce([1; 16]));
    let draft = ResourceDraft { title: "First".into(), tags: vec!["a".into()], ..ResourceDraft::default() };
    let first = draft.write(NETWORK, Nonce([1; 16]), &key(1), time(5)).expect("small").remove(0);
    let base = history(&header, &[&first]);
    let word = edited(&base, 2, 6, &|document| document.put(ROOT, "title", "Second"));
    // Which of two values wins is decided by ids, which hang on everything: with so many tries each wins now and then.
    let mut hidden = 0;
    for at in 0..16 {
        let strange = edited(&base, 3, at, &|document| {
            document.put(ROOT, "title", 7_i64)?;
            document.put(ROOT, "tags", ScalarValue::Bytes(vec![1]))?;
            document.put(ROOT, "summary", true)?;
            document.put(ROOT, "unknown", "x")
        });
        let unknown = edited(&base, 2, at, &|document| document.put(ROOT, "unknown", "y"));
        for order in [[&first, &word, &strange, &unknown], [&first, &strange, &unknown, &word]] {
            let seen = history(&header, &order);
            let shown = materialise(&seen).expect("admitted").document;
            let winner = automerge::ReadDoc::get(&shown, ROOT, "title").expect("readable").expect("there").0;
            hidden += usize::from(winner.as_str().is_none());
            let seen = resource(&seen);
            assert_eq!((seen.title.as_str(), seen.summary.as_str()), ("Second", ""));
            assert!(seen.conflicts.is_empty(), "{:?}", seen.conflicts);
        }
    }
    assert!((1..32).contains(&hidden), "the word wins now and then, and loses now and then");
}

#[test]
fn as_many_values_of_a_field_are_shown_as_the_limit_says() {
    let header = ResourceDraft::header(NETWORK, Nonce([1; 16]));
    let titles: Vec<_> = (0..70_u64)
        .map(|at| {
            edited(&History::new(header.clone()), 1, at, &|document| document.put(ROOT, "title", format!("{at}")))
        })
        .collect();
    let seen = resource(&history(&header, &titles.iter().collect::<Vec<_>>()));
    let shown = &seen.conflicts["title"];
    assert_eq!((shown.len(), &shown[0]), (knotwork_documents::resource::limits::CONFLICT_VALUES_MAX, &seen.title));
    let backwards = resource(&history(&header, &titles.iter().rev().collect::<Vec<_>>()));
    assert_eq!(backwards, seen, "the same one wins in every order");
}

#[test]
fn what_two_people_put_into_a_text_is_all_there_in_either_order() {
    let draft = ResourceDraft { title: "Knots".into(), body: "over under".into(), ..ResourceDraft::default() };
    let first = draft.write(NETWORK, Nonce([1; 16]), &key(1), time(5)).expect("small").remove(0);
    let base = history(first.header(), &[&first]);
    let splice = |seed: u8, at: usize, insert: &'static str| -> Vec<CheckedChange> {
        let key = key(seed);
        let mut pen = Pen::open(base.clone(), &key, time(6)).expect("opens");
        let body = automerge::ReadDoc::get(pen.document(), ROOT, "body").expect("readable").expect("made").1;
        pen.splice_text(&body, &[Splice { at, delete: 0, insert }]).expect("small");
        pen.finish().0
    };
    // In the same place, and in two.
    for (ours, theirs) in [(splice(2, 4, " and"), splice(3, 4, ", then")), (splice(2, 0, "First "), splice(3, 10, "."))]
    {
        let mut bodies = Vec::new();
        for order in [[&first, &ours[0], &theirs[0]], [&first, &theirs[0], &ours[0]]] {
            bodies.push(resource(&history(first.header(), &order)).body);
        }
        assert_eq!(bodies[0], bodies[1]);
        let parts = if bodies[0].starts_with("First ") { ["First ", "."] } else { [" and", ", then"] };
        assert!(parts.iter().all(|part| bodies[0].contains(part)), "{}", bodies[0]);
        assert_eq!(bodies[0].len(), "over under".len() + parts[0].len() + parts[1].len());
    }
}

#[test]
fn the_history_has_one_order_whatever_order_it_came_in() {
    let draft = ResourceDraft { title: "First".into(), ..ResourceDraft::default() };
    let first = draft.write(NETWORK, Nonce([1; 16]), &key(1), time(5)).expect("small").remove(0);
    let base = history(first.header(), &[&first]);
    let title = |seed: u8| edited(&base, seed, 6, &|document| document.put(ROOT, "title", format!("{seed}")));
    let sides = [title(2), title(3), title(4)];
    let last =
        edited(&history(first.header(), &[&first, &sides[0]]), 5, 7, &|document| document.put(ROOT, "title", "x"));
    let ids = |order: &[&CheckedChange]| -> Vec<ChangeId> {
        history_of(&history(first.header(), order)).iter().map(|change| change.id).collect()
    };
    let told = ids(&[&first, &sides[0], &sides[1], &sides[2], &last]);
    assert_eq!(told, ids(&[&first, &sides[2], &sides[1], &sides[0], &last]));
    assert_eq!(told, ids(&[&first, &sides[0], &last, &sides[2], &sides[1]]));
    assert_eq!(told[0], first.id());
    let place = |change: &CheckedChange| told.iter().position(|id| *id == change.id());
    assert!(place(&last) > place(&sides[0]), "each comes after what it builds on");
}

#[test]
fn a_view_above_the_limits_tells_of_what_it_shows() {
    let first = ResourceDraft { title: "Full".into(), ..ResourceDraft::default() }
        .write(NETWORK, Nonce([1; 16]), &key(1), time(5))
        .expect("small")
        .remove(0);
    let base = history(first.header(), &[&first]);
    let side = |seed: u8, at: u64| -> Vec<CheckedChange> {
        let key = key(seed);
        let mut pen = Pen::open(base.clone(), &key, time(at)).expect("opens");
        for byte in 0..100 {
            pen.write(|document| document.put(ROOT, "blob", ScalarValue::Bytes(vec![byte; 60_000]))).expect("fits");
        }
        pen.finish().0
    };
    let sides = [side(2, 50), side(3, 60)];
    let mut both = base.clone();
    for change in sides.iter().flatten() {
        both.admit(Arc::new(change.clone())).expect("each side is within the limits");
    }
    assert!(both.changes().map(|change| change.byte_len() as u64).sum::<u64>() > limits::DOCUMENT_BYTES_MAX);
    let left_out = materialise(&both).expect("the part that fits").left_out;
    let seen = resource(&both);
    assert_eq!(seen.left_out, left_out.len());
    let shown: Vec<_> = both.changes().filter(|change| !left_out.contains(&change.id())).collect();
    assert_eq!(seen.changed, shown.iter().map(|change| change.time()).max());
    assert!(seen.contributors.iter().all(|author| shown.iter().any(|change| change.author() == *author)));
    assert_eq!(seen.heads, both.heads(), "a version is told from others by everything that has come");
}

#[test]
fn times_far_ahead_are_told() {
    let change = ResourceDraft { title: "Soon".into(), ..ResourceDraft::default() }
        .write(NETWORK, Nonce([1; 16]), &key(1), time(2_000_000))
        .expect("small")
        .remove(0);
    let history = history(change.header(), &[&change]);
    for (now, ahead) in [(1_399_999, true), (1_400_000, false), (3_000_000, false)] {
        assert_eq!(resource(&history).is_ahead(time(now)), ahead);
        assert_eq!(history_of(&history)[0].is_ahead(time(now)), ahead);
    }
    let author = key(1);
    let mut list = Pen::new(ResourceDraft::header(NETWORK, Nonce([1; 16])), &author, Timestamp::NONE);
    list.write(|document| document.put_object(ROOT, "tags", ObjType::List)).expect("small");
    assert!(!resource(&list.finish().1).is_ahead(time(0)), "what claims no time is not ahead");
}
