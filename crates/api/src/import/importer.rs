//! The import itself: rows in, resources out, in memory that does not grow with the file.
//!
//! Rows are read as they arrive and prepared in batches on other threads; several batches are on their way to the disk
//! at once. What is remembered of the rows that are done is a digest of each, to tell equal rows.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use axum::body::{Body, BodyDataStream};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesOrdered};
use knotwork_commands::{CommandError, NodeHandle, PreparedResource, Signer};
use knotwork_documents::import_nonce;
use knotwork_identity::{Timestamp, sha256};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    columns::{Columns, Entry},
    tally::Tally,
};
use crate::{
    json, limits,
    limits::ROW_BYTES_MAX,
    problem::Problem,
    rows::{Row, RowFault, RowReader},
    state::{Api, Stopping},
};

/// An import in progress.
pub(super) struct Importer {
    api: Api,
    signer: Signer,
    source: Source,
    columns: Columns,
    /// How often each row was there, by its digest.
    seen: HashMap<[u8; 16], u32>,
    batch: Batch,
    in_flight: FuturesOrdered<BoxFuture<'static, Result<Done, Problem>>>,
    tally: Tally,
    /// Since when nothing but the caller is waited for.
    waiting_since: Instant,
    stopping: Option<Stopping>,
    /// Given back when the import is over.
    _place: OwnedSemaphorePermit,
}

/// The file as it arrives.
struct Source {
    body: BodyDataStream,
    reader: RowReader,
    /// Read, and not yet in a batch.
    rows: VecDeque<Row>,
    bytes: u64,
    ended: bool,
}

/// Rows that are prepared together.
#[derive(Default)]
struct Batch {
    rows: Vec<(u64, Result<Numbered, String>)>,
    bytes: usize,
}

/// A row, and how many equal ones came before it.
struct Numbered {
    entry: Entry,
    equal_before: u32,
}

/// What became of a batch.
struct Done {
    /// The line and the outcome of each row.
    rows: Vec<(u64, Outcome)>,
    /// How much of the file had been read when the batch was closed.
    bytes: u64,
    /// Why the import cannot go on, if so.
    stopped: Option<CommandError>,
}

/// What became of a row.
pub(super) enum Outcome {
    Added,
    AlreadyThere,
    Failed(String),
}

/// A row on its way.
enum Prepared {
    Ready(PreparedResource),
    Over(Outcome),
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    Running,
    /// Every row is dealt with.
    Over,
}

impl Importer {
    /// Begins an import: reads the file up to the end of its first row.
    ///
    /// # Errors
    /// When that row does not name known columns.
    pub(super) async fn open(
        api: Api,
        signer: Signer,
        body: Body,
        stopping: Option<Stopping>,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, Problem> {
        let mut source = Source {
            body: body.into_data_stream(),
            reader: RowReader::default(),
            rows: VecDeque::new(),
            bytes: 0,
            ended: false,
        };
        while source.rows.is_empty() && !source.ended {
            let part = tokio::time::timeout(limits::BODY_TIME_MAX, source.body.next()).await;
            source.take(part.map_err(|_| json::too_slow())?)?;
            if source.rows.is_empty() && source.bytes > ROW_BYTES_MAX as u64 {
                return Err(Problem::malformed(format!("line 1: {}", RowFault::TooLong)));
            }
        }
        let Some(header) = source.rows.pop_front() else {
            let detail = "the file is empty: its first line names the columns, such as title,summary,body,links,tags";
            return Err(Problem::malformed(detail));
        };
        let header = header.cells.map_err(|fault| Problem::malformed(format!("line {}: {fault}", header.line)))?;
        Ok(Self {
            api,
            signer,
            source,
            columns: Columns::read(&header)?,
            seen: HashMap::new(),
            batch: Batch::default(),
            in_flight: FuturesOrdered::new(),
            tally: Tally::default(),
            waiting_since: Instant::now(),
            stopping,
            _place: place,
        })
    }

    /// Goes on until `pause` or the end.
    ///
    /// # Errors
    /// When the import cannot go on. What was added stays, and an import of the same file adds the rest.
    pub(super) async fn run(&mut self, pause: Instant) -> Result<Step, Problem> {
        match self.run_until(pause).await {
            Ok(step) => Ok(step),
            Err(problem) => {
                // What is on its way to the disk gets there, or not; only then is it known how far the import came.
                while let Some(done) = self.in_flight.next().await {
                    // Why it stops is known already.
                    _ = done.and_then(|done| self.settle(done));
                }
                Err(problem.added(self.tally.added()))
            }
        }
    }

    /// What became of the rows so far.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    async fn run_until(&mut self, pause: Instant) -> Result<Step, Problem> {
        loop {
            self.fill_batches()?;
            let reading = !self.source.ended && self.source.rows.is_empty();
            if !reading {
                self.waiting_since = Instant::now();
                if self.in_flight.is_empty() {
                    return Ok(Step::Over);
                }
            }
            let stopped = async {
                match &mut self.stopping {
                    Some(stopping) => stopping.wait().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                part = self.source.body.next(), if reading => {
                    self.source.take(part)?;
                    self.waiting_since = Instant::now();
                }
                Some(done) = self.in_flight.next() => self.settle(done?)?,
                () = tokio::time::sleep_until(self.waiting_since + limits::BODY_TIME_MAX), if reading => {
                    return Err(json::too_slow());
                }
                () = stopped => return Err(Problem::stopping()),
                () = tokio::time::sleep_until(pause) => return Ok(Step::Running),
            }
        }
    }

    /// Moves rows into batches, and sends those off that are full.
    fn fill_batches(&mut self) -> Result<(), Problem> {
        while self.in_flight.len() < limits::IMPORT_BATCHES_MAX {
            if self.batch.is_full() {
                self.send_batch();
                continue;
            }
            match self.source.rows.pop_front() {
                Some(row) => self.add_row(row)?,
                // The rest of the file, or what there is while nothing else is to be done.
                None if !self.batch.rows.is_empty() && (self.source.ended || self.in_flight.is_empty()) => {
                    self.send_batch();
                }
                None => break,
            }
        }
        Ok(())
    }

    fn add_row(&mut self, row: Row) -> Result<(), Problem> {
        let entry = match row.cells {
            Ok(cells) => self.columns.entry(&cells).map_err(|fault| fault.to_string()),
            Err(fault) => Err(fault.to_string()),
        };
        let numbered = entry.map(|entry| {
            let equal_before = self.count(&entry);
            Numbered { entry, equal_before }
        });
        if self.seen.len() > limits::IMPORT_ROWS_MAX {
            let limit = limits::IMPORT_ROWS_MAX;
            let detail = format!("the file has more than {limit} different rows: cut it up, and import its parts");
            return Err(Problem::new(axum::http::StatusCode::PAYLOAD_TOO_LARGE, detail).limit(limit));
        }
        self.batch.bytes += numbered.as_ref().map_or(0, |numbered| numbered.entry.bytes());
        self.batch.rows.push((row.line, numbered));
        Ok(())
    }

    /// How many equal rows came before this one, which is counted now.
    fn count(&mut self, entry: &Entry) -> u32 {
        let mut message = Vec::with_capacity(entry.bytes() + 64);
        for cell in entry.cells() {
            message.extend_from_slice(&(cell.len() as u64).to_be_bytes());
            message.extend_from_slice(cell);
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&sha256(&[&message])[..16]);
        let count = self.seen.entry(digest).or_default();
        let before = *count;
        *count = count.saturating_add(1);
        before
    }

    fn send_batch(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.in_flight.push_back(carry_out(self.api.clone(), self.signer.clone(), batch, self.source.bytes).boxed());
    }

    fn settle(&mut self, done: Done) -> Result<(), Problem> {
        for (line, outcome) in done.rows {
            self.tally.count(line, outcome);
        }
        self.tally.read(done.bytes);
        done.stopped.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Source {
    fn take(&mut self, part: Option<Result<bytes::Bytes, axum::Error>>) -> Result<(), Problem> {
        match part {
            Some(Ok(part)) => {
                self.bytes += part.len() as u64;
                self.reader.read(&part, &mut self.rows);
            }
            Some(Err(_)) => return Err(json::broken_off()),
            None => {
                self.ended = true;
                self.reader.finish(&mut self.rows);
            }
        }
        Ok(())
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.rows.len() >= limits::IMPORT_BATCH_ROWS || self.bytes >= limits::IMPORT_BATCH_BYTES
    }
}

/// Prepares a batch on another thread, and has all of it written at once.
async fn carry_out(api: Api, signer: Signer, batch: Batch, bytes: u64) -> Result<Done, Problem> {
    let prepared = api.read(move |handle| prepare(handle, &signer, batch)).await?;
    let handle = Arc::new(api.handle);
    let writes = prepared.into_iter().map(|(line, prepared)| {
        let handle = handle.clone();
        async move {
            match prepared {
                Prepared::Over(outcome) => Ok((line, outcome)),
                Prepared::Ready(resource) => {
                    Ok((line, outcome(handle.write(resource).await.map(|written| written.new))?))
                }
            }
        }
    });
    // Some may be written and others not: those that are count.
    let mut done = Done { rows: Vec::new(), bytes, stopped: None };
    for written in futures::future::join_all(writes).await {
        match written {
            Ok(row) => done.rows.push(row),
            Err(error) => done.stopped = Some(error),
        }
    }
    Ok(done)
}

fn prepare(handle: &NodeHandle, signer: &Signer, batch: Batch) -> Result<Vec<(u64, Prepared)>, CommandError> {
    let key = handle.signing_key(signer);
    let prepare = |(line, row): (u64, Result<Numbered, String>)| {
        let Numbered { entry, equal_before } = match row {
            Ok(numbered) => numbered,
            Err(fault) => return Ok((line, Prepared::Over(Outcome::Failed(fault)))),
        };
        let nonce = import_nonce(&key, &entry.cells(), u64::from(equal_before));
        // Asking costs a tenth of preparing. A long row is several changes, of which not all may be there.
        if entry.bytes() <= ONE_CHANGE_BYTES && handle.made_with(nonce)?.is_some() {
            return Ok((line, Prepared::Over(Outcome::AlreadyThere)));
        }
        match handle.prepare_resource(&entry.into_draft(), nonce, Timestamp::NONE, signer) {
            Ok(resource) => Ok((line, Prepared::Ready(resource))),
            Err(error) => Ok((line, Prepared::Over(outcome(Err(error))?))),
        }
    };
    batch.rows.into_iter().map(prepare).collect()
}

/// What became of a row, or why the import cannot go on.
fn outcome(result: Result<bool, CommandError>) -> Result<Outcome, CommandError> {
    match result {
        Ok(true) => Ok(Outcome::Added),
        Ok(false) => Ok(Outcome::AlreadyThere),
        Err(
            error @ (CommandError::DiskFull | CommandError::Busy | CommandError::Uncertified | CommandError::Stopping),
        ) => Err(error),
        Err(error) => Ok(Outcome::Failed(error.to_string())),
    }
}

/// A row of at most so many bytes is surely written as one change.
const ONE_CHANGE_BYTES: usize = 8 * 1024;
