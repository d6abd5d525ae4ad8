//! Decisions from end to end at a node whose organisation is asked alone: what is asked, answered, minuted and shown.

use axum::http::Method;
use knotwork_documents::{CommentEdit, CommentKind, write_acceptance};
use knotwork_identity::{Nonce, Timestamp};
use knotwork_ledger::{History, Pen};
use knotwork_minutes::{Bundle, BundleReader};
use serde_json::{Value, json};

use crate::{
    ask::Answer,
    member::Member,
    nodes_in_memory::{Node, key},
};

pub(crate) const DECISIONS: &str = "/api/v1/decisions";
pub(crate) const MANDATES: &str = "/api/v1/mandates";

pub(crate) fn id(body: &Value) -> &str {
    body["id"].as_str().expect("an id")
}

pub(crate) fn consent() -> Value {
    json!({"title": "Meet every month", "text": "Online, on the first Monday.", "method": {"kind": "consent"}})
}

fn charter(node: &Value, purpose: &str) -> Value {
    let mut charter = node["charter"].clone();
    charter["purpose"] = json!(purpose);
    charter
}

impl Member<'_> {
    /// Gets the voice of the organisation, and accepts it.
    pub(crate) async fn speaks(&self) -> Value {
        let mandate = self.post(MANDATES, &json!({"person": self.person().await})).await.expect(201);
        assert_eq!(mandate["state"], "offered");
        let held = self.patch(&format!("{MANDATES}/{}", id(&mandate)), &json!({"accepted": true})).await.expect(200);
        assert_eq!((&held["state"], &held["name"]), (&json!("held"), &json!("Ada")));
        held
    }

    pub(crate) async fn opens(&self, body: &Value) -> String {
        let opened = self.post(DECISIONS, body).await.expect(201);
        assert_eq!((&opened["state"], &opened["yours"]), (&json!("open"), &json!(true)), "{opened}");
        format!("{DECISIONS}/{}", id(&opened))
    }

    async fn says(&self, decision: &str, body: &Value) -> Value {
        self.put(&format!("{decision}/positions/own"), body).await.expect(200)
    }
}

/// The id of a change that nobody made.
pub(crate) const ANY_CHANGE: &str = "baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn bundle(answer: &Answer) -> Bundle {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    let mut reader = BundleReader::default();
    reader.take(&answer.body).expect("it holds");
    reader.finish().expect("it is whole")
}

#[tokio::test]
async fn a_decision_is_opened_answered_minuted_and_can_be_checked_elsewhere() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let open = ada.get(&at).await.expect(200);
    assert_eq!(open["asked"].as_array().expect("a list").len(), 1);
    assert_eq!((&open["asked"][0]["name"], &open["answered"]), (&json!("Alder"), &json!(0)));
    assert_eq!((&open["signatures"]["needed"], &open["signatures"]["reachable"]), (&json!(1), &json!(1)));
    assert!(open["then"].as_str().expect("a sentence").contains("no other organisation has to sign"), "{open}");
    let listed = ada.get(DECISIONS).await.expect(200);
    assert_eq!((&listed["total"], &listed["items"][0]["waits_for_you"]), (&json!(1), &json!(true)));
    assert_eq!(node.get(DECISIONS).await.expect(200)["items"][0]["waits_for_you"], false);
    ada.get(&format!("{at}/proof")).await.problem(409);

    let done = ada.says(&at, &json!({"position": "concern", "reason": "Not in August"})).await;
    assert_eq!((&done["state"], &done["minute"]["verdict"]), (&json!("final"), &json!("adopted")), "{done}");
    assert_eq!(done["minute"]["counts"][1], json!({"of": "concern", "count": 1}));
    assert_eq!((&done["positions"][0]["position"], &done["positions"][0]["late"]), (&json!("concern"), &json!(false)));
    assert_eq!(ada.get(&format!("{DECISIONS}?state=open")).await.expect(200)["total"], 0);
    assert_eq!(ada.get(&format!("{DECISIONS}?state=final")).await.expect(200)["items"][0]["verdict"], "adopted");
    let late = ada.put(&format!("{at}/positions/own"), &json!({"position": "consent"})).await;
    assert!(late.problem(409)["detail"].as_str().expect("a detail").contains("closed"));
    let fixed = ada.patch(&at, &json!({"text": "Something else"})).await.problem(409);
    assert!(fixed["detail"].as_str().expect("a detail").contains("its terms cannot be changed"), "{fixed}");

    let minute = node.get("/api/v1/minutes/1").await.expect(200);
    assert_eq!((&minute["kind"], &minute["outcome"]["title"]), (&json!("outcome"), &json!("Meet every month")));
    assert_eq!((&minute["hash"], &minute["signed_by"][0]["name"]), (&done["minute"]["hash"], &json!("Alder")));
    assert_eq!(minute["outcome"]["ballots"][0], done["positions"][0]["change"]);
    let page = node.get("/api/v1/minutes?limit=1").await.expect(200);
    assert_eq!((&page["total"], &page["items"][0]), (&json!(1), &minute));
    assert_eq!(node.get("/api/v1/minutes?before=1").await.expect(200)["items"], json!([]));
    let standing = node.get("/api/v1/minutes/standing").await.expect(200);
    assert_eq!((&standing["height"], &standing["hash"], &standing["waiting"]), (&json!(1), &minute["hash"], &json!(0)));
    for nowhere in ["0", "2", "x", "+1", "-1", "18446744073709551616"] {
        node.get(&format!("/api/v1/minutes/{nowhere}")).await.problem(404);
    }

    let all = bundle(&node.get("/api/v1/minutes/bundle").await);
    assert_eq!((all.agreed.height(), all.decision.is_none()), (1, true));
    assert_eq!(all.agreed.hash().to_string(), minute["hash"]);
    let proof = bundle(&node.get(&format!("{at}/proof")).await);
    let decided = proof.decision.expect("it is about one");
    assert_eq!((decided.height, decided.terms.title.as_str()), (1, "Meet every month"));
}

#[tokio::test]
async fn an_objection_is_integrated_by_new_terms_and_everyone_is_asked_anew() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    let missing = ada.put(&format!("{at}/positions/own"), &json!({"position": "objection"})).await.problem(422);
    assert_eq!(missing["field"], "reason");
    let objected = ada.says(&at, &json!({"position": "objection", "reason": "Mondays are for home visits"})).await;
    assert_eq!((&objected["state"], &objected["count"]["outcome"]), (&json!("open"), &json!("not-adopted")));
    assert_eq!(objected["count"]["objections"], json!([0]));
    let change = objected["positions"][0]["change"].as_str().expect("an id").to_owned();
    let other = json!({"text": "On Tuesdays.", "integrates": ["b".to_owned() + &"a".repeat(52)]});
    assert_eq!(ada.patch(&at, &other).await.problem(409)["field"], "integrates");
    let closes = json!({"closes": "1999-01-01T00:00:00Z"});
    assert_eq!(ada.patch(&at, &closes).await.problem(422)["field"], "closes");
    ada.patch(&at, &json!({})).await.problem(400);
    let patch = json!({"text": "On the first Tuesday.", "integrates": [change]});
    let changed = ada.patch(&at, &patch).await.expect(200);
    assert_eq!((&changed["version"], &changed["answered"]), (&json!(2), &json!(0)), "{changed}");
    assert_eq!((&changed["integrates"], &changed["text"]), (&json!([change]), &json!("On the first Tuesday.")));
    assert_eq!(changed["versions"].as_array().expect("a list").len(), 2);
    let bea = node.colleague(&ada).await;
    bea.patch(&at, &json!({"text": "Never."})).await.problem(403);
    let done = ada.says(&at, &json!({"position": "consent"})).await;
    assert_eq!((&done["state"], &done["minute"]["verdict"]), (&json!("final"), &json!("adopted")));
}

#[tokio::test]
async fn the_charter_is_amended_by_a_decision() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let first = node.get("/api/v1/charter").await.expect(200);
    assert_eq!((&first["since"], &first["agreed"]), (&json!(0), &Value::Null));
    assert_eq!(first["charter"]["purpose"], "To learn from each other");
    let mut amended = charter(&first, "To learn, and to speak up");
    amended["kinds"] = json!(["learning", "advocacy"]);
    let mut body = consent();
    body["effects"] = json!([{"kind": "charter", "charter": amended}, {"kind": "stage", "stage": "emerging"}]);
    let at = ada.opens(&body).await;
    let better = charter(&json!({"charter": amended}), "To learn, and to be heard");
    let changed = ada.patch(&at, &json!({"charter": better})).await.expect(200);
    assert_eq!(
        (&changed["effects"][0]["kind"], &changed["effects"][1]["stage"]),
        (&json!("charter"), &json!("emerging"))
    );
    assert_eq!(changed["needed"], 1);
    let done = ada.says(&at, &json!({"position": "consent"})).await;
    assert_eq!(done["minute"]["verdict"], "adopted", "{done}");
    let now = node.get("/api/v1/charter").await.expect(200);
    assert_eq!((&now["since"], &now["charter"]["purpose"]), (&json!(1), &json!("To learn, and to be heard")));
    assert_eq!((&first["stage"], &now["stage"]), (&json!("pre-emergent"), &json!("emerging")));
    assert!(now["agreed"].is_string() && now["review_due"].is_string(), "{now}");
    let versions = node.get("/api/v1/charter/versions").await.expect(200);
    assert_eq!(versions["items"].as_array().expect("a list").len(), 2);
    assert_eq!(node.get("/api/v1/minutes/1").await.expect(200)["outcome"]["effects"][0]["digest"], now["digest"]);
}

#[tokio::test]
async fn the_first_charter_is_as_old_as_the_network() {
    let node = Node::new();
    let founded = Timestamp::from_milliseconds(1_690_000_000_000).expect("a time");
    let accepted = write_acceptance(node.handle.origin(), &key(1), founded).expect("it is small");
    node.take_from_elsewhere(accepted).await;
    let charter = node.get("/api/v1/charter").await.expect(200);
    assert_eq!(charter["agreed"], "2023-07-22T04:26:40.000Z");
    assert_eq!(charter["review_due"], "2024-07-22", "the same day a year later");
}

#[tokio::test]
async fn nobody_takes_back_what_is_minuted() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let first = node.get("/api/v1/charter").await.expect(200);
    let mut body = consent();
    body["effects"] = json!([{"kind": "charter", "charter": charter(&first, "To be heard")}]);
    let amended = ada.opens(&body).await;
    ada.says(&amended, &json!({"position": "consent"})).await;
    let open = ada.opens(&consent()).await;
    let shown = |answer: Answer| {
        let body = answer.expect(200);
        [&body["state"], &body["minute"], &body["title"], &body["count"]["counts"]].map(Value::clone)
    };
    let before = (shown(ada.get(&amended).await), node.get("/api/v1/charter").await.expect(200));
    let proof = node.get(&format!("{amended}/proof")).await.body;

    ada.loses_her_key().await;
    assert_eq!(node.get(&open).await.status, 404, "what is not decided falls with it");
    let after = (shown(node.get(&amended).await), node.get("/api/v1/charter").await.expect(200));
    assert_eq!(after, before);
    assert_eq!(after.1["charter"]["purpose"], "To be heard");
    assert_eq!(node.get("/api/v1/node").await.expect(200)["purpose"], "To be heard");
    let listed = node.get(DECISIONS).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(node.get(&format!("{amended}/proof")).await.body, proof, "the same proof as before");
}

#[tokio::test]
async fn whom_a_decision_is_about_is_told_why_and_sees_every_position() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let birch = key(5).public().to_string();
    for kind in ["remove", "rest"] {
        let mut body = consent();
        body["effects"] = json!([{"kind": kind, "organisation": birch}]);
        for (field, value, says) in [
            ("text", " ", "say in the text why"),
            ("shown", "after-closing", "sees every position"),
            ("shown", "after-own", "sees"),
        ] {
            let mut wrong = body.clone();
            wrong[field] = json!(value);
            let problem = ada.post(DECISIONS, &wrong).await.problem(422);
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{problem}");
        }
        ada.post(DECISIONS, &body).await.expect(201);
    }
}

#[tokio::test]
async fn how_a_decision_came_out_is_for_whoever_opened_it_to_say() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let at = ada.opens(&consent()).await;
    assert_eq!(ada.says(&at, &json!({"position": "consent"})).await["state"], "final");
    // Another's node lets its members write what this one would refuse.
    let decision = at.trim_start_matches(&format!("{DECISIONS}/")).parse().expect("an id");
    let elsewhere = key(7);
    for (number, kind) in [CommentKind::Outcome, CommentKind::Hearing, CommentKind::Comment].into_iter().enumerate() {
        let nonce = Nonce([u8::try_from(number).expect("few"); 16]);
        let header = CommentEdit::header(node.handle.origin(), elsewhere.public(), kind, nonce);
        let text = Some(format!("As {}", kind.word()));
        let edit = CommentEdit { on: Some(decision), kind: Some(kind), text, ..CommentEdit::default() };
        let mut pen = Pen::open(History::new(header), &elsewhere, Timestamp::NONE).expect("it opens");
        edit.write(&mut pen).expect("it is small");
        node.take_from_elsewhere(pen.finish().0).await;
    }
    let comments = format!("{at}/comments");
    ada.post(&comments, &json!({"kind": "outcome", "text": "We meet"})).await.expect(201);
    let listed = node.get(&comments).await.expect(200);
    let texts: Vec<&Value> = listed["items"].as_array().into_iter().flatten().map(|item| &item["text"]).collect();
    assert_eq!(texts.len(), 2, "{listed}");
    assert!(texts.contains(&&json!("As comment")) && texts.contains(&&json!("We meet")), "{listed}");
}

#[tokio::test]
async fn only_who_has_the_voice_speaks() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let at = ada.opens(&consent()).await;
    let own = format!("{at}/positions/own");
    ada.put(&own, &json!({"position": "consent"})).await.problem(403);
    bea.post(MANDATES, &json!({"person": bea.person().await})).await.problem(403);
    let offered = ada.post(MANDATES, &json!({"person": bea.person().await, "until": "2030-01-01T00:00:00Z"})).await;
    let offered = offered.expect(201);
    bea.put(&own, &json!({"position": "consent"})).await.problem(403);
    let answer = format!("{MANDATES}/{}", id(&offered));
    ada.patch(&answer, &json!({"accepted": true})).await.problem(403);
    assert_eq!(bea.patch(&answer, &json!({"accepted": true})).await.expect(200)["state"], "held");
    assert_eq!(bea.patch(&answer, &json!({"accepted": false})).await.expect(200)["state"], "laid-down");
    bea.put(&own, &json!({"position": "consent"})).await.problem(403);
    bea.patch(&answer, &json!({"accepted": true})).await.expect(200);
    assert_eq!(ada.post(MANDATES, &json!({"taken_back": true})).await.expect(201)["person"], "");
    bea.put(&own, &json!({"position": "consent"})).await.problem(403);
    let all = node.get(MANDATES).await.expect(200);
    let states: Vec<&Value> = all["items"].as_array().expect("a list").iter().map(|item| &item["state"]).collect();
    assert_eq!(states, [&json!("taken-back"), &json!("taken-back")]);
    let nobody = json!({"person": "b".to_owned() + &"a".repeat(26)});
    assert_eq!(ada.post(MANDATES, &nobody).await.problem(422)["field"], "person");
}

#[tokio::test]
async fn positions_are_shown_when_the_terms_say_so() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let persons = json!([ada.person().await, bea.person().await]);
    let mut body = consent();
    body["unit"] = json!("persons");
    body["persons"] = persons;
    body["shown"] = json!("after-own");
    let own = ada.opens(&body).await;
    body["shown"] = json!("after-closing");
    let closing = ada.opens(&body).await;
    let reason = json!({"position": "objection", "reason": "Not yet"});
    for at in [&own, &closing] {
        let seen = ada.says(at, &reason).await;
        assert_eq!(seen["visible"] == "now", at == &own, "{seen}");
    }
    for (at, visible) in [(&own, "after-own"), (&closing, "after-closing")] {
        let seen = bea.get(at).await.expect(200);
        assert_eq!(
            (&seen["visible"], &seen["positions"], &seen["count"]),
            (&json!(visible), &Value::Null, &Value::Null)
        );
        assert!(!seen.to_string().contains("Not yet"), "{seen}");
        assert_eq!(seen["answered"], 1);
        bea.get(&format!("{at}/positions")).await.problem(403);
        node.get(&format!("{at}/positions")).await.problem(403);
    }
    // Who objects is not told by what is refused, either.
    let objection = ada.get(&format!("{own}/positions")).await.expect(200)[0]["change"].clone();
    for guess in [&objection, &json!(ANY_CHANGE)] {
        let unseen = json!({"position": "consent", "not_qualified": [guess]});
        let problem = bea.put(&format!("{own}/positions/own"), &unseen).await.problem(422);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("do not see yet")), "{problem}");
    }
    bea.says(&own, &json!({"position": "consent"})).await;
    bea.says(&own, &json!({"position": "consent", "not_qualified": [objection]})).await;
    let seen = bea.get(&format!("{own}/positions")).await.expect(200);
    assert_eq!((&seen[0]["reason"], &seen[1]["not_qualified"]), (&json!("Not yet"), &json!([0])));
    bea.says(&closing, &json!({"position": "consent"})).await;
    bea.get(&format!("{closing}/positions")).await.problem(403);
    ada.says(&closing, &json!({"position": "consent"})).await;
    let seen = node.get(&closing).await.expect(200);
    assert_eq!((&seen["state"], &seen["positions"][0]["position"]), (&json!("final"), &json!("consent")));
}

#[tokio::test]
async fn a_finding_is_refused_when_the_objection_was_changed_since_it_was_read() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let mut body = consent();
    body["unit"] = json!("persons");
    body["persons"] = json!([ada.person().await, bea.person().await]);
    let at = ada.opens(&body).await;
    let own = format!("{at}/positions/own");
    let objects = |seen: &Value| {
        let positions = seen["positions"].as_array().expect("they are seen");
        positions.iter().find(|one| one["position"] == "objection").map(|one| one["change"].clone())
    };
    let read = objects(&ada.says(&at, &json!({"position": "objection", "reason": "Not yet"})).await).expect("objects");
    let changed = ada.says(&at, &json!({"position": "objection", "reason": "On Mondays we are away"})).await;
    let standing = objects(&changed).expect("still objects");
    assert_ne!(read, standing);
    let finds = |change: &Value| json!({"position": "consent", "not_qualified": [change], "reason": "It is not"});
    for none in [&read, &json!(ANY_CHANGE)] {
        let problem = bea.put(&own, &finds(none)).await.problem(409);
        assert_eq!(problem["field"], "not_qualified");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("changed since you read it")));
    }
    assert_eq!(bea.get(&at).await.expect(200)["answered"], 1);
    for malformed in [json!(0), json!("no id")] {
        bea.put(&own, &finds(&malformed)).await.problem(400);
    }
    let found = bea.says(&at, &finds(&standing)).await;
    let by_bea = found["positions"].as_array().and_then(|all| all.iter().find(|one| one["position"] == "consent"));
    let place = |one: &Value| one["place"].clone();
    let objector = found["positions"].as_array().and_then(|all| all.iter().find(|one| one["change"] == standing));
    assert_eq!(by_bea.expect("taken")["not_qualified"], json!([objector.map(place)]));
    // Who withdraws it has no objection any more of which anything could be found.
    bea.says(&at, &json!({"position": "concern", "reason": "Let us see"})).await;
    ada.says(&at, &json!({"position": "objection", "reason": "Not yet"})).await;
    bea.put(&own, &finds(&standing)).await.problem(409);
}

#[tokio::test]
async fn every_method_takes_its_positions_and_no_other() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let cases = [
        (json!({"kind": "consensus", "fallback": {"share": "3/4"}}), json!({"position": "agree"}), "adopted"),
        (json!({"kind": "majority"}), json!({"position": "disagree", "reason": "No"}), "not-adopted"),
        (json!({"kind": "supermajority"}), json!({"position": "abstain"}), "not-decided"),
        (json!({"kind": "score", "highest": 10}), json!({"scores": [3, null, 10]}), "chosen"),
        (json!({"kind": "dot", "dots": 4}), json!({"dots": [0, 1, 3]}), "chosen"),
        (json!({"kind": "ranked", "counting": "instant-runoff"}), json!({"ranking": [[2], [0]]}), "chosen"),
        (json!({"kind": "ranked"}), json!({"ranking": [[2], [0, 1]]}), "chosen"),
        (json!({"kind": "advice"}), json!({"position": "agree"}), "not-decided"),
        (json!({"kind": "gradients"}), json!({"step": 3}), "not-decided"),
    ];
    for (method, position, verdict) in cases {
        let mut body = consent();
        body["method"] = method.clone();
        if ["score", "dot", "ranked"].contains(&method["kind"].as_str().expect("a word")) {
            body["options"] = json!(["Mondays", "Tuesdays", "Fridays"]);
        }
        let at = ada.opens(&body).await;
        let own = format!("{at}/positions/own");
        ada.put(&own, &json!({})).await.problem(400);
        ada.put(&own, &json!({"position": "consent", "step": 1})).await.problem(400);
        let done = ada.says(&at, &position).await;
        let minute = &done["minute"];
        assert_eq!(minute["verdict"], verdict, "{done}");
        assert_eq!(minute["option"], if verdict == "chosen" { json!(2) } else { Value::Null }, "{done}");
        for (name, value) in position.as_object().expect("an object") {
            assert_eq!(&done["positions"][0][name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn sent_again_with_a_key_it_is_opened_and_said_once() {
    let node = Node::new();
    let ada = node.first_member().await;
    let mut body = consent();
    body["effects"] = json!([{"kind": "charter", "charter": node.get("/api/v1/charter").await.expect(200)["charter"]}]);
    let key: [(&str, &str); 1] = [("idempotency-key", "one")];
    let first = ada.ask(Method::POST, DECISIONS, Some(&body), &key).await.expect(201);
    let again = ada.ask(Method::POST, DECISIONS, Some(&body), &key).await.expect(200);
    assert_eq!(first["id"], again["id"]);
    let mut other = body.clone();
    other["title"] = json!("Something else");
    let used = ada.ask(Method::POST, DECISIONS, Some(&other), &key).await.problem(422);
    assert_eq!(used["type"], "/problems/idempotency-key");
    assert_eq!(node.get(DECISIONS).await.expect(200)["total"], 1);

    let comments = format!("{DECISIONS}/{}/comments", id(&first));
    let said = json!({"kind": "question", "text": "Who pays?"});
    let comment = ada.ask(Method::POST, &comments, Some(&said), &key).await.expect(201);
    assert_eq!(ada.ask(Method::POST, &comments, Some(&said), &key).await.expect(200), comment);
    ada.ask(Method::POST, &comments, Some(&json!({"text": "Who?"})), &key).await.problem(422);
    assert_eq!(node.get(&comments).await.expect(200)["items"], json!([comment]));
    for kind in ["outcome", "dissent", "hearing"] {
        let early = ada.post(&comments, &json!({"kind": kind, "text": "So be it"})).await.problem(409);
        assert_eq!(early["field"], "kind", "{kind}: it is open, and against nobody");
    }
    let lines = ada.post(&comments, &json!({"text": " a\r\nb \n"})).await.expect(201);
    assert!(lines["text"].as_str().expect("a text").contains("a\nb"), "{lines}");
    ada.post(&comments, &json!({"text": " \n"})).await.problem(422);
    ada.ask(Method::DELETE, &format!("/api/v1/comments/{}", id(&lines)), None, &[]).await;
    let bea = node.colleague(&ada).await;
    let at = format!("/api/v1/comments/{}", id(&comment));
    bea.ask(Method::DELETE, &at, None, &[]).await.problem(403);
    assert_eq!(ada.ask(Method::DELETE, &at, None, &[]).await.status, 204);
    assert_eq!(node.get(&comments).await.expect(200)["items"], json!([]));
}
