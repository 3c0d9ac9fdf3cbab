//! Types of contracts, of employers, and what follows what.

use super::case::Case;
use super::rule::{Answer, Checked, REFUSES, Rule, Unknown, WARNS};
use crate::cerfa::codes::{
    ContractMode, ContractType, EmployerSpecificity, EmployerType, PriorSituation, Sector,
    SocialScheme,
};
use crate::cerfa::value::{ContractNumber, Value};
use crate::cerfa::{Form, FormVersion, Met};
use crate::text::Text;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "CODE_OF_VERSION",
        article: "notice 51649",
        en: "every code of the form is one of its version: write the form in a version that has the code",
        fr: "Chaque code du formulaire existe dans sa version : établissez-le dans une version qui a ce code.",
        check: of_version,
        ..REFUSES
    },
    Rule {
        id: "EMPLOYER_SECTOR",
        article: "notice 51649",
        en: "the type of employer is one of the sector that is said: 11 to 16 private, 21 to 30 public",
        fr: "Le type d'employeur correspond au secteur indiqué : 11 à 16 privé, 21 à 30 public.",
        check: |case| {
            Ok(Answer::must(
                case.employer_kind()?.is_public() == (case.sector()? == Sector::Public),
            ))
        },
        ..REFUSES
    },
    Rule {
        id: "PUBLIC_FIXED_TERM",
        article: "L6227-1, L6227-3",
        en: "a public employer concludes contracts of fixed term only",
        fr: "Un employeur public ne conclut que des contrats à durée limitée.",
        check: |case| {
            if case.is_public_law()? {
                Ok(Answer::must(case.mode()? == ContractMode::FixedTerm))
            } else {
                Ok(Answer::NotConcerned)
            }
        },
        ..REFUSES
    },
    Rule {
        id: "PUBLIC_SPECIFICITY",
        article: "notice 51649",
        en: "a public employer is no agency, no group of employers, not seasonal and no ascendant",
        fr: "Un employeur public n'est ni une agence, ni un groupement, ni saisonnier, ni un ascendant.",
        check: |case| {
            if case.is_public_law()? {
                Ok(Answer::must(case.specificity()? == EmployerSpecificity::Nothing))
            } else {
                Ok(Answer::NotConcerned)
            }
        },
        ..REFUSES
    },
    Rule {
        id: "AGENCY_MODE",
        article: "L6226-1",
        en: "a contract with a temporary-work agency has mode 3 and employer specificity 1, both or neither",
        fr: "Un contrat avec une entreprise de travail temporaire a le mode 3 et l'employeur spécifique 1, l'un ne va \
             pas sans l'autre.",
        check: |case| {
            let agency = case.specificity()? == EmployerSpecificity::TemporaryAgency;
            Ok(Answer::must(agency == (case.mode()? == ContractMode::TemporaryAgency)))
        },
        ..REFUSES
    },
    Rule {
        id: "SEASONAL_MODE",
        article: "L6222-5-1",
        en: "a seasonal contract with two employers has mode 4 and employer specificity 3, both or neither",
        fr: "Un contrat saisonnier à deux employeurs a le mode 4 et l'employeur spécifique 3, l'un ne va pas sans \
             l'autre.",
        check: |case| {
            let seasonal = case.specificity()? == EmployerSpecificity::Seasonal;
            Ok(Answer::must(seasonal == (case.mode()? == ContractMode::Seasonal)))
        },
        ..REFUSES
    },
    Rule {
        id: "SEASONAL_CHANGE",
        article: "L6222-5-1",
        en: "employers change (type 32) in a seasonal contract only",
        fr: "Le changement d'employeur (type 32) n'existe que dans un contrat saisonnier.",
        check: |case| {
            if case.kind()? == ContractType::EmployerChange {
                Ok(Answer::must(case.mode()? == ContractMode::Seasonal))
            } else {
                Ok(Answer::NotConcerned)
            }
        },
        ..REFUSES
    },
    Rule {
        id: "FAMILY_MINOR",
        article: "L6222-5; D6222-27",
        en: "an ascendant who employs a minor pays a quarter of the salary at least into an account of the apprentice's",
        fr: "L'ascendant qui emploie un mineur verse au moins le quart du salaire sur un compte ouvert au nom de \
             l'apprenti.",
        check: |case| {
            if case.is_aged(18, case.effect_on()?)? {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.specificity()? != EmployerSpecificity::Family))
        },
        ..WARNS
    },
    Rule {
        id: "AGRICULTURAL_SCHEME",
        article: "C. rur. L722-20; notice 51649",
        en: "an employer of type 13 has its apprentices in the agricultural scheme, MSA, and so is said of the apprentice",
        fr: "Un employeur de type 13 relève de la MSA, et l'apprenti avec lui.",
        check: |case| {
            if case.employer_kind()? != EmployerType::Agricultural {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.scheme()? == SocialScheme::Msa))
        },
        ..WARNS
    },
    Rule {
        id: "PREVIOUS_NUMBER",
        article: "notice 51649",
        en: "a contract that follows another, or amends it, names it by its number; NC when it is not known",
        fr: "Un contrat qui fait suite à un autre, ou un avenant, en donne le numéro ; NC s'il n'est pas connu.",
        check: |case| {
            let named = case.form.terms.previous_number.is_some();
            if case.kind()?.follows() { Ok(Answer::must(named)) } else { Ok(Answer::NotConcerned) }
        },
        ..REFUSES
    },
    Rule {
        id: "PREVIOUS_NUMBER_NEEDLESS",
        article: "notice 51649",
        en: "a first contract names none before it",
        fr: "Un premier contrat n'a pas de numéro de contrat précédent.",
        check: |case| {
            let named = case.form.terms.previous_number.is_some();
            if case.kind()?.follows() { Ok(Answer::NotConcerned) } else { Ok(Answer::must(!named)) }
        },
        ..REFUSES
    },
    Rule {
        id: "PREVIOUS_NUMBER_KNOWN",
        article: "D6275-1; notice 51649",
        en: "an amendment says which contract it amends: its number is known to who deposited it",
        fr: "Un avenant désigne le contrat qu'il modifie : son numéro figure sur la décision de dépôt.",
        check: |case| {
            let number = case.form.terms.previous_number.as_ref();
            match number.filter(|_| case.form.terms.kind.is_some_and(ContractType::is_amendment)) {
                Some(number) => Ok(Answer::must(number.is_known())),
                None => Ok(Answer::NotConcerned),
            }
        },
        ..WARNS
    },
    Rule {
        id: "PREVIOUS_NUMBER_DEPOSITED",
        article: "D6275-1; notice 51649",
        en: "an amendment names the contract by the number under which it was deposited",
        fr: "Un avenant désigne le contrat par le numéro de son dépôt.",
        check: |case| {
            if !case.form.terms.kind.is_some_and(ContractType::is_amendment) {
                return Ok(Answer::NotConcerned);
            }
            // A deposit body may give a number of another form, which the CERFA does not take.
            let held = case.acts.number.and_then(|number| ContractNumber::read(number).ok());
            let named = case.form.terms.previous_number.as_ref().filter(|one| one.is_known());
            match (held, named) {
                (Some(held), Some(named)) => Ok(Answer::must(*named == held)),
                _ => Ok(Answer::NotConcerned),
            }
        },
        ..WARNS
    },
    Rule {
        id: "FIRST_SITUATION",
        article: "notice 51649",
        en: "who was an apprentice before has no first contract: types 21, 22 and 23 say what came before",
        fr: "Qui était déjà apprenti n'a pas un premier contrat : les types 21, 22 et 23 disent ce qui a précédé.",
        check: |case| {
            if case.kind()? != ContractType::First {
                return Ok(Answer::NotConcerned);
            }
            let before = [PriorSituation::Apprenticeship, PriorSituation::CfaAfterRupture];
            Ok(Answer::must(!before.contains(&case.prior_situation()?)))
        },
        ..WARNS
    },
    Rule {
        id: "AFTER_RUPTURE_SITUATION",
        article: "L6222-18-2; R6222-23-1; notice 51649",
        en: "who comes from a broken contract was no pupil or student when this one began",
        fr: "Qui vient d'un contrat rompu n'était ni scolaire ni étudiant avant celui-ci.",
        check: |case| {
            if case.kind()? != ContractType::AfterRupture {
                return Ok(Answer::NotConcerned);
            }
            let school = [
                PriorSituation::School,
                PriorSituation::PreApprenticeship,
                PriorSituation::Student,
            ];
            Ok(Answer::must(!school.contains(&case.prior_situation()?)))
        },
        ..WARNS
    },
    Rule {
        id: "AMENDMENT_WITHIN",
        article: "D6224-5; notice 51649",
        en: "an amendment takes effect between the first and the last day of the contract",
        fr: "L'avenant prend effet entre le premier et le dernier jour du contrat.",
        check: |case| {
            if !case.kind()?.is_amendment() {
                return Ok(Answer::NotConcerned);
            }
            let effect = case.amendment_on()?;
            Ok(Answer::must(case.start_on()? <= effect && effect <= case.end_on()?))
        },
        ..REFUSES
    },
    Rule {
        id: "AMENDMENT_CONCLUDED",
        article: "L6222-4; notice 51649",
        en: "an amendment is concluded after what it amends, or on its day",
        fr: "L'avenant est conclu après l'acte qu'il modifie, ou le même jour.",
        check: |case| {
            if !case.kind()?.is_amendment() {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.amended()?.concluded_on()? <= case.concluded_on()?))
        },
        ..REFUSES
    },
    Rule {
        id: "AMENDMENT_BEFORE_EFFECT",
        article: "L6222-4; L1224-1; notice 51649",
        en: "an amendment is concluded before it takes effect, or on that day; one of type 31, whose employer changed by \
             law, may be concluded later",
        fr: "L'avenant est conclu au plus tard le jour où il prend effet ; celui de type 31, qui constate un changement de \
             l'employeur, peut l'être plus tard.",
        check: |case| {
            let kind = case.kind()?;
            if !kind.is_amendment() || kind == ContractType::EmployerSituation {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.concluded_on()? <= case.amendment_on()?))
        },
        ..WARNS
    },
    Rule {
        id: "AMENDMENT_CHANGES",
        article: "D6224-5; notice 51649",
        en: "an amendment changes something of what it amends",
        fr: "L'avenant change quelque chose à ce qu'il modifie.",
        check: |case| {
            if !case.kind()?.is_amendment() {
                return Ok(Answer::NotConcerned);
            }
            let amended = case.amended.ok_or(Unknown::Amended)?;
            Ok(Answer::must(without_its_own(case.form) != without_its_own(amended)))
        },
        ..WARNS
    },
    Rule {
        id: "AMENDMENT_SAME_START",
        article: "D6224-5",
        en: "an amendment leaves the first day of the contract as it was",
        fr: "L'avenant ne change pas le premier jour du contrat.",
        check: |case| {
            if !case.kind()?.is_amendment() {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.amended()?.start_on()? == case.start_on()?))
        },
        ..WARNS
    },
];

/// A form without what is an amendment's own: its version, its type, its days and the number of what it amends.
fn without_its_own(form: &Form) -> Form {
    let mut form = Form { version: FormVersion::default(), ..form.clone() };
    (form.terms.kind, form.terms.previous_number) = (None, None);
    (form.terms.concluded_on, form.terms.amendment_on) = (None, None);
    form
}

fn of_version(case: &Case<'_>) -> Checked {
    let version = case.form.version;
    let newer = |met: &Met| met.since > version;
    Ok(match case.form.fields().into_iter().find(newer) {
        None if case.form == &Form { version, ..Form::default() } => Answer::NotConcerned,
        None => Answer::Holds,
        Some(Met { path, since, .. }) => Answer::BrokenBy(Text::new(
            format!("{path} has a code of {}, and the form is {}", since.name(), version.name()),
            format!(
                "Le champ {path} a un code de la version {}, et le formulaire est en version {}.",
                since.name(),
                version.name()
            ),
        )),
    })
}
