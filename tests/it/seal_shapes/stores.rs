//! Where objects lie: loose, packed, in deltas, in another store, or at a remote.

use std::fs;
use std::path::PathBuf;

use super::shape::Shape;
use crate::sandbox::Sandbox;

/// A repository that serves partial clones, and such a clone without a single blob.
fn partial() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::python().file("deep/er/data.bin", "data").commit("second");
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    sandbox.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let (url, clone) = (format!("file://{}", sandbox.path().display()), sandbox.beside("partial"));
    let words = ["clone", "--quiet", "--filter=blob:none", "--no-checkout", &url, clone.to_str().unwrap()];
    sandbox.git(&words);
    (sandbox, clone)
}

/// The blobs of HEAD that are not here, asked without fetching one.
fn missing(shape: &Shape<'_>) -> usize {
    let listed = shape.git(&["rev-list", "--objects", "--missing=print", "HEAD"]);
    listed.lines().filter(|line| line.starts_with('?')).count()
}

#[test]
fn a_partial_clone_is_refused_by_name_and_nothing_is_fetched() {
    let (sandbox, clone) = partial();
    let shape = Shape::at(&sandbox, &clone);
    let before = (missing(&shape), shape.object_files());
    assert!(before.0 >= 5, "{before:?}");
    let named = regex::Regex::new("(?s)content of `([^`]+)`.*object ([0-9a-f]{40}) is not").unwrap();
    // Once with the remote in reach, so that a fetch would work; once without, so that one would be told.
    for reachable in [true, false] {
        let hidden = sandbox.path().with_file_name("hidden");
        if !reachable {
            fs::rename(sandbox.path(), &hidden).unwrap();
        }
        let outcome = sandbox.iao_in(&clone, &[], ["seal"]);
        if !reachable {
            fs::rename(&hidden, sandbox.path()).unwrap();
        }
        let said = outcome.stderr.clone();
        outcome.refuses(&["partial clone", "cannot read the content of", "fetch"]);
        let found = named.captures(&said).unwrap();
        let (path, object) = (&found[1], &found[2]);
        assert_eq!(sandbox.revision(&format!("HEAD:{path}")), object, "the path has this object");
        assert_eq!((missing(&shape), shape.object_files()), before, "reachable: {reachable}");
    }
    assert_eq!(shape.git(&["for-each-ref", "refs/iao", "refs/notes"]), "");
}

#[test]
fn a_partial_clone_that_has_its_blobs_is_sealed_out_of_reach_of_its_remote() {
    let (sandbox, clone) = partial();
    let shape = Shape::at(&sandbox, &clone);
    shape.git(&["checkout", "--quiet", "main"]);
    // Blobs of older commits are still at the remote, and are not needed.
    shape.git(&["config", "remote.origin.url", "file:///nowhere"]);
    shape.git(&["config", "advice.statusHints", "false"]);
    shape.seals_twice();
}

#[test]
fn objects_of_another_store_are_read_and_one_that_is_gone_is_named() {
    let sandbox = Sandbox::python();
    let (lender, borrower) = (sandbox.beside("lender"), sandbox.beside("borrower"));
    sandbox.git(&["clone", "--quiet", "--bare", ".", lender.to_str().unwrap()]);
    sandbox.git(&["clone", "--quiet", "--shared", lender.to_str().unwrap(), borrower.to_str().unwrap()]);
    let shape = Shape::at(&sandbox, &borrower);
    assert_eq!(shape.objects(), (0, 0, 0), "all objects are borrowed");
    let before = Shape::at(&sandbox, &lender).object_files();
    shape.seals_twice();
    assert_eq!(Shape::at(&sandbox, &lender).object_files(), before, "the lender is read alone");
    fs::rename(&lender, sandbox.beside("moved")).unwrap();
    let (files, refs) = (shape.object_files(), fs::read(borrower.join(".git/refs/iao/ledger")).unwrap());
    for command in ["seal HEAD~1", "verify --seal HEAD~1", "show HEAD~1"] {
        shape.iao(command).refuses(&["alternates", "that was to lend it is gone", lender.to_str().unwrap()]);
    }
    assert_eq!(shape.object_files(), files);
    assert_eq!(fs::read(borrower.join(".git/refs/iao/ledger")).unwrap(), refs);
    fs::rename(sandbox.beside("moved"), &lender).unwrap();
    shape.holds("HEAD~1");
}

#[test]
fn loose_objects_packs_and_an_index_over_packs_side_by_side() {
    let sandbox = Sandbox::python();
    let shape = Shape::of(&sandbox);
    for number in 0..3 {
        shape.commit(&format!("packed{number}.txt"), &"line\n".repeat(number + 1));
        sandbox.git(&["repack", "--quiet", "-d"]);
    }
    sandbox.git(&["multi-pack-index", "write"]);
    shape.commit("packed-later.txt", "after the index\n");
    sandbox.git(&["repack", "--quiet", "-d"]);
    shape.commit("loose.txt", "loose\n");
    let (loose, packed, packs) = shape.objects();
    assert!(loose > 0 && packed > 0 && packs == 4, "{loose} {packed} {packs}");
    shape.seals_a_change(|shape| {
        shape.commit("later.txt", "later\n");
        sandbox.git(&["gc", "--quiet", "--prune=now"]);
    });
    sandbox.git(&["gc", "--quiet", "--prune=now"]);
    shape.holds("HEAD");
    shape.holds("HEAD~1");
    let revision = shape.commit("last.txt", "last\n");
    shape.seals(&revision);
}

#[test]
fn one_pack_in_which_all_is_delta() {
    let sandbox = Sandbox::new();
    let shape = Shape::of(&sandbox);
    let mut lines: Vec<String> = (0..2000).map(|number| format!("line {number} of a long file")).collect();
    for number in 0..12 {
        lines[number * 100] = format!("edited {number}");
        sandbox.put(format!("copy{number}.txt"), lines.join("\n"));
        shape.commit("grown.txt", &lines.join("\n"));
    }
    sandbox.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
    sandbox.git(&["prune-packed"]);
    let (loose, _, packs) = shape.objects();
    assert_eq!((loose, packs), (0, 1));
    let pack =
        shape.object_files().into_iter().find(|path| path.extension().is_some_and(|word| word == "idx"));
    let listed = sandbox.git(&["verify-pack", "-v", pack.unwrap().to_str().unwrap()]);
    assert!(listed.contains("chain length = 3"), "no chains of deltas: {listed}");
    shape.seals_twice();
}
