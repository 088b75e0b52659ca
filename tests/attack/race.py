"""Runs many `git iao` processes at once in one repository, with `git gc` and `git notes` beside them.

Nothing may be lost: each process that said 0 has its run in the ledger, the event chains hold, notes of others stay,
and nobody waits without end. Then many clones seal and sync through one bare repository at once, with the same beside them.

Usage: race.py [--iao BINARY] [--short]
"""

import json
import subprocess
import time

from scene import GOVERNANCE, Scene, Score, arguments, leftovers, put

MOST_SECONDS = 120


def start(scene, folder, *words):
    """Starts the binary and does not wait for it."""
    return subprocess.Popen([scene.iao_path, "--jobs", "1", *words], cwd=folder, env=scene.environment, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def users_own(scene, place):
    """The user's refs, but for the notes that this attack writes itself, and status."""
    refs = {name: to for name, to in scene.refs(place, ours=False).items() if name != "refs/notes/other"}
    return refs, scene.git(place, "status", "--porcelain=v2", "--branch")


def recorded(scene, folder):
    """The ids of the runs in the ledger."""
    nested = scene.do(["git", "ls-tree", "-r", "--name-only", "refs/iao/ledger", "runs/"], folder).stdout.split()
    return {path.split("/")[4] for path in nested if path.split("/")[5] == "record"}


def race(scene, score, name, places, commands, meanwhile=True):
    """Starts each command in each place at once, and judges what the repository is afterwards."""
    main = places[0]
    users = [users_own(scene, place) for place in places]
    noted = recorded(scene, main)
    begin = time.monotonic()
    running = [(words, start(scene, place, *words)) for words in commands for place in places]
    others = 0
    while meanwhile and any(process.poll() is None for _, process in running):
        scene.git(main, "notes", "--ref=other", "append", "-m", f"other {others}", "HEAD")
        others += 1
        if others % 4 == 1:
            scene.do(["git", "gc", "--quiet"], main)
    runs = set()
    for words, process in running:
        stdout, stderr = process.communicate(timeout=MOST_SECONDS)
        score.count(f"{name}: {words[0]} exit {process.returncode}")
        refused = process.returncode == 2 and ("moved" in stderr or "lock" in stderr or "another" in stderr)
        score.hold(process.returncode == 0 or refused, f"{name}: {' '.join(words)} says yes, or who was faster",
                   f"exit {process.returncode} {stdout} {stderr}")
        if process.returncode == 0 and words[0] in ("run", "seal"):
            runs.update(line.split()[1] for line in stderr.splitlines() if line.startswith("run "))
    score.hold(time.monotonic() - begin < MOST_SECONDS, f"{name}: bounded waiting", f"{time.monotonic() - begin:.0f} s")
    new = recorded(scene, main) - noted
    streams = "".join((place / ".indestructibleautoops/governance/event-stream.jsonl").read_text() for place in places)
    for run in runs - new:
        score.count(f"{name}: runs that found all their evidence there")
        score.hold(run in streams, f"{name}: run {run} is in no stream")
    score.count(f"{name}: runs in the ledger", len(new))
    score.hold(bool(new), f"{name}: somebody's evidence is in the ledger")
    judge(scene, score, name, places)
    for place, user in zip(places, users):
        score.hold(users_own(scene, place) == user, f"{name}: the user's state is untouched")
    if others:
        notes = scene.git(main, "notes", "--ref=other", "show", "HEAD")
        score.hold(all(f"other {n}" in notes for n in range(others)), f"{name}: the user's own notes are all there")
        score.count("notes of the user written meanwhile", others)


def judge(scene, score, name, places):
    """The evidence, by git and by ourselves."""
    for place in places:
        check = scene.iao(place, "log", "--check")
        score.hold(check.returncode == 0, f"{name}: log --check in {place.name}", check.stdout + check.stderr)
    verify = scene.iao(places[0], "verify", GOVERNANCE, "--seal")
    score.hold(verify.returncode == 0, f"{name}: verify --seal", verify.stdout + verify.stderr)
    again = scene.iao(places[0], "run")
    score.hold(again.returncode == 0, f"{name}: the next run", again.stdout + again.stderr)
    broken = scene.whole(places[0])
    score.hold(not broken, f"{name}: git fsck", broken)
    left = [path for place in places for path in leftovers(place)]
    score.hold(not left, f"{name}: no leftovers", left)


def distinct_commits(scene, score, count):
    """Each seals another commit: all of them must be sealed at the end."""
    folder = scene.repository("distinct")
    commits = []
    for number in range(count):
        put(folder / f"file{number}.py", f"N = {number}\n")
        commits.append(scene.commit(folder, f"commit {number}"))
    running = [start(scene, folder, "seal", commit) for commit in commits]
    for commit, process in zip(commits, running):
        stdout, stderr = process.communicate(timeout=MOST_SECONDS)
        score.count(f"distinct seals: exit {process.returncode}")
        score.hold(process.returncode == 0, f"distinct: seal {commit}", stdout + stderr)
    for commit in commits:
        verify = scene.iao(folder, "verify", commit, "--seal")
        score.hold(verify.returncode == 0, f"distinct: {commit} is sealed", verify.stdout + verify.stderr)
    check = scene.iao(folder, "log", "--check")
    score.hold(check.returncode == 0, "distinct: log --check", check.stdout + check.stderr)


def clones(scene, score, count, rounds):
    """Clones that seal and sync through one bare repository at once; each of their seals must be in every ledger."""
    remote, seed = scene.top / "shared.git", scene.repository("seed")
    scene.git(scene.top, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    scene.git(seed, "push", "--quiet", str(remote), "main")
    places = [scene.top / f"clone{number}" for number in range(count)]
    for place in places:
        scene.git(scene.top, "clone", "--quiet", str(remote), str(place))
    begin, sealed, others = time.monotonic(), [], 0
    for turn in range(rounds):
        for number, place in enumerate(places):
            put(place / f"file{number}-{turn}.py", f"N = {turn}\n")
            sealed.append(scene.commit(place, f"commit {number} {turn}"))
            scene.iao(place, "seal")
        running = [start(scene, place, "sync", "--json") for place in places]
        while any(process.poll() is None for process in running):
            for place in places[:2]:
                scene.git(place, "notes", "--ref=other", "append", "-m", f"other {others}", "origin/main")
            scene.git(remote, "notes", "--ref=other", "append", "-m", f"other {others}", "main")
            others += 1
            scene.do(["git", "gc", "--quiet"], remote if others % 2 else places[0])
        for place, process in zip(places, running):
            stdout, stderr = process.communicate(timeout=MOST_SECONDS)
            score.hold(process.returncode == 0, f"clones: {place.name} syncs", f"{process.returncode} {stdout}{stderr}")
            tries = json.loads(stdout)["tries"] if process.returncode == 0 else 0
            score.count("clones: syncs")
            score.count("clones: tries of them", tries)
    score.count("clones: seconds", round(time.monotonic() - begin))
    # Twice: what the last clone pushes is news to the first one.
    for place in [*places, *places]:
        last = scene.iao(place, "sync")
        score.hold(last.returncode == 0, f"clones: the last sync of {place.name}", last.stdout + last.stderr)
    for place in [remote, *places]:
        listed = scene.git(place, "ls-tree", "-r", "--name-only", "refs/iao/ledger", "seals/")
        lost = [commit for commit in sealed if f"/{commit}/" not in listed]
        score.hold(not lost, f"clones: {place.name} has every seal", lost)
        broken = scene.whole(place)
        score.hold(not broken, f"clones: git fsck of {place.name}", broken)
    score.count("clones: seals shared", len(sealed))
    noted = scene.git(remote, "notes", "--ref=iao", "list").splitlines()
    score.hold(len(noted) == len(sealed), "clones: a note for each at the remote", len(noted))
    check = scene.iao(places[0], "log", "--check", "--full")
    score.hold(check.returncode == 0, "clones: log --check --full", check.stdout + check.stderr)
    for place, notes in ((remote, "main"), (places[0], "origin/main"), (places[1], "origin/main")):
        said = scene.git(place, "notes", "--ref=other", "show", notes)
        score.hold(all(f"other {n}" in said for n in range(others)), f"clones: notes of others in {place.name} are all there")
    score.count("notes of the user written meanwhile", 3 * others)


def main():
    options = arguments(__doc__)
    score = Score()
    with Scene(options.iao) as scene:
        widths = (2,) if options.short else (2, 16, 64)
        for width in widths:
            one = scene.repository(f"one-{width}")
            race(scene, score, f"{width} runs", [one], [["run"]] * width)
            put(one / "README.md", "# sample\n")
            scene.commit(one, "more")
            mixed = [["run"], ["seal"], ["verify"], ["plan"]] * max(1, width // 4)
            race(scene, score, f"{len(mixed)} mixed", [one], mixed)
            many = scene.repository(f"many-{width}")
            places = [many]
            for number in range(1, min(width, 4)):
                scene.git(many, "worktree", "add", "--quiet", "-b", f"w{number}", str(scene.top / f"w{width}-{number}"))
                places.append(scene.top / f"w{width}-{number}")
            race(scene, score, f"{len(places)} worktrees", places, [["run"], ["seal"]] * max(1, width // 4))
        distinct_commits(scene, score, max(widths))
        clones(scene, score, *((3, 1) if options.short else (16, 3)))
    score.end()


main()
