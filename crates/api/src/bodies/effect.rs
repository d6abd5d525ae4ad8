//! What decisions change for everyone, as JSON.

use knotwork_commands::NodeHandle;
use knotwork_governance::{Effect, Stage, Stands};
use knotwork_identity::{PublicKey, to_text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    charter::{CharterBody, object},
    given::{given, word},
};

/// What a decision changes for everyone, once it is minuted.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Effect)]
pub(crate) struct EffectBody {
    /// `admit`, `remove`, `rest`, `charter`, `node` or `stage`.
    #[schema(example = "stage")]
    kind: &'static str,
    /// The key of the organisation that it is about; empty where it is about none.
    organisation: String,
    /// The organisation's name; empty where it is about none.
    name: String,
    /// For an admission and a node: the node's key; empty where the organisation is hosted.
    node: String,
    /// For an admission: the key of the organisation that hosts it; empty where it has a node.
    host: String,
    /// For a charter: the document that holds its text.
    document: String,
    /// For a charter: what its text hashes to.
    digest: String,
    /// For a stage: the stage.
    stage: String,
    /// For a removal: how much of what the organisation wrote stands; null for all others.
    #[schema(required = true)]
    stands: Option<StandsBody>,
}

/// How much of what an organisation wrote stands after it has gone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stands)]
pub(crate) struct StandsBody {
    /// How many changes.
    count: u64,
    /// SHA-256 of their ids, ascending, one after another, in the text form of ids.
    digest: String,
}

/// What to change for everyone: of what people may propose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEffect {
    /// What it is.
    #[serde(deserialize_with = "kind")]
    pub(crate) kind: NewEffectKind,
    /// For `charter`: the whole charter as it shall be.
    #[serde(default, deserialize_with = "charter")]
    #[schema(nullable = false)]
    pub(crate) charter: Option<CharterBody>,
    /// For `stage`: `pre-emergent`, `emerging`, `established` or `dormant`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "emerging")]
    pub(crate) stage: Option<String>,
    /// For `rest`, `remove` and `node`: the organisation's key.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) organisation: Option<PublicKey>,
}

/// What people may propose to change for everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NewEffectKind {
    /// Another charter.
    Charter,
    /// Where the network says it stands.
    Stage,
    /// An organisation that has been silent rests.
    Rest,
    /// An organisation goes.
    Remove,
    /// Another node speaks for an organisation: the one with which it has applied here.
    Node,
}

fn kind<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<NewEffectKind, D::Error> {
    let from_word = |text: &str| match text {
        "charter" => Some(NewEffectKind::Charter),
        "stage" => Some(NewEffectKind::Stage),
        "rest" => Some(NewEffectKind::Rest),
        "remove" => Some(NewEffectKind::Remove),
        "node" => Some(NewEffectKind::Node),
        _ => None,
    };
    word(reader, from_word, &["charter", "stage", "rest", "remove", "node"])
}

/// A charter that is there.
pub(crate) fn charter<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<CharterBody>, D::Error> {
    object(reader).map(Some)
}

impl EffectBody {
    pub(crate) fn new(effect: &Effect, handle: &NodeHandle) -> Self {
        let about = effect.organisation();
        let body = Self {
            kind: effect.word(),
            organisation: key(about.as_ref()),
            name: about.map(|organisation| handle.organisation_called(&organisation)).unwrap_or_default(),
            ..Self::default()
        };
        match effect {
            Effect::Admit { node, host, .. } => {
                Self { node: key(node.as_ref().map(|node| &node.key)), host: key(host.as_ref()), ..body }
            }
            Effect::Remove { stands, .. } => Self { stands: Some((*stands).into()), ..body },
            Effect::Rest { .. } => body,
            Effect::Charter { document, digest, .. } => {
                Self { document: document.to_string(), digest: digest.to_string(), ..body }
            }
            Effect::Node { node, .. } => Self { node: node.key.to_string(), ..body },
            Effect::Stage(stage) => Self { stage: stage.word().into(), ..body },
        }
    }
}

impl From<Stands> for StandsBody {
    fn from(stands: Stands) -> Self {
        Self { count: stands.count, digest: to_text(&stands.digest) }
    }
}

/// A key as text; empty where there is none.
pub(crate) fn key(key: Option<&PublicKey>) -> String {
    key.map(ToString::to_string).unwrap_or_default()
}

/// The stage of a word.
pub(crate) fn read_stage(word: &str) -> Option<Stage> {
    Stage::ALL.into_iter().find(|stage| stage.word() == word)
}
