//! Deriving views and listings from the changes again, after a repair has made the store anew from its changes.
//!
//! May be interrupted at any point and begun again: what is derived already is left as it is.

use std::collections::HashSet;

use knotwork_identity::DocumentId;
use knotwork_ledger::Kind;
use knotwork_replica::{Batch, DocumentUpdate, Listing, ListingKey, Storage, StorageError, view_of_stored};

/// Derives the views and listings of all documents. Gives how many there are.
pub(crate) fn derive(storage: &dyn Storage) -> Result<usize, StorageError> {
    let mut seen: HashSet<DocumentId> = HashSet::new();
    let mut from = 1;
    loop {
        let changes = storage.changes_from(from, CHANGES_AT_ONCE)?;
        let Some(last) = changes.last() else { break };
        from = last.sequence + 1;
        let mut documents = Vec::new();
        for stored in changes {
            let header = &stored.change.header;
            let document = header.id();
            if seen.insert(document) {
                documents.push(derive_one(storage, document, header.kind)?);
            }
        }
        storage.commit(&Batch { documents, ..Batch::default() })?;
    }
    storage.sync()?;
    Ok(seen.len())
}

fn derive_one(storage: &dyn Storage, document: DocumentId, kind: Kind) -> Result<DocumentUpdate, StorageError> {
    let stored = storage.changes_of(&document)?;
    let several = stored.len() > 1;
    // One document that cannot be shown must not keep the others from being shown.
    let view = view_of_stored(stored).unwrap_or_else(|error| {
        tracing::error!(%document, %error, "a document cannot be shown");
        None
    });
    let listed = view.as_ref().map(knotwork_documents::View::listing);
    let listed_before = match &listed {
        Some(listing) if is_listed(storage, &document, kind, listing)? => listed.clone(),
        _ => None,
    };
    let view = view.filter(|_| several).map(|view| view.to_bytes());
    Ok(DocumentUpdate { document, kind, view, listed_before, listed })
}

/// Whether the document is in the listing already.
fn is_listed(
    storage: &dyn Storage,
    document: &DocumentId,
    kind: Kind,
    listing: &Listing,
) -> Result<bool, StorageError> {
    let Some(just_before) = predecessor(document) else { return Ok(false) };
    let after = ListingKey { order: listing.order.clone(), document: just_before };
    let next = storage.list(kind, None, Some(&after), 1)?;
    Ok(next.first().is_some_and(|key| key.document == *document && key.order == listing.order))
}

/// The id just before another, as they are ordered; the very first has none.
fn predecessor(document: &DocumentId) -> Option<DocumentId> {
    let mut bytes = document.0;
    for byte in bytes.iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            return Some(DocumentId(bytes));
        }
    }
    None
}

const CHANGES_AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use knotwork_documents::{ResourceDraft, kinds};
    use knotwork_identity::{NetworkId, Nonce, SecretKey, Timestamp};
    use knotwork_store::{MemoryEngine, Store};

    use super::*;

    const NETWORK: NetworkId = NetworkId([9; 32]);

    /// A store that holds changes and nothing derived from them.
    fn underived(resources: u8) -> Store<MemoryEngine> {
        let store = Store::with_engine(MemoryEngine::new(), NETWORK, [1; 16]).expect("empty");
        let key = SecretKey::from_seed(&[1; 32]);
        let mut changes = Vec::new();
        for number in 0..resources {
            let tags = vec![format!("tag {}", number % 3)];
            let draft = ResourceDraft { title: format!("Title {number:03}"), tags, ..ResourceDraft::default() };
            let written = draft.write(NETWORK, Nonce([number; 16]), &key, Timestamp::NONE).expect("within limits");
            changes.extend(written.into_iter().map(Arc::new));
        }
        let changes = (1..).zip(changes).collect();
        store.commit(&Batch { changes, ..Batch::default() }).expect("memory takes it");
        store
    }

    #[test]
    fn everything_is_listed_once_however_often_it_is_derived() {
        let store = underived(7);
        assert_eq!(store.list_len(kinds::RESOURCE, None).expect("readable"), 0);
        for _ in 0..3 {
            assert_eq!(derive(&store).expect("derived"), 7);
            assert_eq!(store.list_len(kinds::RESOURCE, None).expect("readable"), 7);
            let label = Listing::label("tag 1");
            assert_eq!(store.list_len(kinds::RESOURCE, Some(&label)).expect("readable"), 2);
            assert_eq!(store.list(kinds::RESOURCE, Some(&label), None, 9).expect("readable").len(), 2);
        }
        assert!(store.check().expect("readable").is_sound());
    }

    #[test]
    fn an_empty_store_has_nothing_to_derive() {
        assert_eq!(derive(&underived(0)).expect("derived"), 0);
    }

    #[test]
    fn ids_have_predecessors_but_the_first() {
        let mut bytes = [0; 32];
        assert_eq!(predecessor(&DocumentId(bytes)), None);
        bytes[30] = 1;
        let before = predecessor(&DocumentId(bytes)).expect("not the first");
        assert_eq!((before.0[30], before.0[31]), (0, 0xff));
        assert!(before < DocumentId(bytes));
    }
}
