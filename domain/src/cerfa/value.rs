//! The types of the form's values. Each is read from a text with its own check, and written in one way only.

use super::form::FormVersion;
use crate::calendar::parse_day;
use crate::identifiers::{
    Cfd, Email, IdentifierError, InseeCommune, Phone, Postcode, Rncp, Siret, Uai, nir,
};
use crate::text::{Rule, Text, rule_table};
use chrono::NaiveDate;
use std::fmt;

rule_table! {
    TEXT_EMPTY: "write something, or leave the field out" /
        "Écrivez quelque chose, ou laissez ce champ de côté.";
    TEXT_LONG: "a text of this form has at most 255 characters" /
        "Un texte de ce formulaire compte 255 caractères au plus.";
    TEXT_NIR: "a NIR is never stored: take it out of this text" /
        "Le NIR n'est jamais enregistré : retirez-le de ce texte.";
    TEXT_CONTROL: "a text of this form is one line of printable characters" /
        "Un texte de ce formulaire tient sur une ligne, sans caractère de contrôle.";
    DATE_FORM: "not a date: write it 2024-09-01 or 01/09/2024, between 1900 and 2100" /
        "Ce n'est pas une date : écrivez 01/09/2024 ou 2024-09-01, entre 1900 et 2100.";
    DATE_ZONED: "write the civil day, without a time zone" /
        "Écrivez le jour civil, sans fuseau horaire.";
    YES_NO: "write true or false" / "Répondez oui ou non.";
    NUMBER_FORM: "not a whole number, or too large" / "Ce n'est pas un nombre entier, ou il est trop grand.";
    MONEY_FORM: "not an amount in euros: write 1823.03" /
        "Ce n'est pas un montant en euros : écrivez 1823,03.";
    RATE_FORM: "not a rate in percent, from 0 to 200: write 53 or 53.5" /
        "Ce n'est pas un taux en pourcentage, de 0 à 200 : écrivez 53 ou 53,5.";
    TIME_FORM: "not a working time in hours and minutes: write 35:00" /
        "Ce n'est pas une durée de travail en heures et minutes : écrivez 35:00.";
    NAF_FORM: "a NAF code is four digits and a letter, as 8412Z" /
        "Un code NAF compte quatre chiffres et une lettre, comme 8412Z.";
    IDCC_FORM: "an IDCC has four digits; 9999 says that there is no agreement, 9998 that one is being negotiated" /
        "Un IDCC compte quatre chiffres ; 9999 : aucune convention ; 9998 : en cours de négociation.";
    CONTRACT_NUMBER_FORM: "a contract number is a département in three characters, a year, a month, two characters and four digits; NC when it is not known" /
        "Un numéro de contrat compte le département sur trois caractères, l'année, le mois, deux caractères et quatre chiffres ; NC s'il n'est pas connu.";
    DEPARTEMENT_FORM: "a département has two or three characters, as 35, 2A or 974; 99 is abroad" /
        "Un département s'écrit sur deux ou trois caractères, comme 35, 2A ou 974 ; 99 : à l'étranger.";
    CODE_UNKNOWN: "the list has no such code" / "Ce code n'est pas dans la liste.";
}

/// Why a text is not the value that it claims to be; it never quotes the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {text}")]
pub struct Invalid {
    /// A stable name of the rule, `UPPER_SNAKE`.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub text: Text,
}

impl From<Rule> for Invalid {
    fn from(rule: Rule) -> Self {
        Self { rule: rule.name, text: rule.text() }
    }
}

impl From<IdentifierError> for Invalid {
    fn from(error: IdentifierError) -> Self {
        Self { rule: error.rule, text: error.text }
    }
}

/// A type of values.
pub trait Value: fmt::Display + Sized {
    /// Reads a value as somebody wrote it.
    ///
    /// # Errors
    /// When it is none, with the rule.
    fn read(text: &str) -> Result<Self, Invalid>;

    /// The version of the form that has this value first: of a code, that which brought it.
    fn since(&self) -> FormVersion {
        FormVersion::V10
    }
}

/// Identifiers have a check of their own.
macro_rules! identifiers {
    ($($name:ident)*) => { $(
        impl Value for $name {
            fn read(text: &str) -> Result<Self, Invalid> {
                Ok(Self::parse(text)?)
            }
        }
    )* };
}
identifiers!(Siret Uai Rncp Cfd Email Phone Postcode InseeCommune);

impl Value for NaiveDate {
    fn read(text: &str) -> Result<Self, Invalid> {
        let read = parse_day(text).map_err(|_| Invalid::from(DATE_FORM))?;
        if read.zoned { Err(DATE_ZONED.into()) } else { Ok(read.day) }
    }
}

impl Value for bool {
    fn read(text: &str) -> Result<Self, Invalid> {
        match text.trim().to_lowercase().as_str() {
            "true" | "oui" | "yes" | "1" => Ok(true),
            "false" | "non" | "no" | "0" => Ok(false),
            _ => Err(YES_NO.into()),
        }
    }
}

impl Value for u32 {
    fn read(text: &str) -> Result<Self, Invalid> {
        text.trim().parse().map_err(|_| NUMBER_FORM.into())
    }
}

/// The longest text, in characters.
const LONGEST: usize = 255;

/// A line of text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(Box<str>);

impl Line {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows no value: it may be personal, and `Debug` ends in logs.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(…)")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Value for Line {
    fn read(text: &str) -> Result<Self, Invalid> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            Err(TEXT_EMPTY.into())
        } else if text.chars().count() > LONGEST {
            Err(TEXT_LONG.into())
        } else if text.chars().any(char::is_control) {
            Err(TEXT_CONTROL.into())
        } else if nir::found_in(&text) {
            Err(TEXT_NIR.into())
        } else {
            Ok(Self(text.into()))
        }
    }
}

/// A first name, or that there is none: some civil registers give one name only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum FirstName {
    /// As the civil register has it.
    Known(Line),
    /// Declared absent.
    None,
}

/// What a form says for "no first name".
const NO_FIRST_NAME: &str = "-";

impl fmt::Debug for FirstName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstName(…)")
    }
}

impl fmt::Display for FirstName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => name.fmt(f),
            Self::None => f.pad(NO_FIRST_NAME),
        }
    }
}

impl Value for FirstName {
    fn read(text: &str) -> Result<Self, Invalid> {
        if text.trim() == NO_FIRST_NAME {
            Ok(Self::None)
        } else {
            Ok(Self::Known(Line::read(text)?))
        }
    }
}

/// An amount of money, in cents of a euro.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cents(pub u32);

impl Cents {
    /// An amount as a text in French has it.
    #[must_use]
    pub fn fr(self) -> String {
        format!("{},{:02} €", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Value for Cents {
    fn read(text: &str) -> Result<Self, Invalid> {
        let read = fixed::<2>(text).and_then(|cents| u32::try_from(cents).ok());
        read.map(Self).ok_or_else(|| MONEY_FORM.into())
    }
}

/// A rate in hundredths of a percent: 53 % is 5300.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(pub u16);

/// The largest rate, 200 %.
const RATE_MAX: u16 = 20_000;

impl Rate {
    /// A rate of whole percents.
    #[must_use]
    pub const fn percent(percent: u16) -> Self {
        Self(percent * 100)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl Value for Rate {
    fn read(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().trim_end_matches('%');
        let read = fixed::<2>(text).and_then(|rate| u16::try_from(rate).ok());
        read.filter(|rate| *rate <= RATE_MAX).map(Self).ok_or_else(|| RATE_FORM.into())
    }
}

/// A number with at most `N` decimals, as a whole number of its smallest part. Spaces between digits do not matter.
fn fixed<const N: usize>(text: &str) -> Option<u64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    let text = text.trim_end_matches('€');
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > N || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<N$}").parse().ok()
}

/// A working time, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Minutes(pub u16);

impl Minutes {
    /// Whole hours.
    #[must_use]
    pub const fn hours(hours: u16) -> Self {
        Self(hours * 60)
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Value for Minutes {
    fn read(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let (hours, minutes) = text.split_once([':', 'h']).unwrap_or((text, ""));
        let minutes = if minutes.is_empty() { "00" } else { minutes };
        let number = |text: &str, most: u16| {
            let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u16>().ok().filter(|number| digits && *number <= most)
        };
        let read = number(hours, 168).zip(number(minutes, 59));
        read.map(|(hours, minutes)| Self(hours * 60 + minutes)).ok_or_else(|| TIME_FORM.into())
    }
}

/// A short code of fixed form.
macro_rules! short_code {
    ($(#[$doc:meta])* $name:ident, $rule:ident, $reads:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        /// Shows no value: most of these are sealed, and `Debug` ends in logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl $name {
            /// The code.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Value for $name {
            fn read(text: &str) -> Result<Self, Invalid> {
                let compact: String = text
                    .chars()
                    .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-'))
                    .flat_map(char::to_uppercase)
                    .collect();
                let reads: fn(&[u8]) -> bool = $reads;
                if compact.is_ascii() && reads(compact.as_bytes()) {
                    Ok(Self(compact.into()))
                } else {
                    Err($rule.into())
                }
            }
        }
    };
}

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

short_code!(
    /// A NAF code: the main activity of an establishment, as `8412Z`.
    Naf, NAF_FORM,
    |code| code.len() == 5 && digits(&code[..4]) && code[4].is_ascii_alphabetic()
);
short_code!(
    /// The number of a collective agreement.
    Idcc, IDCC_FORM, |code| code.len() == 4 && digits(code)
);
short_code!(
    /// A département of birth; `99` is abroad.
    Departement, DEPARTEMENT_FORM,
    |code| match code {
        [b'2', b'A' | b'B'] => true,
        [b'9', b'7' | b'8', last] => last.is_ascii_digit(),
        [tens, ones] => digits(code) && (*tens, *ones) != (b'0', b'0') && (*tens < b'9' || *ones <= b'5' || *ones == b'9'),
        _ => false,
    }
);
short_code!(
    /// The number of a contract, as the deposit gave it: département, year, month, two characters, four digits;
    /// `NC` when it is not known.
    ContractNumber, CONTRACT_NUMBER_FORM,
    |code| code == b"NC"
        || code.len() == 15
            && code[..3].iter().all(u8::is_ascii_alphanumeric)
            && digits(&code[3..9])
            && (b"01"..=b"12").contains(&&[code[7], code[8]])
            && code[9..11].iter().all(u8::is_ascii_alphanumeric)
            && digits(&code[11..])
);

impl ContractNumber {
    /// Whether it says which contract.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.as_str() != "NC"
    }
}
