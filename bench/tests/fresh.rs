//! The checked-in code is what the `.proto` file says.
//!
//! `REGENERATE=1 cargo test -p bench --test fresh` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

const NAME: &str = "registre.bench.v1.rs";

#[test]
fn generated_code_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let protos = root.join("proto");
    let file = protos.join("registre/bench/v1/bare_log.proto");
    let out = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .bytes(".registre.bench.v1.CeilingMessage")
        .out_dir(out.path())
        .compile_fds(protox::compile([file], [protos]).unwrap())
        .unwrap();
    let fresh = std::fs::read(out.path().join(NAME)).unwrap();
    let checked_in = root.join("src/wire/generated").join(NAME);
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&checked_in, &fresh).unwrap();
    }
    assert!(
        std::fs::read(&checked_in).unwrap() == fresh,
        "{NAME} is stale: run REGENERATE=1 cargo test -p bench --test fresh"
    );
}
