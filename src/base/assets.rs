//! The files that the binary carries with it: the default documents and the JSON Schemas.
//!
//! They are the very files of the source tree, so what is reviewed is what runs.

/// One embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The short name, such as `pipeline`.
    pub name: &'static str,
    /// Where it stands in a repository that holds its own copy.
    pub path: &'static str,
    /// Its content.
    pub text: &'static str,
}

macro_rules! asset {
    ($name:literal, $path:literal) => {
        Asset { name: $name, path: $path, text: include_str!(concat!("../../", $path)) }
    };
}

/// The documents that hold where a repository has none; also what `git iao init` writes.
pub const DEFAULT_DOCUMENTS: [Asset; 4] = [
    asset!("pipeline", "configs/indestructibleautoops.pipeline.yaml"),
    asset!("policies", "configs/indestructibleautoops.policies.yaml"),
    asset!("roles", "configs/indestructibleautoops.roles.yaml"),
    asset!("adapters", "configs/indestructibleautoops.adapters.yaml"),
];

/// The JSON Schemas (2020-12).
pub const SCHEMAS: [Asset; 5] = [
    asset!("pipeline", "schemas/pipeline.schema.json"),
    asset!("policies", "schemas/policies.schema.json"),
    asset!("roles", "schemas/roles.schema.json"),
    asset!("adapters", "schemas/adapters.schema.json"),
    asset!("event", "schemas/event.schema.json"),
];

/// The scripts that git runs as hooks.
const HOOKS: [Asset; 5] = [
    asset!("pre-commit", "hooks/pre-commit"),
    asset!("pre-merge-commit", "hooks/pre-merge-commit"),
    asset!("pre-push", "hooks/pre-push"),
    asset!("post-commit", "hooks/post-commit"),
    asset!("pre-receive", "hooks/pre-receive"),
];

/// Returns the text of an embedded schema by its short name.
#[must_use]
pub fn schema(name: &str) -> Option<&'static str> {
    SCHEMAS.iter().find(|asset| asset.name == name).map(|asset| asset.text)
}

/// Returns an embedded default document by its short name: `pipeline`, `policies`, `roles` or `adapters`.
#[must_use]
pub fn default_document(name: &str) -> Option<&'static Asset> {
    DEFAULT_DOCUMENTS.iter().find(|asset| asset.name == name)
}

/// Returns the script of a hook by its name, such as `pre-commit`.
#[must_use]
pub fn hook(name: &str) -> Option<&'static str> {
    HOOKS.iter().find(|asset| asset.name == name).map(|asset| asset.text)
}

/// Returns what `git iao init` writes: the documents, to be edited.
#[must_use]
pub fn scaffold() -> Vec<&'static Asset> {
    DEFAULT_DOCUMENTS.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_by_its_name() {
        for asset in &SCHEMAS {
            assert_eq!(schema(asset.name), Some(asset.text));
            assert!(asset.path.ends_with(&format!("{}.schema.json", asset.name)));
        }
        for asset in &DEFAULT_DOCUMENTS {
            assert_eq!(default_document(asset.name), Some(asset));
            assert!(asset.path.ends_with(&format!(".{}.yaml", asset.name)));
        }
        assert_eq!(schema("nothing"), None);
    }
}
