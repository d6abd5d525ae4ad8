//! Runs simulated networks: many seeds with a table in the end, or one with its trace.

#![allow(clippy::print_stdout, reason = "a command talks to the person who started it")]

use std::{
    io::{self, IsTerminal as _, Write as _},
    num::NonZeroUsize,
    ops::ControlFlow,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use knotwork_simulator::{Campaign, Printing, Subject, minutes};

/// Runs simulated networks of Knotwork nodes and checks what is promised.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// How many seeds to run
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run this one alone
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Run networks of minutes instead of networks of replicas
    #[arg(long)]
    minutes: bool,
    /// Print what happens, line by line
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Stop at the first failure
    #[arg(long, conflicts_with = "seed")]
    stop: bool,
    /// How many seeds to run at once [default: as many as there are processors]
    #[arg(long, value_name = "NUMBER", conflicts_with = "seed")]
    threads: Option<NonZeroUsize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is caught, and reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let campaign = campaign(&arguments);
    print!("{}", campaign.table());
    for failure in &campaign.failures {
        println!("{}", failure.report());
    }
    if arguments.minutes && arguments.seed.is_none() {
        print_latencies();
    }
    if campaign.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn campaign(arguments: &Arguments) -> Campaign {
    let subject = if arguments.minutes { Subject::Minutes } else { Subject::Replicas };
    if let Some(seed) = arguments.seed {
        let printing = if arguments.trace { Printing::Trace } else { Printing::Quiet };
        let mut campaign = Campaign::new(subject);
        campaign.add(subject.run(seed, printing));
        return campaign;
    }
    let Arguments { from, seeds, stop, .. } = *arguments;
    let threads = arguments.threads.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    let told = Mutex::new(Instant::now());
    let campaign = Campaign::run(subject, from..from.saturating_add(seeds), threads.get(), |campaign| {
        tell(campaign, seeds, &told);
        if stop && !campaign.failures.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if io::stderr().is_terminal() {
        eprintln!();
    }
    campaign
}

/// Says how far it is: always in the same line of a terminal, and once a minute in a line of its own elsewhere.
fn tell(campaign: &Campaign, seeds: u64, told: &Mutex<Instant>) {
    let progress = format!("{} of {seeds} seeds, {} failed", campaign.runs, campaign.failures.len());
    if io::stderr().is_terminal() {
        eprint!("\r{progress} ");
        // A progress line that does not appear at once is no harm.
        let _ = io::stderr().flush();
        return;
    }
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    if told.elapsed() >= MINUTE {
        *told = Instant::now();
        eprintln!("{progress}");
    }
}

fn print_latencies() {
    for founders in [1, 2, 3, 4, 7, 10] {
        match minutes::latency(founders) {
            Ok((usual, worst)) => {
                println!("{founders:>8} organisations: {usual:.1} round trips a minute, {worst:.1} at worst")
            }
            Err(breach) => println!("{founders:>8} organisations: {breach}"),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
