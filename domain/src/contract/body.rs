//! Where a contract is deposited: an OPCO, or the service of the State where the work is done.
//!
//! Who goes where is a matter of the employer's legal nature (L6224-1, L6227-11); which service of the State it is, of
//! the département of the place of work and of the day. The labour code names the services (R8122-2 and D3411-2); which
//! départements of metropolitan France have merged theirs with the protection of populations is not told by a list
//! that was read, so both names are taken there.

use super::event::DepositBody;
use crate::cerfa::Form;
use crate::law::Unknown;
use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

/// A service of the State in some départements, from a day on.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The départements; none named: the rest of metropolitan France.
    pub departements: &'static [&'static str],
    /// The first day; the row before ends there.
    pub from: NaiveDate,
    /// Its names: the one that is told, then others that are taken for it. None: not confirmed for these days.
    pub names: &'static [&'static str],
    /// The text that says so.
    pub source: &'static str,
}

/// The name of this table where it is not confirmed.
const NAME: &str = "deposit_services";

/// The last day for which the table is confirmed. The labour code was read as it was in the spring of 2026.
pub const CONFIRMED_UNTIL: NaiveDate = day(2026, 3, 31);

/// A civil day of the table. A day that does not exist would be the first of all; a test finds it.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

/// All of them were in place by then.
const DIRECCTE: NaiveDate = day(2011, 1, 1);
/// The services of 2010 end (décret 2020-1545, art. 30).
const REFORM: NaiveDate = day(2021, 4, 1);

const PARIS: &[&str] = &["75", "92", "93", "94"];
const OVERSEAS: &[&str] = &["971", "972", "974", "976", "977", "978"];
const GUYANE: &[&str] = &["973"];
const SAINT_PIERRE: &[&str] = &["975"];
const ELSEWHERE: &[&str] = &[];

const fn service(
    departements: &'static [&'static str],
    from: NaiveDate,
    names: &'static [&'static str],
    source: &'static str,
) -> Service {
    Service { departements, from, names, source }
}

/// The services by département, oldest first.
pub const TABLE: &[Service] = &[
    service(PARIS, DIRECCTE, &["DIRECCTE"], "décret 2009-1377 du 10 novembre 2009"),
    service(PARIS, REFORM, &["DRIEETS"], "R8122-2, décret 2020-1545 du 9 décembre 2020"),
    service(OVERSEAS, DIRECCTE, &["DIRECCTE", "DIECCTE"], "décret 2010-1582 du 17 décembre 2010"),
    service(OVERSEAS, REFORM, &["DEETS"], "D3411-2, décret 2021-1122 du 27 août 2021"),
    service(GUYANE, DIRECCTE, &["DIRECCTE", "DIECCTE"], "décret 2010-1582 du 17 décembre 2010"),
    // The services of Guyane were merged before the others; since when this one has its name was not read.
    service(GUYANE, day(2020, 1, 1), &[], "décret 2019-894 du 28 août 2019"),
    service(GUYANE, REFORM, &["DGCOPOP", "DGPOP"], "D3411-2, décret 2021-1122 du 27 août 2021"),
    // What it was called before was not read.
    service(SAINT_PIERRE, REFORM, &["DCSTEP"], "D3411-2, décret 2021-1122 du 27 août 2021"),
    service(ELSEWHERE, DIRECCTE, &["DIRECCTE"], "décret 2009-1377 du 10 novembre 2009"),
    // The four grands départements of Île-de-France have a DDETS like the rest.
    service(
        ELSEWHERE,
        REFORM,
        &["DDETS(PP)", "DDETS", "DDETSPP"],
        "R8122-2, décret 2020-1545 du 9 décembre 2020",
    ),
];

/// The service of a département (`35`, `2A`, `974`) on a day.
///
/// # Errors
/// In the Pacific and the southern lands, before 2011 and after the last day for which the table is confirmed, and
/// where a row says that it is not.
pub fn service_of(departement: &str, on: NaiveDate) -> Result<&'static Service, Unknown> {
    let row = rows_of(departement).rfind(|row| row.from <= on);
    row.filter(|row| on <= CONFIRMED_UNTIL && !row.names.is_empty())
        .ok_or(Unknown::Unconfirmed(NAME))
}

/// The rows of a département, oldest first.
fn rows_of(departement: &str) -> impl DoubleEndedIterator<Item = &'static Service> {
    let named = TABLE.iter().any(|row| row.departements.contains(&departement));
    let elsewhere = !named && departement.len() == 2;
    TABLE.iter().filter(move |row| {
        row.departements.contains(&departement) || elsewhere && row.departements.is_empty()
    })
}

/// Where a form goes on a day. Which OPCO it is would be told by the collective agreement, of which no list was read.
///
/// # Errors
/// What the form does not say, and as [`service_of`].
pub fn of(form: &Form, on: NaiveDate) -> Result<DepositBody, Unknown> {
    if form.is_public_law().ok_or(Unknown::Missing("employer.kind"))? {
        let departement = departement(form)?;
        let name = service_of(&departement, on)?.names[0];
        Ok(DepositBody::State(format!("{name} {departement}")))
    } else {
        Ok(DepositBody::Opco("OPCO".to_owned()))
    }
}

/// Whether a service that was named is the one of a form on a day: by any of its names, with its département or without.
///
/// # Errors
/// As [`of`].
pub fn is_service_of(named: &str, form: &Form, on: NaiveDate) -> Result<bool, Unknown> {
    let departement = departement(form)?;
    let mut words = named.split_whitespace();
    let name = words.next().unwrap_or_default();
    let is_named =
        service_of(&departement, on)?.names.iter().any(|one| one.eq_ignore_ascii_case(name));
    Ok(is_named && words.all(|word| word.eq_ignore_ascii_case(&departement)))
}

/// Whether a name is one that the table has of any day, with the département of a form: where it is not confirmed, no
/// more can be said.
#[must_use]
pub fn may_be_service_of(named: &str, form: &Form) -> bool {
    let mut words = named.split_whitespace();
    let name = words.next().unwrap_or_default();
    let known = TABLE.iter().flat_map(|row| row.names).any(|one| one.eq_ignore_ascii_case(name));
    let place = departement(form);
    known && place.is_ok_and(|place| words.all(|word| word.eq_ignore_ascii_case(&place)))
}

/// The skills operators (L6332-1), agreed since 1 April 2019.
pub const OPCOS: [&str; 11] = [
    "AFDAS",
    "AKTO",
    "ATLAS",
    "Constructys",
    "L'Opcommerce",
    "OCAPIAT",
    "OPCO 2i",
    "OPCO EP",
    "OPCO Mobilités",
    "OPCO Santé",
    "Uniformation",
];

/// A skills operator, by its name: case, accents, hyphens and the article before it do not matter.
#[must_use]
pub fn opco(named: &str) -> Option<&'static str> {
    let named = compared(named);
    OPCOS.iter().copied().find(|one| compared(one) == named)
}

/// A name as it is compared: letters and digits without accents in lower case, without "l'".
fn compared(name: &str) -> String {
    let name = name.trim().to_lowercase().replace('’', "'");
    let name = name.strip_prefix("l'").unwrap_or(&name);
    // Apart from its letter, an accent is none.
    name.nfkd().filter(|c| c.is_alphanumeric()).collect()
}

/// The names of the service of the State of a form on a day, with its département, the one that is told first: where the
/// table is not confirmed, the newest that it has of that place, or none.
///
/// # Errors
/// When the form does not say where the work is done.
pub fn services_of(form: &Form, on: NaiveDate) -> Result<Vec<String>, Unknown> {
    let departement = departement(form)?;
    let newest = || rows_of(&departement).rfind(|row| !row.names.is_empty());
    let row = service_of(&departement, on).ok().or_else(newest);
    let names = row.map_or(&[] as &[&str], |row| row.names);
    Ok(names.iter().map(|name| format!("{name} {departement}")).collect())
}

/// The département of the place of work.
///
/// # Errors
/// When the form does not say it, or its postcode is of none.
pub fn departement(form: &Form) -> Result<String, Unknown> {
    let postcode = form.employer.address.postcode;
    let postcode = postcode.ok_or(Unknown::Missing("employer.address.postcode"))?;
    match postcode.as_str() {
        // Both kept postcodes of Guadeloupe.
        "97133" => Ok("977".to_owned()),
        "97150" => Ok("978".to_owned()),
        _ => postcode.departement().ok_or(Unknown::Unconfirmed(NAME)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cerfa::example_form;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The example form with another postcode and kind of employer.
    fn at(postcode: &str, kind: &str) -> Form {
        let mut form = example_form();
        form.set("employer.address.postcode", Some(postcode)).unwrap();
        form.set("employer.kind", Some(kind)).unwrap();
        form
    }

    #[test]
    fn each_departement_has_its_service_on_both_sides_of_each_boundary() {
        const UNKNOWN: &str = "unknown";
        for (postcode, day, expected) in [
            ("35000", "2010-12-31", UNKNOWN),
            ("35000", "2011-01-01", "DIRECCTE 35"),
            ("35000", "2021-03-31", "DIRECCTE 35"),
            ("35000", "2021-04-01", "DDETS(PP) 35"),
            ("35000", "2026-03-31", "DDETS(PP) 35"),
            ("35000", "2026-04-01", UNKNOWN),
            ("75011", "2010-12-31", UNKNOWN),
            ("75011", "2021-03-31", "DIRECCTE 75"),
            ("75011", "2021-04-01", "DRIEETS 75"),
            ("92000", "2021-04-01", "DRIEETS 92"),
            ("93000", "2021-04-01", "DRIEETS 93"),
            ("94000", "2021-04-01", "DRIEETS 94"),
            ("77000", "2021-04-01", "DDETS(PP) 77"),
            ("20000", "2021-04-01", "DDETS(PP) 2A"),
            ("97100", "2010-12-31", UNKNOWN),
            ("97100", "2021-03-31", "DIRECCTE 971"),
            ("97100", "2021-04-01", "DEETS 971"),
            ("97200", "2021-04-01", "DEETS 972"),
            ("97400", "2021-04-01", "DEETS 974"),
            ("97600", "2021-04-01", "DEETS 976"),
            ("97133", "2021-04-01", "DEETS 977"),
            ("97150", "2021-04-01", "DEETS 978"),
            ("97300", "2010-12-31", UNKNOWN),
            ("97300", "2019-12-31", "DIRECCTE 973"),
            ("97300", "2020-01-01", UNKNOWN),
            ("97300", "2021-03-31", UNKNOWN),
            ("97300", "2021-04-01", "DGCOPOP 973"),
            ("97500", "2021-03-31", UNKNOWN),
            ("97500", "2021-04-01", "DCSTEP 975"),
            ("98800", "2022-01-01", UNKNOWN),
        ] {
            let told = match of(&at(postcode, "22"), on(day)) {
                Ok(DepositBody::State(name)) => name,
                Ok(DepositBody::Opco(name)) => panic!("{name}"),
                Err(unknown) => {
                    assert_eq!(unknown, Unknown::Unconfirmed(NAME));
                    UNKNOWN.to_owned()
                }
            };
            assert_eq!(told, expected, "{postcode} on {day}");
        }
    }

    #[test]
    fn a_private_employer_and_an_epic_go_to_their_opco_and_an_employer_that_is_not_said_nowhere() {
        let day = on("2024-09-02");
        for kind in ["11", "12", "13", "14", "15", "16", "30"] {
            let body = of(&at("35000", kind), day);
            assert_eq!(body, Ok(DepositBody::Opco("OPCO".to_owned())), "{kind}");
        }
        for kind in ["21", "22", "23", "24", "25", "26", "27", "28", "29"] {
            let body = of(&at("35000", kind), day);
            assert_eq!(body, Ok(DepositBody::State("DDETS(PP) 35".to_owned())), "{kind}");
        }
        let mut form = example_form();
        form.set("employer.address.postcode", None).unwrap();
        assert_eq!(of(&form, day), Err(Unknown::Missing("employer.address.postcode")));
        assert_eq!(of(&Form::default(), day), Err(Unknown::Missing("employer.kind")));
    }

    #[test]
    fn a_service_is_known_by_any_of_its_names_in_its_departement() {
        let (form, day) = (example_form(), on("2024-09-02"));
        for (named, is) in [
            ("DDETS 35", true),
            ("ddetspp 35", true),
            ("DDETS(PP)", true),
            ("DDETS 22", false),
            ("DREETS 35", false),
            ("DIRECCTE 35", false),
            ("DDETS de Rennes", false),
            ("", false),
        ] {
            assert_eq!(is_service_of(named, &form, day), Ok(is), "{named}");
        }
        assert_eq!(is_service_of("DIRECCTE 35", &form, on("2021-03-31")), Ok(true));
    }

    #[test]
    fn the_services_of_a_place_are_told_also_where_the_table_is_not_confirmed() {
        let told = |postcode, day| services_of(&at(postcode, "22"), on(day)).unwrap().join(", ");
        assert_eq!(told("35000", "2021-03-31"), "DIRECCTE 35");
        assert_eq!(told("35000", "2026-11-28"), "DDETS(PP) 35, DDETS 35, DDETSPP 35");
        assert_eq!(told("97300", "2020-06-01"), "DGCOPOP 973, DGPOP 973");
        assert_eq!(told("98800", "2022-01-01"), "");
    }

    #[test]
    fn an_opco_is_known_without_regard_to_case_accents_and_its_article() {
        for (named, is) in [
            ("OPCOMMERCE", Some("L'Opcommerce")),
            ("l’opcommerce", Some("L'Opcommerce")),
            ("opco mobilites", Some("OPCO Mobilités")),
            ("OPCO-2I", Some("OPCO 2i")),
            ("OPCO", None),
            ("", None),
        ] {
            assert_eq!(opco(named), is, "{named}");
        }
        assert!(OPCOS.iter().all(|one| opco(one) == Some(one)));
    }

    #[test]
    fn every_row_has_its_source_and_every_departement_follows_in_time() {
        for row in TABLE {
            assert!(!row.source.is_empty() && row.from >= DIRECCTE && row.from <= CONFIRMED_UNTIL);
        }
        for departements in [PARIS, OVERSEAS, GUYANE, SAINT_PIERRE, ELSEWHERE] {
            let days: Vec<_> = TABLE
                .iter()
                .filter(|row| row.departements == departements)
                .map(|row| row.from)
                .collect();
            assert!(!days.is_empty() && days.windows(2).all(|pair| pair[0] < pair[1]));
        }
        // Nobody is in two rows of one day.
        let all: Vec<_> = [PARIS, OVERSEAS, GUYANE, SAINT_PIERRE].concat();
        assert!(all.iter().all(|one| all.iter().filter(|other| *other == one).count() == 1));
    }
}
