//! Proves many seals of one repository: what was proven for one is not computed again for the next.
//!
//! What is remembered was computed here, from records or from content: no cache on disk is ever read.

use super::build::{hash_contents, plant};
use super::content::{Blobs, Reading};
use super::forest::SetId;
use super::load::{load, locations, read_document};
use super::manifest::{Document, Roots};
use super::plan::{Plan, Stop};
use super::records::Records;
use super::shape::Shapes;
use super::trees::Trees;
use super::update::update;
use super::worktree::{Looked, look};
use super::{Depth, Differences, Error, Manifest, differences};
use crate::base::{CancelToken, QuickMap};
use crate::git::{Names, Repository};
use crate::ledger::Ledger;
use crate::model::{ObjectId, RepoPath};

/// How much memory trees may take that are kept for the next seal, in bytes.
const TREES: usize = 64 << 20;

/// Beyond so many sets, which take about 300 bytes each, a range of seals begins anew.
const MOST_SETS: usize = 1 << 21;

/// So many contents are read from most of a pack, which need not be mapped twice.
const MANY: usize = 1024;

/// Holds what was proven so far.
pub struct Prover<'a> {
    repository: &'a Repository,
    ledger: &'a Ledger<'a>,
    jobs: usize,
    cancel: &'a CancelToken,
    trees: Trees<'a>,
    /// What the ledger says.
    records: Records<'a>,
    shapes: Shapes,
    /// What the content says; nothing in it comes from the ledger.
    drawn: Records<'a>,
    blobs: Blobs,
    /// The top directories of trees that were drawn.
    tops: QuickMap<ObjectId, SetId>,
    /// The tree that was drawn last.
    last: Option<ObjectId>,
}

impl<'a> Prover<'a> {
    /// Knows nothing yet; works on up to `jobs` threads until `cancel` is set.
    #[must_use]
    pub fn new(
        repository: &'a Repository,
        ledger: &'a Ledger<'a>,
        jobs: usize,
        cancel: &'a CancelToken,
    ) -> Self {
        ledger.expect_many();
        // Records are hashed as they come, a few thousand at a time: a second thread takes as long to begin.
        let records = Records::lean(|path: &str| Ok(ledger.read(path)?));
        let mut drawn = Records::new(|_: &str| Ok(None));
        drawn.forest.hashes.spread(jobs);
        Self {
            repository,
            ledger,
            jobs,
            cancel,
            trees: Trees::new(repository, TREES, cancel),
            records,
            shapes: Shapes::default(),
            drawn,
            blobs: Blobs::default(),
            tops: QuickMap::default(),
            last: None,
        }
    }

    /// Reads what checks of these trees will ask for, in an order that costs less than theirs: the newest, which stands
    /// last, first. Packed objects are most often stored as what differs from the next version.
    ///
    /// What cannot be read is told by the check that asks for it.
    pub fn prepare(&mut self, trees: &[ObjectId], depth: Depth) {
        if self.records.forest.len() + self.drawn.forest.len() > MOST_SETS {
            *self = Self::new(self.repository, self.ledger, self.jobs, self.cancel);
        }
        match depth {
            // What cannot be read ends it; the trees before were drawn.
            Depth::Content => drop(self.draw_all(trees)),
            Depth::Merkle => {
                for pair in trees.windows(2).rev() {
                    if Plan::new(&mut self.trees, Some(pair[1]), pair[0]).is_err() {
                        break;
                    }
                }
            }
            Depth::Outline | Depth::Worktree => {}
        }
    }

    /// Computes the roots of `document` again from the ledger's records; trusts git's object names for the content.
    ///
    /// # Errors
    /// When the ledger lacks the document or a record, or holds something else in its place: the directory is named.
    pub fn records(&mut self, document: &Document) -> Result<(), Error> {
        self.open_records(document).map(|_| ())
    }

    /// As [`Self::records`], where `tree` was found to have the roots of `document`: its content may speak for records.
    ///
    /// # Errors
    /// As [`Self::records`].
    pub(super) fn records_of(&mut self, document: &Document, tree: ObjectId) -> Result<(), Error> {
        let manifest = document.address();
        read_document(self.ledger, manifest)?;
        if let Some(top) = self.tops.get(&tree).copied() {
            for location in locations(self.ledger, manifest)?.into_iter().flatten() {
                let place = self.records.place(location.records, location.offset);
                let agreed = self.records.agree(place, &self.drawn.forest, top);
                self.records.prove();
                if agreed {
                    return Ok(());
                }
            }
        }
        self.records(document)
    }

    /// Opens what is not proven yet of the records of `document`, and proves it; returns the root directory.
    fn open_records(&mut self, document: &Document) -> Result<SetId, Error> {
        let manifest = document.address();
        // The document is part of the evidence, though everything in it is known.
        read_document(self.ledger, manifest)?;
        let mut failure = Error::ManifestMissing { manifest };
        for location in locations(self.ledger, manifest)? {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            match location.and_then(|location| load(document, &location, &mut self.records)) {
                Ok(top) => return Ok(top),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Computes the roots of a git tree from its content.
    ///
    /// Names of contents are not computed again: whether a content is the sealed one is what the roots tell.
    ///
    /// # Errors
    /// As [`Manifest::build`].
    pub fn content(&mut self, tree: ObjectId) -> Result<Roots, Error> {
        let top = match self.tops.get(&tree) {
            Some(top) => *top,
            None => self.draw(tree)?,
        };
        self.drawn.forest.hashes.resolve();
        Ok(Roots::of(&self.drawn.forest, top))
    }

    /// Draws trees, the last of them first; the contents of all are read at once, in the order in which they lie.
    fn draw_all(&mut self, trees: &[ObjectId]) -> Result<(), Error> {
        let (mut plans, mut last) = (Vec::new(), self.last);
        for tree in trees.iter().rev() {
            if self.tops.contains_key(tree) || plans.iter().any(|(planned, _)| planned == tree) {
                continue;
            }
            // What is wrong with this one is told when it is asked for.
            let Ok(plan) = Plan::new(&mut self.trees, last, *tree) else { break };
            plans.push((*tree, plan));
            last = Some(*tree);
        }
        self.read(plans.iter().map(|(_, plan)| plan))?;
        for (tree, plan) in &plans {
            self.draw_planned(*tree, plan)?;
        }
        // What comes next comes after the newest of these.
        let newest = trees.last().filter(|newest| self.tops.contains_key(newest));
        self.last = newest.copied().or(self.last);
        Ok(())
    }

    /// Draws a tree, from the one that was drawn last where there is one; its hashes are not computed yet.
    fn draw(&mut self, tree: ObjectId) -> Result<SetId, Error> {
        let plan = Plan::new(&mut self.trees, self.last, tree).map_err(Stop::into_error)?;
        self.read(std::iter::once(&plan))?;
        self.draw_planned(tree, &plan)
    }

    /// Digests the contents that plans ask for.
    fn read<'p>(&mut self, plans: impl Iterator<Item = &'p Plan> + Clone) -> Result<(), Error> {
        let mut wanted: Vec<ObjectId> = plans.clone().flat_map(Plan::contents).collect();
        wanted.retain(|id| !self.blobs.contains_key(id));
        if wanted.len() > MANY {
            self.trees.let_go();
        }
        let reading = Reading { names: Names::Trusted, jobs: self.jobs, cancel: self.cancel };
        let found = hash_contents(self.repository, plans, wanted, &reading)?;
        if self.blobs.is_empty() {
            self.blobs = found;
        } else {
            self.blobs.extend(found);
        }
        Ok(())
    }

    /// Draws a tree as it was planned from the one that was drawn last; its contents were digested.
    fn draw_planned(&mut self, tree: ObjectId, plan: &Plan) -> Result<SetId, Error> {
        let top = match self.last.map(|last| self.tops[&last]) {
            Some(old) => update(plan, &self.blobs, old, &mut self.drawn).map_err(Stop::into_error)?,
            None => plant(plan, &self.blobs, &mut self.drawn.forest)?,
        };
        self.tops.insert(tree, top);
        self.last = Some(tree);
        Ok(top)
    }

    /// Returns the repository.
    pub(super) fn repository(&self) -> &'a Repository {
        self.repository
    }

    /// As [`Self::records`], and holds names and modes in them against `tree`: what differs is returned.
    ///
    /// # Errors
    /// Also when a tree cannot be read.
    pub fn shape(&mut self, document: &Document, tree: ObjectId) -> Result<Differences, Error> {
        let top = self.open_records(document)?;
        self.shapes.compare(&mut self.trees, tree, (&self.records.forest, top))
    }

    /// Holds the files on disk against the manifest of `document`, from its records or else from the content.
    pub(super) fn worktree(&self, document: &Document) -> Result<Looked, Error> {
        let manifest = match Manifest::load(self.ledger, document.address()) {
            Ok(manifest) => manifest,
            Err(error @ (Error::Git(_) | Error::Ledger(_) | Error::Cancelled)) => return Err(error),
            Err(_) => Manifest::build(self.repository, document.tree, self.jobs, self.cancel)?,
        };
        if manifest.document() != *document {
            return Err(Error::RootMismatch { directory: RepoPath::root() });
        }
        look(self.repository, &manifest, self.jobs, self.cancel)
    }

    /// Names the paths where the content of `tree` is not what the records of `document` say; `None` when the
    /// ledger has no records that add up.
    pub(super) fn differences(
        &self,
        document: &Document,
        tree: ObjectId,
    ) -> Result<Option<Differences>, Error> {
        let Ok(recorded) = Manifest::load(self.ledger, document.address()) else { return Ok(None) };
        let found = Manifest::build(self.repository, tree, self.jobs, self.cancel)?;
        Ok(Some(differences(&recorded, &found)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::forest::Forest;
    use super::super::sample::{self, record_at};
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::ledger::Entry;
    use crate::seal::shelf::Shelf;
    use crate::seal::{StoredSeal, find};

    fn documents(repository: &Repository, ledger: &Ledger<'_>, revisions: &[&str]) -> Vec<Document> {
        let one = |revision: &&str| -> StoredSeal {
            find(ledger, repository.resolve(revision).unwrap()).unwrap().seals.remove(0)
        };
        revisions.iter().map(one).map(|seal| seal.statement().document().clone()).collect()
    }

    /// Three commits, each sealed.
    fn sealed() -> Sandbox {
        let mut sandbox = Sandbox::new();
        for number in 0..120 {
            sandbox = sandbox.file(&format!("d{}/f{number}", number % 3), number.to_string());
        }
        for (second, name) in ["one", "two", "three"].into_iter().enumerate() {
            sandbox = sandbox.file("d1/f4", name).file(&format!("new/{name}"), name).commit(name);
            record_at(&sandbox.open(), "HEAD", i64::try_from(second).unwrap());
        }
        sandbox
    }

    #[test]
    fn a_history_is_proven_in_any_order_and_twice() {
        let sandbox = sealed();
        let repository = sandbox.open();
        let (ledger, cancel) = (Ledger::open(&repository).unwrap(), CancelToken::default());
        let documents = documents(&repository, &ledger, &["HEAD~2", "HEAD", "HEAD~1", "HEAD"]);
        let mut prover = Prover::new(&repository, &ledger, 2, &cancel);
        for document in &documents {
            prover.records(document).unwrap();
            assert_eq!(prover.content(document.tree).unwrap(), document.roots);
        }
    }

    #[test]
    fn what_is_proven_excuses_no_false_roots() {
        let sandbox = sealed();
        let repository = sandbox.open();
        let (mut ledger, cancel) = (Ledger::open(&repository).unwrap(), CancelToken::default());
        let honest = documents(&repository, &ledger, &["HEAD", "HEAD~1"]);
        // The records of the last seal, said to be those of false roots.
        let mut lie = honest[0].clone();
        lie.roots.files += 1;
        let records = documents_location(&ledger, &honest[0], &lie);
        ledger
            .append(&records, "lie", &sample::person(), sample::request(sample::id('1')).sealed_at)
            .unwrap();
        let mut prover = Prover::new(&repository, &ledger, 1, &cancel);
        prover.records(&honest[0]).unwrap();
        assert!(matches!(prover.records(&lie), Err(Error::RootMismatch { .. })));
        prover.records(&honest[1]).unwrap();
        assert_ne!(prover.content(lie.tree).unwrap(), lie.roots);
    }

    /// Writes a tree of files and submodules: mode, path, and content or commit.
    fn write_tree(sandbox: &Sandbox, files: &[(&str, &str, &str)]) -> ObjectId {
        let mut index = Vec::new();
        for (mode, path, content) in files {
            let id = match *mode {
                "160000" => content.repeat(40),
                _ => sandbox.git_with(&["hash-object", "-w", "--stdin"], content.as_bytes()),
            };
            index.extend_from_slice(format!("{mode} {id}\t{path}\n").as_bytes());
        }
        sandbox.git(&["read-tree", "--empty"]);
        sandbox.git_with(&["update-index", "--index-info"], &index);
        sandbox.git(&["write-tree"]).parse().unwrap()
    }

    #[test]
    fn a_shape_is_judged_as_if_nothing_had_been_looked_at_before() {
        let sandbox = Sandbox::new();
        let many: Vec<String> = (0..9).map(|number| format!("d/e/{number}")).collect();
        let state = |changes: &[(&'static str, &'static str, &'static str)]| {
            let mut files: Vec<(&str, &str, &str)> =
                many.iter().map(|path| ("100644", path.as_str(), "1")).collect();
            files.extend([("100644", "d/f", "1"), ("160000", "d/s", "1"), ("100644", "x/y", "1")]);
            files.retain(|(_, path, _)| changes.iter().all(|(_, changed, _)| changed != path));
            files.extend(changes.iter().filter(|(mode, ..)| !mode.is_empty()));
            files
        };
        let states = [
            state(&[]),
            state(&[("100644", "d/e/3", "2")]),
            state(&[("100644", "d/e/3", "2"), ("100644", "d/f", "2"), ("100644", "x/y", "2")]),
            state(&[("100755", "d/e/3", "2")]),
            state(&[("160000", "d/s", "2")]),
            state(&[("160000", "d/s", "2"), ("100644", "d/e/3", "3")]),
            state(&[("", "d/s", ""), ("100644", "d/s", "1")]),
            state(&[("", "d/e/3", ""), ("100644", "d/e/3x", "1")]),
            state(&[("100644", "d/e/new", "1")]),
            state(&[("", "x/y", ""), ("100644", "x/y/z", "1")]),
        ];
        // Those of one number differ in the content of files alone.
        let alike = [0, 0, 0, 1, 2, 2, 3, 4, 5, 6];
        let trees: Vec<ObjectId> = states.iter().map(|files| write_tree(&sandbox, files)).collect();
        let repository = sandbox.open();
        let (ledger, cancel) = (Ledger::at(&repository, None), CancelToken::default());
        let mut prover = Prover::new(&repository, &ledger, 1, &cancel);
        prover.draw_all(&trees).unwrap();
        prover.drawn.forest.hashes.resolve();
        let top = |prover: &Prover<'_>, at: usize| prover.tops[&trees[at]];
        let mut judge = |shapes: &mut Shapes, at: usize, said: usize| {
            let top = top(&prover, said);
            shapes.compare(&mut prover.trees, trees[at], (&prover.drawn.forest, top)).unwrap()
        };
        for before in 0..trees.len() {
            for at in 0..trees.len() {
                for said in 0..trees.len() {
                    let mut shapes = Shapes::default();
                    let plain = judge(&mut shapes, at, said);
                    assert_eq!(plain.is_empty(), alike[at] == alike[said], "{at} as {said}: {plain:?}");
                    let mut shapes = Shapes::default();
                    assert!(judge(&mut shapes, before, before).is_empty());
                    assert_eq!(judge(&mut shapes, at, said), plain, "{at} as {said}, after {before}");
                }
            }
        }
    }

    /// What would lead from `lie` to the records of `honest`.
    fn documents_location(ledger: &Ledger<'_>, honest: &Document, lie: &Document) -> Vec<Entry> {
        let place = locations(ledger, honest.address()).unwrap().remove(0).unwrap();
        let forest = Forest::default();
        Shelf::new(&forest).finish(lie, (place.records, place.offset))
    }
}
