//! A want of room stops no view: there may be room again at any moment. The view
//! stays at its checkpoint, and the same batch is tried again later.

use super::View;
use std::error::Error;
use std::io::{self, ErrorKind};

/// What SQLite says of a full disk: FULL; of a quota that is used up: `IOERR_WRITE`, as of
/// a disk that fails, where another try does no harm; when the memory that its connections
/// share, a file, cannot grow: `IOERR_SHMSIZE`.
const SQLITE_CODES: [&str; 3] = ["13", "778", "4874"];

/// A view found no room for a batch, and is where it was before.
#[derive(Debug, thiserror::Error)]
#[error("no room for the view {view}: {reason}")]
pub(crate) struct NoRoom {
    pub(super) view: View,
    pub(super) reason: String,
}

/// Whether that is all that an error, or one that it stands on, says.
pub(crate) fn lacks_room(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| {
        let kind = error.downcast_ref().map(io::Error::kind);
        let sqlite = error.downcast_ref().and_then(sqlx::Error::as_database_error);
        matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
            || sqlite
                .and_then(sqlx::error::DatabaseError::code)
                .is_some_and(|code| SQLITE_CODES.contains(&code.as_ref()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headcount::HeadcountError;
    use crate::persons::PersonsError;

    #[test]
    fn a_full_disk_and_a_used_up_quota_are_told_from_a_disk_that_fails() {
        // ENOSPC, EDQUOT and EIO of Linux.
        for (code, expected) in [(28, true), (122, true), (5, false)] {
            let error = || io::Error::from_raw_os_error(code);
            assert_eq!(lacks_room(&error()), expected, "{code}");
            assert_eq!(lacks_room(&HeadcountError::from(error())), expected, "{code}");
            assert_eq!(lacks_room(&PersonsError::from(error())), expected, "{code}");
            assert_eq!(lacks_room(&sqlx::Error::from(error())), expected, "{code}");
        }
        let named = fs_err::write("/dev/full", b"x").unwrap_err();
        assert!(lacks_room(&named), "{named}");
    }
}
