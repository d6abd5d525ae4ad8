//! Roles, role requests, organisations and personal tokens by the API, between members of two real nodes: what each of
//! them sees, what the other node never gets, and that a role gives no right.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::harness::{
    api::Api,
    daemon::Node,
    network::Network,
    raw::{exchange, status},
    wait::{hold, until},
};

const PASSPHRASE: &str = "tea by the river today";
const ROLES: &str = "/api/v1/roles";
const REQUESTS: &str = "/api/v1/role-requests";
const TOKENS: &str = "/api/v1/tokens";
const ALL_ROLES: [&str; 8] = [
    "connector",
    "network-guardian",
    "co-ordinator",
    "facilitator",
    "expert",
    "sponsor",
    "organisational-representative",
    "participant",
];

/// The first member of a node, who is its steward, with a session's token.
fn first_member(node: &Node, name: &str) -> Api {
    let code = fs::read_to_string(node.folder.join("set-up-code")).expect("written at the first start");
    join(node, name, &json!({ "set_up_code": code.trim() }))
}

/// A colleague of somebody, who may have to wait.
fn colleague(node: &Node, of: &Api, name: &str) -> Api {
    let invitation = of.post("/api/v1/invitations", &json!({})).expect(201).json();
    let text = invitation["path"].as_str().and_then(|path| path.strip_prefix("/join/")).expect("a link");
    join(node, name, &json!({ "invitation": text }))
}

fn join(node: &Node, name: &str, right: &Value) -> Api {
    let mut body =
        json!({ "sign_in_name": name.to_lowercase(), "passphrase": PASSPHRASE, "name": name, "agrees": true });
    let fields = body.as_object_mut().expect("an object");
    fields.extend(right.as_object().expect("an object").clone());
    let made = node.api().post("/api/v1/accounts", &body).expect(201).json();
    with_token(node, &made)
}

fn with_token(node: &Node, answer: &Value) -> Api {
    Api::new(node.api().address, answer["token"].as_str().expect("a token").to_owned())
}

fn person(member: &Api) -> String {
    member.get("/api/v1/me").expect(200).json()["person"].as_str().expect("an id").to_owned()
}

fn id(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}

/// What a member's browser gets from a page, or for a form.
fn browse(node: &Node, member: &Api, method: &str, path: &str, body: &str) -> String {
    let key = node.api().node()["node_key"].as_str().expect("a key").to_owned();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: knotwork-session-{}={}\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        member.address,
        &key[key.len() - COOKIE_NAME_CHARS..],
        member.token,
        body.len()
    );
    exchange(member.address, text.as_bytes())
}

/// The status with which a member, signed in with a browser, is answered who confirms somebody.
fn confirm(node: &Node, member: &Api, person: &str) -> u16 {
    let page = browse(node, member, "GET", "/settings", "");
    let token = page.split("name=\"form-token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.unwrap_or_else(|| panic!("no form in {page}"));
    let form = format!("form-token={token}&do=confirm&person={person}");
    status(&browse(node, member, "POST", "/settings/colleagues", &form))
}

/// The person whom the stewards' page offers to confirm.
fn waiting_person(node: &Node, steward: &Api) -> String {
    let page = browse(node, steward, "GET", "/settings/colleagues", "");
    let before = page.split("value=\"confirm\"").next().filter(|before| before.len() < page.len());
    let before = before.unwrap_or_else(|| panic!("nobody waits in {page}"));
    let person = before.rsplit("name=\"person\" value=\"").next().and_then(|rest| rest.split('"').next());
    person.expect("the form names somebody").to_owned()
}

/// Whether a file below a folder has these bytes.
fn on_disk(folder: &Path, wanted: &str) -> bool {
    let entries = fs::read_dir(folder).expect("readable");
    entries.map(|entry| entry.expect("readable").path()).any(|path| {
        if path.is_dir() {
            on_disk(&path, wanted)
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
        }
    })
}

/// Waits until a node knows the profiles of all these members.
fn know_each_other(nodes: &[Node], members: &[&Api]) {
    for node in nodes {
        for member in members {
            let path = format!("/api/v1/members/{}", person(member));
            until("a profile has arrived", || {
                let answer = node.api().get(&path);
                hold(answer.status == 200, || format!("{answer:?}"))
            });
        }
    }
}

#[test]
fn roles_go_round_and_not_now_stays_where_it_is_said() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (ada, bran) = (first_member(alder, "Ada"), first_member(birch, "Bran"));
    know_each_other(&network.nodes, &[&ada, &bran]);

    // Taken on at one node, seen at the other, and laid down again.
    let wanted = json!({ "role": "connector", "topic": "Falls", "since": "2020-01-01" });
    let role = ada.post(ROLES, &wanted).expect(201).json();
    let at_birch = |query: &str| bran.get(&format!("{ROLES}?{query}")).expect(200).json();
    until("the partner sees the role", || {
        let page = at_birch("role=connector&held=true");
        hold(page["items"][0] == role && page["total"] == 1, || page.to_string())
    });
    assert!(!at_birch("")["unheld"].to_string().contains("connector"));
    let other = bran.patch(&format!("{ROLES}/{}", id(&role)), &json!({ "ended": true })).expect(403).json();
    assert_eq!(other["status"], 403);
    ada.patch(&format!("{ROLES}/{}", id(&role)), &json!({ "ended": true })).expect(200);
    until("the partner sees that it was laid down", || {
        let page = at_birch("role=connector");
        let unheld = page["unheld"].to_string().contains("connector");
        hold(page["total"] == 0 && unheld, || page.to_string())
    });

    // Asked at one node, taken on at the other: the answer goes back by itself.
    let asked = json!({ "person": person(&ada), "role": "expert" });
    let request = bran.post(REQUESTS, &asked).expect(201).json();
    until("the request has arrived", || {
        let lists = ada.get(REQUESTS).expect(200).json();
        hold(lists["to_me"][0]["id"] == request["id"], || lists.to_string())
    });
    ada.post(ROLES, &json!({ "role": "expert", "request": request["id"] })).expect(201);
    until("the answer has arrived", || {
        let lists = bran.get(REQUESTS).expect(200).json();
        hold(lists["by_me"][0]["taken_on"] == true, || lists.to_string())
    });

    // Asked at one node, seen at the other, and put off there.
    let asked =
        json!({ "person": person(&ada), "role": "facilitator", "topic": "Falls", "note": "You are good at it." });
    let request = bran.post(REQUESTS, &asked).expect(201).json();
    until("the request has arrived", || {
        let lists = ada.get(REQUESTS).expect(200).json();
        hold(lists["to_me"][0] == request, || lists.to_string())
    });
    network.agree();
    let everything_at_birch = || {
        let paths = [REQUESTS, ROLES, "/api/v1/members", "/api/v1/organisations", "/api/v1/resources"];
        let answers: Vec<Value> = paths.iter().map(|path| bran.get(path).expect(200).json()).collect();
        (answers, bran.node()["spaces"].clone())
    };
    let before = everything_at_birch();
    let at = format!("{REQUESTS}/{}", id(&request));
    assert_eq!(bran.patch(&at, &json!({ "declined": true })).status, 403, "only the asked says so");
    ada.patch(&at, &json!({ "declined": true })).expect(204);
    assert_eq!(ada.get(REQUESTS).expect(200).json()["to_me"], json!([]));
    // What comes after it has arrived; it itself has not, in no form.
    let after = alder.api().add(&json!({ "title": "After it" }));
    until("what came later has arrived", || {
        let answer = birch.api().get(&format!("/api/v1/resources/{after}"));
        hold(answer.status == 200, || format!("{answer:?}"))
    });
    network.agree();
    let (answers, spaces) = everything_at_birch();
    assert_eq!(answers[..4], before.0[..4], "nothing at the partner tells of it");
    let changes = |spaces: &Value| -> u64 {
        let shared = spaces.as_array().expect("spaces").iter();
        shared.map(|space| space["changes"].as_u64().expect("a number")).sum()
    };
    assert_eq!(changes(&spaces), changes(&before.1) + 1, "the resource is all that came");
    // Otherwise this looks in the wrong place.
    until("it is on the disk of its own node", || hold(on_disk(&alder.folder, DECLINED), String::new));
    assert!(!on_disk(&birch.folder, DECLINED), "the partner's disk tells of it");
    // Asked again, whether it was put off or not: the answer is the same.
    let again = bran.post(REQUESTS, &asked).expect(409).json();
    assert!(again["detail"].as_str().expect("a detail").contains("not long ago"), "{again}");
    assert_eq!(again["field"], "role");
}

#[test]
fn a_role_gives_no_right() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let ada = first_member(node, "Ada");
    let bea = colleague(node, &ada, "Bea");
    bea.get("/api/v1/me").expect(403);
    let waiting = node.api().get("/api/v1/members").expect(200).json();
    assert_eq!(waiting["total"], 1, "whoever waits is not shown");
    let newcomer = waiting_person(node, &ada);
    assert_eq!(confirm(node, &ada, &newcomer), 303, "a steward confirms");
    assert_eq!(person(&bea), newcomer);
    for role in ALL_ROLES {
        bea.post(ROLES, &json!({ "role": role })).expect(201);
    }
    assert_eq!(node.api().get(&format!("{ROLES}?person={newcomer}&held=true")).expect(200).json()["total"], 8);
    let key = node.api().node()["organisation_key"].as_str().expect("a key").to_owned();
    let at = format!("/api/v1/organisations/{key}");
    let refused = bea.patch(&at, &json!({ "about": "Hers now." })).expect(403).json();
    assert!(refused["detail"].as_str().expect("a detail").contains("steward"), "{refused}");
    colleague(node, &ada, "Cai");
    let another = waiting_person(node, &ada);
    assert_eq!(confirm(node, &bea, &another), 403, "no role confirms anybody");
    assert_eq!(waiting_person(node, &ada), another, "and nobody was");
    // The steward, who has no role at all, may do both.
    assert_eq!(ada.patch(&at, &json!({ "about": "A practice." })).expect(200).json()["about"], "A practice.");
    assert_eq!(confirm(node, &ada, &another), 303);
}

#[test]
fn an_organisation_is_described_by_its_steward_and_read_by_its_partner() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (ada, bran) = (first_member(alder, "Ada"), first_member(birch, "Bran"));
    know_each_other(&network.nodes, &[&ada, &bran]);
    let key = alder.api().node()["organisation_key"].as_str().expect("a key").to_owned();
    let at = format!("/api/v1/organisations/{key}");
    let about = json!({
        "about": "A practice of six.", "sectors": ["primary care"], "places": ["Upper valley"],
        "website": "https://alder.example",
    });
    assert_eq!(ada.patch(&at, &about).expect(200).json()["own"], true);
    ada.patch("/api/v1/me", &json!({ "listed": true })).expect(200);
    until("the partner reads it", || {
        let read = birch.api().get(&at).expect(200).json();
        let same = about.as_object().expect("an object").iter().all(|(name, value)| read[name] == *value);
        let named = read["members"][0]["name"] == "Ada" && read["own"] == false && read["name"] == "Alder";
        hold(same && named, || read.to_string())
    });
    assert_eq!(bran.patch(&at, &json!({ "about": "Bran was here." })).expect(403).json()["field"], "key");
    ada.patch("/api/v1/me", &json!({ "listed": false })).expect(200);
    until("the partner names nobody any more", || {
        let read = birch.api().get(&at).expect(200).json();
        hold(read["members"] == json!([]) && read["about"] == about["about"], || read.to_string())
    });
}

#[test]
fn tokens_are_made_listed_used_and_ended() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let ada = first_member(node, "Ada");
    let wanted = json!({ "name": "the nightly import", "scopes": ["write"], "days": 90 });
    let made = ada.post(TOKENS, &wanted).expect(201).json();
    let program = with_token(node, &made);
    let listed = ada.get(TOKENS).expect(200).json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["scopes"]), (&made["id"], &json!(["read", "write"])));
    assert!(!listed.to_string().contains(&program.token) && !on_disk(&node.folder, &program.token));
    let added = program.post("/api/v1/resources", &json!({ "title": "By a program" })).expect(201).json();
    assert_eq!(added["contributors"][0]["name"], "Ada");
    program.post(ROLES, &json!({ "role": "expert" })).expect(201);
    for who in [&program, node.api()] {
        who.get(TOKENS).expect(403);
        assert_eq!(who.post(TOKENS, &wanted).expect(403).json()["field"], "Authorization");
        who.delete(&format!("{TOKENS}/{}", id(&made))).expect(403);
    }
    program.get("/api/v1/me").expect(200);
    ada.delete(&format!("{TOKENS}/{}", id(&made))).expect(204);
    program.get("/api/v1/me").expect(401);
    assert_eq!(ada.get(TOKENS).expect(200).json()["items"], json!([]));
}

/// The note with which a node remembers that somebody said "not now".
const DECLINED: &str = "declined/facilitator";
/// The names of cookies end in so much of the node's key.
const COOKIE_NAME_CHARS: usize = 8;
