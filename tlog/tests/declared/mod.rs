//! Events as a ledger writes them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::common::{NOON, SEGMENT};
use domain::dossier::{Field, check, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, RequestId, RunId, Source};
use ledger::random::SeededRandom;
use ledger::{Ledger, ManualClock, Options, RequestMeta};
use std::sync::Arc;

/// Learners of the logs; each says something new in turn.
const LEARNERS: u64 = 12;

/// How the ledgers are opened. Their clock stands: what is written says when.
pub(crate) fn options() -> Options {
    Options {
        clock: Arc::new(ManualClock::new(Instant(NOON))),
        random: Arc::new(SeededRandom::new(1)),
        segment_bytes: SEGMENT,
        ..Options::default()
    }
}

/// Declares a learner, or another telephone number of one: one event.
pub(crate) async fn declare(ledger: &Ledger, number: u64) {
    let source = Source::parse("erp-one").unwrap();
    let learner = number % LEARNERS;
    let row = example_row()
        .with(Field::IdErpApprenant, &format!("L-{learner}"))
        .with(Field::NomApprenant, &format!("NOM{learner}"))
        .with(Field::IneApprenant, "")
        .with(Field::ContratDateDebut, "")
        .with(Field::ContratDateFin, "")
        .with(Field::TelApprenant, &format!("06{number:08}"));
    let declaration = check(&row, "2026-10-01".parse().unwrap()).unwrap();
    let (training, id_erp) = (&declaration.training, &declaration.identity.id_erp);
    let (names, certification) = (ledger.names(), &training.certification);
    let uai = &training.trainer.uai;
    let key = names.enrolment(&source, uai, id_erp, certification, training.entry_on);
    let lookup = names.lookup(&source, id_erp, certification);
    let extracted_at = Instant(NOON + number as i64 * 1_000_000);
    let provenance = Provenance {
        run: RunId([number as u8; 16]),
        extracted_at,
        full: false,
        stated: Stated::Everything,
    };
    let command = Command::Declare {
        declaration,
        lookup,
        provenance,
        settled: Vec::new(),
        held: Vec::new(),
        unseen_since: None,
    };
    let mut id = [3; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let digest = [number as u8; 16];
    let meta = RequestMeta { source, actor: String::new(), request_id: RequestId(id), digest };
    ledger.execute(meta, key, command).await.unwrap();
}
