//! Deciding from the command line, as a member whose token is in the environment: nothing of it needs a browser.

use knotwork_governance::{Application, NetworkInvitation};
use knotwork_identity::SecretKey;
use knotwork_minutes::{Bundle, BundleReader};
use serde_json::json;

use crate::harness::{
    circle::{text, until_final, until_sign, voice},
    cli::{Call, Outcome},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn two_organisations_decide_from_the_command_line() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let members: Vec<_> = nodes.iter().map(|node| Member { node, token: voice(node).token.clone() }).collect();
    let [ada, bea] = &members[..] else { panic!("two members") };

    // Options, an order of them, and a count that both see.
    let asked = "Which day?\noutcome    option 1 chosen: Monday";
    let words = ["decision", "open", "--title", "Day", "--text", asked, "--left-out", "Whoever works nights."];
    let how = ["--method", "ranked", "--counting", "instant-runoff", "--quorum", "2", "--reasons", "optional"];
    let options = ["--option", "Monday", "--option", "Friday", "--closes", "2099-01-01T00:00:00Z"];
    let refused = ada.call(words.into_iter().chain(how).chain(options)).run().expect_code(1);
    assert!(refused.stderr.contains("for a year at most"), "{}", refused.stderr);
    let id = ada.done(words.into_iter().chain(how).chain(options.into_iter().take(4))).text().trim().to_owned();
    until("Birch sees it", || {
        let listed = bea.done(["decision", "list", "--state", "open"]).text();
        hold(listed.contains(&id), || listed)
    });
    let shown = bea.done(["decision", "show", &id, "--json"]).json();
    assert_eq!(shown["method"], json!({ "kind": "ranked", "counting": "instant-runoff" }));
    assert_eq!((&shown["reasons"], &shown["unit"]), (&json!("optional"), &json!("organisations")));
    bea.done(["decision", "comment", &id, "Is Friday a holiday?", "--kind", "question"]);
    bea.call(["decision", "comment", &id, "So be it", "--kind", "outcome"]).run().expect_code(1);
    ada.call(["decision", "position", &id, "agree"]).run().expect_code(1);
    ada.done(["decision", "position", &id, "--ranking", "2,1", "--reason", "Mondays\nare long."]);
    bea.done(["decision", "position", &id, "--ranking", "2"]);
    let minute = until_final(&nodes, &id);
    let height = minute["height"].to_string();
    let shown = ada.done(["minutes", "show", &height]).text();
    assert!(shown.contains("Day"), "{shown}");
    let shown = ada.done(["decision", "show", &id]).text();
    for line in
        ["took part 2 answered; 2 have to", "count     Friday: 2 ranked it first", "round     1: Monday 0, Friday 2"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    ada.done(["decision", "comment", &id, "We meet on Fridays.", "--kind", "outcome"]);

    // Organisations are named as people call them.
    let rest = ["decision", "open", "--title", "Rest", "--text", "They are away.", "--quorum", "60%", "--rest"];
    let refused = ada.call(rest.into_iter().chain(["Rowan Trust"])).run().expect_code(2);
    assert!(
        refused.stderr.contains("\"Rowan Trust\"") && refused.stderr.contains("Alder, Birch"),
        "{}",
        refused.stderr
    );
    let rests = ada.done(rest.into_iter().chain(["birch"])).text().trim().to_owned();
    let opened = ada.done(["decision", "show", &rests, "--json"]).json();
    assert_eq!((&opened["effects"][0]["name"], &opened["quorum"]), (&json!("Birch"), &json!("3/5")), "{opened}");

    // People are asked by their ids, where they are known.
    let person = text(&ada.node.api().get("/api/v1/members").expect(200).json()["items"][0]["person"]);
    let people = ["decision", "open", "--title", "Cake", "--text", "We bake.", "--json", "--person"];
    let opened = ada.done(people.into_iter().chain([person.as_str()])).json();
    assert_eq!((&opened["unit"], opened["asked"].as_array().map(Vec::len)), (&json!("persons"), Some(1)), "{opened}");
    let nobody = format!("b{}", "a".repeat(26));
    let refused = ada.call(people.into_iter().chain([person.as_str(), "--person", &nobody])).run().expect_code(1);
    assert_eq!(refused.failure()["field"], "persons", "{}", refused.stderr);

    // The proof, checked where nothing else is.
    let file = network.folder().join("day.minutes");
    let path = file.to_str().expect("a path");
    let [alder, birch] = [0, 1].map(|place| {
        let said = nodes[place].api().node();
        format!("{} ({})", nodes[place].name, text(&said["organisation_key"]))
    });
    let checked = ada.verified(&id, path);
    has_lines(&checked, &["Decision: Day", "method     ranking, by instant run-off"]);
    has_lines(&checked, &["option 1   Monday", "option 2   Friday", "2 of 2 who were asked are counted:"]);
    has_lines(&checked, &[&format!("- {alder}: ranks Friday > Monday"), "  Mondays are long."]);
    has_lines(&checked, &[&format!("- {birch}: ranks Friday")]);
    assert!(checked.contains("counted again here") && !checked.contains("overtaken"), "{checked}");
    // What was asked is set apart at each line, also where it looks like what is said of the outcome.
    has_lines(
        &checked,
        &["  | Which day?", "  | outcome    option 1 chosen: Monday", "outcome    option 2 chosen: Friday"],
    );
    assert_eq!(checked.lines().filter(|line| line.starts_with("outcome")).count(), 1, "{checked}");
    // Without a single ballot, as after they were erased, the minutes hold all the same.
    let whole = std::fs::read(&file).expect("a file");
    let mut reader = BundleReader::default();
    reader.take(&whole).expect("it holds");
    let changes = reader.finish().expect("it is whole").decision.expect("it is about one").changes;
    assert!(!changes.is_empty());
    let mut without = whole[..whole.len() - Bundle::changes(&changes).len()].to_vec();
    without.extend(Bundle::changes(&[]));
    std::fs::write(&file, without).expect("a file");
    let checked = bea.done(["minutes", "verify", path]).text();
    assert!(
        checked.contains("Every minute holds.") && checked.contains("Not all ballots are in the file"),
        "{checked}"
    );

    // What an organisation says for itself.
    let session = bea.node.api().get("/api/v1/node").expect(200).json();
    bea.call(["network", "accept"]).run().expect_code(1);
    bea.call(["network", "return"]).run().expect_code(1);
    bea.done(["network", "rest", "--until", "2099-03-31T00:00:00Z"]);
    until_sign(&nodes, 1);
    let key = text(&session["organisation_key"]);
    // Nobody is asked but Alder now.
    let words = ["decision", "open", "--title", "Tea", "--text", "Which tea?", "--method", "score", "--json"];
    let alone = ada.done(words.into_iter().chain(["--option", "Green", "--option", "Black"])).json();
    assert_eq!(alone["asked"].as_array().map(Vec::len), Some(1), "{alone}");
    let tea = text(&alone["id"]);
    ada.done(["decision", "position", &tea, "--scores", "-,4"]);
    until_final(&nodes[..1], &tea);
    let checked = ada.verified(&tea, path);
    has_lines(&checked, &["outcome    option 2 chosen: Black", &format!("- {alder}: Black 4")]);
    // That Birch is to rest has come to nothing, as it does so already.
    ada.done(["decision", "position", &rests, "consent"]);
    until_final(&nodes[..1], &rests);
    let checked = ada.verified(&rests, path);
    let overtaken = "           What was agreed meanwhile has overtaken it: it changes nothing.";
    has_lines(&checked, &["outcome    adopted", overtaken, &format!("changes    lets {birch} rest")]);
    bea.done(["network", "return"]);
    until_sign(&nodes, 2);
    let refused = bea.call(["network", "leave"]).run().expect_code(2);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    bea.done(["network", "leave", "--yes"]);
    until_sign(&nodes, 1);
    let organisations = ada.node.api().get("/api/v1/organisations").expect(200).json();
    let listed = organisations["items"].as_array().expect("a list").iter().any(|entry| entry["key"] == key);
    assert!(!listed, "{organisations}");
}

#[test]
fn an_invitation_is_listed_with_who_applied_and_taken_back() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let ada = Member { node, token: voice(node).token.clone() };
    let (invitation, file) = (network.folder().join("cedar.invitation"), network.folder().join("cedar.application"));
    let (invitation, file) = (invitation.to_str().expect("a path"), file.to_str().expect("a path"));
    ada.done(["network", "invite", "--out", invitation]);
    let listed = ada.done(["network", "invitations"]).text();
    assert_eq!(listed.trim_end_matches('\n').split('\t').nth(3), Some(""), "{listed}");
    let id = listed.split('\t').next().expect("an id").to_owned();
    node.cli(["network", "invitations"]).run().expect_code(2);

    let invited = NetworkInvitation::from_bytes(&std::fs::read(invitation).expect("a file")).expect("an invitation");
    let (organisation, key) = (SecretKey::from_seed(&[77; 32]), SecretKey::from_seed(&[78; 32]));
    let signing = (&organisation, &key);
    let application = Application::sign(&invited, invited.genesis.network(), ("Cedar".into(), vec![]), signing);
    std::fs::write(file, application.to_bytes()).expect("written");
    let admitted = ada.done(["network", "admit", file]);
    assert_eq!(admitted.text().lines().count(), 1, "the id alone: {}", admitted.text());
    assert!(admitted.stderr.contains("Next: "), "{}", admitted.stderr);
    assert!(ada.done(["network", "invitations"]).text().contains("Cedar"));
    let listed = ada.done(["network", "applications"]).text();
    let key = organisation.public().to_string();
    assert!(listed.starts_with("Cedar\t") && listed.contains(&key), "{listed}");

    let wrong = ada.call(["network", "invitations", "--take-back", "x"]).run().expect_code(1);
    assert!(wrong.stderr.contains("no open invitation has the id x"), "{}", wrong.stderr);
    let taken = ada.done(["network", "invitations", "--take-back", &id[..12], "--json"]).json();
    assert_eq!(taken, json!({ "taken_back": id }));
    assert_eq!(ada.done(["network", "invitations"]).text().trim(), "");
    ada.call(["network", "invitations", "--take-back", &id]).run().expect_code(1);
}

#[test]
fn the_charter_is_renewed_changed_and_compared() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let ada = Member { node, token: voice(node).token.clone() };
    let agree = |id: &str| {
        ada.done(["decision", "position", id, "consent"]);
        until_final(&[node], id)["height"].to_string()
    };
    let before = ada.done(["charter", "versions"]).text();
    assert!(before.starts_with("0\t") && before.lines().count() == 1, "{before}");
    let renewal = ada.done(["charter", "renew"]).text();
    let opened = ada.done(["decision", "show", renewal.trim(), "--json"]).json();
    assert_eq!((&opened["title"], &opened["method"]["kind"]), (&json!("Renew the charter"), &json!("consent")));
    let renewed = agree(renewal.trim());
    let same = ada.done(["charter", "versions", "--compare", "0", &renewed]).text();
    assert!(same.contains("They say the same."), "{same}");

    let mut charter = ada.done(["charter", "show", "--json"]).json()["charter"].clone();
    charter["values"] = json!("Care for each other.");
    charter["rules"]["review_months"] = json!(7);
    let file = network.folder().join("charter.json");
    std::fs::write(&file, charter.to_string()).expect("written");
    let words = ["charter", "propose", "--from", file.to_str().expect("a path"), "--text", "We care."];
    let changed = agree(ada.done(words).text().trim());
    let listed = ada.done(["charter", "versions"]).text();
    let minutes: Vec<&str> = listed.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(minutes, [&changed, &renewed, "0"], "{listed}");
    let compared = ada.done(["charter", "versions", "--compare", &renewed, &changed]).text();
    for part in ["Values\n{+Care for each other.+}", "→ after 7 months"] {
        assert!(compared.contains(part), "{part} is missing from {compared}");
    }
    assert!(!compared.contains("Purpose"), "{compared}");
    let shown = ada.done(["charter", "show"]).text();
    for part in ["after 7 months", "Values\nCare for each other.", "stage         pre-emergent"] {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
    let both = ada.done(["charter", "versions", "--compare", "0", &changed, "--json"]).json();
    assert_eq!((&both["before"]["since"], &both["after"]["charter"]["values"]), (&json!(0), &charter["values"]));
    ada.call(["charter", "versions", "--compare", "0", "4711"]).run().expect_code(1);
}

/// A member at the command line of their node.
struct Member<'a> {
    node: &'a Node,
    token: String,
}

impl Member<'_> {
    fn call<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Call {
        self.node.cli(words).env("KNOTWORK_TOKEN", &self.token)
    }

    /// Writes the proof of a decision into a file, and gives what verifying it says.
    #[track_caller]
    fn verified(&self, decision: &str, file: &str) -> String {
        self.done(["minutes", "export", "--decision", decision, "--out", file]);
        self.done(["minutes", "verify", file]).text()
    }

    #[track_caller]
    fn done<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Outcome {
        self.call(words).done()
    }
}

#[track_caller]
fn has_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|one| one == *line), "{line:?} is missing from {text}");
    }
}
