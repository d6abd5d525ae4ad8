//! What a decision can ask for beyond what is usual: how many have to take part, how many have to agree, and people in the
//! place of organisations. Whoever leaves it all empty has what is usual.

use knotwork_commands::Unit;
use knotwork_governance::{Bound, Denominator, Electorate, Method, Quorum, Ratio, Rules, Terms, Threshold};
use knotwork_identity::{PersonId, PublicKey};
use maud::{Markup, html};

use crate::{
    asked_persons::{self, Offered, PERSON, person_of, person_word},
    form::{Faults, Fields},
    layout::{Input, Kind, input, radios},
    methods,
    visit::Visit,
};

/// What was asked for; the usual where it is none.
pub(crate) struct Settings {
    /// The method, with what it falls back on.
    pub(crate) method: Option<Method>,
    pub(crate) quorum: Option<Quorum>,
    pub(crate) threshold: Option<Threshold>,
    pub(crate) unit: Unit,
}

/// Reads the answers; says what is wrong with them.
pub(crate) fn read(visit: &Visit, fields: &Fields, method: Option<Method>, faults: &mut Faults) -> Settings {
    let ticked: Vec<Option<(PublicKey, PersonId)>> = fields.all(PERSON).map(person_of).collect();
    if ticked.iter().any(Option::is_none) {
        faults.add(PERSON, visit.text("persons-wrong"));
    }
    let persons: Vec<(PublicKey, PersonId)> = ticked.into_iter().flatten().collect();
    let agreed = visit.handle().agreed();
    let asked = if persons.is_empty() { agreed.asked_at(agreed.height()).len() } else { persons.len() };
    let quorum = read_quorum(visit, fields, method, asked, faults);
    let threshold = read_threshold(visit, fields, method, faults);
    let (method, threshold) = match method {
        Some(Method::Consensus { .. }) => (Some(Method::Consensus { fallback: threshold }), None),
        method => (method, threshold),
    };
    let unit = if persons.is_empty() { Unit::Organisations } else { Unit::Persons(persons) };
    Settings { method, quorum, threshold, unit }
}

/// The questions, folded away unless something in them was answered or is wrong.
pub(crate) fn ask(visit: &Visit, chooses: &[&str], offered: &Offered, fields: &Fields, faults: &Faults) -> Markup {
    let is_asked = |name: &str| !fields.word(name).is_empty() && fields.get(name) != CAST;
    let is_open = asked_persons::is_finding(fields)
        || NAMES.into_iter().chain([PERSON]).any(|name| is_asked(name) || faults.of(name).is_some());
    let question = |name, label: &str, hint: &str| {
        let label = format!("{} {}", visit.text(label), visit.text("optional"));
        let hint = visit.text(hint);
        input(&Input { name, label: &label, hint: Some(&hint), kind: Kind::Short, autocomplete: None }, fields, faults)
    };
    let of = [(CAST, "decision-share-of-cast"), (ASKED, "decision-share-of-asked")];
    let of = of.map(|(word, name)| (word.to_owned(), visit.text(name), None));
    html! {
        details open[is_open] {
            summary { (visit.text("more-settings")) }
            (question("quorum", "decision-quorum", "decision-quorum-hint"))
            @if chooses == methods::ADOPTING {
                (question("share", "decision-share", "decision-share-hint"))
                (radios("share-of", &visit.text("decision-share-of"), Some(&visit.text("decision-share-of-hint")), &of, fields, faults))
            }
            (asked_persons::ask(visit, offered, fields, faults))
        }
    }
}

/// The answers as they go from one page of the form to the next.
pub(crate) fn carried(fields: &Fields) -> Markup {
    html! {
        @for name in NAMES { input type="hidden" name=(name) value=(fields.get(name)); }
        (asked_persons::carried(fields))
    }
}

/// What is usual, into the fields.
pub(crate) fn set_usual(fields: &mut Fields) {
    fields.set("share-of", CAST);
}

/// What an earlier decision asked for, into the fields; what was usual stays empty.
pub(crate) fn set_from(fields: &mut Fields, terms: &Terms) {
    let rules = &terms.rules;
    let usual = Rules::usual(rules.method, rules.options, rules.electorate);
    if rules.quorum != usual.quorum {
        let word = match rules.quorum {
            Quorum::Count(count) => count.to_string(),
            Quorum::Share(share) => share_word(share),
        };
        fields.set("quorum", word);
    }
    if let (Some(threshold), Some(usual)) = (rules.threshold, usual.threshold) {
        if (threshold.ratio, threshold.bound) != (usual.ratio, usual.bound) {
            fields.set("share", bound_word(&threshold));
        }
        fields.set("share-of", if threshold.of == Denominator::Electorate { ASKED } else { CAST });
    }
    if let Method::Consensus { fallback: Some(fallback) } = &rules.method {
        fields.set("share", bound_word(fallback));
        fields.set("share-of", if fallback.of == Denominator::Electorate { ASKED } else { CAST });
    }
    if let Electorate::Persons(persons) = &terms.electorate {
        for person in persons {
            fields.add(PERSON, person_word(person));
        }
    }
}

fn read_quorum(
    visit: &Visit,
    fields: &Fields,
    method: Option<Method>,
    asked: usize,
    faults: &mut Faults,
) -> Option<Quorum> {
    let word = fields.word("quorum");
    if word.is_empty() {
        return None;
    }
    let quorum = quorum_of(word);
    match quorum {
        None => faults.add("quorum", visit.text("quorum-wrong")),
        Some(_) if method == Some(Method::Advice) => faults.add("quorum", visit.text("quorum-unused")),
        Some(Quorum::Count(count)) if count as usize > asked => {
            faults.add("quorum", visit.text_with("quorum-too-many", &[("asked", asked.into())]));
        }
        Some(_) => {}
    }
    quorum
}

fn read_threshold(visit: &Visit, fields: &Fields, method: Option<Method>, faults: &mut Faults) -> Option<Threshold> {
    let (word, of_all) = (fields.word("share"), fields.get("share-of") == ASKED);
    let of = if of_all { Denominator::Electorate } else { Denominator::VotesCast };
    let usual = match method {
        Some(Method::Majority) => Some(Threshold::majority(of)),
        Some(Method::Supermajority) => Some(Threshold::two_thirds(of)),
        Some(Method::Consensus { .. }) if !word.is_empty() => None,
        Some(_) if of_all => {
            faults.add("share-of", visit.text("share-of-unused"));
            None
        }
        _ => None,
    };
    if word.is_empty() {
        return usual;
    }
    let threshold = bound_of(word).map(|(bound, ratio)| Threshold { ratio, bound, of });
    match threshold.filter(|threshold| threshold.check().is_ok()) {
        None => faults.add("share", visit.text("share-wrong")),
        Some(_) if method.is_some_and(|method| !takes_share(&method)) => {
            faults.add("share", visit.text("share-unused"));
        }
        Some(threshold) => return Some(threshold),
    }
    usual
}

/// Whether a share can be chosen for a method: under consensus it is what counts if somebody blocks.
const fn takes_share(method: &Method) -> bool {
    matches!(method, Method::Supermajority | Method::Consensus { .. })
}

/// How many of a text such as 3, 2/3 or 60%.
fn quorum_of(word: &str) -> Option<Quorum> {
    word.parse().map(Quorum::Count).ok().or_else(|| share_of(word).map(Quorum::Share))
}

/// The share of a text such as 2/3 or 60%.
fn share_of(word: &str) -> Option<Ratio> {
    let (part, whole) = match word.strip_suffix('%') {
        Some(percent) => (percent, "100"),
        None => word.split_once('/')?,
    };
    let ratio = Ratio::new(part.trim().parse().ok()?, whole.trim().parse().ok()?);
    ratio.check().is_ok().then_some(ratio)
}

/// The share of a text such as 2/3 or 60%, and whether that is enough; > 2/3 asks for more.
fn bound_of(word: &str) -> Option<(Bound, Ratio)> {
    match word.strip_prefix('>') {
        Some(share) => Some((Bound::MoreThan, share_of(share.trim())?)),
        None => Some((Bound::AtLeast, share_of(word)?)),
    }
}

fn bound_word(threshold: &Threshold) -> String {
    let more = if threshold.bound == Bound::MoreThan { "> " } else { "" };
    format!("{more}{}", share_word(threshold.ratio))
}

fn share_word(ratio: Ratio) -> String {
    format!("{}/{}", ratio.numerator, ratio.denominator)
}

const NAMES: [&str; 3] = ["quorum", "share", "share-of"];
const CAST: &str = "cast";
const ASKED: &str = "asked";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_a_share_is_read_as_people_write_it() {
        let share = |part, whole| Some(Quorum::Share(Ratio::new(part, whole)));
        assert_eq!(quorum_of("3"), Some(Quorum::Count(3)));
        assert_eq!(quorum_of("2/3"), share(2, 3));
        assert_eq!(quorum_of("2 / 3"), share(4, 6));
        assert_eq!(quorum_of("60%"), share(3, 5));
        assert_eq!(quorum_of("60 %"), share(3, 5));
        for none in ["", "half", "-1", "3/2", "1/0", "101%", "2.5", "%", "/", "1/2/3"] {
            assert_eq!(quorum_of(none), None, "{none}");
        }
    }

    #[test]
    fn a_share_that_has_to_be_passed_is_read_as_it_was_written() {
        for bound in [Bound::AtLeast, Bound::MoreThan] {
            let threshold = Threshold { ratio: Ratio::new(2, 3), bound, of: Denominator::VotesCast };
            assert_eq!(bound_of(&bound_word(&threshold)), Some((bound, threshold.ratio)));
        }
        assert_eq!(bound_of(">60%"), Some((Bound::MoreThan, Ratio::new(3, 5))));
        for none in ["", ">", "> ", ">> 2/3", "2/3 >", "> 3/2"] {
            assert_eq!(bound_of(none), None, "{none}");
        }
    }
}
