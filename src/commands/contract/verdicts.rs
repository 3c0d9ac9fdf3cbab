//! What the law says of a contract, in French: where it is shown, and to whoever did what it does not want.

use super::acts::On;
use crate::console;
use crate::remote::answer;
use domain::law::table;
use grpc::client::ClientError;
use proto::v1;
use proto::v1::RuleOutcome;
use std::fmt::Write as _;

/// The subject of the rules of how a contract ended.
const OF_THE_END: &str = "Rupture";

/// What rules find to be wrong, or cannot say.
pub(super) fn told_by_the_law<'a>(
    verdicts: impl IntoIterator<Item = &'a v1::RuleVerdict>,
    text: &mut String,
) {
    for verdict in verdicts {
        let word = match verdict.outcome() {
            RuleOutcome::Refused => "contraire à la règle",
            RuleOutcome::Warned => "à vérifier",
            RuleOutcome::Undetermined => "règle qui ne peut pas être vérifiée",
            RuleOutcome::Holds | RuleOutcome::Unspecified => continue,
        };
        let said = verdict.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
        let _ = write!(text, "\n  {word} : {said} ({}, {})", verdict.rule, verdict.article);
    }
}

/// Tells whoever recorded an end what the law says of it, on standard error, for it is not the answer. It happened, and is
/// written whatever that is: nothing fails here.
pub(super) async fn told_of_the_end(on: &On) {
    let rules: Vec<&str> = table::subjects()
        .filter(|(subject, _)| *subject == OF_THE_END)
        .flat_map(|(_, rules)| rules.iter().map(|rule| rule.id))
        .collect();
    let is_of_the_end = |verdict: &&v1::RuleVerdict| rules.contains(&verdict.rule.as_str());
    match said(on, is_of_the_end).await {
        Ok(said) if said.is_empty() => {}
        Ok(said) => console::note(&format!("c'est enregistré ; ce que la loi en dit :{said}")),
        Err(error) => {
            console::note(&format!("ce que la loi en dit ne peut pas être lu : {error}"));
        }
    }
}

/// Tells whoever was refused because of rules what each of them asks.
pub(super) async fn told_of_a_refusal(on: &On, refused: &anyhow::Error) {
    let Some(ClientError::Refused(refusal)) = refused.downcast_ref() else { return };
    if refusal.rules.is_empty() {
        return;
    }
    let refuses = |verdict: &&v1::RuleVerdict| {
        verdict.outcome() == RuleOutcome::Refused && refusal.rules.contains(&verdict.rule)
    };
    let mut told = said(on, refuses).await.unwrap_or_default();
    // Of an act that was not done the contract says nothing: the table does, where the rule is the same on every day.
    for id in &refusal.rules {
        let mut rows = table::rules().filter(|rule| rule.id == id);
        let is_told = told.contains(&format!("({id}, "));
        if let (Some(rule), None, false) = (rows.next(), rows.next(), is_told) {
            let _ = write!(told, "\n  contraire à la règle : {} ({id}, {})", rule.fr, rule.article);
        }
    }
    if !told.is_empty() {
        console::note(&format!("ce que la loi n'admet pas :{told}"));
    }
}

/// The verdicts of a contract that fit, a line each.
async fn said(on: &On, fits: impl Fn(&&v1::RuleVerdict) -> bool) -> anyhow::Result<String> {
    let request = v1::GetContractWorkflowRequest { name: on.name(), as_of: String::new() };
    let now = answer(on.connect().await?.get_contract_workflow(request).await)?;
    let mut said = String::new();
    let verdicts = now.rounds.iter().flat_map(|round| &round.verdicts);
    told_by_the_law(verdicts.filter(fits), &mut said);
    Ok(said)
}
