//! Collects what the elements of a POM say, before any property is put in.
//!
//! Each element is looked at where Maven looks for it; what a POM does not say stays absent.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

/// More nodes than any real POM has.
const NODES: u32 = 500_000;

/// The text of an element, and where the element begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) at: usize,
}

/// Parses XML without a document type declaration.
pub(super) fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

/// Returns the child element of this name.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// What a POM says, before properties are put in. Keys are property names; the POM's own elements are
/// `project.<name>` (as Maven calls them), the compiler plugin's configuration is `compiler.<name>`, and a rule of
/// the enforcer plugin is `enforcer.<name>`.
#[derive(Default)]
pub(super) struct Contents {
    /// Texts by key.
    pub(super) values: BTreeMap<String, Text>,
    /// Modules; those of profiles are marked.
    pub(super) modules: Vec<(Text, bool)>,
}

impl Contents {
    /// Collects from a document; `None` if its root element is no `<project>`.
    pub(super) fn of(document: &Document<'_>) -> Option<Self> {
        let project = document.root_element();
        if project.tag_name().name() != "project" {
            return None;
        }
        let mut contents = Self::default();
        contents.collect(child(project, "properties"), "", |_| true);
        contents.collect(child(project, "parent"), "project.parent.", |_| true);
        for key in ["groupId", "version"] {
            // What a POM does not say of itself, its parent says.
            let inherited = contents.values.get(&format!("project.parent.{key}")).cloned();
            contents.values.extend(inherited.map(|text| (format!("project.{key}"), text)));
        }
        let own = ["groupId", "artifactId", "version", "packaging", "url"];
        contents.collect(Some(project), "project.", |name| own.contains(&name));
        contents.collect(child(project, "scm"), "project.scm.", |_| true);
        let license = child(project, "licenses").and_then(|licenses| child(licenses, "license"));
        contents.collect(license, "project.license.", |_| true);
        contents.compiler(project);
        let required = project.descendants().find(|node| node.tag_name().name() == "requireJavaVersion");
        if let Some(version) = required.and_then(|node| child(node, "version")) {
            contents.values.insert("enforcer.requireJavaVersion".to_owned(), text_of(version));
        }
        contents.modules_of(project, false);
        for profile in child(project, "profiles").iter().flat_map(Node::children) {
            contents.modules_of(profile, true);
        }
        Some(contents)
    }

    fn collect(&mut self, parent: Option<Node<'_, '_>>, prefix: &str, wanted: impl Fn(&str) -> bool) {
        let Some(parent) = parent else { return };
        for node in parent.children().filter(Node::is_element).filter(|node| wanted(node.tag_name().name())) {
            let key = format!("{prefix}{}", node.tag_name().name());
            self.values.insert(key, text_of(node));
        }
    }

    fn compiler(&mut self, project: Node<'_, '_>) {
        let build = child(project, "build");
        let managed = build.and_then(|build| child(build, "pluginManagement"));
        // What stands in `build/plugins` overrides what is managed, so it is collected last.
        for plugins in [managed, build].into_iter().flatten().filter_map(|node| child(node, "plugins")) {
            let is_compiler = |plugin: &Node<'_, '_>| {
                child(*plugin, "artifactId")
                    .is_some_and(|name| text_of(name).value == "maven-compiler-plugin")
            };
            for plugin in plugins.children().filter(is_compiler) {
                self.collect(child(plugin, "configuration"), "compiler.", |name| {
                    ["release", "source", "target", "encoding"].contains(&name)
                });
            }
        }
    }

    fn modules_of(&mut self, node: Node<'_, '_>, optional: bool) {
        let Some(modules) = child(node, "modules") else { return };
        let elements = modules.children().filter(Node::is_element);
        self.modules.extend(elements.map(|module| (text_of(module), optional)));
    }
}

fn text_of(node: Node<'_, '_>) -> Text {
    let value = node.text().unwrap_or_default().trim().to_owned();
    Text { value, at: node.range().start }
}
