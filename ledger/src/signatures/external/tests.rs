use super::*;
use crate::signatures::EVIDENCE_BYTES_MAX;
use domain::contract::signing::Party;
use domain::ids::ContractId;
use ed25519_dalek::{Signer, SigningKey};

const NOW: Instant = Instant(1_790_856_000_000_000);
const ACCOUNT: &str = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";

fn asked() -> Asked {
    let contract = ContractId([7; 16]);
    Asked { contract, round: 0, request: 1, document: [3; 32], party: Party::Employer }
}

fn body(asked: &Asked, more: &str) -> String {
    format!(
        r#"{{"type":"signature.completed","contract":"{}","round":{},"request":{},"document":"{}","party":"{}","account":"{ACCOUNT}"{more}}}"#,
        asked.contract,
        asked.round,
        asked.request,
        seal::hex(&asked.document),
        asked.party.name()
    )
}

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn provider(seed: u8) -> External {
    with_keys(&[seed])
}

fn with_keys(seeds: &[u8]) -> External {
    let keys: Vec<[u8; 32]> =
        seeds.iter().map(|seed| secret(*seed).verifying_key().to_bytes()).collect();
    External::new("signe-ici", &keys, Level::Advanced).unwrap()
}

fn signature(key: &SigningKey, id: &str, timestamp: &str, body: &str) -> String {
    let signed = key.sign(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1a,{}", Base64::encode_string(&signed.to_bytes()))
}

fn evidence(body: &str) -> Vec<u8> {
    let signatures = signature(&secret(1), "msg_1", "1790856000", body);
    let delivery = Delivery {
        id: "msg_1",
        timestamp: "1790856000",
        signatures: &signatures,
        body: body.as_bytes(),
    };
    provider(1).evidence(&delivery, NOW).unwrap()
}

#[test]
fn a_message_of_a_provider_shows_which_account_signed_what_for_whom() {
    let evidence = evidence(&body(&asked(), ""));
    let shown = provider(1).verify(&asked(), &evidence, NOW).unwrap();
    assert_eq!((shown.provider.as_str(), shown.level), ("signe-ici", Level::Advanced));
    assert_eq!(shown.identity, account_identity(ACCOUNT).unwrap());
    assert_eq!(shown.document, [3; 32]);
    assert_eq!(shown.digest, <[u8; 32]>::from(Hasher::digest(&evidence)));
    assert_eq!(provider(2).verify(&asked(), &evidence, NOW), Err(SignatureError::Wrong));
    assert!(!provider(1).says_who());
}

#[test]
fn a_message_about_another_contract_round_request_document_or_party_is_told_which() {
    let evidence = evidence(&body(&asked(), ""));
    for (other, field) in [
        (Asked { contract: ContractId([8; 16]), ..asked() }, "contract"),
        (Asked { round: 1, ..asked() }, "round"),
        (Asked { request: 2, ..asked() }, "request"),
        (Asked { document: [4; 32], ..asked() }, "document"),
        (Asked { party: Party::Apprentice, ..asked() }, "party"),
    ] {
        let refused = provider(1).verify(&other, &evidence, NOW);
        assert_eq!(refused, Err(SignatureError::Differs(field)));
    }
}

#[test]
fn no_bit_of_evidence_can_be_flipped_and_it_comes_in_no_other_writing() {
    let right = evidence(&body(&asked(), ""));
    for bit in 0..right.len() * 8 {
        let mut changed = right.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(provider(1).verify(&asked(), &changed, NOW).is_err(), "bit {bit}");
    }
    let text = String::from_utf8(right).unwrap();
    for wrong in [
        String::new(),
        text.replacen("\n\n", "\nx: y\n\n", 1),
        text.replacen('\n', "\r\n", 3),
        text.replacen("webhook-id", "Webhook-Id", 1),
        text.replacen("v1a,", "v1a, ", 1),
        text.replacen("v1a,", "v1a,AAAA v1a,", 1),
        text.replacen("timestamp: 1", "timestamp: +1", 1),
        text.replacen("timestamp: 1", "timestamp: 01", 1),
        format!("{text} "),
        "x".repeat(EVIDENCE_BYTES_MAX + 1),
    ] {
        assert!(provider(1).verify(&asked(), wrong.as_bytes(), NOW).is_err(), "{wrong:.80}");
    }
}

#[test]
fn a_message_is_taken_while_it_is_new_under_the_headers_that_were_signed() {
    let text = body(&asked(), "");
    let sent = 1_790_856_000_i64;
    let tolerance = 300;
    let took = |id: &str, timestamp: &str, signatures: &str, seconds: i64| {
        let delivery = Delivery { id, timestamp, signatures, body: text.as_bytes() };
        provider(1).evidence(&delivery, Instant(seconds * 1_000_000)).map(|_| ())
    };
    let (id, time) = ("msg_1", "1790856000");
    let right = signature(&secret(1), id, time, &text);
    for seconds in [sent - tolerance, sent, sent + tolerance] {
        assert_eq!(took(id, time, &right, seconds), Ok(()));
    }
    for seconds in [sent - tolerance - 1, sent + tolerance + 1] {
        assert_eq!(took(id, time, &right, seconds), Err(Unsigned::Time));
    }
    // One key is being replaced by another, or a scheme by another.
    let other = signature(&secret(2), id, time, &text);
    assert_eq!(took(id, time, &format!("v1,AAAA {other} {right}"), sent), Ok(()));
    let many = format!("{other} ").repeat(SIGNATURES_MAX);
    for wrong in ["", "v1a,", "v1a,AAAA", &other, &right[4..], &format!("{many}{right}")] {
        assert_eq!(took(id, time, wrong, sent), Err(Unsigned::Signature), "{wrong}");
    }
    assert_eq!(took("msg_2", time, &right, sent), Err(Unsigned::Signature));
    assert_eq!(took(id, "1790856001", &right, sent), Err(Unsigned::Signature));
    let long = "x".repeat(MESSAGE_ID_BYTES_MAX + 1);
    for id in ["", "msg.1", "msg 1", "é", &long] {
        assert_eq!(took(id, time, &right, sent), Err(Unsigned::Header("webhook-id")), "{id}");
    }
    for time in ["", "+1790856000", "01790856000", "-1", "1790856000.0", "99999999999999999999"] {
        assert_eq!(took(id, time, &right, sent), Err(Unsigned::Header("webhook-timestamp")));
    }
    let later = evidence(&text);
    let early = Instant((sent - tolerance - 1) * 1_000_000);
    assert!(provider(1).verify(&asked(), &later, early).is_err(), "it was not sent yet");
    let year = Instant(NOW.0 + 365 * 86_400 * 1_000_000);
    assert!(provider(1).verify(&asked(), &later, year).is_ok(), "it was sent, and is kept");
}

#[test]
fn a_body_has_its_fields_and_no_others_each_of_its_form() {
    let right = body(&asked(), "");
    let field = |text: &str| match Notice::parse(text.as_bytes()) {
        Err(SignatureError::Field(field, _)) => field.to_owned(),
        Err(SignatureError::Form(_, said)) => said,
        other => panic!("{text}: {other:?}"),
    };
    for (from, to, expected) in [
        ("signature.completed", "signature.done", "type"),
        (r#""round":0"#, r#""round":-1"#, "round"),
        (r#""round":0"#, r#""round":65536"#, "round"),
        (r#""round":0"#, r#""round":"0""#, "round"),
        (r#""request":1"#, r#""request":1.5"#, "request"),
        ("0303", "03zz", "document"),
        ("employer", "mayor", "party"),
        ("07070707-", "0707-", "contract"),
        (ACCOUNT, "zoe.dalencon@exemple.fr", "account"),
        (ACCOUNT, "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "account"),
        (ACCOUNT, "0612345678", "account"),
        (r#"er","account":"#, r#"er","account":7,"x":"#, "unknown field `x`"),
        (r#","round":0"#, "", "missing field `round`"),
        (r#"{"type""#, r#"{"round":1,"type""#, "duplicate field `round`"),
    ] {
        let wrong = right.replacen(from, to, 1);
        assert_ne!(wrong, right, "{from}");
        assert!(field(&wrong).starts_with(expected), "{expected}: {}", field(&wrong));
    }
    assert_eq!(field(&body(&asked(), r#","reason":"non""#)), "reason");
    let refused = right.replace("completed", "refused");
    assert_eq!(field(&refused), "reason");
    assert_eq!(field(&refused.replace('}', r#","reason":" "}"#)), "reason");
    let refused = Notice::parse(refused.replace('}', r#","reason":" non "}"#).as_bytes()).unwrap();
    assert_eq!(refused.what, What::Refused("non".to_owned()));
    assert_eq!(Notice::parse(refused.to_json().as_bytes()), Ok(refused.clone()));
    assert!(!format!("{refused:?}").contains("non"), "words are not shown");
    let refusal = evidence(&refused.to_json());
    assert!(provider(1).verify(&asked(), &refusal, NOW).is_err(), "it shows no signature");
}

#[test]
fn of_a_provider_that_changes_its_key_either_signs_and_evidence_has_the_one_that_was_right() {
    let text = body(&asked(), "");
    let by = |seed: u8| signature(&secret(seed), "msg_1", "1790856000", &text);
    let took = |provider: &External, signatures: &str| {
        let (id, timestamp) = ("msg_1", "1790856000");
        provider.evidence(&Delivery { id, timestamp, signatures, body: text.as_bytes() }, NOW)
    };
    let changing = with_keys(&[1, 2]);
    for seed in [1, 2] {
        let alone = took(&changing, &by(seed)).unwrap();
        assert_eq!(took(&changing, &format!("{} {}", by(3), by(seed))).unwrap(), alone);
        assert!(String::from_utf8(alone.clone()).unwrap().contains(&by(seed)));
        // Who has the one key, or both, checks it; who has another does not.
        let shown = changing.verify(&asked(), &alone, NOW).unwrap();
        assert_eq!(provider(seed).verify(&asked(), &alone, NOW), Ok(shown));
        assert_eq!(provider(3 - seed).verify(&asked(), &alone, NOW), Err(SignatureError::Wrong));
    }
    let both = took(&changing, &format!("{} {}", by(2), by(1))).unwrap();
    assert_eq!(Ok(both), took(&provider(2), &by(2)), "of two that are right, the first alone");
    assert_eq!(took(&changing, &by(3)), Err(Unsigned::Signature));
}

#[test]
fn a_key_for_which_anybody_signs_is_none() {
    // The neutral point of the curve: everything is signed by it.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(External::new("p", &[neutral], Level::Simple).is_err());
    assert!(External::new("p", &[[2; 32]], Level::Simple).is_err(), "no point");
    let right = secret(1).verifying_key().to_bytes();
    assert!(External::new("p", &[right, neutral], Level::Simple).is_err(), "beside a right one");
    assert!(External::new("p", &[], Level::Simple).is_err());
}
