//! The walk by what is different where an organisation's members use another's node.

use super::{Person, Walk, about};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

impl Walk<'_> {
    /// In a network of one organisation, which hosts another.
    pub(super) fn by_hosting(&mut self) {
        let network = Network::running(&["Alder"]);
        let node = &network.nodes[0];
        let ada = Person::first_of(self.browser, node, "Ada");
        let added = node.cli(["hosted", "add", "Dogwood Trust", "--json"]).done().json();
        let key = added["organisation"].as_str().expect("a key").to_owned();
        self.open(&ada, "admissions-hosted", "/admissions");
        ada.submit(&about("Open a decision to admit it", "Dogwood Trust"));
        self.look(&ada, "decision-to-host-adopted");
        let invited = until("it is in the network", || {
            let made = node.cli(["hosted", "invite", "Dogwood Trust", "--json"]).run();
            hold(made.code == 0, || made.stderr.clone())?;
            Ok(made.json())
        });
        let dora = Person::new_at(self.browser, node);
        dora.goto(invited["link"].as_str().expect("a link"));
        self.look(&dora, "first-account-hosted");
        assert!(dora.text().contains("at the node of Alder"), "{}", dora.text());
        dora.make_account("Dora");
        self.look(&dora, "needs-hosted");
        assert!(dora.text().contains("at the node of Alder"), "{}", dora.text());
        self.open(&dora, "organisation-hosted", &format!("/organisations/{key}"));
        dora.submit("Sign out");
        self.open(&dora, "sign-in-hosted", "/sign-in");
        dora.fill("Sign-in name", "dora");
        dora.fill("Passphrase", super::PASSPHRASE);
        dora.submit("Sign in");
        assert!(dora.text().contains("at the node of Alder"), "{}", dora.text());
    }
}
