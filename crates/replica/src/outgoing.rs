//! Changes on their way out: read from the store pack by pack, as fast as the peer confirms them.

use std::collections::VecDeque;

use knotwork_identity::{ChangeId, SpaceId};
use knotwork_reconcile::ChangeSet;

use crate::{
    Effect, Frame, Now, Replica, SessionId, Storage, StorageError, StoredChange, limits,
    pack::Packer,
    session::{SessionError, fault},
};

/// Changes of one space that a peer is to get, in an order of dependency.
#[derive(Debug)]
pub(crate) struct Outgoing {
    space: SpaceId,
    source: Source,
    /// Read and not yet packed.
    ready: VecDeque<StoredChange>,
    /// Changes that could not be read.
    pub(crate) unreadable: usize,
}

/// What comes of packing on.
#[derive(Debug)]
enum Packed {
    /// A pack, and whether it is the last.
    Pack { bytes: Vec<u8>, last: bool },
    /// Ids are still being looked up; others have their turn first.
    LookingUp,
}

/// Where the changes are read from. The order of admission is an order of dependency.
#[derive(Debug)]
enum Source {
    /// The changes of these ids, of which the first have been found under the sequence numbers in `chosen`.
    Ids { ids: std::vec::IntoIter<ChangeId>, chosen: Vec<u64> },
    /// These sequence numbers, descending, so that the next is at the end.
    Chosen(Vec<u64>),
    /// Everything from `next` to `end`, both included.
    Everything { next: u64, end: u64 },
}

impl Outgoing {
    /// The changes with these ids; those that the store does not have are passed over.
    pub(crate) fn of_ids(space: SpaceId, ids: Vec<ChangeId>) -> Self {
        Self::new(space, Source::Ids { ids: ids.into_iter(), chosen: Vec::new() })
    }

    /// All changes of a space.
    pub(crate) fn everything(space: SpaceId, set: &ChangeSet, storage: &dyn Storage) -> Self {
        let end = storage.next_sequence() - 1;
        // A small space among much else is not worth reading everything for.
        if (set.len() as u64) < end / 4 {
            return Self::of_ids(space, set.ids().map(|(_, id)| id).collect());
        }
        Self::new(space, Source::Everything { next: 1, end })
    }

    fn new(space: SpaceId, source: Source) -> Self {
        Self { space, source, ready: VecDeque::new(), unreadable: 0 }
    }

    /// The next pack.
    fn pack(&mut self, storage: &dyn Storage) -> Result<Packed, StorageError> {
        if !self.look_up(storage)? {
            return Ok(Packed::LookingUp);
        }
        let mut packer = Packer::default();
        loop {
            if self.ready.is_empty() && !self.read(storage)? {
                return Ok(Packed::Pack { bytes: packer.finish(), last: true });
            }
            let Some(next) = self.ready.pop_front() else { continue };
            if packer.is_full(next.change.chunk.len(), limits::PACK_BYTES) {
                self.ready.push_front(next);
                return Ok(Packed::Pack { bytes: packer.finish(), last: false });
            }
            if next.change.header.space == self.space {
                packer.add(&next.change);
            }
        }
    }

    /// Looks up the next few ids; `true` once all are.
    fn look_up(&mut self, storage: &dyn Storage) -> Result<bool, StorageError> {
        let Source::Ids { ids, chosen } = &mut self.source else { return Ok(true) };
        for id in ids.by_ref().take(limits::RESOLVED_AT_ONCE) {
            match storage.sequence_of(&id) {
                Err(StorageError::Damaged(_)) => self.unreadable += 1,
                found => chosen.extend(found?),
            }
        }
        if ids.len() > 0 {
            return Ok(false);
        }
        let mut chosen = std::mem::take(chosen);
        chosen.sort_unstable_by(|left, right| right.cmp(left));
        chosen.dedup();
        self.source = Source::Chosen(chosen);
        Ok(true)
    }

    /// Reads on; `false` at the end.
    fn read(&mut self, storage: &dyn Storage) -> Result<bool, StorageError> {
        let (sequence, count) = match &mut self.source {
            Source::Ids { .. } => return Ok(true),
            Source::Chosen(chosen) => {
                let Some(sequence) = chosen.pop() else { return Ok(false) };
                // Neighbours are read at once.
                let mut count = 1;
                while count < READ_AT_ONCE && chosen.last() == Some(&(sequence + count as u64)) {
                    chosen.pop();
                    count += 1;
                }
                (sequence, count)
            }
            Source::Everything { next, end } => {
                if *next > *end {
                    return Ok(false);
                }
                let (sequence, count) = (*next, (*end - *next + 1).min(READ_AT_ONCE as u64));
                *next += count;
                (sequence, count as usize)
            }
        };
        match storage.changes_from(sequence, count) {
            Err(StorageError::Damaged(_)) => self.read_singly(sequence, count, storage)?,
            found => self.ready.extend(found?),
        }
        Ok(true)
    }

    /// Reads changes of which some are damaged: the others go out all the same.
    fn read_singly(&mut self, from: u64, count: usize, storage: &dyn Storage) -> Result<(), StorageError> {
        for sequence in (from..).take(count) {
            match storage.changes_from(sequence, 1) {
                Err(StorageError::Damaged(_)) => self.unreadable += 1,
                found => self.ready.extend(found?),
            }
        }
        Ok(())
    }
}

impl Replica {
    /// A peer asks for changes by their ids.
    pub(crate) fn want(
        &mut self,
        session: SessionId,
        space: SpaceId,
        salt: Option<[u8; 16]>,
        ids: Vec<ChangeId>,
    ) -> Result<(), SessionError> {
        if !self.is_exchanged(session, &space) {
            return fault("it asks for a space that is not exchanged");
        }
        let ids = self.unsalted(session, &space, salt, ids)?;
        self.serve(session, Outgoing::of_ids(space, ids))
    }

    /// A peer asks for everything in a space.
    pub(crate) fn want_all(&mut self, session: SessionId, space: SpaceId) -> Result<(), SessionError> {
        let Some(set) = self.sets.get(&space).filter(|_| self.is_exchanged(session, &space)) else {
            return fault("it asks for a space that is not exchanged");
        };
        self.serve(session, Outgoing::everything(space, set, self.storage.as_ref()))
    }

    /// Sends packs until enough are on their way.
    pub(crate) fn fill(&mut self, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        while open.in_flight < limits::PACKS_IN_FLIGHT_MAX {
            let Some(outgoing) = open.outgoing.front_mut() else { break };
            let packed = outgoing.pack(self.storage.as_ref())?;
            self.damaged |= outgoing.unreadable > 0;
            let Packed::Pack { bytes, last } = packed else {
                self.unfinished.push(session);
                break;
            };
            let frame = Frame::changes(&outgoing.space, last, &bytes);
            if last {
                open.outgoing.pop_front();
            }
            open.in_flight += 1;
            self.pending.effects.push(Effect::Send { session, frame });
        }
        Ok(())
    }

    /// The peer has dealt with a pack.
    pub(crate) fn confirmed(&mut self, now: Now, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let Some(in_flight) = open.in_flight.checked_sub(1) else { return fault("it confirms what was not sent") };
        open.in_flight = in_flight;
        self.fill(session)?;
        self.advance(now, session);
        Ok(())
    }

    fn serve(&mut self, session: SessionId, outgoing: Outgoing) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        open.wants += 1;
        if open.wants > limits::WANTS_MAX {
            return fault("it asks without end");
        }
        if open.outgoing.len() >= limits::OUTGOING_MAX {
            return fault("it asks for more than it takes");
        }
        open.outgoing.push_back(outgoing);
        self.fill(session)
    }
}

/// How many changes are read from the store at once: at most 4 MiB of the largest, 80 kB of usual ones.
const READ_AT_ONCE: usize = 64;
