//! What is funded of a contract and what was invoiced, and by which events, in French.

use super::french::days_invoiced;
use super::show::funding;
use crate::console;
use crate::remote::{Basis, Server, Times, answer, resource};
use proto::v1;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct FundingOf {
    /// The contract, contracts/ID
    contract: String,
    #[command(flatten)]
    times: Times,
    #[command(flatten)]
    server: Server,
}

impl FundingOf {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let request = v1::GetContractFundingRequest {
            name: resource("contracts", &self.contract),
            time: Some(self.times.query()),
        };
        let mut client = self.server.connect().await?.contract_workflow();
        let of = answer(client.get_contract_funding(request).await)?;
        let as_of = self.times.as_of.unwrap_or_else(console::today).to_string();
        // It is the view's, which is a moment behind the log.
        let basis = v1::Basis { as_of, position: of.position, ..Default::default() };
        console::line(&format!("{}\n{}", report(&of), Basis::of(Some(basis)).line_in_french()))
    }
}

fn report(of: &v1::GetContractFundingResponse) -> String {
    let mut text = of.name.clone();
    let Some(figures) = &of.funding else {
        text.push_str(" : rien n'est financé tant que toutes les parties n'ont pas signé");
        return text;
    };
    funding(&mut text, figures);
    if !figures.deposit_refused {
        let _ = write!(text, "\n  jusqu'au {} inclus", of.effective_end);
    }
    let _ = write!(text, "\n  {}", days_invoiced(figures.invoiced_days));
    for (figure, events) in
        [("jours", &of.days_by), ("plafond", &of.ceiling_by), ("factures", &of.invoices_by)]
    {
        for event in events {
            let (kind, on) = (&event.r#type, &event.effective_on);
            let _ = write!(
                text,
                "\n  {figure} : {kind} du {on}, position {}, {}",
                event.position, event.event_id
            );
        }
    }
    text
}
