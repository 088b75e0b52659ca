//! How the repair room fails.

use crate::base::{ContentAddress, canonical};
use crate::model::{ObjectId, RepoPath};

/// Why a plan could not be made, read or applied.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Git data could not be read or staged.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
    /// The text is no plan.
    #[error("`{name}` is not a plan")]
    #[diagnostic(
        code(iao::plan::malformed),
        help("make one with `git iao plan --out FILE`; a plan is canonical JSON and must not be edited")
    )]
    Malformed {
        /// The file or id that was asked for.
        name: String,
        /// What is wrong with it.
        #[source]
        source: canonical::Error,
    },
    /// A plan of another format version.
    #[error("this plan has the schema `{found}`; this version reads `{expected}`")]
    #[diagnostic(code(iao::plan::schema), help("make the plan again with this version: `git iao plan`"))]
    Schema {
        /// The schema it names.
        found: String,
        /// The one we read.
        expected: &'static str,
    },
    /// Two proposals want different things of one path.
    #[error("two repairs want different things of `{path}`: `{first}` and `{second}`")]
    #[diagnostic(
        code(iao::plan::conflict),
        help(
            "leave one of the two families out of `repair.targets`, and report this: adapters should agree"
        )
    )]
    Conflict {
        /// The path.
        path: RepoPath,
        /// One rule.
        first: String,
        /// The other rule.
        second: String,
    },
    /// The plan was made for another commit.
    #[error(
        "plan {plan} is stale: it was made for {expected}, and the base is now {actual}{}",
        list(.changed)
    )]
    #[diagnostic(
        code(iao::plan::stale),
        help("run `git iao plan` again, or add `--rebase-plan` when none of the files it read changed")
    )]
    Stale {
        /// The plan's short id.
        plan: String,
        /// The base commit of the plan.
        expected: String,
        /// The commit it should be applied to.
        actual: String,
        /// Paths that the plan read and that are different now.
        changed: Vec<RepoPath>,
    },
    /// The plan was made under another configuration.
    #[error("plan {plan} was made under configuration {expected}, and the one in force is {actual}")]
    #[diagnostic(code(iao::plan::config_changed), help("run `git iao plan` again and review the new plan"))]
    ConfigChanged {
        /// The plan's short id.
        plan: String,
        /// The digest that the plan names.
        expected: ContentAddress,
        /// The digest in force.
        actual: ContentAddress,
    },
    /// Applying a change gave another tree than the plan promises.
    #[error("change `{change}` gives the tree {actual}, and the plan promises {expected}")]
    #[diagnostic(
        code(iao::plan::tree_mismatch),
        help("the plan was edited or made by a faulty version: make it again with `git iao plan`")
    )]
    TreeMismatch {
        /// The subject of the change.
        change: String,
        /// The tree that the plan promises.
        expected: ObjectId,
        /// The tree that came out.
        actual: ObjectId,
    },
    /// The content of a change is not what its id says.
    #[error("the content of `{path}` in the plan does not have the id that the plan gives it")]
    #[diagnostic(code(iao::plan::content_mismatch), help("make the plan again with `git iao plan`"))]
    ContentMismatch {
        /// The path.
        path: RepoPath,
    },
    /// A value of the plan has no canonical form.
    #[error("a plan cannot be written")]
    #[diagnostic(code(iao::plan::canonical), help("report this, with the repository if you can"))]
    Canonical(#[from] canonical::Error),
}

fn list(paths: &[RepoPath]) -> String {
    const SHOWN: usize = 10;
    if paths.is_empty() {
        return String::new();
    }
    let mut text = String::from("; changed since:");
    for path in paths.iter().take(SHOWN) {
        text.push_str(&format!(" `{path}`"));
    }
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}
