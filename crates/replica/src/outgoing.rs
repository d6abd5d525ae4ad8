//! Changes on their way out: read from the store pack by pack, as fast as the peer confirms them.

use knotwork_identity::{ChangeId, SpaceId};
use knotwork_reconcile::ChangeSet;

use crate::{
    Effect, Frame, Now, Replica, SessionId, Storage, StorageError, StoredChange, limits,
    pack::Packer,
    session::{SessionError, fault, is_exchanged},
};

/// Changes of one space that a peer is to get, in an order of dependency.
#[derive(Debug)]
pub(crate) struct Outgoing {
    space: SpaceId,
    source: Source,
    /// Read and not yet packed.
    ready: std::collections::VecDeque<StoredChange>,
}

/// Where the changes are read from. The order of admission is an order of dependency.
#[derive(Debug)]
enum Source {
    /// These sequence numbers, descending, so that the next is at the end.
    Chosen(Vec<u64>),
    /// Everything from `next` to `end`, both included.
    Everything { next: u64, end: u64 },
}

impl Outgoing {
    /// The changes with these ids; those that the store does not have are passed over.
    pub(crate) fn of_ids(space: SpaceId, ids: &[ChangeId], storage: &dyn Storage) -> Result<Self, StorageError> {
        let mut chosen = Vec::with_capacity(ids.len());
        for id in ids {
            chosen.extend(storage.sequence_of(id)?);
        }
        chosen.sort_unstable_by(|left, right| right.cmp(left));
        chosen.dedup();
        Ok(Self { space, source: Source::Chosen(chosen), ready: std::collections::VecDeque::new() })
    }

    /// All changes of a space.
    pub(crate) fn everything(space: SpaceId, set: &ChangeSet, storage: &dyn Storage) -> Result<Self, StorageError> {
        let end = storage.next_sequence() - 1;
        // A small space among much else is not worth reading everything for.
        if (set.len() as u64) < end / 4 {
            let ids: Vec<ChangeId> = set.ids().map(|(_, id)| id).collect();
            return Self::of_ids(space, &ids, storage);
        }
        Ok(Self { space, source: Source::Everything { next: 1, end }, ready: std::collections::VecDeque::new() })
    }

    /// The next pack, and whether it is the last.
    fn pack(&mut self, storage: &dyn Storage) -> Result<(Vec<u8>, bool), StorageError> {
        let mut packer = Packer::default();
        loop {
            if self.ready.is_empty() && !self.read(storage)? {
                return Ok((packer.finish(), true));
            }
            let Some(next) = self.ready.pop_front() else { continue };
            if packer.is_full(next.change.chunk.len(), limits::PACK_BYTES) {
                self.ready.push_front(next);
                return Ok((packer.finish(), false));
            }
            if next.change.header.space == self.space {
                packer.add(&next.change);
            }
        }
    }

    /// Reads on; `false` at the end.
    fn read(&mut self, storage: &dyn Storage) -> Result<bool, StorageError> {
        match &mut self.source {
            Source::Chosen(chosen) => {
                let Some(sequence) = chosen.pop() else { return Ok(false) };
                // Neighbours are read at once.
                let mut count = 1;
                while count < READ_AT_ONCE && chosen.last() == Some(&(sequence + count as u64)) {
                    chosen.pop();
                    count += 1;
                }
                self.ready.extend(storage.changes_from(sequence, count)?);
                Ok(true)
            }
            Source::Everything { next, end } => {
                if *next > *end {
                    return Ok(false);
                }
                let found = storage.changes_from(*next, READ_AT_ONCE)?;
                match found.last() {
                    None => *next = *end + 1,
                    Some(last) => *next = last.sequence + 1,
                }
                let end = *end;
                self.ready.extend(found.into_iter().filter(|stored| stored.sequence <= end));
                Ok(true)
            }
        }
    }
}

impl Replica {
    /// A peer asks for changes by their ids.
    pub(crate) fn want(
        &mut self,
        session: SessionId,
        space: SpaceId,
        salt: Option<[u8; 16]>,
        ids: &[ChangeId],
    ) -> Result<(), SessionError> {
        if !is_exchanged(&space) {
            return fault("it asks for a space that is not exchanged");
        }
        let ids = self.unsalted(session, &space, salt, ids)?;
        self.serve(session, Outgoing::of_ids(space, &ids, self.storage.as_ref())?)
    }

    /// A peer asks for everything in a space.
    pub(crate) fn want_all(&mut self, session: SessionId, space: SpaceId) -> Result<(), SessionError> {
        let Some(set) = self.sets.get(&space).filter(|_| is_exchanged(&space)) else {
            return fault("it asks for a space that is not exchanged");
        };
        self.serve(session, Outgoing::everything(space, set, self.storage.as_ref())?)
    }

    /// Sends packs until enough are on their way.
    pub(crate) fn fill(&mut self, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        while open.in_flight < limits::PACKS_IN_FLIGHT_MAX {
            let Some(outgoing) = open.outgoing.front_mut() else { break };
            let (packed, last) = outgoing.pack(self.storage.as_ref())?;
            let frame = Frame::changes(&outgoing.space, last, &packed);
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
        if open.outgoing.len() >= limits::OUTGOING_MAX {
            return fault("it asks for more than it takes");
        }
        open.outgoing.push_back(outgoing);
        self.fill(session)
    }
}

/// How many changes are read from the store at once: at most 4 MiB of the largest, 80 kB of usual ones.
const READ_AT_ONCE: usize = 64;
