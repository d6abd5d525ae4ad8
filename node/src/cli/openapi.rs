//! `knotwork openapi`: the description of the HTTP API.

use clap::Args;

use super::output;
use crate::failure::Failure;

/// Print the description of the HTTP API (OpenAPI 3.1)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OpenApi {}

impl OpenApi {
    pub(super) fn run(self) -> Result<(), Failure> {
        output::print_bytes(knotwork_api::openapi().as_bytes())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork openapi > openapi.json";
