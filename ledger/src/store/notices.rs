//! What an external provider says of a signature, written once.

use super::Ledger;
use super::contracts::{ActOnContract, Acted, Beside, Signing};
use super::request::RequestMeta;
use crate::error::LedgerError;
use crate::limits::CONFLICT_ATTEMPTS_MAX;
use crate::signatures::external::{Notice, What};
use crate::signatures::{Asked, External, Providers, SignatureProvider};
use domain::contract::{Command, ContractError};
use domain::ids::StreamKey;

impl Ledger {
    /// Writes what a provider says, of the very state that it is compared with: a signature with its evidence, or that
    /// it was refused. A request id that wrote before gets its first receipt, for ever.
    ///
    /// # Errors
    /// [`LedgerError::Signature`] when it is of something else than is asked for now, [`LedgerError::Contract`] when the
    /// contract refuses it; else see [`LedgerError`].
    pub async fn act_on_notice(
        &self,
        meta: RequestMeta,
        provider: &External,
        notice: &Notice,
        evidence: &[u8],
    ) -> Result<Acted, LedgerError> {
        let (party, contract) = (notice.asked.party, StreamKey(notice.asked.contract.0));
        let reason = match &notice.what {
            What::Completed => {
                let signing = Signing {
                    contract,
                    expected: None,
                    party,
                    provider: provider.name(),
                    evidence,
                };
                let providers = Providers::default().and([provider.clone()]);
                return self.sign_contract(meta, signing, &providers).await;
            }
            What::Refused(reason) => reason.clone(),
        };
        let command = Command::RefuseSignature { party, reason };
        for _ in 0..CONFLICT_ATTEMPTS_MAX {
            if let Some(done) = self.repeated(&meta)? {
                return Ok(Acted { events: Vec::new(), receipt: done.receipt });
            }
            let loaded = self.open_contract(contract).await?;
            let round = loaded.state.round().ok_or(ContractError::NoContract)?;
            notice.must_be_of(&Asked {
                contract: notice.asked.contract,
                round: round.number,
                request: loaded.state.requests,
                document: round.document.unwrap_or_default(),
                party,
            })?;
            // Nobody refuses for who was to sign elsewhere, or under another account.
            let by = (provider.name(), notice.identity());
            let signer = round.signers.iter().find(|signer| signer.party == party);
            if signer.is_some_and(|signer| (signer.provider.as_str(), signer.identity) != by) {
                return Err(ContractError::OtherSigner(party).into());
            }
            let act = ActOnContract {
                contract,
                expected: Some(loaded.version),
                on: self.today(),
                previous: None,
                command: &command,
                beside: Beside::Nothing,
            };
            match self.act_on_contract(meta.clone(), act).await {
                Err(LedgerError::ContractChanged { .. }) => {}
                acted => return acted,
            }
        }
        Err(LedgerError::Contended(CONFLICT_ATTEMPTS_MAX))
    }
}
