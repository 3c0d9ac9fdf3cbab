//! One public contract of a minor, in the sight of whoever watches: written, signed by its four parties with keys of
//! their own, sent, deposited, amended, broken, and its proven history checked.

use super::super::{bundle, verify};
use crate::console;
use crate::generator::Settings;
use crate::remote::{DEFAULT_URL, answer, count};
use anyhow::{Context, anyhow};
use domain::cerfa::Form;
use domain::contract::signing::Party;
use domain::ids::{ContractId, Instant};
use grpc::client::{Client, Keyed};
use ledger::signatures::{Asked, identity, sign};
use ledger::time::ManualClock;
use proto::v1;
use proto::v1::contract_workflow_service_client::ContractWorkflowServiceClient;
use seal::{Kind, Policy, SignerKey, VerifierKey, hex};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use uuid::Uuid;

/// The parties of a minor's contract.
const PARTIES: [(Party, v1::Party); 4] = [
    (Party::Employer, v1::Party::Employer),
    (Party::Apprentice, v1::Party::Apprentice),
    (Party::Guardian, v1::Party::Guardian),
    (Party::Cfa, v1::Party::Cfa),
];

/// Its form: everybody in it is invented.
const FORM: &str = include_str!("../../../docs/examples/contrat-mineur.json");

/// What the deposit body gives it.
const NUMBER: &str = "035202609AB0001";

/// Writes what every act says, then the act.
macro_rules! act {
    ($writing:expr, $method:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        #[allow(clippy::needless_update, reason = "some acts say no more")]
        let request = v1::$request {
            name: $writing.name.clone(),
            request_id: $writing.request_id(),
            actor: "demo".to_owned(),
            $($field: $value,)*
            ..Default::default()
        };
        answer($writing.client.$method(request).await)?
    }};
}

/// A contract that is being written.
struct Writing<'a> {
    client: ContractWorkflowServiceClient<Keyed>,
    clock: &'a ManualClock,
    seed: u64,
    name: String,
    /// Acts so far: each has a request id of its own, and the same in each demo.
    acts: u32,
}

/// Shows the contract.
pub(super) async fn show(
    client: &Client,
    clock: &ManualClock,
    settings: Settings,
    at: SocketAddr,
    log: &VerifierKey,
) -> anyhow::Result<()> {
    console::line("\nUn contrat du secteur public, de sa rédaction à sa preuve")?;
    let mut writing = Writing {
        client: client.contract_workflow(),
        clock,
        seed: settings.seed,
        name: String::new(),
        acts: 0,
    };
    writing.write().await?;
    writing.deposit().await?;
    writing.amend_and_break().await?;
    prove(client, &writing.name, log).await?;
    further(&writing.name, at)
}

impl Writing<'_> {
    fn request_id(&mut self) -> String {
        self.acts += 1;
        let said = format!("registre demo, contract, seed {}, act {}", self.seed, self.acts);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, said.as_bytes()).to_string()
    }

    /// Tells what happens on a day, in the evening, which it is from now on.
    fn on(&self, day: &str, said: &str) -> anyhow::Result<()> {
        let at = chrono::DateTime::parse_from_rfc3339(&format!("{day}T20:00:00Z"))?;
        self.clock.set(Instant(at.timestamp_micros()));
        console::line(&format!("  {day}  {said}"))
    }

    /// The key of a party, which nobody vouches for.
    fn key(&self, party: Party) -> anyhow::Result<SignerKey> {
        let seed: [u8; 32] =
            Sha256::digest(format!("registre demo, {}, seed {}", party.name(), self.seed)).into();
        Ok(SignerKey::new(party.name(), Kind::Ed25519, &seed)?)
    }

    async fn write(&mut self) -> anyhow::Result<()> {
        let form = Form::from_json(FORM).map_err(|_| anyhow!("the form is none"))?.form;
        self.on("2026-08-31", "le formulaire CERFA est rempli, la convention de formation jointe")?;
        let request = v1::DraftContractRequest {
            request_id: self.request_id(),
            actor: "demo".to_owned(),
            enrolment: String::new(),
        };
        self.name = answer(self.client.draft_contract(request).await)?.name;
        let met = form.fields().into_iter().filter(|met| met.value.is_some());
        let fields = met.map(|met| v1::FieldValue { path: met.path, value: met.value }).collect();
        act!(self, fill_contract, FillContractRequest { fields: fields });
        self.attach("la convention de formation").await?;
        act!(self, publish_contract, PublishContractRequest {});
        self.sign("le contrat à signer").await
    }

    async fn attach(&mut self, text: &str) -> anyhow::Result<()> {
        let kind = v1::DocumentKind::TrainingAgreement.into();
        let content = text.as_bytes().to_vec();
        act!(self, attach_document, AttachDocumentRequest { kind: kind, content: content });
        Ok(())
    }

    /// All parties are asked to sign a document, and do, each with the key that was named.
    async fn sign(&mut self, document: &str) -> anyhow::Result<()> {
        let document: [u8; 32] = Sha256::digest(document).into();
        let mut signers = Vec::with_capacity(PARTIES.len());
        for (party, code) in PARTIES {
            let identity = hex(&identity(self.key(party)?.public()));
            signers.push(v1::ContractSigner {
                party: code.into(),
                provider: "ed25519".to_owned(),
                identity,
            });
        }
        let asked = hex(&document);
        act!(
            self,
            request_signatures,
            RequestSignaturesRequest { document: asked, signers: signers }
        );
        let request =
            v1::GetContractWorkflowRequest { name: self.name.clone(), ..Default::default() };
        let now = answer(self.client.get_contract_workflow(request).await)?;
        let round = now.rounds.last().context("nothing is asked for")?;
        let asked = Asked {
            contract: self.name.trim_start_matches("contracts/").parse::<ContractId>()?,
            round: u16::try_from(round.number)?,
            request: u16::try_from(round.request)?,
            document,
            party: Party::Employer,
        };
        let mut signed = Vec::with_capacity(PARTIES.len());
        for (party, code) in PARTIES {
            let evidence = sign(&Asked { party, ..asked }, &self.key(party)?);
            let provider = "ed25519".to_owned();
            act!(
                self,
                sign_contract,
                SignContractRequest { party: code.into(), provider: provider, evidence: evidence }
            );
            signed.push(party.fr());
        }
        console::line(&format!(
            "              signé par {}, chacun de sa clé Ed25519 (de démonstration)",
            signed.join(", ")
        ))
    }

    async fn deposit(&mut self) -> anyhow::Result<()> {
        self.on("2026-09-03", "transmis au service de l'État du lieu de travail")?;
        act!(self, submit_contract, SubmitContractRequest { service: "DDETS 35".to_owned() });
        self.on("2026-09-10", &format!("le dépôt est accepté, sous le numéro {NUMBER}"))?;
        act!(self, deposit_contract, DepositContractRequest { number: NUMBER.to_owned() });
        Ok(())
    }

    async fn amend_and_break(&mut self) -> anyhow::Result<()> {
        self.on("2026-09-28", "un avenant change l'emploi du maître d'apprentissage (type 36)")?;
        act!(self, amend_contract, AmendContractRequest { r#type: "36".to_owned() });
        let changes = [
            ("terms.previous_number", NUMBER),
            ("terms.concluded_on", "2026-09-28"),
            ("terms.amendment_on", "2026-10-01"),
            ("masters.1.job", "Cheffe d'équipe des espaces verts"),
        ];
        let field = |(path, value): (&str, &str)| v1::FieldValue {
            path: path.to_owned(),
            value: Some(value.to_owned()),
        };
        let fields = changes.map(field).to_vec();
        act!(self, fill_contract, FillContractRequest { fields: fields });
        self.attach("la convention, pour l'avenant").await?;
        act!(self, publish_contract, PublishContractRequest {});
        self.sign("l'avenant à signer").await?;
        self.on("2026-10-12", "rompu par l'apprenti, dans les 45 premiers jours en entreprise")?;
        act!(
            self,
            rupture_contract,
            RuptureContractRequest {
                on: "2026-10-12".to_owned(),
                mode: v1::RuptureMode::FreePeriod.into(),
                initiator: v1::Initiator::Apprentice.into(),
                notified_on: "2026-10-12".to_owned(),
            }
        );
        Ok(())
    }
}

/// Takes the proven history along and checks it, as somebody would who has the key of the log and the file.
async fn prove(client: &Client, name: &str, log: &VerifierKey) -> anyhow::Result<()> {
    let bytes = bundle::fetch(client, name.to_owned(), false).await?;
    let policy: Policy = format!("log {log}\nquorum none\n").parse()?;
    let events = verify::bundle::events(&bytes, &policy, &verify::Trusted::default(), name)
        .map_err(|findings| {
            let why: Vec<String> = findings.iter().map(seal::bundle::Finding::fr).collect();
            anyhow!("the bundle of {name} does not hold: {}", why.join("; "))
        })?;
    console::line(&format!(
        "  dossier de preuve de {} octets : {events} événements et leurs signatures vérifiés sans le serveur",
        count(bytes.len() as u64),
    ))
}

/// The commands that show the same.
fn further(name: &str, at: SocketAddr) -> anyhow::Result<()> {
    let to = format!("http://{at}");
    let to = if to == DEFAULT_URL { String::new() } else { format!(" --to {to}") };
    console::line(&format!(
        "  registre history {name}{to}\n  registre contract show {name}{to}\n  registre bundle {name} -o contrat.tar{to}\n  \
         registre verify contrat.tar --policy politique    (une ligne « log … », celle de ce registre, et « quorum none »)\n  \
         registre sample --departement 35 --n 50 --seed 1{to}"
    ))
}
