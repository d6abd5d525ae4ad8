//! `knotwork decision show`.

use std::fmt::Write as _;

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        text::{harmless, one_line},
    },
    count::Count,
    path_of,
};
use crate::{failure::Failure, voice};

/// Show one decision: what is asked of whom, who has said what, and what comes next
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Its id
    id: String,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)?;
        let answer = voice::with_reader(&context.folder()?, |caller| caller.get(&path, &[]))?;
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
    text: String,
    summary: String,
    state: String,
    version: u32,
    method: Method,
    answered: usize,
    asked: Vec<Asked>,
    quorum: String,
    closes: Option<String>,
    options: Vec<String>,
    then: String,
    positions: Option<Vec<Position>>,
    earlier: Option<Vec<Earlier>>,
    objections: Option<Vec<Objection>>,
    count: Option<Count>,
    minute: Option<Minute>,
    falls: Option<Falls>,
}

#[derive(Debug, Deserialize)]
struct Method {
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Asked {
    name: String,
    answered: bool,
}

#[derive(Debug, Deserialize)]
struct Position {
    name: String,
    change: String,
    position: Option<String>,
    step: Option<u8>,
    reason: String,
    stops: bool,
    late: bool,
}

/// What was answered to a version that is not in force.
#[derive(Debug, Deserialize)]
struct Earlier {
    version: u32,
    positions: Vec<Position>,
}

#[derive(Debug, Deserialize)]
struct Objection {
    name: String,
    reason: String,
    version: u32,
    state: String,
    integrated_in: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Minute {
    height: u64,
    verdict: String,
    option: Option<usize>,
}

/// What falls with a removal.
#[derive(Debug, Deserialize)]
struct Falls {
    state: String,
    held: Option<usize>,
    fall: Option<usize>,
    later: Option<usize>,
    others: Option<usize>,
    documents: Vec<Falling>,
    more: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Falling {
    id: String,
    kind: String,
    title: String,
    vanishes: bool,
}

impl Falls {
    /// Its lines on the page.
    fn lines(&self) -> Vec<String> {
        let (held, fall) = match (self.state.as_str(), self.held, self.fall) {
            ("counted", Some(held), Some(fall)) => (held, fall),
            ("list-missing", ..) => return vec!["the list of what stays has not come to this node yet".into()],
            ("counting", ..) => return vec!["this node is still counting: show it again to go on".into()],
            _ => return vec!["more than can be counted here".into()],
        };
        if fall == 0 {
            return vec![format!("nothing: the list of what stays has all {held} changes that this node holds")];
        }
        let mut lines =
            vec![format!("{fall} of the {held} changes that this node holds are not on the list of what stays")];
        lines.extend(
            self.later.map(|later| format!("{later} of them say that they were written after this was opened")),
        );
        lines.extend(self.others.map(|others| format!("{others} changes by others build on them, and fall with them")));
        for document in &self.documents {
            let becomes = if document.vanishes { "would be gone" } else { "would lose what falls" };
            lines.push(format!("{} {} {becomes}: {}", document.kind, document.id, document.title));
        }
        match self.more {
            Some(0) => {}
            Some(more) => lines.push(format!("and {more} more documents")),
            None => lines.push("so much is touched that it is not looked up what else falls".into()),
        }
        lines
    }
}

impl Position {
    /// Who says what, and why, in a line.
    fn line(&self) -> String {
        let said = match (&self.position, self.step) {
            (Some(word), _) => word.clone(),
            (None, Some(step)) => format!("step {step}"),
            (None, None) => "answered".into(),
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        one_line(&format!("{}: {said}{reason}", self.name))
    }
}

impl Objection {
    /// What became of it, in a line.
    fn sentence(&self) -> String {
        let state = match (self.state.as_str(), self.integrated_in) {
            (_, Some(version)) => format!("integrated in version {version}"),
            ("not-qualified", None) => "found to be no argument against the proposal".into(),
            ("earlier", None) => "to earlier terms, and asked anew".into(),
            (state, None) => state.into(),
        };
        format!("{} (version {}): {state}: {}", self.name, self.version, self.reason)
    }
}

impl Shown {
    /// Why what came late does not count.
    fn why_not_counted(&self) -> &'static str {
        if self.minute.is_some() {
            "came too late, not counted"
        } else {
            "came too late: so far, no organisation held it in time"
        }
    }

    fn page(&self) -> String {
        let mut page = format!("{}\n\n", one_line(&self.title));
        let facts = [
            ("id", self.id.clone()),
            ("state", self.state.clone()),
            ("method", self.method.kind.clone()),
            ("terms", format!("version {}", self.version)),
            ("closes", self.closes.clone().unwrap_or_default()),
            ("answered", format!("{} of {}, and {} have to", self.answered, self.asked.len(), self.quorum)),
        ];
        // Writing to a string does not fail.
        for (name, value) in &facts {
            _ = writeln!(page, "{name:<9} {}", one_line(value));
        }
        for (number, option) in self.options.iter().enumerate() {
            _ = writeln!(page, "option {:<2} {}", number + 1, one_line(option));
        }
        for asked in self.asked.iter().filter(|asked| !asked.answered) {
            _ = writeln!(page, "missing   {}", one_line(&asked.name));
        }
        for position in self.positions.iter().flatten() {
            let line = position.line();
            if position.late {
                _ = writeln!(page, "late      {line} ({})", self.why_not_counted());
                continue;
            }
            _ = writeln!(page, "says      {line}");
            if position.stops {
                // New terms and findings name it by this.
                _ = writeln!(page, "          {}", position.change);
            }
        }
        for Earlier { version, positions } in self.earlier.iter().flatten() {
            for position in positions {
                _ = writeln!(page, "earlier   {} (to version {version}, not counted)", position.line());
            }
        }
        for objection in self.objections.iter().flatten() {
            _ = writeln!(page, "objection {}", one_line(&objection.sentence()));
        }
        for (name, line) in self.count.iter().flat_map(|count| count.lines(&self.options, self.minute.is_some())) {
            _ = writeln!(page, "{name:<9} {}", one_line(&line));
        }
        for line in self.falls.iter().flat_map(Falls::lines) {
            _ = writeln!(page, "falls     {}", one_line(&line));
        }
        if let Some(minute) = &self.minute {
            let option = minute.option.and_then(|option| self.options.get(option));
            let option = option.map(|option| format!(": {}", one_line(option))).unwrap_or_default();
            _ = writeln!(page, "outcome   {}{option} (minute {})", minute.verdict, minute.height);
        }
        for text in [&self.summary, &self.text] {
            if !text.is_empty() {
                _ = writeln!(page, "\n{}", harmless(text).trim_end());
            }
        }
        _ = writeln!(page, "\n{}", one_line(&self.then));
        page
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision show bq4xk2m…
  knotwork decision show bq4xk2m… --json

Positions are there where they are shown to you: with KNOTWORK_TOKEN, as a member sees them.";
