//! `knotwork export`: the whole library as a file.

use std::{
    fs::File,
    io::{Write, stdout},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{Context, output};
use crate::{caller::Caller, failure::Failure, private_file, reach};

/// Write the whole library as CSV or JSON
///
/// CSV has the columns that `knotwork import` takes: title, summary, body, links and tags, with links and tags separated by
/// semicolons. JSON has everything.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// In which form
    #[arg(long, value_enum)]
    format: Format,
    /// A file to write to, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        reach::with_node(&context.folder()?, |caller| match &self.out {
            None => self.write(caller, &mut stdout().lock(), Failure::output),
            Some(path) => self.write_file(caller, path),
        })
    }

    /// Writes beside the file first, so that an export that breaks off leaves an older one as it was.
    fn write_file(&self, caller: &Caller, path: &Path) -> Result<(), Failure> {
        let cannot = |error: &std::io::Error| Failure::io(error, format_args!("cannot write {}", path.display()));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let written = File::create(&part).map_err(|error| cannot(&error)).and_then(|mut file| {
            self.write(caller, &mut file, cannot)?;
            private_file::open_to_others(&file)
                .and_then(|()| file.sync_all())
                .and_then(|()| std::fs::rename(&part, path))
                .map_err(|error| cannot(&error))
        });
        match written {
            Ok(()) => output::say(&format!("The library is in {}.", path.display())),
            // If this cannot be removed either, the failure itself has been told.
            Err(_) => _ = std::fs::remove_file(&part),
        }
        written
    }

    fn write(
        &self,
        caller: &Caller,
        out: &mut dyn Write,
        cannot: impl Fn(&std::io::Error) -> Failure,
    ) -> Result<(), Failure> {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Json => "json",
        };
        caller.download("/api/v1/exports", &[("format", format)], |part| {
            out.write_all(part).map_err(|error| cannot(&error))
        })?;
        out.flush().map_err(|error| cannot(&error))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork export --format csv > everything.csv
  knotwork export --format json --out everything.json";
