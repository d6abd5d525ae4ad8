//! The steps of `cargo xtask test`: what has to hold before a change lands, cheapest first.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::process::{Failure, cargo, run as run_command, target_folder};
use crate::{browser, deny, floors, toolchain};

/// One thing that has to hold.
pub(crate) struct Step {
    name: &'static str,
    about: &'static str,
    check: fn() -> Result<(), Failure>,
}

/// How a step of this run went.
struct Timing {
    name: &'static str,
    took: Duration,
    passed: bool,
}

const STEPS: &[Step] = &[
    Step { name: "toolchain", about: "rustfmt and clippy are here, or are added", check: toolchain::check },
    Step { name: "format", about: "rustfmt would change nothing", check: format },
    Step { name: "floors", about: "no library in Cargo.lock is below its floor", check: floors::check },
    Step { name: "deny", about: "licences, bans and sources are as deny.toml says", check: deny::check },
    Step { name: "lint", about: "clippy has nothing to say", check: lint },
    Step { name: "docs", about: "the documentation builds without a warning", check: docs },
    Step { name: "fuzz", about: "the fuzz targets compile; running them needs nightly", check: fuzz },
    Step { name: "build", about: "everything builds", check: build },
    Step { name: "browser", about: "Chromium and axe-core are here, or are installed", check: browser::check },
    Step {
        name: "test",
        about: "all tests pass: units, examples in the documentation, several real nodes, and a time-boxed run of \
                seeds, mutants and hostile peers",
        check: test,
    },
    Step { name: "planted", about: "bugs planted on purpose are found by the simulator", check: planted },
];

/// The steps with these names, or all where none is named.
///
/// # Errors
/// The first name that is not a step's.
pub(crate) fn choose<'a>(names: &[&'a str]) -> Result<Vec<&'static Step>, &'a str> {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        return Err(unknown);
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect())
}

/// The steps for the help text, one on a line.
pub(crate) fn listing() -> String {
    let mut text = String::new();
    for Step { name, about, .. } in STEPS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<16} {about}");
    }
    text
}

/// Runs the steps until one fails, then prints how long each took.
///
/// # Errors
/// What the failed step says.
pub(crate) fn run(steps: &[&Step]) -> Result<(), Failure> {
    let mut timings = Vec::new();
    let mut outcome = Ok(());
    for (index, step) in steps.iter().enumerate() {
        eprintln!("\n== {} of {}: {}: {}", index + 1, steps.len(), step.name, step.about);
        let start = Instant::now();
        outcome = (step.check)();
        let took = start.elapsed();
        timings.push(Timing { name: step.name, took, passed: outcome.is_ok() });
        if outcome.is_err() {
            break;
        }
        eprintln!("== {} holds ({})", step.name, seconds(took));
    }
    let not_reached = steps.iter().skip(timings.len()).map(|step| step.name);
    println!("\n{}", table(&timings, &not_reached.collect::<Vec<_>>()));
    outcome
}

fn format() -> Result<(), Failure> {
    run_command(&mut cargo(["fmt", "--all", "--check"]), "run `cargo fmt --all`")
}

fn lint() -> Result<(), Failure> {
    let mut command = cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]);
    run_command(&mut command, "mend what clippy names above; where it is wrong, `#[expect(..., reason = \"...\")]`")
}

/// With the examples, so that libraries have the features that clippy has checked them with: without anything that is made
/// for tests, half of them would be checked again.
fn docs() -> Result<(), Failure> {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--locked", "--lib", "--bins", "--examples"]);
    run_command(command.env("RUSTDOCFLAGS", "--deny warnings"), "mend what rustdoc names above")
}

/// With all targets, so that the tests find the daemon's program built with the very same libraries.
fn build() -> Result<(), Failure> {
    run_command(&mut cargo(["build", "--workspace", "--all-targets", "--locked"]), "mend what the compiler names above")
}

fn test() -> Result<(), Failure> {
    let to_do = "see the failed tests above; a printed seed replays its failure (docs/HACKING.md)";
    run_command(&mut cargo(["test", "--workspace", "--locked", "--no-fail-fast"]), to_do)
}

/// With the same selection as the other steps: another would build the libraries again, with other features.
fn planted() -> Result<(), Failure> {
    let features = "knotwork-simulator/planted,knotwork-replica/planted";
    let mut command = cargo(["test", "--workspace", "--locked", "--features", features]);
    command.args(["--test", "planted", "--test", "minutes_planted", "--test", "counting_planted"]);
    run_command(&mut command, "a check of the simulator has gone blind to the bug named above: see its breaches")
}

/// Their workspace is one of its own, and so are the features of its libraries: they get a folder of their own, so that
/// nothing that the tests need is built again.
fn fuzz() -> Result<(), Failure> {
    let mut command = cargo(["check", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"]);
    command.arg(target_folder().join("fuzz"));
    // Nothing is linked, so libFuzzer itself need not be compiled: its build script is told that it is there.
    command.env("CUSTOM_LIBFUZZER_PATH", "/not/linked/libfuzzer.a");
    run_command(
        &mut command,
        "mend the targets in fuzz/fuzz_targets; fuzz/Cargo.lock is changed by `cargo update` there",
    )
}

fn table(timings: &[Timing], not_reached: &[&str]) -> String {
    let mut text = format!("{:<12} {:>9}  result\n", "step", "time");
    for Timing { name, took, passed } in timings {
        let result = if *passed { "holds" } else { "FAILED" };
        let _ = writeln!(text, "{name:<12} {:>9}  {result}", seconds(*took));
    }
    for name in not_reached {
        let _ = writeln!(text, "{name:<12} {:>9}  not reached", "");
    }
    let total = timings.iter().map(|timing| timing.took).sum();
    let _ = write!(text, "{:<12} {:>9}", "all", seconds(total));
    text
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_by_name_and_kept_in_order() {
        let names = |chosen: Vec<&Step>| chosen.iter().map(|step| step.name).collect::<Vec<_>>();
        assert_eq!(names(choose(&["test", "format"]).expect("both exist")), ["format", "test"]);
        assert_eq!(choose(&[]).expect("all exist").len(), STEPS.len());
        assert_eq!(choose(&["format", "dance"]).err(), Some("dance"));
    }

    #[test]
    fn the_first_failure_ends_the_run() {
        let fine = Step { name: "fine", about: "", check: || Ok(()) };
        let bad = Step { name: "bad", about: "", check: || Err(Failure::new("broken", "mend it")) };
        let never = Step { name: "never", about: "", check: || unreachable!("a step after the failed one ran") };
        assert_eq!(run(&[&fine, &bad, &never]).expect_err("a step fails").what, "broken");
        run(&[&fine, &fine]).expect("both hold");
    }

    #[test]
    fn the_table_names_every_step() {
        let timings = [
            Timing { name: "one", took: Duration::from_millis(1_250), passed: true },
            Timing { name: "two", took: Duration::from_secs(60), passed: false },
        ];
        let shown = table(&timings, &["three"]);
        let lines: Vec<Vec<&str>> = shown.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        let expected: [&[&str]; 4] = [
            &["one", "1.2", "s", "holds"],
            &["two", "60.0", "s", "FAILED"],
            &["three", "not", "reached"],
            &["all", "61.2", "s"],
        ];
        assert_eq!(lines, expected);
    }
}
