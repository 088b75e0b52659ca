//! Approvals that a policy requires.

use super::Error;
use crate::config::Policies;

/// Whether approvals stand in the way of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalState {
    /// The policy requires none.
    NotConfigured,
    /// The policy requires some, and nothing here can judge them.
    CannotJudge {
        /// How many.
        required: u32,
        /// Who may give them; empty: anyone.
        roles: Vec<String>,
    },
}

impl ApprovalState {
    /// Returns the word for reports and events.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotConfigured => "not-configured",
            Self::CannotJudge { .. } => "cannot-judge",
        }
    }

    /// Lets a run go on when nothing is required.
    ///
    /// # Errors
    /// When approvals are required: what cannot be judged is not approved.
    pub fn require(self) -> Result<(), Error> {
        match self {
            Self::NotConfigured => Ok(()),
            Self::CannotJudge { required, roles } => Err(Error::ApprovalsNotJudged { required, roles }),
        }
    }
}

/// Returns what the policies say about approvals.
#[must_use]
pub fn approvals(policies: &Policies) -> ApprovalState {
    let approvals = &policies.approvals;
    if approvals.required == 0 {
        ApprovalState::NotConfigured
    } else {
        ApprovalState::CannotJudge { required: approvals.required, roles: approvals.roles.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Approvals;

    fn requiring(required: u32) -> ApprovalState {
        let approvals = Approvals { required, roles: vec!["security".to_owned()] };
        super::approvals(&Policies { approvals, ..Policies::default() })
    }

    #[test]
    fn none_required_is_not_configured_and_never_called_approved() {
        assert_eq!(requiring(0).as_str(), "not-configured");
        assert_eq!(requiring(0).require(), Ok(()));
    }

    #[test]
    fn required_approvals_stop_the_run_and_say_whose() {
        let error = requiring(2).require().unwrap_err();
        assert!(error.to_string().contains("2 approval(s) by security"), "{error}");
    }
}
