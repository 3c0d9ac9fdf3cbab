//! What a served ledger does of itself: refused rows are deleted after 30 days, lines of the log of
//! reads after a year; new events are signed.

use access::Gate;
use ledger::notary::{Notary, NotaryError};
use ledger::{Clock, Head, Ledger, SystemClock};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::time::Instant;

/// How often what has its time is looked at. A file covers a day, so a few times a day is enough.
const EVERY: Duration = Duration::from_secs(6 * 3600);

/// How long new events wait for a checkpoint, at most.
const SIGN_AFTER: Duration = Duration::from_secs(1);

/// After how long a witness that did not sign is asked again: the first time, twice that, and so on up to the last.
const ASK_AGAIN_FIRST: Duration = Duration::from_millis(500);
const ASK_AGAIN_LAST: Duration = Duration::from_secs(60);

/// Purges the quarantine and the log of reads at once and then from time to time, until it is dropped.
/// The days of the quarantine are those of the ledger's clock; those of the log, of the system's.
pub(super) async fn purge_from_time_to_time(
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    gate: Arc<Gate>,
) {
    loop {
        purge_log(Arc::clone(&gate)).await;
        let (ledger, now) = (Arc::clone(&ledger), clock.now());
        let purged = tokio::task::spawn_blocking(move || ledger.quarantine().purge(now)).await;
        match purged {
            Ok(Ok(0)) => {}
            Ok(Ok(days)) => tracing::info!(days, "refused rows older than 30 days were deleted"),
            Ok(Err(error)) => tracing::error!(%error, "the quarantine could not be purged"),
            // The error would tell what a panic said, which may quote a row.
            Err(_) => tracing::error!("the purge of the quarantine died"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn purge_log(gate: Arc<Gate>) {
    let purged = tokio::task::spawn_blocking(move || gate.purge_log(SystemClock.now())).await;
    match purged {
        Ok(Ok(None)) => {}
        Ok(Ok(Some(dropped))) => {
            let (lines, until) = (dropped.lines, &dropped.until);
            tracing::info!(lines, until, "lines of the log of reads were deleted after a year");
        }
        Ok(Err(error)) => tracing::error!(%error, "the log of reads could not be purged"),
        Err(_) => tracing::error!("the purge of the log of reads died"),
    }
}

/// Signs new events a second after the first of them, until it is dropped. Who needs a checkpoint at once
/// has one signed.
pub(super) async fn sign_from_time_to_time(notary: Arc<Notary>, mut head: watch::Receiver<Head>) {
    loop {
        head.mark_unchanged();
        let signing = Arc::clone(&notary);
        told(tokio::task::spawn_blocking(move || signing.sign().map(drop)).await);
        if head.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(SIGN_AFTER).await;
    }
}

/// Has witnesses sign each new checkpoint, and asks again those who did not, until it is dropped.
pub(super) async fn cosign_from_time_to_time(notary: Arc<Notary>) {
    let mut newest = notary.watch();
    let (mut pauses, mut again) = (Pauses(ASK_AGAIN_FIRST), Instant::now());
    loop {
        newest.mark_unchanged();
        let (asking, time) = (Arc::clone(&notary), again <= Instant::now());
        let asked = tokio::task::spawn_blocking(move || asking.cosign(time)).await;
        let missing = told(asked).unwrap_or(true);
        if time {
            again = Instant::now() + pauses.after(missing);
        }
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { return },
            () = tokio::time::sleep_until(again), if missing => {}
        }
    }
}

/// How long those who did not sign are left alone.
struct Pauses(Duration);

impl Pauses {
    /// After they were asked, and whether somebody did not sign.
    fn after(&mut self, missing: bool) -> Duration {
        if !missing {
            self.0 = ASK_AGAIN_FIRST;
            return self.0;
        }
        let next = ASK_AGAIN_LAST.min(self.0 * 2);
        std::mem::replace(&mut self.0, next)
    }
}

fn told<T>(done: Result<Result<T, NotaryError>, JoinError>) -> Option<T> {
    match done {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::error!(%error, "no checkpoint was signed"),
        Err(_) => tracing::error!("the signing of a checkpoint died"),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_the_first_one_until_all_signed() {
        let mut pauses = Pauses(ASK_AGAIN_FIRST);
        let millis = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
        for _ in 0..2 {
            let waited = millis.map(|_| pauses.after(true).as_millis());
            assert_eq!(waited, millis);
            assert_eq!(pauses.after(false), ASK_AGAIN_FIRST);
        }
    }
}
