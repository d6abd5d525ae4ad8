//! Makes mutants by the number: `cargo run --release -p knotwork-ledger --example mutants --features mutants --
//! --count 1000000 --seed 1`. A failure prints the seed that makes it again with `--seed N --count 100`.

#![allow(clippy::print_stdout, reason = "this is a command")]

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use knotwork_ledger::mutants::{Failure, ROUND_MUTANTS, Report, round};

fn main() -> ExitCode {
    let Some(Options { count, seed, threads }) = Options::read(std::env::args().skip(1)) else {
        println!("usage: mutants [--count N] [--seed N] [--threads N]");
        return ExitCode::from(2);
    };
    // What panics is caught, counted and reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let rounds = count.div_ceil(ROUND_MUTANTS);
    let work = || {
        let mut report = Report::default();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= rounds {
                return Ok(report);
            }
            let made = (count - place * ROUND_MUTANTS).min(ROUND_MUTANTS);
            match round(seed.wrapping_add(place), made) {
                Ok(round) => report.add(&round),
                Err(failure) => {
                    next.store(rounds, Ordering::Relaxed);
                    return Err(failure);
                }
            }
            if place % 1000 == 999 {
                println!("{:>9} mutants, {:.0} s", (place + 1) * ROUND_MUTANTS, begun.elapsed().as_secs_f64());
            }
        }
    };
    let results: Vec<Result<Report, Failure>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a round catches what panics in it")).collect()
    });
    let mut total = Report::default();
    for result in results {
        match result {
            Ok(report) => total.add(&report),
            Err(failure) => {
                println!("FAILED: {failure}");
                return ExitCode::FAILURE;
            }
        }
    }
    let Report { mutants, admitted, unchanged, held, rejected } = total;
    println!("{mutants} mutants in {:.0} s, from seed {seed}", begun.elapsed().as_secs_f64());
    println!("{admitted} admitted, {held} held, {unchanged} unchanged; rejected:");
    for (reason, count) in rejected {
        println!("{count:>9} {reason}");
    }
    ExitCode::SUCCESS
}

struct Options {
    count: u64,
    seed: u64,
    threads: usize,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self { count: 1_000_000, seed: 1, threads: 1 };
        while let Some(name) = arguments.next() {
            let value = arguments.next()?;
            match name.as_str() {
                "--count" => options.count = value.parse().ok()?,
                "--seed" => options.seed = value.parse().ok()?,
                "--threads" => options.threads = value.parse().ok().filter(|threads| *threads > 0)?,
                _ => return None,
            }
        }
        Some(options)
    }
}
