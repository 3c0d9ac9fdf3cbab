//! What is true in apprenticeship: identifiers, the dossier that a CFA
//! declares, the enrolment aggregate and the status rules.
//!
//! This room is pure. It knows no clock, no disk, no network and no random
//! source: time and identifiers come in as arguments, so a replay is exact.
//!
//! | module | holds |
//! |---|---|
//! | [`identifiers`] | INE, SIRET, UAI, RNCP, CFD, commune, postcode, school year: newtypes with real checks |
//! | [`ids`] | what the ledger names: streams, events, contracts, subjects, positions |
//! | [`dossier`] | the v3 push: its fields, a raw row, the checked declaration |
//! | [`enrolment`] | the aggregate: facts, commands, `decide`, `evolve` |
//! | [`contract`] | the contract whose workflow runs in the ledger: rounds of signatures and deposits, a life |
//! | [`event`] | any event of the ledger |
//! | [`runs`] | push runs: what a run settles, what it holds |
//! | [`law`] | the law of apprenticeship: one table of dated rules, and their verdicts |
//! | [`persons`] | links between dossiers of one person, decided by people |
//! | [`erasure`] | erasing a person: a request, a decision, the fact |
//! | [`retention`] | how long a dossier names its learner |
//! | [`rules`] | R1, R2, R3: facts in, dated trajectory out |
//! | [`cerfa`] | the CERFA 10103 form as data: blocks, code lists, completeness |
//! | [`calendar`] | civil days in Europe/Paris |
//! | [`text`] | a message in English for programs and in French for people |

pub mod calendar;
pub mod cerfa;
pub mod contract;
pub mod dossier;
pub mod enrolment;
pub mod erasure;
pub mod event;
pub mod identifiers;
pub mod ids;
pub mod law;
pub mod persons;
pub mod retention;
pub mod rules;
pub mod runs;
pub mod text;
