//! Serving on a real socket: limits, slow and rude callers, and stopping.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    sync::oneshot,
    task::JoinHandle,
};

use crate::nodes_in_memory::{HOST, Node, TOKEN, config};

/// A node that listens.
struct Listening {
    node: Node,
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let mut config = config();
        config.address = address;
        // So that the tests may ask without a socket, too.
        config.hosts.push(HOST.into());
        let node = Node::with(knotwork_store::MemoryEngine::new(), [1; 16], &config);
        let (stop, stopped) = oneshot::channel();
        let router = node.router.clone();
        let served = tokio::spawn(knotwork_api::serve(listener, router, async {
            let _ = stopped.await;
        }));
        Self { node, address, stop, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// The head of a request, without the empty line.
    fn head(&self, request: &str) -> String {
        format!("{request} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\n", self.address)
    }

    async fn stop(self) -> Duration {
        let begun = tokio::time::Instant::now();
        self.stop.send(()).expect("it runs");
        self.served.await.expect("it does not panic").expect("it ends well");
        begun.elapsed()
    }
}

/// Everything that comes until the other side closes.
async fn read_all(socket: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.expect("no reset: the answer must be readable");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads lines up to the first that contains `wanted`.
async fn read_until(lines: &mut BufReader<OwnedReadHalf>, wanted: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).await.expect("it is open"), 0, "it ended before {wanted:?}");
        if line.contains(wanted) {
            return line;
        }
    }
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let listening = Listening::new().await;
    let mut socket = listening.connect().await;
    let get = listening.head("GET /healthz") + "\r\n";
    let last = listening.head("GET /api/v1/node") + "connection: close\r\n\r\n";
    socket.write_all((get.clone() + &get + &last).as_bytes()).await.expect("it is open");
    let answers = read_all(&mut socket).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    assert!(listening.stop().await < Duration::from_secs(4));
}

#[tokio::test]
async fn a_body_that_nobody_needs_does_not_close_the_connection() {
    let listening = Listening::new().await;
    let mut socket = listening.connect().await;
    let body = "x".repeat(200_000);
    let post = listening.head("POST /api/v1/reminders") + &format!("content-length: {}\r\n\r\n{body}", body.len());
    let last = listening.head("GET /api/v1/node") + "connection: close\r\n\r\n";
    socket.write_all((post + &last).as_bytes()).await.expect("it is open");
    let answers = read_all(&mut socket).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    listening.stop().await;
}

#[tokio::test]
async fn what_is_no_http_gets_a_bare_status_and_nothing_else_happens() {
    let listening = Listening::new().await;
    let long = "x".repeat(32 * 1024);
    for (request, status) in [
        ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(), "400"),
        ("GET /healthz\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), "400"),
        (listening.head("GET /healthz") + &format!("x-long: {long}\r\n\r\n"), "431"),
        (listening.head(&format!("GET /{long}")) + "\r\n", "431"),
    ] {
        let mut socket = listening.connect().await;
        socket.write_all(request.as_bytes()).await.expect("it is open");
        let answer = read_all(&mut socket).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "no body: {answer}");
    }
    listening.stop().await;
}

#[tokio::test]
async fn a_caller_that_sends_too_much_gets_to_read_why_not() {
    let listening = Listening::new().await;
    let body = format!("{{{}", " ".repeat(16 * 1024 * 1024));
    let chunked = |body: &str| format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let announced = format!("content-length: {}\r\n\r\n{body}", body.len());
    let in_chunks = format!("transfer-encoding: chunked\r\n\r\n{}", chunked(&body));
    for (path, content_type, rest, status) in [
        ("/api/v1/resources", "application/json", &announced, "413"),
        ("/api/v1/resources", "application/json", &in_chunks, "413"),
        ("/api/v1/resources", "text/plain", &announced, "415"),
        ("/api/v1/imports", "application/json", &in_chunks, "415"),
        ("/api/v1/imports", "text/csv", &announced, "400"),
        ("/api/v1/nothing", "text/csv", &announced, "404"),
    ] {
        let (mut reading, mut writing) = listening.connect().await.into_split();
        let request = format!(
            "{}connection: close\r\ncontent-type: {content_type}\r\n{rest}",
            listening.head(&format!("POST {path}"))
        );
        let sending = tokio::spawn(async move { writing.write_all(request.as_bytes()).await.map(|()| writing) });
        let answer = read_all(&mut reading).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
        let _ = sending.await.expect("the sender does not panic").expect("everything could be sent");
    }
    listening.stop().await;
}

#[tokio::test]
async fn progress_comes_while_the_file_is_still_being_sent() {
    let listening = Listening::new().await;
    let (reading, mut writing) = listening.connect().await.into_split();
    let head = listening.head("POST /api/v1/imports")
        + "content-type: text/csv\r\naccept: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    writing.write_all((head + &chunk("title\nfirst\n")).as_bytes()).await.expect("it is open");
    let mut lines = BufReader::new(reading);
    read_until(&mut lines, "HTTP/1.1 200 OK").await;
    let progress = read_until(&mut lines, "\"added\":1,").await;
    let progress: Value = serde_json::from_str(&progress).expect("a line of JSON");
    assert_eq!((&progress["line"], &progress["bytes"]), (&2.into(), &12.into()));
    writing.write_all((chunk("second\n") + "0\r\n\r\n").as_bytes()).await.expect("it is open");
    let done: Value = serde_json::from_str(&read_until(&mut lines, "\"done\":true").await).expect("a line of JSON");
    assert_eq!(done["added"], 2);
    listening.stop().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_of_an_import_does_no_harm() {
    let listening = Listening::new().await;
    let mut socket = listening.connect().await;
    let head = listening.head("POST /api/v1/imports") + "content-type: text/csv\r\ncontent-length: 1000000\r\n\r\n";
    socket.write_all((head + "title\none\ntwo\nthr").as_bytes()).await.expect("it is open");
    // Wait until something of it is in, so that the import is under way when the caller goes.
    let mut listener = listening.node.handle.listen(None);
    while listening.node.get("/api/v1/resources").await.expect(200)["total"] == 0 {
        listener.next().await.expect("the store is sound");
    }
    drop(socket);
    let done = listening.node.import("title\none\ntwo\nthree\n").await.expect(200);
    assert_eq!(done["added"].as_u64().zip(done["already_there"].as_u64()).map(|(new, old)| new + old), Some(3));
    assert_eq!(listening.node.get("/api/v1/resources").await.expect(200)["total"], 3);
    listening.stop().await;
}

#[tokio::test]
async fn the_connection_beyond_the_limit_is_turned_away() {
    let listening = Listening::new().await;
    let get = listening.head("GET /healthz") + "\r\n";
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut socket = listening.connect().await;
        socket.write_all(get.as_bytes()).await.expect("it is open");
        let mut answer = [0; 15];
        socket.read_exact(&mut answer).await.expect("it answers");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        open.push(socket);
    }
    let answer = read_all(&mut listening.connect().await).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length")
        .parse()
        .expect("a number");
    assert_eq!(body.len(), length);
    assert_eq!(serde_json::from_str::<Value>(body).expect("JSON")["status"], 503);
    drop(open.pop());
    // The place is free once the node has seen the connection end.
    loop {
        let mut socket = listening.connect().await;
        let _ = socket.write_all(get.as_bytes()).await;
        let mut answer = [0; 15];
        if socket.read_exact(&mut answer).await.is_ok() && &answer == b"HTTP/1.1 200 OK" {
            break;
        }
    }
    listening.stop().await;
}

#[tokio::test]
async fn with_every_stream_open_the_node_still_answers() {
    let listening = Listening::new().await;
    let open = async || {
        let (reading, mut writing) = listening.connect().await.into_split();
        writing.write_all((listening.head("GET /api/v1/events") + "\r\n").as_bytes()).await.expect("it is open");
        let mut lines = BufReader::new(reading);
        let status = read_until(&mut lines, "HTTP/1.1 ").await;
        (status, lines, writing)
    };
    let mut streams = Vec::new();
    let refused = loop {
        let (status, lines, writing) = open().await;
        if !status.starts_with("HTTP/1.1 200 ") {
            break status;
        }
        streams.push((lines, writing));
    };
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert_eq!(streams.len(), 32);
    for path in ["/healthz", "/readyz", "/api/v1/node", "/api/v1/resources"] {
        let mut socket = listening.connect().await;
        let get = listening.head(&format!("GET {path}")) + "connection: close\r\n\r\n";
        socket.write_all(get.as_bytes()).await.expect("it is open");
        let answer = read_all(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    listening.stop().await;
}

#[tokio::test]
async fn stopping_ends_streams_and_lets_requests_finish() {
    let listening = Listening::new().await;
    let (reading, mut writing) = listening.connect().await.into_split();
    writing.write_all((listening.head("GET /api/v1/events") + "\r\n").as_bytes()).await.expect("it is open");
    let mut events = BufReader::new(reading);
    read_until(&mut events, "id: ").await;

    // An import under way is told, and what it had added stays.
    let (reading, mut import) = listening.connect().await.into_split();
    let head = listening.head("POST /api/v1/imports")
        + "content-type: text/csv\r\naccept: application/x-ndjson\r\ncontent-length: 1000\r\n\r\n";
    import.write_all((head + "title\none\n").as_bytes()).await.expect("it is open");
    let mut report = BufReader::new(reading);
    read_until(&mut report, "\"added\":1,").await;

    // Asked for something once: a connection that nobody has taken up yet is reset by the system when listening ends.
    let (reading, mut asking) = listening.connect().await.into_split();
    asking.write_all((listening.head("GET /healthz") + "\r\n").as_bytes()).await.expect("it is open");
    let mut idle = BufReader::new(reading);
    let length = read_until(&mut idle, "content-length").await;
    let length: usize = length.split(':').nth(1).and_then(|value| value.trim().parse().ok()).expect("a length");
    while read_until(&mut idle, "\r\n").await != "\r\n" {}
    idle.read_exact(&mut vec![0; length]).await.expect("it is open");
    let address = listening.address;
    let took = listening.stop().await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    let stopped = read_until(&mut report, "\"done\":false").await;
    assert!(stopped.contains("/problems/stopping"), "{stopped}");
    let mut rest = String::new();
    events.read_to_string(&mut rest).await.expect("it ends well");
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends as streams do: {rest:?}");
    assert_eq!(read_all(&mut idle).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_never_ends_its_head_is_let_go() {
    let listening = Listening::new().await;
    for beginning in ["", "GET /healthz HTTP/1.1\r\nhost: loc"] {
        let mut socket = listening.connect().await;
        socket.write_all(beginning.as_bytes()).await.expect("it is open");
        let begun = tokio::time::Instant::now();
        read_all(&mut socket).await;
        let waited = begun.elapsed().as_secs();
        assert!((9..=11).contains(&waited), "{beginning:?}: {waited} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_pauses_for_too_long_is_told() {
    let listening = Listening::new().await;
    for (path, content_type, beginning) in [
        ("/api/v1/resources", "application/json", "{\"title\":"),
        ("/api/v1/imports", "text/csv", "tit"),
        ("/api/v1/imports", "text/csv", "title\n"),
    ] {
        let mut socket = listening.connect().await;
        let head = listening.head(&format!("POST {path}"));
        let request = format!("{head}content-type: {content_type}\r\ncontent-length: 100\r\n\r\n{beginning}");
        socket.write_all(request.as_bytes()).await.expect("it is open");
        let answer = read_all(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("application/problem+json"), "{answer}");
    }
}
