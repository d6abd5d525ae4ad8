//! Tests of the journal before an engine: what crashes, failures and full disks leave.

use super::*;
use crate::{
    conformance::{conformance, reopening},
    memory_engine::MemoryEngine,
};

fn open(disk: &MemoryEngine, folder: &Path) -> (JournalledEngine<MemoryEngine>, Replay) {
    JournalledEngine::open_with(disk.clone(), folder, [7; 16], 4096).expect("it opens")
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
