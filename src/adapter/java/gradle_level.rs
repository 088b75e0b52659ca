//! The Java release that a Gradle build compiles for, if its scripts agree on one.
//!
//! Literals of one kind that differ say nothing; a computed value says nothing either.

use super::super::Fact;
use super::gradle::Script;
use super::gradle_script::{Statement, literal};
use super::jdk;

/// How the release is asked for, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `java.toolchain.languageVersion`: this very kit compiles.
    Toolchain,
    /// `options.release`: the compiler's `--release`.
    ReleaseFlag,
    /// `sourceCompatibility`: the compiler's `-source`.
    Compatibility,
}

/// The release, and where it is said.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) release: u32,
    pub(super) source: Source,
    pub(super) fact: Fact<String>,
}

/// Returns the release that the scripts agree on, from the strongest kind that any of them uses.
///
/// What members say counts only if each of them says it, or the root or a convention does too.
pub(super) fn agreed(scripts: &[Script]) -> Option<Level> {
    for source in [Source::Toolchain, Source::ReleaseFlag, Source::Compatibility] {
        let mut found: Vec<Said<'_>> = scripts.iter().flat_map(|script| all_said(script, source)).collect();
        // Where the root or a convention says it, that is the evidence.
        found.sort_by_key(|said| said.script.is_of_member);
        let Some(first) = found.first() else { continue };
        let release = first.release.filter(|_| found.iter().all(|said| said.release == first.release))?;
        let silent = |script: &&Script| script.is_of_member && all_said(script, source).next().is_none();
        if first.script.is_of_member && scripts.iter().any(|script| silent(&script)) {
            return None;
        }
        let file = &first.script.file;
        let line = file.text[first.at..].lines().next().unwrap_or_default().trim();
        let says: String = line.chars().take(80).collect();
        return Some(Level {
            release,
            source,
            fact: Fact::new(release.to_string(), file.evidence(first.at, says)),
        });
    }
    None
}

/// What one statement says; no release if it is computed.
struct Said<'a> {
    release: Option<u32>,
    script: &'a Script,
    at: usize,
}

fn all_said(script: &Script, source: Source) -> impl Iterator<Item = Said<'_>> {
    let said = move |statement: &Statement| {
        let (release, at) = said(statement, source)?;
        Some(Said { release, script, at })
    };
    script.statements.iter().filter_map(said)
}

/// Returns what a statement says in this kind: `Some((None, _))` if it says something that is no literal.
fn said(statement: &Statement, source: Source) -> Option<(Option<u32>, usize)> {
    let within = |name: &str| {
        statement.blocks.last().is_some_and(|block| block == name || block.ends_with(&format!(".{name}")))
    };
    let assigned = |names: &[&str]| names.iter().find_map(|name| statement.assigned(name));
    let release = match source {
        Source::Toolchain => {
            if let Some(inner) = statement.text.strip_prefix("jvmToolchain(") {
                inner.strip_suffix(')').and_then(jdk::release)
            } else {
                let value = if within("toolchain") { statement.assigned("languageVersion") } else { None };
                let value = value
                    .or_else(|| assigned(&["java.toolchain.languageVersion", "toolchain.languageVersion"]))?;
                let inner =
                    value.strip_prefix("JavaLanguageVersion.of(").and_then(|value| value.strip_suffix(')'));
                inner.and_then(plain_release)
            }
        }
        Source::ReleaseFlag => plain_release(assigned(&["options.release", "it.options.release"])?),
        Source::Compatibility => {
            let value = assigned(&["sourceCompatibility", "java.sourceCompatibility"])?;
            plain_release(value.strip_prefix("JavaVersion.").unwrap_or(value))
        }
    };
    Some((release, statement.at))
}

/// Reads a number, a word of `JavaVersion`, or either in quotes.
fn plain_release(value: &str) -> Option<u32> {
    jdk::release(literal(value).unwrap_or(value))
}
