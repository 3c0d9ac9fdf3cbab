//! What of the dossiers somebody may see: the views answer as if there were nothing else.

use crate::reference::ReferenceSet;
use chrono::NaiveDate;
use domain::contract::Tie;
use domain::identifiers::Uai;
use domain::rules::Status;
use sqlx::{QueryBuilder, Sqlite};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Some CFAs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sites {
    /// All.
    #[default]
    All,
    /// These.
    Of(Arc<BTreeSet<Uai>>),
    /// Those of a région, by its INSEE code.
    Region(String),
    /// Of a département, by its code.
    Departement(String),
    /// Of an académie, by its code.
    Academie(String),
}

impl Sites {
    /// Whether a CFA is one of them, as a reference set places it.
    #[must_use]
    pub fn has(&self, uai: Uai, reference: &ReferenceSet) -> bool {
        match self {
            Self::All => true,
            Self::Of(named) => named.contains(&uai),
            territory => uai.departement().is_some_and(|code| territory.holds(&code, reference)),
        }
    }

    /// Whether a territory holds a département.
    fn holds(&self, departement: &str, reference: &ReferenceSet) -> bool {
        let entry = reference.departement(departement);
        match self {
            Self::All => true,
            Self::Of(_) => false,
            Self::Region(code) => entry.is_some_and(|entry| entry.region == *code),
            Self::Departement(code) => departement == code,
            Self::Academie(code) => entry.is_some_and(|entry| entry.academie == *code),
        }
    }

    /// The départements of a territory, as a reference set places them.
    pub(crate) fn departements(&self, reference: &ReferenceSet) -> BTreeSet<String> {
        let codes = reference.departements.keys();
        codes.filter(|code| self.holds(code, reference)).cloned().collect()
    }

    /// The same, as SQL can tell it.
    pub(crate) fn judged(&self, reference: &ReferenceSet) -> Judged {
        match self {
            Self::All => Judged::All,
            Self::Of(named) => Judged::Of(Arc::clone(named)),
            territory => {
                let inside = |number: &u64| {
                    let departement = Uai::departement_of(*number);
                    departement.is_some_and(|code| territory.holds(&code, reference))
                };
                Judged::Numbered((0..1_000).filter(inside).map(|n| format!("{n:03}")).collect())
            }
        }
    }
}

/// Some CFAs, as SQL can tell them.
#[derive(Debug, Clone)]
pub(crate) enum Judged {
    All,
    Of(Arc<BTreeSet<Uai>>),
    /// Those whose UAI begins with one of these three digits.
    Numbered(BTreeSet<String>),
}

impl Judged {
    /// Whether a CFA is one of them.
    pub(crate) fn has(&self, uai: Uai) -> bool {
        match self {
            Self::All => true,
            Self::Of(named) => named.contains(&uai),
            Self::Numbered(numbers) => uai.as_str().get(..3).is_some_and(|n| numbers.contains(n)),
        }
    }

    /// Adds ` AND …` to a query whose `enrolments` are called `e`.
    pub(crate) fn restrict(&self, query: &mut QueryBuilder<Sqlite>) {
        let texts: Vec<String> = match self {
            Self::All => return,
            Self::Of(named) => {
                query.push(" AND e.trainer_uai IN (");
                named.iter().map(|uai| uai.as_str().to_owned()).collect()
            }
            Self::Numbered(numbers) => {
                query.push(" AND substr(e.trainer_uai, 1, 3) IN (");
                numbers.iter().cloned().collect()
            }
        };
        let mut separated = query.separated(", ");
        for text in texts {
            separated.push_bind(text);
        }
        query.push(")");
    }
}

/// Of the contracts whose workflow runs here, those that somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Ties {
    /// All.
    #[default]
    All,
    /// Those with one of these ties.
    Of(Arc<BTreeSet<Tie>>),
}

impl Ties {
    /// Whether a contract with these ties is one of them.
    #[must_use]
    pub fn have(&self, ties: &BTreeSet<Tie>) -> bool {
        match self {
            Self::All => true,
            Self::Of(own) => !own.is_disjoint(ties),
        }
    }
}

/// What somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The dossiers of these CFAs.
    pub sites: Sites,
    /// Of these, in lists and one by one, only the learners who have no contract on the day asked nor
    /// on this one, which is today: enrolled, in rupture or gone. Figures count all.
    pub without_contract: Option<NaiveDate>,
    /// The contracts whose workflow runs here.
    pub contracts: Ties,
}

impl Reach {
    /// Whether a status on the day asked is one that may be seen.
    pub(crate) fn shows(&self, status: Option<Status>) -> bool {
        let open = matches!(status, Some(Status::Inscrit | Status::Rupturant | Status::Abandon));
        open || self.without_contract.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_territory_is_told_alike_to_sql_and_to_a_single_cfa() {
        let reference = ReferenceSet::built_in().unwrap();
        let uais = ["0010826T", "0690001A", "9830002K", "6200001A", "7200001A", "9740001A"];
        let uai = |text: &str| {
            let letters = "ABCDEFGHJKLMNPRSTUVWXYZ".chars();
            letters.map(|c| format!("{}{c}", &text[..7])).find_map(|t| Uai::parse(&t).ok()).unwrap()
        };
        for sites in [
            Sites::All,
            Sites::Of(Arc::new([uai("0010826T")].into())),
            Sites::Region("84".into()),
            Sites::Region("94".into()),
            Sites::Departement("2A".into()),
            Sites::Academie("10".into()),
            Sites::Region("nowhere".into()),
        ] {
            let judged = sites.judged(&reference);
            for one in uais.map(uai) {
                assert_eq!(sites.has(one, &reference), judged.has(one), "{sites:?} {one}");
            }
        }
        assert!(Sites::Region("84".into()).has(uai("0010826T"), &reference));
        assert!(!Sites::Region("84".into()).has(uai("6200001A"), &reference));
        assert!(Sites::Departement("2A".into()).has(uai("6200001A"), &reference));
    }
}
