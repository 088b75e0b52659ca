//! Reads a blob that is too large to be held, in pieces, through `git cat-file`.
//!
//! Git streams what is stored whole; of what is stored as a delta it holds the result itself. Nothing is fetched and
//! nothing replaced: the object that a name stands for is the one that is read.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;

use super::{Error, Names, Repository};
use crate::base::process::{Environment, Program};
use crate::model::ObjectId;

/// How much of what git says on stderr goes into an error.
const SAID: usize = 2_000;

impl Repository {
    /// Hands the content of a stored blob to `take`, piece by piece, until it says that it is enough.
    ///
    /// Returns the blob's size; `None` when `take` had enough. With [`Names::Verified`] the name is known to be right
    /// only once this returned a size: until then the pieces may be anything.
    ///
    /// # Errors
    /// When the object is missing, no blob, shorter or longer than it claims, has another name, or git cannot be run.
    pub fn stream_blob(
        &self,
        id: ObjectId,
        names: Names,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Option<u64>, Error> {
        let size = self.blob_size(id)?;
        let mut hasher = (names == Names::Verified).then(|| {
            let mut hasher = gix::hash::hasher(self.hash_kind());
            hasher.update(format!("blob {size}\0").as_bytes());
            hasher
        });
        let (mut length, mut stopped) = (0, false);
        let output = self.cat_file(id, |piece| {
            length += piece.len() as u64;
            if let Some(hasher) = &mut hasher {
                hasher.update(piece);
            }
            let wish = take(piece);
            stopped |= wish.is_break();
            wish
        })?;
        if stopped {
            return Ok(None);
        }
        if let Some(said) = output {
            return Err(Error::Stream { id, source: said.into() });
        }
        if length != size {
            let source = format!("it claims {size} bytes and has {length}").into();
            return Err(Error::CorruptObject { id, source });
        }
        match hasher {
            None => Ok(Some(size)),
            Some(hasher) => {
                let actual = hasher.try_finalize().map(super::store::from_gix);
                let actual =
                    actual.map_err(|source| Error::Collision { kind: "blob", source: source.into() })?;
                if actual == id { Ok(Some(size)) } else { Err(super::objects::misnamed(id, actual)) }
            }
        }
    }

    /// Runs `git cat-file blob`; returns what git said where it did not end well.
    fn cat_file(
        &self,
        id: ObjectId,
        take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Option<String>, Error> {
        let environment = self.environment_of_child();
        // Below the threshold git would inflate a packed blob whole before it writes the first byte; without the
        // others it holds the whole pack in its address space.
        let settings = ["bigFileThreshold=1m", "packedGitWindowSize=4m", "packedGitLimit=32m"];
        let settings = settings.iter().flat_map(|setting| ["-c".to_owned(), format!("core.{setting}")]);
        let words = ["cat-file", "blob"].map(str::to_owned);
        let words = std::iter::once("--no-replace-objects".to_owned()).chain(settings).chain(words);
        let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
        arguments.push(id.to_string().into());
        let program = Program {
            program: "git",
            arguments,
            directory: self.common_dir(),
            environment: &environment,
            stdin: b"",
            timeout: None,
            output_limit: SAID,
        };
        let output = program.stream(take).map_err(|source| Error::Stream { id, source: source.into() })?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok((output.code != Some(0))
            .then(|| if said.is_empty() { "git ended early".to_owned() } else { said }))
    }

    /// The environment in which git reads this repository's objects and no others, and fetches none.
    fn environment_of_child(&self) -> Environment {
        let shared = &self.shared;
        let given = shared.environment.iter().map(|(name, value)| (name.into(), value.clone()));
        let mut environment = Environment::new(given)
            .without_git_locals()
            .with("GIT_DIR", &shared.git_dir)
            .with("GIT_OBJECT_DIRECTORY", &shared.objects_dir)
            .with("GIT_NO_REPLACE_OBJECTS", "1")
            .with("GIT_NO_LAZY_FETCH", "1")
            .with("GIT_OPTIONAL_LOCKS", "0")
            .with("LC_ALL", "C");
        let own = shared.sync.objects.path();
        let others = shared.extra_stores.iter().map(|store| store.path());
        let others = std::iter::once(own).chain(others).filter(|path| *path != shared.objects_dir);
        if let Ok(listed) = std::env::join_paths(others.map(Path::as_os_str))
            && !listed.is_empty()
        {
            environment = environment.with("GIT_ALTERNATE_OBJECT_DIRECTORIES", listed);
        }
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn stream(repository: &Repository, id: ObjectId, names: Names) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        let size = repository.stream_blob(id, names, |piece| {
            whole.extend_from_slice(piece);
            ControlFlow::Continue(())
        })?;
        assert_eq!(size, Some(whole.len() as u64));
        Ok(whole)
    }

    fn content() -> Vec<u8> {
        (0..3_000_000u32).map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect()
    }

    #[test]
    fn blobs_stream_as_they_are_loose_and_packed_under_both_kinds_of_names() {
        for format in ["sha1", "sha256"] {
            let sandbox = Sandbox::with(&[&format!("--object-format={format}")[..]]);
            let sandbox = sandbox.file("a", content()).file("empty", "").commit("first");
            for packed in [false, true] {
                if packed {
                    sandbox.git(&["repack", "-adq"]);
                }
                for (path, expected) in [("a", content()), ("empty", Vec::new())] {
                    let id = sandbox.git(&["rev-parse", &format!("HEAD:{path}")]).parse().unwrap();
                    for names in [Names::Trusted, Names::Verified] {
                        assert_eq!(stream(&sandbox.open(), id, names).unwrap(), expected, "{format} {path}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_replacement_is_not_what_is_streamed() {
        let sandbox = Sandbox::new().file("a", "real").file("b", "fake").commit("first");
        let id = |path: &str| sandbox.git(&["rev-parse", &format!("HEAD:{path}")]);
        sandbox.git(&["replace", &id("a"), &id("b")]);
        assert_eq!(stream(&sandbox.open(), id("a").parse().unwrap(), Names::Verified).unwrap(), b"real");
    }

    #[test]
    fn a_stream_of_swapped_bytes_ends_in_an_error() {
        let sandbox = Sandbox::new().file("a", "real").file("b", "fake").commit("first");
        let id = |path: &str| sandbox.git(&["rev-parse", &format!("HEAD:{path}")]);
        let file = |id: &str| sandbox.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        let (a, b) = (id("a"), id("b"));
        std::fs::remove_file(file(&a)).unwrap();
        std::fs::copy(file(&b), file(&a)).unwrap();
        let streamed = stream(&sandbox.open(), a.parse().unwrap(), Names::Verified);
        assert!(matches!(streamed, Err(Error::CorruptObject { .. } | Error::Stream { .. })), "{streamed:?}");
    }

    #[test]
    fn a_stream_can_be_stopped_and_what_is_missing_is_named() {
        let sandbox = Sandbox::new().file("a", content()).commit("first");
        let id = sandbox.git(&["rev-parse", "HEAD:a"]).parse().unwrap();
        let repository = sandbox.open();
        let mut calls = 0;
        let stopped = repository.stream_blob(id, Names::Verified, |_| {
            calls += 1;
            ControlFlow::Break(())
        });
        assert_eq!((stopped.unwrap(), calls), (None, 1));
        let absent = ObjectId::from_bytes(&[9; 20]).unwrap();
        let streamed = stream(&repository, absent, Names::Trusted);
        assert!(matches!(streamed, Err(Error::MissingObject { .. })), "{streamed:?}");
    }

    #[test]
    fn objects_of_another_directory_are_streamed_too() {
        let far = Sandbox::new().file("a", content()).commit("first");
        let id = far.git(&["rev-parse", "HEAD:a"]).parse().unwrap();
        let near = Sandbox::new();
        let mut location = near.location();
        let variable = "GIT_ALTERNATE_OBJECT_DIRECTORIES".to_owned();
        location.environment.insert(variable, far.path().join(".git/objects").into());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(stream(&repository, id, Names::Verified).unwrap(), content());
    }
}
