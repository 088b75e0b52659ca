//! An open repository: where it lies, and what shape it has.
//!
//! Every handle on it reads objects as they are: replacement refs and grafts never apply.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use super::Error;
use super::store::Staged;
use crate::model::{ObjectFormat, ObjectId, RepoPath};

/// Where to look for the repository, as the command line and the environment say.
#[derive(Debug, Clone, Default)]
pub struct Location {
    /// The directory to start from (`-C`, else the current one).
    pub directory: PathBuf,
    /// `--git-dir`; wins over `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `--work-tree`; wins over `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// The `GIT_*` variables and `HOME`, `XDG_CONFIG_HOME` of the process, handed down by `main`.
    pub environment: BTreeMap<String, OsString>,
}

/// What HEAD names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch without a commit yet: its full ref name.
    Unborn(String),
    /// A branch: its full ref name and commit.
    Branch(String, ObjectId),
    /// A commit, no branch.
    Detached(ObjectId),
}

/// An open repository; cheap to clone, shared between threads.
///
/// Clones share what is staged: an object staged through one is read through all.
#[derive(Clone)]
pub struct Repository {
    pub(super) shared: Arc<Shared>,
}

/// What all clones of a repository have in common.
pub(super) struct Shared {
    pub(super) sync: gix::ThreadSafeRepository,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) work_dir: Option<PathBuf>,
    /// Where the search for the repository began.
    pub(super) directory: PathBuf,
    pub(super) prefix: RepoPath,
    pub(super) partial: bool,
    pub(super) environment: BTreeMap<String, OsString>,
    /// Object directories beside the repository's own: a push's quarantine, alternates of the environment.
    pub(super) extra_stores: Vec<gix::parallel::OwnShared<gix::odb::Store>>,
    /// Where new objects go.
    pub(super) objects_dir: PathBuf,
    /// Handles whose caches are warm.
    pub(super) idle: Mutex<Vec<super::store::Handle>>,
    pub(super) staged: RwLock<Staged>,
    /// What this process made durable; the packs are not searched for it.
    pub(super) written: Mutex<HashSet<ObjectId>>,
}

impl Repository {
    /// Opens what git would open from `location`.
    ///
    /// # Errors
    /// When there is no repository, when it belongs to another user, when its refs are no plain files, or
    /// when its config is broken.
    pub fn open(location: &Location) -> Result<Self, Error> {
        super::open::open(location).map(|shared| Self { shared: Arc::new(shared) })
    }

    /// Returns the directory that holds `HEAD` (in a linked worktree its private one).
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.shared.git_dir
    }

    /// Returns the directory that holds objects, refs and config; shared by all worktrees.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        &self.shared.common_dir
    }

    /// Returns the top of the working tree; `None` in a bare repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.shared.work_dir.as_deref()
    }

    /// Returns the location's directory as seen from the top of the working tree.
    ///
    /// The root when the repository is bare, at the top, and outside of the working tree.
    #[must_use]
    pub fn prefix(&self) -> RepoPath {
        self.shared.prefix.clone()
    }

    /// Returns the hash function behind the object names.
    #[must_use]
    pub fn object_format(&self) -> ObjectFormat {
        match self.hash_kind() {
            gix::hash::Kind::Sha256 => ObjectFormat::Sha256,
            _ => ObjectFormat::Sha1,
        }
    }

    /// Says whether history was cut off (`git clone --depth`).
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.gix().is_shallow().unwrap_or(false)
    }

    /// Says whether objects were left at a remote (`git clone --filter`): `extensions.partialClone` is set, or a
    /// remote is marked as `promisor`.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.shared.partial
    }

    /// Returns a fresh handle for one thread, which never replaces objects and caches 128 MB of deltas.
    ///
    /// It knows nothing of staged objects.
    pub(super) fn gix(&self) -> gix::Repository {
        let mut repo = self.shared.sync.to_thread_local();
        super::store::prepare(&mut repo.objects);
        repo
    }

    pub(super) fn hash_kind(&self) -> gix::hash::Kind {
        self.shared.sync.objects.object_hash()
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("git_dir", &self.shared.git_dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Snapshot;

    #[test]
    fn repositories_and_snapshots_are_shared_between_threads() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<Repository>();
        shared::<Snapshot>();
    }
}
