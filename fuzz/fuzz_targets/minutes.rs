//! Frames of minutes, entries of the log, and files of minutes and papers: what is read is written the same. The first byte
//! says whether the rest stands for itself or for changes to a sound sample.
#![no_main]

#[allow(dead_code)]
#[path = "../../crates/minutes/tests/circle/mod.rs"]
mod circle;
#[path = "../../crates/minutes/tests/outside/mod.rs"]
mod outside;

use std::sync::LazyLock;

use circle::Circle;
use libfuzzer_sys::fuzz_target;
use outside::{entries, files, frames, is_entry, is_file, is_frame, spliced};

fuzz_target!(|bytes: &[u8]| {
    let [which, bytes @ ..] = bytes else { return };
    let Samples { frames, entries, files } = &*SAMPLES;
    let sample = |samples: &[Vec<u8>]| spliced(&samples[usize::from(which / 8) % samples.len()], bytes);
    match which % 8 {
        0 => is_frame(bytes),
        1 => is_entry(bytes),
        2 => is_file(bytes, 7),
        3 | 4 => is_frame(&sample(frames)),
        5 => is_entry(&sample(entries)),
        _ => is_file(&sample(files), 61),
    };
});

struct Samples {
    frames: Vec<Vec<u8>>,
    entries: Vec<Vec<u8>>,
    files: Vec<Vec<u8>>,
}

static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let circle = Circle::of(4);
    Samples { frames: frames(&circle), entries: entries(&circle), files: files(&circle) }
});
