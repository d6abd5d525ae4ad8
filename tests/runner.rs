//! Every test that spans several crates or needs real processes, as one binary.
//!
//! Unit tests stand beside the code they test, and tests of one crate alone in that crate. What is here looks at the
//! repository as a whole, or starts daemons and talks to them.

mod architecture;
mod browser;
mod documentation;
mod example_library;
mod harness;
mod system;

/// A test file that no `mod` line declares compiles nowhere and passes for ever.
#[test]
fn every_test_file_is_declared() {
    use architecture::source;

    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let forgotten = source::undeclared_files(&folder.join("runner.rs"), folder).expect("the tests are readable");
    assert!(forgotten.is_empty(), "declare these files in tests/runner.rs or in a module below it: {forgotten:#?}");
}
