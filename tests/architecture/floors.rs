//! Who may use whom: imports go down only, and each heavy library has its home.
//!
//! Works on what the manifests declare; a path that a source file mentions without a declared dependency does not
//! compile anyway.

use super::workspace::{Package, Place, packages, place, placed_names, repository, shown};

/// A library that only some packages may name, so that replacing it touches one folder.
struct Home {
    /// The library, or the beginning of its name and those of its relatives.
    library: &'static str,
    packages: &'static [&'static str],
}

#[test]
fn every_package_has_a_place() {
    let packages = packages();
    for package in &packages {
        let name = &package.name;
        assert!(place(name).is_some(), "{name} stands on no floor: add it in tests/architecture/workspace.rs");
        assert!(!package.roots.is_empty(), "{name} has nothing in it");
    }
    for name in placed_names() {
        assert!(packages.iter().any(|package| package.name == name), "{name} has a place and does not exist");
    }
}

#[test]
fn imports_go_down_only() {
    let findings: Vec<_> = packages().iter().flat_map(upward_imports).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn each_heavy_library_stays_at_home() {
    let findings: Vec<_> = packages().iter().flat_map(strangers).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

/// The task runner is built before anything else and beside everything else: it must not pull in or reshape the rest.
#[test]
fn the_task_runner_stays_light() {
    let packages = packages();
    let xtask = packages.iter().find(|package| package.name == "xtask").expect("xtask exists");
    assert!(xtask.dependencies.is_empty(), "xtask builds with the standard library alone: {:#?}", xtask.dependencies);
}

#[test]
fn the_picture_of_the_house_names_every_crate() {
    let file = repository().join("docs/ARCHITECTURE.md");
    let page = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", shown(&file)));
    for package in packages() {
        let folder = package.folder.file_name().expect("a package has a folder").to_string_lossy().into_owned();
        assert!(page.contains(&format!("`{folder}`")), "docs/ARCHITECTURE.md says nothing of `{folder}`");
    }
}

fn upward_imports(package: &Package) -> Vec<String> {
    let from = place(&package.name);
    // A package's own tests may put it together with others, as only the node does otherwise.
    let findings = package.dependencies.iter().filter(|dependency| !dependency.for_tests).filter_map(|dependency| {
        let to = place(&dependency.name)?;
        let reason = refusal(from?, to)?;
        Some(format!("{} must not use {}: {reason}", package.name, dependency.name))
    });
    findings.collect()
}

/// Why a package at `from` may not use one at `to`, if so.
fn refusal(from: Place, to: Place) -> Option<String> {
    match (from, to) {
        (Place::Development, _) => None,
        (Place::Floor { .. }, Place::Development) => Some("it is for development alone".to_owned()),
        (Place::Floor { floor, step }, Place::Floor { floor: below, step: before }) => {
            if below > floor {
                Some(format!("floor {below} is above floor {floor}"))
            } else if below == floor && before >= step {
                Some(format!("on floor {floor} it does not come first"))
            } else {
                None
            }
        }
    }
}

fn strangers(package: &Package) -> Vec<String> {
    // A test may take a peer's or an attacker's part with the library itself; the daemon is what must stay swappable.
    if place(&package.name) == Some(Place::Development) {
        return Vec::new();
    }
    let findings = package.dependencies.iter().filter_map(|dependency| {
        let home = HOMES.iter().find(|home| is_of_family(&dependency.name, home.library))?;
        let is_home = home.packages.contains(&package.name.as_str());
        (!is_home).then(|| {
            format!("{} must not use {}: its home is {}", package.name, dependency.name, home.packages.join(", "))
        })
    });
    findings.collect()
}

/// `libp2p-stream` is of the family `libp2p`; `axumatic` is not of the family `axum`.
fn is_of_family(name: &str, library: &str) -> bool {
    let name = name.replace('_', "-");
    name.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

const HOMES: &[Home] = &[
    Home { library: "automerge", packages: &["knotwork-ledger", "knotwork-documents"] },
    Home { library: "autosurgeon", packages: &["knotwork-documents"] },
    Home { library: "negentropy", packages: &["knotwork-reconcile"] },
    Home { library: "arc-malachitebft", packages: &["knotwork-minutes"] },
    Home { library: "sled", packages: &["knotwork-store"] },
    Home { library: "libp2p", packages: &["knotwork-mesh"] },
    Home { library: "axum", packages: &["knotwork-api", "knotwork-pages", "knotwork"] },
    Home { library: "argon2", packages: &["knotwork-accounts"] },
    Home { library: "chacha20poly1305", packages: &["knotwork-accounts"] },
    Home { library: "maud", packages: &["knotwork-pages"] },
    Home { library: "fluent", packages: &["knotwork-pages"] },
    Home { library: "ammonia", packages: &["knotwork-pages"] },
    Home { library: "hyper", packages: &["knotwork-api", "knotwork"] },
    Home { library: "utoipa", packages: &["knotwork-api"] },
    Home { library: "clap", packages: &["knotwork"] },
    Home { library: "anyhow", packages: &["knotwork"] },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::workspace::Dependency;

    fn sample(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|name| Dependency { name: (*name).to_owned(), for_tests: false });
        let dependencies = dependencies.collect();
        Package { name: name.to_owned(), folder: "/".into(), roots: Vec::new(), dependencies }
    }

    #[test]
    fn an_import_from_above_is_found() {
        let found = upward_imports(&sample("knotwork-ledger", &["knotwork-documents", "knotwork-identity", "sled"]));
        assert_eq!(found, ["knotwork-ledger must not use knotwork-documents: on floor 1 it does not come first"]);
        let found = upward_imports(&sample("knotwork-identity", &["knotwork-ledger"]));
        assert_eq!(found, ["knotwork-identity must not use knotwork-ledger: floor 1 is above floor 0"]);
    }

    #[test]
    fn adapters_that_meet_are_found() {
        for (one, other) in [("store", "mesh"), ("mesh", "api"), ("api", "store")] {
            for (from, to) in [(one, other), (other, one)] {
                let package = sample(&format!("knotwork-{from}"), &[&format!("knotwork-{to}")]);
                assert_eq!(upward_imports(&package).len(), 1, "{from} to {to}");
            }
        }
    }

    #[test]
    fn what_is_for_development_is_kept_out_of_the_daemon_and_may_itself_use_anything() {
        assert_eq!(upward_imports(&sample("knotwork", &["knotwork-simulator"])).len(), 1);
        assert!(upward_imports(&sample("knotwork-simulator", &["knotwork", "knotwork-store"])).is_empty());
    }

    #[test]
    fn the_way_down_is_free() {
        assert!(upward_imports(&sample("knotwork", &["knotwork-api", "knotwork-identity"])).is_empty());
        assert!(upward_imports(&sample("knotwork-replica", &["knotwork-reconcile", "knotwork-ledger"])).is_empty());
    }

    #[test]
    fn a_library_away_from_home_is_found() {
        let found = strangers(&sample("knotwork-replica", &["libp2p-stream", "sled", "axum", "sledgehammer"]));
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(strangers(&sample("knotwork-mesh", &["libp2p", "libp2p-stream"])).is_empty());
    }
}
