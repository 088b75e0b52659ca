//! How much of a labelled corpus the scanner finds, and how often it is wrong: `docs/accuracy.md` tells how.
//!
//! The corpus is made when the test runs; no secret stands in any file of this package.

mod corpus;
mod encoded;
mod near_misses;
mod random;
mod score;
mod secrets;
mod vendors;
mod vocabulary;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use corpus::{Corpus, Verdict};
use score::{Reported, Score};

/// The least recall and precision of the whole and of each syntax group; what is better may be entered here.
const FLOORS: &[(&str, f64, f64)] = &[
    ("total", 0.769, 0.998),
    ("actions", 0.807, 1.0),
    ("checks", 0.511, 1.0),
    ("cloud", 0.88, 1.0),
    ("cpp", 0.623, 1.0),
    ("csharp", 0.739, 1.0),
    ("dart", 0.8, 1.0),
    ("data", 0.4, 1.0),
    ("docker", 0.941, 1.0),
    ("dotenv", 0.99, 0.971),
    ("elixir", 1.0, 1.0),
    ("encoded", 1.0, 1.0),
    ("functional", 0.59, 1.0),
    ("go", 0.726, 1.0),
    ("graphql", 1.0, 1.0),
    ("groovy", 0.666, 1.0),
    ("html", 0.833, 1.0),
    ("http", 0.666, 1.0),
    ("ini", 0.977, 1.0),
    ("java", 0.682, 1.0),
    ("javascript", 0.71, 1.0),
    ("json", 0.935, 1.0),
    ("keys", 0.916, 1.0),
    ("kotlin", 0.937, 1.0),
    ("kubernetes", 0.969, 1.0),
    ("lockfiles", 1.0, 1.0),
    ("logs", 0.757, 1.0),
    ("lookalikes", 0.687, 1.0),
    ("lua", 0.666, 1.0),
    ("mail", 0.75, 1.0),
    ("markdown", 0.537, 1.0),
    ("notebooks", 0.888, 1.0),
    ("ops", 0.615, 1.0),
    ("perl", 1.0, 1.0),
    ("php", 0.71, 1.0),
    ("powershell", 0.634, 1.0),
    ("python", 0.7, 1.0),
    ("rcfiles", 0.904, 1.0),
    ("rlang", 0.857, 1.0),
    ("ruby", 0.875, 1.0),
    ("rust", 0.682, 1.0),
    ("scala", 1.0, 1.0),
    ("shell", 0.765, 1.0),
    ("sql", 0.764, 1.0),
    ("swift", 0.8, 1.0),
    ("terraform", 0.894, 1.0),
    ("toml", 0.846, 1.0),
    ("vba", 1.0, 1.0),
    ("vue", 0.416, 1.0),
    ("webserver", 0.2, 1.0),
    ("xml", 0.876, 1.0),
    ("yaml", 0.928, 1.0),
];

/// Where the peers' corpus and the list of mistakes are written to.
const FOLDER: &str = "IAO_ACCURACY";

/// Puts the corpus into a repository, scans it with the real binary, and returns the lines that it reported.
fn scanned(corpus: &Corpus) -> Reported {
    let sandbox = Sandbox::new();
    for (path, text) in &corpus.files {
        sandbox.put(path, text);
    }
    sandbox.commit_all("corpus");
    let report = sandbox.iao("--format json scan").json();
    assert_eq!(report["scan"]["skipped"], json!([]), "everything is to be read");
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["gate"] == "secret_detected").map(place).collect()
}

fn place(finding: &Value) -> (String, usize) {
    let line = finding["span"]["line"].as_u64().unwrap();
    (finding["path"].as_str().unwrap().to_owned(), usize::try_from(line).unwrap())
}

#[test]
fn the_corpus_is_as_large_and_as_wide_as_promised() {
    let corpus = Corpus::expand();
    let groups: std::collections::BTreeSet<_> = corpus.labels.iter().map(|label| &label.group).collect();
    let (secrets, near_misses) = (corpus.count(Verdict::Secret), corpus.count(Verdict::NearMiss));
    let unjudged = corpus.count(Verdict::Unjudged);
    println!(
        "{} templates, {} groups, {} files: {secrets} secrets, {near_misses} near misses, {unjudged} unjudged\n",
        corpus.templates,
        groups.len(),
        corpus.files.len()
    );
    assert!(corpus.templates >= 120 && groups.len() >= 15 && secrets >= 2000 && near_misses >= 4000);
}

#[test]
fn one_seed_gives_one_corpus() {
    let (one, other) = (Corpus::expand(), Corpus::expand());
    assert_eq!(one.files, other.files);
    assert_eq!(one.labels, other.labels);
    for label in &one.labels {
        let lines = one.files[&label.path].lines().count();
        assert!(label.first <= label.last && label.last <= lines, "{label:?} points outside");
    }
}

#[test]
fn recall_and_precision_hold_their_floors() {
    let corpus = Corpus::expand();
    let score = Score::of(&corpus, &scanned(&corpus));
    println!("{}", score.tables());
    println!("the floors that this holds:\n{}", score.floors());
    if let Some(folder) = std::env::var_os(FOLDER) {
        fs::write(Path::new(&folder).join("mistakes.txt"), score.mistakes()).unwrap();
    }
    let mut below = Vec::new();
    for (name, recall, precision) in FLOORS {
        let tally = if *name == "total" { score.total } else { score.groups[*name] };
        if tally.recall() < *recall || tally.precision() < *precision {
            below.push(format!("{name}: {:.3} {:.3}, {tally:?}", tally.recall(), tally.precision()));
        }
    }
    assert!(below.is_empty(), "below their floors (recall, precision):\n{}", below.join("\n"));
    let without: Vec<_> =
        score.groups.keys().filter(|group| !FLOORS.iter().any(|(name, ..)| name == group)).collect();
    assert!(without.is_empty(), "these groups have no floor: {without:?}");
}

#[test]
#[ignore = "writes the corpus and its labels to the folder that IAO_ACCURACY names, for tests/accuracy/peers.py"]
fn the_corpus_is_written_for_other_scanners() {
    let folder = std::env::var_os(FOLDER).expect("IAO_ACCURACY names a folder");
    let corpus = Corpus::expand();
    for (path, text) in &corpus.files {
        let path = Path::new(&folder).join("corpus").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let labels = serde_json::to_string_pretty(&json!({ "labels": corpus.labels })).unwrap();
    fs::write(Path::new(&folder).join("labels.json"), labels).unwrap();
}

#[test]
fn a_score_counts_blocks_once_and_strays_as_wrong() {
    let corpus = Corpus::expand();
    let block =
        corpus.labels.iter().find(|label| label.verdict == Verdict::Secret && label.last > label.first);
    let block = block.unwrap();
    let near_miss = corpus.labels.iter().find(|label| label.verdict == Verdict::NearMiss).unwrap();
    let lines = [(&block.path, block.first), (&block.path, block.last), (&near_miss.path, near_miss.first)];
    let mut reported: Reported = lines.map(|(path, line)| (path.clone(), line)).into();
    let score = Score::of(&corpus, &reported).total;
    assert_eq!((score.found, score.false_alarms, score.strays), (1, 1, 0));
    let labelled = |line| {
        corpus
            .labels
            .iter()
            .any(|label| label.path == block.path && (label.first..=label.last).contains(&line))
    };
    let free = (1..=corpus.files[&block.path].lines().count()).find(|line| !labelled(*line)).unwrap();
    reported.insert((block.path.clone(), free));
    let score = Score::of(&corpus, &reported).total;
    assert_eq!((score.found, score.false_alarms, score.strays), (1, 1, 1));
}
