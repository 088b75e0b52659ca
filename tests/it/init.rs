//! `git iao init` writes the documents that a run would use anyway, for people to change.

use std::fs;

use crate::plan::plan_bytes;
use crate::sandbox::Sandbox;

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
