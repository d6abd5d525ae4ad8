//! Roles and organisations over two nodes: taken on, asked for, declined in private, laid down; and that a role gives
//! nobody a right.

use crate::harness::{
    network::Network,
    wait::{hold, until},
};

use super::pages::{Browser, Page};

/// The id in a link that begins so.
fn id_after(page: &Page, start: &str) -> String {
    let rest = page.body.split(start).nth(1).unwrap_or_else(|| panic!("no {start} in {}", page.body));
    rest.split(['"', '/', '?']).next().expect("split gives at least one").to_owned()
}

fn person(browser: &mut Browser, name: &str) -> String {
    let mut id = String::new();
    until("the person is known", || {
        let page = browser.get(&format!("/people?words={name}"));
        let row = page.body.split("<h3>").find(|row| row.contains(&format!(">{name}<")) && row.contains("/people/"));
        let found = row.and_then(|row| row.split("/people/").nth(1)).and_then(|rest| rest.split('"').next());
        id = found.unwrap_or_default().to_owned();
        hold(!id.is_empty(), || page.body)
    });
    id
}

fn ask(browser: &mut Browser, person: &str, role: &str, note: &str) -> Page {
    let path = format!("/people/{person}/ask");
    let form = browser.get(&path);
    let key = form.value_after("name=\"key\" value=\"").to_owned();
    browser.send(&form, &path, &[("key", key.as_str()), ("role", role), ("topic", "Falls"), ("note", note)])
}

#[test]
fn a_role_is_asked_for_taken_on_seen_by_others_and_laid_down() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (mut ada, mut bran) = (Browser::of_first_member(alder, "Ada"), Browser::of_first_member(birch, "Bran"));
    let (ada_id, bran_id) = (person(&mut bran, "Ada"), person(&mut ada, "Bran"));
    assert_eq!(ask(&mut ada, &bran_id, "king", "").status, 422, "there is no such role");
    assert_eq!(ask(&mut ada, &bran_id, "facilitator", "You do it well.").location(), "/roles?done=asked");
    let again = ask(&mut ada, &bran_id, "facilitator", "Please.");
    assert!(again.status == 422 && again.body.contains("can be asked again from"), "{}", again.body);
    assert_eq!(ask(&mut ada, &ada_id, "facilitator", "").status, 422, "nobody asks themself");
    // A second role, to be declined.
    assert_eq!(ask(&mut ada, &bran_id, "sponsor", "").status, 303);
    until("both requests have arrived", || {
        let body = bran.get("/needs").body;
        hold(body.contains("Would you be: Facilitator?") && body.contains("Would you be: Sponsor?"), || body)
    });
    let needs = bran.get("/needs");
    let links = needs.body.split("/role-requests/").skip(1);
    let ids: Vec<String> = links.filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect();
    assert_eq!(ids.len(), 2, "{}", needs.body);
    for id in ids {
        let page = bran.get(&format!("/role-requests/{id}"));
        if page.body.contains("Sponsor") {
            let declined = bran.send(&page, &format!("/role-requests/{id}/decline"), &[]);
            assert_eq!(declined.location(), "/needs?done=declined");
            assert_eq!(bran.get(&format!("/role-requests/{id}")).status, 404, "it is answered");
            assert_eq!(ada.get(&format!("/role-requests/{id}")).status, 404, "it is not hers to answer");
        } else {
            assert!(page.body.contains("You do it well."), "{}", page.body);
            let form = bran.get("/roles/take-on");
            let key = form.value_after("name=\"key\" value=\"").to_owned();
            let answers = [
                ("key", key.as_str()),
                ("role", "facilitator"),
                ("topic", "Falls"),
                ("since", "2026-01-01"),
                ("request", &id),
            ];
            let wrong = [&answers[..], &[("until", "2025-12-31")]].concat();
            assert_eq!(bran.send(&form, "/roles/take-on", &wrong).status, 422, "it would end before it begins");
            for _ in 0..2 {
                assert_eq!(bran.send(&form, "/roles/take-on", &answers).location(), "/roles?done=taken");
            }
        }
    }
    assert!(!bran.get("/needs").body.contains("Would you be"));
    // By the way back to the form, with another answer: nothing is said to be done that is not.
    let form = bran.get("/roles/take-on");
    let key = form.value_after("name=\"key\" value=\"").to_owned();
    let sent = |role| [("key", key.as_str()), ("role", role), ("topic", "Back")];
    assert_eq!(bran.send(&form, "/roles/take-on", &sent("expert")).status, 303);
    let other = bran.send(&form, "/roles/take-on", &sent("connector"));
    assert!(other.status == 422 && other.body.contains("You have sent this form before"), "{}", other.body);
    assert_ne!(other.value_after("name=\"key\" value=\""), key, "and it can be sent now");
    until("who asked sees that it was taken on", || {
        let body = ada.get("/roles").body;
        hold(body.contains("They have taken it on."), || body)
    });
    let roles = ada.get("/roles");
    assert!(roles.body.contains("No answer yet."), "what was declined looks as if it were not answered");
    assert_eq!(roles.body.matches("Since 1 January 2026.").count(), 1, "sent twice, taken on once: {}", roles.body);
    assert!(ada.get(&format!("/people/{bran_id}")).body.contains("Facilitator"));
    let held = ask(&mut ada, &bran_id, "facilitator", "");
    assert!(held.status == 422 && held.body.contains("has this role already"), "{}", held.body);

    // Only the person changes it or lays it down.
    let own = bran.get("/roles");
    let id = id_after(&own, "href=\"/roles/b");
    let path = format!("/roles/b{id}");
    let page = ada.get("/roles");
    assert_eq!(ada.get(&path).status, 403);
    assert_eq!(ada.send(&page, &format!("{path}/lay-down"), &[]).status, 403);
    assert_eq!(ada.send(&page, &path, &[("until", "2030-01-01")]).status, 403);
    let form = bran.get(&path);
    assert_eq!(bran.send(&form, &path, &[("until", "soon")]).status, 422);
    assert_eq!(bran.send(&form, &path, &[("until", "2999-12-31")]).location(), "/roles?done=changed");
    assert!(bran.get("/roles").body.contains("Until 31 December 2999."));
    assert_eq!(bran.send(&form, &format!("{path}/lay-down"), &[]).location(), "/roles?done=laid-down");
    until("others see that it is laid down", || {
        let body = ada.get(&format!("/people/{bran_id}")).body;
        hold(!body.contains("Facilitator"), || body)
    });
}

#[test]
fn roles_give_nobody_a_right() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let mut ada = Browser::of_first_member(node, "Ada");
    let page = ada.get("/settings/invitations");
    let made = ada.send(&page, "/settings/invitations", &[]);
    let path = format!("/join/{}", id_after(&made, "/join/").split('<').next().expect("a link"));
    let mut bea = Browser::at(node);
    let form = bea.get(&path);
    let answers = [("full-name", "Bea"), ("name", "bea"), ("passphrase", super::pages::PASSPHRASE), ("agree", "yes")];
    bea.send(&form, &path, &answers);
    let colleagues = ada.get("/settings/colleagues");
    let person = colleagues.value_after("name=\"person\" value=\"").to_owned();
    ada.send(&colleagues, "/settings/colleagues", &[("person", &person), ("do", "confirm")]);
    // What each of these pages answers a member without a role ...
    let before = answers_of(&mut bea, &person);
    let roles = [
        "connector",
        "network-guardian",
        "co-ordinator",
        "facilitator",
        "expert",
        "sponsor",
        "organisational-representative",
        "participant",
    ];
    for role in roles {
        let form = bea.get("/roles/take-on");
        let key = form.value_after("name=\"key\" value=\"").to_owned();
        assert_eq!(bea.send(&form, "/roles/take-on", &[("key", &key), ("role", role)]).status, 303, "{role}");
    }
    assert!(!bea.get("/roles").body.contains("Nobody has this role at the moment."));
    // ... it answers one who has them all.
    assert_eq!(answers_of(&mut bea, &person), before);
    assert!(before.iter().all(|(_, status)| *status == 403), "{before:?}");
}

/// What a node answers to whom it is not a steward.
fn answers_of(browser: &mut Browser, person: &str) -> Vec<(String, u16)> {
    let page = browser.get("/needs");
    let mut answers: Vec<(String, u16)> = ["/settings/colleagues", "/organisation/edit"]
        .into_iter()
        .map(|path| (path.to_owned(), browser.get(path).status))
        .collect();
    for action in ["confirm", "turn-away", "steward", "no-steward", "open", "close"] {
        let sent = browser.send(&page, "/settings/colleagues", &[("person", person), ("do", action)]);
        answers.push((action.to_owned(), sent.status));
    }
    let sent = browser.send(&page, "/organisation/edit", &[("about", "Mine")]);
    answers.push(("organisation".into(), sent.status));
    answers
}

#[test]
fn an_organisation_says_what_it_does_and_who_agreed_to_be_named() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    let (mut ada, mut bran) = (Browser::of_first_member(alder, "Ada"), Browser::of_first_member(birch, "Bran"));
    let form = ada.get("/organisation/edit");
    let answers = [
        ("about", "We care."),
        ("sectors", "health\n\nhousing"),
        ("places", "Leeds"),
        ("website", "https://example.org"),
    ];
    let saved = ada.send(&form, "/organisation/edit", &answers);
    let path = saved.location().trim_end_matches("?done=yes").to_owned();
    assert!(path.starts_with("/organisations/"), "{}", saved.body);
    until("the partner reads it", || {
        let body = bran.get(&path).body;
        hold(body.contains("We care.") && body.contains("housing") && body.contains("https://example.org"), || body)
    });
    // A form that was opened before somebody else saved changes what its sender changed, and nothing else.
    let late = [("about", ""), ("sectors", ""), ("places", ""), ("website", "https://example.org/late")];
    let seen: Vec<(String, String)> = ["about", "sectors", "places", "website"]
        .iter()
        .map(|name| (format!("{name}-seen"), form.value_after(&format!("name=\"{name}-seen\" value=\"")).to_owned()))
        .collect();
    let mut answers: Vec<(&str, &str)> = late.to_vec();
    answers.extend(seen.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(ada.send(&form, "/organisation/edit", &answers).status, 303);
    let now = ada.get(&path).body;
    assert!(now.contains("We care.") && now.contains("https://example.org/late"), "{now}");
    let named = |body: &str| body.contains(">Ada<");
    assert!(!named(&bran.get(&path).body), "nobody has asked her yet");
    let form = ada.get("/profile/edit");
    let profile = [("name", "Ada"), ("experience", "marker"), ("experience-shown-to", "network"), ("listed", "yes")];
    let refused = ada.send(&form, "/profile/edit", &profile);
    assert!(refused.status == 422 && refused.body.contains("Tick that you agree"), "{}", refused.body);
    let consented = [&profile[..], &[("experience-consent", "yes")]].concat();
    assert_eq!(ada.send(&form, "/profile/edit", &consented).status, 303);
    until("she is named on the page at the partner", || {
        let body = bran.get(&path).body;
        hold(named(&body), || body)
    });
    assert!(ada.get("/profile/edit").body.contains("name=\"listed\" value=\"yes\" checked"));
    assert_eq!(bran.get("/organisations/nothing").status, 404);
}

#[test]
fn many_who_have_a_role_are_shown_in_pages() {
    let network = Network::running(&["Alder"]);
    let mut ada = Browser::of_first_member(&network.nodes[0], "Ada");
    for number in 0..25 {
        let form = ada.get("/roles/take-on");
        let key = form.value_after("name=\"key\" value=\"").to_owned();
        let topic = format!("Topic {number}");
        let answers = [("key", key.as_str()), ("role", "participant"), ("topic", &topic)];
        assert_eq!(ada.send(&form, "/roles/take-on", &answers).status, 303);
    }
    let holders = |page: &Page| page.body.matches("Alder</bdi>: ").count();
    let all = ada.get("/roles");
    assert_eq!(holders(&all), 10, "{}", all.body);
    assert!(all.body.contains("All 25 who have this role: Participant"), "{}", all.body);
    for (page, shown) in [(1, 20), (2, 5), (3, 0)] {
        assert_eq!(holders(&ada.get(&format!("/roles?role=participant&page={page}"))), shown, "page {page}");
    }
}
