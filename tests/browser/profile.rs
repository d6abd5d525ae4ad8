//! What people say of themselves, and who gets to see it.

use super::{chromium::Browser, people::Person};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

#[test]
fn each_answer_is_seen_by_those_it_is_for() {
    let network = Network::running(&["Alder", "Birch"]);
    let (browser, alder, birch) = (Browser::start(), &network.nodes[0], &network.nodes[1]);
    let ada = Person::first_of(&browser, alder, "Ada");
    let bea = Person::joined_by(&ada, &browser, alder, "Bea");
    let bran = Person::first_of(&browser, birch, "Bran");

    ada.open("/needs");
    ada.follow("Say what you do and what you can offer");
    ada.fill("Name", "");
    ada.submit("Save");
    assert!(ada.has("link", "Enter your name"), "{}", ada.text());
    ada.fill("Name", "Ada Lovelace");
    ada.fill("Post (optional)", "Nurse");
    ada.choose("Who sees this? (Post)", "the network");
    ada.fill("Skills (optional)", "Listening\nSewing");
    ada.choose("Who sees this? (Skills)", "my organisation");
    ada.fill("Lived experience (optional)", "Grief");
    ada.choose("Who sees this? (Lived experience)", "nobody");
    ada.submit("Save");
    assert!(ada.text().contains("Your profile is saved."), "{}", ada.text());
    let own = ada.text();
    for said in ["Nurse", "Listening\nSewing", "Grief", "Shown to: nobody", "Shown to: my organisation"] {
        assert!(own.contains(said), "{said} is not in {own}");
    }
    ada.follow("See it as others do");
    assert_eq!(ada.h1(), "Ada Lovelace");
    sees(&ada, &["Nurse", "Listening"], &["Grief"]);

    bea.open("/people");
    bea.fill("Find people", "lovelace");
    bea.submit("Find");
    assert!(bea.has("heading", "1 person"), "{}", bea.text());
    bea.follow("Ada Lovelace");
    sees(&bea, &["Nurse", "Listening", "Alder"], &["Grief"]);

    until("the partner has the profile", || {
        bran.open("/people?words=nurse");
        hold(bran.has("link", "Ada Lovelace"), || bran.text())
    });
    bran.follow("Ada Lovelace");
    sees(&bran, &["Nurse", "Alder"], &["Listening", "Grief"]);

    // What she takes back, nobody is shown any more.
    ada.open("/profile/edit");
    assert_eq!(ada.value("Lived experience (optional)"), "Grief");
    ada.choose("Who sees this? (Post)", "my organisation");
    ada.submit("Save");
    until("it is taken back at the partner's", || {
        bran.open(&bran.path());
        hold(bran.h1() == "Ada Lovelace" && !bran.text().contains("Nurse"), || bran.text())
    });
    bea.open(&bea.path());
    sees(&bea, &["Nurse"], &["Grief"]);
}

/// Whether somebody's page, as it is open, has these words and has not those.
#[track_caller]
fn sees(person: &Person, these: &[&str], not_those: &[&str]) {
    let text = person.text();
    for wanted in these {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    for unwanted in not_those {
        assert!(!text.contains(unwanted), "{unwanted} is in {text}");
    }
}
