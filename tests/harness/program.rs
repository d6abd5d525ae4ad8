//! The program under test: `knotwork`, built beside this test with the same profile.
//!
//! Cargo tells a test where the programs of its own package are, and `knotwork` is another package's. So it is looked
//! for next to this executable and built where it is missing or older than its sources.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::SystemTime,
};

use crate::architecture::repository;

/// Where the program is.
pub(crate) fn knotwork() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = profile_folder();
        let program = folder.join(format!("knotwork{}", env::consts::EXE_SUFFIX));
        if let Some(why) = why_to_build(&program) {
            eprintln!("{}: {why}, so it is built now", program.display());
            build(&folder);
        }
        program
    });
    &PROGRAM
}

/// The folder of the profile that this test was built with: this executable is in `deps` below it.
fn profile_folder() -> PathBuf {
    let this = env::current_exe().expect("this executable has a place");
    let deps = this.parent().expect("an executable is in a folder");
    deps.parent().expect("tests are built into a folder of their profile").to_path_buf()
}

/// Why the program cannot be used as it is, if so.
fn why_to_build(program: &Path) -> Option<String> {
    let Ok(built) = modified(program) else { return Some("it is not there".to_owned()) };
    // Cargo lists beside a program every source file that it was built from.
    let Ok(listed) = fs::read_to_string(program.with_extension("d")) else {
        return Some("there is no word on what it was built from".to_owned());
    };
    newer_source(&listed, |path| modified(path).map_or(true, |changed| changed > built))
        .map(|source| format!("{} has changed since it was built", source.display()))
}

/// The first file of cargo's list (`program: source source ...`, spaces escaped) that is newer.
fn newer_source(listed: &str, is_newer: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let sources = listed.split_once(": ").map_or("", |(_, sources)| sources).trim_end();
    let sources = sources.replace("\\ ", "\u{0}");
    let mut paths = sources.split(' ').map(|path| PathBuf::from(path.replace('\u{0}', " ")));
    paths.find(|path| is_newer(path))
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// Builds with the selection that `cargo xtask test` builds with: another selection would build half the libraries
/// again, with other features.
fn build(folder: &Path) {
    let profile = folder.file_name().and_then(|name| name.to_str()).expect("a profile's folder has a name");
    let profile = if profile == "debug" { "dev" } else { profile };
    let target = folder.parent().expect("a profile's folder is in the target folder");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--all-targets", "--profile", profile, "--target-dir"]).arg(target);
    let status = command.current_dir(repository()).status().expect("cargo can be started");
    assert!(status.success(), "the program cannot be built: run `cargo build --workspace --all-targets` and see");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_source_is_found() {
        let listed = "/target/debug/knotwork: /a/main.rs /with\\ space/b.rs /c.rs\n";
        let newer = |name: &'static str| move |path: &Path| path == Path::new(name);
        assert_eq!(newer_source(listed, newer("/a/main.rs")), Some("/a/main.rs".into()));
        assert_eq!(newer_source(listed, newer("/with space/b.rs")), Some("/with space/b.rs".into()));
        assert_eq!(newer_source(listed, newer("/c.rs")), Some("/c.rs".into()));
        assert_eq!(newer_source(listed, newer("/target/debug/knotwork")), None);
    }
}
