//! Lists the contents that some objects reach and others do not: each once for every kind of path that it stands at.
//!
//! What cannot be read on the way is told, and everything else is listed all the same. No object is replaced or fetched.

use super::history::{Walk, Walked};
use super::path_table::{PathId, PathTable, ROOT};
use super::tree_reader::{MAX_DEPTH, Node, node};
use super::{Error, Repository, StoredTree, Trees};
use crate::base::{CancelToken, QuickMap, QuickSet};
use crate::model::{FileMode, ObjectId, RepoPath};

/// An object that a listing begins with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tip {
    /// What names it, such as `refs/heads/main`; a content that nothing else names gets this as its path.
    pub name: String,
    /// The object, of any kind.
    pub id: ObjectId,
}

/// What a listing is made of.
#[derive(Clone, Copy)]
pub struct Reach<'a> {
    /// Where it begins. Tags are followed.
    pub tips: &'a [Tip],
    /// Commits whose files, at the same paths, are left out with all that they grew from.
    pub hidden: &'a [ObjectId],
    /// Judges a path: a content is listed once for each answer; nothing: it is not wanted there.
    pub kind: &'a dyn Fn(&[u8]) -> Option<u64>,
    /// Looked at between commits.
    pub cancel: &'a CancelToken,
}

/// A content that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The blob.
    pub id: ObjectId,
    /// The first path of its kind that it stands at.
    pub path: RepoPath,
    /// The kind of that path.
    pub kind: u64,
    /// The oldest commit that has it there, none of whose parents do; `None` when no commit leads to it.
    pub commit: Option<ObjectId>,
}

/// An object that cannot be read.
#[derive(Debug)]
pub struct Unread {
    /// The object.
    pub id: ObjectId,
    /// What it is: `commit`, `tree`, `blob`, or `object` where nobody knows.
    pub kind: &'static str,
    /// Where it stands, where that is known; or the name of the ref that leads to it.
    pub path: Option<RepoPath>,
    /// The commit that leads to it.
    pub commit: Option<ObjectId>,
    /// Why.
    pub error: Error,
}

/// A listing.
#[derive(Debug, Default)]
pub struct Listed {
    /// The contents, in the order in which they came into history.
    pub blobs: Vec<Reached>,
    /// Commits that were looked at.
    pub commits: u64,
    /// Distinct trees that were looked at.
    pub trees: u64,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// The trees of the hidden commits that what is listed grew from.
    pub before: Vec<ObjectId>,
}

/// So many times a tree is looked at under another path than its first; one that holds itself many times over would never end.
const MOST_AGAIN: usize = if cfg!(test) { 1 << 10 } else { 1 << 22 };

/// No path has this number.
const NOWHERE: PathId = PathId::MAX;

impl Repository {
    /// Returns everything that has a name: all refs, and HEAD of every working tree, sorted.
    ///
    /// # Errors
    /// When a ref or a HEAD cannot be read.
    pub fn all_tips(&self) -> Result<Vec<Tip>, Error> {
        let mut tips: Vec<Tip> = self.refs("refs/")?.into_iter().map(|(name, id)| Tip { name, id }).collect();
        tips.extend(self.detached_heads()?.into_iter().map(|id| Tip { name: "HEAD".to_owned(), id }));
        tips.sort();
        tips.dedup();
        Ok(tips)
    }

    /// Lists what is reachable.
    ///
    /// # Errors
    /// When the list of shallow commits cannot be read; an object that cannot be read is no error here. Whoever cancels gets a part.
    pub fn reachable(&self, reach: &Reach<'_>) -> Result<Listed, Error> {
        let mut lister = Lister::new(self, reach);
        let (mut commits, mut others) = (Vec::new(), Vec::new());
        for tip in reach.tips {
            match self.peel(tip.id) {
                Ok((id, "commit")) => commits.push(id),
                Ok((id, kind)) => others.push((tip, kind, id)),
                Err(error) => {
                    let id = subject(&error).unwrap_or(tip.id);
                    lister.failed(id, "object", Some(RepoPath::from(tip.name.as_str())), None, error);
                }
            }
        }
        let Walk { commits, edges, unread } = self.walk_on(&commits, reach.hidden)?;
        for (id, error) in unread {
            lister.failed(id, "commit", None, Some(id), error);
        }
        lister.hide(&edges);
        lister.listed.commits = commits.len() as u64;
        for Walked { id, tree, .. } in commits {
            if reach.cancel.is_cancelled() {
                break;
            }
            lister.list(tree, Some(id));
        }
        for (tip, kind, id) in others {
            match kind {
                "tree" => lister.list(id, None),
                _ => lister.name_alone(id, &tip.name),
            }
        }
        Ok(lister.listed)
    }
}

/// Returns the object that an error is about.
fn subject(error: &Error) -> Option<ObjectId> {
    match error {
        Error::MissingObject { id }
        | Error::MissingPromised { id }
        | Error::CorruptObject { id, .. }
        | Error::UnreadableObject { id, .. } => Some(*id),
        _ => None,
    }
}

/// A listing in the making.
struct Lister<'a> {
    reach: &'a Reach<'a>,
    trees: Trees<'a>,
    paths: PathTable,
    /// What the judge said of a path.
    kinds: QuickMap<PathId, Option<u64>>,
    /// The first path of each tree that was read, and the others.
    seen: QuickMap<ObjectId, PathId>,
    seen_again: QuickSet<(ObjectId, PathId)>,
    /// The first path of each content that is listed, and the kinds of others.
    blobs: QuickMap<ObjectId, PathId>,
    listed_as: QuickSet<(ObjectId, u64)>,
    before: Before,
    failed: QuickSet<ObjectId>,
    listed: Listed,
}

/// What is hidden: trees that wait to be looked into, and what they hold, at the paths that were looked at.
#[derive(Default)]
struct Before {
    trees: QuickMap<PathId, Vec<ObjectId>>,
    opened: QuickSet<PathId>,
    blobs: QuickSet<(ObjectId, PathId)>,
}

impl<'a> Lister<'a> {
    fn new(repository: &'a Repository, reach: &'a Reach<'a>) -> Self {
        Self {
            reach,
            trees: repository.trees(),
            paths: PathTable::new(),
            kinds: QuickMap::default(),
            seen: QuickMap::default(),
            seen_again: QuickSet::default(),
            blobs: QuickMap::default(),
            listed_as: QuickSet::default(),
            before: Before::default(),
            failed: QuickSet::default(),
            listed: Listed::default(),
        }
    }

    /// Leaves out what these commits have, at the same paths.
    fn hide(&mut self, edges: &[Walked]) {
        let mut trees: Vec<ObjectId> = edges.iter().map(|edge| edge.tree).collect();
        trees.sort_unstable();
        trees.dedup();
        self.listed.before.clone_from(&trees);
        if !trees.is_empty() {
            self.before.trees.insert(ROOT, trees);
        }
    }

    /// Lists what a tree holds that was not met before.
    fn list(&mut self, root: ObjectId, commit: Option<ObjectId>) {
        let mut waiting = vec![(root, ROOT, 0)];
        while let Some((id, path, depth)) = waiting.pop() {
            match self.is_new(id, path) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    self.failed(id, "tree", Some(self.paths.full(path)), commit, error);
                    continue;
                }
            }
            self.open_before(path);
            if self.before.trees.get(&path).is_some_and(|trees| trees.contains(&id)) {
                continue;
            }
            let tree = match self.trees.trusted(id) {
                Ok(_) if depth > MAX_DEPTH => Err(Error::TreeTooDeep { id, limit: MAX_DEPTH }),
                read => read,
            };
            let below = waiting.len();
            if let Err(error) =
                tree.and_then(|tree| self.list_level(&tree, (path, depth), commit, &mut waiting))
            {
                self.failed(id, "tree", Some(self.paths.full(path)), commit, error);
            }
            // The first in the tree is looked at first.
            waiting[below..].reverse();
        }
    }

    /// Lists the contents of one tree, and puts the trees in it into the row.
    fn list_level(
        &mut self,
        tree: &StoredTree,
        (path, depth): (PathId, usize),
        commit: Option<ObjectId>,
        waiting: &mut Vec<(ObjectId, PathId, usize)>,
    ) -> Result<(), Error> {
        for entry in tree.entries() {
            let entry = entry?;
            match node(entry.mode).0 {
                Some(Node::Leaf(FileMode::Gitlink)) => {}
                Some(Node::Directory) => {
                    let below = self.below(path, entry.name, entry.id)?;
                    waiting.push((entry.id, below, depth + 1));
                }
                // As for git, what has no mode that it knows is a content.
                _ if self
                    .blobs
                    .get(&entry.id)
                    .is_some_and(|first| self.paths.is(*first, path, entry.name)) => {}
                _ => {
                    let path = self.below(path, entry.name, entry.id)?;
                    self.found(entry.id, path, commit);
                }
            }
        }
        Ok(())
    }

    fn below(&mut self, path: PathId, name: &[u8], id: ObjectId) -> Result<PathId, Error> {
        self.paths.below(path, name).ok_or(Error::TreeTooLarge { id })
    }

    /// Says whether a tree was not looked at under this path; notes that it is now.
    fn is_new(&mut self, id: ObjectId, path: PathId) -> Result<bool, Error> {
        match *self.seen.entry(id).or_insert(NOWHERE) {
            NOWHERE => {
                self.seen.insert(id, path);
                self.listed.trees += 1;
                Ok(true)
            }
            first if first == path || self.seen_again.contains(&(id, path)) => Ok(false),
            _ if self.seen_again.len() == MOST_AGAIN => Err(Error::TreeTooLarge { id }),
            _ => Ok(self.seen_again.insert((id, path))),
        }
    }

    /// Reads what was there before at a path, when that is first asked for.
    fn open_before(&mut self, path: PathId) {
        if self.before.trees.is_empty() || !self.before.opened.insert(path) {
            return;
        }
        for id in self.before.trees.get(&path).cloned().unwrap_or_default() {
            // What cannot be read hides nothing: then more is listed.
            let Ok(tree) = self.trees.trusted(id) else { continue };
            for entry in tree.entries().map_while(Result::ok) {
                let Some(below) = self.paths.below(path, entry.name) else { continue };
                if entry.is_directory() {
                    let trees = self.before.trees.entry(below).or_default();
                    if !trees.contains(&entry.id) {
                        trees.push(entry.id);
                    }
                } else {
                    self.before.blobs.insert((entry.id, below));
                }
            }
        }
    }

    /// Lists a content, unless it was there before, is listed, or nobody wants it.
    fn found(&mut self, id: ObjectId, path: PathId, commit: Option<ObjectId>) {
        if !self.before.blobs.is_empty() && self.before.blobs.contains(&(id, path)) {
            return;
        }
        let Some(kind) = self.kind(path) else { return };
        if let Some(first) = self.blobs.get(&id).copied()
            && (self.kind(first) == Some(kind) || !self.listed_as.insert((id, kind)))
        {
            return;
        }
        self.blobs.entry(id).or_insert(path);
        self.listed.blobs.push(Reached { id, path: self.paths.full(path), kind, commit });
    }

    fn kind(&mut self, path: PathId) -> Option<u64> {
        let (paths, judge) = (&self.paths, self.reach.kind);
        *self.kinds.entry(path).or_insert_with(|| judge(paths.full(path).as_bytes()))
    }

    /// Lists a content that a ref names, and no tree.
    fn name_alone(&mut self, id: ObjectId, name: &str) {
        let mut path = Some(ROOT);
        for part in name.split('/') {
            path = path.and_then(|path| self.paths.below(path, part.as_bytes()));
        }
        match path {
            Some(path) => self.found(id, path, None),
            None => self.failed(id, "blob", None, None, Error::TreeTooLarge { id }),
        }
    }

    fn failed(
        &mut self,
        id: ObjectId,
        kind: &'static str,
        path: Option<RepoPath>,
        commit: Option<ObjectId>,
        error: Error,
    ) {
        if self.failed.insert(id) {
            self.listed.unread.push(Unread { id, kind, path, commit, error });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn list(sandbox: &Sandbox, tips: &[&str], hidden: &[&str]) -> Listed {
        let id = |name: &&str| sandbox.git(&["rev-parse", name]).parse::<ObjectId>().unwrap();
        let tips: Vec<Tip> = tips.iter().map(|name| Tip { name: (*name).to_owned(), id: id(name) }).collect();
        let hidden: Vec<ObjectId> = hidden.iter().map(id).collect();
        let (kind, cancel) = (|path: &[u8]| Some(u64::from(path.ends_with(b".py"))), CancelToken::default());
        let reach = Reach { tips: &tips, hidden: &hidden, kind: &kind, cancel: &cancel };
        sandbox.open().reachable(&reach).unwrap()
    }

    fn paths(listed: &Listed) -> Vec<String> {
        listed.blobs.iter().map(|reached| reached.path.to_string()).collect()
    }

    #[test]
    fn a_content_is_listed_once_for_each_kind_of_path_with_the_commit_that_brought_it() {
        let sandbox =
            Sandbox::new().file("a/x.py", "1").file("b/x.py", "1").file("x.md", "1").commit("first");
        let sandbox = sandbox.file("c.md", "1").file("a/x.py", "2").commit("second");
        let listed = list(&sandbox, &["HEAD"], &[]);
        assert_eq!(paths(&listed), ["x.md", "a/x.py", "a/x.py"]);
        let commits = ["HEAD~1", "HEAD~1", "HEAD"].map(|name| sandbox.git(&["rev-parse", name]));
        let found: Vec<String> =
            listed.blobs.iter().map(|reached| reached.commit.unwrap().to_string()).collect();
        assert_eq!(found, commits);
        // The first commit's top and one tree under two names, the second's top and its `a`.
        assert_eq!((listed.commits, listed.trees), (2, 4));
    }

    #[test]
    fn what_is_hidden_is_left_out_where_it_stands_and_not_elsewhere() {
        let sandbox = Sandbox::new().file("d/old.py", "1").file("other", "2").commit("first");
        let sandbox = sandbox.file("d/new.py", "1").file("d/old.py", "1").commit("second");
        std::fs::rename(sandbox.path().join("d"), sandbox.path().join("e")).unwrap();
        let sandbox = sandbox.commit("third");
        assert_eq!(paths(&list(&sandbox, &["HEAD~1"], &["HEAD~2"])), ["d/new.py"]);
        assert_eq!(paths(&list(&sandbox, &["HEAD"], &["HEAD~1"])), ["e/new.py"]);
        assert_eq!(paths(&list(&sandbox, &["HEAD"], &["HEAD"])), [""; 0]);
        assert_eq!(list(&sandbox, &["HEAD"], &["HEAD~1"]).before.len(), 1);
    }

    #[test]
    fn all_that_git_reaches_is_listed_whatever_the_shape_of_history() {
        let mut sandbox = Sandbox::new().file("a", "0").commit("0").file("a", "1").commit("1");
        for number in 1..12 {
            sandbox.git(&["checkout", "-q", "-b", &format!("b{number}"), &format!("HEAD~{}", number % 2)]);
            sandbox = sandbox.file(&format!("d{}/f", number % 3), format!("{number}")).commit("work");
            if number % 4 == 0 {
                sandbox.git(&["merge", "-q", "-s", "ours", "-m", "merge", "b1"]);
            }
        }
        for (tips, hidden) in
            [(vec!["b11"], vec![]), (vec!["b11", "b6"], vec!["b3"]), (vec!["b7"], vec!["b11"])]
        {
            let listed = list(&sandbox, &tips, &hidden);
            let hidden = hidden.iter().map(|name| format!("^{name}"));
            let words = ["rev-list".to_owned(), "--objects".to_owned(), "--no-object-names".to_owned()];
            let words: Vec<String> =
                words.into_iter().chain(tips.iter().map(|tip| (*tip).to_owned())).chain(hidden).collect();
            let reached = sandbox.git(&words);
            let commits =
                reached.lines().filter(|id| sandbox.git(&["cat-file", "-t", id]) == "commit").count();
            assert_eq!(listed.commits, commits as u64, "{words:?}");
            let blobs = reached.lines().filter(|id| sandbox.git(&["cat-file", "-t", id]) == "blob");
            for blob in blobs {
                let listed = listed.blobs.iter().any(|reached| reached.id.to_string() == blob);
                assert!(listed, "{blob} of {words:?}");
            }
        }
    }

    #[test]
    fn a_tree_that_holds_itself_many_times_over_ends_and_is_told() {
        let sandbox = Sandbox::new();
        let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"content");
        let mut tree = sandbox.git_with(&["mktree"], format!("100644 blob {blob}\tf.py\n").as_bytes());
        for _ in 0..9 {
            let lines: String = (0..9).map(|number| format!("040000 tree {tree}\t{number}\n")).collect();
            tree = sandbox.git_with(&["mktree"], lines.as_bytes());
        }
        sandbox.git(&["tag", "bomb", &tree]);
        let listed = list(&sandbox, &["bomb"], &[]);
        assert_eq!(paths(&listed), ["0/0/0/0/0/0/0/0/0/f.py"]);
        assert!(!listed.unread.is_empty() && listed.unread.len() <= 10, "{}", listed.unread.len());
        assert!(listed.unread.iter().all(|unread| matches!(unread.error, Error::TreeTooLarge { .. })));
    }
}
