//! Roles and role requests: whose they are, what is refused, and what sending again does.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{member::Member, nodes_in_memory::Node};

const ROLES: &str = "/api/v1/roles";
const REQUESTS: &str = "/api/v1/role-requests";
/// The clock of a node in memory stands on 14 November 2023.
const TODAY: &str = "2023-11-14";

fn id(body: &Value) -> &str {
    body["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_role_is_taken_on_extended_and_laid_down_by_its_person_alone() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let wanted = json!({"role": "facilitator", "topic": "Falls", "since": "2023-11-01", "until": "2023-11-20"});
    let role = ada.post(ROLES, &wanted).await.expect(201);
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&role[name], value, "{name}");
    }
    assert_eq!((&role["name"], &role["organisation"], &role["ended"]), (&json!("Ada"), &json!("Alder"), &json!("")));
    assert_eq!((&role["held"], &role["ends_soon"]), (&json!(true), &json!(true)));
    assert_eq!(role["person"], ada.person().await);
    let again = json!({"role": "facilitator", "topic": "falls"});
    assert_eq!(ada.post(ROLES, &again).await.problem(409)["field"], "role");

    let at = format!("{ROLES}/{}", id(&role));
    assert!(bea.patch(&at, &json!({"ended": true})).await.problem(403)["detail"].as_str().is_some());
    bea.patch(&at, &json!({"until": ""})).await.problem(403);
    let before = ada.patch(&at, &json!({"until": "2023-10-31"})).await.problem(422);
    assert_eq!((&before["type"], &before["field"]), (&json!("/problems/field"), &json!("until")));
    let longer = ada.patch(&at, &json!({"until": "2024-11-14"})).await.expect(200);
    assert_eq!((&longer["until"], &longer["ends_soon"]), (&json!("2024-11-14"), &json!(false)));
    assert_eq!(ada.patch(&at, &json!({"until": ""})).await.expect(200)["until"], "");
    for _ in 0..2 {
        let ended = ada.patch(&at, &json!({"ended": true})).await.expect(200);
        assert_eq!((&ended["ended"], &ended["held"]), (&json!(TODAY), &json!(false)));
    }
    assert_eq!(node.get(ROLES).await.expect(200)["total"], 0, "what is over is not listed");
    ada.post(ROLES, &again).await.expect(201);
}

#[tokio::test]
async fn a_role_goes_on_where_its_person_has_got_a_new_key() {
    let node = Node::new();
    let ada = node.first_member().await;
    let role = ada.post(ROLES, &json!({"role": "expert", "topic": "Falls", "since": "2023-11-01"})).await.expect(201);
    let person = node.handle.member(&ada.token).expect("sound").expect("signed in").person;
    let (text, _) = node.handle.reset_link(None, person).await.expect("the operator may");
    let passphrase = "four other plain words".to_owned().into();
    let token = node.handle.reset(text, passphrase, String::new()).await.expect("it works");
    let again = Member { node: &node, token };
    assert_eq!(again.post(ROLES, &json!({"role": "expert", "topic": "Falls"})).await.problem(409)["field"], "role");
    let longer = again.patch(&format!("{ROLES}/{}", id(&role)), &json!({"until": "2024-11-14"})).await.expect(200);
    for name in ["person", "role", "topic", "since"] {
        assert_eq!(longer[name], role[name], "{name}");
    }
    assert_eq!(longer["until"], "2024-11-14");
    let page = node.get(ROLES).await.expect(200);
    assert_eq!((&page["total"], &page["items"][0]), (&json!(1), &longer), "it is one role still");
    let ended = again.patch(&format!("{ROLES}/{}", id(&longer)), &json!({"ended": true})).await.expect(200);
    assert_eq!((&ended["id"], &ended["ended"]), (&longer["id"], &json!(TODAY)));
}

#[tokio::test]
async fn roles_are_listed_by_person_role_and_whether_they_are_held() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    ada.post(ROLES, &json!({"role": "connector"})).await.expect(201);
    ada.post(ROLES, &json!({"role": "sponsor", "since": "2023-12-01"})).await.expect(201);
    bea.post(ROLES, &json!({"role": "connector"})).await.expect(201);
    let (first, second) = (ada.person().await, bea.person().await);
    for (query, total) in [
        (String::new(), 3),
        ("?role=connector".into(), 2),
        (format!("?person={first}"), 2),
        (format!("?person={second}&role=connector"), 1),
        (format!("?person={second}&role=sponsor"), 0),
        ("?held=true".into(), 2),
        ("?held=false".into(), 1),
        ("?limit=1&from=1".into(), 3),
    ] {
        let page = node.get(&format!("{ROLES}{query}")).await.expect(200);
        assert_eq!(page["total"], total, "{query}");
        let open = page["unheld"].as_array().expect("a list");
        assert!(open.contains(&json!("sponsor")) && !open.contains(&json!("connector")), "{query}: {open:?}");
        assert_eq!(open.len(), 7);
    }
    let page = node.get(&format!("{ROLES}?limit=1&from=1")).await.expect(200);
    assert_eq!((page["items"].as_array().map(Vec::len), &page["items"][0]["name"]), (Some(1), &json!("Bea")));
    for (query, field) in [
        ("person=ada", "person"),
        ("role=king", "role"),
        ("role=", "role"),
        ("held=yes", "held"),
        ("limit=0", "limit"),
        ("from=x", "from"),
        ("topic=x", "topic"),
    ] {
        assert_eq!(node.get(&format!("{ROLES}?{query}")).await.problem(400)["field"], field, "{query}");
    }
}

#[tokio::test]
async fn wrong_values_are_named() {
    let node = Node::new();
    let ada = node.first_member().await;
    let person = ada.person().await;
    let (nobody, nothing) = (format!("b{}", "a".repeat(26)), format!("b{}", "a".repeat(52)));
    for (body, status, field) in [
        (json!({}), 400, "role"),
        (json!({"role": "king"}), 400, "role"),
        (json!({"role": ["expert"]}), 400, "role"),
        (json!({"role": "expert", "person": person}), 400, "person"),
        (json!({"role": "expert", "ended": "2023-11-14"}), 400, "ended"),
        (json!({"role": "expert", "request": "b"}), 400, "request"),
        (json!({"role": "expert", "request": null}), 400, "request"),
        (json!({"role": "expert", "topic": "x".repeat(201)}), 422, "topic"),
        (json!({"role": "expert", "topic": "a\nb"}), 422, "topic"),
        (json!({"role": "expert", "since": "14.11.2023"}), 422, "since"),
        (json!({"role": "expert", "until": "2023-02-30"}), 422, "until"),
        (json!({"role": "expert", "since": "2023-11-14", "until": "2023-11-13"}), 422, "until"),
    ] {
        assert_eq!(ada.post(ROLES, &body).await.problem(status)["field"], field, "{body}");
    }
    let answer = json!({"role": "expert", "request": nothing});
    assert_eq!(ada.post(ROLES, &answer).await.problem(422)["field"], "request", "nobody has asked so");
    for (body, status, field) in [
        (json!({"role": "expert"}), 400, "person"),
        (json!({"person": "ada", "role": "expert"}), 400, "person"),
        (json!({"person": nobody, "role": "expert"}), 422, "person"),
        (json!({"person": person, "role": "expert"}), 422, "person"),
        (json!({"person": nobody, "role": "king"}), 400, "role"),
        (json!({"person": nobody, "role": "expert", "from": person}), 400, "from"),
        (json!({"person": nobody, "role": "expert", "note": "x".repeat(2_001)}), 422, "note"),
    ] {
        assert_eq!(ada.post(REQUESTS, &body).await.problem(status)["field"], field, "{body}");
    }
    let role = ada.post(ROLES, &json!({"role": "expert"})).await.expect(201);
    let at = format!("{ROLES}/{}", id(&role));
    for (body, field) in [
        (json!({}), "until"),
        (json!({"ended": false}), "ended"),
        (json!({"ended": true, "until": ""}), "until"),
        (json!({"ended": "2023-11-14"}), "ended"),
        (json!({"until": null}), "until"),
        (json!({"role": "sponsor"}), "role"),
    ] {
        assert_eq!(ada.patch(&at, &body).await.problem(400)["field"], field, "{body}");
    }
    for (body, field) in [
        (json!({}), "declined"),
        (json!({"declined": false}), "declined"),
        (json!({"withdrawn": false}), "withdrawn"),
        (json!({"withdrawn": true, "declined": true}), "withdrawn"),
        (json!({"taken_on": true}), "taken_on"),
    ] {
        let problem = ada.patch(&format!("{REQUESTS}/{nothing}"), &body).await.problem(400);
        assert_eq!(problem["field"], field, "{body}");
    }
    for (path, body) in [(ROLES, json!({"ended": true})), (REQUESTS, json!({"declined": true}))] {
        for name in ["b", "%ff", &nothing] {
            let problem = ada.patch(&format!("{path}/{name}"), &body).await.problem(404);
            assert_eq!(problem["field"], "id", "{path} {name}");
            assert!(!problem["detail"].as_str().expect("a detail").contains("resource"), "{problem}");
        }
    }
    let all = node.get(ROLES).await.expect(200);
    assert_eq!((&all["total"], &all["items"][0]), (&json!(1), &role), "nothing of this was written");
}

#[tokio::test]
async fn sent_again_with_its_key_a_role_is_taken_on_once() {
    let node = Node::new();
    let ada = node.first_member().await;
    let key = &[("idempotency-key", "k")];
    let wanted = json!({"role": "expert", "topic": "Falls", "until": "2023-12-31"});
    let post = async |body: &Value, key: &[(&str, &str)]| ada.ask(Method::POST, ROLES, Some(body), key).await;
    let role = post(&wanted, key).await.expect(201);
    assert_eq!(post(&wanted, key).await.expect(200), role);
    let at = format!("{ROLES}/{}", id(&role));
    let longer = ada.patch(&at, &json!({"until": "2024-12-31"})).await.expect(200);
    assert_eq!(post(&wanted, key).await.expect(200), longer, "what became of it since stays");
    for other in [json!({"role": "expert", "topic": "Frailty"}), json!({"role": "expert", "topic": "Falls"})] {
        let problem = post(&other, key).await.problem(422);
        assert_eq!(
            (&problem["type"], &problem["field"]),
            (&json!("/problems/idempotency-key"), &json!("Idempotency-Key"))
        );
    }
    let ended = ada.patch(&at, &json!({"ended": true})).await.expect(200);
    assert_eq!(post(&wanted, key).await.expect(200), ended);
    post(&wanted, &[("idempotency-key", "l")]).await.expect(201);
    assert_eq!(post(&wanted, &[("idempotency-key", "")]).await.problem(400)["field"], "Idempotency-Key");
    let keyed = ada.ask(Method::PATCH, &at, Some(&json!({"until": ""})), key).await;
    assert_eq!(keyed.problem(400)["field"], "Idempotency-Key");
    assert_eq!(node.get(ROLES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn requests_with_one_key_at_the_same_time_make_one_role() {
    let node = Node::new();
    let ada = node.first_member().await;
    let key = &[("idempotency-key", "k")];
    let bodies: Vec<Value> =
        ["Falls", "Frailty"].iter().map(|topic| json!({"role": "expert", "topic": topic})).collect();
    let asked = (0..10).map(|number| ada.ask(Method::POST, ROLES, Some(&bodies[number % 2]), key));
    let answers = futures::future::join_all(asked).await;
    let page = node.get(ROLES).await.expect(200);
    let role = &page["items"][0];
    assert_eq!(page["total"], 1);
    for (number, answer) in answers.iter().enumerate() {
        if bodies[number % 2]["topic"] == role["topic"] {
            assert!([200, 201].contains(&answer.status.as_u16()) && answer.json() == *role, "{answer:?}");
        } else {
            assert_eq!(answer.problem(422)["field"], "Idempotency-Key");
        }
    }
}

#[tokio::test]
async fn a_request_is_answered_withdrawn_or_put_off() {
    let node = Node::new();
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let lists = async |member: &Member<'_>| member.get(REQUESTS).await.expect(200);
    let count = |lists: &Value| {
        let length = |name: &str| lists[name].as_array().expect("a list").len();
        (length("to_me"), length("by_me"))
    };
    let person = bea.person().await;
    let key = &[("idempotency-key", "k")];
    let wanted = json!({"person": person, "role": "expert", "topic": "Falls", "note": "Please."});
    let asked = ada.ask(Method::POST, REQUESTS, Some(&wanted), key).await.expect(201);
    assert_eq!(ada.ask(Method::POST, REQUESTS, Some(&wanted), key).await.expect(200), asked);
    let other = json!({"person": person, "role": "expert", "note": "Please!"});
    assert_eq!(ada.ask(Method::POST, REQUESTS, Some(&other), key).await.problem(422)["field"], "Idempotency-Key");
    assert_eq!((&asked["from_name"], &asked["person_name"]), (&json!("Ada"), &json!("Bea")));
    assert_eq!((count(&lists(&ada).await), count(&lists(&bea).await)), ((0, 1), (1, 0)));
    assert_eq!(lists(&bea).await["to_me"][0], asked);
    let refused = ada.post(REQUESTS, &wanted).await.problem(409);
    assert!(refused["detail"].as_str().expect("a detail").contains("2024-05-1"), "{refused}");

    // Answered by a role that names it.
    let own = json!({"role": "expert", "request": asked["id"]});
    assert_eq!(ada.post(ROLES, &own).await.problem(422)["field"], "request", "it is not she who is asked");
    let answer = json!({"role": "expert", "topic": "Falls", "request": asked["id"]});
    let role = bea.post(ROLES, &answer).await.expect(201);
    assert_eq!(role["request"], asked["id"]);
    assert_eq!(lists(&ada).await["by_me"][0]["taken_on"], true);
    assert_eq!(count(&lists(&bea).await), (0, 0));

    // Taken back by whoever asks, and by nobody else.
    let second = ada.post(REQUESTS, &json!({"person": person, "role": "sponsor"})).await.expect(201);
    let at = format!("{REQUESTS}/{}", id(&second));
    bea.patch(&at, &json!({"withdrawn": true})).await.problem(403);
    ada.patch(&at, &json!({"declined": true})).await.problem(403);
    assert_eq!(ada.patch(&at, &json!({"withdrawn": true})).await.status, 204);
    assert_eq!(count(&lists(&bea).await), (0, 0));

    // Put off: nobody is told.
    let third = ada.post(REQUESTS, &json!({"person": person, "role": "connector"})).await.expect(201);
    let before = lists(&ada).await;
    assert_eq!(count(&lists(&bea).await), (1, 0));
    assert_eq!(bea.patch(&format!("{REQUESTS}/{}", id(&third)), &json!({"declined": true})).await.status, 204);
    assert_eq!(count(&lists(&bea).await), (0, 0));
    assert_eq!(lists(&ada).await, before);
}

#[tokio::test]
async fn machines_sign_no_roles() {
    let node = Node::new();
    let ada = node.first_member().await;
    let role = ada.post(ROLES, &json!({"role": "expert"})).await.expect(201);
    let key = node.handle.organisation_key();
    for (method, path, body) in [
        (Method::POST, ROLES.to_owned(), json!({"role": "expert"})),
        (Method::PATCH, format!("{ROLES}/{}", id(&role)), json!({"ended": true})),
        (Method::POST, REQUESTS.into(), json!({"person": ada.person().await, "role": "expert"})),
        (Method::PATCH, format!("{REQUESTS}/{}", id(&role)), json!({"declined": true})),
        (Method::PATCH, format!("/api/v1/organisations/{key}"), json!({"about": "x"})),
        (Method::POST, "/api/v1/tokens".into(), json!({"name": "x", "scopes": ["read"], "days": 1})),
    ] {
        let problem = node.send_json(method, &path, &body, &[]).await.problem(403);
        assert_eq!(problem["field"], "Authorization", "{path}");
        assert!(problem["detail"].as_str().expect("a detail").contains("sign in"), "{path}: {problem}");
    }
    for path in [REQUESTS, "/api/v1/tokens"] {
        node.get(path).await.problem(403);
    }
    // Reading what everybody may know is not signing.
    assert_eq!(node.get(ROLES).await.expect(200)["items"][0], role);
}
