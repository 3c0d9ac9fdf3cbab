//! The report of a receipt.

use super::Judged;
use super::told::{instant, of_event, of_tree};
use seal::envelope::Envelope;
use seal::receipt::{Proven, verify};
use seal::{Hash, Policy, hex};
use std::fmt::Write as _;
use uuid::Uuid;

/// Judges a receipt; of one among many a line is told.
pub(super) fn judge(bytes: &[u8], leaf: Option<Hash>, policy: &Policy, many: bool) -> Judged {
    match verify(bytes, leaf, policy) {
        Ok(proven) if many => Judged::Holds(title(&proven)),
        Ok(proven) => Judged::Holds(text(&proven)),
        Err(finding) => Judged::Wrong(vec![finding]),
    }
}

fn title(proven: &Proven) -> String {
    let Proven { index, checkpoint, .. } = proven;
    format!(
        "VALIDE : reçu de l'événement en position {} du registre {}",
        index + 1,
        checkpoint.origin
    )
}

/// What a receipt proves.
fn text(proven: &Proven) -> String {
    let Proven { index, leaf, header, checkpoint, cosigned } = proven;
    let mut text = format!("{}\n\n", title(proven));
    of_tree(checkpoint, cosigned, &mut text);
    let envelope = header.as_deref().and_then(|header| Envelope::parse(header).ok());
    if let (Some(header), Some(envelope)) = (header, &envelope) {
        let told = of_event(*index, header, None);
        let (event, request) =
            (Uuid::from_bytes(envelope.event_id), Uuid::from_bytes(envelope.request_id));
        let _ = writeln!(
            text,
            "\névénement {event}, {}, de rang {} du flux {}\nenregistré le {}\ndéclaré par {}, ligne {} de la \
             demande {request}\nempreinte SHA-256 de son contenu {}",
            told.kind,
            told.version,
            told.stream,
            instant(told.recorded_at),
            envelope.source,
            envelope.request_index,
            hex(&envelope.body_hash),
        );
    }
    let _ = write!(
        text,
        "empreinte de sa feuille {}\n\nCet événement est dans le registre, à cette position, tel que son empreinte le \
         dit. Un reçu ne contient ni le contenu de l'événement, ni ce qui le suit.",
        hex(leaf)
    );
    text
}
