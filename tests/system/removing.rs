//! Removing an organisation over real nodes: the one who asks makes the list of what stays, and everybody else's node says
//! what that list leaves out.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::pages::Browser;
use crate::harness::{
    circle::{answer, open, text, until_final, until_sign, voice},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn a_voters_own_node_says_what_the_list_of_a_removal_leaves_out() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    Browser::of_first_member(&network.nodes[1], "Bea");
    let early = network.nodes[2].api().add(&json!({ "title": "Early" }));
    let kept = network.nodes[1].api().add(&json!({ "title": "Kept" }));
    network.agree();

    // While Alder and Dogwood are away, Cedar writes two things more, and Birch builds on one of them.
    assert!(network.nodes[0].stop(Signal::TERM).success() && network.nodes[3].stop(Signal::TERM).success());
    let late = network.nodes[2].api().add(&json!({ "title": "Unseen & unheard" }));
    let edit = |id: &str, field: &str| (format!("/api/v1/resources/{id}"), json!({ field: "More" }));
    let (path, body) = edit(&kept, "summary");
    network.nodes[2].api().patch(&path, &body).expect(200);
    until("Birch has both", || {
        let (one, other) = (shown(&network.nodes[1], &late), shown(&network.nodes[1], &kept));
        hold(one["title"] == "Unseen & unheard" && other["summary"] == "More", || format!("{one} {other}"))
    });
    let (path, body) = edit(&late, "body");
    network.nodes[1].api().patch(&path, &body).expect(200);
    // Alder, which has heard of none of it, asks to part with Cedar. Its list is of what it has.
    assert!(network.nodes[1].stop(Signal::TERM).success() && network.nodes[2].stop(Signal::TERM).success());
    network.nodes[0].start();
    let ada = voice(&network.nodes[0]);
    let cedar = key_of(&network, "Cedar");
    let removal = open(&ada, "Part with Cedar", &json!([{ "kind": "remove", "organisation": cedar }]));
    let path = format!("/api/v1/decisions/{removal}");
    let opened = ada.get(&path).expect(200).json();
    let listed = opened["effects"][0]["stands"]["count"].as_u64().expect("a number");
    assert_eq!((&opened["falls"]["held"], &opened["falls"]["fall"]), (&json!(listed), &json!(0)), "{opened}");

    network.nodes[1].start();
    let birch = &network.nodes[1];
    let falls = until("Birch has the decision and its list", || {
        let got = birch.api().get(&path);
        let falls = if got.status == 200 { got.json()["falls"].clone() } else { Value::Null };
        hold(falls["state"] == "counted", || falls.to_string())?;
        Ok(falls)
    });
    let found = ["held", "stand", "fall", "later", "others", "more"].map(|name| falls[name].as_u64());
    assert_eq!(found, [listed + 2, listed, 2, 0, 1, 0].map(Some), "{falls}");
    let document = |id: &str, title: &str, vanishes: bool| json!({ "id": id, "kind": "resource", "title": title, "about": "", "vanishes": vanishes });
    let expected = json!([document(&kept, "Kept", false), document(&late, "Unseen & unheard", true)]);
    assert_eq!(falls["documents"], expected, "{early} stays");
    // The page and the verb say the same.
    let mut bea = Browser::signed_in(birch, "Bea");
    let page = bea.get(&format!("/decisions/{removal}"));
    for said in
        ["leaves out 2.", &format!("/library/{late}"), "Unseen &amp; unheard", "1 change by others builds on them"]
    {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let verb = birch.cli(["decision", "show", &removal]).done().text();
    assert!(verb.contains(&format!("falls     2 of the {} changes", listed + 2)), "{verb}");

    // Once Cedar has said what it has to say and has gone, what it wrote between is marked in the history.
    network.nodes[2].start();
    network.nodes[3].start();
    let cem = voice(&network.nodes[2]);
    until("Cedar has the decision", || {
        let got = cem.get(&path);
        hold(got.status == 200, || String::from_utf8_lossy(&got.body).into_owned())
    });
    cem.post(&format!("{path}/comments"), &json!({ "kind": "hearing", "text": "We have kept every promise." }))
        .expect(201);
    answer(&ada, &removal, 1, "consent");
    answer(&voice(&network.nodes[3]), &removal, 1, "consent");
    bea.send(&page, "/voice/speak", &[("next", "/decisions")]);
    let form = bea.get(&format!("/decisions/{removal}/position"));
    let terms = form.value_after("name=\"terms\" value=\"").to_owned();
    let consent = [("terms", terms.as_str()), ("position", "consent"), ("step", "take")];
    assert_eq!(bea.send(&form, &format!("/decisions/{removal}/position"), &consent).status, 303);
    let birch = &network.nodes[1];
    until_final(&[&network.nodes[0], birch], &removal);
    // Cedar is told on every page.
    let mut cem = Browser::signed_in(&network.nodes[2], "cedar");
    until("Cedar knows that it has gone", || {
        let page = cem.get("/needs");
        let notice = page.body.contains("Your organisation is not in this network any more.");
        hold(notice && page.body.contains("It was removed by minute "), || page.body.clone())
    });
    let path = format!("/api/v1/resources/{kept}/history");
    let history = until("what falls has fallen", || {
        let history = birch.api().get(&path).expect(200).json();
        let last = history["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
        hold(last["stands"] == false, || history.to_string())?;
        Ok(history)
    });
    let changes = history["items"].as_array().expect("a list");
    assert!(changes.len() == 2 && changes[0]["stands"] == true, "{history}");
    assert_eq!(shown(birch, &kept)["summary"], "");
    let verb = birch.cli(["resource", "history", &kept]).done().text();
    assert!(verb.lines().filter(|line| line.contains("not counted")).count() == 1, "{verb}");
    let listed = bea.get(&format!("/library/{kept}/history")).body;
    assert_eq!(listed.matches("Not counted: written after its organisation had left").count(), 1, "{listed}");
    let state = format!("/library/{kept}/history?at=");
    let (fell, stood) = (format!("{state}{}", text(&changes[1]["id"])), format!("{state}{}", text(&changes[0]["id"])));
    let page = bea.get(&fell);
    assert!(page.body.contains("Not counted:") && !page.body.contains("Bring this version back"), "{}", page.body);
    let refused = bea.send(&page, &format!("/library/{kept}/restore"), &[("at", &text(&changes[1]["id"]))]);
    assert!(refused.status == 409 && refused.body.contains("This version does not count"), "{}", refused.body);
    assert!(!bea.get(&stood).body.contains("Not counted:"));
    // Of what nothing stands, there is no history either, also for those who built on it.
    birch.api().get(&format!("/api/v1/resources/{late}/history")).expect(404);
    assert_eq!(bea.get(&format!("/library/{late}/history")).status, 404);
}

fn shown(node: &Node, id: &str) -> Value {
    let got = node.api().get(&format!("/api/v1/resources/{id}"));
    if got.status == 200 { got.json() } else { Value::Null }
}

fn key_of(network: &Network, name: &str) -> String {
    let listed = network.nodes[0].api().get("/api/v1/organisations").expect(200).json();
    let mut items = listed["items"].as_array().into_iter().flatten();
    text(&items.find(|one| one["name"] == name).expect("it is on the roster")["key"])
}
