#!/usr/bin/env python3
"""Runs the whole loop on fresh clones of real repositories, and holds every promise on each.

    run.py [--keep FOLDER] [--json FILE] REPOSITORY...

Each argument is a path (or anything `git clone` takes). `git-iao` must be on PATH. For each repository: a fresh,
complete clone; the user's state is recorded; `git iao run`; then a second plan must be empty, HEAD, index, refs
and status byte-identical, the note readable, the replay clean, and the independent verifier must agree.

Exit code: 0 every promise holds everywhere (a verdict that says no is an answer, and is printed), 1 one does not.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

VERIFIER = pathlib.Path(__file__).resolve().parent.parent / "verifier" / "verify_seal.py"
OURS = ("refs/iao/", "refs/notes/iao", "refs/heads/iao/")
GOVERNANCE = "refs/heads/iao/governance"


class Broken(Exception):
    """A promise that does not hold."""


def environment(home):
    """An environment with no user around it."""
    person = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
              for part, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.org"))}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C", "NO_COLOR": "1",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_OPTIONAL_LOCKS": "0", **person}


class Clone:
    """A fresh, complete clone, and the commands run in it."""

    def __init__(self, source, folder):
        self.folder = folder / "work"
        self.env = environment(folder)
        self.timings = {}
        if pathlib.Path(source).exists():
            source = pathlib.Path(source).resolve().as_uri()
        subprocess.run(["git", "clone", "--quiet", source, str(self.folder)], env=self.env, check=True)
        missing = self.git("rev-list", "--objects", "--no-walk", "--missing=print", "HEAD")
        if any(line.startswith("?") for line in missing.splitlines()):
            raise Broken("the repository lacks objects of its newest commit: choose another one")

    def git(self, *arguments, check=True):
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=self.env, capture_output=True)
        if check and done.returncode != 0:
            raise Broken(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace").rstrip("\n")

    def iao(self, *arguments, codes=(0,)):
        started = time.monotonic()
        done = subprocess.run(["git-iao", *arguments], cwd=self.folder, env=self.env, capture_output=True)
        name = next(word for word in arguments if not word.startswith("-"))
        self.timings[name] = round(self.timings.get(name, 0) + time.monotonic() - started, 2)
        text = (done.stdout + done.stderr).decode(errors="replace")
        if "panicked" in text or done.returncode not in codes:
            raise Broken(f"git iao {' '.join(arguments)}: exit {done.returncode}\n{text.strip()}")
        return done.returncode, done.stdout.decode(errors="replace"), text

    def user_state(self):
        """Bytes of HEAD and the index, every ref that is not ours, status, and each file on disk."""
        git_dir = self.folder / ".git"
        state = {name: hashlib.sha256((git_dir / name).read_bytes()).hexdigest() for name in ("HEAD", "index", "config")}
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        state["refs"] = [ref for ref in refs if not ref.startswith(OURS)]
        state["status"] = self.git("status", "--porcelain=v1", "--untracked-files=all")
        for path in sorted(self.folder.rglob("*")):
            below = path.relative_to(self.folder).as_posix()
            if below.split("/")[0] in (".git", ".indestructibleautoops") or path.is_dir():
                continue
            facts = path.lstat()
            state[below] = (facts.st_mtime_ns, facts.st_size, facts.st_mode)
        return state


def hold(clone):
    """Runs the loop on one clone and returns its row of the table."""
    before = clone.user_state()
    code, _, text = clone.iao("run", codes=(0, 1))
    after = clone.user_state()
    if before != after:
        raise Broken(f"the user's state was touched: {[key for key in before if before.get(key) != after.get(key)]}")
    commits = "0"
    sealed = "HEAD"
    if clone.git("for-each-ref", GOVERNANCE):
        sealed = GOVERNANCE
        commits = clone.git("rev-list", "--count", f"HEAD..{GOVERNANCE}")
    row = {"exit": code, "commits": int(commits), "adapters": adapters(clone)}
    if code == 0:
        sealed = clone.git("rev-parse", sealed)
        # Before any other run that makes a plan: the replay is of the last one.
        clone.iao("replay")
        clone.iao("plan", sealed, "--check")
        clone.iao("verify", sealed, "--seal")
        if "Notes (iao):" not in clone.git("log", "-1", "--notes=iao", sealed):
            raise Broken("git log shows no note")
        clone.iao("log", "--check")
        verified = subprocess.run([sys.executable, VERIFIER, clone.folder, sealed], env=clone.env, capture_output=True)
        if verified.returncode != 0:
            raise Broken(f"the independent verifier disagrees: {(verified.stdout + verified.stderr).decode().strip()}")
        clone.git("fsck", "--strict", "--no-dangling", "--connectivity-only")
        if clone.user_state() != before:
            raise Broken("the user's state was touched after the run")
    else:
        row["verdict"] = text.strip()
        if sealed != "HEAD":
            raise Broken("the verdict says no, and yet the governance branch was moved")
    row["seconds"] = clone.timings
    return row


def adapters(clone):
    """Names of the adapters that `git iao status` says hold here."""
    _, answer, _ = clone.iao("--json", "status")
    found = set()

    def look(value):
        if isinstance(value, dict):
            if isinstance(value.get("adapter"), str):
                found.add(value["adapter"])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(json.loads(answer))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--keep", type=pathlib.Path, help="clone below this folder and leave the clones there")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    rows, broken = {}, 0
    print(f"{'repository':<28} {'verdict':<8} {'commits':>7} {'run s':>7} {'replay s':>8}  adapters")
    for source in arguments.repositories:
        name = "/".join(part for part in pathlib.PurePath(source).parts[-2:] if part not in ("repo", "/")).replace("+", "/") or source
        with tempfile.TemporaryDirectory(prefix="iao-harness-") as scratch:
            folder = pathlib.Path(scratch)
            if arguments.keep:
                folder = arguments.keep / name.replace("/", "+")
                folder.mkdir(parents=True)
            try:
                row = hold(Clone(source, folder))
            except Broken as reason:
                broken += 1
                rows[name] = {"broken": str(reason)}
                print(f"{name:<28} BROKEN   {reason}")
                continue
        rows[name] = row
        verdict = "pass" if row["exit"] == 0 else "no"
        seconds = row["seconds"]
        print(f"{name:<28} {verdict:<8} {row['commits']:>7} {seconds['run']:>7} {seconds.get('replay', '-'):>8}  {' '.join(row['adapters'])}")
        if "verdict" in row:
            print("    " + row["verdict"].replace("\n", "\n    "))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2, sort_keys=True) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
