//! What a Go module or workspace lacks, so that others cannot build it as its authors do.
//!
//! Only what the `go` command itself would refuse, or silently decide, is a finding.

use std::collections::BTreeSet;

use super::super::places::{is_in_submodule, resolve};
use super::super::text_file::Remark;
use super::syntax::{Directive, GoFile};
use super::workspace::Workspace;
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// Judges the module in `directory`; `siblings` are modules that a workspace supplies.
pub(super) fn of_module(
    view: &View<'_>,
    module: &GoFile,
    directory: &RepoPath,
    siblings: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if module.all("module").next().is_none() {
        findings.push(module.text.finding(no_module()));
    }
    if module.all("go").next().is_none() {
        findings.push(module.text.finding(no_go()));
    }
    findings.extend(missing_sums(view, module, directory, siblings));
    let replaced = module.all("replace").filter(|line| leaves_repository(directory, line));
    findings.extend(replaced.map(|line| finding_at(module, line, replaced_outside())));
    findings
}

/// Judges the workspace itself.
pub(super) fn of_workspace(view: &View<'_>, workspace: &Workspace) -> Vec<Finding> {
    let file = &workspace.file;
    let mut findings: Vec<Finding> = Vec::new();
    if file.all("go").next().is_none() {
        findings.push(file.text.finding(no_go()));
    }
    let absent = workspace.absent.iter().filter(|(directory, _)| !is_in_submodule(view, directory));
    findings.extend(absent.map(|(_, line)| finding_at(file, line, unused_module())));
    let replaced = file.all("replace").filter(|line| leaves_repository(&workspace.root, line));
    findings.extend(replaced.map(|line| finding_at(file, line, replaced_outside())));
    findings
}

/// Without sums, `go build` refuses to use a dependency it would have to download.
fn missing_sums(
    view: &View<'_>,
    module: &GoFile,
    directory: &RepoPath,
    siblings: &BTreeSet<String>,
) -> Option<Finding> {
    let local: BTreeSet<&str> = module
        .all("replace")
        .filter(|line| target(line).is_some_and(is_local))
        .filter_map(|line| line.words.first().map(String::as_str))
        .collect();
    let downloads = |line: &&Directive| {
        line.words.first().is_some_and(|name| !local.contains(name.as_str()) && !siblings.contains(name))
    };
    let first = module.all("require").find(downloads)?;
    let known = ["go.sum", "vendor/modules.txt"].iter().any(|name| view.exists(&directory.join(name)));
    let shared = !siblings.is_empty() && work_sums(view, directory);
    (!known && !shared).then(|| finding_at(module, first, no_sum()))
}

/// Says whether a workspace at or above `directory` keeps sums of its own.
fn work_sums(view: &View<'_>, directory: &RepoPath) -> bool {
    std::iter::successors(Some(directory.clone()), RepoPath::parent)
        .any(|here| view.exists(&here.join("go.work.sum")))
}

/// Returns what stands behind the arrow of a `replace` line.
fn target(line: &Directive) -> Option<&str> {
    let arrow = line.words.iter().position(|word| word == "=>")?;
    line.words.get(arrow + 1).map(String::as_str)
}

/// Says whether a replacement is a directory: Go asks that it begins with `./`, `../` or is absolute.
fn is_local(target: &str) -> bool {
    let starts = ["./", "../", "/", ".\\", "..\\"];
    matches!(target, "." | "..") || starts.iter().any(|start| target.starts_with(start)) || has_drive(target)
}

fn leaves_repository(directory: &RepoPath, line: &Directive) -> bool {
    let outside = |target: &&str| {
        is_local(target) && (has_drive(target) || resolve(directory, &target.replace('\\', "/")).is_none())
    };
    target(line).filter(outside).is_some()
}

/// Says whether a path begins with a drive letter, and so can be nobody else's.
fn has_drive(path: &str) -> bool {
    path.as_bytes().get(1) == Some(&b':')
}

fn finding_at(file: &GoFile, line: &Directive, remark: Remark) -> Finding {
    let length = file.text.text[line.at..].lines().next().unwrap_or_default().trim_end().len();
    file.text.finding_at(&(line.at..line.at + length), remark)
}

fn no_module() -> Remark {
    Remark::needs_input(
        "go/module",
        Severity::Warning,
        "no `module` line, and go refuses a module without a path",
        "add `module <path>`: where others import it from",
    )
}

fn no_go() -> Remark {
    Remark::needs_input(
        "go/go-directive",
        Severity::Warning,
        "no `go` line, so go assumes a release from long ago and its rules",
        "run `go mod edit -go=<release>` (or `go work edit -go=<release>`) with the release you build with",
    )
}

fn no_sum() -> Remark {
    Remark::gap(
        "go/sum",
        Severity::Warning,
        "this module is required and no go.sum is tracked, so what is downloaded is not checked and go refuses to build",
        "run `go mod tidy`, and track go.sum",
    )
}

fn replaced_outside() -> Remark {
    Remark::gap(
        "go/replace",
        Severity::Warning,
        "this replaces a module by a directory outside the repository, which nobody else has",
        "require a published version, or keep local replacements in an untracked go.work",
    )
}

fn unused_module() -> Remark {
    Remark::gap(
        "go/work-use",
        Severity::Warning,
        "this directory has no tracked go.mod, and go refuses a workspace that uses a missing module",
        "track the module, or take the line out",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_replacements_that_leave_the_repository_count() {
        let leaves = |directory: &str, target: &str| {
            let words = ["a", "=>", target].map(str::to_owned).to_vec();
            leaves_repository(&RepoPath::from(directory), &Directive { verb: "replace".into(), words, at: 0 })
        };
        assert!(leaves("", "../b"));
        assert!(leaves("a", "../../b"));
        assert!(leaves("a", "/home/me/b"));
        assert!(leaves("a", "C:\\b"));
        assert!(!leaves("a", "../b"));
        assert!(!leaves("", "./b"));
        assert!(!leaves("", "example.org/b"));
    }
}
