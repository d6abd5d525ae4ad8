//! Announcing: what this node wrote goes to everyone at once.

use std::sync::Arc;

use knotwork_identity::SpaceId;
use knotwork_ledger::CheckedChange;

use crate::{Announcement, Effect, limits, pack::Packer};

/// The announcements of newly written changes, in their order. Only what the whole network shares is announced: circles
/// and organisations' own spaces never use gossip.
pub(crate) fn announcements(changes: &[Arc<CheckedChange>]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut open: Option<(SpaceId, Packer)> = None;
    for change in changes {
        let space = change.header().space;
        if !matches!(space, SpaceId::Roster | SpaceId::Commons) {
            continue;
        }
        let fits = open.as_ref().is_some_and(|(packed, packer)| {
            *packed == space && !packer.is_full(change.byte_len(), limits::ANNOUNCED_PACK_BYTES)
        });
        if !fits {
            effects.extend(open.take().map(announce));
        }
        open.get_or_insert_with(|| (space, Packer::default())).1.add(change.signed());
    }
    effects.extend(open.map(announce));
    effects
}

fn announce((space, packer): (SpaceId, Packer)) -> Effect {
    Effect::Announce { space, message: Announcement::bytes(&space, &packer.finish()) }
}
