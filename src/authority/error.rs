//! How the authority room fails: whoever may act cannot be told, so nobody does.

use crate::config::Mode;

/// Why it cannot be told what may be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Two roles have one id.
    #[error("the role `{role}` is registered twice")]
    #[diagnostic(
        code(iao::authority::duplicate_role),
        help("give each role of the registry an id of its own")
    )]
    DuplicateRole {
        /// The id.
        role: String,
    },
    /// A role depends on one that nobody registered.
    #[error("the role `{role}` depends on `{missing}`, which is not in the registry")]
    #[diagnostic(
        code(iao::authority::unknown_role),
        help("register `{missing}`, or take it out of `dependsOn`")
    )]
    UnknownRole {
        /// The role.
        role: String,
        /// What it depends on.
        missing: String,
    },
    /// Roles depend on themselves.
    #[error("these roles depend on each other in a circle: {}", roles.join(", "))]
    #[diagnostic(code(iao::authority::role_cycle), help("take one `dependsOn` of the circle out"))]
    RoleCycle {
        /// The roles of the circle, sorted.
        roles: Vec<String>,
    },
    /// The pipeline does not support the mode.
    #[error("this pipeline does not support the mode `{}`", mode.as_str())]
    #[diagnostic(
        code(iao::authority::mode_not_supported),
        help("choose another mode, or add this one to `modes.supported`")
    )]
    ModeNotSupported {
        /// The mode that was asked for.
        mode: Mode,
    },
    /// Approvals are required and nothing here can judge them.
    #[error(
        "the policy requires {required} approval(s){}, and this version cannot judge approvals",
        by(roles)
    )]
    #[diagnostic(
        code(iao::authority::approvals_not_judged),
        help(
            "nothing was approved and nothing was done; set `approvals.required` to 0 to run without approvals"
        )
    )]
    ApprovalsNotJudged {
        /// How many.
        required: u32,
        /// Who may give them; empty: anyone.
        roles: Vec<String>,
    },
}

fn by(roles: &[String]) -> String {
    if roles.is_empty() { String::new() } else { format!(" by {}", roles.join(", ")) }
}
