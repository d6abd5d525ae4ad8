//! Any bytes as terms, ballots, applications, invitations and the rest that comes from outside: what is read is written the
//! same, and nothing panics. The fuzz target looks for more of it, for as long as one lets it.

mod sound;

use proptest::prelude::*;
use sound::{Form, forms, spliced};

#[test]
fn the_samples_are_sound_and_no_cut_of_them_is() {
    for (place, (is_form, sample)) in forms().into_iter().enumerate() {
        assert!(is_form(&sample), "sample {place}");
        for cut in 0..sample.len() {
            assert!(!is_form(&sample[..cut]), "sample {place} cut at {cut}");
        }
        assert!(!is_form(&[&sample[..], &[0]].concat()), "sample {place} with something after it");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn changed_forms_are_read_as_they_are_written_or_not_at_all(
        sample in any::<prop::sample::Index>(), choices in proptest::collection::vec(any::<u8>(), 0..32)
    ) {
        FORMS.with(|forms| {
            let (is_form, sample) = sample.get(forms);
            is_form(&spliced(sample, &choices));
        });
    }
}

thread_local! {
    static FORMS: Vec<(Form, Vec<u8>)> = forms();
}
