//! The packages of this repository and the floor on which each stands.
//!
//! Knows what cargo says about the workspace and nothing about what is inside a source file.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Where a package stands. A package may use what is below it, never what is above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Part of the daemon: a floor, and a step within it. On one floor a later step may use an earlier one.
    Floor {
        /// 0 is the ground, 5 the roof.
        floor: u8,
        /// Packages on the same step never use each other.
        step: u8,
    },
    /// Used in development alone; nothing that runs in the daemon may use it.
    Development,
}

/// One package of the workspace, reduced to what the checks need.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its `Cargo.toml`.
    pub(crate) folder: PathBuf,
    /// The root files of its library and binaries.
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a package's dependencies.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// A dev-dependency: compiled into the package's own tests and nowhere else.
    pub(crate) for_tests: bool,
}

/// The packages as they stand, bottom up. A new package gets its line here, and `docs/ARCHITECTURE.md` its paragraph.
const PLACES: &[(&str, Place)] = &[
    ("knotwork-identity", Place::Floor { floor: 0, step: 0 }),
    ("knotwork-ledger", Place::Floor { floor: 1, step: 0 }),
    ("knotwork-documents", Place::Floor { floor: 1, step: 1 }),
    ("knotwork-accounts", Place::Floor { floor: 1, step: 0 }),
    ("knotwork-governance", Place::Floor { floor: 1, step: 0 }),
    ("knotwork-reconcile", Place::Floor { floor: 2, step: 0 }),
    ("knotwork-replica", Place::Floor { floor: 2, step: 1 }),
    ("knotwork-commands", Place::Floor { floor: 3, step: 0 }),
    ("knotwork-store", Place::Floor { floor: 4, step: 0 }),
    ("knotwork-mesh", Place::Floor { floor: 4, step: 0 }),
    ("knotwork-api", Place::Floor { floor: 4, step: 0 }),
    ("knotwork-pages", Place::Floor { floor: 4, step: 0 }),
    ("knotwork", Place::Floor { floor: 5, step: 0 }),
    ("knotwork-simulator", Place::Development),
    ("knotwork-bench", Place::Development),
    ("knotwork-tests", Place::Development),
    ("xtask", Place::Development),
];

/// Where the package of this name stands; `None` for a package that is not ours.
pub(crate) fn place(name: &str) -> Option<Place> {
    PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
}

/// The names that have a place, whether or not a package of that name exists.
pub(crate) fn placed_names() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|(name, _)| *name)
}

/// Whether the package is on one of the floors 0 to 2, which are pure.
pub(crate) fn is_pure(name: &str) -> bool {
    matches!(place(name), Some(Place::Floor { floor: 0..=2, .. }))
}

/// The folder of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent folder")
}

/// All packages of the workspace, from `cargo metadata`. Reads no registry, so it works without a network.
pub(crate) fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(repository().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata answers for this repository");
    metadata.packages.into_iter().map(package).collect()
}

/// A path as it reads best in a message: from the repository's folder on.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

fn package(found: cargo_metadata::Package) -> Package {
    let folder = found.manifest_path.parent().expect("a manifest is in a folder").as_std_path().to_path_buf();
    let is_root = |target: &&cargo_metadata::Target| target.is_lib() || target.is_bin() || target.is_test();
    let roots = found.targets.iter().filter(is_root).map(|target| target.src_path.clone().into_std_path_buf());
    let dependencies = found.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        for_tests: dependency.kind == DependencyKind::Development,
    });
    Package { name: found.name.to_string(), roots: roots.collect(), dependencies: dependencies.collect(), folder }
}
