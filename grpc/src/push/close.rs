//! The end of a run: what vanished is judged, then one event says all of it.

use super::apply::Applied;
use super::dossiers::{Declared, Known, short};
use super::outcome::{Outcome, RowReport};
use super::registry::{NAMED_ONLY, NOT_SEEN, Registry};
use domain::enrolment::{Establishment, Stated};
use domain::ids::StreamKey;
use domain::runs::{
    Disappearances, EstablishmentRows, Extent, HELD_CHANGES_MAX, HeldChange, HoldReason,
    LEFT_BEHIND_MAX, PushRunClosed, RunCounts, RunDeclaration, Seen, Within, judge_disappearances,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// SHA-256 over the keyed digests of the rows, in the order of their ranks.
pub(super) fn digest<'a>(rows: impl IntoIterator<Item = &'a [u8; 16]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(row);
    }
    hash.finalize().into()
}

/// What a run whose rows are all answered no longer has, and what is to become
/// of it.
#[derive(Debug)]
pub(super) struct Plan {
    /// What disappeared, sorted.
    pub(super) changes: Vec<HeldChange>,
    /// Why it is held, if it is.
    pub(super) hold: Option<HoldReason>,
    /// For whose dossiers it speaks.
    within: Within,
}

impl Plan {
    /// `registry` has folded the log up to the last row of the run.
    pub(super) fn new(
        registry: &Registry,
        run: &RunDeclaration,
        rows: &[RowReport],
        within: Within,
    ) -> Self {
        let closing = Closing::new(registry, run, rows, &within);
        let mut changes = closing.vanished();
        let unseen = closing.unseen();
        let hold = closing.judge(&changes, unseen.len());
        changes.extend(unseen.into_iter().map(|stream| HeldChange { stream, vanished: None }));
        changes.sort_by_key(|change| (change.stream, change.vanished));
        if hold.is_some() {
            changes.truncate(HELD_CHANGES_MAX);
        }
        Self { changes, hold, within }
    }

    /// The changes to apply now.
    pub(super) fn to_apply(&self) -> &[HeldChange] {
        if self.hold.is_some() { &[] } else { &self.changes }
    }
}

/// The event that closes the run, once its plan was applied.
pub(super) fn finish(
    registry: &Registry,
    run: &RunDeclaration,
    rows: &[RowReport],
    plan: Plan,
    applied: &Applied,
) -> PushRunClosed {
    let closing = Closing::new(registry, run, rows, &plan.within);
    PushRunClosed {
        declaration: run.clone(),
        counts: closing.counts(applied),
        digest: digest(rows.iter().map(|row| &row.digest)),
        establishments: closing.establishments(),
        seen: closing.seen(plan.hold.is_none(), applied),
        held: if plan.hold.is_some() { plan.changes } else { Vec::new() },
        hold: plan.hold,
        within: plan.within,
    }
}

struct Closing<'a> {
    registry: &'a Registry,
    run: &'a RunDeclaration,
    /// One a row, by rank.
    rows: &'a [RowReport],
    /// The known dossiers that a row names.
    named: BTreeSet<StreamKey>,
    /// For whose dossiers the run speaks: of the others it says nothing.
    within: &'a Within,
}

impl<'a> Closing<'a> {
    fn new(
        registry: &'a Registry,
        run: &'a RunDeclaration,
        rows: &'a [RowReport],
        within: &'a Within,
    ) -> Self {
        let named = rows.iter().filter_map(|row| row.stream).collect();
        Self { registry, run, rows, named, within }
    }

    /// Whether this is the newest full run so far that speaks for a dossier: only it tells that it is
    /// gone.
    fn is_newest_for(&self, known: &Known) -> bool {
        self.run.extent == Extent::Full
            && self.registry.is_newest_for(known, self.within, self.run.extracted_at)
    }

    fn vanished(&self) -> Vec<HeldChange> {
        if self.run.extent == Extent::Partial {
            return Vec::new();
        }
        let changes: BTreeSet<_> = self
            .rows
            .iter()
            .filter_map(|row| Some((row.stream?, &row.vanished)))
            .flat_map(|(stream, vanished)| vanished.iter().map(move |event| (stream, *event)))
            .collect();
        changes
            .into_iter()
            .map(|(stream, event)| HeldChange { stream, vanished: Some(event) })
            .collect()
    }

    /// Known dossiers in training that the newest full run did not see. One
    /// that a first, cut-short attempt of this run stopped is still of them.
    fn unseen(&self) -> Vec<StreamKey> {
        let mut unseen: Vec<StreamKey> = self
            .registry
            .dossiers()
            .filter(|known| {
                !self.named.contains(&known.key)
                    && self.is_current(known)
                    && known.seen_at < self.run.extracted_at
                    && self.is_newest_for(known)
            })
            .map(|known| known.key)
            .collect();
        unseen.sort_unstable();
        unseen
    }

    fn is_current(&self, known: &Known) -> bool {
        known.in_training_at(self.run.extracted_at)
            && known.stopped_by.is_none_or(|by| by == self.run.id)
    }

    fn judge(&self, vanished: &[HeldChange], unseen: usize) -> Option<HoldReason> {
        let vanished_dossiers = vanished.iter().map(|c| c.stream).collect::<BTreeSet<_>>().len();
        let left_behind = self.left_behind(&HashSet::new()).count();
        if vanished_dossiers + unseen == 0 && left_behind <= LEFT_BEHIND_MAX {
            return None;
        }
        let registry = self.registry;
        let known = |what| self.named.iter().map(|stream| registry.count(*stream, what)).sum();
        let gone = |what| {
            let of = |c: &&HeldChange| {
                c.vanished.and_then(|event| registry.declared(c.stream, event)) == Some(what)
            };
            vanished.iter().filter(of).count()
        };
        judge_disappearances(&Disappearances {
            complete: self.is_complete(),
            known_dossiers: registry
                .dossiers()
                .filter(|known| {
                    known.declared_by != Some(self.run.id)
                        && self.is_current(known)
                        && self.within.has(known.trainer.now())
                })
                .count(),
            vanished_dossiers,
            unseen,
            left_behind: left_behind.saturating_sub(unseen),
            ruptures_known: known(Declared::Rupture),
            ruptures_vanished: gone(Declared::Rupture),
            exclusions_known: known(Declared::Exclusion),
            exclusions_vanished: gone(Declared::Exclusion),
        })
    }

    /// Every announced row came, and every refused one says whose it is: one that cannot be
    /// dated, of a learner that nobody knows yet, makes no known learner unseen.
    fn is_complete(&self) -> bool {
        let came = u32::try_from(self.rows.len()).ok();
        let refused = |row: &RowReport| row.outcome == Outcome::Refused && row.nameless;
        self.run.rows == came && !self.rows.iter().any(refused)
    }

    fn counts(&self, applied: &Applied) -> RunCounts {
        let of = |outcome| count(self.rows.iter().filter(|row| row.outcome == outcome).count());
        RunCounts {
            received: count(self.rows.len()),
            written: of(Outcome::Written),
            unchanged: of(Outcome::Unchanged),
            stale: of(Outcome::Stale),
            held: of(Outcome::Held),
            refused: of(Outcome::Refused),
            unseen: count(applied.stopped.len()),
            vanished: applied.retracted,
        }
    }

    fn establishments(&self) -> Vec<EstablishmentRows> {
        let mut rows: BTreeMap<(String, String), (Establishment, u32)> = BTreeMap::new();
        for trainer in self.rows.iter().filter_map(|row| row.trainer.as_ref()) {
            let key = (trainer.uai.to_string(), trainer.siret.to_string());
            rows.entry(key).or_insert_with(|| (Establishment::clone(trainer), 0)).1 += 1;
        }
        rows.into_values()
            .map(|(establishment, rows)| EstablishmentRows { establishment, rows })
            .collect()
    }

    /// The known dossiers that this run is the first not to have, but for those stopped.
    fn left_behind(&self, stopped: &HashSet<StreamKey>) -> impl Iterator<Item = StreamKey> {
        let left = |known: &&Known| {
            !known.absent
                && !self.named.contains(&known.key)
                && !stopped.contains(&known.key)
                && self.is_newest_for(known)
        };
        self.registry.dossiers().filter(left).map(|known| known.key)
    }

    /// The dossiers to list; see [`super::registry`] for what a listing means.
    fn seen(&self, applies: bool, applied: &Applied) -> Vec<Seen> {
        let rows = self.rows.iter().filter_map(|row| {
            let stream = row.stream?;
            let stated = match row.outcome {
                Outcome::Written => return None,
                Outcome::Unchanged | Outcome::Stale => row.stated?,
                Outcome::Held | Outcome::Refused => NAMED_ONLY,
            };
            let by_definition = |known: &Known| !known.absent && self.is_newest_for(known);
            let implied = applies
                && stated == Stated::Everything
                && self.registry.known(stream).is_some_and(by_definition);
            (!implied).then_some(Seen { stream: short(stream), stated })
        });
        let mut seen: Vec<Seen> = rows.collect();
        if applies {
            let left_behind = self.left_behind(&applied.stopped);
            seen.extend(left_behind.map(|known| Seen { stream: short(known), stated: NOT_SEEN }));
        }
        seen.sort_by_key(|seen| seen.stream);
        seen
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
