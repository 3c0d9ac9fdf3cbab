//! Why a contract ended, as the payroll return says it (déclaration sociale nominative, rubric S21.G00.62.002).
//!
//! It is a cross-reference: no rule reads it. Public copies of the list disagree on some codes, so that each list stands
//! here with its first day, and another one is added when the norm changes; none is rewritten.
//!
//! Sources: the codes, and what each means, are those of a copy of the norm in an open-source payroll project; the
//! labels are the norm's, shortened. Codes of the norm that end no apprenticeship (retirement, economic agreements,
//! home care, filming) are left out: a contract that is declared with one is declared with none here.

use crate::text::Text;
use chrono::NaiveDate;

/// A list of codes.
#[derive(Debug)]
pub struct List {
    /// The first day on which contracts ended by it.
    pub from: NaiveDate,
    /// Each code, of three digits, with what it means in French.
    pub codes: &'static [(u16, &'static str)],
}

/// The lists, the oldest first. The oldest is also that of the days before it.
pub const LISTS: &[List] = &[List {
    // From here on every employer declares so (C. séc. soc. L133-5-3; décret 2016-611).
    from: match NaiveDate::from_ymd_opt(2017, 1, 1) {
        Some(day) => day,
        None => NaiveDate::MIN,
    },
    codes: &[
        (11, "licenciement suite à liquidation ou redressement judiciaire"),
        (12, "licenciement suite à fermeture définitive de l'établissement"),
        (14, "licenciement pour motif économique"),
        (20, "licenciement pour autre motif"),
        (31, "fin de contrat à durée déterminée"),
        (33, "rupture anticipée pour inaptitude physique constatée par le médecin du travail"),
        (34, "fin de période d'essai à l'initiative de l'employeur"),
        (35, "fin de période d'essai à l'initiative du salarié"),
        (36, "rupture anticipée du contrat d'apprentissage à l'initiative de l'employeur"),
        (37, "rupture anticipée du contrat d'apprentissage à l'initiative du salarié"),
        (59, "démission"),
        (65, "décès de l'employeur"),
        (66, "décès du salarié"),
        (81, "fin de contrat d'apprentissage"),
        (82, "résiliation judiciaire du contrat"),
        (83, "rupture pour force majeure"),
        (84, "rupture d'un commun accord du contrat d'apprentissage"),
        (87, "licenciement pour faute grave"),
        (88, "licenciement pour faute lourde"),
        (89, "licenciement pour force majeure"),
        (91, "licenciement pour inaptitude physique d'origine non professionnelle"),
        (92, "licenciement pour inaptitude physique d'origine professionnelle"),
        (93, "licenciement suite à décision d'une autorité administrative"),
        (95, "rupture anticipée pour faute grave"),
        (96, "rupture anticipée pour faute lourde"),
        (97, "rupture anticipée suite à fermeture de l'établissement"),
        (998, "transfert du contrat sans rupture"),
        (999, "fin de relation avec l'employeur pour un autre motif"),
    ],
}];

/// The list of a day; of today's contracts when none is told.
#[must_use]
pub fn list(on: Option<NaiveDate>) -> &'static [(u16, &'static str)] {
    let begun = |list: &&List| on.is_none_or(|on| list.from <= on);
    LISTS.iter().rfind(begun).or(LISTS.first()).map_or(&[], |list| list.codes)
}

/// What a code means, on a day.
#[must_use]
pub fn label(code: u16, on: Option<NaiveDate>) -> Option<&'static str> {
    list(on).iter().find(|(one, _)| *one == code).map(|(_, label)| *label)
}

/// The code that a number is, on a day; 0 is none.
///
/// # Errors
/// When the list of the day has no such code: which it has, and what to do.
pub fn read(number: u32, on: Option<NaiveDate>) -> Result<Option<u16>, Text> {
    if number == 0 {
        return Ok(None);
    }
    let code = u16::try_from(number).ok().filter(|code| label(*code, on).is_some());
    code.map(Some).ok_or_else(|| {
        let codes: Vec<String> = list(on).iter().map(|(code, _)| format!("{code:03}")).collect();
        let codes = codes.join(", ");
        Text::new(
            format!("not a code of the payroll return that ends an apprenticeship: take one of {codes}, or 0 for none"),
            format!(
                "Ce n'est pas un motif de rupture de la DSN pour un contrat d'apprentissage : choisissez parmi {codes}, \
                 ou 0 si vous n'en avez pas."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_is_one_of_the_list_of_its_day_and_none_is_zero() {
        let day = |text: &str| Some(text.parse().unwrap());
        assert_eq!(read(0, None), Ok(None));
        for on in [None, day("2017-01-01"), day("2016-12-31"), day("2026-11-27")] {
            assert_eq!(read(84, on), Ok(Some(84)));
            for unknown in [1, 13, 38, 43, 85, 100, 997, 1_000, 65_535, 65_620] {
                let text = read(unknown, on).unwrap_err();
                assert!(text.en.contains("036") && text.fr.contains("081"), "{unknown}: {text}");
            }
        }
        assert_eq!(label(81, None), Some("fin de contrat d'apprentissage"));
    }

    #[test]
    fn the_lists_follow_each_other_and_their_codes_have_three_digits_each_once() {
        assert!(LISTS.iter().zip(LISTS.iter().skip(1)).all(|(one, next)| one.from < next.from));
        for list in LISTS {
            let codes: BTreeSet<u16> = list.codes.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes.len(), list.codes.len());
            assert!(list.codes.iter().all(|(code, label)| *code < 1_000 && !label.is_empty()));
            assert!(list.from > NaiveDate::MIN);
        }
    }
}
