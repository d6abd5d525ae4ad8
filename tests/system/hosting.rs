//! Organisations whose members use another's node: admitted like any other, with a voice of their own that nobody else at that
//! node has, and free to go to a node of their own.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    pages::{Browser, PASSPHRASE},
    reminders::later,
};
use crate::harness::{
    api::{Answer, Api},
    circle::{answer, open, open_until, sign_in, text, until_final, until_sign, voice},
    clock::time_in,
    daemon::Node,
    events::Events,
    network::Network,
    wait::{hold, until},
};

#[test]
fn a_hosted_organisation_decides_by_its_own_members_and_goes_to_its_own_node() {
    let mut network = Network::running(&["Alder", "Birch"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 2);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let alder = &network.nodes[0];
    let dogwood = admit(&network, &members, "Dogwood");
    let dora = first_member(alder, "Dogwood", "dora");
    speak(&dora);

    // It decides like all others.
    let decision = open(&members[1], "Meet in spring", &json!([]));
    for member in [&members[0], &members[1], &dora] {
        answer(member, &decision, 1, "consent");
    }
    let minute = until_final(&[alder, &network.nodes[1]], &decision);
    assert_eq!((&minute["verdict"], &minute["counts"][0]["count"]), (&json!("adopted"), &json!(3)), "{minute}");
    // What its members write is theirs, on every node.
    let written = dora.add(&json!({ "title": "By Dogwood" }));
    until_shown(&network.nodes[1], &written);
    // It speaks for itself by its own key.
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    dora.post("/api/v1/organisations/own/words", &rests).expect(202);
    until_organisation(&network.nodes[1], &dogwood, "it rests", |one| one["resting"] == true);
    dora.post("/api/v1/organisations/own/words", &json!({ "say": "return" })).expect(202);
    for node in [&network.nodes[1], alder] {
        until_organisation(node, &dogwood, "it is back", |one| one["resting"] == false);
    }
    // The pages say for whom one acts, and at whose node.
    let form = Browser::at(alder).get("/sign-in");
    assert!(form.body.contains("Members of Dogwood sign in here as well."), "{}", form.body);
    let mut browser = Browser::signed_in(alder, "Dora");
    let page = browser.get(&format!("/organisations/{dogwood}"));
    for said in
        [">Dogwood</a>", "at the node of <bdi>Alder</bdi>", "Its members use the node of Alder.", "signs no minutes"]
    {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }

    move_out(&mut network, &dogwood, &members, &dora);
}

/// It takes its key along: its own node speaks for it, and the host's serves its members no more.
fn move_out(network: &mut Network, dogwood: &str, members: &[Api], dora: &Api) {
    let alder = &network.nodes[0];
    let root = network.folder().to_owned();
    let (key, invitation, out) =
        (root.join("dogwood.key"), root.join("dogwood.invitation"), root.join("dogwood.application"));
    alder.cli(["hosted", "export", "Dogwood", "--out"]).arg(&key).done();
    alder.cli(["hosted", "export", "Dogwood", "--out"]).arg(&key).run().expect_code(1);
    let card: Value = serde_json::from_slice(&std::fs::read(alder.card()).expect("a card")).expect("JSON");
    let invited = json!({ "addresses": card["addresses"] });
    let bytes = members[0].post("/api/v1/admissions/invitations", &invited).expect(201).json();
    let bytes = data_encoding::BASE64.decode(text(&bytes["invitation"]).as_bytes()).expect("Base64");
    std::fs::write(&invitation, bytes).expect("a file");
    let mut own = Node::init_of(&root, "Dogwood", &key);
    own.cli(["join", "--yes"]).arg(&invitation).arg("--out").arg(&out).done();
    own.start();
    // Whoever has the application alone cannot have another organisation named its own node.
    let application = data_encoding::BASE64.encode(&std::fs::read(&out).expect("an application"));
    let body = json!({ "application": application });
    members[0].post("/api/v1/hosted/departures", &body).expect(403);
    dora.post("/api/v1/hosted/departures", &body).expect(403);
    alder.cli(["hosted", "release"]).arg(&out).done();
    network.nodes.push(own);
    let all: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&all, 3);
    network.agree();
    for node in &all {
        until_organisation(node, dogwood, "it has a node", |one| one["host"] == "" && one["signing"] == true);
    }
    // Its members are at home elsewhere now, and sign in at the host no more.
    is_told(all[0], dora, "Dogwood has a node of its own now");
    let listed = all[0].cli(["hosted", "list", "--json"]).done().json();
    assert_eq!(listed["items"][0]["state"], "elsewhere", "{listed}");
    let dan = voice(all[2]);
    let decision = open(&members[0], "Meet in autumn", &json!([]));
    for member in [&members[0], &members[1], &dan] {
        answer(member, &decision, 1, "consent");
    }
    assert_eq!(until_final(&all, &decision)["counts"][0]["count"], 3);
}

#[test]
fn nobody_at_the_hosts_node_speaks_for_whom_it_hosts() {
    let network = Network::running(&["Alder"]);
    let alder = &network.nodes[0];
    let ada = voice(alder);
    // Nobody is invited before the network has decided.
    let added = alder.cli(["hosted", "add", "Dogwood", "--json"]).done().json();
    assert_eq!(added["state"], "applies");
    alder.cli(["hosted", "invite", "Dogwood"]).run().expect_code(1);
    let dogwood = text(&added["organisation"]);
    let path = format!("/api/v1/admissions/{dogwood}/decision");
    until_final(&[alder], &text(&ada.post(&path, &json!({})).expect(201).json()["id"]));
    let dora = first_member(alder, "Dogwood", "dora");
    let offered = offer(&dora);

    // A member of the host's has no say there, by any way.
    let person = dora.get("/api/v1/session").expect(200).json()["person"].clone();
    assert!(ada.post("/api/v1/mandates", &json!({ "person": person })).status >= 400);
    assert!(ada.patch(&offered, &json!({ "accepted": true })).status >= 400);
    ada.patch(&format!("/api/v1/organisations/{dogwood}"), &json!({ "about": "x" })).expect(403);
    for path in ["/api/v1/hosted", "/api/v1/hosted/departures"] {
        let denied =
            if path.ends_with("hosted") { ada.get(path) } else { ada.post(path, &json!({ "application": "" })) };
        denied.expect(403);
    }
    ada.post(&format!("/api/v1/hosted/{dogwood}/invitations"), &json!({})).expect(403);
    // Nor has a member of the hosted organisation at the host's.
    let adas = ada.get("/api/v1/session").expect(200).json();
    assert!(dora.post("/api/v1/mandates", &json!({ "person": adas["person"] })).status >= 400);
    let own = text(&adas["organisation"]);
    dora.patch(&format!("/api/v1/organisations/{own}"), &json!({ "about": "x" })).expect(403);
    dora.get("/api/v1/hosted").expect(403);
    // What one shows to one's own organisation alone, the other's members do not see.
    let shown = json!({ "profile": { "contact": { "value": "marker-of-dora", "shown_to": "organisation" } } });
    dora.patch("/api/v1/me", &shown).expect(200);
    assert!(dora.get(&members_of(&dora)).expect(200).json().to_string().contains("marker-of-dora"));
    for other in [&ada, alder.api()] {
        let seen = other.get(&members_of(&dora));
        assert!(!seen.json().to_string().contains("marker-of-dora"), "{}", seen.json());
        let spaces = other.get("/api/v1/node").expect(200).json()["spaces"].clone();
        assert_eq!(spaces.as_array().map(Vec::len), Some(3), "its own, and what is shared: {spaces}");
    }
    // The accounts of either are for its own stewards, and a name leads to one of them.
    dora.post("/api/v1/resets", &json!({ "sign_in_name": "alder" })).expect(404);
    ada.post("/api/v1/resets", &json!({ "sign_in_name": "dora" })).expect(404);
    let invited = text(&dora.post("/api/v1/invitations", &json!({})).expect(201).json()["path"]);
    let account = |name: &str| {
        json!({
            "invitation": invited.trim_start_matches("/join/"),
            "sign_in_name": name,
            "passphrase": PASSPHRASE,
            "name": "Dai",
            "agrees": true,
        })
    };
    alder.api().post("/api/v1/accounts", &account("alder")).expect(409);
    let dai = text(&alder.api().post("/api/v1/accounts", &account("dai")).expect(201).json()["token"]);
    let dai = Api::new(alder.api().address, dai);
    // A steward of the hosted organisation confirms its newcomers, and no other.
    dai.get("/api/v1/session").expect(403);

    dora.patch(&offered, &json!({ "accepted": true })).expect(200);
    let decision = open(&ada, "Meet in spring", &json!([]));
    answer(&ada, &decision, 1, "consent");
    until("the host's own position is no answer for the other", || {
        let shown = ada.get(&format!("/api/v1/decisions/{decision}")).expect(200).json();
        hold(shown["state"] == "open", || shown.to_string())
    });
    answer(&dora, &decision, 1, "consent");
    assert_eq!(until_final(&[alder], &decision)["counts"][0]["count"], 2);
}

#[test]
fn what_members_of_one_organisation_are_reminded_of_the_others_are_not() {
    let mut network = Network::running(&["Alder"]);
    let ada = voice(&network.nodes[0]);
    admit(&network, std::slice::from_ref(&ada), "Dogwood");
    let dora = first_member(&network.nodes[0], "Dogwood", "dora");
    speak(&dora);
    let decision = open_until(&ada, "Meet in spring", &json!([]), &time_in(30 * HOUR));
    answer(&ada, &decision, 1, "consent");
    later(&mut network, 7 * HOUR);
    let alder = &network.nodes[0];

    // Alder has answered, so whoever looks after its node has nobody to remind; of others' members it learns nothing.
    let listed = |api: &Api| api.get(REMINDERS).expect(200).json()["items"].as_array().map(Vec::len);
    let take = |api: &Api| api.post(REMINDERS, &json!({})).expect(200).json()["items"].as_array().map(Vec::len);
    assert_eq!((listed(alder.api()), take(alder.api())), (Some(0), Some(0)));
    let ada = sign_in(alder);
    assert_eq!(take(&ada), Some(0));
    let dora = Api::new(alder.api().address, dora.token);
    assert_eq!((listed(&dora), take(&dora), take(&dora)), (Some(1), Some(1), Some(0)));
}

#[test]
fn a_hosted_organisation_is_heard_before_it_is_removed_and_what_it_wrote_stays() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let dogwood = admit(&network, &members, "Dogwood");
    let dora = first_member(nodes[0], "Dogwood", "dora");
    let written = dora.add(&json!({ "title": "By Dogwood" }));
    until_shown(nodes[1], &written);
    let removal = open(&members[1], "Part with Dogwood", &json!([{ "kind": "remove", "organisation": dogwood }]));
    let path = format!("/api/v1/decisions/{removal}");
    until("it has reached the host", || {
        let falls = dora.get(&path);
        let falls = if falls.status == 200 { falls.json()["falls"].clone() } else { Value::Null };
        hold(falls["state"] == "counted" && falls["fall"] == 0, || falls.to_string())
    });
    // It speaks for itself, and nobody at the host's does that for it.
    let said = json!({ "kind": "hearing", "text": "We object." });
    let comments = format!("{path}/comments");
    assert!(members[0].post(&comments, &said).status >= 400);
    dora.post(&comments, &said).expect(201);
    assert!(
        dora.put(&format!("{path}/positions/own"), &json!({ "position": "consent" })).status >= 400,
        "it is not asked"
    );
    let is_heard = |node: &Node| {
        until("it is heard", || {
            let shown = node.api().get(&comments).expect(200).json();
            let one = &shown["items"][0];
            hold(one["text"] == "We object." && one["by"]["organisation"] == "Dogwood", || shown.to_string())
        });
    };
    is_heard(nodes[1]);
    members.iter().for_each(|member| answer(member, &removal, 1, "consent"));
    assert_eq!(until_final(&nodes, &removal)["verdict"], "adopted");
    has_gone(&nodes, &dogwood, &dora, "it was removed");
    for node in &nodes {
        is_heard(node);
        until_shown(node, &written);
    }
}

#[test]
fn a_hosted_organisation_leaves_by_its_own_word_and_what_it_wrote_stays() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let dogwood = admit(&network, &members, "Dogwood");
    let dora = first_member(nodes[0], "Dogwood", "dora");
    let written = dora.add(&json!({ "title": "By Dogwood" }));
    until_shown(nodes[1], &written);
    let mut events = Events::of(&dora, None);
    dora.post("/api/v1/organisations/own/words", &json!({ "say": "leave" })).expect(202);
    has_gone(&nodes, &dogwood, &dora, "it left");
    // Nor is it told of what comes after it went, where it was listening.
    let later = nodes[0].api().add(&json!({ "title": "Written later" }));
    until("the stream has ended", || {
        while let Some(event) = events.glance() {
            assert_ne!(event.data["document"], later.as_str());
        }
        hold(events.has_ended(), || events.last_id.clone())
    });
    // It may come back, so nobody else takes a name of its members.
    let invited = text(&members[0].post("/api/v1/invitations", &json!({})).expect(201).json()["path"]);
    let account = json!({
        "invitation": invited.trim_start_matches("/join/"),
        "sign_in_name": "Dora",
        "passphrase": PASSPHRASE,
        "name": "Another Dora",
        "agrees": true,
    });
    nodes[0].api().post("/api/v1/accounts", &account).expect(409);
    nodes.iter().for_each(|node| until_shown(node, &written));
    // The host is where it was, and goes on.
    until_sign(&nodes, 2);
    let decision = open(&members[0], "Meet in autumn", &json!([]));
    members.iter().for_each(|member| answer(member, &decision, 1, "consent"));
    assert_eq!(until_final(&nodes, &decision)["counts"][0]["count"], 2);
}

/// Waits until an organisation is on no roster, and its members have no place at the host's node any more.
fn has_gone(nodes: &[&Node], organisation: &str, member: &Api, went: &str) {
    for node in nodes {
        until("it is off the roster", || {
            let listed = node.api().get("/api/v1/organisations").expect(200).json();
            let mut items = listed["items"].as_array().into_iter().flatten();
            hold(items.all(|one| one["key"] != organisation), || listed.to_string())
        });
    }
    let height = nodes[0].api().get("/api/v1/minutes/standing").expect(200).json()["height"].clone();
    is_told(nodes[0], member, &format!("since minute {height} ({went})"));
    let listed = nodes[0].cli(["hosted", "list", "--json"]).done().json();
    assert_eq!(listed["items"][0]["state"], "gone", "{listed}");
}

/// A member of an organisation that has departed is told so by whatever way they come, and reads nothing. Whoever has not the
/// passphrase is told what everybody is told.
fn is_told(host: &Node, member: &Api, why: &str) {
    let says = |refused: &Answer| {
        let problem = refused.json();
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(refused.status == 403 && problem["type"] == "/problems/departed" && detail.contains(why), "{problem}");
    };
    for path in ["/api/v1/session", "/api/v1/resources", "/api/v1/minutes", "/metrics"] {
        says(&member.get(path));
    }
    says(&member.post("/api/v1/resources", &json!({ "title": "Too late" })));
    let sign_in =
        |passphrase: &str| host.api().post("/api/v1/session", &json!({ "name": "Dora", "passphrase": passphrase }));
    says(&sign_in(PASSPHRASE));
    let wrong = sign_in("another passphrase of hers").expect(401).json();
    assert!(!wrong.to_string().contains("Dogwood"), "{wrong}");
    let nobody = host.api().post("/api/v1/session", &json!({ "name": "nobody", "passphrase": PASSPHRASE }));
    assert_eq!(nobody.expect(401).json(), wrong);
    is_told_by_pages(host, member);
}

/// The same in a browser, in which the member signs in, or is signed in still.
fn is_told_by_pages(host: &Node, member: &Api) {
    let mut browser = Browser::at(host);
    let form = browser.get("/sign-in");
    let told = browser.send(&form, "/sign-in", &[("name", "dora"), ("passphrase", PASSPHRASE)]);
    assert!(told.status == 403 && told.body.contains("Dogwood does not use this node any more"), "{}", told.body);
    let wrong = browser.send(&form, "/sign-in", &[("name", "dora"), ("passphrase", "another passphrase of hers")]);
    assert!(wrong.status == 422 && !wrong.body.contains("Dogwood"), "{}", wrong.body);

    let node = text(&host.api().node()["node_key"]);
    browser.cookies.insert(format!("knotwork-session-{}", &node[node.len() - 8..]), member.token.clone());
    for path in ["/needs", "/library", "/decisions", "/minutes", "/settings", "/sign-in"] {
        let page = browser.get(path);
        assert!(page.status == 403 && page.body.contains("Dogwood does not use this node any more"), "{}", page.body);
        assert!(!page.body.contains("href=\"/library\""), "nothing else is offered: {}", page.body);
    }
    // Whoever has another account here signs out, and in with that.
    let page = browser.get("/");
    let out = browser.send(&page, "/sign-out", &[]);
    assert_eq!((out.status, out.location()), (303, "/"));
    assert_eq!(browser.get("/sign-in").status, 200);
    member.get("/api/v1/session").expect(401);
}

fn until_shown(node: &Node, resource: &str) {
    until("what it wrote is shown", || {
        let got = node.api().get(&format!("/api/v1/resources/{resource}"));
        let by = if got.status == 200 { got.json()["contributors"][0]["organisation"].clone() } else { Value::Null };
        hold(by == "Dogwood", || format!("{}: {by}", node.name))
    });
}

/// Has an organisation hosted at the first node and admitted by all, and gives its key.
fn admit(network: &Network, members: &[Api], name: &str) -> String {
    let host = &network.nodes[0];
    let key = text(&host.cli(["hosted", "add", name, "--json"]).done().json()["organisation"]);
    let path = format!("/api/v1/admissions/{key}/decision");
    let decision = text(&members[0].post(&path, &json!({})).expect(201).json()["id"]);
    // Whoever decides alone has decided by asking.
    if members.len() > 1 {
        members.iter().for_each(|member| answer(member, &decision, 1, "consent"));
    }
    until_final(&network.nodes.iter().collect::<Vec<_>>(), &decision);
    let host_key = text(&host.api().node()["organisation_key"]);
    for node in &network.nodes {
        until_organisation(node, &key, "it is hosted", |one| {
            one["name"] == name && one["host"] == host_key.as_str() && one["node"] == "" && one["signing"] == false
        });
    }
    key
}

/// The first member of a hosted organisation, by the operator's link.
fn first_member(host: &Node, organisation: &str, name: &str) -> Api {
    let link = host.cli(["hosted", "invite", organisation, "--json"]).done().json();
    let code = text(&link["path"]);
    let account = json!({
        "set_up_code": code.strip_prefix("/set-up/").expect("the first member's"),
        "sign_in_name": name,
        "passphrase": PASSPHRASE,
        "name": "A member of Dogwood",
        "agrees": true,
    });
    host.api().post("/api/v1/accounts", &account).expect(201);
    let session = host.api().post("/api/v1/session", &json!({ "name": name, "passphrase": PASSPHRASE })).expect(201);
    let member = Api::new(host.api().address, text(&session.json()["token"]));
    let session = member.get("/api/v1/session").expect(200).json();
    assert_eq!((&session["organisation_name"], &session["steward"]), (&json!(organisation), &json!(true)));
    member
}

/// Where a member is shown to others.
fn members_of(member: &Api) -> String {
    let person = member.get("/api/v1/session").expect(200).json()["person"].clone();
    format!("/api/v1/members/{}", text(&person))
}

/// Offers a steward their organisation's voice, and gives where to answer.
fn offer(member: &Api) -> String {
    let person = member.get("/api/v1/session").expect(200).json()["person"].clone();
    let given = member.post("/api/v1/mandates", &json!({ "person": person })).expect(201).json();
    format!("/api/v1/mandates/{}", text(&given["id"]))
}

fn speak(member: &Api) {
    member.patch(&offer(member), &json!({ "accepted": true })).expect(200);
}

fn until_organisation(node: &Node, key: &str, what: &str, holds: impl Fn(&Value) -> bool) {
    until(what, || {
        let got = node.api().get(&format!("/api/v1/organisations/{key}"));
        hold(got.status == 200 && holds(&got.json()), || format!("{}: {}", node.name, got.json()))
    });
}

const REMINDERS: &str = "/api/v1/reminders";
const HOUR: Duration = Duration::from_secs(3_600);
