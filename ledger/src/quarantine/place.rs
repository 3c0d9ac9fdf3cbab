//! Where a refused row is kept.

use chrono::NaiveDate;
use domain::ids::Source;
use std::fmt;
use std::path::{Path, PathBuf};

/// The rows of one source and day, in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceDay {
    pub(super) day: NaiveDate,
    /// `None` of all sources together, as versions before kept them; nothing is added to such a file.
    pub(super) source: Option<Source>,
}

impl SourceDay {
    pub(super) fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(match &self.source {
            Some(source) => format!("{}.{source}.sealed", self.day),
            None => format!("{}.sealed", self.day),
        })
    }

    /// The one of a file name, if it is one.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (day, source) = name.strip_suffix(".sealed")?.split_at_checked(DAY)?;
        let source = match source.strip_prefix('.') {
            Some(source) => Some(Source::parse(source).ok()?),
            None if source.is_empty() => None,
            None => return None,
        };
        Some(Self { day: day.parse().ok()?, source })
    }
}

/// Characters of a day.
const DAY: usize = 10;

/// Where a refused row is kept: it stays there, whatever comes and goes around it. Places are in the
/// order of days, in a day of sources, of a source in that in which its rows came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(super) file: SourceDay,
    pub(super) offset: u64,
}

impl Place {
    /// A place as [`Display`](fmt::Display) writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, rest) = text.split_once('/')?;
        let (source, offset) = rest.split_once('/')?;
        let source = if source.is_empty() { None } else { Some(Source::parse(source).ok()?) };
        let file = SourceDay { day: day.parse().ok()?, source };
        Some(Self { file, offset: offset.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.file.source.as_ref().map_or("", Source::as_str);
        write!(f, "{}/{source}/{}", self.file.day, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_place_are_read_as_they_are_written() {
        let day = "2026-10-01".parse().unwrap();
        for name in ["erp-one", "a.b.sealed", &"x".repeat(64)] {
            let file = SourceDay { day, source: Some(Source::parse(name).unwrap()) };
            let path = file.path_in(Path::new(""));
            assert_eq!(SourceDay::of(path.to_str().unwrap()), Some(file.clone()));
            let place = Place { file, offset: 7 };
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        let of_all = SourceDay { day, source: None };
        assert_eq!(SourceDay::of("2026-10-01.sealed"), Some(of_all));
        let wrong =
            ["2026-10-01", "2026-10-01..sealed", "2026-10-01x.sealed", "x.sealed", ".sealed"];
        assert_eq!(wrong.map(SourceDay::of), [const { None }; 5]);
        let wrong = ["", "2", "2026-10-01/7", "2026-10-01/É/7", "2026-10-01/a/x"];
        assert_eq!(wrong.map(Place::parse), [const { None }; 5]);
    }
}
