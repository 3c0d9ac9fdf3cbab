//! What the fuzzing found worth keeping passes, in each build.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_input_of_the_corpus_passes_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.into_string().unwrap()).collect();
    let targets: BTreeSet<String> = fuzz::TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(folders, targets, "a folder for each target");
    for (name, target) in fuzz::TARGETS {
        let files: Vec<_> =
            fs::read_dir(corpus.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name} has a corpus");
        for file in files {
            let bytes = fs::read(&file).unwrap();
            assert!(std::panic::catch_unwind(|| target(&bytes)).is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn a_target_gets_as_far_as_what_it_is_about() {
    let corpus = |path: &str| {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path)).unwrap()
    };
    // A forged bundle is believed once the target signed it: the flips reach all checks behind the signature.
    let mut bundle = corpus("bundle/three-events");
    let policy = seal::Policy::of_log(fuzz::note::key().public().clone());
    let at = bundle.windows(11).position(|window| window == b"contracts/x").unwrap();
    bundle[at] = b'C';
    assert!(seal::bundle::verify(&bundle, &policy).is_err());
    fuzz::bundle::sign(&mut bundle);
    assert_eq!(seal::bundle::verify(&bundle, &policy).err(), None);
    // So does a segment whose checksums were repaired.
    let whole = corpus("segment/three-groups");
    let mut segment = whole.clone();
    fuzz::segment::repair(&mut segment);
    assert_eq!(segment, whole, "nothing to repair");
    let body = whole.windows(20).rposition(|window| window == [2; 20]).unwrap();
    segment[body] = 9;
    let forged = segment.clone();
    fuzz::segment::repair(&mut segment);
    assert_ne!(segment, forged, "a frame's checksum and its group's");
    let changed = segment.iter().zip(&whole).filter(|(new, old)| new != old).count();
    assert!((2..=9).contains(&changed), "{changed} bytes: the body, two checksums");
}
