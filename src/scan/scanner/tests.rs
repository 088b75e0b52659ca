//! Whole scans over trees held in memory, hostile ones among them.

use proptest::prelude::*;

use super::*;
use crate::config::{Filesystem, Naming, Pattern, PatternGate};
use crate::git::OddityKind;
use crate::model::{Gate, Severity};
use crate::scan::rule;

type File = (RepoPath, FileMode, Vec<u8>);

fn file(path: &str, content: &str) -> File {
    (path.into(), FileMode::Regular, content.as_bytes().to_vec())
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::compile(text).unwrap()).collect()
}

/// The policy of the tests: one secret pattern, `story` in paths, both naming rules.
fn policy() -> (Policies, Governance) {
    let policies = Policies {
        filesystem: Filesystem {
            state_dir_must_be_local: false,
            forbid_secret_patterns: patterns(&["tok_[a-z]{16}", "(?i)password\\s*="]),
        },
        naming: Naming {
            forbid_double_extensions: true,
            allowed_extensions: Some(vec![".txt".into(), ".bin".into()]),
        },
        ..Policies::default()
    };
    let narrative = PatternGate { enabled: true, patterns: patterns(&["(?i)story"]) };
    let governance = Governance { hash_algorithms: vec![], narrative, questions: PatternGate::default() };
    (policies, governance)
}

fn token() -> String {
    format!("tok_{}", "abcdefgh".repeat(2))
}

struct Setting {
    jobs: usize,
    root: RepoPath,
    only: Option<BTreeSet<RepoPath>>,
    oddities: Vec<Oddity>,
    cancel: CancelToken,
}

fn setting() -> Setting {
    let cancel = CancelToken::default();
    Setting { jobs: 2, root: RepoPath::root(), only: None, oddities: vec![], cancel }
}

fn run(files: &[File], setting: &Setting) -> Result<ScanReport, Error> {
    let id = |content: &[u8]| ObjectId::from_bytes(&crate::hash::ContentDigest::of(content).blake3).unwrap();
    let mut entries: Vec<Entry> = files
        .iter()
        .map(|(path, mode, content)| Entry { path: path.clone(), mode: *mode, id: id(content) })
        .collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let content = |entry: &Entry| files.iter().find(|(path, ..)| *path == entry.path).unwrap().2.clone();
    let tree = Tree {
        entries: &entries,
        oddities: &setting.oddities,
        unlisted: &[],
        read: &|entry| Ok(content(entry)),
        size: &|entry| Ok(if entry.path.file_name() == b"huge.bin" { MAX_SIZE + 1 } else { 1 }),
        order: &|groups| groups.reverse(),
        reader: &|_| {
            Box::new(|entry, buffer| {
                *buffer = content(entry);
                Ok(entry.path.file_name() != b"huge.bin")
            })
        },
    };
    let (policies, governance) = policy();
    let request = ScanRequest {
        policies: &policies,
        rules: rule::built_in(),
        governance: &governance,
        project_root: &setting.root,
        gates: Gates::All,
        only: setting.only.as_ref(),
        before: None,
        now: Timestamp::EPOCH,
        key: None,
        jobs: setting.jobs,
        cancel: &setting.cancel,
    };
    scan_tree(&tree, &request, &Suppression::none())
}

fn rules(report: &ScanReport) -> Vec<(&str, String)> {
    report.findings.iter().map(|finding| (finding.rule.as_str(), finding.path.to_string())).collect()
}

#[test]
fn every_family_of_gates_reports_sorted_and_redacted() {
    let files = [
        file("z.txt", &format!("a\n{}", token())),
        file("My Story.txt", "x"),
        file("a.txt.bin", "password = "),
        file("b.rs", ""),
        (RepoPath::from("link"), FileMode::Symlink, b"../x".to_vec()),
        file(".gitmodules", "[submodule \"x\"]\nurl = -x\n"),
    ];
    let report = run(&files, &setting()).unwrap();
    let found = rules(&report);
    assert_eq!(
        found,
        [
            ("tree.gitmodules-option", ".gitmodules".to_owned()),
            ("path.narrative", "My Story.txt".to_owned()),
            ("naming.double-extension", "a.txt.bin".to_owned()),
            ("secret.password", "a.txt.bin".to_owned()),
            ("naming.extension", "b.rs".to_owned()),
            ("tree.symlink-escapes", "link".to_owned()),
            ("secret.pattern-", "z.txt".to_owned()),
        ]
        .map(|(rule, path)| {
            let full = found.iter().find(|(full, _)| full.starts_with(rule)).unwrap().0;
            (full, path)
        })
    );
    assert!(!serde_json::to_string(&report.findings).unwrap().contains(&token()));
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Error));
}

#[test]
fn the_same_content_is_read_once_and_found_at_each_path() {
    let secret = token();
    let files = [file("a.txt", &secret), file("tests/b.txt", &secret)];
    let report = run(&files, &setting()).unwrap();
    assert_eq!((report.scanned, report.bytes), (2, secret.len() as u64));
    let severities: Vec<Severity> = report.findings.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning], "test data weighs less");
}

#[test]
fn what_is_not_searched_is_listed_with_its_reason() {
    let files = [file("a.bin", "x\0tok"), file("huge.bin", "y"), file("ok.txt", "z"), file("odd.txt", "w")];
    let oddities = vec![Oddity { path: "odd.txt".into(), kind: OddityKind::NullId }];
    let report = run(&files, &Setting { oddities, ..setting() }).unwrap();
    let skipped: Vec<(String, &str)> =
        report.skipped.iter().map(|(path, why)| (path.to_string(), why.as_str())).collect();
    let expected = [("a.bin", "binary"), ("huge.bin", "larger than 16 MiB"), ("odd.txt", "malformed entry")];
    assert_eq!(skipped, expected.map(|(path, why)| (path.to_owned(), why)));
    assert_eq!(report.scanned, 1);
    assert_eq!(rules(&report), [("tree.null-id", "odd.txt".to_owned())]);
}

#[test]
fn only_the_named_paths_are_judged() {
    let files = [file("a.rs", &token()), file("b.rs", &token())];
    let only = Some(BTreeSet::from([RepoPath::from("b.rs")]));
    let report = run(&files, &Setting { only, ..setting() }).unwrap();
    assert!(report.findings.iter().all(|finding| finding.path == RepoPath::from("b.rs")));
    assert_eq!((report.findings.len(), report.scanned), (2, 1));
}

#[test]
fn outside_the_project_root_only_hostile_entries_count() {
    let files = [file("story.rs", &token()), file("app/a.txt", ""), file("x/.git/b", "")];
    let report = run(&files, &Setting { root: "app".into(), ..setting() }).unwrap();
    assert_eq!(rules(&report), [("tree.dot-git", "x/.git".to_owned())]);
    assert_eq!(report.findings[0].gate, Gate::HostileEntry);
}

#[test]
fn a_hostile_entry_that_two_rooms_see_is_told_once() {
    let oddities = vec![Oddity { path: ".git".into(), kind: OddityKind::DotGit }];
    let report = run(&[file(".git", "")], &Setting { oddities, ..setting() }).unwrap();
    assert_eq!(rules(&report), [("tree.dot-git", ".git".to_owned())]);
}

#[test]
fn an_interrupted_scan_is_no_clean_scan() {
    let setting = setting();
    setting.cancel.cancel();
    assert!(matches!(run(&[file("a.txt", "")], &setting), Err(Error::Interrupted)));
}

#[test]
fn a_snapshot_is_scanned_through_the_public_door() {
    let (policies, governance) = policy();
    let secret = token();
    let snapshot = Snapshot::in_memory(&[("a.txt", secret.as_str()), ("b.rs", "x")]);
    let request = ScanRequest {
        policies: &policies,
        rules: rule::built_in(),
        governance: &governance,
        project_root: &RepoPath::root(),
        gates: Gates::All,
        only: None,
        before: None,
        now: Timestamp::EPOCH,
        key: None,
        jobs: 1,
        cancel: &CancelToken::default(),
    };
    let report = scan(&snapshot, &request).unwrap();
    let paths: Vec<String> = report.findings.iter().map(|finding| finding.path.to_string()).collect();
    assert_eq!((paths, report.scanned), (vec!["a.txt".to_owned(), "b.rs".to_owned()], 2));
}

proptest! {
    #[test]
    fn any_names_and_contents_scan_alike_on_one_thread_and_on_many(
        files in proptest::collection::btree_map(
            proptest::collection::vec(prop_oneof![Just(b'/'), Just(b'.'), Just(b'\\'), any::<u8>()], 0..12),
            (0..4_u8, proptest::collection::vec(any::<u8>(), 0..40)),
            0..40,
        ),
    ) {
        let modes = [FileMode::Regular, FileMode::Executable, FileMode::Symlink, FileMode::Gitlink];
        let files: Vec<File> = files
            .into_iter()
            .map(|(path, (mode, content))| (RepoPath::from_bytes(path), modes[usize::from(mode)], content))
            .collect();
        let one = run(&files, &Setting { jobs: 1, ..setting() }).unwrap();
        let many = run(&files, &Setting { jobs: 4, ..setting() }).unwrap();
        prop_assert_eq!(&one, &many);
        prop_assert!(one.findings.is_sorted());
    }
}

#[test]
fn one_content_is_searched_at_each_kind_of_path_that_it_stands_at() {
    // In code a value stands between quotes, and in a configuration it need not.
    let content = ["db_passwd=", "kT9vLq27Xwq\n"].concat();
    let files = ["a.py", "b.py", "c.env", "d.env"].map(|path| file(path, &content));
    let report = run(&files, &setting()).unwrap();
    let found = report.findings.iter().filter(|finding| finding.rule == "secret.generic-password");
    let paths: Vec<String> = found.map(|finding| finding.path.to_string()).collect();
    assert_eq!(paths, ["c.env", "d.env"]);
}
