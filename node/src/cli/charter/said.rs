//! What a charter says, in the form of the API, and in the words of the command line.

use knotwork_api::charter_as_json;
use knotwork_governance::Charter;
use serde_json::Value;

use super::super::text::{harmless, one_line};

/// What a charter says.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Said(Value);

impl Said {
    /// What a charter says that is at hand.
    pub(in super::super) fn of(charter: &Charter) -> Self {
        Self(charter_as_json(charter.clone()))
    }

    /// What a charter says that the API gave; none while its text has not arrived.
    pub(in super::super) fn read(charter: &Value) -> Option<Self> {
        (!charter.is_null()).then(|| Self(charter.clone()))
    }

    /// It, in the form of the API.
    pub(in super::super) fn as_json(&self) -> &Value {
        &self.0
    }

    /// Its texts, each with its head, without tricks. They may be empty, and have several lines.
    pub(in super::super) fn texts(&self) -> [(&'static str, String); 4] {
        [
            ("Purpose", "purpose"),
            ("Ways of working", "ways_of_working"),
            ("Values", "values"),
            ("Disagreement", "disagreement"),
        ]
        .map(|(head, name)| (head, harmless(self.0[name].as_str().unwrap_or_default().trim())))
    }

    /// All else that it says, each in one line; nothing where nothing is said.
    pub(in super::super) fn facts(&self) -> [(&'static str, String); 7] {
        let list = |name: &str| {
            let words = self.0[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            one_line(&words.collect::<Vec<_>>().join(", "))
        };
        let rules = &self.0["rules"];
        let share = |name: &str| {
            format!("at least {} of all who are asked", one_line(rules[name].as_str().unwrap_or_default()))
        };
        let days = counted(&self.0["usual_days"], "day");
        [
            ("kinds", list("kinds")),
            ("functions", list("functions")),
            ("decisions", format!("{}, open for {days}", method(&self.0["usual_method"]))),
            ("to admit", share("admit")),
            ("to remove", share("remove")),
            ("to amend", share("amend")),
            ("review", format!("after {}", counted(&rules["review_months"], "month"))),
        ]
    }

    /// Facts below each other; those that say nothing are left out.
    pub(in super::super) fn listed<'a>(facts: impl IntoIterator<Item = &'a (&'static str, String)>) -> String {
        let said = facts.into_iter().filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| format!("{name:<13} {}", one_line(value))).collect::<Vec<_>>().join("\n")
    }
}

/// How something is usually decided.
fn method(method: &Value) -> String {
    let kind = one_line(method["kind"].as_str().unwrap_or_default());
    match method["fallback"]["share"].as_str() {
        Some(share) => format!("by {kind}, and where somebody blocks by {}", one_line(share)),
        None => format!("by {kind}"),
    }
}

fn counted(number: &Value, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

#[cfg(test)]
mod tests {
    use knotwork_governance::{Method, NetworkFunction, NetworkKind};

    use super::*;

    #[test]
    fn a_charter_says_all_that_is_signed() {
        let charter = Charter {
            kinds: [NetworkKind::ALL[0]].into(),
            functions: NetworkFunction::ALL.into(),
            values: "To be\u{1b}[2J kind".into(),
            usual_method: Method::Consensus { fallback: None },
            usual_days: 1,
            ..Charter::first("To share.".into())
        };
        let said = Said::of(&charter);
        let texts = said.texts();
        assert_eq!(texts[0], ("Purpose", "To share.".into()));
        assert!(texts[1].1.is_empty() && texts[2].1.contains("kind") && !texts[2].1.contains('\u{1b}'), "{texts:?}");
        let listed = Said::listed(&said.facts());
        for part in
            ["kinds         learning", "convening", "by consensus, open for 1 day\n", "to admit      at least 2/3 of"]
        {
            assert!(listed.contains(part), "{part} is missing from {listed}");
        }
        for part in ["to remove ", "to amend ", "review        after "] {
            assert!(listed.contains(part), "{part} is missing from {listed}");
        }
        assert_eq!(Said::read(&Value::Null), None);
        assert_eq!(Said::read(&charter_as_json(charter)), Some(said));
    }
}
