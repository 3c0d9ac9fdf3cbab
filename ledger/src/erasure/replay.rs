//! Erasures ended at opening, before anything is read: those that were interrupted, and those
//! of which an older copy of the log or of the keys knows nothing.

use super::find::{Wanted, find};
use super::register::{Entry, entry_at};
use crate::disk::Disk;
use crate::error::LedgerError;
use crate::journal::{Journal, Witness};
use crate::quarantine::Quarantine;
use crate::record::Content;
use crate::vault::{Finished, Vault};
use domain::ids::Position;
use std::sync::Arc;

/// Does what is missing of the erasures at those positions of the log, and of those that only the
/// key store knows. Gives how many erasures were done again.
///
/// # Errors
/// When the log or the keys cannot be read or written: then nothing may be read.
pub(crate) fn replay(
    journal: &dyn Journal,
    vault: &Arc<Vault>,
    quarantine: &Quarantine,
    disk: &dyn Disk,
    register: &[Position],
) -> Result<usize, LedgerError> {
    let mut entries = Vec::with_capacity(register.len());
    for position in register {
        entries.extend(entry_at(journal, *position)?);
    }
    let witnesses = vault.witnesses();
    let older = !vault.newest_are_destroyed()? || !hold(journal, &witnesses)?;
    let pending: Vec<Entry> = entries
        .into_iter()
        .filter(|entry| older || vault.finished(entry.event).is_none())
        .collect();
    if pending.is_empty() && !older {
        return Ok(0);
    }
    tracing::warn!(
        erasures = pending.len(),
        older,
        "erasures are done again before anything is read: they were interrupted, or an older copy \
         of the log or of the keys was put back"
    );
    for entry in &pending {
        vault.fence(&entry.subjects, entry.position, entry.event)?;
    }
    // Those whose event this log has not come last, under a number of their own.
    let mut wanted = Wanted { erasures: pending.len() + 1, ..Wanted::default() };
    if older {
        wanted.subjects.extend(vault.fenced().into_iter().map(|id| (id, pending.len())));
    }
    for (number, entry) in pending.iter().enumerate() {
        wanted.subjects.extend(entry.subjects.iter().map(|id| (*id, number)));
    }
    let found = find(journal, vault, &wanted)?;
    quarantine.erase(&found.words, disk)?;
    vault.destroy(&wanted.subjects.keys().copied().collect::<Vec<_>>())?;
    let wiped = journal.erase(&found.sections)?;
    let done = pending.iter().zip(&found.shares).map(|(entry, share)| Finished {
        position: entry.position,
        event: entry.event,
        sections: share.sections,
        digest: share.digest(),
    });
    let mut now = wiped.witnesses;
    if older {
        // All who are fenced were looked for: where nothing was erased, a witness is of another log.
        let is_there = |known: &Witness| now.iter().any(|new| new.file == known.file);
        let stale = witnesses.iter().filter(|known| is_of(journal, known) && !is_there(known));
        let none: Vec<Witness> = stale.map(|known| Witness::none(known.file)).collect();
        now.extend(none);
    }
    vault.finish(&done.collect::<Vec<_>>(), &now)?;
    Ok(pending.len())
}

/// Whether the log goes as far as the file of a witness. One that ends before, since an older copy
/// of it was put back, has nothing there that could be read.
fn is_of(journal: &dyn Journal, witness: &Witness) -> bool {
    witness.file <= journal.head().position.0
}

/// Whether every witness of the log's files is erased in it.
fn hold(journal: &dyn Journal, witnesses: &[Witness]) -> Result<bool, LedgerError> {
    for witness in witnesses.iter().filter(|witness| is_of(journal, witness)) {
        let before = Position(witness.position.0.saturating_sub(1));
        let record = journal.read_after(before, 1)?.pop();
        let section =
            record.as_ref().and_then(|record| record.sections.get(usize::from(witness.section)));
        if section != Some(&Content::Erased) {
            return Ok(false);
        }
    }
    Ok(true)
}
