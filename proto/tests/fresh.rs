//! The checked-in code is what the `.proto` files say.
//!
//! `REGENERATE=1 cargo test -p proto` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

fn proto_files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("registre/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "proto"))
        .collect();
    files.sort();
    files
}

#[test]
fn generated_code_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(proto_files(root)).unwrap();
    // Prost's own encoding would lose the options of errors.proto.
    let descriptor_bytes = compiler.encode_file_descriptor_set();
    let descriptors = compiler.file_descriptor_set();
    let out = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .codec_path("crate::bounded::BoundedCodec")
        // Records go from the file to the wire without a copy of their own.
        .bytes(".registre.v1.Record")
        .extern_path(".registre.v1.DossierRow", "crate::row::DossierRow")
        .out_dir(out.path())
        .compile_fds(descriptors)
        .unwrap();

    let fresh = [
        ("registre.v1.rs", std::fs::read(out.path().join("registre.v1.rs")).unwrap()),
        ("registre.v1.bin", descriptor_bytes),
    ];
    for (name, bytes) in fresh {
        let checked_in = root.join("src/generated").join(name);
        if std::env::var_os("REGENERATE").is_some() {
            std::fs::write(&checked_in, &bytes).unwrap();
        }
        assert!(
            std::fs::read(&checked_in).unwrap() == bytes,
            "{name} is stale: run REGENERATE=1 cargo test -p proto"
        );
    }
}
