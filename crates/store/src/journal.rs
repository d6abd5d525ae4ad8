//! Two files of commits that outlast power loss as soon as they are written: written over in turn, and grown only for a
//! commit that is larger than they are, so that one write and one sync of data is all that a commit costs.
//!
//! A file begins with its owner (16): random bytes that the engine has too. A record is its length (4), the number of
//! the commit (8), a check (16) and the writes. The check is the beginning of SHA-256(owner ‖ number ‖ writes), so that
//! no record of another store, or one cut off, is taken for one of this. The numbers follow each other; where they stop
//! to, what stands there is left from an earlier turn.
//!
//! The journal does not know what the writes are for, nor which of them have arrived elsewhere.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
};

use knotwork_identity::{Reader, Writer, sha256};
use knotwork_replica::StorageError;

use crate::{data_file::DataFile, engine::Writes, space::allocate};

/// The two files, open.
#[derive(Debug)]
pub(crate) struct Journal {
    owner: [u8; OWNER_BYTES],
    files: [DataFile; 2],
    /// Which file is being written.
    current: usize,
    /// Where its next record goes.
    end: u64,
    /// How long each file is to be.
    file_bytes: u64,
}

/// One commit as it was found.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The number of the commit.
    pub(crate) number: u64,
    /// What it wrote.
    pub(crate) writes: Writes,
}

impl Journal {
    /// Opens the files in `folder`, or makes them, of `file_bytes` each, and reads what is in them: the commits of
    /// `owner`, in the order of their numbers.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when the journal is another owner's, otherwise when a file cannot be made or read.
    pub(crate) fn open(
        folder: &Path,
        owner: [u8; OWNER_BYTES],
        file_bytes: u64,
    ) -> Result<(Self, Vec<Entry>), StorageError> {
        let open = |name| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(folder.join(name))?;
            let found = read_file(&file)?;
            if found.owner != Some(owner) {
                if found.owner.is_some() {
                    return Err(StorageError::Damaged(format!("the file {name} belongs to another store")));
                }
                prepare(&file, &owner, file_bytes)?;
            }
            Ok((file, found))
        };
        let ((first, mut older), (second, mut newer)) = (open(FILES[0])?, open(FILES[1])?);
        File::open(folder)?.sync_all()?;
        let last = |found: &Found| found.entries.last().map_or(0, |entry| entry.number);
        let current = usize::from(last(&older) < last(&newer));
        if current == 0 {
            std::mem::swap(&mut older, &mut newer);
        }
        older.entries.append(&mut newer.entries);
        Ok((
            Self { owner, files: [first, second].map(DataFile::new), current, end: newer.end, file_bytes },
            older.entries,
        ))
    }

    /// Reads what is in the files in `folder`, whoever their owner is, and writes nothing.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for name in FILES {
            match File::open(folder.join(name)) {
                Ok(file) => entries.append(&mut read_file(&file)?.entries),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_by_key(|entry| entry.number);
        Ok(entries)
    }

    /// Whether there is a journal with commits in `folder`.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub(crate) fn is_used(folder: &Path) -> io::Result<bool> {
        Ok(!Self::read(folder)?.is_empty())
    }

    /// Whether `bytes` more fit into the file that is being written.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.end + bytes as u64 <= self.file_bytes
    }

    /// Goes on at the start of the other file. Everything in it must have arrived elsewhere.
    ///
    /// # Errors
    /// When a file that had grown cannot be made smaller.
    pub(crate) fn turn(&mut self) -> io::Result<()> {
        self.current = 1 - self.current;
        self.end = START;
        let file = self.files[self.current].file();
        if file.metadata()?.len() > self.file_bytes {
            file.set_len(self.file_bytes)?;
        }
        Ok(())
    }

    /// Writes records and returns when they outlast power loss.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        self.files[self.current].write_all_at(records, self.end)?;
        self.files[self.current].sync_data()?;
        self.end += records.len() as u64;
        Ok(())
    }

    /// Bytes written and not synced, which is none but after a failure.
    #[cfg(test)]
    pub(crate) fn unsynced(&self) -> usize {
        self.files.iter().map(DataFile::unsynced).sum()
    }

    /// How often a file was synced.
    #[cfg(test)]
    pub(crate) fn syncs(&self) -> u64 {
        self.files.iter().map(DataFile::syncs).sum()
    }

    /// Forgets everything that is in the files.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        for file in self.files.iter().map(DataFile::file) {
            file.set_len(0)?;
            prepare(file, &self.owner, self.file_bytes)?;
        }
        self.end = START;
        Ok(())
    }

    /// Appends the record of a commit to `records`.
    pub(crate) fn record(&self, number: u64, writes: &Writes, records: &mut Vec<u8>) {
        let payload = encode(writes);
        records.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        records.extend_from_slice(&number.to_be_bytes());
        records.extend_from_slice(&check(&self.owner, number, &payload));
        records.extend_from_slice(&payload);
    }
}

/// What is in one file.
struct Found {
    owner: Option<[u8; OWNER_BYTES]>,
    /// Where the next record goes.
    end: u64,
    /// The records at its start whose numbers follow each other.
    entries: Vec<Entry>,
}

fn read_file(file: &File) -> io::Result<Found> {
    let length = file.metadata()?.len();
    if length > READ_MAX {
        // Nobody writes as much: better to say so than to take a part for the whole.
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a journal has {length} bytes")));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0)?;
    let mut reader = Reader::new(&bytes);
    let owner = reader.array().ok().filter(|owner| *owner != [0; OWNER_BYTES]);
    let mut entries: Vec<Entry> = Vec::new();
    let mut end = START;
    if let Some(owner) = &owner {
        while let Some(entry) = read_record(&mut reader, owner) {
            if entries.last().is_some_and(|last| last.number + 1 != entry.number) {
                break;
            }
            entries.push(entry);
            end = (bytes.len() - reader.remaining()) as u64;
        }
    }
    Ok(Found { owner, end, entries })
}

/// Gives a file its size and its owner.
fn prepare(file: &File, owner: &[u8; OWNER_BYTES], file_bytes: u64) -> io::Result<()> {
    allocate(file, file_bytes)?;
    file.write_all_at(owner, 0)?;
    file.sync_all()
}

fn read_record(reader: &mut Reader<'_>, owner: &[u8; OWNER_BYTES]) -> Option<Entry> {
    let length = reader.u32().ok()?;
    let number = reader.u64().ok()?;
    let found: [u8; CHECK_BYTES] = reader.array().ok()?;
    let payload = reader.fixed(length as usize).ok()?;
    if found != check(owner, number, payload) {
        return None;
    }
    decode(payload).map(|writes| Entry { number, writes })
}

fn check(owner: &[u8; OWNER_BYTES], number: u64, payload: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = sha256(&[owner, &number.to_be_bytes(), payload]);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash[..CHECK_BYTES]);
    check
}

/// The writes: each a key's length (2), a value's length (4) or [`DELETED`], the key and the value.
fn encode(writes: &Writes) -> Vec<u8> {
    let mut writer = Writer::default();
    for (key, value) in writes.iter() {
        writer.u16(key.len() as u16);
        writer.u32(value.map_or(DELETED, |value| value.len() as u32));
        writer.fixed(key);
        writer.fixed(value.unwrap_or_default());
    }
    writer.into_bytes()
}

fn decode(payload: &[u8]) -> Option<Writes> {
    let mut reader = Reader::new(payload);
    let mut writes = Writes::default();
    while reader.remaining() > 0 {
        let key_length = reader.u16().ok()?;
        let value_length = reader.u32().ok()?;
        let key = reader.fixed(usize::from(key_length)).ok()?.to_vec();
        match value_length {
            DELETED => writes.delete(key),
            length => writes.put(key, reader.fixed(length as usize).ok()?.to_vec()),
        }
    }
    Some(writes)
}

/// The length of a value that is taken away. No value is as long.
const DELETED: u32 = u32::MAX;

const CHECK_BYTES: usize = 16;

/// The length of a record's payload that holds these writes.
pub(crate) fn payload_bytes(writes: &Writes) -> usize {
    writes.bytes() + writes.len() * WRITE_HEAD_BYTES
}

/// The lengths before a key and its value.
const WRITE_HEAD_BYTES: usize = 2 + 4;

/// The longest payload of a record: the most that one commit may write. The replica writes a tenth of it at once.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 128 << 20;

/// The longest file that is read. One commit is the most that makes a file grow, after at most as much of others as a
/// caller may leave unsynced.
const READ_MAX: u64 = 2 * PAYLOAD_BYTES_MAX as u64;

/// Bytes of an owner's name.
pub(crate) const OWNER_BYTES: usize = 16;

/// Where the first record of a file is.
const START: u64 = OWNER_BYTES as u64;

/// The names of the files.
pub(crate) const FILES: [&str; 2] = ["journal-0", "journal-1"];

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(number: u64) -> Writes {
        let mut writes = Writes::default();
        writes.put(number.to_be_bytes().to_vec(), vec![number as u8; number as usize * 7 % 300]);
        writes.delete(vec![number as u8]);
        writes
    }

    fn append(journal: &mut Journal, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let mut records = Vec::new();
            journal.record(number, &writes(number), &mut records);
            assert!(journal.has_room(records.len()));
            journal.append(&records).expect("there is room");
        }
    }

    fn numbers(entries: &[Entry]) -> Vec<u64> {
        for entry in entries {
            assert!(entry.writes.iter().eq(writes(entry.number).iter()), "the writes of {}", entry.number);
        }
        entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn what_was_written_is_found_in_order_over_both_files() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let open = || Journal::open(folder.path(), [1; 16], 4096).expect("it opens");
        let (mut journal, entries) = open();
        assert!(entries.is_empty());
        append(&mut journal, 1..10);
        assert_eq!(numbers(&open().1), (1..10).collect::<Vec<_>>());
        // It goes on where it stopped.
        let (mut journal, _) = open();
        append(&mut journal, 10..12);
        journal.turn().expect("the file has its size");
        append(&mut journal, 12..14);
        let (mut journal, entries) = open();
        assert_eq!(numbers(&entries), (1..14).collect::<Vec<_>>());
        append(&mut journal, 14..15);
        journal.turn().expect("the file has its size");
        // Over the first of those that are there: the others are from an earlier turn.
        append(&mut journal, 15..17);
        let (mut journal, entries) = open();
        assert_eq!(numbers(&entries), (12..17).collect::<Vec<_>>());
        append(&mut journal, 17..18);
        assert_eq!(numbers(&open().1), (12..18).collect::<Vec<_>>());
        let mut journal = open().0;
        journal.clear().expect("the files can be written");
        assert!(open().1.is_empty());
    }

    #[test]
    fn a_file_grows_for_a_large_commit_and_shrinks_again() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let open = || Journal::open(folder.path(), [1; 16], 4096).expect("it opens");
        let mut large = Writes::default();
        large.put(vec![1], vec![1; 100_000]);
        let (mut journal, _) = open();
        let mut records = Vec::new();
        journal.record(1, &large, &mut records);
        assert!(!journal.has_room(records.len()));
        journal.append(&records).expect("there is room");
        assert_eq!(open().1.len(), 1);
        journal.turn().expect("the file has its size");
        append(&mut journal, 2..3);
        journal.turn().expect("the file can shrink");
        append(&mut journal, 3..4);
        assert_eq!(numbers(&open().1), [2, 3]);
        let length = |name| std::fs::metadata(folder.path().join(name)).expect("it is there").len();
        assert_eq!(FILES.map(length), [4096, 4096]);
    }

    #[test]
    fn another_owners_records_are_none() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (mut journal, _) = Journal::open(folder.path(), [1; 16], 4096).expect("it opens");
        append(&mut journal, 1..3);
        assert!(Journal::is_used(folder.path()).expect("readable"));
        let other = Journal::open(folder.path(), [2; 16], 4096);
        assert!(matches!(other, Err(StorageError::Damaged(_))));
        // The owner's name alone does not make a record another's.
        let path = folder.path().join(FILES[0]);
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[..16].copy_from_slice(&[2; 16]);
        std::fs::write(&path, bytes).expect("writable");
        assert!(Journal::read(folder.path()).expect("readable").is_empty());
    }

    #[test]
    fn a_record_that_is_cut_off_or_changed_ends_the_run() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join(FILES[0]);
        let (mut journal, _) = Journal::open(folder.path(), [1; 16], 4096).expect("it opens");
        append(&mut journal, 1..4);
        let whole = std::fs::read(&path).expect("readable");
        for position in 0..journal.end as usize {
            let mut changed = whole.clone();
            changed[position] ^= 0x10;
            for bytes in [&changed, &whole[..position]] {
                std::fs::write(&path, bytes).expect("writable");
                let entries = Journal::read(folder.path()).expect("readable");
                assert!(entries.len() < 3, "what is wrong at {position} is noticed");
                assert_eq!(numbers(&entries), (1..).take(entries.len()).collect::<Vec<_>>());
            }
        }
    }
}
