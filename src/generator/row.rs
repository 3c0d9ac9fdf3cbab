//! The v3 row of a dossier in one night's export.

use super::calendar::Night;
use super::country::{Cfa, Country, certification};
use super::identity::Identity;
use super::life::Life;
use super::report::{Report, ToldContract};
use chrono::{NaiveDate, TimeDelta};
use domain::dossier::{ContractColumn, Field, RawDossier, RawValue};

const CAUSES: [&str; 8] = [
    "Accord entre les deux parties",
    "Rupture pendant la période d'essai",
    "Démission de l'apprenti après médiation",
    "Faute grave",
    "Liquidation judiciaire de l'entreprise",
    "Problème de transport et de logement",
    "Inaptitude constatée par le médecin du travail",
    "ne souhaite plus exercer ce métier",
];

/// How a system writes dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    Iso,
    French,
    Instant,
}

/// Everything that a row is made of.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    pub(super) country: &'a Country,
    pub(super) person: u32,
    pub(super) source: usize,
    pub(super) life: &'a Life,
    pub(super) identity: &'a Identity,
    pub(super) report: &'a Report,
    /// Whether this export lost its rupture columns.
    pub(super) broken_export: bool,
}

impl Telling<'_> {
    /// The row of a night; nothing when the dossier is not in the export.
    pub(super) fn row(&self, night: Night) -> Option<RawDossier> {
        let report = self.report;
        if !report.is_in_export(night) {
            return None;
        }
        let mut row = RawDossier::default();
        self.put_identity(&mut row, night)?;
        self.put_training(&mut row, night)?;
        self.put_contracts(&mut row, night);
        if let Some(day) = report.excluded.as_ref().and_then(|told| told.at(night)) {
            self.put_day(&mut row, Field::DateExclusionFormation, *day);
            let cause = if report.leaves_for_another {
                "changement de CFA"
            } else {
                "absences injustifiées répétées"
            };
            put(&mut row, Field::CauseExclusionFormation, cause);
        }
        if let Some((obtained, day)) = report.result.as_ref().and_then(|told| told.at(night)) {
            row.set(Field::ObtentionDiplomeFormation, Some(RawValue::Bool(*obtained)));
            if *obtained {
                self.put_day(&mut row, Field::DateObtentionDiplomeFormation, *day);
            }
        }
        if report.spoiled_until.is_some_and(|until| night < until) {
            self.spoil(&mut row);
        }
        Some(row)
    }

    fn put_identity(&self, row: &mut RawDossier, night: Night) -> Option<()> {
        let who = self.identity;
        put(row, Field::NomApprenant, &who.name.last);
        put(row, Field::PrenomApprenant, &who.name.first);
        self.put_day(row, Field::DateDeNaissanceApprenant, self.life.born);
        put(row, Field::IdErpApprenant, self.report.id.at(night)?);
        put_some(row, Field::IneApprenant, who.ine.as_deref());
        put_some(row, Field::NirApprenant, who.nir.as_deref());
        put_some(row, Field::EmailContact, who.email.as_deref());
        let new_phone = self.report.new_phone.at(night).copied().unwrap_or(false);
        let phone = if new_phone { Some(&who.next_phone) } else { who.phone.as_ref() };
        put_some(row, Field::TelApprenant, phone.map(String::as_str));
        put(row, Field::AdresseApprenant, &who.address);
        put(row, Field::CodePostalApprenant, &who.home.postcode);
        put_some(row, Field::CodeCommuneInseeApprenant, who.home.insee);
        put(row, Field::CodeCommuneInseeDeNaissanceApprenant, &who.birth_commune);
        put(row, Field::SexeApprenant, if self.life.woman { "F" } else { "M" });
        if who.disabled {
            row.set(Field::RqthApprenant, Some(RawValue::Bool(true)));
        }
        put_some(row, Field::ResponsableApprenantMail1, who.guardian.as_deref());
        Some(())
    }

    fn put_training(&self, row: &mut RawDossier, night: Night) -> Option<()> {
        let session = self.report.session.at(night)?;
        let trainer = &self.country.cfas[*self.report.trainer.at(night)?];
        put(row, Field::AnneeScolaire, session.school_year);
        let enrolled = session.entry - TimeDelta::days(i64::from(self.person % 60));
        self.put_day(row, Field::DateInscriptionFormation, enrolled);
        self.put_day(row, Field::DateEntreeFormation, session.entry);
        self.put_day(row, Field::DateFinFormation, session.end);
        put_cfa(row, trainer);
        let certification = certification(self.life.certification);
        put_some(row, Field::FormationCfd, certification.cfd);
        put(row, Field::FormationRncp, certification.rncp);
        put(row, Field::LibelleCourtFormation, certification.title);
        row.set(Field::AnneeFormation, Some(RawValue::Int(i64::from(session.year))));
        let months = (session.end - session.entry).num_days() / 30;
        row.set(Field::DureeTheoriqueFormationMois, Some(RawValue::Int(months.clamp(1, 48))));
        row.set(Field::FormationPresentielle, Some(RawValue::Bool(true)));
        Some(())
    }

    fn put_contracts(&self, row: &mut RawDossier, night: Night) {
        let mut told: Vec<(usize, &ToldContract)> =
            self.report.contracts.iter().enumerate().collect();
        told.retain(|(_, contract)| contract.start.at(night).is_some());
        if self.report.permuted.is_some_and(|since| since <= night) {
            told.reverse();
        }
        for (slot, (rank, contract)) in (1_u8..).zip(told) {
            let column = |column| Field::of_contract(slot, column);
            if let Some(start) = contract.start.at(night) {
                self.put_day(row, column(ContractColumn::Start), *start);
            }
            self.put_day(row, column(ContractColumn::End), contract.end);
            put(row, column(ContractColumn::Employer), &self.employer(contract));
            let broken = contract.broken.as_ref().and_then(|told| told.at(night));
            if let Some(day) = broken.filter(|_| !self.broken_export) {
                self.put_day(row, column(ContractColumn::Rupture), *day);
                let cause = CAUSES[(self.person as usize + rank) % CAUSES.len()];
                put(row, column(ContractColumn::Cause), cause);
            }
        }
    }

    /// The employer's SIRET; one person in 90 has a digit mistyped.
    fn employer(&self, contract: &ToldContract) -> String {
        let mut siret = contract.employer.clone();
        if self.person % 90 == 7 {
            let wrong = if siret.ends_with('3') { '4' } else { '3' };
            siret.pop();
            siret.push(wrong);
        }
        siret
    }

    /// Takes from the row what identifies or dates it.
    fn spoil(&self, row: &mut RawDossier) {
        match self.person / 251 % 3 {
            0 => row.set(Field::DateDeNaissanceApprenant, None),
            1 => row.set(Field::NomApprenant, None),
            _ => put(row, Field::DateEntreeFormation, "00/00/0000"),
        }
    }

    fn put_day(&self, row: &mut RawDossier, field: Field, day: NaiveDate) {
        let text = match self.dates() {
            Dates::Iso => day.format("%Y-%m-%d"),
            Dates::French => day.format("%d/%m/%Y"),
            Dates::Instant => day.format("%Y-%m-%dT12:00:00.000Z"),
        };
        put(row, field, &text.to_string());
    }

    fn dates(&self) -> Dates {
        match self.source {
            // One system sends instants, on which the ledger warns.
            7 => Dates::Instant,
            source if source % 4 == 1 => Dates::French,
            _ => Dates::Iso,
        }
    }
}

fn put_cfa(row: &mut RawDossier, cfa: &Cfa) {
    put(row, Field::EtablissementResponsableUai, &cfa.uai);
    put(row, Field::EtablissementResponsableSiret, &cfa.siret);
    put(row, Field::EtablissementFormateurUai, &cfa.uai);
    put(row, Field::EtablissementFormateurSiret, &cfa.siret);
    put(row, Field::EtablissementLieuDeFormationUai, &cfa.uai);
    put(row, Field::EtablissementLieuDeFormationSiret, &cfa.siret);
    put(row, Field::EtablissementLieuDeFormationCodePostal, &cfa.postcode);
}

fn put(row: &mut RawDossier, field: Field, text: &str) {
    row.set(field, Some(RawValue::Text(text.to_owned())));
}

fn put_some(row: &mut RawDossier, field: Field, text: Option<&str>) {
    if let Some(text) = text {
        put(row, field, text);
    }
}
