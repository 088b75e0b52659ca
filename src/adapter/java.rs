//! Knows Java projects: Maven's `pom.xml`, Gradle's settings and build files, and their wrappers.
//!
//! A POM is data and is read as such; a Gradle build is a program, of which only plain literals are believed.

mod gradle;
mod gradle_level;
mod gradle_script;
mod jdk;
mod maven;
mod module_tree;
mod pom;
mod pom_contents;
mod source_encoding;
mod wrapper;

use super::{Adapter, Context, Error, Inspection};
use crate::git::View;
use crate::model::RepoPath;

/// The adapter of Java.
pub(super) struct Java;

impl Adapter for Java {
    fn id(&self) -> &'static str {
        "java"
    }

    fn markers(&self) -> &'static [&'static str] {
        &["pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]
    }

    /// Where both tools stand side by side, the one with a wrapper is taken, and Maven if that does not decide.
    fn inspect(&self, view: &View<'_>, root: &RepoPath, _context: &Context) -> Result<Inspection, Error> {
        let maven = view.exists(&root.join("pom.xml"));
        let gradle = self.markers()[1..].iter().any(|name| view.exists(&root.join(name)));
        let wrapped = |script: &str| view.exists(&root.join(script));
        if gradle && (!maven || (wrapped("gradlew") && !wrapped("mvnw"))) {
            gradle::inspect(view, root)
        } else {
            maven::inspect(view, root)
        }
    }
}
