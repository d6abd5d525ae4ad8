//! Licences, bans and sources, by cargo-deny, which is installed below the target folder where it is missing.

use std::ffi::OsString;
use std::path::Path;

use crate::process::{Failure, cargo, program, run, target_folder};

/// The version that `deny.toml` was written for. Any version with the same first two numbers will do.
const VERSION: &str = "0.20.2";

/// Checks `deny.toml`'s rules. Advisories are left out: their list has to be fetched, which is not possible everywhere.
///
/// # Errors
/// cargo-deny cannot be installed, or found something.
pub(crate) fn check() -> Result<(), Failure> {
    let tool = installed()?;
    let mut command = program(&tool);
    command.args(["--workspace", "--all-features", "--locked", "check", "bans", "licenses", "sources"]);
    run(&mut command, "mend what cargo-deny names above, or give the reason for an exception in deny.toml")
}

/// The program, installed if need be.
fn installed() -> Result<OsString, Failure> {
    let root = target_folder().join("tools");
    let own = root.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    for tool in [OsString::from(&own), OsString::from("cargo-deny")] {
        if is_suitable(&tool) {
            return Ok(tool);
        }
    }
    eprintln!("cargo-deny {VERSION} is not here yet; it goes to {} (about 3 minutes on 2 cores)", root.display());
    let builds = root.join("build");
    let mut install = cargo(["install", "cargo-deny", "--locked", "--force", "--version", VERSION]);
    install.arg("--root").arg(&root).arg("--target-dir").arg(&builds);
    run(
        &mut install,
        "connect this machine to the crates.io registry, or put cargo-deny on the PATH yourself, and run again",
    )?;
    remove_builds(&builds);
    Ok(own.into())
}

fn is_suitable(tool: &OsString) -> bool {
    let wanted = VERSION.rsplit_once('.').map_or(VERSION, |(line, _)| line);
    let output = program(tool).arg("--version").output();
    output.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().nth(1).unwrap_or_default();
        output.status.success() && version.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The tool is installed and does not need what it was built from. If that cannot be removed, it is only in the way.
fn remove_builds(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        eprintln!("{} can be deleted by hand: {error}", folder.display());
    }
}
