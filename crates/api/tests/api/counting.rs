//! What the API tells of a count: how it came about, what became of objections, and what earlier terms said.

use std::borrow::Borrow;

use serde_json::{Value, json};

use crate::{
    decisions::{ANY_CHANGE, consent},
    member::Member,
    nodes_in_memory::Node,
};

const OPTIONS: [&str; 3] = ["Mondays", "Tuesdays", "Fridays"];

/// Asks three members, each for themself, to choose by a method, has them answer, and gives what it came to.
async fn counted(members: &[Member<'_>], method: Value, says: [Value; 3]) -> Value {
    let mut body = consent();
    body["method"] = method;
    body["options"] = json!(OPTIONS);
    let at = asked_of(members, body).await;
    for (member, position) in members.iter().zip(says) {
        member.put(&format!("{at}/positions/own"), &position).await.expect(200);
    }
    members[0].get(&at).await.expect(200)["count"].clone()
}

/// Opens a decision in which these members are asked, each for themself; the first of them opens it.
pub(crate) async fn asked_of<'n>(members: &[impl Borrow<Member<'n>>], mut body: Value) -> String {
    let mut persons = Vec::new();
    for member in members {
        persons.push(member.borrow().person().await);
    }
    (body["unit"], body["persons"]) = (json!("persons"), json!(persons));
    members[0].borrow().opens(&body).await
}

async fn three(node: &Node) -> [Member<'_>; 3] {
    let ada = node.first_member().await;
    let bea = node.colleague(&ada).await;
    let cy = node.colleague_called(&ada, "cy", "Cy").await;
    [ada, bea, cy]
}

#[tokio::test]
async fn scores_and_dots_tell_what_each_option_got() {
    let node = Node::new();
    let members = three(&node).await;
    let says = [[json!(3), json!(null), json!(5)], [json!(4), json!(0), json!(5)], [json!(0), json!(null), json!(4)]];
    let scores = says.map(|scores| json!({"scores": scores}));
    let count = counted(&members, json!({"kind": "score"}), scores).await;
    let expected = json!([
        {"option": 0, "sum": 7, "scored_by": 3, "mean": "2.33", "median": "3.00", "given": [1, 0, 0, 1, 1, 0]},
        {"option": 1, "sum": 0, "scored_by": 1, "mean": "0.00", "median": "0.00", "given": [1, 0, 0, 0, 0, 0]},
        {"option": 2, "sum": 14, "scored_by": 3, "mean": "4.66", "median": "5.00", "given": [0, 0, 0, 0, 1, 2]},
    ]);
    assert_eq!(count["details"], json!({"scores": expected, "lots": []}));

    let dots = [[1, 2, 1], [0, 4, 0], [0, 0, 3]].map(|dots| json!({"dots": dots}));
    let count = counted(&members, json!({"kind": "dot", "dots": 4}), dots).await;
    let got = [(1, 1), (6, 2), (4, 2)].into_iter().enumerate();
    let got: Vec<Value> =
        got.map(|(option, (total, by))| json!({"option": option, "total": total, "given_by": by})).collect();
    assert_eq!(count["details"]["dots"], json!(got));
}

#[tokio::test]
async fn rankings_tell_rounds_pairs_and_lots() {
    let node = Node::new();
    let members = three(&node).await;
    let rankings = [json!([[0], [1]]), json!([[1], [0]]), json!([[2]])].map(|ranking| json!({"ranking": ranking}));
    let method = json!({"kind": "ranked", "counting": "instant-runoff"});
    let count = counted(&members, method, rankings.clone()).await;
    let details = &count["details"];
    let rounds = details["rounds"].as_array().expect("a list");
    let votes = |option: usize| json!({"option": option, "votes": 1});
    assert_eq!(rounds[0]["votes"], json!([votes(0), votes(1), votes(2)]), "{details}");
    let out = &rounds[0]["out"];
    assert_eq!((&out["lowest"], &out["broken_by"], &out["round"]), (&json!([0, 1, 2]), &json!("lot"), &Value::Null));
    let lot = &details["lots"][0];
    assert_eq!((&lot["contest"], &lot["number"]), (&json!("out"), &json!(1)), "{details}");
    assert_eq!(lot["options"].as_array().and_then(|options| options.last()), Some(&out["option"]), "the last went out");
    let last = rounds.last().expect("a round");
    assert_eq!(last["out"], Value::Null);

    let count = counted(&members, json!({"kind": "ranked", "counting": "schulze"}), rankings).await;
    let pairs = &count["details"]["pairs"];
    assert_eq!(pairs["above"], json!([[0, 1, 2], [1, 0, 2], [1, 1, 0]]), "{pairs}");
    assert_eq!(pairs["unbeaten"], json!([0, 1]));
    assert_eq!(pairs["paths"], json!([[0, 0, 2], [0, 0, 2], [0, 0, 0]]));
    assert_eq!(count["details"]["lots"][0]["contest"], "place");
}

#[tokio::test]
async fn objections_are_told_with_what_became_of_each_and_earlier_terms_with_when_they_closed() {
    let node = Node::new();
    let members = three(&node).await;
    let [ada, bea, cy] = &members;
    let mut body = consent();
    body["closes"] = json!("2023-12-01T00:00:00Z");
    let at = asked_of(&members, body).await;
    let objects = |reason: &str| json!({"position": "objection", "reason": reason});
    let own = format!("{at}/positions/own");
    ada.put(&own, &objects("Too early")).await.expect(200);
    bea.put(&own, &objects("Too late")).await.expect(200);
    bea.put(&own, &json!({"position": "consent"})).await.expect(200);
    let states = |shown: &Value| {
        let each = shown["objections"].as_array().expect("a list").iter();
        let mut states: Vec<(String, String)> = each
            .map(|one| {
                (one["reason"].as_str().unwrap_or_default().into(), one["state"].as_str().unwrap_or_default().into())
            })
            .collect();
        states.sort();
        states
    };
    let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(reason, state)| ((*reason).to_owned(), (*state).to_owned())).collect()
    };
    let shown = cy.get(&at).await.expect(200);
    assert_eq!(states(&shown), of(&[("Too early", "open"), ("Too late", "withdrawn")]));
    let change = shown["objections"].as_array().expect("a list").iter().find(|one| one["state"] == "open");
    let change = change.expect("it is open")["change"].clone();
    let patch = json!({"text": "At ten.", "integrates": [change], "closes": "2023-12-02T00:00:00Z"});
    let changed = ada.patch(&at, &patch).await.expect(200);
    assert_eq!(states(&changed), of(&[("Too early", "integrated"), ("Too late", "withdrawn")]));
    let integrated = changed["objections"].as_array().expect("a list").iter().find(|one| one["change"] == change);
    let integrated = integrated.expect("it is told");
    assert_eq!((&integrated["integrated_in"], &integrated["version"]), (&json!(2), &json!(1)));
    let closes: Vec<&Value> =
        changed["versions"].as_array().expect("a list").iter().map(|version| &version["closes"]).collect();
    assert_eq!(closes, [&json!("2023-12-02T00:00:00.000Z"), &json!("2023-12-01T00:00:00.000Z")]);

    // What was answered before stays to be read, beside what counts, which is nothing yet.
    assert_eq!((&changed["answered"], &changed["positions"]), (&json!(0), &json!([])));
    let earlier = &changed["earlier"];
    assert_eq!(earlier.as_array().map(Vec::len), Some(1), "{earlier}");
    assert_eq!(earlier[0]["version"], 1);
    let said: Vec<_> = earlier[0]["positions"].as_array().expect("a list").iter().map(|one| &one["position"]).collect();
    assert!(said.len() == 2 && said.contains(&&json!("objection")) && said.contains(&&json!("consent")), "{earlier}");

    // The two others find that what Ada objects now is no argument.
    ada.put(&own, &objects("I never liked it")).await.expect(200);
    let asked = changed["asked"].as_array().expect("a list");
    let place = asked.iter().position(|one| one["name"] == "Ada").expect("she is asked");
    let standing = ada.get(&at).await.expect(200);
    let mut objections = standing["objections"].as_array().expect("a list").iter();
    let objection = objections.find(|one| one["reason"] == "I never liked it").expect("it stands")["change"].clone();
    for member in [bea, cy] {
        let finds = json!({"position": "consent", "not_qualified": [objection]});
        member.put(&own, &finds).await.expect(200);
    }
    let shown = ada.get(&at).await.expect(200);
    assert_eq!(
        (&shown["answered"], &shown["earlier"]),
        (&json!(3), earlier),
        "new answers take nothing from the earlier"
    );
    assert!(states(&shown).contains(&("I never liked it".into(), "not-qualified".into())), "{shown}");
    assert_eq!(shown["count"]["details"]["not_qualified"], json!([place]));

    // What nobody answered until the end stands then.
    let at = asked_of(&members, consent()).await;
    let objected = ada.put(&format!("{at}/positions/own"), &objects("Not on Mondays")).await.expect(200);
    assert_eq!(states(&objected), of(&[("Not on Mondays", "open")]));
    let ballot = objected["positions"][0]["change"].as_str().expect("an id").parse().expect("an id");
    node.states(&crate::nodes_in_memory::key(2), &objected, ballot).await;
    let shown = ada.get(&at).await.expect(200);
    assert_eq!((&shown["state"], states(&shown)), (&json!("final"), of(&[("Not on Mondays", "stood")])), "{shown}");

    // Nobody is told before they see positions.
    let mut hidden = consent();
    hidden["shown"] = json!("after-own");
    let at = asked_of(&members, hidden).await;
    ada.put(&format!("{at}/positions/own"), &objects("A secret")).await.expect(200);
    let unseen = bea.get(&at).await.expect(200);
    assert_eq!((&unseen["objections"], &unseen["earlier"]), (&Value::Null, &Value::Null));
    assert!(!unseen.to_string().contains("A secret"), "{unseen}");
}

#[tokio::test]
async fn earlier_terms_are_told_with_what_they_would_have_changed() {
    let node = Node::new();
    let ada = node.first_member().await;
    let mut body = consent();
    body["effects"] = json!([{"kind": "stage", "stage": "emerging"}]);
    let at = ada.opens(&body).await;
    let changed = ada.patch(&at, &json!({"text": "Better said.", "left_out": "Nobody."})).await.expect(200);
    let [now, before] = &changed["versions"].as_array().expect("a list")[..] else { panic!("{changed}") };
    assert_eq!(before["effects"][0]["stage"], "emerging");
    assert_eq!((&now["left_out"], &before["left_out"]), (&json!("Nobody."), &json!("")));
}

#[tokio::test]
async fn a_refused_position_names_the_field_in_which_it_was_sent() {
    let node = Node::new();
    let ada = node.first_member().await;
    ada.speaks().await;
    let refused = async |method: Value, position: Value| {
        let mut body = consent();
        (body["method"], body["options"]) = (method, json!(OPTIONS));
        let own = format!("{}/positions/own", ada.opens(&body).await);
        ada.put(&own, &position).await.problem(422)["field"].clone()
    };
    assert_eq!(refused(json!({"kind": "ranked"}), json!({"ranking": [[3]]})).await, "ranking");
    assert_eq!(refused(json!({"kind": "score"}), json!({"scores": [1, 2]})).await, "scores");
    assert_eq!(refused(json!({"kind": "dot", "dots": 4}), json!({"dots": [9, 9, 9]})).await, "dots");
    // What is wrong with something else is about that.
    let mut body = consent();
    body["shown"] = json!("after-own");
    let own = format!("{}/positions/own", ada.opens(&body).await);
    let hidden = json!({"position": "consent", "not_qualified": [ANY_CHANGE]});
    assert_eq!(ada.put(&own, &hidden).await.problem(422)["field"], "not_qualified");
}
