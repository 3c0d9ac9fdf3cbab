//! Which contract of the dossier a slot of a row speaks of.
//!
//! A v3 row names no contract: it has four slots. A slot's number is the
//! weakest sign (systems shift and permute them), so it decides last, and only
//! between contracts that could be one.

use super::blocks::Employer;
use super::events::{EnrolmentEvent, Fact};
use super::state::Contract;
use crate::dossier::DeclaredContract;
use chrono::NaiveDate;

/// For each contract of the row, the rank in `known` of the one that it speaks
/// of; `None` when it is new.
///
/// `events` are those of the stream (former start dates), `session_end` ends a
/// contract without a term.
pub(super) fn pair(
    known: &[Contract],
    events: &[EnrolmentEvent],
    row: &[DeclaredContract],
    session_end: NaiveDate,
) -> Vec<Option<usize>> {
    let mut pairs = Pairs { known, row, found: vec![None; row.len()] };
    pairs.by(|k, r| {
        let deposit = employer(k).and_then(|e| e.deposit_number.as_ref());
        deposit.is_some() && deposit == r.deposit_number.as_ref()
    });
    pairs.by(|k, r| {
        k.terms.start_on == r.start_on && siret(k).is_some() && siret(k) == row_siret(r)
    });
    pairs.by(|k, r| k.terms.start_on == r.start_on && k.terms.slot == r.slot);
    pairs.by(|k, r| k.terms.start_on == r.start_on);
    if pairs.is_done() {
        return pairs.found;
    }
    pairs.by(|k, r| same_employer(k, r) != Some(false) && started_before_on(events, k, r.start_on));
    pairs.by(|k, r| same_employer(k, r) == Some(true) && overlap(k, r, session_end));
    pairs.by(|k, r| {
        k.terms.slot == r.slot && same_employer(k, r) != Some(false) && overlap(k, r, session_end)
    });
    pairs.found
}

struct Pairs<'a> {
    known: &'a [Contract],
    row: &'a [DeclaredContract],
    found: Vec<Option<usize>>,
}

impl Pairs<'_> {
    fn is_done(&self) -> bool {
        self.found.iter().all(Option::is_some)
    }

    /// Pairs what is still unpaired on both sides and matches, the nearest
    /// start dates first, so that the order of slots never matters.
    fn by(&mut self, matches: impl Fn(&Contract, &DeclaredContract) -> bool) {
        while let Some((known, row)) = self.nearest(&matches) {
            self.found[row] = Some(known);
        }
    }

    fn nearest(
        &self,
        matches: &impl Fn(&Contract, &DeclaredContract) -> bool,
    ) -> Option<(usize, usize)> {
        let mut best: Option<(u64, usize, usize)> = None;
        for (row, declared) in self.row.iter().enumerate().filter(|(r, _)| self.found[*r].is_none())
        {
            for (known, contract) in self.known.iter().enumerate() {
                if self.found.contains(&Some(known)) || !matches(contract, declared) {
                    continue;
                }
                let apart = (contract.terms.start_on - declared.start_on).num_days().unsigned_abs();
                if best.is_none_or(|b| (apart, known, row) < b) {
                    best = Some((apart, known, row));
                }
            }
        }
        best.map(|(_, known, row)| (known, row))
    }
}

fn employer(contract: &Contract) -> Option<&Employer> {
    contract.employer.clear()
}

fn siret(contract: &Contract) -> Option<&str> {
    employer(contract).and_then(|e| e.siret.as_ref()).map(|s| s.text.as_str())
}

fn row_siret(row: &DeclaredContract) -> Option<&str> {
    row.siret.as_ref().map(|s| s.text.as_str())
}

/// Whether both employers are known and the same; `None` when one is unknown.
fn same_employer(known: &Contract, row: &DeclaredContract) -> Option<bool> {
    Some(siret(known)? == row_siret(row)?)
}

/// Whether the contract was once declared to start on that day.
fn started_before_on(events: &[EnrolmentEvent], contract: &Contract, day: NaiveDate) -> bool {
    events.iter().any(|event| match &event.fact {
        Fact::ContractDeclared { contract: id, terms, .. }
        | Fact::ContractAmended { contract: id, terms: Some(terms), .. } => {
            *id == contract.id && terms.start_on == day
        }
        _ => false,
    })
}

/// Whether the days of both contracts meet: a contract that was over when the
/// other began is another contract, even with the same employer.
fn overlap(known: &Contract, row: &DeclaredContract, session_end: NaiveDate) -> bool {
    let span = known.span();
    let first = (span.start_on, last_day(span.start_on, span.end_on, span.broken_on, session_end));
    let second = (row.start_on, last_day(row.start_on, row.end_on, row.rupture_on, session_end));
    first.0 <= second.1 && second.0 <= first.1
}

/// The last day of a contract. A rupture or an end that is not after the start
/// is doubtful and bounds nothing.
fn last_day(
    start: NaiveDate,
    end: Option<NaiveDate>,
    broken: Option<NaiveDate>,
    session_end: NaiveDate,
) -> NaiveDate {
    let broken = broken.filter(|first_day_without| *first_day_without > start);
    let end = end.filter(|end| *end >= start);
    broken.and_then(|day| day.pred_opt()).or(end).unwrap_or(session_end)
}
