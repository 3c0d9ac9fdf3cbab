//! What this version cannot read is proven all the same.

use super::*;
use domain::ids::{Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey};
use ledger::ManualClock;
use ledger::journal::Journal;
use ledger::journal::memory::MemoryJournal;
use ledger::notary::{BundleRequest, Notary, Options};
use ledger::record::{AppendRequest, Expected, NewRecord, Origin};
use std::sync::Arc;

const STREAM: StreamId = StreamId { category: Category::Enrolment, key: StreamKey([4; 16]) };

/// A log of one stream, of events of these types and versions of them, whose body is no message.
async fn log(folder: &Path, types: &[(u16, u16)]) -> Notary {
    let journal: Arc<dyn Journal> =
        Arc::new(MemoryJournal::new(Arc::new(ManualClock::new(Instant(1_790_856_000_000_000)))));
    std::fs::create_dir_all(folder.join("data/log")).unwrap();
    let options = Options::new(&folder.join("data"), &folder.join("apart"));
    let notary = Notary::open(Arc::clone(&journal), &options).unwrap();
    for (number, (type_code, schema_version)) in (1_u8..).zip(types) {
        let record = NewRecord {
            event_id: EventId([number; 16]),
            type_code: *type_code,
            schema_version: *schema_version,
            effective_on: "2026-10-01".parse().unwrap(),
            corrects: None,
            body: b"no message".to_vec(),
            sections: Vec::new(),
        };
        let origin = Origin {
            source: Source::parse("erp-one").unwrap(),
            actor: String::new(),
            request_id: RequestId([number; 16]),
            digest: [number; 16],
        };
        let request = AppendRequest::new(STREAM, Expected::Any, origin, &[record]).unwrap();
        journal.append(request).await.unwrap();
    }
    notary
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_proven_and_says_why_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let notary = log(folder.path(), &[(60_000, 1), (1, 99), (1, 1)]).await;
    let policy = Policy::of_log(notary.log().clone());
    let request = BundleRequest {
        about: grpc::names::of_enrolment(STREAM.key),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "a test".to_owned(),
        streams: vec![STREAM],
        clear: &|_| None,
    };
    let bytes = notary.bundle(&request).unwrap();
    let Judged::Holds(text) = bundle::judge(&bytes, &policy, &Trusted::default()) else {
        panic!("it does not hold")
    };
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("prouvé, mais")).collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, reason) in lines.iter().zip(["du type 60000", "la version 99", "n'a pas la forme"]) {
        assert!(line.contains(reason) && line.contains("enregistré le 2026-10-01"), "{line}");
    }
    assert_eq!(
        told(Path::new("x"), Ok(bundle::judge(&bytes, &policy, &Trusted::default()))),
        Outcome::Done
    );
    let mut changed = bytes;
    let at = changed.windows(10).position(|ten| ten == b"no message").unwrap();
    changed[at] ^= 1;
    assert_eq!(
        told(Path::new("x"), Ok(bundle::judge(&changed, &policy, &Trusted::default()))),
        Outcome::Failed
    );

    let signed = notary.sign().unwrap();
    for (position, kind) in [(1, "n° 60000"), (3, "EnrolmentDeclared")] {
        let receipt = notary.receipt(&signed, Position(position)).unwrap().to_string();
        let judged = receipt::judge(receipt.as_bytes(), None, &policy, false);
        let Judged::Holds(text) = judged else { panic!("it does not hold") };
        for part in [kind, "déclaré par erp-one", "enregistré le 2026-10-01"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}

#[test]
fn what_a_later_version_wrote_is_not_refused_but_left_unjudged() {
    let path = "a.header".to_owned();
    let later = Finding::Header { path, error: seal::envelope::EnvelopeError::Format(2) };
    let judged = |findings| told(Path::new("x"), Ok(Judged::Wrong(findings)));
    assert_eq!(judged(vec![later.clone()]), Outcome::Unjudged);
    assert_eq!(judged(vec![later, Finding::Missing("b".to_owned())]), Outcome::Failed);
}

#[test]
fn a_report_does_what_its_words_say_on_a_terminal() {
    let said = "VALIDE\u{1b}[2K\r\u{9b}1A\u{202e}x\u{2066}\nREFUSÉ : é\t";
    assert_eq!(
        plain(said),
        "VALIDE\u{fffd}[2K\u{fffd}\u{fffd}1A\u{fffd}x\u{fffd}\nREFUSÉ : é\u{fffd}"
    );
    // The name of a log that nobody signed for stands in a reason.
    let policy: Policy = {
        let key = seal::SignerKey::new("registre/a", seal::Kind::Ed25519, &[1; 32]).unwrap();
        Policy::of_log(key.public().clone())
    };
    let root = "A".repeat(43);
    let proof =
        format!("c2sp.org/tlog-proof@v1\nindex 0\n\nx\u{9b}2J\n1\n{root}=\n\n— x AAAAAAA=\n");
    let Judged::Wrong(found) = receipt::judge(proof.as_bytes(), None, &policy, false) else {
        panic!("it holds")
    };
    assert!(matches!(&found[0], Finding::UnknownLog(name) if name.contains('\u{9b}')), "{found:?}");
    assert!(!plain(&reasons(&found)).contains('\u{9b}'));
}
