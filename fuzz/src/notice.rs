//! What an external provider says of a signature.

use domain::contract::signing::Level;
use domain::ids::Instant;
use ledger::signatures::external::{Delivery, Notice, What};
use ledger::signatures::{External, SignatureProvider};

/// When each message is sent and comes, in seconds.
const AT: i64 = 1_790_856_000;

/// A body that is read is read again as it is written; as evidence that nobody signed it shows nothing.
pub fn run(bytes: &[u8]) {
    let provider = provider();
    let unsigned = Delivery {
        id: "msg_1",
        timestamp: "1790856000",
        signatures: "v1a,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        body: bytes,
    };
    assert!(provider.evidence(&unsigned, Instant(AT * 1_000_000)).is_err());
    let Ok(notice) = Notice::parse(bytes) else { return };
    assert_eq!(Notice::parse(notice.to_json().as_bytes()), Ok(notice.clone()));
    assert!(notice.must_be_of(&notice.asked).is_ok());
    let head = format!(
        "webhook-id: {}\nwebhook-timestamp: {}\nwebhook-signature: {}\n\n",
        unsigned.id, unsigned.timestamp, unsigned.signatures
    );
    let evidence = [head.as_bytes(), bytes].concat();
    assert!(provider.verify(&notice.asked, &evidence, Instant(AT * 1_000_000)).is_err());
    if let What::Refused(reason) = &notice.what {
        assert!(!reason.trim().is_empty());
    }
}

/// A provider by the key of the first vector of RFC 8032 (7.1).
fn provider() -> External {
    let key = seal::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    External::new("fuzz", &[key.unwrap_or_default()], Level::Simple)
        .unwrap_or_else(|error| unreachable!("{error}"))
}
