//! How every page looks: nobody is kept out by its colours, its names or its width. One walk goes by all of them, empty and
//! full, right and wrong, and leaves pictures of each in `target/screenshots` for people to look at.
//!
//! A new page is missed by the walk until somebody adds it: most need one line in [`Walk::by_what_members_open`].

mod decisions;
mod hosting;
mod reminders;

use std::{collections::BTreeSet, fs};

use knotwork_identity::Genesis;
use knotwork_replica::{Batch, Storage as _};
use knotwork_store::{Options, SledOptions, Store};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{
    chromium::Browser,
    people::{PASSPHRASE, Person, about, set_up_code, site_of},
};
use crate::harness::{
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn every_page_is_for_everybody() {
    let mut network = Network::running(&["Alder", "Birch and Cedar Valley Community Partnership"]);
    let browser = Browser::start();
    let mut walk = Walk { browser: &browser, seen: BTreeSet::new(), findings: Vec::new() };
    let node = &network.nodes[0];
    walk.by_what_strangers_open(node);
    let ada = walk.by_the_first_account(node);
    walk.by_a_library_that_is_empty(&ada);
    walk.by_what_members_open(&ada);
    walk.by_accounts(&ada, node);
    walk.by_a_profile(&ada);
    walk.by_roles(&ada, node);
    walk.by_organisations(&ada);
    walk.by_a_library_that_is_full(&ada, node);
    walk.by_what_is_written_in_two_ways(&ada);
    walk.by_what_does_not_work(&ada);
    walk.by_those_who_leave(&ada, node);
    network.nodes[1].kill();
    walk.by_a_network_with_somebody_away(&ada);
    walk.by_a_decision_that_waits(&ada);
    walk.by_decisions();
    walk.by_hosting();
    walk.by_reminders();
    walk.by_an_agreement_that_is_new(ada, &mut network);
    walk.finish();
}

/// What has been looked at, and what was found.
struct Walk<'a> {
    browser: &'a Browser,
    /// The routes that have been shown.
    seen: BTreeSet<&'static str>,
    findings: Vec<String>,
}

impl Walk<'_> {
    fn by_what_strangers_open(&mut self, node: &Node) {
        let stranger = Person::new_at(self.browser, node);
        self.open(&stranger, "start-without-accounts", "/");
        self.open(&stranger, "set-up", "/set-up");
        self.open(&stranger, "set-up-wrong", "/set-up?code=wrong");
        self.open(&stranger, "sign-in", "/sign-in");
        self.open(&stranger, "sign-in-again", "/sign-in?ended=1");
        stranger.submit("Sign in");
        self.look(&stranger, "sign-in-empty");
        stranger.fill("Sign-in name", "nobody");
        stranger.fill("Passphrase", "nothing");
        stranger.submit("Sign in");
        self.look(&stranger, "sign-in-wrong");
        self.open(&stranger, "help", "/help");
        self.open(&stranger, "agreement", "/agreement/text");
        self.open(&stranger, "nothing-here", "/nothing/here");
        self.open(&stranger, "invitation-unknown", "/join/unknown");
        stranger.submit("Cymraeg");
        self.look(&stranger, "welsh");
    }

    fn by_the_first_account(&mut self, node: &Node) -> Person {
        let ada = Person::new_at(self.browser, node);
        self.open(&ada, "first-account", &format!("/set-up/{}", set_up_code(node)));
        ada.submit("Make my account");
        self.look(&ada, "first-account-wrong");
        ada.make_account("Ada");
        self.look(&ada, "needs-at-first");
        let stranger = Person::new_at(self.browser, node);
        self.open(&stranger, "start", "/");
        ada
    }

    /// Pages that need no more than somebody who is signed in.
    fn by_what_members_open(&mut self, ada: &Person) {
        for (name, path) in [
            ("people-at-first", "/people"),
            ("people-not-found", "/people?words=nobody"),
            ("profile-at-first", "/profile"),
            ("profile-questions", "/profile/edit"),
            ("connected", "/connected"),
            ("settings-at-first", "/settings"),
            ("passphrase", "/settings/passphrase"),
            ("tokens-at-first", "/settings/tokens"),
            ("notices", "/settings/notices"),
            ("invitations-at-first", "/settings/invitations"),
            ("colleagues-at-first", "/settings/colleagues"),
            ("help-for-members", "/help"),
        ] {
            self.open(ada, name, path);
        }
    }

    fn by_a_library_that_is_empty(&mut self, ada: &Person) {
        self.open(ada, "library-empty", "/library");
        self.open(ada, "drafts-none", "/library/drafts");
        self.open(ada, "add", "/library/add");
        ada.submit("Continue");
        self.look(ada, "add-wrong");
        ada.fill("Title", LONG_TITLE);
        ada.tick("Toolkit");
        ada.fill("Summary (optional)", "A sentence or two.");
        ada.fill("Text (optional)", TEXT);
        ada.fill("Tags (optional)", "grief\nhome visits");
        ada.submit("Continue");
        self.look(ada, "add-check");
        ada.submit("Keep as a draft");
        self.look(ada, "drafts");
    }

    fn by_accounts(&mut self, ada: &Person, node: &Node) {
        ada.open("/settings/passphrase");
        ada.fill("Passphrase now", "wrong");
        ada.fill("New passphrase", PASSPHRASE);
        ada.submit("Change your passphrase");
        self.look(ada, "passphrase-wrong");
        ada.open("/settings/tokens");
        ada.submit("Make a token");
        self.look(ada, "tokens-wrong");
        ada.fill("What is it for?", "weekly report");
        ada.tick("Read what you can read");
        ada.fill("After how many days does it end?", "7");
        ada.submit("Make a token");
        self.look(ada, "tokens");

        let bea = Person::joined_by(ada, self.browser, node, "Bea");
        let link = ada.invite();
        self.look(ada, "invitations");
        let cal = Person::new_at(self.browser, node);
        cal.goto(&link);
        self.look(&cal, "join");
        cal.submit("Make my account");
        self.look(&cal, "join-wrong");
        cal.make_account("Cal");
        self.look(&cal, "waiting");
        let late = Person::new_at(self.browser, node);
        late.goto(&link);
        self.look(&late, "invitation-used");
        self.open(&bea, "stewards-only", "/settings/colleagues");
        ada.open("/settings/colleagues");
        ada.submit(&about("Make a steward", "bea"));
        self.look(ada, "colleagues");
        self.open(ada, "stand-in-questions", "/stand-in");
        ada.submit("Ask a colleague to stand in for you");
        self.look(ada, "stand-in-wrong");
        ada.tick("Bea");
        ada.submit("Ask a colleague to stand in for you");
        self.look(ada, "stand-in-asked");
        self.open(&bea, "needs-stand-in", "/needs");
        bea.open("/stand-in");
        bea.submit("Accept");
        self.look(&bea, "stand-in-accepted");
        // Signed in at a second place, and with everything that may need somebody.
        late.open("/sign-in");
        late.fill("Sign-in name", "ada");
        late.fill("Passphrase", PASSPHRASE);
        late.submit("Sign in");
        self.open(ada, "settings", "/settings");
        self.open(ada, "needs", "/needs");
    }

    fn by_a_profile(&mut self, ada: &Person) {
        ada.open("/profile/edit");
        ada.fill("Name", "");
        ada.submit("Save");
        self.look(ada, "profile-wrong");
        ada.fill("Name", "Ada Featherstonehaugh-Cholmondeley");
        ada.fill("Pronouns (optional)", "she/her");
        for label in ["Post", "Languages", "Skills", "Interests", "What I can offer", "How to reach me"] {
            ada.fill(&format!("{label} (optional)"), "Something\nThat is said in two lines, of which one is long");
        }
        ada.submit("Save");
        self.look(ada, "profile");
        ada.follow("See it as others do");
        self.look(ada, "person");
        self.open(ada, "people", "/people");
    }

    fn by_roles(&mut self, ada: &Person, node: &Node) {
        self.open(ada, "roles-at-first", "/roles");
        self.open(ada, "take-on", "/roles/take-on");
        ada.submit("Take on a role");
        self.look(ada, "take-on-wrong");
        ada.tick("Expert");
        ada.fill("What is it about? (optional)", LONG_TITLE);
        // Within a month of any day on which this runs.
        let soon = "new Date(Date.now() + 8.64e8).toISOString().slice(0, 10)";
        ada.ask(&format!("document.querySelector('[name=until]').value = {soon}"));
        ada.submit("Take on a role");
        self.look(ada, "roles");
        self.open(ada, "role-holders", "/roles?role=expert");
        self.open(ada, "role-unheld", "/roles?role=sponsor");
        self.open(ada, "roles-again", "/roles");
        let role = ada.ask("[...document.links].find((link) => /roles.b/.test(link.href)).href");
        ada.goto(role.as_str().expect("an address"));
        self.look(ada, "own-role");
        let dai = Person::joined_by(ada, self.browser, node, "Dai");
        dai.open("/people?words=ada");
        dai.follow("Ada Featherstonehaugh-Cholmondeley");
        self.look(&dai, "person-with-a-role");
        dai.follow("Ask to take on a role");
        self.look(&dai, "ask");
        dai.submit("Ask");
        self.look(&dai, "ask-wrong");
        dai.tick("Organisational representative");
        dai.fill("What do you want to say? (optional)", "Because you know everybody.\n\nIt is an hour a month.");
        dai.submit("Ask");
        self.look(&dai, "roles-asked");
        self.open(ada, "needs-an-answer", "/needs");
        ada.follow("Would you be: Organisational representative?");
        self.look(ada, "role-request");
        ada.submit("Not now");
        self.look(ada, "not-now");
    }

    fn by_organisations(&mut self, ada: &Person) {
        self.open(ada, "organisation-questions", "/organisation/edit");
        ada.fill("Website (optional)", "not an address");
        ada.submit("Save");
        self.look(ada, "organisation-wrong");
        ada.fill("What we do (optional)", "We visit people at home.\n\nWe have done so since 1954.");
        ada.fill("Sectors (optional)", "health\nhousing");
        ada.fill("Places (optional)", LONG_WORD);
        ada.fill("Website (optional)", "https://example.org/a/page");
        ada.submit("Save");
        self.look(ada, "organisation");
    }

    fn by_a_library_that_is_full(&mut self, ada: &Person, node: &Node) {
        let api = node.api();
        for number in 0..50 {
            api.add(&json!({
                "title": format!("Number {number}"), "summary": "Short and to the point.", "kind": "evidence",
                "tags": ["grief", format!("tag {}", number % 20)],
            }));
        }
        api.add(&json!({ "title": "زيارة منزلية", "summary": LONG_WORD, "tags": [LONG_WORD] }));
        let full = api.add(&json!({
            "title": LONG_TITLE, "summary": LONG_WORD, "body": TEXT, "kind": "case-study", "licence": "CC BY 4.0",
            "language": "en", "tags": ["grief", "home visits", LONG_WORD],
            "links": [format!("https://example.org/{LONG_WORD}"), "javascript:not-a-link"],
        }));
        self.open(ada, "library", "/library?page=2");
        self.open(ada, "library-filters", "/library?words=number&tag=grief&kind=evidence&kind=toolkit&sort=changed");
        self.open(ada, "library-nothing-found", "/library?words=elephants&tag=rare");
        let path = format!("/library/{full}");
        self.open(ada, "resource", &path);
        self.open(ada, "edit", &format!("{path}/edit"));
        ada.fill("Title", "");
        ada.submit("Save");
        self.look(ada, "edit-wrong");
        ada.fill("Title", "A shorter title");
        ada.fill("Text (optional)", &TEXT.replace("valley", "hills"));
        ada.fill("Tags (optional)", "grief");
        ada.submit("Save");
        self.look(ada, "resource-edited");
        self.open(ada, "history", &format!("{path}/history"));
        ada.submit("Compare");
        self.look(ada, "comparison");
        self.open(ada, "adapt", &format!("/library/add?from={full}"));
        for (name, which) in [("version-last", "at(0)"), ("version-first", "at(-1)")] {
            ada.open(&format!("{path}/history"));
            let version = ada.ask(&format!("[...document.links].filter((link) => link.search).{which}.href"));
            ada.goto(version.as_str().expect("an address"));
            self.look(ada, name);
        }
    }

    fn by_what_is_written_in_two_ways(&mut self, ada: &Person) {
        ada.open("/library?words=shorter");
        ada.follow("A shorter title");
        let path = ada.path();
        // Both forms are opened before either is sent, as by two people.
        let tabs = [ada.second_tab(self.browser), ada.second_tab(self.browser)];
        for tab in &tabs {
            tab.open(&format!("{path}/edit"));
        }
        for (tab, title) in tabs.iter().zip(["One title", LONG_TITLE]) {
            tab.fill("Title", title);
            tab.submit("Save");
        }
        self.look(&tabs[1], "resource-in-two-ways");
        ada.wait_for_text("Somebody has just changed this resource.");
        self.look(ada, "resource-changed-meanwhile");
        self.open(ada, "needs-a-choice", "/needs");
    }

    fn by_those_who_leave(&mut self, ada: &Person, node: &Node) {
        let eve = Person::joined_by(ada, self.browser, node, "Eve");
        ada.open("/people?words=eve");
        ada.follow("Eve");
        self.look(ada, "person-for-stewards");
        ada.submit(&about("Make a link for a new passphrase", "Eve"));
        self.look(ada, "reset-link");
        let text = ada.text();
        let link = text.lines().find(|line| line.trim().starts_with("http://")).expect("a link is shown").trim();
        let forgetful = Person::new_at(self.browser, node);
        forgetful.goto(link);
        self.look(&forgetful, "reset");
        forgetful.fill("New passphrase", "short");
        forgetful.submit("Use this passphrase");
        self.look(&forgetful, "reset-wrong");
        forgetful.fill("New passphrase", "another cup of tea then");
        forgetful.submit("Use this passphrase");
        eve.goto(link);
        self.look(&eve, "reset-used");
        ada.open("/people?words=eve");
        ada.follow("Eve");
        self.look(ada, "person-with-a-new-key");
        ada.follow(&about("This person has left", "Eve"));
        self.look(ada, "left");
        ada.submit("Close this account");
        self.look(ada, "left-wrong");
        ada.tick("Keep it");
        ada.submit("Close this account");
        self.look(ada, "colleagues-after");
        self.open(ada, "close-own", "/settings/close");
    }

    fn by_what_does_not_work(&mut self, ada: &Person) {
        self.open(ada, "nothing-here-for-members", "/library/nothing");
        self.open(ada, "wrong-method", "/sign-out");
        ada.open("/settings/invitations");
        ada.ask("document.querySelectorAll('[name=form-token]').forEach((field) => { field.value = 'another' })");
        ada.submit("Make an invitation");
        self.look(ada, "foreign-form");
    }

    fn by_a_network_with_somebody_away(&mut self, ada: &Person) {
        until("the other one is missed", || {
            ada.open("/connected");
            hold(ada.text().contains("Not connected."), || ada.text())
        });
        self.look(ada, "connected-nobody-there");
    }

    fn by_an_agreement_that_is_new(&mut self, ada: Person, network: &mut Network) {
        assert!(network.nodes[0].stop(Signal::TERM).success());
        make_agreements_old(network);
        network.nodes[0].start();
        let ada = Person { site: site_of(&network.nodes[0]), ..ada };
        self.open(&ada, "agreement-new", "/library");
        ada.submit("I have read both, and I agree");
        assert_eq!(ada.h1(), "What needs you");
    }

    /// Opens a page, and looks at it.
    fn open(&mut self, person: &Person, name: &str, path: &str) {
        person.open(path);
        self.look(person, name);
    }

    /// Looks at the page that is open.
    fn look(&mut self, person: &Person, name: &str) {
        let (path, heading) = (person.path(), person.h1());
        self.seen.extend(route_of(&path));
        // A title tells one tab, one entry of the history, from another.
        let title = person.title();
        let titled = title.trim_start_matches("Error: ").starts_with(&heading);
        if !titled {
            self.findings.push(format!("{name}, {path}: its title is {title:?}, and its heading {heading:?}"));
        }
        self.findings.extend(person.findings(name).iter().map(|finding| format!("{name}, {path}: {finding}")));
    }

    /// Says what was found, and which pages were missed.
    fn finish(self) {
        let missed = missed(&self.seen);
        assert!(missed.is_empty(), "nobody looks at these pages; add them to this walk: {missed:?}");
        assert!(self.findings.is_empty(), "{}", self.findings.join("\n"));
        for route in NO_PAGES {
            assert!(pages().any(|page| page == route), "{route} is no route any more");
        }
    }
}

/// As if everybody with an account at the first node, which is stopped, had accepted an older version of the agreement: so
/// far there is one version only.
fn make_agreements_old(network: &Network) {
    let genesis = Genesis::from_bytes(&fs::read(&network.genesis).expect("it is there")).expect("it is one");
    let options = Options { fresh_incarnation: [0; 16], sled: SledOptions::default() };
    let opened = Store::open(&network.nodes[0].folder.join("store"), genesis.network(), &options);
    let (store, _) = opened.expect("nobody else has it open");
    let accounts = store.locals("account/of/").expect("readable");
    assert!(!accounts.is_empty(), "accounts are kept in another place");
    let local = accounts.into_iter().map(|(name, record)| {
        let mut record: Value = serde_json::from_slice(&record).expect("a record is JSON");
        record["agreement"][0] = json!(0);
        (name, Some(record.to_string().into_bytes()))
    });
    store.commit(&Batch { local: local.collect(), ..Batch::default() }).expect("it can be written");
    store.sync().expect("it can be written");
}

/// Every route that is there to be opened, as the table of the routes has it.
fn pages() -> impl Iterator<Item = &'static str> {
    let table = include_str!("../../crates/pages/src/routes.rs");
    let routes = table.split(".route(").skip(1).map(|route| route.split(".fallback(").next().unwrap_or_default());
    routes.filter(|route| route.contains("get(")).filter_map(|route| route.split('"').nth(1))
}

/// The pages that are not among these.
fn missed(seen: &BTreeSet<&str>) -> Vec<&'static str> {
    pages().filter(|route| !seen.contains(route) && !NO_PAGES.contains(route)).collect()
}

/// The route that answers for a path.
fn route_of(path: &str) -> Option<&'static str> {
    let fits = |route: &&str| {
        let (parts, given) = (route.split('/'), path.split('/'));
        parts.clone().count() == given.clone().count()
            && parts.zip(given).all(|(part, given)| part == given || part.starts_with('{'))
    };
    // Where several do, the one with the most that is given.
    pages().filter(fits).min_by_key(|route| route.matches('{').count())
}

#[test]
fn a_path_is_of_the_route_that_answers() {
    for (path, route) in [
        ("/", Some("/")),
        ("/library", Some("/library")),
        ("/library/add", Some("/library/add")),
        ("/library/x", Some("/library/{id}")),
        ("/library/x/history", Some("/library/{id}/history")),
        ("/sign-out", None),
        ("/nothing/here", None),
    ] {
        assert_eq!(route_of(path), route, "{path}");
    }
}

#[test]
fn a_page_that_nobody_looks_at_is_missed() {
    let all: BTreeSet<&str> = pages().collect();
    assert!(all.contains("/library/{id}/history") && !all.contains("/sign-out"), "{all:?}");
    assert_eq!(missed(&all), [""; 0]);
    let seen: BTreeSet<&str> = all.into_iter().filter(|route| *route != "/help").collect();
    assert_eq!(missed(&seen), ["/help"]);
}

/// What is opened and yet has no look of its own.
const NO_PAGES: [&str; 3] = [
    "/assets/{name}",
    // A file.
    "/decisions/{id}/proof",
    // A stream of events.
    "/library/{id}/watch",
];

const LONG_TITLE: &str = "What we learned from three years of visiting people at home after the death of somebody close to \
                          them, and what we would do in another way";

const LONG_WORD: &str =
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch-and-Donaudampfschifffahrtsgesellschaft";

/// Everything that Markdown has.
const TEXT: &str = "# Before you go\n\nBring **tea** and *time*. Ask in the valley, or [read more](https://example.org).\n\n\
                    ## What to take\n\n- A list\n  - with a list within\n- and `some code`\n\n1. First\n2. Second\n\n\
                    > Somebody said this, and it was long enough to need more than one line on a small telephone.\n\n\
                    ```\nlet code = \"that is much longer than a small telephone is wide, and has no reason to break\";\n```\n\n\
                    | Where | When | How many people came |\n|---|---|---|\n| Hall | Monday | 12 |\n| Chapel | Friday | 7 |\n\n\
                    | Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday |\n|-|-|-|-|-|-|-|\n\
                    | visits | visits | singing | visits | lunch together | walking | nothing |\n\n\
                    ---\n\n### A small heading\n\nThe end.";
