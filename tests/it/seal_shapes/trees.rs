//! What trees hold: links, bits, submodules, names that no shell likes, depth and width.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::shape::Shape;
use crate::sandbox::Sandbox;

/// The files of the manifest of HEAD, as `show` lists them: path, mode, size.
fn listed(shape: &Shape<'_>) -> Vec<(String, String, u64)> {
    let json = shape.iao("--json show HEAD --manifest").exits(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let files = json["files"].as_array().unwrap().iter();
    files.map(|file| (text(&file["path"]), text(&file["mode"]), file["size"].as_u64().unwrap())).collect()
}

#[test]
fn a_submodule_is_sealed_as_its_commit() {
    let sandbox = Sandbox::python();
    let shape = Shape::of(&sandbox);
    let link = |commit: &str| {
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},vendor/module")]);
        sandbox.git(&["commit", "--quiet", "--message", "a submodule"]);
    };
    link(&"1".repeat(40));
    shape.seals_a_change(|_| link(&"2".repeat(40)));
    assert!(listed(&shape).contains(&("vendor/module".to_owned(), "160000".to_owned(), 0)));
}

#[test]
fn links_are_sealed_as_their_targets_wherever_they_point() {
    let sandbox = Sandbox::python();
    let shape = Shape::of(&sandbox);
    let targets = ["README.md", "no/such/file", "/etc/passwd", "../../outside", "src", "."];
    for (number, target) in targets.iter().enumerate() {
        symlink(target, sandbox.path().join(format!("link{number}"))).unwrap();
    }
    shape.commit("file", "1");
    shape.seals_a_change(|shape| {
        // The target of the link changes, what the old target holds does not matter.
        fs::remove_file(sandbox.path().join("link2")).unwrap();
        symlink("/etc/shadow", sandbox.path().join("link2")).unwrap();
        shape.commit("file", "1");
    });
    let links = listed(&shape).into_iter().filter(|(_, mode, _)| mode == "120000");
    let sizes: Vec<u64> = links.map(|(.., size)| size).collect();
    assert_eq!(sizes, [9, 12, 11, 13, 3, 1]);
}

#[test]
fn a_change_of_the_executable_bit_alone_changes_the_seal() {
    let sandbox = Sandbox::new().file("run.sh", "#!/bin/sh\n").commit("first");
    let shape = Shape::of(&sandbox);
    let blob = sandbox.revision("HEAD:run.sh");
    shape.seals_a_change(|_| {
        sandbox.git(&["update-index", "--chmod=+x", "run.sh"]);
        fs::set_permissions(sandbox.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        sandbox.git(&["commit", "--quiet", "--message", "executable"]);
    });
    assert_eq!(sandbox.revision("HEAD:run.sh"), blob);
    assert_eq!(listed(&shape), [("run.sh".to_owned(), "100755".to_owned(), 10)]);
}

#[test]
fn the_pointer_of_a_large_file_is_sealed_and_no_filter_starts() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4665a5ea423c2713d436b5ee50593a9640e0018c1550b5a0002f74190d6caea8\nsize 12\n";
    let sandbox = Sandbox::new()
        .file("data.bin", pointer)
        .file(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
        .commit("a pointer");
    let canary = sandbox.beside("canary");
    for key in ["clean", "smudge", "process"] {
        sandbox.git(&["config", &format!("filter.lfs.{key}"), &format!("touch {}; cat", canary.display())]);
    }
    sandbox.git(&["config", "filter.lfs.required", "true"]);
    sandbox.git(&["config", "diff.lfs.textconv", &format!("touch {}; cat", canary.display())]);
    for command in ["seal", "verify --seal", "show", "show HEAD --manifest"] {
        sandbox.iao(command).exits(0);
        assert!(!canary.exists(), "`{command}` started a filter");
    }
    let files = listed(&Shape::of(&sandbox));
    assert!(files.contains(&("data.bin".to_owned(), "100644".to_owned(), pointer.len() as u64)), "{files:?}");
    let roots = |sandbox: &Sandbox| sandbox.git(&["notes", "--ref=iao", "show"]);
    let sealed = roots(&sandbox);
    assert!(sealed.contains("blake3"), "{sealed}");
    sandbox.git(&["config", "--remove-section", "filter.lfs"]);
    Shape::of(&sandbox).seals_twice();
}

#[test]
fn names_of_any_bytes() {
    let sandbox = Sandbox::new().file("plain", "0").commit("first");
    let shape = Shape::of(&sandbox);
    let names: [&[u8]; 8] = [
        b"new\nline",
        b"ta\tb",
        b"quo\"te'd",
        b"back\\slash",
        b"\xff\xfe not text",
        "d\u{e4}nisch \u{202e}x".as_bytes(),
        b" lead and trail ",
        b"100%25",
    ];
    for name in names {
        sandbox.put(OsStr::from_bytes(name), name);
        sandbox.put(OsStr::from_bytes(&[b"dir ", name, b"/inner"].concat()), "x");
    }
    shape.commit("file", "1");
    shape.seals_a_change(|shape| {
        sandbox.put(OsStr::from_bytes(b"\xff\xfe not text"), "changed");
        shape.commit("file", "1");
    });
    assert_eq!(listed(&shape).len(), 2 * names.len() + 2);
    let difference = sandbox.iao("show HEAD --manifest").exits(0);
    assert_eq!(difference.stdout.lines().filter(|line| line.contains("inner")).count(), names.len());
}

#[test]
fn a_path_of_four_kibibytes_in_parts_of_255_bytes() {
    let sandbox = Sandbox::new().file("plain", "0").commit("first");
    let shape = Shape::of(&sandbox);
    let long = (0..16).map(|number| format!("{number:x}").repeat(255)).collect::<Vec<_>>().join("/");
    assert_eq!(long.len(), 4095);
    // No file system takes such a path in one piece; the index does.
    let put = |content: &str| {
        let file = sandbox.beside("content");
        fs::write(&file, content).unwrap();
        let blob = sandbox.git(&["hash-object", "-w", file.to_str().unwrap()]);
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{long}")]);
        sandbox.git(&["commit", "--quiet", "--message", "long"]);
    };
    put("1");
    shape.seals_a_change(|_| put("2"));
    assert!(listed(&shape).contains(&(long.clone(), "100644".to_owned(), 1)));
}

#[test]
fn a_commit_of_nothing() {
    let sandbox = Sandbox::new();
    sandbox.commit_all("nothing");
    let shape = Shape::of(&sandbox);
    let tree = sandbox.revision("HEAD^{tree}");
    assert_eq!(tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    shape.seals_twice();
    let note = sandbox.git(&["notes", "--ref=iao", "show", "HEAD~1"]);
    assert!(note.contains("content   0 files, 0 bytes"), "{note}");
    let root = note.lines().find_map(|line| line.strip_prefix("blake3    ")).unwrap();
    let vectors = include_str!("../../../docs/seal-format.md");
    assert!(vectors.contains(root), "the published vector of nothing is not {root}");
}

#[test]
fn sixty_levels_deep_and_ten_thousand_wide() {
    let sandbox = Sandbox::new().file(&format!("{}leaf", "d/".repeat(60)), "1");
    sandbox.git(&["config", "gc.auto", "0"]);
    for number in 0..10_000 {
        sandbox.put(format!("wide/file{number:05}"), format!("{number}"));
    }
    let sandbox = sandbox.commit("wide and deep");
    let shape = Shape::of(&sandbox);
    shape.seals_a_change(|shape| _ = shape.commit("wide/file05000", "changed"));
    shape.seals_a_change(|shape| _ = shape.commit(&format!("{}leaf", "d/".repeat(60)), "2"));
    assert_eq!(listed(&shape).len(), 10_001);
}
