//! Why the log signs nothing.

use crate::tree::TreeError;
use seal::{CheckpointError, KeyError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the log signs nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotaryError {
    /// The file system failed.
    #[error("{} failed: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// How.
        source: Arc<io::Error>,
    },
    /// Another process signs for this log.
    #[error("another process has {} open", .0.display())]
    Locked(PathBuf),
    /// The key that signs cannot be read.
    #[error("{}: {error}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// The log signed elsewhere, or never, and nobody said that it begins anew.
    #[error(
        "nothing was signed in {0}, and the log has {events} events (its key: {log}). Name the folder apart that \
         it had with --seal-dir. If that is lost, or a version that did not sign left this log: start it once with \
         `registre serve --new-log-key`, and it signs under a new name and a new key; what it gave out before is \
         checked with the old one. Nothing was changed\n\
         Rien n'a été signé dans {0}, et le registre a {events} événements (sa clé : {log}). Indiquez son dossier \
         à part avec --seal-dir. S'il est perdu, ou si ce registre vient d'une version qui ne signait pas, démarrez \
         une seule fois avec `registre serve --new-log-key` : il signera sous un nouveau nom, avec une nouvelle clé ; \
         ce qu'il a remis auparavant se vérifie avec l'ancienne. Rien n'a été modifié",
        folder.display()
    )]
    Unsigned {
        /// The folder apart.
        folder: PathBuf,
        /// Events of the log.
        events: u64,
        /// The key that it signed with; `-` when it never did.
        log: String,
    },
    /// The folder apart is another log's.
    #[error(
        "{0} is the folder apart of another log: it signs as {found}, and the data are of {log}. Name the right \
         folder with --seal-dir. If this log is to sign with that key from now on, start it once with `registre \
         serve --new-log-key`. Nothing was changed\n\
         {0} est le dossier à part d'un autre registre : il signe avec {found}, et les données sont de {log}. \
         Indiquez le bon dossier avec --seal-dir. Si ce registre doit désormais signer avec cette clé, démarrez une \
         seule fois avec `registre serve --new-log-key`. Rien n'a été modifié",
        folder.display()
    )]
    OtherLog {
        /// The folder apart.
        folder: PathBuf,
        /// The key in it.
        found: String,
        /// The key of the data.
        log: String,
    },
    /// A new key is asked for where the log's own is.
    #[error(
        "{0} has the key of this log: start without --new-log-key, which is for the one start after that folder was \
         lost\n\
         {0} contient la clé de ce registre : démarrez sans --new-log-key, qui ne sert qu'au démarrage qui suit la \
         perte de ce dossier",
        folder.display()
    )]
    Needless {
        /// The folder apart.
        folder: PathBuf,
    },
    /// The keys that the log signed with cannot be read.
    #[error("{} is damaged: put it back from a backup (it has a line for each key that the log signed with)", .0.display())]
    Name(PathBuf),
    /// One of the key and the newest checkpoint is there, the other is not.
    #[error(
        "{0} is missing beside {1}: put it back. If it is lost, move the folder elsewhere (it is evidence) and start once \
         with --new-log-key\n\
         {0} manque à côté de {1} : remettez-le. S'il est perdu, déplacez le dossier (c'est une preuve) et démarrez \
         une fois avec --new-log-key",
        missing.display(), beside.display()
    )]
    Missing {
        /// Which file.
        missing: PathBuf,
        /// What is there.
        beside: PathBuf,
    },
    /// The newest checkpoint is damaged, or another log's.
    #[error("{}: {error}", path.display())]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: CheckpointError,
    },
    /// The log is shorter than what it signed.
    #[error(
        "the log has {found} events, and signed that it had {signed}: its end was cut, or an old copy was put \
         back; nothing is written. Put the newest copy back. When there is none, the events after these are lost: \
         move the folder apart elsewhere (it is evidence) and start once with --new-log-key\n\
         le registre a {found} événements et en avait signé {signed} : sa fin a été coupée, ou une ancienne copie \
         remise ; rien n'est écrit. Remettez la copie la plus récente. S'il n'y en a pas, les événements suivants \
         sont perdus : déplacez le dossier à part (c'est une preuve) et démarrez une fois avec --new-log-key"
    )]
    Shorter {
        /// As the newest checkpoint says.
        signed: u64,
        /// Events of the log.
        found: u64,
    },
    /// What follows the last whole group was signed, and is damaged.
    #[error(
        "the log has {found} whole events and damage after them, and signed that it had {signed}: that is no write \
         that did not end; nothing is cut or written. Put the newest copy back. When there is none, copy this folder \
         (it is evidence), move the folder apart elsewhere and start once with --new-log-key: the damage is cut\n\
         le registre a {found} événements entiers suivis de dégâts, et en avait signé {signed} : rien n'est coupé ni \
         écrit. Remettez la copie la plus récente. S'il n'y en a pas, copiez ce dossier (c'est une preuve), déplacez \
         le dossier à part et démarrez une fois avec --new-log-key : ce qui est abîmé sera coupé"
    )]
    Torn {
        /// As the newest checkpoint says.
        signed: u64,
        /// Events of the log that are whole.
        found: u64,
    },
    /// The log is not the one that it signed.
    #[error(
        "the first {size} events of the log are not those that it signed: one was changed, removed, added or \
         moved; nothing is written. `registre fsck` tells more; put a right copy back"
    )]
    Differs {
        /// As the newest checkpoint says.
        size: u64,
    },
    /// Somebody else replaced the newest checkpoint meanwhile.
    #[error("{} was replaced by another process: nothing is signed until a restart", .0.display())]
    Replaced(PathBuf),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A history that fits in no bundle.
    #[error(transparent)]
    TooLarge(#[from] seal::bundle::TooLarge),
    /// A stream that has no event.
    #[error("there is no such history")]
    NoHistory,
}
