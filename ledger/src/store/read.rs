//! Reading back: enrolments, streams and the log, decoded.

use super::Ledger;
use super::directory::Directory;
use super::enrolments::stream_of;
use super::sealing::WithVault;
use crate::codec::{
    self, Clear, Closed, Opener, SectionKind, decode_email, decode_identity, open_messages,
};
use crate::error::LedgerError;
use crate::journal::pages;
use crate::record::{Content, Header, SectionDigest, StoredRecord, associated_data};
use crate::vault::{PersonKeys, VaultError};
use domain::enrolment::Enrolment;
use domain::event::Event;
use domain::ids::{Instant, Position, Source, StreamId, StreamKey, Version};
use seal::Hash;

const BEYOND_THE_END: LedgerError =
    LedgerError::Invalid("the directory names a position after the end of the log");

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Rank in the log.
    pub position: Position,
    /// Everything that the header says: stream, version, times, source, actor, request, sections.
    pub header: Header,
    /// Leaf hash of the header.
    pub leaf: Hash,
    /// What it says; sealed values are open only when that was asked.
    pub event: Event,
    /// The sealed sections, in the order of the header.
    pub sections: Vec<Content>,
}

impl Recorded {
    /// The kinds of its sealed sections.
    pub fn section_kinds(&self) -> impl Iterator<Item = SectionKind> + '_ {
        self.header.sections.iter().filter_map(|section| SectionKind::from_code(section.kind))
    }
}

/// An enrolment at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedEnrolment {
    /// Its state.
    pub state: Enrolment,
    /// Its version.
    pub version: Version,
    /// The position of its last event.
    pub position: Position,
    /// When that was recorded.
    pub recorded_at: Instant,
}

impl Ledger {
    /// An enrolment as it stood at a position (now, when `None`), with its
    /// sealed values if `open`. `None` when it had no event.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn load_enrolment(
        &self,
        key: StreamKey,
        up_to: Option<Position>,
        open: bool,
    ) -> Result<Option<LoadedEnrolment>, LedgerError> {
        let events = self.read_stream(stream_of(key), up_to, open)?;
        let Some(last) = events.last() else { return Ok(None) };
        let (version, position) = (last.header.version, last.position);
        let recorded_at = last.header.recorded_at;
        let mut state = Enrolment::default();
        for recorded in events {
            if let Event::Enrolment(event) = recorded.event {
                state = state.evolve(event);
            }
        }
        Ok(Some(LoadedEnrolment { state, version, position, recorded_at }))
    }

    /// The events of a stream up to a position included (now, when `None`), in
    /// version order, with their sealed values if `open`.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn read_stream(
        &self,
        stream: StreamId,
        up_to: Option<Position>,
        open: bool,
    ) -> Result<Vec<Recorded>, LedgerError> {
        let up_to = up_to.unwrap_or(Position(u64::MAX));
        let vault = WithVault::new(self.vault());
        let opener: &dyn Opener = if open { &vault } else { &Closed };
        let mut events = Vec::new();
        for page in pages(self.journal().as_ref(), stream, up_to) {
            for record in page? {
                events.push(recorded(record, opener)?);
            }
        }
        Ok(events)
    }

    /// Up to `limit` events after a position, in position order, without gaps;
    /// fewer when they are many bytes, and none only at the head. Sealed values
    /// stay hidden.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, LedgerError> {
        let records = self.journal().read_after(after, limit)?;
        records.into_iter().map(|record| recorded(record, &Closed)).collect()
    }

    /// The positions of up to `limit` events after one, ascending: those of the
    /// dossiers that a source declared, whoever wrote them, and of its runs. One
    /// of another source may be among them, whose dossier is not declared there.
    /// None only when there are no more.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn positions_of(
        &self,
        source: &Source,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, LedgerError> {
        self.followed()?.of_source(source, after, limit)
    }

    /// Up to `limit` closing events of runs before a position, newest first; of
    /// one source, or of all.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn read_runs_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LedgerError> {
        let positions = self.followed()?.runs_before(before, source, limit)?;
        let runs = positions.into_iter().map(|at| self.one_at(at));
        let is_of_it = |run: &Recorded| source.is_none_or(|source| *source == run.header.source);
        runs.filter(|run| run.as_ref().map_or(true, is_of_it)).collect()
    }

    /// The decisions on held runs, in position order. They are few.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn read_decisions(&self) -> Result<Vec<Recorded>, LedgerError> {
        let positions = self.followed()?.decisions()?;
        positions.into_iter().map(|at| self.one_at(at)).collect()
    }

    /// The positions of all requests of erasures, ascending.
    pub(crate) fn erasure_requests(&self) -> Result<Vec<Position>, LedgerError> {
        self.followed()?.erasure_requests()
    }

    /// The directory, up to the head.
    pub(super) fn followed(&self) -> Result<&Directory, LedgerError> {
        let (journal, directory) = (self.journal().as_ref(), &self.store.directory);
        directory.follow(journal, self.vault(), journal.head().position)?;
        Ok(directory)
    }

    /// The events at ascending positions; neighbours are read at once. Sealed
    /// values stay hidden.
    ///
    /// # Errors
    /// See [`LedgerError`]; also when a position is after the end of the log.
    pub fn read_at_all(&self, positions: &[Position]) -> Result<Vec<Recorded>, LedgerError> {
        let mut events = Vec::with_capacity(positions.len());
        for neighbours in positions.chunk_by(|one, next| one.0 + 1 == next.0) {
            let mut left = neighbours;
            while let Some(first) = left.first() {
                let before = Position(first.0.saturating_sub(1));
                let page = self.read_after(before, left.len())?;
                left = left.get(page.len()..).filter(|_| !page.is_empty()).ok_or(BEYOND_THE_END)?;
                events.extend(page);
            }
        }
        Ok(events)
    }

    fn one_at(&self, position: Position) -> Result<Recorded, LedgerError> {
        let found = self.read_at(position, false)?;
        found.ok_or(BEYOND_THE_END)
    }

    /// The event at a position, with its sealed values if `open`; `None` outside the log.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn read_at(&self, position: Position, open: bool) -> Result<Option<Recorded>, LedgerError> {
        let Some(before) = position.0.checked_sub(1) else { return Ok(None) };
        let record = self.journal().read_after(Position(before), 1)?.pop();
        let vault = WithVault::new(self.vault());
        let opener: &dyn Opener = if open { &vault } else { &Closed };
        record.map(|record| recorded(record, opener)).transpose()
    }

    /// The newest version of a stream; 0 when it has no event.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn stream_version(&self, stream: StreamId) -> Result<Version, LedgerError> {
        Ok(self.journal().stream_version(stream)?)
    }

    /// The last position recorded at or before an instant; 0 when there is none.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn position_at(&self, instant: Instant) -> Result<Position, LedgerError> {
        Ok(self.journal().position_at(instant)?)
    }

    /// When the event at a position was recorded; `None` outside the log.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn recorded_at(&self, position: Position) -> Result<Option<Instant>, LedgerError> {
        Ok(self.journal().recorded_at(position)?)
    }

    /// The pseudonyms of the learner, when the event states an identity. It is opened, used and
    /// wiped; of a learner who was erased they are what stands for them, from which nothing can be
    /// read but which statements were equal.
    ///
    /// # Errors
    /// When the section is damaged.
    pub fn person_keys(&self, recorded: &Recorded) -> Result<Option<PersonKeys>, LedgerError> {
        let clear = match self.section(recorded, SectionKind::Identity)? {
            Some((_, Some(clear))) => clear,
            Some((named, None)) => return self.tombstone(recorded, named),
            None => return Ok(None),
        };
        let position = recorded.position;
        let identity = decode_identity(&clear)
            .map_err(|what| codec::CodecError::Malformed { position, what })?;
        Ok(Some(self.names().person(&identity)))
    }

    /// The pseudonym of the learner's e-mail address, when the event states one. It is opened, used
    /// and wiped; a learner who was erased has none.
    ///
    /// # Errors
    /// When the section is damaged.
    pub fn email_key(&self, recorded: &Recorded) -> Result<Option<[u8; 16]>, LedgerError> {
        let Some((_, Some(clear))) = self.section(recorded, SectionKind::Contact)? else {
            return Ok(None);
        };
        let position = recorded.position;
        let email =
            decode_email(&clear).map_err(|what| codec::CodecError::Malformed { position, what })?;
        Ok(email.map(|email| self.names().email(&email)))
    }

    /// The section of a kind and its content, padded; none of a person who was erased.
    pub(super) fn section<'a>(
        &self,
        recorded: &'a Recorded,
        kind: SectionKind,
    ) -> Result<Option<(&'a SectionDigest, Option<Clear>)>, LedgerError> {
        let header = &recorded.header;
        let mut sections = header.sections.iter().zip(&recorded.sections);
        let found = sections.find(|(named, _)| named.kind == kind.code());
        let Some((named, content)) = found else { return Ok(None) };
        let Content::Sealed(sealed) = content else { return Ok(Some((named, None))) };
        let aad = associated_data(header.event_id, named.subject, named.kind);
        match self.vault().open_section(named.subject, &aad, sealed) {
            Ok(clear) => Ok(Some((named, Some(clear)))),
            Err(VaultError::Erased(_)) => Ok(Some((named, None))),
            Err(error) => Err(error.into()),
        }
    }

    /// The sealed sections of a record, opened: the bytes of their messages, `Sealed…` of `events.proto`;
    /// `None` for one that was erased.
    ///
    /// # Errors
    /// When a section is damaged.
    pub fn open_sections(
        &self,
        record: &StoredRecord,
    ) -> Result<Vec<(SectionKind, Option<Clear>)>, LedgerError> {
        Ok(open_messages(record, &WithVault::new(self.vault()))?)
    }

    /// What a record says; sealed values stay hidden.
    ///
    /// # Errors
    /// When this version cannot decode it.
    pub fn decode(&self, record: &StoredRecord) -> Result<Event, LedgerError> {
        Ok(codec::decode(record, &Closed)?)
    }
}

fn recorded(record: StoredRecord, opener: &dyn Opener) -> Result<Recorded, LedgerError> {
    let event = codec::decode(&record, opener)?;
    let leaf = record.leaf();
    let StoredRecord { position, header, sections, .. } = record;
    Ok(Recorded { position, header, leaf, event, sections })
}
