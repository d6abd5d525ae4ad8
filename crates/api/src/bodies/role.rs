//! Roles and role requests as JSON.

use std::collections::BTreeMap;

use knotwork_commands::{RoleEntry, RoleRequestEntry, ends_soon};
use knotwork_documents::{Date, RoleEdit, RoleName, RoleRequestEdit};
use knotwork_identity::{DocumentId, PersonId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::given::{given, word};
use crate::rfc3339::to_rfc3339;

/// What somebody can be for a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RoleName)]
pub(crate) enum Role {
    /// Brings people together who should know of each other.
    Connector,
    /// Looks after how the network works.
    NetworkGuardian,
    /// Keeps an undertaking going.
    CoOrdinator,
    /// Leads meetings and learning.
    Facilitator,
    /// Knows a subject.
    Expert,
    /// Gives leave, money or protection.
    Sponsor,
    /// Speaks for an organisation.
    OrganisationalRepresentative,
    /// Takes part.
    Participant,
}

/// A role that a person has taken on. It is words about a person, and gives no right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub(crate) struct RoleBody {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is, as an opaque id.
    person: String,
    /// What the person is called, where their profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    name: Option<String>,
    /// The name of the organisation that vouches for the person.
    #[schema(example = "Alder Practice")]
    organisation: String,
    /// The role.
    role: Role,
    /// What it is about; empty for the whole network.
    #[schema(example = "Falls")]
    topic: String,
    /// From when: `YYYY-MM-DD`, or empty.
    #[schema(example = "2026-04-01")]
    since: String,
    /// Until when it is meant to last, that day among it: `YYYY-MM-DD`, or empty where that is open.
    #[schema(example = "2027-03-31")]
    until: String,
    /// The day on which it was laid down: `YYYY-MM-DD`, or empty.
    #[schema(example = "")]
    ended: String,
    /// The id of the role request that it answers, or empty.
    #[schema(example = "")]
    request: String,
    /// Whether it is held today, by this node's clock.
    held: bool,
    /// Whether it is held, and runs out within 30 days.
    ends_soon: bool,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    conflicts: BTreeMap<String, Vec<String>>,
}

/// A page of roles, and what is missing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolePage {
    /// The roles, in the order in which they are offered, then from A to Z by name.
    pub(crate) items: Vec<RoleBody>,
    /// How many there are on all pages.
    pub(crate) total: usize,
    /// The roles that nobody in the network holds today, whatever the parameters ask for.
    pub(crate) unheld: Vec<Role>,
}

/// A role to take on. Only the role is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    /// The role.
    role: Role,
    /// What it is about: one line of at most 200 bytes; empty for the whole network.
    #[serde(default)]
    #[schema(example = "Falls")]
    topic: String,
    /// From when: `YYYY-MM-DD`, or empty.
    #[serde(default)]
    #[schema(example = "2026-04-01")]
    since: String,
    /// Until when it is meant to last: `YYYY-MM-DD`, or empty where that is open.
    #[serde(default)]
    #[schema(example = "2027-03-31")]
    until: String,
    /// The id of the role request that it answers; left out where there is none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    request: Option<DocumentId>,
}

/// What to change about a role of one's own: one of the two.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolePatch {
    /// Until when it is meant to last: `YYYY-MM-DD`, or empty where that is open.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2027-03-31")]
    pub(crate) until: Option<String>,
    /// True lays it down, today.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) ended: Option<bool>,
}

/// A role request: one person asks another to take on a role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoleRequest)]
pub(crate) struct RoleRequestBody {
    /// Its id.
    id: String,
    /// Who asks, as an opaque id.
    from: String,
    /// What they are called, where their profile tells it here.
    #[schema(required = true, example = "Bran Cole")]
    from_name: Option<String>,
    /// Who is asked, as an opaque id.
    person: String,
    /// What they are called, where their profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    person_name: Option<String>,
    /// The role.
    role: Role,
    /// What it is about; empty for the whole network.
    #[schema(example = "Falls")]
    topic: String,
    /// What the asker says with it.
    #[schema(example = "You led the last two meetings so well.")]
    note: String,
    /// When it was made, as the asker claims.
    #[schema(format = "date-time", required = true)]
    created: Option<String>,
    /// Whether the asked person has taken on a role with it.
    taken_on: bool,
    /// Whether the asker has taken it back.
    withdrawn: bool,
}

/// The member's role requests, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleRequestLists {
    /// Those that wait for the member's answer.
    pub(crate) to_me: Vec<RoleRequestBody>,
    /// Those that the member has made and not taken back. That somebody said "not now" is not told here nor anywhere.
    pub(crate) by_me: Vec<RoleRequestBody>,
}

/// What to ask of whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoleRequest {
    /// Who is asked: the opaque id that lists of members give.
    #[schema(value_type = String)]
    person: PersonId,
    /// The role.
    role: Role,
    /// What it is about: one line of at most 200 bytes; empty for the whole network.
    #[serde(default)]
    #[schema(example = "Falls")]
    topic: String,
    /// What to say with it. At most 2,000 bytes.
    #[serde(default)]
    #[schema(example = "You led the last two meetings so well.")]
    note: String,
}

/// What to do about a role request: one of the two.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRequestPatch {
    /// True takes it back: for whoever asks.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) withdrawn: Option<bool>,
    /// True says "not now": for whoever is asked.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) declined: Option<bool>,
}

impl From<NewRole> for RoleEdit {
    fn from(body: NewRole) -> Self {
        Self {
            person: None,
            role: Some(body.role.into()),
            topic: said(body.topic),
            since: said(body.since),
            until: said(body.until),
            ended: None,
            request: body.request,
        }
    }
}

impl From<NewRoleRequest> for RoleRequestEdit {
    fn from(body: NewRoleRequest) -> Self {
        Self {
            person: Some(body.person),
            from: None,
            role: Some(body.role.into()),
            topic: said(body.topic),
            note: said(body.note),
            withdrawn: None,
        }
    }
}

impl RoleBody {
    /// A role as it is on a day.
    pub(crate) fn new(entry: RoleEntry, today: Date) -> Self {
        let RoleEntry { view, name, organisation, .. } = entry;
        let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
        Self {
            held: view.is_held(today),
            ends_soon: ends_soon(&view, today),
            id: view.id.to_string(),
            person: view.person.to_string(),
            name,
            organisation,
            role: view.role.into(),
            topic: view.topic,
            since: day(view.since),
            until: day(view.until),
            ended: day(view.ended),
            request: view.request.map(|id| id.to_string()).unwrap_or_default(),
            conflicts: view.conflicts,
        }
    }
}

impl From<RoleRequestEntry> for RoleRequestBody {
    fn from(entry: RoleRequestEntry) -> Self {
        let RoleRequestEntry { view, from_name, person_name, taken_on } = entry;
        Self {
            id: view.id.to_string(),
            from: view.from.to_string(),
            from_name,
            person: view.person.to_string(),
            person_name,
            role: view.role.into(),
            topic: view.topic,
            note: view.note,
            created: view.created.and_then(to_rfc3339),
            taken_on,
            withdrawn: view.withdrawn,
        }
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        word(reader, |text| RoleName::from_word(text).map(Self::from), &ROLE_WORDS)
    }
}

/// Both lists of roles, side by side, so that neither can gain one alone.
macro_rules! same_roles {
    ($($role:ident),*) => {
        impl From<Role> for RoleName {
            fn from(role: Role) -> Self {
                match role { $(Role::$role => Self::$role),* }
            }
        }

        impl From<RoleName> for Role {
            fn from(role: RoleName) -> Self {
                match role { $(RoleName::$role => Self::$role),* }
            }
        }
    };
}

same_roles!(
    Connector,
    NetworkGuardian,
    CoOrdinator,
    Facilitator,
    Expert,
    Sponsor,
    OrganisationalRepresentative,
    Participant
);

/// Nothing is written of a text that says nothing.
fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The words for roles.
pub(crate) const ROLE_WORDS: [&str; RoleName::ALL.len()] = {
    let mut words = [""; RoleName::ALL.len()];
    let mut place = 0;
    while place < words.len() {
        words[place] = RoleName::ALL[place].word();
        place += 1;
    }
    words
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_roles_are_those_of_the_documents() {
        for role in RoleName::ALL {
            let word = serde_json::to_value(Role::from(role)).expect("a role has a JSON form");
            assert_eq!(word, role.word());
            assert_eq!(serde_json::from_value::<Role>(word).expect("it reads"), Role::from(role));
        }
    }
}
