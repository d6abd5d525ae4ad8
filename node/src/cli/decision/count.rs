//! How a count came about, in lines for people: what a page shows as tables.

use serde::Deserialize;

use super::super::text::{agree, have_to, one_line};

/// What positions come to.
#[derive(Debug, Deserialize)]
pub(super) struct Count {
    outcome: String,
    why: String,
    option: Option<usize>,
    counts: Vec<Named>,
    cast: u64,
    abstained: u64,
    spoiled: u64,
    quorum: u64,
    agreed: u64,
    needed: u64,
    ranking: Vec<usize>,
    details: Details,
}

#[derive(Debug, Deserialize)]
struct Named {
    of: String,
    count: u64,
}

#[derive(Debug, Deserialize)]
struct Details {
    measure: Option<Measure>,
    scores: Option<Vec<Score>>,
    dots: Option<Vec<Dots>>,
    rounds: Option<Vec<Round>>,
    pairs: Option<Pairs>,
    lots: Vec<Lot>,
}

#[derive(Debug, Deserialize)]
struct Measure {
    agree: u64,
    needed: u64,
}

#[derive(Debug, Deserialize)]
struct Score {
    option: usize,
    sum: u64,
    scored_by: u64,
    mean: String,
    median: String,
    given: Vec<u64>,
}

#[derive(Debug, Deserialize)]
struct Dots {
    option: usize,
    total: u64,
    given_by: u64,
}

#[derive(Debug, Deserialize)]
struct Round {
    votes: Vec<Votes>,
    exhausted: u64,
    out: Option<Out>,
}

#[derive(Debug, Deserialize)]
struct Votes {
    option: usize,
    votes: u64,
}

#[derive(Debug, Deserialize)]
struct Out {
    option: usize,
    broken_by: String,
    transfers: Vec<Votes>,
}

#[derive(Debug, Deserialize)]
struct Pairs {
    above: Vec<Vec<u64>>,
}

#[derive(Debug, Deserialize)]
struct Lot {
    contest: String,
    number: u64,
    options: Vec<usize>,
}

impl Count {
    /// Its lines, each with what stands before it.
    pub(super) fn lines(&self, options: &[String], is_final: bool) -> Vec<(&'static str, String)> {
        let called =
            |option: usize| options.get(option).map_or_else(|| (option + 1).to_string(), |name| one_line(name));
        let each = |options: &[usize]| options.iter().map(|option| called(*option)).collect::<Vec<_>>().join(", ");
        let mut lines = Vec::new();
        let abstained = if self.abstained > 0 { format!(", {} abstained", self.abstained) } else { String::new() };
        let spoiled = if self.spoiled > 0 { format!(", {} cannot be read", self.spoiled) } else { String::new() };
        let took_part = format!("{} answered{abstained}{spoiled}; {}", self.cast, have_to(self.quorum));
        lines.push(("took part", took_part));
        self.gained(&called, &mut lines);
        if let Some(measure) = &self.details.measure {
            lines.push(("measured", format!("{}, and {}", agree(measure.agree), have_to(measure.needed))));
        }
        if self.needed > 0 {
            lines.push((
                "binding",
                format!("{}, and {} for it to bind everyone", agree(self.agreed), have_to(self.needed)),
            ));
        }
        for (number, round) in (1_u64..).zip(self.details.rounds.iter().flatten()) {
            lines.push(("round", format!("{number}: {}", round.sentence(&called))));
        }
        if let Some(pairs) = &self.details.pairs {
            pairs.lines(&called, &mut lines);
        }
        if self.ranking.len() > 1 {
            lines.push(("order", each(&self.ranking)));
        }
        for lot in &self.details.lots {
            lines.push(("lot", lot_sentence(&lot.contest, lot.number, &each(&lot.options))));
        }
        if !is_final {
            let option = self.option.map(|option| format!(": {}", called(option))).unwrap_or_default();
            let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
            lines.push(("so far", format!("{}{option}{why}", self.outcome)));
        }
        lines
    }

    /// How often each position was taken, or what each option got.
    fn gained(&self, called: &impl Fn(usize) -> String, lines: &mut Vec<(&'static str, String)>) {
        match (&self.details.scores, &self.details.dots) {
            (Some(scores), _) => lines.extend(scores.iter().map(|score| ("score", score.sentence(called)))),
            (None, Some(dots)) => {
                let of =
                    |dots: &Dots| format!("{}: {} from {}", called(dots.option), dots.total, people(dots.given_by));
                lines.extend(dots.iter().map(|dots| ("dots", of(dots))));
            }
            (None, None) => {
                let first =
                    if self.details.rounds.is_some() || self.details.pairs.is_some() { " ranked it first" } else { "" };
                lines
                    .extend(self.counts.iter().map(|named| ("count", format!("{}: {}{first}", named.of, named.count))));
            }
        }
    }
}

/// What a lot decided: a place, or who went `out`, in the order that it gave the options.
pub(in super::super) fn lot_sentence(contest: &str, number: u64, options: &str) -> String {
    let taken = match contest {
        "out" => format!("the last of them went out in round {number}"),
        _ => format!("the first of them took place {number}"),
    };
    format!("nothing told {options} apart: a lot, the same for all, put them so, and {taken}")
}

impl Score {
    fn sentence(&self, called: &impl Fn(usize) -> String) -> String {
        let lowest = self.given.iter().position(|count| *count > 0);
        let (Some(lowest), Some(highest)) = (lowest, self.given.iter().rposition(|count| *count > 0)) else {
            return format!("{}: nobody scored it", called(self.option));
        };
        let (by, sum) = (people(self.scored_by), self.sum);
        format!(
            "{}: {sum} from {by}, mean {}, median {}, from {lowest} to {highest}",
            called(self.option),
            self.mean,
            self.median
        )
    }
}

impl Round {
    fn sentence(&self, called: &impl Fn(usize) -> String) -> String {
        let votes = |of: &[Votes], words: &str| {
            let each = of.iter().filter(|votes| words.is_empty() || votes.votes > 0);
            each.map(|votes| format!("{} {}{words}", called(votes.option), votes.votes)).collect::<Vec<_>>().join(", ")
        };
        let mut sentence = votes(&self.votes, "");
        if self.exhausted > 0 {
            sentence.push_str(&format!("; {} for nobody who is left", self.exhausted));
        }
        if let Some(out) = &self.out {
            sentence.push_str(&format!(". {} goes out", called(out.option)));
            sentence.push_str(match out.broken_by.as_str() {
                "lot" => ", by lot",
                "earlier-round" => ", as it had fewer before",
                _ => "",
            });
            let gained = votes(&out.transfers, " more");
            if !gained.is_empty() {
                sentence.push_str(&format!(": {gained}"));
            }
        }
        sentence
    }
}

impl Pairs {
    /// For each two options, how many rank the one above the other, and the other way round.
    fn lines(&self, called: &impl Fn(usize) -> String, lines: &mut Vec<(&'static str, String)>) {
        for (one, row) in self.above.iter().enumerate() {
            for (other, above) in row.iter().enumerate().skip(one + 1) {
                let below = self.above.get(other).and_then(|row| row.get(one)).copied().unwrap_or_default();
                let (one, other) = (called(one), called(other));
                lines.push(("pair", format!("{above} rank {one} above {other}, and {below} the other way round")));
            }
        }
    }
}

fn people(count: u64) -> String {
    if count == 1 { "1 voter".into() } else { format!("{count} voters") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lines(details: Value, ranking: &[usize]) -> Vec<String> {
        let mut count = json!({
            "outcome": "chosen", "why": "", "option": 0, "counts": [{ "of": "Tea", "count": 2 }, { "of": "Milk", "count": 1 }],
            "cast": 3, "abstained": 1, "spoiled": 0, "quorum": 2, "agreed": 0, "needed": 0, "ranking": ranking,
        });
        count["details"] = details;
        let count: Count = serde_json::from_value(count).expect("a count");
        let lines = count.lines(&["Tea".into(), "Milk".into()], false);
        lines.into_iter().map(|(name, line)| format!("{name} {line}")).collect()
    }

    #[test]
    fn rounds_and_lots_are_told_in_sentences() {
        let votes = |tea: u64, milk: u64| json!([{ "option": 0, "votes": tea }, { "option": 1, "votes": milk }]);
        let out = json!({ "option": 1, "broken_by": "lot", "transfers": [{ "option": 0, "votes": 1 }] });
        let rounds = json!([
            { "votes": votes(1, 1), "exhausted": 1, "out": out },
            { "votes": [{ "option": 0, "votes": 2 }], "exhausted": 0, "out": null },
        ]);
        let lots = json!([{ "contest": "out", "number": 1, "options": [0, 1] }]);
        let expected = [
            "took part 3 answered, 1 abstained; 2 have to",
            "count Tea: 2 ranked it first",
            "count Milk: 1 ranked it first",
            "round 1: Tea 1, Milk 1; 1 for nobody who is left. Milk goes out, by lot: Tea 1 more",
            "round 2: Tea 2",
            "order Tea, Milk",
            "lot nothing told Tea, Milk apart: a lot, the same for all, put them so, and the last of them went out in round 1",
            "so far chosen: Tea",
        ];
        assert_eq!(lines(json!({ "rounds": rounds, "lots": lots }), &[0, 1]), expected);
    }

    #[test]
    fn pairs_scores_and_dots_are_told_by_option() {
        let pairs = lines(json!({ "pairs": { "above": [[0, 2], [1, 0]] }, "lots": [] }), &[]);
        assert!(pairs.contains(&"pair 2 rank Tea above Milk, and 1 the other way round".to_owned()), "{pairs:?}");
        let scores = json!([
            { "option": 0, "sum": 7, "scored_by": 2, "mean": "3.50", "median": "3.50", "given": [0, 0, 0, 1, 1, 0] },
            { "option": 1, "sum": 0, "scored_by": 0, "mean": "", "median": "", "given": [0, 0, 0, 0, 0, 0] },
        ]);
        let scores = lines(json!({ "scores": scores, "lots": [] }), &[]);
        let tea = "score Tea: 7 from 2 voters, mean 3.50, median 3.50, from 3 to 4".to_owned();
        assert!(scores.contains(&tea) && scores.contains(&"score Milk: nobody scored it".to_owned()), "{scores:?}");
        let dots = json!([{ "option": 0, "total": 4, "given_by": 1 }, { "option": 1, "total": 0, "given_by": 0 }]);
        let dots = lines(json!({ "dots": dots, "lots": [] }), &[]);
        assert!(dots.contains(&"dots Tea: 4 from 1 voter".to_owned()), "{dots:?}");
    }
}
