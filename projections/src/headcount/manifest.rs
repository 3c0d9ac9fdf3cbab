//! The one file that says which files are the view, and up to where.
//!
//! `manifest`: a line with the CRC-32C of the rest in hex, then JSON with its
//! members in a fixed order, so that equal views have equal bytes.

use super::coverage::Coverage;
use super::error::{HeadcountError, Result};
use super::files::{sync_folder, write_in_place};
use crate::persons::MATCHING_RULE;
use crate::reference::InForce;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const NAME: &str = "manifest";
/// The version of the whole file set.
const FORMAT: u32 = 4;

/// What the manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The rule that said who is one person: rows of two rules are never mixed.
    matching_rule: String,
    /// Events 1 to this one are reflected.
    pub(super) checkpoint: u64,
    /// Rows known up to here are in tiles, the rest in the delta.
    pub(super) merged: u64,
    /// How many events lie between merges.
    pub(super) merge_every: u64,
    /// File of each quarter.
    pub(super) tiles: BTreeMap<u16, String>,
    /// File of the delta, when it has rows.
    pub(super) delta: Option<String>,
    /// First transmissions.
    pub(super) coverage: Coverage,
    /// Reference sets loaded.
    pub(super) references: InForce,
}

impl Manifest {
    /// Of an empty view.
    pub(super) fn empty(merge_every: u64) -> Self {
        let matching_rule = MATCHING_RULE.to_owned();
        Self { format: FORMAT, matching_rule, merge_every, ..Self::default() }
    }

    /// Reads the manifest of a folder; `None` when there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |what| HeadcountError::Damaged { file: path.clone(), what };
        let end = text.iter().position(|byte| *byte == b'\n');
        let (line, json) = end
            .and_then(|end| text.split_at_checked(end + 1))
            .ok_or_else(|| damaged("it has no checksum line"))?;
        if line != checksum_line(json).as_bytes() {
            return Err(damaged("it has another checksum"));
        }
        let manifest: Self =
            serde_json::from_slice(json).map_err(|_| damaged("it is no manifest"))?;
        if manifest.format != FORMAT {
            return Err(damaged("another version wrote it"));
        }
        if manifest.matching_rule != MATCHING_RULE {
            return Err(damaged("another matching rule made its persons"));
        }
        Ok(Some(manifest))
    }

    /// Puts the manifest in place: from then on the view is what it says.
    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let json = serde_json::to_string(self).map_err(std::io::Error::from)?;
        let text = checksum_line(json.as_bytes()) + &json;
        sync_folder(dir)?;
        write_in_place(dir, NAME, text.as_bytes())?;
        sync_folder(dir)
    }

    /// Whether a file is part of the view.
    pub(super) fn names(&self, name: &str) -> bool {
        self.delta.as_deref() == Some(name) || self.tiles.values().any(|tile| tile == name)
    }
}

fn checksum_line(json: &[u8]) -> String {
    format!("{:08x}\n", crc32c::crc32c(json))
}

/// The last merge position at a checkpoint.
pub(super) const fn merge_position(checkpoint: u64, merge_every: u64) -> u64 {
    match checkpoint.checked_div(merge_every) {
        Some(merges) => merges * merge_every,
        None => checkpoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_of_another_matching_rule_are_never_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::empty(10);
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), Some(manifest.clone()));
        manifest.matching_rule = "M0".to_owned();
        manifest.write(folder.path()).unwrap();
        let refused = Manifest::read(folder.path());
        assert!(matches!(refused, Err(HeadcountError::Damaged { .. })), "{refused:?}");
    }
}
