"""Takes hostile trees, configurations and repositories through every command of the loop.

None may panic, run longer than a minute, write outside, touch what is the user's, or start a program that the
repository names.

Usage: hostile.py [--iao BINARY] [--short]
"""

import os
import time

from scene import GOVERNANCE, Scene, Score, arguments, put

COMMANDS = [["plan"], ["scan"], ["verify"], ["status"], ["run"], ["seal"], ["show"], ["show", "--manifest", "--json"],
            ["verify", "--seal"], ["log", "--check"], ["replay"], ["validate"], ["scan", "--staged"],
            ["scan", "--worktree"], ["clean"]]
SHORT = [["plan"], ["run"], ["seal"], ["verify", "--seal"]]
MOST_SECONDS = 60


def loop(scene, score, name, folder, codes=(0, 1, 2)):
    """Runs every command, and holds what must hold of each."""
    outside = scene.top / "outside"
    user, before = scene.user_state(folder), listing(outside)
    ended = []
    for words in scene.commands:
        begin, refs = time.monotonic(), scene.refs(folder, ours=True)
        done = scene.iao(folder, *words)
        score.hold(done.returncode != 2 or scene.refs(folder, ours=True) == refs, f"{name}: {words} moved a ref")
        score.count(f"exit {done.returncode}")
        ended.append(f"{words[0]} {done.returncode}")
        score.hold(done.returncode in codes, f"{name}: {words}", f"{done.returncode} {done.stdout[:300]} {done.stderr}")
        score.hold(done.returncode != 2 or "help:" in done.stderr or "hint:" in done.stderr,
                   f"{name}: {words} says how to mend", done.stderr)
        score.hold(time.monotonic() - begin < MOST_SECONDS, f"{name}: {words} is slow", f"{time.monotonic() - begin:.0f} s")
        score.hold(not (scene.top / "canary").exists(), f"{name}: {words} started a program of the repository")
        score.hold(listing(outside) == before, f"{name}: {words} wrote outside")
    score.hold(scene.user_state(folder) == user, f"{name}: the user's state is untouched")
    score.count("scenes")
    print(f"{name}: {', '.join(ended)}", flush=True)


def listing(folder):
    """Every path below a folder with its content."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def entry(mode, name, id_):
    """One raw entry of a tree."""
    return f"{mode} ".encode() + name + b"\0" + bytes.fromhex(id_)


def raw_tree(scene, folder, entries):
    """Writes a tree that git itself would refuse."""
    words = ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    return scene.do_bytes(words, folder, b"".join(entries)).decode().strip()


def trees(scene, score, short):
    """Trees no honest tool writes."""
    def build(name, make):
        folder = scene.repository(name)
        blob = scene.do_bytes(["git", "hash-object", "-w", "--stdin"], folder, b"x = 1\n").decode().strip()
        base = scene.git(folder, "rev-parse", "HEAD^{tree}")
        keep = entry("100644", b"pyproject.toml", scene.git(folder, "rev-parse", "HEAD:pyproject.toml"))
        entries = make(folder, blob, base)
        tree = entries if isinstance(entries, str) else raw_tree(scene, folder, [*entries, keep])
        commit = scene.git(folder, "commit-tree", tree, "-m", name)
        scene.git(folder, "update-ref", "--no-deref", "HEAD", commit)
        loop(scene, score, name, folder)

    def link(folder, target):
        return scene.do_bytes(["git", "hash-object", "-w", "--stdin"], folder, target.encode()).decode().strip()

    def deep(folder, blob, _):
        tree = raw_tree(scene, folder, [entry("100644", b"f", blob)])
        for _ in range(40 if short else 2000):
            tree = raw_tree(scene, folder, [entry("40000", b"d", tree)])
        return [entry("40000", b"deep", tree)]

    def long_path(folder, blob, _):
        tree = raw_tree(scene, folder, [entry("100644", b"f" * 255, blob)])
        for _ in range(16):
            tree = raw_tree(scene, folder, [entry("40000", b"d" * 255, tree)])
        return [entry("40000", b"long", tree), entry("100644", b"n" * 4096, blob)]

    def bomb(folder, blob, _):
        tree = raw_tree(scene, folder, [entry("100644", bytes([97 + at]), blob) for at in range(10)])
        for _ in range(2 if short else 3):
            tree = raw_tree(scene, folder, [entry("40000", bytes([97 + at]), tree) for at in range(10)])
        return [entry("40000", b"bomb", tree)]

    outside = scene.top / "outside"
    put(outside / "keep.txt", "keep\n")
    cases = {
        "dot-git": lambda f, b, t: [entry("40000", b".git", t)],
        "dot-git-in-other-case": lambda f, b, t: [entry("40000", b".GIT", t), entry("100644", b"git~1", b)],
        "dotdot": lambda f, b, t: [entry("40000", b"..", t), entry("100644", b".", b)],
        "slash": lambda f, b, t: [entry("100644", b"../outside/keep.txt", b), entry("100644", b"a/b", b)],
        "duplicates": lambda f, b, t: [entry("100644", b"a", b), entry("40000", b"a", t), entry("100644", b"a", b)],
        "collision": lambda f, b, t: [entry("100644", b"README.md", b), entry("100644", b"readme.MD", b)],
        "unsorted": lambda f, b, t: [entry("100644", b"z", b), entry("100644", b"a", b)],
        "empty-name": lambda f, b, t: [entry("100644", b"", b)],
        "odd-modes": lambda f, b, t: [entry("777", b"a", b), entry("100664", b"b", b), entry("0", b"c", b),
                                      entry("160000", b"d", "11" * 20), entry("40000", b"e", b)],
        "not-utf8": lambda f, b, t: [entry("100644", b"\xff\xfe.py", b), entry("100644", b"\x1b[31m.py", b)],
        "state-is-a-link": lambda f, b, t: [entry("120000", b".indestructibleautoops", link(f, "../outside"))],
        "workflows-is-a-link": lambda f, b, t: [entry("120000", b".github", link(f, "../outside")),
                                                entry("120000", b".gitignore", link(f, "../outside/keep.txt"))],
        "configs-is-a-link": lambda f, b, t: [entry("120000", b"configs", link(f, "../outside"))],
        "gitattributes-and-modules": lambda f, b, t: [entry("120000", b".gitmodules", link(f, "/etc/passwd")),
                                                      entry("100644", b".gitattributes", link(f, "* filter=evil\n"))],
        "missing-objects": lambda f, b, t: [entry("40000", b"gone", "22" * 20), entry("100644", b"lost", "33" * 20)],
        "tree-in-a-blob": lambda f, b, t: [entry("100644", b"a", t), entry("40000", b"b", b)],
        "truncated-tree": lambda f, b, t: [b"100644 cut\0abc"],
        "deep": deep, "long": long_path, "bomb": bomb,
    }
    for name, make in list(cases.items())[:: 3 if short else 1]:
        build(name, make)


def places(scene, score, short):
    """Working trees that lead elsewhere."""
    outside = scene.top / "outside"
    folder = scene.repository("state-link")
    (folder / ".indestructibleautoops").symlink_to(outside)
    loop(scene, score, "state dir on disk is a link", folder)
    folder = scene.repository("stream-link")
    (folder / ".indestructibleautoops/governance").mkdir(parents=True)
    (folder / ".indestructibleautoops/governance/event-stream.jsonl").symlink_to(outside / "keep.txt")
    (folder / ".indestructibleautoops/plan.json").symlink_to(outside / "keep.txt")
    loop(scene, score, "files in the state dir are links", folder)
    folder = scene.repository("lock-link")
    (folder / ".indestructibleautoops/governance").mkdir(parents=True)
    (folder / ".indestructibleautoops/governance/event-stream.jsonl.lock").symlink_to(outside / "new.lock")
    loop(scene, score, "the stream's lock is a dangling link", folder)
    folder = scene.repository("evidence-link")
    (folder / ".indestructibleautoops/evidence").mkdir(parents=True)
    (folder / ".indestructibleautoops/evidence/runs").symlink_to(outside)
    loop(scene, score, "evidence is a link", folder)
    folder = scene.repository("tracked")
    put(folder / ".indestructibleautoops/plan.json", "{}\n")
    scene.git(folder, "add", "--force", ".indestructibleautoops")
    scene.commit(folder, "tracked")
    loop(scene, score, "state dir is tracked", folder)
    folder = scene.repository("config-link")
    put(outside / "pipeline.yaml", "apiVersion: indestructibleautoops/v1\n")
    (folder / "configs").mkdir()
    (folder / "configs/indestructibleautoops.pipeline.yaml").symlink_to(outside / "pipeline.yaml")
    scene.commit(folder, "link")
    loop(scene, score, "config is a link", folder)
    for what, text in list(documents(short).items())[:: 2 if short else 1]:
        folder = scene.repository(f"config-{what}")
        put(folder / "configs/indestructibleautoops.pipeline.yaml", text)
        scene.commit(folder, what)
        loop(scene, score, f"config {what}", folder)
    folder = scene.repository("config-device")
    (folder / "configs").mkdir()
    (folder / "configs/indestructibleautoops.pipeline.yaml").symlink_to("/dev/zero")
    scene.commit(folder, "device")
    loop(scene, score, "config is an endless device", folder)
    folder = scene.repository("huge")
    with open(folder / "huge.py", "wb") as file:
        file.truncate((4 if short else 600) << 20)
    put(folder / "line.json", "[" * 300_000)
    scene.commit(folder, "huge")
    loop(scene, score, "huge files", folder)


def documents(short):
    """Pipeline documents of about a megabyte."""
    size = 100_000 if short else 1_000_000
    head = "apiVersion: indestructibleautoops/v1\nkind: Pipeline\n"
    return {
        "of-one-string": head + "metadata:\n  name: " + "a" * size + "\n",
        "of-many-keys": head + "spec:\n" + "".join(f"  k{at}: {at}\n" for at in range(size // 12)),
        "of-comments": head + "# x\n" * (size // 4),
        "of-nesting": head + "spec: " + "[" * (size // 2) + "]" * (size // 2) + "\n",
        "of-aliases": "a: &a [x,x]\n" + "".join(f"b{at}: &b{at} [*{'a' if at == 0 else f'b{at - 1}'}" + f",*{'a' if at == 0 else f'b{at - 1}'}]\n" for at in range(60)),
    }


def programs(scene, score, _):
    """A repository whose configuration names programs wherever git would start one."""
    folder = scene.repository("programs")
    canary = f"touch {scene.top}/canary; cat"
    put(folder / ".gitattributes", "* filter=evil diff=evil merge=evil\n")
    scene.commit(folder, "attributes")
    keys = ["filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
            "merge.evil.driver", "diff.external", "core.fsmonitor", "core.editor", "core.pager", "core.sshCommand",
            "core.askPass", "core.gitProxy", "core.alternateRefsCommand", "gpg.program", "gpg.ssh.program",
            "credential.helper", "uploadpack.packObjectsHook", "sequence.editor", "interactive.diffFilter",
            "pager.log", "pager.notes", "trailer.evil.command", "trailer.evil.cmd"]
    for key in keys:
        scene.git(folder, "config", key, canary)
    for key, value in (("core.hooksPath", str(folder / "hooks")), ("commit.gpgSign", "true"), ("gc.auto", "1"),
                       ("filter.evil.required", "true"), ("trailer.evil.key", "Evil"), ("maintenance.auto", "true")):
        scene.git(folder, "config", key, value)
    hooks = ["pre-commit", "post-commit", "reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change",
             "commit-msg", "prepare-commit-msg", "fsmonitor-watchman", "post-rewrite", "update", "post-update"]
    for place in (folder / "hooks", folder / ".git/hooks"):
        for hook in hooks:
            put(place / hook, f"#!/bin/sh\ntouch {scene.top}/canary\n")
            os.chmod(place / hook, 0o755)
    score.count("programs named", len(keys) + 2 * len(hooks))
    loop(scene, score, "programs named by the repository", folder, codes=(0, 1))
    done = scene.iao(folder, "run")
    score.hold(done.returncode == 0 and GOVERNANCE in scene.refs(folder, ours=True), "the loop did run", done.stderr)
    scene.iao(folder, "notes", "--rebuild")
    score.hold(not (scene.top / "canary").exists(), "a program was started")


def main():
    options = arguments(__doc__)
    score = Score()
    with Scene(options.iao) as scene:
        scene.commands = SHORT if options.short else COMMANDS
        for family in (trees, places, programs):
            family(scene, score, options.short)
    score.end()


main()
