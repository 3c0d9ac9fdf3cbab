//! cqrs-es with postgres-es, as its documentation has it: create a contract, amend it twice.

use crate::postgres::{Database, PostgresServer, json};
use bench::BenchError;
use bench::harness::{Cell, Room, Unit};
use bench::load::{Client, drive, name, on_workers};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What the table calls it.
pub const NAME: &str = "cqrs-es + postgres-es: create + 2 commands, 16 tasks";
/// Tasks, and connections.
const TASKS: u32 = 16;
/// Commands of one aggregate: the first creates it.
const COMMANDS: u64 = 3;

/// A contract.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contract {
    declared: bool,
    amended: u32,
}

#[derive(Debug)]
enum Command {
    Declare(String),
    Amend(String),
}

/// About 300 bytes of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Event {
    ContractDeclared(serde_json::Value),
    ContractAmended(serde_json::Value),
}

#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::ContractDeclared(_) => "ContractDeclared",
            Self::ContractAmended(_) => "ContractAmended",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Contract {
    const TYPE: &'static str = "contract";
    type Command = Command;
    type Event = Event;
    type Error = Refused;
    type Services = ();

    async fn handle(
        &mut self,
        command: Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refused> {
        let read =
            |text: String| serde_json::from_str(&text).map_err(|error| Refused(error.to_string()));
        let event = match command {
            Command::Declare(_) if self.declared => return Err(Refused("declared".to_owned())),
            Command::Declare(terms) => Event::ContractDeclared(read(terms)?),
            Command::Amend(_) if !self.declared => return Err(Refused("unknown".to_owned())),
            Command::Amend(terms) => Event::ContractAmended(read(terms)?),
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::ContractDeclared(_) => self.declared = true,
            Event::ContractAmended(_) => self.amended += 1,
        }
    }
}

/// A task with contracts of its own.
struct Task {
    framework: Arc<PostgresCqrs<Contract>>,
    rank: u64,
    asked: u64,
}

impl Client for Task {
    type Request = (String, Command);

    fn next(&mut self) -> Option<Self::Request> {
        let contract = name(self.rank, self.asked / COMMANDS);
        let id: String = contract.iter().map(|byte| format!("{byte:02x}")).collect();
        let terms = json(&name(self.rank, self.asked));
        let first = self.asked.is_multiple_of(COMMANDS);
        self.asked += 1;
        Some((id, if first { Command::Declare(terms) } else { Command::Amend(terms) }))
    }

    async fn ask(&mut self, (contract, command): Self::Request) -> Result<u64, BenchError> {
        self.framework.execute(&contract, command).await.map_err(BenchError::failed)?;
        Ok(1)
    }
}

/// Commands a second.
pub fn commands(on: &Rc<PostgresServer>) -> Cell {
    let on = Rc::clone(on);
    Cell::new(NAME, Unit::PerSecond, move |room: &Room| {
        let database = Database::make(&on, &room.clients)?;
        let runtime = Arc::clone(&room.clients);
        let options = PgPoolOptions::new().max_connections(TASKS).min_connections(TASKS);
        let pool = runtime.block_on(options.connect(&database.url)).map_err(BenchError::failed)?;
        let framework = Arc::new(postgres_cqrs(pool, Vec::new(), ()));
        let task = |rank| Task { framework: Arc::clone(&framework), rank, asked: 0 };
        let mut tasks: Vec<Task> = (1..=u64::from(TASKS)).map(task).collect();
        Ok(move |length: Duration| {
            let _serving = &database;
            on_workers(&runtime, drive(std::mem::take(&mut tasks), length))
        })
    })
}
