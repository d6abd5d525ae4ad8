//! `knotwork decision position`.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::{
    super::{Context, output},
    path_of,
};
use crate::{failure::Failure, voice};

/// Take a position, or another than before
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("what").required(true))]
pub(super) struct TakePosition {
    /// The id of the decision
    id: String,
    /// consent, concern, objection; agree, abstain, disagree, block: what the method has
    #[arg(group = "what")]
    position: Option<String>,
    /// For gradients: from 1 (endorsement) to 8 (veto)
    #[arg(long, value_name = "N", group = "what")]
    step: Option<u8>,
    /// For score: one for each option, - for nothing, such as 3,-,5
    #[arg(long, value_name = "LIST", group = "what", allow_hyphen_values = true)]
    scores: Option<String>,
    /// For dot: how many for each option, such as 0,3,5
    #[arg(long, value_name = "LIST", group = "what")]
    dots: Option<String>,
    /// For ranked: the options by their numbers from 1, the best first, = between equals, such as 3,1=2
    #[arg(long, value_name = "LIST", group = "what")]
    ranking: Option<String>,
    /// For whom: the place, from 0, of a colleague for whom you stand in; yourself if left out
    #[arg(long = "for", value_name = "PLACE")]
    place: Option<u32>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// An objection that is no argument, by the id that `show` gives below it; once for each
    #[arg(long, value_name = "ID")]
    not_qualified: Vec<String>,
}

impl TakePosition {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)? + "/positions/own";
        let body = self.body()?;
        let answer = voice::with_member(&context.folder()?, |caller| caller.put(&path, &body))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["then"].as_str().unwrap_or_default())
    }

    fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        body.extend(self.position.as_ref().map(|word| ("position".to_owned(), json!(word))));
        body.extend(self.step.map(|step| ("step".to_owned(), json!(step))));
        body.extend(self.place.map(|place| ("place".to_owned(), json!(place))));
        if let Some(list) = &self.scores {
            let scores = list.split(',').map(|score| match score.trim() {
                "-" => Ok(Value::Null),
                score => number(score, "--scores"),
            });
            body.insert("scores".into(), scores.collect::<Result<_, _>>()?);
        }
        if let Some(list) = &self.dots {
            let dots = list.split(',').map(|dots| number(dots, "--dots"));
            body.insert("dots".into(), dots.collect::<Result<_, _>>()?);
        }
        if let Some(list) = &self.ranking {
            let rank = |rank: &str| rank.split('=').map(place).collect::<Result<Value, Failure>>();
            body.insert("ranking".into(), list.split(',').map(rank).collect::<Result<_, _>>()?);
        }
        body.insert("reason".into(), json!(self.reason.clone().unwrap_or_default()));
        body.insert("not_qualified".into(), json!(self.not_qualified));
        Ok(Value::Object(body))
    }
}

fn number(text: &str, option: &str) -> Result<Value, Failure> {
    let number: Result<u16, _> = text.trim().parse();
    number.map(Value::from).map_err(|_| Failure::usage(format!("{option} is a list of whole numbers, such as 3,0,5")))
}

/// An option by its number from 1.
fn place(text: &str) -> Result<Value, Failure> {
    let number = text.trim().parse::<u16>().ok().and_then(|number| number.checked_sub(1));
    number.map(Value::from).ok_or_else(|| Failure::usage("--ranking names options by their numbers from 1: 3,1=2"))
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision position bq4xk2m… consent
  knotwork decision position bq4xk2m… objection --reason \"Mondays are for home visits\"
  knotwork decision position bq4xk2m… --ranking 2,1=3

Acts for the member whose personal token is in KNOTWORK_TOKEN, and for the organisation whose voice they have.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        position: TakePosition,
    }

    #[test]
    fn one_position_is_given_and_no_more() {
        let read = |line: &[&str]| Line::try_parse_from([&["position", "bid"], line].concat());
        for good in [&["consent", "--reason", "Why not"][..], &["--step", "3"], &["--ranking", "2,1"], &["--dots=1,2"]]
        {
            let line = read(good).expect("it is one position");
            assert_eq!(line.position.id, "bid");
        }
        for bad in [&[][..], &["consent", "--step", "3"], &["--scores", "1", "--dots", "1"], &["--reason", "None"]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_are_read_as_the_api_takes_them() {
        let position = |scores: &str, ranking: &str| TakePosition {
            id: String::new(),
            position: None,
            step: None,
            scores: Some(scores.into()),
            dots: None,
            ranking: Some(ranking.into()),
            place: None,
            reason: None,
            not_qualified: Vec::new(),
        };
        let body = position("3,-, 5", "3,1=2").body().expect("both are lists");
        assert_eq!((&body["scores"], &body["ranking"]), (&json!([3, null, 5]), &json!([[2], [0, 1]])));
        for (scores, ranking) in [("", "1"), ("x", "1"), ("1", "0"), ("1", ""), ("1", "1;2")] {
            assert!(position(scores, ranking).body().is_err(), "{scores} {ranking}");
        }
    }
}
