//! What an organisation says for itself, as JSON.

use knotwork_identity::{CharterDigest, PublicKey};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::given::{given, word};

/// What this organisation says for itself, to be minuted. Nobody has to agree.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// What it says.
    #[serde(deserialize_with = "kind")]
    pub(crate) say: NewWordKind,
    /// For `accept`: the digest of the charter that it has read.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) charter: Option<CharterDigest>,
    /// For `rest`: until about when.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2027-01-10T00:00:00Z")]
    pub(crate) until: Option<String>,
    /// For `node`: the key of the node that speaks for it from now on.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) node: Option<PublicKey>,
    /// For `node`, with a node: what that node signed, 64 bytes in the text form of ids.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) node_signature: Option<String>,
    /// For `node`: the key of the organisation whose node its members use, where it has none of its own.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) host: Option<PublicKey>,
}

/// What an organisation may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NewWordKind {
    /// It accepts the charter in force. A founder that first comes after a change of the charter says so.
    Accept,
    /// It goes.
    Leave,
    /// It rests.
    Rest,
    /// It is back.
    Return,
    /// Another node is its voice.
    Node,
}

/// A word that is on its way into the minutes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaidWord)]
pub(crate) struct SaidBody {
    /// What it says.
    pub(crate) say: NewWordKind,
    /// How many organisations have to sign the minute that records it.
    pub(crate) needed: usize,
    /// How many can be reached now, this one counted.
    pub(crate) reachable: usize,
}

fn kind<'de, D: Deserializer<'de>>(reader: D) -> Result<NewWordKind, D::Error> {
    let from_word = |text: &str| match text {
        "accept" => Some(NewWordKind::Accept),
        "leave" => Some(NewWordKind::Leave),
        "rest" => Some(NewWordKind::Rest),
        "return" => Some(NewWordKind::Return),
        "node" => Some(NewWordKind::Node),
        _ => None,
    };
    word(reader, from_word, &["accept", "leave", "rest", "return", "node"])
}
