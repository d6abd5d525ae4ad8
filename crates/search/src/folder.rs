//! The folder of an index: which files in it are the index's own.

use std::{io, path::Path};

/// Removes the files of an index, and leaves whatever else lies there.
///
/// # Errors
/// When the folder cannot be read or a file not removed.
pub(crate) fn clear(folder: &Path) -> io::Result<()> {
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        if is_own(&file.file_name().to_string_lossy()) && !file.file_type()?.is_dir() {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// A segment's files begin with its id of 32 hexadecimal digits; a file in the making with `.tmp`.
fn is_own(name: &str) -> bool {
    let of_segment = name.split_once('.').is_some_and(|(segment, _)| {
        segment.len() == SEGMENT_DIGITS && segment.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    of_segment || NAMES.contains(&name) || name.starts_with(".tmp")
}

const SEGMENT_DIGITS: usize = 32;
const NAMES: [&str; 4] = ["meta.json", ".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"];
