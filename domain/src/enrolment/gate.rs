//! Which values of a row may still change the dossier.
//!
//! Runs of one source are ordered by their extraction time. For each value the
//! newest statement wins, whatever the order of arrival: a run that comes late
//! changes no value that a newer run stated, be it to change it or to say it
//! again (its settlement).

use super::events::{Provenance, Stated};
use super::state::Current;
use super::values::{Told, key_of_contract, key_of_declaration, mask_of_key};
use crate::dossier::{ContractColumn, Field};
use crate::ids::Instant;
use crate::runs::{BIT_WRITTEN_LATE, Settlement, bit_of_field};

/// One value, as the gate needs to know it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    key: u32,
    contract: Option<u16>,
    absence_speaks: bool,
}

impl Value {
    /// A value outside the contracts.
    pub(super) const fn field(bit: u32) -> Self {
        let absence_speaks = bit == bit_of_field(Field::DateExclusionFormation)
            || bit == bit_of_field(Field::CauseExclusionFormation);
        Self { key: bit, contract: None, absence_speaks }
    }

    /// A column of a contract.
    pub(super) fn column(ordinal: u16, column: ContractColumn) -> Self {
        let absence_speaks = matches!(column, ContractColumn::Rupture | ContractColumn::Cause);
        Self { key: key_of_contract(ordinal, column), contract: Some(ordinal), absence_speaks }
    }

    /// The words beside a date that is known: their absence says nothing.
    pub(super) const fn beside_a_date(self) -> Self {
        Self { absence_speaks: false, ..self }
    }
}

/// Judges the values of one row against what newer runs settled.
#[derive(Debug)]
pub(super) struct Gate<'a> {
    current: &'a Current,
    newer: Vec<Settlement>,
    /// The runs among them whose absences are not believed.
    held: &'a [Instant],
    /// The bits that the row states.
    pub(super) stated: u128,
    /// Whether a difference was left out because a newer run had settled it.
    pub(super) skipped: bool,
}

impl<'a> Gate<'a> {
    /// The gate of a row of that provenance; of the runs extracted at `held`,
    /// absences are held or rejected.
    pub(super) fn new(
        current: &'a Current,
        settled: &[Settlement],
        held: &'a [Instant],
        provenance: &Provenance,
    ) -> Self {
        let at = provenance.extracted_at;
        let newer = current.settled.iter().chain(settled).filter(|s| s.at > at).copied().collect();
        Self { current, newer, held, stated: 0, skipped: false }
    }

    /// Whether a newer run already spoke of the dossier.
    pub(super) fn is_late(&self) -> bool {
        !self.newer.is_empty()
    }

    /// Whether the row may change the value; `known` is whether it has one now.
    pub(super) fn admits(&self, value: Value, known: bool) -> bool {
        !self.newer.iter().any(|s| self.restates(s, value, known))
    }

    /// Notes that the row states the value and tells whether it is to be taken:
    /// it is told, it differs, and no newer run settled it.
    ///
    /// `said` is what the source itself last said, given when a person has
    /// changed the dossier since: a source that only repeats itself does not
    /// undo what a person corrected or withdrew.
    pub(super) fn takes<T: Told + PartialEq>(
        &mut self,
        value: Value,
        now: &T,
        said: Option<&T>,
        row: &T,
    ) -> bool {
        if !row.told() {
            return false;
        }
        self.stated |= mask_of_key(value.key);
        if now == row || said == Some(row) {
            return false;
        }
        let admitted = self.admits(value, now.told());
        self.skipped |= !admitted;
        admitted
    }

    /// Notes that the row states the value.
    pub(super) fn states(&mut self, value: Value) {
        self.stated |= mask_of_key(value.key);
    }

    /// What the row stated, for its events and for the run's memory.
    ///
    /// "Everything" is only said when it can be read back without doubt: no
    /// newer run spoke before, and no value was written late (a value that a
    /// late run wrote was not restated by the newer runs that did not know it).
    pub(super) fn summary(&self, known: u128) -> Stated {
        if self.is_late() {
            Stated::Only(self.stated | 1 << BIT_WRITTEN_LATE)
        } else if self.current.late.is_empty() && known & !self.stated == 0 {
            Stated::Everything
        } else {
            Stated::Only(self.stated)
        }
    }

    fn restates(&self, settlement: &Settlement, value: Value, known: bool) -> bool {
        if !known && value.absence_speaks && self.held.contains(&settlement.at) {
            return false;
        }
        match settlement.stated {
            // A contract beyond the bits counts as stated.
            Stated::Only(mask) => {
                let own = mask_of_key(value.key);
                own == 0 || mask & own != 0
            }
            Stated::Everything => {
                value.contract.is_none_or(|ordinal| self.knew(settlement, ordinal))
                    && if known {
                        !self.current.late.contains(&value.key)
                    } else {
                        settlement.full && value.absence_speaks
                    }
            }
        }
    }

    /// Whether the run that said "everything" could know the contract.
    fn knew(&self, settlement: &Settlement, ordinal: u16) -> bool {
        let key = key_of_declaration(ordinal);
        !self.current.late.contains(&key)
            && self.current.stamps.get(&key).is_some_and(|at| *at <= settlement.at)
    }
}
