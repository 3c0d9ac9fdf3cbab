//! Calls that go on for long: whoever asked must still be somebody who may.

use crate::errors::Failure;
use crate::limits;
use tokio::time::sleep;

/// Does some work for as long as the door stays open to whom it is done for.
///
/// # Errors
/// Those of the work, and of what `stands` says: then the work is dropped where it is.
pub(super) async fn while_admitted<T, E: From<Failure>>(
    stands: impl Fn() -> Result<(), Failure>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let refused = async {
        loop {
            sleep(limits::CREDENTIAL_ASKED_EVERY).await;
            if let Err(refused) = stands() {
                return refused;
            }
        }
    };
    tokio::select! {
        done = work => done,
        refused = refused => Err(refused.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{Reason, refused};
    use access::Refused;
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn work_ends_a_moment_after_its_credential_does_and_is_left_alone_before() {
        let begun = Instant::now();
        let asked = Cell::new(0);
        let revoked_at = 5 * limits::CREDENTIAL_ASKED_EVERY / 2;
        let stands = || {
            asked.set(asked.get() + 1);
            let is_alive = begun.elapsed() < revoked_at;
            if is_alive { Ok(()) } else { Err(refused(&Refused::Expired)) }
        };
        let endless = std::future::pending::<Result<(), Failure>>();
        let ended = while_admitted(stands, endless).await.unwrap_err();
        assert_eq!(ended.reason(), Reason::CredentialExpired);
        assert_eq!((begun.elapsed(), asked.get()), (3 * limits::CREDENTIAL_ASKED_EVERY, 3));
        let short = async {
            sleep(Duration::from_millis(1)).await;
            Ok::<(), Failure>(())
        };
        assert!(while_admitted(stands, short).await.is_ok());
        assert_eq!(asked.get(), 3);
    }
}
