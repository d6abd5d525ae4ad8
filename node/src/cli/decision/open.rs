//! `knotwork decision open`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, network::organisation_named, output},
    PATH,
};
use crate::{failure::Failure, voice};

/// Open a decision: everyone is asked from now on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Open {
    /// What it is called
    #[arg(long)]
    title: String,
    /// What is proposed, or asked
    #[arg(long, value_name = "TEXT", required_unless_present = "text_file", conflicts_with = "text_file")]
    text: Option<String>,
    /// The same from a file; - reads standard input
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// The same in a few plain sentences
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Who might be left out or harmed by it, and who of them has been asked
    #[arg(long, value_name = "TEXT")]
    left_out: Option<String>,
    /// How it is taken
    #[arg(long, default_value = "consent", value_parser = METHODS)]
    method: String,
    /// For consensus: the share of votes cast that decides when somebody blocks, such as 3/4 or 75%
    #[arg(long, value_name = "SHARE")]
    fallback: Option<String>,
    /// For score: the highest score; 5 if left out
    #[arg(long, value_name = "N")]
    highest: Option<u8>,
    /// For dot: how many dots each voter has; 8 if left out
    #[arg(long, value_name = "N")]
    dots: Option<u16>,
    /// For ranked: how the rankings are counted; schulze if left out
    #[arg(long, value_parser = ["schulze", "instant-runoff"])]
    counting: Option<String>,
    /// What can be chosen, for score, dot and ranked; once for each
    #[arg(long, value_name = "TEXT")]
    option: Vec<String>,
    /// Ask this person, by the id that lists of members give, and not organisations; once for each
    #[arg(long, value_name = "ID")]
    person: Vec<String>,
    /// How many have to take part: a number such as 3, or a share such as 1/2 or 60%; half if left out
    #[arg(long, value_name = "NUMBER|SHARE")]
    quorum: Option<String>,
    /// For majority and supermajority: the share of votes cast that has to agree; the usual if left out
    #[arg(long, value_name = "SHARE")]
    threshold: Option<String>,
    /// Take the fallback and the threshold of all who are asked, and not of votes cast
    #[arg(long)]
    of_electorate: bool,
    /// More than the fallback or the threshold has to agree, and not at least so many
    #[arg(long)]
    more_than: bool,
    /// When a position needs a reason
    #[arg(long, default_value = "against", value_parser = ["optional", "against", "always"])]
    reasons: String,
    /// The id of the decision that it follows: one that it renews, runs again or takes the place of
    #[arg(long, value_name = "ID")]
    follows: Option<String>,
    /// When it closes, such as 2026-12-24T18:00:00Z; after as many days as the charter says if left out
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
    /// When positions are shown
    #[arg(long, default_value = "always", value_parser = ["always", "after-own", "after-closing"])]
    shown: String,
    /// The day on which what was agreed is looked at again
    #[arg(long, value_name = "DAY")]
    review: Option<String>,
    /// Say where the network stands
    #[arg(long, value_name = "STAGE", value_parser = ["pre-emergent", "emerging", "established", "dormant"])]
    stage: Option<String>,
    /// Have an organisation rest, by its name or its key
    #[arg(long, value_name = "ORGANISATION")]
    rest: Option<String>,
    /// Remove an organisation, by its name or its key
    #[arg(long, value_name = "ORGANISATION")]
    remove: Option<String>,
}

impl Open {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let text = match (&self.text, &self.text_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => voice::read_text(path)?,
            (None, None) => String::new(),
        };
        let share = |share: &Option<String>| {
            let bound = if self.more_than { "more-than" } else { "at-least" };
            let of = if self.of_electorate { "electorate" } else { "votes-cast" };
            share.as_ref().map(|share| json!({ "share": share, "bound": bound, "of": of }))
        };
        let mut method = Map::from_iter([("kind".to_owned(), json!(self.method))]);
        for (name, value) in [
            ("fallback", share(&self.fallback)),
            ("highest", self.highest.map(Value::from)),
            ("dots", self.dots.map(Value::from)),
            ("counting", self.counting.as_ref().map(|counting| json!(counting))),
        ] {
            method.extend(value.map(|value| (name.to_owned(), value)));
        }
        let mut body = Map::new();
        body.insert("title".into(), json!(self.title));
        body.insert("text".into(), json!(text));
        body.insert("method".into(), Value::Object(method));
        body.insert("reasons".into(), json!(self.reasons));
        body.insert("shown".into(), json!(self.shown));
        body.insert("options".into(), json!(self.option));
        if !self.person.is_empty() {
            body.insert("unit".into(), json!("persons"));
            body.insert("persons".into(), json!(self.person));
        }
        body.extend(share(&self.threshold).map(|threshold| ("threshold".to_owned(), threshold)));
        for (name, value) in [
            ("summary", &self.summary),
            ("left_out", &self.left_out),
            ("quorum", &self.quorum),
            ("follows", &self.follows),
            ("closes", &self.closes),
            ("review", &self.review),
        ] {
            body.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        let mut effects = Vec::new();
        effects.extend(self.stage.map(|stage| json!({ "kind": "stage", "stage": stage })));
        let about = [("rest", self.rest), ("remove", self.remove)];
        let about: Vec<_> = about.into_iter().filter_map(|(kind, named)| Some((kind, named?))).collect();
        let answer = voice::with_member(&context.folder()?, |caller| {
            if !about.is_empty() {
                let listed = caller.get("/api/v1/organisations", &[])?.body;
                for (kind, named) in &about {
                    effects.push(json!({ "kind": kind, "organisation": organisation_named(&listed, named)? }));
                }
            }
            body.insert("effects".into(), json!(effects));
            caller.post(PATH, &Value::Object(body))
        })?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const METHODS: [&str; 9] =
    ["consent", "consensus", "majority", "supermajority", "score", "dot", "ranked", "advice", "gradients"];

const EXAMPLES: &str = "\
Examples:
  knotwork decision open --title \"Meet every month\" --text \"Online, on the first Monday.\"
  knotwork decision open --title Day --text \"Which day?\" --method ranked --option Monday --option Friday
  knotwork decision open --title Rent --text \"We pay it together.\" --method supermajority --threshold 3/4 --of-electorate
  knotwork decision open --title \"We have begun\" --text-file why.md --stage emerging

Prints the id. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
