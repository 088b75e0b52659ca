//! Resolves proposals against a snapshot into ordered changes, round by round, until nothing changes.
//!
//! What a user wrote is kept: a file that we rendered and the user edited is merged three ways, a conflict is a
//! finding, and a file that the user deleted stays deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Base, ChangeKind, Content, Error, Plan, PlannedChange};
use crate::base::ContentAddress;
use crate::git::{MergedText, ReadSet, Repository, Snapshot, TreeEdit, merge_text};
use crate::model::{Action, Finding, Gate, ObjectId, Proposal, RepoPath, Severity, TargetFamily, Template};

/// What an earlier run rendered at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// What the template rendered then.
    pub content: Vec<u8>,
    /// Whether a commit since that run's base had the file: only then its absence is the user's wish.
    pub accepted: bool,
}

/// Makes one plan. Rounds go in, one ordered plan comes out.
pub struct Planner<'a> {
    repository: &'a Repository,
    families: &'a BTreeSet<TargetFamily>,
    history: &'a BTreeMap<RepoPath, Rendering>,
    plan: Plan,
    findings: BTreeSet<Finding>,
}

/// What becomes of one path: its new content, and what the template rendered if that differs.
struct Resolution {
    content: Option<Vec<u8>>,
    rendered: Option<Vec<u8>>,
    template: Option<Template>,
}

impl<'a> Planner<'a> {
    /// Starts an empty plan; `context` is recorded so that a replay sees what the adapters saw.
    #[must_use]
    pub fn new(
        repository: &'a Repository,
        base: Base,
        config: ContentAddress,
        context: serde_json::Value,
        families: &'a BTreeSet<TargetFamily>,
        history: &'a BTreeMap<RepoPath, Rendering>,
    ) -> Self {
        let plan = Plan::new(base, config, context);
        Self { repository, families, history, plan, findings: BTreeSet::new() }
    }

    /// Returns the tree after everything planned so far; staged, not stored.
    #[must_use]
    pub fn tree(&self) -> ObjectId {
        self.plan.result
    }

    /// Plans `proposals` against `snapshot`, which must show [`Planner::tree`], and returns how many changes
    /// that added.
    ///
    /// `reads` is what the makers of the proposals read. A second proposal for a path that this round changed
    /// already waits for the next round, where its maker sees the new content.
    ///
    /// # Errors
    /// When two whole-file proposals differ for one path, or an object cannot be staged.
    pub fn round(
        &mut self,
        snapshot: &Snapshot,
        reads: ReadSet,
        proposals: &[Proposal],
    ) -> Result<usize, Error> {
        self.note_reads(reads);
        let mut taken: BTreeMap<&RepoPath, &Proposal> = BTreeMap::new();
        let before = self.plan.changes.len();
        for proposal in proposals.iter().filter(|proposal| self.families.contains(&proposal.family)) {
            if let Some(first) = taken.get(&proposal.path) {
                agree(first, proposal)?;
                continue;
            }
            if self.add(snapshot, proposal)? {
                taken.insert(&proposal.path, proposal);
            }
        }
        Ok(self.plan.changes.len() - before)
    }

    /// Returns the plan, and what could not be planned.
    #[must_use]
    pub fn finish(self) -> (Plan, Vec<Finding>) {
        (self.plan, self.findings.into_iter().collect())
    }

    /// Remembers reads of the base; a path that the plan itself changed says nothing about the base.
    fn note_reads(&mut self, reads: ReadSet) {
        let changed: BTreeSet<RepoPath> =
            self.plan.changes.iter().map(|change| change.path.clone()).collect();
        for (path, seen) in reads {
            if !changed.contains(&path) {
                self.plan.read_set.entry(path).or_insert(seen);
            }
        }
    }

    fn add(&mut self, snapshot: &Snapshot, proposal: &Proposal) -> Result<bool, Error> {
        if let Some(obstacle) = obstacle(snapshot, &proposal.path) {
            self.findings.insert(cannot_place(proposal, &obstacle));
            return Ok(false);
        }
        let current = snapshot.get(&proposal.path).cloned();
        let Some(resolution) = self.resolve(snapshot, proposal)? else {
            return Ok(false);
        };
        let before = current.as_ref().map(|entry| entry.id);
        let after =
            resolution.content.as_ref().map(|content| self.repository.stage_blob(content)).transpose()?;
        let mode = current.map_or(proposal.mode, |entry| entry.mode);
        if before == after {
            return Ok(false);
        }
        let edit = match after {
            Some(id) => TreeEdit::Put { path: proposal.path.clone(), mode, id },
            None => TreeEdit::Remove { path: proposal.path.clone() },
        };
        let tree = self.repository.stage_tree(self.plan.result, &[edit])?;
        // What stood at the path decides what the plan does to it, so it is part of what was read.
        let touched = self.plan.changes.iter().any(|change| change.path == proposal.path);
        if !touched {
            self.plan.read_set.insert(proposal.path.clone(), before);
        }
        self.plan.result = tree;
        self.plan.changes.push(PlannedChange {
            rule: proposal.rule.clone(),
            family: proposal.family,
            root: proposal.root.clone(),
            path: proposal.path.clone(),
            action: match (before, after) {
                (None, _) => ChangeKind::Create,
                (Some(_), Some(_)) => ChangeKind::Modify,
                (Some(_), None) => ChangeKind::Delete,
            },
            mode,
            before,
            after,
            content: resolution.content.as_deref().map(Content::new),
            template: resolution.template,
            rendered: resolution.rendered.as_deref().map(Content::new),
            subject: proposal.subject.clone(),
            reason: proposal.reason.clone(),
            evidence: proposal.evidence.clone(),
            tree,
        });
        Ok(true)
    }

    /// Decides what becomes of the proposal's path; `None`: nothing.
    fn resolve(&mut self, snapshot: &Snapshot, proposal: &Proposal) -> Result<Option<Resolution>, Error> {
        let current = match snapshot.get(&proposal.path) {
            Some(entry) => Some(snapshot.read(entry)?),
            None => None,
        };
        let plain = |content| Resolution { content, rendered: None, template: None };
        Ok(match (&proposal.action, current) {
            (Action::Edit { content }, Some(_)) => Some(plain(Some(content.clone()))),
            (Action::Delete, Some(_)) => Some(plain(None)),
            (Action::Edit { .. } | Action::Delete, None) => None,
            (Action::Render { content, template, already_met }, current) => {
                let record = self.history.get(&proposal.path);
                match (current, record) {
                    (None, Some(record)) if record.accepted => {
                        self.findings.insert(stays_deleted(proposal));
                        None
                    }
                    (None, _) if already_met.is_some() => None,
                    (None, _) => Some(Resolution {
                        content: Some(content.clone()),
                        rendered: None,
                        template: Some(template.clone()),
                    }),
                    (Some(_), None) => None,
                    (Some(current), Some(record)) => {
                        self.carry_over(proposal, template, &record.content, &current, content)
                    }
                }
            }
        })
    }

    /// Brings a file that an earlier run rendered up to date, keeping the user's edits.
    fn carry_over(
        &mut self,
        proposal: &Proposal,
        template: &Template,
        old: &[u8],
        current: &[u8],
        new: &[u8],
    ) -> Option<Resolution> {
        match merge_text(old, current, new) {
            MergedText::Clean(merged) if merged == current => None,
            MergedText::Clean(merged) => Some(Resolution {
                rendered: (merged != new).then(|| new.to_vec()),
                content: Some(merged),
                template: Some(template.clone()),
            }),
            MergedText::Conflict => {
                self.findings.insert(conflict(proposal));
                None
            }
        }
    }
}

/// Two proposals for one path agree when both edit it (the later one waits) or want the same bytes.
fn agree(first: &Proposal, second: &Proposal) -> Result<(), Error> {
    let edits = matches!((&first.action, &second.action), (Action::Edit { .. }, Action::Edit { .. }));
    if edits || first.action == second.action {
        return Ok(());
    }
    Err(Error::Conflict { path: second.path.clone(), first: first.rule.clone(), second: second.rule.clone() })
}

/// Returns what stands in the way of a file at `path`: a link or a submodule there, or a file where a
/// directory must be, or a directory where the file must be.
fn obstacle(snapshot: &Snapshot, path: &RepoPath) -> Option<RepoPath> {
    if let Some(entry) = snapshot.get(path)
        && !entry.mode.is_file()
    {
        return Some(path.clone());
    }
    let mut above = path.parent();
    while let Some(directory) = above {
        if !directory.is_root() && snapshot.get(&directory).is_some() {
            return Some(directory);
        }
        above = directory.parent();
    }
    let below = path.join("");
    let entries = snapshot.entries();
    let at = entries.partition_point(|entry| entry.path < below);
    let inside = entries.get(at)?;
    (inside.path != *path && inside.path.is_within(path)).then(|| inside.path.clone())
}

fn finding(proposal: &Proposal, rule: &str, message: String, help: &str) -> Finding {
    Finding {
        path: proposal.path.clone(),
        span: None,
        rule: rule.to_owned(),
        gate: Gate::BaselineGap,
        severity: Severity::Warning,
        message,
        help: help.to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

fn cannot_place(proposal: &Proposal, obstacle: &RepoPath) -> Finding {
    finding(
        proposal,
        "repair/obstacle",
        format!(
            "`{}` cannot be repaired: `{obstacle}` stands in the way, and nothing is written through it",
            proposal.path
        ),
        "replace what stands there by a plain file or directory, or take the family out of `repair.targets`",
    )
}

fn stays_deleted(proposal: &Proposal) -> Finding {
    Finding {
        severity: Severity::Note,
        ..finding(
            proposal,
            "repair/stays-deleted",
            format!("`{}` was rendered by an earlier run and deleted since: it stays deleted", proposal.path),
            "add the file again by hand if it is wanted",
        )
    }
}

fn conflict(proposal: &Proposal) -> Finding {
    finding(
        proposal,
        "repair/template-conflict",
        format!(
            "`{}` was edited where its template changed too: the edits are kept, the update is not made",
            proposal.path
        ),
        "compare the file with a fresh rendering (`git iao plan` in a copy without it) and merge by hand",
    )
}

#[cfg(test)]
mod tests;
