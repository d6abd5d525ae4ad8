//! What people and organisations write about themselves is what is read, in every order, and whatever hostile hands write.

use std::sync::Arc;

use automerge::{
    ObjType, ROOT, ScalarValue,
    transaction::{Transactable, Transaction},
};
use knotwork_documents::{
    Date, Edit, FieldError, OrganisationEdit, OrganisationView, PersonEdit, PersonFields, PersonView, RoleEdit,
    RoleName, RoleRequestEdit, View, WriteError, organisation, role, role_request, write_profile,
};
use knotwork_identity::{DocumentId, NetworkId, Nonce, PersonId, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, History, Pen};
use proptest::prelude::*;

const NETWORK: NetworkId = NetworkId([9; 32]);
const PERSON: PersonId = PersonId([5; 16]);
const OTHER: PersonId = PersonId([6; 16]);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("small")
}

fn profile_header() -> DocumentHeader {
    PersonEdit::header(NETWORK, SpaceId::Commons, key(1).public(), &PERSON)
}

fn pen_on<'k>(history: &History, key: &'k SecretKey, at: u64) -> Pen<'k> {
    match history.is_empty() {
        true => Pen::new(history.header().clone(), key, time(at)),
        false => Pen::open(history.clone(), key, time(at)).expect("opens"),
    }
}

fn try_write(history: &History, at: u64, edit: &Edit) -> Result<Vec<CheckedChange>, WriteError> {
    let key = key(1);
    let mut pen = pen_on(history, &key, at);
    edit.write(&mut pen)?;
    Ok(pen.finish().0)
}

fn write(history: &History, at: u64, edit: impl Into<Edit>) -> Vec<CheckedChange> {
    try_write(history, at, &edit.into()).expect("within the limits")
}

fn admit(history: &mut History, changes: &[CheckedChange]) {
    for change in changes {
        history.admit(Arc::new(change.clone())).expect("honest");
    }
}

fn made(header: DocumentHeader, edit: impl Into<Edit>) -> History {
    let mut history = History::new(header);
    let changes = write(&history, 5, edit);
    admit(&mut history, &changes);
    history
}

fn view(history: &History) -> Option<View> {
    let view = View::of_history(history).expect("reads");
    assert_eq!(view, View::merged(history).expect("reads"), "it is read in two ways");
    if let Some(view) = &view {
        assert_eq!(View::from_bytes(&view.to_bytes()).as_ref(), Some(view));
        let listing = view.listing();
        assert!(listing.labels.iter().all(|label| !label.is_empty()));
    }
    view
}

fn profile(history: &History) -> PersonView {
    match view(history) {
        Some(View::Person(view)) => *view,
        other => panic!("not a profile: {other:?}"),
    }
}

fn organisation_of(history: &History) -> OrganisationView {
    match view(history) {
        Some(View::Organisation(view)) => view,
        other => panic!("not an organisation: {other:?}"),
    }
}

fn any_entries() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-zé,;]([a-z ü🪢]{0,8}[a-z])?", 0..5).prop_map(|entries| entries.join("\n"))
}

fn any_profile() -> impl Strategy<Value = PersonEdit> {
    let texts = ("[a-z óا]{0,12}", "[a-z/]{0,8}", "[A-Z a-z]{0,12}", "[a-z \n\t]{0,40}", "[a-z \n漢]{0,40}");
    (texts, any_entries(), any_entries(), any_entries(), any_entries(), any::<bool>()).prop_map(
        |((name, pronouns, post, offers, experience), languages, skills, interests, contact, listed)| PersonEdit {
            person: PERSON,
            fields: PersonFields {
                name,
                pronouns,
                post,
                languages,
                skills,
                interests,
                offers,
                experience,
                contact,
                listed,
            },
        },
    )
}

fn says(view: &PersonView) -> PersonEdit {
    PersonEdit { person: view.person, fields: view.fields.clone() }
}

/// Any value, of any type.
fn any_value() -> impl Strategy<Value = Option<ScalarValue>> {
    prop_oneof![
        Just(None),
        Just(Some(ScalarValue::Null)),
        any::<bool>().prop_map(|flag| Some(flag.into())),
        any::<i64>().prop_map(|number| Some(number.into())),
        any::<f64>().prop_map(|number| Some(number.into())),
        any::<String>().prop_map(|text| Some(text.into())),
        Just(Some("connector".into())),
        Just(Some("a\r\n\n \u{202e}b\0".repeat(900).into())),
        Just(Some("2024-02-30".into())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Some(ScalarValue::Bytes(bytes))),
        Just(Some(ScalarValue::Bytes(PERSON.0.to_vec()))),
        Just(Some(ScalarValue::Bytes(OTHER.0.to_vec()))),
    ]
}

fn put(document: &mut Transaction<'_>, name: &str, value: Option<ScalarValue>) {
    match value {
        Some(value) => document.put(ROOT, name, value).expect("puts"),
        None => drop(document.put_object(ROOT, name, ObjType::List).expect("puts")),
    }
}

const NAMES: [&str; 25] = [
    "person",
    "from",
    "role",
    "topic",
    "since",
    "until",
    "ended",
    "request",
    "note",
    "withdrawn",
    "name",
    "pronouns",
    "post",
    "languages",
    "skills",
    "interests",
    "offers",
    "experience",
    "contact",
    "listed",
    "about",
    "sectors",
    "places",
    "website",
    "unknown",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_edited_profile_says_what_was_edited(first in any_profile(), second in any_profile()) {
        let mut history = made(profile_header(), first.clone());
        prop_assert_eq!(says(&profile(&history)), first);
        let changes = write(&history, 6, second.clone());
        prop_assert!(changes.len() <= 1);
        admit(&mut history, &changes);
        prop_assert_eq!(says(&profile(&history)), second.clone());
        prop_assert!(write(&history, 7, second).is_empty(), "asking for it again changes nothing");
    }

    /// Two devices make the profile at once: one document, the same in either order, and settled by the next edit.
    #[test]
    fn two_makings_of_a_profile_merge(left in any_profile(), right in any_profile()) {
        let empty = History::new(profile_header());
        let (ours, theirs) = (write(&empty, 5, left.clone()), write(&empty, 6, right.clone()));
        let (mut one, mut other) = (empty.clone(), empty);
        admit(&mut one, &ours);
        admit(&mut one, &theirs);
        admit(&mut other, &theirs);
        admit(&mut other, &ours);
        let seen = profile(&one);
        prop_assert_eq!(&seen, &profile(&other));
        prop_assert_eq!(seen.person, PERSON);
        prop_assert!([&left.fields.name, &right.fields.name].contains(&&seen.fields.name));
        prop_assert!([&left.fields.offers, &right.fields.offers].contains(&&seen.fields.offers));
        let settled = write(&one, 7, says(&seen));
        admit(&mut one, &settled);
        prop_assert_eq!(says(&profile(&one)), says(&seen));
    }

    /// Whatever stands in whichever field, a view keeps to the forms and the limits.
    #[test]
    fn strange_values_are_read_in_form(
        values in prop::collection::vec((prop::sample::select(NAMES.to_vec()), any_value(), any::<bool>()), 0..24),
    ) {
        let owner = key(1);
        let headers = [
            profile_header(),
            RoleEdit::header(NETWORK, owner.public(), Nonce([1; 16])),
            RoleRequestEdit::header(NETWORK, owner.public(), Nonce([1; 16])),
            OrganisationEdit::header(NETWORK, owner.public()),
        ];
        for header in headers {
            let mut history = History::new(header.clone());
            for (side, at) in [(false, 5), (true, 6)] {
                let mut pen = Pen::new(header.clone(), &owner, time(at));
                for (name, value, _) in values.iter().filter(|(_, _, which)| *which == side) {
                    // Some are too much for one change together.
                    let _ = pen.write(|document| { put(document, name, value.clone()); Ok(()) });
                }
                let (changes, _) = pen.finish();
                admit(&mut history, &changes);
            }
            match view(&history) {
                Some(View::Person(view)) => {
                    prop_assert_eq!(view.person, PERSON);
                    prop_assert_eq!(says(&view).check(), Ok(()));
                }
                Some(View::Role(view)) => prop_assert!(view.topic.len() <= role::limits::TOPIC_BYTES_MAX),
                Some(View::RoleRequest(view)) => prop_assert!(view.note.len() <= role_request::limits::NOTE_BYTES_MAX),
                Some(View::Organisation(view)) => {
                    let said = OrganisationEdit {
                        name: Some(view.name), about: Some(view.about), sectors: Some(view.sectors),
                        places: Some(view.places), website: Some(view.website),
                    };
                    prop_assert_eq!(said.check(), Ok(()));
                }
                other => prop_assert!(other.is_none()),
            }
        }
    }
}

#[test]
fn a_role_is_taken_on_and_laid_down() {
    let owner = key(1).public();
    let request = DocumentId([3; 32]);
    let edit = RoleEdit {
        person: Some(PERSON),
        role: Some(RoleName::CoOrdinator),
        topic: Some("Falls".into()),
        since: Some("2026-01-31".into()),
        request: Some(request),
        ..RoleEdit::default()
    };
    let mut history = made(RoleEdit::header(NETWORK, owner, Nonce([1; 16])), edit);
    let seen = |history: &History| match view(history) {
        Some(View::Role(view)) => *view,
        other => panic!("not a role: {other:?}"),
    };
    let first = seen(&history);
    let day = |text: &str| text.parse::<Date>().expect("a date");
    assert_eq!((first.person, first.role, first.request), (PERSON, RoleName::CoOrdinator, Some(request)));
    assert_eq!((first.since, first.until, first.ended), (Some(day("2026-01-31")), None, None));
    assert!(first.is_held(day("2026-01-31")) && !first.is_held(day("2026-01-30")));
    assert_eq!(View::Role(Box::new(first)).listing().labels, [PERSON.to_string()]);
    for (until, ended) in [(Some("2026-12-31"), None), (Some(""), Some("2026-03-01"))] {
        let edit = RoleEdit { until: until.map(str::to_owned), ended: ended.map(str::to_owned), ..RoleEdit::default() };
        let changes = write(&history, 6, edit);
        admit(&mut history, &changes);
    }
    let last = seen(&history);
    assert_eq!((last.until, last.ended), (None, Some(day("2026-03-01"))));
    assert!(last.is_held(day("2026-02-28")) && !last.is_held(day("2026-03-01")));
    // In another space, without an owner, or with a role that nobody knows, it is none.
    let header = RoleEdit::header(NETWORK, owner, Nonce([1; 16]));
    let edit = || RoleEdit { person: Some(PERSON), role: Some(RoleName::Expert), ..RoleEdit::default() };
    for header in [
        DocumentHeader { space: SpaceId::Organisation(owner), ..header.clone() },
        DocumentHeader { owner: None, ..header.clone() },
    ] {
        assert_eq!(view(&made(header, edit())), None);
    }
    let owner = key(1);
    let mut pen = Pen::new(header.clone(), &owner, time(6));
    pen.write(|document| {
        document.put(ROOT, "person", ScalarValue::Bytes(PERSON.0.to_vec()))?;
        document.put(ROOT, "role", "king")
    })
    .expect("small");
    assert_eq!(view(&pen.finish().1), None);
}

#[test]
fn a_role_request_is_made_and_withdrawn() {
    let header = RoleRequestEdit::header(NETWORK, key(1).public(), Nonce([1; 16]));
    let edit = RoleRequestEdit {
        person: Some(OTHER),
        from: Some(PERSON),
        role: Some(RoleName::Facilitator),
        note: Some("Would you?\r\nYours".into()),
        ..RoleRequestEdit::default()
    };
    let mut history = made(header, edit);
    let seen = |history: &History| match view(history) {
        Some(View::RoleRequest(view)) => *view,
        other => panic!("not a role request: {other:?}"),
    };
    let first = seen(&history);
    assert_eq!((first.person, first.from, first.withdrawn), (OTHER, PERSON, false));
    assert_eq!((first.role, first.note.as_str()), (RoleName::Facilitator, "Would you?\nYours"));
    assert_eq!(View::RoleRequest(Box::new(first)).listing().labels, [OTHER.to_string()]);
    let changes = write(&history, 6, RoleRequestEdit { withdrawn: Some(true), ..RoleRequestEdit::default() });
    admit(&mut history, &changes);
    assert!(seen(&history).withdrawn);
}

#[test]
fn an_organisation_says_more_than_its_name() {
    let owner = key(1);
    let first = write_profile(NETWORK, &owner, "Knots & Co", time(5)).expect("small");
    let mut history = History::new(first[0].header().clone());
    assert_eq!(*history.header(), OrganisationEdit::header(NETWORK, owner.public()));
    admit(&mut history, &first);
    assert_eq!(organisation_of(&history).name, "Knots & Co");
    let edit = OrganisationEdit {
        about: Some("We tie.\n\nAnd untie.".into()),
        sectors: Some(vec!["health".into(), " ".into(), " care ".into()]),
        places: Some(vec!["Leeds".into()]),
        website: Some("https://example.org/".into()),
        ..OrganisationEdit::default()
    };
    let changes = write(&history, 6, edit);
    admit(&mut history, &changes);
    let seen = organisation_of(&history);
    assert_eq!((seen.name.as_str(), seen.about.as_str()), ("Knots & Co", "We tie.\n\nAnd untie."));
    assert_eq!((seen.sectors, seen.places), (vec!["health".to_owned(), "care".to_owned()], vec!["Leeds".to_owned()]));
    assert_eq!(seen.website, "https://example.org/");
    let website = |text: &str| OrganisationEdit { website: Some(text.into()), ..OrganisationEdit::default() }.check();
    for right in ["", "http://a", "HTTPS://example.org/x?y=z#a"] {
        assert_eq!(website(right), Ok(()), "{right}");
    }
    for wrong in ["javascript:alert(1)", "https://", "example.org", "https://a b", "https://a\nb", " https://a", "€€€"]
    {
        assert!(matches!(website(wrong), Err(FieldError::Form { field: "website", .. })), "{wrong}");
    }
    // What an earlier version of the program kept still reads.
    let kept = format!(r#"{{"view":"organisation","organisation":"{}","name":"Old"}}"#, owner.public());
    assert!(matches!(View::from_bytes(kept.as_bytes()), Some(View::Organisation(view)) if view.name == "Old"));
}

#[test]
fn a_new_document_needs_what_makes_it_one() {
    let owner: PublicKey = key(1).public();
    let role = RoleEdit { person: Some(PERSON), ..RoleEdit::default() };
    let request = RoleRequestEdit { person: Some(PERSON), role: Some(RoleName::Expert), ..RoleRequestEdit::default() };
    let cases: [(DocumentHeader, Edit, &str); 4] = [
        (RoleEdit::header(NETWORK, owner, Nonce([1; 16])), RoleEdit::default().into(), "person"),
        (RoleEdit::header(NETWORK, owner, Nonce([1; 16])), role.into(), "role"),
        (RoleRequestEdit::header(NETWORK, owner, Nonce([1; 16])), request.into(), "from"),
        (OrganisationEdit::header(NETWORK, owner), OrganisationEdit::default().into(), "name"),
    ];
    for (header, edit, missing) in cases {
        assert_eq!(header.kind, edit.kind());
        let refused = try_write(&History::new(header), 5, &edit);
        assert!(matches!(refused, Err(WriteError::Field(FieldError::Missing { field })) if field == missing));
    }
}

#[test]
fn each_limit_of_an_organisation_and_a_role_holds() {
    let about = |bytes: usize| OrganisationEdit { about: Some("x".repeat(bytes)), ..OrganisationEdit::default() };
    assert_eq!(about(organisation::limits::ABOUT_BYTES_MAX).check(), Ok(()));
    assert!(about(organisation::limits::ABOUT_BYTES_MAX + 1).check().is_err());
    let dates = |since: &str, until: &str| RoleEdit {
        since: Some(since.into()),
        until: Some(until.into()),
        ..RoleEdit::default()
    };
    assert_eq!(dates("2026-01-01", "2026-01-01").check(), Ok(()));
    assert_eq!(dates("2026-01-01", "").check(), Ok(()));
    assert_eq!(dates("2026-01-02", "2026-01-01").check(), Err(FieldError::Before { field: "until", other: "since" }));
    assert!(matches!(dates("1 May", "").check(), Err(FieldError::Form { field: "since", .. })));
    assert!(RoleName::ALL.iter().all(|role| RoleName::from_word(role.word()) == Some(*role)));
}
