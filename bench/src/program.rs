//! The program to measure: `knotwork`, built from the sources beside this program, with the same profile.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// Builds the program, unless it is there and current, and gives its place.
///
/// # Errors
/// When it does not build.
pub(crate) fn build() -> Result<PathBuf> {
    let this = env::current_exe()?;
    let folder = this.parent().context("this program is in no folder")?;
    let profile = folder.file_name().and_then(|name| name.to_str()).context("the folder has no name")?;
    let target = folder.parent().context("the profile's folder is in no target folder")?;
    let profile = if profile == "debug" { "dev" } else { profile };
    if profile != "release" {
        eprintln!("this is the profile {profile}: the figures say nothing about a release");
    }
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Alone, as it is installed: with the whole workspace it would get features that only tests ask for.
    command.args(["build", "--locked", "--package", "knotwork", "--profile", profile, "--target-dir"]).arg(target);
    // What `cargo run` says of this package would make build scripts run again.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_this_package)) {
        command.env_remove(name);
    }
    eprintln!("the program to measure is built, if it is not current: {command:?}");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this package is in no repository")?;
    let status = command.current_dir(repository).status().context("cargo cannot be started")?;
    ensure!(status.success(), "the program to measure does not build: see above");
    Ok(folder.join(format!("knotwork{}", env::consts::EXE_SUFFIX)))
}

fn is_of_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME"
}
