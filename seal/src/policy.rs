//! Whose signatures somebody asks for, in a text file after the model of sigsum's policies.
//!
//! ```text
//! # The log, and two witnesses of which one must have seen its tree.
//! log registre.example/1+0123abcd+AAAA…
//! witness dreets-pdl temoin.example+4567cdef+BBBB…
//! witness opco-x temoin2.example+89abef01+BBBB…
//! group temoins 1 dreets-pdl opco-x
//! quorum temoins
//! ```
//!
//! A log may have several lines, one a key: the old one and the new one, when it changes. A quorum is the name of a
//! witness or of a group, or `none`. A group asks for so many of its members (`any` is 1, `all` is all), which are
//! witnesses or groups named before it.
//!
//! A witness or a group may be a member of several groups, as in sigsum's policies, and holds in each of them: a group
//! counts its members that hold, not the witnesses below them. So 2 of two groups hold by one signature when one witness
//! is in both. Who wants so many signatures puts each witness into one group.

use crate::key::{KeyError, Kind, VerifierKey};
use crate::note::{Note, NoteError};
use std::fmt::Write as _;
use std::str::FromStr;

/// The longest policy that is read, in bytes.
pub const POLICY_BYTES_MAX: usize = 64 * 1024;

/// Whose signatures are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    members: Vec<Member>,
    /// The member that must hold; `None` asks for no witness.
    quorum: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    name: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Witness(VerifierKey),
    /// So many of these members, which come before it.
    Group(usize, Vec<usize>),
}

/// Why text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More than [`POLICY_BYTES_MAX`].
    #[error("a policy has at most {POLICY_BYTES_MAX} bytes")]
    TooLong,
    /// A line that is none of the four.
    #[error(
        "line {line}: a line is `log KEY`, `witness NAME KEY`, `group NAME K MEMBER…` or `quorum NAME`"
    )]
    Line {
        /// From 1.
        line: usize,
    },
    /// A key that cannot be read, or is of the wrong kind.
    #[error("line {line}: {error}")]
    Key {
        /// From 1.
        line: usize,
        /// Why.
        error: KeyError,
    },
    /// A log's key where a witness's should be, or the other way round.
    #[error("line {line}: logs sign with keys of kind 1, witnesses with keys of kind 4")]
    Kind {
        /// From 1.
        line: usize,
    },
    /// A name that is taken, or not known before its line.
    #[error("line {line}: the name {name} is taken, or not known yet")]
    Name {
        /// From 1.
        line: usize,
        /// Which.
        name: String,
    },
    /// A group that asks for none of its members, or for more than it has.
    #[error("line {line}: a group asks for 1 of its members at least, and for all at most")]
    Count {
        /// From 1.
        line: usize,
    },
    /// A witness under two names, or twice in a group: it would count twice.
    #[error("line {line}: a witness counts once, whatever its names")]
    Twice {
        /// From 1.
        line: usize,
    },
    /// No log, or no quorum line.
    #[error("a policy names a log at least, and one quorum")]
    Missing,
}

/// Who signed a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cosigned {
    /// Names of witnesses in the policy, and when they signed, in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
}

/// Why a checkpoint is not cosigned as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// A witness of the policy signed wrongly.
    #[error(transparent)]
    Signature(#[from] NoteError),
    /// Too few of them signed.
    #[error("the checkpoint lacks cosignatures: the policy asks for {asked}, and {found} signed")]
    Short {
        /// The quorum's name.
        asked: String,
        /// Names, or nobody.
        found: String,
    },
}

impl Policy {
    /// Asks for a log's signature and no witness.
    #[must_use]
    pub fn of_log(log: VerifierKey) -> Self {
        Self { logs: vec![log], members: Vec::new(), quorum: None }
    }

    /// The keys of logs. One that changed its key may have several.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// Checks that a checkpoint is cosigned as asked.
    ///
    /// # Errors
    /// When a witness's signature is wrong, or too few signed.
    pub fn cosigned(&self, checkpoint: &Note) -> Result<Cosigned, QuorumError> {
        let mut signed = Cosigned::default();
        let mut holds = Vec::with_capacity(self.members.len());
        for Member { name, what } in &self.members {
            holds.push(match what {
                What::Witness(key) => match checkpoint.verify(key) {
                    Ok(time) => {
                        signed.witnesses.push((name.clone(), time.unwrap_or(0)));
                        true
                    }
                    Err(NoteError::Unsigned(_)) => false,
                    Err(wrong) => return Err(wrong.into()),
                },
                What::Group(count, of) => {
                    of.iter().filter(|member| holds[**member]).count() >= *count
                }
            });
        }
        match self.quorum {
            Some(quorum) if !holds[quorum] => {
                let found = signed.witnesses.iter().map(|(name, _)| name.as_str());
                let found = found.collect::<Vec<_>>().join(", ");
                let found = if found.is_empty() { "nobody".to_owned() } else { found };
                Err(QuorumError::Short { asked: self.members[quorum].name.clone(), found })
            }
            _ => Ok(signed),
        }
    }

    fn member(&self, line: usize, name: &str) -> Result<usize, PolicyError> {
        let known = self.members.iter().position(|member| member.name == name);
        known.ok_or_else(|| PolicyError::Name { line, name: name.to_owned() })
    }

    fn add(&mut self, line: usize, name: &str, what: What) -> Result<(), PolicyError> {
        let is_same = |other: &Member| match (&what, &other.what) {
            (What::Witness(key), What::Witness(other)) => key.has_same_secret(other),
            _ => false,
        };
        if self.members.iter().any(is_same) {
            return Err(PolicyError::Twice { line });
        }
        if name == "none" || self.member(line, name).is_ok() {
            return Err(PolicyError::Name { line, name: name.to_owned() });
        }
        self.members.push(Member { name: name.to_owned(), what });
        Ok(())
    }

    fn group(&self, line: usize, count: &str, names: &[&str]) -> Result<What, PolicyError> {
        let of: Vec<usize> =
            names.iter().map(|name| self.member(line, name)).collect::<Result<_, _>>()?;
        let mut distinct = of.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < of.len() {
            return Err(PolicyError::Twice { line });
        }
        let count = match count {
            "any" => 1,
            "all" => of.len(),
            number => number.parse().map_err(|_| PolicyError::Line { line })?,
        };
        let fits = (1..=of.len()).contains(&count);
        if fits { Ok(What::Group(count, of)) } else { Err(PolicyError::Count { line }) }
    }
}

/// A key of the kind that a line asks for.
fn key(line: usize, text: &str, kind: Kind) -> Result<VerifierKey, PolicyError> {
    let key: VerifierKey = text.parse().map_err(|error| PolicyError::Key { line, error })?;
    if key.kind() == kind { Ok(key) } else { Err(PolicyError::Kind { line }) }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        if text.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::TooLong);
        }
        let mut policy = Self { logs: Vec::new(), members: Vec::new(), quorum: None };
        let mut quorum = None;
        for (line, words) in (1..).zip(text.lines()) {
            let words = words.split('#').next().unwrap_or_default();
            let words: Vec<&str> = words.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["log", log] => policy.logs.push(key(line, log, Kind::Ed25519)?),
                ["witness", name, witness] => {
                    let what = What::Witness(key(line, witness, Kind::Cosignature)?);
                    policy.add(line, name, what)?;
                }
                ["group", name, count, of @ ..] => {
                    let what = policy.group(line, count, of)?;
                    policy.add(line, name, what)?;
                }
                ["quorum", name] if quorum.is_none() => {
                    quorum = Some(*name);
                    policy.quorum =
                        if *name == "none" { None } else { Some(policy.member(line, name)?) };
                }
                _ => return Err(PolicyError::Line { line }),
            }
        }
        if policy.logs.is_empty() || quorum.is_none() {
            return Err(PolicyError::Missing);
        }
        Ok(policy)
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.logs.iter().try_for_each(|log| writeln!(f, "log {log}"))?;
        let name = |member: usize| self.members[member].name.as_str();
        for member in &self.members {
            match &member.what {
                What::Witness(key) => writeln!(f, "witness {} {key}", member.name)?,
                What::Group(count, of) => {
                    let names = of.iter().fold(String::new(), |mut all, at| {
                        let _ = write!(all, " {}", name(*at));
                        all
                    });
                    writeln!(f, "group {} {count}{names}", member.name)?;
                }
            }
        }
        writeln!(f, "quorum {}", self.quorum.map_or("none", name))
    }
}
