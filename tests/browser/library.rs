//! The library: add a resource, find it, edit it, and look at what it was before.

use super::{chromium::Browser, keys::Key, page::Scripts, people::Person};
use crate::harness::network::Network;

#[test]
fn a_resource_is_added_found_edited_compared_and_brought_back() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    let ada = Person::first_of(&browser, node, "Ada");
    add(&ada);
    find(&ada);
    edit(&ada);

    ada.follow("History");
    assert_eq!(ada.h1(), "History of “Talking about grief”");
    assert!(ada.text().contains("2 changes, newest first"), "{}", ada.text());
    let [edited, added] = &changes(&ada)[..] else { panic!("not two changes: {}", ada.text()) };
    ada.goto(edited);
    // Deaf to colours, a reader hears where what was put in begins and ends.
    let compared = ada.text();
    assert!(compared.contains("What this change did"), "{compared}");
    let said = ada.ask("document.querySelector('main').textContent").to_string();
    assert!(said.contains("Put in: Bring biscuits."), "{said}");
    assert!(!ada.has("button", "Bring this version back"), "it is what there is now");
    ada.goto(added);
    assert!(ada.text().contains("This is how it began."), "{}", ada.text());
    ada.submit("Bring this version back");
    assert!(ada.text().contains("The older version is back"), "{}", ada.text());
    assert!(ada.text().contains("Bring tea.") && !ada.text().contains("biscuits"), "{}", ada.text());
    ada.follow("History");
    assert_eq!(changes(&ada).len(), 3, "nothing was lost");
}

#[test]
fn without_scripts_a_resource_is_added_found_and_edited() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    let ada = Person::new_at(&browser, node);
    ada.scripts(Scripts::Off);
    ada.open(&format!("/set-up/{}", super::people::set_up_code(node)));
    ada.make_account("Ada");
    ada.open("/library");
    add(&ada);
    find(&ada);
    edit(&ada);
    assert_eq!(ada.screen().scripts, Scripts::Off);
}

#[test]
fn the_keyboard_alone_adds_a_resource_and_finds_it() {
    let network = Network::running(&["Alder"]);
    let (browser, node) = (Browser::start(), &network.nodes[0]);
    let ada = Person::first_of(&browser, node, "Ada");
    let press_on = |role: &str, name: &str, key: Key| {
        ada.tab_to(role, name);
        ada.leads_on(|page| page.press(key));
    };
    press_on("link", "Library", Key::Enter);
    press_on("link", "Add a resource", Key::Enter);
    ada.tab_to("textbox", "Title");
    ada.type_in("Walking together");
    ada.tab_to("radio", "Toolkit");
    ada.press(Key::Space);
    ada.press(Key::Down);
    assert_eq!(ada.focused(), ("radio".to_owned(), "Case study".to_owned()));
    press_on("button", "Continue", Key::Enter);
    press_on("button", "Share with the network", Key::Space);
    assert_eq!(ada.h1(), "Walking together");
    assert!(ada.text().contains("Case study"), "{}", ada.text());

    press_on("link", "Library", Key::Enter);
    ada.tab_to("DisclosureTriangle", "Filters and order");
    ada.press(Key::Space);
    ada.tab_to("checkbox", "Case study");
    ada.press(Key::Space);
    press_on("button", "Use these", Key::Enter);
    press_on("link", "Walking together", Key::Enter);

    // Whoever goes by the keyboard sees where they are, at each stop of a long page.
    press_on("link", "Edit", Key::Enter);
    let mut stops = 0;
    loop {
        ada.press(Key::Tab);
        if ada.ask("document.activeElement === document.body") == true {
            break;
        }
        assert_eq!(ada.ask(FOCUS_IS_SEEN), true, "{:?} has the focus, and nobody sees it", ada.focused());
        stops += 1;
        assert!(stops < 100, "the keyboard goes round in circles");
    }
    assert!(stops > 20, "only {stops} stops");
}

/// Whether what has the focus is marked, within the window and in front of everything else.
const FOCUS_IS_SEEN: &str = "(() => {
    const focused = document.activeElement, style = getComputedStyle(focused), box = focused.getBoundingClientRect();
    const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const front = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return marked && !!front && (focused.contains(front) || front.contains(focused));
})()";

/// Answers the questions, changes an answer, puts all aside as a draft, and shares it at last.
fn add(ada: &Person) {
    ada.follow("Library");
    assert!(ada.has("heading", "0 resources"), "{}", ada.text());
    ada.follow("Add a resource");
    ada.submit("Continue");
    assert!(ada.title().starts_with("Error: ") && ada.has("link", "Enter a title"), "{}", ada.text());
    ada.fill("Title", "Talking of grief");
    ada.tick("Guidance");
    ada.fill("Summary (optional)", "For those who visit people at home.");
    ada.fill("Text (optional)", "# Before you go\n\nBring tea.\n\n- Listen\n- Wait");
    ada.fill("Tags (optional)", "grief\nhome visits");
    ada.submit("Continue");
    assert_eq!(ada.h1(), "Check before you share");
    assert!(ada.text().contains("Guidance") && ada.has("heading", "Before you go"), "{}", ada.text());
    ada.submit("Change something");
    assert_eq!(ada.value("Title"), "Talking of grief");
    ada.fill("Title", "Talking about grief");
    ada.submit("Keep as a draft");
    assert_eq!(ada.h1(), "My drafts");
    ada.follow("Talking about grief");
    assert_eq!(ada.value("Text (optional)"), "# Before you go\n\nBring tea.\n\n- Listen\n- Wait");
    ada.submit("Continue");
    ada.submit("Share with the network");
    assert!(ada.text().contains("The resource is in the library."), "{}", ada.text());
    assert_eq!(ada.h1(), "Talking about grief");
    ada.open("/library/drafts");
    assert!(ada.text().contains("You have no drafts."), "{}", ada.text());
}

/// Finds it by its words and by its tag, and not where it is not.
fn find(ada: &Person) {
    ada.follow("Library");
    ada.fill("Find in the library", "elephants");
    ada.submit("Find");
    assert!(ada.text().contains("Nothing was found."), "{}", ada.text());
    ada.fill("Find in the library", "visit grief");
    ada.submit("Find");
    assert!(ada.has("heading", "1 resource"), "{}", ada.text());
    ada.follow("Talking about grief");
    ada.follow("home visits");
    assert!(ada.has("heading", "1 resource"), "{}", ada.text());
    // The filters stay as they are set: the address has them.
    ada.tick("Recording");
    ada.submit("Use these");
    assert!(ada.has("heading", "0 resources"), "{}", ada.text());
    ada.follow("Clear the search");
    ada.follow("Talking about grief");
}

/// Adds a line.
fn edit(ada: &Person) {
    ada.follow("Edit");
    assert_eq!(ada.h1(), "Edit “Talking about grief”");
    ada.fill("Text (optional)", "# Before you go\n\nBring tea.\n\nBring biscuits.\n\n- Listen\n- Wait");
    ada.submit("Save");
    assert!(ada.text().contains("Your change is saved."), "{}", ada.text());
    assert!(ada.text().contains("Bring biscuits."), "{}", ada.text());
}

/// Where each change is shown, newest first.
fn changes(ada: &Person) -> Vec<String> {
    let links = ada.ask(
        "[...document.links].filter((link) => link.textContent.startsWith('See what changed')).map((link) => link.href)",
    );
    let links = links.as_array().expect("a list").iter();
    links.map(|link| link.as_str().expect("an address").to_owned()).collect()
}
