//! Files that are for their owner's eyes alone, files that are handed to others, and files that are replaced whole or not
//! at all.
//!
//! From its start the process makes every file and folder for its owner alone, those of libraries as well: what a store
//! holds is as private as the keys beside it. Only what is written to be handed on gets the rights that the user's own
//! umask leaves.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use rustix::{fs::Mode, process::umask};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// From now on, whatever this process makes is its owner's alone. To be called before there are threads.
pub(crate) fn keep_to_owner() {
    FORMER_UMASK.get_or_init(|| umask(Mode::RWXG | Mode::RWXO).bits());
}

/// Makes a folder that only its owner can look into, and those above it where they are missing. One that is there is
/// taken only if nobody else can look into it: it may hold what others need.
pub(crate) fn create_folder(path: &Path) -> Result<(), Failure> {
    if let Some(above) = path.parent()
        && !above.as_os_str().is_empty()
    {
        fs::create_dir_all(above)
            .map_err(|error| Failure::io(&error, format_args!("cannot make {}", above.display())))?;
    }
    let made = DirBuilder::new().mode(0o700).create(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => check_folder(path),
        made => made.map_err(|error| Failure::io(&error, format_args!("cannot make {}", path.display()))),
    }
}

/// Refuses a folder that others on this machine can look into.
fn check_folder(path: &Path) -> Result<(), Failure> {
    let metadata = fs::metadata(path);
    let metadata =
        metadata.map_err(|error| Failure::io(&error, format_args!("cannot look into {}", path.display())))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::new(format!("{} is open to others on this machine (mode {mode:04o})", path.display()))
        .next(format!("run `chmod 700 {}` if nobody else needs it, or name a folder that is new", path.display())))
}

/// Writes a new file that only its owner can read, and puts it on the disk. A file that exists is left as it is.
pub(crate) fn create(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    write_new(path, contents).map_err(|error| Failure::io(&error, format_args!("cannot write {}", path.display())))
}

/// A file to be handed to others, written and on the disk, but not yet in its place.
#[derive(Debug)]
pub(crate) struct Handout {
    path: PathBuf,
    file: NamedTempFile,
}

impl Handout {
    /// Writes the file beside its place. What is there already stays until [`Handout::put`].
    pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<Self, Failure> {
        let cannot = |error: &io::Error| Failure::io(error, format_args!("cannot write {}", path.display()));
        let mut file = NamedTempFile::new_in(folder_of(path)).map_err(|error| cannot(&error))?;
        let written = file.write_all(contents).and_then(|()| open_to_others(file.as_file()));
        written.and_then(|()| file.as_file().sync_all()).map_err(|error| cannot(&error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Puts the file in its place, in that of another if there is one.
    pub(crate) fn put(self) -> Result<(), Failure> {
        let put = self.file.persist(&self.path).map_err(|error| error.error);
        put.and_then(|_| sync_folder_of(&self.path))
            .map_err(|error| Failure::io(&error, format_args!("cannot write {}", self.path.display())))
    }
}

/// Gives a file the rights that it would have had by the user's own umask.
pub(crate) fn open_to_others(file: &File) -> io::Result<()> {
    match FORMER_UMASK.get() {
        Some(former) => file.set_permissions(fs::Permissions::from_mode(0o666 & !former)),
        None => Ok(()),
    }
}

/// Puts a file in the place of another, if there is one: whoever reads sees the whole old or the whole new one.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(name);
    let written =
        write_new(&fresh, contents).and_then(|()| fs::rename(&fresh, path)).and_then(|()| sync_folder_of(path));
    written.map_err(|error| {
        // What could not be finished is of no use; if it cannot be removed either, it is in nobody's way.
        _ = fs::remove_file(&fresh);
        Failure::io(&error, format_args!("cannot write {}", path.display()))
    })
}

/// Reads a secret, and refuses one that others on this machine could have read.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let cannot = |error: &io::Error| Failure::io(error, format_args!("cannot read {}", path.display()));
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let metadata = file.metadata().map_err(|error| cannot(&error))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let what = format!("{} can be read or changed by others on this machine (mode {mode:04o})", path.display());
        return Err(Failure::new(what)
            .next(format!("run `chmod 600 {}`, and think about who may have read it", path.display())));
    }
    if metadata.len() > SECRET_BYTES_MAX {
        return Err(Failure::new(format!("{} is too long to be what it should be", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    io::Read::read_to_string(&mut { file }, &mut text).map_err(|error| cannot(&error))?;
    Ok(text)
}

fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(contents).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be in the way of the next attempt.
        _ = fs::remove_file(path);
    }
    written.and_then(|()| sync_folder_of(path))
}

/// Puts the name of a new file on the disk.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What the umask was before [`keep_to_owner`].
static FORMER_UMASK: OnceLock<u32> = OnceLock::new();

/// No secret file is longer.
const SECRET_BYTES_MAX: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_its_owners_alone_and_never_replaces_another() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        create(&path, b"one").expect("written");
        let mode = fs::metadata(&path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(create(&path, b"two").is_err());
        assert_eq!(read_secret(&path).expect("readable").as_str(), "one");
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        create(&path, b"one").expect("written");
        for mode in [0o640, 0o604, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            let failure = read_secret(&path).expect_err("open to others").shown(false).expect("shown");
            assert!(failure.contains("chmod 600"), "{failure}");
        }
    }

    #[test]
    fn a_replaced_file_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        replace(&path, b"one").expect("written");
        replace(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"two");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        let nowhere = folder.path().join("no/such/folder/file");
        assert!(replace(&nowhere, b"one").is_err());
    }

    #[test]
    fn a_handout_takes_its_place_only_when_it_is_put_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        fs::write(&path, "before").expect("written");
        drop(Handout::write(&path, b"never put").expect("written"));
        assert_eq!(fs::read(&path).expect("readable"), b"before");
        Handout::write(&path, b"after").expect("written").put().expect("put");
        assert_eq!(fs::read(&path).expect("readable"), b"after");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        assert!(Handout::write(&folder.path().join("no/such/file"), b"x").is_err());
    }

    #[test]
    fn a_folder_is_made_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/b");
        create_folder(&path).expect("made");
        create_folder(&path).expect("there already");
        assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, 0o700);
        for open in [0o755, 0o710, 0o701] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).expect("set");
            let failure = create_folder(&path).expect_err("open to others").shown(false).expect("shown");
            assert!(failure.contains("chmod 700"), "{failure}");
            assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, open, "left as it was");
        }
        fs::write(folder.path().join("file"), b"").expect("written");
        assert!(create_folder(&folder.path().join("file")).is_err());
    }
}
