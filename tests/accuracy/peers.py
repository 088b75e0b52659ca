#!/usr/bin/env python3
"""Runs other secret scanners over the corpus of this folder, and prints how much of it each one finds.

    IAO_ACCURACY=FOLDER cargo test --test it written_for_other_scanners -- --ignored
    peers.py FOLDER [--kinds] [--wrong] [gitleaks|kingfisher|detect-secrets|ripsecrets|git-iao]...

The first line writes the corpus and its labels. Each scanner that is on PATH (or all that are named) runs with its
own defaults and without the network; what it reports is held against the labels as `docs/accuracy.md` tells.
For information: nothing is asserted, and the exit code is 0 unless a scanner that was named cannot be run.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def output(*command, folder=None):
    """What a command prints; its exit code says only whether it found something."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    return done.stdout


def gitleaks(corpus):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        output("gitleaks", "dir", str(corpus), "--no-banner", "-f", "json", "-r", str(report))
        found = json.loads(report.read_text() or "[]")
    for finding in found:
        yield finding["File"], finding["StartLine"], finding["EndLine"]


def kingfisher(corpus):
    # Duplicates are kept, as the same value twice is two labels.
    text = output("kingfisher", "scan", str(corpus), "--no-validate", "--no-update-check", "--no-dedup",
                  "--git-history", "none", "--format", "jsonl")
    for line in text.splitlines():
        if line.startswith("{"):
            finding = json.loads(line).get("finding")
            if finding:
                yield finding["path"], int(finding["line"]), int(finding["line"])


def detect_secrets(corpus):
    text = output("detect-secrets", "scan", "--all-files", "--no-verify", str(corpus), folder=corpus)
    for path, findings in json.loads(text)["results"].items():
        yield from ((path, finding["line_number"], finding["line_number"]) for finding in findings)


def ripsecrets(corpus):
    for line in output("ripsecrets", str(corpus)).splitlines():
        place = re.match(r"(?:\x1b\[[0-9;]*m)*(.+?):(?:\x1b\[[0-9;]*m)*(\d+):", line)
        if place:
            yield place[1], int(place[2]), int(place[2])


def git_iao(corpus):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(corpus, folder, dirs_exist_ok=True)
        for command in (["init", "--quiet"], ["add", "--all"],
                        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "corpus"]):
            subprocess.run(["git", *command], cwd=folder, check=True)
        report = json.loads(output("git-iao", "--format", "json", "scan", folder=folder))
    for finding in report["findings"]:
        if finding["gate"] == "secret_detected":
            yield finding["path"], finding["span"]["line"], finding["span"]["line"]


SCANNERS = {"gitleaks": gitleaks, "kingfisher": kingfisher, "detect-secrets": detect_secrets,
            "ripsecrets": ripsecrets, "git-iao": git_iao}


def reported_lines(labels, corpus, findings):
    """The lines that findings name: of one that spans several, those with a secret when there are any, else all."""
    secret = {(label["path"], line) for label in labels if label["verdict"] == "secret"
              for line in range(label["first"], label["last"] + 1)}
    lines = set()
    for path, first, last in findings:
        path = os.path.relpath(os.path.join(corpus, path), corpus)
        span = {(path, line) for line in range(first, last + 1)}
        lines |= span & secret or span
    return lines


class Tally:
    """What was found of one category, and what was reported wrongly."""

    def __init__(self):
        self.secrets = self.found = self.near_misses = self.false_alarms = self.strays = 0

    def row(self, name):
        reported = self.found + self.false_alarms + self.strays
        recall = f"{self.found / self.secrets:.3f}" if self.secrets else "-"
        precision = f"{self.found / reported:.3f}" if reported else "-"
        found, wrong = f"{self.found}/{self.secrets}", f"{self.false_alarms}/{self.near_misses}"
        return f"{name:32} {found:>10} {recall:>7} {wrong:>10} {self.strays:>6} {precision:>9}"


def score(labels, reported):
    """Tallies by table and category; the same counting as in tests/it/accuracy/score.rs."""
    tables = collections.defaultdict(lambda: collections.defaultdict(Tally))
    strays = set(reported)
    for label in labels:
        lines = {(label["path"], line) for line in range(label["first"], label["last"] + 1)}
        hit = bool(lines & reported)
        strays -= lines
        of = [("group", label["group"]), ("kind", label["kind"]), ("all", "total")]
        if label["shape"]:
            of.append(("shape", label["shape"]))
        for table, category in of:
            tally = tables[table][category]
            if label["verdict"] == "secret":
                tally.secrets += 1
                tally.found += hit
            elif label["verdict"] == "near-miss":
                tally.near_misses += 1
                tally.false_alarms += hit
    for path, _ in strays:
        tables["group"][path.split("/")[0]].strays += 1
        tables["all"]["total"].strays += 1
    return tables


def print_tables(scanner, tables, kinds):
    for table in ["group", "shape", *(["kind"] if kinds else []), "all"]:
        print(f"\n{scanner + ': ' + table:32} {'found':>10} {'recall':>7} {'wrong':>10} {'stray':>6} {'precision':>9}")
        for category in sorted(tables[table]):
            print(tables[table][category].row(category))


def print_wrong(labels, corpus, reported):
    """Each line that is reported and must not be. The values are made up, so they may be shown."""
    fine = {(label["path"], line) for label in labels if label["verdict"] != "near-miss"
            for line in range(label["first"], label["last"] + 1)}
    print()
    for path, line in sorted(reported - fine):
        text = (corpus / path).read_text().splitlines()[line - 1].strip()
        print(f"wrong   {path}:{line} {text[:160]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("scanners", nargs="*", metavar="SCANNER", help=f"one of {', '.join(SCANNERS)}")
    parser.add_argument("--wrong", action="store_true", help="print each line that is reported wrongly")
    parser.add_argument("--kinds", action="store_true", help="print the table of kinds as well")
    arguments = parser.parse_args()
    corpus = (arguments.folder / "corpus").resolve()
    labels = json.loads((arguments.folder / "labels.json").read_text())["labels"]
    totals, missing = [], False
    for scanner in arguments.scanners or SCANNERS:
        if scanner not in SCANNERS or not shutil.which(scanner):
            print(f"{scanner}: not to be had here", file=sys.stderr)
            missing = missing or bool(arguments.scanners)
            continue
        reported = reported_lines(labels, corpus, SCANNERS[scanner](corpus))
        tables = score(labels, reported)
        print_tables(scanner, tables, arguments.kinds)
        if arguments.wrong:
            print_wrong(labels, corpus, reported)
        totals.append(tables["all"]["total"].row(scanner))
    print("\n" + "\n".join(totals))
    return 2 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
