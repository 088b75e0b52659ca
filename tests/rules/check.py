#!/usr/bin/env python3
"""Checks the embedded scanner rules without building anything.

Usage: check.py [--overlaps] [FOLDER]   (FOLDER holds the *.toml files; src/scan/rules of this checkout if left out)

Each rule must carry every key, use only what both Rust's `regex` and Python's `re` mean alike, have an upper bound for
each repetition, and find what is drawn from its own pattern by a seeded generator. Nothing drawn is ever printed.
"""

import math
import random
import re
import sys
import tomllib
from pathlib import Path

try:
    from re import _constants as op, _parser as parser
except ImportError:  # Python before 3.11
    import sre_constants as op
    import sre_parse as parser

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = 150
NEEDED = ("id", "description", "regex", "keywords", "severity", "source", "revoke")
KNOWN = set(NEEDED) | {"entropy", "secretGroup", "path", "tags", "allowlists"}
KNOWN_ALLOWLIST = {"description", "condition", "regexes", "regexTarget", "stopwords", "paths"}
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
# What Rust reads differently inside a class: a nested class and the set operators.
RUST_CLASS = re.compile(r"\[|&&|--|~~")
AFTER = " \"',;)\n<:"
PRINTABLE = [chr(c) for c in range(33, 127)] + [" ", "\n"]


class Unfit(Exception):
    """The pattern uses something that is not allowed here."""


def classes(pattern):
    """Yields the inside of each bracketed class of `pattern`."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
        elif pattern[at] == "[":
            end = at + 1
            while pattern[end] != "]":
                end += 2 if pattern[end] == "\\" else 1
            yield pattern[at + 1 : end]
            at = end + 1
        else:
            at += 1


def bare_braces(pattern):
    """Says whether a `{` stands for itself, which Rust refuses."""
    plain = re.sub(r"\\.", "", pattern)
    plain = re.sub(r"\[[^\]]*\]", "", plain)
    return re.search(r"\{(?!\d+(?:,\d+)?\})", plain) is not None


def inspect(tree, groups):
    """Refuses what has no bound or looks around; notes each capture group."""
    for kind, value in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            _, most, inner = value
            if most == op.MAXREPEAT:
                raise Unfit("a repetition has no upper bound")
            inspect(inner, groups)
        elif kind is op.SUBPATTERN:
            number, _, _, inner = value
            if number is not None:
                groups.append(number)
            inspect(inner, groups)
        elif kind is op.BRANCH:
            for branch in value[1]:
                inspect(branch, groups)
        elif kind not in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.AT):
            raise Unfit(f"{kind} is not allowed")


class Drawer:
    """Draws texts that a parsed pattern matches."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def draw(self, tree):
        """Returns one text and the part of it that the first group holds."""
        self.out, self.secret = [], None
        self.walk(tree, 0)
        return "".join(self.out), self.secret

    def walk(self, tree, flags):
        for kind, value in tree:
            if kind is op.LITERAL:
                self.put(chr(value), flags)
            elif kind is op.NOT_LITERAL:
                self.put(self.random.choice([c for c in AFTER if c != chr(value)]), 0)
            elif kind is op.ANY:
                self.put(self.random.choice("abcxyz0189_."), 0)
            elif kind is op.IN:
                self.put(self.random.choice(members(value)), flags)
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                least, most, inner = value
                for _ in range(self.random.randint(least, min(most, least + 30))):
                    self.walk(inner, flags)
            elif kind is op.BRANCH:
                self.walk(self.random.choice(value[1]), flags)
            elif kind is op.SUBPATTERN:
                number, add, drop, inner = value
                start = len(self.out)
                self.walk(inner, (flags | add) & ~drop)
                if number == 1:
                    self.secret = "".join(self.out[start:])

    def put(self, char, flags):
        if flags & re.IGNORECASE and self.random.random() < 0.3:
            char = char.swapcase()
        self.out.append(char)


def members(items):
    """Lists the characters of a class; of a negated one, what else can be printed."""
    chars, negated = [], False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            chars.append(chr(value))
        elif kind is op.RANGE:
            chars.extend(map(chr, range(value[0], value[1] + 1)))
        elif kind is op.CATEGORY:
            chars.extend(CATEGORIES[value])
    if negated:
        return [c for c in PRINTABLE if c not in chars]
    return chars


DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CATEGORIES = {
    op.CATEGORY_DIGIT: DIGITS,
    op.CATEGORY_WORD: DIGITS + LETTERS + LETTERS.upper() + "_",
    op.CATEGORY_SPACE: " \t\n",
    op.CATEGORY_NOT_SPACE: DIGITS + LETTERS + "!#%.:/",
    op.CATEGORY_NOT_DIGIT: LETTERS + " -",
    op.CATEGORY_NOT_WORD: AFTER,
}


def entropy(text):
    """Shannon bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in (text.count(c) for c in set(text)))


def check_shape(rule, say):
    for key in NEEDED:
        if not rule.get(key):
            say(f"`{key}` is missing or empty")
    for key in sorted(set(rule) - KNOWN):
        say(f"`{key}` is not a key of a rule")
    if not ID.fullmatch(rule.get("id", "")):
        say("the id is not lower-case kebab of two words or more")
    if rule.get("severity") not in ("error", "warning", "note"):
        say("`severity` is neither error nor warning nor note")
    if not 0 < rule.get("entropy", 1.0) < 6:
        say("`entropy` is not between 0 and 6")
    if not re.fullmatch(r"https://\S+|RFC \d+|[A-Z][\w .,()-]+", rule.get("source", "")):
        say("`source` is neither a URL nor the name of a specification")
    if not rule.get("revoke", "").endswith("."):
        say("`revoke` is not a sentence")
    for word in rule.get("keywords", []):
        if len(word) < 3 or word != word.lower() or not word.isascii() or word != word.strip(" "):
            say(f"keyword `{word}` is not a lower-case literal of three characters or more")
    if len(set(rule.get("keywords", []))) != len(rule.get("keywords", [])):
        say("a keyword stands twice")
    for allow in rule.get("allowlists", []):
        for key in sorted(set(allow) - KNOWN_ALLOWLIST):
            say(f"`{key}` is not a key of an allowlist")
        for pattern in allow.get("regexes", []) + allow.get("paths", []):
            try:
                re.compile(pattern)
            except re.error as error:
                say(f"an allowlist pattern does not compile: {error}")


def compile_pattern(pattern):
    """Compiles a pattern of Rust's `regex` with Python's `re`; raises `Unfit` where they differ."""
    for inside in classes(pattern):
        if RUST_CLASS.search(re.sub(r"\\.", "", inside)):
            raise Unfit(f"Rust reads the class `[{inside}]` differently")
    if bare_braces(pattern):
        raise Unfit("a `{` that stands for itself must be escaped")
    text = pattern.replace(r"\z", r"\Z")
    try:
        compiled, tree = re.compile(text, re.ASCII), parser.parse(text, re.ASCII)
    except re.error as error:
        raise Unfit(f"the pattern does not compile: {error}") from error
    groups = []
    inspect(tree, groups)
    if groups != [1]:
        raise Unfit(f"{len(groups)} capture groups instead of one")
    return compiled, tree


def secret_width(tree):
    """The least and most width of the first group."""
    for kind, value in tree:
        if kind is op.SUBPATTERN and value[0] == 1:
            return value[3].getwidth()
        inner = value[3] if kind is op.SUBPATTERN else None
        if inner is not None and (found := secret_width(inner)):
            return found
    return None


def check_drawn(rule, compiled, tree, say):
    """Draws positives, and from each of fixed width a near miss; returns the positives."""
    drawer, drawn = Drawer(rule["id"]), []
    lost = other = keyless = low = near = 0
    width = secret_width(tree)
    for _ in range(SAMPLES):
        text, secret = drawer.draw(tree)
        drawn.append(text)
        found = compiled.search(text)
        lost += found is None
        other += found is not None and found[1] != secret
        keyless += not any(word in text.lower() for word in rule["keywords"])
        low += entropy(secret) <= rule.get("entropy", -1.0)
        if width and width[0] == width[1]:
            near += compiled.search(text.replace(secret, secret[:-1])) is not None
    if lost:
        say(f"{lost} of {SAMPLES} drawn texts are not found")
    if other > SAMPLES // 20:
        say(f"{other} of {SAMPLES} drawn texts give another secret than was drawn")
    if keyless:
        say(f"{keyless} of {SAMPLES} drawn texts hold no keyword")
    if low > SAMPLES // 30:
        say(f"{low} of {SAMPLES} drawn secrets fall to `entropy`")
    if near > SAMPLES // 20:
        say(f"{near} of {SAMPLES} secrets that are one character short are found all the same")
    return drawn


def hits(rule, compiled, text):
    """The secrets that a whole rule, its keywords and entropy included, finds in `text`."""
    if not any(word in text.lower() for word in rule["keywords"]):
        return []
    return [m[1] for m in compiled.finditer(text) if entropy(m[1]) > rule.get("entropy", -1.0)]


def show_overlaps(rules):
    """Prints which rules also find what was drawn for another."""
    for rule, _, drawn in rules:
        also = {}
        for other, compiled, _ in rules:
            count = sum(bool(hits(other, compiled, text)) for text in drawn[:20])
            if count > 1 and other is not rule:
                also[other["id"]] = count
        if also:
            print(f"{rule['id']}: also " + ", ".join(f"{name} {n}/20" for name, n in also.items()))


def main(arguments):
    overlaps = "--overlaps" in arguments
    folders = [a for a in arguments if not a.startswith("--")]
    folder = Path(folders[0]) if folders else ROOT / "src/scan/rules"
    files = sorted(folder.glob("*.toml"))
    problems, seen, good = [], {}, []
    total = errors = 0
    for file in files:
        rules = tomllib.loads(file.read_text(encoding="utf-8")).get("rules", [])
        total += len(rules)
        errors += sum(rule.get("severity") == "error" for rule in rules)
        print(f"{file.name:<16} {len(rules):>4} rules")
        for rule in rules:
            name = rule.get("id", "(no id)")
            say = lambda what, name=name, file=file: problems.append(f"{file.name}: {name}: {what}")
            if name in seen:
                say(f"the id stands in {seen[name]} too")
            seen[name] = file.name
            check_shape(rule, say)
            try:
                compiled, tree = compile_pattern(rule.get("regex", ""))
            except Unfit as unfit:
                say(str(unfit))
                continue
            good.append((rule, compiled, check_drawn(rule, compiled, tree, say)))
    for file in [*files, Path(__file__)]:
        text = file.read_text(encoding="utf-8")
        for rule, compiled, _ in good:
            if hits(rule, compiled, text):
                problems.append(f"{file.name}: {rule['id']} finds something in this file")
    print(f"{'in all':<16} {total:>4} rules, {errors} errors, {total - errors} warnings, "
          f"{len(good) * SAMPLES} texts drawn")
    if overlaps:
        show_overlaps(good)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not files:
        print(f"no rules in {folder}", file=sys.stderr)
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
