//! Deciding together: a proposal that is objected to, integrates the objection and is adopted; another charter; options
//! put in order by the keyboard alone.

use super::{
    chromium::Browser,
    keys::Key,
    people::{Person, about},
};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

#[test]
fn an_objection_is_integrated_and_the_proposal_adopted() {
    let network = Network::running(&["Alder"]);
    let browser = Browser::start();
    let ada = Person::first_of(&browser, &network.nodes[0], "Ada");

    ada.open("/decisions");
    assert!(ada.text().contains("Nothing has been decided here yet."), "{}", ada.text());
    ada.follow("Start a decision");
    ada.tick("Propose something");
    ada.submit("Continue");
    ada.submit("Continue");
    assert!(ada.has("link", "Enter a title") && ada.has("link", "Enter what you propose or ask"), "{}", ada.text());
    ada.fill("Title", "Meet every month");
    ada.fill("What do you propose or ask?", "We meet on the first Monday.");
    ada.submit("Continue");
    assert_eq!(ada.h1(), "Check before it opens");
    assert!(ada.text().contains("1 organisation") && ada.text().contains("Alder"), "{}", ada.text());
    ada.submit("Open the decision");
    assert!(ada.text().contains("Nobody speaks for Alder"), "{}", ada.text());
    ada.submit("Speak for Alder");

    // An objection needs an argument, and keeps the decision open.
    ada.follow("Answer");
    ada.submit("Continue");
    assert!(ada.has("link", "Choose an answer"), "{}", ada.text());
    ada.tick("Objection");
    ada.submit("Continue");
    assert!(ada.has("link", "Say why: this answer needs a reason"), "{}", ada.text());
    ada.fill("Reason (optional)", "Those who work on Mondays are left out.");
    ada.submit("Continue");
    assert!(ada.text().contains("can be seen by every member of"), "{}", ada.text());
    ada.submit("Give this answer");
    assert!(ada.text().contains("Your answer is taken.") && ada.text().contains("Alder: open"), "{}", ada.text());

    // The text is changed, names the objection, and everybody is asked anew.
    ada.follow("Change this decision");
    assert!(ada.text().contains("everybody is asked anew"), "{}", ada.text());
    ada.fill("What do you propose or ask?", "We meet on the first Monday, and in the evening.");
    ada.tick("The objection of Alder");
    ada.submit("Change it and ask everybody anew");
    assert!(ada.text().contains("Alder: integrated in version 2"), "{}", ada.text());
    assert!(ada.text().contains("Nobody has answered yet."), "{}", ada.text());
    assert!(ada.text().contains("Answers to version 1, which do not count any more"), "{}", ada.text());
    let path = ada.path();
    ada.follow("See what changed Version 2");
    assert!(ada.text().contains("and in the evening"), "{}", ada.text());
    ada.open(&path);
    answer(&ada, "Consent");
    until("the outcome is final", || {
        ada.open(&path);
        hold(ada.text().contains("This is final."), || ada.text())
    });
    assert!(ada.text().contains("Adopted"), "{}", ada.text());
    assert!(ada.has("link", "Download the proof"), "{}", ada.text());
    ada.follow("Minute 1");
    assert!(ada.text().contains("Meet every month: Adopted") && ada.text().contains("Signed by"), "{}", ada.text());
}

#[test]
fn another_charter_is_agreed_by_two_organisations_after_an_objection() {
    let network = Network::running(&["Alder", "Birch"]);
    let browser = Browser::start();
    let [ada, bea] = first_of_two(&network, &browser);
    ada.open("/charter");
    assert!(ada.text().contains("the charter with which the network began"), "{}", ada.text());
    ada.follow("Propose a change");
    ada.submit("Continue");
    assert!(ada.has("link", "Enter why you propose this"), "{}", ada.text());
    ada.fill("Why do you propose this?", "We have said nothing of what we hold dear.");
    ada.fill("What we hold dear (optional)", "Patience, and tea.");
    ada.tick("People like to meet");
    ada.submit("Continue");
    assert!(ada.text().contains("Patience, and tea."), "{}", ada.text());
    ada.submit("Open the decision");
    assert!(ada.text().contains("Patience, and tea."), "whoever is asked sees what would change: {}", ada.text());
    let path = ada.path();
    ada.submit("Speak for Alder");
    answer(&ada, "Consent");

    // Birch objects at its own node, and Alder proposes what meets that.
    until("Birch sees it", || {
        bea.open(&path);
        hold(bea.text().contains("Patience, and tea."), || bea.text())
    });
    bea.submit("Speak for Birch");
    bea.follow("Answer");
    bea.tick("Objection");
    bea.fill("Reason (optional)", "Not everybody drinks tea.");
    bea.submit("Continue");
    bea.submit("Give this answer");
    until("Alder sees the objection", || {
        ada.open(&path);
        hold(ada.text().contains("Not everybody drinks tea."), || ada.text())
    });
    ada.follow("Change this decision");
    ada.fill("What we hold dear (optional)", "Patience, and tea or coffee.");
    ada.fill("What the network is for", "");
    ada.tick("The objection of Birch");
    ada.submit("Change it and ask everybody anew");
    assert!(ada.has("link", "Enter what the network is for"), "{}", ada.text());
    ada.fill("What the network is for", "We try out what helps.");
    ada.submit("Change it and ask everybody anew");
    assert!(ada.text().contains("Birch: integrated in version 2"), "{}", ada.text());
    assert!(ada.text().contains("Patience, and tea or coffee."), "{}", ada.text());
    ada.follow("See what changed Version 2");
    assert!(ada.text().contains("What we hold dear") && ada.text().contains("or coffee"), "{}", ada.text());
    for person in [&ada, &bea] {
        until("version 2 is there", || {
            person.open(&path);
            hold(person.text().contains("tea or coffee"), || person.text())
        });
        answer(person, "Consent");
    }
    for person in [&ada, &bea] {
        until("the charter is another", || {
            person.open("/charter");
            let text = person.text();
            hold(text.contains("tea or coffee") && text.contains("In force since minute 2"), || text)
        });
    }
    ada.open(&path);
    assert!(ada.text().contains("The network has another charter."), "{}", ada.text());
    ada.open("/needs");
    let text = ada.text();
    assert!(text.contains("The charter was agreed"), "{text}");
    // Where people like to meet, they come first.
    let place = |link: &str| text.find(link).unwrap_or_else(|| panic!("no {link} in {text}"));
    assert!(place("Find people and organisations") < place("Find in the library"), "{text}");
}

#[test]
fn an_organisation_leaves_by_its_own_word() {
    let network = Network::running(&["Alder", "Birch"]);
    let browser = Browser::start();
    let [ada, bea] = first_of_two(&network, &browser);
    bea.open("/organisation/rest");
    bea.follow("Leave the network");
    bea.submit("Leave the network now");
    assert!(bea.has("link", "Tick the box to say that you want to leave"), "{}", bea.text());
    bea.tick("We want to leave the network");
    bea.submit("Leave the network now");
    let birch = bea.path();
    for person in [&ada, &bea] {
        until("it has left", || {
            person.open(&birch);
            hold(person.text().contains("It left with minute 2."), || person.text())
        });
    }
    bea.open("/organisation/rest");
    assert!(!bea.has("link", "Leave the network"), "{}", bea.text());
    // Every page says so from then on, and none says what is not so any more.
    for (path, said, unsaid) in [
        ("/needs", "Your organisation is not in this network any more.", "needs an answer"),
        ("/connected", "Nobody waits for it.", "Not yet"),
        ("/minutes", "the others go on without your organisation", "cannot be reached"),
    ] {
        bea.open(path);
        let text = bea.text();
        assert!(
            text.contains(said) && text.contains("It left with minute 2.") && !text.contains(unsaid),
            "{path}: {text}"
        );
    }
    let status = network.nodes[1].cli(["status"]).done().text();
    assert!(status.contains("is not in the network any more, since minute 2 (it left)"), "{status}");
    ada.open("/needs");
    assert!(!ada.text().contains("Your organisation is not in this network"), "{}", ada.text());
}

#[test]
fn options_are_put_in_order_by_the_keyboard_alone() {
    let network = Network::running(&["Alder"]);
    let browser = Browser::start();
    let ada = Person::first_of(&browser, &network.nodes[0], "Ada");
    ada.open("/voice");
    ada.tick("Ada");
    ada.submit("Give the voice to a member");
    ada.submit("Accept");
    ada.open("/decisions/new?kind=options");
    ada.fill("Title", "What to drink");
    ada.fill("What do you propose or ask?", "At the next meeting.");
    ada.fill("Options", "Tea\nWater\nMilk");
    ada.tick("Ranking, by run-off");
    ada.submit("Continue");
    ada.submit("Open the decision");
    let path = ada.path();
    let press = |role: &str, name: &str| {
        ada.tab_to(role, name);
        ada.leads_on(|page| page.press(Key::Enter));
    };
    let is_at = |name: &str| {
        until("the focus is where one goes on", || {
            let focused = ada.focused();
            hold(focused == ("button".to_owned(), name.to_owned()), || format!("{focused:?}: {}", ada.text()))
        });
    };
    press("link", "Answer");
    press("button", &about("Rank next", "Milk"));
    is_at(&about("Leave out", "Milk"));
    press("button", &about("Rank next", "Tea"));
    // The option that was ranked has the focus, and the next press moves it on.
    is_at(&about("Up", "Tea"));
    ada.leads_on(|page| page.press(Key::Enter));
    is_at(&about("Down", "Tea"));
    assert!(ada.text().contains("Tea is number 1 of 2."), "{}", ada.text());
    press("button", "Continue");
    press("button", "Give this answer");
    until("tea is chosen", || {
        ada.open(&path);
        hold(ada.text().contains("Chosen: Tea") && ada.text().contains("This is final."), || ada.text())
    });
}

#[test]
fn answers_are_hidden_as_long_as_the_terms_say() {
    let network = Network::running(&["Alder"]);
    let browser = Browser::start();
    let node = &network.nodes[0];
    let ada = Person::first_of(&browser, node, "Ada");
    let bea = Person::joined_by(&ada, &browser, node, "Bea");
    ada.open("/decisions/new?kind=proposal");
    ada.fill("Title", "Buy a kettle");
    ada.fill("What do you propose or ask?", "A big one.");
    ada.tick("Everybody in the network, once it has closed");
    ada.submit("Continue");
    assert!(ada.text().contains("Nobody can read an objection before the end"), "{}", ada.text());
    ada.submit("Open the decision");
    let path = ada.path();
    ada.submit("Speak for Alder");
    ada.follow("Answer");
    ada.tick("Objection");
    ada.fill("Reason (optional)", "marker-of-a-reason");
    ada.submit("Continue");
    ada.submit("Give this answer");
    bea.open(&path);
    let text = bea.text();
    assert!(text.contains("You see the answers once the decision has closed") && text.contains("1 of 1"), "{text}");
    assert!(!text.contains("marker-of-a-reason") && !text.contains("Objections"), "{text}");
    // She has not her organisation's voice, and is told who has.
    assert!(text.contains("Ada speaks for Alder in decisions."), "{text}");
    bea.open(&format!("{path}/position"));
    assert!(bea.text().contains("You cannot speak here"), "{}", bea.text());
    bea.open(&format!("{path}/change"));
    assert!(bea.text().contains("somebody else's to change"), "{}", bea.text());
}

/// The first members of two organisations that have both joined.
fn first_of_two(network: &Network, browser: &Browser) -> [Person; 2] {
    let [ada, bea] =
        [(0, "Ada"), (1, "Bea")].map(|(place, name)| Person::first_of(browser, &network.nodes[place], name));
    until("both have joined", || {
        ada.open("/minutes");
        hold(ada.text().contains("Minute 1"), || ada.text())
    });
    [ada, bea]
}

/// Answers the decision that is open on the page.
fn answer(person: &Person, position: &str) {
    person.follow("Answer");
    person.tick(position);
    person.submit("Continue");
    person.submit("Give this answer");
}
