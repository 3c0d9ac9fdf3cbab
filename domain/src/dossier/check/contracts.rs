//! The contract slots of a row.

use super::clean::without_punctuation;
use super::reader::Reader;
use super::rules;
use crate::dossier::{ContractColumn, DeclaredContract, Field};
use crate::identifiers::Siret;
use chrono::{Days, NaiveDate};

/// The columns that say something only of a contract that has a start date.
const OTHER_COLUMNS: [ContractColumn; 4] =
    [ContractColumn::End, ContractColumn::Rupture, ContractColumn::Cause, ContractColumn::Employer];

/// The slots that have a start date, by slot.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<DeclaredContract> {
    (1..=Field::CONTRACT_SLOTS).filter_map(|slot| contract(reader, slot)).collect()
}

fn contract(reader: &mut Reader<'_>, slot: u8) -> Option<DeclaredContract> {
    let field = |column| Field::of_contract(slot, column);
    let Some(start_on) = reader.day(field(ContractColumn::Start)) else {
        drop_slot(reader, slot);
        return None;
    };
    let contract = DeclaredContract {
        slot,
        start_on,
        end_on: reader.day(field(ContractColumn::End)),
        rupture_on: reader.day(field(ContractColumn::Rupture)),
        cause: reader.free_text(field(ContractColumn::Cause)),
        siret: reader.claimed(field(ContractColumn::Employer), Siret::parse, without_punctuation),
        deposit_number: None,
    };
    doubt(reader, &contract);
    Some(contract)
}

/// Without a start date the other columns of the slot say nothing that can be dated.
fn drop_slot(reader: &mut Reader<'_>, slot: u8) {
    let mut any = false;
    for field in OTHER_COLUMNS.map(|column| Field::of_contract(slot, column)) {
        if reader.raw(field).is_some() {
            reader.dropped.insert(field);
            any = true;
        }
    }
    if any {
        let start = Field::of_contract(slot, ContractColumn::Start);
        reader.warn(start, rules::CONTRACT_WITHOUT_START);
    }
}

/// Warns about dates that contradict each other. A rupture is the first day
/// without contract, so that the day after the agreed end is in order.
fn doubt(reader: &mut Reader<'_>, contract: &DeclaredContract) {
    let field = |column| Field::of_contract(contract.slot, column);
    let before_start = |day: NaiveDate| day < contract.start_on;
    if contract.end_on.is_some_and(before_start) {
        reader.warn(field(ContractColumn::End), rules::CONTRACT_END_BEFORE_START);
    }
    match contract.rupture_on {
        Some(day) if before_start(day) => {
            reader.warn(field(ContractColumn::Rupture), rules::RUPTURE_BEFORE_START);
        }
        Some(day) if contract.end_on.is_some_and(|end| day > end + Days::new(1)) => {
            reader.warn(field(ContractColumn::Rupture), rules::RUPTURE_AFTER_END);
        }
        None if contract.cause.is_some() => {
            reader.warn(field(ContractColumn::Cause), rules::RUPTURE_CAUSE_ALONE);
        }
        Some(_) | None => {}
    }
}
