//! The memory of pushes: from their first byte until their answer is sent.

use crate::errors::{Failure, Reason};
use crate::limits;
use crate::room::{Room, Share};
use access::Tenant;
use domain::text::Text;
use prost::Message;
use proto::v1::{Dossier, DossierRow};
use std::sync::Arc;

/// Bytes that all the pushes of the server hold together.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Room>);

/// What one push holds; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Charge(Share);

impl Default for Budget {
    fn default() -> Self {
        Self(Room::of(limits::ALL_PUSHES_BYTES, limits::PUSHES_OF_CALLER_BYTES))
    }
}

impl Budget {
    /// Nothing yet, of a caller.
    pub(super) fn open(&self, tenant: &Tenant) -> Charge {
        Charge(self.0.share(tenant.principal()))
    }
}

impl Charge {
    /// Takes one more row: what was sent, its place, which an empty row has too, and its columns once
    /// they are read. Gives the bytes that were sent.
    ///
    /// # Errors
    /// `OVERLOADED` when all pushes together, or those of the caller, would hold too much.
    pub(super) fn take(&mut self, row: &DossierRow) -> Result<usize, Failure> {
        let sent = row.encoded_len();
        let columns = if row.dossier.is_empty() { 0 } else { size_of::<Dossier>() };
        let bytes = sent + size_of_val(row) + columns;
        if self.0.take(bytes) { Ok(sent) } else { Err(overloaded()) }
    }
}

fn overloaded() -> Failure {
    Failure::new(
        Reason::Overloaded,
        Text::new(
            "too many pushes are being received or written: try again",
            "Trop d'envois sont en cours : réessayez dans un instant.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::bytes::BytesMut;

    /// What is charged is what is held: nothing of a row keeps the buffer that it came in.
    #[test]
    fn a_row_does_not_hold_what_came_beside_it() {
        let unknown = [0x7a, 0x80, 0x80, 0x40];
        let message = [&unknown[..], &vec![0; 1 << 20], &[0x12, 1, 0x0a]].concat();
        let mut received = BytesMut::from(message.as_slice());
        let row = DossierRow::decode(received.split_to(message.len()).freeze()).unwrap();
        let mut charge = Charge(Budget::default().0.share("a"));
        assert_eq!(charge.take(&row).unwrap(), 3);
        assert!(received.try_reclaim(1 << 20), "the row holds the buffer");
        assert_eq!(row.dossier.len(), 1);
    }

    #[test]
    fn empty_rows_have_a_price_and_what_is_dropped_is_given_back() {
        let budget = Budget::default();
        let row = DossierRow::default();
        let rows = limits::PUSHES_OF_CALLER_BYTES / size_of::<DossierRow>();
        let open = |caller| Charge(budget.0.share(caller));
        let full = |caller| {
            let mut charge = open(caller);
            for _ in 0..rows {
                charge.take(&row).unwrap();
            }
            charge
        };
        let first = full("a");
        assert_eq!(open("a").take(&row).unwrap_err().reason(), Reason::Overloaded, "its own part");
        let second = full("b");
        // Of each of the two a part of a row was left.
        let mut third = open("c");
        let refused = (0..2).find_map(|_| third.take(&row).err()).unwrap();
        assert_eq!(refused.reason(), Reason::Overloaded, "the whole");
        drop((first, second, third));
        open("a").take(&row).unwrap();
    }
}
