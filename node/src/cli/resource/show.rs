//! `knotwork resource show`.

use std::{collections::BTreeMap, fmt::Write as _};

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        text::{harmless, one_line},
    },
    Contributor,
    find::path_of,
    minute,
};
use crate::{failure::Failure, reach};

/// Show one resource
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Its id, or the beginning of it
    id: String,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = reach::with_node(&context.folder()?, |caller| caller.get(&path_of(caller, &self.id)?, &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let shown: Shown = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        output::print(shown.page().trim_end())
    }
}

#[derive(Debug, Deserialize)]
struct Shown {
    id: String,
    title: String,
    summary: String,
    body: String,
    kind: String,
    links: Vec<String>,
    tags: Vec<String>,
    licence: String,
    language: String,
    created: Option<String>,
    changed: Option<String>,
    contributors: Vec<Contributor>,
    conflicts: BTreeMap<String, Vec<String>>,
    left_out: usize,
}

impl Shown {
    fn page(&self) -> String {
        let mut page = format!("{}\n\n", one_line(&self.title));
        let people: Vec<String> = self.contributors.iter().map(ToString::to_string).collect();
        let facts = [
            ("id", self.id.clone()),
            ("kind", self.kind.clone()),
            ("tags", self.tags.join(", ")),
            ("licence", self.licence.clone()),
            ("language", self.language.clone()),
            ("created", minute(self.created.as_deref())),
            ("changed", minute(self.changed.as_deref())),
            ("by", people.join(", ")),
        ];
        // Writing to a string does not fail.
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            _ = writeln!(page, "{name:<9} {}", one_line(value));
        }
        for link in &self.links {
            _ = writeln!(page, "{:<9} {}", "link", one_line(link));
        }
        for (field, values) in &self.conflicts {
            let values: Vec<String> = values.iter().map(|value| format!("\"{}\"", one_line(value))).collect();
            _ = writeln!(
                page,
                "\nThe {field} was set to different values at the same time: {}. The first is shown; editing it settles it.",
                values.join(" and ")
            );
        }
        if self.left_out > 0 {
            _ = writeln!(
                page,
                "\n{} of its changes are not shown, because it has reached its size limit.",
                self.left_out
            );
        }
        for text in [&self.summary, &self.body] {
            if !text.is_empty() {
                _ = writeln!(page, "\n{}", harmless(text).trim_end());
            }
        }
        page
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork resource show bq4xk2m
  knotwork resource show bq4xk2m --json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_shown_with_what_is_in_dispute_and_without_tricks() {
        let shown: Shown = serde_json::from_value(serde_json::json!({
            "id": "babc", "title": "A\u{1b}[2J title", "summary": "Short.", "body": "# Text\n\nLong.\n", "kind": "guidance",
            "links": ["https://a.example"], "tags": ["x", "y"], "licence": "", "language": "en",
            "created": "2026-11-22T10:11:12.013Z", "changed": null,
            "contributors": [{"organisation": "Alder", "person": null, "automatic": true}],
            "heads": [], "conflicts": {"title": ["A", "B"]}, "left_out": 2,
        }))
        .expect("the form of the API");
        let page = shown.page();
        for part in [
            "x, y",
            "created   2026-11-22 10:11",
            "Alder (automatic)",
            "\"A\" and \"B\"",
            "2 of its changes",
            "\nShort.\n",
            "# Text\n\nLong.",
        ] {
            assert!(page.contains(part), "{part} is missing from {page}");
        }
        assert!(!page.contains('\u{1b}') && !page.contains("licence") && !page.contains("changed  "), "{page}");
    }
}
