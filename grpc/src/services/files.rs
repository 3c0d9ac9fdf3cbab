//! Files that are made for somebody and streamed to them: bundles, what is known of a person.

use super::house::House;
use super::lasting::while_admitted;
use super::told::Told;
use crate::errors::{Failure, Reason};
use crate::limits;
use crate::room::{Room, Share};
use access::Tenant;
use domain::text::Text;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Parts that wait for their reader.
const WAITING: usize = 4;

/// What is being made, and what is on its way.
#[derive(Debug)]
pub(super) struct Files {
    making: Arc<Semaphore>,
    /// One at a time of each caller: who asks for many waits behind their own.
    turns: Mutex<HashMap<String, Weak<Semaphore>>>,
    room: Arc<Room>,
}

/// A file that was made, counted until it is dropped.
#[derive(Debug)]
pub(super) struct File {
    bytes: Vec<u8>,
    _share: Share,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            making: Arc::new(Semaphore::new(limits::FILES_MADE_AT_ONCE)),
            turns: Mutex::default(),
            room: Room::of(limits::ALL_FILES_BYTES, limits::FILES_OF_CALLER_BYTES),
        }
    }
}

impl Files {
    /// Makes a file, on a thread where it may take its time: of one caller one at once, and few of all.
    ///
    /// # Errors
    /// Those of its making; `OVERLOADED` when those that are on their way are too many bytes.
    pub(super) async fn make(
        &self,
        caller: &str,
        make: impl FnOnce() -> Result<Vec<u8>, Failure> + Send + 'static,
    ) -> Result<File, Failure> {
        let closed = |_| Failure::internal(&"a semaphore was closed");
        let turn = self.turn(caller).acquire_owned().await.map_err(closed)?;
        let place = Arc::clone(&self.making).acquire_owned().await.map_err(closed)?;
        let mut share = self.room.share(caller);
        let made = tokio::task::spawn_blocking(move || {
            // Until it is made, even if whoever asked has left.
            let _held = (turn, place);
            make()
        });
        let bytes = made.await??;
        if share.take(bytes.len()) { Ok(File { bytes, _share: share }) } else { Err(overloaded()) }
    }

    fn turn(&self, caller: &str) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(caller).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Semaphore::new(1));
        turns.insert(caller.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

/// Sends a file in parts. It ends when the reader leaves or leaves a part unread for too long, and when the credential
/// ends by which the reader came.
pub(super) fn sent<M: Send + 'static>(
    house: &Arc<House>,
    tenant: Tenant,
    file: File,
    message: impl Fn(Vec<u8>) -> M + Send + Sync + 'static,
) -> Told<M> {
    let (messages, stream) = mpsc::channel(WAITING);
    let house = Arc::clone(house);
    tokio::spawn(async move {
        let sending = send_all(&file, &message, &messages);
        if let Err(failure) = while_admitted(|| house.stands(&tenant), sending).await {
            let _ = messages.send_timeout(Err(failure.into()), limits::SLOW_READER).await;
        }
    });
    ReceiverStream::new(stream)
}

async fn send_all<M: Send>(
    file: &File,
    message: &(impl Fn(Vec<u8>) -> M + Sync),
    messages: &mpsc::Sender<Result<M, Status>>,
) -> Result<(), Failure> {
    for part in file.bytes.chunks(limits::FILE_PART_BYTES) {
        let part = Ok(message(part.to_vec()));
        if messages.send_timeout(part, limits::SLOW_READER).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn overloaded() -> Failure {
    Failure::new(
        Reason::Overloaded,
        Text::new(
            "too many files are being sent: read yours, and ask again",
            "Trop de fichiers sont en cours d'envoi : finissez de lire les vôtres, puis redemandez.",
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn of_a_caller_one_file_is_made_at_once_and_few_of_all() {
        let files = Arc::new(Files::default());
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let begin = |caller: &'static str| {
            let (files, now, most) = (Arc::clone(&files), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                let make = move || {
                    let at_once = now.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(at_once, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(vec![7; 10])
                };
                files.make(caller, make).await.unwrap().bytes.len()
            })
        };
        for task in (0..5).map(|_| begin("a")).collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap(), 10);
        }
        assert_eq!(most.load(Ordering::SeqCst), 1);
        let all = ["a", "b", "c", "d", "e", "f"].map(begin);
        for task in all {
            task.await.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= limits::FILES_MADE_AT_ONCE);
        assert!(files.turns.lock().unwrap().len() <= 6);
    }

    #[tokio::test]
    async fn what_is_on_its_way_is_counted_until_it_is_dropped() {
        let files = Files::default();
        let large = || Ok(vec![0; limits::FILES_OF_CALLER_BYTES]);
        let first = files.make("a", large).await.unwrap();
        let small = || Ok(vec![0]);
        assert_eq!(files.make("a", small).await.unwrap_err().reason(), Reason::Overloaded);
        assert!(files.make("b", small).await.is_ok(), "others are served");
        drop(first);
        assert!(files.make("a", small).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_leaves_a_part_unread_is_given_up() {
        let share = Files::default().room.share("a");
        let bytes = vec![7; 3 * limits::FILE_PART_BYTES + 1];
        let file = File { bytes, _share: share };
        let (messages, mut unread) = mpsc::channel(1);
        let begun = tokio::time::Instant::now();
        let sending = send_all(&file, &|part: Vec<u8>| part.len(), &messages);
        tokio::time::timeout(2 * limits::SLOW_READER, sending).await.unwrap().unwrap();
        assert_eq!(begun.elapsed().as_secs(), limits::SLOW_READER.as_secs());
        assert_eq!(unread.recv().await.unwrap().unwrap(), limits::FILE_PART_BYTES);
        drop(messages);
        assert!(unread.recv().await.is_none(), "the others are not sent");
    }
}
