//! A cut and its healing: one node is killed and then runs on its own, both sides edit the same and different things,
//! and after the healing all three must hold the same, with nothing lost.

use serde_json::Value;

use super::{Cast, Interrupt, Standing, agree, process::Organisation};
use crate::failure::Failure;

/// Goes through it all. `tell` is told each step; `resources` is how many there are before.
pub(crate) fn cut_and_heal(
    cast: &mut Cast,
    resources: u64,
    interrupt: &Interrupt,
    tell: &dyn Fn(&str),
) -> Result<Vec<Standing>, Failure> {
    let [alder, birch, cedar] = cast.organisations_mut() else { return Err(Failure::new("the cast is not three")) };
    let [disputed, merged] = two_ids(alder)?;

    // What is acknowledged is on the disk, with everything before it.
    cedar.ask(["resource", "add", "--title", CEDARS_LAST])?;
    cedar.kill()?;
    cedar.start(true, interrupt)?;
    tell("The node of Cedar Neighbours is killed, and runs again cut off from the others. Both sides write.");
    edit(alder, &disputed, &["--title", ALDERS_TITLE, "--add-tag", "from-alder"])?;
    edit(birch, &merged, &["--summary", BIRCHS_SUMMARY, "--add-tag", "from-birch"])?;
    birch.ask(["resource", "add", "--title", BIRCHS_OWN])?;
    edit(cedar, &disputed, &["--title", CEDARS_TITLE, "--add-tag", "from-cedar"])?;
    edit(cedar, &merged, &["--licence", CEDARS_LICENCE, "--add-tag", "from-cedar"])?;
    cedar.ask(["resource", "add", "--title", CEDARS_OWN])?;
    let holds = |organisation: &Organisation, title: &str| {
        Ok::<_, Failure>(organisation.ask(["export", "--format", "csv"])?.contains(title))
    };
    expect(holds(cedar, CEDARS_LAST)?, "the killed node has lost what it had acknowledged")?;
    expect(!holds(cedar, BIRCHS_OWN)? && !holds(cedar, ALDERS_TITLE)?, "the cut-off node knows what the others wrote")?;
    expect(!holds(alder, CEDARS_OWN)? && !holds(birch, CEDARS_TITLE)?, "the others know what the cut-off node wrote")?;

    cedar.stop(interrupt)?;
    cedar.start(false, interrupt)?;
    tell("The node of Cedar Neighbours meets the others again.");
    let standings = agree(cast, resources + ADDED, interrupt)?;
    verify(cast.organisations(), &disputed, &merged)?;
    tell("All three hold the same, and nothing that anyone wrote is lost.");
    Ok(standings)
}

/// Everything that both sides wrote is there, and the same everywhere.
fn verify(organisations: &[Organisation], disputed: &str, merged: &str) -> Result<(), Failure> {
    let mut exports = Vec::new();
    for organisation in organisations {
        exports.push((
            organisation.ask(["export", "--format", "csv"])?,
            organisation.ask(["export", "--format", "json"])?,
        ));
        let caller = organisation.caller()?;
        let resource = |id: &str| Ok::<Value, Failure>(caller.get(&format!("/api/v1/resources/{id}"), &[])?.body);
        let (disputed, merged) = (resource(disputed)?, resource(merged)?);
        let name = organisation.name();
        let titles = &disputed["conflicts"]["title"];
        expect(has_all(titles, &[ALDERS_TITLE, CEDARS_TITLE]), format_args!("{name} does not show both titles"))?;
        expect(titles[0] == disputed["title"], format_args!("{name} does not show the first of the titles"))?;
        expect(has_all(&disputed["tags"], &["from-alder", "from-cedar"]), format_args!("{name} lacks a tag"))?;
        expect(has_all(&merged["tags"], &["from-birch", "from-cedar"]), format_args!("{name} lacks a tag"))?;
        let both = merged["summary"] == BIRCHS_SUMMARY && merged["licence"] == CEDARS_LICENCE;
        expect(both, format_args!("{name} lacks an edit of another field"))?;
    }
    let alike = exports.windows(2).all(|pair| pair[0] == pair[1]);
    expect(alike, "the libraries have one fingerprint and different contents")?;
    let whole =
        exports.iter().all(|(csv, _)| [BIRCHS_OWN, CEDARS_OWN, CEDARS_LAST].iter().all(|title| csv.contains(title)));
    expect(whole, "a resource that was added is missing")
}

/// Two resources to edit.
fn two_ids(organisation: &Organisation) -> Result<[String; 2], Failure> {
    let page = organisation.caller()?.get("/api/v1/resources", &[("limit", "2")])?.body;
    let id = |place: usize| page["items"][place]["id"].as_str().map(str::to_owned);
    match (id(0), id(1)) {
        (Some(first), Some(second)) => Ok([first, second]),
        _ => Err(Failure::new("the library has fewer than two resources")),
    }
}

fn edit(organisation: &Organisation, id: &str, fields: &[&str]) -> Result<(), Failure> {
    organisation.ask(["resource", "edit", id].iter().chain(fields)).map(drop)
}

fn has_all(list: &Value, entries: &[&str]) -> bool {
    list.as_array().is_some_and(|list| entries.iter().all(|entry| list.iter().any(|other| other == entry)))
}

fn expect(holds: bool, otherwise: impl std::fmt::Display) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(format!("the check failed: {otherwise}"))) }
}

const ALDERS_TITLE: &str = "A title that Alder chose";
const CEDARS_TITLE: &str = "A title that Cedar chose";
const BIRCHS_SUMMARY: &str = "A summary that Birch wrote while Cedar was cut off.";
const CEDARS_LICENCE: &str = "CC-BY-4.0";
/// How many resources are added.
const ADDED: u64 = 3;
const CEDARS_LAST: &str = "Added by Cedar just before its node was killed";
const BIRCHS_OWN: &str = "Added by Birch meanwhile";
const CEDARS_OWN: &str = "Added by Cedar meanwhile";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_entries_must_be_there() {
        let list = serde_json::json!(["a", "b"]);
        assert!(has_all(&list, &["b", "a"]));
        assert!(!has_all(&list, &["a", "c"]));
        assert!(!has_all(&Value::Null, &[]));
    }
}
