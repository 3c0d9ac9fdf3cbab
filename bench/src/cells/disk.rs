//! Sequential writes, and what an event takes on the disk.

use super::names;
use crate::engines::BareJournal;
use crate::error::BenchError;
use crate::harness::{Cell, Measured, Room, Unit};
use crate::load::{Load, append};
use domain::ids::Position;
use fs_err::File;
use ledger::journal::embedded::segment_files;
use ledger::record::Content;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of one write.
const CHUNK: usize = 1 << 20;
/// Records of one read.
const PAGE: usize = 4_096;

/// A new file, written from its start to its end and synced once.
pub(super) fn sequential(mib: usize) -> Cell {
    Cell::new(names::SEQUENTIAL, Unit::Megabytes, move |room: &Room| {
        let path = room.folder.join("sequential");
        Ok(move |_: Duration| {
            let chunk = vec![0xA5; CHUNK];
            let begun = Instant::now();
            let write = || {
                let mut file = File::create(&path)?;
                for _ in 0..mib {
                    file.write_all(&chunk)?;
                }
                file.sync_all()
            };
            write().map_err(BenchError::io("the sequential write failed"))?;
            Ok(Measured::new((mib * CHUNK) as f64 / 1e6, begun.elapsed(), Vec::new()))
        })
    })
}

/// Bytes of a segment where bytes are counted: small, so that most of them are full and have their
/// index even in a short cell.
const SEGMENT_BYTES: u64 = 4 << 20;

/// All that the journal keeps of a load of 64 in flight, over the records themselves.
pub(super) fn bytes_per_event() -> Cell {
    Cell::new(names::BYTES, Unit::Times, |room: &Room| {
        let clients = Arc::clone(&room.clients);
        let folder = room.folder.join("log");
        let mut engine = Some(Arc::new(BareJournal::with_segments(&folder, SEGMENT_BYTES)?));
        Ok(move |length: Duration| {
            let open = engine.take().ok_or_else(|| BenchError::failed("measured twice"))?;
            let engines = [open];
            clients.block_on(append(&engines, Load::single(64), length))?;
            let records = record_bytes(&engines[0])?;
            // A journal that is closed early leaves some of its index to the next opening.
            drop(engines);
            drop(BareJournal::with_segments(&folder, SEGMENT_BYTES)?);
            let used = used_bytes(&folder).map_err(BenchError::io("log/ cannot be read"))?;
            Ok(Measured::times(used as f64 / records as f64))
        })
    })
}

/// Bytes of headers, bodies and sections of all records.
fn record_bytes(engine: &BareJournal) -> Result<u64, BenchError> {
    let (mut after, mut bytes) = (Position(0), 0);
    loop {
        let page = engine.journal().read_after(after, PAGE).map_err(BenchError::failed)?;
        let Some(last) = page.last() else { return Ok(bytes) };
        after = last.position;
        for record in page {
            let sections = record.sections.iter().map(|content| match content {
                Content::Sealed(bytes) => bytes.len(),
                Content::Erased => 0,
            });
            let of_record = record.header_bytes.len() + record.body.len() + sections.sum::<usize>();
            bytes += of_record as u64;
        }
    }
}

/// Bytes of all files of a journal, its index included, but for a segment that is being prepared
/// and the zeros at the end of the last one.
fn used_bytes(log: &Path) -> io::Result<u64> {
    let last = segment_files(log)?.pop();
    Ok(bytes_of(log)? - last.map_or(Ok(0), |path| zeros_at_end(&path))?)
}

fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            bytes_of(&entry.path())?
        } else if entry.path().extension().is_some_and(|suffix| suffix == "prepared") {
            0
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes)
}

fn zeros_at_end(path: &Path) -> io::Result<u64> {
    let mut content = Vec::new();
    File::open(path)?.read_to_end(&mut content)?;
    Ok(content.iter().rev().take_while(|byte| **byte == 0).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_bytes_leave_out_what_is_only_prepared() {
        let log = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| std::fs::write(log.path().join(name), content);
        write("00000000000000000001.segment", &[1, 1, 0, 0]).unwrap();
        write("00000000000000000009.segment", &[1, 0, 1, 0, 0, 0]).unwrap();
        std::fs::create_dir(log.path().join("index")).unwrap();
        write("index/1-8.table", &[0; 7]).unwrap();
        write("next.prepared", &[0; 100]).unwrap();
        assert_eq!(used_bytes(log.path()).unwrap(), 4 + 3 + 7);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_record_counts_its_header_and_its_body() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Arc::new(BareJournal::with_segments(folder.path(), 64 << 10).unwrap());
        let engine = open();
        append(&[Arc::clone(&engine)], Load::hundreds(10), Duration::ZERO).await.unwrap();
        let each = crate::engines::record_bytes().unwrap() as u64;
        assert_eq!(record_bytes(&engine).unwrap(), 1_000 * each);
        drop(engine);
        drop(open());
        let (used, count) = (used_bytes(folder.path()).unwrap(), 1_000 * each);
        assert!(used > count && used < 2 * count, "{used} for {count}");
        assert!(segment_files(folder.path()).unwrap().len() > 2, "some are full");
    }
}
