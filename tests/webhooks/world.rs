//! A ledger that is served, a provider of signatures, and what it sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::cerfa::Form;
use domain::ids::Instant;
use ed25519_dalek::{Signer, SigningKey};
use grpc::client::{Client, Credential};
use ledger::signatures::external::account_identity;
use ledger::time::ManualClock;
use proto::v1 as wire;
use registre::wiring::{Front, House, Served};
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const PROVIDER: &str = "signe-ici";
/// The ledger's clock, in seconds.
pub(crate) const NOW: i64 = 1_761_955_200;
pub(crate) const DOCUMENT: [u8; 32] = [0xD0; 32];
/// Who signs, by name, and their accounts.
pub(crate) const PARTIES: [(&str, wire::Party, &str); 3] = [
    ("employer", wire::Party::Employer, "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    ("apprentice", wire::Party::Apprentice, "0f8fad5b-d9cb-469f-a165-70867728950e"),
    ("cfa", wire::Party::Cfa, "7c9e6679-7425-40de-944b-e07fc1f90ae7"),
];

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) webhooks: String,
    pub(crate) folder: TempDir,
    house: House,
    served: Served,
}

/// A message, which a test changes before it goes.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) provider: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) retry_after: bool,
    pub(crate) body: serde_json::Value,
}

impl Answer {
    /// The status, then that it is recorded and where, or the reason and the field at fault.
    pub(crate) fn told(&self) -> (u16, String, String) {
        let text = |key: &str| self.body[key].as_str().unwrap_or_default().to_owned();
        let is_recorded = self.body["position"].as_u64().is_some_and(|position| position > 0);
        let what = if is_recorded { "recorded".to_owned() } else { text("reason") };
        (self.status, what, text("field"))
    }
}

pub(crate) fn told(status: u16, what: &str, field: &str) -> (u16, String, String) {
    (status, what.to_owned(), field.to_owned())
}

pub(crate) fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn public(seed: u8) -> String {
    format!("whpk_{}", STANDARD.encode(secret(seed).verifying_key().as_bytes()))
}

pub(crate) fn registre(arguments: &[&str]) -> String {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_registre"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let world = Self::on(tempfile::tempdir().unwrap()).await;
        world.trust(PROVIDER, 1).await;
        world
    }

    async fn on(folder: TempDir) -> Self {
        let clock = Arc::new(ManualClock::default());
        clock.set(Instant(NOW * 1_000_000));
        let data = folder.path().join("data");
        let house = House::open(&data, clock).await.unwrap();
        let local = "127.0.0.1:0".parse().unwrap();
        let front = Front { webhooks: Some(local), ..Front::local(local) };
        let served = house.serve(front).await.unwrap();
        let key = std::fs::read_to_string(data.join("access/local.key")).unwrap();
        let address = format!("http://{}", served.address);
        let client = Client::connect(&address, Credential::new(&key).unwrap()).await.unwrap();
        let webhooks = format!("http://{}/signatures", served.webhooks.unwrap());
        Self { client, webhooks, folder, house, served }
    }

    /// Stops, and starts again on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        Self::on(self.stop().await).await
    }

    pub(crate) async fn stop(self) -> TempDir {
        let Self { client, folder, house, served, .. } = self;
        drop(client);
        served.stop().await.unwrap();
        house.close().await;
        folder
    }

    pub(crate) fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Registers a provider; the server sees it in a moment.
    pub(crate) async fn trust(&self, name: &str, seed: u8) {
        let (data, key) = (self.data(), public(seed));
        registre(&["provider", "add", name, "--data", &data, "--level", "advanced", "--key", &key]);
        self.moment().await;
    }

    pub(crate) async fn moment(&self) {
        tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    }

    /// A contract whose parties are asked to sign for the first time.
    pub(crate) async fn to_be_signed(&self) -> String {
        let form = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/contrat.json");
        let form = Form::from_json(&std::fs::read_to_string(form).unwrap()).unwrap().form;
        let fields = form.fields().into_iter().filter(|met| met.value.is_some());
        let mut client = self.client.contract_workflow();
        let (request_id, actor) = (|| Uuid::new_v4().to_string(), || "agent-7".to_owned());
        let draft = wire::DraftContractRequest {
            request_id: request_id(),
            actor: actor(),
            enrolment: String::new(),
        };
        let name = client.draft_contract(draft).await.unwrap().into_inner().name;
        let fill = wire::FillContractRequest {
            name: name.clone(),
            request_id: request_id(),
            actor: actor(),
            fields: fields
                .map(|met| wire::FieldValue { path: met.path, value: met.value })
                .collect(),
            ..Default::default()
        };
        client.fill_contract(fill).await.unwrap();
        let attach = wire::AttachDocumentRequest {
            name: name.clone(),
            request_id: request_id(),
            actor: actor(),
            kind: wire::DocumentKind::TrainingAgreement as i32,
            content: b"the training agreement".to_vec(),
            ..Default::default()
        };
        client.attach_document(attach).await.unwrap();
        self.ask(&name).await;
        name
    }

    /// Publishes what was written and asks the parties to sign.
    pub(crate) async fn ask(&self, name: &str) {
        let mut client = self.client.contract_workflow();
        let (request_id, actor) = (|| Uuid::new_v4().to_string(), || "agent-7".to_owned());
        let publish = wire::PublishContractRequest {
            name: name.to_owned(),
            request_id: request_id(),
            actor: actor(),
            ..Default::default()
        };
        client.publish_contract(publish).await.unwrap();
        let signer = |(_, party, account): (&str, wire::Party, &str)| wire::ContractSigner {
            party: party as i32,
            provider: PROVIDER.to_owned(),
            identity: seal::hex(&account_identity(account).unwrap()),
        };
        let ask = wire::RequestSignaturesRequest {
            name: name.to_owned(),
            request_id: request_id(),
            actor: actor(),
            document: seal::hex(&DOCUMENT),
            signers: PARTIES.into_iter().map(signer).collect(),
            ..Default::default()
        };
        client.request_signatures(ask).await.unwrap();
    }

    pub(crate) async fn reopen(&self, name: &str) {
        let reopen = wire::ReopenContractRequest {
            name: name.to_owned(),
            request_id: Uuid::new_v4().to_string(),
            actor: "agent-7".to_owned(),
            reason: "une erreur".to_owned(),
            ..Default::default()
        };
        self.client.contract_workflow().reopen_contract(reopen).await.unwrap();
    }

    /// What was written of a contract since its parties were asked to sign last: each event, and by whom.
    pub(crate) async fn written(&self, name: &str) -> Vec<(String, String)> {
        let request = wire::StreamEventsRequest::default();
        let mut history = self.client.history();
        let mut log = history.stream_events(request).await.unwrap().into_inner();
        let mut written = Vec::new();
        while let Some(told) = log.message().await.unwrap() {
            let event = told.event.unwrap();
            if event.stream == name {
                written.push((event.r#type, event.actor));
            }
        }
        let asked = written.iter().rposition(|(kind, _)| kind == "SignaturesRequested").unwrap();
        written.split_off(asked + 1)
    }

    /// What `registre verify` says of a contract's sealed bundle, told these keys of providers.
    pub(crate) fn verified(&self, name: &str, keys: &[&str]) -> (i32, String) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (bundle, policy) = (path("contrat.tar"), path("policy"));
        let (url, key) = (format!("http://{}", self.served.address), path("data/access/local.key"));
        let id = name.trim_start_matches("contracts/");
        registre(&["bundle", "contract", id, "-o", &bundle, "--to", &url, "--key-file", &key]);
        let log = self.house.notary().log();
        std::fs::write(&policy, format!("log {log}\nquorum none\n")).unwrap();
        let keys = keys.iter().flat_map(|key| ["--provider", key]);
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_registre"))
            .args(["verify", &bundle, "--policy", &policy])
            .args(keys)
            .output()
            .unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
    }

    /// Sends a message.
    pub(crate) async fn send(&self, message: &Message) -> Answer {
        let url = format!("{}/{}", self.webhooks, message.provider);
        let message = message.clone();
        tokio::task::spawn_blocking(move || post(&url, &message)).await.unwrap()
    }
}

fn post(url: &str, message: &Message) -> Answer {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut request = ureq::Agent::new_with_config(config).post(url);
    for (name, value) in &message.headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(message.body.as_bytes()).unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let (kind, retry_after) =
        (header("content-type").unwrap_or_default(), header("retry-after").is_some());
    let status = response.status().as_u16();
    let body = response.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&body).unwrap_or_default();
    Answer { status, kind, retry_after, body }
}

/// What a provider says of a party's signature of the first request.
pub(crate) fn body(name: &str, rank: usize) -> serde_json::Value {
    let (party, _, account) = PARTIES[rank];
    serde_json::json!({
        "type": "signature.completed",
        "contract": name.trim_start_matches("contracts/"),
        "round": 0,
        "request": 1,
        "document": seal::hex(&DOCUMENT),
        "party": party,
        "account": account,
    })
}

/// The same, that it was refused.
pub(crate) fn refusal(name: &str, rank: usize) -> serde_json::Value {
    let mut body = body(name, rank);
    body["type"] = "signature.refused".into();
    body["reason"] = "la rémunération n'est pas celle convenue".into();
    body
}

/// A message of the provider, rightly signed.
pub(crate) fn message(id: &str, body: &serde_json::Value) -> Message {
    signed(1, id, NOW, &body.to_string())
}

pub(crate) fn signed(seed: u8, id: &str, at: i64, body: &str) -> Message {
    let signature = secret(seed).sign(format!("{id}.{at}.{body}").as_bytes()).to_bytes();
    let headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", format!("v1a,{}", STANDARD.encode(signature))),
    ];
    Message { provider: PROVIDER.to_owned(), headers, body: body.to_owned() }
}
