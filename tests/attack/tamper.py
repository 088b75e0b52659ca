"""Changes evidence in every place that somebody with write access can reach, and asks who notices.

Flips bits in, and truncates, plan files, notes, ledger entries and the event stream; rolls the ledger back, and forks it;
moves notes and seals to other commits, and brings those of another repository; writes ledger trees that no git program
writes; replaces sealed objects; adds grafts. What must be noticed and is not counts as broken.

Every bit and every length of small evidence is tried in `tests/it/tamper.rs`, without a process for each.

Usage: tamper.py [--iao BINARY] [--short]
"""

import concurrent.futures
import hashlib
import os
import shutil
import sys

from scene import GOVERNANCE, Scene, Score, arguments, put

LEDGER = "refs/iao/ledger"
STREAM = ".indestructibleautoops/governance/event-stream.jsonl"


def harms(data, step):
    """Every `step`-th byte with one bit flipped (another bit each time), and every `step`-th truncation."""
    for at in range(0, len(data), step):
        flipped = bytearray(data)
        flipped[at] ^= 1 << ((at // step) % 8)
        yield f"bit at {at}", bytes(flipped)
    for at in range(0, len(data), step):
        yield f"cut at {at}", data[:at]


def governed(scene):
    """A repository with three runs: two seals of the branch, one of a commit as it is."""
    folder = scene.repository("governed")
    scene.commit(folder, "clean")
    for number in range(2):
        put(folder / f"m{number}.py", f"M = {number}\n")
        scene.commit(folder, f"commit {number}")
        if scene.iao(folder, "run").returncode != 0:
            raise RuntimeError("the scene cannot be set up")
    scene.iao(folder, "seal", "HEAD")
    return folder


def blob(scene, folder, data):
    """Writes a blob and returns its name."""
    done = scene.do_bytes(["git", "hash-object", "-w", "--stdin"], folder, data)
    return done.decode().strip()


class Attack:
    """One template, copied for each attack, and the score of all."""

    def __init__(self, scene, template, score, pool):
        self.scene, self.template, self.score, self.pool = scene, template, score, pool
        self.jobs = []

    def each(self, kind, what, harm, commands):
        """Queues one attack: `harm` on a copy, then each command, one of which must say no."""
        self.jobs.append(self.pool.submit(self.one, kind, what, harm, commands))

    def one(self, kind, what, harm, commands):
        name = f"c{abs(hash((kind, what)))}"
        folder = self.scene.copy(self.template, name)
        more = harm(folder) or []
        noticed, said = [], []
        for command in commands:
            done = self.scene.iao(folder, *command, *more)
            said.append(f"{done.returncode} {done.stdout.splitlines()[:3]}")
            if done.returncode != 0:
                noticed.append(" ".join(command))
        shutil.rmtree(folder)
        return kind, what, noticed, said

    def finish(self):
        """Waits for all, and counts who noticed."""
        for job in self.jobs:
            kind, what, noticed, said = job.result()
            self.score.count(f"{kind}: tried")
            for command in noticed:
                self.score.count(f"{kind}: noticed by `{command}`")
            self.score.hold(bool(noticed), f"{kind}, {what}: nobody noticed", said)
        self.jobs = []


def plans(attack, short):
    """A plan file, changed between review and run."""
    scene, folder = attack.scene, attack.template
    file = scene.top / "plan.json"
    scene.iao(folder, "plan", "--out", str(file))
    data = file.read_bytes()
    name = hashlib.sha256(data).hexdigest()
    attack.score.count("bytes of the plan", len(data))
    kept = ".indestructibleautoops/evidence/runs"
    for what, bytes_ in harms(data, 499 if short else 2):
        def harm(copied, bytes_=bytes_):
            for path in (copied / kept).glob("*/plan.json"):
                path.write_bytes(bytes_)
        attack.each("plan called by its id", what, harm, [["run", "--plan", name]])
    attack.finish()
    honest = scene.git(folder, "rev-parse", f"{GOVERNANCE}^{{tree}}")
    for what, bytes_ in harms(data, 499 if short else 2):
        attack.jobs.append(attack.pool.submit(given_plan, scene, folder, what, bytes_, name, honest))
    for job in attack.jobs:
        outcome, broken = job.result()
        attack.score.count(f"plan given as a file: {outcome}")
        attack.score.hold(not broken, f"plan given as a file: {broken}")
    attack.jobs = []


def given_plan(scene, template, what, data, name, honest):
    """Runs a changed plan file: refused, or visibly another plan that makes the same tree."""
    copied = scene.copy(template, f"given-{what.replace(' ', '-')}")
    put_bytes(copied / ".git/given.json", data)
    done = scene.iao(copied, "run", "--plan", ".git/given.json")
    tree = scene.git(copied, "rev-parse", f"{GOVERNANCE}^{{tree}}")
    shutil.rmtree(copied)
    if done.returncode != 0:
        return f"refused with exit {done.returncode}", ""
    broken = f"{what} makes another tree" if tree != honest else ""
    broken = broken or (f"{what} keeps the plan's name" if name[:10] in done.stdout else "")
    return "taken, under another plan id, and makes the same tree", broken


def put_bytes(path, data):
    """Writes bytes where a file was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def set_note(scene, folder, commit, data):
    """Replaces a note by plumbing."""
    scene.git(folder, "notes", "--ref=iao", "add", "--force", "--allow-empty", "-C", blob(scene, folder, data), commit)


def notes(attack, short):
    """A note, as reviewers meet it."""
    scene, folder = attack.scene, attack.template
    data = scene.do_bytes(["git", "notes", "--ref=iao", "show", GOVERNANCE], folder)
    stored = scene.git(folder, "notes", "--ref=iao", "list", GOVERNANCE)
    data = scene.do_bytes(["git", "cat-file", "blob", stored], folder)
    attack.score.count("bytes of the note", len(data))
    for what, bytes_ in harms(data, 599 if short else 2):
        attack.each("note", what, lambda copied, b=bytes_: set_note(scene, copied, GOVERNANCE, b),
                    [["verify", GOVERNANCE, "--seal"]])
    attack.each("note of another commit", "copied", lambda copied: set_note(scene, copied, "HEAD~1", data),
                [["verify", "HEAD~1", "--seal"]])
    attack.each("note of another commit", "over its own", lambda copied: set_note(scene, copied, "HEAD", data),
                [["verify", "HEAD", "--seal"]])


def new_ledger(scene, folder, entries, parents):
    """Makes a ledger commit of these entries (path -> blob) by plumbing, and moves the ref."""
    index = {"GIT_INDEX_FILE": str(folder / ".git/attack-index")}
    listing = "".join(f"100644 {name}\t{path}\n" for path, name in entries.items())
    scene.do_bytes(["git", "update-index", "--add", "--index-info"], folder, listing.encode(), index)
    tree = scene.do_bytes(["git", "write-tree"], folder, b"", index).decode().strip()
    words = [word for parent in parents for word in ("-p", parent)]
    commit = scene.git(folder, "commit-tree", tree, *words, "-m", "git-iao: attack")
    scene.git(folder, "update-ref", LEDGER, commit)


def ledger_entries(scene, folder):
    """The ledger's entries: path -> blob."""
    listed = scene.git(folder, "ls-tree", "-r", LEDGER).splitlines()
    return {line.split("\t")[1]: line.split()[2] for line in listed}


def ledgers(attack, short):
    """The ledger: entries changed in a new commit, or in a rewritten history; rolled back; entries gone."""
    scene, folder = attack.scene, attack.template
    entries, tip = ledger_entries(scene, folder), scene.git(folder, "rev-parse", LEDGER)
    attack.score.count("entries of the ledger", len(entries))
    for path, name in list(entries.items())[:: 6 if short else 1]:
        data = scene.do_bytes(["git", "cat-file", "blob", name], folder)
        for what, bytes_ in harms(data, max(1, len(data) // (1 if short else 12) + 1)):
            def modify(copied, path=path, bytes_=bytes_, parents=(tip,), forget=False):
                changed = entries | {path: blob(scene, copied, bytes_)}
                new_ledger(scene, copied, changed, parents)
                if forget:
                    shutil.rmtree(copied / ".git/iao/trust")
            attack.each("ledger entry modified", f"{path} {what}", modify, [["log", "--check"]])
            attack.each("ledger rewritten, seen by who never saw the old", f"{path} {what}",
                        lambda copied, modify=modify: modify(copied, parents=(), forget=True), [["log", "--check"]])
        def remove(copied, path=path):
            rest = {other: blob_ for other, blob_ in entries.items() if other != path}
            new_ledger(scene, copied, rest, (tip,))
        attack.each("ledger entry removed", path, remove, [["log", "--check"]])
    earlier = scene.git(folder, "rev-list", LEDGER).split()[1:]
    attack.score.count("earlier ledger tips", len(earlier))
    for old in earlier:
        for command in (["log", "--check"], ["verify", GOVERNANCE, "--seal"], ["run"], ["seal"]):
            attack.each(f"ledger rolled back, `{command[0]}`", old,
                        lambda copied, old=old: scene.git(copied, "update-ref", LEDGER, old) and None, [command])
    for command in (["log", "--check"], ["run"]):
        attack.each(f"ledger deleted, `{command[0]}`", "all",
                    lambda copied: scene.git(copied, "update-ref", "-d", LEDGER) and None, [command])


def forks(attack, _):
    """A ledger of equal length that went another way: another seal where this clone saw its last one."""
    scene, folder = attack.scene, attack.template
    other = scene.copy(folder, "forked")
    tip = scene.git(folder, "rev-parse", LEDGER)
    scene.git(other, "update-ref", LEDGER, f"{tip}~1")
    shutil.rmtree(other / ".git/iao/trust")
    scene.iao(other, "seal", "HEAD~1")
    length = scene.git(other, "rev-list", "--count", LEDGER)
    attack.score.hold(length == scene.git(folder, "rev-list", "--count", LEDGER), "the fork has another length", length)
    for command in (["log", "--check"], ["verify", GOVERNANCE, "--seal"], ["run"], ["seal"], ["seal", "HEAD~1"]):
        def harm(copied):
            scene.git(copied, "fetch", "--quiet", str(other), LEDGER)
            scene.git(copied, "update-ref", LEDGER, "FETCH_HEAD")
        attack.each(f"ledger forked at equal length, `{command[0]}`", " ".join(command), harm, [command])


def stranger(scene):
    """Another repository with a seal of its own."""
    folder = scene.repository("stranger")
    scene.commit(folder, "theirs")
    scene.iao(folder, "seal")
    return folder


def moved(attack, _):
    """Evidence that is honest elsewhere: of another commit, of another repository."""
    scene, folder = attack.scene, attack.template
    other = stranger(scene)
    entries, tip = ledger_entries(scene, folder), scene.git(folder, "rev-parse", LEDGER)
    theirs = {path: scene.do_bytes(["git", "cat-file", "blob", name], other)
              for path, name in ledger_entries(scene, other).items()}
    note = scene.do_bytes(["git", "notes", "--ref=iao", "show", "HEAD"], other)
    unsealed = scene.git(folder, "rev-parse", "HEAD~1")
    for path, name in entries.items():
        if path.startswith("seals/"):
            place = f"seals/{'/'.join(unsealed[:3])}/{unsealed}/{path.rsplit('/', 1)[1]}"
            attack.each("seal moved to another commit", path,
                        lambda copied, place=place, name=name: new_ledger(scene, copied, entries | {place: name}, (tip,)),
                        [["verify", unsealed, "--seal"]])
    for path, data in theirs.items():
        if path.startswith("seals/"):
            place = f"seals/{'/'.join(unsealed[:3])}/{unsealed}/{path.rsplit('/', 1)[1]}"
            attack.each("seal of another repository, on a commit of ours", path,
                        lambda copied, place=place, data=data:
                        new_ledger(scene, copied, entries | {place: blob(scene, copied, data)}, (tip,)),
                        [["verify", unsealed, "--seal"]])
    for revision in (unsealed, "HEAD"):
        attack.each("note of another repository", revision,
                    lambda copied, revision=revision: set_note(scene, copied, revision, note),
                    [["verify", revision, "--seal"]])
    for command in (["log", "--check"], ["verify", "HEAD", "--seal"], ["run"], ["seal"]):
        def replay(copied):
            scene.git(copied, "fetch", "--quiet", str(other), LEDGER)
            scene.git(copied, "update-ref", LEDGER, "FETCH_HEAD")
        attack.each(f"ledger of another repository, `{command[0]}`", "whole", replay, [command])

    def replay_unseen(copied):
        scene.git(copied, "fetch", "--quiet", str(other), LEDGER)
        scene.git(copied, "update-ref", LEDGER, "FETCH_HEAD")
        scene.git(copied, "update-ref", "-d", "refs/notes/iao")
        shutil.rmtree(copied / ".git/iao/trust")
    for revision in ("HEAD", GOVERNANCE):
        attack.each("ledger of another repository, where ours was never seen", revision, replay_unseen,
                    [["verify", revision, "--seal"]])


def raw_tree(scene, folder, entries):
    """Writes a tree object of these (mode, name, object) as they stand, which git itself would refuse."""
    data = b"".join(f"{mode} ".encode() + name + b"\0" + bytes.fromhex(object_) for mode, name, object_ in entries)
    written = scene.do_bytes(["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"], folder, data)
    return written.decode().strip()


def tree_entries(scene, folder, tree):
    """The entries of one tree object."""
    entries = []
    for line in scene.do_bytes(["git", "ls-tree", "-z", tree], folder).split(b"\0")[:-1]:
        (mode, _, object_), name = line.split(b"\t")[0].decode().split(" "), line.split(b"\t")[1]
        entries.append((mode.lstrip("0"), name, object_))
    return entries


def shapes(attack, _):
    """Trees that no git program writes: as the ledger's tree, and as the tree that is sealed."""
    scene, folder = attack.scene, attack.template
    tip = scene.git(folder, "rev-parse", LEDGER)
    top = tree_entries(scene, folder, f"{tip}^{{tree}}")
    evil, empty = scene.git(folder, "rev-parse", "HEAD:pyproject.toml"), scene.git(folder, "mktree", input="")
    seals = next(entry for entry in top if entry[1] == b"seals")
    odd = {
        "an entry twice": top + [seals],
        "an entry twice, the other one first": [(seals[0], seals[1], empty)] + top,
        "a file and a directory of one name": [("100644", b"seals", evil)] + top,
        "a name with a slash": top + [("100644", b"seals/evil", evil)],
        "an empty name": [("100644", b"", evil)] + top,
        "two dots": [("100644", b"..", evil)] + top,
        "an unknown mode": top + [("60000", b"zz", evil)],
        "a link": top + [("120000", b"zz", evil)],
        "a submodule": top + [("160000", b"zz", tip)],
        "entries out of order": top[::-1],
        "an entry of no object": top + [("100644", b"zz", "0" * 40)],
    }
    for what, entries in odd.items():
        def harm(copied, entries=entries):
            tree = raw_tree(scene, copied, entries)
            scene.git(copied, "update-ref", LEDGER, scene.git(copied, "commit-tree", tree, "-p", tip, "-m", "git-iao: attack"))
        for command in (["log", "--check"], ["verify", GOVERNANCE, "--seal"], ["seal"]):
            attack.each(f"odd ledger tree, `{command[0]}`", what, harm, [command])
    ours = tree_entries(scene, folder, "HEAD^{tree}")
    for what, entries in {"a file twice": ours + [ours[-1][:2] + (evil,)],
                          "a file and a directory of one name": [("100644", b"src", evil)] + ours,
                          "a name with a slash": ours + [("100644", b"z/z", evil)],
                          "an unknown mode": ours + [("60000", b"zz", evil)]}.items():
        def commit(copied, entries=entries):
            made = scene.git(copied, "commit-tree", raw_tree(scene, copied, entries), "-m", "odd")
            scene.git(copied, "update-ref", "refs/heads/odd", made)
        attack.each("odd tree is not sealed", what, commit, [["seal", "odd"]])


def streams(attack, short):
    """The event stream."""
    data = (attack.template / STREAM).read_bytes()
    attack.score.count("bytes of the event stream", len(data))
    for what, bytes_ in harms(data, 7919 if short else 29):
        if bytes_:
            attack.each("event stream", what, lambda copied, b=bytes_: put_bytes(copied / STREAM, b),
                        [["log", "--check"]])
    lines = data.splitlines(keepends=True)
    for at in range(0, len(lines), 40 if short else 1):
        swapped = lines[:at] + lines[at + 1 : at + 2] + lines[at : at + 1] + lines[at + 2 :]
        for what, changed in (("removed", lines[:at] + lines[at + 1 :]), ("twice", lines[: at + 1] + lines[at:]),
                              ("swapped", swapped), ("cut before", lines[:at])):
            if changed and changed != lines:
                attack.each(f"event {what}", str(at), lambda copied, c=changed: put_bytes(copied / STREAM, b"".join(c)),
                            [["log", "--check"]])


def objects(scene, score, template):
    """Replacement objects and grafts: every answer must be the same as without."""
    commands = [["verify", GOVERNANCE, "--seal"], ["verify"], ["scan"], ["show", GOVERNANCE, "--manifest", "--json"],
                ["log", "--check"]]
    honest = [(done.returncode, done.stdout) for done in (scene.iao(template, *words) for words in commands)]
    copied = scene.copy(template, "replaced")
    evil = blob(scene, copied, b"token = '" + b"ghp_" + b"a1B2" * 9 + b"'\n")
    listed = scene.git(copied, "ls-tree", "-r", GOVERNANCE).splitlines()
    targets = [line.split()[2] for line in listed] + list(ledger_entries(scene, copied).values())
    for target in set(targets):
        scene.git(copied, "replace", target, evil)
    empty = scene.git(copied, "hash-object", "-w", "-t", "tree", "/dev/null")
    for revision in (GOVERNANCE, "HEAD", LEDGER):
        root = scene.git(copied, "commit-tree", empty, "-m", "evil")
        scene.git(copied, "replace", scene.git(copied, "rev-parse", revision), root)
    compare(scene, score, copied, commands, honest, "replacement objects", len(targets) + 3)
    copied = scene.copy(template, "grafted")
    grafts = [scene.git(copied, "rev-parse", revision) for revision in (GOVERNANCE, "HEAD", LEDGER)]
    put(copied / ".git/info/grafts", "".join(f"{commit}\n" for commit in grafts))
    compare(scene, score, copied, commands, honest, "grafts", len(grafts))


def compare(scene, score, folder, commands, honest, what, number):
    """Holds that the answers are the honest ones."""
    score.count(f"{what}: made", number)
    for words, expected in zip(commands, honest):
        done = scene.iao(folder, *words)
        same = done.returncode == expected[0] and (words[0] == "log" or done.stdout == expected[1])
        score.hold(same, f"{what} fool {words}", done.stdout + done.stderr)


def main():
    options = arguments(__doc__)
    score = Score()
    with Scene(options.iao) as scene, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        template = governed(scene)
        attack = Attack(scene, template, score, pool)
        for word in (["verify", GOVERNANCE, "--seal"], ["log", "--check"], ["replay"]):
            done = scene.iao(template, *word)
            score.hold(done.returncode == 0, f"untouched, {word} says yes", done.stdout + done.stderr)
        objects(scene, score, template)
        for family in (plans, notes, ledgers, forks, moved, shapes, streams):
            family(attack, options.short)
            attack.finish()
            print(f"done: {family.__name__}", file=sys.stderr)
    score.end()


main()
