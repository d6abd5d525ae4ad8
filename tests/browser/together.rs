//! Several organisations at once: two people who write in the same resource, and a node that goes away and comes back.

use rustix::process::Signal;
use serde_json::json;

use super::{
    chromium::Browser,
    people::{Person, site_of},
};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

#[test]
fn two_people_write_in_one_resource_at_once_and_both_see_both() {
    let network = Network::running(&["Alder", "Birch"]);
    let (browser, alder, birch) = (Browser::start(), &network.nodes[0], &network.nodes[1]);
    let (ada, bran) = (Person::first_of(&browser, alder, "Ada"), Person::first_of(&browser, birch, "Bran"));
    let id = alder.api().add(&json!({ "title": "Visits", "body": "Knock first.\n\nSay goodbye." }));
    let path = format!("/library/{id}");
    until("the resource is at both", || {
        bran.open(&path);
        hold(bran.h1() == "Visits", || bran.text())
    });
    // Each has it open to read in one tab, and writes in another.
    let readers = [ada.second_tab(&browser), bran.second_tab(&browser)];
    for reader in &readers {
        reader.open(&path);
        assert!(!reader.text().contains(CHANGED), "nothing has changed yet: {}", reader.text());
    }
    for writer in [&ada, &bran] {
        writer.open(&format!("{path}/edit"));
    }
    ada.fill("Title", "Visits at home");
    ada.fill("Text (optional)", "Knock first, and wait.\n\nSay goodbye.");
    bran.fill("Title", "Visiting people");
    bran.fill("Text (optional)", "Knock first.\n\nSay goodbye, and write it down.");
    ada.submit("Save");
    assert!(ada.text().contains("Your change is saved."), "{}", ada.text());
    // He is told while he writes, keeps what he has written, and loses nothing of hers.
    bran.wait_for_text("Somebody has just changed this resource. Go on writing");
    assert_eq!(bran.value("Title"), "Visiting people");
    bran.submit("Save");
    assert!(bran.text().contains("Somebody else had changed this while you were writing"), "{}", bran.text());

    for reader in &readers {
        // Without loading it again: the old text is still there.
        reader.wait_for_text(CHANGED);
        assert!(reader.text().contains("Knock first.\n\nSay goodbye.\n"), "{}", reader.text());
        reader.follow("Show what it says now");
        until("both edits are there", || {
            let text = reader.text();
            let merged = text.contains("Knock first, and wait.") && text.contains("Say goodbye, and write it down.");
            hold(merged, || {
                reader.open(&path);
                text
            })
        });
    }

    // A title cannot be put together from two: both are shown until somebody chooses.
    for reader in &readers {
        assert!(reader.has("heading", "Title: two people wrote at the same time"), "{}", reader.text());
        assert!(reader.has("radio", "Visits at home") && reader.has("radio", "Visiting people"), "{}", reader.text());
    }
    ada.open("/needs");
    assert!(ada.text().contains("it now says one thing in two ways"), "{}", ada.text());
    let [ada_reads, bran_reads] = &readers;
    ada_reads.open(&path);
    ada_reads.tick("Visiting people");
    ada_reads.submit("Use this one");
    assert!(ada_reads.text().contains("That is settled."), "{}", ada_reads.text());
    assert_eq!(ada_reads.h1(), "Visiting people");
    bran_reads.wait_for_text(CHANGED);
    bran_reads.follow("Show what it says now");
    assert_eq!(bran_reads.h1(), "Visiting people");
    assert!(!bran_reads.text().contains("two people wrote at the same time"), "{}", bran_reads.text());
    ada.open("/needs");
    assert!(!ada.text().contains("it now says one thing in two ways"), "{}", ada.text());
}

const CHANGED: &str = "Somebody has just changed this resource.";

#[test]
fn a_node_that_was_away_is_said_to_be_and_comes_back_into_step() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar"]);
    let browser = Browser::start();
    let ada = Person::first_of(&browser, &network.nodes[0], "Ada");
    let bran = Person::first_of(&browser, &network.nodes[1], "Bran");
    connected(&ada, "All other nodes hold the same as this one.");
    assert!(ada.text().contains("Connected, and holds the same"), "{}", ada.text());

    assert!(network.nodes[1].stop(Signal::TERM).success());
    connected(&ada, "Not connected. It held the same when last seen.");
    assert!(ada.text().contains("Yes. At least one other node has everything"), "{}", ada.text());
    ada.open("/library/add");
    ada.fill("Title", "Written while Birch was away");
    ada.submit("Continue");
    ada.submit("Share with the network");
    assert!(ada.text().contains("as soon as they are connected"), "{}", ada.text());
    connected(&ada, "1 of 2 other nodes hold the same as this one.");
    let text = ada.text();
    assert!(
        text.contains("Not connected. It gets what is new when it is back.")
            && text.contains("Connected, and holds the same"),
        "{text}"
    );
    assert!(text.contains("Yes. At least one other node has everything"), "{text}");

    // Bran is still signed in when his node is back, and finds what he missed.
    network.nodes[1].start();
    connected(&ada, "All other nodes hold the same as this one.");
    let bran = Person { site: site_of(&network.nodes[1]), ..bran };
    bran.open("/library");
    bran.follow("Written while Birch was away");
    connected(&bran, "All other nodes hold the same as this one.");
}

/// Opens "How we are connected" until it says so.
fn connected(person: &Person, wanted: &str) {
    until(&format!("{wanted:?} is said of the others"), || {
        person.open("/connected");
        let text = person.text();
        hold(text.contains(wanted), || text)
    });
}
