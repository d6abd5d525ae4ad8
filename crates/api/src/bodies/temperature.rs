//! Temperature checks as JSON.

use knotwork_commands::{TemperatureEntry, TemperatureState};
use knotwork_governance::{Feeling, Feelings, TemperatureAnswer};
use knotwork_identity::DocumentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContributorBody, given::given};
use crate::rfc3339::to_rfc3339;

/// Temperature checks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemperaturePage {
    /// The latest first.
    pub(crate) items: Vec<TemperatureBody>,
}

/// How people feel about something, before it is decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemperatureCheck)]
pub(crate) struct TemperatureBody {
    /// Its id.
    id: String,
    /// What people are asked how they feel about.
    question: String,
    /// What there is to know about it.
    text: String,
    /// The id of the resource or decision that it is about, or empty.
    about: String,
    /// Who asks.
    by: ContributorBody,
    /// `announced`, `open` or `closed`.
    #[schema(example = "open")]
    state: &'static str,
    /// From when answers are taken.
    #[schema(format = "date-time", required = true)]
    opens: Option<String>,
    /// Until when.
    #[schema(format = "date-time", required = true)]
    closes: Option<String>,
    /// How many feel how, of all organisations together; null until it has closed and seven answers have come in.
    #[schema(required = true)]
    feelings: Option<FeelingsBody>,
    /// The member's own answer; null where there is none, and once it has closed, as the node forgets it then.
    #[schema(required = true)]
    yours: Option<TemperatureAnswerBody>,
}

/// How many feel how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Feelings)]
struct FeelingsBody {
    /// Strongly for it.
    strongly_for: u32,
    /// For it.
    #[serde(rename = "for")]
    with: u32,
    /// Neither, or both.
    between: u32,
    /// Against it.
    against: u32,
    /// Strongly against it.
    strongly_against: u32,
}

/// One's own answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemperatureAnswer)]
struct TemperatureAnswerBody {
    /// `strongly-for`, `for`, `between`, `against` or `strongly-against`.
    #[schema(example = "for")]
    feeling: &'static str,
    /// Whether it is passed on even where fewer than three of the organisation have answered.
    alone: bool,
}

/// A temperature check to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemperatureCheck {
    /// What people are asked how they feel about. At most 200 bytes.
    #[schema(example = "Meet in person every spring?")]
    pub(crate) question: String,
    /// What there is to know about it. At most 20,000 bytes.
    #[serde(default)]
    pub(crate) text: String,
    /// The id of the resource or decision that it is about.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) about: Option<DocumentId>,
    /// For how many days it is open, 1 to 30; 7 if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 1, maximum = 30, example = 7)]
    pub(crate) days: Option<u64>,
}

/// How the member feels.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemperatureAnswer {
    /// `strongly-for`, `for`, `between`, `against` or `strongly-against`.
    #[schema(example = "for")]
    pub(crate) feeling: String,
    /// True has it passed on even where fewer than three of the organisation have answered. Whoever runs a node of another
    /// organisation can tell then that one or two people of this one feel so.
    #[serde(default)]
    pub(crate) alone: bool,
}

impl TemperatureBody {
    /// As a member sees it who has answered so.
    pub(crate) fn new(entry: TemperatureEntry, yours: Option<TemperatureAnswer>) -> Self {
        let TemperatureEntry { id, by, check, state, feelings, .. } = entry;
        Self {
            id: id.to_string(),
            question: check.question,
            text: check.text,
            about: check.about.map(|about| about.to_string()).unwrap_or_default(),
            by: by.into(),
            state: match state {
                TemperatureState::Announced => "announced",
                TemperatureState::Open => "open",
                TemperatureState::Closed => "closed",
            },
            opens: to_rfc3339(check.opens),
            closes: to_rfc3339(check.closes),
            feelings: feelings.map(FeelingsBody::from),
            yours: yours
                .map(|TemperatureAnswer { feeling, alone }| TemperatureAnswerBody { feeling: feeling.word(), alone }),
        }
    }
}

impl From<Feelings> for FeelingsBody {
    fn from(feelings: Feelings) -> Self {
        Self {
            strongly_for: feelings.of(Feeling::StronglyFor),
            with: feelings.of(Feeling::For),
            between: feelings.of(Feeling::Between),
            against: feelings.of(Feeling::Against),
            strongly_against: feelings.of(Feeling::StronglyAgainst),
        }
    }
}
