//! Two different rows of one push with one identity: nobody can tell which is
//! right, so both wait. Two equal ones are one.

use super::outcome::RowIssue;
use super::prepare::{Content, Prepared};
use domain::enrolment::LookupKey;
use domain::text::Text;
use std::collections::{HashMap, HashSet};

/// Whom a row that was understood speaks of: the key under which its source's
/// rows find one stream. The trainer is not part of it: two rows of one push
/// for two trainers would move the learner to and fro every night.
pub(super) fn identity(row: &Prepared) -> Option<LookupKey> {
    match &row.content {
        Content::Good { lookup, .. } => Some(*lookup),
        Content::Same(same) => Some(same.lookup),
        Content::Bad { .. } | Content::Unusable(_) => None,
    }
}

/// The identities that a run has seen, with the digest of their first row.
#[derive(Debug, Default)]
pub(super) struct Identities {
    first: HashMap<LookupKey, [u8; 16]>,
}

impl Identities {
    /// Notes the rows of one part and gives the ranks of those that must wait:
    /// all of an identity that is told differently inside the part, and those
    /// that differ from an earlier part, which is already written.
    pub(super) fn held(&mut self, rows: &[Prepared]) -> HashSet<u32> {
        let mut inside: HashMap<LookupKey, HashSet<[u8; 16]>> = HashMap::new();
        for row in rows {
            if let Some(identity) = identity(row) {
                inside.entry(identity).or_default().insert(row.digest);
            }
        }
        let held = rows
            .iter()
            .filter(|row| {
                identity(row).is_some_and(|identity| {
                    let differs = self.first.get(&identity).is_some_and(|d| *d != row.digest);
                    differs || inside.get(&identity).is_some_and(|digests| digests.len() > 1)
                })
            })
            .map(|row| row.row)
            .collect();
        for row in rows {
            if let Some(identity) = identity(row) {
                self.first.entry(identity).or_insert(row.digest);
            }
        }
        held
    }
}

/// Why a row with a twin waits.
pub(super) fn twin_issue() -> RowIssue {
    RowIssue {
        field: "id_erp_apprenant",
        rule: "TWIN_ROWS",
        text: Text::new(
            "another row of this push has the same learner id and certification, with other \
             values: neither was written",
            "Deux lignes différentes de cet envoi portent le même identifiant d'apprenant et \
             la même formation : aucune n'a été enregistrée. Corrigez l'export, puis \
             renvoyez-le.",
        ),
    }
}
