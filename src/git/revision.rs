//! Turns what a person writes (`HEAD~2`, `v1.0`, `A..B`) into commits.

use std::collections::BTreeSet;

use gix::objs::{Kind, TagRefIter};
use gix::revision::spec::parse::Error as ParseError;

use super::store::{from_gix, kind_name};
use super::{Error, Head, Repository, Tip, unread};
use crate::model::ObjectId;

/// How many tags of tags are followed.
const MAX_TAGS: usize = 64;

impl Repository {
    /// Returns what HEAD names.
    ///
    /// # Errors
    /// When HEAD or the branch that it names cannot be read.
    pub fn head(&self) -> Result<Head, Error> {
        let repo = self.gix();
        let head = repo.head().map_err(Error::read("HEAD"))?;
        let branch = head.referent_name().map(|name| name.as_bstr().to_string());
        let unborn = head.is_unborn();
        match (branch, unborn) {
            (Some(branch), true) => Ok(Head::Unborn(branch)),
            (Some(branch), false) => {
                let id = match head.id() {
                    Some(id) => from_gix(id),
                    // A branch that stands for another one.
                    None => head.into_peeled_id().map(from_gix).map_err(Error::read("HEAD"))?,
                };
                Ok(Head::Branch(branch, id))
            }
            (None, _) => {
                let id = head.id().map(from_gix).ok_or_else(|| unknown("HEAD"))?;
                self.peel_to_commit("HEAD", id).map(Head::Detached)
            }
        }
    }

    /// Turns a revision as git knows them into the commit it stands for; tags are followed.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::Ambiguous`], [`Error::NotACommit`]; [`Error::Unborn`] for `HEAD`
    /// and `@` before the first commit.
    pub fn resolve(&self, revision: &str) -> Result<ObjectId, Error> {
        let named = match revision.parse::<ObjectId>() {
            // A full name needs no lookup, and may be staged.
            Ok(id) if id.format() == self.object_format() => id,
            _ => self.parse_revision(revision)?,
        };
        if !self.has_object(named) {
            return Err(match self.missing(named) {
                Error::MissingObject { .. } => unknown(revision),
                told => told,
            });
        }
        self.peel_to_commit(revision, named)
    }

    fn parse_revision(&self, revision: &str) -> Result<ObjectId, Error> {
        let repo = self.gix();
        if revision.is_empty() {
            return Err(unknown(revision));
        }
        // gix tells what the system would not show it as unknown; what is only so for a moment is there for a second try.
        match repo.rev_parse_single(revision).or_else(|_| repo.rev_parse_single(revision)) {
            Ok(id) => Ok(from_gix(id)),
            Err(source) => {
                let ambiguous = source.iter_errors().any(|error| {
                    matches!(
                        error.downcast_ref(),
                        Some(ParseError::AmbiguousPrefix { .. } | ParseError::AmbiguousRefAndObject { .. })
                    )
                });
                if ambiguous {
                    return Err(Error::Ambiguous { revision: revision.to_owned(), source: source.into() });
                }
                if unread::is_of_the_system(&source) {
                    return Err(Error::read(format!("`{revision}`"))(source));
                }
                match self.head() {
                    Ok(Head::Unborn(branch)) if revision.starts_with("HEAD") || revision.starts_with('@') => {
                        Err(Error::Unborn { branch })
                    }
                    _ => {
                        let gone = super::store::lender_gone(&self.shared, || format!("`{revision}`"));
                        let hidden = || unread::hidden(&self.shared, None);
                        Err(gone.or_else(hidden).unwrap_or_else(|| unknown(revision)))
                    }
                }
            }
        }
    }

    /// Follows tags until a commit is found.
    fn peel_to_commit(&self, revision: &str, start: ObjectId) -> Result<ObjectId, Error> {
        let reader = self.reader();
        let mut buffer = Vec::new();
        let mut id = start;
        for _ in 0..MAX_TAGS {
            match reader.read(id, &mut buffer)? {
                Kind::Commit => return Ok(id),
                Kind::Tag => {
                    let tag = TagRefIter::from_bytes(&buffer, self.hash_kind());
                    id = tag
                        .target_id()
                        .map(from_gix)
                        .map_err(|source| Error::CorruptObject { id, source: source.into() })?;
                }
                kind => {
                    let kind = kind_name(kind).to_owned();
                    return Err(Error::NotACommit { revision: revision.to_owned(), kind });
                }
            }
        }
        Err(Error::NotACommit { revision: revision.to_owned(), kind: "tag".to_owned() })
    }

    /// Returns the commits of `A..B`, reachable from B and not from A, parents before their children.
    ///
    /// A side that is left out is `HEAD`. A side of zeros, as hooks write "no commit", adds nothing.
    ///
    /// # Errors
    /// As for [`Self::resolve`]; also when the text holds no `..`, or three dots.
    pub fn range(&self, range: &str) -> Result<Vec<ObjectId>, Error> {
        let sides = range.split_once("..").filter(|(_, to)| !to.starts_with('.'));
        let (from, to) = sides.ok_or_else(|| unknown(range))?;
        let side = |text: &str| -> Result<Option<ObjectId>, Error> {
            match text.parse::<ObjectId>() {
                Ok(id) if id.is_null() => Ok(None),
                _ => self.resolve(if text.is_empty() { "HEAD" } else { text }).map(Some),
            }
        };
        let (from, to) = (side(from)?, side(to)?);
        let newest_first = self.walk(to.as_slice(), from.as_slice(), usize::MAX)?;
        self.oldest_first(&newest_first)
    }
}

impl Repository {
    /// Returns what a range begins with, and what it leaves out, as `git rev-list` understands it: `A..B`, `A...B`, or one
    /// revision with all that it reaches.
    ///
    /// A side that is left out is `HEAD`; one of zeros, as hooks write "no commit", adds nothing.
    ///
    /// # Errors
    /// As for [`Self::resolve`].
    pub fn sides(&self, range: &str) -> Result<(Vec<Tip>, Vec<ObjectId>), Error> {
        let side = |text: &str| -> Result<Option<Tip>, Error> {
            let name = if text.is_empty() { "HEAD" } else { text };
            match text.parse::<ObjectId>() {
                Ok(id) if id.is_null() => Ok(None),
                _ => Ok(Some(Tip { name: name.to_owned(), id: self.resolve(name)? })),
            }
        };
        let ids = |tip: &Option<Tip>| tip.iter().map(|tip| tip.id).collect::<Vec<_>>();
        if let Some((one, other)) = range.split_once("...") {
            let (one, other) = (side(one)?, side(other)?);
            let hidden = self.shared_by(&ids(&one), &ids(&other))?;
            return Ok((one.into_iter().chain(other).collect(), hidden));
        }
        match range.split_once("..") {
            Some((from, to)) => {
                let hidden = ids(&side(from)?);
                Ok((side(to)?.into_iter().collect(), hidden))
            }
            None if range.is_empty() => Err(unknown(range)),
            None => Ok((side(range)?.into_iter().collect(), Vec::new())),
        }
    }

    /// Returns the first commits that both sides reach.
    fn shared_by(&self, one: &[ObjectId], other: &[ObjectId]) -> Result<Vec<ObjectId>, Error> {
        let mut alone: BTreeSet<ObjectId> = self.walk(one, other, usize::MAX)?.into_iter().collect();
        alone.extend(self.walk(other, one, usize::MAX)?);
        let mut shared: BTreeSet<ObjectId> = one.iter().chain(other).copied().collect();
        for id in &alone {
            shared.extend(self.commit(*id)?.parents);
        }
        Ok(shared.difference(&alone).copied().filter(|id| self.has_object(*id)).collect())
    }
}

fn unknown(revision: &str) -> Error {
    Error::UnknownRevision { revision: revision.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn revisions_are_resolved_as_git_does() {
        let sandbox = Sandbox::new().file("a", "1").commit("first").file("a", "2").commit("second");
        sandbox.git(&["tag", "-a", "-m", "a tag", "v1", "HEAD~1"]);
        sandbox.git(&["tag", "-a", "-m", "a tag of a tag", "v2", "v1"]);
        let repository = sandbox.open();
        for revision in ["HEAD", "@", "main", "HEAD~1", "HEAD^", "v1", "v2", "refs/tags/v1", "v1^{commit}"] {
            let expected = sandbox.git(&["rev-parse", &format!("{revision}^{{commit}}")]);
            assert_eq!(repository.resolve(revision).unwrap().to_string(), expected, "{revision}");
        }
        let short = &sandbox.git(&["rev-parse", "HEAD"])[..9];
        assert_eq!(repository.resolve(short).unwrap(), repository.resolve("HEAD").unwrap());
        assert_eq!(repository.range("HEAD~1..").unwrap(), [repository.resolve("HEAD").unwrap()]);
        assert_eq!(repository.range("v1..v2").unwrap(), []);
    }

    #[test]
    fn what_cannot_be_resolved_says_why() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let absent = "1".repeat(40);
        for revision in
            ["", "nothing", "HEAD~9", "HEAD..HEAD", "-x", "a b", "HEAD:no", "\u{fc}", &absent, "~", "^", "@{"]
        {
            let refused = repository.resolve(revision);
            assert!(matches!(refused, Err(Error::UnknownRevision { .. })), "{revision}: {refused:?}");
        }
        for range in ["HEAD", "HEAD...HEAD", "no..HEAD"] {
            assert!(matches!(repository.range(range), Err(Error::UnknownRevision { .. })), "{range}");
        }
        let refused = repository.resolve("HEAD:a");
        assert!(matches!(refused, Err(Error::NotACommit { kind, .. }) if kind == "blob"));
        let tree = sandbox.git(&["rev-parse", "HEAD^{tree}"]);
        assert!(matches!(repository.resolve(&tree), Err(Error::NotACommit { kind, .. }) if kind == "tree"));
    }

    #[test]
    fn an_unborn_head_says_which_branch_has_no_commit() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        assert_eq!(repository.head().unwrap(), Head::Unborn("refs/heads/main".into()));
        for revision in ["HEAD", "@", "HEAD~1"] {
            let refused = repository.resolve(revision);
            assert!(
                matches!(&refused, Err(Error::Unborn { branch }) if branch == "refs/heads/main"),
                "{revision}: {refused:?}"
            );
        }
    }

    #[test]
    fn short_names_of_several_objects_are_ambiguous() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        // So many names that two begin with the same four digits.
        let ids: Vec<String> = (0..2000)
            .map(|number| repository.stage_blob(format!("{number}").as_bytes()).unwrap().to_string())
            .collect();
        repository.persist().unwrap();
        let prefix =
            &ids.iter().find(|id| ids.iter().filter(|other| other[..4] == id[..4]).count() > 1).unwrap()[..4];
        assert!(matches!(repository.resolve(prefix), Err(Error::Ambiguous { .. })));
    }
}
