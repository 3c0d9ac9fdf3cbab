//! What joins the rooms: the ledger as the views read it, and one data folder
//! opened whole.

mod benched;
mod house;
mod limits;
mod local_key;
mod reading;
mod upkeep;

pub use benched::Benched;
pub use house::{Front, House, Schema, Served, must_exist, seal_folder};
pub(crate) use limits::{allow_many_files, keep_private};
pub use local_key::local_key_of;
pub use reading::LedgerSource;
