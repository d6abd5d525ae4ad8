//! Imports: a CSV file becomes resources, row by row, while it arrives.

mod columns;
mod importer;
mod tally;

pub(crate) use columns::{COLUMNS, SEPARATOR};
pub(crate) use tally::{ImportBody, ImportFailure, ImportProgress};

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    guard::Caller,
    json::check_media_type,
    limits,
    problem::Problem,
    state::{Api, Stopping, take_place},
};
use importer::{Importer, Step};

/// Import a CSV file
///
/// The first line names the columns: `title`, and any of `summary`, `body`, `links` and `tags`, in any order. Links and
/// tags are separated by `;`. Quoting is that of RFC 4180. The file may be of any length and is imported while it
/// arrives; a row that cannot be imported is named, and the rest goes in. Importing the same file again adds nothing
/// twice. With `Accept: application/x-ndjson` the answer reports the progress, one JSON object a line; the last line has
/// `done`.
#[utoipa::path(
    post,
    path = "/api/v1/imports",
    tag = "library",
    operation_id = "add_import",
    request_body(content = String, content_type = "text/csv", description = "The file, in UTF-8"),
    responses(
        (status = 200, description = "What was imported", content(
            (ImportBody = "application/json"),
            (ImportLine = "application/x-ndjson"),
        )),
        (status = 400, description = "The first line does not name known columns, or the file broke off", body = Problem,
            content_type = "application/problem+json"),
        (status = 408, description = "The file paused for too long", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file has too many rows", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not CSV", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_import(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    stopping: Option<Extension<Stopping>>,
    request: Request,
) -> Result<Response, Problem> {
    check_media_type(request.headers(), &["text/csv"])?;
    let reports = wants_reports(request.headers());
    let place = take_place(&api.places.imports, "imports")?;
    let stopping = stopping.map(|Extension(stopping)| stopping);
    let mut importer = Importer::open(api, caller.signer(), request.into_body(), stopping, place).await?;
    if reports {
        let stream = futures::stream::unfold(Some(importer), report);
        return Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(stream)).into_response());
    }
    while importer.run(Instant::now() + limits::IMPORT_PROGRESS_EVERY).await? == Step::Running {}
    Ok(Json(importer.tally().result()).into_response())
}

/// One line of an answer that reports the progress.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ImportLine {
    /// The import goes on.
    Progress(ImportProgress),
    /// The import is over; the last line.
    Done {
        /// True.
        done: bool,
        /// What the import did.
        #[serde(flatten)]
        result: ImportBody,
    },
    /// The import was stopped; the last line. What was added stays.
    Stopped {
        /// False.
        done: bool,
        /// Why.
        problem: Problem,
    },
}

/// The next line of a report, and what is left to do after it.
async fn report(importer: Option<Importer>) -> Option<(Result<Bytes, std::convert::Infallible>, Option<Importer>)> {
    let mut importer = importer?;
    // Few lines, so that a caller which reads the answer only after it has sent everything is not held up by it.
    let (line, rest) = match importer.run(Instant::now() + limits::IMPORT_PROGRESS_EVERY).await {
        Ok(Step::Running) => (ImportLine::Progress(importer.tally().progress()), Some(importer)),
        Ok(Step::Over) => (ImportLine::Done { done: true, result: importer.tally().result() }, None),
        Err(problem) => (ImportLine::Stopped { done: false, problem }, None),
    };
    // Numbers and plain text always have a JSON form.
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    Some((Ok(text.into()), rest))
}

fn wants_reports(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    accepted
        .flat_map(|line| line.split(','))
        .any(|range| range.split(';').next().is_some_and(|range| range.trim() == NDJSON))
}

const NDJSON: &str = "application/x-ndjson";
