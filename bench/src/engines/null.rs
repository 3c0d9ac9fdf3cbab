//! Answers and writes nothing.

use super::Engine;
use crate::error::BenchError;
use crate::wire::{AppendReply, AppendRequest};
use std::sync::atomic::{AtomicU64, Ordering};

/// The engine that costs nothing: behind a transport it is the transport's limit.
#[derive(Debug, Default)]
pub struct Null {
    position: AtomicU64,
}

impl Engine for Null {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let events = request.payloads.len() as u64;
        Ok(AppendReply {
            position: self.position.fetch_add(events, Ordering::Relaxed) + events,
            version: request.expected_version + events,
            recorded_at_us: 1_764_100_000_000_000,
            leaf_hash: vec![0xA5; 32],
        })
    }
}
