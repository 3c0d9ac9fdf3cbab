//! Histories and bundles of contracts that are written here: whose they are, and what a stranger hears.

use crate::town::{Cfa, Town, path};
use crate::{doors, raw};
use access::{Call, Role};
use prost::Message;
use proto::v1 as wire;
use tonic::Code;
use uuid::Uuid;

fn asked(of: Call, name: &str) -> Vec<Vec<u8>> {
    let name = name.to_owned();
    vec![match of {
        Call::ListEvents => {
            wire::ListEventsRequest { parent: name, ..Default::default() }.encode_to_vec()
        }
        _ => wire::ExportBundleRequest { name }.encode_to_vec(),
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_contract_is_read_by_whom_it_is_and_is_nothing_to_a_stranger() {
    let town = Town::build().await;
    let nobody = format!("contracts/{}", Uuid::new_v4());
    for role in [Role::CfaDeposit, Role::CfaReading, Role::Network, Role::Ddets, Role::Employer] {
        let channel = town.northern(role).await;
        for of in [Call::ListEvents, Call::ExportBundle] {
            let own = raw::call(&channel, &path(of), asked(of, &town.north.workflow)).await;
            assert_eq!(own.code(), Code::Ok, "{role} {of:?}: {own:?}");
            let foreign = raw::call(&channel, &path(of), asked(of, &town.south.workflow)).await;
            let missing = raw::call(&channel, &path(of), asked(of, &nobody)).await;
            assert_eq!(foreign.missing().as_ref(), Some(&town.south.workflow), "{role} {of:?}");
            assert_eq!(
                doors::told(&foreign, &town.south.workflow),
                doors::told(&missing, &nobody),
                "{role} {of:?}"
            );
        }
    }
    // Of a région it is not known which contracts are its; an OPCO has those that were sent to it. Neither an employer nor
    // an OPCO reads of the dossiers of CFAs.
    let Cfa { workflow, enrolments, contracts, private, .. } = &town.north;
    for (role, names) in [
        (Role::Dreets, vec![workflow]),
        (Role::Opco, vec![workflow, &enrolments[0], &contracts[0]]),
        (Role::Employer, vec![&enrolments[1], &contracts[1], &nobody]),
    ] {
        // Another key than above: nobody has more than two.
        let channel = town.northern(role).await;
        let of = Call::ListEvents;
        for name in names {
            let answer = raw::call(&channel, &path(of), asked(of, name)).await;
            assert_eq!(answer.missing().as_ref(), Some(name), "{role}");
        }
        if role == Role::Opco {
            let own = raw::call(&channel, &path(of), asked(of, private)).await;
            assert_eq!(own.code(), Code::Ok, "{own:?}");
        }
    }
    town.server.stop().await;
}
