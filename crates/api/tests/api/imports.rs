//! Imports: files with everything that is hard about CSV, whole, in parts, twice, and broken.

use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::{Value, json};

use crate::{
    ask::{Answer, request},
    nodes_in_memory::Node,
};

/// A file in which every kind of difficulty stands once: rows and the cells that they must become.
fn hard_rows() -> Vec<[String; 5]> {
    let row = |title: &str, summary: &str, body: &str, links: &str, tags: &str| {
        [title, summary, body, links, tags].map(str::to_owned)
    };
    vec![
        row("plain", "s", "b", "https://example.org/a", "one;two"),
        row("quotes \"within\" quotes", "\"", "\"\"", "", "\"a\";b"),
        row("lines", "a\r\nb", "a\nb\rc\r\n", "", ""),
        row("carriage return at the end", "x\r", "\r", "\r", "a\r"),
        row("nul", "a\0b", "\0", "", "\0;"),
        row("combining e\u{301} and composed é", "\u{feff}mark", "🪢 ا ب 漢字", "", "é;e\u{301}"),
        row("empty entries", "", "", ";;", ";"),
        row("order and repeats", "", "", "b;a;b", "z;z;a"),
        row("spaces ", " s ", "  ", " a ; b ", " "),
        row("commas, in cells", ",", ",,", "a,b;c", "x,y"),
        row("long", "", &"Ünïcödé \"text\"\n".repeat(2_500), "mailto:a@example.org;urn:x:1;javascript:alert(1)", "t"),
        row("formula", "=1+1", "@cmd", "", "+;-"),
        row("twice", "", "", "", ""),
        row("twice", "", "", "", ""),
        row("twice", "", "", "", ""),
        row("\u{feff}a title with a mark", "", "", "", ""),
    ]
}

/// The rows as another implementation writes them.
fn file(rows: &[[String; 5]], end: csv::Terminator) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
    writer.write_record(["title", "summary", "body", "links", "tags"]).expect("memory takes it");
    for row in rows {
        writer.write_record(row).expect("memory takes it");
    }
    writer.into_inner().expect("memory takes it")
}

fn sorted(mut rows: Vec<[String; 5]>) -> Vec<[String; 5]> {
    rows.sort_unstable();
    rows
}

/// The rows of an export, as another implementation reads them.
pub(crate) fn rows_of(export: &Answer) -> Vec<[String; 5]> {
    assert_eq!(export.status, 200, "{export:?}");
    let mut reader = csv::Reader::from_reader(&export.body[..]);
    assert_eq!(reader.headers().expect("a header"), vec!["title", "summary", "body", "links", "tags"]);
    reader
        .records()
        .map(|record| {
            let record = record.expect("a record");
            std::array::from_fn(|place| record.get(place).expect("five cells").to_owned())
        })
        .collect()
}

async fn report(node: &Node, body: impl Into<Body>) -> Vec<Value> {
    let request = request(Method::POST, "/api/v1/imports")
        .header(header::CONTENT_TYPE, "text/csv; charset=utf-8")
        .header(header::ACCEPT, "application/json;q=0.1, application/x-ndjson");
    let answer = node.send(request.body(body.into()).expect("a request")).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

#[tokio::test]
async fn every_cell_comes_out_as_it_went_in_and_a_second_time_adds_nothing() {
    let node = Node::new();
    let rows = hard_rows();
    let count = rows.len();
    let done = node.import(file(&rows, csv::Terminator::Any(b'\n'))).await.expect(200);
    assert_eq!(done, json!({"added": count, "already_there": 0, "failed": 0, "failures": []}));
    let exported = node.get("/api/v1/exports?format=csv").await;
    assert_eq!(sorted(rows_of(&exported)), sorted(rows.clone()));
    assert!(!exported.text().contains("\n\n\n"));

    // The same file, the same with other line ends, and what the node itself wrote.
    for again in [file(&rows, csv::Terminator::Any(b'\n')), file(&rows, csv::Terminator::CRLF), exported.body.to_vec()]
    {
        let done = node.import(again).await.expect(200);
        assert_eq!(done, json!({"added": 0, "already_there": count, "failed": 0, "failures": []}));
    }
    let one = node.get("/api/v1/resources?limit=1&tag=two").await.expect(200)["items"][0].clone();
    assert_eq!((&one["created"], &one["changed"]), (&Value::Null, &Value::Null), "an import claims no time");
    assert_eq!(one["contributors"][0]["automatic"], true);
}

#[tokio::test]
async fn a_long_cell_comes_out_as_it_went_in() {
    let node = Node::new();
    let long = "0123456789".repeat(30_000);
    node.import(format!("title,body\nlong,{long}\n")).await.expect(200);
    let rows = rows_of(&node.get("/api/v1/exports?format=csv").await);
    assert!(rows.len() == 1 && rows[0][2] == long);
}

#[tokio::test]
async fn one_more_equal_row_is_one_more_resource() {
    let node = Node::new();
    let import = async |rows: &str| node.import(format!("title,tags\n{rows}")).await.expect(200);
    assert_eq!(import("a,x\na,x\n").await["added"], 2);
    assert_eq!(
        import("a,x\na,x\na,x\nb,\n").await,
        json!({"added": 2, "already_there": 2, "failed": 0, "failures": []})
    );
    // A column that is not there is an empty cell, and the order of columns does not matter.
    assert_eq!(node.import("summary,title\n,b\n").await.expect(200)["already_there"], 1);
}

#[tokio::test]
async fn rows_that_cannot_be_imported_are_named_and_the_rest_goes_in() {
    let node = Node::new();
    let mut file = Vec::new();
    file.extend_from_slice(b"\xef\xbb\xbftitle,summary,body,links,tags\r\n"); // 1
    file.extend_from_slice(b"good one,,,,\n"); // 2
    file.extend_from_slice(b"too few,,,\n"); // 3
    file.extend_from_slice(b"too many,,,,,\n"); // 4
    file.extend_from_slice(b",no title,,,\n"); // 5
    file.extend_from_slice(b"   ,blank title,,,\n"); // 6
    file.extend_from_slice(b"bad bytes,\xff\xfe,,,\n"); // 7
    file.extend_from_slice(b"\"a\"b,,,,\n"); // 8
    file.extend_from_slice(b"\"two\nlines\",,,,\n"); // 9 and 10
    file.extend_from_slice(format!("{},,,,\n", "t".repeat(2_001)).as_bytes()); // 11
    file.extend_from_slice(format!("many tags,,,,{}\n", "x;".repeat(200)).as_bytes()); // 12
    file.extend_from_slice(format!("long body,,{},,\n", "b".repeat(1_048_577)).as_bytes()); // 13
    file.extend_from_slice(format!("far too long,,\"{}\",,\n", "b\n".repeat(1_500_000)).as_bytes()); // 14
    file.extend_from_slice(b"\nlast one,,,,"); // 1500016
    let done = node.import(file).await.expect(200);
    assert_eq!((&done["added"], &done["failed"]), (&json!(3), &json!(10)), "{done}");
    let found: Vec<(u64, &str)> = done["failures"]
        .as_array()
        .expect("failures")
        .iter()
        .map(|failure| (failure["line"].as_u64().expect("a line"), failure["reason"].as_str().expect("a reason")))
        .collect();
    let wanted = [
        (3, "the row has 4 cells, and the first line has 5"),
        (4, "the row has 6 cells, and the first line has 5"),
        (5, "the title is missing"),
        (6, "the title is missing"),
        (7, "summary is not UTF-8"),
        (8, "text follows a closing quotation mark: within quotation marks, one is written twice"),
        (11, "title is 2001 bytes long, and the limit is 2000"),
        (12, "tags has 201 entries, and the limit is 200"),
        (13, "body is 1048577 bytes long, and the limit is 1048576"),
    ];
    assert_eq!(found[..9], wanted);
    let (line, reason) = found[9];
    assert!(line == 14 && reason.contains("line 1500014") && reason.contains("2097152"), "{line}: {reason}");
    let titles: Vec<String> =
        rows_of(&node.get("/api/v1/exports?format=csv").await).into_iter().map(|[title, ..]| title).collect();
    assert_eq!(titles, ["good one", "last one", "two\nlines"]);
}

#[tokio::test]
async fn a_quotation_mark_that_is_never_closed_takes_no_other_row_with_it() {
    for end in ["", "A6,\"two\nlines\"\n"] {
        let node = Node::new();
        let file = format!("title,body\nA1,ok\nA2,\"never closed\nA3,\nA4,\nA5,\n{end}");
        let done = node.import(file).await.expect(200);
        assert_eq!((&done["failed"], &done["failures"][0]["line"]), (&json!(1), &json!(3)), "{done}");
        let rows = rows_of(&node.get("/api/v1/exports?format=csv").await);
        let titles: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(titles[..4], ["A1", "A3", "A4", "A5"]);
        assert_eq!(titles.get(4), (!end.is_empty()).then_some(&"A6"));
    }
}

#[tokio::test]
async fn a_stopped_import_counts_every_row_that_went_in() {
    let node = Node::new();
    let rows: String = (0..2_000).map(|number| format!("title {number}\n")).collect();
    let parts = [Ok(format!("title\n{rows}")), Err(std::io::Error::other("the line is dead"))];
    let broken = node.import(Body::from_stream(futures::stream::iter(parts))).await.problem(400);
    let total = node.get("/api/v1/resources?limit=1").await.expect(200)["total"].clone();
    assert_eq!(broken["added"], total, "{broken}");
}

#[tokio::test]
async fn entries_with_the_separator_stay_one_entry_and_tags_have_none() {
    let node = Node::new();
    let body = json!({ "title": "a", "links": ["https://a.example/x;y", "b"], "tags": ["t"] });
    node.send_json(Method::POST, "/api/v1/resources", &body, &[]).await.expect(201);
    let rows = rows_of(&node.get("/api/v1/exports?format=csv").await);
    assert_eq!(rows[0][3], "https://a.example/x%3By;b");
    let problem = node
        .send_json(Method::POST, "/api/v1/resources", &json!({ "title": "a", "tags": ["a;b"] }), &[])
        .await
        .problem(422);
    assert!(
        problem["field"] == "tags" && problem["detail"].as_str().is_some_and(|detail| detail.contains("semicolon")),
        "{problem}"
    );
}

#[tokio::test]
async fn spaces_around_a_tag_come_out_again_and_do_not_hide_it() {
    let node = Node::new();
    node.import("title,tags\na,x; y;\n").await.expect(200);
    assert_eq!(rows_of(&node.get("/api/v1/exports?format=csv").await)[0][4], "x; y;");
    for tag in ["x", "y", "%20y"] {
        let found = node.get(&format!("/api/v1/resources?tag={tag}")).await.expect(200);
        assert_eq!(found["total"], 1, "{tag}");
    }
}

#[tokio::test]
async fn a_file_without_known_columns_is_refused() {
    let node = Node::new();
    let refused = [
        ("", Value::Null),
        ("\n\n", Value::Null),
        ("summary,body\na,b\n", json!("title")),
        ("title,colour\na,red\n", json!("colour")),
        ("title,title\na,b\n", json!("title")),
        ("{\"title\":\"a\"}", json!("{\"title\":\"a\"}")),
        ("title;summary\na;b\n", Value::Null),
        ("\u{0}t\u{0}i", Value::Null),
        ("\"title\"x\na\n", Value::Null),
        ("\"title", Value::Null),
    ];
    for (file, field) in refused {
        let problem = node.import(file).await.problem(400);
        assert_eq!(problem["field"], field, "{file:?}: {problem}");
    }
    for content_type in ["application/json", "text/plain", "text/csv; charset=iso-8859-1"] {
        let request = request(Method::POST, "/api/v1/imports").header(header::CONTENT_TYPE, content_type);
        node.send(request.body("title\na\n".into()).expect("a request")).await.problem(415);
    }
    assert_eq!(node.get("/api/v1/resources").await.expect(200)["total"], 0);
    let done = node.import("title").await.expect(200);
    assert_eq!(done["added"], 0, "a file of nothing but its first line is no fault");
}

#[tokio::test]
async fn a_file_in_small_parts_is_the_same_file() {
    let whole = Node::new();
    let rows = hard_rows();
    let file = file(&rows, csv::Terminator::CRLF);
    whole.import(file.clone()).await.expect(200);
    let cut = Node::new();
    let parts: Vec<Result<Vec<u8>, std::convert::Infallible>> =
        file.chunks(113).map(|part| Ok(part.to_vec())).collect();
    let done = cut.import(Body::from_stream(futures::stream::iter(parts))).await.expect(200);
    assert_eq!(done["added"], rows.len());
    let export = async |node: &Node| node.get("/api/v1/exports?format=csv").await.body;
    assert_eq!(export(&cut).await, export(&whole).await, "nodes that hold the same export the same bytes");
}

#[tokio::test]
async fn an_import_that_breaks_off_can_be_repeated() {
    let node = Node::new();
    let rows: String = (0..2_000).map(|number| format!("title {number}\n")).collect();
    let whole = format!("title\n{rows}");
    let half = &whole[..whole.len() / 2];
    let parts = half
        .as_bytes()
        .chunks(1_000)
        .map(|part| Ok(part.to_vec()))
        .chain([Err(std::io::Error::other("the line is dead"))]);
    let broken = node.import(Body::from_stream(futures::stream::iter(parts.collect::<Vec<_>>()))).await.problem(400);
    let added = broken["added"].as_u64().expect("it tells how many went in");
    let done = node.import(whole).await.expect(200);
    let total = node.get("/api/v1/resources?limit=1").await.expect(200)["total"].as_u64().expect("a number");
    assert!(added <= done["already_there"].as_u64().expect("a number"), "{added}: {done}");
    assert_eq!((total, &done["failed"]), (2_000, &json!(0)));
}

#[tokio::test]
async fn progress_is_reported_line_by_line() {
    let node = Node::new();
    let lines = report(&node, "title\na\nb\n,\n").await;
    let (last, before) = lines.split_last().expect("at least one line");
    assert_eq!(last["done"], true);
    assert_eq!((&last["added"], &last["failed"], &last["failures"][0]["line"]), (&json!(2), &json!(1), &json!(4)));
    assert!(before.iter().all(|line| line["done"].is_null()));

    // Bytes and rows grow, and the last line comes after the file has ended.
    let (send, parts) = futures::channel::mpsc::channel::<Result<String, std::convert::Infallible>>(0);
    let sending = tokio::spawn(async move {
        let mut send = send;
        futures::SinkExt::send(&mut send, Ok("title\n".to_owned())).await.expect("it is read");
        for number in 0..4 {
            let rows = (0..500).map(|row| format!("{number}-{row}\n")).collect();
            futures::SinkExt::send(&mut send, Ok(rows)).await.expect("it is read");
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    });
    let lines = report(&node, Body::from_stream(parts)).await;
    sending.await.expect("the sender does not panic");
    let (last, before) = lines.split_last().expect("at least one line");
    assert_eq!((&last["done"], &last["added"]), (&json!(true), &json!(2_000)));
    assert!(before.len() >= 2, "{lines:?}");
    for pair in before.windows(2) {
        for name in ["line", "bytes", "added"] {
            assert!(pair[0][name].as_u64() <= pair[1][name].as_u64(), "{name} goes back: {pair:?}");
        }
    }
    assert!(
        before.iter().all(|line| line["added"].as_u64() == line["line"].as_u64().map(|line| line.saturating_sub(1)))
    );
}

#[tokio::test]
async fn an_import_that_cannot_go_on_says_so_in_its_last_line() {
    let node = Node::new();
    node.engine.set_full(true);
    let lines = report(&node, "title\na\n").await;
    let last = lines.last().expect("at least one line");
    assert_eq!(
        (&last["done"], &last["problem"]["status"], &last["problem"]["added"]),
        (&json!(false), &json!(507), &json!(0))
    );
}

#[tokio::test]
async fn only_so_many_imports_run_at_once() {
    let node = Node::new();
    let mut senders = Vec::new();
    let mut running = Vec::new();
    for _ in 0..4 {
        let (mut send, parts) = futures::channel::mpsc::channel::<Result<&'static str, std::convert::Infallible>>(1);
        send.try_send(Ok("title\n")).expect("there is room");
        senders.push(send);
        let request = request(Method::POST, "/api/v1/imports")
            .header(header::CONTENT_TYPE, "text/csv")
            .header(header::ACCEPT, "application/x-ndjson");
        let request = request.body(Body::from_stream(parts)).expect("a request");
        running.push(tower::ServiceExt::oneshot(node.router.clone(), request).await.expect("a router always answers"));
    }
    let refused = node.import("title\na\n").await;
    assert_eq!(refused.problem(503)["type"], "/problems/busy");
    assert_eq!(refused.header("retry-after"), "1");
    running.pop();
    node.import("title\na\n").await.expect(200);
}
