//! What is taken charge of of a contract, and what was invoiced.

use super::acts::{On, act};
use crate::commands::day;
use chrono::NaiveDate;
use domain::cerfa::value::{Cents, Value};

/// Euros and cents, as 7125.50.
fn amount(text: &str) -> Result<Cents, String> {
    Cents::read(text).map_err(|invalid| invalid.text.fr)
}

#[derive(Debug, clap::Args)]
pub(super) struct Declare {
    #[command(flatten)]
    on: On,
    /// So much a year, in euros, from the contract's first day
    #[arg(long, value_name = "EUROS", value_parser = amount)]
    yearly: Cents,
}

impl Declare {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(self.on, declare_funding, DeclareFundingRequest { yearly_cents: self.yearly.0 })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Invoice {
    #[command(flatten)]
    on: On,
    /// Its number; it is sealed
    #[arg(long, value_name = "NUMBER")]
    number: String,
    /// The first day that it invoices
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    first: NaiveDate,
    /// And the last, this one included
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    last: NaiveDate,
    /// How much it asks, in euros
    #[arg(long, value_name = "EUROS", value_parser = amount)]
    amount: Cents,
}

impl Invoice {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (first, last) = (self.first.to_string(), self.last.to_string());
        let (number, cents) = (self.number.clone(), self.amount.0);
        act!(
            self.on,
            declare_invoice,
            DeclareInvoiceRequest { number: number, first_on: first, last_on: last, cents: cents }
        )
    }
}
