//! Reminders: who is told that a decision closes before long, when, and that nobody is told twice.

use axum::http::Method;
use knotwork_commands::Whom;
use knotwork_documents::Date;
use knotwork_identity::Timestamp;
use serde_json::{Value, json};

use crate::{
    decisions::{consent, id},
    member::Member,
    nodes_in_memory::Node,
};

const REMINDERS: &str = "/api/v1/reminders";

impl Node {
    /// So many hours from now, as the API writes it.
    fn in_hours(&self, hours: u64) -> String {
        let time = Timestamp::from_milliseconds(self.handle.now().milliseconds() + hours * 3_600_000);
        let time = time.expect("in range");
        let seconds = time.milliseconds() / 1_000 % 86_400;
        format!("{}T{:02}:{:02}:{:02}Z", Date::of(time), seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    /// Lets hours go by, in which members look in often enough to stay signed in.
    async fn hours_pass(&self, mut hours: u64, members: &[&Member<'_>]) {
        while hours > 0 {
            let step = hours.min(9);
            self.pass_hours(step);
            hours -= step;
            for member in members {
                member.get(crate::decisions::DECISIONS).await.expect(200);
            }
        }
    }

    /// Who is to be reminded now, of all members.
    async fn wanted(&self) -> Vec<String> {
        names(&self.get(REMINDERS).await.expect(200))
    }

    /// Takes the reminders of all members.
    async fn taken(&self, headers: &[(&str, &str)]) -> Vec<String> {
        names(&self.send_json(Method::POST, REMINDERS, &json!({}), headers).await.expect(200))
    }
}

impl Member<'_> {
    /// Opens a decision by consent that closes in so many hours.
    async fn opens_for(&self, hours: u64) -> String {
        let mut wanted = consent();
        wanted["closes"] = json!(self.node.in_hours(hours));
        self.opens(&wanted).await
    }

    /// The same, in which these are asked, each for themself.
    async fn asks_each(&self, members: &[&Member<'_>], hours: u64) -> String {
        let mut wanted = consent();
        let mut persons = Vec::new();
        for member in members {
            persons.push(member.person().await);
        }
        wanted["closes"] = json!(self.node.in_hours(hours));
        wanted["unit"] = json!("persons");
        wanted["persons"] = json!(persons);
        self.opens(&wanted).await
    }

    async fn consents(&self, decision: &str) -> Value {
        self.put(&format!("{decision}/positions/own"), &json!({"position": "consent"})).await.expect(200)
    }

    /// Of how many decisions the member is to be reminded now.
    async fn reminders(&self) -> usize {
        names(&self.get(REMINDERS).await.expect(200)).len()
    }
}

fn names(page: &Value) -> Vec<String> {
    assert_eq!(page["more"], false, "{page}");
    let items = page["items"].as_array().expect("a list").iter();
    let mut names: Vec<String> = items.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn who_has_the_voice_is_reminded_once_a_day_before_the_end_and_nobody_else() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let at = ada.opens_for(48).await;
    assert!(node.wanted().await.is_empty() && node.taken(&[]).await.is_empty(), "it has only just been opened");
    node.hours_pass(23, &[&ada, &bea]).await;
    assert!(node.wanted().await.is_empty(), "there is more than a day");
    node.hours_pass(2, &[&ada, &bea]).await;
    assert_eq!(node.wanted().await, ["Ada"]);
    assert_eq!(bea.reminders().await, 0, "she has not the organisation's voice");
    let listed = ada.get(REMINDERS).await.expect(200);
    let shown = ada.get(&at).await.expect(200);
    let expected = json!({
        "person": ada.person().await,
        "name": "Ada",
        "decision": id(&shown),
        "title": shown["title"],
        "closes": shown["closes"],
        "open_until": shown["closes"],
    });
    assert_eq!(listed["items"], json!([expected]), "looking takes nothing away");
    // Her own program takes it, and then nobody gives it again.
    assert_eq!(names(&ada.post(REMINDERS, &json!({})).await.expect(200)), ["Ada"]);
    assert_eq!(ada.reminders().await, 0);
    assert!(node.wanted().await.is_empty() && node.taken(&[]).await.is_empty());
}

#[tokio::test]
async fn who_has_answered_is_not_reminded() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let at = ada.asks_each(&[&ada, &bea], 48).await;
    bea.consents(&at).await;
    node.hours_pass(25, &[&ada, &bea]).await;
    assert_eq!(node.wanted().await, ["Ada"]);
    ada.consents(&at).await;
    assert!(node.wanted().await.is_empty());
}

#[tokio::test]
async fn what_is_open_for_an_hour_or_two_reminds_in_its_last_half() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    ada.opens_for(4).await;
    node.pass_hours(1);
    assert!(node.wanted().await.is_empty());
    node.pass_hours(1);
    assert_eq!(node.wanted().await, ["Ada"]);
    node.pass_hours(2);
    assert!(node.wanted().await.is_empty(), "it has closed");
}

#[tokio::test]
async fn a_later_end_and_new_terms_remind_anew() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens_for(48).await;
    node.hours_pass(25, &[&ada]).await;
    assert_eq!(node.taken(&[]).await, ["Ada"]);
    ada.patch(&at, &json!({"closes": node.in_hours(48)})).await.expect(200);
    assert!(node.wanted().await.is_empty(), "the new end is two days off");
    node.hours_pass(25, &[&ada]).await;
    assert_eq!(node.taken(&[]).await, ["Ada"]);
    assert!(node.taken(&[]).await.is_empty());
    ada.patch(&at, &json!({"text": "Offline."})).await.expect(200);
    assert_eq!(node.taken(&[]).await, ["Ada"], "she is asked anew");
}

#[tokio::test]
async fn who_stands_in_is_reminded_too_until_either_has_answered() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let asked = json!({"stand_in": bea.person().await, "until": "2023-12-01T00:00:00Z"});
    let asked = ada.post("/api/v1/delegations", &asked).await.expect(201);
    let at = ada.opens_for(48).await;
    node.hours_pass(25, &[&ada, &bea]).await;
    assert_eq!(node.wanted().await, ["Ada"], "she has not accepted");
    bea.patch(&format!("/api/v1/delegations/{}", id(&asked)), &json!({"accepted": true})).await.expect(200);
    assert_eq!(node.wanted().await, ["Ada", "Bea"]);
    bea.consents(&at).await;
    assert!(node.wanted().await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_sent_again_gives_the_same_again() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let cal = node.colleague_called(&ada, "cal", "Cal").await;
    let at = ada.asks_each(&[&ada, &bea, &cal], 48).await;
    node.hours_pass(25, &[&ada, &bea]).await;
    let first = [("Idempotency-Key", "first")];
    assert_eq!(node.taken(&first).await, ["Ada", "Bea", "Cal"]);
    assert_eq!(node.taken(&first).await, ["Ada", "Bea", "Cal"], "its answer may have been lost");
    assert!(node.taken(&[("Idempotency-Key", "second")]).await.is_empty() && node.taken(&[]).await.is_empty());
    bea.consents(&at).await;
    assert_eq!(node.taken(&first).await, ["Ada", "Cal"], "she needs none any more");
    // The key of one caller is not another's.
    let hers = ada.ask(Method::POST, REMINDERS, Some(&json!({})), &first).await.expect(200);
    assert!(names(&hers).is_empty());
    ada.ask(Method::POST, REMINDERS, Some(&json!({})), &[("Idempotency-Key", "")]).await.problem(400);
}

#[tokio::test]
async fn what_a_page_has_said_no_program_says_and_it_is_forgotten_at_the_end() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let is_kept = || !node.storage.locals("reminded/").expect("sound").is_empty();
    ada.asks_each(&[&ada, &bea], 48).await;
    node.hours_pass(25, &[&ada, &bea]).await;
    let written = node.handle.position();
    let member = node.handle.member(&ada.token).expect("sound").expect("signed in");
    let said = node.handle.reminders(Whom::member(&member)).expect("sound");
    assert_eq!(said.len(), 1);
    node.handle.note_reminded(&said).expect("sound");
    assert_eq!(node.taken(&[]).await, ["Bea"]);
    assert_eq!(node.handle.position(), written, "it is in no change");
    node.handle.forget_reminders().expect("sound");
    assert!(is_kept() && node.wanted().await.is_empty(), "it is still open");
    node.hours_pass(25, &[]).await;
    node.handle.forget_reminders().expect("sound");
    assert!(!is_kept());
}

#[tokio::test]
async fn answers_are_what_the_description_says() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    ada.opens_for(48).await;
    node.hours_pass(25, &[&ada]).await;
    let described = node.get("/api/v1/openapi.json").await.expect(200);
    let schema = |name: &str| {
        let fields = described["components"]["schemas"][name]["properties"].as_object().expect("it is described");
        fields.keys().cloned().collect::<Vec<_>>()
    };
    let page = node.get(REMINDERS).await.expect(200);
    let fields = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!((fields(&page), fields(&page["items"][0])), (schema("ReminderPage"), schema("Reminder")));
}

#[tokio::test]
async fn whoever_is_asked_anew_is_told_and_reminded_of_the_later_end() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens_for(26).await;
    let shown = ada.get(&at).await.expect(200);
    assert_eq!(shown["open_until"], shown["closes"]);
    let until = Timestamp::from_milliseconds(node.handle.now().milliseconds() + 50 * 3_600_000).expect("in range");
    node.can_be_answered_until(&at, until).await;
    let later = ada.get(&at).await.expect(200);
    assert_eq!(later["closes"], shown["closes"]);
    assert!(later["open_until"].as_str() > later["closes"].as_str(), "{later}");
    assert_eq!(ada.get(crate::decisions::DECISIONS).await.expect(200)["items"][0]["open_until"], later["open_until"]);

    node.hours_pass(25, &[&ada]).await;
    assert!(node.wanted().await.is_empty(), "there is more than a day");
    node.hours_pass(2, &[&ada]).await;
    let listed = node.get(REMINDERS).await.expect(200)["items"].clone();
    assert_eq!((&listed[0]["open_until"], &listed[0]["name"]), (&later["open_until"], &json!("Ada")), "{listed}");
    ada.consents(&at).await;
    assert!(node.wanted().await.is_empty());
}
