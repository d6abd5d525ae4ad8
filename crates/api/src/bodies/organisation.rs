//! Organisations as JSON.

use std::collections::BTreeMap;

use knotwork_commands::{OrganisationEntry, PersonEntry};
use knotwork_documents::OrganisationEdit;
use knotwork_minutes::{Agreed, Parting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{effect::key as shown_key, given::given};
use crate::rfc3339::to_rfc3339;

/// An organisation of the network, with what it says of itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub(crate) struct OrganisationBody {
    /// Its key, which names it for good.
    key: String,
    /// The name under which it is in the network.
    #[schema(example = "Alder Practice")]
    name: String,
    /// Whether it is the caller's: the one that runs this node, or a hosted one for its members.
    own: bool,
    /// What it is and does.
    #[schema(example = "A practice of six, in the upper valley.")]
    about: String,
    /// What it works in.
    #[schema(example = json!(["primary care"]))]
    sectors: Vec<String>,
    /// Where it works.
    #[schema(example = json!(["Upper valley"]))]
    places: Vec<String>,
    /// Its page on the web, which begins with `https://` or `http://`; or empty.
    #[schema(example = "https://alder.example")]
    website: String,
    /// The minute with which it came; 0 for founders that have not accepted, and for the first.
    since: u64,
    /// Whether it has accepted. A founder that has not is not asked in decisions and blocks nothing.
    accepted: bool,
    /// Whether it rests: it is not asked in decisions and signs no minutes.
    resting: bool,
    /// Until about when it rests, if it said so; null otherwise.
    #[schema(format = "date-time", required = true)]
    resting_until: Option<String>,
    /// Its node's key; empty where it is hosted.
    node: String,
    /// The key of the organisation whose node its members use; empty where it has one of its own.
    host: String,
    /// Whether it signs minutes.
    signing: bool,
    /// The minute with which it went; null while it is in the network.
    #[schema(required = true)]
    until: Option<u64>,
    /// Whether the others removed it.
    removed: bool,
    /// Whether others reconvened without it.
    left_behind: bool,
    /// The members who agreed to be named here, from A to Z.
    members: Vec<ListedMember>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first. Setting
    /// such a field settles it.
    conflicts: BTreeMap<String, Vec<String>>,
}

/// A member who agreed to be named on the organisation's page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedMember {
    /// The person, as an opaque id.
    person: String,
    /// What the person is called.
    #[schema(example = "Ada Byrne")]
    name: String,
    /// What the person does there, where they show it.
    #[schema(example = "Practice nurse")]
    post: String,
}

/// All organisations of the network.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganisationPage {
    /// The organisations, from A to Z by name.
    pub(crate) items: Vec<OrganisationBody>,
    /// Those that were in the network and have gone, from A to Z by name.
    pub(crate) gone: Vec<OrganisationBody>,
}

/// The fields of this organisation to change, each with what it shall be; what is left out stays. Null is no value: `""`
/// empties a text, and `[]` a list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationPatch {
    /// What it is and does. At most 5,000 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "A practice of six, in the upper valley.")]
    about: Option<String>,
    /// What it works in. At most 50, of at most 200 bytes each; blank ones are left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = json!(["primary care"]))]
    sectors: Option<Vec<String>>,
    /// Where it works. At most 50, of at most 200 bytes each; blank ones are left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = json!(["Upper valley"]))]
    places: Option<Vec<String>>,
    /// Its page on the web, which begins with `https://` or `http://`. At most 2,000 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "https://alder.example")]
    website: Option<String>,
}

impl OrganisationBody {
    /// An organisation with those of its members who agreed to be named.
    pub(crate) fn new(entry: OrganisationEntry, own: bool, listed: &[PersonEntry], agreed: &Agreed) -> Self {
        let OrganisationEntry { key, name, profile } = entry;
        let (party, gone) = (agreed.parties().get(&key), agreed.gone().get(&key));
        let resting = party.and_then(|party| party.resting);
        let mut body = Self {
            key: key.to_string(),
            name,
            own,
            about: String::new(),
            sectors: Vec::new(),
            places: Vec::new(),
            website: String::new(),
            since: party.map(|party| party.since).or(gone.map(|gone| gone.since)).unwrap_or_default(),
            accepted: party.is_some_and(|party| party.accepted),
            resting: resting.is_some(),
            resting_until: resting.flatten().and_then(to_rfc3339),
            node: shown_key(party.and_then(|party| party.node.as_ref())),
            host: shown_key(party.and_then(|party| party.host.as_ref())),
            signing: agreed.signers().iter().any(|signer| signer.organisation == key),
            until: gone.map(|gone| gone.until),
            removed: gone.is_some_and(|gone| gone.how == Parting::Removed),
            left_behind: gone.is_some_and(|gone| gone.how == Parting::LeftBehind),
            members: listed.iter().map(ListedMember::from).collect(),
            conflicts: BTreeMap::new(),
        };
        if let Some(profile) = profile {
            body.about = profile.about;
            body.sectors = profile.sectors;
            body.places = profile.places;
            body.website = profile.website;
            body.conflicts = profile.conflicts;
            // Its name is what the network agreed on, whatever its profile says.
            body.conflicts.remove("name");
        }
        body
    }
}

impl From<&PersonEntry> for ListedMember {
    fn from(entry: &PersonEntry) -> Self {
        Self {
            person: entry.person.to_string(),
            name: entry.fields.name.clone(),
            post: entry.fields.get("post").to_owned(),
        }
    }
}

impl From<OrganisationPatch> for OrganisationEdit {
    fn from(body: OrganisationPatch) -> Self {
        let OrganisationPatch { about, sectors, places, website } = body;
        Self { name: None, about, sectors, places, website }
    }
}
