//! What the keeper does when the disk fails under it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::fences::Fences;
use super::super::file::KeyFile;
use super::super::roster::{OWNER, Roster, Tail};
use super::super::{Role, Vault};
use super::*;
use crate::disk::{DiskFile, SystemDisk};
use crate::random::SeededRandom;
use futures::executor::block_on;
use std::io;
use std::sync::{Mutex, RwLock};
use tables::{Indexer, Shelf};

/// How the next write or sync fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fails {
    No,
    Full,
    Broken,
    Sync,
    /// Full, and what was written cannot be cut back.
    FullAndStuck,
}

/// A file in memory; a clone is the same file.
#[derive(Debug, Clone)]
struct Failing {
    fails: Arc<Mutex<Fails>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Failing {
    fn set(&self, fails: Fails) {
        *self.fails.lock().unwrap() = fails;
    }

    fn fails(&self) -> Fails {
        *self.fails.lock().unwrap()
    }

    fn stored(&self) -> usize {
        self.bytes.lock().unwrap().len()
    }
}

impl DiskFile for Failing {
    fn write_all_at(&self, written: &[u8], offset: u64) -> io::Result<()> {
        let fails = self.fails();
        let full = matches!(fails, Fails::Full | Fails::FullAndStuck);
        // A full disk takes a part of it first.
        let written = if full { &written[..written.len() / 2] } else { written };
        let mut bytes = self.bytes.lock().unwrap();
        let (start, end) = (offset as usize, offset as usize + written.len());
        let length = bytes.len().max(end);
        bytes.resize(length, 0);
        bytes[start..end].copy_from_slice(written);
        match fails {
            Fails::Full | Fails::FullAndStuck => Err(io::ErrorKind::StorageFull.into()),
            Fails::Broken => Err(io::Error::other("input/output error")),
            Fails::No | Fails::Sync => Ok(()),
        }
    }

    fn read_at(&self, read: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self.bytes.lock().unwrap();
        let part = bytes.get(offset as usize..).unwrap_or_default();
        let length = part.len().min(read.len());
        read[..length].copy_from_slice(&part[..length]);
        Ok(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.stored() as u64)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if self.fails() == Fails::FullAndStuck {
            return Err(io::Error::other("input/output error"));
        }
        self.bytes.lock().unwrap().resize(length as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        // btrfs and NFS may tell of a full disk as late as that.
        if self.fails() == Fails::Sync {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

fn vault() -> (Failing, Vault) {
    let disk = Failing { fails: Arc::new(Mutex::new(Fails::No)), bytes: Arc::default() };
    let file = KeyFile::on(Box::new(disk.clone()), 0);
    let roster = Arc::new(Roster::new(Shelf::default(), Tail::after(0)));
    let tables = std::env::temp_dir();
    let indexer = Indexer::new(Arc::new(SystemDisk), tables, OWNER, Arc::clone(&roster));
    let indexing = indexer.start("test").unwrap();
    let keys = std::path::PathBuf::from("nowhere");
    let fences = RwLock::new(Fences::read(&keys).unwrap());
    let (kek, changing) = (Key::new([1; KEY]), Arc::new(SystemDisk));
    let closing = RwLock::default();
    let shared =
        Shared { keys, disk: changing, file, kek, roster, in_memory: 100, fences, closing };
    let random = Arc::new(SeededRandom::new(1));
    (disk, Vault::start(shared, indexing, &Key::new([2; KEY]), random).unwrap())
}

fn ask(vault: &Vault, label: u8) -> Result<Vec<SubjectId>, VaultError> {
    let wanted = Wanted { role: Role::Learner, label: [label; 16], subject: None };
    block_on(vault.subjects(vec![wanted]))
}

fn seals(vault: &Vault, subject: SubjectId) -> bool {
    let sealed = vault.seal(subject, b"", b"words").unwrap();
    vault.open_section(subject, b"", &sealed).unwrap().as_slice() == b"words"
}

#[test]
fn a_full_disk_refuses_new_keys_until_there_is_room_and_nothing_is_half_there() {
    let (disk, vault) = vault();
    let first = ask(&vault, 1).unwrap()[0];
    let length = disk.stored();
    disk.set(Fails::Full);
    for _ in 0..2 {
        let refused = ask(&vault, 2);
        assert!(matches!(refused, Err(VaultError::NoSpace)), "{refused:?}");
        assert_eq!(disk.stored(), length, "cut back");
        assert_eq!(vault.subject(Role::Learner, [2; 16]).unwrap(), None, "nothing is published");
    }
    assert!(seals(&vault, first), "known keys go on");
    disk.set(Fails::No);
    let second = ask(&vault, 2).unwrap()[0];
    assert!(seals(&vault, first) && seals(&vault, second));
}

#[test]
fn a_destruction_waits_for_its_place_among_those_who_ask_for_keys() {
    let (disk, vault) = vault();
    let person = ask(&vault, 1).unwrap()[0];
    // The keeper is held at its next write, and the queue is filled behind it.
    let held = disk.fails.lock().unwrap();
    let (mut waiting, mut number, mut refused) = (Vec::new(), 0_u32, 0);
    while refused < 100 {
        let mut label = [9; 16];
        label[..4].copy_from_slice(&number.to_le_bytes());
        number += 1;
        let (answer, wait) = oneshot::channel();
        let wanted = vec![Wanted { role: Role::Learner, label, subject: None }];
        match vault.ask(Job::Make { wanted, answer }) {
            Ok(()) => waiting.push(wait),
            Err(VaultError::Busy) => {
                refused += 1;
                std::thread::yield_now();
            }
            Err(error) => panic!("{error}"),
        }
    }
    let vault = Arc::new(vault);
    let destroying = {
        let vault = Arc::clone(&vault);
        std::thread::spawn(move || vault.destroy(&[person]))
    };
    // Long enough to be refused, if it were.
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(5));
        if destroying.is_finished() {
            break;
        }
    }
    let waits = !destroying.is_finished();
    drop(held);
    assert!(waits, "it waits");
    // There is no file to write to: that it was tried is what is to be seen.
    let tried = destroying.join().unwrap();
    assert!(matches!(tried, Err(VaultError::Io(_))), "{tried:?}");
    assert!(waiting.into_iter().all(|wait| block_on(wait).unwrap().is_ok()));
}

#[test]
fn after_a_write_or_a_sync_whose_outcome_is_not_known_no_key_is_made_until_a_restart() {
    for fails in [Fails::Sync, Fails::Broken, Fails::FullAndStuck] {
        let (disk, vault) = vault();
        let first = ask(&vault, 1).unwrap()[0];
        disk.set(fails);
        assert!(matches!(ask(&vault, 2), Err(VaultError::Io(_))));
        disk.set(Fails::No);
        let refused = ask(&vault, 2);
        assert!(matches!(refused, Err(VaultError::ReadOnly)), "{refused:?}");
        assert!(seals(&vault, first), "known keys go on");
    }
}
