# What a developer runs. `just` lists it.

# Lists the recipes.
default:
    @just --list

# Everything that must hold before a push.
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTFLAGS='--cfg fuzzing' cargo check --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz
    cargo test --locked
    cargo deny --locked check bans licenses sources

# All tests; `just test layering` runs those whose name holds the word.
test *words:
    cargo test --locked {{ words }}

# The walls of the house alone.
layering:
    cargo test --locked --test it layering

# Random repositories, more of them.
properties cases="200":
    IAO_CASES={{ cases }} cargo test --locked --test it loop_properties

# All attacks in full: faults at every write and every open, races, tampering, hostile trees. Needs strace.
attack:
    cargo build --locked
    for name in race tamper hostile reads crash hooks; do python3 -B tests/attack/$name.py --iao target/debug/git-iao || exit 1; done

# pre-commit and prek call the scanner and are chained; BIN is the folder that holds both.
hook-managers bin:
    cargo build --locked
    python3 -B tests/interop/hooks.py --iao target/debug/git-iao --bin {{ bin }}

# Each parser of evidence and the hash engine, fuzzed for some seconds. Needs a nightly toolchain.
fuzz seconds="60":
    cargo build --locked
    fuzz/seeds target/debug/git-iao
    fuzz/run {{ seconds }}

# A blob of 5 GiB, sealed and checked in bounded memory; tells time and memory.
big mebibytes="5120":
    IAO_BLOB_MIB={{ mebibytes }} cargo test --locked --release --test it big_blob -- --nocapture

# What the scanner makes of a blob of 1 GiB, lines of 15 MiB and 100,000 files; tells time and memory.
scan-large:
    IAO_SCAN_BLOB_MIB=1024 IAO_SCAN_LINE_MIB=15 IAO_SCAN_FILES=100000 cargo test --locked --release --test it scan_bad_input -- --nocapture

# Many seals of one history; tells time a seal and what the object store holds.
seals count="10000":
    IAO_SEALS={{ count }} cargo test --locked --release --test it many_seals -- --nocapture

# What the scanner finds of the labelled corpus, by category; its mistakes go to target/accuracy/mistakes.txt.
accuracy:
    mkdir -p target/accuracy
    IAO_ACCURACY="$PWD/target/accuracy" cargo test --locked --test it accuracy::recall -- --nocapture

# The same corpus through the other scanners that are on PATH.
accuracy-peers *scanners:
    rm -rf target/accuracy && mkdir -p target/accuracy
    IAO_ACCURACY="$PWD/target/accuracy" cargo test --locked --test it written_for_other_scanners -- --ignored
    cargo build --locked
    PATH="$PATH:$PWD/target/debug" python3 -B tests/accuracy/peers.py target/accuracy {{ scanners }}

# Ourselves, git and openssl over the same files, side by side.
bench:
    cargo bench --locked --bench whole_process

# What a seal costs, beside git, openssl, b3sum and sha512sum, and what is promised. Repositories are kept in target/.
bench-seal:
    -command -v b3sum || test -x target/bench-tools/bin/b3sum || cargo install b3sum --locked --root target/bench-tools
    cargo bench --locked --bench seal

# What the scanner and the hooks cost, beside git alone and the peers that are on PATH, and what is promised.
bench-scan *rows:
    cargo build --locked --release
    python3 -B benches/scan.py --iao target/release/git-iao {{ rows }}

# The loop on clones of the repositories at these paths.
harness +paths:
    cargo build --locked --release
    PATH="$PWD/target/release:$PATH" python3 tests/harness/run.py {{ paths }}

# The loop on a clone of this checkout.
dogfood:
    cargo build --locked --release
    PATH="$PWD/target/release:$PATH" tests/demo.sh "$(mktemp -d)"

# What CI runs.
ci:
    .ci/run
