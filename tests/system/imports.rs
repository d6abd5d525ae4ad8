//! Libraries go in at one node and come out of every other, every field of every row as it was.

use std::{
    fs,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{
    library::{Row, from_csv, rows, sorted, to_csv},
    network::Network,
    program,
    wait::{hold, until},
};

/// Exports at a node, by the command line.
fn exported(network: &Network, place: usize) -> Vec<Row> {
    let file = network.nodes[place].cli(["export", "--format", "csv"]).done().stdout;
    sorted(from_csv(&file))
}

#[test]
fn every_row_comes_out_of_every_node_also_of_one_that_was_away() {
    let mut network = Network::of(&["Alder", "Birch", "Cedar"]);
    network.nodes[0].start();
    network.nodes[1].start();
    let library = rows(7, 1_600, 60);
    let file = network.folder().join("library.csv");
    fs::write(&file, to_csv(&library)).expect("the file can be written");
    let import = || network.nodes[0].cli(["import", "--json"]).arg(&file).done().json();
    let report = import();
    assert_eq!((&report["added"], &report["failed"]), (&library.len().into(), &0.into()), "{report}");
    let expected = sorted(library);
    assert!(exported(&network, 0) == expected, "what came in is not what goes out");
    network.agree();
    assert!(exported(&network, 1) == expected, "what goes out at a peer is not what came in");

    // The same file once more adds nothing, whoever is there.
    let again = import();
    assert_eq!((&again["added"], &again["failed"]), (&0.into(), &0.into()), "{again}");
    network.nodes[2].start();
    network.agree();
    assert!(exported(&network, 2) == expected, "what goes out at one that came late is not what came in");

    // And what was exported can be imported: the rows are the same, so nothing is added at the node that has them.
    let csv = network.nodes[0].cli(["export", "--format", "csv"]).done().stdout;
    let copy = network.folder().join("copy.csv");
    fs::write(&copy, csv).expect("the file can be written");
    let report = network.nodes[0].cli(["import", "--json"]).arg(&copy).done().json();
    assert_eq!((&report["added"], &report["failed"]), (&0.into(), &0.into()), "{report}");
}

#[test]
fn an_export_in_json_has_everything() {
    let network = Network::running(&["Alder", "Birch"]);
    let library = rows(8, 40, 3);
    let file = network.folder().join("library.csv");
    fs::write(&file, to_csv(&library)).expect("the file can be written");
    network.nodes[0].cli(["import"]).arg(&file).done();
    let shown = network.agree();
    let json = network.nodes[1].cli(["export", "--format", "json"]).done().json();
    let items = json["items"].as_array().or_else(|| json.as_array()).expect("a list of resources");
    assert_eq!(items.len(), library.len());
    for item in items {
        let mut shown = shown[item["id"].as_str().expect("an id")].clone();
        // What holds for a moment is not for a file.
        shown.as_object_mut().expect("an object").remove("ahead");
        assert_eq!(item, &shown);
    }
}

#[test]
fn bad_rows_are_named_and_the_rest_goes_in() {
    let mut network = Network::of(&["Alder"]);
    network.start();
    let mut file = b"title,summary,body,links,tags\r\nFirst,,,,\r\n,no title,,,\r\n\"Two\nlines\",,,,\r\n".to_vec();
    file.extend_from_slice(b"Not UTF-8 \xff,,,,\r\nToo few,cells\r\n\"x\"y,,,,\r\nLast,,,,\r\n");
    file.extend_from_slice(format!("{},,,,\r\n", "t".repeat(2_001)).as_bytes());
    let path = network.folder().join("bad.csv");
    fs::write(&path, file).expect("the file can be written");
    let outcome = network.nodes[0].cli(["import", "--json"]).arg(&path).run().expect_code(1);
    let report = outcome.json();
    assert_eq!((&report["added"], &report["failed"]), (&3.into(), &5.into()), "{report}");
    let failures = report["failures"].as_array().expect("a list");
    let lines: Vec<_> = failures.iter().map(|failure| failure["line"].as_u64().expect("a line")).collect();
    assert_eq!(lines, [3, 6, 7, 8, 10]);
    for (failure, word) in failures.iter().zip(["title", "UTF-8", "cells", "quotation", "2000"]) {
        let reason = failure["reason"].as_str().expect("a reason").replace(',', "");
        assert!(reason.contains(word), "{reason} does not say {word}");
    }
    let titles: Vec<Row> = exported(&network, 0);
    assert_eq!(titles.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["First", "Last", "Two\nlines"]);

    // Without --json, the lines stand in the message for people.
    let outcome = network.nodes[0].cli(["import"]).arg(&path).run().expect_code(1);
    for line in ["line 3", "line 6", "line 10"] {
        assert!(outcome.stderr.contains(line), "{line} is not in {}", outcome.stderr);
    }
}

#[test]
fn an_import_that_is_interrupted_is_made_whole_by_another() {
    let mut network = Network::of(&["Alder"]);
    network.start();
    let alder = &network.nodes[0];
    let path = network.folder().join("long.csv");
    let rows: u64 = 6_000;
    let text: String = (0..rows).map(|number| format!("Row {number},{}\n", "text ".repeat(40))).collect();
    fs::write(&path, format!("title,body\n{text}")).expect("the file can be written");
    for (signal, before) in [(Signal::INT, 0), (Signal::TERM, 1)] {
        let mut command = Command::new(program::knotwork());
        command.arg("--data").arg(&alder.folder).arg("import").arg(&path).env_clear();
        let mut import =
            command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
        until("the import is under way", || {
            let there = alder.api().node()["resources"].as_u64().expect("a number");
            hold(there > before, || format!("{there} rows"))
        });
        let pid = i32::try_from(import.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(pid, signal).expect("our own child can be told");
        import.wait().expect("our own child can be waited for");
    }
    let done = alder.cli(["import", "--json"]).arg(&path).done().json();
    let count = |name: &str| done[name].as_u64().expect("a number");
    assert_eq!((count("added") + count("already_there"), count("failed")), (rows, 0), "{done}");
    assert_eq!(alder.api().node()["resources"], rows);
}

#[test]
fn what_is_no_library_is_refused_and_nothing_goes_in() {
    let mut network = Network::of(&["Alder"]);
    network.start();
    for (name, text) in [("empty.csv", ""), ("columns.csv", "title,colour\na,red\n"), ("no-title.csv", "summary\na\n")]
    {
        let path = network.folder().join(name);
        fs::write(&path, text).expect("the file can be written");
        let outcome = network.nodes[0].cli(["import"]).arg(&path).run().expect_code(1);
        assert!(outcome.stderr.contains("title"), "{name}: {}", outcome.stderr);
    }
    let outcome = network.nodes[0].cli(["import", "/nowhere/at-all.csv"]).run().expect_code(1);
    assert!(outcome.stderr.contains("/nowhere/at-all.csv"), "{}", outcome.stderr);
    assert!(network.nodes[0].api().everything().is_empty());
}
