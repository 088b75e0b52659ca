//! `git iao seal` records the hash boundary of a commit as it is, and the note says so to people and programs.

use git_iao::hash::Algorithm;
use serde_json::Value;

use crate::sandbox::Sandbox;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every object in a document that has a `path`, wherever it stands.
fn objects_with_a_path(value: &Value, into: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("path") {
                into.push(value.clone());
            }
            fields.values().for_each(|value| objects_with_a_path(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| objects_with_a_path(value, into)),
        _ => {}
    }
}

#[test]
fn a_commit_is_sealed_as_it_is() {
    let sandbox = Sandbox::python();
    let (before, head) = (sandbox.user_state(), sandbox.revision("HEAD"));
    sandbox.iao("seal").exits(0);
    before.assert_untouched(&sandbox);
    assert!(sandbox.git(&["notes", "--ref=iao", "show", &head]).contains(&head));
    sandbox.iao("verify --seal").exits(0);
    let log = sandbox.git(&["log", "-1", "--notes=iao"]);
    assert!(log.contains("Notes (iao)") && log.to_lowercase().contains("unsigned"), "{log}");
}

#[test]
fn the_manifest_lists_every_file_with_both_digests() {
    let sandbox =
        Sandbox::python().file("deep/er/dänisch.bin", [0, 159, 146, 150]).file("empty", "").commit("more");
    sandbox.iao("seal").exits(0);
    let json = sandbox.iao("--json show HEAD --manifest").exits(0).json();
    let mut entries = Vec::new();
    objects_with_a_path(&json, &mut entries);
    let tracked = sandbox.git(&["ls-tree", "-r", "-z", "--name-only", "HEAD"]);
    for path in tracked.split('\0').filter(|path| !path.is_empty()) {
        let content = std::fs::read(sandbox.path().join(path)).unwrap();
        let entry = entries
            .iter()
            .find(|entry| entry["path"] == path)
            .unwrap_or_else(|| panic!("{path} is not listed"));
        let text = entry.to_string();
        assert_eq!(entry["mode"], "100644");
        assert_eq!(entry["size"], content.len());
        for algorithm in Algorithm::ALL {
            assert!(
                text.contains(&hex(&algorithm.digest(&content))),
                "{} of {path}: {text}",
                algorithm.as_str()
            );
        }
    }
}

#[test]
fn the_same_commit_has_the_same_roots_everywhere() {
    let note = || {
        let sandbox = Sandbox::python();
        sandbox.iao("seal").exits(0);
        sandbox.git(&["notes", "--ref=iao", "show", "HEAD"])
    };
    let digests = |text: String| {
        let digest = regex::Regex::new(r"\b(?:[0-9a-f]{128}|[0-9a-f]{64})\b").unwrap();
        digest.find_iter(&text).map(|hit| hit.as_str().to_owned()).collect::<Vec<_>>()
    };
    let roots = digests(note());
    assert!(roots.iter().any(|root| root.len() == 128), "no SHA3-512 root in the note");
    assert!(digests(note()).contains(roots.iter().find(|root| root.len() == 128).unwrap()));
}

#[test]
fn sealing_twice_is_harmless() {
    let sandbox = Sandbox::python();
    sandbox.iao("seal").exits(0);
    let tree = sandbox.revision("refs/notes/iao^{tree}");
    sandbox.iao("seal").exits(0);
    sandbox.iao("verify --seal").exits(0);
    assert_eq!(sandbox.git(&["notes", "--ref=iao", "list"]).lines().count(), 1, "{tree}");
    sandbox.git(&["fsck", "--strict", "--no-dangling"]);
}

/// Seals HEAD with these options; how the boundary was drawn, and its root.
fn drawn(sandbox: &Sandbox, options: &str) -> (Value, Value) {
    let manifest = sandbox.iao(&format!("--json seal {options}")).exits(0).json()["manifest"].take();
    (manifest["drawn"].clone(), manifest["sha3_512"].clone())
}

#[test]
fn a_later_seal_takes_over_what_did_not_change() {
    let sandbox = Sandbox::python();
    let (first, _) = drawn(&sandbox, "");
    assert_eq!((&first["how"], &first["base"], &first["reused"]), (&"full".into(), &Value::Null, &0.into()));
    let sandbox = sandbox.file("deep/new.txt", "new").file("README.md", "changed").commit("second");
    let (second, root) = drawn(&sandbox, "");
    assert_eq!((&second["how"], &second["hashed"]), (&"incremental".into(), &2.into()));
    assert!(second["base"].is_string() && second["reused"].as_u64() > Some(0), "{second}");
    for options in ["--no-cache", "--full"] {
        let (again, same) = drawn(&sandbox, options);
        assert_eq!(
            (&again["how"], &again["base"], &again["cached"]),
            (&"full".into(), &Value::Null, &0.into())
        );
        assert_eq!(same, root, "{options}");
    }
    let sandbox = sandbox.file("README.md", "again").commit("third");
    sandbox.iao("seal").exits(0).answers(&["1 content digested", "files taken over"]);
    sandbox.iao("verify --seal").exits(0);
}

#[test]
fn odd_trees_are_sealed_whole() {
    let sandbox = Sandbox::python();
    std::os::unix::fs::symlink("README.md", sandbox.path().join("link")).unwrap();
    sandbox.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},module", sandbox.revision("HEAD")),
    ]);
    sandbox.git(&["add", "link"]);
    sandbox.git(&["commit", "--quiet", "--message", "a link and a submodule"]);
    sandbox.iao("seal").exits(0);
    let json = sandbox.iao("--json show --manifest").exits(0).json().to_string();
    assert!(json.contains("120000") && json.contains("160000"), "{json}");
}
