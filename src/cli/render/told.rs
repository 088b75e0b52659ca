//! What every way to print findings starts from, whatever was scanned.

use git_iao::engine::RunReport;
use git_iao::model::{Finding, ObjectId};
use git_iao::scan::{Allowed, AllowedBy, Excerpt, ObjectReport};

/// A finding, and what is known of it beside.
pub(in crate::cli) struct Told {
    pub(in crate::cli) finding: Finding,
    /// The line that it stands in.
    pub(in crate::cli) excerpt: Option<Excerpt>,
    /// The commit that brought it, where contents of many were searched.
    pub(in crate::cli) commit: Option<ObjectId>,
    /// What lets it through, and why.
    pub(in crate::cli) allowed: Option<(AllowedBy, String)>,
}

/// A report with findings.
pub(in crate::cli) trait Tells {
    /// Returns what was found, then what was let through.
    fn told(&self) -> Vec<Told>;
}

impl Tells for RunReport {
    fn told(&self) -> Vec<Told> {
        let excerpt = |finding: &Finding| self.excerpt(finding).cloned();
        let found = self.findings().into_iter().map(|finding| Told {
            excerpt: excerpt(&finding),
            finding,
            commit: None,
            allowed: None,
        });
        let (_, allowed) = self.allowed();
        let allowed = allowed.into_iter().map(|Allowed { finding, by, reason }| Told {
            excerpt: excerpt(finding),
            finding: finding.clone(),
            commit: None,
            allowed: Some((*by, reason.clone())),
        });
        found.chain(allowed).collect()
    }
}

impl Tells for ObjectReport {
    fn told(&self) -> Vec<Told> {
        let found = self.findings.iter().map(|found| Told {
            finding: found.finding.clone(),
            excerpt: found.excerpt.clone(),
            commit: found.commit,
            allowed: None,
        });
        let allowed = self.allowed.iter().map(|Allowed { finding, by, reason }| Told {
            finding: finding.clone(),
            excerpt: None,
            commit: None,
            allowed: Some((*by, reason.clone())),
        });
        found.chain(allowed).collect()
    }
}
