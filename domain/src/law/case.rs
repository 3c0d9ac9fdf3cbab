//! What a rule sees.

use super::days::Place;
use super::practice::Calendar;
use super::rule::Unknown;
use crate::cerfa::codes::{
    ContractMode, ContractType, Derogation, Diploma, EmployerSpecificity, EmployerType, LastClass,
    Nationality, PriorSituation, Sector, SocialScheme,
};
use crate::cerfa::value::{Cents, Minutes};
use crate::cerfa::{Form, turns};
use crate::contract::rupture::{Completion, Rupture};
use crate::contract::{DepositBody, Suspension};
use chrono::NaiveDate;

/// The contract before, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Previous {
    /// Its last day; of one that was broken, the one before the rupture took effect.
    pub ended_on: Option<NaiveDate>,
    /// Whether it was broken for a reason that is not the apprentice's.
    pub broken_by_others: bool,
    /// The level of the diploma that was obtained at its end, from 3 to 8; `None` when none was, or it is not known.
    pub level: Option<u8>,
}

/// What happened to a contract since it was signed, as far as the law judges it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Acts<'a> {
    /// When the last party signed it.
    pub signed_on: Option<NaiveDate>,
    /// The number under which the contract itself was deposited, as the ledger holds it.
    pub number: Option<&'a str>,
    /// When it was first sent to the deposit body.
    pub submitted_on: Option<NaiveDate>,
    /// To which.
    pub body: Option<&'a DepositBody>,
    /// Its rupture, with the first day without contract.
    pub rupture: Option<(NaiveDate, &'a Rupture)>,
    /// Its end, with the day.
    pub completion: Option<(NaiveDate, &'a Completion)>,
}

/// What a rule sees of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The form.
    pub form: &'a Form,
    /// The contract before.
    pub previous: Option<&'a Previous>,
    /// The form that is amended, as it stands.
    pub amended: Option<&'a Form>,
    /// The contract's own form, before any amendment, when this is one.
    pub contract: Option<&'a Form>,
    /// Whether the training agreement is attached.
    pub training_agreement: bool,
    /// Whether the agreement on another duration is attached.
    pub duration_agreement: bool,
    /// The calendar of the alternation.
    pub calendar: Option<&'a Calendar>,
    /// When the contract was suspended: nobody was in the company then.
    pub suspensions: &'a [Suspension],
    /// What happened since.
    pub acts: Acts<'a>,
}

/// Reads what a rule needs, or says which field is missing.
macro_rules! needed {
    ($($(#[$doc:meta])* $name:ident -> $kind:ty = $block:ident.$field:ident;)*) => {
        impl Case<'_> { $(
            $(#[$doc])*
            pub(super) fn $name(&self) -> Result<$kind, Unknown> {
                let path = concat!(stringify!($block), ".", stringify!($field));
                self.form.$block.$field.ok_or(Unknown::Missing(path))
            }
        )* }
    };
}

needed! {
    /// When the last party signs the contract, or its amendment.
    concluded_on -> NaiveDate = terms.concluded_on;
    /// First day of the contract.
    start_on -> NaiveDate = terms.start_on;
    /// Last day of the contract.
    end_on -> NaiveDate = terms.end_on;
    /// First day of practical training.
    practice_on -> NaiveDate = terms.practice_on;
    /// When an amendment takes effect.
    amendment_on -> NaiveDate = terms.amendment_on;
    /// First day at the CFA.
    training_on -> NaiveDate = training.start_on;
    /// Last day of the exams.
    exams_end_on -> NaiveDate = training.exams_end_on;
    /// The type of the contract.
    kind -> ContractType = terms.kind;
    /// How it is concluded.
    mode -> ContractMode = terms.mode;
    /// Weekly working time.
    weekly_time -> Minutes = terms.weekly_time;
    /// Whether the work is dangerous.
    dangerous_work -> bool = terms.dangerous_work;
    /// Whether the maître is attested to be eligible.
    masters_eligible -> bool = terms.masters_eligible;
    /// The apprentice's birth.
    born_on -> NaiveDate = apprentice.born_on;
    /// Nationality.
    nationality -> Nationality = apprentice.nationality;
    /// Social scheme.
    scheme -> SocialScheme = apprentice.scheme;
    /// What came before.
    prior_situation -> PriorSituation = apprentice.prior_situation;
    /// The last class followed.
    last_class -> LastClass = apprentice.last_class;
    /// Whether recognised as a disabled worker.
    disability -> bool = apprentice.disability;
    /// Whether a high-level athlete.
    athlete -> bool = apprentice.athlete;
    /// Whether with a business project that needs the diploma.
    business_project -> bool = apprentice.business_project;
    /// Private or public.
    sector -> Sector = employer.sector;
    /// What kind of employer.
    employer_kind -> EmployerType = employer.kind;
    /// What is particular of it.
    specificity -> EmployerSpecificity = employer.specificity;
    /// The highest diploma obtained.
    highest_diploma -> Diploma = apprentice.highest_diploma;
    /// Gross monthly salary at the beginning.
    gross_monthly -> Cents = pay.gross_monthly;
    /// The diploma aimed at.
    aim -> Diploma = training.diploma;
    /// Hours of training.
    hours -> u32 = training.hours;
    /// Whether the main place is the responsible CFA's.
    same_place -> bool = training.same_place;
    /// Whether the employer holds the documents.
    documents_held -> bool = signing.documents_held;
}

impl<'a> Case<'a> {
    /// A form, without anything beside it.
    #[must_use]
    pub fn of(form: &'a Form) -> Self {
        Self {
            form,
            previous: None,
            amended: None,
            contract: None,
            training_agreement: false,
            duration_agreement: false,
            calendar: None,
            suspensions: &[],
            acts: Acts::default(),
        }
    }

    /// The day by whose rules the contract is judged: that of its conclusion, or its first day as long as nothing says
    /// the other. An amendment is judged by the rules of its contract: what changed them says of the contracts that are
    /// concluded from a day on that it is about them (loi 2018-771, décrets 2018-1347, 2020-478, 2025-585).
    ///
    /// # Errors
    /// When the form says neither.
    pub fn judged_on(&self) -> Result<NaiveDate, Unknown> {
        let concluded = if self.form.is_amendment() {
            let whole = self.contract.or(self.amended).filter(|form| !form.is_amendment());
            let on = whole.and_then(|form| form.terms.concluded_on);
            on.or(self.form.terms.start_on).or(self.form.terms.concluded_on)
        } else {
            self.form.terms.concluded_on.or(self.form.terms.start_on)
        };
        concluded.ok_or(Unknown::Missing("terms.concluded_on"))
    }

    /// The day on which what the form says takes effect: the first one of the contract, or the amendment's.
    pub(super) fn effect_on(&self) -> Result<NaiveDate, Unknown> {
        if self.form.is_amendment() { self.amendment_on() } else { self.start_on() }
    }

    /// The contract that this one amends, as a case of its own.
    pub(super) fn amended(&self) -> Result<Case<'a>, Unknown> {
        self.amended.map(Case::of).ok_or(Unknown::Amended)
    }

    /// Whether the contract is one of the public sector that is neither industrial nor commercial.
    pub(super) fn is_public_law(&self) -> Result<bool, Unknown> {
        self.form.is_public_law().ok_or(Unknown::Missing("employer.kind"))
    }

    /// Where the contract is executed.
    pub(super) fn place(&self) -> Result<Place, Unknown> {
        let postcode = self.form.employer.address.postcode;
        let postcode = postcode.ok_or(Unknown::Missing("employer.address.postcode"))?;
        Place::of_postcode(&postcode).ok_or(Unknown::Unconfirmed("places"))
    }

    /// Whether the apprentice is so old on a day.
    pub(super) fn is_aged(&self, age: u32, on: NaiveDate) -> Result<bool, Unknown> {
        let born = self.born_on()?;
        turns(born, age).map(|then| then <= on).ok_or(Unknown::Missing("apprentice.born_on"))
    }

    /// Whether a derogation is declared; that there is none is said by leaving it out.
    pub(super) fn derogates(&self, one: Derogation) -> bool {
        let declared = self.form.terms.derogation;
        declared == Some(one) || declared == Some(Derogation::Several)
    }

    /// Whether no age is too high: RQTH, a business project, high-level athletes (L6222-2).
    pub(super) fn has_no_age_limit(&self) -> Result<bool, Unknown> {
        // One of them is enough, and an absent one matters only when the others say no.
        let conditions = [self.disability(), self.athlete(), self.business_project()];
        if conditions.contains(&Ok(true)) {
            return Ok(true);
        }
        conditions.into_iter().find(Result::is_err).unwrap_or(Ok(false))
    }
}
