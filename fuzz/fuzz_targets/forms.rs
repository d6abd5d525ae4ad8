//! Terms, ballots, charters, words, applications, invitations and the rest that comes from outside: what is read is written
//! the same. The first byte says as which form the rest is read, and whether it stands for itself or for changes to a sample.
#![no_main]

#[path = "../../crates/governance/tests/forms/sound.rs"]
mod sound;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sound::{Form, forms, spliced};

fuzz_target!(|bytes: &[u8]| {
    let [which, bytes @ ..] = bytes else { return };
    let (is_form, sample) = &FORMS[usize::from(which / 2) % FORMS.len()];
    if which % 2 == 0 { is_form(bytes) } else { is_form(&spliced(sample, bytes)) };
});

static FORMS: LazyLock<Vec<(Form, Vec<u8>)>> = LazyLock::new(forms);
