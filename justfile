# The everyday things. `just` lists them; each is one line that works without just.

# A year of apprenticeship passes through the ledger.
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# All tests.
test:
    cargo test --workspace

# Four parties sign at once, from four clients, so many contracts one after the other.
four-parties CONTRACTS="1000":
    CONTRACTS={{CONTRACTS}} cargo test -p grpc --test service four_parties

# All tests, then a search of all that the program said meanwhile for whoever was pushed to it.
heard:
    rm -rf target/heard
    REGISTRE_HEARD=target/heard cargo test --workspace
    REGISTRE_SEARCHED=target/heard cargo test --workspace --test heard

# What .ci/run checks before the tests.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The documentation of every crate.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Write the Rust code of the .proto files anew.
proto:
    REGENERATE=1 cargo test -p proto

# Every fault in full: hours. What came of it is in docs/faults.md.
faults:
    FAULTS_FULL=1 cargo test --release --test faults

# One run of one fault again, as its seed was printed: just fault-seed torn_writes 123
fault-seed TEST SEED:
    FAULTS_SEED={{SEED}} cargo test --test faults {{TEST}} -- --nocapture

# The .proto files against the rules of buf.
buf:
    cd proto && npx --yes @bufbuild/buf lint

# Write the golden records anew (only for a new event type: old files never change).
golden:
    REGENERATE=1 cargo test -p ledger --lib golden

# The documents that are made of the code: rules of the law, the workflow of a contract, who may call what, errors.
documents:
    REGENERATE=1 cargo test -p domain --test law_document
    REGENERATE=1 cargo test -p domain --lib contract::tests::every
    REGENERATE=1 cargo test -p access matrix
    REGENERATE=1 cargo test -p grpc --test errors

# Every parser fed with anything, for so many seconds each: just fuzz 3600 [TARGET…] (needs a C++ compiler).
fuzz SECONDS *TARGETS:
    fuzz/run {{SECONDS}} {{TARGETS}}

# What it found that reaches new code goes into the corpus.
fuzz-keep *TARGETS:
    fuzz/keep {{TARGETS}}

# A build whose journal does not sync must be caught by the test that watches it.
no-sync-is-caught:
    bash tests/process/no_sync_is_caught.sh

# The ledger against the limits of this machine: one table, five rounds.
bench *ARGS:
    cargo run --release -- bench {{ARGS}}

# The same with SQLite, PostgreSQL, cqrs-es and UmaDB beside it; bench/peers/README.md says what it needs.
bench-peers *ARGS:
    cargo run --release --manifest-path bench/peers/Cargo.toml -- {{ARGS}}

# Head-counts at a million and at ten million dossiers.
bench-headcount:
    cargo run --release -p projections --example headcount_scale -- 1000000 10000000

# What the views cost at 100,000 dossiers.
bench-views:
    cargo run --release -p projections --example views_scale

# Every proof of every tree up to 300 leaves, judged by another implementation (pip install pymerkle).
judge-proofs:
    cargo run --quiet -p seal --example proofs -- 300 | python3 tests/oracle/merkle.py

# Public holidays and delays in working days, judged by two libraries (pip install holidays jours-feries-france).
judge-working-days:
    cargo run --quiet -p domain --example working_days | python3 tests/oracle/working_days.py

# The minimum pay of every age, year and SMIC, judged by exact decimals.
judge-pay:
    cargo run --quiet -p domain --example pay | python3 tests/oracle/pay.py

# Licences, advisories, duplicates.
deny:
    cargo deny check
