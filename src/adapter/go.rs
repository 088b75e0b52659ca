//! Knows Go projects: `go.mod`, `go.work` and the modules it uses.
//!
//! A module below another one is a project of its own, unless a `go.work` uses both: that is what Go means by it.

mod gaps;
mod syntax;
mod workspace;

use syntax::GoFile;
use workspace::Workspace;

use super::actions::{SETUP_GO, run};
use super::forge::{Forge, ForgeKind};
use super::places::plain_word;
use super::text_file::Reading;
use super::{Adapter, CiJob, Context, Error, Fact, Inspection};
use crate::git::View;
use crate::model::RepoPath;

/// The adapter of Go.
pub(super) struct Go;

impl Adapter for Go {
    fn id(&self) -> &'static str {
        "go"
    }

    fn markers(&self) -> &'static [&'static str] {
        &["go.mod", "go.work"]
    }

    fn inspect(&self, view: &View<'_>, root: &RepoPath, _context: &Context) -> Result<Inspection, Error> {
        let mut seen = Inspection::bare(self.id(), root);
        let work = workspace::read(view, root, &mut seen.findings)?;
        let module = read_file(view, &root.join("go.mod"), &mut seen.findings)?;
        if work.is_none() && module.is_none() {
            return Ok(seen);
        }
        let workspace = work.as_ref();
        describe(&mut seen, module.as_ref(), workspace);
        seen.project.members = workspace.map(Workspace::members).unwrap_or_default();
        seen.project.test_command = test_command(module.as_ref(), workspace);
        seen.project.ci = ci_job(&seen, module.as_ref(), workspace);

        let siblings = workspace.map(Workspace::module_names).unwrap_or_default();
        if let Some(module) = &module {
            seen.findings.extend(gaps::of_module(view, module, root, &siblings));
        }
        if let Some(workspace) = workspace {
            for (directory, member) in &workspace.modules {
                seen.findings.extend(gaps::of_module(view, member, directory, &siblings));
            }
            seen.findings.extend(gaps::of_workspace(view, workspace));
        }
        Ok(seen)
    }
}

/// Reads a `go.mod`; what is wrong with it goes to `findings`.
fn read_file(
    view: &View<'_>,
    path: &RepoPath,
    findings: &mut Vec<crate::model::Finding>,
) -> Result<Option<GoFile>, Error> {
    Ok(match GoFile::read(view, path)? {
        Reading::Read(file) => Some(file),
        Reading::Absent => None,
        Reading::Refused(finding) => {
            findings.push(finding);
            None
        }
    })
}

fn describe(seen: &mut Inspection, module: Option<&GoFile>, workspace: Option<&Workspace>) {
    let project = &mut seen.project;
    project.name = module.and_then(|module| module.fact("module"));
    project.repository = project
        .name
        .as_ref()
        .and_then(|name| Some(Fact { value: repository_of(&name.value)?, evidence: name.evidence.clone() }));
    project.language_version = workspace
        .and_then(|work| work.file.fact("go"))
        .or_else(|| module.and_then(|module| module.fact("go")));
    let file = module.or_else(|| workspace.map(|work| &work.file));
    project.tool = file.map(|file| Fact::new("go", file.evidence("a Go module or workspace")));
}

/// Returns the command that tests every module: `./...` stops at the border of a module.
fn test_command(module: Option<&GoFile>, workspace: Option<&Workspace>) -> Option<Fact<String>> {
    let Some(workspace) = workspace else {
        return Some(Fact::new("go test ./...", module?.evidence("a Go module")));
    };
    let mut command = String::from("go test");
    for directory in workspace.used() {
        let below = directory.relative_to(&workspace.root)?;
        let word = plain_word(&below)?;
        command.push_str(&if word.is_empty() { " ./...".to_owned() } else { format!(" ./{word}/...") });
    }
    (workspace.used().next().is_some())
        .then(|| Fact::new(command, workspace.file.evidence("the modules in use")))
}

/// Returns the job: the Go that the project's own file asks for, and its tests.
fn ci_job(seen: &Inspection, module: Option<&GoFile>, workspace: Option<&Workspace>) -> Option<CiJob> {
    let test = seen.project.test_command.as_ref()?;
    let file = workspace.map(|work| &work.file).or(module)?;
    let version = file.fact("go")?;
    let source = if is_binding(&version.value) {
        // The action reads the path from the top of the repository, whatever directory the steps run in.
        ("go-version-file", plain_word(&file.text.path)?.to_owned())
    } else {
        ("go-version", "stable".to_owned())
    };
    Some(CiJob {
        name: seen.project.label(),
        steps: vec![
            SETUP_GO.step("Install Go", &[("cache", "false".to_owned()), source]),
            run("Test", &test.value),
        ],
        evidence: vec![version.evidence, test.evidence.clone()],
    })
}

/// Returns the repository that a module's path names; only where the path of a forge says where it ends.
fn repository_of(module: &str) -> Option<String> {
    let repository: Vec<&str> = module.split('/').take(3).collect();
    let forge = Forge::parse(&format!("https://{}", repository.join("/")))?;
    matches!(forge.kind, ForgeKind::GitHub | ForgeKind::Other("Bitbucket" | "Codeberg")).then(|| forge.page())
}

/// Says whether a `go` line is a requirement: before Go 1.21 it was advice about the language only.
fn is_binding(version: &str) -> bool {
    let minor = version.strip_prefix("1.").map(|rest| rest.split(|next: char| !next.is_ascii_digit()).next());
    minor.flatten().and_then(|minor| minor.parse().ok()).is_none_or(|minor: u32| minor >= 21)
}

#[cfg(test)]
mod tests;
