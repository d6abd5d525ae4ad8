//! A charter in a file: as `charter show --json` has it.

use std::path::Path;

use serde_json::Value;

use crate::{failure::Failure, voice};

/// Reads a whole charter, from standard input for `-`. What it has to have the node says.
///
/// # Errors
/// When it cannot be read, or is no JSON.
pub(in super::super) fn read_charter(path: &Path) -> Result<Value, Failure> {
    let text = voice::read_text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("{} is not JSON: {error}", path.display()))
            .next("write it as `knotwork charter show --json | jq .charter` has it")
    })
}
