//! One reading of the log for all who are erased together.

use super::words::Words;
use crate::codec::{self, SectionKind, decode_identity, unpad};
use crate::error::LedgerError;
use crate::journal::Journal;
use crate::record::{Content, SectionDigest, StoredRecord, associated_data};
use crate::vault::{Role, Vault, VaultError};
use domain::erasure::Tombstone;
use domain::ids::{Category, Position, StreamKey, SubjectId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// Records read at once.
const BATCH: usize = 4096;

/// Whom to look for, each under the number of the erasure that it belongs to.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) subjects: HashMap<SubjectId, usize>,
    /// How many erasures there are.
    pub(super) erasures: usize,
}

/// What one erasure takes.
#[derive(Default)]
pub(super) struct Share {
    /// The dossiers in which its persons are the learner.
    pub(super) enrolments: BTreeSet<StreamKey>,
    /// The learners and legal representatives of those.
    pub(super) persons: BTreeSet<SubjectId>,
    /// Of the identities that could be opened.
    pub(super) tombstones: Vec<Tombstone>,
    pub(super) sections: u64,
    hasher: Sha256,
}

impl Share {
    /// SHA-256 of which sections they are: for each, in the order of the log, its position (u64,
    /// little endian), its rank (1 byte), and the digest that the header has of it.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }
}

/// What was found.
pub(super) struct Found {
    /// Every section, in the order of the log, erased already or not.
    pub(super) sections: Vec<(Position, u8)>,
    /// By the number of the erasure.
    pub(super) shares: Vec<Share>,
    pub(super) words: Words,
}

/// Numbers of the values that one erasure's statements have in common.
#[derive(Default)]
struct Numbers {
    ines: HashMap<[u8; 16], u32>,
    names: HashMap<[u8; 16], u32>,
}

/// Reads the log. Beside the sections of the persons themselves it finds those of the employers
/// in a learner's dossiers: the number of the contract is there.
pub(super) fn find(
    journal: &dyn Journal,
    vault: &Vault,
    wanted: &Wanted,
) -> Result<Found, LedgerError> {
    let mut shares = Vec::new();
    shares.resize_with(wanted.erasures, Share::default);
    let found = Found { sections: Vec::new(), shares, words: Words::default() };
    let mut finder = Finder {
        vault,
        wanted,
        found,
        numbers: (0..wanted.erasures).map(|_| Numbers::default()).collect(),
        learners: HashMap::new(),
    };
    let mut after = Position(0);
    loop {
        let records = journal.read_after(after, BATCH)?;
        let Some(last) = records.last() else { return Ok(finder.found) };
        after = last.position;
        for record in &records {
            finder.note(record)?;
        }
    }
}

struct Finder<'a> {
    vault: &'a Vault,
    wanted: &'a Wanted,
    found: Found,
    numbers: Vec<Numbers>,
    /// The dossiers of learners who are erased.
    learners: HashMap<StreamKey, usize>,
}

impl Finder<'_> {
    fn note(&mut self, record: &StoredRecord) -> Result<(), LedgerError> {
        let stream = record.header.stream;
        let (identity, employer) = (SectionKind::Identity.code(), SectionKind::Employer.code());
        if stream.category == Category::Contract {
            self.note_contract(record)?;
        }
        if stream.category == Category::Enrolment {
            for named in &record.header.sections {
                if named.kind == identity
                    && let Some(erasure) = self.wanted.subjects.get(&named.subject)
                {
                    self.learners.insert(stream.key, *erasure);
                    self.found.shares[*erasure].enrolments.insert(stream.key);
                }
            }
        }
        if let Some(erasure) = self.learners.get(&stream.key) {
            let theirs = record.header.sections.iter().filter(|named| is_of_learner(named.kind));
            self.found.shares[*erasure].persons.extend(theirs.map(|named| named.subject));
        }
        let sections = record.header.sections.iter().zip(&record.sections);
        for (rank, (named, content)) in (0_u8..).zip(sections) {
            let theirs = self.wanted.subjects.get(&named.subject);
            let of_dossier = || self.learners.get(&stream.key).filter(|_| named.kind == employer);
            let Some(erasure) = theirs.or_else(of_dossier).copied() else { continue };
            let share = &mut self.found.shares[erasure];
            share.sections += 1;
            share.hasher.update(record.position.0.to_le_bytes());
            share.hasher.update([rank]);
            share.hasher.update(named.hash);
            self.found.sections.push((record.position, rank));
            if let (Some(erasure), Content::Sealed(sealed)) = (theirs, content) {
                self.open(record, named, sealed, *erasure)?;
            }
        }
        Ok(())
    }

    /// Notes whether a contract whose workflow runs here is that of a learner who is erased: it belongs to an enrolment
    /// of theirs, or has a section of theirs. Its legal representative goes too, whose sections may have come first.
    fn note_contract(&mut self, record: &StoredRecord) -> Result<(), LedgerError> {
        let contract = record.header.stream.key;
        if self.learners.contains_key(&contract) {
            return Ok(());
        }
        let drafted = codec::enrolment_of_contract(record)?;
        let of_enrolment = drafted.and_then(|enrolment| self.learners.get(&enrolment));
        let mut theirs = record.header.sections.iter().filter(|named| is_of_apprentice(named.kind));
        let of_person = || theirs.find_map(|named| self.wanted.subjects.get(&named.subject));
        let Some(erasure) = of_enrolment.or_else(of_person).copied() else { return Ok(()) };
        self.learners.insert(contract, erasure);
        let names = self.vault.names();
        let label = names.guardians_label(&names.apprentice_label(contract));
        let guardian = self.vault.subject(Role::Guardians, label)?;
        self.found.shares[erasure].persons.extend(guardian);
        Ok(())
    }

    /// Notes what a section says, unless its key is destroyed.
    fn open(
        &mut self,
        record: &StoredRecord,
        named: &SectionDigest,
        sealed: &[u8],
        erasure: usize,
    ) -> Result<(), LedgerError> {
        let Some(kind) = SectionKind::from_code(named.kind) else { return Ok(()) };
        if !matches!(kind, SectionKind::Identity | SectionKind::Contact | SectionKind::Guardians) {
            return Ok(());
        }
        let key = match self.vault.key_behind_fence(named.subject) {
            Err(VaultError::Erased(_)) => return Ok(()),
            // An older copy of the keys, from before the subject, beside the fences of now.
            Err(VaultError::NoKey(of)) if self.vault.erased_by(of).is_some() => return Ok(()),
            key => key?,
        };
        let aad = associated_data(record.header.event_id, named.subject, named.kind);
        let clear = key.open(&aad, sealed)?;
        let position = record.position;
        let malformed = |what| codec::CodecError::Malformed { position, what };
        if kind != SectionKind::Identity {
            self.found.words.section(kind, unpad(&clear).map_err(malformed)?);
            return Ok(());
        }
        let identity = decode_identity(&clear).map_err(malformed)?;
        self.found.words.identity(&record.header.source, &identity);
        let keys = self.vault.names().person(&identity);
        let (numbers, share) = (&mut self.numbers[erasure], &mut self.found.shares[erasure]);
        let names = keys.names_and_birth.filter(|_| !keys.first_of_january);
        let ine = number(&mut numbers.ines, keys.ine);
        share.tombstones.push(Tombstone {
            position,
            ine,
            names: number(&mut numbers.names, names),
        });
        Ok(())
    }
}

/// Whether what a section of that kind says is of the learner or the legal representatives: the
/// referent of a CFA, the employer and the maîtres d'apprentissage are others, who stay, and evidence is whoever
/// signed's.
pub(super) const fn is_of_learner(kind: u8) -> bool {
    !matches!(
        SectionKind::from_code(kind),
        Some(
            SectionKind::Referent
                | SectionKind::Employer
                | SectionKind::ContractEmployer
                | SectionKind::FirstMaster
                | SectionKind::SecondMaster
                | SectionKind::Evidence
        )
    )
}

/// Whether a section of that kind is the apprentice's, in a contract whose workflow runs here.
pub(crate) const fn is_of_apprentice(kind: u8) -> bool {
    matches!(
        SectionKind::from_code(kind),
        Some(SectionKind::Apprentice | SectionKind::Verbatim | SectionKind::Document)
    )
}

/// The number of a value, from 1 in the order in which they come; 0 of none.
fn number(known: &mut HashMap<[u8; 16], u32>, value: Option<[u8; 16]>) -> u32 {
    let Some(value) = value else { return 0 };
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX - 1) + 1;
    *known.entry(value).or_insert(next)
}
