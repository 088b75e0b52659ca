"""Kills `git iao`, or fills its disk, at every system call that writes, and looks at what is left.

strace injects the fault: SIGKILL before the n-th call, EIO at the n-th call, ENOSPC from the n-th call on (a
single write only, so that the message can still be written). After each, nothing of the user's may have changed, nothing may be half, and the next run must succeed by itself.

Usage: crash.py [--iao BINARY] [--short]
"""

import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

from scene import GOVERNANCE, Scene, Score, arguments, leftovers, put

CALLS = ("write,pwrite64,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,symlink,"
         "unlink,unlinkat,rmdir,mkdir,mkdirat,openat,open,creat,chmod,fchmod,utimensat,flock,fallocate,copy_file_range")
FULL = {"write", "pwrite64", "writev", "mkdir", "mkdirat", "openat", "rename", "renameat", "renameat2", "link",
        "linkat", "ftruncate", "fsync", "fdatasync"}
LINE = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)$")
REMOTE = "remote.git"


def first_run(scene):
    """A repository that never saw us."""
    return scene.repository("first"), ["run"]


def later_run(scene):
    """A repository with evidence, and commits since."""
    folder = scene.repository("later")
    scene.iao(folder, "run")
    put(folder / "requirements.txt", "six==1.17.0\n")
    put(folder / "README.md", "# sample\n")
    scene.commit(folder, "more")
    return folder, ["run"]


def seal(scene):
    """A seal of a commit, with evidence there."""
    folder = scene.repository("seal")
    scene.iao(folder, "run")
    put(folder / "README.md", "# sample\n")
    scene.commit(folder, "more")
    return folder, ["seal"]


def sync(scene):
    """A sync with a remote inside the repository's own folder, so that a copy has both; each side has what the other lacks."""
    folder = scene.repository("sync")
    remote = folder / ".git" / REMOTE
    scene.git(folder, "init", "--quiet", "--bare", str(remote))
    scene.git(folder, "remote", "add", "origin", f"./.git/{REMOTE}")
    scene.iao(folder, "seal")
    scene.iao(folder, "sync", "origin")
    # A clone, not a copy: that would go on with the event stream of this one.
    other = scene.top / "other"
    scene.git(scene.top, "clone", "--quiet", str(folder), str(other))
    scene.git(other, "remote", "set-url", "origin", str(remote))
    scene.iao(other, "sync", "origin")
    put(other / "OTHER.md", "# other\n")
    scene.commit(other, "theirs")
    scene.iao(other, "seal")
    scene.iao(other, "sync", "origin")
    shutil.rmtree(other)
    put(folder / "README.md", "# sample\n")
    scene.commit(folder, "ours")
    scene.iao(folder, "seal")
    return folder, ["sync", "origin"]


def tracing(words):
    """strace's words for the processes that are struck: a sync's gits are not ours to mend."""
    return ["strace"] if words[0] == "sync" else ["strace", "-f"]


def points(scene, folder, words):
    """The calls that write in one undisturbed run: (call, its number among its like, does it talk to a person)."""
    trace = scene.top / "trace"
    trial = scene.copy(folder, "trial")
    command = [*tracing(words), "-o", str(trace), f"-etrace={CALLS}", scene.iao_path, "--jobs", "1", *words]
    scene.do(command, trial, check=True)
    after = None if words[0] == "sync" else scene.git(trial, "rev-parse", f"{GOVERNANCE}^{{tree}}")
    seen, found = collections.Counter(), []
    lines = trace.read_text(errors="replace").splitlines()
    main = LINE.match(lines[0])[1]
    for line in lines:
        match = LINE.match(line)
        if not match or match[1] != main:
            continue
        call, rest = match[2], match[3]
        seen[call] += 1
        if call in ("openat", "open") and "O_CREAT" not in rest and "O_TRUNC" not in rest:
            continue
        found.append((call, seen[call], call == "write" and rest.startswith(("1,", "2,"))))
    shutil.rmtree(trial)
    return found, after





def strike(scene, template, words, point, fault, new_tree):
    """One fault at one point in a fresh copy; returns the score of that one."""
    score = Score()
    call, number, talk = point
    name = f"{template.name}-{fault}-{call}-{number}"
    folder = scene.copy(template, name)
    user, before = scene.user_state(folder), scene.refs(folder, ours=True)
    inject = {"kill": f"{call}:signal=KILL:when={number}", "eio": f"{call}:error=EIO:when={number}",
              "full": f"{call}:error=ENOSPC:when={number}{'' if call == 'write' else '+'}"}[fault]
    command = [*tracing(words), "-qq", "-o", os.devnull, f"-einject={inject}", scene.iao_path, "--jobs", "1", *words]
    done = scene.do(command, folder)
    score.count(f"{fault}: tried")
    score.hold("panicked" not in done.stderr, f"{name}: no panic", done.stderr)
    if fault == "kill":
        # Which folders of objects are there already differs from run to run, and with it the number of calls.
        score.count("kill: ended before that call" if done.returncode == 0 else "kill: killed")
        score.hold(done.returncode in (0, -9, 137), f"{name}: killed", f"exit {done.returncode}")
    else:
        score.count(f"{fault}: exit {done.returncode}")
        score.hold(done.returncode in (0, 2), f"{name}: exit 2, or 0 where nothing that counts is lost",
                   f"exit {done.returncode} {done.stderr}")
        if done.returncode == 0:
            score.count(f"{fault}: survived a failed {call}")
        if done.returncode == 2 and not talk:
            word = "Input/output error" if fault == "eio" else "No space left on device"
            score.hold(word in done.stderr, f"{name}: says why", done.stderr)
        left = leftovers(folder)
        score.hold(not left, f"{name}: no leftovers", f"exit {done.returncode} {left}")
    score.hold(scene.user_state(folder) == user, f"{name}: the user's state is untouched")
    broken = scene.whole(folder)
    score.hold(not broken, f"{name}: git fsck at once", broken)
    now = scene.refs(folder, ours=True)
    if now.get(GOVERNANCE) != before.get(GOVERNANCE):
        tree = scene.git(folder, "rev-parse", f"{GOVERNANCE}^{{tree}}")
        score.hold(tree == new_tree, f"{name}: the branch is old or new", tree)
    score.count("branch " + ("old" if now.get(GOVERNANCE) == before.get(GOVERNANCE) else "new"))
    aftermath(scene, folder, name, words, user, score)
    shutil.rmtree(folder)
    return score


def aftermath(scene, folder, name, words, user, score):
    """The same command again, with no help by hand, and all evidence whole."""
    again = scene.iao(folder, *words)
    score.hold(again.returncode == 0, f"{name}: the next {words[0]} succeeds", again.stdout + again.stderr)
    check = scene.iao(folder, "log", "--check")
    score.hold(check.returncode == 0, f"{name}: log --check", check.stdout + check.stderr)
    sealed = GOVERNANCE if words[0] == "run" else "HEAD"
    if words[0] == "sync":
        both = [scene.git(at, "rev-parse", "refs/iao/ledger") for at in (folder, folder / ".git" / REMOTE)]
        score.hold(both[0] == both[1], f"{name}: both sides have one ledger", both)
        seals = scene.git(folder, "ls-tree", "-r", "--name-only", "refs/iao/ledger", "seals/").count("\n") + 1
        score.hold(seals == 3, f"{name}: every seal is there", seals)
        broken = scene.do(["git", "fsck", "--full", "--strict"], folder / ".git" / REMOTE)
        score.hold(broken.returncode == 0, f"{name}: git fsck of the remote", broken.stdout + broken.stderr)
    verify = scene.iao(folder, "verify", sealed, "--seal")
    score.hold(verify.returncode == 0, f"{name}: verify --seal", verify.stdout + verify.stderr)
    note = scene.do(["git", "notes", "--ref=iao", "show", sealed], folder)
    score.hold(note.returncode == 0, f"{name}: the note is there", note.stderr)
    broken = scene.whole(folder)
    score.hold(not broken, f"{name}: git fsck after", broken)
    score.hold(scene.user_state(folder) == user, f"{name}: the user's state is untouched after")
    left = leftovers(folder)
    waiting = [path for path in left if path.startswith((".git/objects/", f".git/{REMOTE}/objects/"))]
    local = [path for path in left if path.startswith(".indestructibleautoops/")]
    score.hold(len(left) == len(waiting) + len(local), f"{name}: nothing stale is left", left)
    score.count("kills whose temporary object waits for git gc", len(waiting))
    score.count("kills whose temporary file waits for git iao clean", len(local))


def timed(scene, template, words, share):
    """A kill after a share of the time that a run takes; what is left where there is no strace."""
    score = Score()
    name = f"{template.name}-after-{share:.2f}"
    folder = scene.copy(template, name)
    user = scene.user_state(folder)
    begin = time.monotonic()
    scene.iao(scene.copy(template, f"{name}-whole"), *words)
    process = subprocess.Popen([scene.iao_path, "--jobs", "1", *words], cwd=folder, env=scene.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep((time.monotonic() - begin) * share)
    process.kill()
    score.count(f"timed kill: exit {process.wait()}")
    broken = scene.whole(folder)
    score.hold(not broken, f"{name}: git fsck at once", broken)
    aftermath(scene, folder, name, words, user, score)
    return score


def main():
    options = arguments(__doc__)
    total = Score()
    strace = shutil.which("strace")
    if not strace:
        print("no strace here: kills by the clock only", file=sys.stderr)
    with Scene(options.iao) as scene, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for make in (first_run, later_run, seal, sync):
            template, words = make(scene)
            if not strace:
                shares = [at / 20 for at in range(2, 20, 6 if options.short else 1)]
                jobs += [pool.submit(timed, scene, template, words, share) for share in shares]
                continue
            found, tree = points(scene, template, words)
            total.count(f"points in {template.name}", len(found))
            strikes = [(point, "kill") for point in found]
            strikes += [(point, fault) for point in found for fault in ("eio", "full") if point[0] in FULL]
            if options.short:
                strikes = strikes[:: len(strikes) // 5]
            jobs += [pool.submit(strike, scene, template, words, *job, tree) for job in strikes]
        total.gather(jobs)
    total.end()


if __name__ == "__main__":
    main()
