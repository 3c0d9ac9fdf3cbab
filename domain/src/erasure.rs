//! Erasing a person: a request, a decision with its legal basis, and the fact that it was done.
//!
//! An erasure is not always due (GDPR, art. 17(3)), so each step is an event of the
//! erasure's own stream, and none has personal data: persons are named by their random
//! subject ids, and those who act by the pseudonym in the header.

use crate::ids::{EventId, Position, StreamKey, SubjectId};
use crate::text::Text;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The longest reference of a decision, in bytes.
pub const REFERENCE_BYTES_MAX: usize = 64;

/// Who asked for an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Requester {
    /// The learner.
    Person,
    /// A legal representative.
    Guardian,
    /// The training organisation that declared the dossier.
    Cfa,
    /// The data protection officer, of their own motion.
    Dpo,
    /// A supervisory authority or a court.
    Authority,
    /// The rules of retention: what falls due.
    Retention,
}

/// Why an erasure is granted, or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LegalBasis {
    /// The data are not needed any more for what they were collected.
    NoLongerNecessary,
    /// Consent was withdrawn, and nothing else allows the processing.
    ConsentWithdrawn,
    /// The person objects, and no overriding ground remains.
    Objection,
    /// The processing was unlawful.
    UnlawfulProcessing,
    /// A law of the Union or of the State demands the erasure.
    ErasureRequiredByLaw,
    /// The period of retention is over.
    RetentionExpired,
    /// Refused: freedom of expression and information.
    FreedomOfExpression,
    /// Refused: a legal obligation or a task of public interest needs the data.
    PublicTask,
    /// Refused: public health.
    PublicHealth,
    /// Refused: archiving in the public interest, research, statistics.
    Archiving,
    /// Refused: establishing, exercising or defending legal claims.
    LegalClaims,
    /// Refused: manifestly unfounded or excessive.
    ManifestlyUnfounded,
    /// Refused: the identity of who asks is not established.
    IdentityNotEstablished,
}

impl LegalBasis {
    /// Every one of them, grounds first.
    pub const ALL: [Self; 13] = [
        Self::NoLongerNecessary,
        Self::ConsentWithdrawn,
        Self::Objection,
        Self::UnlawfulProcessing,
        Self::ErasureRequiredByLaw,
        Self::RetentionExpired,
        Self::FreedomOfExpression,
        Self::PublicTask,
        Self::PublicHealth,
        Self::Archiving,
        Self::LegalClaims,
        Self::ManifestlyUnfounded,
        Self::IdentityNotEstablished,
    ];

    /// Whether it is a ground to erase; else it is one to refuse.
    #[must_use]
    pub const fn grants(self) -> bool {
        matches!(
            self,
            Self::NoLongerNecessary
                | Self::ConsentWithdrawn
                | Self::Objection
                | Self::UnlawfulProcessing
                | Self::ErasureRequiredByLaw
                | Self::RetentionExpired
        )
    }

    /// The article of the GDPR (Regulation (EU) 2016/679).
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::NoLongerNecessary => "17(1)(a)",
            Self::ConsentWithdrawn => "17(1)(b)",
            Self::Objection => "17(1)(c)",
            Self::UnlawfulProcessing => "17(1)(d)",
            Self::ErasureRequiredByLaw => "17(1)(e)",
            Self::RetentionExpired => "5(1)(e)",
            Self::FreedomOfExpression => "17(3)(a)",
            Self::PublicTask => "17(3)(b)",
            Self::PublicHealth => "17(3)(c)",
            Self::Archiving => "17(3)(d)",
            Self::LegalClaims => "17(3)(e)",
            Self::ManifestlyUnfounded => "12(5)(b)",
            Self::IdentityNotEstablished => "12(6)",
        }
    }

    /// What it says, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        let (en, fr) = match self {
            Self::NoLongerNecessary => {
                ("the data are no longer necessary", "les données ne sont plus nécessaires")
            }
            Self::ConsentWithdrawn => ("consent was withdrawn", "le consentement est retiré"),
            Self::Objection => ("the person objects", "la personne s'oppose au traitement"),
            Self::UnlawfulProcessing => {
                ("the processing was unlawful", "le traitement était illicite")
            }
            Self::ErasureRequiredByLaw => {
                ("a law demands the erasure", "une obligation légale impose l'effacement")
            }
            Self::RetentionExpired => {
                ("the period of retention is over", "la durée de conservation est écoulée")
            }
            Self::FreedomOfExpression => {
                ("freedom of expression and information", "liberté d'expression et d'information")
            }
            Self::PublicTask => (
                "a legal obligation or a task of public interest needs the data",
                "une obligation légale ou une mission d'intérêt public exige ces données",
            ),
            Self::PublicHealth => ("public health", "santé publique"),
            Self::Archiving => (
                "archiving in the public interest, research or statistics",
                "archivage dans l'intérêt public, recherche ou statistiques",
            ),
            Self::LegalClaims => (
                "establishing, exercising or defending legal claims",
                "constatation, exercice ou défense de droits en justice",
            ),
            Self::ManifestlyUnfounded => {
                ("manifestly unfounded or excessive", "demande manifestement infondée ou excessive")
            }
            Self::IdentityNotEstablished => (
                "the identity of who asks is not established",
                "l'identité du demandeur n'est pas établie",
            ),
        };
        Text::new(en, fr)
    }
}

/// The reference of a decision in the files of who decided: 1 to 64 characters among
/// `A-Z a-z 0-9 . _ / -`, so that it can be quoted, and holds no sentence about anybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference(String);

/// Why a reference was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a reference is 1 to 64 characters among A-Z, a-z, 0-9, '.', '_', '/' and '-'")]
pub struct ReferenceError;

impl Reference {
    /// Checks a reference.
    ///
    /// # Errors
    /// When it is empty, too long, or holds another character.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-');
        let right = (1..=REFERENCE_BYTES_MAX).contains(&text.len()) && text.bytes().all(fits);
        if right { Ok(Self(text.to_owned())) } else { Err(ReferenceError) }
    }

    /// The reference as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stays of an identity that was erased, so that head-counts stay what they were: which
/// statements of the erased persons were equal, and nothing of what they said.
///
/// Numbers count from 1 within one erasure; 0 is none. Two statements with one number stated the
/// same INE, or the same names and birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The event that stated the identity.
    pub position: Position,
    /// Number of the verified INE.
    pub ine: u32,
    /// Number of the names and birth date; none of a birth on a 1 January, where they prove
    /// nothing alone, and saying so would tell the day.
    pub names: u32,
}

/// An event of an erasure's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErasureEvent {
    /// Somebody asked that persons be erased. Who wrote it down is in the header.
    Requested {
        /// The persons, each in one role.
        subjects: Vec<SubjectId>,
        /// The dossiers that the request is about.
        enrolments: Vec<StreamKey>,
        /// Who asked.
        requester: Requester,
        /// When the request was received; its effective day.
        received_on: NaiveDate,
        /// Whether it is about every dossier of the same persons, those included that are declared
        /// between it and its execution.
        with_linked: bool,
    },
    /// It was decided. Who decided is in the header.
    Decided {
        /// Whether the persons are to be erased.
        granted: bool,
        /// Why.
        basis: LegalBasis,
        /// Under which reference.
        reference: Reference,
    },
    /// The persons were erased: their keys are destroyed and their sections are zeros, or will be
    /// before anybody reads again.
    Erased {
        /// The persons, each in one role.
        subjects: Vec<SubjectId>,
        /// The dossiers in which they are the learner.
        enrolments: Vec<StreamKey>,
        /// The event that decided it.
        decision: EventId,
        /// Why.
        basis: LegalBasis,
        /// What stays of their identities.
        tombstones: Vec<Tombstone>,
    },
}

impl ErasureEvent {
    /// The stable name of the event type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "ErasureRequested",
            Self::Decided { .. } => "ErasureDecided",
            Self::Erased { .. } => "PersonErased",
        }
    }
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The event that says it.
    pub event: EventId,
    /// Whether the persons are to be erased.
    pub granted: bool,
    /// Why.
    pub basis: LegalBasis,
    /// Under which reference.
    pub reference: Reference,
}

/// Where an erasure stands: the fold of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erasure {
    /// The persons; empty before the request.
    pub subjects: Vec<SubjectId>,
    /// The dossiers.
    pub enrolments: Vec<StreamKey>,
    /// Who asked, and when it was received.
    pub requested: Option<(Requester, NaiveDate)>,
    /// Whether every other dossier of the same persons goes too.
    pub with_linked: bool,
    /// What was decided.
    pub decision: Option<Decision>,
    /// The event that says that it was done.
    pub erased: Option<EventId>,
}

/// Why a step of an erasure was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureError {
    /// A request about nobody.
    #[error("the request names no person whose data the ledger holds")]
    Nobody,
    /// The day on which it was received is to come.
    #[error("a request is not received in the future")]
    InTheFuture,
    /// A ground to refuse cannot grant, nor the other way round.
    #[error("art. {article} GDPR is no basis for this decision")]
    Basis {
        /// Its article.
        article: &'static str,
    },
    /// There is no request.
    #[error("nobody asked for this erasure")]
    NotRequested,
    /// It was decided already.
    #[error("the request is decided already")]
    Decided,
    /// Without a decision nobody is erased.
    #[error("the request is not decided yet")]
    NotDecided,
    /// The decision was to refuse.
    #[error("the request was refused: nobody is erased")]
    Refused,
}

impl ErasureError {
    /// The message in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let fr = match self {
            Self::Nobody => {
                "La demande ne désigne aucune personne dont le registre détient des données : \
                 vérifiez le numéro du dossier."
                    .to_owned()
            }
            Self::InTheFuture => {
                "La date de réception de la demande ne peut pas être dans le futur.".to_owned()
            }
            Self::Basis { article } => format!(
                "L'article {article} du RGPD ne fonde pas cette décision : l'article 17(1) ou \
                 5(1)(e) accorde, l'article 17(3) ou 12 refuse."
            ),
            Self::NotRequested => "Aucune demande d'effacement ne porte ce numéro.".to_owned(),
            Self::Decided => "Cette demande a déjà fait l'objet d'une décision.".to_owned(),
            Self::NotDecided => {
                "Cette demande attend une décision : sans elle, rien n'est effacé.".to_owned()
            }
            Self::Refused => "Cette demande a été refusée : rien n'est effacé.".to_owned(),
        };
        Text::new(self.to_string(), fr)
    }
}

impl Erasure {
    /// The state after one more event.
    #[must_use]
    pub fn evolve(mut self, id: EventId, event: &ErasureEvent) -> Self {
        match event {
            ErasureEvent::Requested {
                subjects,
                enrolments,
                requester,
                received_on,
                with_linked,
            } => {
                self.with_linked = *with_linked;
                self.subjects.clone_from(subjects);
                self.enrolments.clone_from(enrolments);
                self.requested = Some((*requester, *received_on));
            }
            ErasureEvent::Decided { granted, basis, reference } => {
                let (granted, basis, reference) = (*granted, *basis, reference.clone());
                self.decision = Some(Decision { event: id, granted, basis, reference });
            }
            ErasureEvent::Erased { .. } => self.erased = Some(id),
        }
        self
    }

    /// Decides on a request.
    ///
    /// # Errors
    /// See [`ErasureError`].
    pub fn decide(
        &self,
        granted: bool,
        basis: LegalBasis,
        reference: Reference,
    ) -> Result<ErasureEvent, ErasureError> {
        self.requested.ok_or(ErasureError::NotRequested)?;
        if self.decision.is_some() {
            return Err(ErasureError::Decided);
        }
        if basis.grants() != granted {
            return Err(ErasureError::Basis { article: basis.article() });
        }
        Ok(ErasureEvent::Decided { granted, basis, reference })
    }

    /// The decision by which the persons are to be erased.
    ///
    /// # Errors
    /// See [`ErasureError`].
    pub fn granted(&self) -> Result<&Decision, ErasureError> {
        self.requested.ok_or(ErasureError::NotRequested)?;
        match &self.decision {
            None => Err(ErasureError::NotDecided),
            Some(decision) if !decision.granted => Err(ErasureError::Refused),
            Some(decision) => Ok(decision),
        }
    }
}

/// Asks that persons be erased; subjects and dossiers are sorted, each named once. It says who
/// asked and when that was received.
///
/// # Errors
/// See [`ErasureError`].
pub fn request(
    mut subjects: Vec<SubjectId>,
    mut enrolments: Vec<StreamKey>,
    (requester, received_on): (Requester, NaiveDate),
    with_linked: bool,
    today: NaiveDate,
) -> Result<ErasureEvent, ErasureError> {
    if subjects.is_empty() {
        return Err(ErasureError::Nobody);
    }
    if received_on > today {
        return Err(ErasureError::InTheFuture);
    }
    subjects.sort_unstable();
    subjects.dedup();
    enrolments.sort_unstable();
    enrolments.dedup();
    Ok(ErasureEvent::Requested { subjects, enrolments, requester, received_on, with_linked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn requested() -> Erasure {
        let (subjects, enrolments) = (vec![SubjectId([1; 16])], vec![StreamKey([2; 16])]);
        let asked = (Requester::Person, day("2026-10-01"));
        let event = request(subjects, enrolments, asked, false, day("2026-10-02"));
        Erasure::default().evolve(EventId([1; 16]), &event.unwrap())
    }

    fn reference() -> Reference {
        Reference::parse("DPO/2026-17").unwrap()
    }

    #[test]
    fn a_basis_grants_or_refuses_and_never_both() {
        let state = requested();
        for basis in LegalBasis::ALL {
            for granted in [true, false] {
                let decided = state.decide(granted, basis, reference());
                assert_eq!(decided.is_ok(), basis.grants() == granted, "{basis:?}");
            }
            assert!(!basis.article().is_empty() && !basis.text().fr.is_empty());
        }
    }

    #[test]
    fn nobody_is_erased_without_a_decision_that_grants() {
        let state = requested();
        assert_eq!(state.granted(), Err(ErasureError::NotDecided));
        let refused = state.decide(false, LegalBasis::PublicTask, reference()).unwrap();
        let state = state.evolve(EventId([2; 16]), &refused);
        assert_eq!(state.granted(), Err(ErasureError::Refused));
        let again = state.decide(true, LegalBasis::Objection, reference());
        assert_eq!(again, Err(ErasureError::Decided));
        assert_eq!(Erasure::default().granted(), Err(ErasureError::NotRequested));
    }

    #[test]
    fn a_request_is_about_somebody_and_was_received() {
        let (subjects, today) = (vec![SubjectId([1; 16])], day("2026-10-02"));
        let nobody = request(Vec::new(), Vec::new(), (Requester::Dpo, today), false, today);
        assert_eq!(nobody, Err(ErasureError::Nobody));
        let asked = (Requester::Dpo, day("2026-10-03"));
        let tomorrow = request(subjects, Vec::new(), asked, false, today);
        assert_eq!(tomorrow, Err(ErasureError::InTheFuture));
    }

    #[test]
    fn a_reference_is_no_sentence() {
        assert!(Reference::parse("DPO/2026-17").is_ok());
        for text in ["", "Camille Durand", &"x".repeat(65)] {
            assert_eq!(Reference::parse(text), Err(ReferenceError), "{text}");
        }
    }
}
