//! `knotwork charter versions`.

use std::fmt::Write as _;

use clap::Args;
use knotwork_documents::{Piece, compare_texts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
        text::one_line,
    },
    said::Said,
};
use crate::{failure::Failure, reach};

/// List every charter that was in force, the latest first, or show what differs between two
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Versions {
    /// Show what differs between these two, each named by the minute that brought it, or how its digest begins
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"])]
    compare: Vec<String>,
}

impl Versions {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = reach::with_node(&context.folder()?, |caller| caller.get("/api/v1/charter/versions", &[]))?;
        let page: Page = serde_json::from_value(answer.body.clone()).map_err(|error| other_version(&error))?;
        if let [before, after] = &self.compare[..] {
            let (before, after) = (find(&page.items, before)?, find(&page.items, after)?);
            if context.json() {
                return output::print_json(&json!({ "before": before.whole(), "after": after.whole() }));
            }
            return output::print(differences(before, after)?.trim_end());
        }
        if context.json() {
            return output::print_json(&answer.body);
        }
        let mut table = Table::new(&["since minute", "digest", "purpose"]);
        for one in page.items {
            let purpose = one.charter["purpose"].as_str().unwrap_or("(its text has not arrived here yet)").to_owned();
            table.row([one.since.to_string(), one.digest, purpose]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

/// The version that somebody names. The number of a minute goes before the beginning of a digest: no digest begins with a
/// figure.
fn find<'a>(versions: &'a [Version], named: &str) -> Result<&'a Version, Failure> {
    let mut found = versions.iter().filter(|version| match named.parse::<u64>() {
        Ok(minute) => version.since == minute,
        Err(_) => version.digest.starts_with(named),
    });
    match (found.next(), found.next()) {
        (Some(version), None) => Ok(version),
        (None, _) => Err(Failure::new(format!("no charter came with minute {named}, or has a digest like that"))
            .next("see them with `knotwork charter versions`")),
        (Some(_), Some(_)) => Err(Failure::usage(format!("the digests of several charters begin with {named}"))
            .next("give more of it, or the minute that brought it")),
    }
}

/// What differs between two versions: texts by words, and everything else line by line.
fn differences(before: &Version, after: &Version) -> Result<String, Failure> {
    let said = |version: &Version| {
        Said::read(&version.charter).ok_or_else(|| {
            Failure::new(format!("the text of the charter of minute {} has not arrived here yet", version.since))
                .next("try again once the node is in step")
        })
    };
    let (old, new) = (said(before)?, said(after)?);
    let mut page = format!("From the charter of minute {} to that of minute {}\n", before.since, after.since);
    let head = page.len();
    // Writing to a string does not fail.
    for ((name, old), (_, new)) in old.texts().iter().zip(&new.texts()).filter(|(old, new)| old != new) {
        _ = writeln!(page, "\n{name}\n{}", marked(old, new));
    }
    let (old, new) = (old.facts(), new.facts());
    let mut changed = old.iter().zip(&new).filter(|(old, new)| old != new).peekable();
    if changed.peek().is_some() {
        page.push('\n');
    }
    for ((name, old), (_, new)) in changed {
        let or_nothing = |value: &str| if value.is_empty() { "(nothing)".to_owned() } else { one_line(value) };
        _ = writeln!(page, "{name:<13} {} → {}", or_nothing(old), or_nothing(new));
    }
    if page.len() == head {
        page.push_str("\nThey say the same.\n");
    }
    Ok(page)
}

/// The new text with what was put in and taken away in brackets: it goes to files and programs without colours as well.
fn marked(before: &str, after: &str) -> String {
    let pieces = compare_texts(before, after).into_iter().map(|piece| match piece {
        Piece::Same(text) => text,
        Piece::Removed(text) => format!("[-{text}-]"),
        Piece::Added(text) => format!("{{+{text}+}}"),
        Piece::Skipped(1) => "(1 line that stayed the same)\n".into(),
        Piece::Skipped(lines) => format!("({lines} lines that stayed the same)\n"),
    });
    pieces.collect()
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Version>,
}

#[derive(Debug, Deserialize)]
struct Version {
    charter: Value,
    digest: String,
    since: u64,
}

impl Version {
    fn whole(&self) -> Value {
        json!({ "charter": self.charter, "digest": self.digest, "since": self.since })
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork charter versions
  knotwork charter versions --compare 0 12
  knotwork charter versions --json | jq -r '.items[0].digest'

What was taken away stands in [-…-], and what was put in, in {+…+}.";

#[cfg(test)]
mod tests {
    use knotwork_governance::Charter;

    use super::*;

    fn version(since: u64, digest: &str, charter: &Charter) -> Version {
        Version { charter: knotwork_api::charter_as_json(charter.clone()), digest: digest.into(), since }
    }

    #[test]
    fn two_versions_are_compared_by_all_that_they_say() {
        let first = Charter::first("To share what helps.".into());
        let mut other = Charter { values: "Care".into(), usual_days: 30, ..first.clone() };
        other.purpose = "To share what works.".into();
        other.rules.review_months += 1;
        let (old, new) = (version(0, "babc", &first), version(4, "babd", &other));
        let shown = differences(&old, &new).expect("both are here");
        for part in [
            "minute 0 to that of minute 4",
            "[-",
            "helps",
            "{+",
            "works",
            "Values\n{+Care+}",
            "open for 30 days",
            "review  ",
        ] {
            assert!(shown.contains(part), "{part} is missing from {shown}");
        }
        assert!(!shown.contains("to admit") && !shown.contains("Disagreement"), "{shown}");
        assert!(differences(&old, &old).expect("both are here").contains("They say the same."));
        let missing = Version { charter: Value::Null, digest: "b".into(), since: 9 };
        assert!(differences(&old, &missing).is_err());
    }

    #[test]
    fn a_version_is_named_by_its_minute_or_its_digest() {
        let charter = Charter::first("To share.".into());
        let versions = [version(12, "babd", &charter), version(0, "babc", &charter)];
        let found = |named: &str| find(&versions, named).map(|version| version.since).ok();
        assert_eq!((found("12"), found("0"), found("babc"), found("babd")), (Some(12), Some(0), Some(0), Some(12)));
        assert_eq!((found("1"), found("bab"), found("x")), (None, None, None));
    }
}
