//! Tells which borrowed object store is gone, when an object is not found.
//!
//! Only asked once something is missing: a store that is gone and not needed is nobody's trouble.

use std::path::{Path, PathBuf};

/// Returns the first directory that `info/alternates` of the object store names and that is not there.
pub(super) fn gone(objects: &Path) -> Option<PathBuf> {
    let text = std::fs::read(objects.join("info/alternates")).ok()?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#');
    lines
        .filter_map(|line| Some(objects.join(gix::path::from_byte_slice(line).ok()?)))
        .find(|directory| !directory.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::git::{Error, Location, Repository};

    #[test]
    fn the_directory_that_is_gone_is_named() {
        let objects = tempfile::tempdir().unwrap();
        assert_eq!(gone(objects.path()), None);
        std::fs::create_dir(objects.path().join("info")).unwrap();
        std::fs::write(objects.path().join("info/alternates"), "# a comment\ninfo\n../lost\n").unwrap();
        assert_eq!(gone(objects.path()), Some(objects.path().join("../lost")));
    }

    #[test]
    fn a_missing_object_names_the_store_that_lent_it() {
        let lender = Sandbox::new().file("a", "1").commit("first");
        let folder = tempfile::tempdir().unwrap();
        let borrower = folder.path().join("borrower");
        lender.git(&["clone", "-q", "--shared", ".", borrower.to_str().unwrap()]);
        let objects = lender.path().join(".git/objects");
        std::fs::rename(&objects, lender.path().join(".git/moved")).unwrap();
        let repository = Repository::open(&Location { directory: borrower, ..Location::default() }).unwrap();
        let error = repository.resolve("HEAD").unwrap_err();
        assert!(matches!(&error, Error::AlternateGone { path, .. } if *path == objects), "{error:?}");
        let error = repository.resolve("HEAD~1").unwrap_err();
        assert!(matches!(error, Error::AlternateGone { .. }), "{error:?}");
    }
}
