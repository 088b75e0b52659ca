//! Finds the projects of a snapshot: every adapter, in every directory that holds one of its markers.
//!
//! Only the snapshot's entries are looked at, in one fixed order: depth, path, adapter.

use std::collections::{BTreeMap, BTreeSet};

use super::excluded;
use super::faint::why_faint;
use super::path_rules::Attributes;
use super::registry;
use super::{Adapter, Context, Detection, Error, Exclusion, Inspection, Project};
use crate::config::{Adapters, Policies};
use crate::git::View;
use crate::model::{Glob, RepoPath, TargetFamily, name_matches};

/// What the configuration says about detection and repair.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The directory that is governed; the root for the whole repository.
    pub project_root: &'a RepoPath,
    /// Detectors, order, directories to include and to leave out.
    pub adapters: &'a Adapters,
    /// The adapters that may speak; `None`: every one.
    pub allow: Option<&'a [String]>,
    /// `false`: only the project root and the included directories are looked at, not what lies below.
    pub auto_detect: bool,
    /// The families of repairs that are asked for.
    pub targets: &'a BTreeSet<TargetFamily>,
    /// The policies.
    pub policies: &'a Policies,
}

/// Finds the projects below the project root and inspects each.
///
/// # Errors
/// When an object of the snapshot cannot be read. A manifest that does not parse is a finding.
pub fn detect(view: &View<'_>, settings: &Settings<'_>, context: &Context) -> Result<Detection, Error> {
    let kinds = Kind::all(settings.adapters);
    let mut detection = Detection::default();
    let mut left_out = BTreeSet::new();
    let mut claimed: BTreeSet<(usize, RepoPath)> = BTreeSet::new();
    let filter = Filter::new(view, settings)?;
    for candidate in candidates(view, settings, &kinds) {
        let kind = &kinds[candidate.kind];
        if claimed.contains(&(candidate.kind, candidate.root.clone())) {
            continue;
        }
        if let Some((root, reason)) = filter.judge(&candidate, kind)? {
            left_out.insert(Exclusion { root, adapter: kind.id.to_owned(), reason });
            continue;
        }
        let inspection = match kind.adapter {
            Some(adapter) => adapter.inspect(view, &candidate.root, context)?,
            None => plain(kind.id, &candidate.root),
        };
        claimed.extend(inspection.project.members.iter().map(|member| (candidate.kind, member.clone())));
        detection.inspections.push(inspection);
    }
    detection.exclusions = left_out.into_iter().collect();
    Ok(detection)
}

/// One way to recognise projects.
struct Kind<'a> {
    id: &'a str,
    /// `None` for a detector that only the configuration knows.
    adapter: Option<&'static dyn Adapter>,
    /// File names, with `*` within.
    markers: Vec<&'a str>,
}

impl<'a> Kind<'a> {
    /// Returns the built-in adapters and the configured detectors, in the configured order.
    fn all(config: &'a Adapters) -> Vec<Self> {
        let mut kinds: Vec<Self> = registry::built_in()
            .iter()
            .map(|adapter| Self {
                id: adapter.id(),
                adapter: Some(*adapter),
                markers: adapter.markers().to_vec(),
            })
            .collect();
        for detector in &config.detectors {
            let markers = detector.match_any_files.iter().map(String::as_str);
            match kinds.iter_mut().find(|kind| kind.id == detector.id) {
                Some(kind) => kind.markers.extend(markers),
                None => kinds.push(Self { id: &detector.id, adapter: None, markers: markers.collect() }),
            }
        }
        // What the order does not name comes after what it names, in its own order; the sort is stable.
        let place = |kind: &Self| config.adapter_order.iter().position(|id| id == kind.id);
        kinds.sort_by_key(|kind| place(kind).unwrap_or(usize::MAX));
        kinds
    }

    /// The adapter of the repository as a whole is there once, marker or not.
    fn is_generic(&self) -> bool {
        self.adapter.is_some() && self.id == "generic"
    }
}

/// A directory that one kind may take.
struct Candidate {
    root: RepoPath,
    kind: usize,
    /// The files that mark it, by name.
    marks: Vec<RepoPath>,
}

/// Returns every directory with a marker, in order of depth, path and kind.
fn candidates(view: &View<'_>, settings: &Settings<'_>, kinds: &[Kind<'_>]) -> Vec<Candidate> {
    let mut found: BTreeMap<(usize, RepoPath, usize), Vec<RepoPath>> = BTreeMap::new();
    let top = settings.project_root;
    for (index, _) in kinds.iter().enumerate().filter(|(_, kind)| kind.is_generic()) {
        found.insert((top.depth(), top.clone(), index), Vec::new());
    }
    for entry in view.snapshot().entries() {
        if !entry.mode.is_file() || !entry.path.is_within(top) {
            continue;
        }
        let name = entry.path.file_name();
        for (index, kind) in kinds.iter().enumerate() {
            if kind.is_generic() || !kind.markers.iter().any(|marker| name_matches(marker.as_bytes(), name)) {
                continue;
            }
            let Some(root) = entry.path.parent() else { continue };
            found.entry((root.depth(), root, index)).or_default().push(entry.path.clone());
        }
    }
    found.into_iter().map(|((_, root, kind), marks)| Candidate { root, kind, marks }).collect()
}

/// A directory that is left out, and why.
type LeftOut = (RepoPath, String);

/// Decides which candidates are left out.
struct Filter<'a> {
    view: &'a View<'a>,
    settings: &'a Settings<'a>,
    attributes: Attributes,
    include: Vec<Glob>,
    exclude: Vec<(Glob, &'a str)>,
}

impl<'a> Filter<'a> {
    fn new(view: &'a View<'a>, settings: &'a Settings<'a>) -> Result<Self, Error> {
        let attributes = view.read(&RepoPath::from(".gitattributes"))?.unwrap_or_default();
        let adapters = settings.adapters;
        Ok(Self {
            view,
            settings,
            attributes: Attributes::parse(&attributes),
            include: adapters.include.iter().map(|path| Glob::new(path.as_bytes())).collect(),
            exclude: adapters
                .exclude
                .iter()
                .map(|path| (Glob::new(path.as_bytes()), path.as_str()))
                .collect(),
        })
    }

    /// Returns the directory that is left out, and why; `None` for a project.
    fn judge(&self, candidate: &Candidate, kind: &Kind<'_>) -> Result<Option<LeftOut>, Error> {
        let root = &candidate.root;
        for (glob, text) in &self.exclude {
            if let Some(directory) = self.upwards(root).into_iter().find(|path| glob.matches(path)) {
                let reason = format!("left out by `{text}` in the adapters document");
                return Ok(Some((directory, reason)));
            }
        }
        let included =
            self.upwards(root).into_iter().find(|path| self.include.iter().any(|glob| glob.matches(path)));
        if let Some(left_out) = self.judge_place(candidate, included.as_ref()) {
            return Ok(Some(left_out));
        }
        if self.settings.allow.is_some_and(|allow| !allow.iter().any(|id| id == kind.id)) {
            return Ok(Some((root.clone(), "not in repair.adapters.allow".to_owned())));
        }
        if included.is_some() {
            return Ok(None);
        }
        let reason = why_faint(self.view, kind.id, root, &candidate.marks)?;
        Ok(reason.map(|reason| (root.clone(), reason.to_owned())))
    }

    /// Judges by where the directory lies.
    fn judge_place(&self, candidate: &Candidate, included: Option<&RepoPath>) -> Option<LeftOut> {
        let root = &candidate.root;
        let top = included.unwrap_or(self.settings.project_root);
        if !self.settings.auto_detect && root != top {
            let reason = "below the project root, and repair.adapters.autoDetect is false";
            return Some((root.clone(), reason.to_owned()));
        }
        let said = candidate.marks.iter().find_map(|mark| self.attributes.kind(mark));
        match said {
            Some(Ok(kind)) if included.is_none() => {
                return Some((root.clone(), format!("`.gitattributes` marks it as {kind}")));
            }
            Some(_) => return None,
            None => {}
        }
        let (below, reason) = excluded::by_name(&root.relative_to(top)?)?;
        Some((top.join(below.as_bytes()), reason))
    }

    /// Returns `root` and the directories above it, up to the project root, deepest first.
    fn upwards(&self, root: &RepoPath) -> Vec<RepoPath> {
        let mut all = Vec::new();
        let mut next = Some(root.clone());
        while let Some(path) = next.filter(|path| path.is_within(self.settings.project_root)) {
            next = path.parent();
            all.push(path);
        }
        all
    }
}

/// Returns the files within `directory`, in order; links and submodules are left out.
pub(super) fn files_below<'a>(
    view: &View<'a>,
    directory: &RepoPath,
) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
    let entries = view.snapshot().entries();
    let mut prefix = directory.as_bytes().to_vec();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    // Entries are sorted by the bytes of their paths, so what lies below a directory stands together.
    let from = entries.partition_point(|entry| entry.path.as_bytes() < prefix.as_slice());
    entries[from..]
        .iter()
        .take_while(move |entry| entry.path.as_bytes().starts_with(&prefix))
        .filter(|entry| entry.mode.is_file())
        .map(|entry| &entry.path)
}

/// What is known of a project of a kind that only the configuration knows.
fn plain(id: &str, root: &RepoPath) -> Inspection {
    Inspection { project: Project::bare(id, root), findings: Vec::new(), proposals: Vec::new() }
}
