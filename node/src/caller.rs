//! Asking a node over HTTP, as any program on the machine would.

use std::{
    fmt,
    io::{self, Read},
    net::SocketAddr,
    time::Duration,
};

use serde_json::Value;
use ureq::{Agent, Body, SendBody, http};

use crate::failure::Failure;

/// Asks one node.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    agent: Agent,
    address: SocketAddr,
    authorization: String,
}

/// What a node answered, when it did what was asked.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body.
    pub(crate) body: Value,
    /// The tag of the state that the body shows.
    pub(crate) etag: Option<String>,
}

impl Caller {
    /// Asks the node that answers at an address.
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        let config = Agent::config_builder()
            // A proxy is for the world outside, and this is for the machine itself.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_MAX))
            .timeout_recv_response(Some(ANSWER_MAX))
            .user_agent(concat!("knotwork/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: Agent::new_with_config(config), address, authorization: format!("Bearer {token}") }
    }

    /// Asks for what is at a path.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let request = self.agent.get(self.uri(path)).header("authorization", &self.authorization);
        let answer = request.query_pairs(query.iter().copied()).call();
        self.read(answer)
    }

    /// Sends something new.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.read(self.agent.post(self.uri(path)).header("authorization", &self.authorization).send_json(body))
    }

    /// Sends an edit; with a tag given, of that state alone. Gives nothing where the state is another by now.
    pub(crate) fn patch(&self, path: &str, body: &Value, state: Option<&str>) -> Result<Option<Answer>, Failure> {
        let mut request = self.agent.patch(self.uri(path)).header("authorization", &self.authorization);
        if let Some(state) = state {
            request = request.header("if-match", state);
        }
        let answer = request.send_json(body);
        if answer.as_ref().is_ok_and(|answer| answer.status() == http::StatusCode::PRECONDITION_FAILED) {
            return Ok(None);
        }
        self.read(answer).map(Some)
    }

    /// Sends a CSV file while it is read; the answer reports how it goes, one JSON object a line. However long the node
    /// takes with it, the answer is waited for.
    pub(crate) fn upload(&self, path: &str, file: &mut dyn Read) -> Result<impl Read + use<>, Failure> {
        let request = self.agent.post(self.uri(path)).header("authorization", &self.authorization);
        let request = request.header("content-type", "text/csv").header("accept", "application/x-ndjson");
        let request = request.config().timeout_recv_response(None).build();
        let answer = self.fine(request.send(SendBody::from_reader(file)))?;
        Ok(answer.into_body().into_with_config().limit(u64::MAX).reader())
    }

    /// Asks for something long, which is read while it comes.
    pub(crate) fn download(&self, path: &str, query: &[(&str, &str)]) -> Result<impl Read + use<>, Failure> {
        let request = self.agent.get(self.uri(path)).header("authorization", &self.authorization);
        let answer = self.fine(request.query_pairs(query.iter().copied()).call())?;
        Ok(answer.into_body().into_with_config().limit(u64::MAX).reader())
    }

    /// Where the node answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn read(&self, answer: Result<http::Response<Body>, ureq::Error>) -> Result<Answer, Failure> {
        let mut answer = self.fine(answer)?;
        let etag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_json();
        Ok(Answer { body: body.map_err(|error| self.lost(&error))?, etag })
    }

    /// Sorts out the answers that say no.
    fn fine(&self, answer: Result<http::Response<Body>, ureq::Error>) -> Result<http::Response<Body>, Failure> {
        let mut answer = answer.map_err(|error| self.lost(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_json::<Value>();
        Err(refusal(status.as_u16(), &problem.unwrap_or_default()))
    }

    fn lost(&self, error: &dyn fmt::Display) -> Failure {
        Failure::new(format!("the node at {} does not answer: {error}", self.address))
            .next("`knotwork status` tells whether it runs; its log tells why not")
    }
}

/// What a refusal says, with the parts that programs want.
pub(crate) fn refusal(status: u16, problem: &Value) -> Failure {
    let detail =
        problem["detail"].as_str().map_or_else(|| format!("the node answered with status {status}"), str::to_owned);
    let mut failure = Failure::new(detail).detail("status", status);
    if status == UNAUTHORISED {
        failure =
            failure.next("the token in the data folder is not the one that the node was started with: start it again");
    }
    for name in ["field", "limit", "added"] {
        if !problem[name].is_null() {
            failure = failure.detail(name, problem[name].clone());
        }
    }
    failure
}

/// A reader that tells how far it has come.
pub(crate) struct Counted<R, F> {
    reader: R,
    tell: F,
}

impl<R: Read, F: FnMut(u64)> Counted<R, F> {
    /// Tells after each read how many bytes it gave.
    pub(crate) fn new(reader: R, tell: F) -> Self {
        Self { reader, tell }
    }
}

impl<R: Read, F: FnMut(u64)> Read for Counted<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reader.read(buffer)?;
        (self.tell)(bytes as u64);
        Ok(bytes)
    }
}

const UNAUTHORISED: u16 = 401;
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a node may take before it begins to answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// Above what a page of the longest resources takes.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
