//! Tests of the journal before an engine: what crashes, failures and full disks leave.

use super::*;
use crate::{
    conformance::{conformance, reopening},
    memory_engine::MemoryEngine,
};

const SMALL: Sizes = Sizes { file: 4096, ..SIZES };

fn open(disk: &MemoryEngine, folder: &Path) -> (JournalledEngine<MemoryEngine>, Replay) {
    JournalledEngine::open_with(disk.clone(), folder, [7; 16], SMALL).expect("it opens")
}

fn commit(engine: &JournalledEngine<MemoryEngine>, number: u64) {
    let mut writes = Writes::default();
    writes.put(number.to_be_bytes().to_vec(), vec![1; 100]);
    engine.commit(writes).expect("there is room");
}

/// The keys that are there, which must be the first ones.
fn count(engine: &JournalledEngine<MemoryEngine>) -> u64 {
    let mut count = 0;
    engine
        .scan(b"", b"", &mut |key, _| {
            count += 1;
            assert_eq!(key, u64::to_be_bytes(count), "what is there is a run from the first commit on");
            ControlFlow::Continue(())
        })
        .expect("readable");
    count
}

#[test]
fn it_conforms() {
    let folders = std::cell::RefCell::new(Vec::new());
    let make = || {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (engine, _) = open(&MemoryEngine::new(), folder.path());
        folders.borrow_mut().push(folder);
        engine
    };
    conformance(make);
    reopening(make, |engine| {
        let (disk, folder) = (engine.engine().clone(), engine.folder.clone());
        drop(engine);
        open(&disk, &folder).0
    });
}

/// Stops without giving the engine or the journal anything more.
fn kill(engine: JournalledEngine<MemoryEngine>) {
    let _ = engine.failed.set("killed".into());
}

#[test]
fn what_was_synced_outlasts_a_crash_and_what_was_not_is_a_run_of_it() {
    // Commits of 140 bytes in files of 4096: the files are turned many times over.
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut disk = MemoryEngine::new();
    let (mut committed, mut random) = (0, 0x5eed_u64);
    let mut replayed = 0;
    for _ in 0..200 {
        let (engine, _) = open(&disk, folder.path());
        let mut synced = count(&engine);
        for _ in 0..1 + random % 60 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            committed += 1;
            commit(&engine, committed);
            if (random >> 33) % 3 == 0 {
                engine.sync().expect("there is room");
                synced = committed;
            }
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The thread may be in the middle of giving the engine a layer.
        let unsynced = disk.unsynced() as u64 + 1;
        disk = disk.crash(((random >> 33) % unsynced) as usize);
        kill(engine);
        let (engine, replay) = open(&disk, folder.path());
        assert!(!replay.gap);
        replayed += replay.replayed;
        let after = count(&engine);
        assert!((synced..=committed).contains(&after), "{after} of {committed}, and {synced} were synced");
        committed = after;
        if random.is_multiple_of(2) {
            kill(engine);
        }
    }
    assert!(replayed > 100, "the journal was needed: {replayed}");
}

#[test]
fn what_is_not_synced_does_not_fill_memory() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    let (engine, _) = open(&disk, folder.path());
    for number in 1..=1000 {
        commit(&engine, number);
        assert!(engine.writer().records.len() <= 4096 + 200);
    }
    let disk = disk.crash(0);
    kill(engine);
    assert!(count(&open(&disk, folder.path()).0) > 900);
}

#[test]
fn a_commit_larger_than_a_file_is_put_there_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut disk = MemoryEngine::new();
    for round in 0..5_u8 {
        let (engine, _) = open(&disk, folder.path());
        let mut writes = Writes::default();
        writes.put(vec![round], vec![round; 100_000]);
        engine.commit(writes).expect("there is room");
        engine.sync().expect("there is room");
        disk = disk.crash(0);
        kill(engine);
    }
    let (engine, _) = open(&disk, folder.path());
    for round in 0..5_u8 {
        assert_eq!(engine.get(&[round]).expect("readable"), Some(vec![round; 100_000]));
    }
}

#[test]
fn a_clean_end_leaves_nothing_to_replay() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    for round in 0..5 {
        let (engine, replay) = open(&disk, folder.path());
        assert_eq!(replay, Replay::default());
        for number in round * 40..round * 40 + 40 {
            commit(&engine, number + 1);
        }
    }
    assert_eq!(disk.unsynced(), 0);
    assert_eq!(count(&open(&disk, folder.path()).0), 200);
}

#[test]
fn an_engine_that_fails_stops_commits_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    let (engine, _) = open(&disk, folder.path());
    commit(&engine, 1);
    engine.sync().expect("there is room");
    // From now on the engine below refuses; the journal does not need it until a file is full.
    let left = disk.crash(usize::MAX);
    let mut synced = 1;
    let stopped = (2..1000).any(|number| {
        let mut writes = Writes::default();
        writes.put(u64::to_be_bytes(number).to_vec(), vec![1; 100]);
        let done = engine.commit(writes).and_then(|()| engine.sync());
        synced = if done.is_ok() { number } else { synced };
        done.is_err()
    });
    assert!(stopped && synced > 20, "{synced} were taken");
    drop(engine);
    assert_eq!(count(&open(&left, folder.path()).0), synced);
}

#[test]
fn what_waits_for_room_goes_on_when_there_is_some() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    let (engine, _) = open(&disk, folder.path());
    disk.set_full(true);
    let mut committed = 0;
    let refused = loop {
        commit(&engine, committed + 1);
        committed += 1;
        if let Err(error) = engine.sync() {
            break error;
        }
    };
    assert!(matches!(refused, StorageError::Full), "{refused}");
    assert!(matches!(engine.sync(), Err(StorageError::Full)), "it is still full");
    assert_eq!(count(&engine), committed, "reading goes on");
    disk.set_full(false);
    engine.sync().expect("there is room again");
    commit(&engine, committed + 1);
    engine.sync().expect("there is room");
    kill(engine);
    assert_eq!(count(&open(&disk.crash(0), folder.path()).0), committed + 1);
}

#[test]
fn commits_that_are_missing_in_between_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    let (engine, _) = open(&disk, folder.path());
    (1..=3).for_each(|number| commit(&engine, number));
    drop(engine);
    let old = MemoryEngine::new();
    disk.scan(b"", b"", &mut |key, value| {
        let mut writes = Writes::default();
        writes.put(key.to_vec(), value.to_vec());
        old.commit(writes).expect("there is room");
        ControlFlow::Continue(())
    })
    .expect("readable");
    // What the old copy has is followed by more than the journal holds.
    let (engine, _) = open(&disk, folder.path());
    (4..=200).for_each(|number| commit(&engine, number));
    drop(engine);
    let (engine, replay) = open(&old, folder.path());
    assert!(replay.gap);
    assert_eq!(count(&engine), 3);
    // What the journal had is gone for good: it must not be taken for what comes next.
    commit(&engine, 4);
    engine.sync().expect("there is room");
    kill(engine);
    let (engine, replay) = open(&old, folder.path());
    assert_eq!((count(&engine), replay), (4, Replay { replayed: 1, gap: false }));
}

#[test]
fn the_largest_commit_is_read_back_and_a_larger_one_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let disk = MemoryEngine::new();
    let sizes = Sizes { payload: 120_000, ..SMALL };
    let (engine, _) = JournalledEngine::open_with(disk.clone(), folder.path(), [7; 16], sizes).expect("it opens");
    let write = |key: u8, bytes: usize| {
        let mut writes = Writes::default();
        writes.put(vec![key], vec![key; bytes]);
        engine.commit(writes).and_then(|()| engine.sync())
    };
    let most = sizes.payload - 6 - 1;
    // What is unsynced goes before it, and with it into the same file.
    commit(&engine, 0);
    write(200, most).expect("it is at the limit");
    let refused = write(201, most + 1);
    assert!(matches!(refused, Err(StorageError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidInput));
    assert_eq!(engine.get(&[201]).expect("readable"), None, "nothing of it is there");
    write(202, 1).expect("smaller ones are taken as before");
    let left = disk.crash(0);
    kill(engine);
    let (engine, _) = open(&left, folder.path());
    assert_eq!(engine.get(&[200]).expect("readable").map(|value| value.len()), Some(most));
    assert_eq!(engine.get(&[202]).expect("readable").map(|value| value.len()), Some(1));
}

#[test]
fn a_journal_longer_than_any_is_not_read_in_part() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    drop(open(&MemoryEngine::new(), folder.path()));
    let file = std::fs::File::options().write(true).open(folder.path().join(FILES[0])).expect("it is there");
    file.set_len(2 * PAYLOAD_BYTES_MAX as u64 + 1).expect("a sparse file takes no room");
    assert!(Journal::read(folder.path()).is_err());
}

#[test]
fn each_sync_reaches_the_disk_once_however_many_commits_share_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (engine, _) = open(&MemoryEngine::new(), folder.path());
    let state = |engine: &JournalledEngine<MemoryEngine>| {
        let writer = engine.writer();
        (writer.journal.syncs(), writer.journal.unsynced(), writer.records.len())
    };
    let (before, ..) = state(&engine);
    for group in 0..10_u64 {
        for member in 0..group {
            commit(&engine, group * 10 + member);
        }
        engine.sync().expect("there is room");
        let expected = before + group;
        assert_eq!(state(&engine), (expected, 0, 0), "one sync for {group} commits, and none for none");
    }
}

/// An engine on a disk of which power loss leaves any part of what was not synced.
#[derive(Debug, Clone, Default)]
struct Torn(Arc<Mutex<TornDisk>>);

#[derive(Debug, Clone, Default)]
struct TornDisk {
    synced: std::collections::BTreeMap<Vec<u8>, Vec<u8>>,
    entries: std::collections::BTreeMap<Vec<u8>, Vec<u8>>,
    unsynced: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// After so many calls that write, the power goes.
    calls_left: Option<usize>,
}

impl Torn {
    fn lose_power(&self, mut random: impl FnMut() -> u64) -> Self {
        let disk = self.0.lock().expect("no panic");
        let mut left = disk.synced.clone();
        for (key, value) in &disk.unsynced {
            match value {
                _ if random().is_multiple_of(2) => {}
                Some(value) => drop(left.insert(key.clone(), value.clone())),
                None => drop(left.remove(key)),
            }
        }
        Self(Arc::new(Mutex::new(TornDisk { synced: left.clone(), entries: left, ..TornDisk::default() })))
    }

    /// As [`Torn::disk`], for one call that writes.
    fn disk_to_write(&self) -> Result<MutexGuard<'_, TornDisk>, StorageError> {
        let mut disk = self.disk()?;
        disk.calls_left = disk.calls_left.map(|left| left - 1);
        Ok(disk)
    }

    fn disk(&self) -> Result<MutexGuard<'_, TornDisk>, StorageError> {
        let disk = self.0.lock().expect("no panic");
        if disk.calls_left == Some(0) {
            Err(StorageError::Io(std::io::Error::other("there is no power")))
        } else {
            Ok(disk)
        }
    }
}

impl Engine for Torn {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.disk()?.entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
        let entries = self.disk()?.entries.clone();
        let mut shown = entries.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_slice() >= from);
        let _ = shown.try_for_each(|(key, value)| each(key, value));
        Ok(())
    }

    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.disk()?.entries.keys().rfind(|key| key.starts_with(prefix)).cloned())
    }

    fn commit(&self, writes: Writes) -> Result<(), StorageError> {
        let mut disk = self.disk_to_write()?;
        for (key, value) in writes.into_entries() {
            match value.clone() {
                Some(value) => drop(disk.entries.insert(key.clone(), value)),
                None => drop(disk.entries.remove(&key)),
            }
            disk.unsynced.push((key, value));
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        let mut disk = self.disk_to_write()?;
        disk.synced = disk.entries.clone();
        disk.unsynced.clear();
        Ok(())
    }

    fn size_on_disk(&self) -> u64 {
        0
    }
}

#[test]
fn power_loss_while_a_layer_is_handed_over_takes_nothing_that_was_synced() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut state = 0x5eed_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 33
    };
    let mut disk = Torn::default();
    let (mut synced, mut torn) = (0_u64, 0);
    for _ in 0..300 {
        let (engine, replay) =
            JournalledEngine::open_with(disk.clone(), folder.path(), [7; 16], SMALL).expect("it opens");
        assert!(!replay.gap);
        for number in 0..synced {
            assert!(engine.get(&number.to_be_bytes()).expect("readable").is_some(), "{number} of {synced} is lost");
        }
        // The power goes while the engine is given a layer: between two calls, whichever.
        disk.0.lock().expect("no panic").calls_left = Some(1 + random() as usize % 6);
        let taken = (synced..synced + 200).take_while(|number| {
            let mut writes = Writes::default();
            writes.put(number.to_be_bytes().to_vec(), vec![1; 100]);
            engine.commit(writes).and_then(|()| engine.sync()).is_ok()
        });
        synced += taken.count() as u64;
        let _ = engine.failed.set("there is no power".into());
        drop(engine);
        torn += usize::from(!disk.0.lock().expect("no panic").unsynced.is_empty());
        disk = disk.lose_power(&mut random);
    }
    assert!(torn > 50, "only {torn} times was there anything to be torn");
}
