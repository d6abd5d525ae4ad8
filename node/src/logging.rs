//! What a node tells of its doings: to standard error, for people or for programs.

use std::io::IsTerminal as _;

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt};

use crate::failure::Failure;

/// For whom the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// The engine of agreement tells of every step; whoever wants to hear that names it.
const QUIET: &str = "arc_malachitebft_core_consensus=warn";

/// Starts telling. `RUST_LOG` goes before `filter`.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<(), Failure> {
    let from_environment = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|filter| !filter.is_empty());
    let (filter, source) = match &from_environment {
        Some(text) => (text.as_str(), "RUST_LOG"),
        None => (filter, "the filter of [logging]"),
    };
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}")).map_err(|error| {
        Failure::usage(format!("{source} is \"{filter}\", which says nothing: {error}"))
            .next("write error, warn, info, debug or trace, or for example info,knotwork_mesh=debug")
    })?;
    // A line that cannot be written, as on a full disk, is lost: told on standard error too, it would end the thread.
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let started = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Failure::new(format!("cannot start the log: {error}")))
}

/// Starts telling in a verb that is over soon: only what `RUST_LOG` asks for.
pub(crate) fn start_if_asked() -> Result<(), Failure> {
    let asked = std::env::var_os(EnvFilter::DEFAULT_ENV).is_some_and(|filter| !filter.is_empty());
    if asked { start(LogFormat::Text, "off") } else { Ok(()) }
}
