//! The form as JSON: an object for each block, the fields by their names, repeated blocks as arrays.

use super::block::Refused;
use super::form::{Apprentice, Form, FormVersion};
use crate::identifiers::nir;
use crate::text::{Rule, Text, rule_table};
use chrono::Datelike;
use serde_json::{Map, Value};

rule_table! {
    JSON_FORM: "the file is one JSON object, with an object for each block of the form" /
        "Le fichier est un objet JSON, avec un objet par cadre du formulaire.";
    JSON_VERSION: "the version of the form is 10103*10, 10103*11 or 10103*12" /
        "La version du formulaire est 10103*10, 10103*11 ou 10103*12.";
    NIR_FORM: "not a NIR: 13 or 15 characters, whose first five digits say sex, year and month of birth" /
        "Ce n'est pas un NIR : 13 ou 15 caractères, dont les cinq premiers disent le sexe, l'année et le mois de \
         naissance.";
    NIR_KEY: "the last two digits of the NIR are not its key: read it again" /
        "Les deux derniers chiffres du NIR ne sont pas sa clé : relisez-le.";
    NIR_DEPARTEMENT: "the NIR says another département of birth than the form, or another country" /
        "Le NIR indique un autre département de naissance que le formulaire, ou un autre pays.";
    NIR_OF_ANOTHER: "the NIR says another sex, year or month of birth than the form" /
        "Le NIR indique un autre sexe, une autre année ou un autre mois de naissance que le formulaire.";
}

/// Where the form that leaves the ledger has the NIR. No form that is read keeps it.
const NIR: &str = "apprentice.nir";
/// From this year on who is born in Corsica has 2A or 2B in the NIR, and 20 before.
const CORSICA_SPLIT: i32 = 1976;
/// The frame that is the deposit body's. It is in what leaves the ledger, and left out of what comes.
const DEPOSIT: &str = "deposit";
/// What says the form's version.
const VERSION: &str = "version";

/// The deposit frame of the form, which the deposit body fills; a text that is empty is left out. The SIRET of the body
/// is not known here: it is named, by no list that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DepositFrame<'a> {
    /// The deposit body, by its name.
    pub body: &'a str,
    /// Since when the file is complete, YYYY-MM-DD.
    pub complete_on: &'a str,
    /// The number of the deposit.
    pub number: &'a str,
    /// When it was decided on, YYYY-MM-DD.
    pub decided_on: &'a str,
    /// Which amendment it is; 0 is the contract, whose frame names none.
    pub amendment: u32,
}

impl DepositFrame<'_> {
    fn fields(&self) -> impl Iterator<Item = (String, String)> {
        let amendment =
            if self.amendment == 0 { String::new() } else { self.amendment.to_string() };
        [
            ("body", self.body.to_owned()),
            ("complete_on", self.complete_on.to_owned()),
            ("number", self.number.to_owned()),
            ("decided_on", self.decided_on.to_owned()),
            ("amendment", amendment),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (format!("{DEPOSIT}.{name}"), value))
    }
}

/// Why a file is not a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON.
    #[error("line {line}, column {column}: not JSON")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It is JSON, and breaks a rule as a whole.
    #[error("{0}")]
    Form(Text),
    /// Some of its fields are not the form's, or not of their type: all of them, in the order of the file.
    #[error("{} fields are refused", .0.len())]
    Fields(Vec<Refused>),
}

impl From<Rule> for JsonError {
    fn from(rule: Rule) -> Self {
        Self::Form(rule.text())
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The form.
    pub form: Form,
    /// Whether a NIR was there, which was left out.
    pub had_nir: bool,
}

impl Form {
    /// Reads a form; a NIR in its place is left out, and told. So is the deposit frame, which no party fills.
    ///
    /// # Errors
    /// See [`JsonError`]; no value is quoted.
    pub fn from_json(text: &str) -> Result<Imported, JsonError> {
        // Some editors begin a file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read: Value = serde_json::from_str(text)
            .map_err(|error| JsonError::Syntax { line: error.line(), column: error.column() })?;
        let Value::Object(mut blocks) = read else { return Err(JSON_FORM.into()) };
        blocks.remove(DEPOSIT);
        let version = match blocks.remove(VERSION) {
            None => FormVersion::default(),
            Some(named) => {
                let same = |version: &FormVersion| named == version.name();
                FormVersion::ALL.into_iter().find(same).ok_or(JSON_VERSION)?
            }
        };
        let mut fields = Vec::new();
        flatten(String::new(), &Value::Object(blocks), &mut fields);
        let (nir, fields): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(path, _)| path == NIR);
        let mut form = Self { version, ..Self::default() };
        let refused: Vec<Refused> = fields
            .into_iter()
            .filter_map(|(path, text)| form.set(&path, text.as_deref()).err())
            .collect();
        if refused.is_empty() {
            Ok(Imported { form, had_nir: nir.iter().any(|(_, text)| text.is_some()) })
        } else {
            Err(JsonError::Fields(refused))
        }
    }

    /// Writes the form: what is absent is left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.written([])
    }

    /// Writes the form as it leaves: with its deposit frame, and with the NIR when the employer adds it. The ledger
    /// stores that nowhere.
    ///
    /// # Errors
    /// When the NIR is none, its key is wrong, or it says another birth, département of birth or sex than the form; it
    /// is never quoted.
    pub fn to_json_leaving(
        &self,
        deposit: &DepositFrame<'_>,
        nir: Option<&str>,
    ) -> Result<String, Text> {
        let nir = nir.map(|nir| self.checked_nir(nir)).transpose()?;
        let nir = nir.map(|nir| (NIR.to_owned(), nir));
        Ok(self.written(nir.into_iter().chain(deposit.fields())))
    }

    /// A NIR without its spaces, when it is one of the form's apprentice.
    fn checked_nir(&self, nir: &str) -> Result<String, Text> {
        let body = nir::body_of(nir).ok_or_else(|| NIR_FORM.text())?;
        if !nir::has_right_key(nir) {
            return Err(NIR_KEY.text());
        }
        let born = self.apprentice.born_on.map(|born| born.format("%y%m").to_string());
        let sex = self
            .apprentice
            .sex
            .map(|sex| if sex.code() == "M" { ['1', '3', '7'] } else { ['2', '4', '8'] });
        // Months above 12 stand for a birth whose month the register does not know.
        let other_birth = born.is_some_and(|born| {
            let month = body.get(3..5).and_then(|month| month.parse::<u8>().ok());
            let known = month.is_some_and(|month| (1..=12).contains(&month));
            body.get(1..3) != born.get(..2) || known && body.get(3..5) != born.get(2..)
        });
        if other_birth || sex.is_some_and(|sex| !body.starts_with(sex)) {
            return Err(NIR_OF_ANOTHER.text());
        }
        if self.is_born_elsewhere(&body) {
            return Err(NIR_DEPARTEMENT.text());
        }
        Ok(nir.chars().filter(char::is_ascii_alphanumeric).collect())
    }

    /// Whether a NIR says another département of birth, or another country. Where what it has is not sure, it does not: of
    /// who was born before 1968, when other départements and countries had other numbers, and of numbers that are being
    /// given, which begin with 3 or more.
    fn is_born_elsewhere(&self, body: &str) -> bool {
        let Apprentice { born_on, birth_departement, .. } = &self.apprentice;
        let (Some(born), Some(at)) = (born_on, birth_departement) else { return false };
        if born.year() < 1968 || !body.starts_with(['1', '2']) {
            return false;
        }
        // Overseas the number is the département's three digits.
        let says = |of: &str| body.get(5..).is_some_and(|rest| rest.starts_with(of));
        !match at.as_str() {
            "2A" | "2B" if born.year() < CORSICA_SPLIT => says("20"),
            "20" => says("20") || says("2A") || says("2B"),
            // They were of Guadeloupe until 2007, and Mayotte had another number until 2011.
            of @ ("977" | "978") => says(of) || says("971"),
            "976" => says("976") || says("985"),
            of => says(of),
        }
    }

    fn written(&self, more: impl IntoIterator<Item = (String, String)>) -> String {
        let mut root = Map::new();
        root.insert(VERSION.to_owned(), self.version.name().into());
        let values = self.fields().into_iter().filter_map(|met| Some((met.path, met.value?)));
        for (path, value) in values.chain(more) {
            place(&mut root, &path, value);
        }
        let whole =
            Value::Object(root.into_iter().map(|(name, value)| (name, arrays(value))).collect());
        format!("{whole:#}\n")
    }
}

/// Puts a value at its path. A repeated block is an object by number here, and an array when it is written.
fn place(map: &mut Map<String, Value>, path: &str, value: String) {
    let Some((block, rest)) = path.split_once('.') else {
        map.insert(path.to_owned(), value.into());
        return;
    };
    let inner = map.entry(block).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        place(inner, rest, value);
    }
}

/// Objects whose names are numbers, as arrays; what lies between two numbers is empty.
fn arrays(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    let numbers: Option<Vec<usize>> = map.keys().map(|name| name.parse().ok()).collect();
    let map = map.into_iter().map(|(name, value)| (name, arrays(value)));
    match numbers.and_then(|numbers| numbers.into_iter().max()) {
        Some(last) => {
            let mut all = vec![Value::Object(Map::new()); last];
            for (name, value) in map {
                let slot = name.parse::<usize>().ok().and_then(|n| all.get_mut(n.checked_sub(1)?));
                if let Some(slot) = slot {
                    *slot = value;
                }
            }
            Value::Array(all)
        }
        None => Value::Object(map.collect()),
    }
}

/// The values of a tree, by path.
fn flatten(path: String, value: &Value, out: &mut Vec<(String, Option<String>)>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| flatten(below(name), value, out));
        }
        Value::Array(list) => {
            for (number, value) in (1..).zip(list) {
                flatten(below(&format!("{number}")), value, out);
            }
        }
        Value::Null => out.push((path, None)),
        Value::String(text) => out.push((path, Some(text.clone()))),
        other => out.push((path, Some(other.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cerfa::example_form;

    #[test]
    fn a_form_is_read_back_as_it_was_written() {
        let mut form = example_form();
        for second in [false, true] {
            let written = form.to_json();
            assert_eq!(written.contains("Martin"), second);
            let read = Form::from_json(&written).unwrap();
            assert_eq!((read.form, read.had_nir), (form.clone(), false));
            // The first period of the second year alone: what is between is empty.
            form.set("pay.years.1.first.from", None).unwrap();
            form.set("masters.2.name", Some("Martin")).unwrap();
            form.set("pay.years.4.second.rate", Some("78")).unwrap();
        }
        let empty = Form::from_json("{}").unwrap().form;
        assert_eq!(empty, Form::default());
        assert_eq!(Form::from_json(&empty.to_json()).unwrap().form, empty);
    }

    #[test]
    fn numbers_and_booleans_are_taken_as_json_has_them() {
        let text = r#"{"version":"10103*11","employer":{"headcount":42,"naf":null},
            "apprentice":{"disability":true},"pay":{"gross_monthly":1823.03,"years":[{},{"first":{"rate":61}}]}}"#;
        let form = Form::from_json(text).unwrap().form;
        assert_eq!(form.version, FormVersion::V11);
        assert_eq!(form.employer.headcount, Some(42));
        assert_eq!(form.apprentice.disability, Some(true));
        assert_eq!(form.pay.gross_monthly.unwrap().0, 182_303);
        assert_eq!(form.pay.years[1].first.rate.unwrap().0, 6_100);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_no_value_is_quoted() {
        let text = r#"{"employer":{"siret":"13002526500014","colour":"blue"},"apprentice":{"born_on":"hier"},"x":1}"#;
        let Err(JsonError::Fields(refused)) = Form::from_json(text) else { panic!("it is read") };
        let told: Vec<String> = refused.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.iter().any(|one| one.contains("employer.siret") && one.contains("SIRET_KEY")));
        assert!(told.iter().any(|one| one.contains("no field employer.colour")));
        assert!(!told.join(" ").contains("13002526500014") && !told.join(" ").contains("hier"));
        for wrong in ["[]", "1", "null"] {
            assert!(matches!(Form::from_json(wrong), Err(JsonError::Form(_))), "{wrong}");
        }
        assert!(matches!(Form::from_json(r#"{"version":"10103*9"}"#), Err(JsonError::Form(_))));
        let error = Form::from_json("{\n  \"employer\": nothing}").unwrap_err();
        assert_eq!(error, JsonError::Syntax { line: 2, column: 16 });
        assert!(Form::from_json(&"[".repeat(10_000)).is_err());
    }

    #[test]
    fn a_nir_is_left_out_when_it_comes_and_added_when_it_goes() {
        let with = r#"{"apprentice":{"nir":"2040435238001","sex":"F"}}"#;
        let read = Form::from_json(with).unwrap();
        assert!(read.had_nir && !read.form.to_json().contains("2040435238001"));
        let form = example_form();
        let with_nir = |nir| form.to_json_leaving(&DepositFrame::default(), Some(nir));
        let written = with_nir("2 04 04 35 238 001").unwrap();
        assert!(written.contains("\"nir\": \"2040435238001\""));
        assert!(!form.to_json().contains("nir"));
        for (wrong, rule) in [
            ("204043523800", NIR_FORM),
            ("1040435238001", NIR_OF_ANOTHER),
            ("2050435238001", NIR_OF_ANOTHER),
            ("2040535238001", NIR_OF_ANOTHER),
            ("204043523800125", NIR_KEY),
            ("2040422238001", NIR_DEPARTEMENT),
            ("2040499238001", NIR_DEPARTEMENT),
        ] {
            let refused = with_nir(wrong);
            assert_eq!(refused, Err(rule.text()), "{wrong}");
            assert!(refused.is_err_and(|text| !format!("{text:?}").contains(wrong)), "{wrong}");
        }
        assert!(with_nir("204043523800124").unwrap().contains("204043523800124"));
    }

    #[test]
    fn a_nir_says_where_who_has_it_was_born() {
        let takes = |born: &str, at: &str, numbers: &str| {
            let mut form = example_form();
            form.set("apprentice.born_on", Some(born)).unwrap();
            form.set("apprentice.birth_departement", Some(at)).unwrap();
            let date = format!("{}{}", &born[2..4], &born[5..7]);
            form.to_json_leaving(&DepositFrame::default(), Some(&format!("2{date}{numbers}")))
                .is_ok()
        };
        for (born, at, right, wrong) in [
            ("2004-04-17", "2A", "2A004123", "20004123"),
            ("2004-04-17", "2A", "2A004123", "2B004123"),
            ("1976-01-01", "2B", "2B033123", "20033123"),
            ("1975-12-31", "2B", "20033123", "2B033123"),
            ("2004-04-17", "974", "97411123", "97311123"),
            ("2004-04-17", "988", "98818123", "98718123"),
            ("2004-04-17", "99", "99352123", "35352123"),
            ("2004-04-17", "978", "97127123", "97227123"),
            ("2004-04-17", "976", "98508123", "97408123"),
            ("1968-01-01", "92", "92004123", "75004123"),
        ] {
            assert!(takes(born, at, right), "{born} {at} {right}");
            assert!(!takes(born, at, wrong), "{born} {at} {wrong}");
        }
        // Nanterre was in the Seine, and Algiers in France: what such a number says is not sure.
        assert!(takes("1967-12-31", "92", "75004123") && takes("1950-04-17", "99", "91352123"));
        let mut unsaid = example_form();
        unsaid.set("apprentice.birth_departement", None).unwrap();
        assert!(unsaid.to_json_leaving(&DepositFrame::default(), Some("2040422238001")).is_ok());
        // A number that is being given may have that of who gives it.
        assert!(
            example_form().to_json_leaving(&DepositFrame::default(), Some("8040422238001")).is_ok()
        );
    }

    #[test]
    fn the_deposit_frame_leaves_with_the_form_and_does_not_come_back() {
        let form = example_form();
        let deposit = DepositFrame {
            body: "DDETS 35",
            number: "N1",
            amendment: 2,
            ..DepositFrame::default()
        };
        let written = form.to_json_leaving(&deposit, None).unwrap();
        let read: Value = serde_json::from_str(&written).unwrap();
        let expected = serde_json::json!({ "body": "DDETS 35", "number": "N1", "amendment": "2" });
        assert_eq!(read[DEPOSIT], expected, "what is not known is left out");
        assert_eq!(Form::from_json(&written).unwrap().form, form);
        let bare = form.to_json_leaving(&DepositFrame::default(), None).unwrap();
        assert_eq!(bare, form.to_json());
    }
}
