//! What the log signs of a bundle: how far each stream went when the checkpoint was signed, and which files
//! the bundle has.
//!
//! ```text
//! registre bundle statement v1
//! log registre.example/1
//! size 5843
//! time 2026-03-01T09:00:00Z
//! software registre 0.1.0
//! about contracts/ea3b6b74-5478-26c2-4b8b-cf58cbcf39af
//! stream 1 6d0c…-…  7 kX3f…=
//! file 1c9f… 231 stream-1-6d0c…/00000001.header
//! ```
//!
//! The first line is no log's name, so that a statement is never taken for a checkpoint.

use super::archive::PATH_BYTES_MAX;
use crate::hash::Hash;
use crate::text::{base64, decimal, from_hex, hash_from_base64, hex};
use std::fmt;

pub(super) const HEAD: &str = "registre bundle statement v1";

/// A stream, as far as it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHead {
    /// Code of its category.
    pub category: u8,
    /// Its key.
    pub key: [u8; 16],
    /// Version of its last event, from 1.
    pub version: u64,
    /// Leaf hash of that event.
    pub leaf: Hash,
}

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileLine {
    /// SHA-256 of its content.
    pub(super) digest: Hash,
    pub(super) bytes: u64,
    pub(super) path: String,
}

/// The text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) log: String,
    pub(super) size: u64,
    pub(super) time: String,
    pub(super) software: String,
    pub(super) about: String,
    pub(super) streams: Vec<StreamHead>,
    pub(super) files: Vec<FileLine>,
}

/// 16 bytes as a UUID is written.
pub(super) fn uuid(key: &[u8; 16]) -> String {
    let digits = hex(key);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| digits[group].to_owned()).join("-")
}

fn from_uuid(text: &str) -> Option<[u8; 16]> {
    let key = from_hex(&text.replace('-', ""))?;
    (uuid(&key) == text).then_some(key)
}

impl Statement {
    /// Reads the text; `None` when it is written otherwise than [`fmt::Display`] would.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n').peekable();
        lines.next().filter(|line| *line == HEAD)?;
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let log = field("log")?.to_owned();
        let size = decimal(field("size")?)?;
        let time = field("time")?.to_owned();
        let software = field("software")?.to_owned();
        let about = field("about")?.to_owned();
        let (mut streams, mut files) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_if(|line| line.starts_with("stream ")) {
            streams.push(StreamHead::parse(line)?);
        }
        for line in lines {
            files.push(FileLine::parse(line)?);
        }
        Some(Self { log, size, time, software, about, streams, files })
    }
}

impl StreamHead {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ').skip(1);
        let category = u8::try_from(decimal(words.next()?)?).ok()?;
        let key = from_uuid(words.next()?)?;
        let version = decimal(words.next()?)?;
        let leaf = hash_from_base64(words.next()?)?;
        words.next().is_none().then_some(Self { category, key, version, leaf })
    }

    /// The folder of its events.
    pub(super) fn folder(&self) -> String {
        format!("stream-{}-{}", self.category, uuid(&self.key))
    }
}

impl FileLine {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        words.next().filter(|word| *word == "file")?;
        let digest = from_hex(words.next()?)?;
        let bytes = decimal(words.next()?)?;
        let path = words.next().filter(|path| path.len() <= PATH_BYTES_MAX)?.to_owned();
        Some(Self { digest, bytes, path })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\nlog {}\nsize {}", self.log, self.size)?;
        writeln!(f, "time {}\nsoftware {}\nabout {}", self.time, self.software, self.about)?;
        for StreamHead { category, key, version, leaf } in &self.streams {
            writeln!(f, "stream {category} {} {version} {}", uuid(key), base64(leaf))?;
        }
        for FileLine { digest, bytes, path } in &self.files {
            writeln!(f, "file {} {bytes} {path}", hex(digest))?;
        }
        Ok(())
    }
}
