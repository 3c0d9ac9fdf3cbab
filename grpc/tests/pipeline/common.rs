//! Rows and runs for the tests.

use crate::book::MemoryBook;
use access::keyring::{Keyring, NewKey};
use access::{Call, Establishment, Gate, Role, Scope, Sources, Tenant};
use domain::dossier::example_row;
use domain::dossier::{Field, RawDossier, RawValue};
use domain::identifiers::{Siret, Uai};
use domain::ids::{Instant, Source};
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

    pub(crate) async fn push_as(
        &self,
        tenant: &Tenant,
        run: &RunDeclaration,
        rows: &[RawDossier],
    ) -> Pushed {
        self.pipeline.push(tenant, part(run, rows, 0, false)).await.unwrap()
    }

    pub(crate) fn events(&self) -> usize {
        self.book.log().len()
    }
}

/// Somebody who may push anything, as a door made for the tests admits them.
pub(crate) fn local() -> Tenant {
    static LOCAL: LazyLock<Tenant> = LazyLock::new(|| {
        admitted(|keys| {
            let file = keys.local(Instant(0)).unwrap().unwrap();
            std::fs::read_to_string(file).unwrap()
        })
    });
    LOCAL.clone()
}

/// A sender of the school's source, for establishments that have the SIRET of the example.
pub(crate) fn sender(uais: &[&str]) -> Tenant {
    let row = example_row();
    let Some(RawValue::Text(siret)) = row.get(Field::EtablissementFormateurSiret) else { panic!() };
    let siret = Siret::parse(siret).unwrap();
    let establishment = |uai: &&str| Establishment { uai: Uai::parse(uai).unwrap(), siret };
    let new = NewKey {
        name: "a sender".into(),
        environment: "test".into(),
        role: Role::CfaDeposit,
        scope: Scope::Establishments(uais.iter().map(establishment).collect()),
        sources: Sources::Only([Source::parse("cfa.nord").unwrap()].into()),
        days: 1,
        calls_per_minute: None,
    };
    admitted(|keys| keys.create(new, Instant(0)).unwrap().text().to_owned())
}

fn admitted(key: impl FnOnce(&Keyring) -> String) -> Tenant {
    let (folder, now) = (tempfile::tempdir().unwrap(), Instant(0));
    let key = key(&Keyring::of(folder.path()));
    let gate = Gate::open(folder.path()).unwrap();
    let known = gate.recognise(Some(key.trim()), [127, 0, 0, 1].into(), now).unwrap();
    gate.admit(known, Call::BatchPushDossiers, None, now).unwrap()
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
