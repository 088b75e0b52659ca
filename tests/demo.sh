#!/usr/bin/env bash
# The demonstration: the whole loop on a fresh clone of this checkout, and each promise checked with other tools.
#
# Usage: demo.sh SCRATCH-FOLDER   (needs git-iao, openssl and a python3 with blake3 on PATH)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$1
mkdir -p "$scratch"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_OPTIONAL_LOCKS=0

say() { printf -- '--- %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Everything of the user's: HEAD, the index, each ref that is not ours, and what git status says.
user_state() {
    cksum .git/HEAD .git/index .git/config
    git for-each-ref --format='%(refname) %(objectname)' | grep -v -e '^refs/iao/' -e '^refs/notes/iao ' -e '^refs/heads/iao/' || true
    git status --porcelain=v1 --untracked-files=all
}

git clone --quiet --no-local "$root" "$scratch/work"
cd "$scratch/work"
before=$(user_state)

say 'git iao run'
git iao run

sealed=refs/heads/iao/governance
git rev-parse --verify --quiet "$sealed" >/dev/null || sealed=HEAD
commit=$(git rev-parse "$sealed")

say 'the run, made again, gives the same bytes: plan and patch'
git iao replay

say 'a second plan has no change'
git iao plan "$commit" --check

say 'nothing of the user was touched'
[ "$before" = "$(user_state)" ] || fail 'the user state differs'

say 'a reviewer reads the note'
git log -1 --notes=iao "$commit"
git log -1 --notes=iao "$commit" | grep -q '^Notes (iao):$' || fail 'git log shows no note'

say 'the evidence holds'
git iao verify "$commit" --seal
git iao show "$commit"
git iao log --check
git fsck --strict --no-dangling

say 'a verifier that shares no code with us agrees'
python3 "$root/tests/verifier/verify_seal.py" . "$commit" --require-blake3
python3 "$root/tests/verifier/verify_seal.py" . "$commit" --ledger --require-blake3

say 'openssl and BLAKE3 agree, file by file'
git iao --json show "$commit" --manifest >"$scratch/manifest.json"
python3 - "$scratch/manifest.json" "$commit" <<'PYTHON'
import json, subprocess, sys
import blake3

def entries(value):
    if isinstance(value, dict):
        if "path" in value and "sha3_512" in value:
            yield value
        for inner in value.values():
            yield from entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from entries(inner)

listed = {entry["path"]: entry for entry in entries(json.load(open(sys.argv[1])))}
tracked = subprocess.run(["git", "ls-tree", "-r", "-z", sys.argv[2]], check=True, capture_output=True).stdout
files = [line.split(b"\t", 1) for line in tracked.split(b"\0") if line]
files = [(facts.split(), name.decode()) for facts, name in files if b" blob " in facts]
assert files and len(listed) >= len(files), f"{len(listed)} listed, {len(files)} tracked"
for at, ((mode, _, oid), name) in enumerate(files):
    entry = listed[name]
    content = subprocess.run(["git", "cat-file", "blob", oid], check=True, capture_output=True).stdout
    assert entry["mode"] == mode.decode(), name
    assert entry["size"] == len(content), name
    assert entry["blake3"] == blake3.blake3(content).hexdigest(), name
    if at % 10 == 0:
        line = subprocess.run(["openssl", "dgst", "-sha3-512"], input=content, check=True, capture_output=True).stdout
        assert entry["sha3_512"] == line.decode().split()[-1], name
print(f"{len(files)} files agree")
PYTHON

say 'the fixes are taken over'
git iao apply
[ "$(git rev-parse HEAD)" = "$commit" ] || fail 'apply did not fast-forward'
[ -z "$(git status --porcelain)" ] || fail 'apply left a dirty tree'
git iao plan --check
say 'the demonstration holds'
