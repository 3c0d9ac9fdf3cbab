use super::{Broken, Example, Holds, NotConcerned, Undetermined, amends, example};

/// Seventeen on the day of the conclusion, 26 August 2024; and eighteen on it.
const MINOR: (&str, &str) = ("apprentice.born_on", "2006-08-27");
const ADULT: (&str, &str) = ("apprentice.born_on", "2006-08-26");
const NAME: (&str, &str) = ("guardian.name", "D'Alençon");
const FIRST: (&str, &str) = ("guardian.first_name", "-");
const EMAIL: (&str, &str) = ("guardian.email", "mere@exemple.fr");
const PRIVATE: [(&str, &str); 2] = [("employer.sector", "prive"), ("employer.kind", "12")];

pub(super) const EXAMPLES: &[Example] = &[
    example("MASTER_OF_AGE", &[("masters.1.born_on", "2006-09-02")], Holds),
    example("MASTER_OF_AGE", &[("masters.1.born_on", "2006-09-03")], Broken),
    example("MASTER_OF_AGE", &[("masters.1.born_on", "")], Undetermined),
    example("SECOND_MASTER_OF_AGE", &[], NotConcerned),
    example(
        "SECOND_MASTER_OF_AGE",
        &[("masters.2.name", "Martin"), ("masters.2.born_on", "2006-09-02")],
        Holds,
    ),
    example(
        "SECOND_MASTER_OF_AGE",
        &[("masters.2.name", "Martin"), ("masters.2.born_on", "2006-09-03")],
        Broken,
    ),
    example("SECOND_MASTER_OF_AGE", &[("masters.2.name", "Martin")], Undetermined),
    example("MASTERS_DIFFER", &[], NotConcerned),
    example(
        "MASTERS_DIFFER",
        &[("masters.2.name", "Martin"), ("masters.2.email", "martin@saint-exemple.fr")],
        Holds,
    ),
    example(
        "MASTERS_DIFFER",
        &[("masters.2.name", "Martin"), ("masters.2.email", "awa.dupont@saint-exemple.fr")],
        Broken,
    ),
    example(
        "MASTERS_DIFFER",
        &[
            ("masters.2.name", "Dupont-Exemple"),
            ("masters.2.first_name", "Awa"),
            ("masters.2.born_on", "1980-02-29"),
        ],
        Broken,
    ),
    example("MASTER_ELIGIBLE", &[PRIVATE[0], PRIVATE[1]], Holds),
    example(
        "MASTER_ELIGIBLE",
        &[PRIVATE[0], PRIVATE[1], ("terms.masters_eligible", "non")],
        Broken,
    ),
    example("MASTER_ELIGIBLE", &[], NotConcerned),
    example("MASTER_ELIGIBLE", &[("employer.kind", ""), ("employer.sector", "")], Undetermined),
    example("MASTER_ELIGIBLE_PUBLIC", &[], Holds),
    example("MASTER_ELIGIBLE_PUBLIC", &[("terms.masters_eligible", "non")], Broken),
    example("MASTER_ELIGIBLE_PUBLIC", &[("employer.kind", "30")], NotConcerned),
    example("MASTER_LEVEL", &[("masters.1.level", "5"), ("training.diploma", "54")], Holds),
    example("MASTER_LEVEL", &[("masters.1.level", "4"), ("training.diploma", "54")], Broken),
    example("GUARDIAN_NEEDED", &[MINOR], Broken),
    example("GUARDIAN_NEEDED", &[MINOR, NAME, FIRST], Broken),
    example("GUARDIAN_NEEDED", &[MINOR, NAME, FIRST, EMAIL], Holds),
    example("GUARDIAN_NEEDED", &[ADULT], NotConcerned),
    example("GUARDIAN_NEEDED", &[MINOR, ("apprentice.emancipated", "oui")], NotConcerned),
    // Seventeen when the contract was concluded, eighteen on the day of its amendment, or the day after it.
    example(
        "GUARDIAN_NEEDED",
        &[MINOR, ("terms.kind", "36"), ("terms.concluded_on", "2024-08-27")],
        NotConcerned,
    )
    .beside(amends),
    example(
        "GUARDIAN_NEEDED",
        &[MINOR, ("terms.kind", "36"), ("terms.concluded_on", "2024-08-26")],
        Broken,
    )
    .beside(amends),
    // The day on which it takes effect, as long as it does not say when it is concluded.
    example(
        "GUARDIAN_NEEDED",
        &[
            ("apprentice.born_on", "2006-12-01"),
            ("terms.kind", "36"),
            ("terms.concluded_on", ""),
            ("terms.amendment_on", "2024-12-01"),
        ],
        NotConcerned,
    )
    .beside(amends),
    example(
        "MASTER_OF_AGE",
        &[
            ("masters.1.born_on", "2006-12-01"),
            ("terms.kind", "36"),
            ("terms.amendment_on", "2024-12-01"),
        ],
        Holds,
    )
    .beside(amends),
    example(
        "MASTER_OF_AGE",
        &[
            ("masters.1.born_on", "2006-12-02"),
            ("terms.kind", "36"),
            ("terms.amendment_on", "2024-12-01"),
        ],
        Broken,
    )
    .beside(amends),
    example("GUARDIAN_NEEDLESS", &[ADULT], Holds),
    example("GUARDIAN_NEEDLESS", &[ADULT, NAME], Broken),
    example("GUARDIAN_NEEDLESS", &[MINOR, NAME], NotConcerned),
    example("ADDRESSES_DIFFER", &[], Holds),
    example("ADDRESSES_DIFFER", &[("apprentice.email", "rh@saint-exemple.fr")], Broken),
    example("ADDRESSES_DIFFER", &[MINOR, ("guardian.email", "zoe.dalencon@exemple.fr")], Broken),
    example("ADDRESSES_DIFFER", &[("apprentice.email", "")], NotConcerned),
];
