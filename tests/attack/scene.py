"""Repositories to attack, and what must hold of them afterwards; shared by the attacks in this folder.

Everything runs without the user's git configuration, with a fixed identity, through the real binary that `--iao`
names. Git alone (and plain reads of files) judges what happened, never the library under attack.
"""

import argparse
import collections
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GOVERNANCE = "refs/heads/iao/governance"
OURS = ("refs/iao/", "refs/notes/iao", "refs/heads/iao/")
PYPROJECT = '[project]\nname = "sample"\nversion = "1.0.0"\nrequires-python = ">=3.11"\n'


def arguments(description):
    """Reads the command line that all attacks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--iao", default=shutil.which("git-iao"), help="the binary to attack")
    parser.add_argument("--short", action="store_true", help="a sample of a few seconds")
    options = parser.parse_args()
    options.iao = str(pathlib.Path(options.iao or parser.error("no git-iao is on the path")).resolve())
    return options


class Scene:
    """A folder with repositories in it, gone when the attack ends."""

    def __init__(self, iao):
        self.iao_path = iao
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="iao-attack-")).resolve()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.top), "LC_ALL": "C", "NO_COLOR": "1"}
        self.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "COLUMNS": "200"}
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        # A git that is not installed where it was built for finds its parts through these.
        for name in ("GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        for role in ("AUTHOR", "COMMITTER"):
            self.environment[f"GIT_{role}_NAME"] = "Ada Example"
            self.environment[f"GIT_{role}_EMAIL"] = "ada@example.org"
            self.environment[f"GIT_{role}_DATE"] = "1700000000 +0000"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def do(self, words, folder, check=False, **more):
        """Runs a program; text in, text out."""
        done = subprocess.run(words, cwd=folder, env=self.environment, capture_output=True, text=True,
                              errors="replace", timeout=180, check=False, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def do_bytes(self, words, folder, data=b"", more=None):
        """Runs a program that must succeed; bytes in, bytes out."""
        return subprocess.run(words, cwd=folder, env=self.environment | (more or {}), input=data, capture_output=True,
                              timeout=180, check=True).stdout

    def git(self, folder, *words, **more):
        """Runs git, which must succeed, and returns what it printed."""
        return self.do(["git", *words], folder, check=True, **more).stdout.strip()

    def iao(self, folder, *words):
        """Runs the binary, which must not panic and must end with an exit code of the book."""
        done = self.do([self.iao_path, "--jobs", "1", *words], folder)
        if done.returncode not in (0, 1, 2, 130) or "panicked" in done.stderr:
            raise RuntimeError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def repository(self, name):
        """Makes a Python project with something staged, something unstaged, a tag and a branch of its user."""
        folder = self.top / name
        self.git(self.top, "init", "--quiet", "--initial-branch=main", name)
        put(folder / "pyproject.toml", PYPROJECT)
        put(folder / "src/sample/__init__.py", "x = 1\n")
        put(folder / "tests/test_sample.py", "def test_it():\n    assert True\n")
        self.commit(folder, "first")
        self.git(folder, "tag", "v1")
        self.git(folder, "branch", "topic")
        put(folder / "staged.txt", "staged\n")
        self.git(folder, "add", "staged.txt")
        put(folder / "src/sample/__init__.py", "x = 2\n")
        put(folder / "untracked.txt", "untracked\n")
        return folder

    def commit(self, folder, message):
        """Commits everything and returns the commit."""
        self.git(folder, "add", "--all")
        self.git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.git(folder, "rev-parse", "HEAD")

    def copy(self, folder, name):
        """Copies a repository, times and all."""
        copied = self.top / name
        shutil.copytree(folder, copied, symlinks=True)
        return copied

    def refs(self, folder, ours):
        """The refs that are ours, or those that are not, with their targets."""
        listed = self.git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in listed if line.startswith(OURS) == ours)

    def user_state(self, folder):
        """What belongs to the user: HEAD, index, config, refs, and every file of the working tree."""
        state = {name: (folder / ".git" / name).read_bytes() for name in ("HEAD", "index", "config")}
        state["refs"] = self.refs(folder, ours=False)
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder).parts
            if path.is_file() and inside[0] not in (".git", ".indestructibleautoops"):
                state["/".join(inside)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return state

    def whole(self, folder):
        """What git says is wrong with the objects and refs; empty when all is well."""
        done = self.do(["git", "fsck", "--strict", "--no-dangling", "--no-progress"], folder)
        notices = ("notice:", "dangling")
        said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(notices)]
        return said + ([f"git fsck: exit {done.returncode}"] if done.returncode else [])


def put(path, text):
    """Writes a file, parents and all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def leftovers(folder):
    """Temporary files and locks below a repository, but for the two that stay by design."""
    names = []
    for path in folder.rglob("*"):
        name = path.name.lower()
        shown = str(path.relative_to(folder))
        by_design = shown in (".git/iao/lock",) or name == "event-stream.jsonl.lock"
        if not by_design and ("tmp" in name or name.endswith(".lock") or name == "ref-lock" or name.startswith(".new-")):
            names.append(shown)
    return names


class Score:
    """Counts what was tried and keeps what broke."""

    def __init__(self):
        self.counts = collections.Counter()
        self.broken = []

    def count(self, what, number=1):
        """Counts one thing that was seen."""
        self.counts[what] += number

    def hold(self, true, what, detail=""):
        """Counts a claim, and keeps it if it does not hold."""
        self.counts["claims held" if true else "claims broken"] += 1
        if not true:
            self.broken.append(f"{what}: {detail}" if detail else what)

    def gather(self, jobs):
        """Adds up what strikes on other threads found."""
        for job in jobs:
            score = job.result()
            self.counts += score.counts
            self.broken += score.broken

    def end(self):
        """Prints the counts and what broke; exits 1 if anything did."""
        for what, number in sorted(self.counts.items()):
            print(f"{number:7} {what}")
        for what in self.broken[:40]:
            print(f"BROKEN {what}")
        sys.exit(1 if self.broken else 0)
