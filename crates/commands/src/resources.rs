//! The entries of the library: written, edited, read.

use knotwork_documents::{ChangeView, ResourceDraft, ResourceEdit, ResourceView, View, history_of, kinds};
use knotwork_identity::{ChangeId, DocumentId, Nonce, Timestamp};
use knotwork_ledger::History;
use knotwork_replica::{ListingKey, Target};

use crate::{
    Command, CommandError, ContributorView, HistoryEntry, NodeHandle, Page, PastResource, PreparedResource,
    ResourceEntry, Signer, Written,
    handle::{away, storage_error, write_error},
};

impl NodeHandle {
    /// Writes a new resource. With a nonce given, a resource that was made with it before is left as it was.
    ///
    /// # Errors
    /// When a field breaks a limit, or the node cannot write.
    pub async fn create_resource(
        &self,
        draft: ResourceDraft,
        nonce: Option<Nonce>,
        time: Option<Timestamp>,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        draft.check()?;
        let nonce = nonce.unwrap_or_else(|| self.fresh_nonce());
        let time = time.unwrap_or_else(|| self.now());
        let prepared = if draft.body.len() < LONG_TEXT_BYTES {
            self.prepare_resource(&draft, nonce, time, signer)?
        } else {
            let (handle, signer) = (self.clone(), signer.clone());
            away(move || handle.prepare_resource(&draft, nonce, time, &signer)).await?
        };
        self.write(prepared).await
    }

    /// Writes and signs the changes of a new resource, for [`NodeHandle::write`]. Takes processor time and waits for
    /// nothing.
    ///
    /// # Errors
    /// When a field breaks a limit.
    pub fn prepare_resource(
        &self,
        draft: &ResourceDraft,
        nonce: Nonce,
        time: Timestamp,
        signer: &Signer,
    ) -> Result<PreparedResource, CommandError> {
        let changes = draft.write(self.origin(), nonce, self.key_of(signer), time).map_err(write_error)?;
        Ok(PreparedResource { changes })
    }

    /// Writes a prepared resource. One that is there already is left as it was.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn write(&self, prepared: PreparedResource) -> Result<Written, CommandError> {
        self.send(|reply| Command::Create { changes: prepared.changes, reply }).await
    }

    /// The resource that was made with this nonce, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn made_with(&self, nonce: Nonce) -> Result<Option<DocumentId>, CommandError> {
        let document = ResourceDraft::header(self.origin(), nonce).id();
        let changes = self.storage().count_of(&document, 1).map_err(storage_error)?;
        Ok((changes > 0).then_some(document))
    }

    /// Whether the resource that was made with this nonce began as this draft, or says what the draft says now.
    ///
    /// # Errors
    /// When there is no such resource, or the store cannot be read.
    pub fn was_made_from(&self, draft: &ResourceDraft, nonce: Nonce, signer: &Signer) -> Result<bool, CommandError> {
        let document = ResourceDraft::header(self.origin(), nonce).id();
        let history = self.history(&document)?.ok_or(CommandError::NotFound(document))?;
        // The same draft at the same time gives the same changes, byte for byte.
        let time = history.changes().next().map_or(Timestamp::NONE, |first| first.time());
        let prepared = self.prepare_resource(draft, nonce, time, signer)?;
        if prepared.changes.iter().all(|change| history.contains(&change.id())) {
            return Ok(true);
        }
        let ResourceEntry { view, .. } = self.resource(&document)?;
        Ok(view.title == draft.title
            && view.summary == draft.summary
            && view.body == draft.body
            && view.kind == draft.kind
            && view.links == draft.links
            && view.tags == draft.tags
            && view.licence == draft.licence
            && view.language == draft.language
            && view.reviewed.map(|date| date.to_string()).unwrap_or_default() == draft.reviewed
            && view.review_due.map(|date| date.to_string()).unwrap_or_default() == draft.review_due
            && view.adapted_from.map(|id| id.to_string()).unwrap_or_default() == draft.adapted_from)
    }

    /// Edits a resource. With `seen` given, only if these are still its heads.
    ///
    /// # Errors
    /// When there is no such resource, it has changed, a field breaks a limit, or the node cannot write.
    pub async fn edit_resource(
        &self,
        document: DocumentId,
        edit: ResourceEdit,
        seen: Option<Vec<ChangeId>>,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        self.edit(Target::Existing(document), edit.into(), seen.into(), signer).await
    }

    /// One resource.
    ///
    /// # Errors
    /// When there is none with this id, or the store cannot be read.
    pub fn resource(&self, document: &DocumentId) -> Result<ResourceEntry, CommandError> {
        self.view(document)?.map(|view| self.entry(view)).ok_or(CommandError::NotFound(*document))
    }

    /// A page of the library, from A to Z by title: at most `limit` resources after the key `after`, and fewer where
    /// they are long.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn resources(
        &self,
        tag: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Page<ResourceEntry>, CommandError> {
        let storage = self.storage();
        let label = tag.map(knotwork_documents::Listing::label);
        // One more than asked for tells whether there is a next page.
        let keys = storage.list(kinds::RESOURCE, label.as_deref(), after, limit + 1).map_err(storage_error)?;
        let mut more = keys.len() > limit;
        let mut items = Vec::with_capacity(keys.len().min(limit));
        let (mut last, mut text_bytes) = (None, 0);
        for key in keys.into_iter().take(limit) {
            if text_bytes >= PAGE_TEXT_BYTES_MAX {
                more = true;
                break;
            }
            if let Some(view) = self.view(&key.document)? {
                text_bytes += view.body.len() + view.summary.len() + view.links.iter().map(String::len).sum::<usize>();
                items.push(self.entry(view));
            }
            last = Some(key);
        }
        let next = last.filter(|_| more);
        let total = storage.list_len(kinds::RESOURCE, label.as_deref()).map_err(storage_error)?;
        Ok(Page { items, next, total })
    }

    /// The history of a resource, in the order of what builds on what. What does not stand is among it, and marked.
    ///
    /// # Errors
    /// When there is none with this id of which anything stands, or the store cannot be read.
    pub fn resource_history(&self, document: &DocumentId) -> Result<Vec<HistoryEntry>, CommandError> {
        let history = self.resource_changes(document)?;
        let standing = self.standing();
        let part = standing.part_of(&history);
        if part.is_empty() {
            return Err(CommandError::NotFound(*document));
        }
        let entry = |change: ChangeView| HistoryEntry {
            by: self.contributor(&change.author),
            stands: part.contains(&change.id),
            change,
        };
        Ok(history_of(&history).into_iter().map(entry).collect())
    }

    /// A resource as it was when these were its heads.
    ///
    /// # Errors
    /// When there is no such resource of which anything stands, no such state of it, or the store cannot be read.
    pub fn resource_at(&self, document: &DocumentId, heads: &[ChangeId]) -> Result<PastResource, CommandError> {
        let missing = || CommandError::NotFound(*document);
        let history = self.resource_changes(document)?;
        let standing = self.standing();
        let part = standing.part_of(&history);
        let past = history.past_of(heads).filter(|past| !past.is_empty() && !part.is_empty()).ok_or_else(missing)?;
        // What a change that stands builds on stands as well.
        let stands = heads.iter().all(|head| part.contains(head));
        match View::of_history(&past).map_err(|error| CommandError::Failed(error.to_string()))? {
            Some(View::Resource(view)) => Ok(PastResource { entry: self.entry(*view), stands }),
            _ => Err(missing()),
        }
    }

    /// Brings back a resource as it was when these were its heads, as a new change.
    ///
    /// # Errors
    /// As [`NodeHandle::resource_at`] and [`NodeHandle::edit_resource`], and when that state does not stand: what was to
    /// count no more would count again, in another's name.
    pub async fn restore_resource(
        &self,
        document: DocumentId,
        heads: Vec<ChangeId>,
        signer: &Signer,
    ) -> Result<Written, CommandError> {
        let handle = self.clone();
        let old = away(move || handle.resource_at(&document, &heads)).await?;
        if !old.stands {
            return Err(CommandError::DoesNotStand);
        }
        let mut edit = ResourceEdit::restoring(&old.entry.view);
        edit.title = edit.title.filter(|title| !title.trim().is_empty());
        self.edit_resource(document, edit, None, signer).await
    }

    /// All changes of a resource, those that do not stand among them.
    fn resource_changes(&self, document: &DocumentId) -> Result<History, CommandError> {
        let history = self.history(document)?.filter(|history| history.header().kind == kinds::RESOURCE);
        history.ok_or(CommandError::NotFound(*document))
    }

    /// The view of a resource.
    fn view(&self, document: &DocumentId) -> Result<Option<ResourceView>, CommandError> {
        Ok(match self.any_view(document)? {
            Some(View::Resource(view)) => Some(*view),
            _ => None,
        })
    }

    fn entry(&self, view: ResourceView) -> ResourceEntry {
        let mut contributors: Vec<ContributorView> = Vec::new();
        for key in &view.contributors {
            let contributor = self.contributor(key);
            if !contributors.contains(&contributor) {
                contributors.push(contributor);
            }
        }
        ResourceEntry { view, contributors }
    }
}

/// A page ends early when its resources have so many bytes of text: the longest have a megabyte each.
const PAGE_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// From this length on, a text is prepared away from the threads that answer others: signing and hashing take about a
/// tenth of a millisecond for each 40 kB.
const LONG_TEXT_BYTES: usize = 16 * 1024;
