//! A form for tests, here and in the other rooms (cargo feature `testing`).

use super::form::Form;

/// What is filled in, by path.
const FILLED: &[(&str, &str)] = &[
    ("employer.sector", "public"),
    ("employer.siret", "13002526500013"),
    ("employer.name", "Commune de Saint-Exemple"),
    ("employer.phone", "0412345678"),
    ("employer.email", "rh@saint-exemple.fr"),
    ("employer.kind", "22"),
    ("employer.specificity", "0"),
    ("employer.naf", "8411Z"),
    ("employer.headcount", "42"),
    ("employer.own_unemployment_scheme", "false"),
    ("employer.address.street", "1 place de la Mairie"),
    ("employer.address.postcode", "35000"),
    ("employer.address.commune", "Saint-Exemple"),
    ("apprentice.birth_name", "D'Alençon"),
    ("apprentice.first_name", "Zoé"),
    ("apprentice.sex", "F"),
    ("apprentice.born_on", "2004-04-17"),
    ("apprentice.birth_commune", "Rennes"),
    ("apprentice.birth_departement", "35"),
    ("apprentice.nationality", "1"),
    ("apprentice.phone", "0612345678"),
    ("apprentice.email", "zoe.dalencon@exemple.fr"),
    ("apprentice.disability", "false"),
    ("apprentice.athlete", "false"),
    ("apprentice.business_project", "false"),
    ("apprentice.prior_situation", "1"),
    ("apprentice.last_diploma", "41"),
    ("apprentice.last_class", "01"),
    ("apprentice.highest_diploma", "41"),
    ("apprentice.address.street", "12 rue de l'Église"),
    ("apprentice.address.postcode", "35000"),
    ("apprentice.address.commune", "Rennes"),
    ("masters.1.name", "Dupont-Exemple"),
    ("masters.1.first_name", "Awa"),
    ("masters.1.born_on", "1980-02-29"),
    ("masters.1.email", "awa.dupont@saint-exemple.fr"),
    ("masters.1.job", "Responsable des espaces verts"),
    ("masters.1.diploma", "BTSA Aménagements paysagers"),
    ("masters.1.level", "5"),
    ("terms.kind", "11"),
    ("terms.mode", "1"),
    ("terms.concluded_on", "2024-08-26"),
    ("terms.start_on", "2024-09-02"),
    ("terms.practice_on", "2024-09-02"),
    ("terms.end_on", "2026-08-31"),
    ("terms.weekly_time", "35:00"),
    ("terms.dangerous_work", "false"),
    ("terms.masters_eligible", "true"),
    ("pay.gross_monthly", "954.96"),
    ("pay.years.1.first.from", "2024-09-02"),
    ("pay.years.1.first.to", "2025-04-30"),
    ("pay.years.1.first.rate", "43"),
    ("pay.years.1.first.basis", "SMIC"),
    ("pay.years.1.second.from", "2025-05-01"),
    ("pay.years.1.second.to", "2025-09-01"),
    ("pay.years.1.second.rate", "53"),
    ("pay.years.1.second.basis", "SMIC"),
    ("pay.years.2.first.from", "2025-09-02"),
    ("pay.years.2.first.to", "2026-08-31"),
    ("pay.years.2.first.rate", "61"),
    ("pay.years.2.first.basis", "SMIC"),
    ("training.company_cfa", "false"),
    ("training.same_place", "true"),
    ("training.rncp", "RNCP38230"),
    ("training.cfd", "32021010"),
    ("training.diploma", "54"),
    ("training.kind", "diplome"),
    ("training.title", "BTSA Aménagements paysagers"),
    ("training.start_on", "2024-09-09"),
    ("training.exams_end_on", "2026-07-10"),
    ("training.hours", "1350"),
    ("training.responsible.name", "CFA de l'Exemple"),
    ("training.responsible.siret", "12345678200010"),
    ("training.responsible.uai", "0010826T"),
    ("training.responsible.address.street", "3 avenue du Lycée"),
    ("training.responsible.address.postcode", "35700"),
    ("training.responsible.address.commune", "Rennes"),
    ("signing.place", "Saint-Exemple"),
    ("signing.documents_held", "true"),
];

/// The form of a first contract of two years with a commune, complete and as the law wants it: the apprentice turns
/// twenty-one in its first year. The persons and the commune are made up.
#[must_use]
pub fn example_form() -> Form {
    let mut form = Form::default();
    for (path, text) in FILLED {
        // What does not read shows in the completeness, which a test asks for.
        let _ = form.set(path, Some(text));
    }
    form
}
