//! Enrolments kept open in memory, since nightly pushes reload the same ones.

use super::enrolments::Open;
use domain::ids::StreamKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A bounded map that forgets what was not used lately: when the young half is
/// full it becomes the old half, and what was old is forgotten. No order to
/// keep, so a hit costs two look-ups.
pub(crate) struct Cache {
    half: usize,
    halves: Mutex<Halves>,
}

/// A moment of the cache: what was read before it was cleared is not put in after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Moment(u64);

type Half = HashMap<StreamKey, Arc<Open>>;

#[derive(Default)]
struct Halves {
    young: Half,
    old: Half,
    /// How often it was cleared.
    cleared: Moment,
}

impl Cache {
    /// A cache of at most `most` enrolments.
    pub(super) fn new(most: usize) -> Self {
        Self { half: (most / 2).max(1), halves: Mutex::default() }
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, stream: StreamKey) -> Option<Arc<Open>> {
        let mut halves = self.halves();
        if let Some(found) = halves.young.get(&stream) {
            return Some(Arc::clone(found));
        }
        let found = halves.old.remove(&stream)?;
        let forgotten = self.put_in(&mut halves, stream, Arc::clone(&found));
        drop(halves);
        drop(forgotten);
        Some(found)
    }

    /// The present moment, for who begins to read.
    pub(super) fn moment(&self) -> Moment {
        self.halves().cleared
    }

    /// Keeps what was read from a moment on, unless the cache was cleared since.
    pub(super) fn put(&self, read: Moment, stream: StreamKey, open: Arc<Open>) {
        let mut halves = self.halves();
        if halves.cleared != read {
            return;
        }
        let forgotten = self.put_in(&mut halves, stream, open);
        drop(halves);
        drop(forgotten);
    }

    /// Forgets everything, and what is being read now: sections were erased.
    pub(crate) fn clear(&self) {
        let mut halves = self.halves();
        let cleared = Moment(halves.cleared.0.wrapping_add(1));
        let forgotten = std::mem::replace(&mut *halves, Halves { cleared, ..Halves::default() });
        drop(halves);
        drop(forgotten);
    }

    /// Gives what is forgotten: thousands, which nobody is to wait for at the lock.
    fn put_in(&self, halves: &mut Halves, stream: StreamKey, open: Arc<Open>) -> Half {
        let mut forgotten = Half::default();
        if halves.young.len() >= self.half && !halves.young.contains_key(&stream) {
            let young = std::mem::take(&mut halves.young);
            forgotten = std::mem::replace(&mut halves.old, young);
        }
        halves.old.remove(&stream);
        halves.young.insert(stream, open);
        forgotten
    }

    /// Forgets one: it is being changed.
    pub(super) fn forget(&self, stream: StreamKey) {
        let mut halves = self.halves();
        halves.young.remove(&stream);
        halves.old.remove(&stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> StreamKey {
        StreamKey([n; 16])
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_keeps_what_is_used() {
        let cache = Cache::new(10);
        for n in 0..100 {
            cache.put(cache.moment(), key(n), Arc::default());
            cache.get(key(0));
            let halves = cache.halves();
            assert!(halves.young.len() + halves.old.len() <= 10);
        }
        assert!(cache.get(key(0)).is_some(), "used at every step");
        assert!(cache.get(key(1)).is_none(), "not used for long");
    }

    #[test]
    fn what_was_read_before_it_was_cleared_is_not_kept_after() {
        let cache = Cache::new(10);
        let before = cache.moment();
        cache.put(before, key(1), Arc::default());
        cache.clear();
        cache.put(before, key(2), Arc::default());
        assert!(cache.get(key(1)).is_none() && cache.get(key(2)).is_none());
        cache.put(cache.moment(), key(2), Arc::default());
        assert!(cache.get(key(2)).is_some());
    }
}
