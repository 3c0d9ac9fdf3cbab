//! What joins the rooms: the ledger as the views read it, and one data folder
//! opened whole.

mod house;
mod reading;
mod upkeep;

pub use house::{House, Served, must_exist};
pub use reading::LedgerSource;
