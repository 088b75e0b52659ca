//! `git iao init` writes the documents that a run would use anyway, for people to change.

use std::fs;

use crate::plan::plan_bytes;
use crate::sandbox::Sandbox;
use crate::sync::Team;

const PIPELINE: &str = "configs/indestructibleautoops.pipeline.yaml";

#[test]
fn what_init_writes_is_valid_and_means_what_the_default_means() {
    let sandbox = Sandbox::python();
    let meaning = || {
        let plan: serde_json::Value = serde_json::from_slice(&plan_bytes(&sandbox, "HEAD")).unwrap();
        plan["config"].clone()
    };
    let before = meaning();
    sandbox.iao("init").exits(0);
    assert!(sandbox.path().join(PIPELINE).is_file());
    sandbox.iao("validate").exits(0);
    sandbox.commit_all("add the configuration");
    assert_eq!(before, meaning(), "equal meaning, equal digest");
}

#[test]
fn init_never_overwrites_unless_told() {
    let sandbox = Sandbox::python();
    sandbox.iao("init").exits(0);
    let written = fs::read_to_string(sandbox.path().join(PIPELINE)).unwrap();
    let mine = format!("# mine\n{written}");
    sandbox.put(PIPELINE, &mine);
    sandbox.iao("init").refuses(&["pipeline.yaml", "--force"]);
    assert_eq!(fs::read_to_string(sandbox.path().join(PIPELINE)).unwrap(), mine);
    sandbox.iao("init --force").exits(0);
    assert_eq!(fs::read_to_string(sandbox.path().join(PIPELINE)).unwrap(), written);
}

#[test]
fn init_stages_nothing_and_moves_no_ref() {
    let sandbox = Sandbox::python();
    let before = (sandbox.revision("HEAD"), sandbox.git(&["diff", "--cached", "--name-only"]));
    sandbox.iao("init").exits(0);
    assert_eq!(before, (sandbox.revision("HEAD"), sandbox.git(&["diff", "--cached", "--name-only"])));
}

#[test]
fn a_remote_is_set_up_once_announced_and_undone_as_the_hint_says() {
    let team = Team::new();
    let one = team.clone("one");
    let config = || fs::read_to_string(one.join(".git/config")).unwrap();
    let before = config();
    let outcome =
        team.iao(&one, "init --remote origin").exits(0).says(&["git config --fixed-value --unset-all"]);
    outcome.answers(&[
        "added `remote.origin.fetch = +refs/iao/*:refs/iao/remotes/origin/*`",
        "^refs/iao/remotes/*",
    ]);
    assert!(!one.join("configs").exists(), "no document is written");
    let after = config();
    team.iao(&one, "init --remote origin").exits(0).answers(&["nothing to do"]);
    assert_eq!(config(), after);
    // An ordinary fetch works with nothing there, and brings evidence along when there is some.
    team.git(&one, &["fetch", "--quiet"]);
    let two = team.clone("two");
    team.seal(&two, "a");
    team.sync(&two);
    team.git(&one, &["fetch", "--quiet"]);
    assert!(!team.reference(&one, "refs/iao/remotes/origin/ledger").is_empty());
    assert_eq!(team.sync(&one)["fetched"]["seals"], 1, "fetched is not yet checked and merged");
    for spec in ["+refs/iao/*:refs/iao/remotes/origin/*", "^refs/iao/remotes/*"] {
        team.git(&one, &["config", "--fixed-value", "--unset-all", "remote.origin.fetch", spec]);
    }
    assert_eq!(config(), before);
    team.iao(&one, "init --remote nobody").refuses(&["no remote `nobody`"]);
    team.iao(&one, "init --remote ../remote.git").refuses(&["git remote add"]);
    team.commit(&two, "more");
    team.git(&two, &["push", "--quiet", "origin", "main"]);
    let shallow = team.clone_with("shallow", &["--depth=1"]);
    team.iao(&shallow, "init --remote origin").refuses(&["shallow", "git iao sync"]);
}
