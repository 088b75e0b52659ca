//! The planner on small trees, with real git underneath.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::ContentAddress;
use crate::git::testing::Sandbox;
use crate::model::{Evidence, FileMode};

const PATH: &str = "ci.yml";

fn families() -> BTreeSet<TargetFamily> {
    TargetFamily::ALL.into_iter().collect()
}

fn proposal(path: &str, action: Action) -> Proposal {
    Proposal {
        rule: "generic/ci".to_owned(),
        family: TargetFamily::Ci,
        root: RepoPath::root(),
        path: RepoPath::from(path),
        mode: FileMode::Regular,
        action,
        subject: "Add continuous integration".to_owned(),
        reason: "Nothing runs the tests.".to_owned(),
        evidence: vec![Evidence { path: RepoPath::from("a"), line: Some(1), says: "tests".to_owned() }],
    }
}

fn render(path: &str, content: &str) -> Proposal {
    let template = Template { id: "ci/x".to_owned(), version: 1 };
    proposal(path, Action::Render { content: content.as_bytes().to_vec(), template, already_met: None })
}

fn edit(path: &str, content: &str) -> Proposal {
    proposal(path, Action::Edit { content: content.as_bytes().to_vec() })
}

/// Plans one round on the commit at HEAD.
fn plan(
    sandbox: &Sandbox,
    history: &BTreeMap<RepoPath, Rendering>,
    proposals: &[Proposal],
) -> (Plan, Vec<Finding>) {
    let repository = sandbox.open();
    let commit = repository.resolve("HEAD").unwrap();
    let snapshot = repository.snapshot_commit(commit).unwrap();
    let base = Base { commit: Some(commit), tree: snapshot.tree().unwrap() };
    let families = families();
    let mut planner = Planner::new(
        &repository,
        base,
        ContentAddress::of(b"config"),
        serde_json::Value::Null,
        &families,
        history,
    );
    planner.round(&snapshot, ReadSet::new(), proposals).unwrap();
    planner.finish()
}

fn rendered(old: &str, accepted: bool) -> BTreeMap<RepoPath, Rendering> {
    BTreeMap::from([(RepoPath::from(PATH), Rendering { content: old.as_bytes().to_vec(), accepted })])
}

fn content(plan: &Plan) -> String {
    let change = plan.changes.last().expect("a change");
    String::from_utf8(change.content.as_ref().unwrap().to_bytes().unwrap()).unwrap()
}

#[test]
fn a_file_that_is_missing_is_created_with_its_expected_tree() {
    let sandbox = Sandbox::new().file("a", "x").commit("first");
    let (plan, findings) = plan(&sandbox, &BTreeMap::new(), &[render(PATH, "new\n")]);
    assert!(findings.is_empty(), "{findings:?}");
    let change = &plan.changes[0];
    assert_eq!((change.action, change.before), (ChangeKind::Create, None));
    assert_eq!(plan.read_set.get(&RepoPath::from(PATH)), Some(&None), "its absence was read");
    assert_eq!((change.tree, plan.result), (plan.result, change.tree));
    assert_ne!(plan.result, plan.base.tree);
}

#[test]
fn a_file_of_the_users_own_is_never_rendered_over() {
    let sandbox = Sandbox::new().file(PATH, "mine\n").commit("first");
    let (plan, findings) = plan(&sandbox, &BTreeMap::new(), &[render(PATH, "new\n")]);
    assert!(plan.is_empty() && findings.is_empty());
}

#[test]
fn what_the_repository_has_already_is_not_made_again() {
    let sandbox = Sandbox::new().file("a", "x").commit("first");
    let template = Template { id: "ci/x".to_owned(), version: 1 };
    let met = Some("another workflow".to_owned());
    let action = Action::Render { content: b"new\n".to_vec(), template, already_met: met };
    assert!(plan(&sandbox, &BTreeMap::new(), &[proposal(PATH, action)]).0.is_empty());
}

#[test]
fn an_unedited_rendering_is_brought_up_to_date() {
    let sandbox = Sandbox::new().file(PATH, "old\n").commit("first");
    let (plan, _) = plan(&sandbox, &rendered("old\n", true), &[render(PATH, "new\n")]);
    assert_eq!(content(&plan), "new\n");
    assert_eq!(plan.changes[0].rendered, None);
}

#[test]
fn edits_of_the_user_survive_an_update() {
    let sandbox = Sandbox::new().file(PATH, "a\nb\nc\nd\nmine\n").commit("first");
    let (plan, _) = plan(&sandbox, &rendered("a\nb\nc\nd\ne\n", true), &[render(PATH, "A\nb\nc\nd\ne\n")]);
    assert_eq!(content(&plan), "A\nb\nc\nd\nmine\n");
    let rendered = plan.changes[0].rendered.as_ref().unwrap().to_bytes().unwrap();
    assert_eq!(rendered, b"A\nb\nc\nd\ne\n", "the next merge starts from what was rendered");
}

#[test]
fn an_edit_without_a_new_template_is_left_alone() {
    let sandbox = Sandbox::new().file(PATH, "mine\n").commit("first");
    let (plan, findings) = plan(&sandbox, &rendered("old\n", true), &[render(PATH, "old\n")]);
    assert!(plan.is_empty() && findings.is_empty());
}

#[test]
fn a_conflict_is_a_finding_and_never_a_marker() {
    let sandbox = Sandbox::new().file(PATH, "mine\n").commit("first");
    let (plan, findings) = plan(&sandbox, &rendered("old\n", true), &[render(PATH, "new\n")]);
    assert!(plan.is_empty());
    assert_eq!(findings[0].rule, "repair/template-conflict");
}

#[test]
fn a_file_that_the_user_deleted_stays_deleted() {
    let sandbox = Sandbox::new().file("a", "x").commit("first");
    let (gone, findings) = plan(&sandbox, &rendered("old\n", true), &[render(PATH, "new\n")]);
    assert!(gone.is_empty());
    assert_eq!((findings[0].rule.as_str(), findings[0].severity), ("repair/stays-deleted", Severity::Note));
    let (offered, _) = plan(&sandbox, &rendered("old\n", false), &[render(PATH, "new\n")]);
    assert_eq!(offered.changes.len(), 1, "one that was never taken over is offered again");
}

#[test]
fn nothing_is_written_through_a_link_or_where_a_directory_stands() {
    let sandbox = Sandbox::new().file("dir/x", "x").file("file", "x");
    std::os::unix::fs::symlink("/tmp", sandbox.path().join("link")).unwrap();
    let sandbox = sandbox.commit("first");
    for path in ["link", "link/ci.yml", "file/ci.yml", "dir"] {
        let (plan, findings) = plan(&sandbox, &BTreeMap::new(), &[render(path, "new\n")]);
        assert!(plan.is_empty(), "{path}");
        assert_eq!(findings[0].rule, "repair/obstacle", "{path}");
    }
}

#[test]
fn a_second_edit_of_a_file_waits_for_the_next_round() {
    let sandbox = Sandbox::new().file("m", "1\n").commit("first");
    let (plan, _) = plan(&sandbox, &BTreeMap::new(), &[edit("m", "2\n"), edit("m", "3\n")]);
    assert_eq!((plan.changes.len(), content(&plan)), (1, "2\n".to_owned()));
}

#[test]
fn two_different_files_for_one_path_are_an_error() {
    let sandbox = Sandbox::new().file("a", "x").commit("first");
    let repository = sandbox.open();
    let snapshot = repository.snapshot_commit(repository.resolve("HEAD").unwrap()).unwrap();
    let (families, history) = (families(), BTreeMap::new());
    let base = Base { commit: None, tree: snapshot.tree().unwrap() };
    let mut planner = Planner::new(
        &repository,
        base,
        ContentAddress::of(b""),
        serde_json::Value::Null,
        &families,
        &history,
    );
    let both = [render(PATH, "one\n"), render(PATH, "two\n")];
    assert!(matches!(planner.round(&snapshot, ReadSet::new(), &both), Err(Error::Conflict { .. })));
}

#[test]
fn a_family_that_is_not_selected_is_not_planned() {
    let sandbox = Sandbox::new().file("a", "x").commit("first");
    let repository = sandbox.open();
    let snapshot = repository.snapshot_commit(repository.resolve("HEAD").unwrap()).unwrap();
    let (families, history) = (BTreeSet::from([TargetFamily::Deps]), BTreeMap::new());
    let base = Base { commit: None, tree: snapshot.tree().unwrap() };
    let mut planner = Planner::new(
        &repository,
        base,
        ContentAddress::of(b""),
        serde_json::Value::Null,
        &families,
        &history,
    );
    assert_eq!(planner.round(&snapshot, ReadSet::new(), &[render(PATH, "new\n")]).unwrap(), 0);
}

mod applied {
    //! What becomes of a plan once it is staged, or carried to another base.

    use super::*;
    use crate::base::Timestamp;
    use crate::git::Person;
    use crate::model::RunId;
    use crate::repair::{PatchSet, PatchSetRequest, RUN_TRAILER, rebase, stale_paths};

    fn request<'a>(plan: &'a Plan, run: &'a RunId, person: &'a Person) -> PatchSetRequest<'a> {
        let base = plan.base.commit.unwrap();
        PatchSetRequest { plan, base, run, person, time: Timestamp::from_seconds(1_700_000_000) }
    }

    fn actors() -> (RunId, Person) {
        (RunId::from_bytes([7; 16]), Person { name: "Ada".to_owned(), email: "ada@example.org".to_owned() })
    }

    #[test]
    fn staging_gives_the_promised_trees_and_the_same_commits_each_time() {
        let sandbox = Sandbox::new().file("m", "1\n").commit("first");
        let (plan, _) = plan(&sandbox, &BTreeMap::new(), &[render(PATH, "new\n"), edit("m", "2\n")]);
        let (run, person) = actors();
        let repository = sandbox.open();
        let patches = PatchSet::stage(&repository, &request(&plan, &run, &person)).unwrap();
        assert_eq!(patches.commits.len(), 2);
        assert_eq!(patches.tree, plan.result);
        assert_eq!(patches, PatchSet::stage(&sandbox.open(), &request(&plan, &run, &person)).unwrap());
        let commit = repository.commit(patches.tip).unwrap();
        assert_eq!(commit.trailer(RUN_TRAILER), [run.to_string()]);
        assert!(repository.ref_target("refs/heads/iao/governance").unwrap().is_none());
    }

    #[test]
    fn a_plan_whose_content_was_swapped_is_refused() {
        let sandbox = Sandbox::new().file("m", "1\n").commit("first");
        let (good, _) = plan(&sandbox, &BTreeMap::new(), &[render(PATH, "new\n")]);
        let (run, person) = actors();
        let mut swapped = good.clone();
        swapped.changes[0].content = Some(Content::new(b"evil\n"));
        let mut elsewhere = good.clone();
        elsewhere.changes[0].path = RepoPath::from("other");
        let mut tree = good.clone();
        tree.result = good.base.tree;
        for bad in [swapped, elsewhere, tree] {
            assert!(PatchSet::stage(&sandbox.open(), &request(&bad, &run, &person)).is_err());
        }
    }

    #[test]
    fn a_plan_moves_only_where_everything_it_read_is_the_same() {
        let sandbox = Sandbox::new().file("m", "1\n").commit("first");
        let (plan, _) = plan(&sandbox, &BTreeMap::new(), &[edit("m", "2\n")]);
        let sandbox = sandbox.file("unrelated", "x").commit("second");
        let repository = sandbox.open();
        repository.stage_blob(b"2\n").unwrap();
        let second = repository.resolve("HEAD").unwrap();
        let moved = rebase(&repository, &plan, second).unwrap();
        assert_ne!(moved.id().unwrap(), plan.id().unwrap());
        assert_eq!((moved.base.commit, moved.changes.len()), (Some(second), 1));
        assert!(repository.lookup(moved.result, &RepoPath::from("unrelated")).unwrap().is_some());

        let sandbox = sandbox.file("m", "changed\n").commit("third");
        let repository = sandbox.open();
        let third = repository.resolve("HEAD").unwrap();
        let tree = repository.commit(third).unwrap().tree;
        assert_eq!(stale_paths(&repository, &plan, tree).unwrap(), [RepoPath::from("m")]);
        assert!(matches!(rebase(&repository, &plan, third), Err(Error::Stale { .. })));
    }
}
