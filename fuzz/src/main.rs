//! libFuzzer on one target, named by the variable `TARGET`. `fuzz/run` builds and calls it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let wish = std::env::var("TARGET").unwrap_or_default();
    match fuzz::TARGETS.iter().find(|(name, _)| *name == wish) {
        Some((_, target)) => *target,
        None => {
            eprintln!("TARGET is {wish:?}, and no target");
            std::process::exit(2)
        }
    }
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
