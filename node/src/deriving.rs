//! Deriving views and listings from the changes again, after a repair has made the store anew from its changes.
//!
//! Certificates and revocations come first: they say which changes stand, and so what is shown of the others.
//!
//! May be interrupted at any point and begun again: what is derived already is left as it is.

use std::collections::HashSet;

use knotwork_identity::{DocumentId, SpaceId};
use knotwork_ledger::Kind;
use knotwork_replica::{Batch, DocumentUpdate, Listing, ListingKey, Roster, Shown, Standing, Storage, StorageError};

/// Derives the views and listings of all documents. Gives how many there are.
pub(crate) fn derive(storage: &dyn Storage, roster: &dyn Roster) -> Result<usize, StorageError> {
    // In the roster space every change stands.
    let first = derive_spaces(storage, &Standing::default(), |space| *space == SpaceId::Roster)?;
    let standing = Standing::read(storage, roster)?;
    let others = derive_spaces(storage, &standing, |space| *space != SpaceId::Roster)?;
    storage.sync()?;
    Ok(first + others)
}

/// Derives the documents in some spaces.
fn derive_spaces(
    storage: &dyn Storage,
    standing: &Standing,
    wanted: impl Fn(&SpaceId) -> bool,
) -> Result<usize, StorageError> {
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
            if wanted(&header.space) && seen.insert(document) {
                documents.push(derive_one(storage, standing, document, header.kind)?);
            }
        }
        storage.commit(&Batch { documents, ..Batch::default() })?;
    }
    Ok(seen.len())
}

fn derive_one(
    storage: &dyn Storage,
    standing: &Standing,
    document: DocumentId,
    kind: Kind,
) -> Result<DocumentUpdate, StorageError> {
    let stored = storage.changes_of(&document)?;
    // One document that cannot be shown must not keep the others from being shown.
    let Shown { listed, kept } = Shown::of_stored(stored, standing).unwrap_or_else(|error| {
        tracing::error!(%document, %error, "a document cannot be shown");
        Shown::default()
    });
    let listed_before = match &listed {
        Some(listing) if is_listed(storage, &document, kind, listing)? => listed.clone(),
        _ => None,
    };
    Ok(DocumentUpdate { document, kind, view: kept, listed_before, listed })
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
    use knotwork_identity::{Genesis, NetworkId, Nonce, SecretKey, Timestamp};
    use knotwork_replica::AgreedRoster;
    use knotwork_store::{MemoryEngine, Store};

    use super::*;

    const NETWORK: NetworkId = NetworkId([9; 32]);

    fn roster() -> AgreedRoster {
        let founders = Vec::new();
        AgreedRoster::founded(Genesis { nonce: [1; 32], name: "N".into(), purpose: "P".into(), founders })
    }

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
            assert_eq!(derive(&store, &roster()).expect("derived"), 7);
            assert_eq!(store.list_len(kinds::RESOURCE, None).expect("readable"), 7);
            let label = Listing::label("tag 1");
            assert_eq!(store.list_len(kinds::RESOURCE, Some(&label)).expect("readable"), 2);
            assert_eq!(store.list(kinds::RESOURCE, Some(&label), None, 9).expect("readable").len(), 2);
        }
        assert!(store.check().expect("readable").is_sound());
    }

    #[test]
    fn an_empty_store_has_nothing_to_derive() {
        assert_eq!(derive(&underived(0), &roster()).expect("derived"), 0);
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
