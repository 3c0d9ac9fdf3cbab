//! Checks a whole journal again, from the first byte: checksums, digests of
//! bodies and sections, the chain of each stream, the tree; and the key store,
//! as far as that needs no key: whether every section's subject has an entry, and whether
//! whoever was erased has a fence, no key, and no section.

use crate::erasure::{Audit, Survivors};
use crate::journal::embedded::{examine, segment_files};
use crate::journal::{Head, OpenError, Unfit};
use crate::record::{Content, StoredRecord};
use crate::store::{Lost, lock};
use crate::vault::{Fences, Survey, VaultError, survey};
use domain::ids::{StreamId, Version};
use seal::{Frontier, Hash};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// Segment files.
    pub segments: usize,
    /// Events that are whole.
    pub events: u64,
    /// Streams.
    pub streams: usize,
    /// Sealed sections whose bytes are there and right.
    pub sections: u64,
    /// Sealed sections that were erased.
    pub erased: u64,
    /// The newest state, when the whole log is right.
    pub head: Option<Head>,
    /// Bytes of an unfinished group follow the last whole one; the next start cuts them.
    pub torn: bool,
    /// The first problem of the log; `None` when everything is right.
    pub problem: Option<OpenError>,
    /// The key store.
    pub keys: Keys,
    /// What is left of persons who were erased.
    pub survivors: Survivors,
    /// Of the trees that were known, those that the log does not begin with.
    pub forged: Vec<Known>,
}

/// A tree that somebody knows of the log: what it signed, as kept apart, in a bundle or by a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it was found.
    pub from: String,
    /// Events of it.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// What a check of the key store found.
#[derive(Debug)]
pub struct Keys {
    /// Persons who have a key.
    pub persons: usize,
    /// Persons whose key was erased.
    pub erased: usize,
    /// Places of the file that hold what is neither an entry nor zeros. Without a problem, no
    /// record needs them, and the next start puts them aside.
    pub damaged: usize,
    /// What keeps the store from being used; `None` when everything is right.
    pub problem: Option<VaultError>,
}

impl Report {
    /// Whether the log and the key store are right, every known tree is in it, and nothing is left
    /// of whoever was erased.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.problem.is_none()
            && self.keys.problem.is_none()
            && self.forged.is_empty()
            && self.survivors.are_none()
    }
}

/// Checks the journal and the key store of a data folder. It takes the folder's lock, so no
/// server may run; nothing is changed and no key is needed.
///
/// # Errors
/// When the folder is locked, or a file cannot be listed or read; damage is in the report.
pub fn fsck(folder: &Path) -> Result<Report, OpenError> {
    fsck_against(folder, &[])
}

/// The same, and whether the log begins with the trees that are known of it.
///
/// # Errors
/// As for [`fsck`].
pub fn fsck_against(folder: &Path, known: &[Known]) -> Result<Report, OpenError> {
    let _lock = lock(folder)?;
    let keys = folder.join("keys");
    let files = segment_files(&folder.join("log"))?;
    check(&files, (&keys.join("subjects"), keys.join("fences")), known)
}

/// Checks segment files, oldest first, and files of keys and of fences, wherever they are.
pub(crate) fn check(
    files: &[PathBuf],
    (subjects, fences): (&Path, PathBuf),
    known: &[Known],
) -> Result<Report, OpenError> {
    let segments = files.len();
    let mut tips: HashMap<StreamId, (Version, Hash)> = HashMap::new();
    let (mut events, mut sections, mut erased) = (0, 0, 0);
    let fences = Fences::read_file(fences);
    let (surveyed, fences) = match (survey(subjects), fences) {
        (Ok(keys), Ok(fences)) => (Ok(keys), fences),
        (Err(problem), fences) => (Err(problem), fences.unwrap_or_default()),
        (Ok(_), Err(problem)) => (Err(problem), Fences::default()),
    };
    let (mut lost, mut audit) = (Lost::default(), Audit::new(&fences));
    let mut tree = Frontier::new();
    let mut forged = known.to_vec();
    forged.retain(|known| (known.size, known.root) != (0, tree.root()));
    let examined = examine(files, &mut |record| {
        tree.append(record.leaf());
        if known.iter().any(|known| known.size == tree.size()) {
            let root = tree.root();
            forged.retain(|known| (known.size, known.root) != (tree.size(), root));
        }
        record.verify()?;
        chain(&mut tips, record)?;
        if let Ok(keys) = &surveyed {
            // What was surveyed is in memory: there is nothing to fail.
            let known = |of| keys.accounts_for(of) || fences.erased_by(of).is_some();
            let _ = lost.note(record, &|subject| Ok(known(subject)));
        }
        audit.note(record);
        events += 1;
        for content in &record.sections {
            match content {
                Content::Sealed(_) => sections += 1,
                Content::Erased => erased += 1,
            }
        }
        Ok(())
    });
    let (head, torn, problem) = match examined {
        Ok((head, torn)) => (Some(head), torn, None),
        // A log that cannot be read is not known to be damaged.
        Err(OpenError::Io(error)) => return Err(error.into()),
        Err(problem) => {
            // What comes after it is not known: this is what there is to say.
            forged.clear();
            (None, false, Some(problem))
        }
    };
    let survivors = surveyed.as_ref().map(|keys| audit.survivors(keys)).unwrap_or_default();
    let (streams, keys) = (tips.len(), Keys::of(surveyed, lost.persons()));
    Ok(Report {
        segments,
        events,
        streams,
        sections,
        erased,
        head,
        torn,
        problem,
        keys,
        survivors,
        forged,
    })
}

impl Keys {
    fn of(surveyed: Result<Survey, VaultError>, lost: usize) -> Self {
        match surveyed {
            Ok(survey) => {
                let ((persons, erased), damaged) = (survey.persons(), survey.damaged);
                let problem = (lost > 0).then_some(VaultError::Lost { persons: lost, damaged });
                Self { persons, erased, damaged, problem }
            }
            Err(problem) => Self { persons: 0, erased: 0, damaged: 0, problem: Some(problem) },
        }
    }
}

/// Versions follow one another, and each event names the one before.
fn chain(
    tips: &mut HashMap<StreamId, (Version, Hash)>,
    record: &StoredRecord,
) -> Result<(), Unfit> {
    let header = &record.header;
    let tip = tips.entry(header.stream).or_insert((Version(0), [0; 32]));
    if header.version.0 != tip.0.0 + 1 || header.previous != tip.1 {
        return Err(Unfit::Order);
    }
    *tip = (header.version, record.leaf());
    Ok(())
}
