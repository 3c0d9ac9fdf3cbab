//! Status rules: pure functions `(facts, rule set) -> dated trajectory`.
//!
//! A status is a conclusion: never stored as an event, always shown with its
//! rule set. The rules are those of the national dashboard, restated in nine
//! points in `docs/rules-of-status.md` and numbered in the same way here.
//!
//! | file | holds |
//! |---|---|
//! | `facts.rs` | what the rules read |
//! | `status.rs`, `set.rs`, `names.rs` | statuses, rule sets, their names and the refusal of others |
//! | `terminal.rs` | the last effective day, the terminal contract (rules 3 and 6) |
//! | `walk.rs` | the walk over a session (rules 1 to 5, 7, 8, 9) |
//! | `sessions.rs` | several sessions of one training, one after the other |
//! | `timeline.rs` | the answer and how to read it |
//!
//! # Interpretations
//!
//! Where the nine points leave a choice, this table settles it, for every rule
//! set alike unless it says otherwise.
//!
//! | # | rule | question | answer |
//! |---|---|---|---|
//! | 1 | 1 | Which contracts move the first day? | Every contract, by its start, also one without any contract day and one broken before it began. |
//! | 2 | 1 | The session ends before it starts, but a contract starts on or before its end. | The first day is the contract's start, so the trajectory is not empty. Only `session end < first day` is empty. |
//! | 3 | 1 | A session of one day. | One step: that day is the last session day, so rule 8 applies to it. |
//! | 4 | 1 | After the session end? | No step begins there; the last step stays in force. Contract days after the session end are not seen by rules 3 and 5. |
//! | 5 | 3 | The rupture is later than the contract's end. | The rupture decides: the contract runs until the day before the rupture. |
//! | 6 | 3 | The rupture is on or before the start, or the end is before the start. | No contract day. Such a contract still counts in rules 1, 6, 7 and 8, with the last effective day that rule 3 gives it (the day before the rupture, or the end). |
//! | 7 | 3 | Contracts overlap or touch. | A day is a contract day when any contract covers it. |
//! | 8 | 4 | The exclusion is before the first day, or after the session end. | Before: every day is ABANDON. After: no day is; see 15. |
//! | 9 | 5 | When did the learner "have at least one contract"? | From the first contract day seen on or before the day in question. A future contract does not count yet, and a contract without contract days never does. |
//! | 10 | 5 | Where does the count start? | On the first day of the horizon (day 1), also when it lies before the session's start; again at 1 on the day after each run of contract days. |
//! | 11 | 5 | Contract days under an exclusion. | They reset the count, and exclusion days continue it; neither can be seen, as an exclusion lasts to the session end. |
//! | 12 | 6 | A contract that ends after the session, or starts after it. | It can be the terminal contract; its last effective day is not cut at the session end. |
//! | 13 | 6, 8 | R2: two contracts with the latest start. | The broken one wins, as rule 6 says of R3. So the order of the contracts never changes a trajectory. |
//! | 14 | 7, 8 | What is "broken", "ended naturally"? | Broken: a rupture is declared, whatever its date. Naturally: not broken, also when its end is not told. |
//! | 15 | 7, 8 | What is "without exclusion"? | No exclusion is declared, whatever its date, also one dated after the session end. |
//! | 16 | 7 | 60 days or fewer: counted how? | `session end - last effective day`, in calendar days; negative counts as few. |
//! | 17 | 7 | Which days become FIN_DE_FORMATION? | Days after the terminal contract's last effective day that are INSCRIT or RUPTURANT by rules 2 to 5; ABANDON days stay (the last one falls under rule 8). |
//! | 18 | 8 | R2, R3: the last day is ABANDON and there is no contract at all. | It stays so: nothing ended naturally. |
//! | 19 | 8 | R1: the learner is excluded. | The last day is FIN_DE_FORMATION all the same: "always". |
//! | 20 | 9 | What is the current status? | That of the last step on or before the day; INSCRIT when the trajectory is empty; none before the first step. |
//! | 21 | 9 | Which clock? | None: days are civil days, a day is a day at clock changes and in leap years too. |
//! | 22 | 1, 5 | The training goes on in a session after another (a new school year, another CFA). | One horizon, from the earlier entry, when no day lies between them, or when a contract begun by the last day of the former leaves the learner APPRENTI or RUPTURANT (rules 3 and 5) as the next one begins. Otherwise each session has a trajectory of its own, with the contracts begun and the exclusion fallen by its last day: who comes back after a hole is INSCRIT again and has 90 days; who was RUPTURANT is ABANDON after 180 days in the hole too. In head-counts, days between two sessions count only as APPRENTI or RUPTURANT: nobody is INSCRIT, ABANDON or FIN_DE_FORMATION where there is no session. |

mod facts;
mod names;
mod sessions;
mod set;
mod status;
mod terminal;
mod timeline;
mod walk;

pub use facts::{ContractSpan, StatusFacts};
pub use names::UnknownName;
pub use sessions::{Session, stretches, trajectory_through};
pub use set::RuleSet;
pub use status::Status;
pub use timeline::{Step, Trajectory};

/// The trajectory that a rule set reads in the facts: empty when the session
/// ends before the horizon begins, else from the horizon's first day to the
/// session's last. Never fails: any dates have an answer, the most absurd too.
/// The cost is that of sorting the contracts, and does not depend on dates.
#[must_use]
pub fn trajectory(facts: &StatusFacts, rules: RuleSet) -> Trajectory {
    walk::walk(facts, &rules.choices())
}
