//! Takes over the evidence that a remote shows, if it is what an honest program would show.
//!
//! A remote's ledger may only have grown since this clone last saw it; nothing of a bad one is taken over.

use super::check::Origin;
use super::{Error, KEEP_REF, LEDGER_REF, Ledger, check, trust};
use crate::base::Timestamp;
use crate::git::{Person, Remote, Repository};
use crate::model::ObjectId;

impl Ledger<'_> {
    /// Checks the ledger that `remote` shows, whose tip is `tip`, and takes over what is new in it; returns the new head.
    ///
    /// What it showed before is remembered by [`Self::remember_remote`].
    ///
    /// # Errors
    /// `RemoteRolledBack` and `RemoteForked` when something that it showed before is gone; `RemoteRefused` when it does
    /// anything but add entries named by their digests. Then nothing has changed here.
    pub fn receive(
        &mut self,
        remote: &Remote,
        tip: ObjectId,
        person: &Person,
        time: Timestamp,
        jobs: usize,
    ) -> Result<ObjectId, Error> {
        self.check()?;
        let refused = |source| refuse(remote, LEDGER_REF, "ledger", tip, source);
        require_commit(self.repository, tip).map_err(refused)?;
        let seen = remembered(self.repository, remote)?;
        require_growth_since(self.repository, remote, seen, tip)?;
        let known: Vec<ObjectId> = self.head.into_iter().chain(seen).collect();
        check::check_commits(self.repository, tip, &known, Origin::Remote, jobs).map_err(refused)?;
        self.join(tip, person, time).map_err(|error| match error {
            Error::EntryExists { .. } => refused(error),
            error => error,
        })
    }

    /// Returns the last ledger commit that `remote` was seen with; `None` before the first sync.
    ///
    /// # Errors
    /// When the mark is there and makes no sense.
    pub fn seen_of(&self, remote: &Remote) -> Result<Option<ObjectId>, Error> {
        Ok(remembered(self.repository, remote)?.filter(|seen| self.repository.has_object(*seen)))
    }

    /// Remembers that `remote` has shown, or taken, the ledger at `tip`, which was checked.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub fn remember_remote(&self, remote: &Remote, tip: ObjectId) -> Result<(), Error> {
        let _lock = self.repository.lock()?;
        // Another sync of ours may have seen a later one.
        if let Some(seen) = remembered(self.repository, remote)?
            && self.repository.has_object(seen)
            && contains(self.repository, seen, tip)?
        {
            return Ok(());
        }
        trust::write_mark(self.repository, &mark_of(remote), tip)
    }

    /// Joins the keep chain that `remote` shows, whose tip is `tip`, with ours; returns the new tip.
    ///
    /// # Errors
    /// `RemoteRefused` when it is no keep chain.
    pub fn receive_keep(
        &self,
        remote: &Remote,
        tip: ObjectId,
        person: &Person,
        time: Timestamp,
    ) -> Result<ObjectId, Error> {
        require_commit(self.repository, tip)
            .and_then(|()| self.check_keep(tip))
            .map_err(|source| refuse(remote, KEEP_REF, "keep", tip, source))?;
        self.join_keep(tip, person, time)
    }
}

/// Where the last tip that a remote showed is remembered, below `<common dir>/iao`.
fn mark_of(remote: &Remote) -> String {
    format!("trust/remotes/{}", remote.file_name())
}

fn remembered(repository: &Repository, remote: &Remote) -> Result<Option<ObjectId>, Error> {
    trust::read_mark(repository, &mark_of(remote))
}

fn refuse(remote: &Remote, name: &'static str, what: &'static str, tip: ObjectId, source: Error) -> Error {
    // What is not here cannot be called bad: a partial clone asks for it again.
    if source.is_promised() {
        return source;
    }
    Error::RemoteRefused {
        remote: remote.shown(),
        name,
        tip,
        tracking: remote.tracking(what),
        source: Box::new(source),
    }
}

/// A tag or a file may bear any name; evidence begins with a commit.
fn require_commit(repository: &Repository, tip: ObjectId) -> Result<(), Error> {
    match repository.kind(tip)? {
        "commit" => Ok(()),
        kind => Err(Error::NoCommit { id: tip, kind }),
    }
}

fn require_growth_since(
    repository: &Repository,
    remote: &Remote,
    seen: Option<ObjectId>,
    tip: ObjectId,
) -> Result<(), Error> {
    let Some(seen) = seen.filter(|seen| *seen != tip) else { return Ok(()) };
    // What was taken over stays here, so a mark whose commit is gone says nothing any more than its name.
    let here = repository.has_object(seen);
    if here && contains(repository, tip, seen)? {
        return Ok(());
    }
    let (name, mark) = (remote.shown(), mark_of(remote));
    Err(if here && contains(repository, seen, tip)? {
        Error::RemoteRolledBack { remote: name, seen, found: tip }
    } else {
        Error::RemoteForked { remote: name, seen, found: tip, mark }
    })
}

fn contains(repository: &Repository, tip: ObjectId, commit: ObjectId) -> Result<bool, Error> {
    repository.is_ancestor(commit, tip).map_err(Error::unreadable(|| format!("the history of {tip}")))
}
