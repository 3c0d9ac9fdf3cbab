//! The header of a record, which is what a leaf hashes, and the event under it.

use domain::ids::Position;
use ledger::codec::{self, Closed};
use ledger::record::{Content, Header, StoredRecord};
use seal::envelope::Envelope;

/// Two bytes with the header's length, the header, the public body.
pub fn run(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (header_bytes, body) = rest.split_at(length);
    let Ok(header) = Header::decode(header_bytes) else { return };
    assert!(Envelope::parse(header_bytes).is_ok(), "an auditor reads what the ledger reads");
    assert_eq!(header.encode().as_deref(), Ok(header_bytes), "one header, one form");
    let record = StoredRecord {
        position: Position(1),
        sections: vec![Content::Erased; header.sections.len()],
        header_bytes: header_bytes.to_vec().into(),
        body: body.to_vec().into(),
        header,
    };
    let _ = record.verify();
    let _ = codec::decode(&record, &Closed);
}
