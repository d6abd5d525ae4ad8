//! What a member says of themself, and who sees which of it.

use knotwork_documents::{PersonEdit, PersonFields, View};
use knotwork_identity::SpaceId;
use knotwork_replica::{Basis, Target};
use serde::{Deserialize, Serialize};

use crate::{CommandError, Member, NodeHandle};

/// To whom a field of a profile is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// To nobody: it stays on this node.
    Nobody,
    /// To the person's organisation.
    Organisation,
    /// To the network.
    Network,
}

/// A person's own view of their profile: everything, with who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnProfile {
    /// What it says.
    pub fields: PersonFields,
    /// Who sees each field, in the order of [`PersonFields::NAMES`].
    pub audiences: Vec<Audience>,
}

impl Audience {
    /// All, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Organisation, Self::Network];

    /// The word on forms and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Organisation => "organisation",
            Self::Network => "network",
        }
    }

    /// The audience of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.word() == word)
    }

    /// Who sees a field unless its owner says otherwise.
    #[must_use]
    pub fn default_of(field: &str) -> Self {
        match field {
            "experience" => Self::Nobody,
            "contact" => Self::Organisation,
            _ => Self::Network,
        }
    }
}

impl OwnProfile {
    /// Who sees a field.
    #[must_use]
    pub fn audience(&self, field: &str) -> Audience {
        let place = PersonFields::NAMES.iter().position(|name| *name == field);
        place.and_then(|place| self.audiences.get(place).copied()).unwrap_or_else(|| Audience::default_of(field))
    }

    /// The fields that an audience has a document or a note for.
    fn part(&self, audience: Audience) -> PersonFields {
        let listed = self.fields.listed && audience == Audience::Network;
        let mut part = PersonFields { listed, ..PersonFields::default() };
        for name in PersonFields::NAMES.into_iter().filter(|name| self.audience(name) == audience) {
            part.set(name, self.fields.get(name).to_owned());
        }
        part
    }
}

impl NodeHandle {
    /// Everything that a member says of themself, with who sees it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_profile(&self, member: &Member) -> Result<OwnProfile, CommandError> {
        let kept = self.accounts().note(&member.person, PROFILE_NOTE)?;
        let kept = kept.and_then(|text| serde_json::from_str::<KeptProfile>(&text).ok()).unwrap_or_default();
        let mut profile = OwnProfile { fields: PersonFields::default(), audiences: Vec::new() };
        profile.audiences = PersonFields::NAMES.iter().map(|name| kept.audience(name)).collect();
        // What is for others stands in documents; the note has the rest, and all of it before the first is written.
        let documents = [
            (Audience::Organisation, self.profile_in(SpaceId::Organisation(self.organisation_key()), member)?),
            (Audience::Network, self.profile_in(SpaceId::Commons, member)?),
        ];
        for name in PersonFields::NAMES {
            let audience = profile.audience(name);
            let document = documents.iter().find(|(of, _)| *of == audience).and_then(|(_, fields)| fields.as_ref());
            let value = document.map_or_else(|| kept.fields.get(name), |fields| fields.get(name));
            profile.fields.set(name, value.to_owned());
        }
        let published = documents.iter().find(|(of, _)| *of == Audience::Network);
        let published = published.and_then(|(_, fields)| fields.as_ref());
        profile.fields.listed = published.map_or(kept.fields.listed, |fields| fields.listed);
        Ok(profile)
    }

    /// Writes what a member says of themself, each field where its readers find it and nowhere else.
    ///
    /// # Errors
    /// When a field breaks a limit, or the node cannot write.
    pub async fn set_own_profile(&self, member: &Member, profile: &OwnProfile) -> Result<(), CommandError> {
        profile.fields.check()?;
        self.publish_profile(member, profile).await?;
        self.note_profile(member, profile).await
    }

    /// Keeps at this node alone who sees what, and what nobody does.
    pub(crate) async fn note_profile(&self, member: &Member, profile: &OwnProfile) -> Result<(), CommandError> {
        self.keep_note(&member.person, PROFILE_NOTE, Some(kept_profile(profile))).await
    }

    pub(crate) async fn publish_profile(&self, member: &Member, profile: &OwnProfile) -> Result<(), CommandError> {
        let spaces = [
            (Audience::Network, SpaceId::Commons),
            (Audience::Organisation, SpaceId::Organisation(self.organisation_key())),
        ];
        for (audience, space) in spaces {
            let fields = profile.part(audience);
            // Nothing is said of somebody who says nothing; what was said before is taken back.
            if fields == PersonFields::default() && self.profile_in(space, member)?.is_none() {
                continue;
            }
            let header = PersonEdit::header(self.origin(), space, member.key.public(), &member.person);
            let edit = PersonEdit { person: member.person, fields };
            self.edit(Target::Of(header), edit.into(), Basis::Now, &member.signer()).await?;
        }
        Ok(())
    }

    fn profile_in(&self, space: SpaceId, member: &Member) -> Result<Option<PersonFields>, CommandError> {
        let header = PersonEdit::header(self.origin(), space, member.key.public(), &member.person);
        Ok(match self.any_view(&header.id())? {
            Some(View::Person(view)) => Some(view.fields),
            _ => None,
        })
    }
}

/// What is kept of a profile at this node: who sees what, and the fields that are shown to nobody.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct KeptProfile {
    audiences: std::collections::BTreeMap<String, Audience>,
    fields: PersonFields,
}

impl KeptProfile {
    fn audience(&self, field: &str) -> Audience {
        self.audiences.get(field).copied().unwrap_or_else(|| Audience::default_of(field))
    }
}

fn kept_profile(profile: &OwnProfile) -> String {
    let audiences = PersonFields::NAMES.iter().map(|name| ((*name).to_owned(), profile.audience(name))).collect();
    let kept = KeptProfile { audiences, fields: profile.fields.clone() };
    // Plain texts always have a JSON form.
    serde_json::to_string(&kept).unwrap_or_default()
}

const PROFILE_NOTE: &str = "profile";
