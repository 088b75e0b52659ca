#!/usr/bin/env python3
"""Measures secret scanners on CredData: real repositories, labelled line by line by other people.

    labelled.py prepare CREDDATA CLONES TREE      puts the labelled files, as their authors have them, into TREE
    labelled.py measure CREDDATA TREE [--scanner git-iao|git-iao-errors|gitleaks] [--half even|odd] [--missed KIND] [--wrong] [--unlabelled]

CREDDATA is a checkout of github.com/Samsung/CredData. CLONES holds clones of repositories that its snapshot.json names, each as
`owner+name`; those without the labelled commit are left out. Nothing of either belongs into this repository. How labels and findings
are matched is told in docs/accuracy.md. Scanners are taken from PATH. For information: nothing is asserted.
"""

import argparse
import binascii
import collections
import csv
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

# Labelled true, and nobody gets in anywhere with one: names, and what is sent in clear by design.
NO_CREDENTIALS = {"UUID", "Nonce", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID", "Salt"}


def git(folder, *arguments):
    return subprocess.run(["git", "--git-dir", str(folder), *arguments], capture_output=True)


def repositories(creddata):
    """Each repository of the data: the name of its labels, its commit, and what its clone is called."""
    for key, url in json.loads((creddata / "snapshot.json").read_text()).items():
        name = f"{binascii.crc32(binascii.unhexlify(key)):08x}"
        yield name, key[:40], "+".join(url.rstrip("/").split("/")[-2:])


def half_of(name):
    return "odd" if int(name[0], 16) % 2 else "even"


def file_id(path):
    return hashlib.sha256(path.encode()).hexdigest()[:8]


def labels_of(creddata, name):
    with open(creddata / "meta" / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def prepare(creddata, clones, tree):
    for name, commit, clone in repositories(creddata):
        places = [clones / clone / "repo" / ".git", clones / clone / ".git", clones / clone / "repo", clones / clone]
        folder = next((place for place in places if (place / "objects").is_dir()), None)
        if folder is None or git(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode:
            continue
        wanted = {row["FileID"] for row in labels_of(creddata, name)}
        for entry in git(folder, "ls-tree", "-rz", commit).stdout.split(b"\0"):
            about, _, path = entry.partition(b"\t")
            path = path.decode(errors="replace")
            # Lines of XML are numbered otherwise in the labels, which leave it out as well.
            if file_id(path) not in wanted or path.endswith(".xml") or not about.startswith(b"100"):
                continue
            content = git(folder, "cat-file", "blob", about.split()[2].decode())
            if content.returncode == 0:
                to = tree / half_of(name) / name / path
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(content.stdout)
    for half in tree.iterdir():
        for command in (["init", "--quiet"], ["-c", "core.autocrlf=false", "add", "--all", "--force"],
                        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "labelled"]):
            subprocess.run(["git", *command], cwd=half, check=True, stderr=subprocess.DEVNULL)


def git_iao(folder, severities=("error", "warning")):
    report = json.loads(subprocess.run(["git-iao", "--format", "json", "scan"], cwd=folder, capture_output=True).stdout)
    for finding in report["findings"]:
        if finding["gate"] == "secret_detected" and finding["severity"] in severities:
            yield finding["path"], finding["span"]["line"], finding["span"]["line"], finding["rule"]


def git_iao_errors(folder):
    return git_iao(folder, ("error",))


def gitleaks(folder):
    with tempfile.TemporaryDirectory() as out:
        report = pathlib.Path(out) / "report.json"
        subprocess.run(["gitleaks", "dir", ".", "--no-banner", "-f", "json", "-r", str(report)], cwd=folder, capture_output=True)
        found = json.loads(report.read_text())
    for finding in found:
        if not finding["File"].startswith(".git/"):
            yield finding["File"], finding["StartLine"], finding["EndLine"], finding["RuleID"]


SCANNERS = {"git-iao": git_iao, "git-iao-errors": git_iao_errors, "gitleaks": gitleaks}


class Labels:
    """The labels of one half: places by file, each a range of lines, true or false, with its kinds."""

    def __init__(self, creddata, folder):
        self.true, self.false = collections.defaultdict(dict), collections.defaultdict(dict)
        for name in sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")):
            by_id = {file_id(str(path.relative_to(folder / name))): str(path.relative_to(folder))
                     for path in (folder / name).rglob("*") if path.is_file()}
            for row in labels_of(creddata, name):
                path = by_id.get(row["FileID"])
                if path is None:
                    continue
                lines = int(row["LineStart"]), int(row["LineEnd"])
                true = row["GroundTruth"] == "T"
                (self.true if true else self.false)[path].setdefault(lines, set()).update(row["Category"].split(":"))

    def credentials(self):
        return ((path, lines, kinds) for path, all in sorted(self.true.items()) for lines, kinds in sorted(all.items())
                if not kinds <= NO_CREDENTIALS)


def touches(one, other):
    return one[0] <= other[1] and other[0] <= one[1]


def score(labels, findings):
    """What of the labels is found, and the findings on labels that are false, and on no label."""
    found, wrong, unlabelled = set(), {}, {}
    for path, first, last, rule in findings:
        true = [lines for lines in labels.true[path] if touches(lines, (first, last))]
        found.update((path, lines) for lines in true)
        if not true:
            false = any(touches(lines, (first, last)) for lines in labels.false[path])
            (wrong if false else unlabelled)[path, first] = rule
    return found, wrong, unlabelled


def text_of(folder, path, line):
    lines = (folder / path).read_bytes().split(b"\n")
    return lines[line - 1].decode(errors="replace").strip()[:220] if line <= len(lines) else ""


def measure(creddata, folder, scanner, arguments):
    labels = Labels(creddata, folder)
    found, wrong, unlabelled = score(labels, SCANNERS[scanner](folder))
    kinds, by_kind = collections.Counter(), collections.Counter()
    all_true = hits = 0
    for path, lines, of in labels.credentials():
        hit = (path, lines) in found
        all_true, hits = all_true + 1, hits + hit
        for kind in of - NO_CREDENTIALS:
            kinds[kind], by_kind[kind] = kinds[kind] + 1, by_kind[kind] + hit
        if not hit and arguments.missed and (arguments.missed in of or arguments.missed == "all"):
            print(f"missed  {','.join(sorted(of))}  {path}:{lines[0]} {text_of(folder, path, lines[0])}")
    listed = [("wrong", wrong)] if arguments.wrong else []
    listed += [("unlabelled", unlabelled)] if arguments.unlabelled else []
    for word, places in listed:
        for (path, line), rule in sorted(places.items()):
            print(f"{word}  {rule}  {path}:{line} {text_of(folder, path, line)}")
    print(f"\n{scanner}, {folder.name} half")
    for kind, count in kinds.most_common():
        print(f"  {kind:32} {by_kind[kind]:>5} of {count:<5} {by_kind[kind] / count:.2f}")
    everything = sum(len(lines) for lines in labels.true.values())
    print(f"  {'all credentials':32} {hits:>5} of {all_true:<5} recall {hits / max(1, all_true):.3f}")
    print(f"  {'all that is labelled true':32} {len(found):>5} of {everything:<5} recall {len(found) / max(1, everything):.3f}")
    print(f"  reported on lines labelled false {len(wrong)}: precision {len(found) / max(1, len(found) + len(wrong)):.3f}; "
          f"on lines without a label {len(unlabelled)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("prepare", "measure"):
        own = commands.add_parser(command)
        own.add_argument("creddata", type=pathlib.Path)
        if command == "prepare":
            own.add_argument("clones", type=pathlib.Path)
        own.add_argument("tree", type=pathlib.Path)
        if command == "measure":
            own.add_argument("--half", choices=["even", "odd"])
            own.add_argument("--missed", metavar="KIND", help="print lines of a kind that are not found, or `all`")
            own.add_argument("--wrong", action="store_true", help="print lines that are reported and labelled false")
            own.add_argument("--unlabelled", action="store_true", help="print lines that are reported and have no label")
            own.add_argument("--scanner", action="append", choices=list(SCANNERS), help="one or several; all when none is named")
    arguments = parser.parse_args()
    if arguments.command == "prepare":
        prepare(arguments.creddata, arguments.clones, arguments.tree)
        return
    for half in [arguments.half] if arguments.half else ["even", "odd"]:
        for scanner in arguments.scanner or SCANNERS:
            measure(arguments.creddata, arguments.tree / half, scanner, arguments)


if __name__ == "__main__":
    sys.exit(main())
