//! Exports: the whole library as one file, sent while it is read.

use std::{collections::HashSet, fmt::Write as _};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use knotwork_commands::{CommandError, Listener, NodeHandle, ResourceEntry};
use knotwork_documents::kinds;
use knotwork_identity::DocumentId;
use knotwork_replica::ListingKey;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    bodies::ResourceBody,
    import::{COLUMNS, SEPARATOR},
    limits,
    problem::Problem,
    query::Query,
    state::{Api, take_place},
};

/// The whole library as a file
///
/// From A to Z by title. As CSV it has the columns that imports read, and nothing else of a resource; as JSON it is an
/// array of resources, whole. What is added while it is sent may be missing; what was there before is not.
#[utoipa::path(
    get,
    path = "/api/v1/exports",
    tag = "library",
    operation_id = "get_export",
    params(("format" = String, Query, description = "`csv` or `json`")),
    responses(
        (status = 200, description = "The library", content(
            (String = "text/csv"),
            (Vec<ResourceBody> = "application/json"),
        )),
        (status = 400, description = "The format is not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_export(State(api): State<Api>, uri: Uri) -> Result<Response, Problem> {
    let query = Query::parse(uri.query(), &["format"])?;
    let format = match query.get("format") {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        _ => return Err(Problem::malformed("format must be csv or json").field("format")),
    };
    let place = take_place(&api.places.exports, "exports")?;
    let mut export = Export::new(api, format, place);
    // A store that cannot be read is told as a problem, not as a file that breaks off.
    let first = export.next_part().await?.unwrap_or_default();
    let rest = futures::stream::try_unfold(export, |mut export| async {
        Ok::<_, CommandError>(export.next_part().await?.map(|part| (part, export)))
    });
    let first = futures::stream::once(std::future::ready(Ok(Bytes::from(first))));
    let body = Body::from_stream(futures::StreamExt::chain(first, futures::TryStreamExt::map_ok(rest, Bytes::from)));
    let headers = [(header::CONTENT_TYPE, format.media_type()), (header::CONTENT_DISPOSITION, format.disposition())];
    Ok((headers, body).into_response())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

/// An export in progress.
struct Export {
    api: Api,
    format: Format,
    place: Place,
    /// The beginnings of the ids that were written: a resource whose title changes meanwhile moves in the listing, and
    /// must neither be missed nor come twice.
    written: HashSet<[u8; 16]>,
    /// Follows what changes meanwhile.
    changes: Listener,
    _permit: OwnedSemaphorePermit,
}

/// How far an export is.
enum Place {
    Beginning,
    /// After this key of the listing.
    Listing(Option<ListingKey>),
    /// Up to this place in the node's own order, looking for resources that moved.
    Moved(u64),
    Over,
}

impl Export {
    fn new(api: Api, format: Format, permit: OwnedSemaphorePermit) -> Self {
        let changes = api.handle.listen(None);
        Self { api, format, place: Place::Beginning, written: HashSet::new(), changes, _permit: permit }
    }

    /// The next part of the file; none at its end.
    async fn next_part(&mut self) -> Result<Option<String>, CommandError> {
        let mut text = String::new();
        match std::mem::replace(&mut self.place, Place::Over) {
            Place::Beginning => {
                text.push_str(&self.format.beginning());
                self.place = Place::Listing(None);
            }
            Place::Listing(after) => {
                let page =
                    read(&self.api, move |handle| handle.resources(None, after.as_ref(), limits::EXPORT_PAGE)).await?;
                for entry in page.items {
                    self.write(entry, &mut text);
                }
                self.place = match page.next {
                    Some(next) => Place::Listing(Some(next)),
                    None => Place::Moved(self.api.handle.position().sequence),
                };
            }
            Place::Moved(end) if self.changes.position().sequence < end => {
                for document in self.moved().await? {
                    match read(&self.api, move |handle| handle.resource(&document)).await {
                        Ok(entry) => self.write(entry, &mut text),
                        // A document of this kind that no view can show is not listed either.
                        Err(CommandError::NotFound(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                self.place = Place::Moved(end);
            }
            Place::Moved(_) => text.push_str(self.format.end()),
            Place::Over => return Ok(None),
        }
        Ok(Some(text))
    }

    /// Some of the resources that changed since the export began and were not written.
    async fn moved(&mut self) -> Result<Vec<DocumentId>, CommandError> {
        let notices = self.changes.next().await?;
        if notices.is_empty() {
            return Err(CommandError::Stopping);
        }
        let resources =
            notices.into_iter().filter(|notice| notice.kind == kinds::RESOURCE.0).map(|notice| notice.document);
        Ok(resources.filter(|document| !self.written.contains(&beginning_of(document))).collect())
    }

    fn write(&mut self, entry: ResourceEntry, text: &mut String) {
        let first = self.written.is_empty();
        if self.written.insert(beginning_of(&entry.view.id)) {
            self.format.write(entry, first, text);
        }
    }
}

impl Format {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"library.csv\"",
            Self::Json => "attachment; filename=\"library.json\"",
        }
    }

    fn beginning(self) -> String {
        match self {
            Self::Csv => format!("{}\n", COLUMNS.join(",")),
            Self::Json => "[".to_owned(),
        }
    }

    const fn end(self) -> &'static str {
        match self {
            Self::Csv => "",
            Self::Json => "\n]\n",
        }
    }

    fn write(self, entry: ResourceEntry, first: bool, text: &mut String) {
        match self {
            Self::Csv => {
                let view = &entry.view;
                let (links, tags) = (joined(&view.links), joined(&view.tags));
                let cells = [&view.title, &view.summary, &view.body, &links, &tags];
                for (place, cell) in cells.into_iter().enumerate() {
                    if place > 0 {
                        text.push(',');
                    }
                    write_cell(cell, text);
                }
                text.push('\n');
            }
            Self::Json => {
                text.push_str(if first { "\n" } else { ",\n" });
                // Text and numbers always have a JSON form.
                let resource = serde_json::to_string(&ResourceBody::from(entry)).unwrap_or_default();
                let _ = text.write_str(&resource);
            }
        }
    }
}

/// The entries of a list as one cell. An import makes no entry with a separator in it, so what it brought comes out as it
/// was; in others the separator is written as addresses write it, so that an entry stays one entry.
fn joined(entries: &[String]) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| entry.replace(SEPARATOR, ENCODED_SEPARATOR)).collect();
    entries.join(SEPARATOR)
}

/// Writes a cell so that it is read as just these bytes.
fn write_cell(cell: &str, text: &mut String) {
    if cell.contains(['"', ',', '\n', '\r']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

/// As [`Api::read`], with the node's own error, as a file that breaks off has no place for a problem.
async fn read<T: Send + 'static>(
    api: &Api,
    question: impl FnOnce(&NodeHandle) -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let handle = api.handle.clone();
    match tokio::task::spawn_blocking(move || question(&handle)).await {
        Ok(answer) => answer,
        Err(_) => Err(CommandError::Failed("reading the library met a fault".to_owned())),
    }
}

/// The separator within an entry.
const ENCODED_SEPARATOR: &str = "%3B";

fn beginning_of(document: &DocumentId) -> [u8; 16] {
    let mut beginning = [0; 16];
    beginning.copy_from_slice(&document.as_bytes()[..16]);
    beginning
}
