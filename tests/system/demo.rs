//! The demonstration that a newcomer runs first.

use std::{
    fs::{self, File},
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{
    api::Api,
    cli, program,
    wait::{hold, until},
};

#[test]
fn the_demonstration_checks_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = cli::call(["demo", "--check"]).env("TMPDIR", folder.path()).done();
    let table = outcome.text();
    assert!(table.lines().count() >= 4, "no table: {table}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder is there").collect();
    assert!(left.is_empty(), "it leaves {left:?} behind");
}

#[test]
fn the_demonstration_names_its_members_runs_until_it_is_told_and_keeps_a_named_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, out) = (folder.path().join("valley"), folder.path().join("out"));
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = Command::new(program::knotwork());
        command.args(["demo", "--data"]).arg(&data).env_clear().env("COLUMNS", "100").stdin(Stdio::null());
        let mut demo =
            command.stdout(File::create(&out).expect("a file")).stderr(Stdio::null()).spawn().expect("it starts");
        let said = until("the table and how to try it", || {
            let said = fs::read_to_string(&out).map_err(|error| error.to_string())?;
            hold(said.contains("Ctrl-C ends it; the folder stays."), || said.clone()).map(|()| said)
        });
        let table: Vec<&str> = said.lines().filter(|line| line.ends_with("with 2 of 2")).collect();
        assert_eq!(table.len(), 3, "{said}");
        for name in ["ada", "bran", "carys"] {
            let line = said.lines().find(|line| line.ends_with(&format!(" signs in as {name}")));
            assert!(line.is_some_and(|line| line.contains("http://127.0.0.1:")), "{name}: {said}");
        }
        let node = said.lines().find_map(|line| line.strip_suffix(" signs in as ada")).unwrap_or_default();
        let address = node.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        let passphrase = said.lines().find_map(|line| line.strip_prefix("The passphrase of all three is: "));
        let session = json!({ "name": "ada", "passphrase": passphrase.expect("a passphrase") });
        let api = Api::new(address.parse().expect("an address"), String::new());
        api.try_post("/api/v1/session", &session).expect("the node answers").expect(201);
        let pid = i32::try_from(demo.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(pid, signal).expect("our own child can be told");
        let status = until("the end", || demo.try_wait().expect("our own child").ok_or_else(|| "it runs".to_owned()));
        assert!(status.success(), "{signal:?}: {status}");
        assert!(data.join("alder/config.toml").exists() && !data.join("alder/daemon.json").exists());
    }
    cli::call(["demo", "--check", "--data"]).arg(&data).run().expect_code(2);
}
