//! Writing, publishing and signing a round.

use super::{Act, Decided, said};
use crate::cerfa::codes::ContractType;
use crate::contract::command::{Command, ContractError};
use crate::contract::conclude::Silence;
use crate::contract::event::{
    Attachment, AttachmentKind, Change, Changed, ContractEvent, Publication, Remarks, Sha256,
};
use crate::contract::judged::case_of;
use crate::contract::signing::{Evidence, Party, Signer};
use crate::contract::state::{Life, Phase};
use crate::enrolment::Opened;
use crate::law::{Case, Outcome, Verdict, judge};

impl Act<'_> {
    /// Writing, publishing and signing: not of a contract that is over.
    pub(super) fn of_writing(&self) -> Decided {
        if self.contract.life.is_over() {
            return Err(self.wrong_life());
        }
        match self.command {
            Command::Contribute(changes) => {
                self.is_in(&[Phase::Draft])?;
                self.contribute(changes)
            }
            Command::Attach(attachment) => {
                self.is_in(&[Phase::Draft])?;
                self.attach(attachment)
            }
            Command::Publish => {
                self.is_in(&[Phase::Draft])?;
                self.publish()
            }
            Command::Reopen(reason) => {
                if !matches!(self.silence(), Some((_, Silence::Refusal))) {
                    self.is_in(&[
                        Phase::Published,
                        Phase::Signing,
                        Phase::SignatureRefused,
                        Phase::DepositRefused,
                    ])?;
                }
                // The contract itself is not signed any more then, and nothing of it is suspended.
                if self.round.number == 0 && self.contract.life == Life::Suspended {
                    return Err(self.wrong_life());
                }
                Ok(vec![ContractEvent::Reopened { reason: said(reason, "a reason")? }])
            }
            Command::RequestSignatures { document, signers } => {
                self.is_in(&[Phase::Published])?;
                self.request(document, signers)
            }
            Command::Sign { party, evidence } => {
                self.is_in(&[Phase::Signing])?;
                self.sign(*party, evidence)
            }
            Command::RefuseSignature { party, reason } => {
                self.is_in(&[Phase::Signing])?;
                self.may_sign(*party)?;
                let reason = said(reason, "a reason")?;
                Ok(vec![ContractEvent::SignatureRefused { party: *party, reason }])
            }
            Command::SignOnPaper { scan, bytes, attestation } => {
                self.is_in(&[Phase::Published])?;
                // A paper may be older than what is written here of it, but not than what it amends.
                let before = self.contract.round_in_force_before(self.round.number, self.given.on);
                self.is_from(before.and_then(|round| round.signed_on))?;
                self.parties()?;
                let attestation = said(attestation, "an attestation")?;
                let (kind, digest, bytes) = (AttachmentKind::SignedPaper, *scan, *bytes);
                // The signed paper may be there from before, when the form was opened again.
                let scanned = self.attach(&Attachment { kind, digest, bytes }).unwrap_or_default();
                let signed = [
                    ContractEvent::SignedOnPaper { scan: *scan, attestation },
                    ContractEvent::FullySigned,
                ];
                Ok(scanned.into_iter().chain(signed).collect())
            }
            Command::Withdraw(reason) => {
                self.is_in(&[
                    Phase::Draft,
                    Phase::Published,
                    Phase::Signing,
                    Phase::SignatureRefused,
                ])?;
                Ok(vec![ContractEvent::Withdrawn { reason: said(reason, "a reason")? }])
            }
            _ => Err(self.wrong_phase()),
        }
    }

    fn contribute(&self, changes: &[Change]) -> Decided {
        let mut form = self.round.form.clone();
        let before = form.fields();
        let refused: Vec<_> = changes
            .iter()
            .filter_map(|change| form.set(&change.path, change.value.as_deref()).err())
            .collect();
        if !refused.is_empty() {
            return Err(ContractError::Fields(refused));
        }
        // What is written is the value as the form writes it, and only what is new.
        let changed =
            form.fields().into_iter().zip(before).filter(|(now, was)| now.value != was.value);
        let changes: Vec<Changed> = changed
            .map(|(now, _)| Changed { path: now.path, value: Opened::Clear(now.value) })
            .collect();
        Ok(if changes.is_empty() {
            Vec::new()
        } else {
            vec![ContractEvent::Contributed { changes }]
        })
    }

    pub(super) fn attach(&self, attachment: &Attachment) -> Decided {
        let same_bytes = |one: &&Attachment| one.digest == attachment.digest;
        let there = &self.round.attachments;
        let had = self.round.asked.as_ref().map_or(0, |asked| asked.attached);
        // The deposit body had it when it asked.
        if there.iter().take(had).any(|one| same_bytes(&one)) {
            return Err(ContractError::NoAnswer);
        }
        // Attached as something else, it may be said what it is.
        if there.iter().filter(same_bytes).any(|one| one.kind == attachment.kind) {
            return Err(ContractError::AttachedAlready);
        }
        Ok(vec![ContractEvent::Attached { attachment: *attachment }])
    }

    fn publish(&self) -> Decided {
        let missing = self.round.form.completeness().missing;
        if !missing.is_empty() {
            return Err(ContractError::Incomplete(
                missing.into_iter().map(|one| one.path).collect(),
            ));
        }
        let amends = self.round.form.terms.kind.map(ContractType::is_amendment);
        if amends.is_some_and(|amends| amends != (self.round.number > 0)) {
            return Err(ContractError::OtherKind);
        }
        let case = case_of(self.contract, self.round, self.given.previous, self.given.on);
        // A complete form says its day.
        let verdicts = judge(&case).unwrap_or_default();
        let refusing: Vec<&str> =
            verdicts.iter().filter(|one| one.refuses()).map(|one: &Verdict| one.rule.id).collect();
        if refusing.is_empty() {
            Ok(vec![ContractEvent::Published(publication(&case, &verdicts))])
        } else {
            Err(ContractError::Law(refusing))
        }
    }

    /// Who signs this round. A minor is represented who is one on the day that the form says or on that of the act:
    /// neither a day to come nor one that is over lets the representative out, whom the form names.
    fn parties(&self) -> Result<Vec<Party>, ContractError> {
        let form = &self.round.form;
        let minor = form.needs_guardian() || form.needs_guardian_on(Some(self.given.on));
        if minor && !form.guardian.is_named() {
            return Err(ContractError::Unrepresented);
        }
        Ok(Party::ALL.into_iter().filter(|party| minor || *party != Party::Guardian).collect())
    }

    fn request(&self, document: &Sha256, signers: &[Signer]) -> Decided {
        let parties = self.parties()?;
        let mut named: Vec<Party> = signers.iter().map(|signer| signer.party).collect();
        named.sort();
        if named != parties {
            return Err(ContractError::Signers(parties));
        }
        // Whoever signs twice would sign for another: no two have one key, one certificate, one account.
        for (rank, signer) in signers.iter().enumerate() {
            let is_alike = |other: &&Signer| {
                (&other.provider, &other.identity) == (&signer.provider, &signer.identity)
            };
            if let Some(other) = signers.iter().skip(rank + 1).find(is_alike) {
                return Err(ContractError::SameSigner(signer.party, other.party));
            }
        }
        let (document, signers) = (*document, signers.to_vec());
        Ok(vec![ContractEvent::SignaturesRequested { document, signers }])
    }

    /// Who is asked to sign for a party that has not.
    fn may_sign(&self, party: Party) -> Result<&Signer, ContractError> {
        let signer = self.round.signers.iter().find(|signer| signer.party == party);
        let signer = signer.ok_or(ContractError::NotAParty(party))?;
        if self.round.signed.iter().any(|signed| signed.party == party) {
            return Err(ContractError::SignedAlready(party));
        }
        Ok(signer)
    }

    fn sign(&self, party: Party, evidence: &Evidence) -> Decided {
        // First, so that whoever sends one again is told that, whatever became of the party.
        if self.contract.evidence.contains(&evidence.digest) {
            return Err(ContractError::Replayed);
        }
        let signer = self.may_sign(party)?;
        if (&signer.provider, &signer.identity) != (&evidence.provider, &evidence.identity) {
            return Err(ContractError::OtherSigner(party));
        }
        if self.round.document != Some(evidence.document) {
            return Err(ContractError::OtherDocument);
        }
        let mut events = vec![ContractEvent::Signed { party, evidence: evidence.clone() }];
        if self.round.signed.len() + 1 == self.round.signers.len() {
            events.push(ContractEvent::FullySigned);
        }
        Ok(events)
    }
}

/// What the rules did not confirm.
fn publication(case: &Case<'_>, verdicts: &[Verdict]) -> Publication {
    let ids = |is: fn(&Outcome) -> bool| {
        let those = verdicts.iter().filter(|one| is(&one.outcome));
        those.map(|one| one.rule.id.to_owned()).collect()
    };
    let remarks = Remarks {
        undetermined: ids(|outcome| matches!(outcome, Outcome::Undetermined(_))),
        // What refuses is not published.
        warned: ids(|outcome| matches!(outcome, Outcome::Broken(_))),
    };
    Publication { rules_of: case.judged_on().ok(), remarks: Some(Opened::Clear(remarks)) }
}
