//! Organisations as JSON.

use std::collections::BTreeMap;

use knotwork_commands::{OrganisationEntry, PersonEntry};
use knotwork_documents::OrganisationEdit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::given::given;

/// An organisation of the network, with what it says of itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub(crate) struct OrganisationBody {
    /// Its key, which names it for good.
    key: String,
    /// The name under which it is in the network.
    #[schema(example = "Alder Practice")]
    name: String,
    /// Whether it is the organisation that runs this node.
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
    pub(crate) fn new(entry: OrganisationEntry, own: bool, listed: &[PersonEntry]) -> Self {
        let OrganisationEntry { key, name, profile } = entry;
        let mut body = Self {
            key: key.to_string(),
            name,
            own,
            about: String::new(),
            sectors: Vec::new(),
            places: Vec::new(),
            website: String::new(),
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
