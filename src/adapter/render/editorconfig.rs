//! Measures how the files are written, and renders `.editorconfig` from that.
//!
//! It dictates nothing: what fewer than nineteen files of twenty do is not stated, and trimming, which an editor does
//! to every line of a file that is saved, only where no file that was looked at needs its blanks.

use std::collections::{BTreeMap, BTreeSet};

use super::indentation::{Indentation, indentation};
use crate::adapter::Error;
use crate::adapter::assess::{Outcome, Scene};
use crate::adapter::excluded;
use crate::adapter::manifest::presence;
use crate::git::Entry;
use crate::model::{Action, FileMode, Proposal, TargetFamily, Template};

/// Fewer files of a kind say nothing.
const FEWEST: usize = 3;
/// How many files of one extension are read, evenly spread over the sorted paths.
const SAMPLE: usize = 60;
/// How many extensions are measured, the most frequent ones first.
const MOST_EXTENSIONS: usize = 16;
/// In prose, indentation belongs to lists, and two spaces at a line's end break it.
const PROSE: [&str; 6] = ["adoc", "markdown", "md", "org", "rst", "txt"];
/// What an editor does to every line of a file that is saved; blanks within literals and recorded output would go.
const TRIM: &str = "trim_trailing_whitespace";
/// Larger files are data, in bytes.
const LARGEST: u64 = 1 << 16;

/// Renders the file, unless there is one or nothing can be stated.
pub(in crate::adapter) fn editorconfig(scene: Scene<'_>) -> Result<Outcome, Error> {
    let path = scene.top().join(".editorconfig");
    // An existing file is not measured anew: it would change with every commit.
    if !scene.wants(TargetFamily::Format) || scene.view.exists(&path) {
        return Ok(Outcome::default());
    }
    let mut styles = BTreeMap::new();
    for (extension, files) in by_extension(scene) {
        if let Some(mut style) = measure(scene, &files)? {
            if PROSE.contains(&extension.as_str()) {
                style.settings.retain(|key, _| !key.starts_with("indent") && !key.starts_with("trim"));
            }
            styles.insert(extension, style);
        }
    }
    let Some(content) = write(&styles) else { return Ok(Outcome::default()) };
    let files: usize = styles.values().map(|style| style.files).sum();
    let proposal = Proposal {
        rule: "generic/editorconfig".to_owned(),
        family: TargetFamily::Format,
        root: scene.top().clone(),
        path,
        mode: FileMode::Regular,
        action: Action::Render {
            content: content.into_bytes(),
            template: Template { id: "format/editorconfig".to_owned(), version: 1 },
            already_met: None,
        },
        subject: "Describe the files' format in .editorconfig".to_owned(),
        reason: "Editors follow what the files already do, so that new lines look like the old ones."
            .to_owned(),
        evidence: vec![presence(scene.top(), format!("measured from {files} files"))],
    };
    Ok(Outcome { proposal: Some(proposal), findings: Vec::new() })
}

/// The files of one extension.
#[derive(Default)]
struct Files<'a> {
    /// Those that say how the project writes.
    own: Vec<&'a Entry>,
    /// Those in directories that are left out (tests' data, examples), to which an editor's settings apply as well.
    left_out: Vec<&'a Entry>,
}

/// Returns the files that people write, by extension: those extensions that have enough of them.
fn by_extension(scene: Scene<'_>) -> BTreeMap<String, Files<'_>> {
    let mut found: BTreeMap<String, Files<'_>> = BTreeMap::new();
    // Whether a directory is left out is asked once for the files of it that stand together.
    let mut last = None;
    for entry in scene.view.snapshot().entries().iter().filter(|entry| entry.mode.is_file()) {
        let Some(below) = entry.path.relative_to(scene.top()) else { continue };
        let Some(extension) = written_by_people(below.file_name(), below.extension()) else { continue };
        let directory = below.parent().unwrap_or_default();
        let out = match &last {
            Some((known, out)) if *known == directory => *out,
            _ => excluded::by_name(&directory).is_some(),
        };
        last = Some((directory, out));
        let files = found.entry(extension).or_default();
        if out { files.left_out.push(entry) } else { files.own.push(entry) }
    }
    let mut counts: Vec<(usize, String)> =
        found.iter().map(|(name, files)| (files.own.len(), name.clone())).collect();
    counts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let kept: BTreeSet<String> = counts.into_iter().take(MOST_EXTENSIONS).map(|(_, name)| name).collect();
    found.retain(|name, files| kept.contains(name) && files.own.len() >= FEWEST);
    found
}

/// Files that a plan of ours may write or edit: to measure them would let one plan change the next.
const OURS: [&str; 6] =
    [".gitlab-ci.yml", "Cargo.toml", "SECURITY.md", "package.json", "pom.xml", "pyproject.toml"];

/// Returns the extension, unless programs (this one too) write the file.
fn written_by_people(name: &[u8], extension: Option<&[u8]>) -> Option<String> {
    const BY_PROGRAMS: [&str; 12] =
        ["csv", "diff", "golden", "ipynb", "lock", "log", "map", "patch", "po", "snap", "sum", "svg"];
    let text = std::str::from_utf8(extension?).ok()?;
    let plain =
        text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_-".contains(&byte));
    let lock = name.windows(4).any(|part| part == b"lock" || part == b".min");
    let ours = OURS.iter().any(|known| known.as_bytes() == name);
    (plain && !lock && !ours && !BY_PROGRAMS.contains(&text)).then(|| text.to_owned())
}

/// How the files of one extension are written; `None` where they do not agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Style {
    files: usize,
    settings: BTreeMap<&'static str, String>,
}

/// What one file does.
struct Sample {
    utf8: bool,
    line_end: Option<&'static str>,
    final_newline: bool,
    trimmed: bool,
    indentation: Option<Indentation>,
}

fn measure(scene: Scene<'_>, files: &Files<'_>) -> Result<Option<Style>, Error> {
    let samples = samples(scene, &files.own)?;
    if samples.len() < FEWEST {
        return Ok(None);
    }
    let mut settings = settle(&samples);
    let blanks = |samples: &[Sample]| samples.iter().any(|sample| !sample.trimmed);
    if settings.contains_key(TRIM) && (blanks(&samples) || blanks(&self::samples(scene, &files.left_out)?)) {
        settings.remove(TRIM);
    }
    Ok(Some(Style { files: samples.len(), settings }))
}

/// Reads files evenly spread over `entries`, without large, empty and binary ones.
fn samples(scene: Scene<'_>, entries: &[&Entry]) -> Result<Vec<Sample>, Error> {
    let stride = entries.len().div_ceil(SAMPLE).max(1);
    let mut samples = Vec::new();
    for entry in entries.iter().step_by(stride) {
        if scene.view.snapshot().size(entry)? > LARGEST {
            continue;
        }
        let Some(bytes) = scene.view.read(&entry.path)? else { continue };
        if !bytes.is_empty() && !bytes.contains(&0) {
            samples.push(sample(&bytes));
        }
    }
    Ok(samples)
}

fn sample(bytes: &[u8]) -> Sample {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let crlf = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    let line_end = match (lines, crlf) {
        (0, _) => None,
        (_, 0) => Some("lf"),
        (lines, crlf) if lines == crlf => Some("crlf"),
        _ => Some("mixed"),
    };
    let text = String::from_utf8_lossy(bytes);
    Sample {
        utf8: std::str::from_utf8(bytes).is_ok() && !bytes.starts_with("\u{feff}".as_bytes()),
        line_end,
        final_newline: bytes.ends_with(b"\n"),
        trimmed: text.lines().all(|line| !line.ends_with([' ', '\t'])),
        indentation: indentation(&text),
    }
}

/// States what (nearly) all samples do.
fn settle(samples: &[Sample]) -> BTreeMap<&'static str, String> {
    let mut settings = BTreeMap::new();
    let most = |count: usize, all: usize| count * 20 >= all * 19 && all >= FEWEST;
    let count = |does: fn(&Sample) -> bool| samples.iter().filter(|sample| does(sample)).count();
    if most(count(|sample| sample.utf8), samples.len()) {
        settings.insert("charset", "utf-8".to_owned());
    }
    if most(count(|sample| sample.final_newline), samples.len()) {
        settings.insert("insert_final_newline", "true".to_owned());
    }
    if most(count(|sample| sample.trimmed), samples.len()) {
        settings.insert(TRIM, "true".to_owned());
    }
    let ends: Vec<&str> = samples.iter().filter_map(|sample| sample.line_end).collect();
    for end in ["lf", "crlf"] {
        if most(ends.iter().filter(|known| **known == end).count(), ends.len()) {
            settings.insert("end_of_line", end.to_owned());
        }
    }
    settle_indentation(samples, &mut settings);
    settings
}

/// Nine files of ten decide, among those that are indented at all.
fn settle_indentation(samples: &[Sample], settings: &mut BTreeMap<&'static str, String>) {
    let known: Vec<Indentation> = samples.iter().filter_map(|sample| sample.indentation).collect();
    let most = |count: usize, all: usize| count * 10 >= all * 9 && all >= FEWEST;
    let tabs = known.iter().filter(|indentation| **indentation == Indentation::Tabs).count();
    if most(tabs, known.len()) {
        settings.insert("indent_style", "tab".to_owned());
    }
    if most(known.len() - tabs, known.len()) {
        settings.insert("indent_style", "space".to_owned());
        let sizes: Vec<usize> = known
            .iter()
            .filter_map(|indentation| match indentation {
                Indentation::Spaces(size) => *size,
                Indentation::Tabs => None,
            })
            .collect();
        for size in [2, 3, 4, 8] {
            if most(sizes.iter().filter(|known| **known == size).count(), sizes.len()) {
                settings.insert("indent_size", size.to_string());
            }
        }
    }
}

/// Writes the file: what all measured kinds share first, then what some of them do.
///
/// No section is for `*`: what was not measured (a Makefile, a patch) may need other settings.
fn write(styles: &BTreeMap<String, Style>) -> Option<String> {
    let mut shared = styles.values().next()?.settings.clone();
    shared.retain(|key, value| styles.values().all(|style| style.settings.get(key) == Some(value)));
    let mut groups: BTreeMap<Vec<(&str, &str)>, Vec<&str>> = BTreeMap::new();
    for (extension, style) in styles {
        let own = style.settings.iter().filter(|(key, _)| !shared.contains_key(*key));
        groups.entry(own.map(|(key, value)| (*key, value.as_str())).collect()).or_default().push(extension);
    }
    let all: Vec<&str> = styles.keys().map(String::as_str).collect();
    let common: Vec<(&str, &str)> = shared.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut own: Vec<_> = groups.into_iter().map(|(settings, extensions)| (extensions, settings)).collect();
    own.sort();
    let sections: Vec<String> = [(all, common)]
        .into_iter()
        .chain(own)
        .filter(|(_, settings)| !settings.is_empty())
        .map(|(extensions, settings)| section(&extensions, &settings))
        .collect();
    let head = "# How the files are written today, measured by git-iao.\nroot = true\n";
    (!sections.is_empty()).then(|| format!("{head}{}", sections.concat()))
}

fn section(extensions: &[&str], settings: &[(&str, &str)]) -> String {
    let name = match extensions {
        [one] => format!("*.{one}"),
        several => format!("*.{{{}}}", several.join(",")),
    };
    let lines: Vec<String> = settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("\n[{name}]\n{}", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(settings: &[(&'static str, &str)]) -> Style {
        Style {
            files: 3,
            settings: settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn what_is_shared_stands_above_what_is_not() {
        let styles = BTreeMap::from([
            ("go".to_owned(), style(&[("end_of_line", "lf"), ("indent_style", "tab")])),
            (
                "js".to_owned(),
                style(&[("end_of_line", "lf"), ("indent_size", "2"), ("indent_style", "space")]),
            ),
            (
                "ts".to_owned(),
                style(&[("end_of_line", "lf"), ("indent_size", "2"), ("indent_style", "space")]),
            ),
        ]);
        assert_eq!(
            write(&styles).unwrap(),
            "# How the files are written today, measured by git-iao.\nroot = true\n\n[*.{go,js,ts}]\nend_of_line = lf\n\n\
             [*.go]\nindent_style = tab\n\n[*.{js,ts}]\nindent_size = 2\nindent_style = space\n"
        );
    }

    #[test]
    fn disagreement_states_nothing() {
        let samples: Vec<Sample> =
            ["a\n", "b\r\n", "c", "d \n"].iter().map(|text| sample(text.as_bytes())).collect();
        let settings = settle(&samples);
        assert_eq!(settings.keys().copied().collect::<Vec<_>>(), ["charset"]);
        assert_eq!(write(&BTreeMap::new()), None);
        assert_eq!(write(&BTreeMap::from([("x".to_owned(), style(&[]))])), None);
    }

    #[test]
    fn files_of_programs_are_not_measured() {
        assert_eq!(written_by_people(b"package-lock.json", Some(b"json")), None);
        assert_eq!(written_by_people(b"a.min.js", Some(b"js")), None);
        assert_eq!(written_by_people(b"a.svg", Some(b"svg")), None);
        assert_eq!(written_by_people(b"a.rs", Some(b"rs")).as_deref(), Some("rs"));
    }
}
