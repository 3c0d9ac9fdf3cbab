//! Rows and runs for the tests.

use crate::book::MemoryBook;
use access::keyring::Keyring;
use access::{Call, Gate, Tenant};
use domain::dossier::example_row;
use domain::dossier::{Field, RawDossier};
use domain::ids::Instant;
use grpc::convert::dossier::to_message;
use grpc::errors::Failure;
use grpc::push::{Outcome, Part, Pipeline, Pushed};
use proto::v1::{DossierRow, RunDeclaration, RunExtent};
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

/// Dossiers of the registries in memory: a source that pushes between two pushes of another makes
/// room for itself.
const ROOM: usize = 2;

pub(crate) struct School {
    pub(crate) book: Arc<MemoryBook>,
    pub(crate) pipeline: Pipeline<MemoryBook>,
}

impl School {
    pub(crate) fn new() -> Self {
        let book = Arc::new(MemoryBook::default());
        let pipeline = Pipeline::with_room(Arc::clone(&book), ROOM);
        Self { book, pipeline }
    }

    /// The same log under a pipeline that has to fold it again.
    pub(crate) fn restart(&mut self) {
        self.pipeline = Pipeline::with_room(Arc::clone(&self.book), ROOM);
    }

    pub(crate) async fn push(&self, run: &RunDeclaration, rows: &[RawDossier]) -> Pushed {
        self.try_push(run, rows).await.unwrap()
    }

    pub(crate) async fn try_push(
        &self,
        run: &RunDeclaration,
        rows: &[RawDossier],
    ) -> Result<Pushed, Failure> {
        self.pipeline.push(&local(), part(run, rows, 0, false)).await
    }

    pub(crate) fn events(&self) -> usize {
        self.book.log().len()
    }
}

/// Somebody who may push anything, as a door made for the tests admits them.
pub(crate) fn local() -> Tenant {
    static LOCAL: LazyLock<Tenant> = LazyLock::new(|| {
        let (folder, now) = (tempfile::tempdir().unwrap(), Instant(0));
        let file = Keyring::of(folder.path()).local(now).unwrap().unwrap();
        let (gate, key) =
            (Gate::open(folder.path()).unwrap(), std::fs::read_to_string(file).unwrap());
        let known = gate.recognise(Some(key.trim()), [127, 0, 0, 1].into(), now).unwrap();
        gate.admit(known, Call::BatchPushDossiers, None, now).unwrap()
    });
    LOCAL.clone()
}

pub(crate) fn part(run: &RunDeclaration, rows: &[RawDossier], first_row: u32, more: bool) -> Part {
    let rows = rows.iter().map(|raw| DossierRow::of(&to_message(raw).unwrap())).collect();
    Part { run: Some(run.clone()), rows, first_row, more }
}

/// A run extracted on that day of October 2025.
pub(crate) fn run(day: u32, extent: RunExtent, rows: usize) -> RunDeclaration {
    RunDeclaration {
        run_id: Uuid::from_u128(u128::from(day) << 64 | rows as u128).to_string(),
        source: "cfa.nord".into(),
        software: "test 1".into(),
        extracted_at: format!("2025-10-{day:02}T02:00:00Z"),
        extent: extent as i32,
        row_count: (extent == RunExtent::Full).then_some(rows as u32),
        proofs: false,
    }
}

pub(crate) fn full(day: u32, rows: usize) -> RunDeclaration {
    run(day, RunExtent::Full, rows)
}

pub(crate) fn partial(day: u32) -> RunDeclaration {
    run(day, RunExtent::Partial, 0)
}

/// The n-th learner of the school.
pub(crate) fn learner(n: usize) -> RawDossier {
    example_row().with(Field::IdErpApprenant, &format!("L{n}"))
}

pub(crate) fn learners(n: usize) -> Vec<RawDossier> {
    (0..n).map(learner).collect()
}

pub(crate) fn broken(n: usize) -> RawDossier {
    learner(n).with(Field::ContratDateRupture, "2025-03-10")
}

pub(crate) fn outcomes(pushed: &Pushed) -> Vec<Outcome> {
    pushed.rows.iter().map(|row| row.outcome).collect()
}

pub(crate) fn count(pushed: &Pushed, outcome: Outcome) -> usize {
    pushed.rows.iter().filter(|row| row.outcome == outcome).count()
}
