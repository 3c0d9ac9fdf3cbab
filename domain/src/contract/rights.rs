//! What follows from a rupture for who was an apprentice. It hangs on no deadline: it is told of a broken contract,
//! whatever the day.

use super::deadlines::is_looked_after;
use super::state::{Contract, Life};
use crate::text::Text;
use chrono::{Months, NaiveDate};

/// Months in which the CFA keeps on training after a rupture (L6222-18-2).
const KEPT: Months = Months::new(6);

/// Something that follows from a rupture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// A stable name, `UPPER_SNAKE`.
    pub id: &'static str,
    /// The last day, this one included; `None` when the law names none.
    pub until: Option<NaiveDate>,
    /// Under which article.
    pub article: &'static str,
    en: &'static str,
    fr: &'static str,
}

impl Right {
    /// What.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.en, self.fr)
    }
}

/// What follows from how a contract was broken; nothing while it was not.
///
/// The new contract is of type 23 on the form: `DURATION_MIN` does not ask six months of it.
#[must_use]
pub fn rights(contract: &Contract) -> Vec<Right> {
    let broken_on = match &contract.life {
        Life::Broken(on, rupture) if is_looked_after(rupture) => *on,
        _ => return Vec::new(),
    };
    vec![
        Right {
            id: "KEEP_TRAINING",
            until: broken_on.checked_add_months(KEPT),
            article: "L6222-18-2",
            en: "the CFA keeps training for six months, and helps to find an employer",
            fr: "Le CFA poursuit la formation pendant six mois et aide à trouver un employeur.",
        },
        Right {
            id: "NEW_CONTRACT_ANY_DURATION",
            until: None,
            article: "R6222-23-1",
            en: "a new contract with another employer, which goes on with the training (type 23), may be shorter than six months",
            fr: "Un nouveau contrat avec un autre employeur, qui poursuit la formation (type 23), peut durer moins de six mois.",
        },
    ]
}
