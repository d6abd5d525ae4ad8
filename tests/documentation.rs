//! The documents: what they link to is there.

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
    fn a_broken_link_is_found() {
        let text = "[a](b.md) and [c](../Cargo.toml#x)\n```\n[d](e.md)\n```\n[f](https://g.example/h) [i](#j)";
        assert_eq!(targets(text), ["b.md", "../Cargo.toml#x", "https://g.example/h", "#j"]);
        let folder = repository().join("docs");
        let lost: Vec<_> = targets(text).into_iter().filter(|target| !leads_somewhere(&folder, target)).collect();
        assert_eq!(lost, ["b.md"]);
    }
}
