"""Holds the SARIF that the real binary prints against the official schema and the rules of GitHub's code scanning.

    sarif.py --iao BINARY --node FOLDER

The schema is the one of OASIS (2.1.0), as `@microsoft/jest-sarif` carries it in FOLDER/node_modules; `check-jsonschema` judges.
Rules of GitHub: "SARIF support for code scanning". Credentials are drawn while this runs.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import string
import subprocess
import sys
import tempfile

SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
COUNTS = {}
BROKEN = []


def claim(what, holds):
    """Counts one thing that must hold."""
    COUNTS.setdefault(what, [0, 0])[0 if holds else 1] += 1
    if not holds:
        BROKEN.append(what)


class Scene:
    """A repository with findings of every kind; gone when this ends."""

    def __init__(self, iao):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="iao-sarif-")).resolve()
        self.iao_path, self.work = iao, self.top / "work"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.top), "LC_ALL": "C", "NO_COLOR": "1"}
        self.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        for name in ("GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        for role in ("AUTHOR", "COMMITTER"):
            self.environment[f"GIT_{role}_NAME"] = "Ada Example"
            self.environment[f"GIT_{role}_EMAIL"] = "ada@example.org"
        self.do("git", "init", "-q", "-b", "main", self.work)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def do(self, *words, check=True, folder=None):
        done = subprocess.run([str(word) for word in words], cwd=folder or self.top, env=self.environment,
                              capture_output=True, timeout=300, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{words}: exit {done.returncode}\n{(done.stdout + done.stderr).decode()}")
        return done

    def put(self, path, text):
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self):
        self.do("git", "add", "-A", folder=self.work)
        self.do("git", "commit", "-q", "-m", "next", folder=self.work)

    def sarif(self, *words):
        return json.loads(self.do(self.iao_path, *words, "--format", "sarif", check=False, folder=self.work).stdout)


def fill(scene, draw):
    """Files with what each kind of finding is about; places are hard to count on purpose."""
    def secret(length):
        return "".join(draw.choice(string.ascii_letters + string.digits) for _ in range(length))

    def url():
        return f"postgres://app:{secret(14)}@db.internal/x"

    scene.put("conf.py", f"a = '\U0001f511\u00e9'; url = '{url()}'; db_password = \"{secret(12)}\"\n")
    scene.put("odd name #%,: \u00fc.py", f"\n\nurl = '{url()}'\n")
    scene.put("inline.py", f"url = '{url()}'  # iao:allow url-password the test server's\n")
    scene.put("allowed.py", f"url = '{url()}'\n")
    scene.put("many.py", "".join(f"url = '{url()}'\n" for _ in range(40)))
    dashes = "-" * 5
    body = "\n".join(secret(64) for _ in range(8))
    scene.put("tests/key.pem", f"{dashes}BEGIN RSA PRIVATE KEY{dashes}\n{body}\n{dashes}END RSA PRIVATE KEY{dashes}\n")
    (scene.work / "latin.txt").write_bytes(b"\xe9\xe8 url = '" + url().encode() + b"'\n")
    scene.commit()
    scene.do(scene.iao_path, "allow", "allowed.py:1", "--reason", "the test server's", folder=scene.work)
    scene.commit()


def utf16(text, column):
    """The text from a column on, counted in UTF-16 code units from 1."""
    return text.encode("utf-16-le")[2 * (column - 1):].decode("utf-16-le")


def holds_places(scene, run):
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        claim("a location is relative to the top", place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
              and not place["artifactLocation"]["uri"].startswith("/"))
        region = place["region"]
        claim("a region has a first line", region["startLine"] >= 1)
        if result["ruleId"] == "secret.url-password":
            from urllib.parse import unquote_to_bytes
            path = os.fsencode(scene.work) + b"/" + unquote_to_bytes(place["artifactLocation"]["uri"])
            line = pathlib.Path(os.fsdecode(path)).read_bytes().split(b"\n")[region["startLine"] - 1]
            line = line.decode("utf-8", "replace")
            start, end = utf16(line, region["startColumn"]), utf16(line, region["endColumn"])
            claim("columns are where the password is", start[14:] == end and end.startswith("@db.internal"))


def holds_github(run):
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    claim("rules stand once", len(ids) == len(set(ids)) <= 25_000)
    claim("results within what is taken", len(run["results"]) <= 25_000)
    for rule in rules:
        claim("a rule has its texts", all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help")))
        claim("a rule has markdown", rule["help"]["markdown"].startswith("**"))
        claim("descriptions are within 1024 characters", len(rule["fullDescription"]["text"]) <= 1024)
        properties = rule["properties"]
        claim("at most 20 tags", 0 < len(properties["tags"]) <= 20)
        claim("precision is a word of GitHub", properties["precision"] in ("very-high", "high", "medium", "low"))
        if rule["id"].startswith(("secret.", "tree.")):
            claim("security rules are graded", 0.0 < float(properties["security-severity"]) <= 10.0)
            claim("security rules are tagged", "security" in properties["tags"])
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    claim("fingerprints tell results apart", len(prints) == len(set(prints)))
    for result in run["results"]:
        claim("a result names its rule", ids[result["ruleIndex"]] == result["ruleId"])
        claim("a message is said", result["message"]["text"])
        claim("one location", len(result["locations"]) == 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--iao", required=True, help="the binary")
    parser.add_argument("--node", required=True, help="the folder that holds node_modules")
    options = parser.parse_args()
    iao = pathlib.Path(shutil.which(options.iao) or options.iao).resolve()
    schema = pathlib.Path(options.node).resolve() / SCHEMA
    checker = pathlib.Path(sys.executable).parent / "check-jsonschema"
    # One pattern of the schema is read by Python and by no stricter reader.
    judge = ["--regex-variant", "python", "--schemafile"]
    with Scene(iao) as scene:
        fill(scene, random.Random(11))
        logs = {"scan": scene.sarif("scan"), "scan --worktree": scene.sarif("scan", "--worktree"),
                "verify": scene.sarif("verify"), "plan": scene.sarif("plan")}
        for name, log in logs.items():
            file = scene.top / "log.sarif"
            file.write_text(json.dumps(log))
            done = scene.do(checker, *judge, schema, file, check=False)
            claim("the official schema takes the log", done.returncode == 0)
            if done.returncode != 0:
                print(f"{name}: {(done.stdout + done.stderr).decode()}")
            run = log["runs"][0]
            claim("there are results", len(run["results"]) > 25)
            holds_places(scene, run)
            holds_github(run)
        broken = json.loads(json.dumps(logs["scan"]))
        broken["runs"][0]["results"][0]["level"] = "terrible"
        (scene.top / "log.sarif").write_text(json.dumps(broken))
        refused = scene.do(checker, *judge, schema, scene.top / "log.sarif", check=False).returncode != 0
        claim("the official schema refuses a broken log", refused)
        kinds = sorted(one["kind"] for result in logs["scan"]["runs"][0]["results"]
                       for one in result.get("suppressions", []))
        claim("what is allowed is a suppressed result", kinds == ["external", "inSource"])
        before = {result["partialFingerprints"]["primaryLocationLineHash"] for result in logs["scan"]["runs"][0]["results"]}
        text = (scene.work / "many.py").read_text()
        scene.put("many.py", "# moved\n\n" + text)
        scene.commit()
        after = {result["partialFingerprints"]["primaryLocationLineHash"] for result in scene.sarif("scan")["runs"][0]["results"]}
        claim("fingerprints stay when lines move", before == after)
    for what, (held, failed) in COUNTS.items():
        print(f"{held:7} SARIF: {what}" + (f"   {failed} BROKEN" if failed else ""))
    print(f"{sum(held for held, _ in COUNTS.values()):7} claims held, {len(BROKEN)} broken")
    sys.exit(1 if BROKEN else 0)


if __name__ == "__main__":
    main()
