//! `PushDossiers`: new dossiers, and the same again, unchanged.

use super::super::names;
use super::house::{Channel, House};
use crate::error::BenchError;
use crate::harness::{Cell, Room, Unit};
use crate::load::{Client, drive, name, on_workers};
use crate::premises::{Premises, Views};
use chrono::{SecondsFormat, TimeDelta, Utc};
use domain::ids::RunId;
use proto::v1::ingestion_service_client::IngestionServiceClient;
use proto::v1::{
    Dossier, DossierRow, PushDossiersRequest, RowAnswer, RowOutcome, RunDeclaration, RunExtent,
    push_dossiers_request::Message, push_dossiers_response,
};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Clients, each a source with a connection of its own.
pub(super) const CLIENTS: usize = 16;
/// Rows of a run.
const RUN_ROWS: usize = 100;
/// Rows made for each second of a cell. When they are all pushed the cell ends before its time.
const ROWS_A_SECOND: f64 = 20_000.0;
/// Rows at most: each takes some kilobytes of memory.
const ROWS_MOST: usize = 100_000;

/// What is pushed, made once.
pub(in super::super) struct Dossiers {
    premises: Arc<dyn Premises>,
    rows: OnceCell<Vec<Dossier>>,
}

impl Dossiers {
    pub(super) fn new(premises: Arc<dyn Premises>) -> Self {
        Self { premises, rows: OnceCell::new() }
    }

    /// All that a cell of this length can push.
    fn rows(&self, length: Duration) -> Result<&[Dossier], BenchError> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows);
        }
        let count = (ROWS_A_SECOND * length.as_secs_f64()) as usize;
        let rows = self.premises.dossiers(count.clamp(RUN_ROWS, ROWS_MOST))?;
        Ok(self.rows.get_or_init(|| rows))
    }

    /// Pushes the first `count` of them to an empty ledger; answers the names of the enrolments.
    pub(super) fn fill(
        &self,
        room: &Room,
        channels: Vec<Channel>,
        count: usize,
    ) -> Result<Vec<String>, BenchError> {
        let rows = self.rows(room.length)?;
        let rows = &rows[..count.min(rows.len())];
        let made: Arc<Mutex<Vec<String>>> = Arc::default();
        self.push(room, channels, rows, Pass::New, &made)?;
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *made))
    }

    /// Pushes rows, all of them.
    fn push(
        &self,
        room: &Room,
        channels: Vec<Channel>,
        rows: &[Dossier],
        pass: Pass,
        made: &Arc<Mutex<Vec<String>>>,
    ) -> Result<(), BenchError> {
        let clients = pushing(channels, rows, pass, made);
        on_workers(&room.clients, drive(clients, FOR_EVER)).map(drop)
    }
}

/// Until all is pushed.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// Which push of the same rows it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// The ledger knows none of them. Counts events.
    New,
    /// It knows all of it, since so many nights. Counts dossiers.
    Again(u8),
}

impl Pass {
    const fn outcome(self) -> RowOutcome {
        match self {
            Self::New => RowOutcome::Written,
            Self::Again(_) => RowOutcome::Unchanged,
        }
    }

    fn counts(self, answer: &RowAnswer) -> u64 {
        match self {
            Self::New => answer.events.len() as u64,
            Self::Again(_) => 1,
        }
    }
}

pub(in super::super) fn cells(premises: &Arc<dyn Premises>, dossiers: &Rc<Dossiers>) -> [Cell; 4] {
    let new = |[events, rows]: [&str; 2], views: Views| {
        let (premises, dossiers) = (Arc::clone(premises), Rc::clone(dossiers));
        let cell = Cell::new(events, Unit::PerSecond, move |room: &Room| {
            let house = House::start(premises.as_ref(), &room.folder, views)?;
            let runtime = Arc::clone(&room.clients);
            let channels = house.connect(&runtime, CLIENTS)?;
            let one = channels[0].clone();
            let made: Arc<Mutex<Vec<String>>> = Arc::default();
            let mut clients = pushing(channels, dossiers.rows(room.length)?, Pass::New, &made);
            Ok(move |length: Duration| {
                let events = on_workers(&runtime, drive(std::mem::take(&mut clients), length))?;
                house.rest(views, &runtime, &one)?;
                let rows = made.lock().unwrap_or_else(PoisonError::into_inner).len();
                Ok(events.with_beside(rows as f64))
            })
        });
        cell.with_beside(rows)
    };
    let again = |name: &str, nights: u8| {
        let (premises, dossiers) = (Arc::clone(premises), Rc::clone(dossiers));
        Cell::new(name, Unit::PerSecond, move |room: &Room| {
            let house = House::start(premises.as_ref(), &room.folder, Views::Fed)?;
            let runtime = Arc::clone(&room.clients);
            let channels = house.connect(&runtime, CLIENTS)?;
            dossiers.fill(room, channels.clone(), usize::MAX)?;
            let (rows, made) = (dossiers.rows(room.length)?, Arc::default());
            for night in 1..nights {
                dossiers.push(room, channels.clone(), rows, Pass::Again(night), &made)?;
            }
            house.rest(Views::Fed, &runtime, &channels[0])?;
            let mut clients = pushing(channels, rows, Pass::Again(nights), &made);
            Ok(move |length: Duration| {
                let _serving = &house;
                on_workers(&runtime, drive(std::mem::take(&mut clients), length))
            })
        })
    };
    [
        new(names::PUSH_NEW, Views::Fed),
        new(names::PUSH_NEW_LEFT, Views::Left),
        again(names::PUSH_SECOND, 1),
        again(names::PUSH_AGAIN, 2),
    ]
}

/// A source that pushes its runs one after the other.
struct Pushing {
    ingestion: IngestionServiceClient<Channel>,
    /// The last one first.
    runs: Vec<(RunDeclaration, Vec<Dossier>)>,
    pass: Pass,
    made: Arc<Mutex<Vec<String>>>,
}

/// Sources that push these rows, dealt in runs.
fn pushing(
    channels: Vec<Channel>,
    rows: &[Dossier],
    pass: Pass,
    made: &Arc<Mutex<Vec<String>>>,
) -> Vec<Pushing> {
    let mut clients: Vec<Pushing> = channels
        .into_iter()
        .map(|channel| Pushing {
            ingestion: IngestionServiceClient::new(channel),
            runs: Vec::new(),
            pass,
            made: Arc::clone(made),
        })
        .collect();
    let count = clients.len();
    for (number, rows) in rows.chunks(RUN_ROWS).enumerate() {
        let source = number % count;
        clients[source].runs.push(run(source, number as u64, rows, pass));
    }
    for client in &mut clients {
        client.runs.reverse();
    }
    clients
}

fn run(source: usize, number: u64, rows: &[Dossier], pass: Pass) -> (RunDeclaration, Vec<Dossier>) {
    let (of, ago) = match pass {
        Pass::New => (1 << 22, TimeDelta::hours(1)),
        Pass::Again(nights) => ((1 << 21) + u64::from(nights), TimeDelta::minutes(50)),
    };
    let declaration = RunDeclaration {
        run_id: RunId(name(of, number)).to_string(),
        source: format!("bench-{source}"),
        software: "registre bench".to_owned(),
        extracted_at: (Utc::now() - ago).to_rfc3339_opts(SecondsFormat::Micros, true),
        extent: RunExtent::Partial.into(),
        row_count: u32::try_from(rows.len()).ok(),
        proofs: false,
    };
    (declaration, rows.to_vec())
}

impl Client for Pushing {
    type Request = (RunDeclaration, Vec<Dossier>);

    fn next(&mut self) -> Option<Self::Request> {
        self.runs.pop()
    }

    async fn ask(&mut self, (declaration, dossiers): Self::Request) -> Result<u64, BenchError> {
        let due = dossiers.len();
        // Encoding is the client's work, and part of what is measured.
        let rows = dossiers.into_iter().map(|dossier| Message::Row(DossierRow::of(&dossier)));
        let sent = std::iter::once(Message::Run(declaration)).chain(rows);
        let sent = sent.map(|message| PushDossiersRequest { message: Some(message) });
        let answers = self.ingestion.push_dossiers(futures::stream::iter(sent)).await;
        let mut answers = answers.map_err(BenchError::failed)?.into_inner();
        let (mut rows, mut counted, mut closed) = (0, 0, false);
        let mut names = Vec::new();
        while let Some(answer) = answers.message().await.map_err(BenchError::failed)? {
            match answer.message {
                Some(push_dossiers_response::Message::Answer(answer)) => {
                    if answer.outcome() != self.pass.outcome() {
                        return Err(BenchError::Failed(format!("a row was answered {answer:?}")));
                    }
                    rows += 1;
                    counted += self.pass.counts(&answer);
                    names.push(answer.enrolment);
                }
                Some(push_dossiers_response::Message::Run(_)) => closed = true,
                None => return Err(BenchError::failed("an answer is empty")),
            }
        }
        if rows != due || !closed {
            return Err(BenchError::Failed(format!("{rows} answers to {due} rows")));
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        Ok(counted)
    }
}
