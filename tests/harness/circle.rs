//! Organisations that decide together: a network in which each has given its voice to a member.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    api::Api,
    daemon::Node,
    network::Network,
    wait::{hold, until, within},
};

/// Makes the first account of a node, gives it the organisation's voice, and gives what asks as that member.
pub(crate) fn voice(node: &Node) -> Api {
    let code = until("the set-up code", || {
        std::fs::read_to_string(node.folder.join("set-up-code")).map_err(|error| error.to_string())
    });
    let name = node.name.to_lowercase();
    let account = json!({
        "set_up_code": code.trim(),
        "sign_in_name": name,
        "passphrase": PASSPHRASE,
        "name": format!("A member of {}", node.name),
        "agrees": true,
    });
    node.api().post("/api/v1/accounts", &account).expect(201);
    let member = sign_in(node);
    let person = member.get("/api/v1/session").expect(200).json()["person"].clone();
    let given = member.post("/api/v1/mandates", &json!({ "person": person })).expect(201).json();
    let path = format!("/api/v1/mandates/{}", text(&given["id"]));
    member.patch(&path, &json!({ "accepted": true })).expect(200);
    member
}

/// Signs in as the member whom [`voice`] made.
pub(crate) fn sign_in(node: &Node) -> Api {
    let body = json!({ "name": node.name.to_lowercase(), "passphrase": PASSPHRASE });
    let session = node.api().post("/api/v1/session", &body).expect(201).json();
    Api::new(node.api().address, text(&session["token"]))
}

/// Waits until these nodes see so many organisations sign minutes.
pub(crate) fn until_sign(nodes: &[&Node], count: usize) {
    for node in nodes {
        until("so many organisations sign", || {
            let standing = node.api().get("/api/v1/minutes/standing").expect(200).json();
            hold(standing["signing"] == count, || format!("{}: {standing}", node.name))
        });
    }
}

/// Waits until a decision has arrived at a node with this version of its terms, and takes a position in it.
pub(crate) fn answer(member: &Api, decision: &str, version: u64, position: &str) {
    let path = format!("/api/v1/decisions/{decision}");
    until("a decision arrives", || {
        let got = member.get(&path);
        hold(got.status == 200 && got.json()["version"] == version, || format!("{} {}", got.status, path))
    });
    let body = json!({ "position": position, "reason": "For a reason." });
    member.put(&format!("{path}/positions/own"), &body).expect(200);
}

/// Waits until these nodes show a decision as final, and gives its minute.
pub(crate) fn until_final(nodes: &[&Node], decision: &str) -> Value {
    let mut minute = Value::Null;
    for node in nodes {
        let shown = within(FINAL_MAX, "a decision is final", || {
            let got = node.api().get(&format!("/api/v1/decisions/{decision}"));
            hold(got.status == 200 && got.json()["state"] == "final", || {
                let standing = node.api().get("/api/v1/minutes/standing").json();
                format!("{}: {} {standing}", node.name, got.json()["state"])
            })?;
            Ok(got.json()["minute"].clone())
        });
        assert!(minute.is_null() || minute == shown, "{}: {minute} and {shown}", node.name);
        minute = shown;
    }
    minute
}

/// Opens a decision by consent, until everyone has answered or the usual time has passed.
pub(crate) fn open(member: &Api, title: &str, effects: &Value) -> String {
    open_as(member, &consent(title, effects))
}

/// Opens a decision by consent that closes then at the latest.
pub(crate) fn open_until(member: &Api, title: &str, effects: &Value, closes: &str) -> String {
    let mut body = consent(title, effects);
    body["closes"] = json!(closes);
    open_as(member, &body)
}

fn consent(title: &str, effects: &Value) -> Value {
    json!({
        "title": title,
        "text": "We do it.",
        "left_out": "Nobody that we know of.",
        "method": { "kind": "consent" },
        "effects": effects,
    })
}

fn open_as(member: &Api, body: &Value) -> String {
    text(&member.post("/api/v1/decisions", body).expect(201).json()["id"])
}

/// Invites an organisation, has it apply and the others admit it, and gives its node, which runs. The first of these nodes
/// invites it.
pub(crate) fn admit(network: &Network, nodes: &[&Node], members: &[Api], name: &str) -> Node {
    let newcomer = apply(network, nodes[0], &members[0], name);
    let admit = nodes[0].cli(["network", "admit", name, "--json"]).env("KNOTWORK_TOKEN", &members[0].token);
    let decision = text(&admit.done().json()["id"]);
    for member in members {
        answer(member, &decision, 1, "consent");
    }
    until_final(nodes, &decision);
    newcomer
}

/// Has a steward invite an organisation, and it apply at the steward's node; gives its node, which runs and waits.
pub(crate) fn apply(network: &Network, node: &Node, steward: &Api, name: &str) -> Node {
    let mut newcomer = Node::init(network.folder(), name);
    let card: Value = serde_json::from_slice(&std::fs::read(node.card()).expect("a card")).expect("JSON");
    let invited = json!({ "addresses": card["addresses"] });
    let invitation = steward.post("/api/v1/admissions/invitations", &invited).expect(201).json();
    let (file, out) = (network.folder().join("invitation"), network.folder().join(format!("{name}.application")));
    let bytes = data_encoding::BASE64.decode(text(&invitation["invitation"]).as_bytes()).expect("Base64");
    std::fs::write(&file, bytes).expect("a file");
    newcomer.cli(["join", "--yes"]).arg(&file).arg("--out").arg(&out).done();
    // It hands the application over, waits, and is told politely that it is not in.
    newcomer.start();
    until("the application has come", || {
        let listed = steward.get("/api/v1/admissions").expect(200).json();
        let mut items = listed["items"].as_array().into_iter().flatten();
        hold(items.any(|applied| applied["name"] == name), || listed.to_string())
    });
    newcomer
}

/// The hashes of all minutes that a node holds, the first first.
pub(crate) fn hashes(node: &Node) -> Vec<String> {
    let page = node.api().get("/api/v1/minutes?limit=100").expect(200).json();
    let mut hashes: Vec<String> =
        page["items"].as_array().into_iter().flatten().map(|minute| text(&minute["hash"])).collect();
    hashes.reverse();
    hashes
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

const PASSPHRASE: &str = "tea by the river today";
/// After a crash the others wait out a round or two, each longer than the one before.
const FINAL_MAX: Duration = Duration::from_secs(120);
