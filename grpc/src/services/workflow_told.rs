//! Contracts whose workflow runs here, on the wire.

use super::house::{House, hex};
use super::workflow_said::{end, said};
use crate::convert::{answers, calendars, enums};
use crate::errors::{Failure, Reason};
use crate::{limits, names, times};
use chrono::NaiveDate;
use domain::cerfa::codes::LEVELS;
use domain::cerfa::{Form, JsonError, Refused};
use domain::contract::conclude::{Decision, decision};
use domain::contract::deadlines::{By, Due, due};
use domain::contract::funding::{Funding, funding, is_deposit_refused};
use domain::contract::judged::judged;
use domain::contract::{Asked, Attachment, AttachmentKind, Contract, DepositBody, Phase, Round};
use domain::enrolment::Opened;
use domain::ids::StreamKey;
use domain::law::{self, Case, Outcome, Previous, Rule, Severity, Verdict};
use domain::text::Text;
use ledger::LoadedContract;
use proto::v1 as wire;
use sha2::{Digest, Sha256};

/// What the law says of a form.
pub(super) fn checked(
    request: &wire::CheckContractRequest,
) -> Result<wire::CheckContractResponse, Failure> {
    let form = form("form", &request.form)?;
    let amended = match request.amended_form.as_str() {
        "" => None,
        text => Some(self::form("amended_form", text)?),
    };
    let ended = times::optional_day("previous_ended_on", &request.previous_ended_on)?;
    let level = match request.previous_level {
        0 => None,
        level => Some(level_of(level)?),
    };
    let previous = ended.map(|day| Previous {
        ended_on: Some(day),
        broken_by_others: request.previous_broken_by_others,
        level,
    });
    let case = Case {
        previous: previous.as_ref(),
        amended: amended.as_ref(),
        training_agreement: request.training_agreement,
        duration_agreement: request.duration_agreement,
        ..Case::of(&form)
    };
    let day = match times::optional_day("rules_of", &request.rules_of)? {
        Some(day) => day,
        None => case.judged_on().map_err(|_| undated())?,
    };
    let verdicts = law::table::judge_by_rules_of(&case, day);
    let completeness = form.completeness();
    Ok(wire::CheckContractResponse {
        rules_of: day.to_string(),
        percent: completeness.percent().into(),
        missing: completeness.missing.into_iter().map(|missing| missing.path).collect(),
        verdicts: verdicts.iter().filter_map(verdict).collect(),
    })
}

fn level_of(number: u32) -> Result<u8, Failure> {
    let level = u8::try_from(number).ok().filter(|level| LEVELS.contains(level));
    level.ok_or_else(|| {
        Failure::field(
            "previous_level",
            Text::new(
                "the level of a diploma is from 3 to 8; 0 when it is not known",
                "Le niveau d'un diplôme va de 3 à 8 ; 0 s'il n'est pas connu.",
            ),
        )
    })
}

fn form(field: &str, text: &str) -> Result<Form, Failure> {
    let refused = |text: Text| Failure::field(field, text);
    match Form::from_json(text) {
        Ok(imported) => Ok(imported.form),
        Err(JsonError::Form(text)) => Err(refused(text)),
        Err(JsonError::Fields(all)) => Err(refused(Refused::all(&all))),
        Err(JsonError::Syntax { line, column }) => Err(refused(Text::new(
            format!("not JSON at line {line}, column {column}"),
            format!("Ce n'est pas du JSON, ligne {line}, colonne {column}."),
        ))),
    }
}

fn undated() -> Failure {
    Failure::field(
        "form",
        Text::new(
            "the form says no day: terms.concluded_on or terms.start_on",
            "Le formulaire ne dit aucun jour : terms.concluded_on ou terms.start_on.",
        ),
    )
}

/// A rule's verdict, unless it is about other contracts.
fn verdict(verdict: &Verdict) -> Option<wire::RuleVerdict> {
    let rule = verdict.rule;
    let (outcome, more) = match &verdict.outcome {
        Outcome::NotConcerned => return None,
        Outcome::Holds => (wire::RuleOutcome::Holds, None),
        Outcome::Broken(more) if rule.severity == Severity::Refuse => {
            (wire::RuleOutcome::Refused, more.clone())
        }
        Outcome::Broken(more) => (wire::RuleOutcome::Warned, more.clone()),
        Outcome::Undetermined(unknown) => (wire::RuleOutcome::Undetermined, Some(unknown.text())),
    };
    Some(rule_verdict(rule, outcome, more))
}

/// What a rule says, on the wire: what it asks, and what there is to say of a contract.
pub(super) fn rule_verdict(
    rule: &Rule,
    outcome: wire::RuleOutcome,
    more: Option<Text>,
) -> wire::RuleVerdict {
    let (en, fr) = match more {
        Some(more) => (format!("{}: {}", rule.en, more.en), format!("{} {}", rule.fr, more.fr)),
        None => (rule.en.to_owned(), rule.fr.to_owned()),
    };
    wire::RuleVerdict {
        rule: rule.id.to_owned(),
        article: rule.article.to_owned(),
        outcome: outcome.into(),
        text: Some(wire::Text { en, fr }),
    }
}

/// The document that a request attaches.
pub(super) fn attachment(request: &wire::AttachDocumentRequest) -> Result<Attachment, Failure> {
    let kind = enums::document_kind("kind", request.kind)?;
    if kind == AttachmentKind::SignedPaper {
        return Err(Failure::field(
            "kind",
            Text::new(
                "the scan of the signed paper comes with SignContractOnPaper, and is not attached",
                "Le papier signé se joint en signant sur papier (SignContractOnPaper), pas comme une pièce.",
            ),
        ));
    }
    let (digest, bytes) = document(&request.content)?;
    Ok(Attachment { kind, digest, bytes })
}

/// The digest of a document and how many bytes it has: some, and not too many.
pub(super) fn document(content: &[u8]) -> Result<(domain::contract::Sha256, u64), Failure> {
    if content.is_empty() {
        let text = Text::new("the document is empty", "Le document est vide : il n'a aucun octet.");
        return Err(Failure::field("content", text));
    }
    if content.len() > limits::DOCUMENT_BYTES {
        let most = limits::DOCUMENT_BYTES;
        return Err(Failure::new(
            Reason::InvalidField,
            Text::new(
                format!("a document has at most {most} bytes"),
                format!("Un document compte {most} octets au plus."),
            ),
        ));
    }
    Ok((Sha256::digest(content).into(), content.len() as u64))
}

/// The digest that the caller says is not that of the scan.
pub(super) fn other_scan() -> Failure {
    Failure::field(
        "scan",
        Text::new(
            "scan is not the SHA-256 of content: send the digest of what you send, or none",
            "Le champ scan n'est pas l'empreinte SHA-256 de content : envoyez celle de ce que vous envoyez, ou aucune.",
        ),
    )
}

impl House {
    /// Where a contract is, and what the law says of it; the names are its own.
    pub(super) fn told_of_workflow(
        &self,
        name: &str,
        loaded: &LoadedContract,
        on: NaiveDate,
    ) -> Result<wire::ContractWorkflow, Failure> {
        let contract = StreamKey(names::contract("name", name)?.0);
        let previous = self.ledger.contract_before(contract, &loaded.state)?;
        Ok(workflow(name, loaded, previous.as_ref(), on))
    }
}

fn workflow(
    name: &str,
    loaded: &LoadedContract,
    previous: Option<&Previous>,
    on: NaiveDate,
) -> wire::ContractWorkflow {
    let state = &loaded.state;
    let last = state.rounds.len().saturating_sub(1);
    let rounds = state.rounds.iter().enumerate().map(|(rank, round)| {
        // Which time they are asked is the contract's, and said of the round that is under way.
        let request = if rank == last { state.requests } else { 0 };
        // A form that says no day is not judged yet.
        let verdicts = judged(state, round, previous, on).unwrap_or_default();
        let verdicts = verdicts.iter().filter_map(verdict).collect();
        wire::ContractRound { verdicts, ..self::round(round, request, on) }
    });
    wire::ContractWorkflow {
        name: name.to_owned(),
        etag: loaded.version.to_string(),
        enrolment: state.enrolment.map(names::of_enrolment).unwrap_or_default(),
        life: enums::of_life(state.life.word()).into(),
        rounds: rounds.collect(),
        due: due(state, on).iter().map(self::due_of).collect(),
        position: loaded.position.0,
        funding: funding(state, on).ok().map(|of| self::funding_of(state, &of, on)),
        end: end(state, on),
        calendar: state.calendar.as_ref().map(calendars::of),
        said: said(state),
    }
}

pub(super) fn funding_of(
    state: &Contract,
    of: &Funding,
    as_of: NaiveDate,
) -> wire::ContractFunding {
    let invoices = state.invoices.iter().map(|one| wire::ContractInvoice {
        number: one.number.clear().cloned().unwrap_or_default(),
        first_on: one.first_on.to_string(),
        last_on: one.last_on.to_string(),
        cents: one.amount.0,
    });
    wire::ContractFunding {
        yearly_cents: state.funding.map(|yearly| yearly.0),
        funded_days: of.funded_days,
        ceiling_cents: of.ceiling,
        invoiced_days: of.invoiced_days,
        days_after_end: of.days_after_end,
        invoiced_cents: of.invoiced,
        invoices: invoices.collect(),
        deposit_refused: is_deposit_refused(state, as_of),
    }
}

fn round(round: &Round, request: u16, on: NaiveDate) -> wire::ContractRound {
    let decision = decision(round, on);
    let completeness = round.form.completeness();
    let publication = round.publication.clone().unwrap_or_default();
    let remarks = publication.remarks.as_ref().and_then(Opened::clear).cloned().unwrap_or_default();
    wire::ContractRound {
        number: round.number.into(),
        phase: enums::of_phase(round.phase).into(),
        form: round.form.to_json(),
        percent: completeness.percent().into(),
        missing: completeness.missing.into_iter().map(|missing| missing.path).collect(),
        document: round.document.as_ref().map(hex).unwrap_or_default(),
        request: request.into(),
        signers: round
            .signers
            .iter()
            .map(|signer| wire::ContractSigner {
                party: enums::of_party(signer.party).into(),
                provider: signer.provider.clone(),
                identity: hex(&signer.identity),
            })
            .collect(),
        signatures: round
            .signed
            .iter()
            .map(|one| wire::ContractSignature {
                party: enums::of_party(one.party).into(),
                provider: one.evidence.provider.clone(),
                level: enums::of_level(one.evidence.level).into(),
                digest: hex(&one.evidence.digest),
                signed_on: one.on.to_string(),
            })
            .collect(),
        attachments: round
            .attachments
            .iter()
            .map(|one| wire::ContractAttachment {
                kind: enums::of_document_kind(one.kind).into(),
                digest: hex(&one.digest),
                bytes: one.bytes,
            })
            .collect(),
        deposit_body: match &round.body {
            Some(DepositBody::Opco(name) | DepositBody::State(name)) => name.clone(),
            None => String::new(),
        },
        rules_of: times::of_day(publication.rules_of),
        undetermined: remarks.undetermined,
        warned: remarks.warned,
        submitted_on: times::of_day(round.submitted_on),
        decided_on: times::of_day(round.decided_on),
        deposit_number: match &round.number_of_deposit {
            Some(Opened::Clear(number)) => number.clone(),
            _ => String::new(),
        },
        verdicts: Vec::new(),
        decide_by: decide_by(decision),
        asked_on: times::of_day(awaited(round).map(|asked| asked.on)),
        asked_for: asked_for(round),
        decision: enums::of_decision(decision).into(),
        signed_on: times::of_day(round.signed_on),
        complete_on: times::of_day(round.given_on),
        counted_from: times::of_day(round.complete_on),
    }
}

/// The last day on which the deposit body decides, while nobody has decided; empty while its clock stands still.
pub(super) fn decide_by(decision: Decision) -> String {
    times::of_day(match decision {
        Decision::Due(last) | Decision::Silent(last, _) => Some(last),
        Decision::NotAsked | Decision::Stopped | Decision::Taken(_) => None,
    })
}

/// What the deposit body asked for, while it waits for that: not once it has decided.
fn awaited(round: &Round) -> Option<&Asked> {
    round.asked.as_ref().filter(|_| round.phase == Phase::Incomplete)
}

/// The same, in words.
fn asked_for(round: &Round) -> String {
    let missing = awaited(round).and_then(|asked| asked.missing.clear());
    missing.cloned().unwrap_or_default()
}

pub(super) fn due_of(due: &Due) -> wire::ContractDue {
    let (earliest, by) = match due.by {
        By::Day(day) => (None, Some(day)),
        By::Between(earliest, latest) => (Some(earliest), Some(latest)),
        By::AtOnce => (None, None),
    };
    wire::ContractDue {
        id: due.kind.id.to_owned(),
        from: enums::of_due_from(due.kind.from).into(),
        earliest_on: times::of_day(earliest),
        by: times::of_day(by),
        article: due.article.to_owned(),
        text: Some(answers::text(due.kind.text())),
    }
}
