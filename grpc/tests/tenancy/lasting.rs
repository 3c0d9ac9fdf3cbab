//! Streams end with the credential by which they were opened.

use crate::house::now;
use crate::town::{Town, declaration, key_of, row};
use access::Role;
use access::secret::ApiKey;
use grpc::client::{Client, Credential};
use grpc::convert::dossier::to_message;
use proto::v1 as wire;
use proto::v1::push_dossiers_request::Message;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

async fn client_of(town: &Town, role: Role) -> (ApiKey, Client) {
    let key = town.server.keys.create(key_of(role, &town.north), now()).unwrap();
    tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    let credential = Credential::new(key.text()).unwrap().because("contrôle");
    let client = Client::connect(&town.server.address, credential).await.unwrap();
    (key, client)
}

/// What ends because a credential did, or the test fails: no stream ends by itself so late.
async fn ended<T>(what: &str, ends: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(Duration::from_secs(60), ends).await;
    ended.unwrap_or_else(|_| panic!("{what} goes on a minute after its credential was revoked"))
}

fn expired(status: &Status) {
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    let info = status.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.reason, "CREDENTIAL_EXPIRED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_followed_ends_when_its_reader_may_not_read_it_any_more() {
    let town = Town::build().await;
    let (key, client) = client_of(&town, Role::Operator).await;
    let asked = wire::StreamRecordsRequest { follow: true, ..Default::default() };
    let mut stream = client.history().stream_records(asked).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    town.server.keys.revoke(key.id(), now()).unwrap();
    let to_its_end = async {
        loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "an end without a word"),
                Err(status) => break status,
            }
        }
    };
    expired(&ended("the log", to_its_end).await);
    let mut lines = Vec::new();
    access::log::read(town.folder(), |line| lines.push(line.clone())).unwrap();
    let read: Vec<_> = lines.iter().filter(|line| line.call == "StreamRecords").collect();
    assert_eq!((read.len(), read[0].role.as_str()), (1, "exploitation"));
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_being_received_ends_when_its_sender_may_not_push_any_more() {
    let town = Town::build().await;
    let (key, client) = client_of(&town, Role::CfaDeposit).await;
    let head = town.server.head().await;
    let (messages, stream) = mpsc::unbounded_channel();
    let send = |message| messages.send(wire::PushDossiersRequest { message: Some(message) });
    send(Message::Run(declaration(&town.north, Uuid::new_v4(), 2))).unwrap();
    let row = wire::DossierRow::of(&to_message(&row(&town.north, 20)).unwrap());
    send(Message::Row(row.clone())).unwrap();
    let answers = client.ingestion().push_dossiers(UnboundedReceiverStream::new(stream)).await;
    let mut answers = answers.unwrap().into_inner();
    town.server.keys.revoke(key.id(), now()).unwrap();
    expired(&ended("the push", answers.message()).await.unwrap_err());
    let _ = send(Message::Row(row));
    assert_eq!(town.server.head().await, head, "nothing was written");
    town.server.stop().await;
}
