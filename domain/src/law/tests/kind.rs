use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, amends, example};
use crate::cerfa::FormVersion;

const PRIVATE: [(&str, &str); 2] = [("employer.sector", "prive"), ("employer.kind", "12")];

fn amends_earlier(beside: &mut Beside) {
    amends(beside);
    if let Some(form) = &mut beside.amended {
        form.set("terms.start_on", Some("2024-09-01")).unwrap();
    }
}

/// Version 12 brought the code of establishments of industrial and commercial kind.
const EPIC: (&str, &str) = ("employer.kind", "30");

fn of_version_11(beside: &mut Beside) {
    beside.version = FormVersion::V11;
}

fn deposited(beside: &mut Beside) {
    amends(beside);
    beside.number = Some("035 2024 09 ab 0001");
}

/// When an amendment takes effect.
const EFFECT: (&str, &str) = ("terms.amendment_on", "2025-01-01");

pub(super) const EXAMPLES: &[Example] = &[
    example("CODE_OF_VERSION", &[EPIC], Holds),
    example("CODE_OF_VERSION", &[EPIC], Broken).beside(of_version_11),
    example("CODE_OF_VERSION", &[("employer.kind", "29")], Holds).beside(of_version_11),
    example("EMPLOYER_SECTOR", &[], Holds),
    example("EMPLOYER_SECTOR", &[("employer.kind", "30")], Holds),
    example("EMPLOYER_SECTOR", &[("employer.kind", "12")], Broken),
    example("EMPLOYER_SECTOR", &[("employer.sector", "prive")], Broken),
    example("PUBLIC_FIXED_TERM", &[], Holds),
    example("PUBLIC_FIXED_TERM", &[("terms.mode", "2")], Broken),
    example("PUBLIC_FIXED_TERM", &[("terms.mode", "2"), ("employer.kind", "30")], NotConcerned),
    example("PUBLIC_FIXED_TERM", &[("terms.mode", "")], Undetermined),
    example("PUBLIC_SPECIFICITY", &[], Holds),
    example("PUBLIC_SPECIFICITY", &[("employer.specificity", "4")], Broken),
    example(
        "PUBLIC_SPECIFICITY",
        &[PRIVATE[0], PRIVATE[1], ("employer.specificity", "4")],
        NotConcerned,
    ),
    example("AGENCY_MODE", &[("terms.mode", "3"), ("employer.specificity", "1")], Holds),
    example("AGENCY_MODE", &[("terms.mode", "3")], Broken),
    example("AGENCY_MODE", &[("employer.specificity", "1")], Broken),
    example("SEASONAL_MODE", &[("terms.mode", "4"), ("employer.specificity", "3")], Holds),
    example("SEASONAL_MODE", &[("terms.mode", "4")], Broken),
    example("SEASONAL_MODE", &[("employer.specificity", "3")], Broken),
    example("SEASONAL_CHANGE", &[("terms.kind", "32"), ("terms.mode", "4")], Holds),
    example("SEASONAL_CHANGE", &[("terms.kind", "32")], Broken),
    example("SEASONAL_CHANGE", &[], NotConcerned),
    example(
        "FAMILY_MINOR",
        &[("apprentice.born_on", "2006-09-03"), ("employer.specificity", "4")],
        Broken,
    ),
    example("FAMILY_MINOR", &[("apprentice.born_on", "2006-09-03")], Holds),
    example(
        "FAMILY_MINOR",
        &[("apprentice.born_on", "2006-09-02"), ("employer.specificity", "4")],
        NotConcerned,
    ),
    example(
        "AGRICULTURAL_SCHEME",
        &[PRIVATE[0], ("employer.kind", "13"), ("apprentice.scheme", "1")],
        Holds,
    ),
    example(
        "AGRICULTURAL_SCHEME",
        &[PRIVATE[0], ("employer.kind", "13"), ("apprentice.scheme", "2")],
        Broken,
    ),
    example("AGRICULTURAL_SCHEME", &[], NotConcerned),
    example("PREVIOUS_NUMBER", &[("terms.kind", "22"), ("terms.previous_number", "NC")], Holds),
    example("PREVIOUS_NUMBER", &[("terms.kind", "22")], Broken),
    example("PREVIOUS_NUMBER", &[], NotConcerned),
    example("PREVIOUS_NUMBER_NEEDLESS", &[], Holds),
    example("PREVIOUS_NUMBER_NEEDLESS", &[("terms.previous_number", "NC")], Broken),
    example(
        "PREVIOUS_NUMBER_DEPOSITED",
        &[("terms.kind", "36"), ("terms.previous_number", "035202409AB0001")],
        Holds,
    )
    .beside(deposited),
    example(
        "PREVIOUS_NUMBER_DEPOSITED",
        &[("terms.kind", "36"), ("terms.previous_number", "035202409AB0002")],
        Broken,
    )
    .beside(deposited),
    example(
        "PREVIOUS_NUMBER_DEPOSITED",
        &[("terms.kind", "36"), ("terms.previous_number", "NC")],
        NotConcerned,
    )
    .beside(deposited),
    example(
        "PREVIOUS_NUMBER_DEPOSITED",
        &[("terms.kind", "22"), ("terms.previous_number", "035202409AB0002")],
        NotConcerned,
    )
    .beside(deposited),
    example(
        "PREVIOUS_NUMBER_NEEDLESS",
        &[("terms.kind", "22"), ("terms.previous_number", "NC")],
        NotConcerned,
    ),
    example(
        "PREVIOUS_NUMBER_KNOWN",
        &[("terms.kind", "36"), ("terms.previous_number", "035202409AB0001")],
        Holds,
    ),
    example(
        "PREVIOUS_NUMBER_KNOWN",
        &[("terms.kind", "36"), ("terms.previous_number", "NC")],
        Broken,
    ),
    example(
        "PREVIOUS_NUMBER_KNOWN",
        &[("terms.kind", "22"), ("terms.previous_number", "NC")],
        NotConcerned,
    ),
    example("FIRST_SITUATION", &[], Holds),
    example("FIRST_SITUATION", &[("apprentice.prior_situation", "4")], Broken),
    example("FIRST_SITUATION", &[("apprentice.prior_situation", "8")], Broken),
    example(
        "FIRST_SITUATION",
        &[("apprentice.prior_situation", "4"), ("terms.kind", "21")],
        NotConcerned,
    ),
    example(
        "AFTER_RUPTURE_SITUATION",
        &[("apprentice.prior_situation", "8"), ("terms.kind", "23")],
        Holds,
    ),
    example(
        "AFTER_RUPTURE_SITUATION",
        &[("apprentice.prior_situation", "3"), ("terms.kind", "23")],
        Broken,
    ),
    example("AFTER_RUPTURE_SITUATION", &[("apprentice.prior_situation", "3")], NotConcerned),
    example(
        "AMENDMENT_WITHIN",
        &[("terms.kind", "36"), ("terms.amendment_on", "2024-09-02")],
        Holds,
    ),
    example(
        "AMENDMENT_WITHIN",
        &[("terms.kind", "36"), ("terms.amendment_on", "2024-09-01")],
        Broken,
    ),
    example(
        "AMENDMENT_WITHIN",
        &[("terms.kind", "36"), ("terms.amendment_on", "2026-08-31")],
        Holds,
    ),
    example(
        "AMENDMENT_WITHIN",
        &[("terms.kind", "36"), ("terms.amendment_on", "2026-09-01")],
        Broken,
    ),
    example("AMENDMENT_WITHIN", &[("terms.kind", "36")], Undetermined),
    example("AMENDMENT_WITHIN", &[], NotConcerned),
    // What it amends was concluded on 26 August 2024.
    example("AMENDMENT_CONCLUDED", &[("terms.kind", "36")], Holds).beside(amends),
    example(
        "AMENDMENT_CONCLUDED",
        &[("terms.kind", "36"), ("terms.concluded_on", "2024-08-25")],
        Broken,
    )
    .beside(amends),
    example(
        "AMENDMENT_CONCLUDED",
        &[("terms.kind", "31"), ("terms.concluded_on", "2024-08-25")],
        Broken,
    )
    .beside(amends),
    example("AMENDMENT_CONCLUDED", &[("terms.kind", "36")], Undetermined),
    example(
        "AMENDMENT_CONCLUDED",
        &[("terms.kind", "36"), ("terms.concluded_on", "")],
        Undetermined,
    )
    .beside(amends),
    example("AMENDMENT_CONCLUDED", &[], NotConcerned),
    example(
        "AMENDMENT_BEFORE_EFFECT",
        &[("terms.kind", "36"), EFFECT, ("terms.concluded_on", "2025-01-01")],
        Holds,
    ),
    example(
        "AMENDMENT_BEFORE_EFFECT",
        &[("terms.kind", "36"), EFFECT, ("terms.concluded_on", "2025-01-02")],
        Broken,
    ),
    example("AMENDMENT_BEFORE_EFFECT", &[("terms.kind", "36")], Undetermined),
    // The employer changed by law: that is written down later.
    example(
        "AMENDMENT_BEFORE_EFFECT",
        &[("terms.kind", "31"), EFFECT, ("terms.concluded_on", "2025-01-02")],
        NotConcerned,
    ),
    example("AMENDMENT_BEFORE_EFFECT", &[], NotConcerned),
    example(
        "AMENDMENT_CHANGES",
        &[
            ("terms.kind", "36"),
            EFFECT,
            ("terms.concluded_on", "2024-12-12"),
            ("terms.previous_number", "035202409AB0001"),
        ],
        Broken,
    )
    .beside(amends),
    example("AMENDMENT_CHANGES", &[("terms.kind", "36"), ("terms.weekly_time", "34:00")], Holds)
        .beside(amends),
    example("AMENDMENT_CHANGES", &[("terms.kind", "36")], Undetermined),
    example("AMENDMENT_CHANGES", &[], NotConcerned),
    example("AMENDMENT_SAME_START", &[("terms.kind", "36")], Holds).beside(amends),
    example("AMENDMENT_SAME_START", &[("terms.kind", "36")], Broken).beside(amends_earlier),
    example("AMENDMENT_SAME_START", &[("terms.kind", "36")], Undetermined),
    example("AMENDMENT_SAME_START", &[], NotConcerned),
];
