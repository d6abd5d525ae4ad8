//! Deciding from the command line, as a member whose token is in the environment: nothing of it needs a browser.

use knotwork_documents::Paper;
use knotwork_governance::{Application, NetworkInvitation, Voter};
use knotwork_identity::{SecretKey, decode_exact};
use knotwork_ledger::SignedChange;
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
    has_lines(&checked, &[&format!("- {alder}: ranks Friday > Monday"), "  | Mondays", "  | are long."]);
    has_lines(&checked, &[&format!("- {birch}: ranks Friday")]);
    has_lines(&checked, &["quorum     2 of 2 who were asked had to take part"]);
    has_lines(&checked, &["needed     the option that the rankings favour", "  | Whoever works nights."]);
    has_lines(&checked, &["count      0 ranked it first: Monday", "count      2 ranked it first: Friday"]);
    has_lines(&checked, &["signed by  2 of the 2 organisations that signed minutes then:"]);
    has_lines(&checked, &[&format!("           - {alder}"), &format!("           - {birch}")]);
    let starts = |start: &str, end: &str| checked.lines().any(|line| line.starts_with(start) && line.ends_with(end));
    assert!(starts("proposed   by person b", &format!(" of {alder}")), "{checked}");
    assert!(starts("open       from 20", " UTC, as its terms say"), "{checked}");
    assert!(!checked.contains("binding ") && !checked.contains("lot  "), "{checked}");
    let told = ada.done(["minutes", "verify", path, "--json"]).json()["decision"].clone();
    let terms = ada.done(["decision", "show", &id, "--json"]).json();
    for field in ["opens", "closes", "left_out", "text", "terms", "unit", "quorum"] {
        assert_eq!(told[field], terms[field], "{field}");
    }
    assert_eq!(told["counts"], json!([{ "of": "Monday", "count": 0 }, { "of": "Friday", "count": 2 }]));
    assert_eq!((&told["method"], &told["counting"]), (&json!("ranked"), &json!("instant-runoff")));
    assert_eq!((&told["verdict"], &told["chosen"], &told["quorum_needed"]), (&json!("chosen"), &json!(2), &json!(2)));
    assert_eq!((&told["proposed_by"]["name"], &told["signing"]), (&json!("Alder"), &json!(2)));
    let signed: Vec<&str> =
        told["signed_by"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert!(signed.len() == 2 && signed.contains(&"Alder") && signed.contains(&"Birch"), "{told}");
    assert_eq!((&told["ballots"], &told["lots"]), (&json!({ "named": 2, "held": 2 }), &json!([])));
    assert!(checked.contains("counted again here") && !checked.contains("overtaken"), "{checked}");
    // What was asked is set apart at each line, also where it looks like what is said of the outcome.
    has_lines(
        &checked,
        &["  | Which day?", "  | outcome    option 1 chosen: Monday", "outcome    option 2 chosen: Friday"],
    );
    assert_eq!(checked.lines().filter(|line| line.starts_with("outcome")).count(), 1, "{checked}");
    // Without some ballots, as after they were erased, the minutes hold all the same, and the rest is told.
    let whole = std::fs::read(&file).expect("a file");
    let without = |gone: &dyn Fn(&Voter) -> bool| {
        std::fs::write(&file, without_ballots(&whole, gone)).expect("a file");
        let told = bea.done(["minutes", "verify", path, "--json"]).json()["decision"].clone();
        (bea.done(["minutes", "verify", path]).text(), told)
    };
    let of_alder = |voter: &Voter| matches!(voter, Voter::Organisation(key) if alder.contains(&key.to_string()));
    let (checked, told) = without(&of_alder);
    let words = "The organisations agreed on this outcome. Not all ballots are in the file: 1 of the 2 that the minute names are. \
                 It was not counted again.";
    has_lines(&checked, &[words, &format!("- {birch}: ranks Friday"), "count      2 ranked it first: Friday"]);
    assert!(checked.contains("Every minute holds.") && !checked.contains(&format!("- {alder}:")), "{checked}");
    assert!(checked.contains("lot        whether one decided anything cannot be told"), "{checked}");
    assert_eq!(
        (&told["counted_again"], &told["ballots"]["held"], &told["lots"]),
        (&json!(false), &json!(1), &json!(null))
    );
    assert_eq!(told["answers"].as_array().map(Vec::len), Some(1), "{told}");
    let (checked, _) = without(&|_| true);
    assert!(checked.contains("0 of the 2 that the minute names are") && !checked.contains("What is said"), "{checked}");
    has_lines(&checked, &["count      2 ranked it first: Friday"]);
    // Nothing stands in it twice.
    let changes = changes_of(&whole);
    std::fs::write(&file, with_changes(&whole, &[&changes[..], &changes[..1]].concat())).expect("a file");
    let refused = bea.call(["minutes", "verify", path]).run().expect_code(1);
    assert!(refused.stderr.contains("is in it twice"), "{}", refused.stderr);

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
    has_lines(&checked, &["method     scores, from 0 to 5", "count      1 scored it: Black"]);
    // Two that nothing tells apart, but a lot.
    let words = ["decision", "open", "--title", "Milk", "--text", "Which milk?", "--method", "dot", "--dots", "2"];
    let milk = ada.done(words.into_iter().chain(["--option", "Oat", "--option", "Cow"])).text().trim().to_owned();
    ada.done(["decision", "position", &milk, "--dots", "1,1"]);
    until_final(&nodes[..1], &milk);
    let checked = ada.verified(&milk, path);
    let lot = |options: &str| {
        format!(
            "lot        nothing told {options} apart: a lot, the same for all, put them so, and the first of them took place 1"
        )
    };
    assert!(checked.contains(&lot("Oat, Cow")) || checked.contains(&lot("Cow, Oat")), "{checked}");
    has_lines(&checked, &["count      1 dots for it: Oat", "count      1 dots for it: Cow"]);
    let told = ada.done(["minutes", "verify", path, "--json"]).json()["decision"].clone();
    assert_eq!(told["lots"][0]["options"][0], told["chosen"], "{told}");
    // That Birch is to rest has come to nothing, as it does so already.
    ada.done(["decision", "position", &rests, "consent"]);
    until_final(&nodes[..1], &rests);
    let checked = ada.verified(&rests, path);
    let overtaken = "           What was agreed meanwhile has overtaken it: it changes nothing.";
    has_lines(&checked, &["outcome    adopted", overtaken, &format!("changes    lets {birch} rest")]);
    has_lines(&checked, &["needed     somebody consents, and no objection stands"]);
    has_lines(
        &checked,
        &["binding    1 of the 1 organisations asked had to agree: at least 2/3, as it binds everyone"],
    );
    assert!(!checked.contains("proves no name"), "{checked}");
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

    // What a newcomer is called nobody has proven whose minute says that it is admitted.
    let decision = admitted.text().trim().to_owned();
    until_final(&[node], &decision);
    let proof = network.folder().join("cedar.minutes");
    let checked = ada.verified(&decision, proof.to_str().expect("a path"));
    has_lines(&checked, &[&format!("changes    admits {key} (its name is not in the file)")]);
    assert!(checked.contains("The file proves no name for this key"), "{checked}");
    let told = ada.done(["minutes", "verify", proof.to_str().expect("a path"), "--json"]).json();
    let effect = &told["decision"]["effects"][0];
    assert_eq!(
        (&effect["kind"], &effect["organisation"], &effect["name"]),
        (&json!("admit"), &json!(key), &json!(null))
    );
    assert_eq!(told["decision"]["binding"]["opened"], json!({ "share": "2/3", "needed": 1, "of": 1 }));
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
    let decided = ada.done(words).text().trim().to_owned();
    let changed = agree(&decided);
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

    // The proof holds the charter, and without it says so.
    let proof = network.folder().join("charter.minutes");
    let path = proof.to_str().expect("a path");
    let checked = ada.verified(&decided, path);
    let digest = text(&both["after"]["digest"]);
    let brings = format!("The charter that it brings, which is the one with the digest {digest}:");
    has_lines(&checked, &[&brings, "Values", "  | Care for each other.", "review        after 7 months"]);
    let told = ada.done(["minutes", "verify", path, "--json"]).json()["decision"].clone();
    assert_eq!((&told["charter"], &told["effects"][0]["digest"]), (&charter, &json!(digest)));
    let whole = std::fs::read(&proof).expect("a file");
    std::fs::write(&proof, with_changes(&whole, &[])).expect("a file");
    let checked = ada.done(["minutes", "verify", path]).text();
    has_lines(&checked, &["proposed   the file does not show by whom"]);
    has_lines(
        &checked,
        &[&format!("The text of the charter that it brings is not in the file; its digest is {digest}.")],
    );
    let told = ada.done(["minutes", "verify", path, "--json"]).json()["decision"].clone();
    assert_eq!((&told["charter"], &told["proposed_by"]), (&json!(null), &json!(null)));
}

#[test]
fn an_objection_to_a_charter_is_integrated_by_another_charter() {
    let network = Network::running(&["Alder"]);
    let node = &network.nodes[0];
    let ada = Member { node, token: voice(node).token.clone() };
    let mut charter = ada.done(["charter", "show", "--json"]).json()["charter"].clone();
    let file = network.folder().join("charter.json");
    let path = file.to_str().expect("a path");
    charter["values"] = json!("Speed.");
    std::fs::write(&file, charter.to_string()).expect("written");
    let id = ada.done(["charter", "propose", "--from", path, "--text", "We hurry."]).text().trim().to_owned();
    ada.done(["decision", "position", &id, "objection", "--reason", "Haste harms."]);
    let shown = ada.done(["decision", "show", &id, "--json"]).json();
    let objection = text(&shown["positions"][0]["change"]);
    // Nothing that would meet it: also with another end.
    let bare = ["decision", "change", &id, "--integrates", &objection];
    for more in [&[][..], &["--closes", "2099-01-01T00:00:00Z"]] {
        let refused = ada.call(bare.into_iter().chain(more.iter().copied())).run().expect_code(2);
        assert!(
            refused.stderr.contains("about a charter") && refused.stderr.contains("--charter FILE"),
            "{}",
            refused.stderr
        );
    }
    std::fs::write(&file, "no charter").expect("written");
    let refused = ada.call(bare.into_iter().chain(["--charter", path])).run().expect_code(1);
    assert!(refused.stderr.contains("is not JSON"), "{}", refused.stderr);
    assert_eq!(ada.done(["decision", "show", &id, "--json"]).json()["version"], json!(1));
    charter["values"] = json!("Care.");
    std::fs::write(&file, charter.to_string()).expect("written");
    let changed = ada.done(bare.into_iter().chain(["--charter", path])).text();
    assert!(changed.contains("version 2"), "{changed}");
    let shown = ada.done(["decision", "show", &id, "--json"]).json();
    assert_eq!((&shown["objections"][0]["integrated_in"], &shown["title"]), (&json!(2), &json!("Another charter")));
    ada.done(["decision", "position", &id, "consent"]);
    until_final(&[node], &id);
    assert_eq!(ada.done(["charter", "show", "--json"]).json()["charter"], charter);

    // One that is not adopted changes nothing, and its charter is told all the same.
    charter["values"] = json!("Haste.");
    std::fs::write(&file, charter.to_string()).expect("written");
    let words = ["decision", "position"];
    let majority = ["charter", "propose", "--from", path, "--text", "Hurry.", "--method", "majority"];
    let refused = ada.done(majority).text().trim().to_owned();
    ada.done(words.into_iter().chain([refused.as_str(), "disagree", "--reason", "Never."]));
    until_final(&[node], &refused);
    let proof = network.folder().join("refused.minutes");
    let checked = ada.verified(&refused, proof.to_str().expect("a path"));
    has_lines(&checked, &["outcome    not adopted", "           It changes nothing. What it would have changed:"]);
    has_lines(&checked, &["needed     more than 1/2 of the votes cast have to agree", "  | Haste.", "  | Never."]);
    assert!(checked.contains("The charter that it would have brought, which is"), "{checked}");

    // Elsewhere there is no charter to be changed, and words are enough.
    let open = ["decision", "open", "--title", "Tea", "--text", "We have tea."];
    let tea = ada.done(open).text().trim().to_owned();
    ada.done(["decision", "position", &tea, "objection", "--reason", "No milk."]);
    let objection = text(&ada.done(["decision", "show", &tea, "--json"]).json()["positions"][0]["change"]);
    let refused = ada.call(["decision", "change", &tea, "--charter", path]).run().expect_code(1);
    assert!(refused.stderr.contains("about no charter"), "{}", refused.stderr);
    ada.done(["decision", "change", &tea, "--integrates", &objection]);
}

/// The changes that stand in the proof of a decision.
fn changes_of(proof: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = BundleReader::default();
    reader.take(proof).expect("it holds");
    reader.finish().expect("it is whole").decision.expect("it is about one").changes
}

/// The proof with these changes and no others.
fn with_changes(proof: &[u8], changes: &[Vec<u8>]) -> Vec<u8> {
    let minutes = proof.len() - Bundle::changes(&changes_of(proof)).len();
    [&proof[..minutes], &Bundle::changes(changes)].concat()
}

/// The proof without the ballots of these voters.
fn without_ballots(proof: &[u8], gone: &dyn Fn(&Voter) -> bool) -> Vec<u8> {
    let stays = |bytes: &Vec<u8>| {
        let change: SignedChange = decode_exact(bytes).expect("a change");
        match Paper::read(&change.check_trusted().expect("sound").change().expect("known")) {
            Some(Paper::Ballot(ballot)) => !gone(&ballot.voter),
            _ => true,
        }
    };
    let all = changes_of(proof);
    let left: Vec<Vec<u8>> = all.iter().filter(|bytes| stays(bytes)).cloned().collect();
    assert!(left.len() < all.len(), "a ballot was there");
    with_changes(proof, &left)
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
