//! What happened in a run, line by line: as one hash always, and in words where they are asked for.

use std::{collections::VecDeque, fmt};

use knotwork_identity::sha256;

/// The trace of one run.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: [u8; 32],
    lines: u64,
    prints: bool,
    last: VecDeque<String>,
}

impl Trace {
    /// A trace that is printed as it grows, or only hashed.
    pub(crate) fn new(prints: bool) -> Self {
        Self { hash: [0; 32], lines: 0, prints, last: VecDeque::new() }
    }

    /// Adds a line.
    pub(crate) fn note(&mut self, now: u64, line: fmt::Arguments<'_>) {
        let line = format!("{:>8.3} s  {line}", now as f64 / 1_000.0);
        self.hash = sha256(&[&self.hash, line.as_bytes()]);
        self.lines += 1;
        if self.prints {
            print_line(&line);
        }
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// One hash of all lines.
    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The last few lines, for a report.
    pub(crate) fn last(self) -> Vec<String> {
        self.last.into()
    }
}

#[expect(clippy::print_stdout, reason = "a trace is asked for by the person at the terminal")]
fn print_line(line: &str) {
    println!("{line}");
}

/// How many lines a failure shows.
const LAST_LINES: usize = 25;
