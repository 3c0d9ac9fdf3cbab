//! What every block of the form can.

use super::form::{Form, FormVersion};
use super::value::{Invalid, Value};
use crate::text::Text;
use std::fmt::Display;

/// Whose data a sealed field is: whose key seals it, and whose erasure takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// The apprentice's.
    Apprentice,
    /// The employer's: a sole trader is a person.
    Employer,
    /// The legal representative's.
    Guardian,
    /// The first maître d'apprentissage's.
    FirstMaster,
    /// The second one's.
    SecondMaster,
}

/// Where a field's value lives in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// In the public body, readable for ever.
    Public,
    /// In the sealed section of a person.
    Sealed(Whose),
}

/// When a field is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// Without it the form is not complete.
    Always,
    /// Without it the form is complete all the same.
    Never,
    /// It depends on the rest of the form.
    When(fn(&Form) -> bool),
}

/// What the dictionary says of a field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// What it is called on the form, in French.
    pub label: &'static str,
    pub(super) asked: Asked,
    /// Whether everybody may read it; `None`: as the rest of its block.
    pub(super) public: Option<bool>,
}

impl Field {
    pub(super) const fn of(label: &'static str) -> Self {
        Self { label, asked: Asked::Always, public: None }
    }

    pub(super) const fn optional(self) -> Self {
        Self { asked: Asked::Never, ..self }
    }

    pub(super) const fn when(self, condition: fn(&Form) -> bool) -> Self {
        Self { asked: Asked::When(condition), ..self }
    }

    pub(super) const fn public(self) -> Self {
        Self { public: Some(true), ..self }
    }

    pub(super) const fn sealed(self) -> Self {
        Self { public: Some(false), ..self }
    }
}

/// Characters of a path that the form does not have which are told again: no field has so many.
const PATH_CHARS_TOLD: usize = 64;

/// Why a field was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The form has no such field.
    #[error("the form has no field {0}")]
    NoSuchField(String),
    /// The value is none of its type.
    #[error("{path}: {invalid}")]
    Invalid {
        /// The field.
        path: String,
        /// Why.
        invalid: Invalid,
    },
}

/// Refused fields that are told one by one: a refusal travels in a header, which has few kilobytes.
const FIELDS_TOLD: usize = 6;

impl Refused {
    /// What to tell of several: of each, and of how many more.
    #[must_use]
    pub fn all(refused: &[Self]) -> Text {
        let told = refused.iter().take(FIELDS_TOLD).map(Self::text);
        let (mut en, mut fr): (Vec<_>, Vec<_>) = told.map(|text| (text.en, text.fr)).unzip();
        let more = refused.len().saturating_sub(FIELDS_TOLD);
        if more > 0 {
            en.push(format!("and {more} more"));
            fr.push(format!("Champs refusés en plus de ceux-ci : {more}."));
        }
        Text::new(en.join("; "), fr.join(" "))
    }

    /// What to tell: the field, what is wrong and what to do, without the value.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::NoSuchField(path) => {
                // As much of it as a path has: it is somebody else's text.
                let path: String = path.chars().take(PATH_CHARS_TOLD).collect();
                Text::new(
                    format!("the form has no field {path}"),
                    format!("Le formulaire n'a pas de champ {path}."),
                )
            }
            Self::Invalid { path, invalid } => Text::new(
                format!("{path}: {}", invalid.text.en),
                format!("{path} : {}", invalid.text.fr),
            ),
        }
    }
}

/// Who walks over the fields of a block.
pub(super) trait Visitor {
    /// Meets a field, with its value when it has one, and the version of the form that has that value first.
    fn field(
        &mut self,
        path: &str,
        field: &'static Field,
        value: Option<(&dyn Display, FormVersion)>,
    );
}

/// A part of the form.
pub(super) trait Block {
    /// Walks over the fields, in the order of the form; `at` is the path of the block with its last full stop.
    fn walk(&self, at: &str, visitor: &mut dyn Visitor);

    /// Sets the field at the rest of a path, or makes it absent.
    fn set(&mut self, rest: &str, text: Option<&str>) -> Result<(), SetError>;
}

/// Why a field of a block was not set.
pub(super) enum SetError {
    NoSuchField,
    Invalid(Invalid),
}

impl From<Invalid> for SetError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Reads a value, or takes it away.
pub(super) fn read<T: Value>(text: Option<&str>) -> Result<Option<T>, Invalid> {
    text.map(T::read).transpose()
}

/// Declares a block: its fields, each with its type and what the dictionary says of it, and the blocks in it.
macro_rules! block {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$of_field:meta])* $field:ident: $kind:ty = $says:expr;)*
        }
        $(with { $($(#[$of_block:meta])* $block:ident: $inner:ty;)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$of_field])* pub $field: Option<$kind>,)*
            $($($(#[$of_block])* pub $block: $inner,)*)?
        }

        /// Shows its name alone: what is in it is personal, and `Debug` ends in logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl $crate::cerfa::block::Block for $name {
            fn walk(&self, at: &str, visitor: &mut dyn $crate::cerfa::block::Visitor) {
                $({
                    const FIELD: $crate::cerfa::Field = $says;
                    let value = self.$field.as_ref().map(|value| {
                        (value as &dyn std::fmt::Display, $crate::cerfa::value::Value::since(value))
                    });
                    visitor.field(&format!("{at}{}", stringify!($field)), &FIELD, value);
                })*
                $($(
                    $crate::cerfa::block::Block::walk(
                        &self.$block,
                        &format!("{at}{}.", stringify!($block)),
                        visitor,
                    );
                )*)?
            }

            fn set(
                &mut self,
                rest: &str,
                text: Option<&str>,
            ) -> Result<(), $crate::cerfa::block::SetError> {
                match rest.split_once('.') {
                    None => match rest {
                        $(stringify!($field) => {
                            self.$field = $crate::cerfa::block::read(text)?;
                            Ok(())
                        })*
                        _ => Err($crate::cerfa::block::SetError::NoSuchField),
                    },
                    Some((block, rest)) => match block {
                        $($(
                            stringify!($block) => {
                                $crate::cerfa::block::Block::set(&mut self.$block, rest, text)
                            }
                        )*)?
                        _ => {
                            let _ = rest;
                            Err($crate::cerfa::block::SetError::NoSuchField)
                        }
                    },
                }
            }
        }
    };
}
pub(super) use block;

/// A block that comes several times is addressed by its number, from 1.
impl<B: Block, const N: usize> Block for [B; N] {
    fn walk(&self, at: &str, visitor: &mut dyn Visitor) {
        for (number, block) in (1..).zip(self) {
            block.walk(&format!("{at}{number}."), visitor);
        }
    }

    fn set(&mut self, rest: &str, text: Option<&str>) -> Result<(), SetError> {
        let (number, rest) = rest.split_once('.').ok_or(SetError::NoSuchField)?;
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let block = index.and_then(|index| self.get_mut(index)).ok_or(SetError::NoSuchField)?;
        block.set(rest, text)
    }
}
