//! Notes, read and written as `git notes` does.
//!
//! Two notes for one object are an error, never a choice between them.

use gix::note::plumbing::State;
use gix::objs::Kind;

use super::stage::Stage;
use super::store::{from_gix, to_gix};
use super::{Error, Repository};
use crate::model::{FileMode, ObjectId};

/// The largest note that is read: 64 MiB.
const NOTE_LIMIT: u64 = 64 << 20;

impl Repository {
    /// Returns the note of `object` under `notes_ref` (full name); `None` when there is none.
    ///
    /// Finds it flat (40 or 64 hex digits) and at any fan-out (`xx/...`, `xx/yy/...`). Entries that are no notes
    /// are passed over.
    ///
    /// # Errors
    /// `AmbiguousNote` when the tree holds more than one; `NoteTooLarge` above 64 MiB.
    pub fn note(&self, notes_ref: &str, object: ObjectId) -> Result<Option<Vec<u8>>, Error> {
        let Some(tip) = self.ref_target(notes_ref)? else { return Ok(None) };
        let Some(blob) = self.find_note(self.commit(tip)?.tree, object)? else { return Ok(None) };
        let size = self.blob_size(blob)?;
        if size > NOTE_LIMIT {
            return Err(Error::NoteTooLarge { object, size, limit: NOTE_LIMIT });
        }
        self.blob(blob).map(Some)
    }

    /// Returns `current` (a notes tree, or none yet) with these notes set, staged.
    ///
    /// Fan-out grows as git's own does; entries that are no notes stay. The last note for an object wins.
    ///
    /// # Errors
    /// `AmbiguousNote` when `current` holds more than one note for one of the objects.
    pub fn stage_notes(
        &self,
        current: Option<ObjectId>,
        notes: &[(ObjectId, Vec<u8>)],
    ) -> Result<ObjectId, Error> {
        let tree = match current {
            Some(tree) => tree,
            None => self.stage_empty_tree()?,
        };
        let blobs = notes
            .iter()
            .map(|(object, text)| Ok((*object, self.stage_blob(text)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        self.set_notes(tree, &blobs)
    }

    fn set_notes(&self, tree: ObjectId, blobs: &[(ObjectId, ObjectId)]) -> Result<ObjectId, Error> {
        if blobs.is_empty() {
            return Ok(tree);
        }
        set_notes(&Stage::new(self), tree, blobs).or_else(|source| {
            // Say which object is ambiguous, if that is the trouble.
            for (object, _) in blobs {
                self.find_note(tree, *object)?;
            }
            Err(Error::Read { what: format!("the notes tree {tree}"), source: source.into() })
        })
    }

    /// Returns the notes tree `below` with the notes of the tree `above` laid over it, staged.
    ///
    /// Of two notes for one object the one `above` counts where `replaces` says so. `None` when nothing changes.
    /// Directories that both trees have are not read.
    ///
    /// # Errors
    /// When either tree cannot be read, or `below` holds more than one note for one of the objects.
    pub fn overlay_notes(
        &self,
        below: ObjectId,
        above: ObjectId,
        replaces: impl Fn(ObjectId) -> bool,
    ) -> Result<Option<ObjectId>, Error> {
        let mut blobs = Vec::new();
        for (path, _, now) in self.diff_trees(below, above)? {
            let hex: Vec<u8> = path.as_bytes().iter().copied().filter(|byte| *byte != b'/').collect();
            let object = std::str::from_utf8(&hex).ok().and_then(|hex| hex.parse::<ObjectId>().ok());
            // What is no note is nobody's evidence.
            let (Some(object), Some((FileMode::Regular, blob))) = (object, now) else { continue };
            let there = self.find_note(below, object)?;
            if there.is_none_or(|there| there != blob && replaces(object)) {
                blobs.push((object, blob));
            }
        }
        let tree = self.set_notes(below, &blobs)?;
        Ok((tree != below).then_some(tree))
    }

    /// Stages the tree without entries, so that it becomes durable too: `git fsck` misses one that is only known.
    pub(crate) fn stage_empty_tree(&self) -> Result<ObjectId, Error> {
        self.stage(Kind::Tree, b"")
    }

    fn find_note(&self, tree: ObjectId, object: ObjectId) -> Result<Option<ObjectId>, Error> {
        let hex = object.to_string();
        let (mut rest, mut level) = (hex.as_bytes(), Some(tree));
        let mut note = None;
        while let Some(tree) = level.take() {
            for entry in self.stored_tree(tree)?.entries() {
                let entry = entry?;
                let slot = match file_type(entry.mode) {
                    0o100_000 if entry.name.eq_ignore_ascii_case(rest) => &mut note,
                    0o040_000 if rest.len() > 2 && entry.name.eq_ignore_ascii_case(&rest[..2]) => &mut level,
                    _ => continue,
                };
                if slot.replace(entry.id).is_some() {
                    return Err(Error::AmbiguousNote { object });
                }
            }
            rest = rest.get(2..).unwrap_or_default();
        }
        Ok(note)
    }
}

fn set_notes(stage: &Stage<'_>, tree: ObjectId, blobs: &[(ObjectId, ObjectId)]) -> gix::Result<ObjectId> {
    let mut state = State::new(to_gix(tree), stage)?;
    for (object, blob) in blobs {
        state.edit(to_gix(*object), Some(to_gix(*blob)), stage)?;
    }
    state.write(stage).map(from_gix)
}

/// Returns the file type bits of a mode as it is stored; zero for what is no octal number.
fn file_type(mode: &[u8]) -> u32 {
    let digits = std::str::from_utf8(mode).ok();
    digits.and_then(|digits| u32::from_str_radix(digits, 8).ok()).unwrap_or(0) & 0o170_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::NewCommit;
    use super::super::scratch::tester;
    use super::super::testing::Sandbox;
    use super::*;
    use crate::base::Timestamp;

    const NOTES: &str = "refs/notes/iao";

    /// Writes `tree` to the notes ref.
    fn publish(scratch: &Sandbox, repository: &Repository, tree: ObjectId) {
        let commit = NewCommit {
            tree,
            parents: vec![],
            person: tester(),
            time: Timestamp::from_seconds(1_700_000_000),
            message: "notes".to_owned(),
        };
        let new = repository.stage_commit(&commit).unwrap();
        repository.persist().unwrap();
        scratch.git(&["update-ref", NOTES, &new.to_string()]);
    }

    /// Names for objects that need not exist: notes are kept for any name.
    fn names(count: usize) -> Vec<(ObjectId, Vec<u8>)> {
        (0..count)
            .map(|n| {
                let digest = crate::base::ContentAddress::of(&n.to_be_bytes());
                (ObjectId::from_bytes(&digest.as_bytes()[..20]).unwrap(), format!("note {n}\n").into_bytes())
            })
            .collect()
    }

    #[test]
    fn git_shows_our_note_beside_the_commit() {
        for format in ["sha1", "sha256"] {
            let scratch = Sandbox::with_format(format);
            let (repository, commit) = (scratch.open(), scratch.loose_commit("sealed"));
            let tree = repository.stage_notes(None, &[(commit, b"checked\n".to_vec())]).unwrap();
            publish(&scratch, &repository, tree);
            assert_eq!(scratch.git(&["notes", "--ref=iao", "show", &commit.to_string()]), "checked");
            let log = scratch.git(&["log", "--notes=iao", "--format=%N", "-1", &commit.to_string()]);
            assert_eq!(log.trim(), "checked");
            assert_eq!(repository.note(NOTES, commit).unwrap().unwrap(), b"checked\n");
            assert_eq!(repository.note(NOTES, tree).unwrap(), None);
            assert_eq!(repository.note("refs/notes/none", commit).unwrap(), None);
        }
    }

    #[test]
    fn git_reads_and_extends_300_and_2000_of_our_notes() {
        for count in [300, 2_000] {
            let scratch = Sandbox::new();
            let repository = scratch.open();
            let notes = names(count);
            publish(&scratch, &repository, repository.stage_notes(None, &notes).unwrap());
            assert_eq!(scratch.git(&["notes", "--ref=iao", "list"]).lines().count(), count);
            let own = scratch.loose_commit("annotated by git");
            scratch.git(&["notes", "--ref=iao", "add", "-m", "from git", &own.to_string()]);
            let repository = scratch.open();
            for (object, text) in notes.iter().step_by(37) {
                assert_eq!(
                    scratch.git(&["notes", "--ref=iao", "show", &object.to_string()]).as_bytes(),
                    text.trim_ascii_end()
                );
                assert_eq!(repository.note(NOTES, *object).unwrap().as_ref(), Some(text));
            }
            assert_eq!(repository.note(NOTES, own).unwrap().unwrap(), b"from git\n");
        }
    }

    #[test]
    fn one_by_one_and_all_at_once_give_the_tree_that_git_gives() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let tree = repository.stage(Kind::Tree, b"").unwrap();
        let mut notes = Vec::new();
        let mut stream = b"commit refs/notes/peer\ncommitter A <a@x> 0 +0000\ndata 0\n".to_vec();
        for n in 0..300 {
            let (message, person) = (format!("commit {n}"), tester());
            let commit =
                NewCommit { tree, parents: vec![], person, time: Timestamp::from_seconds(0), message };
            let (object, text) = (repository.stage_commit(&commit).unwrap(), format!("note {n}\n"));
            stream.extend(format!("N inline {object}\ndata {}\n{text}", text.len()).into_bytes());
            notes.push((object, text.into_bytes()));
        }
        repository.persist().unwrap();
        scratch.git_with(&["fast-import", "--quiet"], &stream);
        let peer: ObjectId = scratch.git(&["rev-parse", "refs/notes/peer^{tree}"]).parse().unwrap();
        let single = notes
            .iter()
            .fold(None, |tree, note| Some(repository.stage_notes(tree, std::slice::from_ref(note)).unwrap()));
        assert_eq!(repository.stage_notes(None, &notes).unwrap(), peer);
        assert_eq!(single, Some(peer));
    }

    #[test]
    fn what_is_no_note_stays_in_the_tree() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (blob, notes) = (scratch.blob("x"), names(40));
        let inner = scratch.raw_tree(&[("100644", "README", blob)]);
        let tree = scratch.raw_tree(&[("100755", "a-file", blob), ("40000", "docs", inner)]);
        publish(&scratch, &repository, repository.stage_notes(Some(tree), &notes).unwrap());
        let listed = scratch.git(&["ls-tree", "-r", NOTES]);
        assert!(listed.contains("docs/README") && listed.contains("100755 blob"), "{listed}");
        assert_eq!(repository.note(NOTES, notes[7].0).unwrap().as_ref(), Some(&notes[7].1));
    }

    #[test]
    fn two_notes_for_one_object_are_an_error() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (blob, object) = (scratch.blob("x"), names(1)[0].0);
        let hex = object.to_string();
        let fanned = scratch.raw_tree(&[("100644", &hex[2..], blob)]);
        let upper = hex.to_uppercase();
        for entries in [
            vec![("40000", &hex[..2], fanned), ("100644", &hex, blob)],
            vec![("100644", &hex, blob), ("100644", &hex, blob)],
            vec![("100644", &upper, blob), ("100644", &hex, blob)],
            vec![("40000", &hex[..2], fanned), ("40000", &hex[..2], fanned)],
        ] {
            let tree = scratch.raw_tree(&entries);
            publish(&scratch, &repository, tree);
            let read = repository.note(NOTES, object).unwrap_err();
            assert!(matches!(read, Error::AmbiguousNote { .. }), "{read:?}");
            let written = repository.stage_notes(Some(tree), &[(object, b"y".to_vec())]);
            assert!(matches!(written, Err(Error::AmbiguousNote { .. })), "{entries:?}: {written:?}");
        }
    }

    #[test]
    fn a_notes_tree_out_of_order_is_refused() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (blob, notes) = (scratch.blob("x"), names(1));
        let tree = scratch.raw_tree(&[("100644", "b", blob), ("100644", "a", blob)]);
        let refused = repository.stage_notes(Some(tree), &notes).unwrap_err();
        assert!(matches!(refused, Error::Read { .. }), "{refused:?}");
    }

    #[test]
    fn entries_of_another_kind_are_no_notes() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (blob, object) = (scratch.blob("x"), names(1)[0].0);
        let hex = object.to_string();
        let empty = scratch.raw_tree(&[]);
        for (mode, id) in [("120000", blob), ("160000", object), ("40000", empty), ("0", blob), ("x", blob)] {
            publish(&scratch, &repository, scratch.raw_tree(&[(mode, &hex, id)]));
            assert_eq!(repository.note(NOTES, object).ok().flatten(), None, "{mode}");
        }
        publish(&scratch, &repository, scratch.raw_tree(&[("100644", &hex[..2], blob)]));
        assert_eq!(repository.note(NOTES, object).unwrap(), None);
        publish(&scratch, &repository, scratch.raw_tree(&[("40000", &hex[..2], object)]));
        assert!(repository.note(NOTES, object).is_err(), "the directory is missing");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_notes_trees_never_panic(
            entries in proptest::collection::vec(
                ("(100644|40000|120000|160000|100755|7)", "([0-9a-fA-F]{1,4}|[0-9a-f]{38}|[0-9a-f]{40}|\\.\\.|a/b|\\.git|~)", 0..3_usize),
                0..8,
            ),
            take in 0..8_usize,
        ) {
            let scratch = Sandbox::new();
            let repository = scratch.open();
            let blob = repository.stage_blob(b"x").unwrap();
            let mut ids = vec![blob, repository.stage(Kind::Tree, b"").unwrap()];
            let mut object = names(1)[0].0;
            for round in 0..3 {
                let mut bytes = Vec::new();
                for (mode, name, id) in &entries {
                    let id = ids[(*id + round) % ids.len()];
                    bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
                    bytes.extend_from_slice(id.as_bytes());
                }
                ids.push(repository.stage(Kind::Tree, &bytes).unwrap());
            }
            if let Some((_, name, _)) = entries.get(take) {
                object = format!("{name:0<40}").to_lowercase().parse().unwrap_or(object);
            }
            let tree = *ids.last().unwrap();
            let _ = repository.find_note(tree, object);
            let _ = repository.stage_notes(Some(tree), &[(object, b"y".to_vec())]);
        }
    }
}
