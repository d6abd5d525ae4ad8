//! Inviting an organisation and taking its application by the pages; asking everybody whether the charter still holds.

use std::time::Duration;

use rustix::process::Signal;

use serde_json::json;

use super::pages::{Browser, Page};
use crate::harness::{
    api::Api,
    circle::{apply, text, until_final, until_sign},
    clock::Clock,
    network::Network,
    wait::{hold, until},
};

#[test]
fn a_steward_gets_an_invitation_as_a_file_and_hands_in_what_came_back() {
    let network = Network::running(&["Alder"]);
    let mut ada = Browser::of_first_member(&network.nodes[0], "Ada");
    let page = ada.get("/admissions");
    let invitation = ada.send(&page, "/admissions/invite", &[]);
    assert_eq!(invitation.status, 200, "{}", invitation.body);
    assert!(invitation.head.contains("attachment; filename="), "{}", invitation.head);

    // It is listed, and taken back.
    let page = ada.get("/admissions");
    assert!(page.body.contains("No organisation has applied with it."), "{}", page.body);
    let id = page.value_after("name=\"id\" value=\"").to_owned();
    let taken = ada.send(&page, "/admissions/take-back", &[("id", &id)]);
    assert_eq!(taken.location(), "/admissions?done=taken-back");
    let page = ada.get(taken.location());
    assert!(page.body.contains("The invitation is taken back.") && !page.body.contains(&id), "{}", page.body);
    assert_eq!(ada.send(&page, "/admissions/take-back", &[("id", &id)]).status, 303, "it is as good as taken back");

    // A file that is no application, sent as browsers send files.
    let sent = hand_in(&mut ada, &page, "not an application");
    assert!(sent.status == 422 && sent.body.contains("There is a problem"), "{}", sent.body);
    let sent = hand_in(&mut ada, &page, "");
    assert!(sent.status == 422 && sent.body.contains("Choose the application file"), "{}", sent.body);
    let broken = ("Content-Type", "multipart/form-data; boundary=another");
    assert_eq!(ada.ask("POST", "/admissions/receive", "--x--", &[broken]).status, 415);
}

#[test]
fn a_founder_alone_admits_the_first_by_one_click() {
    let network = Network::running(&["Alder"]);
    let alder = &network.nodes[0];
    let mut ada = Browser::of_first_member(alder, "Ada");
    let steward = Api::new(alder.api().address, ada.token().to_owned());
    let birch = apply(&network, alder, &steward, "Birch");
    let needs = ada.get("/needs");
    assert!(needs.body.contains("Birch has applied to join"), "{}", needs.body);
    // Nobody has the organisation's voice yet.
    let page = ada.get("/admissions");
    let applicant = text(&steward.get("/api/v1/admissions").expect(200).json()["items"][0]["organisation"]);
    let path = format!("/admissions/{applicant}/decide");
    let key = page.value_after("name=\"key\" value=\"").to_owned();
    let opened = ada.send(&page, &path, &[("key", &key)]);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let decision = ada.get(opened.location());
    assert!(decision.body.contains("Birch joins the network"), "it is called by its name: {}", decision.body);
    until_sign(&[alder, &birch], 2);
    assert!(!ada.get("/needs").body.contains("Birch has applied to join"));
}

#[test]
fn after_a_year_the_first_charter_is_due() {
    let mut network = Network::running(&["Alder"]);
    let mut ada = Browser::of_first_member(&network.nodes[0], "Ada");
    let due = "Does the charter still hold?";
    let page = ada.get("/charter");
    assert!(
        page.body.contains("the charter with which the network began, on") && !page.body.contains(due),
        "{}",
        page.body
    );
    assert!(network.nodes[0].stop(Signal::TERM).success());
    network.nodes[0].clock = Some(Clock::ahead(network.folder(), Duration::from_secs(366 * 86_400)));
    network.nodes[0].start();
    let mut bea = Browser::signed_in(&network.nodes[0], "Ada");
    for path in ["/needs", "/charter"] {
        let page = bea.get(path);
        assert!(page.body.contains(due) && page.body.contains("action=\"/charter/renew\""), "{path}: {}", page.body);
    }
}

#[test]
fn a_renewal_asks_everybody_about_the_same_charter() {
    let network = Network::running(&["Alder"]);
    let mut ada = Browser::of_first_member(&network.nodes[0], "Ada");
    let page = ada.get("/charter");
    let opened = ada.send(&page, "/charter/renew", &[("key", "once")]);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let again = ada.send(&page, "/charter/renew", &[("key", "once")]);
    assert_eq!(again.location(), opened.location(), "sent twice, opened once");
    let decision = ada.get(opened.location());
    assert!(decision.body.contains("Renew the charter"), "{}", decision.body);
    assert!(decision.body.contains("The network has another charter."), "{}", decision.body);
    // There is a proof once it is final.
    let path = opened.location().split('?').next().expect("a path");
    assert_eq!(ada.get(&format!("{path}/proof")).status, 404);
    ada.send(&page, "/voice/speak", &[("next", path)]);
    let form = ada.get(&format!("{path}/position"));
    let terms = form.value_after("name=\"terms\" value=\"").to_owned();
    let answer = [("terms", terms.as_str()), ("position", "consent"), ("step", "take")];
    let taken = ada.send(&form, &format!("{path}/position"), &answer);
    assert_eq!(taken.status, 303, "{}", taken.body);
    until("there is a proof", || {
        let proof = ada.get(&format!("{path}/proof"));
        hold(proof.status == 200 && proof.head.contains("attachment; filename=\"decision.minutes\""), || proof.head)
    });
    let decided = ada.get(path);
    let again = "Renew or change this by a new decision";
    assert!(decided.body.contains(again), "{}", decided.body);

    // That something says that it follows it takes nothing from it; what is adopted does.
    let member = Api::new(network.nodes[0].api().address, ada.token().to_owned());
    let id = path.trim_start_matches("/decisions/");
    let follow = |title: &str, method: &str| {
        let body = json!({ "title": title, "text": "We do.", "method": { "kind": method }, "follows": id });
        text(&member.post("/api/v1/decisions", &body).expect(201).json()["id"])
    };
    let advice = follow("Repealed, says Ada", "advice");
    let decided = ada.get(path);
    assert!(
        decided.body.contains("This is being decided again in") && decided.body.contains(again),
        "{}",
        decided.body
    );
    member.put(&format!("/api/v1/decisions/{advice}/positions/own"), &json!({ "position": "agree" })).expect(200);
    until_final(&[&network.nodes[0]], &advice);
    let decided = ada.get(path);
    assert!(
        decided.body.contains("This still holds. It was followed by") && decided.body.contains(again),
        "{}",
        decided.body
    );
    let renewal = follow("Another charter", "majority");
    member.put(&format!("/api/v1/decisions/{renewal}/positions/own"), &json!({ "position": "agree" })).expect(200);
    until_final(&[&network.nodes[0]], &renewal);
    let decided = ada.get(path);
    assert!(decided.body.contains("Decided anew in") && !decided.body.contains(again), "{}", decided.body);
}

fn hand_in(browser: &mut Browser, page: &Page, file: &str) -> Page {
    let part = |name: &str, content: &str| {
        format!("--limit\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n")
    };
    let token = part("\"form-token\"", page.form_token());
    let body = format!("{token}{}--limit--\r\n", part("\"application\"; filename=\"a\"", file));
    let form = ("Content-Type", "multipart/form-data; boundary=limit");
    browser.ask("POST", "/admissions/receive", &body, &[form])
}
