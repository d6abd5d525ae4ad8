//! One of three is gone for good, so that nothing can be final: the other two go on without it.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    circle::{admit, answer, hashes, open, sign_in, text, until_final, until_sign, voice},
    daemon::Node,
    network::{Network, agree},
    wait::{hold, until},
};

#[test]
fn two_of_three_go_on_without_the_third_and_everything_is_still_there() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar"]);
    let all: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&all, 3);
    let members: Vec<_> = all.iter().map(|node| voice(node)).collect();
    let kept = members[2].add(&json!({ "title": "What Cedar knew" }));
    network.agree();
    let founded = text(&network.nodes[0].api().node()["network_id"]);
    let settled = open(&members[0], "Meet in spring", &json!([]));
    members.iter().for_each(|member| answer(member, &settled, 1, "consent"));
    let minute = until_final(&all, &settled);
    network.nodes[2].kill();

    // Nothing is final any more: neither what is asked nor that Cedar goes.
    let [alder, birch, cedar] = &mut network.nodes[..] else { panic!("three nodes") };
    let open_still = open(&members[0], "Meet in autumn", &json!([]));
    answer(&members[1], &open_still, 1, "consent");
    let before = hashes(alder);
    let file = network.genesis.with_file_name("reconvened.minutes");
    let file = file.to_str().expect("a path");
    let write = |named: &str| {
        alder.cli(["network", "reconvene", "--without", named, "--out", file]).env("KNOTWORK_TOKEN", &members[0].token)
    };
    let refused = write("Nobody").run().expect_code(2);
    assert!(refused.stderr.contains("no organisation is called \"Nobody\""), "{}", refused.stderr);
    let written = write("cedar").done().text();
    assert!(written.contains("Nothing has changed yet"), "{written}");
    assert_eq!(hashes(alder), before);
    let running = alder.cli(["network", "reconvene", file, "--yes"]).run().expect_code(1);
    assert!(running.stderr.contains("stop it"), "{}", running.stderr);

    // Alder goes along, and Birch a while later: what it writes in between stays.
    alder.stop(Signal::TERM);
    let asked = alder.cli(["network", "reconvene", file]).run().expect_code(2);
    for said in ["is reconvened with minute", "Alder (this organisation)", "Who is left behind:\n  Cedar", "add --yes"]
    {
        assert!(asked.stderr.contains(said), "{said}: {}", asked.stderr);
    }
    let gone_along = alder.cli(["network", "reconvene", file, "--yes", "--json"]).done().json();
    alder.start();
    until_sign(&[alder], 1);
    assert_eq!(alder.api().node()["network_id"], gone_along["network"]);
    let meanwhile = members[1].add(&json!({ "title": "Written by Birch meanwhile" }));
    birch.stop(Signal::TERM);
    birch.cli(["network", "reconvene", file, "--yes"]).done();
    birch.start();
    let both = [&*alder, &*birch];
    until_sign(&both, 2);
    let shown = agree(&both);
    assert!(shown.contains_key(&kept) && shown.contains_key(&meanwhile));
    let by = alder.api().resource(&kept)["contributors"][0].clone();
    assert_eq!((&by["name"], &by["organisation"]), (&json!("A member of Cedar"), &json!("Cedar")), "{by}");

    // What was decided is decided, and what was open is asked anew.
    assert_eq!(until_final(&both, &settled), minute);
    let members = both.map(sign_in);
    for member in &members {
        let lapsed = member.get(&format!("/api/v1/decisions/{open_still}")).expect(200).json();
        assert_eq!(lapsed["state"], "lapsed", "{lapsed}");
    }
    let anew = open(&members[0], "Meet in autumn, as two", &json!([]));
    members.iter().for_each(|member| answer(member, &anew, 1, "consent"));
    until_final(&both, &anew);
    assert_eq!(hashes(alder), hashes(birch));
    assert_eq!(hashes(alder)[..before.len()], before[..]);
    let kinds = alder.api().get("/api/v1/minutes").expect(200).json();
    let reconvened = kinds["items"].as_array().into_iter().flatten().find(|minute| minute["kind"] == "reconvened");
    let left = &reconvened.expect("a minute says so")["reconvening"]["left"][0];
    assert_eq!((&left["name"], left["stands"]["count"].as_u64() > Some(0)), (&json!("Cedar"), true), "{left}");

    // Cedar comes back after all. It is told that this is another network, and what it writes now is seen nowhere.
    cedar.start();
    let late = cedar.api().add(&json!({ "title": "Too late" }));
    until("Cedar has been refused", || {
        let log = alder.log();
        hold(log.contains("not in this network"), || log.lines().last().unwrap_or_default().to_owned())
    });
    until("Cedar says that the others do not serve it", || {
        let node = cedar.api().node();
        hold(node["turned_away_by"] == json!(["Alder", "Birch"]), || node.to_string())
    });
    let peers = cedar.api().node()["peers"].clone();
    for peer in peers.as_array().into_iter().flatten() {
        assert_eq!((&peer["connected"], &peer["declines"]), (&json!(false), &json!(true)), "{peers}");
    }
    assert!(!cedar.api().everything().contains_key(&meanwhile), "nor does it see what came to them since");

    // Somebody new comes in, checks all of it, and gets all of it.
    let dogwood = admit(&network, &both_of(&network), &members, "Dogwood");
    let [alder, birch, _] = &network.nodes[..] else { panic!("three nodes") };
    let three = [alder, birch, &dogwood];
    until_sign(&three, 3);
    let shown = agree(&three);
    assert!(shown.contains_key(&kept) && shown.contains_key(&meanwhile) && !shown.contains_key(&late));
    let proof = network.folder().join("proof.minutes");
    let proof = proof.to_str().expect("a path");
    for decision in [&settled, &anew] {
        dogwood.cli(["minutes", "export", "--decision", decision, "--out", proof]).done();
        let checked = alder.cli(["minutes", "verify", proof]).done().text();
        assert!(checked.contains("counted again here"), "{checked}");
        // They are of the network that there is now, and of no other, the one before included.
        let of = |network: &str| alder.cli(["minutes", "verify", proof, "--network", network]).run();
        let present = text(&gone_along["network"]);
        if decision == &settled {
            of(&founded).expect_code(0);
            of(&present).expect_code(1);
        } else {
            of(&present).expect_code(0);
            let refused = of(&founded).expect_code(1);
            assert!(refused.stderr.contains("was reconvened with minute"), "{}", refused.stderr);
        }
        let refused = of(decision).expect_code(1);
        assert!(refused.stderr.contains("minutes of another network"), "{}", refused.stderr);
        std::fs::remove_file(proof).expect("it was there");
    }
    assert_eq!(text(&dogwood.api().node()["network_id"]), text(&gone_along["network"]));
}

#[test]
fn a_node_that_has_lost_its_minutes_is_not_in_the_network_before() {
    let mut network = Network::running(&["Alder", "Birch"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 2);
    let ada = voice(&network.nodes[0]);
    let [alder, birch] = &mut network.nodes[..] else { panic!("two nodes") };
    birch.kill();
    let file = network.genesis.with_file_name("reconvened.minutes");
    let file = file.to_str().expect("a path");
    let written = alder.cli(["network", "reconvene", "--without", "Birch", "--out", file]);
    written.env("KNOTWORK_TOKEN", &ada.token).done();
    let refused = birch.cli(["network", "reconvene", file, "--yes"]).run().expect_code(1);
    assert!(refused.stderr.contains("not among those who are carried over"), "{}", refused.stderr);
    alder.stop(Signal::TERM);
    for _ in 0..2 {
        // Twice, as where it was broken off.
        alder.cli(["network", "reconvene", file, "--yes"]).done();
    }
    std::fs::remove_dir_all(alder.folder.join("store")).expect("it was there");
    let lost = alder.cli(["run"]).run().expect_code(1);
    assert!(lost.stderr.contains("knotwork network reconvene FILE"), "{}", lost.stderr);
    alder.cli(["network", "reconvene", file, "--yes"]).done();
    alder.start();
    until_sign(&[alder], 1);
}

/// The two who went on.
fn both_of(network: &Network) -> Vec<&Node> {
    network.nodes[..2].iter().collect()
}
