//! What those who write know of their events before anybody reads them.
//!
//! A writer hands over what its request says as soon as it is durable, and it
//! is noted once everything before it is. What nobody hands over is read from
//! the log. Both ways say the same: a build with debug assertions compares them.

use super::tail::source_hash;
use super::{Directory, Follower, Said, is_pushed, owner_of, record_at, said_by};
use crate::error::LedgerError;
use crate::journal::{Journal, Receipt};
use crate::vault::Vault;
use domain::ids::{Position, Source, StreamKey, Version};
use std::collections::BTreeMap;

/// What a request is about to write.
#[derive(Debug)]
pub(in crate::store) struct Written {
    /// The stream.
    pub(in crate::store) stream: StreamKey,
    /// The version that it was decided on.
    pub(in crate::store) after: Version,
    /// Who declared the stream.
    pub(in crate::store) declared_by: Source,
    /// Whose request it is.
    pub(in crate::store) source: Source,
    /// Who acted for the source.
    pub(in crate::store) actor: String,
    /// What its events say, in order.
    pub(in crate::store) said: Vec<Option<Said>>,
}

/// What is durable, and is noted once what comes before it is.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// By the position of the first event.
    durable: BTreeMap<u64, (Written, Receipt)>,
}

impl Waiting {
    /// Forgets what waits: the log has it too.
    pub(super) fn clear(&mut self) {
        self.durable.clear();
    }

    /// How many events are missing before the next one that is known.
    pub(super) fn gap_after(&self, read: Position) -> Option<usize> {
        let first = self.durable.keys().next()?;
        usize::try_from(first.saturating_sub(read.0 + 1)).ok()
    }
}

impl Written {
    /// Whether a receipt is of what was decided here. Of two requests at once
    /// under one id both get the receipt of the one that was written; what was
    /// decided of one request on one version is the same, on another it may not be.
    fn is_in(&self, receipt: &Receipt) -> bool {
        let first = receipt.lines.first().map(|line| line.version.0);
        receipt.stream.key == self.stream
            && first == Some(self.after.0 + 1)
            && receipt.lines.len() == self.said.len()
    }
}

impl Directory {
    /// Hands over what a request has written. Says whether it is
    /// noted: it is not while something before it is not known.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(in crate::store) fn hand_over(
        &self,
        written: Written,
        receipt: Receipt,
        journal: &dyn Journal,
        vault: &Vault,
    ) -> Result<bool, LedgerError> {
        let mut follower = self.follower();
        let last = receipt.last_position();
        // A request that was written before has been noted long ago.
        if let Some(line) = receipt.lines.first()
            && line.position > follower.read
            && written.is_in(&receipt)
        {
            follower.waiting.durable.insert(line.position.0, (written, receipt));
            self.take_waiting(&mut follower, journal, vault)?;
        }
        Ok(follower.read >= last)
    }

    /// Whether the log is followed up to a position.
    pub(in crate::store) fn has(&self, position: Position) -> bool {
        self.read() >= position
    }

    /// Notes what waits and follows what is noted.
    pub(super) fn take_waiting(
        &self,
        follower: &mut Follower,
        journal: &dyn Journal,
        vault: &Vault,
    ) -> Result<(), LedgerError> {
        while let Some(next) = follower.waiting.durable.first_entry() {
            if *next.key() > follower.read.0 + 1 {
                break;
            }
            let (first, (written, receipt)) = next.remove_entry();
            if first <= follower.read.0 {
                continue;
            }
            for (line, said) in receipt.lines.iter().zip(&written.said) {
                let pushed = is_pushed(line.version, &written.actor);
                let owner = if pushed { &written.source } else { &written.declared_by };
                debug_assert!(
                    agrees(line.position, (*said, owner), journal, vault)?,
                    "the log says something else than who wrote it"
                );
                self.note_said(line.position, written.stream, *said, Some(source_hash(owner)));
                self.reached(follower, line.position);
            }
            if let Some(last) = receipt.lines.last() {
                self.end_large_part(follower, last.leaf, vault)?;
            }
        }
        Ok(())
    }
}

/// Whether the log says the same.
fn agrees(
    position: Position,
    (said, owner): (Option<Said>, &Source),
    journal: &dyn Journal,
    vault: &Vault,
) -> Result<bool, LedgerError> {
    let record = record_at(journal, super::ordinal(position))?;
    let found = owner_of(&record, journal)?;
    Ok(said_by(&record, journal, vault)? == said && found.as_ref() == Some(owner))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::journal::ReceiptLine;
    use domain::ids::{Category, EventId, Instant, StreamId};

    #[test]
    fn a_receipt_of_what_another_decided_is_not_believed() {
        let stream = |n: u8| StreamKey([n; 16]);
        let source = Source::parse("erp-one").unwrap();
        let written = Written {
            stream: stream(1),
            after: Version(4),
            declared_by: source.clone(),
            source,
            actor: String::new(),
            said: vec![None, None],
        };
        let receipt = |key, versions: std::ops::Range<u64>| {
            let line = |version| ReceiptLine {
                position: Position(100 + version),
                version: Version(version),
                event_id: EventId([7; 16]),
                leaf: [0; 32],
            };
            let stream = StreamId { category: Category::Enrolment, key };
            Receipt { stream, recorded_at: Instant(1), lines: versions.map(line).collect() }
        };
        assert!(written.is_in(&receipt(stream(1), 5..7)));
        assert!(!written.is_in(&receipt(stream(2), 5..7)), "another stream");
        assert!(!written.is_in(&receipt(stream(1), 4..6)), "decided on another version");
        assert!(!written.is_in(&receipt(stream(1), 5..8)), "other events");
        assert!(!written.is_in(&receipt(stream(1), 5..5)));
    }
}
