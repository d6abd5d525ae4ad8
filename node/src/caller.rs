//! Asking a node over HTTP, as any program on the machine would.

use std::{
    fmt,
    io::{self, Read},
    net::SocketAddr,
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, Response,
    body::{Frame, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::{net::TcpStream, runtime::Runtime, sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;

use crate::failure::Failure;

/// Asks one node. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    runtime: Arc<Runtime>,
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

/// A body on its way to the node.
type Sent = BoxBody<Bytes, io::Error>;

impl Caller {
    /// Asks the node that answers at an address. Not to be used within a runtime: it waits.
    pub(crate) fn new(address: SocketAddr, token: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::io(&error, "cannot ask the node"))?;
        Ok(Self { runtime: Arc::new(runtime), address, authorization: format!("Bearer {token}") })
    }

    /// Where the node answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks for what is at a path.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let request = self.request(Method::GET, &with_query(path, query));
        self.runtime.block_on(self.ask(request.body(nothing())))
    }

    /// Sends something new.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, JSON);
        self.runtime.block_on(self.ask(request.body(whole(body))))
    }

    /// The same node, asked with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { authorization: format!("Bearer {token}"), ..self.clone() }
    }

    /// Sends what shall be at a path.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let request = self.request(Method::PUT, path).header(header::CONTENT_TYPE, JSON);
        self.runtime.block_on(self.ask(request.body(whole(body))))
    }

    /// Sends an edit; with a tag given, of that state alone. Gives nothing where the state is another by now.
    pub(crate) fn patch(&self, path: &str, body: &Value, state: Option<&str>) -> Result<Option<Answer>, Failure> {
        let mut request = self.request(Method::PATCH, path).header(header::CONTENT_TYPE, JSON);
        if let Some(state) = state {
            request = request.header(header::IF_MATCH, state);
        }
        let request = request.body(whole(body));
        self.runtime.block_on(async {
            let response = self.send(request).await?;
            if response.status() == hyper::StatusCode::PRECONDITION_FAILED {
                return Ok(None);
            }
            self.read(self.fine(response).await?).await.map(Some)
        })
    }

    /// Takes away what is at a path.
    pub(crate) fn delete(&self, path: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, path).body(nothing());
        self.runtime.block_on(async { self.fine(self.send(request).await?).await.map(drop) })
    }

    /// Sends a CSV file while it is read, and calls `report` with every line of the answer, which comes meanwhile: one
    /// JSON object each.
    pub(crate) fn upload(
        &self,
        path: &str,
        file: impl Read + Send + 'static,
        mut report: impl FnMut(Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (body, unreadable) = streamed(file)?;
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "text/csv");
        let request = request.header(header::ACCEPT, "application/x-ndjson").body(body);
        let sent = self.runtime.block_on(async {
            let mut body = self.fine(self.send(request).await?).await?.into_body();
            let mut rest: Vec<u8> = Vec::new();
            while let Some(part) = self.next_part(&mut body).await? {
                rest.extend_from_slice(&part);
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = rest.drain(..=end).collect();
                    report(serde_json::from_slice(&line).map_err(|error| self.lost(&error))?)?;
                }
            }
            Ok(())
        });
        match unreadable.get() {
            Some(error) => Err(Failure::io(error, "the file cannot be read to its end")),
            None => sent,
        }
    }

    /// Asks for something long, and calls `take` with each part as it comes.
    pub(crate) fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = self.request(Method::GET, &with_query(path, query)).body(nothing());
        self.runtime.block_on(async {
            let mut body = self.fine(self.send(request).await?).await?.into_body();
            while let Some(part) = self.next_part(&mut body).await? {
                take(&part)?;
            }
            Ok(())
        })
    }

    fn request(&self, method: Method, path_and_query: &str) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path_and_query)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::USER_AGENT, concat!("knotwork/", env!("CARGO_PKG_VERSION")))
            .header(header::CONNECTION, "close")
    }

    async fn ask(&self, request: hyper::http::Result<Request<Sent>>) -> Result<Answer, Failure> {
        let response = self.send(request).await?;
        self.read(self.fine(response).await?).await
    }

    /// Sends a request and waits for the head of the answer, which may come before all is sent.
    async fn send(&self, request: hyper::http::Result<Request<Sent>>) -> Result<Response<Incoming>, Failure> {
        let request = request.map_err(|error| Failure::new(format!("the request cannot be made: {error}")))?;
        let connected = timeout(CONNECT_MAX, TcpStream::connect(self.address)).await;
        let stream =
            connected.map_err(|_| self.lost(&"no connection comes about"))?.map_err(|error| self.lost(&error))?;
        // Without it, a short request would wait for company; if it cannot be set, it waits.
        _ = stream.set_nodelay(true);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.lost(&error))?;
        // Ends with the exchange; what goes wrong shows in the answer.
        tokio::spawn(async move { _ = connection.await });
        let answer = timeout(ANSWER_MAX, sender.send_request(request)).await;
        answer.map_err(|_| self.lost(&"no answer comes"))?.map_err(|error| self.lost(&error))
    }

    /// Sorts out the answers that say no.
    async fn fine(&self, response: Response<Incoming>) -> Result<Response<Incoming>, Failure> {
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let problem = Limited::new(response.into_body(), PROBLEM_BYTES_MAX).collect().await;
        let problem = problem.ok().and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok());
        Err(refusal(status, &problem.unwrap_or_default()))
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let etag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let mut text = Vec::new();
        let mut body = response.into_body();
        while let Some(part) = self.next_part(&mut body).await? {
            text.extend_from_slice(&part);
        }
        let body = serde_json::from_slice(&text).map_err(|error| self.lost(&error))?;
        Ok(Answer { body, etag })
    }

    async fn next_part(&self, body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout(ANSWER_MAX, body.frame()).await.map_err(|_| self.lost(&"the answer does not go on"))?;
            match frame.transpose().map_err(|error| self.broke_off(&error))? {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(part) = frame.into_data() {
                        return Ok(Some(part));
                    }
                }
            }
        }
    }

    fn lost(&self, error: &dyn fmt::Display) -> Failure {
        Failure::new(format!("the node at {} does not answer: {error}", self.address))
            .next("`knotwork status` tells whether it runs; its log tells why not")
    }

    fn broke_off(&self, error: &dyn fmt::Display) -> Failure {
        Failure::new(format!("the node at {} broke off its answer: {error}", self.address))
            .next("see whether it still runs, and try again")
    }
}

/// What a refusal says, with the parts that programs want.
pub(crate) fn refusal(status: u16, problem: &Value) -> Failure {
    let detail = problem["detail"].as_str().map(str::to_owned);
    let detail = detail.unwrap_or_else(|| format!("the node answered with status {status}"));
    let mut failure = Failure::new(detail).detail("status", status);
    if status == UNAUTHORISED {
        failure =
            failure.next("the token in the data folder is not the one that the node was started with: start it again");
    }
    if problem["type"] == "/problems/field" {
        let field = problem["field"].as_str().unwrap_or("the field");
        failure = failure.next(format!("change {field} (see --help), and try again"));
    }
    for name in ["field", "limit", "added"] {
        if !problem[name].is_null() {
            failure = failure.detail(name, problem[name].clone());
        }
    }
    failure
}

fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let encoded = query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let encoded: Vec<String> = encoded.collect();
    if encoded.is_empty() { path.to_owned() } else { format!("{path}?{}", encoded.join("&")) }
}

fn nothing() -> Sent {
    whole_bytes(Bytes::new())
}

fn whole(body: &Value) -> Sent {
    whole_bytes(body.to_string().into())
}

fn whole_bytes(bytes: Bytes) -> Sent {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// A file as a body: a thread reads it, as far ahead as the queue has room. A file that cannot be read to its end
/// breaks the request off, so that the node does not take a part for the whole; why is told beside it.
fn streamed(mut file: impl Read + Send + 'static) -> Result<(Sent, Arc<OnceLock<io::Error>>), Failure> {
    let (parts, waiting) = mpsc::channel(PARTS_MAX);
    let unreadable = Arc::new(OnceLock::new());
    let failed = unreadable.clone();
    let read = move || {
        let mut buffer = vec![0; PART_BYTES];
        loop {
            let part = match file.read(&mut buffer) {
                Ok(0) => return,
                Ok(bytes) => Ok(Frame::data(Bytes::copy_from_slice(&buffer[..bytes]))),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let broken_off = io::Error::from(error.kind());
                    failed.get_or_init(|| error);
                    Err(broken_off)
                }
            };
            let last = part.is_err();
            // Nobody takes it any more once the request is over.
            if parts.blocking_send(part).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new().spawn(read).map_err(|error| Failure::io(&error, "cannot start a thread"))?;
    Ok((StreamBody::new(ReceiverStream::new(waiting)).boxed(), unreadable))
}

const JSON: &str = "application/json";
const UNAUTHORISED: u16 = 401;
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a node may be silent while it is asked.
const ANSWER_MAX: Duration = Duration::from_secs(60);
const PROBLEM_BYTES_MAX: usize = 64 * 1024;
/// How much of a file is read at once, and how far ahead.
const PART_BYTES: usize = 64 * 1024;
const PARTS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(with_query("/a", &[]), "/a");
        assert_eq!(with_query("/a", &[("tag", "café & co"), ("limit", "5")]), "/a?tag=caf%C3%A9%20%26%20co&limit=5");
    }

    #[test]
    fn a_refusal_says_what_the_node_said() {
        let failure =
            refusal(422, &serde_json::json!({"detail": "tags has 250 entries", "field": "tags", "limit": 200}));
        let shown: Value = serde_json::from_str(&failure.shown(true).expect("shown")).expect("JSON");
        let expected =
            serde_json::json!({"error": "tags has 250 entries", "status": 422, "field": "tags", "limit": 200});
        assert_eq!(shown, expected);
        assert!(refusal(502, &Value::Null).what().contains("502"));
    }
}
