//! What is wrong with a bundle or a receipt, in English and in French.

use crate::checkpoint::CheckpointError;
use crate::envelope::EnvelopeError;
use crate::note::NoteError;
use crate::policy::QuorumError;
use crate::tlog_proof::TlogProofError;

/// Something that is not as it was when the log signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// More bytes than are read.
    #[error("the bundle is larger than {0} bytes, and no server makes such a one")]
    TooLarge(usize),
    /// The container is no bundle's.
    #[error("the archive is damaged from byte {0} on")]
    Archive(usize),
    /// A file that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// A file that no bundle of this kind has, or has twice.
    #[error("{0} does not belong there")]
    Unexpected(String),
    /// A bundle of no event at all.
    #[error("it has no history")]
    NoHistory,
    /// The histories are not of what was asked for.
    #[error("its histories are not of {0}")]
    OtherHistory(String),
    /// The evidence of a party's signature shows something else: the event, by its version.
    #[error("the signature of event {0} does not show what the event says")]
    PartySignature(u64),
    /// The checkpoint is not believed.
    #[error("the checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The policy does not know the log.
    #[error("the policy has no key of the log {0}")]
    UnknownLog(String),
    /// Too few witnesses saw the checkpoint.
    #[error(transparent)]
    Quorum(QuorumError),
    /// The statement is not signed by the log.
    #[error("the statement: {0}")]
    Statement(NoteError),
    /// The statement cannot be read.
    #[error("the statement is not written as a statement is")]
    StatementForm,
    /// The statement is of another log or tree than the checkpoint.
    #[error("the statement is not about the tree of the checkpoint")]
    StatementTree,
    /// A header cannot be read.
    #[error("{path}: {error}")]
    Header {
        /// Which file.
        path: String,
        /// Why.
        error: EnvelopeError,
    },
    /// An event of another stream.
    #[error("{path} is an event of another stream")]
    Stream {
        /// Which file.
        path: String,
    },
    /// An event of another rank: one was dropped, added or moved.
    #[error("{path} has version {found} in its header, where {expected} is due")]
    Version {
        /// Which file.
        path: String,
        /// By its place.
        expected: u64,
        /// In its header.
        found: u64,
    },
    /// The event before it is not the one that it names.
    #[error("{path} does not name the event before it: that one was changed, dropped or added")]
    Chain {
        /// Which file.
        path: String,
    },
    /// The body is not the one hashed.
    #[error("{path} is not the body that the header of its event names")]
    Body {
        /// Which file.
        path: String,
    },
    /// The proof does not lead to the checkpoint.
    #[error("{path}: {error}")]
    Proof {
        /// Which file.
        path: String,
        /// Why.
        error: TlogProofError,
    },
    /// The proof has another checkpoint than the bundle.
    #[error("{path} leads to another checkpoint than that of the bundle")]
    OtherCheckpoint {
        /// Which file.
        path: String,
    },
    /// Positions or times that go backwards.
    #[error("{path} was recorded before the event that precedes it")]
    Order {
        /// Which file.
        path: String,
    },
    /// The last event is not the last one that was signed.
    #[error(
        "{stream} does not end with the event that the statement names: its end was cut or replaced"
    )]
    Head {
        /// Its folder.
        stream: String,
    },
    /// A proof that does not say of which event it is.
    #[error("it does not say of which event it is: its leaf hash must be given")]
    NoEvent,
    /// The proof of another event than the one that is asked about.
    #[error("it is the receipt of another event")]
    OtherEvent,
    /// A file is not the one that was signed.
    #[error("{path} is not the file that the statement names")]
    File {
        /// Which file.
        path: String,
    },
    /// The files are the right ones, in another order than they were written in.
    #[error("the files of the archive are no longer in their order from {path} on")]
    Place {
        /// The first one that is not at its place.
        path: String,
    },
}

impl Finding {
    /// Whether this version cannot tell: what is there may be right.
    #[must_use]
    pub const fn is_unjudged(&self) -> bool {
        matches!(self, Self::NoEvent | Self::Header { error: EnvelopeError::Format(_), .. })
    }

    /// In French, for the report.
    #[must_use]
    pub fn fr(&self) -> String {
        match self {
            Self::TooLarge(bytes) => {
                format!("le dossier de preuve dépasse {bytes} octets, et aucun serveur n'en produit de tel")
            },
            Self::Archive(at) => format!("l'archive est abîmée à partir de l'octet {at}"),
            Self::Missing(path) => format!("il manque {path}"),
            Self::Unexpected(path) => format!("{path} n'a pas sa place ici"),
            Self::NoHistory => "il ne contient aucun historique".to_owned(),
            Self::OtherHistory(about) => format!("ses historiques ne sont pas de {about}"),
            Self::PartySignature(version) => {
                format!("la signature de l'événement {version} ne montre pas ce qu'il dit")
            }
            Self::Checkpoint(error) => format!("point de contrôle : {}", checkpoint(error)),
            Self::UnknownLog(name) => {
                format!("la politique n'a pas de clé pour le registre {name}")
            }
            Self::Quorum(QuorumError::Signature(error)) => {
                format!("point de contrôle : {}", note(error))
            }
            Self::Quorum(QuorumError::Short { asked, found }) => format!(
                "il manque des contresignatures : la politique demande « {asked} », ont signé : {found}"
            ),
            Self::Statement(error) => format!("attestation : {}", note(error)),
            Self::StatementForm => {
                "l'attestation n'est pas écrite comme une attestation".to_owned()
            }
            Self::StatementTree => {
                "l'attestation ne parle pas du même arbre que le point de contrôle".to_owned()
            }
            Self::Header { path, error } => format!("{path} : {}", header(*error)),
            Self::Stream { path } => format!("{path} est l'événement d'un autre flux"),
            Self::Version { path, expected, found } => format!(
                "{path} porte le rang {found} là où le rang {expected} est attendu : un événement a été \
                 retiré, ajouté ou déplacé"
            ),
            Self::Chain { path } => format!(
                "{path} ne désigne pas l'événement qui le précède : celui-ci a été modifié, retiré ou ajouté"
            ),
            Self::Body { path } => {
                format!("{path} n'est pas le contenu dont l'en-tête donne l'empreinte")
            }
            Self::Proof { path, error } => format!("{path} : {}", proof(error)),
            Self::OtherCheckpoint { path } => {
                format!("{path} mène à un autre point de contrôle que celui du dossier")
            }
            Self::Order { path } => {
                format!("{path} aurait été enregistré avant l'événement qui le précède")
            }
            Self::Head { stream } => format!(
                "{stream} ne finit pas par l'événement attesté : sa fin a été coupée ou remplacée"
            ),
            Self::NoEvent => {
                "il ne dit pas de quel événement il est la preuve : donnez l'empreinte de sa feuille"
                    .to_owned()
            }
            Self::OtherEvent => "il est le reçu d'un autre événement".to_owned(),
            Self::File { path } => format!("{path} n'est pas le fichier attesté"),
            Self::Place { path } => {
                format!("les fichiers de l'archive ne sont plus dans leur ordre à partir de {path}")
            }
        }
    }
}

fn header(error: EnvelopeError) -> String {
    match error {
        EnvelopeError::Length => "l'en-tête n'a pas la bonne longueur".to_owned(),
        EnvelopeError::Format(format) => {
            format!("cette version du logiciel ne connaît pas le format d'en-tête {format}")
        }
        EnvelopeError::Text => "la source ou l'acteur n'est pas du texte".to_owned(),
    }
}

fn note(error: &NoteError) -> String {
    match error {
        NoteError::Signature(name) => format!("la signature de {name} est fausse"),
        NoteError::Unsigned(name) => format!("la signature de {name} manque"),
        NoteError::TooLong
        | NoteError::Text
        | NoteError::Form
        | NoteError::Line(_)
        | NoteError::Many => "le texte signé est mal formé".to_owned(),
    }
}

fn checkpoint(error: &CheckpointError) -> String {
    match error {
        CheckpointError::Note(error) => note(error),
        CheckpointError::Form => "il n'est pas écrit comme un point de contrôle".to_owned(),
        CheckpointError::Origin { asked, found } => {
            format!("il est celui de {found} et non de {asked}")
        }
    }
}

fn proof(error: &TlogProofError) -> String {
    match error {
        TlogProofError::Head | TlogProofError::Form => "la preuve est mal formée".to_owned(),
        TlogProofError::Checkpoint(error) => checkpoint(error),
        TlogProofError::Proof(_) => {
            "l'événement n'est pas dans l'arbre signé : l'en-tête ou la preuve a été modifié"
                .to_owned()
        }
    }
}
