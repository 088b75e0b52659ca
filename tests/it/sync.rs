//! `git iao sync`: evidence between real clones, through plain bare repositories.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::{Outcome, Sandbox};

pub(crate) const LEDGER: &str = "refs/iao/ledger";

/// A bare repository and clones of it, in one sandbox; the sandbox's own repository stays aside.
pub(crate) struct Team {
    pub(crate) sandbox: Sandbox,
    pub(crate) remote: PathBuf,
}

impl Team {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A team whose repositories are made with these options of `git init`.
    pub(crate) fn with(options: &[&str]) -> Self {
        let sandbox = Sandbox::without_repository();
        let remote = sandbox.beside("remote.git");
        let init = ["init", "--quiet", "--bare", "--initial-branch=main"];
        sandbox.git(&[&init, options, &[remote.to_str().unwrap()]].concat());
        let team = Self { sandbox, remote };
        let seed = team.sandbox.beside("seed");
        team.sandbox.git(
            &[&["init", "--quiet", "--initial-branch=main"], options, &[seed.to_str().unwrap()]].concat(),
        );
        team.git(&seed, &["remote", "add", "origin", team.remote.to_str().unwrap()]);
        std::fs::write(seed.join("README.md"), "# sample\n").unwrap();
        team.commit(&seed, "first");
        team.git(&seed, &["push", "--quiet", "origin", "main"]);
        team
    }

    pub(crate) fn clone(&self, name: &str) -> PathBuf {
        self.clone_with(name, &[])
    }

    pub(crate) fn clone_with(&self, name: &str, options: &[&str]) -> PathBuf {
        let place = self.sandbox.beside(name);
        let words = ["clone", "--quiet"];
        let url = format!("file://{}", self.remote.display());
        self.sandbox.git(&[&words, options, &[&url, place.to_str().unwrap()]].concat());
        place
    }

    pub(crate) fn git(&self, place: &Path, arguments: &[&str]) -> String {
        self.sandbox.git(&[&["-C", place.to_str().unwrap()], arguments].concat())
    }

    #[must_use]
    pub(crate) fn iao(&self, place: &Path, arguments: &str) -> Outcome {
        self.sandbox.iao_in(place, &[], arguments.split_whitespace())
    }

    pub(crate) fn commit(&self, place: &Path, message: &str) -> String {
        self.git(place, &["add", "--all"]);
        self.git(place, &["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(place, &["rev-parse", "HEAD"])
    }

    /// Makes a commit with a file of its own and seals it.
    pub(crate) fn seal(&self, place: &Path, name: &str) -> String {
        std::fs::write(place.join(name), name).unwrap();
        let commit = self.commit(place, name);
        self.iao(place, "seal").exits(0);
        commit
    }

    /// Syncs, and returns the answer.
    pub(crate) fn sync(&self, place: &Path) -> Value {
        self.iao(place, "sync --json").exits(0).json()
    }

    pub(crate) fn reference(&self, place: &Path, name: &str) -> String {
        self.git(place, &["for-each-ref", "--format=%(objectname)", name])
    }

    /// The entries of a ledger.
    pub(crate) fn entries(&self, place: &Path) -> String {
        self.git(place, &["ls-tree", "-r", LEDGER])
    }

    pub(crate) fn assert_whole(&self, place: &Path) {
        let said = self.git(place, &["fsck", "--full", "--strict", "--no-dangling", "--no-progress"]);
        let said: Vec<_> = said.lines().filter(|line| !line.starts_with("notice:")).collect();
        assert!(said.is_empty(), "{}: {said:?}", place.display());
    }
}

#[test]
fn the_first_sync_fills_an_empty_remote_and_the_second_clone_has_it_all() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let team = Team::with(options);
        let (one, two) = (team.clone("one"), team.clone("two"));
        let sealed = team.seal(&one, "a");
        let state = |place: &Path| crate::sandbox::UserState::of(&team.sandbox, place, &place.join(".git"));
        let (before_one, before_two) = (state(&one), state(&two));
        let pushed = team.sync(&one);
        assert_eq!((&pushed["tries"], &pushed["pushed"]["seals"]), (&1.into(), &1.into()));
        let fetched = team.sync(&two);
        assert_eq!((&fetched["fetched"]["seals"], &fetched["notes"]), (&1.into(), &1.into()));
        assert_eq!(fetched["moved"], serde_json::json!([]));
        assert_eq!(team.entries(&one), team.entries(&two));
        team.git(&two, &["cat-file", "-e", &sealed]);
        team.iao(&two, &format!("verify {sealed} --seal")).exits(0);
        team.iao(&two, "log --check --full").exits(0);
        assert!(team.git(&two, &["log", "--notes=iao", "-1", &sealed]).contains("git-iao seal:"));
        before_one.assert_same(&state(&one));
        before_two.assert_same(&state(&two));
        for place in [&one, &two, &team.remote] {
            team.assert_whole(place);
        }
        assert!(!one.join(".git/FETCH_HEAD").exists());
        let again = team.sync(&one);
        assert_eq!((&again["pushed"]["commits"], &again["moved"]), (&0.into(), &serde_json::json!([])));
    }
}

#[test]
fn two_clones_that_sealed_apart_end_with_one_ledger_that_holds_both() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    let commits = [team.seal(&one, "a"), team.seal(&two, "b")];
    for place in [&one, &two, &one] {
        team.sync(place);
    }
    assert_eq!(team.reference(&one, LEDGER), team.reference(&two, LEDGER));
    assert_eq!(team.reference(&one, LEDGER), team.reference(&team.remote, LEDGER));
    for place in [&one, &two] {
        for commit in &commits {
            team.iao(place, &format!("verify {commit} --seal")).exits(0);
        }
        assert_eq!(team.sync(place)["moved"], serde_json::json!([]), "all is said");
    }
    // Whoever only has git sees all notes at the remote.
    assert_eq!(team.git(&team.remote, &["notes", "--ref=iao", "list"]).lines().count(), 2);
    team.iao(&one, "log --check --full").exits(0);
    team.assert_whole(&team.remote);
}

#[test]
fn a_url_and_a_path_work_like_a_remote_and_every_remote_is_remembered_apart() {
    let team = Team::new();
    let one = team.clone("one");
    team.seal(&one, "a");
    let other = team.sandbox.beside("other.git");
    team.sandbox.git(&["init", "--quiet", "--bare", other.to_str().unwrap()]);
    team.git(&one, &["remote", "add", "other", other.to_str().unwrap()]);
    team.iao(&one, "sync").exits(0);
    assert_eq!(team.reference(&other, LEDGER), "", "two remotes, and the branch follows origin");
    team.iao(&one, "sync other").exits(0).answers(&["in sync with other"]);
    assert_eq!(team.reference(&other, LEDGER), team.reference(&one, LEDGER));
    let third = team.sandbox.beside("third.git");
    team.sandbox.git(&["init", "--quiet", "--bare", third.to_str().unwrap()]);
    team.seal(&one, "b");
    for url in [format!("file://{}", third.display()), "../third.git".to_owned()] {
        team.iao(&one, &format!("sync {url}")).exits(0);
        assert_eq!(team.reference(&third, LEDGER), team.reference(&one, LEDGER));
    }
    let tracked = team.reference(&one, "refs/iao/remotes/*/ledger");
    assert_eq!(tracked.lines().count(), 4, "{tracked}");
    team.iao(&one, "sync nobody").refuses(&["no remote `nobody`", "origin", "other"]);
    team.iao(&one, "sync ../nothing.git").refuses(&["cannot list", "nothing.git"]);
    team.iao(&team.sandbox.beside("seed"), "sync").exits(0);
}

#[test]
fn without_any_remote_or_evidence_it_says_so() {
    let sandbox = Sandbox::python();
    sandbox.iao("sync").refuses(&["no remote to talk to"]);
    let team = Team::new();
    let one = team.clone("one");
    team.iao(&one, "sync").exits(0).answers(&["no evidence yet"]);
    assert_eq!(team.git(&one, &["for-each-ref", "refs/iao", "refs/notes"]), "");
}

#[test]
fn a_rolled_back_remote_is_refused_at_each_earlier_tip() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    for name in ["a", "b", "c"] {
        team.seal(&one, name);
        team.sync(&one);
    }
    team.sync(&two);
    let tip = team.reference(&two, LEDGER);
    let earlier = team.git(&two, &["rev-list", "--skip=1", LEDGER]);
    assert!(earlier.lines().count() >= 2);
    for old in earlier.lines() {
        team.git(&team.remote, &["update-ref", LEDGER, old]);
        for place in [&one, &two] {
            let outcome = team.iao(place, "sync").exits(1).says(&["rolled back", old, &tip, "help"]);
            assert!(outcome.stdout.is_empty());
            assert_eq!(team.reference(place, LEDGER), tip);
        }
        assert_eq!(team.reference(&team.remote, LEDGER), old, "nothing is pushed either");
    }
    // What the message says mends it.
    team.git(&two, &["push", "--quiet", "origin", LEDGER]);
    team.sync(&two);
    assert_eq!(team.iao(&two, "sync --json").exits(0).json()["ledger"], tip);
}

#[test]
fn a_fork_of_equal_length_is_refused_until_somebody_decides() {
    let team = Team::new();
    let (one, two, rival) = (team.clone("one"), team.clone("two"), team.clone("rival"));
    team.seal(&one, "a");
    for place in [&one, &two, &rival] {
        team.sync(place);
    }
    let start = team.reference(&one, LEDGER);
    team.seal(&one, "b");
    team.sync(&one);
    team.sync(&two);
    // The rival grows the ledger from the same place, and pushes it by force.
    team.seal(&rival, "c");
    let fork = team.reference(&rival, LEDGER);
    assert_eq!(team.git(&rival, &["rev-parse", &format!("{fork}~")]), start);
    team.git(&rival, &["push", "--quiet", "--force", "origin", LEDGER]);
    let (tip, entries) = (team.reference(&two, LEDGER), team.entries(&two));
    let outcome = team.iao(&two, "sync").exits(1).says(&["was replaced", &tip, &fork, "force-with-lease"]);
    assert!(outcome.stderr.contains("trust/remotes/origin"), "{outcome:?}");
    assert_eq!((team.reference(&two, LEDGER), team.entries(&two)), (tip, entries));
    assert_eq!(team.reference(&two, "refs/iao/remotes/origin/ledger"), fork, "what was seen stays");
    let json = team.iao(&two, "sync --json").exits(1).json();
    assert_eq!(json["error"]["code"], "iao::ledger::remote_forked");
    // Whoever knows why it happened can keep both.
    std::fs::remove_file(two.join(".git/iao/trust/remotes/origin")).unwrap();
    team.sync(&two);
    assert_eq!(team.git(&two, &["ls-tree", "-r", "--name-only", LEDGER, "seals/"]).lines().count(), 3);
}

#[test]
fn a_ledger_that_was_deleted_at_the_remote_is_put_back_and_told() {
    let team = Team::new();
    let one = team.clone("one");
    team.seal(&one, "a");
    team.sync(&one);
    for name in [LEDGER, "refs/iao/keep", "refs/notes/iao"] {
        team.git(&team.remote, &["update-ref", "-d", name]);
    }
    let outcome = team.iao(&one, "sync").exits(0).says(&["was gone", LEDGER]);
    assert!(outcome.stdout.contains("in sync"), "{outcome:?}");
    assert_eq!(team.reference(&team.remote, LEDGER), team.reference(&one, LEDGER));
}

#[test]
fn a_remote_that_says_no_for_a_while_is_asked_again_and_one_that_always_does_is_named() {
    let team = Team::new();
    let one = team.clone("one");
    team.seal(&one, "a");
    let hook = team.remote.join("hooks/pre-receive");
    let count = team.remote.join("count");
    let script = |times: usize| {
        format!(
            "#!/bin/sh\nn=$(cat '{0}' 2>/dev/null || echo 0)\necho $((n+1)) > '{0}'\n[ \"$n\" -ge {times} ]\n",
            count.display()
        )
    };
    write_hook(&hook, &script(3));
    assert_eq!(team.sync(&one)["tries"], 4);
    team.seal(&one, "b");
    std::fs::remove_file(&count).unwrap();
    write_hook(&hook, &script(1000));
    let tip = team.reference(&team.remote, LEDGER);
    team.iao(&one, "sync").refuses(&["does not take evidence", LEDGER, "refs/notes/iao", "refs/iao/*"]);
    assert_eq!(team.reference(&team.remote, LEDGER), tip, "all or nothing");
    assert_eq!(std::fs::read_to_string(&count).unwrap().trim(), "6");
}

pub(crate) fn write_hook(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_forge_that_hides_these_refs_is_told_apart_from_a_race() {
    let team = Team::new();
    let one = team.clone("one");
    team.seal(&one, "a");
    team.git(&team.remote, &["config", "receive.hideRefs", "refs/iao"]);
    team.iao(&one, "sync").refuses(&["does not take evidence", LEDGER]);
    // (git's own --atomic lets refs that are not hidden through; notes without a ledger say nothing.)
    assert_eq!(team.git(&team.remote, &["for-each-ref", "refs/iao"]), "");
}

#[test]
fn shallow_and_partial_clones_share_what_they_can() {
    let team = Team::new();
    team.git(&team.remote, &["config", "uploadpack.allowFilter", "true"]);
    let one = team.clone("one");
    let sealed = team.seal(&one, "a");
    team.git(&one, &["push", "--quiet", "origin", "main"]);
    team.sync(&one);

    let shallow = team.clone_with("shallow", &["--depth=1"]);
    let answer = team.sync(&shallow);
    assert_eq!(answer["leftOut"][0]["name"], "refs/iao/keep");
    assert_eq!(team.git(&shallow, &["rev-list", "--count", "HEAD"]), "1", "no history came along");
    team.iao(&shallow, &format!("verify {sealed} --seal")).exits(0);
    team.seal(&shallow, "b");
    assert_eq!(team.sync(&shallow)["pushed"]["seals"], 1);

    let partial = team.clone_with("partial", &["--filter=blob:none"]);
    // An ordinary fetch with a refspec for evidence leaves the ledger's files at the remote.
    team.git(&partial, &["fetch", "--quiet", "origin", "+refs/iao/*:refs/iao/remotes/origin/*"]);
    assert_eq!(team.sync(&partial)["fetched"]["seals"], 2);
    team.iao(&partial, "log --check --full").exits(0);
    team.seal(&partial, "c");
    team.sync(&partial);
    assert_eq!(team.sync(&one)["fetched"]["seals"], 2);
    team.assert_whole(&team.remote);
}

#[test]
fn repositories_with_names_of_different_length_do_not_mix() {
    let team = Team::new();
    let one = team.clone("one");
    team.seal(&one, "a");
    team.sync(&one);
    let other = team.sandbox.beside("other");
    team.sandbox.git(&["init", "--quiet", "--object-format=sha256", other.to_str().unwrap()]);
    team.git(&other, &["remote", "add", "origin", team.remote.to_str().unwrap()]);
    team.iao(&other, "sync").refuses(&["another hash function"]);
    assert_eq!(team.git(&other, &["for-each-ref"]), "");
}

#[test]
fn no_hook_runs_no_tag_comes_and_a_mirror_stays_a_mirror() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    team.seal(&one, "a");
    team.git(&one, &["tag", "-m", "x", "v1"]);
    team.git(&one, &["push", "--quiet", "origin", "main", "v1"]);
    let mark = two.join(".git/ran");
    for hook in ["reference-transaction", "pre-push", "post-checkout"] {
        write_hook(&two.join(".git/hooks").join(hook), &format!("#!/bin/sh\ntouch '{}'\n", mark.display()));
    }
    team.git(&two, &["config", "remote.origin.mirror", "true"]);
    team.git(&two, &["config", "remote.origin.prune", "true"]);
    team.git(&two, &["config", "push.followTags", "true"]);
    team.sync(&one);
    std::fs::remove_file(&mark).ok();
    team.seal(&two, "b");
    std::fs::remove_file(&mark).ok();
    team.sync(&two);
    assert!(!mark.exists());
    assert_eq!(team.git(&two, &["tag"]), "");
    assert_eq!(team.git(&team.remote, &["rev-parse", "main"]), team.git(&one, &["rev-parse", "main"]));
}

#[test]
fn notes_of_others_at_the_remote_stay_there_and_never_come_here() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    team.seal(&one, "a");
    team.sync(&one);
    let unsealed = team.git(&two, &["rev-parse", "HEAD"]);
    team.git(&team.remote, &["notes", "--ref=iao", "add", "-m", "written by hand", &unsealed]);
    let sealed = team.seal(&two, "b");
    team.sync(&two);
    let shown = |place: &Path, commit: &str| {
        let words = ["-C", place.to_str().unwrap(), "notes", "--ref=iao", "show", commit];
        team.sandbox.git_says_yes(&words)
    };
    assert!(shown(&team.remote, &unsealed) && shown(&team.remote, &sealed));
    assert!(!shown(&two, &unsealed) && shown(&two, &sealed));
    assert_eq!(team.sync(&two)["moved"], serde_json::json!([]));
    // A note over one of ours is replaced by what the ledger says, and its author stays in the history.
    team.git(&team.remote, &["notes", "--ref=iao", "add", "-f", "-m", "forged", &sealed]);
    team.sync(&two);
    let note = team.git(&team.remote, &["notes", "--ref=iao", "show", &sealed]);
    assert!(note.starts_with("git-iao seal:"), "{note}");
    assert!(team.git(&team.remote, &["log", "--format=%s", "refs/notes/iao"]).contains("by 'git notes add'"));
}

#[test]
fn a_sync_that_is_killed_at_any_moment_is_finished_by_the_next() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    let mut commits = vec![team.seal(&one, "a")];
    team.sync(&one);
    for wait in (0..40).step_by(4) {
        commits.push(team.seal(&one, &format!("one-{wait}")));
        commits.push(team.seal(&two, &format!("two-{wait}")));
        team.sync(&one);
        team.sandbox.iao_killed(&two, "sync", std::time::Duration::from_millis(wait));
        team.iao(&two, "log --check").exits(0);
    }
    for place in [&two, &one, &two] {
        team.sync(place);
    }
    assert_eq!(team.entries(&one), team.entries(&two));
    for commit in &commits {
        team.iao(&two, &format!("verify {commit} --seal")).exits(0);
    }
    for place in [&one, &two, &team.remote] {
        team.assert_whole(place);
    }
}

#[test]
fn clones_that_race_through_one_remote_lose_nothing() {
    let team = Team::new();
    let places: Vec<PathBuf> = (0..6).map(|number| team.clone(&format!("c{number}"))).collect();
    let work = |place: &PathBuf| {
        let mut sealed = Vec::new();
        for round in 0..2 {
            let name = place.file_name().unwrap().to_str().unwrap();
            sealed.push(team.seal(place, &format!("{name}-{round}")));
            team.sync(place);
        }
        sealed
    };
    let commits: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = places.iter().map(|place| scope.spawn(|| work(place))).collect();
        for number in 0..3 {
            team.git(&team.remote, &["gc", "--quiet"]);
            team.git(&places[0], &["notes", "--ref=other", "append", "-m", &format!("{number}"), "main~"]);
        }
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(commits.len(), 12);
    for place in &places {
        team.sync(place);
    }
    let listed = team.git(&team.remote, &["ls-tree", "-r", "--name-only", LEDGER, "seals/"]);
    for commit in &commits {
        assert!(listed.contains(commit.as_str()), "{commit} was lost");
    }
    team.assert_whole(&team.remote);
    team.iao(&places[0], "log --check --full").exits(0);
    assert_eq!(team.git(&team.remote, &["notes", "--ref=iao", "list"]).lines().count(), 12);
}

#[test]
fn every_ref_of_evidence_has_a_reflog_whatever_the_config_says() {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    for place in [&one, &two] {
        team.git(place, &["config", "core.logAllRefUpdates", "false"]);
    }
    team.seal(&one, "a");
    team.sync(&one);
    team.seal(&two, "b");
    team.sync(&two);
    for name in [LEDGER, "refs/iao/keep", "refs/notes/iao", "refs/iao/remotes/origin/ledger"] {
        let lines = std::fs::read_to_string(two.join(".git/logs").join(name)).unwrap();
        assert!(lines.contains("git-iao"), "{name}: {lines}");
    }
}
