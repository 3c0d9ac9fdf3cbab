//! Enrolments and contracts kept open in memory: nightly pushes reload the same enrolments, and those who write a
//! contract act on it again and again.

use super::enrolments::Open;
use super::loaded::LoadedContract;
use crate::limits::{CACHED_CONTRACT_BYTES_MAX, CACHED_CONTRACTS_MAX, CACHED_ENROLMENTS_MAX};
use domain::ids::StreamKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All that is kept open of a ledger.
pub(crate) struct Caches {
    pub(super) enrolments: Cache<Open>,
    pub(super) contracts: Cache<LoadedContract>,
}

impl Caches {
    pub(super) fn new() -> Self {
        Self {
            enrolments: Cache::new(CACHED_ENROLMENTS_MAX, usize::MAX),
            contracts: Cache::new(CACHED_CONTRACTS_MAX, CACHED_CONTRACT_BYTES_MAX),
        }
    }

    /// Forgets everything, and what is being read now: sections were erased.
    pub(crate) fn clear(&self) {
        self.enrolments.clear();
        self.contracts.clear();
    }
}

/// A bounded map that forgets what was not used lately: when the young half is
/// full it becomes the old half, and what was old is forgotten. No order to
/// keep, so a hit costs two look-ups.
pub(super) struct Cache<T> {
    /// Entries of a half.
    half: usize,
    /// Bytes of a half.
    half_bytes: usize,
    halves: Mutex<Halves<T>>,
}

/// A moment of the cache: what was read before it was cleared is not put in after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Moment(u64);

/// One that is kept, and about how many bytes it is.
type Kept<T> = (Arc<T>, usize);

struct Half<T> {
    kept: HashMap<StreamKey, Kept<T>>,
    /// Of all of them.
    bytes: usize,
}

impl<T> Default for Half<T> {
    fn default() -> Self {
        Self { kept: HashMap::new(), bytes: 0 }
    }
}

impl<T> Half<T> {
    fn insert(&mut self, stream: StreamKey, kept: Kept<T>) {
        self.bytes = self.bytes.saturating_add(kept.1);
        self.kept.insert(stream, kept);
    }

    fn remove(&mut self, stream: StreamKey) -> Option<Kept<T>> {
        let kept = self.kept.remove(&stream)?;
        self.bytes = self.bytes.saturating_sub(kept.1);
        Some(kept)
    }
}

struct Halves<T> {
    young: Half<T>,
    old: Half<T>,
    /// How often it was cleared.
    cleared: Moment,
}

impl<T> Halves<T> {
    fn cleared(cleared: Moment) -> Self {
        Self { young: Half::default(), old: Half::default(), cleared }
    }
}

impl<T> Cache<T> {
    /// A cache of at most `most` entries, which are `bytes` together at most, as they were estimated.
    fn new(most: usize, bytes: usize) -> Self {
        let halves = Mutex::new(Halves::cleared(Moment::default()));
        Self { half: (most / 2).max(1), half_bytes: bytes / 2, halves }
    }

    fn halves(&self) -> MutexGuard<'_, Halves<T>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, stream: StreamKey) -> Option<Arc<T>> {
        let mut halves = self.halves();
        if let Some((found, _)) = halves.young.kept.get(&stream) {
            return Some(Arc::clone(found));
        }
        let kept = halves.old.remove(stream)?;
        let found = Arc::clone(&kept.0);
        let forgotten = self.put_in(&mut halves, stream, kept);
        drop(halves);
        drop(forgotten);
        Some(found)
    }

    /// The present moment, for who begins to read.
    pub(super) fn moment(&self) -> Moment {
        self.halves().cleared
    }

    /// Keeps what was read from a moment on, about so many bytes, unless the cache was cleared since.
    pub(super) fn put(&self, read: Moment, stream: StreamKey, open: Arc<T>, bytes: usize) {
        let mut halves = self.halves();
        if halves.cleared != read {
            return;
        }
        let forgotten = self.put_in(&mut halves, stream, (open, bytes));
        drop(halves);
        drop(forgotten);
    }

    /// Forgets everything, and what is being read now.
    fn clear(&self) {
        let mut halves = self.halves();
        let cleared = Moment(halves.cleared.0.wrapping_add(1));
        let forgotten = std::mem::replace(&mut *halves, Halves::cleared(cleared));
        drop(halves);
        drop(forgotten);
    }

    /// Gives what is forgotten: thousands, which nobody is to wait for at the lock.
    fn put_in(&self, halves: &mut Halves<T>, stream: StreamKey, kept: Kept<T>) -> Half<T> {
        halves.young.remove(stream);
        halves.old.remove(stream);
        let mut forgotten = Half::default();
        // What is more than a half is read again each time.
        if kept.1 > self.half_bytes {
            return forgotten;
        }
        let full = halves.young.kept.len() >= self.half
            || halves.young.bytes.saturating_add(kept.1) > self.half_bytes;
        if full {
            let young = std::mem::take(&mut halves.young);
            forgotten = std::mem::replace(&mut halves.old, young);
        }
        halves.young.insert(stream, kept);
        forgotten
    }

    /// Forgets one: it is being changed.
    pub(super) fn forget(&self, stream: StreamKey) {
        let mut halves = self.halves();
        halves.young.remove(stream);
        halves.old.remove(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> StreamKey {
        StreamKey([n; 16])
    }

    fn cache(most: usize, bytes: usize) -> Cache<()> {
        Cache::new(most, bytes)
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_keeps_what_is_used() {
        let cache = cache(10, usize::MAX);
        for n in 0..100 {
            cache.put(cache.moment(), key(n), Arc::default(), 1);
            cache.get(key(0));
            let halves = cache.halves();
            assert!(halves.young.kept.len() + halves.old.kept.len() <= 10);
        }
        assert!(cache.get(key(0)).is_some(), "used at every step");
        assert!(cache.get(key(1)).is_none(), "not used for long");
    }

    #[test]
    fn it_never_holds_more_bytes_than_it_may() {
        let cache = cache(1000, 100);
        for n in 0..200 {
            // Of several sizes, and some again with another.
            cache.put(cache.moment(), key(n % 23), Arc::default(), usize::from(n) % 51);
            cache.get(key(0));
            let halves = cache.halves();
            for half in [&halves.young, &halves.old] {
                let bytes: usize = half.kept.values().map(|(_, bytes)| bytes).sum();
                assert_eq!(bytes, half.bytes);
            }
            assert!(halves.young.bytes + halves.old.bytes <= 100);
        }
        cache.put(cache.moment(), key(1), Arc::default(), 10);
        assert!(cache.get(key(1)).is_some());
        // It grew beyond a half: what was kept of it before goes too.
        cache.put(cache.moment(), key(1), Arc::default(), 51);
        assert!(cache.get(key(1)).is_none());
    }

    #[test]
    fn what_was_read_before_it_was_cleared_is_not_kept_after() {
        let cache = cache(10, usize::MAX);
        let before = cache.moment();
        cache.put(before, key(1), Arc::default(), 1);
        cache.clear();
        cache.put(before, key(2), Arc::default(), 1);
        assert!(cache.get(key(1)).is_none() && cache.get(key(2)).is_none());
        cache.put(cache.moment(), key(2), Arc::default(), 1);
        assert!(cache.get(key(2)).is_some());
    }
}
