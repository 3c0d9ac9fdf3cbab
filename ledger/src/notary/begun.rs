//! What a log signed, known before the log is opened and judged before anything of it is written.

use super::apart::Apart;
use super::{NotaryError, Options, Signed};
use crate::journal::embedded::Begins;
use seal::{Hash, SignerKey};

/// The key that signs and what it signed last; `None` when nothing was signed.
type Newest = Option<(SignerKey, Signed)>;

/// What is in the folder apart.
pub(crate) struct Begun(Newest);

/// The same, judged, and nobody else's as long as this is held.
pub(crate) struct Locked {
    pub(super) apart: Apart,
    pub(super) newest: Newest,
}

impl Begun {
    /// Reads the folder apart, which may not be there; nothing is made.
    pub(crate) fn read(options: &Options) -> Result<Self, NotaryError> {
        Apart::peek(&options.apart).map(Self)
    }

    /// The newest tree that was signed: its size and its root.
    pub(crate) fn known(&self) -> Option<(u64, Hash)> {
        self.0.as_ref().map(|(_, Signed { checkpoint, .. })| (checkpoint.size, checkpoint.root))
    }

    /// Whether a log may be written on.
    pub(crate) const fn judge(&self, log: &Begins) -> Result<(), NotaryError> {
        let Some((_, Signed { checkpoint, .. })) = &self.0 else { return Ok(()) };
        let (signed, found) = (checkpoint.size, log.events);
        if found >= signed {
            return if log.known { Ok(()) } else { Err(NotaryError::Differs { size: signed }) };
        }
        Err(if log.torn {
            NotaryError::Torn { signed, found }
        } else {
            NotaryError::Shorter { signed, found }
        })
    }

    /// Takes the folder apart, or makes it, when a log was judged by what is in it.
    pub(crate) fn lock(self, options: &Options) -> Result<Locked, NotaryError> {
        let (apart, newest) = Apart::open(&options.apart)?;
        let text = |newest: &Newest| newest.as_ref().map(|(_, signed)| signed.text.clone());
        if text(&newest) == text(&self.0) {
            Ok(Locked { apart, newest })
        } else {
            Err(NotaryError::Replaced(options.apart.join("checkpoint")))
        }
    }
}
