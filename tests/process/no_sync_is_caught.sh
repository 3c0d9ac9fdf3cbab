#!/usr/bin/env bash
# The watchman is watched: a build whose journal does not sync must fail the
# test that looks for the sync, and for that reason.
#
# The binary goes to its own folder, target/no-sync, so that nobody takes it
# for the real one; what it shares with the real one is not built again.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
check=no_answer_leaves_before_the_sync_that_covers_it

CARGO_BUILD_BUILD_DIR=$target CARGO_TARGET_DIR=$target/no-sync \
    cargo build --quiet --bin registre --features no-sync

output=$(mktemp)
trap 'rm -f "$output"' EXIT
binary=$(realpath "$target/no-sync/debug/registre")
if REGISTRE_BIN=$binary cargo test --quiet --test sync_before_answer -- --exact "$check" >"$output" 2>&1; then
    cat "$output"
    echo "a build without sync passed the test: the test sees nothing" >&2
    exit 1
fi
if ! grep 'ANSWERED BEFORE SYNC: an answer left before the sync of what was written to .*/log/' "$output"; then
    cat "$output"
    echo "the test failed for another reason" >&2
    exit 1
fi
echo "1 passed, 0 failed"
