//! One unary command after the other: checked, decided on the aggregate, durable, with a receipt.

use super::super::names;
use super::super::remote::SHARED;
use super::house::{Channel, House};
use super::pushes::{CLIENTS, Dossiers};
use crate::error::BenchError;
use crate::harness::{Cell, Room, Unit};
use crate::load::{Client, drive, name, on_workers};
use crate::premises::{Premises, Views};
use chrono::{Days, NaiveDate};
use domain::ids::RequestId;
use proto::v1::DeclareWithdrawalRequest;
use proto::v1::enrolment_service_client::EnrolmentServiceClient;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Enrolments declared beforehand for each second of a cell: a stream gets some twenty events, as
/// in the other cells, when 30,000 commands a second are carried out.
const ENROLMENTS_A_SECOND: f64 = 2_000.0;

pub(in super::super) fn cells(premises: &Arc<dyn Premises>, dossiers: &Rc<Dossiers>) -> [Cell; 2] {
    let cell = |name: &str, views: Views| {
        let (premises, dossiers) = (Arc::clone(premises), Rc::clone(dossiers));
        Cell::new(name, Unit::PerSecond, move |room: &Room| {
            let house = House::start(premises.as_ref(), &room.folder, views)?;
            let runtime = Arc::clone(&room.clients);
            let count = (ENROLMENTS_A_SECOND * room.length.as_secs_f64()) as usize;
            let pushing = house.connect(&runtime, CLIENTS)?;
            let enrolments = dossiers.fill(room, pushing, count.max(SHARED.load.in_flight))?;
            let channels = house.connect(&runtime, SHARED.connections)?;
            house.rest(views, &runtime, &channels[0])?;
            let mut clients = commanding(&channels, &enrolments);
            Ok(move |length: Duration| {
                let commands = on_workers(&runtime, drive(std::mem::take(&mut clients), length))?;
                house.rest(views, &runtime, &channels[0])?;
                Ok(commands)
            })
        })
    };
    [cell(names::COMMAND, Views::Fed), cell(names::COMMAND_LEFT, Views::Left)]
}

/// Clients that share the connections, each with enrolments of its own.
fn commanding(channels: &[Channel], enrolments: &[String]) -> Vec<Commanding> {
    let clients = SHARED.load.in_flight;
    let ranks = channels.iter().cycle().zip(0..clients);
    ranks
        .map(|(channel, rank)| Commanding {
            service: EnrolmentServiceClient::new(channel.clone()),
            rank: rank as u64 + 1,
            enrolments: enrolments.iter().skip(rank).step_by(clients).cloned().collect(),
            asked: 0,
        })
        .collect()
}

/// Declares withdrawals: to each of its enrolments in turn, each time of another day, so that each
/// writes one event.
struct Commanding {
    service: EnrolmentServiceClient<Channel>,
    rank: u64,
    enrolments: Vec<String>,
    asked: u64,
}

impl Client for Commanding {
    type Request = DeclareWithdrawalRequest;

    fn next(&mut self) -> Option<DeclareWithdrawalRequest> {
        let count = self.enrolments.len() as u64;
        let enrolment = self.enrolments.get(usize::try_from(self.asked % count.max(1)).ok()?)?;
        let first = NaiveDate::from_ymd_opt(2026, 1, 1)?;
        let on = first.checked_add_days(Days::new(self.asked / count))?;
        self.asked += 1;
        Some(DeclareWithdrawalRequest {
            enrolment: enrolment.clone(),
            request_id: RequestId(name(self.rank, self.asked)).to_string(),
            actor: "bench".to_owned(),
            on: on.to_string(),
        })
    }

    async fn ask(&mut self, request: DeclareWithdrawalRequest) -> Result<u64, BenchError> {
        let answer = self.service.declare_withdrawal(request).await.map_err(BenchError::failed)?;
        let receipt = answer.into_inner().receipt.unwrap_or_default();
        if receipt.position == 0 {
            return Err(BenchError::failed("a command was answered without a position"));
        }
        Ok(1)
    }
}
