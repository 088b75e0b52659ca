//! Walks the modules of a Maven build.
//!
//! Every POM is read once, whatever names it, so a circle of modules ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::Error;
use super::super::places::{is_in_submodule, resolve};
use super::super::text_file::{Reading, Remark};
use super::pom::Pom;
use super::pom_contents::Text;
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// The modules below one POM.
#[derive(Debug, Default)]
pub(super) struct ModuleTree {
    /// Their POMs, by path.
    pub(super) poms: BTreeMap<RepoPath, Pom>,
    /// Modules that are not there, POMs that do not parse.
    pub(super) findings: Vec<Finding>,
    directories: BTreeSet<RepoPath>,
}

impl ModuleTree {
    /// Reads every module that `pom` names, and theirs.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub(super) fn read(view: &View<'_>, pom: &Pom) -> Result<Self, Error> {
        let mut tree = Self::default();
        let mut visited = BTreeSet::from([pom.file.path.clone()]);
        let mut queue = VecDeque::new();
        queue.extend(tree.modules_of(view, pom));
        while let Some(path) = queue.pop_front() {
            if !visited.insert(path.clone()) {
                continue;
            }
            tree.directories.extend(path.parent());
            match Pom::read(view, &path)? {
                Reading::Read(module) => {
                    queue.extend(tree.modules_of(view, &module));
                    tree.poms.insert(path, module);
                }
                Reading::Refused(finding) => tree.findings.push(finding),
                Reading::Absent => {}
            }
        }
        Ok(tree)
    }

    /// Returns the directories of the modules, sorted, without `root`.
    pub(super) fn directories(&self, root: &RepoPath) -> Vec<RepoPath> {
        self.directories.iter().filter(|directory| *directory != root).cloned().collect()
    }

    /// Returns the POMs of the modules that one POM names; a missing one is a finding.
    fn modules_of(&mut self, view: &View<'_>, pom: &Pom) -> Vec<RepoPath> {
        let Some(base) = pom.file.path.parent() else { return Vec::new() };
        let mut found = Vec::new();
        for (module, optional) in pom.modules.iter().filter(|(module, _)| !module.value.contains("${")) {
            let Some(path) = resolve(&base, &module.value.replace('\\', "/")) else { continue };
            // A module is a directory, or the POM itself.
            let file = if view.get(&path).is_some_and(|entry| entry.mode.is_file()) {
                path
            } else {
                path.join("pom.xml")
            };
            if view.exists(&file) {
                found.push(file);
            } else if !optional && !is_in_submodule(view, &file) {
                self.findings.push(absent_module(pom, module));
            }
        }
        found
    }
}

fn absent_module(pom: &Pom, module: &Text) -> Finding {
    let remark = Remark::gap(
        "java/module",
        Severity::Warning,
        format!(
            "the module `{}` has no tracked POM, and Maven refuses a build with a missing module",
            module.value
        ),
        "track the module, or take it out of `<modules>`",
    );
    pom.file.finding_at(&(module.at..module.at), remark)
}
