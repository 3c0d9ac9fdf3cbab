//! `OutcomeService`: what became of the contracts of a period.

use super::dashboard::{filter, group_by};
use super::house::{House, basis};
use super::read_of::Of;
use crate::door::tenant;
use crate::errors::query;
use crate::times;
use projections::outcomes::{Outcomes, Share};
use projections::views::OutcomesQuery;
use proto::v1 as wire;
use proto::v1::outcome_service_server::OutcomeService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct OutcomesOf(pub Arc<House>);

#[tonic::async_trait]
impl OutcomeService for OutcomesOf {
    async fn compute_outcomes(
        &self,
        request: Request<wire::ComputeOutcomesRequest>,
    ) -> Result<Response<wire::ComputeOutcomesResponse>, Status> {
        let views = self.0.views(&tenant(&request)?, &Of::All("outcomes"))?;
        let request = request.into_inner();
        let asked = OutcomesQuery {
            time: self.0.time(request.time)?,
            started_from: times::day("started_from", &request.started_from)?,
            started_to: times::day("started_to", &request.started_to)?,
            filter: filter(request.filter)?,
            group_by: group_by(request.group_by)?,
        };
        let answer = views.outcomes(asked).await.map_err(query)?;
        let groups = answer.value.groups.into_iter();
        Ok(Response::new(wire::ComputeOutcomesResponse {
            total: Some(outcomes(String::new(), &answer.value.total)),
            groups: groups.map(|(key, group)| outcomes(key, &group)).collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }
}

fn outcomes(key: String, outcomes: &Outcomes) -> wire::Outcomes {
    let [back_within_2_months, back_within_6_months] =
        outcomes.back_within.map(|share| Some(self::share(share)));
    let broken_within = outcomes.broken_within.map(|within| wire::RuptureShare {
        months: within.months,
        share: Some(share(within.share)),
    });
    wire::Outcomes {
        key,
        contracts: outcomes.contracts,
        broken: outcomes.broken,
        reached_term: outcomes.reached_term,
        broken_within: broken_within.to_vec(),
        back_within_2_months,
        back_within_6_months,
        diploma: Some(share(outcomes.diploma)),
        still_in_training: Some(share(outcomes.still_in_training)),
    }
}

const fn share(share: Share) -> wire::Share {
    wire::Share {
        value: share.value,
        yes: share.yes,
        observed: share.observed,
        censored: share.censored,
    }
}
