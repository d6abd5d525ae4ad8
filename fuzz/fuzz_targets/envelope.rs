//! Any bytes as an envelope, and as a chunk whose actor and checksum are put right: the gate answers and never panics.
#![no_main]

use std::sync::Arc;

use knotwork_identity::{PublicKey, Signature, decode_exact, encode};
use knotwork_ledger::{Checked, History, SignedChange, Verdict, materialise, mutants::honest, restore, strip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(change) = decode_exact::<SignedChange>(bytes) {
        assert_eq!(encode(&change), bytes);
        let _ = change.check_trusted();
    }
    let (header, author) = (honest::header(1), PublicKey([1; 32]));
    let Ok(chunk) = restore(&header.id(), &author, bytes) else { return };
    assert_eq!(strip(&chunk).as_deref(), Ok(bytes));
    let signed = SignedChange { header: header.clone(), author, chunk, signature: Signature([0; 64]) };
    if let Ok(Checked::Change(change)) = signed.check_trusted() {
        let mut history = History::new(header);
        if history.admit(Arc::new(change)) == Ok(Verdict::Admitted) {
            materialise(&history).expect("what is admitted can be shown");
        }
    }
});
