//! What people send to have something decided, or to change its terms.

use knotwork_documents::Date;
use knotwork_governance::{ReasonRule, Shown};
use knotwork_identity::{ChangeId, DocumentId, PersonId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    charter::{CharterBody, object},
    effect::{NewEffect, charter},
    given::{given, word},
    method::{MethodBody, ThresholdBody, threshold},
    object::Object,
};
use crate::problem::Problem;

/// Something to be decided. Title, text and method are needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDecision {
    /// What it is called: one line of at most 200 bytes.
    #[schema(example = "Meet every month")]
    pub(crate) title: String,
    /// What is proposed, or asked. At most 20,000 bytes.
    pub(crate) text: String,
    /// The same in a few plain sentences. At most 2,000 bytes.
    #[serde(default)]
    pub(crate) summary: String,
    /// Who might be left out or harmed by it, and who of them has been asked. At most 2,000 bytes.
    #[serde(default)]
    pub(crate) left_out: String,
    /// How it is taken.
    #[serde(deserialize_with = "object")]
    pub(crate) method: MethodBody,
    /// What can be chosen, where the method chooses: 2 to 64, of at most 200 bytes each.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Who is asked: every organisation that does not rest, if left out, or the persons that are named.
    #[serde(default, deserialize_with = "unit")]
    pub(crate) unit: NewUnit,
    /// With the unit `persons`: who is asked, by the opaque ids that lists of members give. At most
    /// 1,194, and fewer beside long texts: terms have room for 57,344 bytes, and a person takes 48.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) persons: Vec<PersonId>,
    /// How many have to take part: a number such as `3`, or a share such as `1/2`; half if left out, and none for advice.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "1/2")]
    pub(crate) quorum: Option<String>,
    /// How many have to agree, for majority and supermajority; the usual if left out.
    #[serde(default, deserialize_with = "threshold")]
    #[schema(nullable = false)]
    pub(crate) threshold: Option<ThresholdBody>,
    /// When it closes; after as many days as the charter says if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2026-12-24T18:00:00Z")]
    pub(crate) closes: Option<String>,
    /// When a reason is needed: `optional`, `against` (with what argues against it), which it is if left out, or
    /// `always`.
    #[serde(default = "against", deserialize_with = "reasons")]
    #[schema(value_type = String, required = false, example = "against")]
    pub(crate) reasons: ReasonRule,
    /// When positions are shown: `always`, which it is if left out, `after-own` or `after-closing`.
    #[serde(default = "always", deserialize_with = "shown")]
    #[schema(value_type = String, required = false, example = "always")]
    pub(crate) shown: Shown,
    /// The day on which what was agreed is looked at again: `YYYY-MM-DD`; a year from now if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2027-11-26")]
    pub(crate) review: Option<String>,
    /// The id of the decision that it follows.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) follows: Option<DocumentId>,
    /// What it changes for everyone, if it is adopted. At most 8.
    #[serde(default, deserialize_with = "effects")]
    pub(crate) effects: Vec<NewEffect>,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NewUnit {
    /// Every organisation that does not rest, with one voice each.
    #[default]
    Organisations,
    /// The persons that are named.
    Persons,
}

/// What to change about the terms of an open decision; what is left out stays. Everyone is asked anew.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionPatch {
    /// What it is called.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) title: Option<String>,
    /// What is proposed, or asked.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) text: Option<String>,
    /// The same in a few plain sentences.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) summary: Option<String>,
    /// Who might be left out or harmed by it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) left_out: Option<String>,
    /// When it closes: later than before.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2026-12-31T18:00:00Z")]
    pub(crate) closes: Option<String>,
    /// For a decision about a charter: the whole charter as it shall be.
    #[serde(default, deserialize_with = "charter")]
    #[schema(nullable = false)]
    pub(crate) charter: Option<CharterBody>,
    /// The objections that the new terms integrate, by the `change` of each position.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) integrates: Vec<ChangeId>,
}

impl DecisionPatch {
    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let texts = [&self.title, &self.text, &self.summary, &self.left_out, &self.closes];
        texts.iter().all(|text| text.is_none()) && self.charter.is_none() && self.integrates.is_empty()
    }
}

/// Reads a day.
///
/// # Errors
/// When `field` holds none.
pub(crate) fn read_day(text: &str, field: &str) -> Result<Date, Problem> {
    text.parse().map_err(|error| Problem::malformed(format!("{field}: {error}")).field(field))
}

fn effects<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<NewEffect>, D::Error> {
    let effects = Vec::<Object<NewEffect>>::deserialize(reader)?;
    Ok(effects.into_iter().map(|effect| effect.0).collect())
}

fn unit<'de, D: Deserializer<'de>>(reader: D) -> Result<NewUnit, D::Error> {
    let from_word = |text: &str| match text {
        "organisations" => Some(NewUnit::Organisations),
        "persons" => Some(NewUnit::Persons),
        _ => None,
    };
    word(reader, from_word, &["organisations", "persons"])
}

fn reasons<'de, D: Deserializer<'de>>(reader: D) -> Result<ReasonRule, D::Error> {
    let from_word = |text: &str| match text {
        "optional" => Some(ReasonRule::Optional),
        "against" => Some(ReasonRule::Against),
        "always" => Some(ReasonRule::Always),
        _ => None,
    };
    word(reader, from_word, &["optional", "against", "always"])
}

fn shown<'de, D: Deserializer<'de>>(reader: D) -> Result<Shown, D::Error> {
    let from_word = |text: &str| match text {
        "always" => Some(Shown::Always),
        "after-own" => Some(Shown::AfterOwn),
        "after-closing" => Some(Shown::AfterClosing),
        _ => None,
    };
    word(reader, from_word, &["always", "after-own", "after-closing"])
}

fn against() -> ReasonRule {
    ReasonRule::Against
}

fn always() -> Shown {
    Shown::Always
}
