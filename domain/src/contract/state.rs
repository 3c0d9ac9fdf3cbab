//! The state of a contract.

use super::event::{Attachment, DepositBody, Publication, Sha256};
use super::funding::Invoice;
use super::rupture::{Completion, Rupture};
use super::signing::{Evidence, Party, Signer};
use crate::cerfa::Form;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::ids::StreamKey;
use chrono::NaiveDate;

/// Where a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// It is being written.
    #[default]
    Draft,
    /// It is complete and waits for signatures.
    Published,
    /// The parties are signing.
    Signing,
    /// One of them refused to.
    SignatureRefused,
    /// All have signed.
    Signed,
    /// The deposit body examines it.
    Submitted,
    /// The deposit body asked for something: its clock stands still.
    Incomplete,
    /// It is deposited.
    Deposited,
    /// The deposit body refused it.
    DepositRefused,
    /// It was given up.
    Withdrawn,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Published,
        Self::Signing,
        Self::SignatureRefused,
        Self::Signed,
        Self::Submitted,
        Self::Incomplete,
        Self::Deposited,
        Self::DepositRefused,
        Self::Withdrawn,
    ];
}

/// What became of the contract, from the day on which all have signed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Life {
    /// Not all have signed it yet.
    #[default]
    Pending,
    /// It runs, or will on its first day.
    Running,
    /// The labour administration suspended it.
    Suspended,
    /// It was broken, with effect on a day: the first without contract.
    Broken(NaiveDate, Rupture),
    /// It ended well, on a day: its last.
    Completed(NaiveDate, Completion),
    /// It was cancelled before it began.
    Cancelled,
}

impl Life {
    /// Whether the contract is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Broken(..) | Self::Completed(..) | Self::Cancelled)
    }
}

/// The contract itself, or one of its amendments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// 0 is the contract, 1 its first amendment.
    pub number: u16,
    /// Where it is.
    pub phase: Phase,
    /// The form.
    pub form: Form,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// By which rules it was published, and what they did not confirm.
    pub publication: Option<Publication>,
    /// The document that is signed.
    pub document: Option<Sha256>,
    /// Who signs for each party.
    pub signers: Vec<Signer>,
    /// Who has signed, and what shows it.
    pub signed: Vec<(Party, Evidence)>,
    /// The scan of the signed paper.
    pub scan: Option<Sha256>,
    /// When all had signed.
    pub signed_on: Option<NaiveDate>,
    /// Where it was sent.
    pub body: Option<DepositBody>,
    /// When it was first sent.
    pub submitted_on: Option<NaiveDate>,
    /// When the deposit body had all that it asked for; `None` while it waits for something.
    pub complete_on: Option<NaiveDate>,
    /// Whether something was attached since it last asked.
    pub given: bool,
    /// When it decided.
    pub decided_on: Option<NaiveDate>,
    /// The number of the deposit.
    pub number_of_deposit: Option<Opened<String>>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contract {
    /// The enrolment that it belongs to.
    pub enrolment: Option<StreamKey>,
    /// The contract, then its amendments; empty before anything was written.
    pub rounds: Vec<Round>,
    /// What became of it.
    pub life: Life,
    /// How often its parties were asked to sign.
    pub requests: u16,
    /// The evidence of every signature that was ever taken: none is taken twice.
    pub evidence: Vec<Sha256>,
    /// How much a year whoever funds it takes charge of, as was declared last.
    pub funding: Option<Cents>,
    /// What was invoiced of it.
    pub invoices: Vec<Invoice>,
}

impl Contract {
    /// The round that is under way, or the last one.
    #[must_use]
    pub fn round(&self) -> Option<&Round> {
        self.rounds.last()
    }

    /// The form as all have signed it last: of the contract, or of its newest signed amendment whose deposit was not
    /// refused.
    #[must_use]
    pub fn in_force(&self) -> Option<&Form> {
        self.in_force_before(u16::MAX)
    }

    /// As [`Self::in_force`], of the rounds before one: what that one amends.
    #[must_use]
    pub fn in_force_before(&self, number: u16) -> Option<&Form> {
        let counts = |round: &&Round| {
            round.number < number
                && round.signed_on.is_some()
                && (round.number == 0 || round.phase != Phase::DepositRefused)
        };
        self.rounds.iter().rev().find(counts).map(|round| &round.form)
    }
}
