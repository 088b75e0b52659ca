//! Renders the block of `.gitignore` that the projects' tools need.
//!
//! A line is added only when no rule covers it, and never when it would match a file that is tracked. A block
//! that is there is the user's: lines that were taken out of it stay out.

use crate::adapter::Error;
use crate::adapter::assess::{Outcome, Scene};
use crate::adapter::manifest::presence;
use crate::adapter::path_rules::{PathRule, ignore_rules, is_ignored};
use crate::model::{Action, Evidence, FileMode, Proposal, RepoPath, TargetFamily, Template};

/// The line that opens the block.
const OPEN: &str = "# >>> git-iao gitignore v1";
/// The line that closes it.
const CLOSE: &str = "# <<< git-iao gitignore v1";

/// Renders the block, if a line is missing.
pub(in crate::adapter) fn gitignore(scene: Scene<'_>) -> Result<Outcome, Error> {
    if !scene.wants(TargetFamily::Structure) {
        return Ok(Outcome::default());
    }
    let path = scene.top().join(".gitignore");
    let entry = scene.view.get(&path);
    if entry.is_some_and(|entry| !entry.mode.is_file()) {
        return Ok(Outcome::default());
    }
    let mode = entry.map_or(FileMode::Regular, |entry| entry.mode);
    let old = scene.view.read(&path)?;
    if old.as_ref().is_some_and(|old| has_block(old)) {
        return Ok(Outcome::default());
    }
    let (lines, evidence) = missing(scene)?;
    if lines.is_empty() {
        return Ok(Outcome::default());
    }
    let content = with_block(old.as_deref().unwrap_or_default(), &lines);
    let action = match old {
        Some(_) => Action::Edit { content },
        None => {
            let template = Template { id: "structure/gitignore".to_owned(), version: 1 };
            Action::Render { content, template, already_met: None }
        }
    };
    let proposal = Proposal {
        rule: "generic/gitignore".to_owned(),
        family: TargetFamily::Structure,
        root: scene.top().clone(),
        path,
        mode,
        action,
        subject: "Ignore what builds and tests leave behind".to_owned(),
        reason: "These files are made by the projects' own tools, and no rule keeps them out yet.".to_owned(),
        evidence,
    };
    Ok(Outcome { proposal: Some(proposal), findings: Vec::new() })
}

fn has_block(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == OPEN.as_bytes())
}

/// Returns the lines that no rule covers, and the projects that need them.
fn missing(scene: Scene<'_>) -> Result<(Vec<String>, Vec<Evidence>), Error> {
    let mut lines: Vec<String> = Vec::new();
    let mut evidence = Vec::new();
    for project in scene.detection.inspections.iter().map(|inspection| &inspection.project) {
        let Some(below) = project.root.relative_to(scene.top()) else { continue };
        let rules = rules_for(scene, &project.root)?;
        let before = lines.len();
        for pattern in &project.ignore {
            let Some(line) = anchored(&below, pattern) else { continue };
            let covered = lines.contains(&line) || is_covered(&rules, &project.root, pattern);
            if !covered && !matches_tracked(scene, &line) {
                lines.push(line);
            }
        }
        if lines.len() > before {
            let says = format!("a project of {}", project.label());
            evidence.push(presence(&project.root, says));
        }
    }
    Ok((lines, evidence))
}

/// Returns the rules that hold in `directory`: of every ignore file from the top of the repository down to it.
fn rules_for(scene: Scene<'_>, directory: &RepoPath) -> Result<Vec<PathRule>, Error> {
    let mut directories = vec![directory.clone()];
    while let Some(parent) = directories.last().and_then(RepoPath::parent) {
        directories.push(parent);
    }
    let mut rules = Vec::new();
    for directory in directories.iter().rev() {
        let text = scene.view.read(&directory.join(".gitignore"))?.unwrap_or_default();
        rules.extend(ignore_rules(directory, &text));
    }
    Ok(rules)
}

/// Writes a pattern of a project as a line of the ignore file at the top; `None` when the path needs escapes.
fn anchored(below: &RepoPath, pattern: &str) -> Option<String> {
    if below.is_root() {
        return Some(pattern.to_owned());
    }
    let directory = below.as_str().filter(|text| text.chars().all(is_plain))?;
    let inner = pattern.trim_end_matches('/');
    Some(if inner.contains('/') {
        format!("/{directory}/{}", pattern.trim_start_matches('/'))
    } else {
        format!("/{directory}/**/{pattern}")
    })
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "/._-+@,= ".contains(letter)
}

/// Says whether the rules ignore a path that the pattern is meant for.
fn is_covered(rules: &[PathRule], root: &RepoPath, pattern: &str) -> bool {
    let example = pattern.trim_matches('/').replace('*', "x");
    let is_directory = pattern.ends_with('/');
    // `[cod]` stands for any of its letters: the first one is as good as the others.
    let example = match (example.find('['), example.find(']')) {
        (Some(from), Some(to)) if from + 1 < to => {
            format!("{}{}{}", &example[..from], &example[from + 1..from + 2], &example[to + 1..])
        }
        _ => example,
    };
    is_ignored(rules, &root.join(example), is_directory)
}

/// Says whether a line would match a tracked file, or a directory that holds one.
fn matches_tracked(scene: Scene<'_>, line: &str) -> bool {
    let Some(rule) = PathRule::parse(scene.top(), line.as_bytes()) else { return true };
    let mut seen = RepoPath::root();
    scene.view.snapshot().entries().iter().any(|entry| {
        if rule.matches(&entry.path, false) {
            return true;
        }
        let directory = entry.path.parent().unwrap_or_default();
        // Entries are sorted, so those of one directory mostly stand together.
        if directory == seen {
            return false;
        }
        seen = directory.clone();
        let mut next = Some(directory);
        while let Some(directory) = next.filter(|directory| !directory.is_root()) {
            if rule.matches(&directory, true) {
                return true;
            }
            next = directory.parent();
        }
        false
    })
}

/// Appends the block, with the line ends of the file.
fn with_block(old: &[u8], lines: &[String]) -> Vec<u8> {
    let crlf = old.windows(2).any(|pair| pair == b"\r\n");
    let end = if crlf { "\r\n" } else { "\n" };
    let mut content = old.to_vec();
    if !content.is_empty() {
        if !content.ends_with(b"\n") {
            content.extend_from_slice(end.as_bytes());
        }
        content.extend_from_slice(end.as_bytes());
    }
    for line in [OPEN].into_iter().chain(lines.iter().map(String::as_str)).chain([CLOSE]) {
        content.extend_from_slice(line.as_bytes());
        content.extend_from_slice(end.as_bytes());
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored_below_their_project() {
        let below = RepoPath::from("services/api");
        assert_eq!(anchored(&RepoPath::root(), "*.py[cod]").unwrap(), "*.py[cod]");
        assert_eq!(anchored(&below, "node_modules/").unwrap(), "/services/api/**/node_modules/");
        assert_eq!(anchored(&below, "/target/").unwrap(), "/services/api/target/");
        assert_eq!(anchored(&below, ".yarn/x.gz").unwrap(), "/services/api/.yarn/x.gz");
        assert_eq!(anchored(&RepoPath::from("a*b"), "x"), None);
    }

    #[test]
    fn common_writings_cover_a_pattern() {
        let root = RepoPath::root();
        for (text, pattern) in [
            ("*.pyc\n", "*.py[cod]"),
            ("*.py[co]\n", "*.py[cod]"),
            ("node_modules\n", "node_modules/"),
            ("/node_modules/\n", "node_modules/"),
            ("/target\n", "/target/"),
            (".*\n", ".venv/"),
        ] {
            assert!(is_covered(&ignore_rules(&root, text.as_bytes()), &root, pattern), "{text}");
        }
        assert!(!is_covered(&ignore_rules(&root, b"# node_modules\n"), &root, "node_modules/"));
    }

    #[test]
    fn the_block_keeps_what_is_there() {
        let lines = ["a/".to_owned()];
        assert_eq!(with_block(b"", &lines), format!("{OPEN}\na/\n{CLOSE}\n").into_bytes());
        assert_eq!(with_block(b"x", &lines), format!("x\n\n{OPEN}\na/\n{CLOSE}\n").into_bytes());
        assert_eq!(
            with_block(b"x\r\n", &lines),
            format!("x\r\n\r\n{OPEN}\r\na/\r\n{CLOSE}\r\n").into_bytes()
        );
    }
}
