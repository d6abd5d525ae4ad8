//! Members over real nodes: invited and helped from the command line, and gone one day. What a partner is shown of it.

use serde_json::json;

use super::pages::{Browser, PASSPHRASE};
use crate::harness::{
    api::Api,
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

const OTHER: &str = "coffee on the hill at noon";

/// The path of a link that the command line prints for these words.
fn link(node: &Node, words: &[&str]) -> String {
    let printed = node.cli(words.iter().copied()).done();
    let link = String::from_utf8(printed.stdout).expect("a link is text");
    let address = format!("http://{}", node.api().address);
    link.trim().strip_prefix(&address).unwrap_or_else(|| panic!("{link} leads to {address}")).to_owned()
}

/// Acts for somebody who signs in as a program does.
fn program(node: &Node, name: &str, passphrase: &str) -> Api {
    let api = node.api();
    let session = api.try_post("/api/v1/session", &json!({ "name": name, "passphrase": passphrase })).expect("asked");
    Api::new(api.address, session.expect(201).json()["token"].as_str().expect("a token").to_owned())
}

/// Waits until a page says something, and gives it.
fn wait_for(browser: &mut Browser, path: &str, wanted: &str) -> String {
    until("the page says it", || {
        let page = browser.get(path);
        hold(page.body.contains(wanted), || format!("{path} lacks {wanted}: {}", page.body))
    });
    browser.get(path).body
}

#[test]
fn a_member_is_invited_helped_and_leaves_and_partners_are_told() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (mut ada, mut bran) = (Browser::of_first_member(alder, "Ada"), Browser::of_first_member(birch, "Bran"));

    let invitation = link(alder, &["member", "invite"]);
    let mut bea = Browser::at(alder);
    let form = bea.get(&invitation);
    let answers = [("full-name", "Bea"), ("name", "bea"), ("passphrase", PASSPHRASE), ("agree", "yes")];
    assert_eq!(bea.send(&form, &invitation, &answers).location(), "/needs");
    let colleagues = ada.get("/settings/colleagues");
    let person = colleagues.value_after("name=\"person\" value=\"").to_owned();
    ada.send(&colleagues, "/settings/colleagues", &[("person", &person), ("do", "confirm")]);
    let id = program(alder, "bea", PASSPHRASE).add(&json!({ "title": "What Bea knows" }));
    let (page, profile) = (format!("/library/{id}"), format!("/people/{person}"));
    assert!(wait_for(&mut bran, &profile, "<h1>Bea</h1>").contains("Alder"));
    assert!(!bran.get(&profile).body.contains("New key since"));

    // She has forgotten the passphrase.
    let reset = link(alder, &["member", "reset", "bea"]);
    let form = Browser::at(alder).get(&reset);
    assert!(form.status == 200 && form.body.contains("bea at Alder"), "{}", form.body);
    let mut again = Browser::at(alder);
    let form = again.get(&reset);
    let short = again.send(&form, &reset, &[("passphrase", "short")]);
    assert!(short.status == 422 && short.body.contains("at least 12 characters"), "{}", short.body);
    assert_eq!(again.send(&form, &reset, &[("passphrase", OTHER)]).location(), "/needs");
    assert!(again.get("/needs").body.contains("Bea"));
    assert_eq!(bea.get("/needs").status, 303, "she is signed out everywhere else");
    let used = Browser::at(alder).get(&reset);
    assert!(used.status == 410 && used.body.contains("sign in with the new passphrase"), "{}", used.body);
    assert_eq!(Browser::at(alder).get("/reset/nonsense").status, 404);
    wait_for(&mut bran, &profile, "New key since");
    let shown = wait_for(&mut bran, &page, "What Bea knows");
    assert!(shown.contains("Bea") && !shown.contains("no longer at"), "{shown}");
    program(alder, "bea", OTHER).add(&json!({ "title": "By the new key" }));
    network.agree();

    // Only stewards close others' accounts, and the last one stays.
    assert_eq!(again.get(&format!("{profile}/left")).status, 403);
    let form = again.get("/settings/close");
    assert!(!again.get(&profile).body.contains("This person has left"));
    assert_eq!(again.send(&form, &format!("{profile}/reset-link"), &[]).status, 403);
    let form = ada.get("/settings/close");
    assert_eq!(ada.send(&form, "/settings/close", &[("profile", "keep")]).status, 422);
    assert!(ada.get(&profile).body.contains("This person has left"));
    let made = ada.send(&form, &format!("{profile}/reset-link"), &[]);
    assert!(made.status == 200 && made.body.contains("/reset/"), "{}", made.body);
    let form = ada.get(&format!("{profile}/left"));
    let unsaid = ada.send(&form, &format!("{profile}/left"), &[]);
    assert!(unsaid.status == 422 && unsaid.body.contains("There is a problem"), "{}", unsaid.body);
    assert_eq!(ada.send(&form, &format!("{profile}/left"), &[("profile", "keep")]).status, 303);
    assert_eq!(again.get("/needs").status, 303, "she is signed out");
    for browser in [&mut ada, &mut bran] {
        wait_for(browser, &profile, "No longer at Alder");
        let shown = wait_for(browser, &page, "no longer at Alder");
        assert!(shown.contains("Bea") && shown.contains("What Bea knows"), "{shown}");
        assert!(!browser.get("/people").body.contains("Bea"));
    }
    let by = birch.api().get(&format!("/api/v1/resources/{id}")).expect(200).json()["contributors"][0].clone();
    assert_eq!((&by["name"], &by["left"]), (&json!("Bea"), &json!(true)));

    // Her name is given up, everywhere.
    let form = ada.get(&profile);
    assert_eq!(ada.send(&form, &format!("{profile}/erase"), &[]).status, 303);
    for browser in [&mut ada, &mut bran] {
        let shown = wait_for(browser, &page, "A former member");
        assert!(shown.contains("What Bea knows") && !shown.contains("<bdi>Bea</bdi>"), "{shown}");
        assert_eq!(browser.get(&profile).status, 404);
    }
    network.agree();
}

#[test]
fn a_member_closes_their_own_account() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let id = program(node, "ada", PASSPHRASE).add(&json!({ "title": "What Ada knows" }));
    let form = ada.get("/settings/close");
    let closed = ada.send(&form, "/settings/close", &[("profile", "erase")]);
    assert_eq!((closed.status, closed.location()), (303, "/?closed=yes"), "{}", closed.body);
    assert!(ada.get("/?closed=yes").body.contains("Your account is closed"));
    assert_eq!(ada.get("/needs").status, 303);
    let form = ada.get("/sign-in");
    assert_eq!(ada.send(&form, "/sign-in", &[("name", "ada"), ("passphrase", PASSPHRASE)]).status, 422);
    let by = node.api().get(&format!("/api/v1/resources/{id}")).expect(200).json()["contributors"][0].clone();
    assert_eq!((&by["name"], &by["left"]), (&json!(null), &json!(true)));
}
