"""Refuses `git iao` each file of the repository that it opens, and asks what it says.

strace injects the fault: ENOSPC or EIO at the n-th open, or from the n-th on. What the system refuses is neither missing
nor damaged: the answer is the one that an undisturbed run gives, or exit 2 with the system's own words.

Usage: reads.py [--iao BINARY] [--short]
"""

import concurrent.futures
import os
import re
import shutil
import sys

from scene import Scene, Score, arguments, put

WORDS = {"ENOSPC": "No space left on device", "EIO": "Input/output error"}
# Said where a second look found what the first did not, and cannot know why.
LATER = "run the command again"
COMMANDS = (["seal"], ["verify", "HEAD~1", "--seal"], ["show", "HEAD~1"], ["audit", "HEAD"], ["log", "--check"],
            ["proof", "README.md", "HEAD~1"], ["plan"])


def opened(scene, template, words):
    """The files below the repository that an undisturbed run opens: (number of the open, path); and how that run ends."""
    trace, folder = scene.top / "trace", scene.copy(template, "trial")
    done = scene.do(["strace", "-f", "-o", str(trace), "-eopenat", scene.iao_path, "--jobs", "1", *words], folder)
    lines = trace.read_text(errors="replace").splitlines()
    main = lines[0].split()[0]
    paths = [re.search(r'openat\([^"]*"([^"]*)"', line) for line in lines if line.split()[0] == main and "openat(" in line]
    found = [(number, path[1]) for number, path in enumerate(paths, 1) if path and str(folder) in path[1]]
    shutil.rmtree(folder)
    return found, done.returncode


def strike(scene, template, words, point, fault, usual):
    """One refusal in a fresh copy; returns the score of that one."""
    score = Score()
    number, path = point
    error, on = fault
    name = f"{template.name}: {' '.join(words)}: {error} at open {number}{on}"
    folder = scene.copy(template, re.sub(r"\W", "-", name))
    command = ["strace", "-f", "-qq", "-o", os.devnull, f"-einject=openat:error={error}:when={number}{on}"]
    done = scene.do([*command, scene.iao_path, "--jobs", "1", *words], folder)
    score.count(f"{error}{on}: exit {done.returncode}")
    score.hold("panicked" not in done.stderr, f"{name}: no panic", done.stderr)
    score.hold(done.returncode in (usual, 2), f"{name}: no other answer", f"{path} exit {done.returncode} {done.stdout}")
    # Nothing is left of a HEAD that was hidden for a moment while the repository was looked for.
    if done.returncode == 2 and usual != 2 and (on or not path.endswith("/HEAD")):
        why = WORDS[error] in done.stderr or LATER in done.stderr
        score.hold(why, f"{name}: says why", f"{path} {done.stderr}")
    shutil.rmtree(folder)
    return score


def main():
    options = arguments(__doc__)
    total = Score()
    if not shutil.which("strace"):
        print("no strace here: nothing is refused", file=sys.stderr)
        sys.exit(0)
    with Scene(options.iao) as scene, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        loose = scene.repository("loose")
        scene.iao(loose, "seal")
        put(loose / "README.md", "# sample\n")
        scene.commit(loose, "sealed")
        scene.iao(loose, "seal")
        put(loose / "MORE.md", "# more\n")
        scene.commit(loose, "not sealed")
        packed = scene.copy(loose, "packed")
        scene.git(packed, "gc", "--quiet", "--prune=now")
        jobs = []
        for template in (loose, packed):
            for words in COMMANDS:
                found, usual = opened(scene, template, words)
                faults = [(error, on) for error in WORDS for on in ("", "+")]
                strikes = [(point, fault) for point in found for fault in faults]
                if options.short:
                    strikes = strikes[3 :: len(strikes) // 4]
                jobs += [pool.submit(strike, scene, template, words, *job, usual) for job in strikes]
        total.gather(jobs)
    total.end()


main()
