//! By what the persons of contracts written here are searched: one pseudonym of a name, a first name and a birth date,
//! made of a keyed pseudonym of each.
//!
//! A form is filled field by field, by several people, so that no event says all three. What a row keeps is the joined one
//! alone, of a name and a first name or a birth date at least: of a single name, or of a birth date, nothing is at rest
//! that could be counted.

use sha2::{Digest, Sha256};

/// The keyed pseudonym of a name, a first name or a birth date; `None` when nothing is said.
pub type Part = Option<[u8; 16]>;

/// The pseudonym of a person by names and a birth date, or by names alone of whom no birth date is said, or by a name and
/// a birth date of who has no first name; `None` of less.
#[must_use]
pub fn by_names(last: Part, first: Part, born_on: Part) -> Part {
    last?;
    first.or(born_on)?;
    let mut hasher = Sha256::new_with_prefix(b"registre person of a contract 1");
    for part in [last, first, born_on] {
        hasher.update([u8::from(part.is_some())]);
        hasher.update(part.unwrap_or_default());
    }
    hasher.finalize().first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::by_names;

    #[test]
    fn each_part_counts_in_its_place_and_of_one_alone_there_is_nobody() {
        let (one, other) = (Some([1; 16]), Some([2; 16]));
        let all = [
            by_names(one, other, None),
            by_names(other, one, None),
            by_names(one, other, one),
            by_names(one, None, other),
            by_names(Some([0; 16]), None, other),
        ];
        for (rank, key) in all.iter().enumerate() {
            assert!(key.is_some() && !all[..rank].contains(key), "{rank}");
        }
        for (last, first, born_on) in
            [(one, None, None), (None, one, None), (None, None, one), (None, one, other)]
        {
            assert_eq!(by_names(last, first, born_on), None);
        }
    }
}
