//! Who sees only learners without a contract sees none who has one, whatever day is asked.

use crate::town::Town;
use access::{Call, Role};
use prost::Message;
use proto::v1::{
    GetEnrolmentRequest, GetTrajectoryResponse, ListEnrolmentsRequest, Status, TimeQuery,
};

/// Enrolled, and a day before the first contract.
const BEFORE: &str = "2024-09-01";
/// After the ruptures.
const LATER: &str = "2025-10-15";

fn asked(name: &str, day: &str) -> Vec<u8> {
    let time = Some(TimeQuery { as_of: day.into(), ..Default::default() });
    GetEnrolmentRequest { name: name.into(), time, rule_set: 0 }.encode_to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_opens_nobody_who_has_a_contract_by_now() {
    let town = Town::build().await;
    let (broken, employed) = (&town.north.enrolments[0], &town.north.enrolments[2]);
    // GetTrajectory takes the fields of GetEnrolment.
    let then = town.call(&town.local, Call::GetTrajectory, asked(employed, BEFORE)).await;
    let current = then.read::<GetTrajectoryResponse>().current;
    assert_eq!(current, Status::Inscrit as i32, "else the day shows nothing");
    let dreets = town.northern(Role::Dreets).await;
    for call in [Call::GetEnrolment, Call::GetTrajectory] {
        let seen = town.call(&dreets, call, asked(broken, LATER)).await;
        assert_eq!(seen.missing(), None, "{call:?}");
        for day in [BEFORE, LATER] {
            let seen = town.call(&dreets, call, asked(employed, day)).await;
            assert_eq!(seen.missing().as_ref(), Some(employed), "{call:?} {day}");
        }
    }
    let time = Some(TimeQuery { as_of: BEFORE.into(), ..Default::default() });
    let list = ListEnrolmentsRequest { time, ..Default::default() }.encode_to_vec();
    let listed = town.call(&dreets, Call::ListEnrolments, list.clone()).await;
    assert!(!listed.has(employed) && listed.has(broken));
    assert!(town.call(&town.local, Call::ListEnrolments, list).await.has(employed));
}
