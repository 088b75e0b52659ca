//! Which ecosystems are looked for, where, and by which files.

use serde::Deserialize;

use super::check_paths::normal;
use super::pipeline::Metadata;

/// The ids of the built-in adapters, in the built-in order.
pub const BUILT_IN_ADAPTERS: [&str; 6] = ["python", "node", "go", "rust", "java", "generic"];

/// A custom detector, or a built-in adapter with other marker files.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detector {
    /// The adapter's id; stands once in the document.
    pub id: String,
    /// File names, matched at any depth; `*` stands for any characters within a name. At least one.
    pub match_any_files: Vec<String>,
}

/// The adapters document.
#[derive(Debug, Clone, Default)]
pub struct Adapters {
    /// Its name.
    pub name: String,
    /// Marker files that replace or add to those of the built-in adapters.
    pub detectors: Vec<Detector>,
    /// The order in which adapters are asked; empty: the built-in order.
    pub adapter_order: Vec<String>,
    /// Directories to look into although they look vendored, exampled or generated.
    pub include: Vec<String>,
    /// Directories to leave out.
    pub exclude: Vec<String>,
}

impl From<Raw> for Adapters {
    fn from(Raw { metadata, spec }: Raw) -> Self {
        let normal_all = |paths: Vec<String>| paths.iter().map(|path| normal(path)).collect();
        Self {
            name: metadata.name,
            detectors: spec.detectors,
            adapter_order: spec.adapter_order,
            include: normal_all(spec.include),
            exclude: normal_all(spec.exclude),
        }
    }
}

/// The document as it is written.
#[derive(Deserialize)]
pub(super) struct Raw {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    detectors: Vec<Detector>,
    #[serde(default)]
    adapter_order: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}
