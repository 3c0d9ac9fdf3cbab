//! What is written: the journal, the vault of personal keys, the record.
//!
//! | module | holds |
//! |---|---|
//! | [`record`] | header, body, sections: what is hashed |
//! | [`journal`] | the append-only log: a trait, files, memory |

pub mod codec;
pub mod journal;
pub mod limits;
pub mod random;
pub mod record;
pub mod time;
pub mod vault;
