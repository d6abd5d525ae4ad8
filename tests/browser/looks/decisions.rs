//! The walk by the pages of decisions, charter, voice and minutes.

use super::{LONG_TITLE, Person, Walk, about};
use crate::harness::{
    network::Network,
    wait::{hold, until},
};

impl Walk<'_> {
    /// In a network of one organisation, where everything is final at once.
    pub(super) fn by_decisions(&mut self) {
        let network = Network::running(&["Alder"]);
        let node = &network.nodes[0];
        let ada = Person::first_of(self.browser, node, "Ada");
        // Whoever is named can be asked.
        ada.open("/profile/edit");
        ada.tick("Name me on my organisation's page");
        ada.submit("Save");
        for (name, path) in [
            ("decisions-none", "/decisions"),
            ("decision-kinds", "/decisions/new"),
            ("charter-first", "/charter"),
            ("charter-questions", "/charter/change"),
            ("stage-questions", "/charter/stage"),
            ("voice-nobody", "/voice"),
            ("minutes-none", "/minutes"),
            ("reconvene", "/minutes/reconvene"),
            ("admissions", "/admissions"),
            ("rest", "/organisation/rest"),
            ("stand-in-nobody", "/stand-in"),
            ("temperatures-none", "/temperature"),
            ("temperature-questions", "/temperature/new"),
            ("decision-questions", "/decisions/new?kind=proposal"),
        ] {
            self.open(&ada, name, path);
        }
        ada.click("DisclosureTriangle", "More settings");
        ada.fill("How many have to take part? (optional)", "many");
        ada.submit("Continue");
        self.look(&ada, "decision-questions-wrong");
        ada.fill("How many have to take part? (optional)", "");
        ada.fill("Title", LONG_TITLE);
        ada.fill("What do you propose or ask?", "We meet on the first Monday.\n\nEverybody brings something.");
        ada.fill("Summary (optional)", "Once a month, on a Monday.");
        ada.fill("Who might this leave out or harm, and who has been asked? (optional)", "Those who work on Mondays.");
        ada.submit("Continue");
        self.look(&ada, "decision-check");
        ada.submit("Open the decision");
        self.look(&ada, "decision-nobody-speaks");
        let path = ada.path();
        ada.submit("Speak for Alder");
        self.look(&ada, "decision-open");
        ada.follow("Answer");
        self.look(&ada, "position");
        ada.submit("Continue");
        self.look(&ada, "position-wrong");
        ada.tick("Objection");
        ada.fill("Reason (optional)", "Those who work on Mondays are left out.");
        ada.submit("Continue");
        self.look(&ada, "position-check");
        ada.submit("Give this answer");
        ada.tick("Question");
        ada.fill("What do you want to say?", "Could it be a Tuesday?");
        ada.submit("Say it");
        self.look(&ada, "decision-with-an-objection");
        ada.follow("Change this decision");
        self.look(&ada, "terms-questions");
        ada.fill("What do you propose or ask?", "We meet on the first Tuesday.\n\nEverybody brings something.");
        ada.tick("The objection of Alder");
        ada.submit("Change it and ask everybody anew");
        self.look(&ada, "decision-changed");
        self.open(&ada, "terms-compared", &format!("{path}/versions"));
        answer(&ada, &path, "Consent, with a concern");
        self.look(&ada, "decision-adopted");
        self.open(&ada, "minute", "/minutes/1");
        self.by_choices(&ada);
        self.by_a_charter(&ada);
        self.by_a_temperature_check(&ada);
        self.open(&ada, "decisions", "/decisions");
        self.open(&ada, "minutes", "/minutes");
        self.open(&ada, "voice", "/voice");
        ada.open("/admissions");
        ada.submit("Hand in an application");
        self.look(&ada, "admissions-wrong");
        ada.open("/people");
        let organisation = ada.ask("[...document.links].find((link) => /organisations/.test(link.href)).href");
        ada.goto(organisation.as_str().expect("an address"));
        self.look(&ada, "organisation-standing");
    }

    fn by_a_temperature_check(&mut self, ada: &Person) {
        ada.open("/temperature/new");
        ada.submit("Ask everyone");
        self.look(ada, "temperature-questions-wrong");
        ada.fill("The question", LONG_TITLE);
        ada.fill("What there is to know (optional)", "In April.\n\nAt the river.");
        ada.submit("Ask everyone");
        self.look(ada, "temperature-asked");
        ada.submit("Give your answer");
        self.look(ada, "temperature-wrong");
        ada.tick("For it");
        ada.tick("Count my answer even if fewer than 3 people of my organisation answer");
        ada.submit("Give your answer");
        self.look(ada, "temperature-answered");
        ada.follow("Propose this for a decision");
        self.look(ada, "decision-from-a-temperature-check");
        self.open(ada, "temperatures", "/temperature");
    }

    fn by_choices(&mut self, ada: &Person) {
        for (method, name) in [
            ("Ranking, by run-off", "runoff"),
            ("Ranking, by pairs", "schulze"),
            ("Scores", "scores"),
            ("Dots", "dots"),
        ] {
            ada.open("/decisions/new?kind=options");
            ada.fill("Title", "Where to meet");
            ada.fill("What do you propose or ask?", "The next time.");
            ada.fill("Options", "In the hall\nIn the chapel\nAt the river, where the old mill and the bridge are");
            ada.tick(method);
            self.look(ada, &format!("choice-questions-{name}"));
            ada.submit("Continue");
            ada.submit("Open the decision");
            let path = ada.path();
            ada.follow("Answer");
            self.look(ada, &format!("choice-{name}-at-first"));
            if name == "scores" || name == "dots" {
                ada.fill("In the hall", "99");
                ada.submit("Continue");
                self.look(ada, &format!("choice-{name}-wrong"));
                ada.fill("In the hall", "3");
            } else {
                ada.submit(&about("Rank next", "In the chapel"));
                ada.submit(&about("Rank next", "In the hall"));
                self.look(ada, &format!("choice-{name}"));
            }
            ada.submit("Continue");
            ada.submit("Give this answer");
            until_final(ada, &path);
            self.look(ada, &format!("choice-{name}-final"));
        }
        ada.open("/decisions/new?kind=advice");
        self.look(ada, "advice-questions");
        ada.fill("Title", "Buy a kettle?");
        ada.fill("What do you propose or ask?", "It is cheap.");
        ada.tick("Eight steps");
        ada.submit("Continue");
        ada.submit("Open the decision");
        ada.follow("Answer");
        self.look(ada, "gradients");
    }

    fn by_a_charter(&mut self, ada: &Person) {
        ada.open("/charter/change");
        ada.submit("Continue");
        self.look(ada, "charter-questions-wrong");
        ada.fill("Why do you propose this?", "We have not said how we work.");
        ada.fill("How we work together (optional)", "Once a month.\n\nWith tea.");
        ada.tick("People learn from each other");
        ada.submit("Continue");
        self.look(ada, "charter-check");
        ada.submit("Open the decision");
        let path = ada.path();
        ada.follow("Change this decision");
        self.look(ada, "charter-change-questions");
        answer(ada, &path, "Consent");
        self.look(ada, "decision-charter");
        self.open(ada, "charter", "/charter");
        self.open(ada, "charter-compared", "/charter/versions");
    }

    /// In a network of two, of which the other is away.
    pub(super) fn by_a_decision_that_waits(&mut self, ada: &Person) {
        ada.open("/decisions/new?kind=proposal");
        ada.fill("Title", "Share a van");
        ada.fill("What do you propose or ask?", "On Fridays.");
        ada.tick("Those who have answered, and everybody once it has closed");
        ada.submit("Continue");
        self.look(ada, "decision-check-somebody-away");
        ada.submit("Open the decision");
        ada.submit("Speak for Alder");
        self.look(ada, "decision-somebody-away");
        self.open(ada, "needs-an-answer-to-a-decision", "/needs");
        self.open(ada, "minutes-somebody-away", "/minutes");
        self.open(ada, "rest-or-not", "/organisation/rest");
        self.open(ada, "leave-network", "/organisation/leave");
        ada.submit("Leave the network now");
        self.look(ada, "leave-network-wrong");
        ada.open("/people");
        let others =
            "[...document.links].filter((link) => /\\/organisations\\/[^/]+$/.test(link.pathname)).pop().pathname";
        let birch = ada.ask(others).as_str().expect("a path").to_owned();
        self.open(ada, "organisation-of-others", &birch);
        self.open(ada, "let-rest", &format!("{birch}/let-rest"));
        self.open(ada, "part", &format!("{birch}/part"));
        ada.submit("Open the decision");
        self.look(ada, "part-wrong");
    }
}

/// Takes a position for the only organisation that is asked, so that the decision closes.
pub(super) fn answer(ada: &Person, path: &str, position: &str) {
    ada.open(&format!("{path}/position"));
    ada.tick(position);
    ada.submit("Continue");
    ada.submit("Give this answer");
    until_final(ada, path);
}

fn until_final(ada: &Person, path: &str) {
    until("it is final", || {
        ada.open(path);
        hold(ada.text().contains("This is final."), || ada.text())
    });
}
