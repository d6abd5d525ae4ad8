//! `knotwork minutes export`.

use std::{fs::File, io::Write, path::PathBuf};

use clap::Args;

use super::{
    super::{Context, output},
    PATH,
};
use crate::{failure::Failure, reach};

/// Write all minutes into a file that anybody can check
///
/// The file holds the genesis and every minute with its signatures. With a decision, it ends with the minute of that
/// decision, and holds its terms.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// The file to write; what is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only up to this decision, with its terms
    #[arg(long, value_name = "ID")]
    decision: Option<String>,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = match &self.decision {
            None => format!("{PATH}/bundle"),
            Some(id) => super::super::decision::path_of(id)? + "/proof",
        };
        let cannot = |error: &std::io::Error| Failure::io(error, format_args!("cannot write {}", self.out.display()));
        let mut bytes = 0;
        reach::with_node(&context.folder()?, |caller| {
            let mut file = None;
            caller.download(&path, &[], |part| {
                // Made only once there is something to write.
                let file = match &mut file {
                    Some(file) => file,
                    none => none.insert(File::create(&self.out).map_err(|error| cannot(&error))?),
                };
                bytes += part.len();
                file.write_all(part).map_err(|error| cannot(&error))
            })?;
            file.map_or(Ok(()), |file| file.sync_all().map_err(|error| cannot(&error)))
        })?;
        if context.json() {
            return output::print_json(&serde_json::json!({ "file": self.out, "bytes": bytes }));
        }
        output::say(&format!("{} holds the minutes: `knotwork minutes verify` checks it.", self.out.display()));
        Ok(())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork minutes export --out valley.minutes
  knotwork minutes export --decision bq4xk2m… --out monthly.minutes";
