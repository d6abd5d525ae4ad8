//! What the browser tests need: Chromium, which is Debian's, and axe-core, which is the publisher's.
//!
//! Neither is in the repository. Chromium is installed for the whole machine; axe-core (MPL-2.0) is one file below the
//! target folder, and is only ever run inside the browser that tests our pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Failure, program, run, succeeds, target_folder};

/// Sees to it that both are here.
///
/// # Errors
/// One is missing and cannot be installed.
pub(crate) fn check() -> Result<(), Failure> {
    check_chromium()?;
    check_axe()
}

fn check_chromium() -> Result<(), Failure> {
    if chromium().is_none() {
        eprintln!("Chromium is not here yet; Debian's is installed now (about 100 MB to fetch)");
        install(&["chromium", "fonts-dejavu-core"], "install Chromium yourself, so that `chromium` is on the PATH")?;
    }
    let Some(found) = chromium() else {
        return Err(Failure::new("no Chromium on the PATH", "install it, so that `chromium` is on the PATH"));
    };
    run(program(&found).arg("--version"), "install Chromium anew: the one that is here does not start")
}

/// The first of the names that is there.
fn chromium() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| which(name))
}

fn check_axe() -> Result<(), Failure> {
    let folder = target_folder().join("browser");
    let file = folder.join("axe.min.js");
    if is_wanted(&file) {
        return Ok(());
    }
    eprintln!("axe-core {AXE_VERSION} is not here yet; it goes to {}", file.display());
    let parts = folder.join("parts");
    // What an earlier run has left half done is in the way.
    _ = fs::remove_dir_all(&parts);
    fs::create_dir_all(&parts).map_err(|error| {
        Failure::new(
            format!("{} cannot be made: {error}", parts.display()),
            "make place for it, or give yourself leave",
        )
    })?;
    let script = from_npm(&parts).map_or_else(|| from_pip(&parts), Ok)?;
    fs::write(&file, script)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", file.display()), "make place for it"))?;
    _ = fs::remove_dir_all(&parts);
    if is_wanted(&file) {
        return Ok(());
    }
    _ = fs::remove_file(&file);
    Err(Failure::new(
        format!("what came as axe-core {AXE_VERSION} has not the SHA-256 {AXE_SHA256}"),
        "see where npm or pip fetch from (`npm config get registry`, `pip config list`); what came has been deleted",
    ))
}

/// From its publisher's package, where there is an npm that can reach it.
fn from_npm(parts: &Path) -> Option<Vec<u8>> {
    let npm = which("npm")?;
    let package = format!("axe-core@{AXE_VERSION}");
    let packed = succeeds(program(&npm).args(["pack", "--silent", "--pack-destination"]).arg(parts).arg(&package));
    let archive = parts.join(format!("axe-core-{AXE_VERSION}.tgz"));
    let unpacked = packed && succeeds(program("tar").arg("-xzf").arg(archive).arg("-C").arg(parts));
    if !unpacked {
        eprintln!("npm cannot fetch {package}; trying pip");
        return None;
    }
    fs::read(parts.join("package/axe.min.js")).ok()
}

/// From a Python package that carries the same file and one line's end more: Debian's pip brings twenty packages with
/// it, and Debian's npm four hundred.
fn from_pip(parts: &Path) -> Result<Vec<u8>, Failure> {
    let to_do = format!("put axe.min.js of axe-core {AXE_VERSION} into target/browser yourself");
    if python().is_none() {
        eprintln!("neither npm nor pip is here; Debian's pip is installed now");
        install(&["python3-pip"], &to_do)?;
    }
    let Some(mut pip) = python() else { return Err(Failure::new("pip does not start", to_do)) };
    pip.args(["install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"]);
    // As root, pip warns of what does not happen here: it writes into this folder alone.
    pip.args(["--root-user-action", "ignore", "--target"]).arg(parts).arg(CARRIER);
    run(&mut pip, &to_do)?;
    let file = parts.join("axe_playwright_python/axe.min.js");
    let script = fs::read_to_string(&file)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display()), to_do))?;
    Ok(script.trim_end().to_owned().into_bytes())
}

/// A call of pip, by a Python that has it: the first on the PATH, or Debian's own, for which pip has been installed.
fn python() -> Option<Command> {
    let call = |name: &str| {
        let mut command = program(name);
        command.args(["-m", "pip"]);
        command
    };
    let works = |name: &&str| succeeds(call(name).arg("--version"));
    ["python3", "/usr/bin/python3"].into_iter().find(works).map(call)
}

/// Whether the file is there and is, to the byte, the one that the tests were written for.
fn is_wanted(file: &Path) -> bool {
    // The standard library has no SHA-256; coreutils, which every Debian has, do.
    file.is_file()
        && program("sha256sum").arg(file).output().is_ok_and(|output| output.stdout.starts_with(AXE_SHA256.as_bytes()))
}

/// Installs Debian's packages, as root or by sudo where it asks for no password.
fn install(packages: &[&str], otherwise: &str) -> Result<(), Failure> {
    let to_do = format!("`apt-get install {}` as root, or {otherwise}; then run again", packages.join(" "));
    if which("apt-get").is_none() {
        return Err(Failure::new("there is no apt-get on this machine", to_do));
    }
    let is_root = program("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root && !succeeds(program("sudo").args(["-n", "true"])) {
        return Err(Failure::new(format!("{} can only be installed by root", packages.join(", ")), to_do));
    }
    let apt_get = |arguments: &[&str]| {
        // `sudo` passes no variables on, so `env` sets the one that keeps packages from asking questions.
        let (name, before): (&str, &[&str]) = if is_root { ("env", &[]) } else { ("sudo", &["-n", "env"]) };
        let mut command = program(name);
        command.args(before).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(arguments);
        command
    };
    run(&mut apt_get(&["update"]), &to_do)?;
    run(apt_get(&["install", "--yes", "--no-install-recommends"]).args(packages), &to_do)
}

/// Where on the PATH, or in `/usr/bin`, there is a program of this name.
fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    folders.map(|folder| folder.join(name)).find(|place| place.is_file())
}

/// The names Chromium goes by, in the order of `tests/browser/chromium.rs`.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const AXE_VERSION: &str = "4.12.1";
/// Of `axe.min.js` in the publisher's package.
const AXE_SHA256: &str = "66a8aaa95a8b044a7fd74a5435873bf04ff65a1ca75567c921b7509742085a14";
/// The Python package with this version of axe-core in it.
const CARRIER: &str = "axe-playwright-python==0.1.8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name() {
        assert!(which("sh").is_some_and(|place| place.is_file()));
        assert_eq!(which("no-such-program"), None);
    }

    #[test]
    fn another_file_is_not_taken_for_the_wanted_one() {
        assert!(!is_wanted(Path::new("no-such-file")));
        assert!(!is_wanted(&std::env::current_exe().expect("this executable has a place")));
    }
}
