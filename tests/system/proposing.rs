//! What members propose by the pages: that another organisation rests or goes, where the network stands, and decisions that
//! ask for more than what is usual; and what they are told in the last day of one.

use std::time::{SystemTime, UNIX_EPOCH};

use knotwork_documents::Date;
use knotwork_identity::Timestamp;
use serde_json::json;

use super::pages::{Browser, Page};
use crate::harness::{
    api::Api,
    circle::{answer, text, until_final, until_sign, voice},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn another_organisation_is_proposed_to_rest_or_to_go() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let [alder, birch] = [0, 1].map(|place| key_of(nodes[place]));
    let mut ada = Browser::of_first_member(nodes[0], "Ada");
    let page = ada.get(&format!("/organisations/{birch}"));
    for link in ["Propose to let it rest", "Propose to part with it"] {
        assert!(page.body.contains(link), "{}", page.body);
    }
    assert!(!ada.get(&format!("/organisations/{alder}")).body.contains("Propose to"), "nobody parts with oneself");
    assert_eq!(ada.get(&format!("/organisations/{alder}/part")).location(), format!("/organisations/{alder}"));
    assert_eq!(ada.get("/organisations/nobody/part").status, 404);

    // Why has to be said; what was typed is kept, and one form opens one decision.
    let path = format!("/organisations/{birch}/let-rest");
    let page = ada.get(&path);
    assert!(page.body.contains("against the will of Birch"), "two sign, so both have to: {}", page.body);
    let heard = "This node has heard of";
    assert!(page.body.contains(heard), "{}", page.body);
    let wrong = ada.send(&page, &path, &[("key", "once"), ("why", " "), ("left-out", "Those of <Birch>.")]);
    assert!(wrong.status == 422 && wrong.body.contains("Enter why you propose this"), "{}", wrong.body);
    assert!(wrong.body.contains("Those of &lt;Birch&gt;."), "{}", wrong.body);
    let answers = [("key", "once"), ("why", "We have not heard of them."), ("left-out", "")];
    let opened = ada.send(&page, &path, &answers);
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert_eq!(ada.send(&page, &path, &answers).location(), opened.location(), "sent twice, opened once");
    let other = ada.send(&page, &path, &[("key", "once"), ("why", "For another reason.")]);
    assert!(other.status == 422 && other.body.contains("You have sent this form before"), "{}", other.body);
    assert!(other.body.contains("For another reason."), "{}", other.body);
    let decision = ada.get(opened.location());
    for said in [heard, "Let Birch rest", "We have not heard of them.", "Birch rests until it says that it is back."] {
        assert!(decision.body.contains(said), "{said}: {}", decision.body);
    }
    assert!(ada.get(&path).body.contains("This is being decided already:"), "nobody opens another unknowing");

    // Whom it is about is told that it is heard.
    let bea = voice(nodes[1]);
    let mut at_birch = Browser::signed_in(nodes[1], "birch");
    until("Birch is told", || {
        let page = at_birch.get("/needs");
        let told = page.body.contains("This is about your own organisation:") && page.body.contains("Let Birch rest");
        hold(told, || page.body.clone())
    });
    let id = path_of(&opened);
    let heard = json!({ "kind": "hearing", "text": "We are here." });
    bea.post(&format!("/api/v1{id}/comments"), &heard).expect(201);
    assert!(!at_birch.get("/needs").body.contains("This is about your own organisation:"));

    // Once it rests by its own word, nothing waits for it any more, and the other can part with it.
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    bea.post("/api/v1/organisations/own/words", &rests).expect(202);
    until_sign(&nodes, 1);
    assert!(
        at_birch.get("/needs").body.contains("meant to be back on 31 March 2099"),
        "{}",
        at_birch.get("/needs").body
    );
    assert_eq!(ada.get(&path).location(), format!("/organisations/{birch}"), "it rests already");
    let path = format!("/organisations/{birch}/part");
    let page = ada.get(&path);
    assert!(!page.body.contains("against the will of Birch"), "{}", page.body);
    assert!(page.body.contains("the one organisation that is asked has to agree"), "{}", page.body);
    let opened = ada.send(&page, &path, &[("key", "part"), ("why", "They have asked for it.")]);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let id = speak(&mut ada, nodes[0], &opened, "agree");
    let waits = "as soon as the organisation concerned has been heard and everybody who is asked has answered";
    assert!(ada.get(&format!("/decisions/{id}")).body.contains(waits));
    let decision = format!("/api/v1/decisions/{id}");
    until("Birch has it", || hold(bea.get(&decision).status == 200, || "it has not".into()));
    let heard = json!({ "kind": "hearing", "text": "We have." });
    bea.post(&format!("{decision}/comments"), &heard).expect(201);
    until_final(&nodes[..1], &id);
    until("it has gone", || {
        let page = ada.get(&format!("/organisations/{birch}"));
        hold(page.body.contains("It was removed by minute") && !page.body.contains("Propose to"), || page.body.clone())
    });
    assert_eq!(ada.get(&path).location(), format!("/organisations/{birch}"));
}

#[test]
fn where_the_network_stands_is_proposed_with_a_reason() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    assert!(ada.get("/charter").body.contains("href=\"/charter/stage\""));
    let page = ada.get("/charter/stage");
    let wrong = ada.send(&page, "/charter/stage", &[("why", ""), ("left-out", "Nobody."), ("stage", "elsewhere")]);
    for fault in ["Choose where the network stands", "Enter why you propose this"] {
        assert!(wrong.status == 422 && wrong.body.contains(fault), "{fault}: {}", wrong.body);
    }
    let answers = [("key", "once"), ("stage", "stage-established"), ("why", "We have met each month for a year.")];
    let opened = ada.send(&page, "/charter/stage", &answers);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let decision = ada.get(opened.location());
    assert!(decision.body.contains("The network says where it stands: In full work."), "{}", decision.body);
    let id = speak(&mut ada, node, &opened, "consent");
    until_final(&[node], &id);
    until("the charter says so", || {
        let page = ada.get("/charter");
        hold(page.body.contains("In full work"), || page.body.clone())
    });
    let page = ada.get("/charter/stage");
    assert!(page.body.contains("At the moment it says: In full work."), "{}", page.body);
    assert!(!page.body.contains("value=\"stage-established\""), "that is where it stands: {}", page.body);
}

#[test]
fn a_decision_asks_for_more_than_what_is_usual() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let page = ada.get("/decisions/new?kind=proposal");
    assert!(page.body.contains("<details><summary>More settings"), "the usual way stays short: {}", page.body);
    let closes = Date::of(at(10 * DAY)).to_string();
    let send = |browser: &mut Browser, step, more: &[(&str, &str)]| {
        let mut answers = vec![("kind", "proposal"), ("title", "Buy a van"), ("text", "A red one."), ("step", step)];
        answers.extend([("closes-day", closes.as_str()), ("closes-time", "17:00")]);
        answers.extend(more);
        browser.send(&page, "/decisions/new", &answers)
    };
    for (more, fault) in [
        ([("method", "consent"), ("quorum", "many")], "Enter how many have to take part"),
        ([("method", "consent"), ("quorum", "2")], "Only 1 is asked"),
        ([("method", "consent"), ("share", "3/4")], "Choose “Two thirds” or consensus above, or leave empty"),
        ([("method", "majority"), ("share", "3/4")], "Choose “Two thirds” or consensus above, or leave empty"),
        ([("method", "supermajority"), ("share", "1/3")], "Enter a share of more than half"),
        ([("method", "consent"), ("share-of", "asked")], "Choose “Majority” or “Two thirds” above"),
        ([("method", "consent"), ("asked-person", "nobody")], "Tick those who are asked once more"),
    ] {
        let wrong = send(&mut ada, "check", &more);
        assert!(wrong.status == 422 && wrong.body.contains(fault), "{fault}: {}", wrong.body);
        assert!(wrong.body.contains("<details open>"), "what is wrong is not folded away: {}", wrong.body);
    }
    let advice =
        [("kind", "advice"), ("method", "advice"), ("title", "Tea?"), ("text", "Is it cheap?"), ("quorum", "1")];
    let wrong = ada.send(&page, "/decisions/new", &advice);
    assert!(wrong.status == 422 && wrong.body.contains("Nobody has to take part for advice"), "{}", wrong.body);
    let more =
        [("method", "supermajority"), ("quorum", "100%"), ("share", "75%"), ("share-of", "asked"), ("key", "once")];
    let check = send(&mut ada, "check", &more);
    for said in ["at least three quarters of all who are asked", "A share that was chosen for it", "value=\"75%\""] {
        assert!(check.status == 200 && check.body.contains(said), "{said}: {}", check.body);
    }
    let opened = send(&mut ada, "open", &more);
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert_eq!(send(&mut ada, "open", &more).location(), opened.location(), "sent twice, opened once");
    let other = send(&mut ada, "open", &[("method", "supermajority"), ("share", "80%"), ("key", "once")]);
    assert!(other.status == 422 && other.body.contains("You have sent this form before"), "{}", other.body);
    // What is enough if somebody blocks is fixed beforehand, and a new round asks for the same.
    let consensus = [("method", "consensus"), ("share", "> 3/4"), ("share-of", "asked"), ("key", "twice")];
    let fallen_back = send(&mut ada, "open", &consensus);
    assert_eq!(fallen_back.status, 303, "{}", fallen_back.body);
    let again = ada.get(&format!("/decisions/new?follows={}", path_of(&fallen_back).trim_start_matches("/decisions/")));
    assert!(again.body.contains("value=\"&gt; 3/4\""), "{}", again.body);
    let path = path_of(&opened);
    let api = Api::new(node.api().address, ada.token().to_owned());
    let fallback = api.get(&format!("/api/v1{}", path_of(&fallen_back))).expect(200).json()["method"].clone();
    let expected =
        json!({ "kind": "consensus", "fallback": { "bound": "more-than", "of": "electorate", "share": "3/4" } });
    assert_eq!(fallback, expected);
    let shown = api.get(&format!("/api/v1{path}")).expect(200).json();
    assert!(shown["quorum"].to_string().contains("100"), "{}", shown["quorum"]);
    // A new round asks for the same.
    let again = ada.get(&format!("/decisions/new?follows={}", path.trim_start_matches("/decisions/")));
    for said in ["value=\"100/100\"", "value=\"75/100\"", "<details open>"] {
        assert!(again.body.contains(said), "{said}: {}", again.body);
    }

    // People are asked who agreed to be named, each for themselves.
    assert!(!again.body.contains("Ask people instead"), "nobody is named yet: {}", again.body);
    api.patch("/api/v1/me", &json!({ "listed": true })).expect(200);
    let ask = until("Ada is offered", || {
        let page = ada.get("/decisions/new?kind=proposal");
        hold(page.body.contains("Ada (Alder)"), || page.body.clone()).map(|()| page)
    });
    let person = ask.value_after("id=\"asked-person\" name=\"asked-person\" value=\"").to_owned();
    let more = [("method", "consent"), ("asked-person", person.as_str()), ("key", "another")];
    let check = send(&mut ada, "check", &more);
    assert!(check.body.contains("1 person") && check.body.contains(&person), "{}", check.body);
    let opened = send(&mut ada, "open", &more);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let decision = ada.get(opened.location());
    assert!(decision.body.contains("You answer for yourself."), "{}", decision.body);
}

#[test]
fn the_last_day_of_a_decision_is_told_to_those_who_have_not_answered() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let page = ada.get("/voice");
    assert_eq!(ada.send(&page, "/voice/speak", &[("next", "/needs")]).status, 303);
    let open = |browser: &mut Browser, title: &str, closes: u64| {
        let closes = at(closes);
        let minutes = closes.milliseconds() / 60_000 % (24 * 60);
        let (day, time) = (Date::of(closes).to_string(), format!("{:02}:{:02}", minutes / 60, minutes % 60));
        let answers = [
            ("kind", "proposal"),
            ("title", title),
            ("text", "We do it."),
            ("method", "consent"),
            ("closes-day", &day),
            ("closes-time", &time),
            ("step", "open"),
        ];
        let opened = browser.send(&page, "/decisions/new", &answers);
        assert_eq!(opened.status, 303, "{}", opened.body);
        opened
    };
    open(&mut ada, "There is time", 3 * DAY);
    assert!(!ada.get("/needs").body.contains("Last day:"));
    let urgent = open(&mut ada, "There is none", DAY / 12);
    let needs = ada.get("/needs").body;
    let place = |text: &str| needs.find(text).unwrap_or_else(|| panic!("no {text} in {needs}"));
    assert!(place("Last day:") < place("There is none") && place("There is none") < place("There is time"), "{needs}");
    let api = Api::new(node.api().address, ada.token().to_owned());
    answer(&api, path_of(&urgent).trim_start_matches("/decisions/"), 1, "consent");
    let needs = ada.get("/needs").body;
    assert!(
        !needs.contains("Last day:") && !needs.contains("There is none"),
        "whoever has answered is left alone: {needs}"
    );
}

fn key_of(node: &Node) -> String {
    text(&node.api().get("/api/v1/node").expect(200).json()["organisation_key"])
}

/// The path of the decision that was opened.
fn path_of(opened: &Page) -> String {
    opened.location().split('?').next().unwrap_or_default().to_owned()
}

/// Speaks for the organisation and takes this position; gives the decision's id.
fn speak(browser: &mut Browser, node: &Node, opened: &Page, position: &str) -> String {
    let path = path_of(opened);
    let page = browser.get(&path);
    assert_eq!(browser.send(&page, "/voice/speak", &[("next", &path)]).status, 303);
    let id = path.trim_start_matches("/decisions/").to_owned();
    answer(&Api::new(node.api().address, browser.token().to_owned()), &id, 1, position);
    id
}

/// So many milliseconds from now.
fn at(milliseconds: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    Timestamp::from_milliseconds(u64::try_from(now).expect("in range") + milliseconds).expect("in range")
}

const DAY: u64 = 24 * 60 * 60 * 1_000;
