//! What an honest writer makes passes the gate, travels and comes back.

use std::sync::Arc;

use automerge::{ObjType, ROOT, ReadDoc, transaction::Transactable};
use knotwork_identity::{NetworkId, Nonce, SecretKey, SpaceId, Timestamp, decode_exact, encode};
use knotwork_ledger::{
    DocumentHeader, FORMAT, History, Kind, Pen, SignedChange, Verdict, Verifiers, materialise, restore, strip,
};

fn header() -> DocumentHeader {
    DocumentHeader {
        format: FORMAT,
        network: NetworkId([1; 32]),
        space: SpaceId::Commons,
        kind: Kind(16),
        owner: None,
        nonce: Nonce([2; 16]),
    }
}

#[test]
fn an_edit_becomes_a_change_that_every_node_admits() {
    let key = SecretKey::from_seed(&[7; 32]);
    let time = Timestamp::from_milliseconds(1_700_000_000_000).expect("within range");
    let mut pen = Pen::new(header(), &key, time);
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "A hand hygiene toolkit")?;
        let body = transaction.put_object(ROOT, "body", ObjType::Text)?;
        transaction.splice_text(&body, 0, 0, "Wash your hands. 🙂 e\u{301}")?;
        let tags = transaction.put_object(ROOT, "tags", ObjType::List)?;
        transaction.insert(&tags, 0, "infection")?;
        transaction.insert(&tags, 1, 12_i64)
    })
    .expect("an edit within the limits");
    pen.write(|transaction| {
        transaction.put(ROOT, "title", "Hand hygiene")?;
        let (_, body) = transaction.get(ROOT, "body")?.expect("the body was made above");
        transaction.splice_text(&body, 5, 4, "y")?;
        let (_, tags) = transaction.get(ROOT, "tags")?.expect("the tags were made above");
        transaction.delete(&tags, 0)
    })
    .expect("an edit within the limits");
    let (changes, own) = pen.finish();
    assert_eq!(changes.len(), 2);

    let mut verifiers = Verifiers::new(4);
    let mut history = History::new(header());
    for change in &changes {
        let travelled = decode_exact::<SignedChange>(&encode(change.signed())).expect("canonical");
        assert_eq!(&travelled, change.signed());
        let stripped = strip(&travelled.chunk).expect("a chunk");
        let restored = restore(&change.document(), &change.author(), &stripped).expect("short");
        assert_eq!(restored, travelled.chunk);
        let checked = travelled.check(&mut verifiers).expect("honest").change().expect("a known format");
        assert_eq!(checked.time(), time);
        assert_eq!(history.admit(Arc::new(checked)), Ok(Verdict::Admitted));
    }
    assert_eq!(history.heads(), own.heads());
    let document = materialise(&history).expect("admitted").document;
    let body = document.get(ROOT, "body").expect("readable").expect("there").1;
    assert_eq!(document.text(&body).expect("a text"), "Wash y hands. 🙂 e\u{301}");
}
