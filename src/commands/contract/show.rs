//! Where a contract is, in French.

use super::list::day_after;
use crate::commands::day;
use crate::console;
use crate::remote::{Server, answer, resource};
use chrono::NaiveDate;
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
        console::line(&report(&now))
    }
}

fn report(now: &v1::ContractWorkflow) -> String {
    let mut text = format!("{} : {} (version {})", now.name, life(now.life()), now.etag);
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
        for signer in &round.signers {
            let signed = round.signatures.iter().find(|one| one.party == signer.party);
            let said = match signed {
                Some(one) => {
                    let (on, level) = (&one.signed_on, level(one.level()));
                    format!("a signé le {on} ({level}), preuve {}", one.digest)
                }
                None => "n'a pas encore signé".to_owned(),
            };
            let _ = write!(text, "\n  {} {said}", party(signer.party()));
        }
        for one in &round.attachments {
            let _ = write!(text, "\n  pièce de {} octets, {}", one.bytes, one.digest);
        }
        if !round.deposit_body.is_empty() {
            let _ = write!(text, "\n  transmis le {} à {}", round.submitted_on, round.deposit_body);
        }
        if !round.asked_on.is_empty() {
            let (on, asked) = (&round.asked_on, &round.asked_for);
            let _ = write!(text, "\n  pièce demandée le {on}, délai suspendu : {asked}");
        }
        if let Some(said) = decision(round) {
            let _ = write!(text, "\n  {said}");
        }
        let of_round = |said: &&v1::ContractSaid| said.round == round.number;
        for said in now.said.iter().filter(of_round) {
            let _ = write!(text, "\n  {}", said_of(said));
        }
        told_by_the_law(round, &mut text);
    }
    if let Some(end) = &now.end {
        ended(end, &mut text);
    }
    if let Some(of) = &now.funding {
        funding(&mut text, of);
    }
    if !now.due.is_empty() {
        text.push_str("\n\nà faire :");
    }
    for due in &now.due {
        let by = match (due.earliest_on.as_str(), due.by.as_str()) {
            (_, "") => "dès que possible".to_owned(),
            ("", by) => format!("au plus tard le {by}"),
            (earliest, by) => format!("entre le {earliest} et le {by}"),
        };
        let said = due.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
        let _ = write!(text, "\n  {by} : {said} ({})", due.article);
    }
    text
}

/// What rules find to be wrong, and how many say nothing.
fn told_by_the_law(round: &v1::ContractRound, text: &mut String) {
    let mut undetermined = 0;
    for verdict in &round.verdicts {
        let word = match verdict.outcome() {
            v1::RuleOutcome::Refused => "contraire à la règle",
            v1::RuleOutcome::Warned => "à vérifier",
            v1::RuleOutcome::Undetermined => {
                undetermined += 1;
                continue;
            }
            v1::RuleOutcome::Holds | v1::RuleOutcome::Unspecified => continue,
        };
        let said = verdict.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
        let _ = write!(text, "\n  {word} : {said} ({}, {})", verdict.rule, verdict.article);
    }
    let _ = match undetermined {
        0 => Ok(()),
        1 => write!(text, "\n  1 règle ne peut pas être vérifiée"),
        _ => write!(text, "\n  {undetermined} règles ne peuvent pas être vérifiées"),
    };
}

/// Where the decision of the deposit body is, on the day that was asked for.
fn decision(round: &v1::ContractRound) -> Option<String> {
    use v1::DepositDecision as D;
    let by = &round.decide_by;
    match round.decision() {
        D::Due => Some(format!("décision au plus tard le {by}")),
        D::SilentAcceptance => Some(format!("silence depuis le {} : accepté", day_after(by))),
        D::SilentRefusal => Some(format!("silence depuis le {} : refusé", day_after(by))),
        D::Taken if round.phase() == v1::ContractPhase::DepositRefused => {
            Some(format!("refusé le {}", round.decided_on))
        }
        D::Taken => {
            Some(format!("déposé le {}, numéro {}", round.decided_on, given(&round.deposit_number)))
        }
        D::Stopped | D::NotAsked | D::Unspecified => None,
    }
}

/// A number, which goes with the person.
fn given(number: &str) -> &str {
    if number.is_empty() { "(effacé)" } else { number }
}

/// What somebody wrote when they acted.
fn said_of(said: &v1::ContractSaid) -> String {
    let what = match said.r#type.as_str() {
        "SignatureRefused" => format!("{} refuse de signer", party(said.party())),
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

fn or_erased(text: &str, erased: bool) -> String {
    if erased { "(effacé)".to_owned() } else { format!("« {text} »") }
}

fn ended(end: &v1::ContractEnd, text: &mut String) {
    let _ = match (end.practice_days_least, end.practice_days_most) {
        (Some(least), Some(most)) if least == most => {
            write!(text, "\n\nfin le {}, après {least} jours de pratique en entreprise", end.on)
        }
        (Some(least), Some(most)) => {
            write!(
                text,
                "\n\nfin le {}, après {least} à {most} jours de pratique en entreprise",
                end.on
            )
        }
        _ => write!(text, "\n\nfin le {}", end.on),
    };
    match end.diploma {
        Some(true) => text.push_str("\n  diplôme obtenu"),
        Some(false) => text.push_str("\n  diplôme non obtenu"),
        None => {}
    }
    for (title, on) in [
        ("l'autre partie informée par écrit", &end.notified_on),
        ("médiateur saisi", &end.mediator_on),
        ("employeur informé du départ", &end.informed_on),
    ] {
        if !on.is_empty() {
            let _ = write!(text, "\n  {title} le {on}");
        }
    }
    if end.cosigned {
        text.push_str("\n  signé aussi par le représentant légal");
    }
    if end.words_erased || !end.words.is_empty() {
        let _ = write!(text, "\n  écrit : {}", or_erased(&end.words, end.words_erased));
    }
    for right in &end.rights {
        let said = right.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
        let until = match right.until.as_str() {
            "" => String::new(),
            until => format!("jusqu'au {until} : "),
        };
        let _ = write!(text, "\n  droit : {until}{said} ({})", right.article);
    }
}

pub(super) fn funding(text: &mut String, of: &v1::ContractFunding) {
    let euros = |cents: u64| format!("{},{:02} €", cents / 100, cents % 100);
    let _ = write!(text, "\n\nfinancement : {} jours", of.funded_days);
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
        let _ = write!(text, "\n  {} jours facturés après la fin du contrat", of.days_after_end);
    }
}

pub(super) const fn life(life: v1::ContractLife) -> &'static str {
    use v1::ContractLife as L;
    match life {
        L::Unspecified => "?",
        L::Pending => "pas encore signé par tous",
        L::Running => "en cours",
        L::Suspended => "suspendu",
        L::Broken => "rompu",
        L::Completed => "achevé",
        L::Cancelled => "annulé",
    }
}

pub(super) const fn phase(phase: v1::ContractPhase) -> &'static str {
    use v1::ContractPhase as P;
    match phase {
        P::Unspecified => "?",
        P::Draft => "en cours de rédaction",
        P::Published => "publié, en attente de signatures",
        P::Signing => "signatures en cours",
        P::SignatureRefused => "signature refusée",
        P::Signed => "signé par toutes les parties",
        P::Submitted => "en cours d'instruction",
        P::Incomplete => "une pièce est demandée",
        P::Deposited => "déposé",
        P::DepositRefused => "dépôt refusé",
        P::Withdrawn => "abandonné",
    }
}

const fn party(party: v1::Party) -> &'static str {
    match party {
        v1::Party::Unspecified => "?",
        v1::Party::Employer => "l'employeur",
        v1::Party::Apprentice => "l'apprenti",
        v1::Party::Guardian => "le représentant légal",
        v1::Party::Cfa => "le CFA",
    }
}

const fn level(level: v1::SignatureLevel) -> &'static str {
    match level {
        v1::SignatureLevel::Unspecified => "?",
        v1::SignatureLevel::Demonstration => "démonstration",
        v1::SignatureLevel::Simple => "simple",
        v1::SignatureLevel::Advanced => "avancée",
        v1::SignatureLevel::Qualified => "qualifiée",
    }
}
