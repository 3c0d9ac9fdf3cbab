//! The memory of pushes: from their first byte until their answer is sent.

use crate::errors::{Failure, Reason};
use crate::limits;
use domain::text::Text;
use prost::Message;
use proto::v1::{Dossier, DossierRow};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all the pushes of the server hold together.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

/// What one push holds; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Charge {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// Nothing yet.
    pub(super) fn open(&self) -> Charge {
        Charge { budget: self.clone(), bytes: 0 }
    }
}

impl Charge {
    /// Takes one more row: what was sent, its place, which an empty row has too, and its columns once
    /// they are read. Gives the bytes that were sent.
    ///
    /// # Errors
    /// `OVERLOADED` when all pushes together would hold too much.
    pub(super) fn take(&mut self, row: &DossierRow) -> Result<usize, Failure> {
        let sent = row.encoded_len();
        let columns = if row.dossier.is_empty() { 0 } else { size_of::<Dossier>() };
        let bytes = sent + size_of_val(row) + columns;
        self.bytes += bytes;
        let before = self.budget.0.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > limits::ALL_PUSHES_BYTES {
            return Err(overloaded());
        }
        Ok(sent)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
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
        let mut charge = Budget::default().open();
        assert_eq!(charge.take(&row).unwrap(), 3);
        assert!(received.try_reclaim(1 << 20), "the row holds the buffer");
        assert_eq!(row.dossier.len(), 1);
    }

    #[test]
    fn empty_rows_have_a_price_and_what_is_dropped_is_given_back() {
        let budget = Budget::default();
        let row = DossierRow::default();
        let rows = limits::ALL_PUSHES_BYTES / size_of::<DossierRow>();
        let mut first = budget.open();
        for _ in 0..rows {
            first.take(&row).unwrap();
        }
        let mut second = budget.open();
        assert_eq!(second.take(&row).unwrap_err().reason(), Reason::Overloaded);
        drop((first, second));
        budget.open().take(&row).unwrap();
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
    }
}
