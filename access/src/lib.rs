//! Who may say and ask what. Stands on `domain` alone: gRPC stands on it, and the pages will.
//!
//! | module | holds |
//! |---|---|
//! | [`matrix`] | the one table: role x call -> denied, within scope, everywhere |
//! | [`role`], [`call`], [`scope`] | its rows, its columns, and what "within" means |
//! | [`tenant`] | who asks, admitted to one call: only a [`gate::Gate`] makes one |
//! | [`gate`] | from a credential to a tenant |
//! | [`secret`] | the text of an API key, and what is kept of it |
//! | [`keyring`] | the keys of a data folder, in `access/keys` |
//! | [`oidc`] | tokens of persons, from any standard provider |
//! | [`grants`] | what persons may do, in `access/grants` |
//! | [`providers`] | who outside verifies signatures of contracts, in `access/providers` |
//! | [`rates`] | how often somebody may call, in memory |
//! | [`places`] | how many connections somebody may have at once, in memory |
//! | [`log`] | who read whose data and why: `access/log/`, each line chained to the one before |
//! | [`mod@limits`] | every limit of this room, named once |

pub mod call;
mod file;
pub mod gate;
pub mod grants;
pub mod keyring;
pub mod limits;
mod list;
pub mod log;
pub mod matrix;
pub mod oidc;
pub mod places;
pub mod providers;
pub mod rates;
pub mod role;
pub mod scope;
pub mod secret;
pub mod tenant;

pub use call::Call;
pub use gate::{Gate, Refused};
pub use matrix::{Permission, permission};
pub use role::Role;
pub use scope::{Establishment, Scope, Sources};
pub use tenant::Tenant;
