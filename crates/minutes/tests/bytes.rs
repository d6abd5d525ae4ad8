//! Any bytes as frames, as entries of the log and as files of minutes: what is read is written the same, and nothing
//! panics. The fuzz targets look for more of it, for as long as one lets them.

#[allow(dead_code, reason = "each test binary uses a part")]
mod circle;
mod outside;

use circle::Circle;
use outside::{entries, files, frames, is_entry, is_file, is_frame, spliced};
use proptest::prelude::*;

#[test]
fn the_samples_are_sound() {
    let circle = Circle::of(4);
    assert!(frames(&circle).iter().all(|sample| is_frame(sample)));
    assert!(entries(&circle).iter().all(|sample| is_entry(sample)));
    assert!(files(&circle).iter().all(|sample| is_file(sample, 7)));
    assert_eq!(spliced(b"abcdef", &[0, 1, 0, 3, 0, 6, 1, b'x', 0, 0, 2, 0, 0, 0, 3, 1]), b"acacdefx");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn changed_frames_and_entries_are_read_as_they_are_written_or_not_at_all(
        sample in 0..5_usize, choices in proptest::collection::vec(any::<u8>(), 0..32)
    ) {
        SAMPLES.with(|samples| {
            is_frame(&spliced(&samples.frames[sample], &choices));
            is_entry(&spliced(&samples.entries[sample], &choices));
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_files_show_the_same_in_any_pieces_or_nothing(
        sample in 0..2_usize, choices in proptest::collection::vec(any::<u8>(), 0..32), piece in 1..2_000_usize
    ) {
        SAMPLES.with(|samples| is_file(&spliced(&samples.files[sample], &choices), piece));
    }
}

struct Samples {
    frames: Vec<Vec<u8>>,
    entries: Vec<Vec<u8>>,
    files: Vec<Vec<u8>>,
}

thread_local! {
    static SAMPLES: Samples = {
        let circle = Circle::of(4);
        Samples { frames: frames(&circle), entries: entries(&circle), files: files(&circle) }
    };
}
