//! The index in its folder: opened again, damaged, of another version.

use std::path::Path;

use knotwork_commands::{Position, Search as _};
use knotwork_search::Index;

use super::{entry, found};

/// What may befall the bytes of a file.
type Harm = fn(&mut Vec<u8>);

fn position(sequence: u64) -> Position {
    Position { incarnation: [7; 16], sequence }
}

fn fill(folder: &Path) {
    let index = Index::open(Some(folder)).expect("it opens");
    index.put(&[entry(1, "one"), entry(2, "two")]).expect("it is written");
    index.commit(Some(position(5))).expect("it is written");
    index.put(&[entry(3, "three")]).expect("it is written");
}

#[test]
fn what_was_committed_is_there_again_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("search");
    fill(&folder);
    let index = Index::open(Some(&folder)).expect("it opens");
    assert_eq!(index.position(), Some(position(5)));
    assert_eq!(index.caught_up_to(), 0, "whether that is a place of this store is not known yet");
    assert_eq!((found(&index, "one"), found(&index, "three")), (vec![1], Vec::new()));
    index.remove(&[entry(1, "").id]).expect("it is written");
    index.commit(Some(position(6))).expect("it is written");
    assert_eq!((index.position(), index.caught_up_to(), index.len()), (Some(position(6)), 6, 1));
    index.clear().expect("it is written");
    assert_eq!((index.position(), index.caught_up_to(), index.is_empty()), (None, 0, true));
}

#[test]
fn a_second_opening_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    fill(folder.path());
    let index = Index::open(Some(folder.path())).expect("it opens");
    assert!(Index::open(Some(folder.path())).is_err());
    assert_eq!(found(&index, "one"), [1]);
}

#[test]
fn every_kind_of_damage_begins_anew_and_other_files_stay() {
    let files = |folder: &Path| {
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        let mut files: Vec<_> = files.filter(|file| !file.to_string_lossy().ends_with(".lock")).collect();
        files.sort();
        files
    };
    let count = {
        let folder = tempfile::tempdir().expect("a folder");
        fill(folder.path());
        files(folder.path()).len()
    };
    let flip = |bytes: &mut Vec<u8>| {
        let at = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x55;
        }
    };
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2);
    let empty = |bytes: &mut Vec<u8>| bytes.clear();
    let harms: [Harm; 3] = [flip, cut, empty];
    for harm in harms {
        for at in 0..count {
            let folder = tempfile::tempdir().expect("a folder");
            fill(folder.path());
            std::fs::write(folder.path().join("notes.txt"), "mine").expect("it is written");
            let file = files(folder.path()).into_iter().filter(|file| !file.ends_with("notes.txt")).nth(at);
            let Some(file) = file else { continue };
            let mut bytes = std::fs::read(&file).expect("a file");
            harm(&mut bytes);
            std::fs::write(&file, bytes).expect("it is written");
            let index = Index::open(Some(folder.path())).expect("it opens");
            // Whatever is still whole may be kept, but then it is all there.
            match index.position() {
                None => assert!(index.is_empty(), "{file:?}"),
                Some(position) => {
                    assert_eq!((position.sequence, index.len(), found(&index, "one")), (5, 2, vec![1]), "{file:?}");
                }
            }
            index.put(&[entry(9, "nine")]).expect("it is written");
            index.commit(Some(position(9))).expect("it is written");
            assert_eq!(found(&index, "nine"), [9]);
            assert!(folder.path().join("notes.txt").exists());
        }
    }
}

#[test]
fn another_version_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    fill(folder.path());
    let meta = folder.path().join("meta.json");
    let text = std::fs::read_to_string(&meta).expect("a file");
    assert!(text.contains("\"1 "), "{text}");
    std::fs::write(&meta, text.replace("\"1 ", "\"0 ")).expect("it is written");
    let index = Index::open(Some(folder.path())).expect("it opens");
    assert_eq!((index.position(), index.len()), (None, 0));
}
