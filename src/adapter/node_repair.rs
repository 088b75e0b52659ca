//! Fills gaps of `package.json` that the repository itself already answers.
//!
//! Every edit adds one member and is read again before it is proposed.

use super::Context;
use super::forge::Forge;
use super::json_edit::insert;
use super::manifest::presence;
use super::node_sources::{Package, Sources};
use crate::model::{Action, Evidence, FileMode, Proposal, RepoPath, TargetFamily};

/// Returns the edit of `package.json`, if there is something to fill.
///
/// A published package gains `repository` from the remote. A private one gains `engines.node` from `.nvmrc`: what
/// a published one supports binds its users, so only a person may say it.
pub(super) fn propose(sources: &Sources, context: &Context) -> Option<Proposal> {
    let package = sources.package.as_ref()?;
    let mut text = package.text.clone();
    let mut filled = Vec::new();
    let mut evidence = Vec::new();
    let edits = [add_repository(package, sources, context), add_engines(package, sources)];
    for Edit { field, members, after, because } in edits.into_iter().flatten() {
        let members: Vec<(&str, &str)> = members.iter().map(|(key, value)| (*key, value.as_str())).collect();
        text = insert(&text, field, &members, after)?;
        filled.push(field);
        evidence.push(because);
    }
    if filled.is_empty() {
        return None;
    }
    if package.marked {
        text.insert(0, '\u{feff}');
    }
    let what = filled.join(" and ");
    Some(Proposal {
        rule: "node/manifest-fields".to_owned(),
        family: TargetFamily::Deps,
        root: sources.root.clone(),
        path: package.path.clone(),
        mode: FileMode::Regular,
        action: Action::Edit { content: text.into_bytes() },
        subject: format!("Declare {what} in package.json"),
        reason: format!("The package lacks {what}, and the repository already says what belongs there."),
        evidence,
    })
}

/// One new member of the outermost object.
struct Edit {
    field: &'static str,
    members: Vec<(&'static str, String)>,
    after: &'static [&'static str],
    because: Evidence,
}

fn add_repository(package: &Package, sources: &Sources, context: &Context) -> Option<Edit> {
    if package.is_private() || package.get(&["repository"]).is_some() || !package.has("name") {
        return None;
    }
    let forge = Forge::parse(context.remote_url.as_ref()?)?;
    let mut members = vec![("type", "git".to_owned()), ("url", format!("git+{}.git", forge.page()))];
    if !sources.root.is_root() {
        members.push(("directory", sources.root.as_str()?.to_owned()));
    }
    let because = presence(&RepoPath::root(), format!("the remote is {}", forge.page()));
    Some(Edit {
        field: "repository",
        members,
        after: &["license", "description", "version", "name"],
        because,
    })
}

fn add_engines(package: &Package, sources: &Sources) -> Option<Edit> {
    if !package.is_private() || package.get(&["engines"]).is_some() {
        return None;
    }
    let version = sources.node_version.as_ref()?;
    let members = vec![("node", format!(">={}", version.value))];
    Some(Edit { field: "engines", members, after: &[], because: version.evidence.clone() })
}
