//! A person counts once a day: which of the enrolments of one person stands for
//! them on each day.
//!
//! In this order: the one that is APPRENTI; else the one that is RUPTURANT or
//! INSCRIT; else FIN_DE_FORMATION; else ABANDON. Among equals the later entry
//! in the session, then RUPTURANT before INSCRIT (somebody had a contract), then
//! the smaller UAI and certification. So somebody who leaves one CFA for another
//! is never an abandon while the other one trains them, and two sources that
//! declare one training count once. The stream key, which differs from one
//! ledger to the next, decides last and changes no figure.

use super::cell::Cell;
use super::dossier::Segment;
use chrono::NaiveDate;
use domain::ids::StreamKey;
use domain::rules::Status;
use std::cmp::Reverse;

/// One enrolment of a person and its counted days.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) key: StreamKey,
    pub(super) entry_on: NaiveDate,
    pub(super) segments: &'a [Segment],
}

/// Smaller is preferred.
const fn rank(status: Status) -> u8 {
    match status {
        Status::Apprenti => 0,
        Status::Rupturant | Status::Inscrit => 1,
        Status::FinDeFormation => 2,
        Status::Abandon => 3,
    }
}

/// For each candidate, the days on which it stands for the person.
pub(super) fn choose(candidates: &[Candidate<'_>]) -> Vec<Vec<Segment>> {
    if let [alone] = candidates {
        return vec![alone.segments.to_vec()];
    }
    let mut chosen = vec![Vec::<Segment>::new(); candidates.len()];
    let all = || candidates.iter().flat_map(|candidate| candidate.segments);
    let mut bounds: Vec<i32> = all().flat_map(|segment| [segment.from, segment.until]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    for days in bounds.windows(2) {
        let &[from, until] = days else { continue };
        let Some((winner, segment)) = best(candidates, from) else { continue };
        let Some(list) = chosen.get_mut(winner) else { continue };
        match list.last_mut() {
            Some(last) if continues(last, segment, from) => last.until = until,
            _ => list.push(Segment { from, until, ..*segment }),
        }
    }
    chosen
}

fn continues(last: &Segment, segment: &Segment, from: i32) -> bool {
    last.until == from && (last.status, last.cell) == (segment.status, segment.cell)
}

/// The enrolment that stands for the person on a day, and its days around it.
fn best<'a>(candidates: &[Candidate<'a>], day: i32) -> Option<(usize, &'a Segment)> {
    let on_day = candidates.iter().enumerate().filter_map(|(at, candidate)| {
        let begun = candidate.segments.partition_point(|segment| segment.from <= day);
        let segment = candidate.segments.get(begun.checked_sub(1)?)?;
        (day < segment.until).then_some((at, candidate, segment))
    });
    on_day
        .min_by_key(|(_, candidate, segment)| {
            let had_none = segment.status == Status::Inscrit;
            let Cell { site, cfd, rncp, .. } = segment.cell;
            let order = (rank(segment.status), Reverse(candidate.entry_on), had_none);
            (order, site, cfd, rncp, candidate.key)
        })
        .map(|(at, _, segment)| (at, segment))
}
