"""Has real hook managers call the scanner through `.pre-commit-hooks.yaml`, and chains their own hooks.

    hooks.py --iao BINARY --bin FOLDER

FOLDER holds `pre-commit` and `prek`. One that is not there is a failure, never left out.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECRET = "url = 'postgres://app:{word}" + "9Zq@db.internal/x'\n"
CLAIMS = []


def claim(what, holds, said=""):
    """Notes one thing that must hold."""
    CLAIMS.append(holds)
    if not holds:
        print(f"does not hold: {what}\n{said}", file=sys.stderr)


class Scene:
    """A repository whose hooks a manager keeps, and a bare one that it pushes to; gone when this ends."""

    def __init__(self, manager, iao, folder):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="iao-hooks-")).resolve()
        self.manager, self.work, self.hooks = manager, self.top / "work", self.top / "published"
        path = f"{folder}:{iao.parent}:{os.environ['PATH']}"
        self.environment = {"PATH": path, "HOME": str(self.top), "LC_ALL": "C", "NO_COLOR": "1"}
        self.environment |= {"GIT_CONFIG_GLOBAL": str(self.top / "gitconfig"), "GIT_CONFIG_SYSTEM": "/dev/null"}
        for role in ("AUTHOR", "COMMITTER"):
            self.environment[f"GIT_{role}_NAME"] = "Ada Example"
            self.environment[f"GIT_{role}_EMAIL"] = "ada@example.org"
        for place in (self.work, self.hooks):
            self.do("git", "init", "-q", "-b", "main", place)
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", self.hooks)
        self.do("git", "add", "-A", where=self.hooks)
        self.do("git", "commit", "-q", "-m", "hooks", where=self.hooks)
        revision = self.do("git", "rev-parse", "HEAD", where=self.hooks).stdout.strip()
        self.do("git", "init", "-q", "--bare", self.top / "remote.git")
        config = f"repos:\n- repo: {self.hooks}\n  rev: {revision}\n  hooks:\n"
        config += "  - id: git-iao-system\n  - id: git-iao-pre-push-system\n"
        (self.work / ".pre-commit-config.yaml").write_text(config)
        self.do("git", "remote", "add", "origin", self.top / "remote.git")
        self.do("git", "add", "-A")
        self.do("git", "commit", "-q", "-m", "first")
        self.do("git", "push", "-q", "origin", "main")

    def run(self, *words, where=None):
        words = [str(word) for word in words]
        directory = where or (self.work if self.work.exists() else self.top)
        return subprocess.run(words, cwd=directory, env=self.environment, capture_output=True, text=True)

    def do(self, *words, where=None):
        done = self.run(*words, where=where)
        if done.returncode != 0:
            raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
        return done

    def stage(self, text):
        (self.work / "conf.py").write_text(text)
        self.do("git", "add", "conf.py")

    def stopped(self, what, *words):
        done = self.run(*words)
        said = done.stdout + done.stderr
        claim(f"{self.manager}: {what}", done.returncode != 0 and "conf.py:" in said and "blocked by" in said, said)

    def passes(self, what, *words):
        done = self.run(*words)
        claim(f"{self.manager}: {what}", done.returncode == 0, done.stdout + done.stderr)


def gates(scene):
    """The manager calls the scanner at commits and pushes."""
    scene.do(scene.manager, "install", "-t", "pre-commit", "-t", "pre-push")
    scene.stage(SECRET.format(word="hunt"))
    scene.stopped("a staged secret is stopped", "git", "commit", "-m", "x")
    (scene.work / "conf.py").write_text("x = 1\n")
    scene.stopped("what counts is the index", "git", "commit", "-m", "x")
    claim(f"{scene.manager}: the file is as it was", (scene.work / "conf.py").read_text() == "x = 1\n")
    scene.do("git", "add", "conf.py")
    scene.passes("a clean commit goes through", "git", "commit", "-m", "x")
    scene.passes("a clean push goes through", "git", "push", "origin", "main")
    scene.stage(SECRET.format(word="gather"))
    scene.do("git", "commit", "-q", "--no-verify", "-m", "past")
    scene.stopped("a push of a secret is stopped", "git", "push", "origin", "main")
    scene.stopped("a new branch with it too", "git", "push", "origin", "main:refs/heads/new")


def chained(scene):
    """Ours beside the manager's own file: both run, and both go."""
    hooks = scene.work / ".git" / "hooks"
    before = (hooks / "pre-commit").read_bytes()
    scene.do("git", "reset", "-q", "--hard", "HEAD~")
    scene.do("git-iao", "hooks", "install", "--files")
    claim(f"{scene.manager}: its hook is chained", (hooks / "pre-commit.iao-chained").read_bytes() == before)
    scene.stage("x = 2\n")
    scene.passes("both let a clean commit through", "git", "commit", "-m", "x")
    scene.stage(SECRET.format(word="third"))
    scene.stopped("a secret is stopped by both", "git", "commit", "-m", "x")
    scene.do("git-iao", "hooks", "uninstall")
    claim(f"{scene.manager}: its hook is back", (hooks / "pre-commit").read_bytes() == before)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iao", required=True, help="the binary of git-iao")
    parser.add_argument("--bin", required=True, help="the folder with pre-commit and prek")
    arguments = parser.parse_args()
    iao = pathlib.Path(shutil.which(arguments.iao) or arguments.iao).resolve()
    for manager in ("pre-commit", "prek"):
        scene = Scene(manager, iao, arguments.bin)
        try:
            gates(scene)
            chained(scene)
        finally:
            shutil.rmtree(scene.top)
    print(f"hook managers: {sum(CLAIMS)} of {len(CLAIMS)} claims hold")
    return 0 if CLAIMS and all(CLAIMS) else 1


if __name__ == "__main__":
    sys.exit(main())
