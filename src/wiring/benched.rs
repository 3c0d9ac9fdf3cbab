//! The real server and its rows, as `bench` asks for them.

use super::{Front, House};
use crate::generator::{Settings, Simulation};
use bench::BenchError;
use bench::premises::{Premises, Serving, Views};
use domain::dossier::{Field, check};
use domain::runs::Extent;
use futures::future::BoxFuture;
use grpc::convert::dossier::to_message;
use ledger::notary;
use ledger::time::SystemClock;
use proto::v1::Dossier;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// A night in the middle of the simulated year: most dossiers have a contract, some a rupture.
const MIDDLE: u16 = 160;
/// Of the same seed the same dossiers.
const SEED: u64 = 1;

/// Serves as `registre serve` does, and invents dossiers as `registre demo` does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Benched;

impl Premises for Benched {
    fn serve<'a>(
        &'a self,
        folder: &'a Path,
        views: Views,
    ) -> BoxFuture<'a, Result<Serving, BenchError>> {
        Box::pin(async move {
            // What is benched leaves nothing beside its folder.
            let apart = folder.join("apart");
            // A log that was filled without a server has signed nothing yet.
            let new_key = !apart.exists();
            let seal = notary::Options { new_key, ..notary::Options::new(folder, &apart) };
            let house = House::open_sealed(folder, seal, Arc::new(SystemClock)).await;
            let house = house.map_err(|error| BenchError::Failed(format!("{error:#}")))?;
            let listen = SocketAddr::from(([127, 0, 0, 1], 0));
            let served = house.serve(Front::local(listen)).await;
            let served = served.map_err(|error| BenchError::Failed(format!("{error:#}")))?;
            if views == Views::Left {
                served.leave_views();
            }
            let file = folder.join("access/local.key");
            let key = fs_err::read_to_string(file).map_err(BenchError::failed)?.trim().to_owned();
            Ok(Serving { address: served.address, key, keep: Box::new((served, house)) })
        })
    }

    fn dossiers(&self, count: usize) -> Result<Vec<Dossier>, BenchError> {
        let too_many = || BenchError::Failed(format!("{count} dossiers are too many to invent"));
        // Some have left by then, and a few rows are refused.
        let apprentices = u32::try_from(count + count / 2 + 100).map_err(|_| too_many())?;
        let simulation = Simulation::new(Settings { apprentices, seed: SEED });
        let night = (MIDDLE..simulation.nights())
            .find(|night| simulation.pushes(*night).any(|push| push.extent == Extent::Full))
            .ok_or_else(too_many)?;
        let today = crate::console::today();
        let rows = simulation.pushes(night).flat_map(|push| push.rows);
        // Ids are those of one source each, and all sources of a run push all kinds of rows.
        let rows = (0_usize..)
            .zip(rows)
            .map(|(n, row)| row.with(Field::IdErpApprenant, &format!("B-{n}")));
        let taken = rows.filter(|row| check(row, today).is_ok()).take(count);
        let messages: Vec<Dossier> = taken
            .map(|row| to_message(&row).map_err(BenchError::failed))
            .collect::<Result<_, _>>()?;
        if messages.len() < count { Err(too_many()) } else { Ok(messages) }
    }
}
