//! Who asked for what, and what was acknowledged: that must never be lost.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_identity::{ChangeId, DocumentId};
use knotwork_replica::{Refusal, Reply};

use crate::{breach::Breach, mirror::Mirror};

/// Requests and acknowledgements of a run.
#[derive(Debug, Default)]
pub(crate) struct Book {
    next: u64,
    asked: BTreeMap<u64, What>,
    acknowledged: BTreeSet<ChangeId>,
    /// Acknowledged by a node that was then restored from a copy before anyone else had them on the disk.
    excused: BTreeSet<ChangeId>,
    /// Documents that exist somewhere.
    pub(crate) documents: Vec<DocumentId>,
}

/// The kinds of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A new document, by a key that may have no certificate.
    Create,
    /// An edit of a document that may not be here.
    Edit,
    /// The certificate of a key.
    Certify,
    /// The end of a key that may have no certificate.
    EndKey,
}

impl Book {
    /// Enters a request; gives the token that names it.
    pub(crate) fn ask(&mut self, what: What) -> u64 {
        self.next += 1;
        self.asked.insert(self.next, what);
        self.next
    }

    /// A reply was given by a node that has what is in `mirror`, and whose disk is full or is not.
    pub(crate) fn reply(&mut self, reply: &Reply, mirror: &Mirror, disk_full: bool) -> Result<(), Breach> {
        let Some(asked) = self.asked.remove(&reply.token) else {
            return Err(Breach::new(format!("request {} was answered and never asked", reply.token)));
        };
        match &reply.result {
            Ok(receipt) => {
                for id in &receipt.changes {
                    if !mirror.has_durably(id) {
                        return Err(Breach::new(format!("change {id} is acknowledged and not on the disk")));
                    }
                    self.acknowledged.insert(*id);
                }
                if asked == What::Create && receipt.new {
                    self.documents.push(receipt.document);
                }
                Ok(())
            }
            Err(refusal) if is_fair(refusal, asked, disk_full) => Ok(()),
            Err(refusal) => Err(Breach::new(format!("a request of the kind {asked:?} is refused: {refusal}"))),
        }
    }

    /// A node was restored from a copy: what it had on its disk and the copy lacks is excused where no other has it.
    pub(crate) fn restored<'a>(
        &mut self,
        before: &Mirror,
        copy: &Mirror,
        others: impl Iterator<Item = &'a Mirror> + Clone,
    ) -> usize {
        let lost = before.ids().filter(|id| !copy.has(id) && self.acknowledged.contains(id));
        let lost: Vec<ChangeId> =
            lost.filter(|id| !others.clone().any(|other| other.has_durably(id))).copied().collect();
        let count = lost.len();
        self.excused.extend(lost);
        count
    }

    /// What was acknowledged and must be on every node in the end.
    pub(crate) fn owed(&self) -> impl Iterator<Item = &ChangeId> {
        self.acknowledged.difference(&self.excused)
    }
}

/// Whether a request may be refused so.
fn is_fair(refusal: &Refusal, asked: What, disk_full: bool) -> bool {
    match refusal {
        Refusal::DiskFull => disk_full,
        Refusal::NotFound(_) | Refusal::Stale { .. } => asked == What::Edit,
        Refusal::Uncertified(_) | Refusal::KeyEnded(_) => matches!(asked, What::Create | What::Edit),
        Refusal::Failed(reason) => asked == What::EndKey && reason.contains("certified"),
        Refusal::Field(_) | Refusal::DocumentFull(_) => false,
    }
}
