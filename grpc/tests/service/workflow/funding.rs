//! What is taken charge of, and what was invoiced.

use super::*;

/// Signed on paper, with an establishment of industrial kind or a public employer.
pub(super) async fn running(client: &Client, industrial: bool) -> String {
    let more = if industrial { super::industrial() } else { Vec::new() };
    let name = published(client, "", more).await;
    on_paper(client, &name, "").await.unwrap();
    name
}

async fn invoiced(
    client: &Client,
    name: &str,
    (number, first, last): (&str, &str, &str),
    cents: u32,
) -> Result<wire::ContractReceipt, Status> {
    let (number, first, last) = (number.to_owned(), first.to_owned(), last.to_owned());
    act!(
        client,
        declare_invoice,
        DeclareInvoiceRequest { number: number, first_on: first, last_on: last, cents: cents },
        name,
        ""
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_charge_of_is_shared_by_the_day_and_days_after_a_rupture_are_told() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, true).await;
    let declare = |cents: u32| {
        let client = client.clone();
        let name = name.clone();
        async move {
            act!(client, declare_funding, DeclareFundingRequest { yearly_cents: cents }, name, "")
        }
    };
    let done = declare(730_000).await.unwrap();
    assert_eq!(done.events, ["FundingDeclared"]);
    assert_eq!(declare(730_000).await.unwrap().events.len(), 0, "it is so already");
    assert_eq!(reason(&declare(0).await.unwrap_err()), "INVALID_FIELD");
    let first = ("F1", "2024-09-02", "2024-12-31");
    let done = invoiced(&client, &name, first, 244_000).await.unwrap();
    assert_eq!(done.events, ["InvoiceDeclared"]);
    assert_eq!(invoiced(&client, &name, first, 244_000).await.unwrap().events.len(), 0);
    let other = invoiced(&client, &name, first, 244_001).await.unwrap_err();
    assert_eq!(reason(&other), "ALREADY_SO");
    let early = invoiced(&client, &name, ("F2", "2024-09-01", "2024-12-31"), 1).await.unwrap_err();
    assert_eq!(reason(&early), "INVALID_FIELD");
    let undated = invoiced(&client, &name, ("F2", "", "2024-12-31"), 1).await.unwrap_err();
    assert_eq!(reason(&undated), "INVALID_FIELD");
    broken(
        &client,
        &name,
        (wire::RuptureMode::MutualAgreement, wire::Initiator::Both),
        "2024-12-02",
    )
    .await;
    invoiced(&client, &name, ("F2", "2024-12-30", "2025-01-01"), 6_000).await.unwrap();
    let of = workflow(&client, &name).await.funding.unwrap();
    // 2 September to 1 December are 91 days, 2,000 cents each.
    assert_eq!((of.yearly_cents, of.ceiling_cents), (Some(730_000), Some(182_000)));
    assert_eq!((of.funded_days, of.invoiced_days, of.days_after_end), (91, 122, 31));
    assert_eq!((of.invoiced_cents, of.invoices.len()), (250_000, 2));
    let last = &of.invoices[1];
    assert_eq!((last.number.as_str(), last.last_on.as_str()), ("F2", "2025-01-01"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_public_employer_there_is_no_ceiling_but_there_are_invoices() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, false).await;
    let refused =
        act!(client, declare_funding, DeclareFundingRequest { yearly_cents: 1 }, name, "");
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "NOT_ALLOWED");
    assert!(refused.message().contains("L6227-6"), "{refused:?}");
    invoiced(&client, &name, ("F1", "2024-09-02", "2024-09-30"), 6_000).await.unwrap();
    let of = workflow(&client, &name).await.funding.unwrap();
    assert_eq!((of.ceiling_cents, of.invoiced_days), (None, 29));
    server.stop().await;
}
