//! How many connections there are, in all and from each address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::limits;

/// The connections that are open. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    /// Takes a place for a connection from this address; none if there are too many.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        // One machine is one machine, whichever form its address has.
        let address = address.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let in_all: usize = open.values().sum();
        let here = open.get(&address).copied().unwrap_or_default();
        if in_all >= limits::CONNECTIONS_MAX || here >= limits::CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        open.insert(address, here + 1);
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = open.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_places_and_all_together_have_theirs() {
        let places = Places::default();
        let one: IpAddr = [127, 0, 0, 1].into();
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().expect("an address");
        let mut taken: Vec<Place> =
            (0..limits::CONNECTIONS_PER_ADDRESS_MAX).map(|_| places.take(one).expect("a place")).collect();
        assert!(places.take(one).is_none() && places.take(mapped).is_none());
        assert!(places.take([127, 0, 0, 2].into()).is_some());
        taken.pop();
        taken.push(places.take(mapped).expect("a place was given back"));
        assert!(places.take(one).is_none());

        let mut others = Vec::new();
        for last in 2..=255 {
            while let Some(place) = places.take([10, 0, 0, last].into()) {
                others.push(place);
            }
        }
        assert_eq!(taken.len() + others.len(), limits::CONNECTIONS_MAX);
        drop((taken, others));
        assert!(places.open.lock().expect("not poisoned").is_empty());
    }
}
