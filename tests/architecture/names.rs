//! How files are named and begun: no drawers for odds and ends, a purpose at the top of every file, nothing forgotten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::source::{self, Source};
use super::workspace::{packages, repository, shown};

#[test]
fn no_folder_or_file_is_a_drawer() {
    let mut paths = Vec::new();
    list(repository(), &mut paths);
    assert!(paths.len() > 50, "the walk went astray: {paths:#?}");
    let drawers: Vec<_> = paths.iter().filter(|path| is_drawer(path)).map(|path| shown(path)).collect();
    assert!(drawers.is_empty(), "name these after what is in them: {drawers:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut silent = Vec::new();
    for file in our_files() {
        let text = std::fs::read_to_string(&file).expect("a listed file is readable");
        if !has_purpose(&text) {
            silent.push(shown(&file));
        }
    }
    assert!(silent.is_empty(), "begin these with a `//!` line that says what they are for: {silent:#?}");
}

#[test]
fn no_source_file_is_forgotten() {
    for package in packages() {
        let mut declared = BTreeSet::new();
        for root in &package.roots {
            declared.extend(source::files_of(root, true).unwrap_or_else(|error| panic!("{error}")));
        }
        let sources = package.folder.join("src");
        let found =
            if sources.is_dir() { source::rust_files(&sources).expect("sources can be listed") } else { continue };
        let forgotten: Vec<_> = found.difference(&declared).map(|file| shown(file)).collect();
        assert!(forgotten.is_empty(), "no `mod` line leads to these files: {forgotten:#?}");
    }
}

#[test]
fn nothing_is_a_manager() {
    let mut findings = Vec::new();
    for file in our_files() {
        let source = source::read(&file).unwrap_or_else(|error| panic!("{error}"));
        findings.extend(managers(&source).iter().map(|name| format!("{}: {name}", shown(&file))));
    }
    assert!(findings.is_empty(), "say what these do: {findings:#?}");
}

/// All source files of all packages.
fn our_files() -> BTreeSet<PathBuf> {
    let roots = packages().into_iter().flat_map(|package| package.roots);
    roots.flat_map(|root| source::files_of(&root, true).unwrap_or_else(|error| panic!("{error}"))).collect()
}

/// Everything in the repository but what is built and what git keeps.
fn list(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let path = entry.expect("a folder of the repository can be listed").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && (name == ".git" || path.join("CACHEDIR.TAG").exists() || name == "target") {
            continue;
        }
        if path.is_dir() {
            list(&path, paths);
        }
        paths.push(path);
    }
}

fn is_drawer(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut words = stem.split(['-', '_', '.']);
    words.any(|word| DRAWERS.contains(&word))
}

fn has_purpose(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.strip_prefix("//! ").is_some_and(|purpose| !purpose.trim().is_empty()))
}

/// The types whose name ends in `Manager`, which says nothing about what they do.
fn managers(source: &Source) -> Vec<String> {
    let pairs = source.mentions.windows(2).filter_map(|pair| match (&pair[0].segments[..], &pair[1].segments[..]) {
        ([keyword], [name]) if ["struct", "enum", "trait", "type"].contains(&keyword.as_str()) => Some(name.clone()),
        _ => None,
    });
    pairs.filter(|name| name.ends_with("Manager")).collect()
}

const DRAWERS: &[&str] = &[
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "shared",
    "stuff",
    "types",
    "util",
    "utils",
    "utilities",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawers_are_found_by_whole_words() {
        for bad in ["a/utils/b.rs", "helpers.rs", "src/test_util.rs", "Types.rs", "src/peer_manager.rs", "shared"] {
            let path = Path::new(bad);
            assert!(path.ancestors().any(is_drawer), "{bad}");
        }
        for good in ["docs/prototypes.md", "crates/ledger/src/sharing.rs", "mischief.rs", ".gitignore", "commands"] {
            assert!(!Path::new(good).ancestors().any(is_drawer), "{good}");
        }
    }

    #[test]
    fn a_silent_file_is_found() {
        assert!(has_purpose("//! Keys and ids.\n\nuse std;"));
        for silent in ["", "use std;\n//! Late.", "//!\n", "// A comment.\n", "//! \nuse std;"] {
            assert!(!has_purpose(silent), "{silent:?}");
        }
    }

    #[test]
    fn a_manager_is_found() {
        let source = Source::parse("pub struct PeerManager; fn f(x: OtherManager) {}").expect("the sample is Rust");
        assert_eq!(managers(&source), ["PeerManager"]);
    }
}
