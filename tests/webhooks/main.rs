//! Providers of signatures tell the ledger what became of one, over HTTP: whatever they send, in whatever order and
//! however often, the log holds each signature once, and nothing that was not asked for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod world;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use world::{
    Message, NOW, PARTIES, World, body, message, public, refusal, registre, secret, signed, told,
};

/// What the provider's acts are written as.
fn by_provider(events: &[&str]) -> Vec<(String, String)> {
    events.iter().map(|event| ((*event).to_owned(), "provider/signe-ici".to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_signs_once_however_often_and_whenever_it_comes() {
    let world = Arc::new(World::new().await);
    let name = world.to_be_signed().await;
    let first = message("msg_1", &body(&name, 0));
    let recorded = world.send(&first).await;
    assert_eq!(recorded.told(), told(200, "recorded", ""));
    assert_eq!(world.send(&first).await, recorded);
    // A retry is signed anew, at its time.
    let retry = signed(1, "msg_1", NOW + 60, &first.body);
    assert_eq!(world.send(&retry).await, recorded);
    // Eight at once.
    let second = Arc::new(message("msg_2", &body(&name, 1)));
    let sending = (0..8).map(|_| {
        let (world, second) = (Arc::clone(&world), Arc::clone(&second));
        tokio::spawn(async move { world.send(&second).await })
    });
    let mut at_once = Vec::new();
    for sent in sending.collect::<Vec<_>>() {
        at_once.push(sent.await.unwrap());
    }
    assert!(at_once.iter().all(|one| one.status == 200 && *one == at_once[0]), "{at_once:?}");
    assert_ne!(at_once[0], recorded);
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned", "PartySigned"]));
    let world = Arc::into_inner(world).unwrap().restarted().await;
    assert_eq!(world.send(&first).await, recorded);
    assert_eq!(world.send(&second).await, at_once[0]);
    // The same id with other words is another message.
    let other = message("msg_1", &body(&name, 2));
    assert_eq!(world.send(&other).await.told(), told(409, "REQUEST_ID_REUSED", ""));
    let last = message("msg_3", &body(&name, 2));
    assert_eq!(world.send(&last).await.told(), told(200, "recorded", ""));
    let all = ["PartySigned", "PartySigned", "PartySigned", "FullySigned"];
    assert_eq!(world.written(&name).await, by_provider(&all));
    // Whoever has the bundle checks them again, by the key that they were given and no other.
    let (right, wrong) = (format!("signe-ici={}", public(1)), format!("signe-ici={}", public(2)));
    let count = |text: &str, what: &str| text.matches(what).count();
    let (code, told) = world.verified(&name, &[&right]);
    assert_eq!((code, count(&told, "Signature vérifiée.")), (0, 3), "{told}");
    let (code, told) = world.verified(&name, &[]);
    assert_eq!((code, count(&told, "Signature non vérifiée")), (0, 3), "{told}");
    let (code, told) = world.verified(&name, &[&wrong]);
    assert_eq!((code, count(&told, "REFUSÉ")), (1, 1), "{told}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_out_of_order_is_refused_and_writes_nothing() {
    let world = World::new().await;
    let name = world.to_be_signed().await;
    let signs = message("msg_1", &body(&name, 0));
    assert_eq!(world.send(&signs).await.told(), told(200, "recorded", ""));
    // A refusal after the signature.
    let refuses = message("msg_2", &refusal(&name, 0));
    assert_eq!(world.send(&refuses).await.told(), told(409, "ALREADY_SO", ""));
    // The signature under a new id.
    let again = message("msg_3", &body(&name, 0));
    assert_eq!(world.send(&again).await.told(), told(409, "ALREADY_SO", ""));
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned"]));
    // A signature after a refusal, of the same party and of another.
    let refuses = message("msg_4", &refusal(&name, 1));
    let recorded = world.send(&refuses).await;
    assert_eq!(recorded.told(), told(200, "recorded", ""));
    assert_eq!(world.send(&refuses).await, recorded);
    for (id, rank) in [("msg_5", 1), ("msg_6", 2)] {
        let late = message(id, &body(&name, rank));
        assert_eq!(world.send(&late).await.told(), told(409, "NOT_ALLOWED", ""));
    }
    let written = by_provider(&["PartySigned", "SignatureRefused"]);
    assert_eq!(world.written(&name).await, written);
    // The form is opened again: nothing is asked for, then it is for the second time.
    world.reopen(&name).await;
    let old = message("msg_7", &body(&name, 2));
    assert_eq!(world.send(&old).await.told(), told(409, "SIGNATURE_REFUSED", "document"));
    world.ask(&name).await;
    for older in [body(&name, 2), refusal(&name, 2)] {
        let old = message("msg_8", &older);
        assert_eq!(world.send(&old).await.told(), told(409, "SIGNATURE_REFUSED", "request"));
    }
    assert_eq!(world.written(&name).await, []);
    let mut new = body(&name, 2);
    new["request"] = 2.into();
    assert_eq!(world.send(&message("msg_9", &new)).await.told(), told(200, "recorded", ""));
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned"]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_providers_or_not_of_now_is_refused_before_it_is_read() {
    let world = World::new().await;
    let name = world.to_be_signed().await;
    let right = message("msg_1", &body(&name, 0));
    let without = |at: usize| {
        let mut message = right.clone();
        message.headers.remove(at);
        message
    };
    let twice = |at: usize| {
        let mut message = right.clone();
        message.headers.push(message.headers[at].clone());
        message
    };
    let with = |at: usize, value: &str| {
        let mut message = right.clone();
        message.headers[at].1 = value.to_owned();
        message
    };
    let other = message("msg_2", &body(&name, 1));
    let altered = right.body.replace("employer", "guardian");
    let old = |seconds: i64| signed(1, "msg_1", NOW + seconds, &right.body);
    let header = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let shared = secret(1).to_bytes();
    let symmetric = format!("v1,{}", seal::hex(&shared));
    for (wrong, field) in [
        (signed(2, "msg_1", NOW, &right.body), header[2]),
        (Message { body: altered, ..right.clone() }, header[2]),
        (Message { body: format!("{} ", right.body), ..right.clone() }, header[2]),
        (Message { body: "{".to_owned(), ..right.clone() }, header[2]),
        (with(0, "msg_2"), header[2]),
        (with(1, &(NOW + 1).to_string()), header[2]),
        (with(2, &other.headers[2].1), header[2]),
        (Message { headers: other.headers.clone(), ..right.clone() }, header[2]),
        (with(2, &symmetric), header[2]),
        (with(0, "msg.1"), header[0]),
        (with(1, "now"), header[1]),
        (old(-301), header[1]),
        (old(301), header[1]),
        (without(0), header[0]),
        (without(1), header[1]),
        (without(2), header[2]),
        (twice(0), header[0]),
        (twice(1), header[1]),
        (twice(2), header[2]),
    ] {
        let answer = world.send(&wrong).await;
        assert_eq!(answer.told(), told(401, "UNAUTHENTICATED", field), "{wrong:?}");
        assert_eq!(answer.kind, "application/problem+json");
        let text = |key: &str| answer.body[key].as_str().unwrap().to_owned();
        assert!(!text("detail").is_empty() && text("detail") != text("detail_fr"));
        assert_eq!(answer.body["status"], 401);
    }
    assert_eq!(world.written(&name).await, []);
    assert_eq!(world.send(&old(-300)).await.told(), told(200, "recorded", ""));
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned"]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_heard_while_it_is_registered_and_under_its_key() {
    let world = World::new().await;
    let name = world.to_be_signed().await;
    let data = world.data();
    let signs = message("msg_1", &body(&name, 0));
    let elsewhere = Message { provider: "ailleurs".to_owned(), ..signs.clone() };
    assert_eq!(world.send(&elsewhere).await.told(), told(404, "NOT_FOUND", ""));
    registre(&["provider", "remove", "signe-ici", "--data", &data]);
    world.moment().await;
    assert_eq!(world.send(&signs).await.told(), told(404, "NOT_FOUND", ""));
    world.trust("signe-ici", 2).await;
    let stolen = world.send(&signs).await.told();
    assert_eq!(stolen, told(401, "UNAUTHENTICATED", "webhook-signature"), "it has a new key");
    assert_eq!(world.written(&name).await, []);
    let signs = signed(2, "msg_1", NOW, &signs.body);
    assert_eq!(world.send(&signs).await.told(), told(200, "recorded", ""));
    // Another provider does not speak for who was to sign at this one.
    world.trust("ailleurs", 3).await;
    for said in [body(&name, 1), refusal(&name, 1)] {
        let other = signed(3, "msg_2", NOW, &said.to_string());
        let other = Message { provider: "ailleurs".to_owned(), ..other };
        assert_eq!(world.send(&other).await.told(), told(409, "SIGNATURE_REFUSED", ""));
    }
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned"]));
    let listed = registre(&["provider", "list", "--data", &data]);
    assert!(listed.contains(&public(2)) && listed.contains("advanced"), "{listed}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_changes_its_key_and_no_message_of_either_is_lost_in_between() {
    let world = World::new().await;
    let name = world.to_be_signed().await;
    let data = world.data();
    world.trust("signe-ici", 2).await;
    let listed = registre(&["provider", "list", "--data", &data]);
    assert!(listed.contains(&public(1)) && listed.contains(&public(2)), "{listed}");
    // Each key signs alone.
    let old = message("msg_1", &body(&name, 0));
    let new = signed(2, "msg_2", NOW, &body(&name, 1).to_string());
    for message in [&old, &new] {
        assert_eq!(world.send(message).await.told(), told(200, "recorded", ""));
    }
    registre(&["provider", "remove", "signe-ici", "--data", &data, "--key", &public(1)]);
    world.moment().await;
    let late = message("msg_3", &body(&name, 2));
    let refused = told(401, "UNAUTHENTICATED", "webhook-signature");
    assert_eq!(world.send(&late).await.told(), refused);
    let last = signed(2, "msg_3", NOW, &late.body);
    assert_eq!(world.send(&last).await.told(), told(200, "recorded", ""));
    let all = ["PartySigned", "PartySigned", "PartySigned", "FullySigned"];
    assert_eq!(world.written(&name).await, by_provider(&all));
    // Whoever has the bundle checks each by the key that it was signed with.
    let keys = [1, 2].map(|seed| format!("signe-ici={}", public(seed)));
    let (code, said) = world.verified(&name, &[&keys[0], &keys[1]]);
    assert_eq!((code, said.matches("Signature vérifiée.").count()), (0, 3), "{said}");
    let (code, said) = world.verified(&name, &[&keys[1]]);
    assert!(code != 0, "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_signs_and_refuses_under_the_account_that_was_asked() {
    let world = World::new().await;
    let name = world.to_be_signed().await;
    let other = PARTIES[1].2;
    for (id, mut said) in [("msg_1", body(&name, 0)), ("msg_2", refusal(&name, 0))] {
        said["account"] = other.into();
        let answer = world.send(&message(id, &said)).await;
        assert_eq!(answer.told(), told(409, "SIGNATURE_REFUSED", ""));
        assert!(!answer.body.to_string().contains(other));
    }
    let mut nobody = body(&name, 0);
    nobody["party"] = "guardian".into();
    assert_eq!(
        world.send(&message("msg_3", &nobody)).await.told(),
        told(409, "SIGNATURE_REFUSED", "")
    );
    let mut elsewhere = body(&name, 0);
    elsewhere["contract"] = uuid::Uuid::new_v4().to_string().into();
    assert_eq!(world.send(&message("msg_4", &elsewhere)).await.told(), told(404, "NOT_FOUND", ""));
    for (field, value) in [
        ("type", "signature.done"),
        ("contract", "x"),
        ("party", "maire"),
        ("account", "zoe@exemple.fr"),
        ("document", "d0"),
        ("round", "zero"),
    ] {
        let mut wrong = body(&name, 0);
        wrong[field] = value.into();
        let answer = world.send(&message("msg_5", &wrong)).await;
        assert_eq!(answer.told(), told(400, "INVALID_FIELD", field), "{answer:?}");
    }
    let mut more = body(&name, 0);
    more["nom"] = "Zoé".into();
    assert_eq!(
        world.send(&message("msg_6", &more)).await.told(),
        told(400, "INVALID_FIELD", "body")
    );
    let mut with_nir = refusal(&name, 0);
    with_nir["reason"] = "mon numéro est 1 85 05 78 006 084 36".into();
    assert_eq!(
        world.send(&message("msg_7", &with_nir)).await.told(),
        told(400, "INVALID_FIELD", "reason")
    );
    assert_eq!(world.written(&name).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_too_slow_or_too_much_is_told_so_and_the_provider_is_heard_all_the_same() {
    let world = Arc::new(World::new().await);
    let name = world.to_be_signed().await;
    let most = grpc::limits::WEBHOOK_BYTES;
    let whole = body(&name, 0).to_string();
    // Spaces are JSON: as long as it may be, and one byte more.
    let long = |bytes: usize| format!("{whole}{}", " ".repeat(bytes - whole.len()));
    let answer = world.send(&signed(1, "msg_1", NOW, &long(most + 1))).await;
    assert_eq!(answer.told(), told(413, "INVALID_FIELD", "body"));
    let answer = world.send(&signed(1, "msg_1", NOW, &long(most))).await;
    assert_eq!(answer.told(), told(200, "recorded", ""));
    // A body that does not come to its end.
    let address =
        world.webhooks.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let slow = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "POST /signatures/signe-ici HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(3 * grpc::limits::WEBHOOK_BODY_TIMEOUT)).unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    });
    assert_eq!(slow.await.unwrap(), "HTTP/1.1 408 Re");
    let forged = signed(2, "msg_2", NOW, &whole);
    let mut waits = 0;
    for _ in 0..2 * grpc::limits::WEBHOOKS_REFUSED_PER_MINUTE {
        let answer = world.send(&forged).await;
        if answer.status == 429 {
            assert!(answer.retry_after);
            waits += 1;
        } else {
            assert_eq!(answer.status, 401);
        }
    }
    assert!(waits > 0);
    // More come from there than are read at once, and a provider is heard between them, at once.
    let over = Arc::new(AtomicBool::new(false));
    let flood = (0..2 * grpc::limits::WEBHOOKS_DOUBTED_AT_ONCE).map(|n| {
        let (world, over, mut forged) = (Arc::clone(&world), Arc::clone(&over), forged.clone());
        if n % 2 == 1 {
            forged.provider = "personne".to_owned();
        }
        tokio::spawn(async move {
            let mut waits = 0;
            while !over.load(Ordering::Relaxed) {
                waits += u32::from(world.send(&forged).await.status == 429);
            }
            waits
        })
    });
    let flood: Vec<_> = flood.collect();
    let right = message("msg_3", &body(&name, 1));
    for _ in 0..20 {
        let answer = world.send(&right).await;
        assert_eq!(answer.told(), told(200, "recorded", ""), "{answer:?}");
    }
    over.store(true, Ordering::Relaxed);
    let mut waits = 0;
    for sent in flood {
        waits += sent.await.unwrap();
    }
    assert!(waits > 0, "who forges is told to wait");
    assert_eq!(world.written(&name).await, by_provider(&["PartySigned", "PartySigned"]));
    let limits = world.client.limits().get_limits(proto::v1::GetLimitsRequest {}).await.unwrap();
    let limits: Vec<String> =
        limits.into_inner().limits.into_iter().map(|limit| limit.name).collect();
    for name in [
        "WEBHOOK_BYTES",
        "WEBHOOKS_PER_MINUTE",
        "WEBHOOK_TOLERANCE",
        "WEBHOOKS_AT_ONCE",
        "WEBHOOKS_DOUBTED_AT_ONCE",
    ] {
        assert!(limits.iter().any(|limit| limit == name), "{name}");
    }
    Arc::into_inner(world).unwrap().stop().await;
}
