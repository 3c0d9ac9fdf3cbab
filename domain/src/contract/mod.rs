//! The apprenticeship contract whose own workflow runs in the ledger: drafted by several people, signed by its
//! parties, deposited, amended, broken or completed.
//!
//! A contract is a sequence of *rounds*: the contract itself, then each amendment (types 31 to 38). Every round has
//! its own form, its signatures and its deposit, and passes through the same [`Phase`]s. Beside them the contract has
//! a [`Life`], which begins when all have signed. What time alone concludes (a late deposit, a silence that means
//! acceptance or refusal) is never an event: [`conclude`] computes it.
//!
//! | module | holds |
//! |---|---|
//! | [`Contract`] | the state: rounds, life |
//! | [`Command`], [`ContractEvent`] | what is asked, and what happened |
//! | [`decide`] | from a state and a command to events, or a refusal that says why |
//! | `evolve` | from a state and an event to the next state |
//! | [`signing`] | parties, signers, evidence |
//! | [`rupture`] | how a contract ends before its term, or at it |
//! | [`dsn`] | why it ended, by the codes of the payroll return |
//! | [`said`] | what people wrote when they acted |
//! | [`rights`] | what follows from a rupture |
//! | [`deadlines`] | what is due, from whom, by when |
//! | [`funding`] | what is taken charge of, what was invoiced, and of which days |
//! | [`body`] | where it is deposited, by employer, place and day |
//! | [`previous`] | the contract before it, from what is known of its enrolment |
//! | [`judged`] | what the law says of it as it stands |
//! | [`conclude`] | what follows from the time that passed |
//! | [`Behind`], [`behind`] | which events are behind the figures of the funding |
//! | [`Tie`], [`ties`] | to whom a contract is shown |

pub mod body;
mod command;
pub mod conclude;
pub mod deadlines;
mod decide;
pub mod dsn;
mod event;
mod evolve;
mod figure;
pub mod funding;
pub mod judged;
pub mod previous;
pub mod rights;
pub mod rupture;
pub mod said;
pub mod signing;
mod state;
mod tie;

pub use command::{Command, ContractError};
pub use decide::{Given, decide};
pub use event::{
    Attachment, AttachmentKind, Change, Changed, ContractEvent, DepositBody, Publication, Remarks,
    Sha256,
};
pub use figure::{Behind, behind};
pub use state::{Asked, Contract, Life, Phase, Round, Sent, Signature, Suspension};
pub use tie::{Tie, naming, of_establishment, place, ties, was_sent_to_opco};

#[cfg(test)]
mod tests;
