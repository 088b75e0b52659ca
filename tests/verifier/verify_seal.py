#!/usr/bin/env python3
"""Checks a git-iao seal with nothing but Python and git plumbing.

    verify_seal.py REPO COMMIT            check the note on COMMIT (refs/notes/iao)
    verify_seal.py REPO COMMIT --ledger   check the newest seal of COMMIT in refs/iao/ledger
    verify_seal.py REPO COMMIT --key FILE and demand a signature by the Ed25519 key in FILE (`ssh-ed25519 AAAA...`)
    verify_seal.py REPO COMMIT --roots    print the manifest document of COMMIT and stop
    verify_seal.py --proof PROOF          check the proof of one file; needs no repository
                   [--content FILE] [--envelope FILE]

A raw Ed25519 signature is always checked (RFC 8032, in this file); one in OpenSSH's own format is held against the
statement as far as its key, and the output says that `ssh-keygen -Y verify` must judge the rest.

Written from docs/seal-format.md alone; it shares no code with git-iao. SHA3-512 comes from the standard
library, BLAKE3 from the `blake3` package when that is installed; when it is not, the output says so, and
`--require-blake3` makes that a failure.

Exit code: 0 the seal holds, 1 it does not, 2 it could not be looked at.
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata

try:
    import blake3 as blake3_package
except ImportError:
    blake3_package = None

LIST_LIMIT = 4
SEAL_TYPE = "https://git-iao.dev/seal/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Refused(Exception):
    """The evidence does not hold."""


class Unable(Exception):
    """The evidence could not be looked at."""


class Git:
    """One `git cat-file --batch`, replacement objects off."""

    def __init__(self, repository):
        self.command = ["git", "-C", repository]
        self.env = dict(os.environ, GIT_NO_REPLACE_OBJECTS="1", LC_ALL="C")
        self.oid_length = {"sha1": 20, "sha256": 32}[self.run("rev-parse", "--show-object-format")]
        self.batch = subprocess.Popen(
            self.command + ["cat-file", "--batch"], env=self.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, *args):
        done = subprocess.run(self.command + list(args), env=self.env, capture_output=True)
        if done.returncode != 0:
            raise Unable(f"git {' '.join(args)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode().strip()

    def read(self, name, kind, take):
        """Hands the object's content to `take` in pieces; returns its size."""
        self.batch.stdin.write(name.encode() + b"\n")
        self.batch.stdin.flush()
        header = self.batch.stdout.readline().split()
        if len(header) != 3 or header[1] != kind.encode():
            raise Unable(f"{name} is no {kind}: {b' '.join(header).decode(errors='replace')}")
        size = left = int(header[2])
        while left:
            piece = self.batch.stdout.read(min(left, 1 << 20))
            if not piece:
                raise Unable(f"git ended while it wrote {name}")
            take(piece)
            left -= len(piece)
        self.batch.stdout.read(1)
        return size

    def whole(self, name, kind):
        pieces = []
        self.read(name, kind, pieces.append)
        return b"".join(pieces)

    def tree(self, oid):
        """Yields (mode, name, oid) of a raw tree object."""
        raw, at = self.whole(oid, "tree"), 0
        while at < len(raw):
            space, zero = raw.index(b" ", at), raw.index(b"\0", at)
            end = zero + 1 + self.oid_length
            yield int(raw[at:space], 8), raw[space + 1:zero], raw[zero + 1:end].hex()
            at = end


# Ed25519 (RFC 8032, section 5.1), verification only.
P, L = 2 ** 255 - 19, 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(encoded):
    """Returns (x, y), or None for bytes that are no point in its one encoding."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


def add(one, two):
    """Adds two points in extended coordinates (X, Y, Z, T)."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, one):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, one)
        one, number = add(one, one), number >> 1
    return total


def ed25519_holds(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if a is None or r is None or s >= L:
        return False
    whole = [(x, y, 1, x * y % P) for x, y in (a, r, base)]
    # A point of small order signs for everything.
    if any(times(8, one)[0] == 0 for one in whole[:2]):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, whole[2]), add(whole[1], times(k, whole[0]))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def key_blob(text):
    """Returns kind and wire bytes of a public key as OpenSSH writes it."""
    words = text.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError) as error:
        raise Refused(f"`{text[:40]}` is no public key") from error
    kind = words[0].encode()
    if blob[:4 + len(kind)] != len(kind).to_bytes(4, "big") + kind:
        raise Refused("a public key says another kind in words than in its bytes")
    return words[0], blob


def check_signature(envelope, statement, wanted):
    """Returns what is known of the signature, in words; `wanted` is the public key that must have signed."""
    said, signatures = statement["predicate"], envelope["signatures"]
    if said["signer"] is None and said["signerKey"] is None and not signatures:
        if wanted is not None:
            raise Refused("it is unsigned")
        return "unsigned"
    if said["signer"] is None or said["signerKey"] is None or len(signatures) != 1:
        raise Refused("statement and envelope do not agree on one signer")
    kind, blob = key_blob(said["signerKey"])
    name = "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    if f"{kind} {base64.b64encode(blob).decode()}" != said["signerKey"] or name != said["signer"]:
        raise Refused("the statement's key is not the one that its fingerprint names")
    if signatures[0]["keyid"] != name:
        raise Refused("the signature stands under another name than the statement's signer")
    if wanted is not None and key_blob(wanted)[1] != blob:
        raise Refused(f"it is signed by {name}, not by the key that was asked for")
    signature, payload = base64.b64decode(signatures[0]["sig"]), base64.b64decode(envelope["payload"])
    if len(signature) != 64:
        if not signature.startswith(b"SSHSIG"):
            raise Refused("the signature is neither raw nor in OpenSSH's own format")
        if wanted is not None:
            raise Unable("the signature is in OpenSSH's own format: `ssh-keygen -Y verify` judges it")
        return f"signed by {name} in OpenSSH's own format, not checked here"
    head = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode()
    if kind != "ssh-ed25519" or len(blob) != 51 or not ed25519_holds(blob[19:], head + payload, signature):
        raise Refused(f"the signature is not one by {name} over this seal")
    return f"signed by {name}"


ALGORITHMS = {"sha3_512": hashlib.sha3_512}
if blake3_package is not None:
    ALGORITHMS["blake3"] = blake3_package.blake3


def digest(message_by_algorithm):
    return {name: new(message_by_algorithm(name)).digest() for name, new in ALGORITHMS.items()}


def node(left, right):
    return digest(lambda name: b"\1" + left[name] + right[name])


def rfc6962(leaves):
    if not leaves:
        return digest(lambda name: b"")
    if len(leaves) == 1:
        return leaves[0]
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    return node(rfc6962(leaves[:cut]), rfc6962(leaves[cut:]))


def totals(entries):
    """Entries, files at all depths, bytes: 8 bytes each."""
    numbers = len(entries), sum(entry[4] for entry in entries), sum(entry[2] for entry in entries)
    return b"".join(number.to_bytes(8, "big") for number in numbers)


def hash_set(entries, depth=0):
    """`entries`: (name, mode, size, digests, files), sorted by name."""
    if len(entries) <= LIST_LIMIT or depth == 256:
        return rfc6962([
            digest(lambda a, e=e: b"\0" + b"%06o %d " % (e[1], e[2]) + e[0] + b"\0" + e[3][a])
            for e in entries])
    halves = [], []
    for entry in entries:
        key = hashlib.sha256(entry[0]).digest()
        halves[key[depth // 8] >> (7 - depth % 8) & 1].append(entry)
    sets = [hash_set(half, depth + 1) for half in halves]
    return digest(lambda a: b"\3" + b"".join(totals(half) + one[a] for half, one in zip(halves, sets)))


class Manifest:
    """The roots of one git tree."""

    def __init__(self, git, tree):
        self.git, self.blobs, self.trees = git, {}, {}
        self.tree = tree
        self.digests, self.bytes, self.files = self.directory(tree)

    def directory(self, oid):
        if oid in self.trees:
            return self.trees[oid]
        entries, files = [], 0
        for mode, name, child in self.git.tree(oid):
            if mode == 0o040000:
                digests, size, below = self.directory(child)
            elif mode == 0o160000:
                digests, size, below = digest(lambda a: child.encode()), 0, 1
            elif mode == 0o120000 or mode >> 12 == 0o10:
                (digests, size), below = self.blob(child), 1
            else:
                raise Refused(f"a tree entry has the mode {mode:o}")
            if not name or b"/" in name:
                raise Refused("a tree entry has a name that is no path component")
            entries.append((name, mode, size, digests, below))
            files += below
        entries.sort(key=lambda entry: entry[0])
        if len({entry[0] for entry in entries}) != len(entries):
            raise Refused(f"tree {oid} has two entries of one name")
        tree, total = hash_set(entries), sum(entry[2] for entry in entries)
        head = b"\2" + totals(entries)
        self.trees[oid] = digest(lambda a: head + tree[a]), total, files
        return self.trees[oid]

    def blob(self, oid):
        if oid not in self.blobs:
            hashers = {name: new() for name, new in ALGORITHMS.items()}

            def take(piece):
                for hasher in hashers.values():
                    hasher.update(piece)

            size = self.git.read(oid, "blob", take)
            self.blobs[oid] = {name: one.digest() for name, one in hashers.items()}, size
        return self.blobs[oid]

    def document(self, claimed):
        """The manifest document; a root that cannot be computed here is taken from `claimed`."""
        roots = {"bytes": self.bytes, "files": self.files}
        for name in ("blake3", "sha3_512"):
            roots[name] = self.digests[name].hex() if name in self.digests else claimed.get(name, "")
        return {"schema": "iao/manifest/v1", "tree": self.tree, "roots": roots}


def canonical(value):
    """RFC 8785, for integers up to 2^53 - 1."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) < 1 << 53:
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    raise Refused(f"{value!r} has no canonical form")


def read_canonical(raw, what):
    try:
        value = json.loads(raw.decode("utf-8"))
        if canonical(value).encode("utf-8") == raw:
            return value
    except (ValueError, RecursionError) as error:
        raise Refused(f"the {what} is no JSON: {error}") from error
    raise Refused(f"the {what} is not in canonical form")


def open_envelope(raw):
    """Returns the statement in a canonical DSSE envelope."""
    envelope = read_canonical(raw, "envelope")
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise Refused("the envelope has not exactly the fields of DSSE v1")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise Refused(f"the payload type is {envelope['payloadType']}")
    for one in envelope["signatures"]:
        if set(one) != {"keyid", "sig"}:
            raise Refused("a signature has not exactly `keyid` and `sig`")
    for text in [envelope["payload"]] + [one["sig"] for one in envelope["signatures"]]:
        try:
            if base64.b64encode(base64.b64decode(text, validate=True)).decode() != text:
                raise Refused("base64 with stray bits")
        except (binascii.Error, ValueError) as error:
            raise Refused(f"broken base64: {error}") from error
    return envelope, read_canonical(base64.b64decode(envelope["payload"]), "statement")


def plain(text):
    """As git-iao writes names: `%`, controls and misleading characters percent-encoded."""
    def misleads(c):
        return (unicodedata.category(c) == "Cc" or "\u2028" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"
                or "\u200b" <= c <= "\u200f" or c == "\ufeff")
    return "".join("".join(f"%{b:02X}" for b in c.encode()) if c == "%" or misleads(c) else c for c in text)


def summary(statement, envelope_bytes):
    said, subject = statement["predicate"], {s["name"]: s["digest"] for s in statement["subject"]}
    counts, roots = said["verdict"]["counts"], said["roots"]
    lines = [
        ("commit", subject["commit"]["gitCommit"]),
        ("tree", subject["commit"]["gitTree"]),
        ("checks", f"{counts['pass']} pass, {counts['fail']} fail, {counts['warn']} warn, "
                   f"{counts['notConfigured']} not configured; {counts['findings']} findings"),
        ("policy", f"{plain(said['policy']['name'])} {said['policy']['digest']}"),
        ("signer", "unsigned" if said["signer"] is None else plain(said["signer"])),
        ("sealed", f"{said['sealedAt']} by {plain(said['tool']['name'])} {plain(said['tool']['version'])}"),
        ("content", f"{roots['files']} files, {roots['bytes']} bytes"),
        ("sha3-512", roots["sha3_512"]),
        ("blake3", roots["blake3"]),
        ("plan", said["plan"] or "none"),
        ("run", said["run"] or "none"),
        ("seal", hashlib.sha256(envelope_bytes).hexdigest()),
    ]
    body = "".join(f"{name:<9} {value}\n" for name, value in lines)
    return f"git-iao seal: {said['verdict']['outcome']}\n\n{body}\n"


def from_note(git, commit):
    listed = subprocess.run(git.command + ["notes", "--ref=refs/notes/iao", "list", commit],
                            env=git.env, capture_output=True)
    if listed.returncode != 0:
        raise Unable(f"{commit} has no note in refs/notes/iao")
    note = git.whole(listed.stdout.decode().strip(), "blob")
    head, found, envelope = note.partition(b"\niao-envelope: ")
    if not found or not envelope.endswith(b"\n") or b"\n" in envelope[:-1]:
        raise Refused("the note does not end in one `iao-envelope:` line")
    envelope = envelope[:-1]
    opened, statement = open_envelope(envelope)
    if summary(statement, envelope).encode() != head + b"\n":
        raise Refused("the note's summary is not what its envelope says")
    return opened, statement


def from_ledger(git, commit):
    place = f"refs/iao/ledger:seals/{commit[0]}/{commit[1]}/{commit[2]}/{commit}"
    names = git.run("ls-tree", "--name-only", place).split()
    found = []
    for name in names:
        envelope = git.whole(f"{place}/{name}", "blob")
        if f"{hashlib.sha256(envelope).hexdigest()}.json" != name:
            raise Refused(f"the ledger entry {name} is not what its name is the digest of")
        opened, statement = open_envelope(envelope)
        found.append((statement["predicate"]["sealedAt"], name, opened, statement))
    newest = max(one[0] for one in found)
    return min(one for one in found if one[0] == newest)[2:]


def subjects_of(statement):
    if statement.get("_type") != STATEMENT_TYPE or statement.get("predicateType") != SEAL_TYPE:
        raise Refused("the statement is no seal")
    subjects = {subject["name"]: subject["digest"] for subject in statement["subject"]}
    if len(statement["subject"]) != 2 or set(subjects) != {"commit", "manifest"}:
        raise Refused("the subjects are not `commit` and `manifest`")
    return subjects


def check_document(raw, subject):
    """Requires that `subject` has the digests of the manifest document, and returns them."""
    digests = {"sha256": hashlib.sha256(raw).hexdigest(), "sha3_512": hashlib.sha3_512(raw).hexdigest()}
    digests["blake3"] = blake3_package.blake3(raw).hexdigest() if blake3_package else subject.get("blake3")
    if subject != digests:
        raise Refused("the manifest subject does not have the digests of the manifest document")
    return digests


def check(git, commit, statement, ledger):
    subjects = subjects_of(statement)
    if subjects["commit"].get("gitCommit") != commit:
        raise Refused(f"it seals {subjects['commit'].get('gitCommit')}, not {commit}")
    tree = git.run("rev-parse", f"{commit}^{{tree}}")
    if subjects["commit"] != {"gitCommit": commit, "gitTree": tree}:
        raise Refused(f"the commit has the tree {tree}, the seal says {subjects['commit'].get('gitTree')}")
    manifest, claimed = Manifest(git, tree), statement["predicate"]["roots"]
    document = manifest.document(claimed)
    for name, value in document["roots"].items():
        if claimed[name] != value:
            raise Refused(f"{name}: the commit has {value}, the seal says {claimed[name]}")
    raw = canonical(document).encode()
    digests = check_document(raw, subjects["manifest"])
    if ledger:
        name = digests["sha256"]
        stored = git.whole(f"refs/iao/ledger:manifests/{name[0]}/{name[1]}/{name[2]}/{name}.json", "blob")
        if stored != raw:
            raise Refused("the ledger's manifest document is another one")
    return manifest


def unplain(text):
    """The bytes of a path that is written as git-iao writes it."""
    raw, at, data = bytearray(), 0, text.encode("utf-8")
    while at < len(data):
        if data[at:at + 1] == b"%":
            raw.append(int(data[at + 1:at + 3].decode("ascii"), 16))
            at += 3
        else:
            raw.append(data[at])
            at += 1
    path = bytes(raw)
    if "".join(plain(c) if isinstance(c, str) else f"%{c:02X}" for c in characters(path)) != text:
        raise Refused("the path is not written as paths are")
    return path


def characters(raw):
    """The characters of UTF-8, and the bytes that are none as numbers."""
    for c in raw.decode("utf-8", "surrogateescape"):
        yield ord(c) - 0xDC00 if "\udc80" <= c <= "\udcff" else c


def digests_of(value):
    """A pair of digests in a proof."""
    if set(value) != {"blake3", "sha3_512"}:
        raise Refused("a digest lacks an algorithm")
    raw = {name: bytes.fromhex(value[name]) for name in value}
    if len(raw["sha3_512"]) != 64 or len(raw["blake3"]) != 32 or any(raw[n].hex() != value[n] for n in raw):
        raise Refused("a digest is not lower-case hex of its length")
    return {name: raw[name] for name in ALGORITHMS}


def totals_of(value):
    if set(value) != {"bytes", "entries", "files"} or any(type(n) is not int or n < 0 for n in value.values()):
        raise Refused("totals are not three numbers")
    return value["entries"], value["files"], value["bytes"]


def audit(leaf, place, count, beside):
    """The list hash of `count` leaves, of which `leaf` is number `place`."""
    if count == 1:
        if beside:
            raise Refused("an audit path is too long")
        return leaf
    if not beside:
        raise Refused("an audit path is too short")
    cut = 1 << (count - 1).bit_length() - 1
    if place < cut:
        return node(audit(leaf, place, cut, beside[:-1]), beside[-1])
    return node(beside[-1], audit(leaf, place - cut, count - cut, beside[:-1]))


def climb(level, mode, size, name, digests):
    """The totals and the digest of the directory that `level` describes."""
    if set(level) != {"beside", "list", "place", "splits"}:
        raise Refused("a level has not exactly its fields")
    sums, place, splits = totals_of(level["list"]), level["place"], level["splits"]
    if not 0 <= place < sums[0] or len(splits) > 256 or (sums[0] > LIST_LIMIT and len(splits) < 256):
        raise Refused("an entry does not stand in its list")
    leaf = digest(lambda a: b"\0" + b"%06o %d " % (mode, size) + name + b"\0" + digests[a])
    ours = audit(leaf, place, sums[0], [digests_of(one) for one in level["beside"]])
    key = hashlib.sha256(name).digest()
    pack = lambda numbers: b"".join(number.to_bytes(8, "big") for number in numbers)
    for depth, part in zip(reversed(range(len(splits))), splits):
        if set(part) != {"set", "totals"}:
            raise Refused("a split has not exactly its fields")
        other, theirs = totals_of(part["totals"]), digests_of(part["set"])
        sides = [(sums, ours), (other, theirs)]
        if key[depth // 8] >> (7 - depth % 8) & 1:
            sides.reverse()
        ours = digest(lambda a: b"\3" + b"".join(pack(one) + two[a] for one, two in sides))
        sums = tuple(one + two for one, two in zip(sums, other))
        if sums[0] <= LIST_LIMIT or max(sums) >= 1 << 53:
            raise Refused("a split whose totals no tree can have")
    return sums, digest(lambda a: b"\2" + pack(sums) + ours[a])


def check_proof(raw, envelope, content):
    """Returns path and commit of a proof that holds."""
    proof = read_canonical(raw, "proof")
    if set(proof) != {"envelope", "file", "levels", "path", "schema", "seal"} or proof["schema"] != "iao/proof/v1":
        raise Refused("it is no proof")
    if proof["envelope"] is not None:
        within = canonical(proof["envelope"]).encode()
        if envelope not in (None, within):
            raise Refused("the envelope given is not the one in the proof")
        envelope = within
    if envelope is None:
        raise Refused("the proof comes without its envelope, and none was given")
    if hashlib.sha256(envelope).hexdigest() != proof["seal"]:
        raise Refused("the envelope is that of another seal")
    _, statement = open_envelope(envelope)
    subjects = subjects_of(statement)
    claimed = statement["predicate"]["roots"]
    document = canonical({"schema": "iao/manifest/v1", "tree": subjects["commit"]["gitTree"], "roots": claimed})
    check_document(document.encode(), subjects["manifest"])

    names = unplain(proof["path"]).split(b"/")
    if not all(names) or any(b"\0" in name for name in names) or len(names) != len(proof["levels"]):
        raise Refused("path and levels do not fit together")
    said = proof["file"]
    if set(said) != {"digest", "mode", "size"} or not re.fullmatch("10[0-7]{4}|120000|160000", said["mode"]):
        raise Refused("it is not about a file")
    leaf = digests_of(said["digest"])
    mode, size, digests = int(said["mode"], 8), said["size"], leaf
    for name, level in zip(reversed(names), proof["levels"]):
        sums, digests = climb(level, mode, size, name, digests)
        mode, size = 0o040000, sums[2]
    if sums[1:] != (claimed["files"], claimed["bytes"]) or any(
            digests[name].hex() != claimed[name] for name in digests):
        raise Refused("the entry does not lead up to the roots of the seal")
    if content is not None:
        if said["mode"] != "160000" and len(content) != said["size"]:
            raise Refused(f"it was sealed with {said['size']} bytes, this has {len(content)}")
        if digest(lambda a: content) != leaf:
            raise Refused("this is not the sealed content")
    return proof["path"], subjects["commit"]["gitCommit"]


def prove(args):
    def read(path):
        if path is None:
            return None
        with open(path, "rb") as file:
            return file.read()

    files = [read(path) for path in (args.proof, args.envelope, args.content)]
    try:
        path, commit = check_proof(*files)
    except (ValueError, IndexError) as error:
        raise Refused(f"the proof is not written as proofs are: {error}") from error
    what = "with this content" if args.content else "with the proven digests; no content was given"
    print(f"`{path}` is in the seal of {commit}, {what}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repository", nargs="?")
    parser.add_argument("commit", nargs="?")
    parser.add_argument("--proof", help="check this proof of one file instead; needs no repository")
    parser.add_argument("--content", help="hold the proof against this file")
    parser.add_argument("--envelope", help="the envelope, when the proof was written without it")
    parser.add_argument("--note", action="store_true", help="check the note (the default)")
    parser.add_argument("--ledger", action="store_true", help="check the newest seal of the ledger instead")
    parser.add_argument("--key", help="demand a signature by the public key in this file")
    parser.add_argument("--roots", action="store_true", help="print the manifest document and stop")
    parser.add_argument("--require-blake3", action="store_true", help="fail when BLAKE3 cannot be checked")
    args = parser.parse_args()
    sys.setrecursionlimit(20000)
    if args.require_blake3 and blake3_package is None:
        raise Unable("the Python package `blake3` is not installed")
    if args.proof is not None:
        prove(args)
        return
    if args.commit is None:
        parser.error("a repository and a commit are needed, or --proof")
    git = Git(args.repository)
    commit = git.run("rev-parse", "--verify", "--end-of-options", f"{args.commit}^{{commit}}")
    if args.roots:
        print(canonical(Manifest(git, git.run("rev-parse", f"{commit}^{{tree}}")).document({})))
        return
    wanted = None
    if args.key is not None:
        with open(args.key, encoding="utf-8") as file:
            wanted = file.read()
    envelope, statement = (from_ledger if args.ledger else from_note)(git, commit)
    manifest = check(git, commit, statement, args.ledger)
    signed = check_signature(envelope, statement, wanted)
    checked = "sha3-512 and blake3" if blake3_package else "sha3-512 (blake3 not checked: package not installed)"
    print(f"the seal of {commit} holds: {manifest.files} files, {manifest.bytes} bytes, {checked}; {signed}")


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        print(f"refused: {error}", file=sys.stderr)
        sys.exit(1)
    except (KeyError, TypeError, AttributeError) as error:
        print(f"refused: the statement lacks a field or has a wrong one: {error!r}", file=sys.stderr)
        sys.exit(1)
    except (Unable, OSError, ValueError) as error:
        print(f"unable: {error}", file=sys.stderr)
        sys.exit(2)
