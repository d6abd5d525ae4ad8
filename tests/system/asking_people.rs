//! Asking people in the place of organisations: more than a page offers, found by name and ticked together, up to as many as
//! terms have room for.

use std::time::Duration;

use knotwork_documents::{Certificate, PersonEdit, PersonFields};
use knotwork_identity::{PersonId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, Pen};
use serde_json::{Value, json};

use super::{
    pages::{Browser, Page},
    silence::bring,
};
use crate::harness::{
    circle::{text, voice},
    clock::time_in,
    network::Network,
    rogue::{network_id, secret},
    wait::{hold, until},
};

#[test]
fn people_beyond_the_first_are_found_and_ticked_and_stay_so() {
    let mut network = Network::of(&["Alder", "Birch"]);
    network.nodes[0].start();
    let [alder, birch] = &network.nodes[..] else { panic!("there are two") };
    let ada = voice(alder);
    ada.patch("/api/v1/me", &json!({ "listed": true })).expect(200);
    let (id, organisation) = (network_id(&network), secret(birch, "organisation"));
    for from in (0..COUNT).step_by(60) {
        let people = from..COUNT.min(from + 60);
        let certificates: Vec<CheckedChange> = people
            .clone()
            .flat_map(|number| {
                let written =
                    Certificate::write(id, &organisation, person(number), &key(number), false, Timestamp::NONE);
                written.expect("it is small")
            })
            .collect();
        bring(&network, birch, alder, SpaceId::Roster, &certificates);
        let profiles: Vec<CheckedChange> = people.flat_map(|number| profile(id, number)).collect();
        bring(&network, birch, alder, SpaceId::Commons, &profiles);
    }
    let mut browser = Browser::signed_in(alder, "alder");
    let page = until("all are offered", || {
        let page = browser.get("/decisions/new?kind=proposal");
        hold(page.body.contains("the first 200 of 231"), || page.body.clone()).map(|()| page)
    });
    assert!(!page.body.contains("Nurse 229"), "{}", page.body);
    let closes = time_in(Duration::from_secs(48 * 3_600))[..10].to_owned();
    let mut send = |page: &Page, step: &str, more: &[(&str, &str)]| {
        let given = [("kind", "proposal"), ("method", "consent"), ("title", "Buy a van"), ("text", "A red one.")];
        let answers = [("closes-day", closes.as_str()), ("closes-time", "17:00"), ("key", "once"), ("step", step)];
        browser.send(page, "/decisions/new", &[&given[..], &answers, more].concat())
    };

    // A text that is typed and not looked for is looked for first; who is ticked stays so, and what was typed as well.
    let first = page.value_after("id=\"asked-person\" name=\"asked-person\" value=\"").to_owned();
    let found = send(&page, "check", &[("asked-person", &first), ("find-person", "birch 229")]);
    assert_eq!(found.status, 200, "{}", found.body);
    assert!(found.body.contains("Nurse 229 (Birch)") && !found.body.contains("Nurse 001"), "{}", found.body);
    assert!(found.body.contains(&format!("value=\"{first}\" checked")), "{}", found.body);
    assert!(found.body.contains("1 person is ticked:") && found.body.contains("value=\"Buy a van\""), "{}", found.body);
    let none = send(&page, "find", &[("asked-person", &first), ("find-person", "nobody at all")]);
    assert!(none.body.contains("Nobody else was found.") && none.body.contains("1 person is ticked:"), "{}", none.body);

    // All of an organisation are ticked at once, and all of them are asked.
    let by_birch = send(&page, "find", &[("asked-person", &first), ("find-person", "birch")]);
    assert!(by_birch.body.contains("Tick all 230"), "{}", by_birch.body);
    let all = send(&by_birch, "all", &[("asked-person", &first), ("found-by", "birch"), ("find-person", "birch")]);
    assert!(all.body.contains("231 people are ticked:"), "{}", all.body);
    let ticked = ticked(&all);
    assert_eq!(ticked.len(), 231);
    let more: Vec<(&str, &str)> = ticked.iter().map(|person| ("asked-person", person.as_str())).collect();
    let check = send(&all, "check", &more);
    assert!(check.body.contains("Open the decision") && check.body.contains("Nurse 229"), "{}", check.body);

    // Of more than terms have room for it is said how many fit; so many are asked, and one more is not.
    let own = ada.get("/api/v1/node").expect(200).json()["organisation_key"].clone();
    let many: Vec<String> = (0..1_250).map(|number| format!("{}/{}", text(&own), person(number))).collect();
    let some = |count: usize| -> Vec<(&str, &str)> {
        many[..count].iter().map(|person| ("asked-person", person.as_str())).collect()
    };
    let refused = send(&all, "open", &some(1_250));
    assert_eq!(refused.status, 422, "{}", refused.body);
    let said = refused.body.split(" people can be asked beside these texts.").next();
    let said = said.and_then(|before| before.rsplit("At most ").next()).expect("a number");
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    let fit: usize = digits.parse().unwrap_or_else(|_| panic!("{said}"));
    assert!((1_180..=1_194).contains(&fit), "{fit}");
    assert_eq!(send(&all, "open", &some(fit + 1)).status, 422);
    let opened = send(&all, "open", &some(fit));
    assert_eq!(opened.status, 303, "{}", opened.body);
    let decision = opened.location().trim_start_matches("/decisions/").split('?').next().expect("an id").to_owned();
    let shown: Value = ada.get(&format!("/api/v1/decisions/{decision}")).expect(200).json();
    assert_eq!(shown["asked"].as_array().map(Vec::len), Some(fit));
}

/// What the form sends for those who are ticked.
fn ticked(page: &Page) -> Vec<String> {
    let boxes = page.body.split("name=\"asked-person\" value=\"").skip(1);
    let ticked = boxes.filter_map(|rest| rest.split_once('"')).filter(|(_, rest)| rest.starts_with(" checked"));
    ticked.map(|(person, _)| person.to_owned()).collect()
}

fn profile(network: knotwork_identity::NetworkId, number: usize) -> Vec<CheckedChange> {
    let (person, key) = (person(number), key(number));
    let fields = PersonFields { name: format!("Nurse {number:03}"), listed: true, ..PersonFields::default() };
    let header = PersonEdit::header(network, SpaceId::Commons, key.public(), &person);
    let mut pen = Pen::new(header, &key, Timestamp::NONE);
    PersonEdit { person, fields }.write(&mut pen).expect("it is small");
    pen.finish().0
}

fn person(number: usize) -> PersonId {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    PersonId(id)
}

fn key(number: usize) -> SecretKey {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// How many people of the other organisation agreed to be named.
const COUNT: usize = 230;
