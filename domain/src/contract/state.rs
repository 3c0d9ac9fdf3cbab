//! The state of a contract.

use super::conclude::{is_refused_by_silence, refused_from};
use super::event::{Attachment, DepositBody, Publication, Sha256};
use super::funding::Invoice;
use super::rupture::{Completion, Rupture};
use super::said::Said;
use super::signing::{Evidence, Party, Signer};
use crate::cerfa::Form;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::ids::StreamKey;
use crate::law::practice::Calendar;
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

    /// The word for it in answers and rows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Signing => "signing",
            Self::SignatureRefused => "signature_refused",
            Self::Signed => "signed",
            Self::Submitted => "submitted",
            Self::Incomplete => "incomplete",
            Self::Deposited => "deposited",
            Self::DepositRefused => "deposit_refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The phase of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.word() == word)
    }
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
    /// The words of all of them.
    pub const WORDS: [&'static str; 6] =
        ["pending", "running", "suspended", "broken", "completed", "cancelled"];

    /// The word for it in answers and rows.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Broken(..) => "broken",
            Self::Completed(..) => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the contract is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Broken(..) | Self::Completed(..) | Self::Cancelled)
    }
}

/// What the deposit body asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When: since then its clock stands still.
    pub on: NaiveDate,
    /// For what.
    pub missing: Opened<String>,
    /// How many documents were attached then: what comes after them answers it.
    pub attached: usize,
}

/// A signature that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Whose.
    pub party: Party,
    /// What shows it.
    pub evidence: Evidence,
    /// On which day.
    pub on: NaiveDate,
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
    pub signed: Vec<Signature>,
    /// The scan of the signed paper.
    pub scan: Option<Sha256>,
    /// When all had signed.
    pub signed_on: Option<NaiveDate>,
    /// Where it was sent.
    pub body: Option<DepositBody>,
    /// When it was first sent.
    pub submitted_on: Option<NaiveDate>,
    /// Since when the deposit body has all that it asked for, and its days count; `None` while it waits for something.
    /// When that was said later than its day, from the day on which it was.
    pub complete_on: Option<NaiveDate>,
    /// The day that was said of that, which the form's frame has too: what the body does is not before it.
    pub given_on: Option<NaiveDate>,
    /// What it asked for, while it waits for that.
    pub asked: Option<Asked>,
    /// When it decided.
    pub decided_on: Option<NaiveDate>,
    /// The number of the deposit.
    pub number_of_deposit: Option<Opened<String>>,
}

impl Round {
    /// Whether it was sent, and not decided on.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self.phase, Phase::Submitted | Phase::Incomplete)
    }

    /// Whether something was attached since the deposit body asked for it.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.attached < self.attachments.len())
    }
}

/// Where a round was sent once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The deposit body.
    pub body: DepositBody,
    /// The département of the place of work then; `None` when the form did not say it, or nobody can read it any more.
    pub departement: Option<String>,
}

/// Days on which a contract was suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Suspension {
    /// The first one.
    pub from: NaiveDate,
    /// The first one on which the contract goes on; `None` while it does not.
    pub until: Option<NaiveDate>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contract {
    /// The enrolment that it belongs to.
    pub enrolment: Option<StreamKey>,
    /// The contract, then its amendments; empty before anything was written.
    pub rounds: Vec<Round>,
    /// Where its rounds were sent, each once: also what was opened again since, and is on no round any more.
    pub sent: Vec<Sent>,
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
    /// The calendar of the alternation, as it was given last.
    pub calendar: Option<Calendar>,
    /// Whether all have signed the contract itself once, also when its form was opened again since.
    pub was_signed: bool,
    /// The days from which it was suspended, each with the first one on which it went on.
    pub suspensions: Vec<Suspension>,
    /// What people wrote when they acted, the oldest first: of each event type the newest [`super::said::SAID_MAX`].
    pub said: Vec<Said>,
}

impl Contract {
    /// The round that is under way, or the last one.
    #[must_use]
    pub fn round(&self) -> Option<&Round> {
        self.rounds.last()
    }

    /// Of the rounds that were sent, the last on which the deposit body has not decided. An earlier one than that under
    /// way is one that silence accepted, and that was amended before the body wrote its number down.
    #[must_use]
    pub fn undecided(&self) -> Option<&Round> {
        self.waiting().last()
    }

    /// The rounds that were sent and that the deposit body has not decided on, the oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.is_undecided() && !self.is_given_up(round))
    }

    /// Whether silence refused an amendment and another was begun since: nothing is decided of it any more.
    #[must_use]
    pub fn is_given_up(&self, round: &Round) -> bool {
        // Of what was sent, only what silence decided is followed by another.
        let is_followed = self.round().is_some_and(|last| round.number < last.number);
        is_followed && round.is_undecided() && round.form.is_public_law() != Some(true)
    }

    /// The form as all have signed it last: of the contract, or of its newest signed amendment whose deposit was not
    /// refused, by the deposit body or by its silence until a day.
    #[must_use]
    pub fn in_force(&self, on: NaiveDate) -> Option<&Form> {
        self.round_in_force(on).map(|round| &round.form)
    }

    /// The round whose form is in force on a day.
    #[must_use]
    pub fn round_in_force(&self, on: NaiveDate) -> Option<&Round> {
        self.round_in_force_before(u16::MAX, on)
    }

    /// As [`Self::round_in_force`], of the rounds before one: what that one amends.
    #[must_use]
    pub fn round_in_force_before(&self, number: u16, on: NaiveDate) -> Option<&Round> {
        let counts = |round: &&Round| {
            round.number < number && self.may_count(round) && {
                round.number == 0 || !is_refused_by_silence(round, on)
            }
        };
        self.rounds.iter().rev().find(counts)
    }

    /// Whether all have signed it, and nobody has refused its deposit, but for what silence may do.
    fn may_count(&self, round: &Round) -> bool {
        let refused = round.phase == Phase::DepositRefused || self.is_given_up(round);
        round.signed_on.is_some() && (round.number == 0 || !refused)
    }

    /// The rounds whose form is in force, or would be again if silence refused those after it: an amendment that may
    /// still be refused so replaces nothing for good.
    pub fn may_be_in_force(&self) -> impl Iterator<Item = &Round> {
        let mut is_settled = false;
        self.rounds.iter().rev().filter(|round| self.may_count(round)).take_while(move |round| {
            let for_good =
                round.phase == Phase::Deposited || round.form.is_public_law() == Some(true);
            let was_settled = is_settled;
            is_settled |= for_good;
            !was_settled
        })
    }

    /// The day from which silence refuses the amendment under way: then the form before it is in force again.
    #[must_use]
    pub fn lapses_on(&self) -> Option<NaiveDate> {
        self.round().filter(|round| round.number > 0).and_then(refused_from)
    }
}
