//! What a served ledger does of itself: refused rows are deleted after 30 days, lines of the log of
//! reads after a year; new events are signed.

use access::Gate;
use ledger::notary::Notary;
use ledger::{Clock, Head, Ledger, SystemClock};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often what has its time is looked at. A file covers a day, so a few times a day is enough.
const EVERY: Duration = Duration::from_secs(6 * 3600);

/// How long new events wait for a checkpoint, at most.
const SIGN_AFTER: Duration = Duration::from_secs(1);

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
        match tokio::task::spawn_blocking(move || signing.seen()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "no checkpoint was signed"),
            Err(_) => tracing::error!("the signing of a checkpoint died"),
        }
        if head.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(SIGN_AFTER).await;
    }
}
