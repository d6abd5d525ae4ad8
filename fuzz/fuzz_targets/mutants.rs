//! Mutants by the fuzzer's choices: whatever the gate admits must be a document that can be shown, kept and edited.
#![no_main]

use knotwork_ledger::mutants::{Dice, round_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Few of each history, because the fuzzer's bytes decide the first ones.
    if let Err(failure) = round_with(&mut Dice::from_bytes(bytes), 0, 10) {
        panic!("{failure}");
    }
});
