//! Walks history: what is reachable, in which order, and what is an ancestor of what.
//!
//! Staged commits are walked like stored ones; where a shallow clone was cut off, history ends.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use gix::objs::{CommitRefIter, Kind};

use super::store::{Reader, from_gix, to_gix};
use super::{Error, Repository};
use crate::model::ObjectId;

/// Reachable from a tip that is wanted.
const WANTED: u8 = 1;
/// Reachable from a tip that is not.
const HIDDEN: u8 = 2;
/// How many commits are looked at after the last wanted one, for clocks that were wrong; git's number, doubled.
const SLOP: usize = 10;

/// Reads parents and times, and remembers where history was cut off.
struct Graph<'a> {
    reader: Reader<'a>,
    shallow: BTreeSet<ObjectId>,
    buffer: Vec<u8>,
    /// What every commit says that was read; nobody asked for that when there is nothing.
    met: Option<Met>,
}

/// The commits that a walk met, and those that it could not read.
#[derive(Default)]
struct Met {
    commits: HashMap<ObjectId, Walked>,
    unread: BTreeMap<ObjectId, Error>,
}

/// A commit as a walk met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    /// None at a shallow edge.
    pub(super) parents: Vec<ObjectId>,
}

/// Everything that a walk met.
pub(super) struct Walk {
    /// What is reachable and not hidden, parents before their children.
    pub(super) commits: Vec<Walked>,
    /// The hidden parents of those, as far as they can be read.
    pub(super) edges: Vec<Walked>,
    /// What is reachable, not known to be hidden, and cannot be read.
    pub(super) unread: Vec<(ObjectId, Error)>,
}

impl Graph<'_> {
    /// Returns a commit's time and its parents, none at a shallow edge; where commits are kept, one that cannot be read
    /// has neither.
    fn read(&mut self, id: ObjectId) -> Result<(i64, Vec<ObjectId>), Error> {
        let read = self.read_commit(id);
        match (read, &mut self.met) {
            (Ok((seconds, parents, tree)), Some(met)) => {
                met.commits.insert(id, Walked { id, tree, parents: parents.clone() });
                Ok((seconds, parents))
            }
            (Err(error), Some(met)) => {
                met.unread.insert(id, error);
                Ok((0, Vec::new()))
            }
            (read, None) => read.map(|(seconds, parents, _)| (seconds, parents)),
        }
    }

    fn read_commit(&mut self, id: ObjectId) -> Result<(i64, Vec<ObjectId>, ObjectId), Error> {
        self.reader.expect(id, Kind::Commit, &mut self.buffer)?;
        let commit = || CommitRefIter::from_bytes(&self.buffer, to_gix(id).kind());
        let seconds = commit().committer().ok().map_or(0, |committer| committer.seconds());
        let parents = if self.shallow.contains(&id) {
            Vec::new()
        } else {
            commit().parent_ids().map(from_gix).collect()
        };
        let tree = commit().tree_id().map(from_gix);
        let tree = tree.map_err(|source| Error::CorruptObject { id, source: source.into() })?;
        Ok((seconds, parents, tree))
    }
}

/// History under two colours, worked off newest first.
struct Painting<'a> {
    graph: Graph<'a>,
    heap: BinaryHeap<(i64, ObjectId)>,
    waiting: HashSet<ObjectId>,
    colours: HashMap<ObjectId, u8>,
    parents: HashMap<ObjectId, Vec<ObjectId>>,
    /// How many of those that wait are not hidden.
    wanted: usize,
}

impl<'a> Painting<'a> {
    fn new(graph: Graph<'a>, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Self, Error> {
        let mut painting = Self {
            graph,
            heap: BinaryHeap::new(),
            waiting: HashSet::new(),
            colours: HashMap::new(),
            parents: HashMap::new(),
            wanted: 0,
        };
        for id in hidden {
            painting.paint(*id, HIDDEN)?;
        }
        for id in tips {
            painting.paint(*id, WANTED)?;
        }
        Ok(painting)
    }

    /// Adds a colour; what changes has to be worked off (again).
    fn paint(&mut self, id: ObjectId, colour: u8) -> Result<(), Error> {
        let colours = self.colours.entry(id).or_default();
        let before = std::mem::replace(colours, *colours | colour);
        let after = *colours;
        if before == after {
            return Ok(());
        }
        let waits = self.waiting.contains(&id);
        if waits && before & HIDDEN == 0 && after & HIDDEN != 0 {
            self.wanted -= 1;
        }
        if !waits {
            let (time, parents) = self.graph.read(id)?;
            self.parents.insert(id, parents);
            self.waiting.insert(id);
            self.heap.push((time, id));
            self.wanted += usize::from(after & HIDDEN == 0);
        }
        Ok(())
    }

    /// Takes the newest that waits: its time, itself, its colours.
    fn pop(&mut self) -> Option<(i64, ObjectId, u8)> {
        let (time, id) = self.heap.pop()?;
        self.waiting.remove(&id);
        let colours = self.colours[&id];
        self.wanted -= usize::from(colours & HIDDEN == 0);
        Some((time, id, colours))
    }

    /// Hands a commit's colours on to its parents.
    fn spread(&mut self, id: ObjectId) -> Result<(), Error> {
        let colours = self.colours[&id];
        for parent in self.parents.remove(&id).unwrap_or_default() {
            self.paint(parent, colours)?;
        }
        Ok(())
    }
}

impl Repository {
    fn graph(&self) -> Result<Graph<'_>, Error> {
        let shallow = self.gix().shallow_commits().map_err(Error::read("the list of shallow commits"))?;
        let shallow = shallow.iter().flat_map(|commits| commits.iter()).map(from_gix).collect();
        Ok(Graph { reader: self.reader(), shallow, buffer: Vec::new(), met: None })
    }

    /// Returns commits reachable from `tips` but not from `hidden`, newest first, at most `limit`.
    ///
    /// Newest by the committers' clocks. Where a clock was wrong by much, a hidden commit may be among them,
    /// and never is one missing.
    ///
    /// # Errors
    /// When a commit on the way is missing or corrupt.
    pub fn walk(&self, tips: &[ObjectId], hidden: &[ObjectId], limit: usize) -> Result<Vec<ObjectId>, Error> {
        let early = if hidden.is_empty() { limit } else { usize::MAX };
        let mut painting = Painting::new(self.graph()?, tips, hidden)?;
        let visible = painting.visible(early)?;
        Ok(visible.into_iter().take(limit).collect())
    }

    /// Walks to the end whatever cannot be read on the way.
    ///
    /// # Errors
    /// When the list of shallow commits cannot be read.
    pub(super) fn walk_on(&self, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Walk, Error> {
        let graph = Graph { met: Some(Met::default()), ..self.graph()? };
        let mut painting = Painting::new(graph, tips, hidden)?;
        let newest_first = painting.visible(usize::MAX)?;
        let Met { commits, unread } = painting.graph.met.take().unwrap_or_default();
        let (read, failed): (Vec<_>, Vec<_>) =
            newest_first.into_iter().partition(|id| commits.contains_key(id));
        let commits_in_order = parents_first(&read, |id| Ok(commits[&id].parents.clone()))?
            .into_iter()
            .map(|id| commits[&id].clone());
        let walked: Vec<Walked> = commits_in_order.collect();
        let wanted: HashSet<ObjectId> = read.into_iter().collect();
        let parents = walked.iter().flat_map(|commit| &commit.parents);
        let edges: BTreeSet<&ObjectId> = parents.filter(|parent| !wanted.contains(parent)).collect();
        let edges = edges.into_iter().filter_map(|id| commits.get(id).cloned()).collect();
        let mut unread = unread;
        let unread = failed.into_iter().filter_map(|id| Some((id, unread.remove(&id)?))).collect();
        Ok(Walk { commits: walked, edges, unread })
    }
}

impl Painting<'_> {
    /// Returns what is wanted and not hidden, newest first, and no more than about so many.
    fn visible(&mut self, early: usize) -> Result<Vec<ObjectId>, Error> {
        let painting = self;
        let mut order = Vec::new();
        let mut oldest = i64::MAX;
        let mut slop = SLOP;
        while order.len() < early {
            let Some((time, id, colours)) = painting.pop() else { break };
            if colours & HIDDEN == 0 {
                order.push(id);
                oldest = oldest.min(time);
            }
            if painting.wanted > 0 || time >= oldest {
                slop = SLOP;
            } else if slop == 0 {
                break;
            } else {
                slop -= 1;
            }
            painting.spread(id)?;
        }
        Ok(order.into_iter().filter(|id| painting.colours[id] & HIDDEN == 0).collect())
    }
}

impl Repository {
    /// Says whether `ancestor` is reachable from `descendant`; a commit is its own ancestor.
    ///
    /// # Errors
    /// When a commit on the way is missing or corrupt.
    pub fn is_ancestor(&self, ancestor: ObjectId, descendant: ObjectId) -> Result<bool, Error> {
        if ancestor == descendant {
            return Ok(true);
        }
        let mut painting = Painting::new(self.graph()?, &[descendant], &[ancestor])?;
        // What both colours reach lies behind the ancestor, and leads back to it no more.
        while painting.wanted > 0 {
            let Some((_, id, _)) = painting.pop() else { break };
            painting.spread(id)?;
            if painting.colours[&ancestor] & WANTED != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the best common ancestor of two commits; `None` when they share no history.
    ///
    /// # Errors
    /// When a commit on the way is missing or corrupt.
    pub fn merge_base(&self, one: ObjectId, other: ObjectId) -> Result<Option<ObjectId>, Error> {
        for commit in self.walk(&[one], &[], usize::MAX)? {
            if self.is_ancestor(commit, other)? {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// Orders commits so that every parent stands before its children; equals keep newest last.
    pub(super) fn oldest_first(&self, newest_first: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        let mut graph = self.graph()?;
        parents_first(newest_first, |id| Ok(graph.read(id)?.1))
    }
}

fn parents_first(
    newest_first: &[ObjectId],
    mut parents_of: impl FnMut(ObjectId) -> Result<Vec<ObjectId>, Error>,
) -> Result<Vec<ObjectId>, Error> {
    let wanted: HashSet<ObjectId> = newest_first.iter().copied().collect();
    let mut done = HashSet::new();
    let mut ordered = Vec::new();
    for start in newest_first.iter().rev() {
        let mut path = vec![(*start, false)];
        while let Some((id, parents_done)) = path.pop() {
            if parents_done {
                ordered.push(id);
            } else if wanted.contains(&id) && done.insert(id) {
                path.push((id, true));
                path.extend(parents_of(id)?.into_iter().rev().map(|parent| (parent, false)));
            }
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Timestamp;
    use crate::git::testing::Sandbox;
    use crate::git::{NewCommit, Person};

    /// Stages commits: each names its parents among the earlier ones, and its time.
    fn stage(repository: &Repository, shape: &[(Vec<usize>, i64)]) -> Vec<ObjectId> {
        let mut commits: Vec<ObjectId> = Vec::new();
        for (number, (parents, time)) in shape.iter().enumerate() {
            let commit = NewCommit {
                tree: repository.empty_tree(),
                parents: parents.iter().map(|parent| commits[*parent]).collect(),
                person: Person { name: "A".into(), email: "a@x".into() },
                time: Timestamp::from_seconds(*time),
                message: format!("commit {number}"),
            };
            commits.push(repository.stage_commit(&commit).unwrap());
        }
        commits
    }

    /// Up to twelve commits with up to two parents each, and clocks that are a little wrong.
    fn any_history() -> impl Strategy<Value = Vec<(Vec<usize>, i64)>> {
        let commit = (proptest::collection::vec(any::<prop::sample::Index>(), 0..3), 0..5_i64);
        proptest::collection::vec(commit, 1..12).prop_map(|drawn| {
            let place = |(number, (parents, late)): (usize, (Vec<prop::sample::Index>, i64))| {
                let parents: BTreeSet<usize> =
                    parents.iter().filter(|_| number > 0).map(|parent| parent.index(number.max(1))).collect();
                (parents.into_iter().collect(), number as i64 * 3 + late)
            };
            drawn.into_iter().enumerate().map(place).collect()
        })
    }

    fn reachable(shape: &[(Vec<usize>, i64)], start: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(here) = open.pop() {
            open.extend(shape[here].0.iter().filter(|parent| seen.insert(**parent)));
        }
        seen
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        #[test]
        fn walks_find_what_is_reachable_and_not_hidden(shape in any_history(), picks in any::<[prop::sample::Index; 2]>()) {
            let sandbox = Sandbox::new();
            let repository = sandbox.open();
            let commits = stage(&repository, &shape);
            let [tip, hidden] = picks.map(|pick| pick.index(commits.len()));
            let (from_tip, from_hidden) = (reachable(&shape, tip), reachable(&shape, hidden));
            let walked = repository.walk(&[commits[tip]], &[commits[hidden]], usize::MAX).unwrap();
            let expected: BTreeSet<_> = from_tip.difference(&from_hidden).map(|number| commits[*number]).collect();
            prop_assert_eq!(walked.len(), expected.len());
            prop_assert_eq!(&walked.iter().copied().collect::<BTreeSet<_>>(), &expected);
            let Walk { commits: met, edges, unread } = repository.walk_on(&[commits[tip]], &[commits[hidden]]).unwrap();
            prop_assert!(unread.is_empty());
            prop_assert_eq!(met.iter().map(|commit| commit.id).collect::<BTreeSet<_>>(), expected);
            for (at, commit) in met.iter().enumerate() {
                prop_assert!(commit.parents.iter().all(|parent| met[at..].iter().all(|other| other.id != *parent)));
                for parent in commit.parents.iter().filter(|parent| !walked.contains(parent)) {
                    prop_assert!(edges.iter().any(|edge| edge.id == *parent));
                }
            }
            prop_assert_eq!(
                repository.is_ancestor(commits[hidden], commits[tip]).unwrap(),
                from_tip.contains(&hidden)
            );
            let ordered = repository.range(&format!("{}..{}", commits[hidden], commits[tip])).unwrap();
            prop_assert_eq!(ordered.len(), walked.len());
            for (at, commit) in ordered.iter().enumerate() {
                for parent in repository.commit(*commit).unwrap().parents {
                    prop_assert!(!ordered[at..].contains(&parent));
                }
            }
        }
    }

    #[test]
    fn a_limit_keeps_the_newest() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let commits = stage(&repository, &[(vec![], 1), (vec![0], 2), (vec![1], 3), (vec![2], 4)]);
        assert_eq!(repository.walk(&[commits[3]], &[], 2).unwrap(), [commits[3], commits[2]]);
        assert_eq!(repository.walk(&[commits[3]], &[commits[0]], 1).unwrap(), [commits[3]]);
        assert!(repository.walk(&[commits[3]], &[commits[0]], 0).unwrap().is_empty());
    }
}
