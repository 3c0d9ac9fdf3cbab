//! What the reports of bundles and receipts tell: the tree, its witnesses, an event.

use domain::ids::{Instant, Position};
use ledger::codec::{self, Closed, CodecError, TypeCode};
use ledger::record::{Content, Header, StoredRecord};
use projections::source::Recorded;
use seal::envelope::Envelope;
use seal::policy::Cosigned;
use seal::{Checkpoint, hex};
use std::fmt::Write as _;

/// What is told of an event. Its header was read and is proven; of its body, what this version knows.
pub(super) struct Told {
    pub(super) stream: String,
    pub(super) version: u64,
    pub(super) recorded_at: i64,
    /// The name of its type, or its number when this version knows no name.
    pub(super) kind: String,
    /// As the views read it, its sealed sections closed; or why it cannot be read.
    pub(super) said: Result<Recorded, String>,
}

/// The tree that something is in, and who signed that.
pub(super) fn of_tree(checkpoint: &Checkpoint, cosigned: &Cosigned, text: &mut String) {
    let (origin, size, root) = (&checkpoint.origin, checkpoint.size, hex(&checkpoint.root));
    let _ =
        writeln!(text, "registre {origin}\npoint de contrôle de {size} événements, racine {root}");
    if cosigned.witnesses.is_empty() {
        text.push_str("signé par le registre ; la politique ne demande aucun témoin\n");
    }
    for (witness, seconds) in &cosigned.witnesses {
        let at = instant(i64::try_from(*seconds).unwrap_or_default().saturating_mul(1_000_000));
        let _ = writeln!(text, "contresigné par {witness} le {at}");
    }
}

/// An event by its header, and its body when there is one.
pub(super) fn of_event(index: u64, header: &[u8], body: Option<&[u8]>) -> Told {
    // Whoever verified it read its envelope.
    let envelope = Envelope::parse(header).ok();
    let number = envelope.as_ref().map(|envelope| envelope.type_code).unwrap_or_default();
    let kind = TypeCode::from_code(number);
    let known = Header::decode(header);
    let stream = match (&known, &envelope) {
        (Ok(header), _) => header.stream.to_string(),
        (Err(_), Some(of)) => format!("{}/{}", of.category, hex(&of.key)),
        (Err(_), None) => String::new(),
    };
    let said = match known {
        Ok(header_read) => recorded(index, header, header_read, body.unwrap_or_default()),
        Err(_) => {
            Err("son en-tête a des valeurs que cette version du logiciel ne connaît pas".to_owned())
        }
    };
    Told {
        stream,
        version: envelope.as_ref().map(|envelope| envelope.version).unwrap_or_default(),
        recorded_at: envelope.as_ref().map(|envelope| envelope.recorded_at).unwrap_or_default(),
        kind: kind.map_or_else(|| format!("n° {number}"), |kind| kind.name().to_owned()),
        said,
    }
}

fn recorded(index: u64, bytes: &[u8], header: Header, body: &[u8]) -> Result<Recorded, String> {
    let record = StoredRecord {
        position: Position(index.saturating_add(1)),
        sections: vec![Content::Erased; header.sections.len()],
        header_bytes: bytes.to_vec().into(),
        body: body.to_vec().into(),
        header,
    };
    let event = codec::decode(&record, &Closed).map_err(|error| unreadable(&error))?;
    let Header { recorded_at, stream, version, request_index, source, .. } = record.header;
    let position = record.position;
    Ok(Recorded {
        position,
        recorded_at,
        stream,
        version,
        request_index,
        source,
        event,
        keys: None,
        email: None,
        aside: None,
    })
}

fn unreadable(error: &CodecError) -> String {
    match error {
        CodecError::UnknownType { code, .. } => {
            format!("cette version du logiciel ne connaît pas les événements du type {code}")
        }
        CodecError::UnknownSchema { code, schema, .. } => format!(
            "cette version du logiciel ne connaît pas la version {schema} des événements du type {code}"
        ),
        CodecError::Malformed { .. } | CodecError::Section { .. } | CodecError::Hidden => {
            "son contenu n'a pas la forme qu'annonce son type".to_owned()
        }
    }
}

pub(super) fn instant(micros: i64) -> String {
    grpc::times::of_instant(Instant(micros))
}
