//! Reads refs, each by its exact name.
//!
//! A ref that is there and makes no sense is an error, never "absent".

use std::fs;
use std::io;
use std::path::PathBuf;

use gix::refs::{FullName, Target};

use super::store::from_gix;
use super::{Error, Repository};
use crate::model::ObjectId;

/// How many symbolic refs may follow one another, as in git.
const SYMBOLIC_DEPTH: usize = 5;

/// Refs that every worktree has for itself.
const PRIVATE: [&str; 3] = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];

impl Repository {
    /// Returns what a ref names; `None` when there is no such ref.
    ///
    /// The name is full (`refs/...`) and taken as it is. Symbolic refs are followed, tags are not peeled; a
    /// symbolic ref that leads nowhere counts as no ref.
    ///
    /// # Errors
    /// When the ref is there and makes no sense, an empty file for one.
    pub fn ref_target(&self, name: &str) -> Result<Option<ObjectId>, Error> {
        let mut name = full_name(name)?;
        for _ in 0..=SYMBOLIC_DEPTH {
            match self.read_ref(&name)? {
                None => return Ok(None),
                Some(Target::Object(id)) => return Ok(Some(from_gix(id))),
                Some(Target::Symbolic(next)) => name = next,
            }
        }
        Err(Error::CorruptRef { name: name.to_string(), source: "symbolic refs go round in a circle".into() })
    }

    /// Returns all refs whose full name begins with `prefix`, sorted by name: (full name, target).
    ///
    /// Symbolic refs are followed; those that lead nowhere are left out, as git does. Bytes of a name that are
    /// no UTF-8 are shown as U+FFFD.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Error> {
        let what = || format!("the refs that begin with `{prefix}`");
        let repository = self.gix();
        let platform = repository.references().map_err(Error::read(what()))?;
        let mut found = Vec::new();
        // Only the directory is walked that matters: a broken ref elsewhere is somebody else's trouble.
        let walk = match prefix.rfind('/') {
            Some(end) => platform.prefixed(&prefix.as_bytes()[..=end]),
            None => platform.all(),
        };
        for reference in walk.map_err(Error::read(what()))? {
            let reference = reference.map_err(Error::read(what()))?.detach();
            if !reference.name.as_bstr().starts_with(prefix.as_bytes()) {
                continue;
            }
            let name = reference.name.as_bstr().to_string();
            let target = match reference.target {
                Target::Object(id) => Some(from_gix(id)),
                Target::Symbolic(next) => self.ref_target(&next.as_bstr().to_string())?,
            };
            found.extend(target.map(|target| (name, target)));
        }
        found.sort();
        Ok(found)
    }

    /// Reads one ref by its exact name: the loose file, else the line in `packed-refs`.
    ///
    /// (gix's own lookup goes on to `refs/tags/<name>` and the like, where a stranger's tag could answer.)
    pub(super) fn read_ref(&self, name: &FullName) -> Result<Option<Target>, Error> {
        let corrupt = |source| Error::CorruptRef { name: name.to_string(), source };
        let path = self.ref_path(name);
        match fs::read(&path) {
            Ok(bytes) => {
                gix::refs::file::loose::Reference::try_from_path(name.clone(), &bytes, self.hash_kind())
                    .map(|loose| Some(loose.target))
                    .map_err(|source| corrupt(source.into()))
            }
            Err(error) if is_absence(&error) => {
                let refs = &self.shared.sync.refs;
                let packed = refs.open_packed_buffer().map_err(|source| corrupt(source.into()))?;
                let Some(packed) = packed else { return Ok(None) };
                let found = packed.try_find(name.as_ref()).map_err(|source| corrupt(source.into()))?;
                Ok(found.map(|reference| Target::Object(reference.target())))
            }
            Err(error) => Err(Error::io("read", path)(error)),
        }
    }

    fn ref_path(&self, name: &FullName) -> PathBuf {
        let name = name.to_string();
        let private = PRIVATE.iter().any(|prefix| name.starts_with(prefix));
        if private { self.git_dir().join(name) } else { self.common_dir().join(name) }
    }
}

/// Checks a full name that all worktrees share, and that may therefore be moved here.
pub(super) fn shared_name(name: &str) -> Result<FullName, Error> {
    if PRIVATE.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(Error::BadRefName { name: name.to_owned() });
    }
    full_name(name)
}

/// Checks a full name, `refs/` and all.
pub(super) fn full_name(name: &str) -> Result<FullName, Error> {
    let bad = || Error::BadRefName { name: name.to_owned() };
    if !name.starts_with("refs/") {
        return Err(bad());
    }
    FullName::try_from(name).map_err(|_| bad())
}

/// No file, a directory, or a file where a directory would have to be: the ref is not loose.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    const NAME: &str = "refs/iao/ledger";

    #[test]
    fn a_tag_of_a_look_alike_name_does_not_answer() {
        let scratch = Sandbox::new();
        let main = scratch.loose_commit("main");
        scratch.git(&["update-ref", "refs/tags/refs/iao/ledger", &main.to_string()]);
        assert_eq!(scratch.open().ref_target(NAME).unwrap(), None);
    }

    #[test]
    fn refs_are_listed_by_the_beginning_of_their_names() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let one = scratch.loose_commit("one");
        for name in ["refs/iao/keep", NAME, "refs/iaox", "refs/heads/main"] {
            scratch.git(&["update-ref", name, &one.to_string()]);
        }
        scratch.git(&["pack-refs", "--all"]);
        scratch.git(&["symbolic-ref", "refs/iao/alias", "refs/heads/main"]);
        scratch.git(&["symbolic-ref", "refs/iao/nowhere", "refs/heads/none"]);
        fs::write(scratch.in_git("refs/iao/ledger.lock"), "").unwrap();
        let names = |prefix: &str| -> Vec<String> {
            repository.refs(prefix).unwrap().into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("refs/iao/"), ["refs/iao/alias", "refs/iao/keep", NAME]);
        assert_eq!(names("refs/iaox"), ["refs/iaox"]);
        assert_eq!(names("").len(), 5);
        fs::write(scratch.in_git("refs/iao/broken"), "").unwrap();
        assert!(repository.refs("refs/iao/").is_err());
        assert_eq!(names("refs/heads/"), ["refs/heads/main"]);
    }
}
