//! Proposes the encoding of a Maven project's sources, where the sources themselves prove it.
//!
//! One line goes into `<properties>`; every other byte stays, and the result must be the same document plus this
//! one element.

use roxmltree::{Document, Node, NodeType};

use super::super::Error;
use super::super::manifest::presence;
use super::pom::Pom;
use super::pom_contents::{child, parse};
use crate::git::View;
use crate::model::{Action, Evidence, Proposal, RepoPath, TargetFamily};

const KEY: &str = "project.build.sourceEncoding";

/// Proposes UTF-8 if every source is UTF-8 and at least one needs it; nothing if a parent may have decided.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn proposal(view: &View<'_>, root: &RepoPath, pom: &Pom) -> Result<Option<Proposal>, Error> {
    let decided = pom.has_parent
        || [KEY, "compiler.encoding", "encoding", "maven.compiler.encoding"].iter().any(|key| pom.says(key));
    if decided || !pom.is_utf8 {
        return Ok(None);
    }
    let Some(content) = insert(&pom.file.text).filter(|new| adds_only(&pom.file.text, new)) else {
        return Ok(None);
    };
    let Some(evidence) = proof(view, root)? else { return Ok(None) };
    Ok(Some(Proposal {
        rule: "java/source-encoding".to_owned(),
        family: TargetFamily::Deps,
        root: root.clone(),
        path: pom.file.path.clone(),
        mode: pom.file.mode,
        action: Action::Edit { content: content.into_bytes() },
        subject: "Say in pom.xml that the sources are UTF-8".to_owned(),
        reason:
            "Without an encoding, each machine compiles the sources with its own, and this one needs UTF-8."
                .to_owned(),
        evidence: vec![evidence],
    }))
}

/// Returns the first source that only UTF-8 can read; `None` if one is something else, or all are ASCII.
fn proof(view: &View<'_>, root: &RepoPath) -> Result<Option<Evidence>, Error> {
    let mut proof = None;
    for entry in view.snapshot().entries() {
        let is_source =
            entry.mode.is_file() && entry.path.extension() == Some(b"java") && entry.path.is_within(root);
        if !is_source {
            continue;
        }
        let content = view.read(&entry.path)?.unwrap_or_default();
        if std::str::from_utf8(&content).is_err() {
            return Ok(None);
        }
        if proof.is_none() && !content.is_ascii() {
            proof = Some(presence(
                &entry.path,
                "a UTF-8 source with characters beyond ASCII; every other source is UTF-8 too",
            ));
        }
    }
    Ok(proof)
}

/// Puts the property before the first one, on a line of its own with the same indentation.
fn insert(text: &str) -> Option<String> {
    let document = parse(text).ok()?;
    let properties = child(document.root_element(), "properties")?;
    let first = properties.children().find(Node::is_element)?.range().start;
    let line = text[..first].rfind('\n')? + 1;
    let indent = &text[line..first];
    if !indent.bytes().all(|byte| matches!(byte, b' ' | b'\t')) || line < properties.range().start {
        return None;
    }
    let newline = if text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{}<{KEY}>UTF-8</{KEY}>{newline}{indent}{}", &text[..first], &text[first..]))
}

/// Says whether `new` is `old` plus exactly the property.
fn adds_only(old: &str, new: &str) -> bool {
    let (Ok(old), Ok(new)) = (parse(old), parse(new)) else { return false };
    let has_no_key = !old.descendants().any(|node| node.tag_name().name() == KEY);
    let added = new.descendants().filter(|node| node.tag_name().name() == KEY);
    let right = |node: Node<'_, '_>| {
        let parent = child(new.root_element(), "properties");
        node.parent() == parent && node.text() == Some("UTF-8")
    };
    has_no_key && added.map(right).eq([true]) && outline(&old).eq(outline(&new))
}

/// Lists everything that means something in a document, without the property; layout between elements does not.
///
/// In document order, each node with the number of its elements: together they fix the shape of the tree.
fn outline<'a>(document: &'a Document<'_>) -> impl Iterator<Item = (usize, String, String)> + 'a {
    let is_key = |node: &Node<'_, '_>| node.tag_name().name() == KEY;
    document
        .descendants()
        .filter(move |node| !is_key(node) && !node.parent().is_some_and(|parent| is_key(&parent)))
        .filter(|node| {
            node.node_type() != NodeType::Text || !node.text().unwrap_or_default().trim().is_empty()
        })
        .map(move |node| {
            let elements = node.children().filter(|child| child.is_element() && !is_key(child)).count();
            let attributes: Vec<String> =
                node.attributes().map(|at| format!("{}={}", at.name(), at.value())).collect();
            let name = format!("{:?} {} {}", node.node_type(), node.tag_name().name(), attributes.join(" "));
            (elements, name, node.text().unwrap_or_default().trim().to_owned())
        })
}
