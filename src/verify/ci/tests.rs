//! Policies about continuous integration.

use super::*;
use crate::model::{FileMode, ObjectId};

fn entries(paths: &[&str]) -> Vec<Entry> {
    let id = ObjectId::from_bytes(&[1; 20]).unwrap();
    paths.iter().map(|path| Entry { path: (*path).into(), mode: FileMode::Regular, id }).collect()
}

fn run(allowed: &[&str], files: &[(&str, &str)]) -> Answer {
    let allowed = allowed.iter().map(|runner| (*runner).to_owned()).collect();
    let ci = Ci { require_workflow: false, allowed_runners: Some(allowed) };
    let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    let text = |entry: &Entry| files.iter().find(|(path, _)| entry.path == RepoPath::from(*path)).unwrap().1;
    let size = |entry: &Entry| Ok(text(entry).len() as u64);
    runners(&ci, &entries(&paths), size, |entry| Ok(text(entry).as_bytes().to_vec())).unwrap()
}

const GOOD: (&str, &str) = (".github/workflows/a.yml", "jobs: {x: {runs-on: ubuntu-latest}}");

#[test]
fn any_provider_counts_as_a_workflow() {
    let ci = Ci { require_workflow: true, allowed_runners: None };
    for path in [".github/workflows/x.yaml", ".gitlab-ci.yml", "Jenkinsfile", ".woodpecker/a.yml"] {
        assert_eq!(workflow_present(&ci, &entries(&[path])).standing, Standing::Kept, "{path}");
    }
    for path in [".github/workflows/README.md", ".github/workflows/sub/x.yml", "docs/Jenkinsfile", "ci.yml"] {
        let answer = workflow_present(&ci, &entries(&[path]));
        assert_eq!((answer.standing, answer.findings.len()), (Standing::Broken, 1), "{path}");
    }
    let off = Ci { require_workflow: false, allowed_runners: None };
    assert_eq!(workflow_present(&off, &[]).standing, Standing::NotConfigured);
}

#[test]
fn a_job_on_another_runner_breaks_the_policy_and_is_named() {
    let bad = (".github/workflows/b.yaml", "jobs: {deploy: {runs-on: [self-hosted]}}");
    let answer = run(&["ubuntu-latest"], &[GOOD, bad]);
    assert_eq!(answer.standing, Standing::Broken);
    assert_eq!(answer.findings.len(), 1);
    assert_eq!(answer.findings[0].path, RepoPath::from(bad.0));
    assert!(answer.findings[0].message.contains("`deploy` runs on `self-hosted`"));
    assert_eq!(run(&["ubuntu-latest"], &[GOOD]).standing, Standing::Kept);
    assert_eq!(run(&["ubuntu-latest"], &[]).standing, Standing::Kept);
}

#[test]
fn what_cannot_be_judged_is_a_doubt_and_no_pass() {
    for file in [
        (".github/workflows/m.yml", "jobs: {x: {runs-on: '${{ inputs.os }}'}}"),
        (".github/workflows/m.yml", "jobs: ["),
        (".gitlab-ci.yml", "x: 1"),
    ] {
        let answer = run(&["ubuntu-latest"], &[GOOD, file]);
        assert_eq!((answer.standing, answer.findings.len()), (Standing::InDoubt, 1), "{file:?}");
        assert!(answer.findings[0].severity < Severity::Error);
    }
    let large = format!("{}\n{}", GOOD.1, "#".repeat(1 << 19));
    assert_eq!(run(&["ubuntu-latest"], &[(GOOD.0, &large)]).standing, Standing::InDoubt);
}
