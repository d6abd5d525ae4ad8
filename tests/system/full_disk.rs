//! A disk that is full: writing is refused in plain words, reading goes on, and room is enough to go on.

use std::fs;

use serde_json::json;

use crate::harness::{
    daemon::Node,
    network::{Network, agree, peer},
    small_disk::{SmallDisk, with_leave_to_mount},
    wait::{hold, until},
};

#[test]
fn a_full_disk_refuses_writing_and_nothing_else() {
    with_leave_to_mount("system::full_disk::a_full_disk_refuses_writing_and_nothing_else", fill_and_empty);
}

fn fill_and_empty() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = SmallDisk::mount(&folder.path().join("disk"), DISK_MEBIBYTES).expect("we have leave to mount");
    // What the daemon says goes to that disk, too, and cannot be written any more.
    let nodes = vec![Node::init(&folder.path().join("disk"), "Alder"), Node::init(folder.path(), "Birch")];
    let mut network = Network::found(folder, nodes);
    network.start();
    let id = network.nodes[0].api().add(&json!({ "title": "Before", "body": "Text. ".repeat(2_000) }));
    let before = network.agree();

    disk.fill();
    let alder = &network.nodes[0];
    let path = format!("/api/v1/resources/{id}");
    let refused = until("writing is refused", || {
        let body = json!({ "title": "Too much", "body": "More. ".repeat(10_000) });
        let answer = alder.api().post("/api/v1/resources", &body);
        hold(answer.status == 507, || format!("{answer:?}")).map(|()| answer.json())
    });
    assert_eq!(refused["type"], "/problems/disk-full", "{refused}");
    alder.api().patch(&path, &json!({ "summary": "refused" })).expect(507);
    let file = network.folder().join("library.csv");
    fs::write(&file, format!("title,body\nRow,{}\n", "x".repeat(50_000))).expect("there is room elsewhere");
    let failure = alder.cli(["import", "--json"]).arg(&file).run().expect_code(1).failure();
    assert!(failure["error"].as_str().is_some_and(|error| error.contains("disk is full")), "{failure}");
    assert!(failure["next"].is_string(), "{failure}");

    // Reading goes on, whatever was refused is nowhere, and what others write waits without anybody's fault.
    let birch = &network.nodes[1];
    for number in 0..20 {
        let body = "Elsewhere. ".repeat(3_000);
        birch.api().add(&json!({ "title": format!("Meanwhile {number}"), "body": body }));
    }
    assert_eq!(alder.api().resource(&id), before[&id]);
    assert!(!alder.api().everything().values().any(|entry| entry["title"] == "Too much"));
    alder.cli(["status"]).done();
    assert_eq!((&peer(alder, "Birch")["fault"], &peer(birch, "Alder")["fault"]), (&json!(null), &json!(null)));

    // A node that starts on a full disk reads, too.
    network.nodes[0].kill();
    network.nodes[0].start();
    assert_eq!(network.nodes[0].api().resource(&id), before[&id]);

    disk.empty();
    let alder = &network.nodes[0];
    until("writing goes on by itself", || {
        let answer = alder.api().patch(&path, &json!({ "summary": "with room again" }));
        hold(answer.status == 200, || format!("{answer:?}"))
    });
    assert!(alder.cli(["import", "--json"]).arg(&file).done().json()["failed"] == 0);
    let shown = agree(&[&network.nodes[0], &network.nodes[1]]);
    assert!(
        shown.values().filter(|entry| entry["title"].as_str().is_some_and(|t| t.starts_with("Meanwhile"))).count()
            == 20
    );
    assert_eq!(shown[&id]["summary"], "with room again");
    drop(network);
    drop(disk);
}

/// Room for a store with all that it keeps back, and some changes.
const DISK_MEBIBYTES: u32 = 128;
