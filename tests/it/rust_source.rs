//! Reads Rust source well enough to see which rooms it names: comments and strings are blanked, paths are found.
//!
//! Every byte keeps its line, so what is found can be pointed at.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The head of a `mod name {`, with the attribute that leaves it to tests.
static HEADS: LazyLock<Regex> = LazyLock::new(|| {
    let test_only = r"#\[cfg\((?:test|all\(test[^\]]*)\)\]\s*";
    let mark = r"#\[[^\]]*\]\s*";
    Regex::new(&format!(r"({test_only})?(?:{mark})*(?:pub(?:\([^)]*\))?\s+)?\bmod\s+\w+\s*\{{")).unwrap()
});
/// What a path that starts at a crate's root, or climbs towards it, begins with.
static ROOTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(crate|git_iao|(?:super\s*::\s*)+super)\s*::\s*").unwrap());
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*([a-zA-Z_]\w*)").unwrap());

/// One source file: its path from the package's root, with `/`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    /// The text with comments and the insides of strings blanked, line for line.
    pub(crate) code: String,
    pub(crate) first_line: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            code: blank(text),
            first_line: text.lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// The room a file belongs to; `None` for the crate's root.
    pub(crate) fn room(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        match below.split_once('/') {
            Some((room, _)) => Some(room),
            None if below == "lib.rs" => None,
            None => below.strip_suffix(".rs"),
        }
    }

    /// Says whether only tests compile the file: `tests.rs`, `testing.rs`, `fixture.rs`, or anything below `tests/`.
    pub(crate) fn is_for_tests(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| ["tests", "tests.rs", "testing.rs", "fixture.rs"].contains(&part))
    }

    /// How many modules deep the file's own module stands: 1 for `src/seal/mod.rs`, 2 for `src/seal/store.rs`.
    fn depth(&self) -> usize {
        let parts = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }

    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Blanks comments and the insides of strings and character literals, and keeps every line where it is.
fn blank(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    while at < out.len() {
        let end = literal_end(&out, at);
        if end > at {
            for byte in &mut out[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns where the comment or literal that starts at `at` ends; `at` itself when none starts there.
fn literal_end(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    let in_word = at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_');
    if rest.starts_with(b"//") {
        at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    } else if rest.starts_with(b"/*") {
        block_comment_end(text, at)
    } else if !in_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#") || rest.starts_with(b"br")) {
        raw_string_end(text, at)
    } else if rest.starts_with(b"\"") {
        quoted_end(text, at, b'"')
    } else if rest.starts_with(b"'") {
        char_end(text, at)
    } else {
        at
    }
}

fn block_comment_end(text: &[u8], at: usize) -> usize {
    let (mut open, mut here) = (0, at);
    while here < text.len() {
        if text[here..].starts_with(b"/*") {
            open += 1;
            here += 2;
        } else if text[here..].starts_with(b"*/") {
            open -= 1;
            here += 2;
            if open == 0 {
                break;
            }
        } else {
            here += 1;
        }
    }
    here
}

fn raw_string_end(text: &[u8], at: usize) -> usize {
    let start = at + text[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let hashes = text[start..].iter().take_while(|byte| **byte == b'#').count();
    if text.get(start + hashes) != Some(&b'"') {
        return at;
    }
    let closing = [&b"\""[..], &b"#".repeat(hashes)].concat();
    let body = start + hashes + 1;
    let length = text[body..].windows(closing.len()).position(|window| window == closing);
    length.map_or(text.len(), |length| body + length + closing.len())
}

fn quoted_end(text: &[u8], at: usize, quote: u8) -> usize {
    let mut here = at + 1;
    while here < text.len() {
        match text[here] {
            b'\\' => here += 2,
            byte if byte == quote => return here + 1,
            _ => here += 1,
        }
    }
    text.len()
}

/// A character literal ends after one character or one escape; anything else is a lifetime.
fn char_end(text: &[u8], at: usize) -> usize {
    if text.get(at + 1) == Some(&b'\\') {
        return quoted_end(text, at, b'\'');
    }
    let width = match text.get(at + 1) {
        Some(0xF0..) => 4,
        Some(0xE0..) => 3,
        Some(0xC0..) => 2,
        _ => 1,
    };
    if text.get(at + 1 + width) == Some(&b'\'') { at + width + 2 } else { at }
}

/// The spans of `mod name { … }` blocks, and of those that only tests compile.
pub(crate) fn inline_modules(code: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut all = Vec::new();
    let mut tests = Vec::new();
    for head in HEADS.captures_iter(code) {
        let whole = head.get(0).unwrap();
        let span = whole.start()..closing_brace(code, whole.end());
        if head.get(1).is_some() {
            tests.push(span.clone());
        }
        all.push(span);
    }
    (all, tests)
}

fn closing_brace(code: &str, after_open: usize) -> usize {
    let mut open = 1;
    for (offset, byte) in code.as_bytes()[after_open..].iter().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return after_open + offset + 1;
        }
    }
    code.len()
}

/// Every room a file names by a path from the crate's root, and where.
pub(crate) fn arrows(source: &Source) -> Vec<(usize, String)> {
    let (modules, _) = inline_modules(&source.code);
    let mut found = Vec::new();
    for root in ROOTS.captures_iter(&source.code) {
        let whole = root.get(0).unwrap();
        let depth = source.depth() + modules.iter().filter(|span| span.contains(&whole.start())).count();
        let supers = root[1].matches("super").count();
        if supers == 0 || supers >= depth {
            found.extend(first_names(&source.code, whole.end()));
        }
    }
    found
}

/// The first name of a path, or those of a `{group}`, starting at `at`.
fn first_names(code: &str, at: usize) -> Vec<(usize, String)> {
    let name_at = |here: usize| {
        WORD.captures(&code[here..]).map(|name| (here + name.get(1).unwrap().start(), name[1].to_owned()))
    };
    if !code[at..].starts_with('{') {
        return name_at(at).into_iter().collect();
    }
    let mut names: Vec<_> = name_at(at + 1).into_iter().collect();
    let mut open = 1;
    for (offset, byte) in code.as_bytes()[at + 1..closing_brace(code, at + 1) - 1].iter().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            b',' if open == 1 => names.extend(name_at(at + 2 + offset)),
            _ => {}
        }
    }
    names
}

/// Every Rust file below `src/`, sorted by path.
pub(crate) fn sources_of_this_package() -> Vec<Source> {
    fn collect(folder: &Path, root: &Path, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                into.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    collect(&root.join("src"), root, &mut files);
    files.iter().map(|(path, text)| Source::new(path, text)).collect()
}
