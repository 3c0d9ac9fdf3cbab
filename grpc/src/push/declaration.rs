//! What the sender says of a run, checked at the door.

use crate::convert::enums;
use crate::errors::{self, Failure};
use crate::{limits, names, times};
use access::Tenant;
use domain::ids::{Instant, RunId, Source};
use domain::runs::{Extent, MAX_ROWS, RunDeclaration};
use domain::text::Text;
use proto::v1 as wire;

/// Checks a declaration against the ledger's clock.
///
/// # Errors
/// A field failure on the first field that breaks a rule.
pub fn check(
    declaration: Option<wire::RunDeclaration>,
    now: Instant,
) -> Result<RunDeclaration, Failure> {
    let Some(said) = declaration else {
        return Err(Failure::field(
            "run",
            Text::new("the run is not declared", "L'envoi n'est pas déclaré."),
        ));
    };
    let id: RunId = names::uuid("run.run_id", &said.run_id)?;
    let source =
        Source::parse(&said.source).map_err(|_| Failure::field("run.source", source_text()))?;
    if said.software.len() > limits::SOFTWARE_BYTES {
        return Err(Failure::field("run.software", software_text()));
    }
    let extracted_at = times::instant("run.extracted_at", &said.extracted_at)?;
    let latest = now.0.saturating_add_unsigned(
        u64::try_from(limits::CLOCK_AHEAD.as_micros()).unwrap_or(u64::MAX),
    );
    if extracted_at.0 > latest {
        return Err(Failure::field("run.extracted_at", future_text()));
    }
    let extent = match enums::known::<wire::RunExtent>("run.extent", said.extent)? {
        wire::RunExtent::Unspecified => return Err(enums::unknown("run.extent")),
        wire::RunExtent::Partial => Extent::Partial,
        wire::RunExtent::Full => Extent::Full,
    };
    let rows = said.row_count;
    if rows.is_none() && extent == Extent::Full {
        return Err(Failure::field("run.row_count", count_text()));
    }
    if rows.is_some_and(|rows| rows as usize > MAX_ROWS) {
        return Err(Failure::field("run.row_count", too_many_text()));
    }
    Ok(RunDeclaration { id, source, software: said.software, extracted_at, extent, rows })
}

/// Refuses a push under a source that is not the sender's.
///
/// # Errors
/// `SOURCE_NOT_BOUND`.
pub fn must_be_bound(tenant: &Tenant, source: &Source) -> Result<(), Failure> {
    if tenant.may_name(source) { Ok(()) } else { Err(errors::source_not_bound(source)) }
}

/// The declaration on the wire.
#[must_use]
pub fn to_wire(declaration: &RunDeclaration) -> wire::RunDeclaration {
    wire::RunDeclaration {
        run_id: declaration.id.to_string(),
        source: declaration.source.to_string(),
        software: declaration.software.clone(),
        extracted_at: times::of_instant(declaration.extracted_at),
        extent: match declaration.extent {
            Extent::Full => wire::RunExtent::Full,
            Extent::Partial => wire::RunExtent::Partial,
        } as i32,
        row_count: declaration.rows,
        // Proofs are asked of an answer, and are nothing of the run.
        proofs: false,
    }
}

/// More rows than one run may have.
#[must_use]
pub fn too_many_text() -> Text {
    Text::new(
        format!("a run has at most {MAX_ROWS} rows: send several partial runs"),
        format!("Un envoi compte au plus {MAX_ROWS} dossiers : faites plusieurs envois partiels."),
    )
}

fn source_text() -> Text {
    Text::new(
        "run.source is 1 to 64 characters among a-z, 0-9, '.', '_' and '-'",
        "Le nom de la source compte 1 à 64 caractères parmi a-z, 0-9, « . », « _ » et « - ».",
    )
}

fn software_text() -> Text {
    let most = limits::SOFTWARE_BYTES;
    Text::new(
        format!("run.software is longer than {most} bytes"),
        format!("Le nom du logiciel dépasse {most} octets."),
    )
}

fn future_text() -> Text {
    Text::new(
        "run.extracted_at is more than a day in the future: check the clock of the sender",
        "La date d'extraction est dans le futur : vérifiez l'horloge de votre serveur.",
    )
}

fn count_text() -> Text {
    Text::new(
        "run.row_count is required in a full run: it shows a truncated export",
        "Le nombre de dossiers est obligatoire dans un envoi complet : il révèle un export tronqué.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> wire::RunDeclaration {
        wire::RunDeclaration {
            run_id: "6f8f57b2-0d3c-4c2a-9c1e-111111111111".into(),
            source: "cfa.nord".into(),
            software: "Ypareo 2025".into(),
            extracted_at: "2025-09-01T02:00:00Z".into(),
            extent: wire::RunExtent::Full as i32,
            row_count: Some(3),
            proofs: false,
        }
    }

    fn now() -> Instant {
        times::instant("now", "2025-09-01T02:00:00Z").unwrap()
    }

    fn refused(change: impl FnOnce(&mut wire::RunDeclaration)) -> String {
        let mut said = said();
        change(&mut said);
        check(Some(said), now()).unwrap_err().at().unwrap().to_owned()
    }

    #[test]
    fn a_good_declaration_is_read_as_it_is_written() {
        let read = check(Some(said()), now()).unwrap();
        assert_eq!(check(Some(to_wire(&read)), now()), Ok(read));
    }

    #[test]
    fn each_field_refuses_what_breaks_its_rule() {
        assert_eq!(check(None, now()).unwrap_err().at(), Some("run"));
        assert_eq!(refused(|d| d.run_id = "1".into()), "run.run_id");
        assert_eq!(refused(|d| d.source = "CFA du Nord".into()), "run.source");
        assert_eq!(refused(|d| d.software = "x".repeat(129)), "run.software");
        assert_eq!(refused(|d| d.extracted_at = "0000-01-01T00:00:00Z".into()), "run.extracted_at");
        assert_eq!(refused(|d| d.extracted_at = "2025-09-02T02:00:01Z".into()), "run.extracted_at");
        assert_eq!(refused(|d| d.extent = 0), "run.extent");
        assert_eq!(refused(|d| d.extent = 7), "run.extent");
        assert_eq!(refused(|d| d.row_count = None), "run.row_count");
        assert_eq!(refused(|d| d.row_count = Some(20_001)), "run.row_count");
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let mut said = said();
        said.software = "x".repeat(128);
        said.extracted_at = "2025-09-02T02:00:00Z".into();
        said.row_count = Some(20_000);
        assert!(check(Some(said), now()).is_ok());
    }
}
