//! Connections: frames of one direction arrive in order, and what is under way is lost with the connection.

use std::collections::BTreeMap;

/// All connections, by the places at their ends, the lower first.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: BTreeMap<(usize, usize), Link>,
    next: u64,
    /// Which part of a partition each place is in.
    pub(crate) part: Vec<u8>,
}

#[derive(Debug)]
struct Link {
    /// Tells this connection from those before.
    number: u64,
    /// When the last frame of each direction arrives.
    last: [u64; 2],
    /// Whether what goes in this direction is lost.
    deaf: [bool; 2],
}

fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

impl Links {
    pub(crate) fn is_open(&self, one: usize, other: usize) -> bool {
        self.links.contains_key(&pair(one, other))
    }

    /// Whether a partition keeps them apart.
    pub(crate) fn are_apart(&self, one: usize, other: usize) -> bool {
        self.part[one] != self.part[other]
    }

    pub(crate) fn open(&mut self, one: usize, other: usize) {
        self.next += 1;
        let link = Link { number: self.next, last: [0; 2], deaf: [false; 2] };
        self.links.insert(pair(one, other), link);
    }

    pub(crate) fn close(&mut self, one: usize, other: usize) -> bool {
        self.links.remove(&pair(one, other)).is_some()
    }

    /// From now on what one says does not reach the other.
    pub(crate) fn deafen(&mut self, from: usize, to: usize) -> bool {
        let Some(link) = self.links.get_mut(&pair(from, to)) else { return false };
        link.deaf[usize::from(from > to)] = true;
        true
    }

    /// When a frame that is sent now, and takes so long, arrives, and by which connection.
    pub(crate) fn send(&mut self, from: usize, to: usize, now: u64, delay: u64) -> Option<(u64, u64)> {
        let link = self.links.get_mut(&pair(from, to))?;
        let way = usize::from(from > to);
        if link.deaf[way] {
            return None;
        }
        link.last[way] = link.last[way].max(now + delay);
        Some((link.last[way], link.number))
    }

    /// Whether this connection is still there.
    pub(crate) fn is_number(&self, one: usize, other: usize, number: u64) -> bool {
        self.links.get(&pair(one, other)).is_some_and(|link| link.number == number)
    }

    /// What tells the present connection from others.
    pub(crate) fn number(&self, one: usize, other: usize) -> Option<u64> {
        Some(self.links.get(&pair(one, other))?.number)
    }

    /// Whether something is lost in it.
    pub(crate) fn is_deaf(&self, one: usize, other: usize) -> bool {
        self.links.get(&pair(one, other)).is_some_and(|link| link.deaf != [false; 2])
    }

    /// All pairs that are connected.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        self.links.keys().copied().collect()
    }
}
