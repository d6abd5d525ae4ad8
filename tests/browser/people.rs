//! The people of the journeys: each with a page of their own, at the node of their organisation.

use std::{fs, ops::Deref};

use super::{chromium::Browser, page::Page};
use crate::harness::daemon::Node;

/// Somebody at a node, signed in or not.
pub(crate) struct Person {
    pub(crate) page: Page,
    /// Where the node's pages are.
    pub(crate) site: String,
}

impl Person {
    /// Somebody who has not been seen here before.
    pub(crate) fn new_at(browser: &Browser, node: &Node) -> Self {
        Self { page: browser.visitor(), site: site_of(node) }
    }

    /// The first member of a node, who makes the account with the set-up code.
    pub(crate) fn first_of(browser: &Browser, node: &Node, name: &str) -> Self {
        let person = Self::new_at(browser, node);
        person.open(&format!("/set-up/{}", set_up_code(node)));
        person.make_account(name);
        assert_eq!(person.h1(), "What needs you");
        person
    }

    /// A colleague of this steward, who has been invited and confirmed.
    pub(crate) fn joined_by(steward: &Self, browser: &Browser, node: &Node, name: &str) -> Self {
        let person = Self::new_at(browser, node);
        person.goto(&steward.invite());
        person.make_account(name);
        steward.open("/settings/colleagues");
        steward.submit(&about("Confirm", &sign_in_name(name)));
        person.follow("Look again");
        assert_eq!(person.h1(), "What needs you");
        person
    }

    /// The same person in a second tab.
    pub(crate) fn second_tab(&self, browser: &Browser) -> Self {
        Self { page: browser.beside(&self.page), site: self.site.clone() }
    }

    /// Goes to a page of the node.
    pub(crate) fn open(&self, path: &str) {
        self.goto(&format!("{}{path}", self.site));
    }

    /// The path of the page that is there, without its query.
    pub(crate) fn path(&self) -> String {
        let url = self.url();
        let path = url.strip_prefix(&self.site).unwrap_or_else(|| panic!("{url} is not at {}", self.site));
        path.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Answers the questions of a new account, and sends them.
    pub(crate) fn make_account(&self, name: &str) {
        self.fill("Your name", name);
        self.fill("Sign-in name", &sign_in_name(name));
        self.fill("Passphrase", PASSPHRASE);
        self.tick("I have read both, and I agree");
        self.submit("Make my account");
    }

    /// Makes an invitation, and gives the link that it shows.
    pub(crate) fn invite(&self) -> String {
        self.open("/settings/invitations");
        self.submit("Make an invitation");
        let text = self.text();
        let link = text.lines().find(|line| line.trim().starts_with("http://"));
        link.unwrap_or_else(|| panic!("no link in {text}")).trim().to_owned()
    }
}

impl Deref for Person {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

/// Where a node's pages are. It is another place each time that it starts.
pub(crate) fn site_of(node: &Node) -> String {
    format!("http://{}", node.api().address)
}

/// The code that the node wrote into its folder when it started for the first time.
pub(crate) fn set_up_code(node: &Node) -> String {
    let code = fs::read_to_string(node.folder.join("set-up-code")).expect("written at the first start");
    code.trim().to_owned()
}

/// What a button in a list is called that says, for those who do not see the list, whom or what it is about. Chromium
/// puts a space before words that are there to be heard alone.
pub(crate) fn about(button: &str, whom: &str) -> String {
    format!("{button} : {whom}")
}

pub(crate) fn sign_in_name(name: &str) -> String {
    name.to_lowercase()
}

pub(crate) const PASSPHRASE: &str = "tea by the river today";
