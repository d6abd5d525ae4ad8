//! The versions below which a library is known to be unsafe here, held against `Cargo.lock`.
//!
//! Lists of security advisories lack some of these faults and cannot be fetched everywhere, so the floors stand here.

use std::collections::BTreeMap;

use crate::lockfile::{self, Locked};
use crate::process::{Failure, repository};

/// The versions of a library that may be in use.
struct Floor {
    library: &'static str,
    at_least: [u64; 3],
    /// Where the next line of versions begins, if we stay off it.
    below: Option<[u64; 3]>,
    why: &'static str,
}

/// A library that must not be in use at all.
struct Banned {
    library: &'static str,
    why: &'static str,
}

const fn floor(library: &'static str, at_least: [u64; 3]) -> Floor {
    Floor { library, at_least, below: None, why: "earlier ones have a fault that a remote peer can use" }
}

const FLOORS: &[Floor] = &[
    floor("libp2p", [0, 57, 1]),
    floor("libp2p-gossipsub", [0, 50, 1]),
    floor("yamux", [0, 13, 10]),
    floor("quinn-proto", [0, 11, 15]),
    floor("h2", [0, 4, 16]),
    floor("hickory-proto", [0, 26, 1]),
    floor("hickory-net", [0, 26, 1]),
    floor("hickory-resolver", [0, 26, 1]),
    floor("rustls-webpki", [0, 103, 13]),
    Floor {
        library: "sled",
        at_least: [0, 34, 7],
        below: Some([0, 35, 0]),
        why: "the 1.0 line is an alpha that writes far more slowly",
    },
];

const BANNED: &[Banned] = &[
    Banned { library: "libp2p-mplex", why: "it has no flow control: a peer can use up memory" },
    Banned { library: "mplex", why: "it has no flow control: a peer can use up memory" },
    Banned { library: "bincode", why: "it is no longer kept; canonical bytes are our own" },
    Banned { library: "serde_cbor", why: "it is no longer kept; canonical bytes are our own" },
    Banned { library: "async-std", why: "it is no longer kept; the daemon runs on tokio" },
];

/// Reads `Cargo.lock`, prints what is in use, and fails where a version is not allowed.
///
/// # Errors
/// Names every library that breaks a rule.
pub(crate) fn check() -> Result<(), Failure> {
    let file = repository().join("Cargo.lock");
    let text = std::fs::read_to_string(&file);
    let text = text.map_err(|error| Failure::new(format!("{}: {error}", file.display()), "restore Cargo.lock"))?;
    let locked = lockfile::parse(&text).map_err(|error| Failure::new(error, "restore Cargo.lock"))?;
    for line in listing(&locked) {
        println!("{line}");
    }
    let breaches = breaches(&locked);
    if breaches.is_empty() {
        return Ok(());
    }
    let to_do = "`cargo update -p LIBRARY`; `cargo tree --invert LIBRARY` shows who brings it in";
    Err(Failure::new(breaches.join("\n        "), to_do))
}

/// One line for each library that has a floor, with the versions in use.
fn listing(locked: &[Locked]) -> Vec<String> {
    let mut in_use: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in locked {
        in_use.entry(&package.name).or_default().push(package.version.to_string());
    }
    let line = |floor: &Floor| {
        let [major, minor, patch] = floor.at_least;
        let versions = in_use.get(floor.library).map_or_else(|| "not in use".to_owned(), |found| found.join(", "));
        format!("{:<18} at least {:<10} {versions}", floor.library, format!("{major}.{minor}.{patch}"))
    };
    FLOORS.iter().map(line).collect()
}

/// Every version present must satisfy its floor, not the newest alone.
fn breaches(locked: &[Locked]) -> Vec<String> {
    let mut breaches = Vec::new();
    for Locked { name, version } in locked {
        if let Some(floor) = FLOORS.iter().find(|floor| floor.library == name) {
            let is_low = !version.is_at_least(floor.at_least);
            let is_high = floor.below.is_some_and(|ceiling| !version.is_below(ceiling));
            if is_low || is_high {
                breaches.push(format!("{name} {version} is not allowed: {}", floor.why));
            }
        }
        if let Some(banned) = BANNED.iter().find(|banned| banned.library == name) {
            breaches.push(format!("{name} {version} is not allowed: {}", banned.why));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockfile::Version;

    fn locked(name: &str, version: &str) -> Locked {
        Locked { name: name.to_owned(), version: Version::parse(version).expect("a version") }
    }

    #[test]
    fn each_floor_lets_itself_through_and_nothing_below() {
        for floor in FLOORS {
            let [major, minor, patch] = floor.at_least;
            assert!(breaches(&[locked(floor.library, &format!("{major}.{minor}.{patch}"))]).is_empty());
            assert_eq!(breaches(&[locked(floor.library, &format!("{major}.{minor}.{}", patch - 1))]).len(), 1);
        }
    }

    #[test]
    fn one_old_copy_beside_a_new_one_is_found() {
        let found = breaches(&[locked("yamux", "0.14.1"), locked("yamux", "0.12.1")]);
        assert_eq!(found, ["yamux 0.12.1 is not allowed: earlier ones have a fault that a remote peer can use"]);
    }

    #[test]
    fn the_alpha_of_sled_is_found() {
        assert_eq!(breaches(&[locked("sled", "1.0.0-alpha.124")]).len(), 1);
        assert_eq!(breaches(&[locked("sled", "0.35.0-alpha.1")]).len(), 1);
        assert!(breaches(&[locked("sled", "0.34.9")]).is_empty());
    }

    #[test]
    fn each_banned_library_is_found() {
        for banned in BANNED {
            assert_eq!(breaches(&[locked(banned.library, "99.0.0")]).len(), 1, "{}", banned.library);
        }
    }
}
