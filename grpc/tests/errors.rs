//! The catalogue of errors in the schema is what the server answers, and `docs/errors.md` is made of it:
//! `REGENERATE=1 cargo test -p grpc --test errors` writes the page.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use grpc::errors::Reason;
use prost_reflect::{DescriptorPool, Value};
use proto::v1::ErrorTold;
use std::collections::BTreeMap;
use std::fmt::Write;

const PREFIX: &str = "ERROR_REASON_";

/// What the schema tells of each reason, in its order.
fn told() -> Vec<(String, ErrorTold)> {
    let pool = DescriptorPool::decode(proto::v1::FILE_DESCRIPTOR_SET).unwrap();
    let told = pool.get_extension_by_name("registre.v1.told").unwrap();
    let reasons = pool.get_enum_by_name("registre.v1.ErrorReason").unwrap();
    let of = |value: prost_reflect::EnumValueDescriptor| {
        let options = value.options();
        let Value::Message(message) = options.get_extension(&told).into_owned() else { panic!() };
        let name = value.name().strip_prefix(PREFIX).unwrap().to_owned();
        (name, message.transcode_to::<ErrorTold>().unwrap())
    };
    reasons.values().filter(|value| value.number() > 0).map(of).collect()
}

/// A gRPC code as specifications write it.
fn code(reason: Reason) -> String {
    let name = format!("{:?}", reason.code());
    name.chars().enumerate().fold(String::new(), |mut code, (at, letter)| {
        if at > 0 && letter.is_uppercase() {
            code.push('_');
        }
        code.push(letter.to_ascii_uppercase());
        code
    })
}

#[test]
fn every_reason_is_in_the_schema_with_its_code_and_a_line_in_french() {
    let told = told();
    let known: BTreeMap<&str, Reason> = Reason::ALL.iter().map(|it| (it.name(), *it)).collect();
    for (name, told) in &told {
        let reason = known.get(name.as_str()).unwrap_or_else(|| panic!("{name} is never answered"));
        assert_eq!(told.code, code(*reason), "{name}");
        for line in [&told.cause, &told.action, &told.fr] {
            assert!(line.ends_with('.') && line.len() > 7, "{name}: {line}");
        }
    }
    let missing = known.keys().filter(|name| told.iter().all(|(other, _)| other != *name));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "not in errors.proto: {missing:?}");
}

#[test]
fn the_page_of_errors_is_that_of_the_schema() {
    let mut page = "# Les erreurs\n\nChaque refus porte un `google.rpc.ErrorInfo` : ce motif, le domaine `registre.v1`, des détails ; et un texte en \
        français (`google.rpc.LocalizedMessage`). Un motif garde son nom et son code pour toujours. Page faite à partir de \
        `proto/registre/v1/errors.proto` par `REGENERATE=1 cargo test -p grpc --test errors`.\n\n\
        | motif | code gRPC | en français | cause | que faire |\n|---|---|---|---|---|\n"
        .to_owned();
    for (name, ErrorTold { code, cause, action, fr }) in told() {
        writeln!(page, "| `{name}` | `{code}` | {fr} | {cause} | {action} |").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "{path} is stale");
}
