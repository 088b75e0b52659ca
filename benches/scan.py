#!/usr/bin/env python3
"""What the scanner and its hooks cost, beside git alone and beside other scanners and hook managers, and whether that is promised.

    scan.py --iao PROGRAM [--folder FOLDER] [--rounds N] [--history REPOSITORY] [ROW]...

ROW is any of: tree start threads commit large push history managers. Without one, all are measured.

It makes its repositories itself, out of the sources of the crates that cargo has unpacked, and keeps them for the next
time. All figures are CPU time (user and system) of a program and of all that it waited for, the median of several rounds
in which the programs take turns; wall time stands beside it for information. A scanner that is not on PATH is left out,
and said to be.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

MIB = 1 << 20
TREE = 128 * MIB

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--iao", required=True, type=pathlib.Path, help="the git-iao to measure")
parser.add_argument("--folder", default="target/bench-scan", type=pathlib.Path, help="where repositories are kept")
parser.add_argument("--rounds", default=5, type=int, help="how often each program runs")
parser.add_argument("--history", type=pathlib.Path, help="a repository whose history is searched; by default one is made")
parser.add_argument("rows", nargs="*", metavar="ROW")
ARGUMENTS = parser.parse_args()
FOLDER = ARGUMENTS.folder.resolve()
TOOLS = FOLDER / "bin"
IAO = TOOLS / "git-iao"

ENVIRONMENT = {
    "PATH": f"{TOOLS}:{os.environ['PATH']}",
    "HOME": str(FOLDER / "home"),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"), ("DATE", "1700000000 +0000"))},
}


class Cost:
    """What a program cost, in milliseconds."""

    def __init__(self, cpu, wall):
        self.cpu, self.wall = cpu, wall


def run(*command, folder=None, given=b"", codes=(0,)):
    """Runs a program and tells what it cost with all that it waited for."""
    start = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], cwd=folder, env=ENVIRONMENT, stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        child.stdin.write(given)
        child.stdin.close()
    except BrokenPipeError:
        pass
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in codes:
        sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}")
    return Cost((usage.ru_utime + usage.ru_stime) * 1e3, (time.monotonic() - start) * 1e3)


def git(folder, *words, given=None):
    done = subprocess.run(["git", *map(str, words)], cwd=folder, env=ENVIRONMENT, input=given, capture_output=True)
    if done.returncode:
        sys.exit(f"git {' '.join(map(str, words))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def median(costs):
    return Cost(statistics.median(cost.cpu for cost in costs), statistics.median(cost.wall for cost in costs))


def in_turns(programs, rounds=None):
    """Runs programs (name: function) in turns, and returns the median cost of each."""
    costs = {name: [] for name in programs}
    for _ in range(rounds or ARGUMENTS.rounds):
        for name, program in programs.items():
            costs[name].append(program())
    return {name: median(all_of) for name, all_of in costs.items()}


FAILED = []


def told(what, figure, limit, aim, lower=True, form="{:.2f}"):
    """Prints a promise with its figure."""
    holds = figure <= limit if lower else figure >= limit
    word = "met" if holds else "MISSED"
    if not holds:
        FAILED.append(what)
    numbers = (form.format(number) for number in (figure, limit, aim))
    print("{:<66} {:>9} {:>8} {:>8}  {}".format(what, *numbers, word))


def note(what, cost, more=""):
    print(f"  {what:<64} {cost.cpu:>9.1f} ms CPU {cost.wall:>9.1f} ms wall {more}")


def on_path(name):
    found = shutil.which(name, path=ENVIRONMENT["PATH"])
    if not found:
        print(f"  {name} is not on PATH: left out")
    return found


def sources():
    """The files of the crates that cargo has unpacked, sorted."""
    cargo = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    for registry in sorted((cargo / "registry/src").iterdir()):
        for crate in sorted(registry.iterdir()):
            for folder, folders, files in os.walk(crate):
                folders.sort()
                for file in sorted(files):
                    path = pathlib.Path(folder, file)
                    if path.is_file() and not path.is_symlink():
                        yield path, path.relative_to(registry)


def new_repository(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    # git asks itself whether to tidy up after each commit, as it does everywhere, and never has to.
    git(path, "config", "gc.auto", 1_000_000)
    return path


def tree():
    """A repository of 128 MiB of public code in one commit."""
    path = FOLDER / "tree"
    if (path / ".git/done").exists():
        return path
    new_repository(path)
    size = 0
    for source, name in sources():
        size += source.stat().st_size
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path / name)
        if size > TREE:
            break
    else:
        sys.exit(f"cargo has unpacked {size / MIB:.0f} MiB of crates, and 128 are wanted: fetch some more")
    git(path, "add", "--all", "--force")
    git(path, "commit", "--quiet", "-m", "all")
    git(path, "gc", "--quiet", "--force")
    (path / ".git/done").touch()
    return path


def listing():
    """Texts of public code of 1 to 16 KiB, to make files of."""
    for source, _ in sources():
        if source.suffix in (".rs", ".toml", ".md", ".c", ".py", ".sh", ".yml", ".json") and 1024 < source.stat().st_size < 16384:
            yield source.read_bytes()


def files_of(count):
    texts = listing()
    return [next(texts) for _ in range(count)]


def repository_of(name, count):
    """A repository of so many files in folders of a hundred, in one commit."""
    path = FOLDER / name
    if not (path / ".git/done").exists():
        new_repository(path)
        texts = files_of(min(count, 2000))
        for at in range(count):
            file = path / f"d{at // 100}" / f"f{at}.rs"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(texts[at % len(texts)] + f"// {at}\n".encode())
        git(path, "add", "--all")
        git(path, "commit", "--quiet", "-m", "all")
        git(path, "gc", "--quiet", "--force")
        (path / ".git/done").touch()
    return path


def of_tree():
    path = tree()
    size = sum(int(line.split()[3]) for line in git(path, "ls-tree", "-r", "-l", "HEAD").splitlines())
    print(f"\n128 MiB of public code: {size / 1e6:.1f} MB, {len(git(path, 'ls-files').splitlines())} files")
    programs = {"git-iao": lambda: run(IAO, "scan", "--no-cache", "--format", "json", folder=path, codes=(0, 1))}
    kingfisher = on_path("kingfisher")
    if kingfisher:
        programs["kingfisher"] = lambda: run(kingfisher, "scan", ".", "--no-validate", "--no-update-check", "--git-history",
                                             "none", folder=path, codes=(0, 200, 205))
    costs = in_turns(programs)
    gitleaks = on_path("gitleaks")
    if gitleaks:
        costs["gitleaks"] = run(gitleaks, "dir", ".", "--no-banner", "--exit-code", "0", folder=path)
    for name, cost in costs.items():
        note(name, cost, f"{size / 1e6 / cost.cpu * 1e3:.1f} MB a CPU second")
    ours = costs["git-iao"].cpu
    told("a tree of 128 MiB, MB a CPU second", size / 1e6 / ours * 1e3, 80, 150, lower=False, form="{:.1f}")
    for name, limit, aim in (("kingfisher", 3, 6), ("gitleaks", 20, 40)):
        if name in costs:
            told(f"the same, CPU of {name} to ours", costs[name].cpu / ours, limit, aim, lower=False)


def of_start():
    path = FOLDER / "one"
    if not (path / ".git/done").exists():
        new_repository(path)
        (path / "main.rs").write_bytes(files_of(1)[0])
        git(path, "add", "--all")
        git(path, "commit", "--quiet", "-m", "one")
        (path / ".git/done").touch()
    print("\none small file")
    costs = in_turns({"scan": lambda: run(IAO, "scan", folder=path), "--version": lambda: run(IAO, "--version", folder=path)},
                     ARGUMENTS.rounds * 5)
    for name, cost in costs.items():
        note(name, cost)
    told("start with one small file, ms of CPU", costs["scan"].cpu, 12, 6)


def of_threads():
    path = tree()
    print("\none thread and two")
    scan = lambda jobs: run(IAO, "scan", "--no-cache", "--jobs", jobs, folder=path, codes=(0, 1))
    costs = in_turns({"one": lambda: scan(1), "two": lambda: scan(2)})
    for name, cost in costs.items():
        note(name, cost)
    told("CPU with two threads to one", costs["two"].cpu / costs["one"].cpu, 1.1, 1.0)


def install(clone, hooks):
    """Installs these hooks alone: none, ours for commits that stop one, all of ours, or one that does nothing."""
    if hooks == "idle":
        script = clone / ".git/hooks/pre-commit"
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(0o755)
    elif hooks != "none":
        run(IAO, "hooks", "install", "--files", "--force", folder=clone)
    if hooks == "pre-commit":
        (clone / ".git/hooks/post-commit").unlink()


def clone_with(path, hooks):
    """Makes a copy of a repository that has these hooks."""
    clone = FOLDER / f"scratch-{hooks}"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["cp", "-a", path, clone], check=True)
    install(clone, hooks)
    return clone


def commit(clone, count, turn, texts):
    """What `git commit` costs with so many new files staged."""
    for at in range(count):
        file = clone / f"new{at}.rs"
        file.write_bytes(texts[at % len(texts)] + f"// {turn} {at}\n".encode())
        # A file that is as young as the index is read again by git, whose cost then doubles by chance.
        os.utime(file, (1700000000 + turn, 1700000000 + turn))
    git(clone, "add", "--all")
    git(clone, "update-index", "--refresh", "-q")
    return run("git", "commit", "--quiet", "--allow-empty", "-m", "m", folder=clone)


def of_commits(name, files, counts):
    path = repository_of(name, files)
    texts = files_of(1000)
    for count, limit, aim in counts:
        clones = {kind: clone_with(path, kind) for kind in ("none", "idle", "pre-commit", "all")}
        costs = {kind: [] for kind in clones}
        for turn in range(2 * ARGUMENTS.rounds):
            for kind, clone in clones.items():
                costs[kind].append(commit(clone, count, turn, texts))
        for clone in clones.values():
            shutil.rmtree(clone)
        costs = {kind: median(all_of) for kind, all_of in costs.items()}
        without = costs["none"]
        note(f"{count} files, no hook", without)
        for kind, words in (("idle", "a pre-commit hook that is `exit 0`"), ("pre-commit", "our pre-commit hook"),
                            ("all", "all of ours, post-commit too")):
            note(f"{count} files, {words}", costs[kind], f"{costs[kind].cpu / without.cpu:.2f}")
        told(f"commit of {count} files among {files}, pre-commit hook to none", costs["pre-commit"].cpu / without.cpu, limit, aim)


def of_commit():
    print("\ngit commit in a repository of 330 files")
    of_commits("small", 330, [(0, 2.2, 1.7), (10, 2.3, 1.8), (100, 3, 2.2), (1000, 6, 4)])


def of_large():
    print("\ngit commit in a repository of 50,000 files")
    of_commits("large", 50_000, [(3, 1.3, 1.15)])


def of_push():
    print("\ngit push to a bare repository on the same disk, of commits that change 3 files of 330")
    path = repository_of("small", 330)
    texts = files_of(1000)
    for count, limit, aim in ((1, 1.8, 1.5), (10, 1.6, 1.3), (100, 1.5, 1.2)):
        costs = {True: [], False: []}
        for _ in range(ARGUMENTS.rounds):
            for hook in (False, True):
                costs[hook].append(push(path, hook, count, texts))
        without, hooked = median(costs[False]), median(costs[True])
        note(f"{count} commits, no hook", without)
        note(f"{count} commits, pre-push hook", hooked)
        told(f"push of {count} commits, hook to no hook", hooked.cpu / without.cpu, limit, aim)


def push(path, hook, count, texts):
    clone, remote = FOLDER / "scratch", FOLDER / "scratch.git"
    for folder in (clone, remote):
        shutil.rmtree(folder, ignore_errors=True)
    git(FOLDER, "clone", "--quiet", "--bare", path, remote)
    git(FOLDER, "clone", "--quiet", remote, clone)
    stream = []
    for at in range(count):
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1700000001 + at} +0000\ndata 1\nm\n".encode())
        if at == 0:
            stream.append(b"from refs/heads/main^0\n")
        for file in range(3):
            text = texts[(at * 3 + file) % len(texts)] + f"// {at}\n".encode()
            stream.append(f"M 100644 inline d0/f{(at * 3 + file) % 100}.rs\ndata {len(text)}\n".encode() + text + b"\n")
    git(clone, "fast-import", "--quiet", "--force", given=b"".join(stream))
    if hook:
        run(IAO, "hooks", "install", "--force", folder=clone)
    cost = run("git", "push", "--quiet", "origin", "main", folder=clone)
    for folder in (clone, remote):
        shutil.rmtree(folder)
    return cost


def history():
    """A repository of 2,000 commits, each of which changes four of 600 files."""
    if ARGUMENTS.history:
        return ARGUMENTS.history.resolve()
    path = FOLDER / "history"
    if (path / ".git/done").exists():
        return path
    new_repository(path)
    files = [text.split(b"\n") for text in files_of(600)]
    stream = []
    for at in range(2000):
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + at} +0000\ndata 1\nm\n".encode())
        changed = range(600) if at == 0 else [(at * 7 + step * 131) % 600 for step in range(4)]
        for file in changed:
            lines = files[file]
            if at:
                lines.insert((at * 31) % len(lines), f"// changed by {at}".encode())
            text = b"\n".join(lines)
            stream.append(f"M 100644 inline d{file // 50}/f{file}.rs\ndata {len(text)}\n".encode() + text + b"\n")
    git(path, "fast-import", "--quiet", given=b"".join(stream))
    git(path, "reset", "--quiet", "--hard")
    git(path, "gc", "--quiet", "--force")
    (path / ".git/done").touch()
    return path


def of_history():
    path = history()
    print(f"\nthe history of {git(path, 'rev-list', '--count', '--all').decode().strip()} commits")
    programs = {"git-iao": lambda: run(IAO, "scan", "--history", "--no-cache", "--format", "json", folder=path, codes=(0, 1))}
    kingfisher = on_path("kingfisher")
    if kingfisher:
        programs["kingfisher"] = lambda: run(kingfisher, "scan", ".", "--no-validate", "--no-update-check", "--git-history",
                                             "full", folder=path, codes=(0, 200, 205))
    costs = in_turns(programs)
    for name, cost in costs.items():
        note(name, cost)
    if kingfisher:
        told("history, our CPU to kingfisher's", costs["git-iao"].cpu / costs["kingfisher"].cpu, 1.0, 0.5)


def of_managers():
    """Hook managers that run one hook that does nothing, for information."""
    print("\nhook managers with one hook that runs `true`, 10 files staged, for information")
    path, texts = repository_of("small", 330), files_of(10)
    configs = {
        "pre-commit": (".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - {id: t, name: t, entry: 'true', language: system}\n"),
        "prek": (".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - {id: t, name: t, entry: 'true', language: system}\n"),
        "lefthook": ("lefthook.yml", "pre-commit:\n  commands:\n    t: {run: 'true'}\n"),
    }
    def several(path, hooks):
        clone = clone_with(path, hooks)
        cost = median([commit(clone, 10, turn, texts) for turn in range(ARGUMENTS.rounds)])
        shutil.rmtree(clone)
        return cost

    note("no hook", several(path, "none"))
    note("git-iao, all gates", several(path, "all"))
    for name, (file, text) in configs.items():
        if not on_path(name):
            continue
        clone = FOLDER / "managed"
        shutil.rmtree(clone, ignore_errors=True)
        subprocess.run(["cp", "-a", path, clone], check=True)
        (clone / file).write_text(text)
        git(clone, "add", file)
        git(clone, "commit", "--quiet", "-m", "hooks")
        run(name, "install", folder=clone)
        note(name, several(clone, "none"))
        shutil.rmtree(clone)


ROWS = {"tree": of_tree, "start": of_start, "threads": of_threads, "commit": of_commit, "large": of_large, "push": of_push,
        "history": of_history, "managers": of_managers}


def main():
    unknown = [row for row in ARGUMENTS.rows if row not in ROWS]
    if unknown:
        sys.exit(f"no row is called {unknown[0]}; these are: {' '.join(ROWS)}")
    (FOLDER / "home").mkdir(parents=True, exist_ok=True)
    TOOLS.mkdir(exist_ok=True)
    shutil.copy2(ARGUMENTS.iao, IAO)
    print(subprocess.run([IAO, "--version"], capture_output=True, text=True).stdout.strip())
    print(f"{'':<66} {'figure':>9} {'must':>8} {'aim':>8}")
    for name, row in ROWS.items():
        if not ARGUMENTS.rows or name in ARGUMENTS.rows:
            row()
    if FAILED:
        print(f"\n{len(FAILED)} missed: {'; '.join(FAILED)}")


main()
