//! Narrative and question patterns over paths.
//!
//! A pattern is tried on each directory above an entry too; the shortest path that matches gets the finding,
//! once.

use std::collections::BTreeSet;

use crate::config::{Governance, Pattern, PatternGate};
use crate::model::{Finding, Gate, RepoPath, Severity};

/// Returns what both gates find in `paths`.
pub(super) fn check<'a>(
    governance: &Governance,
    paths: impl Iterator<Item = &'a RepoPath> + Clone,
) -> Vec<Finding> {
    let mut findings = apply(&governance.narrative, paths.clone(), |path, pattern| Finding {
        path,
        span: None,
        rule: "path.narrative".to_owned(),
        gate: Gate::NarrativeDetected,
        severity: Severity::Error,
        message: format!("the path matches the narrative pattern `{}`", pattern.text()),
        help: "rename it after what it holds, or narrow the pattern in `governance.banNarrative`".to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    });
    findings.extend(apply(&governance.questions, paths, |path, pattern| Finding {
        path,
        span: None,
        rule: "path.question".to_owned(),
        gate: Gate::QuestionDetected,
        severity: Severity::Error,
        message: format!("the path matches the question pattern `{}`", pattern.text()),
        help: "rename it as a statement, or narrow the pattern in `governance.forbidQuestions`".to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }));
    findings
}

fn apply<'a>(
    gate: &PatternGate,
    paths: impl Iterator<Item = &'a RepoPath>,
    finding: impl Fn(RepoPath, &Pattern) -> Finding,
) -> Vec<Finding> {
    if !gate.enabled || gate.patterns.is_empty() {
        return Vec::new();
    }
    let mut hits = BTreeSet::new();
    for path in paths {
        for (index, pattern) in gate.patterns.iter().enumerate() {
            if let Some(shortest) = prefixes(path).find(|prefix| pattern.regex().is_match(prefix)) {
                hits.insert((RepoPath::from_bytes(shortest), index));
            }
        }
    }
    hits.into_iter().map(|(path, index)| finding(path, &gate.patterns[index])).collect()
}

/// Returns the directories above `path` from the top down, then `path` itself, as bytes.
fn prefixes(path: &RepoPath) -> impl Iterator<Item = &[u8]> {
    let bytes = path.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
    ends.chain(std::iter::once(bytes.len())).map(|end| &bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(patterns: &[&str]) -> PatternGate {
        let patterns = patterns.iter().map(|text| Pattern::compile(text).unwrap()).collect();
        PatternGate { enabled: true, patterns }
    }

    fn found(narrative: PatternGate, questions: PatternGate, paths: &[RepoPath]) -> Vec<(String, String)> {
        let governance = Governance { hash_algorithms: vec![], narrative, questions };
        let findings = check(&governance, paths.iter());
        findings.into_iter().map(|finding| (finding.rule, finding.path.to_string())).collect()
    }

    #[test]
    fn a_directory_that_matches_is_named_once() {
        let paths = ["my story/a", "my story/b", "src/why?", "ask?/x"].map(RepoPath::from);
        let found = found(gate(&["(?i)STORY"]), gate(&["\\?$"]), &paths);
        let expected =
            [("path.narrative", "my story"), ("path.question", "ask?"), ("path.question", "src/why?")];
        assert_eq!(found, expected.map(|(rule, path)| (rule.to_owned(), path.to_owned())));
    }

    #[test]
    fn a_gate_that_is_off_finds_nothing() {
        let off = || PatternGate { enabled: false, ..gate(&["."]) };
        assert_eq!(found(off(), off(), &[RepoPath::from("a")]), []);
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_as_bytes() {
        let paths = [RepoPath::from_bytes(b"\xff-\xe8\xab\x8b\xe5\x95\x8f".to_vec())];
        assert_eq!(found(gate(&[]), gate(&["\u{8acb}\u{554f}"]), &paths).len(), 1);
    }
}
