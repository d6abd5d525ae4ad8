//! Coming in: the first account of a node, a colleague by a link, and signing in by the keyboard alone.

use super::{
    chromium::Browser,
    keys::Key,
    people::{PASSPHRASE, Person, about, set_up_code},
};
use crate::harness::network::Network;

#[test]
fn the_first_member_sets_the_node_up_with_the_code() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    let ada = Person::new_at(&browser, node);
    ada.open("/");
    assert!(ada.text().contains("Nobody has an account here yet"), "{}", ada.text());
    ada.follow("Set up this node");
    // A wrong code is said to be wrong, and does not go any further.
    ada.fill("Set-up code", "not the code");
    ada.submit("Continue");
    assert!(ada.title().starts_with("Error: ") && ada.has("heading", "There is a problem"), "{}", ada.text());
    ada.fill("Set-up code", &set_up_code(node));
    ada.submit("Continue");
    assert_eq!(ada.h1(), "Make the first account");
    let form = ada.url();

    // Each of the questions that were passed over is named, and leads to its field.
    ada.submit("Make my account");
    for fault in ["Enter your name", "Enter your sign-in name", "Enter a passphrase of at least 12 characters"] {
        assert!(ada.has("link", fault), "{fault}: {}", ada.text());
    }
    ada.click("link", "Enter your sign-in name");
    assert_eq!(ada.focused(), ("textbox".to_owned(), "Sign-in name".to_owned()));
    ada.make_account("Ada");
    assert_eq!((ada.h1().as_str(), ada.path().as_str()), ("What needs you", "/needs"));
    assert!(ada.text().contains("Hello Ada."), "{}", ada.text());

    // Nobody makes a first account twice.
    let late = Person::new_at(&browser, node);
    late.goto(&form);
    assert_eq!(late.h1(), "This link does not work");
    late.open("/set-up");
    assert_eq!(late.h1(), "Sign in");
    late.open("/");
    assert!(!late.text().contains("Nobody has an account"), "{}", late.text());
}

#[test]
fn a_colleague_joins_by_a_link_and_a_steward_confirms() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    let ada = Person::first_of(&browser, node, "Ada");
    ada.follow("Settings");
    ada.follow("Invite a colleague");
    let link = ada.invite();

    let bea = Person::new_at(&browser, node);
    bea.goto(&link);
    assert!(bea.text().contains("a member of"), "{}", bea.text());
    bea.make_account("Bea");
    assert_eq!(bea.h1(), "Waiting for a steward");
    bea.open("/library");
    assert_eq!(bea.h1(), "Waiting for a steward", "she is not confirmed");
    bea.follow("Look again");
    assert_eq!(bea.h1(), "Waiting for a steward");

    ada.follow("What needs you");
    ada.follow("1 colleague waits to be confirmed");
    ada.submit(&about("Confirm", "bea"));
    assert!(ada.text().contains("That is done."), "{}", ada.text());
    bea.follow("Look again");
    assert_eq!(bea.h1(), "What needs you");
    bea.follow("People and organisations");
    assert!(bea.has("link", "Ada") && bea.has("link", "Bea"), "{}", bea.text());

    // The link has done its work, and one that was taken back never does.
    let late = Person::new_at(&browser, node);
    late.goto(&link);
    assert_eq!(late.h1(), "This link does not work");
    let second = ada.invite();
    let made = ada.ask(OPEN_INVITATION);
    ada.submit(&about("Take it back", made.as_str().expect("it is open")));
    late.goto(&second);
    assert_eq!(late.h1(), "This link does not work");
}

/// When the one open invitation was made, as the button says that takes it back.
const OPEN_INVITATION: &str = "[...document.querySelectorAll('button')].map((button) => button.textContent.trim())
    .find((text) => text.startsWith('Take it back: ')).replace('Take it back: ', '')";

#[test]
fn the_keyboard_alone_signs_in_and_out() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    drop(Person::first_of(&browser, node, "Ada"));
    let ada = Person::new_at(&browser, node);
    ada.open("/");
    ada.press(Key::Tab);
    assert_eq!(ada.focused(), ("link".to_owned(), "Skip to main content".to_owned()));
    ada.tab_to("link", "Sign in");
    ada.leads_on(|page| page.press(Key::Enter));
    ada.tab_to("textbox", "Sign-in name");
    ada.type_in("ada");
    ada.tab_to("textbox", "Passphrase");
    ada.type_in("not the passphrase");
    ada.leads_on(|page| page.press(Key::Enter));

    // What is wrong takes the focus, and leads to where it is put right.
    assert_eq!(ada.focused(), ("alert".to_owned(), "There is a problem".to_owned()));
    ada.press(Key::Tab);
    assert_eq!(ada.focused().0, "link");
    ada.press(Key::Enter);
    assert_eq!(ada.focused(), ("textbox".to_owned(), "Sign-in name".to_owned()));
    assert_eq!(ada.value("Sign-in name"), "ada");
    ada.tab_to("textbox", "Passphrase");
    ada.type_in(PASSPHRASE);
    ada.tab_to("button", "Sign in");
    ada.leads_on(|page| page.press(Key::Enter));
    assert_eq!(ada.h1(), "What needs you");

    ada.press(Key::Tab);
    ada.press(Key::Enter);
    assert_eq!(ada.focused().0, "main", "the menu is left out");
    ada.open("/needs");
    ada.tab_to("button", "Sign out");
    ada.leads_on(|page| page.press(Key::Space));
    assert!(ada.has("heading", "No account yet?"), "{}", ada.text());
    ada.open("/needs");
    assert_eq!(ada.h1(), "Sign in");
}
