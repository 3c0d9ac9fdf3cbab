//! The day that is being written: what it holds already, so that a row sent
//! again is not kept twice and a limit is known to be reached.

use super::KeptContent;
use super::sealed::{Head, RowDigest};
use crate::limits::{
    QUARANTINE_DAY_BYTES_MAX, QUARANTINE_ROW_BYTES_MAX, QUARANTINE_SOURCE_DAY_BYTES_MAX,
    QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX,
};
use chrono::NaiveDate;
use domain::ids::Source;
use std::collections::{HashMap, HashSet};

/// The day whose files are known to end well.
pub(super) struct Today {
    pub(super) day: NaiveDate,
    /// Bytes of content that it keeps, of all sources.
    contents: u64,
    sources: HashMap<Source, OfSource>,
    told_full: bool,
}

/// What the day holds of a source.
#[derive(Default)]
pub(super) struct OfSource {
    /// Bytes of its content.
    contents: u64,
    /// Bytes of all the rest.
    heads: u64,
    /// Rows of the day and of the day before: a run may be sent again across midnight.
    seen: HashSet<RowDigest>,
    told_full: bool,
}

impl OfSource {
    /// Notes a row of the day before.
    pub(super) fn note_before(&mut self, head: &Head) {
        self.seen.insert(head.digest);
    }

    /// Notes a row of the day, whose entry has so many bytes beside its content.
    pub(super) fn note(&mut self, head: &Head, bytes: u64) {
        self.seen.insert(head.digest);
        self.heads += bytes;
        if head.content == KeptContent::Whole {
            self.contents += head.bytes;
        }
    }
}

impl Today {
    pub(super) fn new(day: NaiveDate) -> Self {
        Self { day, contents: 0, sources: HashMap::new(), told_full: false }
    }

    /// Whether a source's share is known.
    pub(super) fn knows(&self, source: &Source) -> bool {
        self.sources.contains_key(source)
    }

    /// Notes what the day holds of a source.
    pub(super) fn begin(&mut self, source: Source, of: OfSource) {
        self.contents += of.contents;
        self.sources.insert(source, of);
    }

    /// Forgets what the day holds of a source: its file is read again before the next of its rows.
    pub(super) fn forget(&mut self, source: &Source) {
        self.contents -= self.sources.remove(source).map_or(0, |of| of.contents);
    }

    /// Notes an entry that was written, of so many bytes beside its content.
    pub(super) fn wrote(&mut self, head: &Head, bytes: u64) {
        let of = self.sources.entry(head.refused.source.clone()).or_default();
        let before = of.contents;
        of.note(head, bytes);
        self.contents += of.contents - before;
    }

    pub(super) fn has(&self, source: &Source, digest: &RowDigest) -> bool {
        self.sources.get(source).is_some_and(|of| of.seen.contains(digest))
    }

    /// What may be kept of content. The first row of a day that has no room for it is told.
    pub(super) fn room_for(&mut self, source: &Source, content: &[u8]) -> KeptContent {
        let bytes = content.len() as u64;
        if content.len() > QUARANTINE_ROW_BYTES_MAX {
            return KeptContent::TooLong;
        }
        let kept = self.sources.get(source).map_or(0, |of| of.contents);
        if kept + bytes > QUARANTINE_SOURCE_DAY_BYTES_MAX {
            return KeptContent::NoRoom;
        }
        if self.contents + bytes > QUARANTINE_DAY_BYTES_MAX {
            if !std::mem::replace(&mut self.told_full, true) {
                tracing::error!(day = %self.day, "the quarantine of the day is full: only why rows are refused is kept");
            }
            return KeptContent::NoRoom;
        }
        KeptContent::Whole
    }

    /// Whether all but the content of an entry fits the share of its source. The first that does not
    /// is told.
    pub(super) fn takes(&mut self, source: &Source, bytes: u64) -> bool {
        let of = self.sources.entry(source.clone()).or_default();
        let fits = of.heads + bytes <= QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX;
        if !fits && !std::mem::replace(&mut of.told_full, true) {
            tracing::error!(day = %self.day, %source, "a source filled its share of the quarantine's day: no row of it is kept");
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quarantine::{Quarantine, RefusedRow};
    use crate::{Ledger, ManualClock, Options};
    use domain::ids::{Instant, RunId};
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::sync::Arc;

    fn head(source: &Source, content: KeptContent, bytes: u64) -> Head {
        let (run, refused_at) = (RunId([1; 16]), Instant(0));
        let refused =
            RefusedRow { source: source.clone(), run, row: 0, refused_at, errors: Vec::new() };
        Head { refused, digest: [bytes as u8; 16], content, bytes }
    }

    fn today() -> Today {
        Today::new("2026-10-01".parse().unwrap())
    }

    #[test]
    fn a_source_that_filled_its_share_of_the_day_keeps_no_more_content_and_others_do() {
        let sources = ["erp-one", "erp-two"].map(|name| Source::parse(name).unwrap());
        let mut today = today();
        let most = QUARANTINE_SOURCE_DAY_BYTES_MAX;
        let mut one = OfSource::default();
        one.note(&head(&sources[0], KeptContent::Whole, most - 10), 100);
        // What is not kept takes no room, nor does what the day before keeps.
        one.note(&head(&sources[0], KeptContent::TooLong, most), 100);
        one.note_before(&head(&sources[0], KeptContent::Whole, most));
        today.begin(sources[0].clone(), one);
        assert_eq!(today.room_for(&sources[0], &[0; 10]), KeptContent::Whole);
        assert_eq!(today.room_for(&sources[0], &[0; 11]), KeptContent::NoRoom);
        assert_eq!(today.room_for(&sources[1], &[0; 11]), KeptContent::Whole);
    }

    #[test]
    fn a_source_whose_refusals_fill_its_share_keeps_no_more_of_them_and_others_do() {
        let sources = ["erp-one", "erp-two"].map(|name| Source::parse(name).unwrap());
        let mut today = today();
        let most = QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX;
        assert!(today.takes(&sources[0], most) && !today.takes(&sources[0], most + 1));
        today.wrote(&head(&sources[0], KeptContent::NoRoom, 1), most - 100);
        assert!(!today.takes(&sources[0], 101));
        assert!(today.takes(&sources[0], 100), "a smaller one still");
        assert!(today.takes(&sources[1], most), "it is its own share");
    }

    #[test]
    fn a_full_day_keeps_no_content_and_why_rows_are_refused_still() {
        let mut today = today();
        let most = QUARANTINE_SOURCE_DAY_BYTES_MAX;
        let full = QUARANTINE_DAY_BYTES_MAX / most;
        for n in 0..full {
            let source = Source::parse(&format!("erp-{n}")).unwrap();
            assert_eq!(today.room_for(&source, &[0; 1]), KeptContent::Whole, "{n}");
            today.wrote(&head(&source, KeptContent::Whole, most), 100);
        }
        let late = Source::parse("late").unwrap();
        assert_eq!(today.room_for(&late, &[0; 1]), KeptContent::NoRoom);
        assert!(today.takes(&late, 100));
    }

    const NOON: Instant = Instant(1_790_856_000_000_000);
    const DAY_US: i64 = 86_400_000_000;

    fn ledger(folder: &Path) -> Ledger {
        let clock = Arc::new(ManualClock::new(NOON));
        Ledger::open(folder, &Options { clock, ..Options::default() }).unwrap()
    }

    fn keep(quarantine: &Quarantine, source: &str, row: u32, day: i64) -> bool {
        let refused = RefusedRow {
            source: Source::parse(source).unwrap(),
            run: RunId([1; 16]),
            row,
            refused_at: Instant(NOON.0 + day * DAY_US),
            errors: Vec::new(),
        };
        quarantine.keep(refused, &[7; 100]).is_ok()
    }

    /// Bytes of content that count as kept in the day that is being written.
    fn counted(quarantine: &Quarantine) -> u64 {
        quarantine.writing.lock().unwrap().as_ref().unwrap().contents
    }

    #[test]
    fn what_other_sources_keep_counts_still_after_a_write_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        let quarantine = ledger.quarantine();
        assert!((0..3).all(|row| keep(quarantine, "erp-one", row, 0)));
        assert!((0..2).all(|row| keep(quarantine, "erp-two", row, 0)));
        assert_eq!(counted(quarantine), 500);
        // The disk is full for one of them.
        let files = quarantine.files().unwrap().into_iter();
        let two = Source::parse("erp-two").ok();
        let file = files.map(|file| (file.source == two, file)).find(|(is, _)| *is).unwrap().1;
        let path = file.path_in(&quarantine.folder);
        let beside = folder.path().join("beside");
        fs_err::rename(&path, &beside).unwrap();
        symlink("/dev/full", &path).unwrap();
        assert!(!keep(quarantine, "erp-two", 2, 0));
        fs_err::rename(&beside, &path).unwrap();
        assert_eq!(counted(quarantine), 300, "those of the other one");
        assert!(keep(quarantine, "erp-two", 2, 0));
        assert_eq!(counted(quarantine), 600, "each once");
        assert_eq!(quarantine.list(None, None, 10).unwrap().len(), 6);
    }

    #[test]
    fn a_day_that_comes_back_holds_what_it_held() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        let quarantine = ledger.quarantine();
        assert!(keep(quarantine, "erp-one", 0, 0) && keep(quarantine, "erp-two", 0, 0));
        assert!(keep(quarantine, "erp-one", 1, 1));
        assert_eq!(counted(quarantine), 100);
        assert!(keep(quarantine, "erp-one", 2, 0));
        assert_eq!(counted(quarantine), 300);
    }
}
