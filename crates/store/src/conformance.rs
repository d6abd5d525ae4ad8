//! What every engine must do, as a suite that any of them can be put through.
//!
//! [`conformance`] panics at the first rule that is broken. It knows nothing of how an engine is made or where its bytes
//! are; [`reopening`] is for those whose bytes outlive them.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::engine::{Engine, KEY_BYTES_MAX, VALUE_BYTES_MAX, Writes};

/// Puts the engines that `make` makes, each of them empty, through the suite.
///
/// # Panics
/// When a rule is broken.
pub fn conformance<E: Engine>(make: impl Fn() -> E) {
    an_empty_engine_has_nothing(&make());
    the_last_write_of_a_commit_counts(&make());
    scans_are_in_order_and_keep_to_their_prefix(&make());
    a_scan_stops_when_told_and_may_read(&make());
    values_of_any_length_come_back(&make());
    limits_refuse_the_whole_commit(&make());
    many_keys_stay_in_order(&make());
    random_commits_equal_a_model(&make());
    readers_see_whole_values_and_never_go_back(&make());
}

/// Checks that `reopen`, which closes an engine properly and opens it again, keeps everything that was committed.
///
/// # Panics
/// When something is missing, changed or new.
pub fn reopening<E: Engine>(make: impl Fn() -> E, reopen: impl Fn(E) -> E) {
    let mut engine = make();
    let mut model = Model::new();
    let mut random = Random(0x5eed_0001);
    for round in 0..12 {
        for _ in 0..5 {
            commit_random(&engine, &mut model, &mut random);
        }
        if round % 2 == 0 {
            engine.sync().expect("there is room");
        }
        engine = reopen(engine);
        assert_equal(&engine, &model);
    }
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn an_empty_engine_has_nothing(engine: &impl Engine) {
    assert_eq!(get(engine, b"a"), None);
    assert_equal(engine, &Model::new());
    assert_eq!(engine.last_key(b"").expect("readable"), None);
    engine.commit(Writes::default()).expect("nothing fits anywhere");
    let mut writes = Writes::default();
    writes.delete(b"a".to_vec());
    engine.commit(writes).expect("a key need not be there to be taken away");
    engine.sync().expect("there is room");
    assert_equal(engine, &Model::new());
}

fn the_last_write_of_a_commit_counts(engine: &impl Engine) {
    let long = vec![7; 60 << 10];
    let mut writes = Writes::default();
    for (key, value) in [(b"a", &b"1"[..]), (b"b", b"1"), (b"c", &long), (b"a", b"2"), (b"c", b"2"), (b"d", b"")] {
        writes.put(key.to_vec(), value.to_vec());
    }
    writes.delete(b"b".to_vec());
    writes.delete(b"e".to_vec());
    writes.put(b"e".to_vec(), long.clone());
    engine.commit(writes).expect("there is room");
    let expected = [(b"a", b"2".to_vec()), (b"c", b"2".to_vec()), (b"d", Vec::new()), (b"e", long)];
    assert_equal(engine, &expected.into_iter().map(|(key, value)| (key.to_vec(), value)).collect());
}

fn scans_are_in_order_and_keep_to_their_prefix(engine: &impl Engine) {
    let bytes = [0, 1, b'a', b'b', 0xfe, 0xff];
    let mut keys: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
    for first in bytes {
        for second in bytes {
            keys.push(vec![first, second]);
            keys.push(vec![first, second, 0xff]);
            keys.push(vec![first, second, 0xff, 0xff, 0]);
        }
    }
    let model: Model = keys.iter().map(|key| (key.clone(), key.clone())).collect();
    let mut writes = Writes::default();
    for key in keys.iter().rev() {
        writes.put(key.clone(), key.clone());
    }
    engine.commit(writes).expect("there is room");
    let mut prefixes = vec![Vec::new(), vec![b'c'], vec![0xff, 0xff, 0xff, 0xff]];
    prefixes.extend(keys.iter().filter(|key| key.len() < 4).cloned());
    for prefix in &prefixes {
        let within: Vec<&Vec<u8>> = model.keys().filter(|key| key.starts_with(prefix)).collect();
        assert_eq!(engine.last_key(prefix).expect("readable").as_ref(), within.last().copied(), "last of {prefix:?}");
        for from in &prefixes {
            let expected: Vec<Vec<u8>> = within.iter().filter(|key| **key >= from).map(|key| key.to_vec()).collect();
            let found: Vec<Vec<u8>> = entries(engine, prefix, from).into_iter().map(|(key, _)| key).collect();
            assert_eq!(found, expected, "the keys with {prefix:?} from {from:?}");
        }
    }
}

fn a_scan_stops_when_told_and_may_read(engine: &impl Engine) {
    let mut writes = Writes::default();
    for number in 0..1000_u16 {
        writes.put(number.to_be_bytes().to_vec(), number.to_le_bytes().to_vec());
    }
    engine.commit(writes).expect("there is room");
    for stop in [1, 2, 255, 256, 257, 999] {
        let mut seen = 0;
        engine
            .scan(b"", b"", &mut |key, value| {
                assert_eq!(get(engine, key).as_deref(), Some(value));
                seen += 1;
                if seen == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .expect("readable");
        assert_eq!(seen, stop);
    }
}

fn values_of_any_length_come_back(engine: &impl Engine) {
    let mut model = Model::new();
    let lengths = [0, 1, 21, 22, 23, 3999, 4000, 4001, 8000, 8001, 60 << 10, 200_000, 8 << 20];
    for shift in 0..lengths.len() {
        // Each key gets a value of each length, longer after shorter and shorter after longer.
        let mut writes = Writes::default();
        for (number, length) in lengths.iter().cycle().skip(shift * 5).take(lengths.len()).enumerate() {
            if *length < 8 << 20 || shift == 0 {
                let value = vec![shift as u8; *length];
                model.insert(vec![b'k', number as u8], value.clone());
                writes.put(vec![b'k', number as u8], value);
            }
        }
        engine.commit(writes).expect("there is room");
        assert_equal(engine, &model);
    }
    let mut writes = Writes::default();
    for key in model.keys() {
        writes.delete(key.clone());
    }
    engine.commit(writes).expect("there is room");
    assert_equal(engine, &Model::new());
}

fn limits_refuse_the_whole_commit(engine: &impl Engine) {
    let mut longest = Writes::default();
    longest.put(vec![1; KEY_BYTES_MAX], vec![1; 10]);
    engine.commit(longest.clone()).expect("this long a key is allowed");
    assert_eq!(get(engine, &[1; KEY_BYTES_MAX]), Some(vec![1; 10]));
    for (key, value) in [(KEY_BYTES_MAX + 1, 1), (1, VALUE_BYTES_MAX + 1)] {
        let mut writes = Writes::default();
        writes.put(vec![2], vec![2]);
        writes.put(vec![3; key], vec![3; value]);
        engine.commit(writes).expect_err("it is over a limit");
        assert_eq!(get(engine, &[2]), None, "nothing of a refused commit is applied");
    }
    engine.commit(longest.clone()).expect("a refusal does not stop the engine");
}

fn many_keys_stay_in_order(engine: &impl Engine) {
    let mut random = Random(0x5eed_0002);
    let mut model = Model::new();
    for _ in 0..40 {
        let mut writes = Writes::default();
        for _ in 0..250 {
            let key: Vec<u8> = (0..20).map(|_| random.below(256) as u8).collect();
            writes.put(key.clone(), Vec::new());
            model.insert(key, Vec::new());
        }
        engine.commit(writes).expect("there is room");
    }
    assert_equal(engine, &model);
}

fn random_commits_equal_a_model(engine: &impl Engine) {
    let mut random = Random(0x5eed_0003);
    let mut model = Model::new();
    for round in 0..300 {
        commit_random(engine, &mut model, &mut random);
        if round % 50 == 0 {
            engine.sync().expect("there is room");
            assert_equal(engine, &model);
        }
    }
    assert_equal(engine, &model);
}

fn readers_see_whole_values_and_never_go_back(engine: &impl Engine) {
    let done = AtomicBool::new(false);
    let keys: Vec<Vec<u8>> = (0..40_u8).map(|key| vec![b'r', key]).collect();
    let write = |round: u8| {
        let mut writes = Writes::default();
        for (number, key) in keys.iter().enumerate() {
            let length = if (number + usize::from(round)) % 3 == 0 { 20_000 } else { 10 };
            writes.put(key.clone(), vec![round; length]);
        }
        engine.commit(writes).expect("there is room");
    };
    write(0);
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let (done, keys) = (&done, &keys);
            scope.spawn(move || {
                let mut seen: BTreeMap<Vec<u8>, u8> = BTreeMap::new();
                let mut look = |key: &[u8], value: &[u8]| {
                    assert!(value.iter().all(|byte| *byte == value[0]), "a value is of one commit");
                    let last = seen.insert(key.to_vec(), value[0]).unwrap_or(0);
                    assert!(last <= value[0], "what was read once is not undone");
                };
                while !done.load(Ordering::Acquire) {
                    if reader == 0 {
                        for key in keys {
                            look(key, &get(engine, key).expect("it was committed before"));
                        }
                    } else {
                        let mut count = 0;
                        engine
                            .scan(b"r", b"r", &mut |key, value| {
                                look(key, value);
                                count += 1;
                                ControlFlow::Continue(())
                            })
                            .expect("readable");
                        assert_eq!(count, keys.len(), "what was committed before is seen");
                    }
                }
            });
        }
        // Also when an assertion fails here: the readers must not be left running.
        let _stop = Stop(&done);
        for round in 1..=60 {
            write(round);
            let last = keys.last().expect("there are forty");
            assert_eq!(get(engine, last).map(|value| value[0]), Some(round), "a commit is seen at once");
        }
    });
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Commits a few random writes to few keys, so that they meet often, and does the same to the model.
fn commit_random(engine: &impl Engine, model: &mut Model, random: &mut Random) {
    let mut writes = Writes::default();
    for _ in 0..random.below(30) {
        let key: Vec<u8> = (0..=random.below(3)).map(|_| [0, 1, b'x', 0xff][random.below(4)]).collect();
        if random.below(4) == 0 {
            model.remove(&key);
            writes.delete(key);
        } else {
            let length = [0, 1, 30, 500, 5000, 20_000][random.below(6)];
            let value = vec![random.below(256) as u8; length];
            model.insert(key.clone(), value.clone());
            writes.put(key, value);
        }
    }
    engine.commit(writes).expect("there is room");
}

fn assert_equal(engine: &impl Engine, model: &Model) {
    let found = entries(engine, b"", b"");
    assert_eq!(found.len(), model.len(), "the number of entries");
    for ((key, value), (expected_key, expected_value)) in found.iter().zip(model) {
        assert_eq!(key, expected_key);
        assert!(value == expected_value, "the value of {key:?}");
        assert!(get(engine, key).as_ref() == Some(expected_value), "the value of {key:?} by itself");
    }
}

fn entries(engine: &impl Engine, prefix: &[u8], from: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    engine
        .scan(prefix, from, &mut |key, value| {
            entries.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .expect("readable");
    entries
}

fn get(engine: &impl Engine, key: &[u8]) -> Option<Vec<u8>> {
    engine.get(key).expect("readable")
}

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
