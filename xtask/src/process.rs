//! Starting cargo and other programs as a person at the repository's root would.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why a task did not succeed, and what the reader can do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) to_do: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { what: what.into(), to_do: to_do.into() }
    }
}

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// The folder that everything is built in. This very program lies in its `debug` folder.
pub(crate) fn target_folder() -> PathBuf {
    let own = std::env::current_exe().ok();
    let target = own.as_deref().and_then(Path::parent).and_then(Path::parent);
    target.map_or_else(|| repository().join("target"), Path::to_path_buf)
}

/// A call of the cargo that started this program.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = program(&std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// A call of any program, at the repository's root.
///
/// `cargo run` describes this package to us in the environment. Some build scripts watch those variables and would
/// build again each time a task follows a plain `cargo` call, so they are not passed on.
pub(crate) fn program(name: &(impl AsRef<OsStr> + ?Sized)) -> Command {
    let mut command = Command::new(name);
    command.current_dir(repository());
    for (variable, _) in std::env::vars_os() {
        if variable.to_str().is_some_and(describes_this_package) {
            command.env_remove(variable);
        }
    }
    command
}

/// Runs the command with its output shown.
///
/// # Errors
/// The program cannot be started, or says that it failed; `to_do` goes into the failure.
pub(crate) fn run(command: &mut Command, to_do: &str) -> Result<(), Failure> {
    let shown = shown(command);
    let status = command.status();
    let status = status.map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}"), to_do))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{shown}` ended with {status}"), to_do)) }
}

/// Whether the command starts and succeeds; its output is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn describes_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| variable.starts_with(prefix))
        || ["CARGO_CRATE_NAME", "CARGO_BIN_NAME", "CARGO_PRIMARY_PACKAGE"].contains(&variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_a_failure_that_names_it() {
        let failure = run(&mut cargo(["no-such-task"]), "try another").expect_err("cargo knows no such task");
        assert!(failure.what.starts_with("`cargo no-such-task` ended with "), "{}", failure.what);
        assert_eq!(failure.to_do, "try another");
        let failure = run(&mut program("no-such-program"), "").expect_err("there is no such program");
        assert!(failure.what.starts_with("`no-such-program` cannot be started"), "{}", failure.what);
    }

    #[test]
    fn what_describes_this_package_is_not_passed_on() {
        let command = cargo(["--version"]);
        let removed = |name: &str| command.get_envs().any(|(key, value)| key == name && value.is_none());
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR"));
        assert!(!removed("PATH"));
    }

    #[test]
    fn the_target_folder_is_where_builds_go() {
        assert!(target_folder().join("debug").is_dir() || target_folder().join("deps").is_dir());
    }
}
