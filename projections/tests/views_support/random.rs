//! Random histories of a few dossiers, from a seed.

use super::{CFA, OTHER_CFA, World, keys, training};
use domain::enrolment::Fact;
use domain::ids::{ContractId, EventId, StreamKey};
use domain::persons::{LinkBasis, PersonLinkEvent};

/// What happens next, as numbers that a property test draws.
pub(crate) type Act = (u8, u8, u16, u16);

/// A dossier under way.
#[derive(Debug, Default)]
struct Dossier {
    stream: StreamKey,
    contracts: Vec<ContractId>,
    ruptures: Vec<(EventId, ContractId)>,
}

fn day_text(offset: u16) -> String {
    let first = super::day("2025-07-01");
    (first + chrono::TimeDelta::days(i64::from(offset % 900))).to_string()
}

/// Plays the acts: half of them some days after the one before, the others, when
/// they can, in its request.
pub(crate) fn play(acts: &[Act]) -> World {
    let mut world = World::new();
    let mut dossiers: Vec<Dossier> = Vec::new();
    let mut last = 0;
    for (n, (act, which, one, other)) in acts.iter().enumerate() {
        let joins = *act >= 128;
        if !joins {
            world.on(&day_text(n as u16 * 3));
            world.from(if which % 3 == 0 { "one.cfa" } else { "two.cfa" });
            last = usize::from(*which);
        }
        world.together(joins);
        let (start, end) = (day_text(*one), day_text(one.saturating_add(30 + other % 500)));
        let at = last % dossiers.len().max(1);
        if act % 14 == 12 && dossiers.len() > 1 {
            let (a, b) = (dossiers[at].stream, dossiers[(at + 1) % dossiers.len()].stream);
            let pair = if a < b { [a, b] } else { [b, a] };
            let basis = LinkBasis::Confirmation;
            world.link(if one % 2 == 0 {
                PersonLinkEvent::PersonsLinked { pair, basis }
            } else {
                PersonLinkEvent::PersonsUnlinked { pair, basis }
            });
            continue;
        }
        match (act % 14, dossiers.get_mut(at)) {
            (0..=2, _) | (_, None) => {
                let cfa = if which % 2 == 0 { CFA } else { OTHER_CFA };
                let person = keys((one % 6) as u8, (other % 4) as u8);
                let stream = world.enrol_in(training(cfa, &start, &end), person);
                if other % 5 > 0 {
                    world.ledger.reached_by([(other % 5) as u8; 16]);
                }
                dossiers.push(Dossier { stream, ..Dossier::default() });
            }
            (3..=5, Some(dossier)) if dossier.contracts.len() < 6 => {
                let ordinal = dossier.contracts.len() as u16;
                dossier.contracts.push(world.contract(dossier.stream, ordinal, &start, &end));
            }
            (6..=7, Some(dossier)) if !dossier.contracts.is_empty() => {
                let contract = dossier.contracts[usize::from(*one) % dossier.contracts.len()];
                let event = world.rupture(dossier.stream, contract, &end);
                dossier.ruptures.push((event, contract));
            }
            (8, Some(dossier)) if !dossier.contracts.is_empty() => {
                let contract = dossier.contracts[usize::from(*other) % dossier.contracts.len()];
                world.amend(dossier.stream, contract, &start, &end);
                world.ledger.reached_by([(one % 3) as u8; 16]);
            }
            (9, Some(dossier)) => {
                if let Some((event, contract)) = dossier.ruptures.pop() {
                    let by = world.correct_rupture(dossier.stream, event, contract, &start);
                    dossier.ruptures.push((by, contract));
                }
            }
            (10, Some(dossier)) => {
                if let Some((event, _)) = dossier.ruptures.pop() {
                    world.retract(dossier.stream, event);
                }
            }
            (11, Some(dossier)) => {
                let on = super::day(&start);
                let fact = match one % 4 {
                    0 => Fact::LearnerExcluded { on, cause: None },
                    1 => Fact::WithdrawalDeclared { on },
                    2 => Fact::TrainingCompleted { on: Some(on), diploma: other % 2 == 0 },
                    _ => Fact::TransmissionStopped { as_of: super::noon(&start) },
                };
                world.fact(dossier.stream, fact);
            }
            (13, Some(dossier)) => {
                let held: Vec<StreamKey> =
                    (one % 3 == 0).then_some(dossier.stream).into_iter().collect();
                world.close_run(if which % 2 == 0 { CFA } else { OTHER_CFA }, &held);
            }
            _ => {}
        }
    }
    world
}
