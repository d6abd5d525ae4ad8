//! The parts of the Rust toolchain that the steps need.

use crate::process::{Failure, cargo, program, run, succeeds};

/// Adds the parts of the toolchain that the steps need where rustup left them out.
///
/// # Errors
/// A part is missing and rustup cannot add it.
pub(crate) fn check() -> Result<(), Failure> {
    for (part, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if !succeeds(&mut cargo([command, "--version"])) {
            run(program("rustup").args(["component", "add", part]), &format!("install {part} for this toolchain"))?;
        }
    }
    run(&mut cargo(["--version"]), "install Rust by rustup")
}
