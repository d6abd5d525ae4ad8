//! A small disk in memory, for tests that fill it. Mounting one needs rights that not everyone has: where they are
//! missing, the test runs in a name space of its own, in which everyone has them.

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Runs a test that needs to mount, either here or, where that is refused, as the only test of a process of its own in a
/// name space of its own.
///
/// # Panics
/// As the test does, and where neither way is open and the machine is one that has to try everything (`CI=true`).
pub(crate) fn with_leave_to_mount(name: &str, test: impl FnOnce()) {
    let probe = tempfile::tempdir().expect("a temporary folder");
    let Err(why) = SmallDisk::mount(&probe.path().join("probe"), 1) else { return test() };
    assert!(env::var_os(WITHIN).is_none(), "a small disk cannot be mounted in a name space of its own either: {why}");
    let command = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).arg(program).stdin(Stdio::null());
        command
    };
    if !command(Path::new("true")).output().is_ok_and(|output| output.status.success()) {
        let must = env::var("CI").is_ok_and(|value| value == "true");
        assert!(!must, "a small disk cannot be mounted here ({why}), and there are no name spaces for users");
        return eprintln!("NOT TRIED: a small disk cannot be mounted here ({why}), and there are no name spaces");
    }
    let this = env::current_exe().expect("this executable has a place");
    let mut again = command(&this);
    let output = again.args(["--exact", name, "--nocapture"]).env(WITHIN, "true").output().expect("it was there");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "in a name space of its own: {said}");
}

/// A file system of its own, unmounted with this value.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    root: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many MiB in a folder that is made for it.
    ///
    /// # Errors
    /// Says why this machine does not let us.
    pub(crate) fn mount(root: &Path, mebibytes: u32) -> Result<Self, String> {
        fs::create_dir(root).map_err(|error| error.to_string())?;
        let size = format!("size={mebibytes}m,mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "knotwork-test"]).arg(root).output();
        let mount = mount.map_err(|error| format!("mount cannot be started: {error}"))?;
        if !mount.status.success() {
            return Err(String::from_utf8_lossy(&mount.stderr).trim().to_owned());
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file can be made");
        for size in [1 << 20, 4096, 1] {
            let part = vec![0; size];
            while filler.write_all(&part).is_ok() {}
        }
    }

    /// Gives the room back.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.filler()).expect("the file can be removed");
    }

    fn filler(&self) -> PathBuf {
        self.root.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whatever still has a file open there ends with the test.
        if !Command::new("umount").arg("-l").arg(&self.root).status().is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted: unmount it by hand", self.root.display());
        }
    }
}

/// Tells the process that it is in a name space of its own.
const WITHIN: &str = "KNOTWORK_TEST_WITHIN_NAME_SPACE";
