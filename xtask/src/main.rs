//! The repository's tasks: `cargo xtask test` runs everything that CI runs.
//!
//! Uses the standard library alone, so that it starts within seconds and shares nothing with the builds it starts.

#![allow(clippy::print_stdout, reason = "a task runner talks to the person who started it")]

mod browser;
mod deny;
mod floors;
mod lockfile;
mod openapi;
mod process;
mod steps;
mod toolchain;

use std::process::ExitCode;

use process::Failure;

const HELP: &str = "\
The tasks of this repository.

Usage: cargo xtask <TASK>

Tasks:
  test [STEP]...   Run everything that CI runs, or the named steps alone
  floors           Check the versions in Cargo.lock against the floors
  deny             Check licences, bans and sources with cargo-deny, installing it below target/ if need be
  openapi          Write docs/reference/openapi.json anew from the code
  help             Show this text

Steps of `test`, in order:
";

const EXIT_WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", "--help" | "-h"] | ["help" | "--help" | "-h"] => {
            print!("{HELP}{}", steps::listing());
            Ok(())
        }
        ["test", names @ ..] => match steps::choose(names) {
            Ok(chosen) => steps::run(&chosen),
            Err(unknown) => return wrong_usage(&format!("`{unknown}` is not a step of `test`")),
        },
        ["floors"] => floors::check(),
        ["deny"] => deny::check(),
        ["openapi"] => openapi::write(),
        [] => return wrong_usage("say which task"),
        [other, ..] => return wrong_usage(&format!("`{other}` is not a task, or takes no arguments")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { what, to_do }) => {
            eprintln!("\nfailed: {what}\nwhat to do: {to_do}");
            ExitCode::FAILURE
        }
    }
}

fn wrong_usage(why: &str) -> ExitCode {
    eprintln!("{why}\n\n{HELP}{}", steps::listing());
    ExitCode::from(EXIT_WRONG_USAGE)
}
