//! `knotwork man`: the manual pages.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man as Page;

use super::output;
use crate::failure::Failure;

/// Print the manual page, or write all of them into a folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// Write knotwork.1 and a page for each verb into this folder, rather than printing the first
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Some(folder) = self.out else {
            let mut text = Vec::new();
            let rendered = Page::new(super::command()).render(&mut text);
            rendered.map_err(|error| Failure::io(&error, "cannot write the manual page"))?;
            return output::print_bytes(&text);
        };
        let written =
            std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(super::command(), &folder));
        written.map_err(|error| {
            Failure::io(&error, format_args!("cannot write the manual pages into {}", folder.display()))
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork man | man -l -
  knotwork man --out ~/.local/share/man/man1";
