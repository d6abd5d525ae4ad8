//! What pages tell that depends on the time of day, or on what another node has said: here neither has to be waited for.

use axum::{
    body::Body,
    http::{Request, header},
};
use knotwork_commands::Right;
use knotwork_minutes::Parting;
use serde_json::json;

use crate::{
    ask::{Answer, send},
    counting::asked_of,
    decisions::consent,
    member::Member,
    nodes_in_memory::{HOST, Node, key},
    outside::after_parting,
};

impl Node {
    /// What the browser of somebody with this cookie gets at a path.
    async fn page(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::builder().uri(path).header(header::HOST, HOST).header(header::COOKIE, cookie);
        let pages = knotwork_pages::router(self.handle.clone(), false);
        send(&pages, request.body(Body::empty()).expect("a request")).await
    }
}

impl Member<'_> {
    /// The page at a path.
    async fn page(&self, path: &str) -> String {
        let node = self.node.handle.node_key().to_string();
        let cookie = format!("knotwork-session-{}={}", &node[node.len() - 8..], self.token);
        let page = self.node.page(path, &cookie).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
        page.text().to_owned()
    }

    /// The page of a decision.
    pub(crate) async fn page_of(&self, decision: &str) -> String {
        self.page(decision.trim_start_matches("/api/v1")).await
    }
}

/// That a page says all this, and nothing of that.
#[track_caller]
fn says(page: &str, said: &[&str], unsaid: &[&str]) {
    for text in said {
        assert!(page.contains(text), "{text:?} is missing from {page}");
    }
    for text in unsaid {
        assert!(!page.contains(text), "{text:?} is in {page}");
    }
}

#[tokio::test]
async fn an_open_decision_says_that_it_may_be_over_sooner() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let sooner = "Or sooner: as soon as everybody who is asked has answered, unless somebody objects or blocks.";
    says(&ada.page_of(&at).await, &[sooner], &[]);
    ada.agrees_to(&at).await;
    says(&ada.page_of(&at).await, &["This is final."], &["Or sooner"]);
}

#[tokio::test]
async fn a_late_answer_is_marked_and_all_can_be_asked_again() {
    let again = "Start a new round</a>";
    let (so_far, for_good) =
        ("This came too late. So far, no organisation held it in time.", "This came too late and was not counted.");
    let (unnamed, settled) =
        ("Some answers came after the closing. They count only if", "Some answers came too late and were not counted.");
    // While the other organisation has not said what it holds, nothing is final.
    let node = Node::new();
    node.birch_joins().await;
    let ada = node.first_member().await;
    let at = asked_of(&[&ada], consent()).await;
    ada.agrees_to(&at).await;
    let closed = ada.sees_closed(&at).await;
    says(&ada.page_of(&at).await, &[], &[so_far, unnamed, again]);
    ada.objects_elsewhere(&closed["positions"][0]).await;
    says(&ada.page_of(&at).await, &[so_far, unnamed, again], &[for_good, settled]);

    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let done = ada.agrees_to(&at).await;
    says(&ada.page_of(&at).await, &[], &[for_good, settled, again]);
    ada.objects_elsewhere(&done["positions"][0]).await;
    says(&ada.page_of(&at).await, &[for_good, settled, again], &[so_far, unnamed]);
}

#[tokio::test]
async fn the_minutes_name_the_decisions_that_wait_and_for_whom() {
    let node = Node::new();
    node.birch_joins().await;
    let ada = node.first_member().await;
    let at = asked_of(&[&ada], consent()).await;
    let (title, unstated) =
        ("Meet every month", "These organisations have not said yet which answers they hold: Birch.");
    says(&ada.page("/minutes").await, &[], &[title, unstated]);
    ada.agrees_to(&at).await;
    let closed = ada.sees_closed(&at).await;
    let link = format!("<a href=\"{}\"><bdi>{title}</bdi></a>", at.trim_start_matches("/api/v1"));
    says(&ada.page("/minutes").await, &["This decision has closed:", &link, unstated], &["Nothing waits"]);
    let counted = closed["positions"][0]["change"].as_str().expect("an id").parse().expect("an id");
    node.states(&key(8), &closed, counted).await;
    says(&ada.page("/minutes").await, &[], &["This decision has closed:", title, unstated]);
}

#[tokio::test]
async fn what_was_counted_is_on_the_page_though_its_key_was_taken_back() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let reason = json!({"position": "concern", "reason": "Not in August"});
    ada.put(&format!("{at}/positions/own"), &reason).await.expect(200);
    let marked = "The key that signed this was taken back since. What is minuted stays.";
    says(&bea.page_of(&at).await, &["Not in August"], &[marked]);
    ada.loses_her_key().await;
    says(&bea.page_of(&at).await, &["Not in August", marked], &["too late"]);
}

#[tokio::test]
async fn whoever_disagrees_under_consensus_stands_aside() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let aside = (">Stand aside", ">Disagree");
    for (method, (said, unsaid)) in [("consensus", aside), ("majority", (aside.1, aside.0))] {
        let mut body = consent();
        body["method"] = json!({"kind": method});
        let at = asked_of(&[&ada, &bea], body).await;
        says(&ada.page_of(&format!("{at}/position")).await, &[said], &[unsaid]);
        ada.put(&format!("{at}/positions/own"), &json!({"position": "disagree", "reason": "No"})).await.expect(200);
        says(&bea.page_of(&at).await, &[said], &[unsaid]);
    }
}

#[tokio::test]
async fn whoever_was_away_is_told_which_colleague_has_answered() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.speaks().await;
    let delegation = ada.asks_to_stand_in(&bea).await;
    bea.answers(&delegation, true).await;
    let at = ada.opens(&consent()).await;
    let own = format!("{at}/positions/own");
    let objects = json!({"position": "objection", "reason": "Not in August"});
    let by_bea = "(given by Bea, who stands in)";
    says(&ada.page_of(&at).await, &[], &[by_bea, "The answer so far:"]);
    bea.put(&own, &objects).await.expect(200);
    says(
        &ada.page_of(&at).await,
        &["You answer for Alder. The answer so far: <strong>Objection</strong>", by_bea],
        &[],
    );
    ada.put(&own, &objects).await.expect(200);
    says(&ada.page_of(&at).await, &["The answer so far: <strong>Objection</strong>"], &[by_bea]);
}

#[tokio::test]
async fn nobody_makes_an_account_while_the_organisation_waits_to_be_admitted() {
    let node = Node::waiting();
    let code = node.handle.set_up_token().expect("the store is sound").expect("nobody is here yet");
    for path in ["/set-up".to_owned(), format!("/set-up?code={code}"), format!("/set-up/{code}")] {
        let page = node.page(&path, "").await;
        assert_eq!(page.status, 409, "{path}: {page:?}");
        let waits = "Your organisation waits to be admitted: make the account when it is in.";
        says(page.text(), &[waits], &["try again in a moment", "<form method=\"post\" action=\"/set-up"]);
    }
    assert!(node.handle.check_right(&Right::SetUp(code)).is_ok(), "the code is kept");
    // Where it begins, it says that it waits, and offers nothing that could not be done.
    let waits = "Alder has applied to join Improvers, and waits for the organisations in it to decide.";
    let front = node.page("/", "").await;
    says(front.text(), &[waits, "It waits to become part of the network"], &["/set-up", "/sign-in", "is part of"]);
    assert_eq!(node.page("/sign-in", "").await.header("location"), "/");
    let node = Node::new();
    says(node.page("/", "").await.text(), &["href=\"/set-up\"", "is part of the network"], &["applied to join"]);
    let code = node.handle.set_up_token().expect("the store is sound").expect("nobody is here yet");
    for path in ["/set-up".to_owned(), format!("/set-up/{code}")] {
        assert_eq!(node.page(&path, "").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_page_of_an_organisation_that_is_not_in_the_network_any_more_says_how_it_went() {
    for (how, went) in [
        (Parting::Left, "It left with minute 2."),
        (Parting::Removed, "It was removed by minute 2."),
        (Parting::LeftBehind, "It was left behind when the network was reconvened with minute 2."),
    ] {
        let node = Node::new();
        node.birch_joins().await;
        let ada = node.first_member().await;
        let notice = "Your organisation is not in this network any more.";
        says(&ada.page("/needs").await, &[], &[notice, went]);
        let node = after_parting(node, how);
        let ada = node.first_member_again().await;
        let (safe, minutes) = ("Nobody waits for it.", "the others go on without your organisation");
        for (path, also) in [("/needs", ""), ("/library", ""), ("/connected", safe), ("/minutes", minutes)] {
            let link = format!("<a href=\"/minutes/2\">{went}</a>");
            says(&ada.page(path).await, &[notice, &link, "What it has stays here.", also], &["Not yet"]);
        }
    }
}
