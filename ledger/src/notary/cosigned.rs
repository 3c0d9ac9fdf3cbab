//! What others signed of what the log signed: which checkpoints are kept, who is asked, and who is waited for.
//!
//! Witnesses are asked all at once, about one checkpoint. One that did not sign the last time, or took long, is not
//! waited for: it is asked again from time to time, until it signs.

use super::{Notary, NotaryError, Signed};
use crate::tree::TreeError;
use domain::ids::Position;
use seal::{Hash, VerifierKey};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long whoever asks for a proof waits for a witness when nobody says otherwise.
pub const PROMPT: Duration = Duration::from_secs(2);
/// How long a witness may take that nobody waits for.
pub const PATIENT: Duration = Duration::from_secs(10);

/// Gives the proof that the tree of a checkpoint follows from one of so many leaves.
pub type Prove<'a> = &'a (dyn Fn(u64) -> Result<Vec<Hash>, TreeError> + Sync);

/// Somebody who may sign what the log signed.
pub trait Cosigner: fmt::Debug + Send + Sync {
    /// The key that checks what it signs.
    fn key(&self) -> &VerifierKey;

    /// Its signature line, checked, within some time.
    ///
    /// # Errors
    /// Why it did not sign.
    fn cosign(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String>;
}

/// A witness, and what it did when it was asked last.
#[derive(Debug)]
pub(super) struct Asked {
    cosigner: Arc<dyn Cosigner>,
    did: Mutex<Did>,
}

/// What a witness did when it was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    /// It was not asked yet.
    Nothing,
    /// It signed in time: it is waited for.
    Sign,
    /// It signed, and took longer.
    SignLate,
    Fail,
}

impl Asked {
    /// Nobody is waited for before it has signed once.
    pub(super) fn new(cosigner: Arc<dyn Cosigner>) -> Self {
        Self { cosigner, did: Mutex::new(Did::Nothing) }
    }

    fn is_prompt(&self) -> bool {
        *self.did.lock().unwrap_or_else(PoisonError::into_inner) == Did::Sign
    }

    fn signed(&self, signed: &Signed) -> bool {
        let key = self.cosigner.key();
        signed.cosigned.iter().any(|(name, id)| (name.as_str(), *id) == (key.name(), key.id()))
    }

    fn ask(
        &self,
        notary: &Notary,
        signed: &Signed,
        prove: Prove<'_>,
        within: Duration,
    ) -> Option<String> {
        let begin = Instant::now();
        let said = self.cosigner.cosign(signed, prove, within);
        let did = match &said {
            Ok(_) if begin.elapsed() <= notary.prompt => Did::Sign,
            Ok(_) => Did::SignLate,
            Err(_) => Did::Fail,
        };
        let before = {
            let mut last = self.did.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, did)
        };
        self.tell(before, did, said.as_ref().err(), notary.log());
        said.ok()
    }

    /// Says once what a witness does now, if it did something else before.
    fn tell(&self, before: Did, did: Did, error: Option<&io::Error>, log: &VerifierKey) {
        let key = self.cosigner.key();
        let (witness, error) = (key.name(), error.map(tracing::field::display));
        match (before, did) {
            (Did::Nothing, Did::Fail) => tracing::warn!(
                %key,
                error,
                %log,
                "a witness has not signed, and is asked again: if it is up, compare --witness KEY=URL with what \
                 `registre witness` prints there, key and address, and see that it was started with --log and \
                 the key of this log"
            ),
            (Did::Fail, Did::Fail) => {
                tracing::debug!(witness, error, "a witness does not sign yet");
            }
            (_, Did::Fail) => tracing::warn!(
                witness,
                error,
                "a witness did not sign: it is asked again, and not waited for"
            ),
            (before, did) if before == did => {}
            (_, Did::SignLate) => {
                tracing::warn!(witness, "a witness signs, and takes long: it is not waited for");
            }
            _ => tracing::info!(witness, "a witness signs"),
        }
    }
}

/// The checkpoints that proofs stand on, oldest first: the newest, and each older one that more witnesses signed
/// than any after it.
#[derive(Debug)]
pub(super) struct Kept(Vec<Signed>);

impl Kept {
    pub(super) fn new(newest: Signed) -> Self {
        Self(vec![newest])
    }

    /// Adds a checkpoint, or more signatures on one.
    pub(super) fn add(&mut self, signed: Signed) {
        self.0.push(signed);
        // Of one size, that with the most signatures comes last.
        self.0.sort_by_key(|kept| (kept.checkpoint.size, kept.cosigned.len()));
        let mut most = None;
        let mut size = None;
        let mut rank = self.0.len();
        while rank > 0 {
            rank -= 1;
            let kept = &self.0[rank];
            let count = kept.cosigned.len();
            if size == Some(kept.checkpoint.size) || most.is_some_and(|most| count <= most) {
                self.0.remove(rank);
            } else {
                (most, size) = (Some(count), Some(kept.checkpoint.size));
            }
        }
    }

    /// The checkpoint of a tree that has an event which most witnesses signed, the newest of such.
    pub(super) fn covering(&self, position: Position) -> Option<&Signed> {
        self.0.iter().find(|kept| kept.checkpoint.size >= position.0)
    }

    /// The one that most witnesses signed.
    pub(super) fn most_cosigned(&self) -> Option<&Signed> {
        self.0.first().filter(|kept| !kept.cosigned.is_empty())
    }

    fn same(&self, signed: &Signed) -> Option<&Signed> {
        self.0.iter().find(|kept| kept.checkpoint == signed.checkpoint)
    }
}

impl Notary {
    /// The newest checkpoint of those that most witnesses signed; `None` when none did.
    #[must_use]
    pub fn cosigned(&self) -> Option<Signed> {
        self.kept().most_cosigned().cloned()
    }

    /// The newest checkpoint that every witness signed who is waited for; else the newest. Never one that is older
    /// than what was given before, whoever is waited for meanwhile.
    #[must_use]
    pub fn published(&self) -> Signed {
        let mut last = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.kept().0.iter().rev().find(|kept| self.is_seen(kept)).cloned();
        let best = kept.unwrap_or_else(|| self.newest());
        if best.checkpoint.size >= last.checkpoint.size {
            *last = best;
        }
        last.clone()
    }

    /// Whether nobody who is waited for is missing.
    fn is_seen(&self, signed: &Signed) -> bool {
        self.witnesses.iter().all(|asked| !asked.is_prompt() || asked.signed(signed))
    }

    /// The best checkpoint of a tree that has an event: signed by every witness who is waited for, as far as they
    /// sign in time; else by as many as can be had. One that is there already, when it is as good.
    ///
    /// It reads and writes files and asks over the network: call it off the event loop.
    ///
    /// # Errors
    /// When nothing can be signed. Of an event after the head, the newest checkpoint comes back.
    pub fn seen(&self, position: Position) -> Result<Signed, NotaryError> {
        let good = || {
            let kept = self.kept();
            let mut covering = kept.0.iter().filter(|kept| kept.checkpoint.size >= position.0);
            covering.find(|kept| self.is_seen(kept)).cloned()
        };
        if let Some(good) = good() {
            return Ok(good);
        }
        // Whoever waits here for a round that covers the event takes what comes of it.
        let _round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(good) = good() {
            return Ok(good);
        }
        let signed = self.sign()?;
        self.ask(&signed, self.prompt, Asked::is_prompt);
        let best = good().or_else(|| self.kept().covering(position).cloned());
        Ok(best.unwrap_or(signed))
    }

    /// Has the newest checkpoint signed by who is waited for and, when there is `time`, asks the others too. Gives
    /// whether somebody did not sign it.
    ///
    /// # Errors
    /// When nothing can be signed.
    pub fn cosign(&self, time: bool) -> Result<bool, NotaryError> {
        let signed = self.seen(Position(self.newest().checkpoint.size))?;
        if time {
            self.ask(&signed, PATIENT, |asked| !asked.is_prompt());
        }
        let signed = self.kept().same(&signed).cloned().unwrap_or(signed);
        Ok(self.witnesses.iter().any(|asked| !asked.signed(&signed)))
    }

    /// Asks, all at once, those who did not sign a checkpoint.
    fn ask(&self, signed: &Signed, within: Duration, whom: impl Fn(&Asked) -> bool) {
        let missing = |asked: &&Asked| !asked.signed(signed) && whom(asked);
        let prove = |old| self.consistency(old, signed.checkpoint.size);
        let lines: Vec<String> = thread::scope(|scope| {
            let asking: Vec<_> = self
                .witnesses
                .iter()
                .filter(missing)
                .map(|asked| {
                    let ask = || asked.ask(self, signed, &prove, within);
                    thread::Builder::new().name("ask-witness".to_owned()).spawn_scoped(scope, ask)
                })
                .collect();
            let said = asking.into_iter().filter_map(|asking| asking.ok()?.join().ok()?);
            said.collect()
        });
        if !lines.is_empty() {
            self.add_cosignatures(signed, &lines);
        }
    }

    /// Puts signatures on a checkpoint. What cannot be written down is only asked again after a restart.
    fn add_cosignatures(&self, signed: &Signed, lines: &[String]) {
        let mut apart = self.apart();
        let text = self.kept().same(signed).unwrap_or(signed).text.to_string();
        // What others add must leave it readable.
        let keys: Vec<_> =
            self.witnesses.iter().map(|asked| asked.cosigner.key().clone()).collect();
        let seen = match Signed::read(&format!("{text}{}", lines.concat()), self.log(), &keys) {
            Ok((seen, _)) => seen,
            Err(error) => {
                tracing::error!(%error, "cosignatures that do not fit the checkpoint are left out");
                return;
            }
        };
        let most = {
            let mut kept = self.kept();
            kept.add(seen.clone());
            kept.most_cosigned().map(|kept| kept.text.clone())
        };
        if let Some(most) = most
            && let Err(error) = apart.write_cosigned(&most)
        {
            tracing::error!(%error, "the cosigned checkpoint could not be written down");
        }
        self.newest.send_if_modified(|newest| {
            let same = newest.checkpoint == seen.checkpoint;
            if same {
                *newest = seen;
            }
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seal::Checkpoint;

    fn signed(size: u64, by: &[&str]) -> Signed {
        let cosigned = by.iter().map(|name| ((*name).to_owned(), [0; 4])).collect();
        let checkpoint = Checkpoint { origin: "log".to_owned(), size, root: [0; 32] };
        Signed { checkpoint, text: format!("{size} {by:?}").into(), cosigned }
    }

    fn kept(kept: &Kept) -> Vec<(u64, usize)> {
        kept.0.iter().map(|kept| (kept.checkpoint.size, kept.cosigned.len())).collect()
    }

    #[test]
    fn a_checkpoint_goes_once_a_newer_one_is_as_good() {
        let mut all = Kept::new(signed(10, &[]));
        assert_eq!(all.most_cosigned(), None);
        all.add(signed(10, &["a", "b"]));
        all.add(signed(20, &[]));
        assert_eq!(kept(&all), [(10, 2), (20, 0)]);
        all.add(signed(30, &["a"]));
        all.add(signed(40, &[]));
        assert_eq!(kept(&all), [(10, 2), (30, 1), (40, 0)]);
        let covering = |position| all.covering(Position(position)).map(|kept| kept.checkpoint.size);
        assert_eq!(
            [1, 10, 11, 30, 31, 41].map(covering),
            [10, 10, 30, 30, 40, 0].map(|size| (size > 0).then_some(size))
        );
        // What comes late for an older one counts as far as it is better.
        all.add(signed(20, &["a", "b"]));
        assert_eq!(kept(&all), [(20, 2), (30, 1), (40, 0)]);
        all.add(signed(40, &["b"]));
        assert_eq!(kept(&all), [(20, 2), (40, 1)]);
        all.add(signed(40, &["b", "a"]));
        assert_eq!(kept(&all), [(40, 2)]);
        all.add(signed(40, &[]));
        assert_eq!(kept(&all), [(40, 2)], "nothing is taken off again");
    }
}
