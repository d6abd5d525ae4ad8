//! Views: what readers are shown of a document, and how it is listed.

use std::{collections::HashSet, sync::Arc};

use knotwork_identity::{ChangeId, PublicKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader, History, MaterialiseError, materialise};
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, CommentKind, CommentView, NodeAddressView, OrganisationView, PaperView, PersonView, ResourceView,
    Revocation, RoleRequestView, RoleView,
    content::Content,
    kinds, organisation, paper,
    resource::{Signed, limits::TAGS_MAX},
};

/// The view of a document of a kind that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "kebab-case")]
pub enum View {
    /// An organisation's acceptance of the network.
    Acceptance {
        /// The organisation.
        organisation: PublicKey,
    },
    /// A certificate; what it says is kept by whoever asks for keys.
    Certificate {
        /// The organisation.
        organisation: PublicKey,
    },
    /// A revocation; when it takes effect is known to whoever asks which changes stand.
    Revocation {
        /// The organisation.
        organisation: PublicKey,
        /// The key that it ends.
        key: PublicKey,
    },
    /// An organisation's profile.
    Organisation(OrganisationView),
    /// A node's addresses.
    NodeAddress(NodeAddressView),
    /// An entry of the library.
    Resource(Box<ResourceView>),
    /// A person's profile.
    Person(Box<PersonView>),
    /// What a person does for the network.
    Role(Box<RoleView>),
    /// One person asks another to take on a role.
    RoleRequest(Box<RoleRequestView>),
    /// A word, a closing statement, a mandate or an answer to one, a charter, the terms of a decision, or a ballot.
    Paper(Box<PaperView>),
    /// What a person says on a document.
    Comment(Box<CommentView>),
}

/// How a document is listed among those of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Decides the place: at most [`Listing::ORDER_BYTES_MAX`] bytes, without a zero byte.
    pub order: Vec<u8>,
    /// The labels (tags) under which it is listed too, sorted, each of them once: at most [`Listing::LABEL_BYTES_MAX`]
    /// bytes each, without a zero byte.
    pub labels: Vec<String>,
}

impl Listing {
    /// The longest sort key.
    pub const ORDER_BYTES_MAX: usize = 64;
    /// The longest label.
    pub const LABEL_BYTES_MAX: usize = 256;
    /// The most labels.
    pub const LABELS_MAX: usize = TAGS_MAX;

    /// A label as listings hold it: without the spaces around a tag, by which nobody would look for it.
    #[must_use]
    pub fn label(tag: &str) -> String {
        clean(tag.trim(), Self::LABEL_BYTES_MAX)
    }

    fn new(name: &str, tags: &[String]) -> Self {
        let order = clean(&name.trim().to_lowercase(), Self::ORDER_BYTES_MAX).into_bytes();
        let mut labels: Vec<String> = tags
            .iter()
            .filter(|tag| !tag.trim().is_empty())
            .take(Self::LABELS_MAX)
            .map(|tag| Self::label(tag))
            .collect();
        labels.sort_unstable();
        labels.dedup();
        Self { order, labels }
    }
}

impl View {
    /// The view of a document that has this one change; `None` for kinds that this version does not know.
    ///
    /// # Errors
    /// When Automerge, asked where the change alone does not tell, cannot say.
    pub fn of_first(change: &CheckedChange) -> Result<Option<Self>, MaterialiseError> {
        if !is_known(change.header()) {
            return Ok(None);
        }
        if counts_for_good(change.header()) {
            return Ok(Self::for_good(change.header(), std::iter::once(change)));
        }
        if paper::is_paper(change.header()) {
            return Ok(Self::paper(change.header(), std::iter::once(change), vec![change.id()]));
        }
        match Content::of_changes(std::iter::once(change)) {
            Some(content) => {
                let signed = Signed {
                    first: change.time().claimed(),
                    last: change.time().claimed(),
                    authors: vec![change.author()],
                    heads: vec![change.id()],
                };
                Ok(Self::new(change.header(), &content, signed, 0))
            }
            None => {
                let mut history = History::new(change.header().clone());
                // A change that stands alone has been admitted with no ancestors before.
                let _ = history.admit(change.clone().into());
                Self::merged(&history)
            }
        }
    }

    /// The view of a document with all its changes; `None` for kinds that this version does not know.
    ///
    /// # Errors
    /// When Automerge cannot make the document.
    pub fn of_history(history: &History) -> Result<Option<Self>, MaterialiseError> {
        if !is_known(history.header()) {
            return Ok(None);
        }
        if counts_for_good(history.header()) {
            return Ok(Self::for_good(history.header(), history.changes().map(Arc::as_ref)));
        }
        if paper::is_paper(history.header()) {
            return Ok(Self::paper(history.header(), history.in_order().map(Arc::as_ref), history.heads()));
        }
        // What was written and not edited since, such as a long text of an import, is read without Automerge.
        if let Some(content) = Content::of_changes(history.changes().map(Arc::as_ref)) {
            return Ok(Self::new(history.header(), &content, signed(history, &[]), 0));
        }
        Self::merged(history)
    }

    /// As [`View::of_history`], always by Automerge: whoever doubts the quicker way compares the two.
    ///
    /// # Errors
    /// When Automerge cannot make the document.
    pub fn merged(history: &History) -> Result<Option<Self>, MaterialiseError> {
        if !is_known(history.header()) {
            return Ok(None);
        }
        if counts_for_good(history.header()) {
            return Ok(Self::for_good(history.header(), history.changes().map(Arc::as_ref)));
        }
        if paper::is_paper(history.header()) {
            return Ok(Self::paper(history.header(), history.in_order().map(Arc::as_ref), history.heads()));
        }
        let materialised = materialise(history)?;
        let content = Content::of_document(&materialised.document, history);
        let signed = signed(history, &materialised.left_out);
        Ok(Self::new(history.header(), &content, signed, materialised.left_out.len()))
    }

    /// How the document is listed.
    #[must_use]
    pub fn listing(&self) -> Listing {
        match self {
            Self::Acceptance { organisation }
            | Self::Certificate { organisation }
            | Self::Revocation { organisation, .. } => Listing::new(&organisation.to_string(), &[]),
            Self::Organisation(view) => Listing::new(&view.name, &[]),
            Self::NodeAddress(view) => Listing::new(&view.node.to_string(), &[]),
            Self::Resource(view) => Listing::new(&view.title, &view.tags),
            Self::Person(view) => Listing::new(&view.fields.name, &[]),
            Self::Role(view) => Listing::new(view.role.word(), &[view.person.to_string()]),
            Self::RoleRequest(view) => Listing::new(view.role.word(), &[view.person.to_string()]),
            Self::Paper(view) => {
                let (order, labels) = view.listed();
                Listing::new(&order, &labels)
            }
            Self::Comment(view) => {
                let time = view.created.map_or(0, Timestamp::milliseconds);
                // What somebody takes on is found by them as well.
                let owner = (view.kind == CommentKind::Task).then(|| view.owner.to_string());
                let labels: Vec<String> = std::iter::once(view.on.to_string()).chain(owner).collect();
                Listing::new(&format!("{time:015}"), &labels)
            }
        }
    }

    /// The form in which a view is kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// A kept view, or `None` where it was kept in a form that this version does not read; then it is made anew.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// What certificates and revocations say counts for good, and so it is not what stands in the document now that is
    /// asked. A certificate names the person that its header is derived from.
    fn for_good<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Option<Self> {
        if header.kind == kinds::REVOCATION {
            return Revocation::read(header, changes)
                .map(|said| Self::Revocation { organisation: said.organisation, key: said.key });
        }
        Certificate::person_of(header, changes)?;
        header.owner.map(|organisation| Self::Certificate { organisation })
    }

    /// What the changes of a paper say, one by one; `changes` are in the order of what builds on what.
    fn paper<'a>(
        header: &DocumentHeader,
        changes: impl Iterator<Item = &'a CheckedChange>,
        heads: Vec<ChangeId>,
    ) -> Option<Self> {
        PaperView::read(header, changes, heads).map(|view| Self::Paper(Box::new(view)))
    }

    fn new(header: &DocumentHeader, content: &Content, signed: Signed, left_out: usize) -> Option<Self> {
        match header.kind {
            kinds::ACCEPTANCE if organisation::accepts(header, content) => {
                header.owner.map(|organisation| Self::Acceptance { organisation })
            }
            kinds::ORGANISATION_PROFILE => OrganisationView::new(header, content, signed).map(Self::Organisation),
            kinds::NODE_ADDRESS => NodeAddressView::new(header, content).map(Self::NodeAddress),
            kinds::RESOURCE => {
                Some(Self::Resource(Box::new(ResourceView::new(header.id(), content, signed, left_out))))
            }
            kinds::PERSON_PROFILE => PersonView::new(header, content, &signed).map(|view| Self::Person(Box::new(view))),
            kinds::ROLE => RoleView::new(header, content, signed).map(|view| Self::Role(Box::new(view))),
            kinds::ROLE_REQUEST => {
                RoleRequestView::new(header, content, signed).map(|view| Self::RoleRequest(Box::new(view)))
            }
            kinds::COMMENT => CommentView::new(header, content, signed).map(|view| Self::Comment(Box::new(view))),
            _ => None,
        }
    }
}

/// Whether a document is of a kind that this version shows, in the space and with the ownership that the kind has.
fn is_known(header: &DocumentHeader) -> bool {
    match header.kind {
        kinds::RESOURCE => header.space == SpaceId::Commons && header.owner.is_none(),
        kinds::ACCEPTANCE | kinds::ORGANISATION_PROFILE | kinds::NODE_ADDRESS => {
            header.owner.is_some_and(|owner| *header == organisation::header(header.network, header.kind, owner))
        }
        kinds::CERTIFICATE | kinds::REVOCATION => header.space == SpaceId::Roster && header.owner.is_some(),
        kinds::PERSON_PROFILE => {
            matches!(header.space, SpaceId::Commons | SpaceId::Organisation(_)) && header.owner.is_some()
        }
        kinds::ROLE | kinds::ROLE_REQUEST => header.space == SpaceId::Commons && header.owner.is_some(),
        kinds::COMMENT => matches!(header.space, SpaceId::Commons | SpaceId::Roster) && header.owner.is_some(),
        _ => paper::is_paper(header),
    }
}

/// Whether single changes of a document count for good, and not what Automerge makes of all of them.
fn counts_for_good(header: &DocumentHeader) -> bool {
    matches!(header.kind, kinds::CERTIFICATE | kinds::REVOCATION)
}

/// What the changes say that are shown; `left_out` is sorted.
fn signed(history: &History, left_out: &[ChangeId]) -> Signed {
    let (mut authors, mut seen) = (Vec::new(), HashSet::new());
    let (mut first, mut last): (Option<Timestamp>, Option<Timestamp>) = (None, None);
    // In an order that every node has, whatever order the changes came in.
    let shown = history.changes().filter(|change| left_out.binary_search(&change.id()).is_err());
    let mut changes: Vec<(Timestamp, ChangeId, PublicKey)> =
        shown.map(|change| (change.time(), change.id(), change.author())).collect();
    changes.sort_unstable();
    for (time, _, author) in changes {
        if let Some(time) = time.claimed() {
            first = Some(first.map_or(time, |first| first.min(time)));
            last = Some(last.map_or(time, |last| last.max(time)));
        }
        if seen.insert(author) {
            authors.push(author);
        }
    }
    Signed { first, last, authors, heads: history.heads() }
}

/// A text without zero bytes, cut to a length.
fn clean(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].replace('\0', " ")
}
