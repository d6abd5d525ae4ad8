//! What the lower floors may not touch: asynchrony, files, sockets, threads, clocks and global randomness.
//!
//! Because floors 0 to 2 get time and randomness as arguments and hand intentions outward as values, one thread and a
//! seed can run a whole network, and any failure can be played again. One stray clock would end that.

use super::source::{self, Mention, Source};
use super::workspace::{Package, is_pure, packages, shown};

/// A path that some packages may not mention.
struct Rule {
    path: &'static str,
    /// Whether the path counts wherever it occurs in a longer one, rather than at the beginning alone.
    anywhere: bool,
    instead: &'static str,
}

#[test]
fn the_lower_floors_are_pure() {
    let mut findings = Vec::new();
    for package in packages().iter().filter(|package| is_pure(&package.name)) {
        findings.extend(impure_dependencies(package));
        findings.extend(breaches_in_files(package, PURE));
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn only_the_node_reads_the_system_clock() {
    let mut findings = Vec::new();
    // The bench measures, the task runner times its steps, and the tests wait with a deadline.
    let may_read = ["knotwork", "knotwork-bench", "knotwork-tests", "xtask"];
    for package in packages().iter().filter(|package| !may_read.contains(&package.name.as_str())) {
        findings.extend(breaches_in_files(package, CLOCKLESS));
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

fn impure_dependencies(package: &Package) -> Vec<String> {
    let used = package.dependencies.iter().filter(|dependency| !dependency.for_tests);
    let impure = used.filter(|dependency| {
        let name = dependency.name.as_str();
        IMPURE_LIBRARIES.iter().any(|library| name.split(['-', '_']).next() == Some(library))
            && !PURE_RELATIVES.contains(&name)
    });
    impure.map(|dependency| format!("{} must not depend on {}", package.name, dependency.name)).collect()
}

/// All breaches in the files that the package compiles outside its tests.
fn breaches_in_files(package: &Package, rules: &[Rule]) -> Vec<String> {
    let mut findings = Vec::new();
    for root in &package.roots {
        let files = match source::files_of(root, false) {
            Ok(files) => files,
            Err(error) => return vec![error],
        };
        for file in files {
            match source::read(&file) {
                Ok(source) => findings.extend(breaches(&shown(&file), &source, rules)),
                Err(error) => findings.push(error),
            }
        }
    }
    findings
}

fn breaches(file: &str, source: &Source, rules: &[Rule]) -> Vec<String> {
    let mut findings = Vec::new();
    for mention in &source.mentions {
        for rule in rules.iter().filter(|rule| matches(rule, mention)) {
            let found = mention.segments.join("::");
            findings.push(format!("{file}:{}: `{found}`: {}", mention.line, rule.instead));
        }
    }
    findings
}

/// Whether the rule forbids what is mentioned, or a new name for what its path leads through: after `use std as s`
/// nothing under `s` would be seen.
fn matches(rule: &Rule, mention: &Mention) -> bool {
    let wanted: Vec<&str> = rule.path.split("::").collect();
    let (last, before) = wanted.split_last().expect("a path has a last segment");
    let is_wanted = |window: &[String]| {
        let (end, beginning) = window.split_last().expect("as long as the path");
        beginning == before && (end == last || (!before.is_empty() && end == "as"))
    };
    let mut windows = mention.segments.windows(wanted.len());
    if rule.anywhere { windows.any(is_wanted) } else { windows.next().is_some_and(is_wanted) }
}

const fn first(path: &'static str, instead: &'static str) -> Rule {
    Rule { path, anywhere: false, instead }
}

const fn anywhere(path: &'static str, instead: &'static str) -> Rule {
    Rule { path, anywhere: true, instead }
}

const EFFECT: &str = "hand an effect outward; an adapter acts on it";
const TIME: &str = "take the time as an argument";
const RANDOM: &str = "take the randomness as an argument";
const WAIT: &str = "take the next event instead of waiting for it";

/// For floors 0 to 2.
const PURE: &[Rule] = &[
    first("std::*", "name what you need, so that it can be checked"),
    first("std::fs", EFFECT),
    first("std::net", EFFECT),
    first("std::os", EFFECT),
    first("std::process", EFFECT),
    first("std::env", "take the setting as an argument"),
    first("std::thread", WAIT),
    first("std::io::stdin", EFFECT),
    first("std::io::stdout", EFFECT),
    first("std::io::stderr", EFFECT),
    first("std::time::*", TIME),
    first("std::sync::mpsc", WAIT),
    first("std::hash::RandomState", RANDOM),
    first("tokio", WAIT),
    first("futures", WAIT),
    first("getrandom", RANDOM),
    first("rand", RANDOM),
    anywhere("async", WAIT),
    anywhere("await", WAIT),
    anywhere("SystemTime", TIME),
    anywhere("Instant::now", TIME),
    anywhere("now_utc", TIME),
    anywhere("now_local", TIME),
    anywhere("UNIX_EPOCH", TIME),
    anywhere("AutoCommit", "it draws an actor: set that of an Automerge to a fixed one"),
    anywhere("Automerge::new", "it draws an actor: make it with an encoding, and set the actor"),
    anywhere("Automerge::default", "it draws an actor: make it with an encoding, and set the actor"),
    anywhere("ActorId::random", RANDOM),
    anywhere("RandomState", RANDOM),
    anywhere("OsRng", RANDOM),
    anywhere("SysRng", RANDOM),
    anywhere("ThreadRng", RANDOM),
    anywhere("thread_rng", RANDOM),
    anywhere("from_os_rng", RANDOM),
    anywhere("from_entropy", RANDOM),
];

/// For every package that ends up in the daemon but the daemon itself, and for the simulator.
const CLOCKLESS: &[Rule] = &[
    anywhere("SystemTime::now", TIME),
    anywhere("now_utc", TIME),
    anywhere("now_local", TIME),
    anywhere("UNIX_EPOCH", TIME),
];

/// The first word of the names of libraries that wait, speak to the machine or draw randomness.
const IMPURE_LIBRARIES: &[&str] = &[
    "tokio",
    "futures",
    "async",
    "smol",
    "mio",
    "polling",
    "socket2",
    "rustix",
    "nix",
    "libc",
    "tempfile",
    "getrandom",
    "rand",
    "fastrand",
    "uuid",
    "chrono",
    "jiff",
    "time",
    "hyper",
    "axum",
    "tower",
    "reqwest",
    "ureq",
];

/// Traits and generators that are seeded by their caller, and a calendar whose clock the rules above forbid by name.
const PURE_RELATIVES: &[&str] = &["rand_core", "rand_chacha", "time"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::workspace::Dependency;

    /// The findings in a sample, as `line: path`.
    fn found(text: &str, rules: &[Rule]) -> Vec<String> {
        let source = Source::parse(text).expect("the sample is Rust");
        let findings = breaches("sample.rs", &source, rules);
        findings.iter().map(|finding| finding.split('`').take(2).collect::<String>()).collect()
    }

    #[test]
    fn a_bad_sample_is_found_line_by_line() {
        let text = "use std::{\n    collections::BTreeMap,\n    fs::File,\n    time::{Duration, SystemTime},\n};\n\
                    async fn f() {\n    g().await;\n    let now = std::time::Instant::now();\n    \
                    println!(\"{:?}\", rand::thread_rng());\n}\nuse tokio::net::TcpStream as Wire;\n";
        assert_eq!(
            found(text, PURE),
            [
                "sample.rs:3: std::fs::File",
                "sample.rs:4: std::time::SystemTime",
                "sample.rs:6: async",
                "sample.rs:7: await",
                "sample.rs:8: std::time::Instant::now",
                "sample.rs:9: rand::thread_rng",
                "sample.rs:9: rand::thread_rng",
                "sample.rs:11: tokio::net::TcpStream::as",
            ]
        );
    }

    #[test]
    fn every_rule_can_fail() {
        for rule in PURE.iter().chain(CLOCKLESS) {
            let source = match rule.path {
                "async" => "async fn f() {}".to_owned(),
                "await" => "fn f() { g.await }".to_owned(),
                path => format!("use {path};"),
            };
            assert!(!found(&source, std::slice::from_ref(rule)).is_empty(), "{} is never found", rule.path);
        }
    }

    #[test]
    fn no_rule_is_passed_by_under_another_name() {
        for rule in PURE.iter().chain(CLOCKLESS) {
            let Some((before, _)) = rule.path.rsplit_once("::") else { continue };
            for import in [format!("use {before} as other;"), format!("use {{a, {before} as other}};")] {
                assert!(!found(&import, std::slice::from_ref(rule)).is_empty(), "{} is passed by: {import}", rule.path);
            }
        }
        assert_eq!(
            found("use std as s; fn f() { s::fs::read(\"x\") }", &[first("std::fs", EFFECT)]),
            ["sample.rs:1: std::as"]
        );
        assert_eq!(found("use std::time::Instant as Now;", PURE), ["sample.rs:1: std::time::Instant::as"]);
    }

    #[test]
    fn what_draws_an_actor_or_reads_the_clock_by_a_method_is_found() {
        let text = "use automerge::{AutoCommit, Automerge};\nfn f() {\n    let actor = automerge::ActorId::random();\n    \
                    let document = Automerge::new();\n    let now = UNIX_EPOCH.elapsed();\n}";
        let all = ["2: automerge::AutoCommit", "4: automerge::ActorId::random", "5: Automerge::new", "6: UNIX_EPOCH"];
        let text = format!("\n{text}");
        assert_eq!(found(&text, PURE), all.map(|one| format!("sample.rs:{one}")));
        assert_eq!(found(&text, CLOCKLESS), ["sample.rs:6: UNIX_EPOCH"]);
        assert_eq!(found("fn f() { Automerge::new_with_encoding(e).with_actor(a); ActorId([0; 32]) }", PURE), [""; 0]);
    }

    #[test]
    fn what_only_looks_alike_is_let_through() {
        let text = "use std::{io::Read, time::Duration, sync::Arc}; use crate::fs; use rand_core::Rng;\n\
                    /// Reads no std::fs and no SystemTime::now().\nfn random() -> u64 { let thread = crate::net::rand; 4 }\n\
                    #[cfg(test)] mod tests { use std::time::SystemTime; }";
        assert_eq!(found(text, PURE), Vec::<String>::new());
    }

    #[test]
    fn a_clock_in_an_adapter_is_found_and_a_stopwatch_is_not() {
        let text = "fn f() { let t = time::SystemTime::now(); let s = std::time::Instant::now(); }";
        assert_eq!(found(text, CLOCKLESS), ["sample.rs:1: time::SystemTime::now"]);
    }

    #[test]
    fn an_impure_dependency_is_found() {
        let dependency = |name: &str, for_tests| Dependency { name: name.to_owned(), for_tests };
        let dependencies = vec![
            dependency("tokio-util", false),
            dependency("rand", false),
            dependency("rand_core", false),
            dependency("tempfile", true),
            dependency("timeline", false),
        ];
        let name = "knotwork-ledger".to_owned();
        let package = Package { name, folder: "/".into(), roots: Vec::new(), dependencies };
        let found = impure_dependencies(&package);
        assert_eq!(found, ["tokio-util", "rand"].map(|name| format!("knotwork-ledger must not depend on {name}")));
    }
}
