//! What falls with a removal, as JSON.

use knotwork_commands::{Falling, Touched, TouchedDocument, TouchedKind, WhatFalls};
use serde::Serialize;
use utoipa::ToSchema;

/// What falls if a removal is adopted: what this node holds of the organisation, held against the list of what stands that
/// whoever opened the decision made.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Falls)]
pub(crate) struct FallsBody {
    /// `counted`; `list-missing` where the list is not here yet, or not whole; `counting` where so much is here that it is
    /// looked through in several goes (ask again); `too-much` where the organisation has written more than is looked through.
    /// The numbers are null unless it is `counted`.
    #[schema(example = "counted")]
    state: &'static str,
    /// How many changes of the organisation this node holds.
    #[schema(required = true)]
    held: Option<usize>,
    /// How many of them stand.
    #[schema(required = true)]
    stand: Option<usize>,
    /// How many of them the list leaves out, so that they are shown nowhere any more. 0: it leaves nothing out that this node
    /// holds.
    #[schema(required = true)]
    fall: Option<usize>,
    /// How many of those claim to have been written after the decision was opened; null as well where so many documents are
    /// touched that it is not looked up.
    #[schema(required = true)]
    later: Option<usize>,
    /// How many changes by others fall with them, as they build on what falls; null as well where so many documents are
    /// touched that it is not looked up.
    #[schema(required = true)]
    others: Option<usize>,
    /// The documents that are shown otherwise then, or not at all: at most 20.
    documents: Vec<FallingDocumentBody>,
    /// How many more there are; null where it is not looked up.
    #[schema(required = true)]
    more: Option<usize>,
}

/// A document that is shown otherwise, or not at all, once what falls has fallen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FallingDocument)]
pub(crate) struct FallingDocumentBody {
    /// Its id.
    id: String,
    /// `resource`, `decision`, `temperature-check`, `comment`, `profile`, `role` or `other`.
    #[schema(example = "resource")]
    kind: &'static str,
    /// What it is called; empty where it has no name.
    title: String,
    /// For a comment: the decision or the resource that it is on; for a profile: the person. Empty for all others.
    about: String,
    /// Whether nothing is left of it to show.
    vanishes: bool,
}

impl From<Falling> for FallsBody {
    fn from(falling: Falling) -> Self {
        let only = |state| Self { state, ..Self::default() };
        match falling {
            Falling::Unlisted => only("list-missing"),
            Falling::Looking { .. } => only("counting"),
            Falling::TooMuch => only("too-much"),
            Falling::Counted(counted) => {
                let WhatFalls { held, fall, touched } = *counted;
                let numbers = touched.as_ref().map(|Touched { later, others, more, .. }| (*later, *others, *more));
                let documents = touched.map(|touched| touched.documents).unwrap_or_default();
                Self {
                    state: "counted",
                    held: Some(held),
                    stand: Some(held - fall),
                    fall: Some(fall),
                    later: numbers.map(|(later, ..)| later),
                    others: numbers.map(|(_, others, _)| others),
                    documents: documents.into_iter().map(FallingDocumentBody::from).collect(),
                    more: numbers.map(|(.., more)| more),
                }
            }
        }
    }
}

impl From<TouchedDocument> for FallingDocumentBody {
    fn from(document: TouchedDocument) -> Self {
        let (kind, about) = match document.what {
            TouchedKind::Resource => ("resource", String::new()),
            TouchedKind::Decision => ("decision", String::new()),
            TouchedKind::TemperatureCheck => ("temperature-check", String::new()),
            TouchedKind::Comment(on) | TouchedKind::CommentOnResource(on) => ("comment", on.to_string()),
            TouchedKind::Profile(person) => ("profile", person.to_string()),
            TouchedKind::Role => ("role", String::new()),
            TouchedKind::Other => ("other", String::new()),
        };
        Self { id: document.id.to_string(), kind, title: document.title, about, vanishes: document.vanishes }
    }
}
