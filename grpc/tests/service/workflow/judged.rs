//! A form that is judged by the law, and fields that are refused.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_judged_without_being_written() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let head = server.head().await;
    let form = example_form().to_json();
    let request =
        wire::CheckContractRequest { form, training_agreement: true, ..Default::default() };
    let said = client.clone().check_contract(request.clone()).await.unwrap().into_inner();
    assert_eq!((said.percent, said.missing.len(), said.rules_of.as_str()), (100, 0, "2024-08-26"));
    let refused = |said: &wire::CheckContractResponse| {
        said.verdicts.iter().filter(|one| one.outcome() == wire::RuleOutcome::Refused).count()
    };
    assert!(refused(&said) == 0 && said.verdicts.len() > 30, "{}", said.verdicts.len());
    let without = wire::CheckContractRequest { training_agreement: false, ..request };
    let said = client.clone().check_contract(without).await.unwrap().into_inner();
    assert_eq!(refused(&said), 1);
    // Thirty-four, after another contract, with a diploma of the level of the one aimed at.
    let mut older = example_form();
    for (path, text) in [
        ("apprentice.born_on", "1990-09-02"),
        ("apprentice.highest_diploma", "54"),
        ("terms.derogation", "12"),
        ("terms.kind", "22"),
    ] {
        older.set(path, Some(text)).unwrap();
    }
    let after = async |broken_by_others, level| {
        let request = wire::CheckContractRequest {
            form: older.to_json(),
            previous_ended_on: "2024-01-31".to_owned(),
            previous_broken_by_others: broken_by_others,
            previous_level: level,
            ..Default::default()
        };
        let said = client.clone().check_contract(request).await?.into_inner();
        let age = said.verdicts.into_iter().find(|one| one.rule == "AGE_MAX").unwrap();
        Ok::<_, tonic::Status>(age.outcome())
    };
    assert_eq!(after(false, 0).await.unwrap(), wire::RuleOutcome::Undetermined);
    assert_eq!(after(true, 0).await.unwrap(), wire::RuleOutcome::Holds);
    assert_eq!(after(false, 4).await.unwrap(), wire::RuleOutcome::Holds);
    assert_eq!(after(false, 5).await.unwrap(), wire::RuleOutcome::Refused);
    assert_eq!(told(&after(false, 9).await.unwrap_err(), "field"), "previous_level");
    let wrong = wire::CheckContractRequest { form: "{".to_owned(), ..Default::default() };
    let wrong = client.clone().check_contract(wrong).await.unwrap_err();
    assert_eq!(reason(&wrong), "INVALID_FIELD");
    assert_eq!(server.head().await, head);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_fields_are_wrong_the_answer_can_be_read() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = drafted(&client, "").await;
    let wrong: Vec<_> = fields()
        .into_iter()
        .map(|field| wire::FieldValue { value: Some("é".repeat(5_000)), ..field })
        .chain([wire::FieldValue { path: "é".repeat(50_000), value: None }])
        .collect();
    for wrong in [wrong.clone(), wrong.into_iter().rev().collect()] {
        let refused = act!(client, fill_contract, FillContractRequest { fields: wrong }, name, "");
        let refused = refused.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD", "{refused:?}");
        assert!(refused.message().contains(" more"), "{refused:?}");
        assert!(french(&refused).contains("Champs refusés en plus"), "{refused:?}");
        let said = refused.message().len() + refused.details().len();
        assert!(said < 8 * 1024, "{said} bytes");
    }
    let form = format!(
        "{{\"employer\": {{{}}}}}",
        (0..99).map(|n| format!("\"{n}\": 1")).collect::<Vec<_>>().join(", ")
    );
    let request = wire::CheckContractRequest { form, ..Default::default() };
    let refused = client.clone().check_contract(request).await.unwrap_err();
    assert!(french(&refused).ends_with("en plus de ceux-ci : 93."), "{refused:?}");
    // Nor is an empty form's list of what is missing too long.
    let refused = act!(client, publish_contract, PublishContractRequest {}, name, "").unwrap_err();
    assert_eq!(reason(&refused), "FORM_INCOMPLETE");
    assert!(told(&refused, "missing").contains("employer.name"), "{refused:?}");
    server.stop().await;
}
