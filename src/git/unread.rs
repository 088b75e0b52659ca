//! Finds out why an object was not found: because nothing has it, or because the system refused to show a part of the store.
//!
//! gix takes a pack index that it cannot open for one that holds nothing, and never tries it again. An object that was only
//! not looked for is never told as missing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gix::odb::Store;

use super::Error;
use super::open::open_store;
use super::repository::Shared;
use super::store::to_gix;
use crate::model::ObjectId;

/// Returns new handles on those stores of which a pack index was passed over; there are none as a rule.
///
/// What could not be opened once may be open to a second look: a limit on open files, a network file system.
pub(super) fn second_look<'a>(stores: impl Iterator<Item = &'a gix::odb::Handle>) -> Vec<gix::odb::Handle> {
    stores
        .map(|handle| handle.store_ref())
        .filter(|store| passed_over(store))
        // One that cannot be opened now is told by whoever asks why nothing was found.
        .filter_map(|store| open_store(store.path(), store.object_hash()).ok())
        .map(|store| {
            let mut handle = store.to_cache();
            handle.ignore_replacements = true;
            handle
        })
        .collect()
}

/// Says whether a search for what nothing has leaves out a pack index; until then some may only not be needed yet.
fn passed_over_in_search(store: &gix::parallel::OwnShared<Store>) -> bool {
    let absent = gix::ObjectId::null(store.object_hash());
    !gix::objs::Exists::exists(&store.to_cache(), &absent) && passed_over(store)
}

/// Says whether a search that found nothing left out a pack index.
fn passed_over(store: &Store) -> bool {
    let metrics = store.metrics();
    metrics.open_reachable_indices < metrics.known_reachable_indices
}

/// Looks at each place where objects can be, and says which one the system, or damage, hides.
///
/// With `id` also at the file that the object alone would have.
pub(super) fn hidden(shared: &Shared, id: Option<ObjectId>) -> Option<Error> {
    let stores = std::iter::once(&shared.sync.objects).chain(&shared.extra_stores);
    for store in stores {
        let lent = match store.alternate_db_paths() {
            Ok(lent) => lent,
            Err(source) => return Some(Error::read("the list of stores that lend objects")(source)),
        };
        for directory in std::iter::once(store.path().to_owned()).chain(lent) {
            let trouble = id
                .and_then(|id| hidden_alone(&directory, id))
                .or_else(|| hidden_index(&directory, store.object_hash()));
            if trouble.is_some() {
                return trouble;
            }
        }
        // Objects of known names got a second look, before this is asked.
        if id.is_none() && passed_over_in_search(store) {
            let source = "it was not to be opened, and now it is: run the command again";
            return Some(Error::read::<&str>("a pack index")(source));
        }
    }
    None
}

/// The object's own file, where it cannot even be told whether it is there.
fn hidden_alone(directory: &Path, id: ObjectId) -> Option<Error> {
    let name = to_gix(id).to_string();
    let path = directory.join(&name[..2]).join(&name[2..]);
    refused(&path, std::fs::symlink_metadata(&path).map(drop))
}

/// The first pack index, or the folder of all of them, that cannot be read.
fn hidden_index(directory: &Path, hash: gix::hash::Kind) -> Option<Error> {
    let packs = directory.join("pack");
    let entries = match std::fs::read_dir(&packs) {
        Ok(entries) => entries,
        Err(error) => return refused(&packs, Err(error)),
    };
    let mut indexes: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    indexes.retain(|path| path.extension().is_some_and(|end| end == "idx"));
    indexes.sort();
    indexes.iter().find_map(|path| refused_file(path).or_else(|| damaged_index(path, hash)))
}

fn damaged_index(path: &Path, hash: gix::hash::Kind) -> Option<Error> {
    let source = gix::odb::pack::index::File::at(path, hash).err()?;
    // `git gc` may take one away at any time.
    path.exists().then(|| Error::read(format!("the pack index `{}`", path.display()))(source))
}

/// Says what keeps a file from being opened, other than that there is none.
pub(super) fn refused_file(path: &Path) -> Option<Error> {
    refused(path, std::fs::File::open(path).map(drop))
}

/// Makes an error of all that the system says but that there is nothing.
fn refused(path: &Path, looked: std::io::Result<()>) -> Option<Error> {
    let source = looked.err()?;
    let nothing = matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    (!nothing).then(|| Error::io("read", path)(source))
}

/// Tells trouble of the system from damage of the object, in what gix says of reading it.
pub(super) fn unreadable(id: ObjectId, source: gix::Error) -> Error {
    if is_of_the_system(&source) {
        Error::UnreadableObject { id, source: source.into() }
    } else {
        Error::CorruptObject { id, source: source.into() }
    }
}

/// Says whether the system's own refusal, other than that there is no such file, is among the causes.
pub(super) fn is_of_the_system(error: &gix::Error) -> bool {
    error.iter_errors().any(|cause| {
        let cause = cause.downcast_ref::<std::io::Error>();
        cause.is_some_and(|cause| cause.raw_os_error().is_some() && cause.kind() != ErrorKind::NotFound)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Repository;
    use crate::git::testing::Sandbox;

    // A link to itself is what the system refuses to anybody, an administrator too.
    fn make_a_loop(path: &Path) {
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            let _ = std::fs::remove_file(path);
        }
        std::os::unix::fs::symlink(path.file_name().unwrap(), path).unwrap();
    }

    fn packed() -> (Sandbox, Vec<PathBuf>) {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        sandbox.git(&["repack", "-adq"]);
        let entries = std::fs::read_dir(sandbox.path().join(".git/objects/pack")).unwrap();
        let mut indexes: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        indexes.retain(|path| path.extension().is_some_and(|end| end == "idx"));
        (sandbox, indexes)
    }

    fn blob(sandbox: &Sandbox) -> ObjectId {
        sandbox.git(&["rev-parse", "HEAD:a"]).parse().unwrap()
    }

    #[test]
    fn an_object_behind_a_damaged_pack_index_is_not_told_as_missing() {
        let (sandbox, indexes) = packed();
        let (blob, repository) = (blob(&sandbox), sandbox.open());
        let whole = std::fs::read(&indexes[0]).unwrap();
        std::fs::remove_file(&indexes[0]).unwrap();
        std::fs::write(&indexes[0], &whole[..whole.len() / 2]).unwrap();
        let told = |error: &Error| error.to_string().contains(".idx`");
        for error in [
            repository.blob(blob).unwrap_err(),
            repository.resolve("HEAD~0").unwrap_err(),
            repository.kind(blob).unwrap_err(),
        ] {
            assert!(told(&error), "{error:?}");
        }
        let absent = repository.blob_id(b"absent");
        assert!(told(&repository.blob(absent).unwrap_err()), "nobody knows whether it is there");
        std::fs::remove_file(&indexes[0]).unwrap();
        std::fs::write(&indexes[0], &whole).unwrap();
        assert_eq!(repository.blob(blob).unwrap(), b"1", "once it can be read, it is");
        assert!(repository.has_object(blob) && !repository.has_object(absent));
        assert!(matches!(repository.blob(absent), Err(Error::MissingObject { .. })));
    }

    #[test]
    fn a_name_that_nothing_has_is_unknown_however_many_packs_there_are() {
        let (sandbox, _) = packed();
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
        sandbox.git(&["repack", "-dq"]);
        for name in ["nothing", "HEAD~7", "0123456789"] {
            let error = sandbox.open().resolve(name).unwrap_err();
            assert!(matches!(error, Error::UnknownRevision { .. }), "{name}: {error:?}");
        }
    }

    #[test]
    fn a_folder_that_the_system_hides_is_not_told_as_missing_objects() {
        let (sandbox, _) = packed();
        let blob = blob(&sandbox);
        let absent = sandbox.open().blob_id(b"absent");
        make_a_loop(&sandbox.path().join(".git/objects").join(&absent.to_string()[..2]));
        let error = sandbox.open().blob(absent).unwrap_err();
        assert!(matches!(&error, Error::Io { act: "read", .. }), "{error:?}");
        assert_eq!(sandbox.open().blob(blob).unwrap(), b"1");
        make_a_loop(&sandbox.path().join(".git/objects/pack"));
        let told = Repository::open(&sandbox.location()).and_then(|repository| repository.blob(blob));
        let error = told.unwrap_err();
        assert!(!matches!(error, Error::MissingObject { .. } | Error::CorruptObject { .. }), "{error:?}");
    }

    #[test]
    fn an_object_of_its_own_file_that_the_system_hides_is_not_told_as_corrupt() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let (blob, repository) = (blob(&sandbox), sandbox.open());
        let name = blob.to_string();
        make_a_loop(&sandbox.path().join(".git/objects").join(&name[..2]));
        let error = repository.blob(blob).unwrap_err();
        assert!(matches!(error, Error::Io { .. } | Error::UnreadableObject { .. }), "{error:?}");
    }

    #[test]
    fn a_branch_that_the_system_hides_is_not_told_as_unknown() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        make_a_loop(&sandbox.path().join(".git/refs/heads/main"));
        for revision in ["HEAD", "main", "HEAD~0"] {
            let error = sandbox.open().resolve(revision).unwrap_err();
            assert!(matches!(error, Error::Read { .. }), "{revision}: {error:?}");
        }
    }

    #[test]
    fn a_repository_whose_head_the_system_hides_is_not_told_as_none() {
        let sandbox = Sandbox::new().file("a/b", "1").commit("first");
        make_a_loop(&sandbox.path().join(".git/HEAD"));
        let mut location = sandbox.location();
        location.directory = sandbox.path().join("a");
        let error = Repository::open(&location).map(drop).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
    }
}
