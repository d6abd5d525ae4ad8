//! The command line: help, exit codes, JSON, what to do next; starting and stopping; a folder with and without its
//! daemon.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, thread};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    cli::{self, call},
    daemon::Node,
    network::{Network, holdings},
    wait::{hold, until},
};

/// The verbs that have verbs of their own.
const GROUPS: [&str; 11] = [
    "resource",
    "member",
    "decision",
    "mandate",
    "delegation",
    "temperature",
    "charter",
    "minutes",
    "network",
    "hosted",
    "nodes",
];

/// Every verb that a person may type.
fn verbs() -> Vec<Vec<String>> {
    let listed = |words: &[&str]| -> Vec<String> {
        let help = call(words).arg("--help").done().text();
        let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        // A line that goes on begins further in.
        let verbs = verbs.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
        let verbs = verbs.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        verbs.filter(|verb| verb != "help").collect()
    };
    let mut verbs: Vec<Vec<String>> = listed(&[]).into_iter().map(|verb| vec![verb]).collect();
    for group in GROUPS {
        verbs.retain(|verb| verb[0] != group);
        verbs.extend(listed(&[group]).into_iter().map(|verb| vec![group.to_owned(), verb]));
    }
    verbs
}

#[test]
fn every_verb_has_help_and_refuses_what_it_does_not_know() {
    let verbs = verbs();
    let words: Vec<String> = verbs.iter().map(|verb| verb.join(" ")).collect();
    for wanted in ["init", "card", "found", "join", "run", "status", "import", "export", "demo"] {
        assert!(words.iter().any(|verb| verb == wanted), "there is no {wanted} in {words:?}");
    }
    for wanted in ["add", "list", "show", "edit", "history"] {
        assert!(words.iter().any(|verb| *verb == format!("resource {wanted}")), "there is no resource {wanted}");
    }
    for wanted in ["invite", "reset"] {
        assert!(words.iter().any(|verb| *verb == format!("member {wanted}")), "there is no member {wanted}");
    }
    for wanted in [
        "decision open",
        "decision reminders",
        "mandate give",
        "charter propose",
        "minutes verify",
        "network invite",
        "network invitations",
        "network applications",
        "charter versions",
        "charter renew",
    ] {
        assert!(words.iter().any(|verb| verb == wanted), "there is no {wanted}");
    }
    for verb in &verbs {
        let help = call(verb).arg("--help").done().text();
        for part in ["Usage: knotwork", "--json", "--data", "Example"] {
            assert!(help.contains(part), "{verb:?}: {part} is not in {help}");
        }
        let wrong = call(verb).arg("--colour=red").run().expect_code(2);
        assert!(wrong.stderr.contains("--colour") && wrong.stdout.is_empty(), "{verb:?}: {}", wrong.stderr);
        let wrong = call(verb).arg("--colour=red").arg("--json").run().expect_code(2);
        let failure = wrong.failure();
        assert!(failure["error"].as_str().is_some_and(|error| error.contains("--colour")), "{verb:?}: {failure}");
        assert!(failure["next"].is_string(), "{verb:?}: {failure}");
    }
    call(["dance"]).run().expect_code(2);
    let version = call(["--version"]).done().text();
    assert_eq!(version.trim(), format!("knotwork {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_folder_without_a_node_or_a_network_is_told_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().join("empty");
    for words in [&["card"][..], &["run"], &["status"], &["resource", "list"], &["export", "--format", "csv"]] {
        let outcome = call(words).arg("--data").arg(&empty).run().expect_code(1);
        assert!(outcome.stderr.contains("knotwork init"), "{words:?}: {}", outcome.stderr);
        let failure = call(words).arg("--json").arg("--data").arg(&empty).run().expect_code(1).failure();
        assert!(failure["next"].as_str().is_some_and(|next| next.contains("knotwork init")), "{failure}");
    }
    assert!(!empty.exists(), "asking made a folder");
    let node = Node::init(folder.path(), "Alder");
    for words in [&["run"][..], &["resource", "list"], &["export", "--format", "csv"]] {
        let outcome = node.cli(words.iter().copied()).run().expect_code(1);
        assert!(outcome.stderr.contains("knotwork join"), "{words:?}: {}", outcome.stderr);
    }
    let status = node.cli(["status", "--json"]).done().json();
    assert_eq!((&status["organisation"], &status["network"]), (&json!("Alder"), &json!(null)));
    // The folder by a variable, and the card by either way.
    let card = call(["card"]).env("KNOTWORK_DATA", &node.folder).done().json();
    assert_eq!(card, node.cli(["card", "--json"]).done().json());
    assert_eq!(card["addresses"], json!([format!("/ip4/127.0.0.1/tcp/{}", node.port)]));
}

#[test]
fn what_exists_is_never_written_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = Node::init(folder.path(), "Alder");
    let before = node.card();
    let before = fs::read(before).expect("the card is there");
    let again = node.cli(["init", "--organisation", "Other"]).run().expect_code(1);
    assert!(again.stderr.contains("exists"), "{}", again.stderr);
    assert_eq!(fs::read(node.card()).expect("the card is there"), before);
    let out = folder.path().join("out.genesis");
    fs::write(&out, "precious").expect("written");
    let found = || node.cli(["found", "--name", "N", "--purpose", "P", "--out"]).arg(&out);
    found().run().expect_code(1);
    assert_eq!(fs::read(&out).expect("it is there"), b"precious");
    found().arg("--force").done();
    // A node is in one network.
    found().arg("--force").run().expect_code(1);
}

#[test]
fn joining_needs_the_right_file_and_a_yes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [alder, birch, cedar] = ["Alder", "Birch", "Cedar"].map(|name| Node::init(folder.path(), name));
    let genesis = folder.path().join("network.genesis");
    let found = alder.cli(["found", "--name", "N", "--purpose", "Our purpose."]).arg("--with").arg(birch.card());
    found.arg("--out").arg(&genesis).done();
    let unasked = birch.cli(["join"]).arg(&genesis).run().expect_code(2);
    assert!(unasked.stderr.contains("Our purpose.") && unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    let status = birch.cli(["status", "--json"]).done().json();
    assert_eq!(status["network"], json!(null), "it joined without a yes");
    let unnamed = cedar.cli(["join", "--yes"]).arg(&genesis).run().expect_code(1);
    assert!(unnamed.stderr.contains("without this organisation"), "{}", unnamed.stderr);
    let bytes = fs::read(&genesis).expect("the file is there");
    let (short, mut long, mut changed) = (bytes[..bytes.len() / 2].to_vec(), bytes.clone(), bytes);
    long.push(b'\n');
    changed[0] ^= 1;
    for (name, bytes) in [("changed", changed), ("long", long), ("short", short), ("none", Vec::new())] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        birch.cli(["join", "--yes"]).arg(&path).run().expect_code(1);
    }
    // Somebody at a terminal who types no, and one who types nothing.
    for answer in ["n", ""] {
        let line = format!(
            "echo '{answer}' | script -qec '{} join {} --data {}' /dev/null",
            crate::harness::program::knotwork().display(),
            genesis.display(),
            birch.folder.display()
        );
        let shell = std::process::Command::new("bash").args(["-c", &line]).output().expect("bash can be started");
        let said = String::from_utf8_lossy(&shell.stdout);
        assert!(said.contains("Join? [y/N]") && said.contains("not joined"), "{said}");
        assert_eq!(birch.cli(["status", "--json"]).done().json()["network"], json!(null));
    }
    let joined = birch.cli(["join", "--yes", "--json"]).arg(&genesis).done().json();
    assert_eq!(joined["purpose"], "Our purpose.");
    birch.cli(["join", "--yes"]).arg(&genesis).run().expect_code(1);
    let not_a_card = alder.cli(["found", "--name", "M", "--purpose", "P", "--out"]).arg(folder.path().join("x"));
    not_a_card.arg("--with").arg(&genesis).run().expect_code(1);
}

#[test]
fn files_are_for_their_owner_alone() {
    let mut network = Network::running(&["Alder", "Birch"]);
    network.nodes[0].api().add(&json!({ "title": "Something" }));
    network.agree();
    let mut seen = 0;
    check_rights(&network.nodes[0].folder, &mut seen);
    assert!(seen > 10, "{seen} files are too few to be all");
    assert!(network.nodes[0].stop(Signal::TERM).success());
    check_rights(&network.nodes[0].folder, &mut seen);
}

/// Folders 0700, files 0600; the network's file is for everyone who may come into the folder.
fn check_rights(folder: &Path, seen: &mut usize) {
    let rights = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
    assert_eq!(rights(folder), 0o700, "{}", folder.display());
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a folder can be listed").path();
        *seen += 1;
        if path.is_dir() {
            check_rights(&path, seen);
        } else if !path.ends_with("network.genesis") {
            assert_eq!(rights(&path) & 0o077, 0, "{} is {:o}", path.display(), rights(&path));
        }
    }
}

#[test]
fn a_node_stops_cleanly_and_two_cannot_run_in_one_folder() {
    let mut network = Network::of(&["Alder"]);
    for signal in [Signal::TERM, Signal::INT] {
        network.nodes[0].start();
        let node = &network.nodes[0];
        let id = node.api().add(&json!({ "title": format!("Before {signal:?}") }));
        let second = node.cli(["run", "--json"]).run().expect_code(1);
        let failure = second.failure();
        assert_eq!(failure["pid"], node.pid(), "{failure}");
        assert!(failure["next"].is_string(), "{failure}");
        let readers = crate::harness::events::Events::of(node.api(), None);
        let status = network.nodes[0].stop(signal);
        assert!(status.success(), "{signal:?}: {status}");
        drop(readers);
        let node = &network.nodes[0];
        assert!(!node.folder.join("daemon.json").exists(), "it leaves its file behind");
        // The store is free again, and has what was acknowledged.
        assert_eq!(node.cli(["resource", "show", &id, "--json"]).done().json()["id"], id.as_str());
    }
    // A port that somebody else has is named.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let outcome = network.nodes[0].cli(["run", "--http", &address]).run().expect_code(1);
    assert!(outcome.stderr.contains(&address), "{}", outcome.stderr);
    let listen = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().expect("an address").port());
    let outcome = network.nodes[0].cli(["run", "--listen", &listen]).run().expect_code(1);
    assert!(outcome.stderr.contains(&listen), "{}", outcome.stderr);
    network.nodes[0].cli(["run", "--http", "0.0.0.0:0"]).run().expect_code(2);
    network.nodes[0].start();
}

#[test]
fn verbs_work_without_the_daemon_and_it_finds_what_they_wrote() {
    let mut network = Network::of(&["Alder", "Birch"]);
    let alder = &network.nodes[0];
    let added = alder.cli(["resource", "add", "--title", "Offline", "--json"]).done().json();
    let id = added["id"].as_str().expect("an id").to_owned();
    alder.cli(["resource", "edit", &id, "--summary", "written while nothing ran"]).done();
    let file = network.folder().join("library.csv");
    fs::write(&file, "title\nImported\n").expect("written");
    assert_eq!(alder.cli(["import", "--json"]).arg(&file).done().json()["added"], 1);
    let status = alder.cli(["status", "--json"]).done().json();
    assert_eq!(status["running"], false);
    // Several at once take turns.
    thread::scope(|scope| {
        for number in 0..4 {
            let title = format!("At once {number}");
            scope.spawn(move || alder.cli(["resource", "add", "--title", &title]).done());
        }
    });
    network.start();
    let shown = network.agree();
    assert_eq!(shown.len(), 6);
    assert_eq!(shown[&id]["summary"], "written while nothing ran");
    let status = network.nodes[0].cli(["status", "--json"]).done().json();
    assert_eq!(status["running"], true);
    assert_eq!(holdings(&status), holdings(&network.nodes[0].api().node()));
}

#[test]
fn verbs_find_the_daemon_also_right_after_a_crash() {
    let mut network = Network::of(&["Alder"]);
    network.nodes[0].start();
    network.nodes[0].api().add(&json!({ "title": "Before" }));
    for _ in 0..3 {
        network.nodes[0].kill();
        // The killed daemon's file is still there, and nothing answers where it says.
        network.nodes[0].cli(["resource", "list", "--json"]).done();
        let (folder, node) = (network.nodes[0].folder.clone(), &mut network.nodes[0]);
        thread::scope(|scope| {
            scope.spawn(|| node.start());
            for _ in 0..3 {
                let folder = &folder;
                scope.spawn(move || call(["resource", "list", "--json"]).arg("--data").arg(folder).done());
            }
        });
    }
}

#[test]
fn a_folder_that_is_open_to_others_is_refused_and_the_umask_opens_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("made");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("set");
    let refused = call(["init", "--organisation", "A", "--data"]).arg(&data).run().expect_code(1);
    assert!(refused.stderr.contains("chmod 700"), "{}", refused.stderr);
    assert_eq!(fs::read_dir(&data).expect("listed").count(), 0, "something was written");
    // Whatever the umask is, only what is handed on is open to others.
    let program = crate::harness::program::knotwork().display();
    let line = format!(
        "umask 022; cd {0}; {program} init --organisation A --data own && {program} found --data own --name N --purpose P \
         --out n.genesis && {program} resource add --data own --title T && {program} export --data own --format csv --out \
         all.csv",
        folder.path().display()
    );
    let shell = std::process::Command::new("sh").args(["-ec", &line]).output().expect("a shell can be started");
    assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
    check_rights(&folder.path().join("own"), &mut 0);
    for name in ["n.genesis", "all.csv"] {
        let rights = fs::metadata(folder.path().join(name)).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(rights, 0o644, "{name}");
    }
}

#[test]
fn half_a_node_and_a_failed_found_leave_a_way_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = Node::init(folder.path(), "Alder");
    let out = folder.path().join("out.genesis");
    fs::write(&out, "precious").expect("written");
    // A store that cannot be made makes entering the network fail.
    fs::write(node.folder.join("store"), "in the way").expect("written");
    let found = || node.cli(["found", "--name", "N", "--purpose", "P", "--force", "--out"]).arg(&out);
    found().run().expect_code(1);
    assert_eq!(fs::read(&out).expect("it is there"), b"precious");
    fs::remove_file(node.folder.join("store")).expect("removed");
    found().done();
    assert_ne!(fs::read(&out).expect("it is there"), b"precious");
    fs::remove_file(node.folder.join("config.toml")).expect("removed");
    for words in [&["status"][..], &["init", "--organisation", "Other"]] {
        let told = node.cli(words.iter().copied()).run().expect_code(1);
        assert!(told.stderr.contains("broken off"), "{words:?}: {}", told.stderr);
    }
}

#[test]
fn who_cannot_be_reached_is_told_with_the_reason() {
    let mut network = Network::of(&["Alder", "Birch"]);
    // Birch listens elsewhere than its card says, and Alder looks for it where the card says.
    let elsewhere = format!("/ip4/127.0.0.1/tcp/{}", crate::harness::ports::free_port());
    network.nodes[1].arguments = vec!["--listen".into(), elsewhere];
    network.nodes[0].start();
    let why = until("Alder says why it cannot reach Birch", || {
        let birch = crate::harness::network::peer(&network.nodes[0], "Birch");
        birch["unreached"].as_str().map(str::to_owned).ok_or_else(|| birch.to_string())
    });
    assert!(why.contains(&network.nodes[1].port.to_string()) && why.contains("refused"), "{why}");
    let status = network.nodes[0].cli(["status"]).done().text();
    assert!(status.contains("Birch cannot be reached at /ip4/127.0.0.1/tcp/"), "{status}");
    until("the log says so", || {
        let log = network.nodes[0].log();
        hold(log.contains("Cannot reach Birch at /ip4/127.0.0.1/tcp/"), || log.clone())
    });
    network.nodes[1].start();
    until("Birch warns that its card leads elsewhere", || {
        let log = network.nodes[1].log();
        hold(log.contains("this node listens elsewhere than its card says"), || log.clone())
    });
    // It reaches Alder, and all is well.
    network.agree();
    until("nothing is amiss any more", || {
        let birch = crate::harness::network::peer(&network.nodes[0], "Birch");
        hold(birch["unreached"].is_null() && birch["connected"] == true, || birch.to_string())
    });
}

#[test]
fn verbs_go_on_while_the_daemon_stops() {
    let mut network = Network::of(&["Alder"]);
    for _ in 0..3 {
        network.nodes[0].start();
        let folder = network.nodes[0].folder.clone();
        let node = &mut network.nodes[0];
        thread::scope(|scope| {
            for _ in 0..4 {
                let folder = &folder;
                scope.spawn(move || call(["status", "--json", "--data"]).arg(folder).done());
            }
            // Each finds the daemon, or waits for its end.
            assert!(node.stop(Signal::TERM).success());
            assert!(!folder.join("daemon.json").exists());
            for _ in 0..4 {
                let folder = &folder;
                scope.spawn(move || call(["status", "--json", "--data"]).arg(folder).done());
            }
        });
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let mut network = Network::of(&["Alder"]);
    let path = network.nodes[0].folder.join("config.toml");
    let good = fs::read_to_string(&path).expect("the settings are there");
    for (bad, word) in [
        ("colour = \"red\"\n".to_owned() + &good, "colour"),
        (good.replace("[http]", "[htpp]"), "htpp"),
        (good.replace("/ip4/127.0.0.1/tcp/", "/ip4/127.0.0.1/sctp/"), "sctp"),
        (good.replace("127.0.0.1:0", "0.0.0.0:0"), "0.0.0.0"),
        (good.replace("peers = []", "peers = [\"/a/b/c\"]"), "config.toml"),
        (good.replace("peers = []", "peers = [\"/ip4/127.0.0.1/tcp/1/p2p/garbage\"]"), "config.toml"),
        ("[".to_owned(), "config.toml"),
    ] {
        fs::write(&path, bad).expect("written");
        let outcome = network.nodes[0].cli(["run"]).run();
        assert!([1, 2].contains(&outcome.code) && outcome.stderr.contains(word), "{word}: {}", outcome.stderr);
    }
    fs::write(&path, good).expect("written");
    network.nodes[0].start();
}

#[test]
fn logs_are_for_people_or_for_programs() {
    let mut network = Network::of(&["Alder"]);
    network.nodes[0].arguments = ["--log-format", "json", "--json"].map(str::to_owned).to_vec();
    network.nodes[0].start();
    let ready = || -> Result<serde_json::Value, String> {
        let log = network.nodes[0].log();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{line}")));
        lines.into_iter().find(|line| line["event"] == "ready").ok_or(log.clone())
    };
    let ready = until("the word that the node is ready", ready);
    assert_eq!(ready["http"], format!("http://{}", network.nodes[0].api().address));
    let token = network.nodes[0].api().token.clone();
    assert!(!network.nodes[0].log().contains(&token), "the token is in the log");
}

#[test]
fn whoever_stops_reading_gets_no_complaint() {
    let network = Network::of(&["Alder"]);
    let rows: String = (0..2_000).map(|number| format!("Row {number},{}\n", "x".repeat(200))).collect();
    let file = network.folder().join("library.csv");
    fs::write(&file, format!("title,body\n{rows}")).expect("written");
    network.nodes[0].cli(["import"]).arg(&file).done();
    let folder = network.nodes[0].folder.display();
    let program = crate::harness::program::knotwork().display();
    for verb in ["export --format csv", "export --format json", "resource list"] {
        let line = format!("{program} {verb} --data {folder} | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}");
        let shell = std::process::Command::new("bash").args(["-c", &line]).output().expect("bash can be started");
        assert_eq!(String::from_utf8_lossy(&shell.stdout).trim(), "0", "{verb}");
        assert!(shell.stderr.is_empty(), "{verb}: {}", String::from_utf8_lossy(&shell.stderr));
    }
    until("the folder is free", || {
        let outcome = cli::call(["status", "--json"]).arg("--data").arg(&network.nodes[0].folder).run();
        hold(outcome.code == 0, || outcome.stderr.clone())
    });
}
