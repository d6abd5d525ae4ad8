//! Measures a store on disk: `cargo run --release -p knotwork-store --example throughput -- [changes] [folder]`.
//!
//! Documents of one change of about 300 bytes, each listed under three labels: in batches of 200 with a sync each, then
//! one by one with a sync each. Then what opening the store costs in time and memory, and what reading does.

#![expect(clippy::print_stdout, reason = "this is a program that prints what it measured")]

use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use knotwork_documents::NodeAddressView;
use knotwork_identity::{ChangeId, NetworkId, Nonce, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, Kind, Pen};
use knotwork_replica::{Batch, DocumentUpdate, Listing, Storage};
use knotwork_store::{DiskEngine, Options, SledOptions, Store};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let changes: u64 = arguments.next().map_or(Ok(10_000), |text| text.parse()).expect("how many changes: a number");
    let folder = arguments.next().map(PathBuf::from);
    match folder {
        // The second process, which opens what the first has written.
        Some(folder) => measure_opening(&folder),
        None => {
            let folder = tempfile::tempdir().expect("a folder can be made");
            measure_floor(folder.path());
            measure_writing(folder.path(), changes);
            let this = std::env::current_exe().expect("this program is a file");
            let again = std::process::Command::new(this).arg("0").arg(folder.path()).status();
            assert!(again.expect("it can be started").success());
        }
    }
}

/// What the disk itself takes for a synced write of the size of a change: at the end of a file, and over old bytes.
fn measure_floor(folder: &Path) {
    let path = folder.join("floor");
    let file = std::fs::File::create(&path).expect("there is room");
    for name in ["at the end", "over old bytes"] {
        let mut times = Vec::new();
        for number in 0..500 {
            let start = Instant::now();
            file.write_all_at(&[1; 800], number * 800).expect("there is room");
            file.sync_data().expect("there is room");
            times.push(start.elapsed());
        }
        println!("floor: a synced write of 800 bytes {name}: {}", spread(times));
    }
    std::fs::remove_file(path).expect("it was just made");
}

fn measure_writing(folder: &Path, count: u64) {
    let key = SecretKey::from_seed(&[1; 32]);
    let store = open(folder);
    let mut bytes = 0;
    let (mut committing, mut syncing) = (Duration::ZERO, Duration::ZERO);
    let mut written = 0;
    let mut groups = Vec::new();
    while written < count {
        // Prepared before the clock is started: making and signing changes is not what is measured.
        let changes: Vec<_> = (written..(written + 200).min(count)).map(|number| document(number, &key)).collect();
        written += changes.len() as u64;
        bytes += changes.iter().map(|change| change.byte_len()).sum::<usize>();
        let start = Instant::now();
        store.commit(&batch(store.next_sequence(), &changes)).expect("there is room");
        let committed = start.elapsed();
        store.sync().expect("there is room");
        committing += committed;
        syncing += start.elapsed() - committed;
        groups.push(start.elapsed());
    }
    let total = committing + syncing;
    println!(
        "{count} changes of {} bytes in batches of 200: {:.0} a second ({committing:.0?} committing, {syncing:.0?} syncing)",
        bytes as u64 / count,
        count as f64 / total.as_secs_f64(),
    );
    println!("  a batch with its sync: {}", spread(groups));
    let singles: Vec<_> = (count..count + 1000).map(|number| document(number, &key)).collect();
    let (mut all, mut commits) = (Vec::new(), Vec::new());
    for change in &singles {
        let start = Instant::now();
        store.commit(&batch(store.next_sequence(), std::slice::from_ref(change))).expect("there is room");
        commits.push(start.elapsed());
        store.sync().expect("there is room");
        all.push(start.elapsed());
    }
    println!("  one change with its sync: {}; of that the commit: {}", spread(all), spread(commits));
    println!("  memory {} MiB, on disk {} MiB", memory(), store.size_on_disk() >> 20);
    let start = Instant::now();
    drop(store);
    println!("  closed in {:.1?}, on disk {} MiB", start.elapsed(), size(folder) >> 20);
}

fn measure_opening(folder: &Path) {
    let start = Instant::now();
    let store = open(folder);
    println!("opened in {:.1?}, memory {} MiB", start.elapsed(), memory());
    let start = Instant::now();
    let mut ids: Vec<ChangeId> = Vec::new();
    store.each_id(&mut |_, _, id| ids.push(id)).expect("readable");
    println!("  {} ids in {:.1?}, memory {} MiB", ids.len(), start.elapsed(), memory());
    let some: Vec<_> = ids.iter().step_by((ids.len() / 5000).max(1)).collect();
    let start = Instant::now();
    for id in &some {
        store.change(id).expect("readable").expect("it was listed");
    }
    println!("  a change by its id: {:.1?}", start.elapsed() / some.len() as u32);
    let start = Instant::now();
    let mut count = 0;
    loop {
        let page = store.changes_from(count + 1, 500).expect("readable");
        if page.is_empty() {
            break;
        }
        count += page.len() as u64;
    }
    println!("  all {count} changes in {:.1?}", start.elapsed());
    let start = Instant::now();
    let page = store.list(Kind(1), Some("label 7"), None, 50).expect("readable");
    println!("  a page of {} by label: {:.1?}, memory {} MiB", page.len(), start.elapsed(), memory());
    let start = Instant::now();
    assert!(store.check().expect("readable").is_sound());
    println!("  checked in {:.1?}, memory {} MiB", start.elapsed(), memory());
}

fn open(folder: &Path) -> Store<DiskEngine> {
    let options = Options { fresh_incarnation: [1; 16], sled: SledOptions::default() };
    Store::open(folder, NETWORK, &options).expect("it opens").0
}

fn document(number: u64, key: &SecretKey) -> Arc<CheckedChange> {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    let header = DocumentHeader {
        format: FORMAT,
        network: NETWORK,
        space: SpaceId::Commons,
        kind: Kind(1),
        owner: None,
        nonce: Nonce(nonce),
    };
    let mut pen = Pen::new(header, key, Timestamp::NONE);
    let text = format!("{number:0200}");
    NodeAddressView::write(&mut pen, &[text]).expect("the edit is allowed");
    Arc::new(pen.finish().0.remove(0))
}

fn batch(next: u64, changes: &[Arc<CheckedChange>]) -> Batch {
    Batch {
        changes: (next..).zip(changes.iter().cloned()).collect(),
        documents: changes.iter().map(|change| listed(change)).collect(),
        local: Vec::new(),
    }
}

fn listed(change: &CheckedChange) -> DocumentUpdate {
    let id = change.id().0;
    let mut labels: Vec<_> = (0..3).map(|label| format!("label {}", id[label] % 100)).collect();
    labels.sort();
    labels.dedup();
    // A title, as far as it decides the order.
    let order = id[4..28].iter().map(|byte| b'a' + byte % 26).collect();
    DocumentUpdate {
        document: change.document(),
        kind: change.header().kind,
        view: None,
        listed_before: None,
        listed: Some(Listing { order, labels }),
    }
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    format!("p50 {:.0?}, p99 {:.0?}", at(50), at(99))
}

/// What the process has in memory, in MiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("Linux tells");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("in KiB") >> 10
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable"));
    let size_of = |entry: std::fs::DirEntry| match entry.file_type().expect("readable").is_dir() {
        true => size(&entry.path()),
        false if entry.file_name() == "reserve" => 0,
        false => entry.metadata().expect("readable").len(),
    };
    entries.map(size_of).sum()
}

const NETWORK: NetworkId = NetworkId([7; 32]);
