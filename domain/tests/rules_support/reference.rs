//! A naive reference: the nine rules of `docs/rules-of-status.md` one after the
//! other over a list of days, as a reader would do with a calendar. Slow, and
//! written from the text, not from the walk that it judges.

use chrono::NaiveDate;
use domain::rules::{ContractSpan, RuleSet, Status, StatusFacts, Step, Trajectory};

/// The trajectory, day by day.
pub fn trajectory(facts: &StatusFacts, rules: RuleSet) -> Trajectory {
    let days = horizon(facts);
    let mut statuses = vec![Status::Inscrit; days.len()];
    contract_days(facts, &days, &mut statuses);
    let covered: Vec<bool> = statuses.iter().map(|s| *s == Status::Apprenti).collect();
    absences(&covered, &mut statuses);
    exclusion(facts, &days, &mut statuses);
    if rules == RuleSet::R3 {
        tolerance(facts, &days, &mut statuses);
    }
    last_day(facts, rules, &mut statuses);
    compress(&days, &statuses)
}

/// Rule 1.
fn horizon(facts: &StatusFacts) -> Vec<NaiveDate> {
    let starts = facts.contracts.iter().map(|c| c.start_on);
    let first = starts.chain([facts.entry_on]).min().unwrap();
    first.iter_days().take_while(|day| *day <= facts.end_on).collect()
}

/// Rule 3's last day of one contract.
fn last_effective(contract: &ContractSpan, facts: &StatusFacts) -> NaiveDate {
    if let Some(broken) = contract.broken_on {
        return broken.pred_opt().unwrap();
    }
    contract.end_on.unwrap_or(facts.end_on)
}

/// Rule 3.
fn contract_days(facts: &StatusFacts, days: &[NaiveDate], statuses: &mut [Status]) {
    for contract in &facts.contracts {
        for (day, status) in days.iter().zip(statuses.iter_mut()) {
            if contract.start_on <= *day && *day <= last_effective(contract, facts) {
                *status = Status::Apprenti;
            }
        }
    }
}

/// Rule 5; an exclusion is painted over it afterwards.
fn absences(covered: &[bool], statuses: &mut [Status]) {
    let mut count = 0;
    let mut had_one = false;
    for (covered, status) in covered.iter().zip(statuses.iter_mut()) {
        if *covered {
            had_one = true;
            count = 0;
            continue;
        }
        count += 1;
        *status = match (had_one, count) {
            (false, 1..=90) => Status::Inscrit,
            (true, 1..=180) => Status::Rupturant,
            _ => Status::Abandon,
        };
    }
}

/// Rule 4.
fn exclusion(facts: &StatusFacts, days: &[NaiveDate], statuses: &mut [Status]) {
    for (day, status) in days.iter().zip(statuses.iter_mut()) {
        if facts.excluded_on.is_some_and(|from| from <= *day) {
            *status = Status::Abandon;
        }
    }
}

/// Rule 6, or R2's "last contract".
fn terminal(facts: &StatusFacts, rules: RuleSet) -> Option<ContractSpan> {
    let mut candidates = facts.contracts.clone();
    candidates.sort_by_key(|contract| {
        let key =
            if rules == RuleSet::R2 { contract.start_on } else { last_effective(contract, facts) };
        (key, contract.broken_on.is_some())
    });
    candidates.pop()
}

/// Rule 7.
fn tolerance(facts: &StatusFacts, days: &[NaiveDate], statuses: &mut [Status]) {
    let Some(terminal) = terminal(facts, RuleSet::R3) else { return };
    let last = last_effective(&terminal, facts);
    if facts.excluded_on.is_some()
        || terminal.broken_on.is_some()
        || (facts.end_on - last).num_days() > 60
    {
        return;
    }
    for (day, status) in days.iter().zip(statuses.iter_mut()) {
        if *day > last && matches!(status, Status::Inscrit | Status::Rupturant) {
            *status = Status::FinDeFormation;
        }
    }
}

/// Rule 8, or R1's "always".
fn last_day(facts: &StatusFacts, rules: RuleSet, statuses: &mut [Status]) {
    let Some(last) = statuses.last_mut() else { return };
    let natural = facts.excluded_on.is_none()
        && terminal(facts, rules).is_some_and(|contract| contract.broken_on.is_none());
    if rules == RuleSet::R1 || natural || *last == Status::Apprenti || *last == Status::Inscrit {
        *last = Status::FinDeFormation;
    }
}

/// Rule 9.
fn compress(days: &[NaiveDate], statuses: &[Status]) -> Trajectory {
    let mut steps: Vec<Step> = Vec::new();
    for (from, status) in days.iter().zip(statuses) {
        if steps.last().map(|step| step.status) != Some(*status) {
            steps.push(Step { from: *from, status: *status });
        }
    }
    Trajectory(steps)
}
