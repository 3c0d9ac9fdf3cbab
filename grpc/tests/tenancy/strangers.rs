//! Two CFAs, 10,000 random calls each over the whole API at once: no byte of one reaches the other.
//!
//! Afterwards the whole log says what belongs to whom: dossiers, contracts, runs, events and their
//! leaf hashes. Everything that a CFA was answered is then searched for what is the other's, but for
//! what it sent itself in that very call.

use crate::random::Random;
use crate::raw::{Answer, call};
use crate::requests;
use crate::town::{Cfa, Town, declaration, path, row};
use access::{Call, Permission, Role, permission};
use domain::dossier::Field;
use futures::StreamExt;
use grpc::client::Keyed;
use grpc::convert::dossier::to_message;
use prost::Message;
use proto::v1 as wire;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tonic::Code;
use uuid::Uuid;

/// Calls of each CFA.
const CALLS: usize = 10_000;
/// Calls of each CFA at once.
const AT_ONCE: usize = 8;

/// One call: what was sent, and all that came back.
struct Heard {
    of: Call,
    sent: Vec<u8>,
    bytes: Vec<u8>,
    code: Code,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_cfa_reaches_another_in_ten_thousand_calls_of_each() {
    let town = Arc::new(Town::build().await);
    let mut random = Random::seeded();
    let tokens: Arc<Mutex<Vec<(Call, String)>>> = Arc::default();
    let north = talk(&town, Random::from(random.next()), false, &tokens);
    let south = talk(&town, Random::from(random.next()), true, &tokens);
    let (north, south) = tokio::join!(north, south);
    let owners = Owners::read(&town).await;
    println!("{} ids, {} leaves", owners.ids.len(), owners.leaves.len());
    for (heard, own, other) in
        [(&north, &town.north, &town.south), (&south, &town.south, &town.north)]
    {
        assert_eq!(heard.len(), CALLS);
        let answered = heard.iter().filter(|one| one.code == Code::Ok).count();
        assert!(answered > CALLS / 5, "{answered} of {CALLS} calls were answered");
        let calls: HashSet<Call> =
            heard.iter().filter(|h| h.code == Code::Ok).map(|h| h.of).collect();
        println!("{}: {answered} answered, {} kinds of calls", own.source, calls.len());
        assert!(calls.len() >= 25, "{calls:?}");
        let mut own_seen = false;
        for one in heard {
            if let Some(found) = owners.found(one, other.source) {
                panic!(
                    "{:?} told {} of {found}: {}",
                    one.of,
                    own.source,
                    String::from_utf8_lossy(&one.bytes)
                );
            }
            own_seen |= owners.found(one, own.source).is_some();
        }
        assert!(own_seen, "the search finds nothing at all");
    }
    Arc::into_inner(town).unwrap().server.stop().await;
}

async fn talk(
    town: &Arc<Town>,
    mut random: Random,
    south: bool,
    tokens: &Arc<Mutex<Vec<(Call, String)>>>,
) -> Vec<Heard> {
    let (own, other) = if south { (&town.south, &town.north) } else { (&town.north, &town.south) };
    let channels = [town.of(Role::CfaDeposit, own).await, town.of(Role::CfaReading, own).await];
    let asked = (0..CALLS).map(|_| {
        let role = if random.once_in(4) { Role::CfaReading } else { Role::CfaDeposit };
        let channel = channels[usize::from(role == Role::CfaReading)].clone();
        let of = *random.one_of(Call::ALL);
        (channel, of, request(&mut random, of, own, other, tokens))
    });
    let asked: Vec<(Keyed, Call, Vec<Vec<u8>>)> = asked.collect();
    let talking = futures::stream::iter(asked).map(|(channel, of, messages)| async move {
        let sent = messages.concat();
        let answer = call(&channel, &path(of), messages).await;
        remember(tokens, of, &answer);
        Heard { of, sent, bytes: answer.bytes(), code: answer.code() }
    });
    talking.buffer_unordered(AT_ONCE).collect().await
}

/// Page tokens that were given, so that each tries those of the other too.
fn remember(tokens: &Mutex<Vec<(Call, String)>>, of: Call, answer: &Answer) {
    let Some(message) = answer.messages.first().filter(|_| answer.code() == Code::Ok) else {
        return;
    };
    let token = match of {
        Call::ListEnrolments => {
            wire::ListEnrolmentsResponse::decode(&**message).map(|m| m.next_page_token)
        }
        Call::ListContracts => {
            wire::ListContractsResponse::decode(&**message).map(|m| m.next_page_token)
        }
        Call::ListContractWorkflows => {
            wire::ListContractWorkflowsResponse::decode(&**message).map(|m| m.next_page_token)
        }
        Call::ListPushRuns => {
            wire::ListPushRunsResponse::decode(&**message).map(|m| m.next_page_token)
        }
        Call::ListRefusedRows => {
            wire::ListRefusedRowsResponse::decode(&**message).map(|m| m.next_page_token)
        }
        Call::ListAlerts => wire::ListAlertsResponse::decode(&**message).map(|m| m.next_page_token),
        _ => return,
    };
    let mut tokens = tokens.lock().unwrap();
    tokens.extend(token.ok().filter(|t| !t.is_empty()).map(|t| (of, t)));
}

/// A request that speaks of its own CFA, of the other, or of nobody.
fn request(
    random: &mut Random,
    of: Call,
    own: &Cfa,
    other: &Cfa,
    tokens: &Mutex<Vec<(Call, String)>>,
) -> Vec<Vec<u8>> {
    let mut about = if random.once_in(3) { other.clone() } else { own.clone() };
    about.enrolments.rotate_left(random.below(about.learners));
    let first = random.below(about.contracts.len());
    about.contracts.rotate_left(first);
    if random.once_in(6) {
        about.enrolments[0] = format!("enrolments/{}", random.uuid());
        about.contracts[0] = format!("contracts/{}", random.uuid());
        about.workflow = format!("contracts/{}", random.uuid());
        about.run = format!("pushRuns/{}/{}", about.source, random.uuid());
    }
    let page_size = 1 + random.below(4) as i32;
    let page_token = match tokens.lock().unwrap().iter().rev().find(|(call, _)| *call == of) {
        Some((_, token)) if random.once_in(2) => token.clone(),
        _ => String::new(),
    };
    let source = random.one_of(&["", own.source, other.source, "nobody"]).to_string();
    let trainer_uai = random.one_of(&["", own.uai, other.uai]).to_string();
    let departement = random.one_of(&["", own.departement, other.departement]).to_string();
    let time = requests::time();
    let with = (*random.one_of(&[&own.enrolments[0], &other.enrolments[0]])).clone();
    let message = match of {
        Call::PushDossiers | Call::BatchPushDossiers => return push(random, of, own, other),
        Call::ListPushRuns => {
            wire::ListPushRunsRequest { source, page_size, page_token }.encode_to_vec()
        }
        Call::ListRefusedRows => {
            wire::ListRefusedRowsRequest { source, page_size, page_token }.encode_to_vec()
        }
        Call::ListEnrolments => {
            let status = random.below(6) as i32;
            let asked = wire::ListEnrolmentsRequest {
                time,
                trainer_uai,
                status,
                page_size,
                page_token,
                rule_set: 0,
            };
            asked.encode_to_vec()
        }
        Call::ListContracts => {
            let broken_only = random.once_in(2);
            wire::ListContractsRequest { time, trainer_uai, broken_only, page_size, page_token }
                .encode_to_vec()
        }
        Call::ListContractWorkflows => {
            let late_only = random.once_in(2);
            let asked = wire::ListContractWorkflowsRequest {
                time,
                trainer_uai,
                departement,
                late_only,
                page_size,
                page_token,
                ..Default::default()
            };
            asked.encode_to_vec()
        }
        Call::ListAlerts => {
            let kind = random.below(12) as i32;
            wire::ListAlertsRequest { time, kind, trainer_uai, departement, page_size, page_token }
                .encode_to_vec()
        }
        Call::SummarizeAlerts => {
            wire::SummarizeAlertsRequest { time, trainer_uai, departement }.encode_to_vec()
        }
        Call::ComputeHeadcount | Call::ListCountedEnrolments | Call::ComputeOutcomes => {
            let filter =
                Some(wire::HeadcountFilter { trainer_uai, departement, ..Default::default() });
            let group_by = random.below(8) as i32;
            match of {
                Call::ComputeHeadcount => wire::ComputeHeadcountRequest {
                    time,
                    filter,
                    group_by,
                    raw_dossiers: random.once_in(2),
                    rule_set: 0,
                }
                .encode_to_vec(),
                Call::ListCountedEnrolments => wire::ListCountedEnrolmentsRequest {
                    time,
                    filter,
                    status: 1 + random.below(5) as i32,
                    page_size,
                    ..Default::default()
                }
                .encode_to_vec(),
                _ => wire::ComputeOutcomesRequest {
                    time,
                    filter,
                    group_by,
                    started_from: "2024-01-01".into(),
                    started_to: "2025-12-31".into(),
                }
                .encode_to_vec(),
            }
        }
        Call::LinkPersons => wire::LinkPersonsRequest {
            enrolment: about.enrolments[0].clone(),
            other_enrolment: with,
            request_id: random.uuid(),
            actor: format!("u-{}", own.source),
            basis: wire::LinkBasis::Confirmation as i32,
        }
        .encode_to_vec(),
        of => return requests::of(of, &about),
    };
    vec![message]
}

/// A push under any source, with rows of any CFA, a few of which are no rows.
fn push(random: &mut Random, of: Call, own: &Cfa, other: &Cfa) -> Vec<Vec<u8>> {
    let count = 1 + random.below(3);
    let rows: Vec<wire::DossierRow> = (0..count)
        .map(|_| {
            let of = if random.once_in(3) { other } else { own };
            let mut raw = row(of, random.below(20));
            if random.once_in(8) {
                raw = raw.with(Field::DateEntreeFormation, "soon");
            }
            if random.once_in(4) {
                raw = raw.with(
                    Field::ContratDateRupture,
                    &format!("2025-09-{:02}", 1 + random.below(28)),
                );
            }
            wire::DossierRow::of(&to_message(&raw).unwrap())
        })
        .collect();
    let sender = if random.once_in(5) { other } else { own };
    let mut run = declaration(sender, Uuid::new_v4(), count);
    run.extracted_at = format!("2025-10-{:02}T02:00:00Z", 1 + random.below(30));
    if random.once_in(4) {
        run.extent = wire::RunExtent::Full as i32;
    }
    if of == Call::BatchPushDossiers {
        let batch = wire::BatchPushDossiersRequest { run: Some(run), rows, ..Default::default() };
        return vec![batch.encode_to_vec()];
    }
    let sent = |message| wire::PushDossiersRequest { message: Some(message) }.encode_to_vec();
    let rows = rows.into_iter().map(wire::push_dossiers_request::Message::Row);
    std::iter::once(wire::push_dossiers_request::Message::Run(run)).chain(rows).map(sent).collect()
}

/// What belongs to whom: the source that declared it.
struct Owners {
    /// Every id of a dossier, a contract, a run, an event.
    ids: HashMap<String, &'static str>,
    /// Every leaf hash, by its first bytes.
    leaves: HashMap<[u8; 8], &'static str>,
    /// Whether one begins with these two.
    begins: Vec<bool>,
    /// Names, UAI and SIRET.
    words: Vec<(&'static str, &'static str)>,
}

impl Owners {
    async fn read(town: &Town) -> Self {
        let (north, south) = (town.north.source, town.south.source);
        let (ids, leaves, words) = (HashMap::new(), HashMap::new(), Vec::new());
        let mut owners = Self { ids, leaves, words, begins: vec![false; 1 << 16] };
        for cfa in [&town.north, &town.south] {
            for word in [cfa.uai, cfa.siret, cfa.source, cfa.software] {
                owners.words.push((word, cfa.source));
            }
        }
        let mut of_stream: HashMap<String, &'static str> = HashMap::new();
        let mut log = town
            .server
            .client
            .history()
            .stream_events(wire::StreamEventsRequest::default())
            .await
            .unwrap()
            .into_inner();
        while let Some(told) = log.message().await.unwrap() {
            let event = told.event.unwrap();
            let by_source = [north, south].into_iter().find(|source| *source == event.source);
            let owner = by_source.or_else(|| of_stream.get(&event.stream).copied());
            let Some(owner) = owner else { continue };
            of_stream.insert(event.stream.clone(), owner);
            let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
            owners.ids.insert(event.event_id, owner);
            owners.ids.insert(id(&event.stream), owner);
            if !event.contract.is_empty() {
                owners.ids.insert(id(&event.contract), owner);
            }
            let first: [u8; 8] = event.leaf_hash[..8].try_into().unwrap();
            owners.begins[usize::from(first[0]) << 8 | usize::from(first[1])] = true;
            owners.leaves.insert(first, owner);
        }
        for cfa in [&town.north, &town.south] {
            for contract in [&cfa.workflow, &cfa.private] {
                owners.ids.insert(contract.rsplit('/').next().unwrap().to_owned(), cfa.source);
            }
        }
        assert!(owners.ids.len() > 50);
        owners
    }

    /// Something of an owner that is in some bytes and was not sent.
    fn found(&self, Heard { of, sent, bytes, .. }: &Heard, owner: &str) -> Option<String> {
        // What is looked for is ASCII: whatever is not text beside it does not matter.
        let (text, sent) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(sent));
        let is_told = |word: &&str| text.contains(*word) && !sent.contains(*word);
        let mut words = self.words.iter().filter(|(_, of)| *of == owner).map(|(word, _)| *word);
        if let Some(word) = words.find(is_told) {
            return Some(word.to_owned());
        }
        for (at, _) in text.match_indices('-') {
            // The first of the four hyphens of an id.
            let id = at.checked_sub(8).and_then(|from| text.get(from..from + 36));
            let owned = id.filter(|id| self.ids.get(*id).is_some_and(|of| *of == owner));
            if let Some(id) = owned.filter(|id| !sent.contains(*id)) {
                return Some(id.to_owned());
            }
        }
        // A Merkle proof is made of its neighbours' hashes, which say nothing: tiles are public.
        let proves = matches!(
            of,
            Call::GetInclusionProof
                | Call::GetConsistencyProof
                | Call::ExportBundle
                | Call::ExportOpenedBundle
        );
        let is_leaf = |window: &[u8]| {
            let first: [u8; 8] = window.try_into().unwrap();
            self.begins[usize::from(first[0]) << 8 | usize::from(first[1])]
                && self.leaves.get(&first).is_some_and(|of| *of == owner)
        };
        (!proves && bytes.windows(8).any(is_leaf)).then(|| "a leaf hash".to_owned())
    }
}

#[test]
fn the_matrix_lets_a_cfa_make_most_calls() {
    let open = Call::ALL.iter().filter(|c| permission(Role::CfaDeposit, **c) != Permission::Denied);
    assert!(open.count() > 30);
}
