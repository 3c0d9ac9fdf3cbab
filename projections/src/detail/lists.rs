//! Pages of enrolments, contracts and runs, at a fixed position.

use super::rows::number;
use super::runs::decision_of;
use super::store::Detail;
use crate::reach::Judged;
use crate::time::{day_number, day_of};
use crate::views::{ReferenceView, RunView};
use chrono::NaiveDate;
use domain::identifiers::Uai;
use domain::ids::{ContractId, Position, Source, StreamKey};
use domain::rules::{ContractSpan, RuleSet, Session, StatusFacts, Trajectory, trajectory_through};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::{BTreeMap, BTreeSet};

/// A dossier of a list and what its status depends on.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its number: the key of the next page.
    pub(crate) dossier: i64,
    pub(crate) stream: StreamKey,
    facts: StatusFacts,
    /// Former sessions, oldest first.
    former: Vec<Session>,
}

impl Listed {
    /// The trajectory through all its sessions.
    pub(crate) fn trajectory(&self, rules: RuleSet) -> Trajectory {
        trajectory_through(&self.former, self.facts.clone(), rules)
    }
}

impl Detail {
    /// Dossiers known at a position, after a dossier number.
    pub(crate) async fn enrolments(
        &self,
        at: Position,
        trainer: Option<Uai>,
        sites: &Judged,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Listed>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT e.dossier, i.stream, e.entry_on, e.end_on, e.excluded_on, e.sessions \
             FROM enrolments e JOIN enrolment_ids i ON i.dossier = e.dossier WHERE e.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND e.known_to > ").push_bind(number(at));
        if let Some(trainer) = trainer {
            query.push(" AND e.trainer_uai = ").push_bind(trainer.as_str().to_owned());
        }
        sites.restrict(&mut query);
        query.push(" AND e.dossier > ").push_bind(after);
        query.push(" ORDER BY e.dossier LIMIT ").push_bind(limit as i64);
        let rows = query.build().fetch_all(&self.readers).await?;
        let mut listed: Vec<Listed> = rows.iter().map(listed).collect::<Result<_, _>>()?;
        let dossiers: Vec<i64> = listed.iter().map(|l| l.dossier).collect();
        let mut spans = self.spans(at, &dossiers).await?;
        for listed in &mut listed {
            listed.facts.contracts = spans.remove(&listed.dossier).unwrap_or_default();
        }
        Ok(listed)
    }

    /// Every enrolment declared by a position, or those that ever were of a CFA by then, or of some.
    pub(crate) async fn streams(
        &self,
        at: Position,
        trainer: Option<Uai>,
        sites: &Judged,
    ) -> Result<Vec<StreamKey>, sqlx::Error> {
        let all = trainer.is_none() && matches!(sites, Judged::All);
        let mut query =
            QueryBuilder::<Sqlite>::new("SELECT stream FROM enrolment_ids WHERE dossier <= ");
        query.push_bind(number(at));
        if !all {
            query
                .push(" AND dossier IN (SELECT e.dossier FROM enrolments e WHERE e.known_from <= ");
            query.push_bind(number(at));
            if let Some(trainer) = trainer {
                query.push(" AND e.trainer_uai = ").push_bind(trainer.as_str().to_owned());
            }
            sites.restrict(&mut query);
            query.push(")");
        }
        let rows = query.push(" ORDER BY dossier").build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(StreamKey(key(row, 0)?))).collect()
    }

    /// The contracts of some dossiers as the status rules see them.
    pub(super) async fn spans(
        &self,
        at: Position,
        dossiers: &[i64],
    ) -> Result<BTreeMap<i64, Vec<ContractSpan>>, sqlx::Error> {
        let mut spans: BTreeMap<i64, Vec<ContractSpan>> = BTreeMap::new();
        for dossiers in dossiers.chunks(1_000) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT dossier, start_on, end_on, ended_on, broken_on FROM contracts \
                 WHERE known_from <= ",
            );
            query.push_bind(number(at)).push(" AND known_to > ").push_bind(number(at));
            query.push(" AND dossier IN ");
            query.push_tuples(dossiers, |mut tuple, dossier| {
                tuple.push_bind(*dossier);
            });
            query.push(" ORDER BY dossier, ordinal");
            for row in query.build().fetch_all(&self.readers).await? {
                spans.entry(row.try_get(0)?).or_default().push(span(&row)?);
            }
        }
        Ok(spans)
    }

    /// Contracts known at a position, after a contract number: number, id, enrolment.
    pub(crate) async fn contracts(
        &self,
        at: Position,
        (trainer, sites): (Option<Uai>, &Judged),
        broken_by: Option<NaiveDate>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ContractId, StreamKey)>, sqlx::Error> {
        let mut query = contracts_query(at, (trainer, sites), broken_by, after, limit);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, ContractId(key(row, 1)?), StreamKey(key(row, 2)?))))
            .collect()
    }

    /// The enrolment of a contract, when it was declared by that position.
    pub(crate) async fn enrolment_of(
        &self,
        contract: ContractId,
        at: Position,
    ) -> Result<Option<StreamKey>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT i.stream FROM contract_ids c JOIN enrolment_ids i ON i.dossier = c.dossier \
             WHERE c.id = ? AND c.contract <= ?",
        )
        .bind(contract.0.to_vec())
        .bind(number(at))
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok(StreamKey(key(&row, 0)?))).transpose()
    }

    /// The CFA that trains in an enrolment, as known at a position.
    pub(crate) async fn site_of(
        &self,
        enrolment: StreamKey,
        at: Position,
    ) -> Result<Option<Uai>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT e.trainer_uai FROM enrolment_ids i JOIN enrolments e ON e.dossier = i.dossier \
             WHERE i.stream = ?1 AND e.known_from <= ?2 AND e.known_to > ?2",
        )
        .bind(enrolment.0.to_vec())
        .bind(number(at))
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Uai::parse(&row.try_get::<String, _>(0)?).ok())
    }

    /// Runs closed by a position, newest first, before a run's position.
    pub(crate) async fn runs(
        &self,
        at: Position,
        source: Option<&Source>,
        before: i64,
        limit: usize,
    ) -> Result<Vec<RunView>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT view, decided_at, decision FROM runs WHERE position <= ",
        );
        query.push_bind(number(at)).push(" AND position < ").push_bind(before);
        if let Some(source) = source {
            query.push(" AND source = ").push_bind(source.as_str().to_owned());
        }
        query.push(" ORDER BY position DESC LIMIT ").push_bind(limit as i64);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| run(row, at)).collect()
    }

    /// The reference set in force at a position.
    pub(crate) async fn reference(
        &self,
        at: Position,
    ) -> Result<Option<ReferenceView>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT position, hash, name, summary FROM reference_sets WHERE position <= ? \
             ORDER BY position DESC LIMIT 1",
        )
        .bind(number(at))
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            Ok(ReferenceView {
                position: Position(row.try_get::<i64, _>(0)?.unsigned_abs()),
                hash: bytes(&row, 1)?,
                name: row.try_get(2)?,
                summary: row.try_get(3)?,
            })
        })
        .transpose()
    }
}

/// Contracts known at a position, after a number.
fn contracts_query(
    at: Position,
    (trainer, sites): (Option<Uai>, &Judged),
    broken_by: Option<NaiveDate>,
    after: i64,
    limit: usize,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT c.contract, n.id, i.stream FROM contracts c \
         JOIN contract_ids n ON n.contract = c.contract \
         JOIN enrolment_ids i ON i.dossier = c.dossier WHERE c.known_from <= ",
    );
    query.push_bind(number(at)).push(" AND c.known_to > ").push_bind(number(at));
    if let Some(day) = broken_by {
        query.push(" AND c.broken_on <= ").push_bind(day_number(day));
    }
    if trainer.is_some() || !matches!(sites, Judged::All) {
        // Not EXISTS: that would read every contract that there is to find those of one CFA.
        query.push(" AND c.dossier IN (SELECT e.dossier FROM enrolments e WHERE e.known_from <= ");
        query.push_bind(number(at)).push(" AND e.known_to > ").push_bind(number(at));
        if let Some(trainer) = trainer {
            query.push(" AND e.trainer_uai = ").push_bind(trainer.as_str().to_owned());
        }
        sites.restrict(&mut query);
        query.push(")");
    }
    query.push(" AND c.contract > ").push_bind(after);
    query.push(" ORDER BY c.contract LIMIT ").push_bind(limit as i64);
    query
}

/// A blob of a fixed size.
pub(crate) fn bytes<const N: usize>(
    row: &SqliteRow,
    column: usize,
) -> Result<[u8; N], sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| sqlx::Error::Protocol("a key of another size".to_owned()))
}

/// A key of 16 bytes.
pub(crate) fn key(row: &SqliteRow, column: usize) -> Result<[u8; 16], sqlx::Error> {
    bytes(row, column)
}

/// A day, when there is one.
pub(crate) fn day(row: &SqliteRow, column: usize) -> Result<Option<NaiveDate>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(day_of))
}

/// The days that `group_concat` wrote; none when it met none.
pub(crate) fn days(row: &SqliteRow, column: usize) -> Result<BTreeSet<NaiveDate>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    let day = |text: &str| {
        let number = text.parse().map_err(|_| sqlx::Error::Protocol(format!("{text:?} is no day")));
        number.map(day_of)
    };
    text.iter().flat_map(|text| text.split(',')).map(day).collect()
}

fn listed(row: &SqliteRow) -> Result<Listed, sqlx::Error> {
    Ok(Listed {
        dossier: row.try_get(0)?,
        stream: StreamKey(key(row, 1)?),
        facts: StatusFacts {
            entry_on: day_of(row.try_get(2)?),
            end_on: day_of(row.try_get(3)?),
            contracts: Vec::new(),
            excluded_on: day(row, 4)?,
        },
        former: sessions(row.try_get::<Option<String>, _>(5)?.as_deref().unwrap_or_default())?,
    })
}

/// Sessions as `rows::sessions` writes them.
fn sessions(text: &str) -> Result<Vec<Session>, sqlx::Error> {
    let session = |text: &str| {
        let (entry, end) = text.split_once('/')?;
        Some(Session { entry_on: day_of(entry.parse().ok()?), end_on: day_of(end.parse().ok()?) })
    };
    let read: Option<_> = text.split_terminator(' ').map(session).collect();
    read.ok_or_else(|| sqlx::Error::Protocol(format!("sessions read {text:?}")))
}

/// As `Contract::span` of the domain: the earlier of the term and the declared end.
fn span(row: &SqliteRow) -> Result<ContractSpan, sqlx::Error> {
    let ends = [day(row, 2)?, day(row, 3)?];
    Ok(ContractSpan {
        start_on: day_of(row.try_get(1)?),
        end_on: ends.into_iter().flatten().min(),
        broken_on: day(row, 4)?,
    })
}

fn run(row: &SqliteRow, at: Position) -> Result<RunView, sqlx::Error> {
    let text: String = row.try_get(0)?;
    let mut run: RunView =
        serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let decided_at: Option<i64> = row.try_get(1)?;
    if decided_at.is_some_and(|position| position <= number(at)) {
        run.decision = decision_of(row.try_get(2)?);
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_contracts_of_a_cfa_are_found_without_reading_those_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let detail = Detail::open(folder.path()).await.unwrap();
        let trainer = Uai::parse("0010826T").ok();
        let query = contracts_query(
            Position(9),
            (trainer, &Judged::All),
            NaiveDate::from_ymd_opt(2026, 1, 1),
            1,
            51,
        );
        let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", query.sql().as_str()));
        let rows = sqlx::query(plan).fetch_all(&detail.readers).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
        assert!(
            steps.iter().any(|s| s.contains("enrolments_of_trainer (trainer_uai=?")),
            "{steps:?}"
        );
        assert!(steps.iter().any(|s| s.contains("contracts_of_dossier (dossier=?")), "{steps:?}");
        assert!(!steps.iter().any(|s| s.contains("SCAN")), "{steps:?}");
    }
}
