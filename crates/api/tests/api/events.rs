//! Events: nothing is missed, nothing comes twice, and every reader goes at its own pace.

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, StatusCode},
};
use futures::StreamExt as _;
use knotwork_store::MemoryEngine;
use serde_json::{Value, json};

use crate::{
    ask::request,
    nodes_in_memory::{Node, config},
};

/// One event as a browser would read it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Event {
    id: String,
    name: String,
    data: String,
}

/// Reads a stream of events.
struct Stream {
    parts: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(node: &Node, last: Option<&str>) -> Self {
        let mut request = request(Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = tower::ServiceExt::oneshot(node.router.clone(), request).await.expect("a router always answers");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { parts: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        while !self.text.contains("\n\n") {
            let part = self.parts.next().await?.expect("no fault");
            self.text.push_str(std::str::from_utf8(&part).expect("UTF-8"));
        }
        let (event, rest) = self.text.split_once("\n\n").expect("just looked for");
        let mut found = Event::default();
        for line in event.lines() {
            match line.split_once(": ") {
                Some(("id", value)) => found.id = value.to_owned(),
                Some(("event", value)) => found.name = value.to_owned(),
                Some(("data", value)) => found.data.push_str(value),
                _ => assert!(line.starts_with(':'), "{line:?}"),
            }
        }
        self.text = rest.to_owned();
        Some(found)
    }

    async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }
}

fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).expect("the data is JSON")
}

#[tokio::test]
async fn changes_are_told_as_they_happen() {
    let node = Node::new();
    let mut stream = Stream::open(&node, None).await;
    let beginning = stream.next().await.expect("the place where it begins");
    assert_eq!((beginning.name.as_str(), beginning.data.as_str()), ("", ""), "nothing that a browser would show");
    assert!(beginning.id.ends_with("-2"), "after the two certificates: {beginning:?}");
    let added = node.add(&json!({"title": "T"})).await;
    let event = stream.next().await.expect("an event");
    assert_eq!(event.name, "change");
    let told = data(&event);
    assert_eq!((&told["document"], &told["change"]), (&added["id"], &added["heads"][0]));
    assert_eq!(
        (&told["kind"], &told["space"], &told["by"]),
        (&json!("resource"), &json!("commons"), &added["contributors"][0])
    );
}

#[tokio::test]
async fn a_reader_who_comes_back_misses_nothing() {
    let node = Node::new();
    let mut stream = Stream::open(&node, None).await;
    let mut last = stream.next().await.expect("the place where it begins").id;
    let mut seen = Vec::new();
    for round in 0..5 {
        for number in 0..50 {
            node.add(&json!({"title": format!("{round}-{number}")})).await;
        }
        // Only some are read, and the reader goes away and comes back.
        for event in stream.take(30).await {
            last = event.id.clone();
            seen.push(event);
        }
        stream = Stream::open(&node, Some(&last)).await;
        let begins = stream.next().await.expect("the place where it begins");
        assert_eq!((&begins.id, begins.name.as_str()), (&last, ""));
    }
    seen.extend(stream.take(100).await);
    let mut all = Stream::open(&node, Some(&format!("{}-0", last.split_once('-').expect("two parts").0))).await;
    all.next().await.expect("the place where it begins");
    let told = all.take(252).await;
    assert_eq!(data(&told[0])["kind"], "certificate");
    assert_eq!(seen, told[2..], "each once, in order");
}

#[tokio::test]
async fn a_place_that_is_not_of_this_store_begins_anew() {
    let engine = MemoryEngine::new();
    let node = Node::with(engine, [1; 16], &config());
    node.add(&json!({"title": "T"})).await;
    let mut stream = Stream::open(&node, None).await;
    let now = stream.next().await.expect("the place where it begins").id;
    let (incarnation, sequence) = now.split_once('-').expect("two parts");
    let other = Node::with(MemoryEngine::new(), [2; 16], &config());
    let theirs = Stream::open(&other, None).await.next().await.expect("the place where it begins").id;
    let ahead = format!("{incarnation}-{}", sequence.parse::<u64>().expect("a number") + 1);
    for last in [theirs, ahead, format!("{incarnation}-{}", u64::MAX)] {
        let mut stream = Stream::open(&node, Some(&last)).await;
        let restart = stream.next().await.expect("an event");
        assert_eq!((restart.name.as_str(), restart.id), ("restart", format!("{incarnation}-0")), "{last}");
        assert!(!restart.data.is_empty(), "a browser passes over events without data");
        let kinds: Vec<Value> = stream.take(3).await.iter().map(|event| data(event)["kind"].clone()).collect();
        assert_eq!(kinds, ["certificate", "certificate", "resource"]);
    }
}

#[tokio::test]
async fn a_bad_place_is_refused() {
    let node = Node::new();
    let good = Stream::open(&node, None).await.next().await.expect("the place where it begins").id;
    for bad in [
        "x",
        "1",
        "-1",
        &good.replace('-', "_"),
        &format!("{good}x"),
        &good.replace("-2", "-02"),
        "b-18446744073709551616",
    ] {
        let request = request(Method::GET, "/api/v1/events").header("last-event-id", bad);
        let answer = node.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.problem(400)["field"], "Last-Event-ID", "{bad}");
    }
    // What a browser sends that has no id yet.
    Stream::open(&node, Some("")).await.next().await.expect("the place where it begins");
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let node = Node::new();
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(Stream::open(&node, None).await);
    }
    let ask = || request(Method::GET, "/api/v1/events").body(Body::empty()).expect("a request");
    assert_eq!(node.send(ask()).await.problem(503)["type"], "/problems/busy");
    node.get("/api/v1/node").await.expect(200);
    streams.pop();
    streams.push(Stream::open(&node, None).await);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_says_that_it_is_alive() {
    let node = Node::new();
    let mut stream = Stream::open(&node, None).await;
    stream.next().await.expect("the place where it begins");
    let begun = tokio::time::Instant::now();
    assert_eq!(stream.next().await, Some(Event::default()), "a comment and nothing more");
    assert_eq!(begun.elapsed().as_secs(), 15);
}
