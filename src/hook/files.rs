//! Hooks as files: put in place and taken away so that a kill at any moment loses nobody's hook.
//!
//! A hook of somebody else keeps its own file, `<hook>.iao-chained`, under which ours runs it first.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::script::Script;
use super::{Error, Hook};

/// What stands where a hook goes.
#[derive(Debug)]
pub(super) enum Stand {
    /// Nothing.
    Nothing,
    /// A script of ours, and whether git may run it.
    Ours(Script, bool),
    /// Somebody else's: a file, a link, anything.
    Foreign,
}

impl Stand {
    /// Looks.
    pub(super) fn of(path: &Path) -> Self {
        let Ok(facts) = path.symlink_metadata() else { return Self::Nothing };
        if !facts.is_file() {
            return Self::Foreign;
        }
        match fs::read(path).ok().and_then(Script::read) {
            Some(script) => Self::Ours(script, is_executable(&facts)),
            None => Self::Foreign,
        }
    }
}

/// Returns the name under which somebody else's hook is kept.
pub(super) fn chained(place: &Path) -> PathBuf {
    beside(place, ".iao-chained")
}

/// Refuses to judge for `script`, which the system started the program for, while somebody else's hook waits beside it:
/// only a script of a shell runs both.
///
/// # Errors
/// `Unrun`.
pub fn refuse_unrun(script: &Path) -> Result<(), Error> {
    let kept = chained(script);
    if kept.symlink_metadata().is_ok() { Err(Error::Unrun { kept }) } else { Ok(()) }
}

/// What an installation did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Scripts that were written or removed.
    pub(super) changed: Vec<PathBuf>,
    /// Hooks of others that now run from ours, or that stand in their place again.
    pub(super) others: Vec<PathBuf>,
    /// Hooks of others that were left where they lie, because another one has their place.
    pub(super) left: Vec<PathBuf>,
}

/// Puts scripts of ours into `folder`.
///
/// # Errors
/// `Crowded` when two hooks of others claim one place: nothing is written then. `Write` when the system refuses.
pub(super) fn install(folder: &Path, hooks: &[Hook], program: &Path) -> Result<Done, Error> {
    for hook in hooks {
        let place = folder.join(hook.name());
        let kept = chained(&place);
        if matches!(Stand::of(&place), Stand::Foreign)
            && kept.symlink_metadata().is_ok()
            && !same_file(&place, &kept)
        {
            return Err(Error::Crowded { path: place, kept });
        }
    }
    let made = make_folder(folder).map_err(|source| Error::Write { path: folder.to_owned(), source })?;
    let mut done = Done::default();
    for hook in hooks {
        let place = folder.join(hook.name());
        let failed = |source| Error::Write { path: place.clone(), source };
        let written = |folders| match chained(&place).symlink_metadata() {
            Ok(_) => Script::new(*hook, program, folders),
            Err(_) => Script::alone(*hook, program, folders),
        };
        let folders = match Stand::of(&place) {
            Stand::Ours(script, runs) if runs && script == written(script.folders) => continue,
            Stand::Ours(script, _) => script.folders,
            Stand::Nothing => made,
            Stand::Foreign => {
                done.others.push(chained(&place));
                keep(&place).map_err(failed)?;
                made
            }
        };
        put(&place, &written(folders).bytes).map_err(failed)?;
        done.changed.push(place);
    }
    Ok(done)
}

/// Takes every script of ours out of `folder`, and puts back what stood there before.
///
/// # Errors
/// `Write` when the system refuses.
pub(super) fn uninstall(folder: &Path, hooks: &[Hook]) -> Result<Done, Error> {
    let mut done = Done::default();
    let mut folders = 0;
    for hook in hooks {
        let place = folder.join(hook.name());
        let kept = chained(&place);
        let failed = |source| Error::Write { path: place.clone(), source };
        let is_kept = kept.symlink_metadata().is_ok();
        match Stand::of(&place) {
            Stand::Ours(script, _) => {
                folders = folders.max(script.folders);
                if is_kept { fs::rename(&kept, &place) } else { fs::remove_file(&place) }.map_err(failed)?;
                if is_kept {
                    done.others.push(place.clone());
                }
                done.changed.push(place.clone());
            }
            Stand::Nothing if is_kept => {
                fs::rename(&kept, &place).map_err(failed)?;
                done.others.push(place.clone());
            }
            Stand::Foreign if is_kept && same_file(&place, &kept) => {
                fs::remove_file(&kept).map_err(failed)?;
            }
            Stand::Foreign if is_kept => done.left.push(kept),
            Stand::Nothing | Stand::Foreign => {}
        }
        gone(fs::remove_file(draft(&place))).map_err(failed)?;
    }
    let mut at = Some(folder);
    for _ in 0..folders {
        // One that holds something by now is somebody's.
        let Some(folder) = at.filter(|folder| fs::remove_dir(folder).is_ok()) else { break };
        at = folder.parent();
    }
    Ok(done)
}

/// Gives somebody else's hook its second name; the first one goes on working until ours takes it.
fn keep(place: &Path) -> io::Result<()> {
    let kept = chained(place);
    if kept.symlink_metadata().is_ok() {
        return Ok(());
    }
    // Where a file cannot have two names, it gets the new one and has no old one for a moment.
    fs::hard_link(place, &kept).or_else(|_| fs::rename(place, &kept))
}

/// Replaces a file whole: git finds the old one or the new one, never a part.
fn put(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(place);
    gone(fs::remove_file(&draft))?;
    let mut file = File::create_new(&draft)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| make_executable(&file))
        // An empty script would let everything by.
        .and_then(|()| file.sync_data())
        .and_then(|()| fs::rename(&draft, place));
    if written.is_err() {
        fs::remove_file(&draft).ok();
    }
    written
}

/// Makes the folder and those above it, and counts what was missing.
fn make_folder(folder: &Path) -> io::Result<usize> {
    let missing = folder.ancestors().take_while(|folder| !folder.exists()).count();
    fs::create_dir_all(folder)?;
    Ok(missing)
}

fn draft(place: &Path) -> PathBuf {
    beside(place, ".iao-new")
}

fn beside(place: &Path, end: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(end);
    place.with_file_name(name)
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Says whether two names stand for the same bytes, or for links to the same place.
fn same_file(one: &Path, other: &Path) -> bool {
    match (fs::read_link(one), fs::read_link(other)) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other),
        _ => false,
    }
}

#[cfg(unix)]
pub(super) fn is_executable(facts: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    facts.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOOKS: [Hook; 2] = [Hook::PreCommit, Hook::PrePush];

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    #[test]
    fn what_was_made_goes_and_what_was_there_stays() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("a/b");
        for _ in 0..2 {
            install(&folder, &HOOKS, Path::new("/x/git-iao")).unwrap();
        }
        assert_eq!(names(&folder), ["pre-commit", "pre-push"]);
        uninstall(&folder, &HOOKS).unwrap();
        assert_eq!(names(top.path()), [""; 0]);
        fs::create_dir_all(&folder).unwrap();
        install(&folder, &HOOKS, Path::new("/x/git-iao")).unwrap();
        uninstall(&folder, &HOOKS).unwrap();
        assert!(folder.is_dir(), "an empty folder that was there stays");
    }

    #[test]
    fn a_hook_that_has_both_names_is_one_hook() {
        let top = tempfile::tempdir().unwrap();
        let place = top.path().join("pre-commit");
        fs::write(&place, "theirs").unwrap();
        fs::hard_link(&place, chained(&place)).unwrap();
        uninstall(top.path(), &HOOKS).unwrap();
        assert_eq!(names(top.path()), ["pre-commit"], "a kill after the first act leaves this");
        fs::hard_link(&place, chained(&place)).unwrap();
        install(top.path(), &HOOKS, Path::new("/x/git-iao")).unwrap();
        uninstall(top.path(), &HOOKS).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"theirs");
    }

    #[test]
    fn two_hooks_of_others_are_both_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let place = top.path().join("pre-commit");
        fs::write(&place, "theirs").unwrap();
        fs::write(chained(&place), "another's").unwrap();
        assert!(matches!(install(top.path(), &HOOKS, Path::new("/x")), Err(Error::Crowded { .. })));
        let done = uninstall(top.path(), &HOOKS).unwrap();
        assert_eq!((done.left, names(top.path()).len()), (vec![chained(&place)], 2));
    }
}
