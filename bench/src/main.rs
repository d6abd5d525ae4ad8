//! Measures real nodes, as processes on this machine over loopback TCP, with everything signed, verified and on disk,
//! and prints one table. The floor of the same machine is measured in the same run.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod daemon;
mod floor;
mod inputs;
mod machine;
mod member;
mod program;
mod reader;
mod rows;
mod table;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;

use table::Table;

/// Measures Knotwork on this machine
#[derive(Debug, Parser)]
struct Options {
    /// The rows to measure, by their letters
    #[arg(long, default_value = "abcdefghi")]
    rows: String,
    /// How many resources the large library has
    #[arg(long, default_value_t = 10_000)]
    resources: usize,
    /// How often each row is measured, (c), (d) and (f) at least five times; the median is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// A program to measure in place of the one that is built from the sources
    #[arg(long)]
    program: Option<PathBuf>,
    /// How many organisations decide together over the wire, each number by itself
    #[arg(long, default_value = "4,10", value_delimiter = ',')]
    organisations: Vec<usize>,
    /// How many single writes the latencies are taken from
    #[arg(long, default_value_t = 200)]
    writes: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let program = match &options.program {
        Some(program) => program.canonicalize().with_context(|| program.display().to_string())?,
        None => program::build()?,
    };
    let mut table = Table::default();
    floor::measure(&mut table, options.resources)?;
    for row in options.rows.chars() {
        eprintln!("row {row} …");
        match row {
            'a' => rows::catch_up::measure(&program, &options, &mut table)?,
            'b' => rows::diffusion::measure(&program, &options, &mut table)?,
            'c' | 'd' => {
                // Both begin with two nodes that hold the same.
                if row == 'c' || !options.rows.contains('c') {
                    rows::reconnect::measure(&program, &options, &mut table)?;
                }
            }
            'e' => rows::writes::measure(&program, &options, &mut table)?,
            'f' => rows::start::measure(&program, &options, &mut table)?,
            'g' => rows::pages::measure(&program, &options, &mut table)?,
            'h' => rows::minutes::measure(&mut table)?,
            'i' => rows::deciding::measure(&program, &options.organisations, &mut table)?,
            other => anyhow::bail!("there is no row {other}: a to i can be measured"),
        }
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}
