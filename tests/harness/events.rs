//! The stream of events of one node, as a program follows it.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use super::{api::Api, wait};

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Names its place; empty where it has none.
    pub(crate) id: String,
    /// Its name; `message` where it has none.
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// Follows the events of a node.
#[derive(Debug)]
pub(crate) struct Events {
    stream: TcpStream,
    /// What came and is not taken apart yet.
    raw: Vec<u8>,
    text: Vec<u8>,
    /// Ids, and the events that came with them.
    ready: VecDeque<(Option<String>, Option<Event>)>,
    ended: bool,
    /// The last id that was taken, also one without an event.
    pub(crate) last_id: String,
}

impl Events {
    /// Follows from now on, or from what a reader saw last.
    ///
    /// # Panics
    /// When the node does not open the stream.
    pub(crate) fn of(api: &Api, last_seen: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(api.address).expect("the API listens");
        stream.set_read_timeout(Some(GLANCE)).expect("a timeout can be set");
        let seen = last_seen.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let head = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\n{seen}\r\n",
            api.address, api.token
        );
        stream.write_all(head.as_bytes()).expect("the request is sent");
        let mut events = Self {
            stream,
            raw: Vec::new(),
            text: Vec::new(),
            ready: VecDeque::new(),
            ended: false,
            last_id: String::new(),
        };
        let end = wait::until("the head of the stream of events", || {
            events.fill();
            find(&events.raw, b"\r\n\r\n").ok_or_else(|| format!("{:?}", String::from_utf8_lossy(&events.raw)))
        });
        let head = String::from_utf8_lossy(&events.raw[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200") && head.contains("text/event-stream"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        events.raw.drain(..end + 4);
        events
    }

    /// The next event, if it is there or comes at once.
    pub(crate) fn glance(&mut self) -> Option<Event> {
        if self.ready.is_empty() {
            self.fill();
            self.take_apart();
        }
        let (id, event) = self.ready.pop_front()?;
        self.last_id = id.unwrap_or_else(|| self.last_id.clone());
        event
    }

    /// The next event.
    ///
    /// # Panics
    /// When none comes.
    pub(crate) fn next(&mut self) -> Event {
        wait::until("an event", || self.glance().ok_or_else(|| format!("nothing; ended: {}", self.ended)))
    }

    /// Whether the node has ended the stream, and everything that it sent before is taken.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    fn fill(&mut self) {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(count) => self.raw.extend_from_slice(&bytes[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.ended = true,
        }
    }

    fn take_apart(&mut self) {
        while let Some(chunk) = take_chunk(&mut self.raw) {
            self.ended |= chunk.is_empty();
            self.text.extend_from_slice(&chunk);
        }
        while let Some(end) = find(&self.text, b"\n\n") {
            let block: Vec<u8> = self.text.drain(..end + 2).collect();
            let block = std::str::from_utf8(&block).expect("events are UTF-8");
            self.ready.push_back((field(block, "id"), event(block)));
        }
    }
}

/// Takes one chunk of a chunked body off the front, if it is there whole.
fn take_chunk(raw: &mut Vec<u8>) -> Option<Vec<u8>> {
    let line = find(raw, b"\r\n")?;
    let length = std::str::from_utf8(&raw[..line]).expect("a chunk's length is text");
    let length = usize::from_str_radix(length, 16).expect("a chunk's length is hexadecimal");
    let (start, end) = (line + 2, line + 2 + length);
    if raw.len() < end + 2 {
        return None;
    }
    let chunk = raw[start..end].to_vec();
    raw.drain(..end + 2);
    Some(chunk)
}

/// The event that a block of lines is; none where it is a sign of life.
fn event(block: &str) -> Option<Event> {
    let data = field(block, "data")?;
    let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
    let name = field(block, "event").unwrap_or_else(|| "message".into());
    Some(Event { id: field(block, "id").unwrap_or_default(), name, data })
}

/// What the lines of this name say.
fn field(block: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = block
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(|value| value.strip_prefix(' ').unwrap_or(value))
        .collect();
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// How long a glance at the stream takes at most.
const GLANCE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_taken_apart_wherever_it_is_cut() {
        let mut raw = b"4\r\nid: \r\n9\r\n7\ndata: \"\r\n3\r\na\"\n\r\n1\r\n\n\r\n0\r\n".to_vec();
        let mut text = Vec::new();
        while let Some(chunk) = take_chunk(&mut raw) {
            text.extend(chunk);
        }
        assert_eq!(text, b"id: 7\ndata: \"a\"\n\n");
        assert_eq!(raw, b"0\r\n");
        let found = event(std::str::from_utf8(&text).expect("ASCII")).expect("an event");
        assert_eq!(found, Event { id: "7".into(), name: "message".into(), data: "a".into() });
        assert_eq!(event(": alive\n\n"), None);
    }
}
