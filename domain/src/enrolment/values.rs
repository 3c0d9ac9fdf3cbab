//! Every value of a row by its number, so that a push is compared value by
//! value and an older run is told apart from a newer one value by value.

use super::blocks::{
    Background, Contact, Disability, Facets, Guardians, Identity, Opened, Referent, Training,
};
use super::gate::{Gate, Value};
use super::state::{Completion, Contract, Current, Exclusion};
use crate::dossier::{ContractColumn, Field};
use crate::identifiers::{SchoolYear, Siret, Uai};
use crate::runs::{BIT_OF_HOME_DEPARTEMENT, bit_of_contract, bit_of_field};
use chrono::NaiveDate;

/// First stamp key of the columns of contracts that have no bit.
const BEYOND_BITS: u32 = 128;
/// Stamp key of "contract 0 was declared"; the contract's ordinal is added.
const DECLARED: u32 = 1 << 20;

/// The stamp key of a contract's column: its bit, or a number above all bits.
pub(super) fn key_of_contract(ordinal: u16, column: ContractColumn) -> u32 {
    bit_of_contract(ordinal, column)
        .unwrap_or_else(|| BEYOND_BITS + u32::from(ordinal) * 5 + column as u32)
}

/// The stamp key of a contract's first declaration.
pub(super) fn key_of_declaration(ordinal: u16) -> u32 {
    DECLARED + u32::from(ordinal)
}

/// The mask of a key, empty for those that have no bit.
pub(super) const fn mask_of_key(key: u32) -> u128 {
    if key < 128 { 1 << key } else { 0 }
}

/// The rupture and cause columns of a contract: a full row that has neither
/// states that both are absent.
pub(super) fn rupture_mask(ordinal: u16) -> u128 {
    mask_of_key(key_of_contract(ordinal, ContractColumn::Rupture))
        | mask_of_key(key_of_contract(ordinal, ContractColumn::Cause))
}

/// The rupture column of a contract alone.
pub(super) fn rupture_date(ordinal: u16) -> u128 {
    mask_of_key(key_of_contract(ordinal, ContractColumn::Rupture))
}

/// The exclusion's fields, as [`rupture_mask`].
pub(super) const fn exclusion_mask() -> u128 {
    1 << bit_of_field(Field::DateExclusionFormation)
        | 1 << bit_of_field(Field::CauseExclusionFormation)
}

/// Whether a value says something. In every push an absent value says nothing.
pub(super) trait Told {
    /// True when the value is there.
    fn told(&self) -> bool;
}

impl<T> Told for Option<T> {
    fn told(&self) -> bool {
        self.is_some()
    }
}

impl<T: Told> Told for &T {
    fn told(&self) -> bool {
        (*self).told()
    }
}

impl Told for bool {
    fn told(&self) -> bool {
        *self
    }
}

impl Told for String {
    fn told(&self) -> bool {
        !self.is_empty()
    }
}

macro_rules! always_told {
    ($($kind:ty)*) => { $(
        impl Told for $kind {
            fn told(&self) -> bool {
                true
            }
        }
    )* };
}
always_told!(NaiveDate SchoolYear Siret Uai);

/// A block whose values each have a bit.
pub(super) trait Block: Clone + PartialEq {
    /// The bits of the values that are there.
    fn told(&self) -> u128;
    /// The bits of the values that differ.
    fn changed(&self, new: &Self) -> u128;
    /// The block with the values of the row that the gate lets in, or `None`
    /// when nothing changes; `said` as in [`Gate::takes`].
    fn overlay(&self, said: Option<&Self>, row: &Self, gate: &mut Gate<'_>) -> Option<Self>;
}

macro_rules! block {
    ($block:ty { $($($place:ident).+ => $bit:expr,)* }) => {
        impl Block for $block {
            fn told(&self) -> u128 {
                let mut bits = 0;
                $(if self.$($place).+.told() { bits |= 1 << $bit; })*
                bits
            }

            fn changed(&self, new: &Self) -> u128 {
                let mut bits = 0;
                $(if self.$($place).+ != new.$($place).+ { bits |= 1 << $bit; })*
                bits
            }

            fn overlay(
                &self,
                said: Option<&Self>,
                row: &Self,
                gate: &mut Gate<'_>,
            ) -> Option<Self> {
                let mut new: Option<Self> = None;
                $(if gate.takes(
                    Value::field($bit),
                    &self.$($place).+,
                    said.map(|block| &block.$($place).+),
                    &row.$($place).+,
                ) {
                    new.get_or_insert_with(|| self.clone()).$($place).+ =
                        row.$($place).+.clone();
                })*
                new
            }
        }
    };
}

block!(Training {
    school_year => bit_of_field(Field::AnneeScolaire),
    enrolled_on => bit_of_field(Field::DateInscriptionFormation),
    entry_on => bit_of_field(Field::DateEntreeFormation),
    end_on => bit_of_field(Field::DateFinFormation),
    responsible.uai => bit_of_field(Field::EtablissementResponsableUai),
    responsible.siret => bit_of_field(Field::EtablissementResponsableSiret),
    trainer.uai => bit_of_field(Field::EtablissementFormateurUai),
    trainer.siret => bit_of_field(Field::EtablissementFormateurSiret),
    place.uai => bit_of_field(Field::EtablissementLieuDeFormationUai),
    place.siret => bit_of_field(Field::EtablissementLieuDeFormationSiret),
    place.address => bit_of_field(Field::EtablissementLieuDeFormationAdresse),
    place.postcode => bit_of_field(Field::EtablissementLieuDeFormationCodePostal),
    certification.cfd => bit_of_field(Field::FormationCfd),
    certification.rncp => bit_of_field(Field::FormationRncp),
    title => bit_of_field(Field::LibelleCourtFormation),
    year_of_training => bit_of_field(Field::AnneeFormation),
    theoretical_years => bit_of_field(Field::DureeTheoriqueFormation),
    theoretical_months => bit_of_field(Field::DureeTheoriqueFormationMois),
    in_person => bit_of_field(Field::FormationPresentielle),
    cfa_type => bit_of_field(Field::TypeCfa),
});
block!(Facets {
    birth_month => bit_of_field(Field::DateDeNaissanceApprenant),
    sex => bit_of_field(Field::SexeApprenant),
    home_departement => BIT_OF_HOME_DEPARTEMENT,
    has_nir => bit_of_field(Field::NirApprenant),
    declared_status => bit_of_field(Field::StatutApprenant),
    declared_status_on => bit_of_field(Field::DateMetierMiseAJourStatut),
});
block!(Identity {
    last_name => bit_of_field(Field::NomApprenant),
    first_name => bit_of_field(Field::PrenomApprenant),
    born_on => bit_of_field(Field::DateDeNaissanceApprenant),
    id_erp => bit_of_field(Field::IdErpApprenant),
    ine => bit_of_field(Field::IneApprenant),
    birth_postcode => bit_of_field(Field::CodePostalDeNaissanceApprenant),
    birth_commune => bit_of_field(Field::CodeCommuneInseeDeNaissanceApprenant),
});
block!(Contact {
    email => bit_of_field(Field::EmailContact),
    phone => bit_of_field(Field::TelApprenant),
    address => bit_of_field(Field::AdresseApprenant),
    postcode => bit_of_field(Field::CodePostalApprenant),
    commune => bit_of_field(Field::CodeCommuneInseeApprenant),
});
block!(Disability {
    rqth => bit_of_field(Field::RqthApprenant),
    rqth_on => bit_of_field(Field::DateRqthApprenant),
});
block!(Guardians {
    email_1 => bit_of_field(Field::ResponsableApprenantMail1),
    email_2 => bit_of_field(Field::ResponsableApprenantMail2),
});
block!(Referent {
    last_name => bit_of_field(Field::NomReferentHandicapFormation),
    first_name => bit_of_field(Field::PrenomReferentHandicapFormation),
    email => bit_of_field(Field::EmailReferentHandicapFormation),
});
block!(Background {
    last_situation => bit_of_field(Field::DerniereSituation),
    last_organisation => bit_of_field(Field::DernierOrganismeUai),
    custom_status => bit_of_field(Field::CustomStatutApprenant),
});

/// The bits of a sealed block that are there, as far as it is open.
pub(super) fn told_in<B: Block>(block: Option<&Opened<B>>) -> u128 {
    block.and_then(Opened::clear).map_or(0, Block::told)
}

/// The bits of a sealed block that differ, as far as both sides are open.
pub(super) fn changed_in<B: Block>(old: Option<&Opened<B>>, new: Option<&Opened<B>>) -> u128 {
    match (old, new) {
        (Some(Opened::Clear(old)), Some(Opened::Clear(new))) => old.changed(new),
        (Some(Opened::Clear(only)), None) | (None, Some(Opened::Clear(only))) => only.told(),
        _ => 0,
    }
}

impl Contract {
    /// The stamp keys of the columns that are there.
    pub(super) fn told_keys(&self) -> impl Iterator<Item = u32> + use<> {
        let employer = self.employer.clear();
        let rupture = self.rupture.as_ref().map(|(_, rupture)| rupture);
        let ordinal = self.ordinal;
        [
            (ContractColumn::Start, true),
            (ContractColumn::End, self.terms.end_on.is_some()),
            (ContractColumn::Rupture, rupture.is_some()),
            (ContractColumn::Cause, rupture.is_some_and(|r| r.verbatim.is_some())),
            (ContractColumn::Employer, employer.is_some_and(|e| e.siret.is_some())),
        ]
        .into_iter()
        .filter(|(_, told)| *told)
        .map(move |(column, _)| key_of_contract(ordinal, column))
    }

    /// The stamp keys of the columns that differ.
    pub(super) fn changed_keys(&self, new: &Self) -> impl Iterator<Item = u32> + use<> {
        let ordinal = self.ordinal;
        let rupture = |c: &Self| c.rupture.as_ref().map(|(_, rupture)| rupture.effective_on);
        let cause = |c: &Self| c.rupture.as_ref().and_then(|(_, rupture)| rupture.verbatim.clone());
        [
            (ContractColumn::Start, self.terms.start_on != new.terms.start_on),
            (ContractColumn::End, self.terms.end_on != new.terms.end_on),
            (ContractColumn::Rupture, rupture(self) != rupture(new)),
            (ContractColumn::Cause, cause(self) != cause(new)),
            (ContractColumn::Employer, self.employer != new.employer),
        ]
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(move |(column, _)| key_of_contract(ordinal, column))
    }
}

impl Current {
    /// The bits of every value that is known.
    pub(super) fn known(&self) -> u128 {
        let mut bits = self.training.told()
            | self.facets.told()
            | told_in(Some(&self.identity))
            | told_in(self.contact.as_ref())
            | told_in(self.disability.as_ref())
            | told_in(self.guardians.as_ref())
            | told_in(self.referent.as_ref())
            | told_in(self.background.as_ref());
        for contract in &self.contracts {
            bits |= contract.told_keys().fold(0, |mask, key| mask | mask_of_key(key));
        }
        if let Some(exclusion) = &self.exclusion {
            bits |= 1 << bit_of_field(Field::DateExclusionFormation);
            if exclusion.cause.is_some() {
                bits |= 1 << bit_of_field(Field::CauseExclusionFormation);
            }
        }
        if let Some(completion) = &self.completion {
            bits |= 1 << bit_of_field(Field::ObtentionDiplomeFormation);
            if completion.on.is_some() {
                bits |= 1 << bit_of_field(Field::DateObtentionDiplomeFormation);
            }
        }
        bits
    }

    /// The ruptures and the exclusion that are not known, dates and words: a
    /// full row that says "everything" states their absence.
    pub(super) fn absences(&self) -> u128 {
        let exclusion = if self.exclusion.is_none() { exclusion_mask() } else { 0 };
        let unbroken = self.contracts.iter().filter(|c| c.rupture.is_none());
        unbroken.fold(exclusion, |mask, c| mask | rupture_mask(c.ordinal))
    }

    /// The dates among [`Current::absences`].
    pub(super) fn absent_dates(&self) -> u128 {
        let exclusion = 1 << bit_of_field(Field::DateExclusionFormation);
        let exclusion = if self.exclusion.is_none() { exclusion } else { 0 };
        let unbroken = self.contracts.iter().filter(|c| c.rupture.is_none());
        unbroken.fold(exclusion, |mask, c| mask | rupture_date(c.ordinal))
    }

    /// Calls `touch` with the key of every value that differs.
    pub(super) fn changed_keys(&self, new: &Self, touch: &mut dyn FnMut(u32)) {
        let mut bits = self.training.changed(&new.training)
            | self.facets.changed(&new.facets)
            | changed_in(Some(&self.identity), Some(&new.identity))
            | changed_in(self.contact.as_ref(), new.contact.as_ref())
            | changed_in(self.disability.as_ref(), new.disability.as_ref())
            | changed_in(self.guardians.as_ref(), new.guardians.as_ref())
            | changed_in(self.referent.as_ref(), new.referent.as_ref())
            | changed_in(self.background.as_ref(), new.background.as_ref());
        bits |= changed_exclusion(self.exclusion.as_ref(), new.exclusion.as_ref());
        bits |= changed_result(self.completion.as_ref(), new.completion.as_ref());
        touch_bits(bits, touch);
        for contract in &new.contracts {
            match self.contracts.iter().find(|c| c.id == contract.id) {
                Some(old) => old.changed_keys(contract).for_each(&mut *touch),
                None => {
                    touch(key_of_declaration(contract.ordinal));
                    contract.told_keys().for_each(&mut *touch);
                }
            }
        }
    }
}

/// The bits of the exclusion's fields that differ.
pub(super) fn changed_exclusion(old: Option<&Exclusion>, new: Option<&Exclusion>) -> u128 {
    let mut bits = 0;
    if old.map(|e| e.on) != new.map(|e| e.on) {
        bits |= 1 << bit_of_field(Field::DateExclusionFormation);
    }
    if old.and_then(|e| e.cause.as_ref()) != new.and_then(|e| e.cause.as_ref()) {
        bits |= 1 << bit_of_field(Field::CauseExclusionFormation);
    }
    bits
}

/// The bits of the result's fields that differ.
pub(super) fn changed_result(old: Option<&Completion>, new: Option<&Completion>) -> u128 {
    let mut bits = 0;
    if old.map(|c| c.diploma) != new.map(|c| c.diploma) {
        bits |= 1 << bit_of_field(Field::ObtentionDiplomeFormation);
    }
    if old.map(|c| c.on) != new.map(|c| c.on) {
        bits |= 1 << bit_of_field(Field::DateObtentionDiplomeFormation);
    }
    bits
}

/// Calls `touch` with each bit that is set.
pub(super) fn touch_bits(mut bits: u128, touch: &mut dyn FnMut(u32)) {
    while bits != 0 {
        touch(bits.trailing_zeros());
        bits &= bits - 1;
    }
}
