//! A person who is searched by an INE, an e-mail address, or names and a birth date.

use crate::house::refusal;
use crate::requests::found_by_names;
use crate::town::{Town, key_of};
use access::{Call, Role};
use grpc::client::{Client, Credential};
use prost::Message;
use proto::v1::find_persons_request::By;
use proto::v1::{self as wire, FindPersonsRequest, FindPersonsResponse};
use tonic::Code;

const INE: &str = "0123A45678C";
const EMAIL: &str = "zoe.dalencon@exemple.fr";

async fn officer(town: &Town, reason: &str) -> Client {
    let key = town.server.keys.create(key_of(Role::Dpo, &town.north), crate::house::now()).unwrap();
    tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    let credential = Credential::new(key.text()).unwrap().because(reason);
    Client::connect(&town.server.address, credential).await.unwrap()
}

const fn by(by: By) -> FindPersonsRequest {
    FindPersonsRequest { by: Some(by) }
}

fn named(last_name: &str, first_name: &str, born_on: &str) -> FindPersonsRequest {
    let [last_name, first_name, born_on] = [last_name, first_name, born_on].map(str::to_owned);
    by(By::Names(wire::PersonNames { last_name, first_name, born_on }))
}

async fn find(client: &Client, asked: FindPersonsRequest) -> FindPersonsResponse {
    client.privacy().find_persons(asked).await.unwrap().into_inner()
}

/// The apprentice of every form of the town, whom no dossier names.
fn on_forms() -> FindPersonsRequest {
    named(
        "d alencon",
        "ZOE",
        &domain::cerfa::example_form().apprentice.born_on.unwrap().to_string(),
    )
}

fn on_contracts(town: &Town) -> Vec<String> {
    let both = [&town.north, &town.south].into_iter();
    sorted(both.flat_map(|cfa| [cfa.workflow.clone(), cfa.private.clone()]))
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_what_she_states_however_it_is_written() {
    let town = Town::build().await;
    let officer = officer(&town, "demande DPO/2025-30").await;
    let (north, south) = (&town.north.enrolments, &town.south.enrolments);
    let both = sorted([north[0].clone(), south[0].clone()]);
    for ine in [INE, " 0123 a45678c "] {
        let found = find(&officer, by(By::Ine(ine.into()))).await;
        assert_eq!((&found.enrolments, found.more), (&both, false), "{ine}");
        assert!(found.position > 0);
    }
    let all = sorted(north.iter().chain(south).cloned());
    for email in [EMAIL, " Zoe.Dalencon@EXEMPLE.fr"] {
        assert_eq!(find(&officer, by(By::Email(email.into()))).await.enrolments, all, "{email}");
    }
    for (cfa, n) in [(&town.north, 0), (&town.north, 3), (&town.south, 1)] {
        let found = find(&officer, found_by_names(cfa, n)).await;
        assert_eq!(found.enrolments, [cfa.enrolments[n].clone()]);
    }
    // The contracts written here are found with the dossiers that they belong to, or alone when those state another name.
    assert_eq!(find(&officer, by(By::Email(EMAIL.into()))).await.contracts, [] as [String; 0]);
    let found = find(&officer, on_forms()).await;
    assert_eq!((found.enrolments.len(), found.more), (0, false));
    assert_eq!(sorted(found.contracts), on_contracts(&town));
    // Nobody: another INE, another day of birth, an address of nobody, one name of two.
    let mut another = found_by_names(&town.north, 0);
    let Some(By::Names(names)) = &mut another.by else { panic!() };
    names.born_on = "2006-04-18".into();
    let nobody = [
        by(By::Ine("9876A54321Z".into())),
        by(By::Email("dalencon@exemple.fr".into())),
        another,
        named("NOM0ERP-NORD", "", "2006-04-17"),
    ];
    for asked in nobody {
        let found = find(&officer, asked.clone()).await;
        assert_eq!((found.enrolments.len(), found.more), (0, false), "{asked:?}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_and_each_dossier_that_it_finds_are_recorded_and_no_value_is() {
    let town = Town::build().await;
    let silent = officer(&town, "").await;
    let refused = silent.privacy().find_persons(by(By::Ine(INE.into()))).await;
    assert_eq!(refusal(refused).reason, "REASON_NEEDED");
    let officer = officer(&town, "demande DPO/2025-31").await;
    find(&officer, by(By::Ine(INE.into()))).await;
    find(&officer, by(By::Email("personne@exemple.fr".into()))).await;
    find(&officer, found_by_names(&town.north, 2)).await;
    let contracts = find(&officer, on_forms()).await.contracts;
    assert_eq!(contracts.len(), 4);
    let mut lines = Vec::new();
    let checked = access::log::read(town.folder(), |line| lines.push(line.clone())).unwrap();
    assert_eq!(checked.broken, []);
    let searches = lines.iter().filter(|line| line.call == "FindPersons");
    let recorded: Vec<(&str, &str, String)> =
        searches.map(|line| (&*line.role, &*line.reason, line.of.clone())).collect();
    let both = sorted([town.north.enrolments[0].clone(), town.south.enrolments[0].clone()]);
    let mut of = vec![
        "search by INE",
        &both[0],
        &both[1],
        "search by e-mail",
        "search by names and birth date",
        &town.north.enrolments[2],
        "search by names and birth date",
    ];
    of.extend(contracts.iter().map(String::as_str));
    let expected = of.into_iter().map(|of| ("dpo", "demande DPO/2025-31", of.to_owned()));
    assert_eq!(recorded, expected.collect::<Vec<_>>());
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_refused_by_its_field_and_never_quoted() {
    let town = Town::build().await;
    let officer = officer(&town, "demande DPO/2025-32").await;
    let long = "QZ".repeat(domain::dossier::MAX_TEXT_BYTES);
    let wrong = [
        (FindPersonsRequest { by: None }, "by"),
        (by(By::Ine("0123QZ5678C".into())), "ine"),
        (by(By::Ine("00000000000".into())), "ine"),
        (by(By::Ine(String::new())), "ine"),
        (by(By::Email("QZ@".into())), "email"),
        (named("QZ", "Zoé", "17/04/2006"), "names.born_on"),
        (named("QZ", "Zoé", ""), "names.born_on"),
        (named(" - ", "'", "2006-04-17"), "names.last_name"),
        (named(&long, "Zoé", "2006-04-17"), "names.last_name"),
        (named("Durand", &long, "2006-04-17"), "names.first_name"),
    ];
    for (asked, field) in wrong {
        let answer = town.call(&town.local, Call::FindPersons, asked.encode_to_vec()).await;
        assert_eq!((answer.code(), &*answer.reason()), (Code::InvalidArgument, "INVALID_FIELD"));
        assert!(!answer.has("QZ"), "{field}: {answer:?}");
        let refused = refusal(officer.privacy().find_persons(asked).await);
        assert_eq!(refused.field, field, "{refused:?}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_is_found_by_nothing() {
    let town = Town::build().await;
    let officer = officer(&town, "demande DPO/2025-33").await;
    let asked = || found_by_names(&town.north, 1);
    let gone = &town.north.enrolments[1];
    assert_eq!(find(&officer, asked()).await.enrolments, std::slice::from_ref(gone));
    assert!(find(&officer, by(By::Email(EMAIL.into()))).await.enrolments.contains(gone));
    let (name, actor) = (town.north.erasure.clone(), "u1".to_owned());
    let request_id = || uuid::Uuid::new_v4().to_string();
    let decided = wire::DecideErasureRequest {
        request_id: request_id(),
        actor: actor.clone(),
        name: name.clone(),
        granted: true,
        basis: wire::LegalBasis::Objection as i32,
        reference: "R-3".into(),
    };
    officer.privacy().decide_erasure(decided).await.unwrap();
    let execute = wire::ExecuteErasureRequest { request_id: request_id(), actor, name };
    officer.privacy().execute_erasure(execute).await.unwrap();
    assert_eq!(find(&officer, asked()).await.enrolments, [] as [String; 0]);
    let left = find(&officer, by(By::Email(EMAIL.into()))).await.enrolments;
    assert!(left.len() == 7 && !left.contains(gone), "{left:?}");
    town.server.stop().await;
}
