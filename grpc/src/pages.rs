//! Page tokens: opaque, authenticated, bound to their question.
//!
//! A token carries what the first page reflected, so that later pages reflect
//! the same. It gives no right: it only says where to go on.

use crate::errors::{Failure, Reason};
use crate::limits;
use access::Tenant;
use chrono::NaiveDate;
use domain::ids::Position;
use domain::rules::RuleSet;
use domain::text::Text;
use hmac::{Hmac, KeyInit, Mac};
use prost::Message;
use sha2::{Digest, Sha256};

/// Bytes of the authentication tag kept in a token.
const TAG_BYTES: usize = 16;
/// Stands for "no day" in a token.
const NO_DAY: i32 = i32::MIN;

/// Where the next page starts, and what every page reflects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The log position reflected.
    pub position: Position,
    /// The civil day described, when the question has one.
    pub as_of: Option<NaiveDate>,
    /// The rule set of the statuses, when they matter.
    pub rules: Option<RuleSet>,
    /// The reference set, when it matters; at most 64 bytes.
    pub reference_set: String,
    /// The key of the last item given; at most 128 bytes.
    pub last: Vec<u8>,
}

impl Cursor {
    /// What a token says, before it is authenticated.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let day = self.as_of.map_or(NO_DAY, |day| chrono::Datelike::num_days_from_ce(&day));
        let rules = self.rules.map_or(0, |rules| match rules {
            RuleSet::R1 => 1,
            RuleSet::R2 => 2,
            RuleSet::R3 => 3,
        });
        let reference = self.reference_set.as_bytes();
        let mut bytes = Vec::with_capacity(32 + reference.len() + self.last.len());
        bytes.extend_from_slice(&self.position.0.to_le_bytes());
        bytes.extend_from_slice(&day.to_le_bytes());
        bytes.push(rules);
        bytes.push(u8::try_from(reference.len()).unwrap_or(0));
        bytes.extend_from_slice(&reference[..usize::from(bytes[13])]);
        bytes.extend_from_slice(&self.last);
        bytes
    }

    /// The cursor of such bytes; `None` for any others.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (position, rest) = bytes.split_first_chunk::<8>()?;
        let (day, rest) = rest.split_first_chunk::<4>()?;
        let (&[rules, length], rest) = rest.split_first_chunk::<2>()?;
        let (reference, last) = rest.split_at_checked(usize::from(length))?;
        let day = i32::from_le_bytes(*day);
        let day_of = NaiveDate::from_num_days_from_ce_opt;
        Some(Self {
            position: Position(u64::from_le_bytes(*position)),
            as_of: if day == NO_DAY { None } else { Some(day_of(day)?) },
            rules: match rules {
                0 => None,
                1 => Some(RuleSet::R1),
                2 => Some(RuleSet::R2),
                3 => Some(RuleSet::R3),
                _ => return None,
            },
            reference_set: String::from_utf8(reference.to_vec()).ok()?,
            last: last.to_vec(),
        })
    }
}

/// What identifies a question: who asks, the method and the request without its paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question([u8; 32]);

impl Question {
    /// The question of a request whose `page_size` and `page_token` are cleared.
    #[must_use]
    pub fn new(tenant: &Tenant, method: &str, request: &impl Message) -> Self {
        Self::of(tenant.fingerprint(), method, request)
    }

    fn of(tenant: &[u8; 32], method: &str, request: &impl Message) -> Self {
        let digest = Sha256::new()
            .chain_update(tenant)
            .chain_update([u8::try_from(method.len()).unwrap_or(u8::MAX)])
            .chain_update(method)
            .chain_update(request.encode_to_vec());
        Self(digest.finalize().into())
    }
}

/// Makes and reads tokens with one key.
#[derive(Clone)]
pub struct Pages {
    key: [u8; 32],
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

impl Pages {
    /// Tokens authenticated by that key; nodes that share it read each other's.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The token that goes on after a page.
    #[must_use]
    pub fn seal(&self, question: Question, cursor: &Cursor) -> String {
        let mut bytes = cursor.to_bytes();
        let tag = self.tag(question, &bytes);
        bytes.extend_from_slice(&tag);
        hex(&bytes)
    }

    /// What a token says; `None` for the empty token of a first page.
    ///
    /// # Errors
    /// `INVALID_PAGE_TOKEN` when it was not made here for this question.
    pub fn open(&self, question: Question, token: &str) -> Result<Option<Cursor>, Failure> {
        if token.is_empty() {
            return Ok(None);
        }
        self.open_sealed(question, token).map(Some).ok_or_else(invalid_token)
    }

    fn open_sealed(&self, question: Question, token: &str) -> Option<Cursor> {
        if token.len() > limits::PAGE_TOKEN_BYTES {
            return None;
        }
        let bytes = unhex(token)?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        self.mac(question, body).verify_truncated_left(tag).ok()?;
        Cursor::from_bytes(body)
    }

    fn tag(&self, question: Question, body: &[u8]) -> [u8; TAG_BYTES] {
        let full = self.mac(question, body).finalize().into_bytes();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&full[..TAG_BYTES]);
        tag
    }

    fn mac(&self, question: Question, body: &[u8]) -> Hmac<Sha256> {
        // A block of the hash: HMAC pads a shorter key with zeros.
        let mut block = [0; 64];
        block[..self.key.len()].copy_from_slice(&self.key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(&question.0);
        mac.update(body);
        mac
    }
}

/// A token that names no page of this question.
pub(crate) fn invalid_token() -> Failure {
    Failure::new(
        Reason::InvalidPageToken,
        Text::new(
            "page_token was not given by this server for this question: start again without it",
            "Le jeton de page ne correspond pas à cette demande : reprenez à la première page.",
        ),
    )
    .with("field", "page_token")
}

/// The number of items of a page: 0 is the default, more than the most is the
/// most (AIP-158).
///
/// # Errors
/// A field failure when it is negative.
pub fn size(wish: i32) -> Result<usize, Failure> {
    match usize::try_from(wish) {
        Ok(0) => Ok(limits::PAGE_DEFAULT),
        Ok(wish) => Ok(wish.min(limits::PAGE_MAX)),
        Err(_) => Err(Failure::field(
            "page_size",
            Text::new(
                "page_size is negative",
                "Le nombre d'éléments par page ne peut pas être négatif.",
            ),
        )),
    }
}

/// A page of large items, newest first: it ends when it has `size` of them or `bytes` bytes, and has
/// one at least. `older` gives the newest before a position, with its own. With the page comes the
/// position before which the next one begins; `None` when there is nothing more.
pub(crate) fn filled<M: Message, E>(
    mut before: Position,
    size: usize,
    bytes: usize,
    mut older: impl FnMut(Position) -> Result<Option<(Position, M)>, E>,
) -> Result<(Vec<M>, Option<Position>), E> {
    let (mut items, mut filled) = (Vec::new(), 0);
    while let Some((position, item)) = older(before)? {
        filled += item.encoded_len();
        if items.len() == size || filled > bytes && !items.is_empty() {
            return Ok((items, Some(before)));
        }
        items.push(item);
        before = position;
    }
    Ok((items, None))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::ListEventsRequest;

    fn question(parent: &str) -> Question {
        of_tenant(1, parent)
    }

    fn of_tenant(tenant: u8, parent: &str) -> Question {
        let request = ListEventsRequest { parent: parent.into(), ..Default::default() };
        Question::of(&[tenant; 32], "ListEvents", &request)
    }

    fn cursor() -> Cursor {
        Cursor {
            position: Position(12),
            as_of: NaiveDate::from_ymd_opt(2025, 2, 28),
            rules: Some(RuleSet::R2),
            reference_set: "abc".into(),
            last: vec![1, 2, 3],
        }
    }

    #[test]
    fn a_token_is_read_as_it_was_made() {
        let pages = Pages::new([1; 32]);
        for cursor in [cursor(), Cursor::default()] {
            let token = pages.seal(question("a"), &cursor);
            assert_eq!(pages.open(question("a"), &token), Ok(Some(cursor)));
        }
        assert_eq!(pages.open(question("a"), ""), Ok(None));
    }

    #[test]
    fn a_token_of_another_question_tenant_or_server_or_one_altered_is_refused() {
        let pages = Pages::new([1; 32]);
        let token = pages.seal(question("a"), &cursor());
        assert!(pages.open(question("b"), &token).is_err());
        assert!(pages.open(of_tenant(2, "a"), &token).is_err(), "somebody else's");
        assert!(Pages::new([2; 32]).open(question("a"), &token).is_err());
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(pages.open(question("a"), &altered).is_err(), "{at}");
        }
        for wrong in ["x", "zz", "é", "00", &"0".repeat(10_000)] {
            assert!(pages.open(question("a"), wrong).is_err());
        }
    }

    /// The items of a page before a position, and where the next one begins: the items have 10 bytes
    /// each, that of position 3 has 100.
    fn page(before: u64, size: usize, bytes: usize) -> (usize, Option<u64>) {
        let item = |length: usize| ListEventsRequest {
            parent: "x".repeat(length - 2),
            ..Default::default()
        };
        let older = |Position(before): Position| {
            let position = before.checked_sub(1).filter(|position| *position > 0);
            let length = |position| if position == 3 { 100 } else { 10 };
            let older = position.map(|position| (Position(position), item(length(position))));
            Ok::<_, std::convert::Infallible>(older)
        };
        let Ok((items, next)) = filled(Position(before), size, bytes, older);
        (items.len(), next.map(|position| position.0))
    }

    #[test]
    fn a_page_of_large_items_ends_before_it_is_too_long_and_has_one_at_least() {
        assert_eq!(page(7, 2, 1_000), (2, Some(5)), "as many as were asked for");
        assert_eq!(page(7, 9, 1_000), (6, None));
        assert_eq!(page(7, 9, 30), (3, Some(4)), "to the byte");
        assert_eq!(page(7, 9, 29), (2, Some(5)));
        assert_eq!(page(4, 9, 30), (1, Some(3)), "one that is larger alone");
        assert_eq!(page(3, 9, 30), (2, None));
        assert_eq!(page(1, 9, 30), (0, None));
    }

    #[test]
    fn a_page_is_100_by_default_and_1000_at_most() {
        assert_eq!([size(0), size(7), size(5_000)], [Ok(100), Ok(7), Ok(1_000)]);
        assert_eq!(size(-1).unwrap_err().at(), Some("page_size"));
    }
}
