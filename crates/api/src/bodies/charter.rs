//! Charters as JSON.

use std::collections::BTreeSet;

use knotwork_commands::{CharterEntry, CharterVersion};
use knotwork_governance::{BindingRules, Charter, NetworkFunction, NetworkKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    method::{MethodBody, read_share},
    object::Object,
};
use crate::{problem::Problem, rfc3339::to_rfc3339};

/// A charter: what a network is for and how it works.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Charter)]
#[serde(deny_unknown_fields)]
pub(crate) struct CharterBody {
    /// What the network is for. At most 20,000 bytes.
    purpose: String,
    /// What kind of network it is: `learning`, `agency`, `advocacy`, `managed`, `social`, `social-movement`.
    #[serde(default)]
    kinds: Vec<String>,
    /// What it mainly does: `community-building`, `filtering`, `amplifying`, `facilitating`, `providing`, `convening`.
    #[serde(default)]
    functions: Vec<String>,
    /// How its people work together. At most 12,000 bytes.
    #[serde(default)]
    ways_of_working: String,
    /// What they hold dear. At most 12,000 bytes.
    #[serde(default)]
    values: String,
    /// How disagreement is respected. At most 12,000 bytes.
    #[serde(default)]
    disagreement: String,
    /// How decisions are usually taken.
    #[serde(deserialize_with = "object")]
    usual_method: MethodBody,
    /// For how many days a decision is usually open, 1 to 90.
    usual_days: u16,
    /// What decisions that bind everyone have to reach.
    #[serde(deserialize_with = "object")]
    rules: RulesBody,
}

/// The least shares of all who are asked that have to agree, each at least a half.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = BindingRules)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesBody {
    /// To admit an organisation.
    #[schema(example = "2/3")]
    admit: String,
    /// To remove one, or to have it rest, of all others.
    #[schema(example = "2/3")]
    remove: String,
    /// To change the charter.
    #[schema(example = "2/3")]
    amend: String,
    /// After how many months everyone is asked whether the charter still holds, 1 to 120.
    review_months: u16,
}

/// The charter in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CharterInForce {
    /// What it says; null while its text has not arrived here.
    #[schema(required = true)]
    charter: Option<CharterBody>,
    /// What the minutes name it by.
    digest: String,
    /// The minute that brought it; 0 for the first.
    since: u64,
    /// When the decision for it was opened, as its terms say; null for the first.
    #[schema(format = "date-time", required = true)]
    agreed: Option<String>,
    /// Where the network says it stands: `pre-emergent`, `emerging`, `established` or `dormant`.
    stage: &'static str,
    /// When it is due to be looked at again: `YYYY-MM-DD`; null where that is not known.
    #[schema(required = true)]
    review_due: Option<String>,
}

/// Every charter that was in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CharterVersions {
    /// The latest first.
    pub(crate) items: Vec<CharterVersionBody>,
}

/// A charter that was in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CharterVersion)]
pub(crate) struct CharterVersionBody {
    /// What it says; null while its text has not arrived here.
    #[schema(required = true)]
    charter: Option<CharterBody>,
    /// What the minutes name it by.
    digest: String,
    /// The minute that brought it; 0 for the first.
    since: u64,
}

pub(crate) fn object<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<T, D::Error> {
    Object::deserialize(reader).map(|object| object.0)
}

impl CharterBody {
    /// The charter, for `field` of a body.
    ///
    /// # Errors
    /// Names the part that is wrong.
    pub(crate) fn read(self, field: &str) -> Result<Charter, Problem> {
        let part = |name: &str| format!("{field}.{name}");
        let RulesBody { admit, remove, amend, review_months } = self.rules;
        let rules = BindingRules {
            admit: read_share(&admit, &part("rules.admit"))?,
            remove: read_share(&remove, &part("rules.remove"))?,
            amend: read_share(&amend, &part("rules.amend"))?,
            review_months,
        };
        let half = knotwork_governance::Ratio::new(1, 2);
        for (name, share) in [("admit", rules.admit), ("remove", rules.remove), ("amend", rules.amend)] {
            if share < half {
                return Err(Problem::malformed("what binds everyone takes at least a half, such as 2/3")
                    .field(part(&format!("rules.{name}"))));
            }
        }
        if rules.remove == half {
            let detail = "to part with an organisation takes more than half of the others, such as 2/3";
            return Err(Problem::malformed(detail).field(part("rules.remove")));
        }
        if !(1..=BindingRules::REVIEW_MONTHS_MAX).contains(&review_months) {
            let detail = format!("a charter is looked at again after 1 to {} months", BindingRules::REVIEW_MONTHS_MAX);
            return Err(Problem::malformed(detail).field(part("rules.review_months")));
        }
        let line_feeds = |text: String| text.trim().replace("\r\n", "\n");
        Ok(Charter {
            purpose: line_feeds(self.purpose),
            kinds: chosen(self.kinds, &KINDS, &NetworkKind::ALL, &part("kinds"))?,
            functions: chosen(self.functions, &FUNCTIONS, &NetworkFunction::ALL, &part("functions"))?,
            ways_of_working: line_feeds(self.ways_of_working),
            values: line_feeds(self.values),
            disagreement: line_feeds(self.disagreement),
            usual_method: self.usual_method.read(&part("usual_method"))?,
            usual_days: self.usual_days,
            rules,
        })
    }
}

impl From<Charter> for CharterBody {
    fn from(charter: Charter) -> Self {
        Self {
            purpose: charter.purpose,
            kinds: charter.kinds.iter().map(|kind| KINDS[*kind as usize].to_owned()).collect(),
            functions: charter.functions.iter().map(|function| FUNCTIONS[*function as usize].to_owned()).collect(),
            ways_of_working: charter.ways_of_working,
            values: charter.values,
            disagreement: charter.disagreement,
            usual_method: charter.usual_method.into(),
            usual_days: charter.usual_days,
            rules: RulesBody {
                admit: charter.rules.admit.to_string(),
                remove: charter.rules.remove.to_string(),
                amend: charter.rules.amend.to_string(),
                review_months: charter.rules.review_months,
            },
        }
    }
}

impl From<CharterEntry> for CharterInForce {
    fn from(entry: CharterEntry) -> Self {
        Self {
            charter: entry.charter.map(Into::into),
            digest: entry.digest.to_string(),
            since: entry.since,
            agreed: entry.agreed.and_then(to_rfc3339),
            stage: entry.stage.word(),
            review_due: entry.review_due.map(|date| date.to_string()),
        }
    }
}

impl From<CharterVersion> for CharterVersionBody {
    fn from(version: CharterVersion) -> Self {
        let CharterVersion { charter, digest, since } = version;
        Self { charter: charter.map(Into::into), digest: digest.to_string(), since }
    }
}

/// The values that these words name, each of which stands at the place of its word.
fn chosen<T: Copy + Ord>(words: Vec<String>, known: &[&str], all: &[T], field: &str) -> Result<BTreeSet<T>, Problem> {
    let one = |word: String| {
        let place = known.iter().position(|known| *known == word);
        place
            .and_then(|place| all.get(place).copied())
            .ok_or_else(|| Problem::malformed(format!("{field} are among {}", known.join(", "))).field(field))
    };
    words.into_iter().map(one).collect()
}

/// The words for kinds of networks, in the order of `NetworkKind::ALL`.
const KINDS: [&str; NetworkKind::ALL.len()] =
    ["learning", "agency", "advocacy", "managed", "social", "social-movement"];
/// The words for functions of networks, in the order of `NetworkFunction::ALL`.
const FUNCTIONS: [&str; NetworkFunction::ALL.len()] =
    ["community-building", "filtering", "amplifying", "facilitating", "providing", "convening"];
