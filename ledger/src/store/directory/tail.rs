//! The newest part of the directory, in memory.

use crate::index::{self, hash};
use domain::enrolment::LookupKey;
use domain::ids::{ContractId, Position, StreamKey};
use std::collections::HashMap;

/// What tables name: by kind, then 16 bytes.
const LOOKUP: u8 = 1;
const CONTRACT: u8 = 2;
const ACT: u8 = 3;

pub(super) fn lookup_hash(lookup: &LookupKey) -> u64 {
    hash(LOOKUP, *lookup)
}

pub(super) fn contract_hash(contract: ContractId) -> u64 {
    hash(CONTRACT, contract.0)
}

/// All acts have this one: they are read again at each opening.
pub(super) fn act_hash() -> u64 {
    hash(ACT, [0; 16])
}

/// An event that says where something is, and its stream.
pub(super) type Found = (u32, StreamKey);

/// What the events of a range of positions say.
#[derive(Debug)]
pub(super) struct Tail {
    first: u32,
    next: u32,
    /// The first declaration with each lookup key: the key is for ever its own.
    pub(super) lookups: HashMap<LookupKey, Found>,
    pub(super) contracts: HashMap<ContractId, Found>,
    /// Positions of the acts that changed something.
    pub(super) acts: Vec<u32>,
    /// What [`super::mark`] says of the moment after the range; empty before.
    pub(super) mark: Vec<u8>,
}

impl Tail {
    /// What follows a position.
    pub(super) fn after(last: u32) -> Self {
        let first = last.saturating_add(1);
        let (lookups, contracts) = (HashMap::new(), HashMap::new());
        Self { first, next: first, lookups, contracts, acts: Vec::new(), mark: Vec::new() }
    }

    /// Covers the log up to a position.
    pub(super) fn reach(&mut self, position: Position) {
        self.next = u32::try_from(position.0).unwrap_or(u32::MAX).saturating_add(1);
    }

    /// How many positions it covers.
    pub(super) const fn length(&self) -> u32 {
        self.next - self.first
    }
}

impl index::Tail for Tail {
    fn first(&self) -> u32 {
        self.first
    }

    fn next(&self) -> u32 {
        self.next
    }

    fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        let lookups = self.lookups.iter().map(|(key, (at, _))| (lookup_hash(key), *at));
        let contracts = self.contracts.iter().map(|(id, (at, _))| (contract_hash(*id), *at));
        let acts = self.acts.iter().map(|at| (act_hash(), *at));
        let mut pairs: Vec<_> = lookups.chain(contracts).chain(acts).collect();
        pairs.sort_unstable();
        let hashes = pairs.len() as u64;
        (pairs, hashes)
    }

    fn values(&self) -> Option<&[u32]> {
        None
    }

    fn mark(&self) -> Vec<u8> {
        self.mark.clone()
    }
}
