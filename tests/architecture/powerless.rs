//! Roles give nobody power: only what shows and writes roles speaks of them, so that nothing can ask for one before it
//! does something else.

use super::source::{self, Source};
use super::workspace::{packages, shown};

#[test]
fn only_what_shows_and_writes_roles_speaks_of_them() {
    let mut findings = Vec::new();
    for package in packages().iter().filter(|package| package.name != "knotwork-tests") {
        for root in &package.roots {
            let files = source::files_of(root, false).unwrap_or_else(|error| panic!("{error}"));
            for file in files {
                let source = source::read(&file).unwrap_or_else(|error| panic!("{error}"));
                findings.extend(mentions_of_roles(&shown(&file), &source));
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

/// The places in a file that speak of roles and may not.
fn mentions_of_roles(file: &str, source: &Source) -> Vec<String> {
    if MAY_SPEAK.iter().any(|place| file.contains(place)) {
        return Vec::new();
    }
    let speaks = |segment: &String| {
        SPEAKING.contains(&segment.as_str())
            // An error alone tells somebody why their own role was not written.
            || (segment.starts_with("Role") && !["Role", "RoleError"].contains(&segment.as_str()))
    };
    let mentions = source.mentions.iter().filter(|mention| mention.segments.iter().any(speaks));
    mentions.map(|mention| format!("{file}:{}: {}", mention.line, mention.segments.join("::"))).collect()
}

/// The functions and modules that lead to roles.
const SPEAKING: &[&str] = &["roles", "own_role", "ends_soon", "unheld", "requests_to", "requests_by"];

/// What shows or writes roles: their own rooms, the tables of routes, and the pages that show them beside other things.
const MAY_SPEAK: &[&str] = &[
    "crates/documents/",
    "crates/commands/src/lib.rs",
    "crates/commands/src/handle.rs",
    "crates/commands/src/role_requests.rs",
    "crates/commands/src/roles.rs",
    "crates/pages/src/lib.rs",
    "crates/pages/src/needs.rs",
    "crates/pages/src/people.rs",
    "crates/pages/src/role_requests.rs",
    "crates/pages/src/roles.rs",
    "crates/pages/src/routes.rs",
    "crates/api/src/bodies",
    "crates/api/src/lib.rs",
    "crates/api/src/openapi.rs",
    "crates/api/src/role_requests.rs",
    "crates/api/src/roles.rs",
    "crates/api/src/routes.rs",
];

#[test]
fn a_question_for_a_role_is_found() {
    let text = "use knotwork_documents::RoleName;\nfn may(node: &Node) -> bool { node.roles().iter().any(|r| r.x) }";
    let source = Source::parse(text).expect("the sample is Rust");
    assert_eq!(mentions_of_roles("crates/api/src/guard.rs", &source).len(), 2);
    assert!(mentions_of_roles("crates/pages/src/roles.rs", &source).is_empty());
}
