//! Where a contract is, in French.

use super::ended::{ended, or_erased};
use super::french::{days, days_invoiced, level, life_on, party, phase};
use super::list::day_after;
use super::verdicts::told_by_the_law;
use crate::commands::day;
use crate::console;
use crate::remote::{Server, answer, resource};
use chrono::NaiveDate;
use grpc::convert::enums;
use projections::histories::piece;
use proto::v1;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The contract, contracts/ID
    contract: String,
    /// As of which day what is due is told, and whether the deposit body was silent; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    as_of: Option<NaiveDate>,
    #[command(flatten)]
    server: Server,
}

impl Show {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let request = v1::GetContractWorkflowRequest {
            name: resource("contracts", &self.contract),
            as_of: self.as_of.map(|day| day.to_string()).unwrap_or_default(),
        };
        let mut client = self.server.connect().await?.contract_workflow();
        let now = answer(client.get_contract_workflow(request).await)?;
        console::line(&report(&now, self.as_of.unwrap_or_else(console::today)))
    }
}

fn report(now: &v1::ContractWorkflow, as_of: NaiveDate) -> String {
    let suspended = now.said.iter().rfind(|said| said.r#type == "ContractSuspended");
    let from = match (&now.end, suspended) {
        (Some(end), _) => end.on.as_str(),
        (None, Some(said)) => said.on.as_str(),
        (None, None) => "",
    };
    let life = life_on(now.life(), from, as_of);
    let mut text = format!("{} : {life} (version {})", now.name, now.etag);
    for round in &now.rounds {
        let title = match round.number {
            0 => "contrat".to_owned(),
            number => format!("avenant {number}"),
        };
        let _ =
            write!(text, "\n\n{title} : {}, rempli à {} %", phase(round.phase()), round.percent);
        if !round.missing.is_empty() && round.phase() == v1::ContractPhase::Draft {
            let _ = write!(text, "\n  il manque : {}", round.missing.join(", "));
        }
        if !round.rules_of.is_empty() {
            let _ = write!(text, "\n  publié selon les règles du {}", round.rules_of);
        }
        for (title, rules) in [
            ("indéterminées", &round.undetermined),
            ("non respectées (avertissement)", &round.warned),
        ] {
            if !rules.is_empty() {
                let _ = write!(text, "\n  règles {title} : {}", rules.join(", "));
            }
        }
        signatures(&mut text, round, &now.said);
        for one in &round.attachments {
            let kind = enums::document_kind("kind", one.kind).map_or("pièce", piece);
            let _ = write!(text, "\n  {kind}, {} octets, {}", one.bytes, one.digest);
        }
        if !round.deposit_body.is_empty() {
            let _ = write!(text, "\n  transmis le {} à {}", round.submitted_on, round.deposit_body);
        }
        if round.phase() == v1::ContractPhase::Incomplete {
            // What it asked for is below, with what everybody wrote.
            let _ = write!(text, "\n  délai suspendu depuis le {}", round.asked_on);
        }
        if let Some(said) = decision(round) {
            let _ = write!(text, "\n  {said}");
        }
        let of_round = |said: &&v1::ContractSaid| said.round == round.number;
        for said in now.said.iter().filter(of_round) {
            let _ = write!(text, "\n  {}", said_of(said));
        }
        told_by_the_law(&round.verdicts, &mut text);
    }
    if let Some(end) = &now.end {
        ended(&mut text, end, now.life(), as_of);
    }
    if let Some(of) = &now.funding {
        funding(&mut text, of);
    }
    if !now.due.is_empty() {
        text.push_str("\n\nà faire :");
    }
    for due in &now.due {
        let _ = write!(text, "\n  {}", due_of(due));
    }
    text
}

/// Who has signed, and who has not.
fn signatures(text: &mut String, round: &v1::ContractRound, said: &[v1::ContractSaid]) {
    use v1::ContractPhase as P;
    let of_round = |one: &&v1::ContractSaid| one.round == round.number;
    // Once the form is opened again, everybody is asked anew.
    let is_last = |one: &&v1::ContractSaid| {
        matches!(one.r#type.as_str(), "SignatureRefused" | "FormReopened")
    };
    let refusal = said.iter().filter(of_round).rfind(is_last);
    let refused = refusal.filter(|one| one.r#type == "SignatureRefused").map(|one| one.party);
    // On paper nobody is asked one by one.
    if round.signers.is_empty() && !round.signed_on.is_empty() {
        let _ = write!(text, "\n  toutes les parties ont signé sur papier le {}", round.signed_on);
    }
    for signer in &round.signers {
        let signed = round.signatures.iter().find(|one| one.party == signer.party);
        let told = match (signed, round.phase()) {
            (Some(one), _) => {
                let (on, level) = (&one.signed_on, level(one.level()));
                format!("a signé le {on} ({level}), preuve {}", one.digest)
            }
            (None, P::Signing) => "n'a pas encore signé".to_owned(),
            (None, P::SignatureRefused | P::Withdrawn) if refused == Some(signer.party) => {
                "a refusé de signer".to_owned()
            }
            (None, _) => "n'a pas signé".to_owned(),
        };
        let _ = write!(text, "\n  {} {told}", party(signer.party));
    }
}

/// By when something is due, and what.
fn due_of(due: &v1::ContractDue) -> String {
    let said = due.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
    // It is no day on which something is due: it is the last on which something is allowed.
    let allowed = said.strip_prefix("Jusque-là, ");
    let by = match (due.earliest_on.as_str(), due.by.as_str(), allowed) {
        (_, "", _) => "dès que possible".to_owned(),
        ("", by, None) => format!("au plus tard le {by}"),
        ("", by, Some(_)) => format!("jusqu'au {by}"),
        (earliest, by, None) => format!("entre le {earliest} et le {by}"),
        (earliest, by, Some(_)) => format!("jusqu'à un jour entre le {earliest} et le {by}"),
    };
    format!("{by} : {} ({})", allowed.unwrap_or(said), due.article)
}

/// Where the decision of the deposit body is, on the day that was asked for.
fn decision(round: &v1::ContractRound) -> Option<String> {
    use v1::DepositDecision as D;
    let by = &round.decide_by;
    match round.decision() {
        D::Due => Some(format!("décision au plus tard le {by}{}", counted(round))),
        D::SilentAcceptance => {
            Some(format!("silence depuis le {} : accepté{}", day_after(by), counted(round)))
        }
        D::SilentRefusal => {
            Some(format!("silence depuis le {} : refusé{}", day_after(by), counted(round)))
        }
        D::Taken if round.phase() == v1::ContractPhase::DepositRefused => {
            Some(format!("refusé le {}", round.decided_on))
        }
        D::Taken => {
            Some(format!("déposé le {}, numéro {}", round.decided_on, given(&round.deposit_number)))
        }
        D::Stopped | D::NotAsked | D::Unspecified => None,
    }
}

/// From which day the deposit body's days count, when it is not the one that was said.
fn counted(round: &v1::ContractRound) -> String {
    match round.counted_from.as_str() {
        from if from.is_empty() || from == round.complete_on => String::new(),
        from => format!(" (délai compté du {from}, jour de l'enregistrement)"),
    }
}

/// A number, which goes with the person.
fn given(number: &str) -> &str {
    if number.is_empty() { "(effacé)" } else { number }
}

/// What somebody wrote when they acted.
fn said_of(said: &v1::ContractSaid) -> String {
    let what = match said.r#type.as_str() {
        "SignatureRefused" => format!("{} a refusé de signer", party(said.party)),
        "FormReopened" => "formulaire rouvert".to_owned(),
        "SignedOnPaper" => "signé sur papier, attestation".to_owned(),
        "DraftWithdrawn" => "projet abandonné".to_owned(),
        "DepositFoundIncomplete" => "pièce demandée".to_owned(),
        "DepositRefused" => "dépôt refusé".to_owned(),
        "ContractSuspended" => "contrat suspendu".to_owned(),
        "ContractCancelled" => "contrat annulé".to_owned(),
        other => other.to_owned(),
    };
    format!("{what} le {} : {}", said.on, or_erased(&said.text, said.erased))
}

pub(super) fn funding(text: &mut String, of: &v1::ContractFunding) {
    let euros = |cents: u64| format!("{},{:02} €", cents / 100, cents % 100);
    let _ = write!(text, "\n\nfinancement : {}", days(of.funded_days));
    if of.deposit_refused {
        text.push_str(", le dépôt est refusé");
    }
    if let (Some(yearly), Some(ceiling)) = (of.yearly_cents, of.ceiling_cents) {
        let (yearly, ceiling) = (euros(yearly.into()), euros(ceiling));
        let _ = write!(text, ", {yearly} par an, soit {ceiling} au plus");
    }
    for one in &of.invoices {
        let (first, last) = (&one.first_on, &one.last_on);
        let _ = write!(
            text,
            "\n  facture {} du {first} au {last} : {}",
            one.number,
            euros(one.cents.into())
        );
    }
    if of.days_after_end > 0 {
        let after = days_invoiced(of.days_after_end);
        let _ = write!(text, "\n  {after} après la fin du contrat");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v1::{ContractPhase, Party};

    fn asked(phase: ContractPhase) -> v1::ContractRound {
        let signer =
            |party: Party| v1::ContractSigner { party: party.into(), ..Default::default() };
        v1::ContractRound {
            phase: phase.into(),
            signers: vec![signer(Party::Employer), signer(Party::Apprentice)],
            ..Default::default()
        }
    }

    fn said(kind: &str, party: Party) -> v1::ContractSaid {
        v1::ContractSaid { r#type: kind.to_owned(), party: party.into(), ..Default::default() }
    }

    #[test]
    fn who_has_not_signed_may_have_refused_or_signed_on_paper() {
        let refused = [said("SignatureRefused", Party::Apprentice)];
        let reopened = [refused[0].clone(), said("FormReopened", Party::Unspecified)];
        for (phase, said, employer, apprentice) in [
            (ContractPhase::Signing, &refused[..0], "n'a pas encore signé", "n'a pas encore signé"),
            (ContractPhase::SignatureRefused, &refused, "n'a pas signé", "a refusé de signer"),
            (ContractPhase::Withdrawn, &refused, "n'a pas signé", "a refusé de signer"),
            (ContractPhase::Withdrawn, &reopened, "n'a pas signé", "n'a pas signé"),
        ] {
            let mut text = String::new();
            signatures(&mut text, &asked(phase), said);
            let expected = format!("\n  l'employeur {employer}\n  l'apprenti {apprentice}");
            assert_eq!(text, expected, "{phase:?}");
        }
        let (mut text, signed_on) = (String::new(), "2026-09-01".to_owned());
        let paper = v1::ContractRound { signed_on, ..Default::default() };
        signatures(&mut text, &paper, &[]);
        assert_eq!(text, "\n  toutes les parties ont signé sur papier le 2026-09-01");
    }

    #[test]
    fn from_when_a_body_has_to_decide_is_told_where_that_was_recorded_later() {
        let mut round = v1::ContractRound {
            decision: v1::DepositDecision::Due.into(),
            decide_by: "2026-12-18".to_owned(),
            complete_on: "2026-11-20".to_owned(),
            counted_from: "2026-11-28".to_owned(),
            ..Default::default()
        };
        assert_eq!(
            decision(&round).unwrap(),
            "décision au plus tard le 2026-12-18 (délai compté du 2026-11-28, jour de l'enregistrement)"
        );
        round.complete_on.clone_from(&round.counted_from);
        assert_eq!(decision(&round).unwrap(), "décision au plus tard le 2026-12-18");
    }

    #[test]
    fn what_is_allowed_until_a_day_is_not_due_on_it() {
        let fr = "Jusque-là, chaque partie peut rompre.".to_owned();
        let mut due = v1::ContractDue {
            by: "2026-12-05".to_owned(),
            article: "L6222-18".to_owned(),
            text: Some(v1::Text { fr, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(due_of(&due), "jusqu'au 2026-12-05 : chaque partie peut rompre. (L6222-18)");
        due.earliest_on = "2026-11-20".to_owned();
        let until = "jusqu'à un jour entre le 2026-11-20 et le 2026-12-05 : chaque";
        assert!(due_of(&due).starts_with(until), "{}", due_of(&due));
    }
}
