//! Randomness, passed in: a server takes the system's, golden tests a seed.

use sha2::{Digest, Sha256};
use std::io;
use std::sync::Mutex;
use zeroize::Zeroizing;

/// Gives random bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills a buffer.
    ///
    /// # Errors
    /// When the system gives none; nothing may be sealed or named then.
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()>;

    /// Fills buffers, the same as one after the other; asked of the system at once.
    ///
    /// # Errors
    /// As for [`Random::fill`].
    fn fill_each(&self, buffers: &mut [&mut [u8]]) -> io::Result<()> {
        buffers.iter_mut().try_for_each(|buffer| self.fill(buffer))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(|error| io::Error::other(error.to_string()))
    }

    fn fill_each(&self, buffers: &mut [&mut [u8]]) -> io::Result<()> {
        let mut all = Zeroizing::new(vec![0; buffers.iter().map(|buffer| buffer.len()).sum()]);
        self.fill(&mut all)?;
        let mut rest = all.as_slice();
        for buffer in buffers {
            let (next, after) = rest.split_at(buffer.len());
            buffer.copy_from_slice(next);
            rest = after;
        }
        Ok(())
    }
}

/// A stream of bytes that depends on its seed only. For tests and golden files:
/// a ledger opened with it has keys that anybody can compute.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    /// A lock, since the trait is shared: draws are few and short.
    counter: Mutex<u64>,
}

impl SeededRandom {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut counter = self.counter.lock().map_err(|_| io::Error::other("poisoned"))?;
        for chunk in bytes.chunks_mut(32) {
            let mut block = Sha256::new();
            block.update(self.seed.to_le_bytes());
            block.update(counter.to_le_bytes());
            *counter += 1;
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_fills_each_buffer_and_each_otherwise() {
        let (mut one, mut other, mut short) = ([0; 24], [0; 24], [0; 16]);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..100 {
            SystemRandom.fill_each(&mut [&mut one, &mut other, &mut short]).unwrap();
            // Of 16 random bytes the same come twice once in 10^34 tests.
            for bytes in [&one[..16], &one[8..], &other[..16], &other[8..], &short] {
                assert_ne!(bytes, [0; 16]);
                assert!(seen.insert(bytes.to_vec()), "{bytes:?} came twice");
            }
        }
    }
}
