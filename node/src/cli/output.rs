//! Writing what was asked for to standard output, and everything else to standard error.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a text and ends the line.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// Prints a value as JSON: laid out for people at a terminal, on one line for programs.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = if stdout().is_terminal() { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    print(&text.map_err(|error| Failure::new(format!("the answer cannot be written as JSON: {error}")))?)
}

/// Prints a value as JSON on one line, for programs that read line by line.
pub(crate) fn print_json_line(value: &serde_json::Value) -> Result<(), Failure> {
    print(&value.to_string())
}

/// Prints bytes as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// Says something to the person at the terminal, beside the answer.
pub(crate) fn say(text: &str) {
    complain(text);
}

/// Writes to standard error.
pub(crate) fn complain(text: &str) {
    // Where nobody listens, there is nobody to tell.
    _ = writeln!(stderr().lock(), "{text}");
}

/// Whether a person sees what goes to standard output.
pub(crate) fn is_seen() -> bool {
    stdout().is_terminal()
}
