//! A small disk in memory, for tests that fill it. Mounting one needs rights that not everyone has.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

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
