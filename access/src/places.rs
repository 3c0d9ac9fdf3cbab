//! How many connections there are at once, in all and of one address, in memory.

use crate::rates::subscriber;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The places of a listener, by address.
#[derive(Debug, Clone)]
pub struct Places {
    all: usize,
    of_address: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of_address: HashMap<IpAddr, usize>,
}

/// The place of a connection; dropped, it is free again.
#[derive(Debug)]
pub struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    /// So many in all, and so many of one address (of IPv6: of one network of 64 bits).
    #[must_use]
    pub fn of(all: usize, of_address: usize) -> Self {
        Self { all, of_address, taken: Arc::default() }
    }

    /// A place for a connection from an address; `None` when there is none left for it.
    #[must_use]
    pub fn take(&self, from: IpAddr) -> Option<Place> {
        let address = subscriber(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.of_address.get(&address).copied().unwrap_or_default();
        if taken.all >= self.all || own >= self.of_address {
            tracing::debug!(all = taken.all, own, "a connection too many is closed");
            return None;
        }
        taken.all += 1;
        *taken.of_address.entry(address).or_default() += 1;
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Entry::Occupied(mut own) = taken.of_address.entry(self.address) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_places_of_others() {
        let places = Places::of(3, 2);
        let from = |text: &str| places.take(text.parse().unwrap());
        let one = from("192.0.2.1");
        let _two = from("192.0.2.1").unwrap();
        assert!(one.is_some() && from("192.0.2.1").is_none());
        let network = from("2001:db8::1").unwrap();
        assert!(from("192.0.2.2").is_none(), "three in all");
        drop(one);
        let _three = from("2001:db8::2").unwrap();
        assert!(from("2001:db8::3").is_none());
        drop(network);
        assert!(from("2001:db8::3").is_some(), "a place that is left is free again");
        assert_eq!(places.taken.lock().unwrap().of_address.len(), 2, "who is gone is forgotten");
    }
}
