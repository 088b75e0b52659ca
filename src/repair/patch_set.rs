//! A plan rendered to blobs, trees and commits that no ref names yet.
//!
//! Every tree is compared with the plan's promise while it is made; the first difference stops everything.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Error, Plan, PlannedChange};
use crate::base::{ContentAddress, Timestamp};
use crate::git::{NewCommit, Person, Repository, TreeEdit};
use crate::model::{ObjectId, RepoPath, RunId};

/// Names the plan on each of its commits.
const PLAN_TRAILER: &str = "Iao-Plan";
/// Names the run on each of its commits; a commit on the governance branch without it is not ours.
pub const RUN_TRAILER: &str = "Iao-Run";
/// Names the rule on each commit.
pub const RULE_TRAILER: &str = "Iao-Rule";
/// Names the template of a rendered file: id, `@`, version.
const TEMPLATE_TRAILER: &str = "Iao-Template";

/// One change as a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchCommit {
    /// The commit.
    pub commit: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// The file that it changes.
    pub path: RepoPath,
    /// The rule behind it.
    pub rule: String,
    /// Its subject line.
    pub subject: String,
}

/// The format of a patch report; a report of any other is refused when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PatchReportSchema {
    /// The first.
    #[serde(rename = "iao/patch-report/v1")]
    V1,
}

/// The commits of one plan, staged in memory on its base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchSet {
    /// The format.
    pub schema: PatchReportSchema,
    /// The plan.
    pub plan: ContentAddress,
    /// The commit below the first patch.
    pub base: ObjectId,
    /// The last commit: the base itself when the plan is empty.
    pub tip: ObjectId,
    /// The tree of the tip.
    pub tree: ObjectId,
    /// The commits, in order.
    pub commits: Vec<PatchCommit>,
    /// Whether an earlier run made these very commits.
    pub reused: bool,
}

/// What makes the commits of a patch set, beside the plan: the same request gives the same commits.
#[derive(Debug, Clone)]
pub struct PatchSetRequest<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The commit it was made for.
    pub base: ObjectId,
    /// The run that applies it.
    pub run: &'a RunId,
    /// Author and committer.
    pub person: &'a Person,
    /// The date of every commit.
    pub time: Timestamp,
}

impl PatchSet {
    /// Stages the commits; nothing is stored until [`Repository::persist`].
    ///
    /// # Errors
    /// When a tree is not the one that the plan promises, or a content not the one its id names.
    pub fn stage(repository: &Repository, request: &PatchSetRequest<'_>) -> Result<Self, Error> {
        let plan = request.plan;
        let id = plan.id()?;
        let mut tip = request.base;
        let mut tree = plan.base.tree;
        let mut commits = Vec::with_capacity(plan.changes.len());
        for change in &plan.changes {
            tree = stage_tree(repository, tree, change)?;
            tip = repository.stage_commit(&NewCommit {
                tree,
                parents: vec![tip],
                person: request.person.clone(),
                time: request.time,
                message: message(change, &id, request.run),
            })?;
            commits.push(PatchCommit {
                commit: tip,
                tree,
                path: change.path.clone(),
                rule: change.rule.clone(),
                subject: change.subject.clone(),
            });
        }
        if tree != plan.result {
            return Err(Error::TreeMismatch {
                change: "the whole plan".to_owned(),
                expected: plan.result,
                actual: tree,
            });
        }
        let schema = PatchReportSchema::V1;
        Ok(Self { schema, plan: id, base: request.base, tip, tree, commits, reused: false })
    }
}

fn stage_tree(repository: &Repository, base: ObjectId, change: &PlannedChange) -> Result<ObjectId, Error> {
    let there = repository.lookup(base, &change.path)?.map(|(_, id)| id);
    if there != change.before {
        return Err(Error::ContentMismatch { path: change.path.clone() });
    }
    let edit = match (change.action, &change.content) {
        (ChangeKind::Delete, None) => TreeEdit::Remove { path: change.path.clone() },
        (ChangeKind::Create | ChangeKind::Modify, Some(content)) => {
            let bytes =
                content.to_bytes().ok_or_else(|| Error::ContentMismatch { path: change.path.clone() })?;
            let id = repository.stage_blob(&bytes)?;
            if Some(id) != change.after {
                return Err(Error::ContentMismatch { path: change.path.clone() });
            }
            TreeEdit::Put { path: change.path.clone(), mode: change.mode, id }
        }
        _ => return Err(Error::ContentMismatch { path: change.path.clone() }),
    };
    let tree = repository.stage_tree(base, &[edit])?;
    if tree != change.tree {
        return Err(Error::TreeMismatch {
            change: change.subject.clone(),
            expected: change.tree,
            actual: tree,
        });
    }
    Ok(tree)
}

/// The message of a commit: subject, reason, evidence, trailers. Every value that comes from the repository is
/// brought to one line first, so that none can pass for a trailer.
fn message(change: &PlannedChange, plan: &ContentAddress, run: &RunId) -> String {
    let mut text = format!("{}\n\n{}\n", one_line(&change.subject), wrap(&one_line(&change.reason)));
    if !change.evidence.is_empty() {
        text.push_str("\nEvidence:\n");
        for evidence in &change.evidence {
            let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
            text.push_str(&format!("- {}{line}: {}\n", evidence.path, one_line(&evidence.says)));
        }
    }
    text.push_str(&format!("\n{PLAN_TRAILER}: {plan}\n{RUN_TRAILER}: {run}\n"));
    text.push_str(&format!("{RULE_TRAILER}: {}\n", one_line(&change.rule)));
    if let Some(template) = &change.template {
        text.push_str(&format!("{TEMPLATE_TRAILER}: {}@{}\n", one_line(&template.id), template.version));
    }
    text
}

fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Breaks a text into lines of at most 72 characters where words allow.
fn wrap(text: &str) -> String {
    const WIDTH: usize = 72;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Evidence, FileMode, TargetFamily};

    fn change(subject: &str, says: &str) -> PlannedChange {
        let tree = ObjectId::from_bytes(&[1; 20]).unwrap();
        PlannedChange {
            rule: "generic/x".to_owned(),
            family: TargetFamily::Ci,
            root: RepoPath::root(),
            path: RepoPath::from("x"),
            action: ChangeKind::Create,
            mode: FileMode::Regular,
            before: None,
            after: Some(tree),
            content: None,
            template: None,
            rendered: None,
            subject: subject.to_owned(),
            reason: "word ".repeat(40),
            evidence: vec![Evidence { path: RepoPath::from("a\nb"), line: Some(3), says: says.to_owned() }],
            tree,
        }
    }

    #[test]
    fn no_value_of_the_repository_can_pass_for_a_trailer() {
        let run: RunId = "0".repeat(32).parse().unwrap();
        let hostile = change("add x\nIao-Run: forged", "says\n\nIao-Run: forged");
        let text = message(&hostile, &ContentAddress::of(b"p"), &run);
        assert_eq!(text.lines().filter(|line| line.starts_with("Iao-Run:")).count(), 1, "{text}");
        assert!(text.contains("- a%0Ab:3: "), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_report_names_its_schema_and_another_one_is_refused() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let schema = PatchReportSchema::V1;
        let plan = ContentAddress::of(b"p");
        let report = PatchSet { schema, plan, base: id, tip: id, tree: id, commits: vec![], reused: false };
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.contains("\"schema\":\"iao/patch-report/v1\""), "{text}");
        assert_eq!(serde_json::from_str::<PatchSet>(&text).unwrap(), report);
        assert!(serde_json::from_str::<PatchSet>(&text.replace("report/v1", "report/v2")).is_err());
    }
}
