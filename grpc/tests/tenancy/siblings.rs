//! Two CFAs under one source: neither sees the runs of the other, nor their refused rows.

use crate::house::now;
use crate::raw::{Answer, connect};
use crate::town::{Cfa, Town, declaration, key_of, row};
use access::{Call, Role, Scope};
use domain::dossier::{Field, RawDossier};
use grpc::client::{Client, Credential, Keyed};
use prost::Message;
use proto::v1 as wire;
use uuid::Uuid;

/// Somebody of some of the CFAs, under the source of the northern one.
async fn of(town: &Town, role: Role, cfas: &[&Cfa]) -> (Keyed, Client) {
    let scopes = cfas.iter().map(|cfa| key_of(role, cfa).scope);
    let named = scopes.flat_map(|scope| match scope {
        Scope::Establishments(named) => named,
        other => panic!("{other}"),
    });
    let mut new = key_of(role, &town.north);
    new.scope = Scope::Establishments(named.collect());
    let key = town.server.keys.create(new, now()).unwrap();
    tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    let credential = Credential::new(key.text()).unwrap();
    let client = Client::connect(&town.server.address, credential.clone()).await.unwrap();
    (connect(&town.server.address, credential).await, client)
}

async fn get(town: &Town, who: &Keyed, name: &str) -> Answer {
    let asked = wire::GetPushRunRequest { name: name.to_owned() };
    town.call(who, Call::GetPushRun, asked.encode_to_vec()).await
}

/// The names of the runs that somebody lists, in pages of one.
async fn listed(town: &Town, who: &Keyed) -> Vec<String> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = wire::ListPushRunsRequest { page_size: 1, page_token, ..Default::default() };
        let answer = town.call(who, Call::ListPushRuns, asked.encode_to_vec()).await;
        let answer: wire::ListPushRunsResponse = answer.read();
        names.extend(answer.push_runs.into_iter().map(|run| run.name));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

/// The runs of the refused rows that somebody lists, in pages of one.
async fn refused(town: &Town, who: &Keyed) -> Vec<String> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = wire::ListRefusedRowsRequest { page_size: 1, page_token, ..Default::default() };
        let answer = town.call(who, Call::ListRefusedRows, asked.encode_to_vec()).await;
        let answer: wire::ListRefusedRowsResponse = answer.read();
        names.extend(answer.refused_rows.into_iter().map(|row| row.push_run));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

/// Pushes a good row of a CFA and a bad one, under the source of the northern one.
async fn push(town: &Town, client: &Client, cfa: &Cfa) -> String {
    let broken = row(cfa, 21).with(Field::DateEntreeFormation, "");
    let rows: [RawDossier; 2] = [row(cfa, 20), broken];
    let run = declaration(&town.north, Uuid::new_v4(), rows.len());
    client.push(&run, &rows, |_| {}).await.unwrap().run.name
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_under_one_source_are_seen_by_who_speaks_for_all_for_whom_they_spoke() {
    let town = Town::build().await;
    let (north, south) = (&town.north, &town.south);
    let (group, group_client) = of(&town, Role::CfaDeposit, &[north, south]).await;
    let (deposit, north_client) = of(&town, Role::CfaDeposit, &[north]).await;
    let (reader, _) = of(&town, Role::CfaReading, &[north]).await;
    // The source was another CFA's once.
    let (stranger, _) = of(&town, Role::CfaReading, &[south]).await;
    let own = push(&town, &north_client, north).await;
    assert!(listed(&town, &stranger).await.is_empty());
    let both = push(&town, &group_client, south).await;
    let later = push(&town, &north_client, north).await;
    for who in [&deposit, &reader] {
        assert_eq!(listed(&town, who).await, [&later, &own, &north.run].map(String::clone));
        assert_eq!(refused(&town, who).await, [&later, &own].map(String::clone));
        assert!(get(&town, who, &own).await.missing().is_none());
    }
    assert_eq!(listed(&town, &group).await.len(), 4);
    assert_eq!(refused(&town, &group).await.len(), 3);
    assert!(listed(&town, &stranger).await.is_empty());
    assert!(refused(&town, &stranger).await.is_empty());
    let nobodys = format!("pushRuns/{}/{}", north.source, Uuid::new_v4());
    for (who, foreign) in [(&stranger, &own), (&stranger, &both), (&deposit, &both)] {
        let there = get(&town, who, foreign).await;
        assert_eq!(there.missing().as_ref(), Some(foreign));
        let not_there = get(&town, who, &nobodys).await;
        let told = |answer: Answer, name: &str| {
            String::from_utf8_lossy(&answer.bytes()).replace(name, "NAME")
        };
        let (there, not_there) = (told(there, foreign), told(not_there, &nobodys));
        assert_eq!(there, not_there);
    }
    town.server.stop().await;
}
