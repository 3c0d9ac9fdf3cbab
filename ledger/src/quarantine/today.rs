//! The day that is being written: what it holds already, so that a row sent
//! again is not kept twice and a limit is known to be reached.

use super::KeptContent;
use super::sealed::{Head, RowDigest};
use crate::limits::{
    QUARANTINE_DAY_BYTES_MAX, QUARANTINE_ROW_BYTES_MAX, QUARANTINE_SOURCE_DAY_BYTES_MAX,
};
use chrono::NaiveDate;
use domain::ids::Source;
use std::collections::{HashMap, HashSet};

/// The day whose file is known to end well.
pub(super) struct Today {
    pub(super) day: NaiveDate,
    /// Bytes of its file.
    length: u64,
    /// Bytes of content that it keeps of each source.
    contents: HashMap<Source, u64>,
    /// Rows of the day and of the day before: a run may be sent again across midnight.
    seen: HashSet<RowDigest>,
    told_full: bool,
}

impl Today {
    pub(super) fn new(day: NaiveDate, length: u64) -> Self {
        let (contents, seen) = (HashMap::new(), HashSet::new());
        Self { day, length, contents, seen, told_full: false }
    }

    /// Notes a row of the day before.
    pub(super) fn note_before(&mut self, head: &Head) {
        self.seen.insert(head.digest);
    }

    /// Notes a row of the day.
    pub(super) fn note(&mut self, head: &Head) {
        self.seen.insert(head.digest);
        if head.content == KeptContent::Whole {
            *self.contents.entry(head.refused.source.clone()).or_default() += head.bytes;
        }
    }

    /// Notes an entry that was written.
    pub(super) fn wrote(&mut self, head: &Head, bytes: usize) {
        self.length += bytes as u64;
        self.note(head);
    }

    pub(super) fn has(&self, digest: &RowDigest) -> bool {
        self.seen.contains(digest)
    }

    /// What may be kept of content.
    pub(super) fn room_for(&self, source: &Source, content: &[u8]) -> KeptContent {
        if content.len() > QUARANTINE_ROW_BYTES_MAX {
            return KeptContent::TooLong;
        }
        let kept = self.contents.get(source).copied().unwrap_or_default();
        if kept + content.len() as u64 > QUARANTINE_SOURCE_DAY_BYTES_MAX {
            return KeptContent::NoRoom;
        }
        KeptContent::Whole
    }

    /// Whether an entry fits the day's file. The first that does not is told.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        let fits = self.length + bytes as u64 <= QUARANTINE_DAY_BYTES_MAX;
        if !fits && !self.told_full {
            self.told_full = true;
            tracing::error!(day = %self.day, "the quarantine of the day is full: no row is kept");
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quarantine::RefusedRow;
    use domain::ids::{Instant, RunId};

    fn head(source: &Source, content: KeptContent, bytes: u64) -> Head {
        let (run, refused_at) = (RunId([1; 16]), Instant(0));
        let refused =
            RefusedRow { source: source.clone(), run, row: 0, refused_at, errors: Vec::new() };
        Head { refused, digest: [bytes as u8; 16], content, bytes }
    }

    fn today() -> Today {
        Today::new("2026-10-01".parse().unwrap(), 0)
    }

    #[test]
    fn a_source_that_filled_its_share_of_the_day_keeps_no_more_content_and_others_do() {
        let sources = ["erp-one", "erp-two"].map(|name| Source::parse(name).unwrap());
        let mut today = today();
        let most = QUARANTINE_SOURCE_DAY_BYTES_MAX;
        today.note(&head(&sources[0], KeptContent::Whole, most - 10));
        // What is not kept takes no room, nor does what the day before keeps.
        today.note(&head(&sources[0], KeptContent::TooLong, most));
        today.note_before(&head(&sources[0], KeptContent::Whole, most));
        assert_eq!(today.room_for(&sources[0], &[0; 10]), KeptContent::Whole);
        assert_eq!(today.room_for(&sources[0], &[0; 11]), KeptContent::NoRoom);
        assert_eq!(today.room_for(&sources[1], &[0; 11]), KeptContent::Whole);
    }

    #[test]
    fn a_full_day_takes_no_entry_and_a_smaller_one_still() {
        let source = Source::parse("erp-one").unwrap();
        let mut today = today();
        let most = QUARANTINE_DAY_BYTES_MAX as usize;
        today.wrote(&head(&source, KeptContent::Whole, 1), most - 100);
        assert!(!today.takes(101));
        assert!(today.takes(100));
    }
}
