//! The ledger from outside: one binary, so that it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "tests")]

mod amended;
mod backup;
mod backup_refused;
mod conformance;
mod contracts;
mod contracts_before;
mod contracts_erased;
mod contracts_kept;
mod cosigned;
mod cuts;
mod documents;
mod dossiers;
mod drafted;
mod elsewhere;
mod erased;
mod erased_again;
mod erased_backup;
mod erased_fsck;
mod erased_retry;
mod erased_rows;
mod erased_since;
mod erasure;
mod gate;
mod keys;
mod limits;
mod notary;
mod quarantine;
mod recovery;
mod rekey;
mod remaps;
mod repeats;
mod sealed;
mod second_life;
mod secrecy;
mod stops;
mod support;
mod tables;
mod tree;
mod wiped;
