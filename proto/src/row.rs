//! A row of a push, its dossier as it was sent.

use crate::v1::Dossier;
use prost::{DecodeError, Message};
use std::fmt;

/// `registre.v1.DossierRow`, whose dossier stays in the bytes of the request until somebody
/// reads it. On the wire a message and its bytes are the same.
///
/// Most rows of a night say what they said the night before, which their bytes tell; 78 columns
/// are decoded of the others alone. And what waits to be read takes its own bytes, not 78 empty
/// columns: they are copied once, for a part of the receive buffer would keep all of it, with
/// whatever else a client sent there.
///
/// The field more than once is the last of them, where protobuf would merge them.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
#[prost(skip_debug)]
pub struct DossierRow {
    /// A UUID that a retry of this row keeps (AIP-155). Empty: derived from the
    /// run id and the row's rank in the run.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// The row: an encoded [`Dossier`].
    #[prost(bytes = "vec", tag = "2")]
    pub dossier: Vec<u8>,
}

impl DossierRow {
    /// A row whose request id is derived from its run.
    #[must_use]
    pub fn of(dossier: &Dossier) -> Self {
        Self { request_id: String::new(), dossier: dossier.encode_to_vec() }
    }

    /// The row, read. It has 78 columns, 1.9 kB: what is moved from hand to hand is where they are.
    ///
    /// # Errors
    /// When its bytes are no dossier.
    pub fn read(&self) -> Result<Box<Dossier>, DecodeError> {
        let mut dossier = Box::<Dossier>::default();
        dossier.merge(self.dossier.as_slice())?;
        Ok(dossier)
    }
}

/// Nothing of a person.
impl fmt::Debug for DossierRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.dossier.len();
        f.debug_struct("DossierRow").field("bytes", &bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message as `ingestion_service.proto` has it.
    #[derive(Clone, PartialEq, Message)]
    struct Plain {
        #[prost(string, tag = "1")]
        request_id: String,
        #[prost(message, optional, tag = "2")]
        dossier: Option<Dossier>,
    }

    #[test]
    fn it_is_on_the_wire_what_the_proto_file_says() {
        let dossier = Dossier {
            id_erp_apprenant: Some("a1".into()),
            annee_formation: Some(-1),
            ..Dossier::default()
        };
        let plain = Plain { request_id: "r".into(), dossier: Some(dossier.clone()) };
        let row = DossierRow { request_id: "r".into(), ..DossierRow::of(&dossier) };
        assert_eq!(row.encode_to_vec(), plain.encode_to_vec());
        let read = DossierRow::decode(plain.encode_to_vec().as_slice()).unwrap();
        assert_eq!((*read.read().unwrap(), read), (dossier, row));
        let nothing = DossierRow::decode([].as_slice()).unwrap();
        assert_eq!(*nothing.read().unwrap(), Dossier::default());
        let garbage = DossierRow::decode([0x12, 1, 0xff].as_slice()).unwrap();
        assert!(garbage.read().is_err());
    }
}
