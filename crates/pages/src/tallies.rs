//! Tallies: what the positions come to, as tables, and how that came about, in words.

use knotwork_governance::{
    Count, Details, Outcome, Tally, Terms, Undecided,
    instant_runoff::{InstantRunoff, Round},
    schulze::Schulze,
};
use knotwork_minutes::Verdict;
use maud::{Markup, html};

use crate::{positions, visit::Visit};

/// What was decided, in a few words.
pub(crate) fn outcome(visit: &Visit, terms: &Terms, outcome: Outcome) -> String {
    match outcome {
        Outcome::Adopted => visit.text("outcome-adopted"),
        Outcome::NotAdopted => visit.text("outcome-not-adopted"),
        Outcome::NotDecided(_) => visit.text("outcome-not-decided"),
        Outcome::Chosen(option) => chosen(visit, terms, option),
    }
}

/// What a minute says was decided, in a few words.
pub(crate) fn verdict(visit: &Visit, terms: &Terms, verdict: Verdict) -> String {
    match verdict {
        Verdict::Adopted => visit.text("outcome-adopted"),
        Verdict::NotAdopted => visit.text("outcome-not-adopted"),
        Verdict::NotDecided => visit.text("outcome-not-decided"),
        Verdict::Chosen(option) => chosen(visit, terms, option),
    }
}

/// The counts as a table, and how they came to what they did; `names` are those of the electorate, in its order.
pub(crate) fn shown(visit: &Visit, terms: &Terms, count: &Count, names: &[String]) -> Markup {
    let tally = &count.tally;
    html! {
        @for sentence in why(visit, count) { p { (sentence) } }
        (counts(visit, terms, tally))
        p .facts {
            (visit.text_with("took-part", &[("cast", tally.cast.into()), ("abstained", tally.abstained.into()), ("asked", tally.electorate.into())]))
            @if tally.spoiled > 0 { " " (visit.text_with("spoiled-count", &[("count", tally.spoiled.into())])) }
        }
        (details(visit, terms, &tally.details, names))
        @if !tally.ties.is_empty() {
            p { (visit.text("lot-decided")) }
            ul {
                @for tie in &tally.ties {
                    li { bdi { (tie.options.iter().map(|option| option_name(terms, *option)).collect::<Vec<_>>().join(", ")) } }
                }
            }
        }
    }
}

fn why(visit: &Visit, count: &Count) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Outcome::NotDecided(why) = count.outcome {
        sentences.push(match why {
            Undecided::QuorumMissed => visit.text_with("undecided-quorum", &[("count", count.tally.quorum.into())]),
            Undecided::NothingCast => visit.text("undecided-nothing"),
            Undecided::AdviceOnly => visit.text("undecided-advice"),
            Undecided::GradientsOnly => visit.text("undecided-gradients"),
        });
    }
    if count.needed > 0 {
        let values = [("agreed", count.agreed.into()), ("needed", count.needed.into())];
        sentences.push(visit.text_with("agreed-of-needed", &values));
    }
    sentences
}

fn counts(visit: &Visit, terms: &Terms, tally: &Tally) -> Markup {
    let (of, columns): (&str, &[&str]) = match &tally.details {
        Details::Score(_) => ("option", &["score-sum", "scored-by", "score-mean", "score-range"]),
        Details::Dot(_) => ("option", &["dots", "given-by"]),
        Details::InstantRunoff(_) | Details::Schulze(_) => ("option", &["first-ranks"]),
        _ => ("position", &["how-many"]),
    };
    let (of, columns) = (visit.text(of), columns.iter().map(|name| visit.text(name)).collect::<Vec<_>>());
    html! {
        div .scroll { table .stack {
            caption { (visit.text("counts")) }
            thead { tr { th scope="col" { (of) } @for name in &columns { th scope="col" { (name) } } } }
            tbody {
                @for (place, name) in positions::counted(visit, terms).iter().enumerate() {
                    tr {
                        th scope="row" { bdi { (name) } }
                        @for (name, cell) in columns.iter().zip(cells(visit, tally, place)) { td data-name=(name) { (cell) } }
                    }
                }
            }
        } }
    }
}

/// What a row of the counts says, in the order of the columns.
fn cells(visit: &Visit, tally: &Tally, place: usize) -> Vec<String> {
    let count = tally.counts.get(place).copied().unwrap_or_default();
    match &tally.details {
        Details::Score(scores) => scores.get(place).map_or_else(Vec::new, |score| {
            let range = score.range().map(|(lowest, highest)| {
                visit.text_with("from-to", &[("lowest", lowest.into()), ("highest", highest.into())])
            });
            let mean = (score.scored_by > 0).then(|| format!("{}/{}", score.sum, score.scored_by));
            let nothing = || visit.text("no-score");
            vec![
                score.sum.to_string(),
                score.scored_by.to_string(),
                mean.unwrap_or_else(nothing),
                range.unwrap_or_else(nothing),
            ]
        }),
        Details::Dot(dots) => {
            vec![count.to_string(), dots.get(place).map(|dots| dots.given_by).unwrap_or_default().to_string()]
        }
        _ => vec![count.to_string()],
    }
}

fn details(visit: &Visit, terms: &Terms, details: &Details, names: &[String]) -> Markup {
    let called = |places: &[u32]| {
        let named = places.iter().filter_map(|place| names.get(*place as usize).cloned());
        named.collect::<Vec<_>>().join(", ")
    };
    html! {
        @match details {
            Details::Consent(objections) => {
                @if !objections.open.is_empty() { p { (visit.text_with("objections-open", &[("names", called(&objections.open).into())])) } }
                @if !objections.not_qualified.is_empty() { p { (visit.text_with("objections-set-aside", &[("names", called(&objections.not_qualified).into())])) } }
                @if !objections.concerns.is_empty() { p { (visit.text_with("concerns-of", &[("names", called(&objections.concerns).into())])) } }
            },
            Details::Consensus { blocks, fallback } => {
                @if !blocks.is_empty() { p { (visit.text_with("blocks-of", &[("names", called(blocks).into())])) } }
                @if let Some(measure) = fallback { p { (measured(visit, measure.agree, measure.needed)) } }
            },
            Details::Measure(measure) => p { (measured(visit, measure.agree, measure.needed)) },
            Details::Advice(concerns) => @if !concerns.is_empty() { p { (visit.text_with("advice-concerns-of", &[("names", called(concerns).into())])) } },
            Details::InstantRunoff(runoff) => (rounds(visit, terms, runoff)),
            Details::Schulze(schulze) => (pairs(visit, terms, schulze)),
            Details::Score(_) | Details::Dot(_) | Details::Gradients => {},
        }
    }
}

fn rounds(visit: &Visit, terms: &Terms, runoff: &InstantRunoff) -> Markup {
    html! {
        @if !runoff.rounds.is_empty() {
            h3 { (visit.text("rounds")) }
            p { (visit.text("rounds-about")) }
            ol { @for round in &runoff.rounds { li { (one_round(visit, terms, round)) } } }
        }
    }
}

fn one_round(visit: &Visit, terms: &Terms, round: &Round) -> Markup {
    html! {
        @for (place, (option, votes)) in round.totals.iter().enumerate() {
            @if place > 0 { "; " }
            bdi { (option_name(terms, *option)) } ": " (votes)
        }
        ". "
        @if let Some(out) = &round.elimination {
            (visit.text_with("goes-out", &[("option", option_name(terms, out.option).into())])) " "
            @if out.lowest.len() > 1 { (visit.text("several-lowest")) " " }
            @for (option, votes) in out.transfers.iter().filter(|(_, votes)| *votes > 0) {
                (visit.text_with("votes-go-to", &[("count", (*votes).into()), ("option", option_name(terms, *option).into())])) " "
            }
        }
        @if round.exhausted > 0 { (visit.text_with("votes-for-nobody", &[("count", round.exhausted.into())])) }
    }
}

fn pairs(visit: &Visit, terms: &Terms, schulze: &Schulze) -> Markup {
    let options = schulze.pairwise.options();
    html! {
        h3 { (visit.text("pairs")) }
        p { (visit.text("pairs-about")) }
        // It is wider than a small screen; the keyboard has to be able to move it.
        div .scroll tabindex="0" role="region" aria-label=(visit.text("pairs")) { table {
            caption { (visit.text("pairs-caption")) }
            thead { tr {
                td {}
                @for below in 0..options { th scope="col" { (visit.text("above")) " " bdi { (option_name(terms, below)) } } }
            } }
            tbody {
                @for above in 0..options {
                    tr {
                        th scope="row" { bdi { (option_name(terms, above)) } }
                        @for below in 0..options {
                            td .number { @if above == below { "–" } @else { (schulze.pairwise.prefer(above, below)) } }
                        }
                    }
                }
            }
        } }
        h3 { (visit.text("order-of-options")) }
        ol { @for option in &schulze.ranking { li { bdi { (option_name(terms, *option)) } } } }
    }
}

fn measured(visit: &Visit, agree: u64, needed: u64) -> String {
    visit.text_with("agreed-of-needed", &[("agreed", agree.into()), ("needed", needed.into())])
}

fn chosen(visit: &Visit, terms: &Terms, option: u16) -> String {
    visit.text_with("outcome-chosen", &[("option", option_name(terms, option).into())])
}

fn option_name(terms: &Terms, option: u16) -> String {
    terms.options.get(usize::from(option)).cloned().unwrap_or_else(|| (option + 1).to_string())
}
