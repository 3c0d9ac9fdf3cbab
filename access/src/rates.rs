//! How often somebody may call: a bucket each, in memory.

use crate::limits;
use domain::ids::Instant;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A bucket that fills at an even pace and never holds more than `most`.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// So many in so long.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many.
    pub most: u32,
    /// In how long.
    pub within: Duration,
}

impl Rate {
    /// So many in a minute.
    #[must_use]
    pub const fn per_minute(most: u32) -> Self {
        Self { most, within: Duration::from_secs(60) }
    }

    /// So many in an hour.
    #[must_use]
    pub const fn per_hour(most: u32) -> Self {
        Self { most, within: Duration::from_secs(3_600) }
    }

    /// What a bucket gains in a microsecond.
    fn pace(self) -> f64 {
        f64::from(self.most) / self.within.as_micros() as f64
    }
}

/// The buckets of some callers.
#[derive(Debug)]
pub struct Rates<K>(Mutex<HashMap<K, Bucket>>);

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone> Rates<K> {
    /// Takes so many from a caller's bucket.
    ///
    /// # Errors
    /// How long to wait until there are as many; nothing is taken.
    pub fn take(&self, caller: &K, count: u32, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(caller) {
            make_room(&mut buckets, rate, now);
            buckets.insert(caller.clone(), Bucket { left: f64::from(rate.most), at: now });
        }
        let Some(bucket) = buckets.get_mut(caller) else { return Ok(()) };
        bucket.fill(rate, now);
        // More than a full bucket is let through when it is full, and paid for afterwards.
        let wanted = f64::from(count);
        let missing = wanted.min(f64::from(rate.most)) - bucket.left;
        if missing > 0.0 {
            return Err(Duration::from_micros((missing / rate.pace()).ceil() as u64));
        }
        bucket.left -= wanted;
        Ok(())
    }

    /// How long a caller has to wait until one may be taken; `None` when it may be now.
    pub fn wait(&self, caller: &K, rate: Rate, now: Instant) -> Option<Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_mut(caller)?;
        bucket.fill(rate, now);
        let missing = 1.0 - bucket.left;
        (missing > 0.0).then(|| Duration::from_micros((missing / rate.pace()).ceil() as u64))
    }
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.0.saturating_sub(self.at.0).max(0);
        self.left = (self.left + passed as f64 * rate.pace()).min(f64::from(rate.most));
        self.at = now;
    }
}

/// Forgets who has a full bucket; everybody, if that is not enough.
fn make_room<K>(buckets: &mut HashMap<K, Bucket>, rate: Rate, now: Instant) {
    if buckets.len() < limits::RATES_KEPT {
        return;
    }
    let within = i64::try_from(rate.within.as_micros()).unwrap_or(i64::MAX);
    buckets.retain(|_, bucket| now.0.saturating_sub(bucket.at.0) < within);
    if buckets.len() >= limits::RATES_KEPT {
        tracing::warn!("more callers than rates are kept for: all begin anew");
        buckets.clear();
    }
}

/// Whom an address stands for: of IPv6 a network of 64 bits is one subscriber.
#[must_use]
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn so_many_in_a_minute_and_then_at_an_even_pace() {
        let rates = Rates::default();
        let rate = Rate::per_minute(60);
        let take = |caller, count, at| rates.take(&caller, count, rate, Instant(at));
        (0..60).for_each(|_| take("a", 1, 0).unwrap());
        assert_eq!(take("a", 1, 0), Err(Duration::from_secs(1)));
        assert_eq!(take("b", 1, 0), Ok(()), "each has its own");
        assert_eq!(take("a", 1, SECOND), Ok(()));
        assert!(take("a", 1, SECOND).is_err());
        assert_eq!(take("a", 60, 600 * SECOND), Ok(()), "never more than a minute's");
        assert!(take("a", 1, 600 * SECOND).is_err());
        assert_eq!(rates.wait(&"a", rate, Instant(600 * SECOND)), Some(Duration::from_secs(1)));
        assert_eq!(rates.wait(&"c", rate, Instant(0)), None);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let rates = Rates::default();
        let rate = Rate::per_minute(1);
        rates.take(&1, 1, rate, Instant(60 * SECOND)).unwrap();
        assert!(rates.take(&1, 1, rate, Instant(0)).is_err());
    }

    #[test]
    fn callers_are_forgotten_before_memory_ends() {
        let rates = Rates::default();
        for caller in 0..limits::RATES_KEPT + 10 {
            rates.take(&caller, 1, Rate::per_minute(5), Instant(0)).unwrap();
        }
        assert!(rates.0.lock().unwrap().len() <= limits::RATES_KEPT);
    }

    #[test]
    fn a_subscriber_is_an_address_or_a_network_of_64_bits() {
        let of = |text: &str| subscriber(text.parse().unwrap());
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    }
}
