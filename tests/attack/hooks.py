"""Kills hooks, their installation and its end at every system call that writes, and looks at what is left.

strace injects SIGKILL before the n-th call. After each: the user's files, index, refs and config are as they were, no hook of somebody
else is lost, a gate that was killed is shut, and the next act succeeds by itself and leaves nothing.

Usage: hooks.py [--iao BINARY] [--short]
"""

import collections
import concurrent.futures
import os
import shutil
import sys

from crash import CALLS, LINE
from scene import Scene, Score, arguments, leftovers, put

SECRET = "url = 'postgres://app:hunt" + "9Zq@db.internal/x'\n"
THEIRS = ("pre-commit", "pre-push", "post-commit")
INSTALL = ["hooks", "install", "--files"]


def theirs(scene, folder):
    """Hooks of somebody else: a script, a link, and one that may not be run."""
    hooks = folder / ".git" / "hooks"
    put(hooks / "pre-commit", "#!/bin/sh\nexit 0\n")
    (hooks / "pre-commit").chmod(0o750)
    put(scene.top / "shared", "#!/bin/sh\nexit 0\n")
    (hooks / "pre-push").symlink_to(scene.top / "shared")
    put(hooks / "post-commit", "#!/bin/sh\nexit 1\n")
    (hooks / "post-commit").chmod(0o644)


def install(scene):
    """The first installation, over hooks of somebody else."""
    folder = scene.repository("install")
    theirs(scene, folder)
    return folder, INSTALL


def uninstall(scene):
    """Its end."""
    folder = scene.repository("uninstall")
    theirs(scene, folder)
    scene.iao(folder, *INSTALL)
    return folder, ["hooks", "uninstall"]


def clean(scene):
    """A gate that finds nothing."""
    return scene.repository("clean"), ["hooks", "run", "--caller", "1", "pre-commit"]


def blocked(scene):
    """A gate that finds something, and records that."""
    folder = scene.repository("blocked")
    put(folder / "conf.py", SECRET)
    scene.git(folder, "add", "conf.py")
    return folder, ["hooks", "run", "--caller", "1", "pre-commit"]


def bypassed(scene):
    """A commit past the gate, noted afterwards."""
    folder = scene.repository("bypassed")
    scene.git(folder, "commit", "--quiet", "--message", "past")
    return folder, ["hooks", "run", "post-commit"]


def hooks_of(folder):
    """Every hook that git knows by its name or that is kept beside one: kind, mode, bytes."""
    found = {}
    for path in sorted((folder / ".git" / "hooks").iterdir()):
        if not path.name.endswith(".sample"):
            facts = path.lstat()
            found[path.name] = (oct(facts.st_mode), os.readlink(path) if path.is_symlink() else path.read_text())
    return found


def points(scene, template, words):
    """The calls that write in one undisturbed run."""
    trace, trial = scene.top / "trace", scene.copy(template, "trial")
    scene.do(["strace", "-o", str(trace), f"-etrace={CALLS}", scene.iao_path, "--jobs", "1", *words], trial)
    seen, found = collections.Counter(), []
    for line in trace.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            call, rest = match[2], match[3]
            seen[call] += 1
            if call not in ("openat", "open") or "O_CREAT" in rest or "O_TRUNC" in rest:
                found.append((call, seen[call]))
    shutil.rmtree(trial)
    return found


def strike(scene, template, words, point, original):
    """One kill in a fresh copy."""
    score = Score()
    call, number = point
    name = f"{template.name}-{call}-{number}"
    folder = scene.copy(template, name)
    user = scene.user_state(folder)
    command = ["strace", "-qq", "-o", os.devnull, f"-einject={call}:signal=KILL:when={number}"]
    done = scene.do([*command, scene.iao_path, "--jobs", "1", *words], folder)
    score.count("ended before that call" if done.returncode in (0, 1) else "killed")
    score.hold(done.returncode in (0, 1, -9, 137), f"{name}: killed", f"exit {done.returncode} {done.stderr}")
    score.hold(scene.user_state(folder) == user, f"{name}: the user's state is untouched")
    now = hooks_of(folder)
    for hook, stood in original.items():
        here = now.get(hook) == stood or now.get(f"{hook}.iao-chained") == stood
        score.hold(here, f"{name}: {hook} of somebody else is not lost", now.keys())
    again = scene.iao(folder, *words)
    score.hold(again.returncode == (1 if template.name == "blocked" else 0), f"{name}: again", again.stderr)
    end = scene.iao(folder, "hooks", "uninstall")
    score.hold(end.returncode == 0, f"{name}: uninstall", end.stderr)
    score.hold(hooks_of(folder) == original, f"{name}: the hooks are as they were", hooks_of(folder).keys())
    left = [path for path in leftovers(folder) if not path.startswith(".indestructibleautoops/")]
    score.hold(not left, f"{name}: nothing is left", left)
    check = scene.iao(folder, "log", "--check")
    score.hold(check.returncode == 0, f"{name}: log --check", check.stdout + check.stderr)
    shutil.rmtree(folder)
    return score


def within_git(scene, folder, point):
    """A kill of the gate in the middle of a real `git commit`: there is no commit, and nothing is in the way of the next."""
    score = Score()
    call, number = point
    name = f"commit-{call}-{number}"
    copy = scene.copy(folder, name)
    wrapper = scene.top / f"{name}.sh"
    put(wrapper, f"#!/bin/sh\nexec strace -qq -o /dev/null -einject={call}:signal=KILL:when={number} '{scene.iao_path}' \"$@\"\n")
    wrapper.chmod(0o755)
    hook = copy / ".git" / "hooks" / "pre-commit"
    put(hook, hook.read_text().replace(f"iao='{scene.iao_path}'", f"iao='{wrapper}'"))
    files = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in copy.rglob("*")
             if path.is_file() and ".git" not in path.parts}
    head, staged = scene.git(copy, "rev-parse", "HEAD"), scene.git(copy, "ls-files", "--stage")
    done = scene.do(["git", "commit", "--quiet", "--message", "x"], copy)
    score.count("git commit: went through before that call" if done.returncode == 0 else "git commit: shut")
    if done.returncode != 0:
        score.hold(scene.git(copy, "rev-parse", "HEAD") == head, f"{name}: no commit")
        score.hold(scene.git(copy, "ls-files", "--stage") == staged, f"{name}: the index is as it was")
        put(hook, hook.read_text().replace(str(wrapper), scene.iao_path))
        again = scene.do(["git", "commit", "--quiet", "--message", "x"], copy)
        score.hold(again.returncode == 0, f"{name}: the next commit", again.stderr)
    for path, (content, time) in files.items():
        score.hold((path.read_bytes(), path.stat().st_mtime_ns) == (content, time), f"{name}: {path.name} is untouched")
    shutil.rmtree(copy)
    return score


def main():
    options = arguments(__doc__)
    total = Score()
    if not shutil.which("strace"):
        print("SKIPPED: no strace here", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 0)
    with Scene(options.iao) as scene, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        for make in (install, uninstall, clean, blocked, bypassed):
            template, words = make(scene)
            original = hooks_of(template)
            if make is uninstall:
                original = {name: original[f"{name}.iao-chained"] for name in THEIRS}
            found = points(scene, template, words)
            total.count(f"points in {template.name}", len(found))
            chosen = found[:: max(1, len(found) // 6)] if options.short else found
            jobs += [pool.submit(strike, scene, template, words, point, original) for point in chosen]
            if make is clean:
                folder = scene.copy(template, "commit")
                scene.iao(folder, *INSTALL)
                jobs += [pool.submit(within_git, scene, folder, point) for point in chosen]
        total.gather(jobs)
    total.end()


main()
