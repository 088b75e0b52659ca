//! Makes staged objects durable: a few as loose files, many as one pack.
//!
//! A file gets its final name only when its bytes are on disk; what fails leaves no file behind.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use gix::objs::Kind;
use gix::zlib::Compression;
use gix::zlib::stream::deflate;
use tempfile::NamedTempFile;

use super::{Error, Repository, pack};
use crate::model::ObjectId;

/// Above this many, one pack is faster than loose files: each of those costs two syncs of its own.
const MAX_LOOSE: usize = 6;

/// How often writing starts again when `git gc` took away a directory that it found empty, or packed what is in it.
const TRIES: usize = 10;

/// One object that is to be written.
pub(super) type Staged = (ObjectId, Kind, Arc<[u8]>);

impl Repository {
    /// Writes every staged object that the store lacks, synced to disk, and forgets what was staged.
    ///
    /// Returns how many were written. Up to 6 become loose objects, more become one pack.
    ///
    /// # Errors
    /// When the disk is full or the directory may not be written; what was staged stays staged.
    pub fn persist(&self) -> Result<usize, Error> {
        let staged: Vec<Staged> = {
            let staged = self.shared.staged.read().unwrap_or_else(PoisonError::into_inner);
            staged.iter().map(|(id, (kind, bytes))| (*id, *kind, Arc::clone(bytes))).collect()
        };
        let mut written = self.write_lacking(&staged);
        for _ in 1..TRIES {
            let Err(Error::Io { source, .. }) = &written else { break };
            if source.kind() != std::io::ErrorKind::NotFound {
                break;
            }
            written = self.write_lacking(&staged);
        }
        let written = written?;
        let mut now = self.shared.staged.write().unwrap_or_else(PoisonError::into_inner);
        for (id, ..) in &staged {
            now.remove(id);
        }
        Ok(written)
    }

    fn write_lacking(&self, staged: &[Staged]) -> Result<usize, Error> {
        let mut written = self.shared.written.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = self.stored_among(staged.iter().map(|(id, ..)| *id).filter(|id| !written.contains(id)));
        let is_lacking = |(id, ..): &&Staged| !written.contains(id) && !stored.contains(id);
        let lacking: Vec<Staged> = staged.iter().filter(is_lacking).cloned().collect();
        let objects = &self.shared.objects_dir;
        if lacking.len() > MAX_LOOSE {
            let name = pack::write(objects, self.hash_kind(), &lacking)?;
            self.remember_pack(&name);
        } else {
            write_loose(objects, &lacking)?;
        }
        written.extend(lacking.iter().map(|(id, ..)| *id));
        Ok(lacking.len())
    }
}

/// Writes all, then syncs all, then names all: the first sync takes most of the others' work along.
fn write_loose(objects: &Path, lacking: &[Staged]) -> Result<(), Error> {
    let mut drafts = Vec::with_capacity(lacking.len());
    for (id, kind, bytes) in lacking {
        let (directory, path) = loose_path(objects, *id);
        drafts.push((draft(objects, &path, *kind, bytes)?, directory, path));
    }
    for (file, _, path) in &drafts {
        sync_file(file, path)?;
    }
    let mut directories = BTreeSet::new();
    for (file, directory, path) in drafts {
        // Not before: `git gc` takes away a directory that it finds empty.
        if !directory.is_dir() {
            make_directory(&directory)?;
            directories.insert(objects.to_owned());
        }
        name_file(file, &path)?;
        directories.insert(directory);
    }
    directories.iter().try_for_each(|directory| sync_directory(directory))
}

/// Writes a loose object to a file that has no name yet.
fn draft(objects: &Path, path: &Path, kind: Kind, bytes: &[u8]) -> Result<NamedTempFile, Error> {
    let file = new_file(objects, "tmp_obj_", path)?;
    let mut deflater = deflate::Write::new(file, Compression::BEST_SPEED);
    let header = gix::objs::encode::loose_header(kind, bytes.len() as u64);
    let written =
        deflater.write_all(&header).and_then(|()| deflater.write_all(bytes)).and_then(|()| deflater.flush());
    written.map_err(Error::io("write", path))?;
    Ok(deflater.into_inner())
}

fn loose_path(objects: &Path, id: ObjectId) -> (PathBuf, PathBuf) {
    let hex = id.to_string();
    let directory = objects.join(&hex[..2]);
    let path = directory.join(&hex[2..]);
    (directory, path)
}

/// Makes a directory, and does not mind when another process was faster.
pub(super) fn make_directory(directory: &Path) -> Result<(), Error> {
    match std::fs::create_dir(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::io("make the directory", directory)(error))
        }
        _ => Ok(()),
    }
}

/// Opens a file with no final name yet, which goes away when it is dropped. `target` is named in errors.
///
/// git's own `gc` clears files with these names after a crash.
pub(super) fn new_file(directory: &Path, prefix: &str, target: &Path) -> Result<NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o444));
    }
    builder.prefix(prefix).tempfile_in(directory).map_err(Error::io("write", target))
}

pub(super) fn sync_file(file: &NamedTempFile, path: &Path) -> Result<(), Error> {
    file.as_file().sync_all().map_err(Error::io("write", path))
}

pub(super) fn name_file(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    file.persist(path).map(drop).map_err(|failed| Error::io("write", path)(failed.error))
}

/// Makes new names in a directory survive a power cut.
pub(super) fn sync_directory(directory: &Path) -> Result<(), Error> {
    // Windows cannot open a directory as a file, and keeps names without being asked.
    if cfg!(unix) {
        File::open(directory).and_then(|file| file.sync_all()).map_err(Error::io("write", directory))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::git::testing::Sandbox;
    use crate::git::{NewCommit, Person, TreeEdit};
    use crate::model::{FileMode, RepoPath};

    /// Stages a commit with so many files.
    fn stage(repository: &Repository, files: usize) -> ObjectId {
        let edits: Vec<TreeEdit> = (0..files)
            .map(|number| TreeEdit::Put {
                path: RepoPath::from(format!("d{}/f{number}", number % 7).as_str()),
                mode: FileMode::Regular,
                id: repository.stage_blob(format!("{number}\n").repeat(number * 9).as_bytes()).unwrap(),
            })
            .collect();
        let commit = NewCommit {
            tree: repository.stage_tree(repository.empty_tree(), &edits).unwrap(),
            parents: vec![],
            person: Person { name: "A <b>".into(), email: "a@x".into() },
            time: Timestamp::from_seconds(1_700_000_000),
            message: "made here".into(),
        };
        repository.stage_commit(&commit).unwrap()
    }

    fn temporary_files(directory: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(temporary_files(&path));
            } else if path.file_name().unwrap().to_string_lossy().starts_with("tmp_") {
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn git_reads_what_is_written_loose_and_packed_with_either_hash() {
        for format in ["sha1", "sha256"] {
            for files in [1, 5, 200] {
                let sandbox = Sandbox::with(&[&format!("--object-format={format}")]);
                let repository = sandbox.open();
                let commit = stage(&repository, files);
                assert_eq!(
                    repository.snapshot_commit(commit).unwrap().entries().len(),
                    files,
                    "while staged"
                );
                let written = repository.persist().unwrap();
                assert!(written > files);
                assert_eq!(repository.persist().unwrap(), 0, "nothing is left");
                assert_eq!(repository.snapshot_commit(commit).unwrap().entries().len(), files);
                sandbox.git(&["update-ref", "refs/heads/main", &commit.to_string()]);
                assert_eq!(sandbox.git(&["fsck", "--full", "--strict", "--no-dangling"]), "");
                assert_eq!(sandbox.git(&["ls-tree", "-r", "--name-only", "main"]).lines().count(), files);
                let packs = std::fs::read_dir(sandbox.path().join(".git/objects/pack")).unwrap();
                let indexes: Vec<_> = packs
                    .map(|entry| entry.unwrap().path())
                    .filter(|path| path.extension().is_some_and(|e| e == "idx"))
                    .collect();
                assert_eq!(indexes.len(), usize::from(written > MAX_LOOSE));
                for index in indexes {
                    sandbox.git(&["verify-pack", index.to_str().unwrap()]);
                }
                assert!(temporary_files(&sandbox.path().join(".git/objects")).is_empty());
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn new_files_may_be_read_by_all_and_written_by_none() {
        use std::os::unix::fs::PermissionsExt;
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let id = repository.stage_blob(b"x").unwrap();
        repository.persist().unwrap();
        let (_, path) = loose_path(&sandbox.path().join(".git/objects"), id);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o444);
    }

    #[test]
    fn what_the_store_has_is_not_written_again() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        repository.stage_blob(b"1").unwrap();
        assert_eq!(repository.persist().unwrap(), 0);
    }

    #[test]
    fn a_failed_write_names_the_path_leaves_no_file_and_forgets_nothing() {
        for files in [2, 100] {
            let sandbox = Sandbox::new();
            let objects = sandbox.path().join(".git/objects");
            let repository = sandbox.open();
            let commit = stage(&repository, files);
            // A file where a directory has to be.
            std::fs::remove_dir_all(objects.join("pack")).unwrap();
            std::fs::write(objects.join("pack"), "").unwrap();
            std::fs::write(objects.join(&commit.to_string()[..2]), "").unwrap();
            let error = repository.persist().unwrap_err();
            assert!(matches!(&error, Error::Io { path, .. } if path.starts_with(&objects)), "{error:?}");
            assert!(temporary_files(&objects).is_empty());
            assert!(repository.has_object(commit));
        }
    }

    #[test]
    fn directories_that_gc_takes_away_are_made_again() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let sandbox = Sandbox::new();
        let (repository, objects) = (sandbox.open(), sandbox.path().join(".git/objects"));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    for number in 0..=255 {
                        std::fs::remove_dir(objects.join(format!("{number:02x}"))).ok();
                    }
                }
            });
            for number in 0..200 {
                repository.stage_blob(format!("{number}").as_bytes()).unwrap();
                let written = repository.persist();
                done.store(written.is_err(), Ordering::Relaxed);
                assert_eq!(written.unwrap(), 1);
            }
            done.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn threads_read_while_others_stage_and_persist() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let head = repository.resolve("HEAD").unwrap();
        std::thread::scope(|scope| {
            for size in [3, 40, 50] {
                let repository = repository.clone();
                scope.spawn(move || {
                    for _ in 0..5 {
                        let commit = stage(&repository, size);
                        repository.persist().unwrap();
                        assert_eq!(repository.snapshot_commit(commit).unwrap().entries().len(), size);
                    }
                });
            }
            for _ in 0..20 {
                assert_eq!(repository.snapshot_commit(head).unwrap().entries().len(), 1);
            }
        });
        assert_eq!(sandbox.git(&["fsck", "--full", "--strict", "--no-dangling"]), "");
    }
}
