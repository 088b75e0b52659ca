"""Has other people's tools judge seals that the real binary made: each must accept them, and refuse what is changed.

    run.py --iao BINARY --node FOLDER

Keys are made while this runs. `securesystemslib` checks the envelope, `in-toto-attestation` the statements,
`@sigstore/verify` (from FOLDER/node_modules) the exported bundle, `ssh-keygen` the signatures in its own format, and
`tests/verifier/verify_seal.py` the whole seal. A tool that is not installed is a failure, never left out.
"""

import argparse
import base64
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from google.protobuf import json_format
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE = "git-iao-seal@v1"
COUNTS = {}
BROKEN = []


def claim(tool, what, holds):
    """Counts one thing that must hold."""
    COUNTS.setdefault((tool, what), [0, 0])[0 if holds else 1] += 1
    if not holds:
        BROKEN.append(f"{tool}: {what}")


class Scene:
    """A repository with one commit and a user who signs with a new key; gone when this ends."""

    def __init__(self, iao, kind):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="iao-interop-")).resolve()
        self.iao_path, self.work = iao, self.top / "work"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.top), "LC_ALL": "C", "NO_COLOR": "1"}
        self.environment |= {"GIT_CONFIG_GLOBAL": str(self.top / "gitconfig"), "GIT_CONFIG_SYSTEM": "/dev/null"}
        for name in ("GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        for role in ("AUTHOR", "COMMITTER"):
            self.environment[f"GIT_{role}_NAME"] = "Ada Example"
            self.environment[f"GIT_{role}_EMAIL"] = "ada@example.org"
        for name in ("key", "other"):
            self.do("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", self.top / name)
        self.do("git", "config", "--global", "gpg.format", "ssh")
        self.do("git", "config", "--global", "user.signingKey", self.top / "key")
        self.do("git", "init", "-q", "-b", "main", self.work)
        (self.work / "README.md").write_text("# sample\n")
        (self.work / "bin").mkdir()
        (self.work / "bin" / "run").write_text("#!/bin/sh\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "first")
        self.iao("run")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def do(self, *words, data=None, check=True, folder=None):
        done = subprocess.run([str(word) for word in words], cwd=folder or self.top, env=self.environment, input=data,
                              capture_output=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{words}: exit {done.returncode}\n{(done.stdout + done.stderr).decode()}")
        return done

    def git(self, *words):
        return self.do("git", *words, folder=self.work).stdout.decode().strip()

    def iao(self, *words):
        return self.do(self.iao_path, *words, folder=self.work).stdout

    def export(self, form, *more):
        return json.loads(self.iao("seal", "export", "HEAD", "--format", form, *more))

    def raw_key(self, name):
        """The 32 bytes of an Ed25519 key, from the line that OpenSSH wrote."""
        return base64.b64decode((self.top / f"{name}.pub").read_text().split()[1])[-32:]


def flips(data, count):
    """Yields copies of `data`, each with one bit flipped, spread over the whole."""
    bits = len(data) * 8
    for number in range(min(count, bits)):
        bit = number * bits // min(count, bits)
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def envelopes(envelope, count):
    """Yields envelopes with one flipped bit in payload or signature (decoded, so that every bit counts)."""
    for place in (("payload",), ("signatures", 0, "sig")):
        inner = envelope
        for step in place:
            inner = inner[step]
        for changed in flips(base64.b64decode(inner), count):
            other = copy.deepcopy(envelope)
            holder = other
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = base64.b64encode(changed).decode()
            yield other


def pae(envelope):
    """The pre-authentication encoding of DSSE v1."""
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def with_securesystemslib(scene):
    def accepts(envelope, name):
        keyid = envelope["signatures"][0]["keyid"]
        key = SSlibKey(keyid, "ed25519", "ed25519", {"public": scene.raw_key(name).hex()})
        try:
            Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1)
            return True
        except VerificationError:
            return False

    tool = "securesystemslib"
    for form in (["dsse"], ["vsa", "--resource-uri", "git+https://example.org/sample"]):
        envelope = scene.export(*form)
        claim(tool, f"accepts the {form[0]} export", accepts(envelope, "key"))
        claim(tool, "refuses another key", not accepts(envelope, "other"))
        for changed in envelopes(envelope, 400):
            claim(tool, "refuses a flipped bit", not accepts(changed, "key"))


def with_in_toto(scene):
    def accepts(value):
        try:
            parsed = json_format.ParseDict(value, statement_pb2.Statement(), ignore_unknown_fields=True)
            Statement.copy_from_pb(parsed).validate()
            return True
        except (ValueError, json_format.ParseError):
            return False

    tool = "in-toto-attestation"
    summary = None
    for form in (["dsse"], ["vsa", "--resource-uri", "git+https://example.org/sample"]):
        statement = summary = json.loads(base64.b64decode(scene.export(*form)["payload"]))
        claim(tool, f"accepts the {form[0]} statement", accepts(statement))
        for field, value in (("_type", "https://in-toto.io/Statement/v0.1"), ("subject", []), ("predicateType", ""),
                             ("predicate", {}), ("subject", [{"name": "commit", "digest": {}}])):
            claim(tool, "refuses a broken statement", not accepts(statement | {field: value}))
    # Version 0.9.3 declares `verifiedLevels` as one string, where the specification has a list.
    levels = summary["predicate"].pop("verifiedLevels")
    parsed = json_format.ParseDict(summary["predicate"], vsa_pb2.VerificationSummary(), ignore_unknown_fields=True)
    claim(tool, "reads the verification summary", parsed.verification_result == "PASSED"
          and parsed.resource_uri == "git+https://example.org/sample" and parsed.policy.digest["sha256"] != ""
          and "SLSA_SOURCE_LEVEL_1" in levels)


def with_sigstore(scene, node):
    bundle = scene.export("sigstore-bundle")
    cases = [{"bundle": bundle, "key": "key", "holds": True}, {"bundle": bundle, "key": "other", "holds": False}]
    for changed in envelopes(bundle["dsseEnvelope"], 200):
        cases.append({"bundle": bundle | {"dsseEnvelope": changed}, "key": "key", "holds": False})
    keys = {}
    for name in ("key", "other"):
        # SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed head, then the 32 bytes.
        der = bytes.fromhex("302a300506032b6570032100") + scene.raw_key(name)
        keys[name] = base64.b64encode(der).decode()
    script = pathlib.Path(node) / "verify_bundle.mjs"
    # A module finds its packages beside itself.
    shutil.copyfile(HERE / "verify_bundle.mjs", script)
    given = json.dumps({"keys": keys, "bundles": [case["bundle"] for case in cases], "use": [c["key"] for c in cases]})
    answers = json.loads(scene.do("node", script, data=given.encode()).stdout)
    claim("@sigstore/verify", "answers each", len(answers) == len(cases))
    for case, answer in zip(cases, answers):
        what = "accepts the bundle" if case["holds"] else (
            "refuses another key" if case["key"] == "other" else "refuses a flipped bit")
        claim("@sigstore/verify", what, answer == case["holds"])


def with_ssh_keygen(scene, kind):
    tool = f"ssh-keygen ({kind})"
    envelope = scene.export("dsse")
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    claim(tool, "the signature is OpenSSH's own", signature.startswith(b"SSHSIG"))
    for name in ("key", "other"):
        public = (scene.top / f"{name}.pub").read_text()
        (scene.top / f"signers-{name}").write_text(f"ada@example.org namespaces=\"{NAMESPACE}\" {public}")

    def accepts(signature, message, signers="signers-key", namespace=NAMESPACE):
        text = base64.encodebytes(signature).decode()
        path = scene.top / "signature"
        path.write_text(f"-----BEGIN SSH SIGNATURE-----\n{text}-----END SSH SIGNATURE-----\n")
        return scene.do("ssh-keygen", "-Y", "verify", "-f", scene.top / signers, "-I", "ada@example.org", "-n",
                        namespace, "-s", path, data=message, check=False).returncode == 0

    claim(tool, "accepts the signature", accepts(signature, pae(envelope)))
    claim(tool, "refuses another key", not accepts(signature, pae(envelope), "signers-other"))
    claim(tool, "refuses another namespace", not accepts(signature, pae(envelope), namespace="git"))
    for changed in flips(pae(envelope), 40):
        claim(tool, "refuses a flipped bit of the message", not accepts(signature, changed))
    for changed in flips(signature, 40):
        claim(tool, "refuses a flipped bit of the signature", not accepts(changed, pae(envelope)))


def with_verify_seal(scene, raw):
    """The verifier that was written from the specification alone."""
    def run(*more):
        words = [sys.executable, HERE.parent / "verifier" / "verify_seal.py", scene.work, "HEAD", *more]
        return scene.do(*words, check=False).returncode

    tool = "verify_seal.py"
    for place in ([], ["--ledger"]):
        claim(tool, "accepts the seal", run(*place) == 0)
        good = run(*place, "--key", scene.top / "key.pub")
        claim(tool, "accepts the key" if raw else "says that it cannot judge the signature", good == (0 if raw else 2))
        claim(tool, "refuses another key", run(*place, "--key", scene.top / "other.pub") == 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--iao", required=True, help="the binary")
    parser.add_argument("--node", required=True, help="the folder that holds node_modules")
    options = parser.parse_args()
    iao = shutil.which(options.iao) or options.iao
    iao = pathlib.Path(iao).resolve()
    with Scene(iao, "ed25519") as scene:
        with_securesystemslib(scene)
        with_in_toto(scene)
        with_sigstore(scene, pathlib.Path(options.node).resolve())
        with_verify_seal(scene, raw=True)
    for kind in ("ecdsa", "rsa"):
        with Scene(iao, kind) as scene:
            with_ssh_keygen(scene, kind)
            with_verify_seal(scene, raw=False)
    for (tool, what), (held, broken) in COUNTS.items():
        print(f"{held:7} {tool}: {what}" + (f"   {broken} BROKEN" if broken else ""))
    print(f"{sum(held for held, _ in COUNTS.values()):7} claims held, {len(BROKEN)} broken")
    sys.exit(1 if BROKEN else 0)


if __name__ == "__main__":
    main()
