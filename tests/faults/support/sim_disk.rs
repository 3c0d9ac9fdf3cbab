//! A disk in memory that loses power: what was not synced may be there, may be
//! gone, may be torn. Its process may be killed alone, and a sync may fail.
//!
//! Everybody reads what was written last (the page cache). A crash keeps of each
//! file what was synced and, of every sector of 512 bytes written since, any of
//! its versions; sectors of one block share their fate more often than not. Of
//! the changes of names that no folder's sync covers it keeps any. What it keeps
//! is drawn from the seed, the file and the number of the crash, never from what
//! happened to other files meanwhile, so that a seed tells the same story twice.
//!
//! After a sync that failed the system takes the sectors for written: everybody
//! reads them, no later sync writes them, a crash may take them.
//!
//! Taken for granted, as by all databases: a sector is written whole or not at
//! all, a rename is one change, and a sync that succeeded holds.

use crate::common::random::Random;
use ledger::disk::{Disk, DiskFile};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a disk writes whole.
const SECTOR: usize = 512;
/// Threads whose steps fall where the scheduler wants them: they are not counted, and
/// no story tells of them.
const BACKGROUND: [&str; 2] = ["journal-prepare", "journal-indexer"];
/// The folder of what is derived, written in the background.
const INDEX: &str = "index";

/// How the life of a process on the disk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The power fails.
    Power,
    /// The process is killed, and the system goes on.
    Kill,
    /// A sync fails, at or after the step; the process must end itself.
    Sync,
}

/// The disk; clones are the same one. A handle is of one life: after
/// [`SimDisk::restart`] the handles of before only fail.
#[derive(Debug, Clone)]
pub struct SimDisk {
    world: Arc<Mutex<World>>,
    life: u64,
}

/// What crashes did to what was not synced.
#[derive(Debug, Clone, Copy, Default)]
pub struct Harm {
    /// Files of the log of which some new sectors were kept and some lost.
    pub torn: u64,
    /// Changes of names that were lost.
    pub names: u64,
}

#[derive(Debug)]
struct World {
    seed: u64,
    block: usize,
    life: u64,
    down: bool,
    /// Steps until the end, and which.
    end: Option<(u64, End)>,
    files: Vec<Node>,
    /// What everybody sees.
    now: Names,
    /// What a crash cannot take.
    stored: Names,
    changes: Vec<Change>,
    story: Sha256,
    harm: Harm,
}

#[derive(Debug, Clone, Default)]
struct Names {
    files: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
}

/// A file, whatever its names.
#[derive(Debug, Default)]
struct Node {
    now: Vec<u8>,
    stored: Vec<u8>,
    /// By sector, what was written since the last sync, oldest first.
    versions: BTreeMap<usize, Vec<Vec<u8>>>,
    /// By sector, what a sync that failed was to write.
    forgotten: BTreeMap<usize, Vec<Vec<u8>>>,
    /// The lengths that it had since.
    lengths: Vec<usize>,
}

/// A change of names, in the folder that must be synced for it.
#[derive(Debug, Clone, Hash)]
enum Change {
    Folder { path: PathBuf },
    Link { path: PathBuf, file: usize },
    Rename { from: PathBuf, to: PathBuf, file: usize },
    Unlink { path: PathBuf },
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::Folder { path } | Self::Link { path, .. } | Self::Unlink { path } => path,
            Self::Rename { to, .. } => to,
        }
    }

    fn apply(&self, names: &mut Names) {
        match self {
            Self::Folder { path } => drop(names.folders.insert(path.clone())),
            Self::Link { path, file } => drop(names.files.insert(path.clone(), *file)),
            Self::Unlink { path } => drop(names.files.remove(path)),
            Self::Rename { from, to, file } => {
                names.files.remove(from);
                names.files.insert(to.clone(), *file);
            }
        }
    }
}

/// Whether a step is one of many, or the last.
enum Step {
    Whole,
    Last,
}

impl Step {
    fn end(self) -> io::Result<()> {
        match self {
            Self::Whole => Ok(()),
            Self::Last => Err(io::Error::other("the end")),
        }
    }
}

impl SimDisk {
    /// An empty disk whose blocks have 512 or 4,096 bytes.
    pub fn new(seed: u64, block: usize) -> Self {
        let world = World {
            seed,
            block,
            life: 0,
            down: false,
            end: None,
            files: Vec::new(),
            now: Names::default(),
            stored: Names::default(),
            changes: Vec::new(),
            story: Sha256::new(),
            harm: Harm::default(),
        };
        Self { world: Arc::new(Mutex::new(world)), life: 0 }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this life end so at the end of a step from now, from 1.
    pub fn end_after(&self, steps: u64, end: End) {
        self.world().end = Some((steps, end));
    }

    /// Whether its end has come.
    pub fn has_ended(&self) -> bool {
        self.world().down
    }

    /// Ends this life, if that has not come, and gives the disk of the next one.
    pub fn restart(&self, end: End) -> Self {
        let mut world = self.world();
        world.down = false;
        world.end = None;
        world.tell("end", Path::new(""), format!("{end:?}").as_bytes());
        if end == End::Power {
            world.crash();
        }
        world.life += 1;
        Self { world: Arc::clone(&self.world), life: world.life }
    }

    /// What crashes did so far.
    pub fn harm(&self) -> Harm {
        self.world().harm
    }

    /// A digest of every step and every crash so far.
    pub fn story(&self) -> String {
        let digest = self.world().story.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Notes a step on a path; an error when the power is off.
    fn step(
        &self,
        what: &str,
        path: &Path,
        detail: &[u8],
    ) -> io::Result<(MutexGuard<'_, World>, Step)> {
        let mut world = self.world();
        // After a sync that failed the disk goes on, whatever the process should do.
        let dead = world.down && world.end.is_none_or(|(_, end)| end != End::Sync);
        if dead || world.life != self.life {
            return Err(io::Error::other("the process has ended"));
        }
        let thread = std::thread::current();
        let background = thread.name().is_some_and(|name| BACKGROUND.contains(&name));
        if background || is_derived(path) {
            return Ok((world, Step::Whole));
        }
        world.tell(what, path, detail);
        let Some((left, end)) = world.end else { return Ok((world, Step::Whole)) };
        world.end = Some((left.saturating_sub(1), end));
        let last = left <= 1 && (end != End::Sync || what == "sync");
        world.down |= last;
        Ok((world, if last { Step::Last } else { Step::Whole }))
    }
}

fn is_derived(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == INDEX)
}

impl World {
    fn tell(&mut self, what: &str, path: &Path, detail: &[u8]) {
        self.story.update(format!("{what} {} {}|", path.display(), detail.len()));
        self.story.update(detail);
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.changes.push(change);
    }

    /// The dice of one thing at this crash.
    fn dice(&self, what: &str) -> Random {
        let digest = Sha256::digest(format!("{} {} {what}", self.seed, self.life));
        Random::new(u64::from_le_bytes(std::array::from_fn(|at| digest[at])))
    }

    /// The power fails.
    fn crash(&mut self) {
        let mut names = self.stored.clone();
        for change in std::mem::take(&mut self.changes) {
            // By its name and not by the number of its file, which depends on the others.
            let kind = std::mem::discriminant(&change);
            let mut dice = self.dice(&format!("{kind:?} {}", change.path().display()));
            if dice.below(2) == 0 {
                change.apply(&mut names);
            } else {
                self.harm.names += u64::from(!is_derived(change.path()));
            }
        }
        // Without its folder nothing is found.
        let Names { files, folders } = &mut names;
        files.retain(|path, _| path.parent().is_none_or(|folder| folders.contains(folder)));
        let mut kept = Vec::new();
        for (path, file) in files.iter_mut() {
            let dice = self.dice(&path.display().to_string());
            let (bytes, torn) = self.files[*file].survive(self.block, dice);
            let told = !is_derived(path) && !path.ends_with("next.prepared");
            if told {
                self.harm.torn += u64::from(torn);
                self.story.update(path.display().to_string());
                self.story.update(Sha256::digest(&bytes));
            }
            *file = kept.len();
            kept.push(Node { now: bytes.clone(), stored: bytes, ..Node::default() });
        }
        self.files = kept;
        self.now.clone_from(&names);
        self.stored = names;
    }
}

impl Node {
    /// The bytes after a crash, and whether some new sectors were kept and some not.
    fn survive(&self, block: usize, mut dice: Random) -> (Vec<u8>, bool) {
        let lengths: Vec<usize> =
            [self.stored.len()].iter().chain(&self.lengths).copied().collect();
        let length = lengths[dice.below(lengths.len() as u64) as usize];
        let mut bytes = self.stored.clone();
        bytes.resize(length, 0);
        let (mut kept, mut lost) = (false, false);
        // Of whole blocks, half are kept, a quarter lost, a quarter torn.
        let (mut fate, mut fate_of) = (0, usize::MAX);
        let mut new = self.versions.clone();
        for (sector, versions) in &self.forgotten {
            new.entry(*sector).or_insert_with(|| versions.clone());
        }
        for (sector, versions) in &new {
            if fate_of != sector * SECTOR / block {
                fate_of = sector * SECTOR / block;
                fate = dice.below(4);
            }
            let version = match fate {
                0 | 1 => versions.len(),
                2 => 0,
                _ => dice.below(versions.len() as u64 + 1) as usize,
            };
            kept |= version == versions.len();
            lost |= version != versions.len();
            if let Some(version) = version.checked_sub(1) {
                let start = (sector * SECTOR).min(length);
                let end = (start + SECTOR).min(length);
                bytes[start..end].copy_from_slice(&versions[version][..end - start]);
            }
        }
        (bytes, kept && lost)
    }

    fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if end > self.now.len() {
            self.now.resize(end, 0);
            self.lengths.push(end);
        }
        self.now[offset..end].copy_from_slice(bytes);
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            let start = sector * SECTOR;
            let mut version = self.now[start..(start + SECTOR).min(self.now.len())].to_vec();
            version.resize(SECTOR, 0);
            let versions = self.versions.entry(sector).or_default();
            versions.extend(self.forgotten.remove(&sector).unwrap_or_default());
            versions.push(version);
        }
    }

    fn sync(&mut self) {
        let before = std::mem::replace(&mut self.stored, self.now.clone());
        for sector in self.forgotten.keys() {
            let start = (sector * SECTOR).min(self.stored.len());
            let end = (start + SECTOR).min(self.stored.len());
            let old = before.get(start..).unwrap_or_default();
            let kept = old.len().min(end - start);
            self.stored[start..end].fill(0);
            self.stored[start..start + kept].copy_from_slice(&old[..kept]);
        }
        self.versions.clear();
        self.lengths.clear();
    }

    /// A sync that fails.
    fn forget(&mut self) {
        for (sector, versions) in std::mem::take(&mut self.versions) {
            self.forgotten.entry(sector).or_default().extend(versions);
        }
    }
}

/// An open file.
#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: usize,
    path: PathBuf,
}

impl Disk for SimDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let (mut world, step) = self.step("folder", folder, &[])?;
        if !world.now.folders.contains(folder) {
            world.change(Change::Folder { path: folder.to_owned() });
        }
        step.end()
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let (world, step) = self.step("list", folder, &[])?;
        let found = world.now.files.keys().filter(|path| path.parent() == Some(folder));
        let found = found.cloned().collect();
        step.end().map(|()| found)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (world, step) = self.step("open", path, &[])?;
        step.end()?;
        let file = *world.now.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimFile { disk: self.clone(), file, path: path.to_owned() }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (mut world, step) = self.step("create", path, &[])?;
        let file = if let Some(file) = world.now.files.get(path).copied() {
            world.files[file].now.clear();
            world.files[file].lengths.push(0);
            file
        } else {
            let file = world.files.len();
            world.files.push(Node::default());
            world.change(Change::Link { path: path.to_owned(), file });
            file
        };
        step.end()?;
        Ok(Box::new(SimFile { disk: self.clone(), file, path: path.to_owned() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (mut world, step) = self.step("rename", to, &[])?;
        let file = *world.now.files.get(from).ok_or(io::ErrorKind::NotFound)?;
        world.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), file });
        step.end()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (mut world, step) = self.step("remove", path, &[])?;
        if world.now.files.contains_key(path) {
            world.change(Change::Unlink { path: path.to_owned() });
        }
        step.end()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let (mut world, step) = self.step("sync folder", folder, &[])?;
        // A sync that the crash interrupts promised nothing.
        step.end()?;
        let (synced, left) = std::mem::take(&mut world.changes)
            .into_iter()
            .partition(|change: &Change| change.path().parent() == Some(folder));
        world.changes = left;
        let synced: Vec<Change> = synced;
        synced.iter().for_each(|change| change.apply(&mut world.stored));
        Ok(())
    }

    fn room(&self, _: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        // Reads change nothing, and how many there are depends on caches: not a step.
        let world = self.disk.world();
        if world.life != self.disk.life {
            return Err(io::Error::other("the process has ended"));
        }
        let now = &world.files[self.file].now;
        let start = (offset as usize).min(now.len());
        let end = (start + bytes.len()).min(now.len());
        bytes[..end - start].copy_from_slice(&now[start..end]);
        Ok(end - start)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut world, step) = self.disk.step("write", &self.path, bytes)?;
        world.files[self.file].write(bytes, offset as usize);
        step.end()
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let (mut world, step) = self.disk.step("length", &self.path, &length.to_le_bytes())?;
        let file = &mut world.files[self.file];
        file.now.resize(length as usize, 0);
        file.lengths.push(length as usize);
        step.end()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.world().files[self.file].now.len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        let (mut world, step) = self.disk.step("sync", &self.path, &[])?;
        let file = &mut world.files[self.file];
        match step {
            Step::Whole => file.sync(),
            Step::Last => file.forget(),
        }
        step.end()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}
