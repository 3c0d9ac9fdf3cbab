//! The door, from outside: keys made beside it, calls through it, the log of reads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use access::keyring::{Keyring, NewKey};
use access::limits;
use access::secret::ApiKey;
use access::{Call, Establishment, Gate, Refused, Role, Scope, Sources, Tenant, log};
use domain::identifiers::{Siret, Uai};
use domain::ids::{Instant, Source};
use std::net::IpAddr;
use std::path::Path;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const SECOND: i64 = 1_000_000;

/// Seconds after a moment of 2026.
fn at(seconds: i64) -> Instant {
    Instant(1_780_000_000_000_000 + seconds * SECOND)
}

fn cfa() -> NewKey {
    let uai = Uai::parse("0010826T").unwrap();
    let one = Establishment { uai, siret: Siret::parse("35600000000048").unwrap() };
    NewKey {
        name: "CFA du Nord, ERP".into(),
        environment: "test".into(),
        role: Role::CfaDeposit,
        scope: Scope::Establishments([one].into()),
        sources: Sources::Only([Source::parse("nord").unwrap()].into()),
        days: 30,
        calls_per_minute: Some(limits::KEY_CALLS_PER_MINUTE),
    }
}

fn auditor() -> NewKey {
    NewKey {
        name: "auditor".into(),
        role: Role::Auditor,
        scope: Scope::Region("84".into()),
        sources: Sources::default(),
        ..cfa()
    }
}

fn ask(
    gate: &Gate,
    key: &str,
    call: Call,
    reason: Option<&str>,
    now: i64,
) -> Result<Tenant, Refused> {
    gate.admit(gate.recognise(Some(key), HERE, at(now))?, call, reason, at(now))
}

fn folder(new: NewKey) -> (tempfile::TempDir, Keyring, ApiKey) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::of(folder.path());
    let key = keys.create(new, at(0)).unwrap();
    (folder, keys, key)
}

#[test]
fn a_key_opens_what_its_role_may_ask_within_its_scope() {
    let (folder, _, key) = folder(cfa());
    let gate = Gate::open(folder.path()).unwrap();
    let tenant = ask(&gate, key.text(), Call::BatchPushDossiers, None, 1).unwrap();
    let uai = |text| Uai::parse(text).unwrap();
    let siret = |text| Siret::parse(text).unwrap();
    assert!(tenant.may_write_for(uai("0010826T"), siret("35600000000048")));
    assert!(!tenant.may_write_for(uai("0010826T"), siret("13002526500013")), "both numbers");
    assert!(!tenant.may_write_for(uai("9830002K"), siret("35600000000048")));
    assert!(tenant.may_name(&Source::parse("nord").unwrap()));
    assert!(!tenant.may_name(&Source::parse("sud").unwrap()));
    assert_eq!(tenant.actor("u7"), format!("{}/u7", tenant.principal()));
    assert_eq!(tenant.principal().len(), limits::PRINCIPAL_BYTES);
    let denied = ask(&gate, key.text(), Call::StreamRecords, None, 1);
    assert_eq!(denied.unwrap_err(), Refused::Denied(Role::CfaDeposit));
    let head = ask(&gate, key.text(), Call::GetReferenceSet, None, 1).unwrap();
    assert_eq!(*head.scope(), Scope::Everything);
}

#[test]
fn a_wrong_key_and_one_that_never_was_are_told_alike_and_a_key_that_was_is_told_so() {
    let (folder, keys, key) = folder(cfa());
    let gate = Gate::open(folder.path()).unwrap();
    let foreign = ApiKey::make("test").unwrap();
    // The id of the right key with another secret, its check sum right.
    let parts: Vec<&str> = key.text().split('_').collect();
    let before = format!("reg_test_{}_{}", parts[2], "ab".repeat(32));
    let guessed = format!("{before}_{:08x}", crc32c::crc32c(before.as_bytes()));
    let each = |credential, now| gate.recognise(credential, HERE, at(now)).map(|_| ());
    assert_eq!(each(Some(foreign.text()), 0), Err(Refused::BadCredential));
    assert_eq!(each(Some(&guessed), 0), Err(Refused::BadCredential));
    assert_eq!(each(Some("reg_"), 0), Err(Refused::BadCredential));
    assert_eq!(each(None, 0), Err(Refused::NoCredential));
    assert_eq!(each(Some(key.text()), 30 * 86_400), Err(Refused::Expired));
    keys.revoke(key.id(), at(0)).unwrap();
    assert_eq!(each(Some(key.text()), 30 * 86_400 - 1), Err(Refused::Expired));
}

#[test]
fn a_server_that_runs_sees_keys_made_rotated_and_revoked_beside_it() {
    let (folder, keys, key) = folder(cfa());
    let gate = Gate::open(folder.path()).unwrap();
    let first = ask(&gate, key.text(), Call::GetLimits, None, 1).unwrap();
    let next = keys.rotate(key.id(), 30, at(2)).unwrap();
    let second = ask(&gate, next.text(), Call::GetLimits, None, 2).unwrap();
    assert_eq!(first.principal(), second.principal(), "a holder keeps its pseudonym");
    assert!(ask(&gate, key.text(), Call::GetLimits, None, 2).is_ok(), "both are alive");
    keys.revoke(key.id(), at(3)).unwrap();
    assert_eq!(ask(&gate, key.text(), Call::GetLimits, None, 4).unwrap_err(), Refused::Expired);
    assert!(ask(&gate, next.text(), Call::GetLimits, None, 4).is_ok());
    fs_err::write(keys.path(), "{ damaged").unwrap();
    assert!(ask(&gate, next.text(), Call::GetLimits, None, 6).is_ok(), "what was known stays");
    assert!(Gate::open(folder.path()).is_err());
    drop(gate);
    let uses = keys.last_uses().unwrap();
    assert_eq!(uses.len(), 2);
    assert!(uses.values().all(|day| day == "2026-05-28"), "{uses:?}");
}

#[test]
fn a_tenant_stands_for_as_long_as_its_key_and_its_rights_do() {
    let (folder, keys, key) = folder(cfa());
    let gate = Gate::open(folder.path()).unwrap();
    let tenant = ask(&gate, key.text(), Call::PushDossiers, None, 1).unwrap();
    let next = keys.rotate(key.id(), 60, at(2)).unwrap();
    let rotated = ask(&gate, next.text(), Call::PushDossiers, None, 3).unwrap();
    assert_eq!(gate.stands(&tenant, at(30 * 86_400 - 1)), Ok(()), "both are alive");
    assert_eq!(gate.stands(&tenant, at(30 * 86_400)), Err(Refused::Expired));
    keys.revoke(key.id(), at(4)).unwrap();
    assert_eq!(gate.stands(&tenant, at(5)), Err(Refused::Expired));
    assert_eq!(gate.stands(&rotated, at(5)), Ok(()));
    // Somebody edits the file: the key is bound to another source now.
    let text = fs_err::read_to_string(keys.path()).unwrap();
    fs_err::write(keys.path(), text.replace("\"nord\"", "\"ouest\"")).unwrap();
    assert_eq!(gate.stands(&rotated, at(6)), Err(Refused::Expired));
}

#[test]
fn refused_credentials_wait_and_a_good_key_of_the_same_address_does_not() {
    let (folder, _, key) = folder(cfa());
    let gate = Gate::open(folder.path()).unwrap();
    let bad =
        |from: &str, now| gate.recognise(Some("x"), from.parse().unwrap(), at(now)).unwrap_err();
    for _ in 0..limits::FAILURES_PER_MINUTE {
        assert_eq!(bad("192.0.2.1", 0), Refused::BadCredential);
    }
    assert!(matches!(bad("192.0.2.1", 0), Refused::TooManyFailures(wait) if wait.as_secs() == 12));
    assert_eq!(bad("192.0.2.2", 0), Refused::BadCredential);
    assert!(gate.recognise(Some(key.text()), "192.0.2.1".parse().unwrap(), at(0)).is_ok());
    assert_eq!(bad("192.0.2.1", 12), Refused::BadCredential);
}

#[test]
fn a_key_calls_so_often_and_pushes_so_many_rows() {
    let (folder, _, key) = folder(NewKey { calls_per_minute: Some(3), ..cfa() });
    let gate = Gate::open(folder.path()).unwrap();
    let call = |now| ask(&gate, key.text(), Call::GetLimits, None, now);
    let [tenant, ..] = [call(0).unwrap(), call(0).unwrap(), call(0).unwrap()];
    assert!(matches!(call(0), Err(Refused::TooManyCalls(wait)) if wait.as_secs() == 20));
    assert!(call(20).is_ok());
    let most = limits::KEY_ROWS_PER_HOUR as usize;
    assert_eq!(gate.charge_rows(&tenant, most, at(0)), Ok(()));
    assert!(matches!(gate.charge_rows(&tenant, 1, at(0)), Err(Refused::TooManyCalls(_))));
    assert_eq!(gate.charge_rows(&tenant, most / 2, at(1_800)), Ok(()));
}

#[test]
fn who_is_no_cfa_says_why_it_reads_and_every_read_is_a_line() {
    let (folder, keys, key) = folder(auditor());
    let own = keys.create(cfa(), at(0)).unwrap();
    let gate = Gate::open(folder.path()).unwrap();
    let read = |key: &ApiKey, reason, now| ask(&gate, key.text(), Call::GetEnrolment, reason, now);
    assert_eq!(read(&key, None, 1).unwrap_err(), Refused::NoReason);
    assert_eq!(read(&key, Some("  "), 1).unwrap_err(), Refused::NoReason);
    let long = "x".repeat(limits::REASON_BYTES + 1);
    assert_eq!(read(&key, Some(&long), 1).unwrap_err(), Refused::BadReason);
    assert_eq!(read(&key, Some("a\u{1b}[2Jb"), 1).unwrap_err(), Refused::BadReason, "a terminal's");
    let auditing = read(&key, Some("contrôle de service fait"), 1).unwrap();
    gate.record(&auditing, "enrolments/1", at(1)).unwrap();
    let owner = read(&own, None, 2).unwrap();
    gate.record(&owner, &"é".repeat(200), at(86_400)).unwrap();
    let counting = ask(&gate, key.text(), Call::ComputeHeadcount, None, 3).unwrap();
    gate.record(&counting, "nobody", at(86_401)).unwrap();
    drop(gate);
    let gate = Gate::open(folder.path()).unwrap();
    gate.record(&auditing, "enrolments/2", at(86_402)).unwrap();
    let lines = lines(folder.path());
    let told: Vec<_> = lines.iter().map(|l| (&*l.role, &*l.of, &*l.reason)).collect();
    assert_eq!(told[0], ("auditeur", "enrolments/1", "contrôle de service fait"));
    assert_eq!(told[1], ("cfa.depot", &*"é".repeat(limits::READ_OF_BYTES / 2), ""));
    assert_eq!(told[2].1, "enrolments/2");
    assert_eq!(told.len(), 3, "a figure is no read of anybody");
}

fn lines(data: &Path) -> Vec<log::Line> {
    let mut lines = Vec::new();
    let checked = log::read(data, |line| lines.push(line.clone())).unwrap();
    assert_eq!(checked.broken, []);
    lines
}

#[test]
fn a_log_that_was_removed_is_begun_again_and_says_that_lines_are_missing() {
    let (folder, _, key) = folder(auditor());
    let gate = Gate::open(folder.path()).unwrap();
    let tenant = ask(&gate, key.text(), Call::GetContract, Some("why"), 1).unwrap();
    gate.record(&tenant, "contracts/1", at(1)).unwrap();
    fs_err::remove_dir_all(folder.path().join("access/log")).unwrap();
    assert!(gate.record(&tenant, "contracts/2", at(2)).is_err(), "nowhere to write");
    fs_err::create_dir(folder.path().join("access/log")).unwrap();
    gate.record(&tenant, "contracts/3", at(3)).unwrap();
    let broken = log::read(folder.path(), |_| {}).unwrap().broken;
    assert_eq!((broken.len(), broken[0].line), (1, 1));
}

#[test]
fn there_is_room_for_reads_to_come_before_the_disk_is_full() {
    use std::os::unix::fs::MetadataExt;
    let (folder, _, _) = folder(cfa());
    let _gate = Gate::open(folder.path()).unwrap();
    let files = fs_err::read_dir(folder.path().join("access/log")).unwrap();
    let today = files.map(|file| file.unwrap().metadata().unwrap()).next().unwrap();
    assert_eq!(today.len(), 0);
    assert!(today.blocks() * 512 >= limits::LOG_RESERVED_BYTES as u64);
}
