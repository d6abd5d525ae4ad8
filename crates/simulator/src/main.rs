//! Runs simulated networks: many seeds with a table in the end, or one with its trace.

#![allow(clippy::print_stdout, reason = "a command talks to the person who started it")]

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
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
    let printing = if arguments.trace { Printing::Trace } else { Printing::Quiet };
    let (from, seeds) = arguments.seed.map_or((arguments.from, arguments.seeds), |seed| (seed, 1));
    let shows = arguments.seed.is_none() && std::io::stderr().is_terminal();
    let mut campaign = Campaign::new(subject);
    for seed in from..from.saturating_add(seeds) {
        campaign.add(subject.run(seed, printing));
        if shows {
            eprint!("\r{} of {seeds} seeds, {} failed ", campaign.runs, campaign.failures.len());
            // A progress line that does not appear at once is no harm.
            let _ = std::io::stderr().flush();
        }
        if arguments.stop && !campaign.failures.is_empty() {
            break;
        }
    }
    if shows {
        eprintln!();
    }
    campaign
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
