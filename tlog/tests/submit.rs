//! The log asks a witness over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Log, fact, folder, witness};
use seal::{Kind, SignerKey, VerifierKey};
use std::sync::Arc;
use std::time::Duration;
use tlog::submit::{Remote, witnesses};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_the_key_that_is_asked_counts_and_no_other() {
    let folder = folder();
    let log = Log::open(&folder.path().join("data")).unwrap();
    let notary = Arc::new(log.notary(&folder.path().join("apart")).unwrap());
    log.write(&fact(0)).await;
    let signed = notary.sign().unwrap();
    let one = Arc::new(witness(&folder.path().join("witness"), notary.log()));
    let right = one.key().clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = tlog::witness::router(one);
    let serving = tokio::spawn(tlog::door::serve(listener, router, std::future::pending()));
    let ask = async |key: VerifierKey, url: &str| {
        let asked = witnesses(&[Remote { key, url: url.to_owned() }]).remove(0);
        let (notary, signed) = (Arc::clone(&notary), signed.clone());
        let asking = tokio::task::spawn_blocking(move || {
            let prove = |old| notary.consistency(old, signed.checkpoint.size);
            asked
                .cosign(&signed, &prove, Duration::from_secs(60))
                .map_err(|error| error.to_string())
        });
        asking.await.unwrap()
    };
    let line = ask(right.clone(), &url).await.unwrap();
    common::with_lines(&signed.text, &line).verify(&right).unwrap();
    // A key that was mistyped for another's, under the name of this one.
    let other = SignerKey::new(right.name(), Kind::Cosignature, &[1; 32]).unwrap();
    let said = ask(other.public().clone(), &url).await.unwrap_err();
    assert_eq!(said, format!("{url}: the witness signs with another key"));
    // An address where something else answers.
    let said = ask(right, &format!("{url}/else")).await.unwrap_err();
    assert_eq!(said, format!("{url}/else: the witness answered 404: "));
    serving.abort();
}
