//! How a step fails: the error of the room it joins, or one of its own.

use std::path::PathBuf;

use crate::model::ObjectId;

/// Why a step could not do its work.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Git data could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
    /// Projects could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapter(#[from] crate::adapter::Error),
    /// The gates could not be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scan(#[from] crate::scan::Error),
    /// The plan could not be made or applied.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Repair(#[from] crate::repair::Error),
    /// The verdict could not be given.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Verify(#[from] crate::verify::Error),
    /// Roles or approvals could not be judged.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Authority(#[from] crate::authority::Error),
    /// The seal could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seal(#[from] crate::seal::Error),
    /// Evidence could not be read or recorded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] crate::ledger::Error),
    /// A record has no canonical form, or does not read back.
    #[error("the record `{name}` does not read back")]
    #[diagnostic(
        code(iao::step::record),
        help("the ledger may be damaged: check it with `git iao log --check` and `git fsck`")
    )]
    Record {
        /// The record.
        name: String,
        /// What is wrong with it.
        #[source]
        source: crate::base::canonical::Error,
    },
    /// A record that is listed is not there.
    #[error("the record `{name}` is listed by the ledger and is not there")]
    #[diagnostic(
        code(iao::step::record_gone),
        help("the ledger may be damaged: check it with `git iao log --check` and `git fsck`")
    )]
    Gone {
        /// The record.
        name: String,
    },
    /// There is nothing to patch or seal yet.
    #[error("there is no commit yet to patch or seal")]
    #[diagnostic(code(iao::run::unborn), help("make a first commit, then run the command again"))]
    NoCommit,
    /// The governance branch has commits of somebody else.
    #[error(
        "`iao/governance` holds commits that no run made: {}",
        some(.commits)
    )]
    #[diagnostic(
        code(iao::run::foreign_commits),
        help(
            "move them to a branch of their own (`git branch NAME iao/governance`), then delete `iao/governance`"
        )
    )]
    ForeignCommits {
        /// The commits, newest first.
        commits: Vec<ObjectId>,
    },
    /// The governance branch is checked out, and moving it would change somebody's working tree.
    #[error("`iao/governance` is checked out in {}", .at.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", "))]
    #[diagnostic(
        code(iao::run::checked_out),
        help("switch to another branch there (`git switch -`), then run again")
    )]
    CheckedOut {
        /// The working trees.
        at: Vec<PathBuf>,
    },
    /// The policy wants a signature, and nobody signs.
    #[error("the policy `{policy}` requires signed seals, and this one would have no signature")]
    #[diagnostic(
        code(iao::seal::signature_required),
        help(
            "let git know your SSH key: `git config gpg.format ssh` and `git config user.signingKey ~/.ssh/id_ed25519.pub`"
        )
    )]
    SignatureRequired {
        /// The policy's name.
        policy: String,
    },
    /// What was written does not read back.
    #[error("the evidence of this run does not read back: {what}")]
    #[diagnostic(
        code(iao::run::monitor),
        help(
            "something else changed the repository while the run wrote; run again, and check with `git fsck`"
        )
    )]
    Monitor {
        /// What differs.
        what: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    #[diagnostic(code(iao::run::interrupted), help("nothing was written; run the command again"))]
    Interrupted,
}

/// Names the first few of many commits.
fn some(commits: &[ObjectId]) -> String {
    const SHOWN: usize = 10;
    let mut text: Vec<String> = commits.iter().take(SHOWN).map(ToString::to_string).collect();
    if commits.len() > SHOWN {
        text.push(format!("and {} more", commits.len() - SHOWN));
    }
    text.join(", ")
}
