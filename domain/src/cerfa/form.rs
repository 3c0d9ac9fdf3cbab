//! The form and its blocks.

use super::block::{Asked, Block, Field, Refused, SetError, Visibility, Visitor, Whose, block};
use super::codes::{
    ContractMode, ContractType, Derogation, Diploma, EmployerSpecificity, EmployerType, LastClass,
    MasterLevel, Nationality, PayBasis, PriorSituation, Sector, Sex, SocialScheme, TrainingKind,
};
use super::value::{Cents, ContractNumber, Departement, FirstName, Idcc, Line, Minutes, Naf, Rate};
use crate::identifiers::{Cfd, Email, Phone, Postcode, Rncp, Siret, Uai};
use chrono::{Months, NaiveDate};
use std::fmt::Display;

/// A version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FormVersion {
    /// CERFA 10103*10.
    V10,
    /// CERFA 10103*11.
    V11,
    /// CERFA 10103*12.
    #[default]
    V12,
}

impl FormVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 3] = [Self::V10, Self::V11, Self::V12];

    /// As it is printed on the form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V10 => "10103*10",
            Self::V11 => "10103*11",
            Self::V12 => "10103*12",
        }
    }
}

block! {
    /// A postal address.
    Address {
        /// Number and street.
        street: Line = Field::of("N° et voie");
        /// What completes it.
        complement: Line = Field::of("Complément").optional();
        /// The postcode.
        postcode: Postcode = Field::of("Code postal");
        /// The commune.
        commune: Line = Field::of("Commune");
    }
}

block! {
    /// The employer.
    Employer {
        /// Under which law.
        sector: Sector = Field::of("Employeur privé ou public").public();
        /// The SIRET of the place where the contract is executed.
        siret: Siret = Field::of("N° SIRET de l'établissement d'exécution du contrat");
        /// Its name.
        name: Line = Field::of("Nom et prénom ou dénomination");
        /// Its telephone.
        phone: Phone = Field::of("Téléphone");
        /// Its e-mail address.
        email: Email = Field::of("Courriel");
        /// What kind.
        kind: EmployerType = Field::of("Type d'employeur").public();
        /// What is particular of it.
        specificity: EmployerSpecificity = Field::of("Employeur spécifique").public();
        /// Its main activity.
        naf: Naf = Field::of("Code activité de l'entreprise (NAF)");
        /// How many people it employs, in all.
        headcount: u32 = Field::of("Effectif total salariés de l'entreprise");
        /// Its collective agreement.
        idcc: Idcc = Field::of("Code IDCC de la convention collective applicable").when(is_private);
        /// Whether a public employer has its own unemployment scheme.
        own_unemployment_scheme: bool =
            Field::of("L'employeur public adhère au régime spécifique d'assurance chômage").when(is_public).public();
    } with {
        /// Where it is.
        address: Address;
    }
}

block! {
    /// The apprentice. The NIR is not here, nor anywhere in the ledger.
    Apprentice {
        /// The name at birth.
        birth_name: Line = Field::of("Nom de naissance de l'apprenti");
        /// The name in use, when it is another.
        usage_name: Line = Field::of("Nom d'usage").optional();
        /// The first name, or that there is none.
        first_name: FirstName = Field::of("Premier prénom de l'apprenti selon l'état civil");
        /// Sex.
        sex: Sex = Field::of("Sexe");
        /// Birth.
        born_on: NaiveDate = Field::of("Date de naissance");
        /// Where born.
        birth_commune: Line = Field::of("Commune de naissance");
        /// The département of birth, 99 abroad.
        birth_departement: Departement = Field::of("Département de naissance");
        /// Nationality.
        nationality: Nationality = Field::of("Nationalité");
        /// Social scheme.
        scheme: SocialScheme = Field::of("Régime social").when(is_private);
        /// Telephone.
        phone: Phone = Field::of("Téléphone");
        /// E-mail address.
        email: Email = Field::of("Courriel");
        /// Whether recognised as a disabled worker.
        disability: bool = Field::of("Bénéficie de la reconnaissance travailleur handicapé");
        /// Whether on the list of high-level athletes.
        athlete: bool = Field::of("Inscrit sur la liste des sportifs de haut niveau");
        /// Whether with a project to create or take over a business that needs the diploma.
        business_project: bool = Field::of("A un projet de création ou de reprise d'entreprise");
        /// Whether emancipated, when under age.
        emancipated: bool = Field::of("Mineur émancipé").when(|form| form.apprentice.is_minor_on(form.signed_on()));
        /// What came before.
        prior_situation: PriorSituation = Field::of("Situation avant ce contrat");
        /// The last diploma prepared.
        last_diploma: Diploma = Field::of("Dernier diplôme ou titre préparé");
        /// The last class followed.
        last_class: LastClass = Field::of("Dernière classe ou année suivie");
        /// What that diploma is called.
        last_diploma_title: Line = Field::of("Intitulé précis du dernier diplôme ou titre préparé").optional();
        /// The highest diploma obtained.
        highest_diploma: Diploma = Field::of("Diplôme ou titre le plus élevé obtenu");
    } with {
        /// Where they live.
        address: Address;
    }
}

block! {
    /// The legal representative of a minor.
    Guardian {
        /// Name.
        name: Line = Field::of("Nom de naissance du représentant légal").when(Form::needs_guardian);
        /// First name, or that there is none.
        first_name: FirstName = Field::of("Prénom du représentant légal").when(Form::needs_guardian);
        /// E-mail address.
        email: Email = Field::of("Courriel du représentant légal").when(Form::needs_guardian);
        /// Whether they live where the apprentice does.
        same_address: bool = Field::of("Même adresse que l'apprenti").when(Form::needs_guardian);
        /// Number and street, when it is another address.
        street: Line = Field::of("N° et voie").when(guardian_lives_elsewhere);
        /// The postcode.
        postcode: Postcode = Field::of("Code postal").when(guardian_lives_elsewhere);
        /// The commune.
        commune: Line = Field::of("Commune").when(guardian_lives_elsewhere);
    }
}

block! {
    /// A maître d'apprentissage.
    Master {
        /// Name at birth.
        name: Line = Field::of("Nom de naissance du maître d'apprentissage");
        /// First name, or that there is none.
        first_name: FirstName = Field::of("Prénom du maître d'apprentissage");
        /// Birth.
        born_on: NaiveDate = Field::of("Date de naissance du maître d'apprentissage");
        /// E-mail address.
        email: Email = Field::of("Courriel du maître d'apprentissage");
        /// The job.
        job: Line = Field::of("Emploi occupé");
        /// The highest diploma.
        diploma: Line = Field::of("Diplôme ou titre le plus élevé obtenu");
        /// Its level.
        level: MasterLevel = Field::of("Niveau de diplôme ou titre le plus élevé obtenu");
    }
}

block! {
    /// What the contract says. Its type and its derogations are sealed: some say that the apprentice is disabled.
    Terms {
        /// Its type.
        kind: ContractType = Field::of("Type de contrat ou d'avenant").sealed();
        /// How it is concluded.
        mode: ContractMode = Field::of("Mode contractuel de l'apprentissage");
        /// What it departs from.
        derogation: Derogation = Field::of("Type de dérogation").optional().sealed();
        /// The number of the contract before, or of the one that is amended. It names the apprentice.
        previous_number: ContractNumber =
            Field::of("Numéro du contrat précédent ou du contrat sur lequel porte l'avenant")
                .when(|form| form.terms.kind.is_some_and(ContractType::follows))
                .sealed();
        /// When the last party signs: the contract, or its amendment.
        concluded_on: NaiveDate = Field::of("Date de conclusion");
        /// First day.
        start_on: NaiveDate = Field::of("Date de début d'exécution du contrat");
        /// First day of practical training at the employer's.
        practice_on: NaiveDate = Field::of("Date de début de formation pratique chez l'employeur");
        /// Last day.
        end_on: NaiveDate = Field::of("Date de fin du contrat ou de la période d'apprentissage");
        /// When an amendment takes effect.
        amendment_on: NaiveDate = Field::of("Date d'effet de l'avenant")
            .when(Form::is_amendment);
        /// Weekly working time.
        weekly_time: Minutes = Field::of("Durée hebdomadaire du travail");
        /// Whether dangerous machines or exposure to particular risks are part of the work.
        dangerous_work: bool = Field::of("Travail sur machines dangereuses ou exposition à des risques particuliers");
        /// Whether the employer attests that the maître is eligible.
        masters_eligible: bool = Field::of("L'employeur atteste que le maître d'apprentissage répond à l'ensemble des critères d'éligibilité");
    }
}

block! {
    /// A period of a year of the contract, with one rate.
    PayPeriod {
        /// First day.
        from: NaiveDate = Field::of("Du").optional();
        /// Last day.
        to: NaiveDate = Field::of("Au").optional();
        /// The rate.
        rate: Rate = Field::of("Pourcentage").optional();
        /// Of what.
        basis: PayBasis = Field::of("SMIC ou SMC").optional();
    }
}

block! {
    /// A year of the contract: a second period begins when a birthday changes the bracket.
    PayYear {
    } with {
        /// The first period.
        first: PayPeriod;
        /// The second one.
        second: PayPeriod;
    }
}

block! {
    /// The pay.
    Pay {
        /// Gross monthly salary at the beginning.
        gross_monthly: Cents = Field::of("Salaire brut mensuel à l'embauche");
        /// The complementary pension fund.
        pension_fund: Line = Field::of("Caisse de retraite complémentaire").when(is_private);
        /// Meals, euros a meal.
        meal: Cents = Field::of("Nourriture, par repas").optional();
        /// Housing, euros a month.
        housing: Cents = Field::of("Logement, par mois").optional();
        /// Whether there are other benefits in kind.
        other_benefits: bool = Field::of("Autres avantages en nature").optional();
    } with {
        /// Four years at most.
        years: [PayYear; 4];
    }
}

block! {
    /// Who trains.
    TrainingPlace {
        /// Its name.
        name: Line = Field::of("Dénomination");
        /// Its SIRET.
        siret: Siret = Field::of("N° SIRET");
        /// Its UAI.
        uai: Uai = Field::of("N° UAI").optional();
    } with {
        /// Where it is.
        address: Address;
    }
}

block! {
    /// The training.
    Training {
        /// Whether the CFA is the company's.
        company_cfa: bool = Field::of("CFA d'entreprise");
        /// Whether the main place of training is the responsible CFA's.
        same_place: bool = Field::of("Le CFA responsable est le lieu de formation principal");
        /// The RNCP number.
        rncp: Rncp = Field::of("Code RNCP");
        /// The diploma code.
        cfd: Cfd = Field::of("Code du diplôme").optional();
        /// The diploma aimed at.
        diploma: Diploma = Field::of("Diplôme ou titre visé par l'apprenti");
        /// Diploma or title.
        kind: TrainingKind = Field::of("Nature de la certification").optional();
        /// What it is called.
        title: Line = Field::of("Intitulé précis");
        /// First day at the CFA.
        start_on: NaiveDate = Field::of("Date de début de formation en CFA");
        /// Last day of the exams.
        exams_end_on: NaiveDate = Field::of("Date prévue de fin des épreuves ou examens");
        /// Hours of training, in all.
        hours: u32 = Field::of("Durée de la formation, en heures");
        /// Of these, at a distance.
        remote_hours: u32 = Field::of("Dont durée de la formation à distance, en heures").optional();
    } with {
        /// The CFA that is responsible.
        responsible: TrainingPlace;
    }
}

block! {
    /// The signatures' frame: the signatures themselves are events.
    Signing {
        /// Where.
        place: Line = Field::of("Fait à");
        /// Whether the employer attests to hold what the deposit asks for.
        documents_held: bool = Field::of("L'employeur atteste disposer de l'ensemble des pièces justificatives nécessaires au dépôt du contrat");
    }
}

block! {
    /// The frame of the deposit body; what it decides is an event.
    Deposit {
        /// Its name.
        body: Line = Field::of("Nom de l'organisme").optional();
        /// Its SIRET.
        siret: Siret = Field::of("N° SIRET de l'organisme").optional();
    }
}

/// Shows its name alone: what is in it is personal, and `Debug` ends in logs.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form(…)")
    }
}

/// The form.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Which version of it.
    pub version: FormVersion,
    /// The employer.
    pub employer: Employer,
    /// The apprentice.
    pub apprentice: Apprentice,
    /// The legal representative.
    pub guardian: Guardian,
    /// The first maître d'apprentissage, and a second one.
    pub masters: [Master; 2],
    /// What the contract says.
    pub terms: Terms,
    /// The pay.
    pub pay: Pay,
    /// The training.
    pub training: Training,
    /// The main place of training, when it is not the responsible CFA's.
    pub main_place: TrainingPlace,
    /// The signatures' frame.
    pub signing: Signing,
    /// The deposit's frame.
    pub deposit: Deposit,
}

/// A field of a form, met on a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// Its path.
    pub path: String,
    /// What it is called on the form, in French.
    pub label: &'static str,
    /// Where its value lives.
    pub visibility: Visibility,
    /// Whether this form is incomplete without it.
    pub asked: bool,
    /// Its value, as it is written.
    pub value: Option<String>,
    /// The version of the form that has this value first.
    pub since: FormVersion,
}

/// Calls a macro with the blocks of the form: field, whether it is public, and whose it is when it is sealed.
macro_rules! blocks {
    ($with:ident) => {
        $with! {
            employer false Whose::Employer;
            apprentice false Whose::Apprentice;
            guardian false Whose::Guardian;
            masters false Whose::FirstMaster;
            terms true Whose::Apprentice;
            pay false Whose::Apprentice;
            training true Whose::Apprentice;
            main_place true Whose::Apprentice;
            signing false Whose::Employer;
            deposit true Whose::Employer;
        }
    };
}

/// Gathers the fields of one block.
struct Gather<'a> {
    form: &'a Form,
    public: bool,
    whose: Whose,
    met: &'a mut Vec<Met>,
}

impl Visitor for Gather<'_> {
    fn field(
        &mut self,
        path: &str,
        field: &'static Field,
        value: Option<(&dyn Display, FormVersion)>,
    ) {
        let whose = if path.starts_with("masters.2.") { Whose::SecondMaster } else { self.whose };
        let public = field.public.unwrap_or(self.public);
        self.met.push(Met {
            path: path.to_owned(),
            label: field.label,
            visibility: if public { Visibility::Public } else { Visibility::Sealed(whose) },
            asked: self.form.asks_for(path)
                && match field.asked {
                    Asked::Always => true,
                    Asked::Never => false,
                    Asked::When(condition) => condition(self.form),
                },
            value: value.map(|(value, _)| value.to_string()),
            since: value.map_or(FormVersion::V10, |(_, since)| since),
        });
    }
}

impl Form {
    /// Every field, in the order of the form.
    #[must_use]
    pub fn fields(&self) -> Vec<Met> {
        let mut met = Vec::new();
        macro_rules! each {
            ($($block:ident $public:literal $whose:expr;)*) => { $(
                let mut gather = Gather { form: self, public: $public, whose: $whose, met: &mut met };
                self.$block.walk(concat!(stringify!($block), "."), &mut gather);
            )* };
        }
        blocks!(each);
        met
    }

    /// Sets a field, or makes it absent.
    ///
    /// # Errors
    /// When the form has no such field, or the value is none of its type; then nothing changed.
    pub fn set(&mut self, path: &str, text: Option<&str>) -> Result<(), Refused> {
        macro_rules! each {
            ($($block:ident $public:literal $whose:expr;)*) => {
                match path.split_once('.') {
                    $(Some((stringify!($block), rest)) => self.$block.set(rest, text),)*
                    _ => Err(SetError::NoSuchField),
                }
            };
        }
        blocks!(each).map_err(|error| match error {
            SetError::NoSuchField => Refused::NoSuchField(path.to_owned()),
            SetError::Invalid(invalid) => Refused::Invalid { path: path.to_owned(), invalid },
        })
    }

    /// Whether it amends a contract; false when it does not say its type.
    #[must_use]
    pub fn is_amendment(&self) -> bool {
        self.terms.kind.is_some_and(ContractType::is_amendment)
    }

    /// The day on which the parties sign: that of the conclusion; as long as the form does not say it, the first day of
    /// the contract, or the one on which an amendment takes effect.
    #[must_use]
    pub fn signed_on(&self) -> Option<NaiveDate> {
        let effect = self.terms.amendment_on.filter(|_| self.is_amendment());
        self.terms.concluded_on.or(effect).or(self.terms.start_on)
    }

    /// Whether a legal representative signs: of a minor who is not emancipated, on the day of the conclusion.
    #[must_use]
    pub fn needs_guardian(&self) -> bool {
        self.needs_guardian_on(self.signed_on())
    }

    /// The same on a day; false when the day, or the apprentice's birth, is not known.
    #[must_use]
    pub fn needs_guardian_on(&self, day: Option<NaiveDate>) -> bool {
        self.apprentice.is_minor_on(day) && self.apprentice.emancipated != Some(true)
    }

    /// Whether a part that not every contract has is in this one.
    fn asks_for(&self, path: &str) -> bool {
        if path.starts_with("masters.2.") {
            // All of the second maître, or nothing.
            self.masters[1] != Master::default()
        } else {
            !path.starts_with("main_place.") || self.training.same_place == Some(false)
        }
    }

    /// Whether the contract is one of the public sector that is neither industrial nor commercial (art. L. 6227-1);
    /// `None` when the employer is not said.
    #[must_use]
    pub fn is_public_law(&self) -> Option<bool> {
        match (self.employer.kind, self.employer.sector) {
            (Some(kind), _) => Some(kind.is_public_law()),
            (None, Some(Sector::Private)) => Some(false),
            (None, _) => None,
        }
    }
}

impl Apprentice {
    /// The day on which they are so old (Code civil, computed from anniversary to anniversary); for a birth on
    /// 29 February, in a year without one, the last day of February (C. pr. civ. art. 641).
    #[must_use]
    pub fn turns(&self, age: u32) -> Option<NaiveDate> {
        self.born_on.and_then(|born| turns(born, age))
    }

    /// Whether under 18 on a day; false when one of the two is not known.
    #[must_use]
    pub fn is_minor_on(&self, day: Option<NaiveDate>) -> bool {
        day.zip(self.turns(18)).is_some_and(|(day, adult)| day < adult)
    }
}

impl Guardian {
    /// Whether it says who they are, and how to reach them.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.name.is_some() && self.first_name.is_some() && self.email.is_some()
    }
}

/// The day on which somebody born on a day is so many years old.
#[must_use]
pub fn turns(born_on: NaiveDate, age: u32) -> Option<NaiveDate> {
    born_on.checked_add_months(Months::new(age.checked_mul(12)?))
}

fn is_private(form: &Form) -> bool {
    form.employer.sector == Some(Sector::Private)
}

fn is_public(form: &Form) -> bool {
    form.employer.sector == Some(Sector::Public)
}

fn guardian_lives_elsewhere(form: &Form) -> bool {
    form.needs_guardian() && form.guardian.same_address == Some(false)
}
