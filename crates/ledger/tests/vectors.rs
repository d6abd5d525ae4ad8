//! The test vectors of `docs/protocol/ledger.md`. Everything is computed again from fixed seeds.

use std::sync::Arc;

use automerge::{ObjType, ROOT, ReadDoc, transaction::Transactable};
use data_encoding::HEXLOWER;
use knotwork_identity::{
    NetworkId, Nonce, PublicKey, SecretKey, Signature, SpaceId, Timestamp, decode_exact, encode, sha256,
};
use knotwork_ledger::{
    Checked, CheckedChange, DocumentHeader, FORMAT, History, Kind, Pen, SignedChange, Verdict, Verifiers, restore,
    signed_message, strip,
};
use serde_json::{Value, json};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn header(owner: Option<PublicKey>) -> DocumentHeader {
    DocumentHeader {
        format: FORMAT,
        network: NetworkId([0x11; 32]),
        space: SpaceId::Commons,
        kind: Kind(16),
        owner,
        nonce: Nonce([0x22; 16]),
    }
}

fn time(milliseconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).expect("within range")
}

/// Four changes of one document: a first one, two on it at the same time, and one that merges them.
fn changes() -> Vec<CheckedChange> {
    let authors = [key(1), key(2)];
    let mut pen = Pen::new(header(None), &authors[0], time(1_700_000_000_000));
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "Knot")?;
        transaction.put(ROOT, "pages", 12_u64)?;
        let body = transaction.put_object(ROOT, "body", ObjType::Text)?;
        transaction.splice_text(&body, 0, 0, "Over é🧶")?;
        let tags = transaction.put_object(ROOT, "tags", ObjType::List)?;
        transaction.insert(&tags, 0, "rope")?;
        transaction.insert(&tags, 1, true)
    })
    .expect("within the limits");
    let (mut changes, base) = pen.finish();

    let mut pen = Pen::open(base.clone(), &authors[1], time(1_700_000_060_000)).expect("one change");
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "Knots")?;
        let (_, body) = transaction.get(ROOT, "body")?.expect("the first change makes it");
        transaction.splice_text(&body, 4, 1, ", under ")
    })
    .expect("within the limits");
    let (second, mut joined) = pen.finish();

    let mut pen = Pen::open(base, &authors[0], Timestamp::NONE).expect("one change");
    pen.write(|transaction| {
        let (_, tags) = transaction.get(ROOT, "tags")?.expect("the first change makes it");
        transaction.delete(&tags, 0)
    })
    .expect("within the limits");
    let (third, _) = pen.finish();
    joined.admit(Arc::new(third[0].clone())).expect("its dependency is there");

    let mut pen = Pen::open(joined, &authors[1], Timestamp::MAX).expect("two heads");
    pen.write(|transaction| transaction.put(ROOT, "pages", -1_i64)).expect("within the limits");
    changes.extend(second.into_iter().chain(third).chain(pen.finish().0));
    changes
}

fn header_vector(header: &DocumentHeader) -> Value {
    json!({
        "format": header.format,
        "network": HEXLOWER.encode(&header.network.0),
        "space": HEXLOWER.encode(&encode(&header.space)),
        "kind": header.kind.0,
        "owner": header.owner.map(|owner| HEXLOWER.encode(&owner.0)),
        "nonce": HEXLOWER.encode(&header.nonce.0),
        "canonical": HEXLOWER.encode(&encode(header)),
        "document": HEXLOWER.encode(&header.id().0),
    })
}

fn change_vector(change: &CheckedChange) -> Value {
    let signed = change.signed();
    json!({
        "header": HEXLOWER.encode(&encode(&signed.header)),
        "author": HEXLOWER.encode(&signed.author.0),
        "chunk": HEXLOWER.encode(&signed.chunk),
        "stripped": HEXLOWER.encode(&strip(&signed.chunk).expect("a chunk")),
        "actor": HEXLOWER.encode(&change.actor().0),
        "change": HEXLOWER.encode(&change.id().0),
        "message": HEXLOWER.encode(&signed_message(&change.document(), &signed.author, &change.id())),
        "signature": HEXLOWER.encode(&signed.signature.0),
        "envelope": HEXLOWER.encode(&encode(signed)),
    })
}

/// A stripped first chunk at time 0 with these columns.
fn stripped(columns: &[(u8, &[u8])]) -> Vec<u8> {
    // No dependencies, sequence number 1, first counter 1, time 0, no message, no other actors.
    let mut bytes = vec![0, 1, 1, 0, 0, 0, columns.len() as u8];
    columns.iter().for_each(|(specification, column)| bytes.extend([*specification, column.len() as u8]));
    columns.iter().for_each(|(_, column)| bytes.extend_from_slice(column));
    bytes
}

/// What the gate says of stripped chunks that set null at the key "a" of the root, once as it must be and then with one
/// thing about it changed.
fn gate_vectors() -> Vec<Value> {
    const KEY: (u8, &[u8]) = (0x15, &[0x7f, 1, b'a']);
    const INSERT: (u8, &[u8]) = (0x34, &[1]);
    const SET: (u8, &[u8]) = (0x42, &[0x7f, 1]);
    const NULL: (u8, &[u8]) = (0x56, &[0x7f, 0]);
    const NONE: (u8, &[u8]) = (0x70, &[0x7f, 0]);
    // 65,537 and 60,000 times the same.
    let (bomb, many) = ([0x81, 0x80, 0x04], [0xe0, 0xd4, 0x03]);
    let repeated = |times: [u8; 3], rest: &[u8]| [&times[..], rest].concat();
    let all = |times: [u8; 3]| {
        let [key, action, value, count] = [&[1, b'a'][..], &[1], &[0], &[0]].map(|rest| repeated(times, rest));
        stripped(&[(0x15, &key), (0x34, &times), (0x42, &action), (0x56, &value), (0x70, &count)])
    };
    // The same key of 100 bytes 10 and 60 times.
    let long_key = |times: u8| {
        let key = [&[times, 100][..], &[b'k'; 100]].concat();
        let columns = [vec![times], vec![times, 1], vec![times, 0], vec![times, 0]];
        let [insert, set, null, none] = columns.each_ref().map(Vec::as_slice);
        stripped(&[(0x15, &key), (0x34, insert), (0x42, set), (0x56, null), (0x70, none)])
    };
    // A text under "t", and an element inserted into it.
    let element = |text: &[u8]| {
        let values = [0x7e, 0, (text.len() as u8) << 4 | 6];
        stripped(&[
            (0x01, &[0, 1, 0x7f, 0]),
            (0x02, &[0, 1, 0x7f, 1]),
            (0x13, &[0, 1, 0x7f, 0]),
            (0x15, &[0x7f, 1, b't', 0, 1]),
            (0x34, &[1, 1]),
            (0x42, &[0x7e, 4, 1]),
            (0x56, &values),
            (0x57, text),
            (0x70, &[2, 0]),
        ])
    };
    let mut late = stripped(&[KEY, INSERT, SET, NULL, NONE]);
    late.splice(3..4, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00]);
    let cases = [
        ("one value at one key", stripped(&[KEY, INSERT, SET, NULL, NONE])),
        ("65,537 operations in a few bytes", all(bomb)),
        ("60,000 values in a few bytes", all(many)),
        ("nothing done and nothing merged", stripped(&[])),
        ("a run of one", stripped(&[KEY, INSERT, (0x42, &[1, 1]), NULL, NONE])),
        ("a number in a longer form", stripped(&[KEY, INSERT, (0x42, &[0x7f, 0x81, 0]), NULL, NONE])),
        ("a column that is all gap", stripped(&[(0x01, &[0, 1]), KEY, INSERT, SET, NULL, NONE])),
        ("columns out of order", stripped(&[INSERT, KEY, SET, NULL, NONE])),
        ("a column of marks", stripped(&[KEY, INSERT, SET, NULL, NONE, (0x75, &[0])])),
        ("a counter is increased", stripped(&[KEY, INSERT, (0x42, &[0x7f, 5]), NULL, NONE])),
        ("a value of an unknown type", stripped(&[KEY, INSERT, SET, (0x56, &[0x7f, 10]), NONE])),
        ("an insertion into a map", stripped(&[KEY, (0x34, &[0, 1]), SET, NULL, NONE])),
        ("a deletion of nothing", stripped(&[KEY, INSERT, (0x42, &[0x7f, 3]), NULL, NONE])),
        ("an element of the root", stripped(&[(0x13, &[0x7f, 0]), (0x34, &[0, 1]), SET, NULL, NONE])),
        ("the time 2^48", late),
        ("a key of 100 bytes, 10 times", long_key(10)),
        ("a key of 100 bytes, 60 times", long_key(60)),
        ("one character in an element of a text", element("é".as_bytes())),
        ("two characters in an element of a text", element(b"ab")),
    ];
    let author = key(1).public();
    let judged = cases.map(|(what, stripped)| {
        let chunk = restore(&header(None).id(), &author, &stripped).expect("short");
        let change = SignedChange { header: header(None), author, chunk, signature: Signature([0; 64]) };
        let verdict = change.check_trusted().and_then(|checked| match checked {
            Checked::Change(change) => History::new(header(None)).admit(Arc::new(change)),
            Checked::UnknownFormat(_) => panic!("the format is known"),
        });
        let rejected = match verdict {
            Ok(verdict) => {
                assert_eq!(verdict, Verdict::Admitted);
                None
            }
            Err(rejection) => Some(rejection.to_string()),
        };
        json!({ "what": what, "stripped": HEXLOWER.encode(&stripped), "rejected": rejected })
    });
    judged.to_vec()
}

fn vectors() -> Value {
    let owned = DocumentHeader { space: SpaceId::Roster, ..header(Some(key(1).public())) };
    json!({
        "seeds": { "first author": HEXLOWER.encode(&[1; 32]), "second author": HEXLOWER.encode(&[2; 32]) },
        "headers": [header_vector(&header(None)), header_vector(&owned)],
        "changes": changes().iter().map(change_vector).collect::<Vec<_>>(),
        "gate": gate_vectors(),
    })
}

#[test]
fn the_published_vectors_are_what_this_crate_computes() {
    let published: Value = serde_json::from_str(PUBLISHED).expect("the vectors are JSON");
    let computed = vectors();
    assert_eq!(published, computed, "computed:\n{}", serde_json::to_string_pretty(&computed).expect("values are JSON"));
}

#[test]
fn the_published_changes_are_what_the_page_says() {
    let published: Value = serde_json::from_str(PUBLISHED).expect("the vectors are JSON");
    let bytes = |value: &Value| HEXLOWER.decode(value.as_str().expect("hex").as_bytes()).expect("hex");
    let mut verifiers = Verifiers::new(2);
    let mut history = History::new(header(None));
    for vector in published["changes"].as_array().expect("a list") {
        let (author, mut chunk) = (bytes(&vector["author"]), bytes(&vector["chunk"]));
        // By hand, from the bytes alone.
        let document = sha256(&[b"knotwork/document/1", &bytes(&vector["header"])]);
        let id = sha256(&[&chunk[8..]]);
        assert_eq!(bytes(&vector["change"]), id);
        assert_eq!(chunk[4..8], id[..4]);
        let actor = bytes(&vector["actor"]);
        let place = chunk.windows(32).position(|part| part == actor).expect("the actor is in the chunk");
        chunk[place..place + 32].fill(0);
        assert_eq!(actor, sha256(&[b"knotwork/actor/1", &author, &document, &chunk[8..]]));
        assert_eq!(bytes(&vector["message"]), [&b"knotwork/change/1"[..], &document, &author, &id].concat());
        // And by the gate.
        let signed: SignedChange = decode_exact(&bytes(&vector["envelope"])).expect("canonical");
        let change = signed.check(&mut verifiers).expect("sound").change().expect("a known format");
        assert_eq!(history.admit(Arc::new(change)), Ok(Verdict::Admitted));
    }
    assert_eq!(history.heads().len(), 1);
}

const PUBLISHED: &str = include_str!("../../../docs/protocol/vectors/ledger.json");
