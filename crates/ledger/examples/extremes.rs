//! What documents at their limits cost: `cargo run --release -p knotwork-ledger --example extremes --features mutants`.
//! Each is made, taken through the gate, shown, kept and loaded in a process of its own, whose memory is read from
//! `/proc`, so that this runs on Linux.

#![allow(clippy::print_stdout, reason = "this is a command")]

use std::{
    error::Error,
    fs,
    process::{Command, ExitCode},
    sync::Arc,
    time::Instant,
};

use automerge::Automerge;
use knotwork_ledger::{
    History, materialise,
    mutants::{
        extremes::{EXTREMES, extreme},
        honest,
    },
};

fn main() -> ExitCode {
    let mut names = std::env::args().skip(1);
    let done = match names.next() {
        Some(name) => measure(&name),
        None => measure_all(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all() -> Result<(), Box<dyn Error>> {
    println!("| document | changes | chunks | operations | gate | kept | shown | peak |");
    println!("|---|---|---|---|---|---|---|---|");
    for name in EXTREMES {
        let status = Command::new(std::env::current_exe()?).arg(name).status()?;
        if !status.success() {
            return Err(format!("{name}: {status}").into());
        }
    }
    Ok(())
}

fn measure(name: &str) -> Result<(), Box<dyn Error>> {
    // Making the changes takes memory of its own, and is over before anything is measured.
    let signed: Vec<_> = extreme(name, 1)?.iter().map(|change| change.signed().clone()).collect();
    fs::write("/proc/self/clear_refs", "5")?;
    let begun = Instant::now();
    let mut history = History::new(honest::header(2));
    for change in signed {
        let checked = change.check_trusted()?.change().ok_or("the format is known")?;
        history.admit(Arc::new(checked))?;
    }
    let (gate, kept) = (begun.elapsed(), history.memory_bytes());
    let begun = Instant::now();
    let document = materialise(&history)?.document;
    let shown = begun.elapsed();
    Automerge::load(&document.save())?;
    let bytes: usize = history.changes().map(|change| change.byte_len()).sum();
    let operations: u64 = history.changes().map(|change| u64::from(change.chunk().operation_count())).sum();
    println!(
        "| {name} | {} | {:.1} MB | {operations} | {:.2} s | {:.1} MB | {:.2} s | {:.0} MB |",
        history.len(),
        bytes as f64 / 1e6,
        gate.as_secs_f64(),
        kept as f64 / 1e6,
        shown.as_secs_f64(),
        peak_kilobytes()? as f64 / 1e3,
    );
    Ok(())
}

/// The most memory that the process has taken since it was last reset.
fn peak_kilobytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("/proc says nothing of it")?;
    Ok(line.trim_start_matches("VmHWM:").trim_end_matches("kB").trim().parse()?)
}
