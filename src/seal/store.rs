//! Records seals in the ledger, and shows them in the notes.

use super::index::{find, seal_path};
use super::{Error, Seal};
use crate::base::Timestamp;
use crate::git::Person;
use crate::ledger::{Entry, Ledger};
use crate::model::ObjectId;

/// Returns what recording `seal` adds to the ledger, beside what it holds already.
#[must_use]
pub fn ledger_entries(seal: &Seal) -> Vec<Entry> {
    let mut entries = seal.boundary().ledger_entries().to_vec();
    let path = seal_path(seal.statement().commit(), seal.digest());
    entries.push(Entry { path, bytes: seal.envelope().to_canonical() });
    entries
}

/// Keeps the commit from being collected, then adds the seal to the ledger; returns the ledger's new head.
///
/// Notes are written after that, by [`project`].
///
/// # Errors
/// When the keep chain or the ledger cannot be written.
pub fn record(
    ledger: &mut Ledger<'_>,
    seal: &Seal,
    person: &Person,
    time: Timestamp,
) -> Result<ObjectId, Error> {
    let commit = seal.statement().commit();
    let entries = ledger_entries(seal);
    ledger.keep(&[commit], person, time)?;
    Ok(ledger.append(&entries, &format!("seal {commit}"), person, time)?)
}

/// Writes the note of each commit that has a seal, from the newest one; returns how many were written.
///
/// # Errors
/// When the ledger cannot be read or the notes cannot be written.
pub fn project(
    ledger: &Ledger<'_>,
    commits: &[ObjectId],
    person: &Person,
    time: Timestamp,
) -> Result<usize, Error> {
    let mut notes = Vec::new();
    for commit in commits {
        if let Some(newest) = find(ledger, *commit)?.seals.first() {
            notes.push((*commit, newest.note().to_bytes()));
        }
    }
    if !notes.is_empty() {
        ledger.project_notes(&notes, person, time)?;
    }
    Ok(notes.len())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, person, record_at};
    use super::super::{How, Manifest, Note, SealIndex, StoredSeal, find_by_tree};
    use super::*;
    use crate::base::ContentAddress;
    use crate::git::testing::Sandbox;
    use crate::ledger::NOTES_REF;

    #[test]
    fn a_recorded_seal_is_found_and_shown_in_the_notes() {
        let sandbox = Sandbox::new().file("a", "1").file("dir/b", "2").commit("first");
        let repository = sandbox.open();
        let (commit, seal) = record_at(&repository, "HEAD", 0);
        let ledger = Ledger::open(&repository).unwrap();
        ledger.check().unwrap();
        let found = find(&ledger, commit).unwrap();
        assert_eq!(found.seals.len(), 1);
        assert_eq!(found.seals[0].digest(), seal.digest());
        assert_eq!(found.seals[0].statement(), seal.statement());
        let index = SealIndex::read(&ledger).unwrap();
        assert_eq!(index.of_commit(commit).count(), 1);
        assert_eq!(find_by_tree(&ledger, seal.statement().tree()).unwrap(), found.seals);
        let loaded = Manifest::load(&ledger, seal.statement().document().address()).unwrap();
        assert!(loaded.files().eq(sample::manifest(&repository, commit).files()));
        let note = repository.note(NOTES_REF, commit).unwrap().unwrap();
        assert_eq!(Note::parse(&note).unwrap().digest(), seal.digest());
        assert!(sandbox.git(&["log", "--notes=iao"]).contains("git-iao seal: not-verified"));
    }

    #[test]
    fn the_newest_seal_comes_first_and_is_the_note() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let (commit, late) = record_at(&repository, "HEAD", 50);
        let (_, early) = record_at(&repository, "HEAD", 10);
        let found = find(&Ledger::open(&repository).unwrap(), commit).unwrap();
        let digests: Vec<ContentAddress> = found.seals.iter().map(StoredSeal::digest).collect();
        assert_eq!(digests, [late.digest(), early.digest()]);
        let note = repository.note(NOTES_REF, commit).unwrap().unwrap();
        assert_eq!(Note::parse(&note).unwrap().digest(), late.digest());
    }

    #[test]
    fn a_seal_names_the_one_before_it_and_writes_what_is_new() {
        let mut sandbox = Sandbox::new();
        for number in 0..300 {
            sandbox = sandbox.file(&format!("d{}/f{number}", number % 5), number.to_string());
        }
        let sandbox = sandbox.commit("first");
        let repository = sandbox.open();
        let (_, first) = record_at(&repository, "HEAD", 0);
        let sandbox = sandbox.file("d3/f3", "changed").commit("second").file("d3/f8", "too").commit("third");
        let repository = sandbox.open();
        let ledger = Ledger::open(&repository).unwrap();
        let commit = repository.resolve("HEAD").unwrap();
        let seal = sample::seal_of(&repository, &ledger, commit, 1);
        assert_eq!(seal.statement().predicate().prev_seal, Some(first.digest()));
        let drawn = seal.boundary().drawn();
        assert_eq!((drawn.how, drawn.base), (How::Incremental, Some(first.digest())));
        assert_eq!((drawn.hashed, drawn.reused), (2, 298));
        let whole = sample::manifest(&repository, commit);
        let size = |entries: &[Entry]| entries.iter().map(|entry| entry.bytes.len()).sum::<usize>();
        let (small, large) = (size(seal.boundary().ledger_entries()), size(&whole.ledger_entries()));
        assert!(small * 8 < large, "{small} of {large} bytes");
        record_at(&repository, "HEAD", 1);
        let ledger = Ledger::open(&repository).unwrap();
        let loaded = Manifest::load(&ledger, seal.statement().document().address()).unwrap();
        assert!(loaded.files().eq(whole.files()));
    }

    #[test]
    fn recording_twice_adds_nothing() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let (_, seal) = record_at(&repository, "HEAD", 0);
        let mut ledger = Ledger::open(&repository).unwrap();
        let head = ledger.head().unwrap();
        let time = seal.statement().predicate().sealed_at;
        assert_eq!(record(&mut ledger, &seal, &person(), time).unwrap(), head);
    }

    #[test]
    fn what_is_no_seal_is_told_and_hides_nothing() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let (commit, seal) = record_at(&repository, "HEAD", 0);
        let mut ledger = Ledger::open(&repository).unwrap();
        let garbage = b"{}".to_vec();
        let moved = seal.envelope().to_canonical();
        let entries = [
            Entry { path: seal_path(commit, ContentAddress::of(&garbage)), bytes: garbage },
            // The seal of one commit at the place of another.
            Entry { path: seal_path(sample::id('1'), seal.digest()), bytes: moved },
        ];
        ledger.append(&entries, "mischief", &person(), Timestamp::from_seconds(0)).unwrap();
        let index = SealIndex::read(&ledger).unwrap();
        assert_eq!((index.seals().len(), index.damaged().len()), (1, 2));
        assert_eq!(index.of_commit(commit).next().unwrap().digest(), seal.digest());
        assert_eq!(find(&ledger, sample::id('1')).unwrap().seals, []);
    }

    #[test]
    fn a_seal_without_a_manifest_does_not_keep_others_from_sealing() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let commit = repository.resolve("HEAD").unwrap();
        let mut ledger = Ledger::open(&repository).unwrap();
        let hollow = sample::seal_of(&repository, &ledger, commit, 0);
        let path = seal_path(commit, hollow.digest());
        let entry = Entry { path, bytes: hollow.envelope().to_canonical() };
        ledger.append(&[entry], "hollow", &person(), Timestamp::from_seconds(0)).unwrap();
        let (_, seal) = record_at(&repository, "HEAD", 1);
        assert_eq!(seal.statement().predicate().prev_seal, Some(hollow.digest()));
        let ledger = Ledger::open(&repository).unwrap();
        assert!(Manifest::load(&ledger, seal.statement().document().address()).is_ok());
    }

    #[test]
    fn a_false_location_does_not_hide_the_manifest() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let (_, seal) = record_at(&repository, "HEAD", 0);
        let mut ledger = Ledger::open(&repository).unwrap();
        let address = seal.statement().document().address();
        let directory = super::super::shelf::manifest_directory(address);
        for number in 0..8 {
            let bytes = format!("{{\"n\":{number}}}").into_bytes();
            let path = format!("{directory}/{}.json", ContentAddress::of(&bytes));
            ledger.append(&[Entry { path, bytes }], "x", &person(), Timestamp::from_seconds(0)).unwrap();
        }
        assert!(Manifest::load(&ledger, address).is_ok());
        assert!(matches!(
            Manifest::load(&ledger, ContentAddress::of(b"no")),
            Err(Error::ManifestMissing { .. })
        ));
    }
}
