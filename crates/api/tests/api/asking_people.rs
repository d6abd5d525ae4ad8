//! Asking people: as many as terms have room for, and what is said of more.

use knotwork_documents::{Certificate, PersonEdit, PersonFields};
use knotwork_identity::{PersonId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::Pen;
use serde_json::{Value, json};

use crate::{
    decisions::{DECISIONS, consent},
    nodes_in_memory::{Node, key},
};

/// More than fit beside any text.
const MANY: usize = 1_200;

#[tokio::test]
async fn as_many_people_are_asked_as_terms_have_room_for_and_of_more_it_is_said_how_many_fit() {
    let node = Node::new();
    let ada = node.first_member().await;
    node.others_are_here(MANY).await;
    let ids: Vec<String> = (0..MANY).map(|number| person(number).to_string()).collect();
    let asking = |count: usize, text: &str| {
        let mut body = consent();
        (body["unit"], body["persons"], body["text"]) = (json!("persons"), json!(ids[..count]), json!(text));
        body
    };
    let refused = |problem: Value| {
        assert_eq!(problem["field"], "persons", "{problem}");
        let fit = problem["limit"].as_u64().expect("a number");
        assert!(
            problem["detail"].as_str().is_some_and(|detail| detail.contains(&format!("{fit} can be"))),
            "{problem}"
        );
        usize::try_from(fit).expect("small")
    };
    let fit = refused(ada.post(DECISIONS, &asking(MANY, "Yes?")).await.problem(422));
    assert!((1_180..=1_194).contains(&fit), "{fit}");
    assert_eq!(refused(ada.post(DECISIONS, &asking(fit + 1, "Yes?")).await.problem(422)), fit);
    let opened = ada.post(DECISIONS, &asking(fit, "Yes?")).await.expect(201);
    assert_eq!(opened["asked"].as_array().map(Vec::len), Some(fit));

    // A text takes from it, also one that is written later.
    let long = "a".repeat(4_800);
    assert_eq!(refused(ada.post(DECISIONS, &asking(fit, &long)).await.problem(422)), fit - 100);
    let at = format!("{DECISIONS}/{}", opened["id"].as_str().expect("an id"));
    assert_eq!(refused(ada.patch(&at, &json!({"text": long})).await.problem(422)), fit - 100);
}

impl Node {
    /// So many persons of the other organisation are certified, and have a profile.
    async fn others_are_here(&self, count: usize) {
        let network = self.handle.origin();
        let (mut certificates, mut profiles) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (person, member) = (person(number), member_key(number));
            let written = Certificate::write(network, &key(5), person, &member, false, Timestamp::NONE);
            certificates.extend(written.expect("it is small"));
            let fields = PersonFields { name: format!("Nurse {number:04}"), ..PersonFields::default() };
            let header = PersonEdit::header(network, SpaceId::Commons, member.public(), &person);
            let mut pen = Pen::new(header, &member, Timestamp::NONE);
            PersonEdit { person, fields }.write(&mut pen).expect("it is small");
            profiles.extend(pen.finish().0);
        }
        self.take_from_elsewhere(certificates).await;
        self.take_from_elsewhere(profiles).await;
        self.until(|| self.handle.people().is_ok_and(|people| people.all.len() > count)).await;
    }
}

fn person(number: usize) -> PersonId {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    PersonId(id)
}

fn member_key(number: usize) -> SecretKey {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SecretKey::from_seed(&seed)
}
