//! The register, the fences, the keys and the log compared, as far as that needs no key: what
//! survived an erasure. Nothing is changed.

use super::register::entry_of;
use crate::codec::SectionKind;
use crate::codec::types::TypeCode;
use crate::record::{Content, SectionDigest, StoredRecord};
use crate::vault::{Fences, Survey};
use domain::ids::{EventId, StreamKey, SubjectId};
use std::collections::{BTreeSet, HashSet};

/// What is left of persons who were erased. The next start ends all of it; until then nobody may
/// say that they are gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Survivors {
    /// Persons of whom the log says that they were erased, and who have no fence beside the keys.
    pub unfenced: usize,
    /// Persons who were erased, by a fence or by the log, and have a key.
    pub living: usize,
    /// Sealed sections that are not zeros, of persons who have a fence, and of the employers in the
    /// dossiers of such a learner.
    pub sections: u64,
    /// Erasures of the log that no line says to be finished.
    pub unfinished: usize,
}

impl Survivors {
    /// Whether something that names an erased person may still be read by somebody.
    #[must_use]
    pub const fn are_none(&self) -> bool {
        self.unfenced == 0 && self.living == 0 && self.sections == 0
    }
}

/// Looks at one record after the other.
pub(crate) struct Audit<'a> {
    fences: &'a Fences,
    erased: BTreeSet<SubjectId>,
    /// The dossiers of learners who have a fence.
    dossiers: HashSet<StreamKey>,
    events: Vec<EventId>,
    sections: u64,
}

impl<'a> Audit<'a> {
    /// Against fences that were read before the log.
    pub(crate) fn new(fences: &'a Fences) -> Self {
        let erased = fences.subjects().collect();
        Self { fences, erased, dossiers: HashSet::new(), events: Vec::new(), sections: 0 }
    }

    /// Looks at a record.
    pub(crate) fn note(&mut self, record: &StoredRecord) {
        let (stream, sections) = (record.header.stream, &record.header.sections);
        let fenced = |named: &SectionDigest| self.fences.erased_by(named.subject).is_some();
        let is_learner = |named: &SectionDigest| named.kind == SectionKind::Identity.code();
        if sections.iter().any(|named| is_learner(named) && fenced(named)) {
            self.dossiers.insert(stream.key);
        }
        let theirs = self.dossiers.contains(&stream.key);
        for (named, content) in sections.iter().zip(&record.sections) {
            let gone = fenced(named) || theirs && named.kind == SectionKind::Employer.code();
            self.sections += u64::from(matches!(content, Content::Sealed(_)) && gone);
        }
        if record.header.type_code == TypeCode::PersonErased.code() {
            self.events.push(record.header.event_id);
            // Of one that a later version wrote it is known only whether it was ended.
            let entry = entry_of(record).ok().flatten();
            self.erased.extend(entry.into_iter().flat_map(|entry| entry.subjects));
        }
    }

    /// What was found, once the whole log was seen.
    pub(crate) fn survivors(&self, keys: &Survey) -> Survivors {
        let count = |is: &dyn Fn(SubjectId) -> bool| {
            self.erased.iter().filter(|subject| is(**subject)).count()
        };
        let finished = |event: &&EventId| self.fences.finished(**event).is_some();
        Survivors {
            unfenced: count(&|subject| self.fences.erased_by(subject).is_none()),
            living: count(&|subject| keys.has_a_key(subject)),
            sections: self.sections,
            unfinished: self.events.len() - self.events.iter().filter(finished).count(),
        }
    }
}
