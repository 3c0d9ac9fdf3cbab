//! A server inside the test, so that its clock can be set.

use super::client::{Channel, Key};
use chrono::DateTime;
use domain::ids::Instant;
use ledger::time::ManualClock;
use registre::wiring::{Front, House, Served};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tonic::transport::Endpoint;

/// A server on a folder of its own, with a clock that stands still until it is set.
pub struct Node {
    /// A connection to it.
    pub channel: Channel,
    /// Where it listens, for `--to`.
    pub url: String,
    clock: Arc<ManualClock>,
    served: Served,
    house: House,
    folder: TempDir,
}

impl Node {
    /// Starts it on an empty folder.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let house = House::open(&folder.path().join("data"), clock.clone()).await.unwrap();
        let served = house.serve(Front::local("127.0.0.1:0".parse().unwrap())).await.unwrap();
        let url = format!("http://{}", served.address);
        let channel = Endpoint::from_shared(url.clone()).unwrap().connect().await.unwrap();
        let channel = Key::local(&folder.path().join("data")).on(channel);
        Self { channel, url, clock, served, house, folder }
    }

    /// The key that its commands show, for `--key-file`.
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("data/access/local.key")
    }

    /// Sets the ledger's clock to an RFC 3339 instant.
    pub fn set_clock(&self, at: &str) {
        let at = DateTime::parse_from_rfc3339(at).unwrap();
        self.clock.set(Instant(at.timestamp_micros()));
    }

    /// Stops it.
    pub async fn stop(self) {
        let Self { channel, served, house, .. } = self;
        drop(channel);
        served.stop().await.unwrap();
        house.close().await;
    }
}
