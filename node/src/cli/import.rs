//! `knotwork import`: a CSV file into the library.

use std::{
    fs::File,
    io::{Read, Seek as _, stdin},
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, output, text::one_line};
use crate::{
    caller::{Caller, refusal},
    failure::Failure,
    reach,
};

/// Add the rows of a CSV file to the library
///
/// The first line names the columns: title, and any of summary, body, links and tags, in any order. Links and tags are
/// separated by semicolons; quoting is that of RFC 4180; the file is in UTF-8. A row that cannot be imported is named with
/// its line and the reason, and the rest goes in. Importing a file twice adds nothing twice.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The file; - reads it from standard input
    file: PathBuf,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let (file, length) = open(&self.file)?;
        let bar = progress_bar(length, context.json());
        let result = reach::with_node(&folder, |caller| import(caller, file, &bar));
        bar.finish_and_clear();
        let result = result.map_err(|failure| {
            failure.or_next(
                "the first line names the columns: title, and any of summary, body, links and tags; mend the file, and \
                 import it again",
            )
        })?;
        if context.json() {
            output::print_json(&result)?;
        } else {
            for failure in &result.failures {
                output::say(&format!("line {}: {}", failure.line, one_line(&failure.reason)));
            }
            output::print(&result.summary())?;
        }
        if result.failed == 0 {
            return Ok(());
        }
        let rows = if result.failed == 1 { "1 row".to_owned() } else { format!("{} rows", result.failed) };
        Err(Failure::new(format!("{rows} could not be imported; the other rows are in the library"))
            .next("mend the lines that are named and import the file again: what is there already is not added twice"))
    }
}

/// What an import did.
#[derive(Debug, Serialize, Deserialize)]
struct Imported {
    added: u64,
    already_there: u64,
    failed: u64,
    failures: Vec<FailedRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FailedRow {
    line: u64,
    reason: String,
}

impl Imported {
    fn summary(&self) -> String {
        let mut parts = vec![format!("{} added", self.added)];
        if self.already_there > 0 {
            parts.push(format!("{} there already", self.already_there));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        let listed = self.failures.len() as u64;
        if listed < self.failed {
            parts.push(format!("the first {listed} failures are named above"));
        }
        parts.join(", ")
    }
}

/// Sends the file and follows the reports to the last.
fn import(caller: &Caller, file: Box<dyn Read + Send>, bar: &ProgressBar) -> Result<Imported, Failure> {
    let mut result = None;
    caller.upload("/api/v1/imports", file, |line| match line["done"].as_bool() {
        None => {
            bar.set_position(line["bytes"].as_u64().unwrap_or_default());
            bar.set_message(format!("{} rows", line["added"].as_u64().unwrap_or_default()));
            Ok(())
        }
        Some(true) => {
            result = Some(serde_json::from_value(line).map_err(|error| super::other_version(&error))?);
            Ok(())
        }
        Some(false) => Err(stopped(&line["problem"])),
    })?;
    result.ok_or_else(|| {
        Failure::new("the import broke off before its end")
            .next("import the file again: what is there already is not added twice")
    })
}

/// The node could not go on.
fn stopped(problem: &Value) -> Failure {
    let status = problem["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    let added = problem["added"].as_u64().unwrap_or_default();
    refusal(status, problem)
        .during(format_args!("the import stopped after {added} rows were added"))
        .next("mend that, and import the file again: what is there already is not added twice")
}

fn open(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return spooled();
    }
    let cannot = |error: &std::io::Error| Failure::io(error, format_args!("cannot read {}", path.display()));
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let metadata = file.metadata().map_err(|error| cannot(&error))?;
    if metadata.is_dir() {
        return Err(Failure::usage(format!("{} is a folder: name a CSV file", path.display())));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// Standard input, whole: what brings it may take its time, and a node does not wait for long in the middle of a request.
fn spooled() -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    let cannot = |error: &std::io::Error| Failure::io(error, "cannot keep what comes from standard input");
    let mut file = tempfile::tempfile().map_err(|error| cannot(&error))?;
    let length = std::io::copy(&mut stdin().lock(), &mut file).map_err(|error| cannot(&error))?;
    file.rewind().map_err(|error| cannot(&error))?;
    Ok((Box::new(file), Some(length)))
}

/// Shows how much of the file the node has dealt with, where a person looks on.
fn progress_bar(length: Option<u64>, json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = match length {
        Some(_) => "{bar:30} {bytes} of {total_bytes}, {msg}",
        None => "{spinner} {bytes}, {msg}",
    };
    // A template that cannot be read would leave the plain style.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

const EXAMPLES: &str = "\
Examples:
  knotwork import library.csv
  zcat library.csv.gz | knotwork import -";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_there_is_to_say() {
        let result = |added, already_there, failed| Imported { added, already_there, failed, failures: Vec::new() };
        assert_eq!(result(3, 0, 0).summary(), "3 added");
        assert_eq!(result(0, 3, 0).summary(), "0 added, 3 there already");
        assert_eq!(
            result(1, 2, 3).summary(),
            "1 added, 2 there already, 3 failed, the first 0 failures are named above"
        );
    }

    #[test]
    fn a_stopped_import_says_how_far_it_came_and_what_to_do() {
        let failure = stopped(&serde_json::json!({"status": 507, "detail": "the disk is full", "added": 12}));
        let shown = failure.shown(false).expect("shown");
        assert!(shown.contains("after 12 rows were added: the disk is full") && shown.contains("again"), "{shown}");
    }
}
