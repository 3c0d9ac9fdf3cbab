//! `DashboardService`: head-counts.

use super::house::{House, Listing, basis};
use super::read_of::Of;
use crate::convert::enums;
use crate::door::tenant;
use crate::errors::{self, Failure, query};
use crate::{names, times};
use domain::identifiers::{Cfd, IdentifierError, Rncp, Uai};
use domain::ids::Position;
use domain::rules::Status as Learner;
use domain::text::Text;
use projections::headcount::{AgeBand, Filter, GroupBy, Population, TerritoryOf};
use projections::time::parse_known_at;
use projections::views::{CountedQuery, EvolutionQuery, Figures, HeadcountQuery, QueryError};
use proto::v1 as wire;
use proto::v1::dashboard_service_server::DashboardService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Dashboard(pub Arc<House>);

#[tonic::async_trait]
impl DashboardService for Dashboard {
    async fn compute_headcount(
        &self,
        request: Request<wire::ComputeHeadcountRequest>,
    ) -> Result<Response<wire::ComputeHeadcountResponse>, Status> {
        let views = self.0.views(&tenant(&request)?, &Of::All("head-counts"))?;
        let request = request.into_inner();
        let asked = HeadcountQuery {
            time: self.0.time(request.time)?,
            rules: enums::rules("rule_set", request.rule_set)?,
            population: if request.raw_dossiers {
                Population::Dossiers
            } else {
                Population::Persons
            },
            filter: filter(request.filter)?,
            group_by: group_by(request.group_by)?,
        };
        let answer = views.headcount(asked).await.map_err(query)?;
        let groups = answer.value.groups.into_iter();
        Ok(Response::new(wire::ComputeHeadcountResponse {
            total: Some(headcount(String::new(), &answer.value.total)),
            groups: groups.map(|(key, figures)| headcount(key, &figures)).collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn compute_evolution(
        &self,
        request: Request<wire::ComputeEvolutionRequest>,
    ) -> Result<Response<wire::ComputeEvolutionResponse>, Status> {
        let views = self.0.views(&tenant(&request)?, &Of::All("head-counts"))?;
        let request = request.into_inner();
        let known_at = match request.known_at.as_str() {
            "each" => None,
            text => {
                Some(parse_known_at(text).map_err(|error| errors::query(QueryError::from(error)))?)
            }
        };
        let asked = EvolutionQuery {
            from: month("from_month", &request.from_month)?,
            to: month("to_month", &request.to_month)?,
            known_at,
            min_position: Position(request.min_position),
            rules: enums::rules("rule_set", request.rule_set)?,
            population: Population::Persons,
            filter: filter(request.filter)?,
        };
        let answer = views.evolution(asked).await.map_err(query)?;
        let months = answer.value.into_iter().map(|month| wire::MonthHeadcount {
            day: month.day.to_string(),
            position: month.position.0,
            headcount: Some(headcount(String::new(), &month.figures)),
        });
        Ok(Response::new(wire::ComputeEvolutionResponse {
            months: months.collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn list_counted_enrolments(
        &self,
        request: Request<wire::ListCountedEnrolmentsRequest>,
    ) -> Result<Response<wire::ListCountedEnrolmentsResponse>, Status> {
        let tenant = tenant(&request)?;
        let mut request = request.into_inner();
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let time = self.0.time(request.time.clone())?;
        let Listing { question, time, page } =
            self.0.listing(&tenant, "ListCountedEnrolments", &request, &token, size, time)?;
        let status = enums::status("status", request.status)?;
        let headcount = HeadcountQuery {
            time,
            rules: enums::rules("rule_set", request.rule_set)?,
            population: Population::Persons,
            filter: filter(request.filter)?,
            group_by: GroupBy::Nothing,
        };
        let status = status.ok_or_else(|| enums::unknown("status"))?;
        let asked = CountedQuery { headcount, status, page };
        let views = self.0.views(&tenant, &Of::Counted(status))?;
        let answer = views.counted_enrolments(asked).await.map_err(query)?;
        Ok(Response::new(wire::ListCountedEnrolmentsResponse {
            next_page_token: self.0.next(question, &answer.basis, answer.value.next),
            enrolments: answer.value.entries.into_iter().map(names::of_enrolment).collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }
}

fn headcount(key: String, figures: &Figures) -> wire::Headcount {
    let counts = &figures.counts;
    wire::Headcount {
        key,
        apprentis: counts.apprentis(),
        inscrits_sans_contrat: counts.of(Learner::Inscrit),
        rupturants: counts.of(Learner::Rupturant),
        abandons: counts.of(Learner::Abandon),
        apprenants: counts.apprenants(),
        fins_de_formation: counts.of(Learner::FinDeFormation),
        cfa_transmitting: figures.coverage.transmitting,
        cfa_known: figures.coverage.known,
    }
}

/// Which learners, checked.
pub(super) fn filter(filter: Option<wire::HeadcountFilter>) -> Result<Filter, Failure> {
    let said = filter.unwrap_or_default();
    let told = |text: String| Some(text).filter(|text| !text.is_empty());
    let level = match said.level {
        0 => None,
        level @ 3..=8 => u8::try_from(level).ok(),
        _ => return Err(enums::unknown("filter.level")),
    };
    Ok(Filter {
        territory_of: match enums::known("filter.territory_of", said.territory_of)? {
            wire::TerritoryOf::Unspecified | wire::TerritoryOf::Cfa => TerritoryOf::Cfa,
            wire::TerritoryOf::Home => TerritoryOf::Home,
        },
        region: told(said.region),
        departement: told(said.departement),
        academie: told(said.academie),
        trainer: uai("filter.trainer_uai", &said.trainer_uai)?,
        rncp: identifier("filter.rncp", &said.rncp, Rncp::parse)?,
        cfd: identifier("filter.cfd", &said.cfd, Cfd::parse)?,
        level,
        age_band: match enums::known("filter.age_band", said.age_band)? {
            wire::AgeBand::Unspecified => None,
            wire::AgeBand::Under18 => Some(AgeBand::Under18),
            wire::AgeBand::AgeBand18To20 => Some(AgeBand::From18To20),
            wire::AgeBand::AgeBand21To25 => Some(AgeBand::From21To25),
            wire::AgeBand::AgeBand26AndOver => Some(AgeBand::From26),
            wire::AgeBand::Unknown => Some(AgeBand::Unknown),
        },
        ..Filter::default()
    })
}

/// Which split, checked.
pub(super) fn group_by(number: i32) -> Result<GroupBy, Failure> {
    Ok(match enums::known("group_by", number)? {
        wire::GroupBy::Unspecified => GroupBy::Nothing,
        wire::GroupBy::Region => GroupBy::Region,
        wire::GroupBy::Departement => GroupBy::Departement,
        wire::GroupBy::Academie => GroupBy::Academie,
        wire::GroupBy::Trainer => GroupBy::Trainer,
        wire::GroupBy::Certification => GroupBy::Certification,
        wire::GroupBy::Level => GroupBy::Level,
        wire::GroupBy::AgeBand => GroupBy::AgeBand,
    })
}

/// A UAI that may be left empty.
pub(super) fn uai(field: &'static str, text: &str) -> Result<Option<Uai>, Failure> {
    identifier(field, text, Uai::parse)
}

fn identifier<T>(
    field: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, IdentifierError>,
) -> Result<Option<T>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|_| {
        Failure::field(
            field,
            Text::new(
                format!("{field} is not a valid code"),
                format!("Le champ {field} n'est pas un code valide."),
            ),
        )
    })
}

/// The first day of `YYYY-MM`.
fn month(field: &str, text: &str) -> Result<chrono::NaiveDate, Failure> {
    if text.len() == 7 {
        return times::day(field, &format!("{text}-01"));
    }
    Err(Failure::field(
        field,
        Text::new(
            format!("{field} is not a month YYYY-MM"),
            format!("Le champ {field} doit être un mois de la forme AAAA-MM."),
        ),
    ))
}
