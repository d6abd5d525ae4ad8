//! Taking on a role, being asked for one, and saying "not now" in private.

use super::{chromium::Browser, people::Person};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

#[test]
fn somebody_takes_on_a_role_and_another_is_asked_and_says_not_now() {
    let network = Network::running(&["Alder", "Birch"]);
    let (browser, alder, birch) = (Browser::start(), &network.nodes[0], &network.nodes[1]);
    let (ada, bran) = (Person::first_of(&browser, alder, "Ada"), Person::first_of(&browser, birch, "Bran"));

    ada.open("/roles");
    assert!(ada.text().contains("You have none at the moment."), "{}", ada.text());
    ada.follow("Take on a role");
    ada.submit("Take on a role");
    assert!(ada.has("link", "Choose a role"), "{}", ada.text());
    ada.tick("Connector");
    ada.fill("What is it about? (optional)", "Falls");
    ada.submit("Take on a role");
    assert!(ada.text().contains("You have taken on the role."), "{}", ada.text());

    // Bran is seen at Ada's node, and she asks him.
    until("the partner's profile has arrived", || {
        ada.open("/people?words=bran");
        hold(ada.has("link", "Bran"), || ada.text())
    });
    ada.follow("Bran");
    ada.follow("Ask to take on a role");
    ada.tick("Facilitator");
    ada.fill("What do you want to say? (optional)", "You are good at it.");
    ada.submit("Ask");
    assert!(ada.text().contains("No answer yet."), "{}", ada.text());

    until("he is asked", || {
        bran.open("/needs");
        hold(bran.has("link", "Would you be: Facilitator?"), || bran.text())
    });
    bran.follow("Would you be: Facilitator?");
    assert!(bran.text().contains("You are good at it."), "{}", bran.text());
    bran.submit("Not now");
    assert!(bran.text().contains("Nobody is told.") && !bran.has("link", "Would you be: Facilitator?"));

    // She is told nothing, and cannot ask again for now.
    bran.open("/people?words=ada");
    bran.follow("Ada");
    assert!(bran.text().contains("Connector (Falls)"), "{}", bran.text());
    ada.open("/roles");
    assert!(ada.text().contains("No answer yet.") && !ada.text().contains("declined"), "{}", ada.text());
    ada.open("/people?words=bran");
    ada.follow("Bran");
    ada.follow("Ask to take on a role");
    ada.tick("Facilitator");
    ada.submit("Ask");
    assert!(ada.text().contains("There is a problem") && ada.text().contains("can be asked again from"));

    // What she has taken on she lays down.
    ada.open("/roles");
    ada.follow("Change or lay down : Connector (Falls)");
    ada.submit("Lay it down");
    assert!(ada.text().contains("You have laid the role down."), "{}", ada.text());
    until("he sees that", || {
        bran.open(&bran.path());
        hold(!bran.text().contains("Connector"), || bran.text())
    });
}
