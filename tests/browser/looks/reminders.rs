//! The walk by what stands above a page a day before decisions close.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{LONG_TITLE, PASSPHRASE, Person, Walk, site_of};
use crate::harness::{
    api::Api,
    circle::{open_until, text},
    clock::{Clock, time_in},
    network::Network,
};

impl Walk<'_> {
    /// In a network of one organisation, which has several decisions to answer.
    pub(super) fn by_reminders(&mut self) {
        let mut network = Network::running(&["Alder"]);
        let mut ada = Person::first_of(self.browser, &network.nodes[0], "Ada");
        let api = network.nodes[0].api();
        let session = api.post("/api/v1/session", &json!({ "name": "ada", "passphrase": PASSPHRASE })).expect(201);
        let api = Api::new(api.address, text(&session.json()["token"]));
        let person = api.get("/api/v1/session").expect(200).json()["person"].clone();
        let given = api.post("/api/v1/mandates", &json!({ "person": person })).expect(201).json();
        api.patch(&format!("/api/v1/mandates/{}", text(&given["id"])), &json!({ "accepted": true })).expect(200);
        open_until(&api, LONG_TITLE, &json!([]), &time_in(30 * HOUR));
        for number in 0..6 {
            open_until(&api, &format!("Decision {number}"), &json!([]), &time_in(35 * HOUR));
        }
        // As the clock goes on, first one is about to close, and then the others.
        for (hours, name, more) in [(7, "reminder", ""), (12, "reminders", "And 1 more")] {
            assert!(network.nodes[0].stop(Signal::TERM).success());
            network.nodes[0].clock = Some(Clock::ahead(network.folder(), hours * HOUR));
            network.nodes[0].start();
            ada.site = site_of(&network.nodes[0]);
            self.open(&ada, name, "/library");
            let said = ada.text();
            assert!(said.contains("Your answer is wanted") && said.contains(more), "{said}");
        }
    }
}

const HOUR: Duration = Duration::from_secs(3_600);
