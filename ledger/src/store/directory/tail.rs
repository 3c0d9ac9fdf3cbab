//! The newest part of the directory, in memory.

use domain::enrolment::LookupKey;
use domain::ids::{ContractId, Position, Source, StreamKey};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tables::hash;

/// What tables name: by kind, then 16 bytes.
const LOOKUP: u8 = 1;
const CONTRACT: u8 = 2;
const ACT: u8 = 3;
const OF_SOURCE: u8 = 4;
const RUN_OF_SOURCE: u8 = 5;
const RUN: u8 = 6;
const DECISION: u8 = 7;
const ERASURE_REQUEST: u8 = 8;
const ERASED: u8 = 9;
const DRAFTED: u8 = 10;
const DRAFTED_OF: u8 = 11;

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

/// Every event of the dossiers and runs of a source.
pub(super) fn source_hash(source: &Source) -> u64 {
    hash(OF_SOURCE, short(source))
}

/// Every closed run, or those of a source.
pub(super) fn run_hash(source: Option<&Source>) -> u64 {
    source.map_or_else(|| hash(RUN, [0; 16]), |source| hash(RUN_OF_SOURCE, short(source)))
}

/// Every decision on a held run.
pub(super) fn decision_hash() -> u64 {
    hash(DECISION, [0; 16])
}

/// Every request of an erasure.
pub(super) fn erasure_request_hash() -> u64 {
    hash(ERASURE_REQUEST, [0; 16])
}

/// Every event by which persons were erased.
pub(super) fn erased_hash() -> u64 {
    hash(ERASED, [0; 16])
}

/// Every event that begins a contract here, or those of an enrolment.
pub(super) fn drafted_hash(enrolment: Option<StreamKey>) -> u64 {
    enrolment.map_or_else(|| hash(DRAFTED, [0; 16]), |enrolment| hash(DRAFTED_OF, enrolment.0))
}

fn short(source: &Source) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(source.as_str()).into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
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
    /// Positions by the hash of what they have in common, ascending.
    named: HashMap<u64, Vec<u32>>,
    /// What [`super::mark`] says of the moment after the range; empty before.
    pub(super) mark: Vec<u8>,
}

impl Tail {
    /// What follows a position.
    pub(super) fn after(last: u32) -> Self {
        let first = last.saturating_add(1);
        Self {
            first,
            next: first,
            lookups: HashMap::new(),
            contracts: HashMap::new(),
            named: HashMap::new(),
            mark: Vec::new(),
        }
    }

    /// Covers the log up to a position.
    pub(super) fn reach(&mut self, position: Position) {
        self.next = u32::try_from(position.0).unwrap_or(u32::MAX).saturating_add(1);
    }

    /// Notes that a position is one of those of a hash.
    pub(super) fn name(&mut self, hash: u64, at: u32) {
        self.named.entry(hash).or_default().push(at);
    }

    /// The positions of a hash, ascending.
    pub(super) fn positions(&self, hash: u64) -> &[u32] {
        self.named.get(&hash).map_or(&[], Vec::as_slice)
    }

    /// How many positions it covers.
    pub(super) const fn length(&self) -> u32 {
        self.next - self.first
    }
}

impl tables::Tail for Tail {
    fn first(&self) -> u32 {
        self.first
    }

    fn next(&self) -> u32 {
        self.next
    }

    fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        let lookups = self.lookups.iter().map(|(key, (at, _))| (lookup_hash(key), *at));
        let contracts = self.contracts.iter().map(|(id, (at, _))| (contract_hash(*id), *at));
        let named = self.named.iter().flat_map(|(hash, all)| all.iter().map(|at| (*hash, *at)));
        let mut pairs: Vec<_> = lookups.chain(contracts).chain(named).collect();
        pairs.sort_unstable();
        let hashes = self.lookups.len() + self.contracts.len() + self.named.len();
        (pairs, hashes as u64)
    }

    fn values(&self) -> Option<&[u32]> {
        None
    }

    fn mark(&self) -> Vec<u8> {
        self.mark.clone()
    }
}
