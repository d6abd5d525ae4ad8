//! `knotwork decision show`.

use std::fmt::Write as _;

use clap::Args;
use knotwork_commands::HEARD_DAYS;
use knotwork_governance::{Quorum, Ratio};
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        text::{harmless, have_to, one_line},
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
    open_until: Option<String>,
    options: Vec<String>,
    then: String,
    signatures: Signatures,
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
    /// How rankings are counted.
    counting: Option<String>,
}

/// Whose signatures may be long in coming.
#[derive(Debug, Deserialize)]
struct Signatures {
    unheard: Vec<String>,
    never_heard: Vec<String>,
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
    scores: Option<Vec<Option<u8>>>,
    dots: Option<Vec<u16>>,
    ranking: Option<Vec<Vec<usize>>>,
    step: Option<u8>,
    reason: String,
    stops: bool,
    spoiled: bool,
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

impl Objection {
    /// What became of it, in a line.
    fn sentence(&self) -> String {
        let state = match (self.state.as_str(), self.integrated_in) {
            (_, Some(version)) => format!("integrated in version {version}"),
            ("not-qualified", None) => "found to be no argument against the proposal".into(),
            ("earlier", None) => "to earlier terms, and asked anew".into(),
            ("stood", None) => "stood unanswered at the end".into(),
            (state, None) => state.into(),
        };
        format!("{} (version {}): {state}: {}", self.name, self.version, self.reason)
    }
}

impl Position {
    /// Who says what, and why, in a line.
    fn line(&self, options: &[String]) -> String {
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        one_line(&format!("{}: {}{reason}", self.name, self.said(options)))
    }

    /// What was said, with options by their names.
    fn said(&self, options: &[String]) -> String {
        let called = |option: usize| options.get(option).cloned().unwrap_or_else(|| (option + 1).to_string());
        if let Some(ranks) = &self.ranking {
            let rank = |rank: &Vec<usize>| rank.iter().map(|option| called(*option)).collect::<Vec<_>>().join(" = ");
            return ranks.iter().map(rank).collect::<Vec<_>>().join(", then ");
        }
        if let Some(scores) = &self.scores {
            let given = |score: &Option<u8>| score.map_or_else(|| "nothing".into(), |score| score.to_string());
            return each(scores.iter().map(given), called);
        }
        match (&self.dots, &self.position, self.step) {
            (Some(dots), ..) => each(dots.iter().map(u16::to_string), called),
            (None, Some(word), _) => word.clone(),
            (None, None, Some(step)) => format!("step {step}"),
            (None, None, None) => "answered".into(),
        }
    }
}

/// What each option got.
fn each(given: impl Iterator<Item = String>, called: impl Fn(usize) -> String) -> String {
    given.enumerate().map(|(option, given)| format!("{} {given}", called(option))).collect::<Vec<_>>().join(", ")
}

impl Method {
    fn sentence(&self) -> String {
        match self.counting.as_deref() {
            Some("instant-runoff") => format!("{}, counted as an instant run-off", self.kind),
            Some("schulze") => format!("{}, counted by Schulze", self.kind),
            _ => self.kind.clone(),
        }
    }
}

impl Signatures {
    /// Who is not usually reachable.
    fn lines(&self) -> impl Iterator<Item = String> {
        let unheard = self.unheard.iter().map(|name| format!("{name}: not heard of for {HEARD_DAYS} days"));
        unheard.chain(self.never_heard.iter().map(|name| format!("{name}: not heard of yet")))
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

    /// How many have answered, and how many have to at least.
    fn turnout(&self) -> String {
        let (answered, asked) = (self.answered, self.asked.len());
        let share = |text: &str| {
            let (above, below) = text.split_once('/')?;
            let share = Quorum::Share(Ratio::new(above.parse().ok()?, below.parse().ok()?));
            Some(share.needed(u32::try_from(asked).ok()?))
        };
        let needed = self.quorum.parse().ok().or_else(|| share(&self.quorum));
        match needed {
            Some(0) => format!("{answered} of {asked}"),
            Some(needed) => format!("{answered} of {asked}; at least {}", have_to(needed)),
            None => format!("{answered} of {asked}; at least {} of them have to", self.quorum),
        }
    }

    fn page(&self) -> String {
        let mut page = format!("{}\n\n", one_line(&self.title));
        let facts = [
            ("id", self.id.clone()),
            ("state", self.state.clone()),
            ("method", self.method.sentence()),
            ("terms", format!("version {}", self.version)),
            ("closes", self.open_until.clone().unwrap_or_default()),
            ("answered", self.turnout()),
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
            let line = position.line(&self.options);
            if position.late {
                _ = writeln!(page, "late      {line} ({})", self.why_not_counted());
                continue;
            }
            let spoiled = if position.spoiled { " (says several things at once, and does not count)" } else { "" };
            _ = writeln!(page, "says      {line}{spoiled}");
            if position.stops {
                // New terms and findings name it by this.
                _ = writeln!(page, "          {}", position.change);
            }
        }
        for Earlier { version, positions } in self.earlier.iter().flatten() {
            for position in positions {
                _ = writeln!(page, "earlier   {} (to version {version}, not counted)", position.line(&self.options));
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
        for line in self.signatures.lines().filter(|_| self.minute.is_none()) {
            _ = writeln!(page, "unheard   {}", one_line(&line));
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(changes: Value) -> String {
        let mut shown = json!({
            "id": "bid", "title": "Day", "text": "Which day?", "summary": "", "state": "open", "version": 1,
            "method": { "kind": "ranked", "counting": "instant-runoff" }, "answered": 1, "asked": [], "quorum": "1",
            "open_until": "2026-12-24T18:00:00Z", "options": ["Monday", "Friday", "Sunday"], "then": "It closes.",
            "signatures": { "unheard": [], "never_heard": [] }, "positions": null, "objections": null, "count": null,
            "minute": null, "falls": null,
        });
        let changes = changes.as_object().expect("an object").clone();
        shown.as_object_mut().expect("an object").extend(changes);
        serde_json::from_value::<Shown>(shown).expect("it has all fields").page()
    }

    fn said(position: Value) -> String {
        let mut said =
            json!({ "name": "Birch", "change": "bc", "reason": "", "stops": false, "spoiled": false, "late": false });
        said.as_object_mut().expect("an object").extend(position.as_object().expect("an object").clone());
        let page = page(json!({ "positions": [said] }));
        page.lines().find_map(|line| line.strip_prefix("says      ")).expect("it is shown").to_owned()
    }

    #[test]
    fn what_was_said_of_options_names_them() {
        assert_eq!(said(json!({ "ranking": [[1], [0, 2]] })), "Birch: Friday, then Monday = Sunday");
        assert_eq!(said(json!({ "ranking": [[1]], "reason": "Rain" })), "Birch: Friday: Rain");
        assert_eq!(said(json!({ "scores": [3, null, 0] })), "Birch: Monday 3, Friday nothing, Sunday 0");
        assert_eq!(said(json!({ "dots": [0, 5, 3] })), "Birch: Monday 0, Friday 5, Sunday 3");
        assert_eq!(said(json!({ "step": 2 })), "Birch: step 2");
        let twice = said(json!({ "position": "agree", "spoiled": true }));
        assert_eq!(twice, "Birch: agree (says several things at once, and does not count)");
        assert!(page(json!({})).contains("method    ranked, counted as an instant run-off\n"));
    }

    #[test]
    fn how_many_have_to_answer_is_told_by_their_number() {
        let line = |quorum: &str, asked: usize| {
            let asked = vec![json!({ "name": "Birch", "answered": false }); asked];
            let page = page(json!({ "quorum": quorum, "asked": asked }));
            page.lines().find_map(|line| line.strip_prefix("answered  ")).expect("it is shown").to_owned()
        };
        assert_eq!(line("1/2", 1), "1 of 1; at least 1 has to");
        assert_eq!(line("1/2", 5), "1 of 5; at least 3 have to");
        assert_eq!(line("2", 3), "1 of 3; at least 2 have to");
        assert_eq!(line("0", 3), "1 of 3");
        assert_eq!(line("60%", 3), "1 of 3; at least 60% of them have to");
    }

    #[test]
    fn who_is_not_usually_reachable_is_named_until_it_is_final() {
        let signatures = json!({ "unheard": ["Birch"], "never_heard": ["Cedar"] });
        let open = page(json!({ "signatures": signatures }));
        assert!(
            open.contains("unheard   Birch: not heard of for 7 days\nunheard   Cedar: not heard of yet\n"),
            "{open}"
        );
        let minute = json!({ "height": 1, "verdict": "chosen", "option": 1 });
        let is_final = page(json!({ "signatures": signatures, "minute": minute }));
        assert!(
            !is_final.contains("unheard") && is_final.contains("outcome   chosen: Friday (minute 1)"),
            "{is_final}"
        );
    }

    #[test]
    fn what_nobody_answered_until_the_end_is_not_called_open() {
        let stood = json!({ "name": "Birch", "reason": "Rain", "version": 1, "state": "stood", "integrated_in": null });
        let shown = page(json!({ "objections": [stood] }));
        assert!(shown.contains("objection Birch (version 1): stood unanswered at the end: Rain"), "{shown}");
    }
}
