//! Runs simulated networks: many seeds with a table in the end, or one with its trace.

#![allow(clippy::print_stdout, reason = "a command talks to the person who started it")]

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser;
use knotwork_simulator::{Campaign, Printing, minutes, run};

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
    if arguments.minutes {
        return of_minutes(&arguments);
    }
    let campaign = match arguments.seed {
        Some(seed) => one(seed, if arguments.trace { Printing::Trace } else { Printing::Quiet }),
        None => many(&arguments),
    };
    print!("{}", campaign.table());
    for failure in &campaign.failures {
        println!("{}", failure.report());
    }
    if campaign.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn of_minutes(arguments: &Arguments) -> ExitCode {
    let mut campaign = minutes::Campaign::default();
    let printing = if arguments.trace { Printing::Trace } else { Printing::Quiet };
    let (from, seeds) = arguments.seed.map_or((arguments.from, arguments.seeds), |seed| (seed, 1));
    for seed in from..from.saturating_add(seeds) {
        campaign.add(minutes::run(seed, printing));
        if arguments.stop && !campaign.failures.is_empty() {
            break;
        }
    }
    print!("{}", campaign.table());
    for failure in &campaign.failures {
        println!("{}", failure.report());
    }
    if arguments.seed.is_none() {
        for founders in [1, 2, 3, 4, 7, 10] {
            match minutes::latency(founders) {
                Ok((usual, worst)) => {
                    println!("{founders:>8} organisations: {usual:.1} round trips a minute, {worst:.1} at worst")
                }
                Err(breach) => println!("{founders:>8} organisations: {breach}"),
            }
        }
    }
    if campaign.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(seed: u64, printing: Printing) -> Campaign {
    let mut campaign = Campaign::default();
    campaign.add(run(seed, printing));
    campaign
}

fn many(arguments: &Arguments) -> Campaign {
    let mut campaign = Campaign::default();
    let shows = std::io::stderr().is_terminal();
    for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
        campaign.add(run(seed, Printing::Quiet));
        if shows {
            eprint!("\r{} of {} seeds, {} failed ", campaign.runs, arguments.seeds, campaign.failures.len());
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
