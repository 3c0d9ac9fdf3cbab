//! What the law says of a contract, in French: where it is shown, and to whoever did what it does not want.

use super::acts::On;
use crate::console;
use crate::remote::answer;
use domain::law::table;
use grpc::client::ClientError;
use grpc::errors::Reason;
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

/// Tells whoever recorded an end what the law says of it: it is written whatever that is, for it happened.
pub(super) async fn told_of_the_end(on: &On) {
    let rules: Vec<&str> = table::subjects()
        .filter(|(subject, _)| *subject == OF_THE_END)
        .flat_map(|(_, rules)| rules.iter().map(|rule| rule.id))
        .collect();
    let is_of_the_end = |verdict: &&v1::RuleVerdict| rules.contains(&verdict.rule.as_str());
    tell(on, "c'est enregistré ; ce que la loi en dit :", is_of_the_end).await;
}

/// Tells whoever was refused because of rules what each of them asks; the refusal names them.
pub(super) async fn told_of_a_refusal(on: &On, refused: &anyhow::Error) {
    if let Some(ClientError::Refused(refusal)) = refused.downcast_ref()
        && refusal.reason == Reason::LawRefuses.name()
    {
        let refuses = |verdict: &&v1::RuleVerdict| verdict.outcome() == RuleOutcome::Refused;
        tell(on, "ce que la loi n'admet pas :", refuses).await;
    }
}

/// On standard error: it is not the answer. Nor does it fail when it cannot be read: the act is done, or refused.
async fn tell(on: &On, head: &str, fits: impl Fn(&&v1::RuleVerdict) -> bool) {
    let rounds = match rounds(on).await {
        Ok(rounds) => rounds,
        Err(error) => {
            return console::note(&format!("ce que la loi en dit ne peut pas être lu : {error}"));
        }
    };
    let mut said = String::new();
    told_by_the_law(rounds.iter().flat_map(|round| &round.verdicts).filter(fits), &mut said);
    if !said.is_empty() {
        console::note(&format!("{head}{said}"));
    }
}

async fn rounds(on: &On) -> anyhow::Result<Vec<v1::ContractRound>> {
    let request = v1::GetContractWorkflowRequest { name: on.name(), as_of: String::new() };
    Ok(answer(on.connect().await?.get_contract_workflow(request).await)?.rounds)
}
