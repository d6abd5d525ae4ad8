//! Who is asked where people are asked in the place of organisations: found by a name or an organisation, one by one or all
//! who were found, without losing those who are ticked already.

use std::collections::BTreeSet;

use knotwork_commands::{CommandError, NodeHandle, PersonEntry};
use knotwork_governance::Voter;
use knotwork_identity::{PersonId, PublicKey};
use maud::{Markup, html};

use crate::{
    form::{Faults, Fields},
    layout::{Input, Kind, input},
    limits,
    visit::{MemberVisit, Visit},
};

/// The field of everybody who is asked.
pub(crate) const PERSON: &str = "asked-person";

/// The people who can be asked.
pub(crate) struct Offered {
    /// Those who are ticked: what the form sends for each, and what the person is called.
    ticked: Vec<(String, String)>,
    /// The first of the others who were found, in the same form.
    found: Vec<(String, String)>,
    /// How many of the others were found in all.
    count: usize,
    /// Whether anybody can be asked.
    anybody: bool,
}

impl Offered {
    /// Those who agreed to be named, as far as they are looked for, and those who are ticked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn of(visit: &MemberVisit, fields: &Fields) -> Result<Self, CommandError> {
        let ticked: BTreeSet<(PublicKey, PersonId)> = fields.all(PERSON).filter_map(person_of).collect();
        let wanted = Wanted::of(fields.word(FIND));
        visit.read(move |node| Self::find(node, &ticked, &wanted)).await
    }

    fn find(
        node: &NodeHandle,
        ticked: &BTreeSet<(PublicKey, PersonId)>,
        wanted: &Wanted,
    ) -> Result<Self, CommandError> {
        let people = node.people()?;
        let named = |entry: &PersonEntry| {
            let person = (entry.organisation_key, entry.person);
            (person_word(&person), format!("{} ({})", entry.fields.name, entry.organisation))
        };
        let (mut chosen, mut unnamed) = (Vec::new(), ticked.clone());
        let (mut found, mut count, mut anybody) = (Vec::new(), 0, !ticked.is_empty());
        for entry in people.all.iter().filter(|entry| is_askable(node, entry)) {
            anybody = true;
            if unnamed.remove(&(entry.organisation_key, entry.person)) {
                chosen.push(named(entry));
            } else if wanted.fits(entry) {
                count += 1;
                if found.len() < limits::PERSONS_OFFERED_MAX {
                    found.push(named(entry));
                }
            }
        }
        for person in unnamed {
            chosen.push((person_word(&person), node.voter_name(&Voter::Person(person.0, person.1))?));
        }
        Ok(Self { ticked: chosen, found, count, anybody })
    }
}

/// What a form is sent for. Whoever goes on with something in the field for finding that was not looked for is shown who is
/// found first.
pub(crate) fn step(fields: &Fields) -> &str {
    let step = fields.get("step");
    let is_new = !fields.word(FIND).is_empty() && fields.word(FIND) != fields.word(FOUND);
    if step == "check" && is_new { "find" } else { step }
}

/// Ticks everybody who was found on the page that is sent.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn tick_found(visit: &MemberVisit, fields: &mut Fields) -> Result<Faults, CommandError> {
    let wanted = Wanted::of(fields.word(FOUND));
    let found = visit.read(move |node| {
        let people = node.people()?;
        let found = people.all.iter().filter(|entry| is_askable(node, entry) && wanted.fits(entry));
        Ok(found.map(|entry| person_word(&(entry.organisation_key, entry.person))).collect::<Vec<_>>())
    });
    let mut all: BTreeSet<String> = fields.all(PERSON).map(str::to_owned).collect();
    all.extend(found.await?);
    if all.len() > NodeHandle::PERSONS_ASKED_MAX {
        return Ok(Faults::one(PERSON, too_many(visit, NodeHandle::PERSONS_ASKED_MAX)));
    }
    fields.set(FIND, "");
    let before: BTreeSet<String> = fields.all(PERSON).map(str::to_owned).collect();
    all.difference(&before).for_each(|person| fields.add(PERSON, person.as_str()));
    Ok(Faults::default())
}

/// Says that more are asked than can be, and how many can be.
pub(crate) fn too_many(visit: &Visit, fit: usize) -> String {
    visit.text_with("persons-too-many", &[("fit", fit.into())])
}

/// Whether somebody is being looked for.
pub(crate) fn is_finding(fields: &Fields) -> bool {
    !fields.word(FIND).is_empty() || matches!(fields.get("step"), "find" | "all")
}

/// The question who is asked; nothing where nobody can be.
pub(crate) fn ask(visit: &Visit, offered: &Offered, fields: &Fields, faults: &Faults) -> Markup {
    if !offered.anybody {
        return html! {};
    }
    let fault = faults.of(PERSON);
    let described = if fault.is_some() { "asked-person-hint asked-person-fault" } else { "asked-person-hint" };
    let find = visit.text("find-persons");
    let find = Input { name: FIND, label: &find, hint: None, kind: Kind::Line, autocomplete: None };
    let both = offered.ticked.iter().map(|person| (person, true));
    let both: Vec<_> = both.chain(offered.found.iter().map(|person| (person, false))).enumerate().collect();
    let (ticked, found) = both.split_at(offered.ticked.len());
    html! {
        fieldset .question .wrong[fault.is_some()] aria-describedby=(described) {
            legend { (visit.text("ask-persons")) " " (visit.text("optional")) }
            p .hint #asked-person-hint { (visit.text("ask-persons-hint")) }
            @if let Some(fault) = fault { p .fault #asked-person-fault { span .unseen { (visit.text("error-prefix")) } (fault) } }
            @if !ticked.is_empty() { p { (visit.text_with("persons-ticked", &[("count", ticked.len().into())])) } }
            @for (index, ((word, name), _)) in ticked { (tick(*index, word, name, true)) }
            (input(&find, fields, faults))
            input type="hidden" name=(FOUND) value=(fields.word(FIND));
            button .second type="submit" name="step" value="find" { (visit.text("find-persons-now")) }
            @if found.is_empty() && is_finding(fields) { p { (visit.text("persons-none-found")) } }
            @for (index, ((word, name), _)) in found { (tick(*index, word, name, false)) }
            @if offered.count > found.len() {
                p .hint { (visit.text_with("persons-first", &[("count", found.len().into()), ("all", offered.count.into())])) }
            }
            @if offered.count > 1 {
                button .second type="submit" name="step" value="all" { (visit.text_with("tick-all-persons", &[("count", offered.count.into())])) }
            }
        }
    }
}

/// Everybody who is asked, as they go from one page of the form to the next.
pub(crate) fn carried(fields: &Fields) -> Markup {
    html! { @for person in fields.all(PERSON) { input type="hidden" name=(PERSON) value=(person); } }
}

/// What a form sends for a person: the key of the organisation that vouches for them, and their id.
pub(crate) fn person_word((organisation, person): &(PublicKey, PersonId)) -> String {
    format!("{organisation}/{person}")
}

/// The person of what a form sent.
pub(crate) fn person_of(word: &str) -> Option<(PublicKey, PersonId)> {
    let (organisation, person) = word.split_once('/')?;
    Some((organisation.parse().ok()?, person.parse().ok()?))
}

fn tick(index: usize, word: &str, name: &str, ticked: bool) -> Markup {
    // The first has the name alone, so that the summary of faults leads to it.
    let id = if index == 0 { PERSON.to_owned() } else { format!("{PERSON}-{index}") };
    html! {
        div .answer {
            input type="checkbox" id=(id) name=(PERSON) value=(word) checked[ticked];
            label for=(id) { bdi { (name) } }
        }
    }
}

/// Whether somebody agreed to be named, and is at an organisation of the network.
fn is_askable(node: &NodeHandle, entry: &PersonEntry) -> bool {
    entry.fields.listed && !entry.left && node.agreed().parties().contains_key(&entry.organisation_key)
}

/// Whom somebody looks for: all of these words stand in the name, or in that of the organisation.
struct Wanted(Vec<String>);

impl Wanted {
    fn of(text: &str) -> Self {
        let text: String = text.chars().take(limits::FIND_CHARACTERS_MAX).collect();
        Self(text.to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    fn fits(&self, entry: &PersonEntry) -> bool {
        let known = format!("{} {}", entry.fields.name, entry.organisation).to_lowercase();
        self.0.iter().all(|word| known.contains(word))
    }
}

/// The field for finding.
const FIND: &str = "find-person";
/// What was looked for on the page that is sent.
const FOUND: &str = "found-by";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_read_as_it_was_sent() {
        let person = (PublicKey([7; 32]), PersonId([9; 16]));
        assert_eq!(person_of(&person_word(&person)), Some(person));
        for none in ["", "/", "x/y", &person.0.to_string()] {
            assert_eq!(person_of(none), None, "{none}");
        }
    }

    #[test]
    fn who_goes_on_with_a_name_that_was_not_looked_for_is_shown_who_is_found() {
        let step_of = |pressed: &str, find: &str, found: &str| {
            let mut fields = Fields::default();
            for (name, value) in [("step", pressed), (FIND, find), (FOUND, found)] {
                fields.set(name, value);
            }
            step(&fields).to_owned()
        };
        assert_eq!(step_of("check", "ada", ""), "find");
        assert_eq!(step_of("check", "ada ", "ada"), "check");
        assert_eq!(step_of("check", " ", "ada"), "check");
        assert_eq!(step_of("open", "ada", ""), "open");
    }
}
