//! What is derived can be deleted: one command brings back the same bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use common::views::Views;
use proto::v1::{Dossier, RowOutcome, RunExtent};
use std::path::Path;

/// Learners pushed every night.
const LEARNERS: usize = 150;
/// Nights.
const NIGHTS: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn deleted_views_come_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fill(&data).await;
    let views = data.join("views");
    let before = Views::read(&views).await;
    println!("{} view files, {} SQL rows", before.files.len(), before.rows());
    assert!(before.files.values().any(|bytes| !bytes.is_empty()), "no view file holds anything");
    assert!(before.rows() > LEARNERS, "the SQL views hold {} rows", before.rows());

    std::fs::remove_dir_all(&views).unwrap();
    server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);

    let after = Views::read(&views).await;
    before.must_equal(&after);
    let server = Server::start(&data).await;
    assert!(server.stop().success());
    before.must_equal(&Views::read(&views).await);
}

/// Nights of changes: new telephones, ruptures, corrected start dates, a rupture
/// that vanishes, a learner who leaves the export.
async fn fill(data: &Path) {
    let mut random = Random::announced("derived_folders");
    let mut dossiers = rows::learners(&mut random, LEARNERS);
    for night in 1..=NIGHTS {
        let server = Server::start(data).await;
        let channel = server.channel().await;
        change(&mut random, &mut dossiers, night);
        let at = format!("2025-10-{night:02}T03:00:00Z");
        let run = Run::new(&mut random, "derived", RunExtent::Full, &at, dossiers.clone());
        let answers = client::push(&channel, &run, LEARNERS).await;
        assert!(client::count(&answers, RowOutcome::Written) > 0, "night {night}");
        let head = client::head(&channel).await.position;
        let time = proto::v1::TimeQuery { min_position: head, ..Default::default() };
        let request = proto::v1::ComputeHeadcountRequest { time: Some(time), ..Default::default() };
        client::dashboard(&channel).compute_headcount(request).await.unwrap();
        assert!(server.stop().success());
    }
}

fn change(random: &mut Random, dossiers: &mut Vec<Dossier>, night: u32) {
    let night = night as usize;
    for (rank, dossier) in dossiers.iter_mut().enumerate() {
        if rank % NIGHTS as usize == night {
            dossier.tel_apprenant = Some(rows::phone(random));
        }
        if rank % 10 == night {
            dossier.contrat_date_rupture = Some(format!("2025-09-{:02}", 10 + night));
        }
        if rank % 17 == night {
            dossier.contrat_date_debut = Some("2025-09-08".to_owned());
        }
    }
    dossiers[1].contrat_date_rupture = None;
    dossiers.truncate(LEARNERS + 1 - night);
}
