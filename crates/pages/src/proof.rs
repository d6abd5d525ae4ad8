//! The proof of a decision as one file: its terms, the minutes up to its own, and its ballots.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse as _, Response},
};
use knotwork_commands::{CommandError, NodeHandle};
use knotwork_identity::DocumentId;
use knotwork_minutes::Bundle;

use crate::{errors, visit::MemberVisit};

/// Hands it out.
pub(crate) async fn download(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let Ok(decision) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    match visit.read(move |node| proof_of(node, &decision)).await {
        Ok(Some(file)) => {
            let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, FILE)];
            (headers, file).into_response()
        }
        Ok(None) => errors::missing(&visit),
        Err(error) => visit.failure(&error),
    }
}

/// None where the decision is not final.
fn proof_of(node: &NodeHandle, decision: &DocumentId) -> Result<Option<Vec<u8>>, CommandError> {
    let entry = node.decision(decision)?;
    let Some(minuted) = entry.minuted else { return Ok(None) };
    let mut file = Bundle::about(decision, &entry.terms);
    file.extend(Bundle::beginning(node.genesis(), minuted.height));
    let height = usize::try_from(minuted.height).unwrap_or(usize::MAX);
    for minute in node.minutes_bytes(1, height)? {
        file.extend(Bundle::part(&minute));
    }
    file.extend(Bundle::changes(&node.evidence(&entry.terms, &minuted.outcome)?));
    Ok(Some(file))
}

const FILE: &str = "attachment; filename=\"decision.minutes\"";
