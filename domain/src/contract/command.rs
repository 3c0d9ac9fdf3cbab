//! What is asked of a contract, and why it is refused.

use super::conclude::Silence;
use super::event::{Attachment, Change, DepositBody, Sha256};
use super::funding::Declared;
use super::rupture::{Completion, Mode, Rupture};
use super::signing::{Evidence, Party, Signer};
use super::state::{Life, Phase};
use crate::cerfa::Refused;
use crate::cerfa::codes::ContractType;
use crate::cerfa::value::Cents;
use crate::ids::StreamKey;
use crate::law::practice::Calendar;
use crate::text::Text;
use chrono::NaiveDate;

/// What is asked of a contract. The day comes beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Begin to write a contract.
    Draft {
        /// The enrolment that it belongs to.
        enrolment: Option<StreamKey>,
    },
    /// Fill fields of the form; those that are so already change nothing.
    Contribute(Vec<Change>),
    /// Attach a document.
    Attach(Attachment),
    /// Say that the form is complete.
    Publish,
    /// Open it again; what was signed of it is void.
    Reopen(String),
    /// Ask the parties to sign a document.
    RequestSignatures {
        /// Its SHA-256.
        document: Sha256,
        /// Who signs for each party.
        signers: Vec<Signer>,
    },
    /// Take a party's signature, which its provider verified.
    Sign {
        /// Which party.
        party: Party,
        /// What shows it.
        evidence: Evidence,
    },
    /// Record that a party refuses to sign.
    RefuseSignature {
        /// Which.
        party: Party,
        /// Why.
        reason: String,
    },
    /// Record that it was signed on paper, by all.
    SignOnPaper {
        /// SHA-256 of the scan.
        scan: Sha256,
        /// How many bytes it has.
        bytes: u64,
        /// Who attests it, and how.
        attestation: String,
    },
    /// Give it up before all have signed.
    Withdraw(String),
    /// Send it to the deposit body.
    Submit(DepositBody),
    /// The deposit body asks for something.
    AskFor(String),
    /// Give it what it asked for; or it says itself that it has it.
    MakeComplete {
        /// Whether it is the deposit body that says so: then nothing need be attached here.
        by_body: bool,
    },
    /// Deposit it: under which number, and of which round that is, when it is said.
    Deposit(String, Option<u16>),
    /// Refuse to deposit it.
    RefuseDeposit(String),
    /// Begin to write an amendment.
    Amend(ContractType),
    /// Suspend the contract.
    Suspend(String),
    /// Let it go on.
    Resume,
    /// Break it.
    Break {
        /// How.
        rupture: Rupture,
        /// What was written, word for word.
        words: Option<String>,
    },
    /// End it well; or, once it has ended at its term, tell the result of the exam with the same day.
    Complete(Completion),
    /// Cancel it before it begins.
    Cancel(String),
    /// Say how much a year whoever funds it takes charge of, from its first day; what was said before is replaced.
    DeclareFunding(Cents),
    /// Say what was invoiced of it.
    DeclareInvoice(Declared),
    /// Give the calendar of the alternation; the one before is replaced.
    GiveCalendar(Calendar),
}

impl Command {
    /// A stable name, for messages and tests.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft { .. } => "Draft",
            Self::Contribute(_) => "Contribute",
            Self::Attach(_) => "Attach",
            Self::Publish => "Publish",
            Self::Reopen(_) => "Reopen",
            Self::RequestSignatures { .. } => "RequestSignatures",
            Self::Sign { .. } => "Sign",
            Self::RefuseSignature { .. } => "RefuseSignature",
            Self::SignOnPaper { .. } => "SignOnPaper",
            Self::Withdraw(_) => "Withdraw",
            Self::Submit(_) => "Submit",
            Self::AskFor(_) => "AskFor",
            Self::MakeComplete { .. } => "MakeComplete",
            Self::Deposit(..) => "Deposit",
            Self::RefuseDeposit(_) => "RefuseDeposit",
            Self::Amend(_) => "Amend",
            Self::Suspend(_) => "Suspend",
            Self::Resume => "Resume",
            Self::Break { .. } => "Break",
            Self::Complete(_) => "Complete",
            Self::Cancel(_) => "Cancel",
            Self::DeclareFunding(_) => "DeclareFunding",
            Self::DeclareInvoice(_) => "DeclareInvoice",
            Self::GiveCalendar(_) => "GiveCalendar",
        }
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// Nothing was drafted in this stream.
    #[error("there is no such contract")]
    NoContract,
    /// Something was drafted already.
    #[error("the contract is drafted already")]
    Drafted,
    /// The round is in another phase.
    #[error("{command} is not possible while the form is {phase:?}")]
    Phase {
        /// What was asked.
        command: &'static str,
        /// Where the round is.
        phase: Phase,
    },
    /// The contract has another life.
    #[error("{command} is not possible while the contract is {life}")]
    Life {
        /// What was asked.
        command: &'static str,
        /// What became of the contract.
        life: &'static str,
    },
    /// Fields are not the form's, or not of their type.
    #[error("{}", Refused::all(.0).en)]
    Fields(Vec<Refused>),
    /// The form is not complete: the paths of what is missing.
    #[error("the form is not complete: {} fields are missing", .0.len())]
    Incomplete(Vec<String>),
    /// Rules of the law refuse it: their ids.
    #[error("the law refuses it: {}", .0.join(", "))]
    Law(Vec<&'static str>),
    /// The apprentice is a minor on the day of the act, and the form names no legal representative.
    #[error(
        "the apprentice is a minor on the day of this act, and the form names no legal representative: open it again, and fill that block, say that the apprentice is emancipated (apprentice.emancipated), or correct its dates"
    )]
    Unrepresented,
    /// One signer for each party, and for no other.
    #[error("one signer is named for each party: {}", .0.iter().map(|party| party.name()).collect::<Vec<_>>().join(", "))]
    Signers(Vec<Party>),
    /// Two parties would sign with one key.
    #[error("{} and {} cannot sign with the same key, certificate or account", .0.name(), .1.name())]
    SameSigner(Party, Party),
    /// The party is none of this contract.
    #[error("{} is no party of this contract", .0.name())]
    NotAParty(Party),
    /// Somebody else is asked to sign for the party.
    #[error("another signer is named for {}", .0.name())]
    OtherSigner(Party),
    /// The party has signed.
    #[error("{} has signed already", .0.name())]
    SignedAlready(Party),
    /// Another document was signed than the one that is asked for.
    #[error("another document was signed than the one that is asked for")]
    OtherDocument,
    /// The evidence was taken before.
    #[error("this signature was taken before")]
    Replayed,
    /// A reason, a number or an attestation is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The same document is attached already.
    #[error("the document is attached already")]
    AttachedAlready,
    /// The same document was attached already when the deposit body asked for something.
    #[error(
        "these very bytes were attached already when the deposit body asked: they do not answer it; attach another file, \
         or, if it overlooked this one, it says itself that it has it (CompleteFile)"
    )]
    NoAnswer,
    /// The type is one of amendments and the round is the contract, or the other way round.
    #[error("a contract has a type from 11 to 23, an amendment one from 31 to 38")]
    OtherKind,
    /// A contract is not broken in that way by that party.
    #[error("a contract is not broken so by that party, but by {}", .0.by_whom(" or ").en)]
    Initiator(Mode),
    /// A contract is not cancelled once it has begun.
    #[error("the contract has begun: it is broken, not cancelled")]
    Begun,
    /// Before its first day a contract is cancelled.
    #[error("the contract begins on {0}: until then it is cancelled (Cancel), not broken")]
    NotBegun(NaiveDate),
    /// A contract ends at its term, or early once the diploma is obtained.
    #[error("the contract ends at its term, or early once the diploma is obtained")]
    NotOver,
    /// The contract has ended; the result of its exam may still be told, or corrected, and the notice of an early end told.
    #[error(
        "the contract ended on {0}: of that end only the result of the exam is still told, or the day of the notice of an \
         early one that was not, with the same day, and all else as it was"
    )]
    Ended(NaiveDate),
    /// Nothing was attached since the deposit body asked for something.
    #[error(
        "nothing was attached since the deposit body asked: attach what it asked for, or it says itself that it has it"
    )]
    NothingGiven,
    /// The deposit body's silence accepted a round, and an amendment was begun since.
    #[error(
        "the silence of the deposit body accepted it, and an amendment was begun since: its number is still recorded \
         (Deposit), it is not refused and nothing is asked for any more; the parties mend what is wrong by an amendment"
    )]
    AmendedSince,
    /// The deposit body's silence refused an amendment, and another was begun since.
    #[error(
        "the silence of the deposit body refused this amendment, and another was begun since: it decides of that one, \
         once it is sent"
    )]
    ReplacedSince,
    /// Several rounds wait for the deposit body's number, and none is named.
    #[error(
        "several were sent and wait for a decision: name the round that this number is of: {}",
        .0.iter().map(|round| named(*round).en).collect::<Vec<_>>().join(", ")
    )]
    WhichRound(Vec<u16>),
    /// The contract has no such round.
    #[error("the contract has no round {0}: 0 is the contract, 1 its first amendment")]
    NoRound(u16),
    /// The deposit body let its days pass: its silence has decided.
    #[error(
        "{command} is not possible: the deposit body had until {last} to decide, no decision was recorded by then, and its \
         silence {} it from the next day on, whatever day is said since; {}", .silence.did(), .silence.leaves()
    )]
    Silent {
        /// What was asked.
        command: &'static str,
        /// The last day on which it could decide.
        last: NaiveDate,
        /// What its silence means.
        silence: Silence,
    },
    /// An act is not before the one that it follows.
    #[error("{command} is on {first} at the earliest: the day of what it follows")]
    TooEarly {
        /// What was asked.
        command: &'static str,
        /// The first day on which it could happen.
        first: NaiveDate,
    },
    /// A public employer pays the training itself: nobody takes charge of it up to a ceiling.
    #[error(
        "the employer is of public law: there is no ceiling of funding, it pays the CFA itself (L6227-6)"
    )]
    NoCeiling,
    /// An invoice is of days from a first to a last one.
    #[error("the last day that is invoiced is before the first")]
    InvoicedDays,
    /// Nothing is invoiced of the days before the contract.
    #[error("an invoice is of days of the contract: none before its first day, {0}")]
    InvoicedBefore(NaiveDate),
    /// A calendar of other days than the contract's.
    #[error("the calendar has no day of the contract: correct its first and its last day")]
    CalendarElsewhere,
    /// Another invoice has the number.
    #[error("an invoice with this number was declared already, with other days or another amount")]
    OtherInvoice,
}

impl Life {
    /// A stable name, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "not signed by all",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Broken(..) => "broken",
            Self::Completed(..) => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl ContractError {
    /// What to tell.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.to_string(), self.fr())
    }

    fn fr(&self) -> String {
        match self {
            Self::NoContract => "Ce contrat n'existe pas.".to_owned(),
            Self::Drafted => "Ce contrat est déjà en cours de rédaction.".to_owned(),
            Self::Phase { phase, .. } => format!("Cet acte n'est pas possible : {}.", phase.fr()),
            Self::Life { life, .. } => {
                let life = match *life {
                    "not signed by all" => "toutes les parties ne l'ont pas signé",
                    "running" => "il est en cours",
                    "suspended" => "il est suspendu",
                    "broken" => "il est rompu",
                    "completed" => "il est arrivé à son terme",
                    _ => "il est annulé",
                };
                format!("Cet acte n'est pas possible sur ce contrat : {life}.")
            }
            Self::Fields(refused) => Refused::all(refused).fr,
            Self::Incomplete(missing) => {
                format!("Le formulaire n'est pas complet, il manque : {}.", missing.join(", "))
            }
            Self::Law(rules) => {
                format!("Le contrat n'est pas conforme aux règles {}.", rules.join(", "))
            }
            Self::Unrepresented => "L'apprenti est mineur le jour de cet acte, et le formulaire ne nomme pas de représentant légal : \
                                    rouvrez-le, et remplissez ce cadre, indiquez que l'apprenti est émancipé (apprentice.emancipated), ou corrigez ses dates."
                .to_owned(),
            Self::Signers(parties) => {
                let parties: Vec<_> = parties.iter().map(|party| party.fr()).collect();
                format!(
                    "Désignez un signataire pour chaque partie, et aucun autre : {}.",
                    parties.join(", ")
                )
            }
            Self::SameSigner(one, other) => format!(
                "{} et {} ne peuvent pas signer avec la même clé, le même certificat ou le même compte.",
                capital(one.fr()),
                other.fr()
            ),
            Self::NotAParty(party) => {
                format!("{} n'est pas partie à ce contrat.", capital(party.fr()))
            }
            Self::OtherSigner(party) => {
                format!("Un autre signataire est désigné pour {}.", party.fr())
            }
            Self::SignedAlready(party) => format!("{} a déjà signé.", capital(party.fr())),
            Self::OtherDocument => {
                "Le document signé n'est pas celui dont la signature est demandée.".to_owned()
            }
            Self::Replayed => "Cette signature a déjà été recueillie.".to_owned(),
            Self::Missing(what) => match *what {
                "a number" => "Indiquez un numéro.".to_owned(),
                "an attestation" => "Indiquez qui atteste, et comment.".to_owned(),
                "a document" => "Indiquez ce qui manque au dossier.".to_owned(),
                "an amount" => "Indiquez un montant.".to_owned(),
                _ => "Indiquez un motif.".to_owned(),
            },
            Self::AttachedAlready => "Ce document est déjà joint.".to_owned(),
            Self::NoAnswer => "Ce fichier, octet pour octet, était déjà joint quand l'organisme de dépôt a fait sa demande : il n'y \
                               répond pas. Joignez-en un autre ; si l'organisme avait déjà celui-ci sans le voir, il indique \
                               lui-même que le dossier est complet."
                .to_owned(),
            Self::OtherKind => {
                "Un contrat est d'un type de 11 à 23, un avenant d'un type de 31 à 38.".to_owned()
            }
            Self::Initiator(mode) => format!(
                "Le contrat n'est pas rompu de cette façon par cette partie, mais par {}.",
                mode.by_whom(" ou ").fr
            ),
            Self::Begun => {
                "Le contrat a commencé : il peut être rompu, il ne peut plus être annulé."
                    .to_owned()
            }
            Self::NotBegun(first) => format!(
                "Le contrat commence le {} : avant ce jour il peut être annulé, il n'est pas rompu.",
                first.format("%d/%m/%Y")
            ),
            Self::NotOver => "Le contrat prend fin à son terme, ou plus tôt après l'obtention du \
                              diplôme."
                .to_owned(),
            Self::Ended(last) => format!(
                "Le contrat a pris fin le {} : seul le résultat de l'examen peut encore être indiqué, ou la date du préavis d'une fin anticipée si elle ne l'a pas été, pour ce même jour.",
                last.format("%d/%m/%Y")
            ),
            Self::NothingGiven => "Rien n'a été joint depuis la demande de l'organisme de dépôt : joignez ce qu'il demande, \
                                   ou il indique lui-même qu'il l'a reçu."
                .to_owned(),
            Self::AmendedSince => "Le silence de l'organisme de dépôt a valu acceptation, et un avenant a été commencé depuis : \
                                   son numéro de dépôt peut encore être enregistré, un refus ou une demande de pièce n'est plus \
                                   possible ; les parties corrigent ce qui doit l'être par un avenant."
                .to_owned(),
            Self::ReplacedSince => "Le silence de l'organisme de dépôt a valu refus de cet avenant, et un autre a été commencé \
                                    depuis : c'est de celui-ci qu'il décidera, une fois transmis."
                .to_owned(),
            Self::WhichRound(rounds) => format!(
                "Plusieurs dossiers transmis attendent une décision : indiquez duquel ce numéro est celui : {}.",
                rounds.iter().map(|round| named(*round).fr).collect::<Vec<_>>().join(", ")
            ),
            Self::NoRound(round) => format!(
                "Ce contrat n'a pas de dossier {round} : 0 est le contrat, 1 son premier avenant."
            ),
            Self::Silent { last, silence, .. } => {
                let last = last.format("%d/%m/%Y");
                match silence {
                    Silence::Acceptance => format!(
                        "L'organisme de dépôt avait jusqu'au {last} pour se prononcer ; aucune décision n'ayant été enregistrée d'ici là, son \
                         silence a valu acceptation, quelle que soit la date indiquée depuis : il ne peut plus qu'enregistrer le numéro de dépôt ; les parties corrigent ce qui doit l'être par un avenant."
                    ),
                    Silence::Refusal => format!(
                        "L'organisme de dépôt avait jusqu'au {last} pour se prononcer ; aucune décision n'ayant été enregistrée d'ici là, son \
                         silence a valu refus : il peut encore \
                         déposer le dossier ou motiver son refus, les parties peuvent le rouvrir."
                    ),
                }
            }
            Self::TooEarly { first, .. } => format!(
                "Cet acte ne peut pas être antérieur à celui qu'il suit, du {}.",
                first.format("%d/%m/%Y")
            ),
            Self::NoCeiling => {
                "L'employeur est de droit public : il n'y a pas de plafond de prise en charge, il \
                                règle lui-même le CFA (L6227-6)."
                    .to_owned()
            }
            Self::InvoicedDays => "Le dernier jour facturé est antérieur au premier.".to_owned(),
            Self::CalendarElsewhere => "Ce calendrier n'a aucun jour du contrat : corrigez son premier et son dernier jour."
                .to_owned(),
            Self::InvoicedBefore(first) => format!(
                "Une facture porte sur des jours du contrat : aucun avant son premier jour, le {}.",
                first.format("%d/%m/%Y")
            ),
            Self::OtherInvoice => {
                "Une facture de ce numéro est déjà déclarée, avec d'autres jours ou un autre \
                                   montant."
                    .to_owned()
            }
        }
    }
}

/// A round, as it is named.
fn named(round: u16) -> Text {
    match round {
        0 => Text::new("0 (the contract)", "0 (le contrat)"),
        n => Text::new(format!("{n} (amendment {n})"), format!("{n} (avenant {n})")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

impl Party {
    /// What it is called in French, with its article.
    #[must_use]
    pub const fn fr(self) -> &'static str {
        match self {
            Self::Employer => "l'employeur",
            Self::Apprentice => "l'apprenti",
            Self::Guardian => "le représentant légal",
            Self::Cfa => "le CFA",
        }
    }
}

impl Phase {
    /// What it is, in French.
    #[must_use]
    pub const fn fr(self) -> &'static str {
        match self {
            Self::Draft => "le formulaire est en cours de rédaction",
            Self::Published => "le formulaire est publié et attend les signatures",
            Self::Signing => "les signatures sont en cours",
            Self::SignatureRefused => "une partie a refusé de signer",
            Self::Signed => "toutes les parties ont signé",
            Self::Submitted => "le dossier est en cours d'instruction",
            Self::Incomplete => "un document est demandé",
            Self::Deposited => "le contrat est déposé",
            Self::DepositRefused => "le dépôt est refusé",
            Self::Withdrawn => "le projet est abandonné",
        }
    }
}
