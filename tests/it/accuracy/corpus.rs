//! Expands the templates into files and labels; `docs/accuracy.md` tells the language of the templates.
//!
//! One seed gives one corpus, and a template's files do not depend on which other templates there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::near_misses::{near_miss, scenery};
use super::random::Random;
use super::secrets::secret;

/// The seed of the corpus that floors are measured on.
const SEED: u64 = 20_251_123;
/// How often each template is expanded, each time with other values.
const COPIES: usize = 3;
/// Every shape in which a secret can stand.
const SHAPES: &[&str] = &[
    "assignment",
    "argument",
    "flag",
    "url",
    "header",
    "connection",
    "comment",
    "data",
    "log",
    "block",
    "prose",
];

/// What must be said of the lines that a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// There is a secret, and it must be found.
    Secret,
    /// There is none, and nothing may be reported.
    NearMiss,
    /// People would not agree; nobody is judged by it.
    Unjudged,
}

/// What is known of some lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    /// The file, from the top of the corpus.
    pub(crate) path: String,
    /// The first line, from 1.
    pub(crate) first: usize,
    /// The last line; the first one but for blocks.
    pub(crate) last: usize,
    pub(crate) verdict: Verdict,
    /// The syntax: the folder of the template.
    pub(crate) group: String,
    /// What stands there, by the word of its mark.
    pub(crate) kind: String,
    /// How a secret stands there; empty for what is none.
    pub(crate) shape: String,
}

/// All files with all that is known of their lines.
pub(crate) struct Corpus {
    /// Text by path.
    pub(crate) files: BTreeMap<String, String>,
    /// By path, then by line.
    pub(crate) labels: Vec<Label>,
    /// How many templates they came from.
    pub(crate) templates: usize,
}

impl Corpus {
    /// Expands every template of this package.
    pub(crate) fn expand() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accuracy/templates");
        let mut templates = Vec::new();
        for group in entries(&root) {
            templates.extend(entries(&group).into_iter().map(|path| Template::read(&path)));
        }
        let mut corpus = Self { files: BTreeMap::new(), labels: Vec::new(), templates: templates.len() };
        for template in &templates {
            for copy in 1..=COPIES {
                corpus.add(template, copy);
            }
        }
        corpus
    }

    /// How many labels have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.labels.iter().filter(|label| label.verdict == verdict).count()
    }

    fn add(&mut self, template: &Template, copy: usize) {
        let path = format!("{}/{copy}/{}/{}", template.group, template.name, template.path);
        let random = Random::new(SEED, &path);
        let mut page =
            Page { template, path, random, scenery: BTreeMap::new(), text: String::new(), labels: vec![] };
        for line in template.text.lines() {
            let (times, line) = repeated(line);
            for _ in 0..times {
                page.line(line);
            }
        }
        self.labels.append(&mut page.labels);
        assert!(self.files.insert(page.path, page.text).is_none(), "two templates make the same file");
    }
}

/// The paths in a folder, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A file as it would really look, with marks where values belong.
struct Template {
    group: String,
    name: String,
    /// What the file is called in a repository: the `{{F:…}}` of its first line.
    path: String,
    text: String,
}

impl Template {
    fn read(file: &Path) -> Self {
        let part = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(file).unwrap();
        let head = text.strip_prefix("{{F:").and_then(|text| text.split_once("}}\n"));
        let (path, text) =
            head.unwrap_or_else(|| panic!("{} does not begin with a file name", file.display()));
        Self {
            group: part(file.parent().unwrap()),
            name: part(file),
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// Takes the `{{R:n}}` from the head of a line.
fn repeated(line: &str) -> (usize, &str) {
    match line.strip_prefix("{{R:").and_then(|line| line.split_once("}}")) {
        Some((times, line)) => (times.parse().unwrap(), line),
        None => (1, line),
    }
}

/// A file on its way from template to text.
struct Page<'a> {
    template: &'a Template,
    path: String,
    random: Random,
    scenery: BTreeMap<String, String>,
    text: String,
    labels: Vec<Label>,
}

impl Page<'_> {
    /// Writes a line of the template, with all that its marks stand for.
    fn line(&mut self, line: &str) {
        let first = self.text.matches('\n').count() + 1;
        let mut marks: Vec<(Verdict, String, String)> = Vec::new();
        let mut rest = line;
        while let Some((before, letter, body, after)) = next_mark(rest) {
            self.text.push_str(before);
            let (kind, shape) = body.split_once('@').unwrap_or((body, ""));
            let value = match letter {
                'V' => self.scene(body),
                'C' => Some(self.random.pick(&body.split('|').collect::<Vec<_>>()).to_owned()),
                'S' => secret(kind, &mut self.random),
                'N' => near_miss(kind, &mut self.random),
                _ => secret(kind, &mut self.random).or_else(|| near_miss(kind, &mut self.random)),
            };
            let value = value.unwrap_or_else(|| self.refuse(line, &format!("`{body}` means nothing")));
            // Blocks keep to the column or the comment that they stand in.
            let margin: String = line.chars().take_while(|c| " \t#/*>;".contains(*c)).collect();
            self.text.push_str(&value.replace('\n', &format!("\n{margin}")));
            match letter {
                'S' => marks.push((Verdict::Secret, kind.to_owned(), shape.to_owned())),
                'N' => marks.push((Verdict::NearMiss, kind.to_owned(), String::new())),
                'A' => marks.push((Verdict::Unjudged, kind.to_owned(), String::new())),
                _ => {}
            }
            rest = after;
        }
        self.text.push_str(rest);
        let last = self.text.matches('\n').count() + 1;
        self.text.push('\n');
        self.label(line, first, last, marks);
    }

    /// Labels the lines just written; several marks on a line make one label, and must agree.
    fn label(&mut self, line: &str, first: usize, last: usize, marks: Vec<(Verdict, String, String)>) {
        let Some((verdict, kind, mut shape)) = marks.first().cloned() else { return };
        if marks.iter().any(|(other, ..)| *other != verdict) {
            self.refuse(line, "its marks say different things");
        }
        if verdict == Verdict::Secret && shape.is_empty() {
            "assignment".clone_into(&mut shape);
        }
        if !shape.is_empty() && !SHAPES.contains(&shape.as_str()) {
            self.refuse(line, "no such shape");
        }
        let (path, group) = (self.path.clone(), self.template.group.clone());
        self.labels.push(Label { path, first, last, verdict, group, kind, shape });
    }

    /// The same name stands for the same thing all over a file; digits at its end make it another one.
    fn scene(&mut self, name: &str) -> Option<String> {
        if !self.scenery.contains_key(name) {
            let value = scenery(name.trim_end_matches(|c: char| c.is_ascii_digit()), &mut self.random)?;
            self.scenery.insert(name.to_owned(), value);
        }
        self.scenery.get(name).cloned()
    }

    fn refuse(&self, line: &str, why: &str) -> ! {
        panic!("{}/{}: {why}: {line}", self.template.group, self.template.name)
    }
}

/// The next mark of a line: what is before it, its letter, its body, what is after it.
fn next_mark(line: &str) -> Option<(&str, char, &str, &str)> {
    let mut from = 0;
    while let Some(at) = line[from..].find("{{").map(|at| at + from) {
        let inside = &line[at + 2..];
        let letter = inside.chars().next().filter(|letter| "SNAVC".contains(*letter));
        if let (Some(letter), Some(b':')) = (letter, inside.as_bytes().get(1)) {
            let (body, after) = inside[2..].split_once("}}")?;
            return Some((&line[..at], letter, body, after));
        }
        from = at + 1;
    }
    None
}
