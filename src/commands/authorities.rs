//! Whose certificates sign contracts, as options of `serve` and `verify`.

use access::providers::Worth;
use anyhow::Context;
use ledger::signatures::Authority;
use std::path::PathBuf;
use std::str::FromStr;

/// The option.
#[derive(Debug, clap::Args)]
pub(super) struct Authorities {
    /// Take signatures of contracts by certificates that these authorities issued (X.509): a PEM file, after what they
    /// are worth by eIDAS, as in advanced=FILE; simple when nothing is said. Several times for several
    #[arg(long = "signature-authorities", value_name = "[LEVEL=]FILE")]
    files: Vec<Of>,
}

/// A file, and what its authorities are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Of {
    level: Worth,
    file: PathBuf,
}

impl FromStr for Of {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').map(|(level, file)| (level.parse::<Worth>(), file));
        let (level, file) = match named {
            Some((Ok(level), file)) => (level, file),
            // A path may hold the sign.
            _ => (Worth::Simple, text),
        };
        if file.is_empty() {
            return Err("write FILE, or LEVEL=FILE".to_owned());
        }
        Ok(Self { level, file: file.into() })
    }
}

impl Authorities {
    /// The authorities of the files.
    pub(super) fn read(&self) -> anyhow::Result<Vec<Authority>> {
        let mut all = Vec::new();
        for Of { level, file } in &self.files {
            let pem = fs_err::read(file)?;
            let found = Authority::all_from_pem(&pem, (*level).into());
            all.extend(found.with_context(|| file.display().to_string())?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn authorities_are_worth_what_is_said_and_simple_when_nothing_is() {
        let of = |text: &str| text.parse::<Of>().unwrap();
        assert_eq!(of("qualified=a.pem"), Of { level: Worth::Qualified, file: "a.pem".into() });
        assert_eq!(of("a.pem"), Of { level: Worth::Simple, file: "a.pem".into() });
        assert_eq!(of("b=a.pem"), Of { level: Worth::Simple, file: "b=a.pem".into() });
        assert!("advanced=".parse::<Of>().is_err());
    }
}
