//! Holds the files on disk against what was sealed.
//!
//! What counts are the bytes on disk: no filter runs, no link is followed, and what is not sealed is not looked at.

use std::io::Read;

use super::compare::Differences;
use super::entry::Kind;
use super::{Error, File, Manifest};
use crate::base::{CancelToken, parallel_map};
use crate::git::{OnDisk, Repository, WorkTree};
use crate::hash::{ContentDigest, ContentHasher};
use crate::model::ObjectId;

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 1 << 18;
/// Longer files are not read a second time to say why they differ, in bytes.
const EXPLAINED: u64 = 16 << 20;
/// How the pointer of a large file begins that git-lfs keeps elsewhere.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// What a look at the working tree found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) differences: Differences,
    /// Files and links that were held against the seal.
    pub(super) files: u64,
    /// Submodules, which have working trees of their own.
    pub(super) submodules: u64,
}

/// Compares the files on disk with `manifest`, on up to `jobs` threads.
///
/// # Errors
/// `Git` without a working tree, `Unreadable` for a file that cannot be read, `Cancelled`.
pub(super) fn look(
    repository: &Repository,
    manifest: &Manifest,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<Looked, Error> {
    let disk = repository.work_tree()?;
    let tree = manifest.tree();
    let mut looked = Looked::default();
    let (submodules, files): (Vec<File>, Vec<File>) =
        manifest.files().partition(|file| file.mode.is_submodule());
    looked.submodules = submodules.len() as u64;
    looked.files = files.len() as u64;
    let worker = || (repository.clone(), vec![0; PIECE]);
    let found = parallel_map(&files, jobs, worker, |(repository, piece), file| {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        look_at(repository, &disk, tree, file, piece)
    });
    for (file, what) in files.into_iter().zip(found) {
        if let Some(what) = what? {
            looked.differences.add(file.path, what);
        }
    }
    Ok(looked)
}

/// Says how one file on disk differs from what was sealed.
fn look_at(
    repository: &Repository,
    disk: &WorkTree,
    tree: ObjectId,
    sealed: &File,
    piece: &mut [u8],
) -> Result<Option<&'static str>, Error> {
    let unreadable = |source| Error::Unreadable { path: sealed.path.clone(), source };
    let failed = |source| {
        unreadable(crate::git::Error::Io { act: "read", path: sealed.path.to_string().into(), source })
    };
    let mut open = match disk.look(&sealed.path).map_err(unreadable)? {
        OnDisk::Nothing => return Ok(Some("missing on disk")),
        OnDisk::Other => return Ok(Some("something else on disk")),
        OnDisk::Link(target) if sealed.mode.kind() == Kind::Symlink => {
            let same = ContentDigest::of(&target) == sealed.digest;
            return Ok((!same).then_some("another target on disk"));
        }
        OnDisk::Link(_) => return Ok(Some("a link on disk")),
        OnDisk::File { .. } if sealed.mode.kind() == Kind::Symlink && disk.has_links() => {
            return Ok(Some("no link on disk"));
        }
        OnDisk::File { file, executable } => {
            let wanted = sealed.mode.is_executable();
            if sealed.mode.kind() == Kind::File && executable.is_some_and(|executable| executable != wanted) {
                return Ok(Some(if wanted { "not executable on disk" } else { "executable on disk" }));
            }
            file
        }
    };
    let (size, digest) = measure(&mut open, piece).map_err(failed)?;
    if (size, digest) == (sealed.size, sealed.digest) {
        return Ok(None);
    }
    if is_pointer(repository, tree, sealed) {
        return Ok(Some("the seal has the pointer of git-lfs, the disk another content"));
    }
    let OnDisk::File { mut file, .. } = disk.look(&sealed.path).map_err(unreadable)? else {
        return Ok(Some("other content on disk"));
    };
    let mut bytes = Vec::new();
    if size <= EXPLAINED && (&mut file).take(EXPLAINED).read_to_end(&mut bytes).is_ok() {
        let unix = without_carriage_returns(&bytes);
        if unix.len() as u64 == sealed.size && ContentDigest::of(&unix) == sealed.digest {
            return Ok(Some("other line ends on disk (CRLF)"));
        }
    }
    Ok(Some("other content on disk"))
}

fn measure(file: &mut impl Read, piece: &mut [u8]) -> std::io::Result<(u64, ContentDigest)> {
    let (mut hasher, mut size) = (ContentHasher::default(), 0);
    loop {
        match file.read(piece) {
            Ok(0) => return Ok((size, hasher.finish())),
            Ok(length) => {
                hasher.update(&piece[..length]);
                size += length as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Says whether what was sealed is a pointer that git-lfs replaces on checkout.
fn is_pointer(repository: &Repository, tree: ObjectId, sealed: &File) -> bool {
    if sealed.size > 1024 {
        return false;
    }
    // Only to explain: where the blob cannot be read, the difference stands without this reason.
    let found = repository.lookup(tree, &sealed.path).ok().flatten();
    found.and_then(|(_, id)| repository.blob(id).ok()).is_some_and(|bytes| bytes.starts_with(LFS))
}

fn without_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            unix.push(*byte);
        }
    }
    unix
}
