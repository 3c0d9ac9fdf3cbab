//! A contract that all have signed on paper.

use super::*;
use sha2::{Digest, Sha256};

/// Longer than a message may be for whoever reads it back at once.
const PAGE_BYTES: usize = 5 * 1024 * 1024;

/// The bytes of a document.
async fn downloaded(client: &Client, name: String, digest: String) -> Vec<u8> {
    let request = wire::DownloadDocumentRequest { name, digest };
    let mut parts = client.clone().download_document(request).await.unwrap().into_inner();
    let mut document = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        document.extend(part.data);
    }
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scan_is_what_its_digest_says_and_is_downloaded_by_it() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = drafted(&client, "").await;
    act!(client, fill_contract, FillContractRequest { fields: fields() }, name, 1).unwrap();
    let (kind, content) = (wire::DocumentKind::TrainingAgreement as i32, b"agreement".to_vec());
    act!(client, attach_document, AttachDocumentRequest { kind: kind, content: content }, name, 2)
        .unwrap();
    // The paper comes with the signing on it, or not at all.
    let (kind, content) = (wire::DocumentKind::SignedPaper as i32, b"paper".to_vec());
    let attached = act!(
        client,
        attach_document,
        AttachDocumentRequest { kind: kind, content: content },
        name,
        3
    );
    let refused = attached.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELD");
    assert!(refused.message().contains("SignContractOnPaper"), "{refused:?}");
    act!(client, publish_contract, PublishContractRequest {}, name, 3).unwrap();
    let page: Vec<u8> = (0..PAGE_BYTES).map(|n| (n % 251) as u8).collect();
    let digest = hex(&Sha256::digest(&page));
    let paper = async |scan: &str, content: Vec<u8>| {
        let (scan, attestation) = (scan.to_owned(), "vu l'original".to_owned());
        act!(
            client,
            sign_contract_on_paper,
            SignContractOnPaperRequest { scan: scan, content: content, attestation: attestation },
            name,
            4
        )
    };
    for (scan, content) in [
        (hex(&DOCUMENT), page.clone()),
        (digest.clone(), Vec::new()),
        ("5c".to_owned(), page.clone()),
        (String::new(), vec![7; 8 * 1024 * 1024 + 1]),
    ] {
        let refused = paper(&scan, content).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD", "{refused:?}");
    }
    let done = paper(&digest, page.clone()).await.unwrap();
    assert_eq!(done.events, ["DocumentAttached", "SignedOnPaper", "FullySigned"]);
    let now = workflow(&client, &name).await;
    assert_eq!(now.life(), wire::ContractLife::Running);
    let scan = &now.rounds[0].attachments[1];
    assert_eq!((scan.kind(), scan.bytes), (wire::DocumentKind::SignedPaper, PAGE_BYTES as u64));
    assert!(downloaded(&client, name, digest).await == page);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_attached_as_something_else_is_attached_as_what_it_is() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = drafted(&client, "").await;
    let page: Vec<u8> = (0..PAGE_BYTES).map(|n| (n % 253) as u8).collect();
    let attach = async |kind: wire::DocumentKind| {
        let (kind, content) = (kind as i32, page.clone());
        act!(
            client,
            attach_document,
            AttachDocumentRequest { kind: kind, content: content },
            name,
            ""
        )
    };
    let kinds = [wire::DocumentKind::Invoice, wire::DocumentKind::TrainingAgreement];
    for kind in kinds {
        assert_eq!(attach(kind).await.unwrap().events, ["DocumentAttached"], "{kind:?}");
    }
    for kind in kinds {
        assert_eq!(reason(&attach(kind).await.unwrap_err()), "ALREADY_SO", "{kind:?}");
    }
    let now = workflow(&client, &name).await;
    let attached: Vec<_> =
        now.rounds[0].attachments.iter().map(wire::ContractAttachment::kind).collect();
    assert_eq!(attached, kinds);
    let digest = hex(&Sha256::digest(&page));
    assert!(downloaded(&client, name, digest).await == page);
    server.stop().await;
}
