//! The documents: what they link to is there, and so is every test that they name.

use std::path::{Path, PathBuf};

use crate::architecture::repository;

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a listed page is readable");
        let folder = page.parent().expect("a page is in a folder");
        let lost = targets(&text).into_iter().filter(|target| !leads_somewhere(folder, target));
        broken.extend(lost.map(|target| format!("{}: {target}", page.display())));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_test_that_holds_a_promise_is_there() {
    let mut sources = String::new();
    for folder in ["crates", "node", "tests"] {
        read_sources(&repository().join(folder), &mut sources);
    }
    let mut named = 0;
    let mut missing = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a listed page is readable");
        for name in tests_in_tables(&text) {
            named += 1;
            // Some are written by a macro, one a line.
            if !sources.contains(&format!("fn {name}(")) && !sources.contains(&format!("\n    {name}: ")) {
                missing.push(format!("{}: {name}", page.display()));
            }
        }
        let unheld = rows_without_a_test(&text);
        assert!(
            unheld.is_empty(),
            "{}: these rows name no test, and do not say that they promise nothing: {unheld:#?}",
            page.display()
        );
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 20, "the tables of promises name tests, and {named} were found");
}

/// The names of tests in rows of tables: four words or more in backticks, with lines between.
fn tests_in_tables(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let is_name = |name: &&str| {
        name.matches('_').count() >= 3
            && name
                .chars()
                .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_')
    };
    names.filter(is_name).collect()
}

/// Rows of tables whose last column is for tests that name none, but for those that say that nothing is promised.
fn rows_without_a_test(text: &str) -> Vec<&str> {
    let last = |row: &&str| row.trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim().to_owned();
    let mut rows = Vec::new();
    let mut of_tests = false;
    let mut before = false;
    for line in text.lines() {
        let is_row = line.starts_with('|');
        if is_row && !before {
            of_tests = last(&line) == "test";
        } else if is_row && of_tests && !line.starts_with("|--") {
            rows.push(line);
        }
        before = is_row;
    }
    rows.retain(|row| tests_in_tables(row).is_empty() && !last(row).starts_with("not promised"));
    rows
}

fn read_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).expect("sources can be listed") {
        let path = entry.expect("sources can be listed").path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(&path).expect("a source is readable"));
        }
    }
}

/// The front page, the changelog, and everything below `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md"), repository().join("CHANGELOG.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("docs can be listed") {
            let path = entry.expect("docs can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// What stands between `](` and `)`, outside fenced blocks.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut is_fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            let after = line.split("](").skip(1);
            targets.extend(after.filter_map(|rest| rest.split(')').next()).map(str::to_owned));
        }
    }
    targets
}

/// Links to elsewhere and to a heading of the same page are taken as they are.
fn leads_somewhere(folder: &Path, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    path.is_empty() || target.contains("://") || folder.join(path).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_named_is_found() {
        let text = "`not_in_a_table_at_all`\n| a | `x`: `one_that_is_there`, `tests/minutes.rs`, `Two_That_Is_No` |";
        assert_eq!(tests_in_tables(text), ["one_that_is_there"]);
    }

    #[test]
    fn a_broken_link_is_found() {
        let text = "[a](b.md) and [c](../Cargo.toml#x)\n```\n[d](e.md)\n```\n[f](https://g.example/h) [i](#j)";
        assert_eq!(targets(text), ["b.md", "../Cargo.toml#x", "https://g.example/h", "#j"]);
        let folder = repository().join("docs");
        let lost: Vec<_> = targets(text).into_iter().filter(|target| !leads_somewhere(&folder, target)).collect();
        assert_eq!(lost, ["b.md"]);
    }
}
