//! Measures real nodes, as processes on this machine over loopback TCP, with everything signed, verified and on disk,
//! and prints one table. The floor of the same machine is measured in the same run.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod daemon;
mod floor;
mod inputs;
mod rows;
mod table;

use anyhow::{Context as _, Result};
use clap::Parser;

use table::Table;

/// Measures Knotwork on this machine
#[derive(Debug, Parser)]
struct Options {
    /// The rows to measure, by their letters
    #[arg(long, default_value = "abcdef")]
    rows: String,
    /// How many resources the large library has
    #[arg(long, default_value_t = 10_000)]
    resources: usize,
    /// How often each row is measured; the median is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How many single writes the latencies are taken from
    #[arg(long, default_value_t = 200)]
    writes: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let program = daemon::program().context("the program to measure")?;
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
            other => anyhow::bail!("there is no row {other}: a to f can be measured"),
        }
    }
    println!("{table}");
    Ok(())
}
