//! The configuration that holds where a repository has none, as it was read when the program was made.
//!
//! It says what the built-in documents say and nothing else: a test reads them anew and compares.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Config, Document, DocumentKind, adapters, pipeline, policies, roles};
use crate::base::{ContentAddress, assets};

/// The canonical JSON of all built-in documents, by their kinds: what their digest is computed from, and a line end.
const WHOLE: &str = include_str!("built_in.json");

/// Returns the built-in configuration when the documents are the built-in ones, and nothing is wrong with them.
///
/// Wrong is a step that is not known; whoever reads the documents anew says where.
pub(super) fn config(documents: &[Document], known_steps: Option<&[&str]>) -> Option<Config> {
    if documents.len() != DocumentKind::REQUIRED.len() || !documents.iter().all(is_built_in) {
        return None;
    }
    let pipeline = pipeline::Pipeline::from(typed::<pipeline::Raw>(DocumentKind::Pipeline)?);
    let is_known = |run: &str| known_steps.is_none_or(|known| known.contains(&run));
    pipeline.nodes.iter().all(|node| is_known(&node.run)).then_some(())?;
    Some(Config {
        pipeline,
        policies: typed::<policies::Raw>(DocumentKind::Policies)?.into(),
        roles: typed::<roles::Raw>(DocumentKind::RoleRegistry)?.into(),
        adapters: typed::<adapters::Raw>(DocumentKind::Adapters)?.into(),
        documents: documents.to_vec(),
        digest: ContentAddress::of(WHOLE.trim_ascii_end().as_bytes()),
        // What is canonical as a whole is so in its parts.
        policy_digest: ContentAddress::of(text(DocumentKind::Policies)?.as_bytes()),
    })
}

/// Returns where the built-in pipeline says that a document stands.
pub(super) fn input(key: &str) -> Option<&'static str> {
    static INPUTS: OnceLock<Parts> = OnceLock::new();
    let within = |from: &'static str, key: &str| serde_json::from_str::<Parts>(from).ok()?.remove(key);
    let inputs = INPUTS.get_or_init(|| {
        let spec = text(DocumentKind::Pipeline).and_then(|pipeline| within(pipeline, "spec"));
        let inputs = spec.and_then(|spec| within(spec.get(), "inputs"));
        inputs.and_then(|inputs| serde_json::from_str(inputs.get()).ok()).unwrap_or_default()
    });
    inputs.get(key).and_then(|place| <&str>::deserialize(*place).ok())
}

/// Says whether this is the very text that the binary carries for its kind.
fn is_built_in(document: &Document) -> bool {
    let built_in = document.kind.asset().and_then(assets::default_document);
    built_in.is_some_and(|asset| asset.text == document.text)
}

/// Gives a built-in document its type.
fn typed<T: DeserializeOwned>(kind: DocumentKind) -> Option<T> {
    serde_json::from_str(text(kind)?).ok()
}

/// Values of an object by their names, not read yet.
type Parts = BTreeMap<String, &'static RawValue>;

/// Returns the JSON of a built-in document.
fn text(kind: DocumentKind) -> Option<&'static str> {
    static DOCUMENTS: OnceLock<Parts> = OnceLock::new();
    let documents = DOCUMENTS.get_or_init(|| serde_json::from_str(WHOLE).unwrap_or_default());
    documents.get(kind.as_str()).map(|document| document.get())
}
