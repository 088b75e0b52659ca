//! What the tests of hooks share: repositories with hooks in place, and what must be as it was after each of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::sandbox::Sandbox;

/// A sandbox with the hooks in place, and the program where they find it.
pub(crate) fn hooked() -> Sandbox {
    let sandbox = Sandbox::python();
    sandbox.iao("hooks install --files").exits(0);
    sandbox
}

/// A line that holds a credential, another one for each word.
pub(crate) fn secret(word: &str) -> String {
    format!("url = 'postgres://app:{word}{}@db.internal/x'\n", "9Zq")
}

/// Writes a script that may be run.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What no hook may touch: each file of a working tree with its time, the index, and what differs from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    files: BTreeMap<PathBuf, (Vec<u8>, SystemTime)>,
    index: String,
    unstaged: String,
}

impl Kept {
    pub(crate) fn of(sandbox: &Sandbox, top: &Path) -> Self {
        let place = top.to_str().unwrap();
        let mut files = BTreeMap::new();
        gather(top, &mut files);
        Self {
            files,
            index: sandbox.git(&["-C", place, "ls-files", "--stage", "-v"]),
            unstaged: sandbox.git(&["-C", place, "diff", "--binary"]),
        }
    }
}

fn gather(folder: &Path, into: &mut BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, facts) = (entry.path(), entry.metadata().unwrap());
        if path.ends_with(".git") || path.ends_with(".indestructibleautoops") {
            continue;
        }
        if facts.is_dir() {
            gather(&path, into);
        } else {
            into.insert(path.clone(), (fs::read(&path).unwrap_or_default(), facts.modified().unwrap()));
        }
    }
}

/// Every file of a folder with its kind, mode and bytes; what is not there has none.
pub(crate) fn listed(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, String)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let facts = entry.metadata().unwrap();
        let bytes = match fs::read_link(entry.path()) {
            Ok(target) => target.into_os_string().into_encoded_bytes(),
            Err(_) => fs::read(entry.path()).unwrap_or_default(),
        };
        found.insert(entry.path(), (bytes, format!("{:?} {:?}", facts.file_type(), facts.permissions())));
    }
    found
}

/// Runs git, which a gate must stop, and holds that nothing of the user's was touched; returns what it said.
pub(crate) fn stopped(sandbox: &Sandbox, top: &Path, arguments: &[&str]) -> String {
    let before = Kept::of(sandbox, top);
    let head = sandbox.git(&["-C", top.to_str().unwrap(), "rev-parse", "HEAD"]);
    let said = sandbox.git_fails(&[&["-C", top.to_str().unwrap()], arguments].concat());
    assert!(said.contains("blocked by"), "{arguments:?}: {said}");
    assert_eq!(Kept::of(sandbox, top), before, "{arguments:?}");
    assert_eq!(sandbox.git(&["-C", top.to_str().unwrap(), "rev-parse", "HEAD"]), head);
    said
}
