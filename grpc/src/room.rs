//! Memory that callers hold: so many bytes each, so many in all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The room that there is.
#[derive(Debug)]
pub(crate) struct Room {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<Arc<str>, usize>,
}

/// What a caller holds for one purpose; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Room>,
    caller: Arc<str>,
    bytes: usize,
}

impl Room {
    /// So many bytes in all, and so many of one caller.
    pub(crate) fn of(all: usize, each: usize) -> Arc<Self> {
        Arc::new(Self { all, each, taken: Mutex::default() })
    }

    /// Nothing yet, of a caller.
    pub(crate) fn share(self: &Arc<Self>, caller: &str) -> Share {
        Share { room: Arc::clone(self), caller: caller.into(), bytes: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes so many bytes more; whether they were there. Nobody waits: those who wait for each other
    /// would hold what they have.
    #[must_use]
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let mut taken = self.room.taken();
        let own = taken.of.get(&self.caller).copied().unwrap_or_default();
        if taken.all.saturating_add(bytes) > self.room.all
            || own.saturating_add(bytes) > self.room.each
        {
            return false;
        }
        taken.all += bytes;
        *taken.of.entry(Arc::clone(&self.caller)).or_default() += bytes;
        self.bytes += bytes;
        true
    }

    /// Gives so many back.
    pub(crate) fn give(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        let mut taken = self.room.taken();
        taken.all -= bytes;
        if let Entry::Occupied(mut own) = taken.of.entry(Arc::clone(&self.caller)) {
            *own.get_mut() -= bytes;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }

    /// How many it holds.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_its_part_and_all_have_the_whole() {
        let room = Room::of(10, 6);
        let (mut one, mut again, mut other) = (room.share("a"), room.share("a"), room.share("b"));
        assert!(one.take(4) && again.take(2));
        assert!(!again.take(1), "its part is taken, by both");
        assert!(other.take(4) && !other.take(1), "and the whole");
        one.give(1);
        assert!(other.take(1));
        assert_eq!((one.bytes(), other.bytes()), (3, 5));
        drop((one, again, other));
        assert!(room.taken().of.is_empty() && room.taken().all == 0);
    }
}
