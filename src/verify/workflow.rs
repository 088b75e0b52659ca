//! Reads the jobs of a GitHub workflow.
//!
//! The text is a stranger's: depth, aliases and events are counted before the loader sees it.

use saphyr_parser::{Event, Parser};
use serde_yaml::Value;

use super::matrix;
use super::runner::RunsOn;

/// The deepest nesting, the most aliases and the most events of a workflow.
const MAX_DEPTH: usize = 32;
const MAX_ALIASES: usize = 32;
const MAX_EVENTS: usize = 50_000;

/// One job that names where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// Its id, shortened and without control characters.
    pub(super) name: String,
    /// Where it runs.
    pub(super) runs_on: RunsOn,
}

/// Returns the jobs of a workflow in the order of the text; a job that calls another workflow runs nowhere by
/// itself and is left out.
///
/// Says what keeps the text from being read as a workflow.
pub(super) fn jobs(text: &[u8]) -> Result<Vec<Job>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    guard(text)?;
    let value: Value = serde_yaml::from_str(text).map_err(|_| "it is not YAML of a workflow".to_owned())?;
    let Some(jobs) = value.get("jobs").and_then(Value::as_mapping) else {
        return Err("it has no `jobs`".to_owned());
    };
    let runs = jobs.iter().filter(|(_, job)| job.get("uses").is_none());
    Ok(runs.map(|(id, job)| Job { name: shown(id), runs_on: resolved(job) }).collect())
}

/// Refuses what would make the loader slow or large.
fn guard(text: &str) -> Result<(), String> {
    let (mut depth, mut aliases) = (0_usize, 0_usize);
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, _) = event.map_err(|_| "it is not YAML".to_owned())?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Alias(_) => aliases += 1,
            _ => {}
        }
        if depth > MAX_DEPTH || aliases > MAX_ALIASES || count > MAX_EVENTS {
            return Err("it is nested too deep, too long, or has too many aliases".to_owned());
        }
    }
    Ok(())
}

/// Returns where a job runs: of a matrix, everywhere that its values name.
fn resolved(job: &Value) -> RunsOn {
    let strategy = job.get("strategy");
    match runs_on(job.get("runs-on")) {
        RunsOn::Labels(labels) => {
            RunsOn::Labels(labels.iter().flat_map(|label| matrix::resolve(label, strategy)).collect())
        }
        RunsOn::Malformed => RunsOn::Malformed,
    }
}

fn runs_on(value: Option<&Value>) -> RunsOn {
    match value {
        Some(Value::Mapping(map)) => {
            let group = map.get("group").and_then(Value::as_str).map(|group| format!("group:{group}"));
            let labels = match map.get("labels") {
                None => Some(Vec::new()),
                Some(labels) => texts(labels),
            };
            match (group, labels) {
                (group, Some(labels)) => RunsOn::Labels(group.into_iter().chain(labels).collect()),
                (_, None) => RunsOn::Malformed,
            }
        }
        Some(value) => texts(value).map_or(RunsOn::Malformed, RunsOn::Labels),
        None => RunsOn::Malformed,
    }
}

/// Returns one text, or a list of texts and nothing else.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Sequence(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn shown(id: &Value) -> String {
    let text = id.as_str().unwrap_or("(no text)");
    text.chars().filter(|character| !character.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(labels: &[&str]) -> RunsOn {
        RunsOn::Labels(labels.iter().map(|label| (*label).to_owned()).collect())
    }

    #[test]
    fn every_form_of_runs_on_is_read() {
        let text = "
on: push
jobs:
  one: {runs-on: ubuntu-latest}
  two: {runs-on: [self-hosted, linux]}
  three: {runs-on: {group: big, labels: [arm]}}
  four: {runs-on: {group: big, labels: arm}}
  five: {runs-on: '${{ matrix.os }}'}
  six: {uses: ./.github/workflows/other.yml}
  seven: {runs-on: 3}
  eight: {steps: []}
  nine: {runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [ubuntu-latest, macos-14]}}}
";
        let found: Vec<(String, RunsOn)> =
            jobs(text.as_bytes()).unwrap().into_iter().map(|job| (job.name, job.runs_on)).collect();
        let expected = [
            ("one", labels(&["ubuntu-latest"])),
            ("two", labels(&["self-hosted", "linux"])),
            ("three", labels(&["group:big", "arm"])),
            ("four", labels(&["group:big", "arm"])),
            ("five", labels(&["${{ matrix.os }}"])),
            ("seven", RunsOn::Malformed),
            ("eight", RunsOn::Malformed),
            ("nine", labels(&["ubuntu-latest", "macos-14"])),
        ];
        assert_eq!(found, expected.map(|(name, runs_on)| (name.to_owned(), runs_on)));
    }

    #[test]
    fn anchors_are_followed_and_a_burst_of_them_refused() {
        let one = "x: &r ubuntu-latest\njobs: {a: {runs-on: *r}}\n";
        assert_eq!(jobs(one.as_bytes()).unwrap()[0].runs_on, labels(&["ubuntu-latest"]));
        let burst = format!("x: &r [{}]\njobs: [{}]\n", "a", vec!["*r"; MAX_ALIASES + 1].join(","));
        assert!(jobs(burst.as_bytes()).is_err());
    }

    #[test]
    fn hostile_and_malformed_texts_are_refused_quickly() {
        for text in [
            &b"\xff"[..],
            b"jobs: [",
            b"jobs: 3",
            b"",
            b"- a",
            "[".repeat(100_000).as_bytes(),
            b"jobs: {a: 1}\njobs: {b: 1}\n",
            b"a: 1\n---\njobs: {}\n",
        ] {
            assert!(jobs(text).is_err(), "{}", String::from_utf8_lossy(&text[..text.len().min(40)]));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[-a-z:\\[\\]{}&*! \n\"'|>#,]{0,80}") {
            let _ = jobs(text.as_bytes());
        }
    }
}
