//! The demonstration that a newcomer runs first.

use crate::harness::cli;

#[test]
fn the_demonstration_checks_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = cli::call(["demo", "--check"]).env("TMPDIR", folder.path()).done();
    let table = outcome.text();
    assert!(table.lines().count() >= 4, "no table: {table}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder is there").collect();
    assert!(left.is_empty(), "it leaves {left:?} behind");
}
