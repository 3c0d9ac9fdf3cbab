//! `ContractWorkflowService`: contracts that are written, signed and deposited here. One method an act.

use super::files::sent;
use super::house::House;
use super::told::Told;
use super::workflow_acts::{Asked, digest, said};
use super::workflow_told;
use crate::convert::{calendars, enums};
use crate::door::tenant;
use crate::errors::Failure;
use crate::times;
use access::{Role, Tenant};
use domain::cerfa::codes::ContractType;
use domain::cerfa::value::Cents;
use domain::contract::dsn;
use domain::contract::funding::Declared;
use domain::contract::rupture::{Bounds, Completion, Rupture};
use domain::contract::signing::Signer;
use domain::contract::{Change, Command};
use domain::text::Text;
use proto::v1 as wire;
use proto::v1::contract_workflow_service_server::ContractWorkflowService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Workflow(pub Arc<House>);

type Receipt = Result<Response<wire::ContractReceipt>, Status>;

impl Workflow {
    /// An act that comes without a document.
    async fn act<R: Asked>(
        &self,
        request: Request<R>,
        command: impl FnOnce(&R) -> Result<Command, Failure>,
    ) -> Receipt {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let command = command(&request)?;
        let done = self.0.act_on_contract(&tenant, &request, &command, None).await?;
        Ok(Response::new(done))
    }
}

#[tonic::async_trait]
impl ContractWorkflowService for Workflow {
    type DownloadDocumentStream = Told<wire::DownloadDocumentResponse>;

    async fn check_contract(
        &self,
        request: Request<wire::CheckContractRequest>,
    ) -> Result<Response<wire::CheckContractResponse>, Status> {
        tenant(&request)?;
        Ok(Response::new(workflow_told::checked(&request.into_inner())?))
    }

    async fn draft_contract(&self, request: Request<wire::DraftContractRequest>) -> Receipt {
        let tenant: Tenant = tenant(&request)?;
        Ok(Response::new(self.0.draft_contract(&tenant, request.into_inner()).await?))
    }

    async fn fill_contract(&self, request: Request<wire::FillContractRequest>) -> Receipt {
        self.act(request, |request| {
            let change = |field: &wire::FieldValue| Change {
                path: field.path.clone(),
                value: field.value.clone(),
            };
            Ok(Command::Contribute(request.fields.iter().map(change).collect()))
        })
        .await
    }

    async fn attach_document(&self, request: Request<wire::AttachDocumentRequest>) -> Receipt {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let command = Command::Attach(workflow_told::attachment(&request)?);
        let document = Some(request.content.as_slice());
        Ok(Response::new(self.0.act_on_contract(&tenant, &request, &command, document).await?))
    }

    async fn publish_contract(&self, request: Request<wire::PublishContractRequest>) -> Receipt {
        self.act(request, |_| Ok(Command::Publish)).await
    }

    async fn reopen_contract(&self, request: Request<wire::ReopenContractRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::Reopen(said("reason", &request.reason)?))).await
    }

    async fn request_signatures(
        &self,
        request: Request<wire::RequestSignaturesRequest>,
    ) -> Receipt {
        self.act(request, |request| {
            // What is not known here would never be verified; and everybody may read it.
            let providers = self.0.providers();
            let known = |signer: &wire::ContractSigner| providers.named(&signer.provider).is_some();
            if !request.signers.iter().all(known) {
                return Err(enums::unknown("signers.provider"));
            }
            let signer = |signer: &wire::ContractSigner| {
                Ok(Signer {
                    party: enums::party("signers.party", signer.party)?,
                    provider: signer.provider.clone(),
                    identity: digest("signers.identity", &signer.identity)?,
                })
            };
            Ok(Command::RequestSignatures {
                document: digest("document", &request.document)?,
                signers: request.signers.iter().map(signer).collect::<Result<_, Failure>>()?,
            })
        })
        .await
    }

    async fn sign_contract(&self, request: Request<wire::SignContractRequest>) -> Receipt {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.sign_contract(&tenant, &request.into_inner()).await?))
    }

    async fn refuse_signature(&self, request: Request<wire::RefuseSignatureRequest>) -> Receipt {
        self.act(request, |request| {
            let (party, reason) =
                (enums::party("party", request.party)?, said("reason", &request.reason)?);
            Ok(Command::RefuseSignature { party, reason })
        })
        .await
    }

    async fn sign_contract_on_paper(
        &self,
        request: Request<wire::SignContractOnPaperRequest>,
    ) -> Receipt {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let (scan, bytes) = workflow_told::document(&request.content)?;
        if !request.scan.is_empty() && digest("scan", &request.scan)? != scan {
            return Err(workflow_told::other_scan().into());
        }
        let attestation = said("attestation", &request.attestation)?;
        let command = Command::SignOnPaper { scan, bytes, attestation };
        let content = Some(request.content.as_slice());
        Ok(Response::new(self.0.act_on_contract(&tenant, &request, &command, content).await?))
    }

    async fn withdraw_contract(&self, request: Request<wire::WithdrawContractRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::Withdraw(said("reason", &request.reason)?))).await
    }

    async fn submit_contract(&self, request: Request<wire::SubmitContractRequest>) -> Receipt {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.submit_contract(&tenant, &request.into_inner()).await?))
    }

    async fn request_document(&self, request: Request<wire::RequestDocumentRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::AskFor(said("missing", &request.missing)?))).await
    }

    async fn complete_file(&self, request: Request<wire::CompleteFileRequest>) -> Receipt {
        // Only who it was sent to says that it came another way.
        let by_body = matches!(tenant(&request)?.role(), Role::Ddets | Role::Opco);
        self.act(request, |_| Ok(Command::MakeComplete { by_body })).await
    }

    async fn deposit_contract(&self, request: Request<wire::DepositContractRequest>) -> Receipt {
        self.act(request, |request| {
            let round = request.round.map(u16::try_from).transpose();
            let round = round.map_err(|_| enums::unknown("round"))?;
            Ok(Command::Deposit(said("number", &request.number)?, round))
        })
        .await
    }

    async fn refuse_deposit(&self, request: Request<wire::RefuseDepositRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::RefuseDeposit(said("motive", &request.motive)?)))
            .await
    }

    async fn amend_contract(&self, request: Request<wire::AmendContractRequest>) -> Receipt {
        self.act(request, |request| {
            let mut amendments = ContractType::ALL.iter().filter(|kind| kind.is_amendment());
            let kind = amendments.find(|kind| kind.code() == request.r#type);
            Ok(Command::Amend(*kind.ok_or_else(no_amendment)?))
        })
        .await
    }

    async fn suspend_contract(&self, request: Request<wire::SuspendContractRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::Suspend(said("reason", &request.reason)?))).await
    }

    async fn resume_contract(&self, request: Request<wire::ResumeContractRequest>) -> Receipt {
        self.act(request, |_| Ok(Command::Resume)).await
    }

    async fn rupture_contract(&self, request: Request<wire::RuptureContractRequest>) -> Receipt {
        let today = self.0.today();
        self.act(request, |request| {
            let day = |field, text: &str| times::past_day(field, text, today);
            let code = dsn::read(request.dsn, times::optional_day("on", &request.on)?);
            let rupture = Rupture {
                notified_on: day("notified_on", &request.notified_on)?,
                mediator_on: day("mediator_on", &request.mediator_on)?,
                informed_on: day("informed_on", &request.informed_on)?,
                cosigned: request.cosigned,
                practice_days: request.practice_days.map(|days| Bounds { least: days, most: days }),
                dsn: code.map_err(|text| Failure::field("dsn", text))?,
                ..Rupture::of(
                    enums::rupture_mode("mode", request.mode)?,
                    enums::initiator("initiator", request.initiator)?,
                )
            };
            let words = Some(said("verbatim", &request.verbatim)?).filter(|text| !text.is_empty());
            Ok(Command::Break { rupture, words })
        })
        .await
    }

    async fn complete_contract(&self, request: Request<wire::CompleteContractRequest>) -> Receipt {
        let today = self.0.today();
        self.act(request, |request| {
            Ok(Command::Complete(Completion {
                early: request.early,
                diploma: request.diploma,
                notified_on: times::past_day("notified_on", &request.notified_on, today)?,
            }))
        })
        .await
    }

    async fn cancel_contract(&self, request: Request<wire::CancelContractRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::Cancel(said("reason", &request.reason)?))).await
    }

    async fn declare_funding(&self, request: Request<wire::DeclareFundingRequest>) -> Receipt {
        self.act(request, |request| Ok(Command::DeclareFunding(Cents(request.yearly_cents)))).await
    }

    async fn give_calendar(&self, request: Request<wire::GiveCalendarRequest>) -> Receipt {
        self.act(request, |request| {
            let calendar = request.calendar.as_ref().ok_or_else(|| enums::unknown("calendar"))?;
            Ok(Command::GiveCalendar(calendars::read(calendar)?))
        })
        .await
    }

    async fn declare_invoice(&self, request: Request<wire::DeclareInvoiceRequest>) -> Receipt {
        self.act(request, |request| {
            let day = |field, text: &str| {
                times::optional_day(field, text)?.ok_or_else(|| enums::unknown(field))
            };
            Ok(Command::DeclareInvoice(Declared {
                number: said("number", &request.number)?,
                first_on: day("first_on", &request.first_on)?,
                last_on: day("last_on", &request.last_on)?,
                amount: Cents(request.cents),
            }))
        })
        .await
    }

    async fn get_contract_workflow(
        &self,
        request: Request<wire::GetContractWorkflowRequest>,
    ) -> Result<Response<wire::ContractWorkflow>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let day = times::optional_day("as_of", &request.as_of)?;
        let loaded = self.0.workflow_within(&tenant, &request.name).await?;
        let day = day.unwrap_or_else(|| self.0.today());
        let house = Arc::clone(&self.0);
        // It reads the apprentice's other contracts.
        let tell = move || house.told_of_workflow(&request.name, &loaded, day);
        let told = tokio::task::spawn_blocking(tell).await.map_err(Failure::from)??;
        Ok(Response::new(told))
    }

    async fn list_contract_workflows(
        &self,
        request: Request<wire::ListContractWorkflowsRequest>,
    ) -> Result<Response<wire::ListContractWorkflowsResponse>, Status> {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.list_workflows(&tenant, request.into_inner()).await?))
    }

    async fn get_contract_funding(
        &self,
        request: Request<wire::GetContractFundingRequest>,
    ) -> Result<Response<wire::GetContractFundingResponse>, Status> {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.contract_funding(&tenant, request.into_inner()).await?))
    }

    async fn download_document(
        &self,
        request: Request<wire::DownloadDocumentRequest>,
    ) -> Result<Response<Self::DownloadDocumentStream>, Status> {
        let tenant = tenant(&request)?;
        let file = self.0.document_of_contract(&tenant, request.into_inner()).await?;
        let part = |data| wire::DownloadDocumentResponse { data };
        Ok(Response::new(sent(&self.0, tenant, file, part)))
    }
}

fn no_amendment() -> Failure {
    let amendments = ContractType::ALL.iter().filter(|kind| kind.is_amendment());
    let codes: Vec<&str> = amendments.map(|kind| kind.code()).collect();
    let codes = codes.join(", ");
    Failure::field(
        "type",
        Text::new(
            format!("an amendment has one of the types {codes} of the form"),
            format!("Un avenant est d'un de ces types du formulaire : {codes}."),
        ),
    )
}
