//! A thread that writes and syncs large groups, one at a time, while the writer
//! builds the next.

use super::segment::Segment;
use crate::disk::DiskFile;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A group that was written, or was not.
pub(super) struct Written {
    /// Its bytes, to be used again.
    pub(super) bytes: Vec<u8>,
    /// An error leaves open which of them the disk has.
    pub(super) result: io::Result<()>,
}

/// Writes the bytes of a group to its segment and makes them durable.
pub(super) fn write(segment: &Segment, offset: u64, bytes: Vec<u8>) -> Written {
    let file = segment.file.as_ref();
    let result = file.write_all_at(&bytes, offset).and_then(|()| sync(file));
    Written { bytes, result }
}

#[cfg(not(feature = "no-sync"))]
fn sync(file: &dyn DiskFile) -> io::Result<()> {
    file.sync_data()
}

/// The build that the crash test must catch.
#[cfg(feature = "no-sync")]
fn sync(_file: &dyn DiskFile) -> io::Result<()> {
    Ok(())
}

struct Write {
    segment: Arc<Segment>,
    offset: u64,
    bytes: Vec<u8>,
    done: oneshot::Sender<Written>,
}

/// The thread; it starts with the first group that it is given.
#[derive(Default)]
pub(super) struct Beside(Option<(mpsc::Sender<Write>, JoinHandle<()>)>);

impl Beside {
    /// Begins to write a group. Without a thread it is written before this returns.
    pub(super) fn write(
        &mut self,
        segment: Arc<Segment>,
        offset: u64,
        bytes: Vec<u8>,
    ) -> oneshot::Receiver<Written> {
        let (done, written) = oneshot::channel();
        let mut write = Write { segment, offset, bytes, done };
        if let Some((writes, _)) = self.thread() {
            match writes.send(write) {
                Ok(()) => return written,
                Err(mpsc::SendError(back)) => write = back,
            }
        }
        write.run();
        written
    }

    fn thread(&mut self) -> Option<&(mpsc::Sender<Write>, JoinHandle<()>)> {
        if self.0.is_none() {
            let (writes, given) = mpsc::channel::<Write>();
            let thread = std::thread::Builder::new().name("journal-disk".to_owned());
            let thread = thread.spawn(move || given.into_iter().for_each(Write::run));
            self.0 = thread.ok().map(|thread| (writes, thread));
        }
        self.0.as_ref()
    }
}

impl Write {
    fn run(self) {
        let _ = self.done.send(write(&self.segment, self.offset, self.bytes));
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some((writes, thread)) = self.0.take() {
            drop(writes);
            let _ = thread.join();
        }
    }
}
