//! The whole configuration of a run: every document, read and checked together.
//!
//! All violations of all documents are gathered before any is told.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::{Loaded, Schema, check_built_in};
use super::source::Source;
use super::violation::Violation;
use super::{Adapters, Document, DocumentKind, Error, Pipeline, Policies, RoleRegistry, SchemaRole};
use super::{adapters, built_in, check_graph, check_paths, check_words, pipeline, policies, roles};
use super::{schema_guard, second_reader, yaml};
use crate::base::{ContentAddress, canonical};

/// Every document, read and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The steps, where things lie, what may be repaired.
    pub pipeline: Pipeline,
    /// What shall hold.
    pub policies: Policies,
    /// Who does what.
    pub roles: RoleRegistry,
    /// Which ecosystems are looked for.
    pub adapters: Adapters,
    /// The documents as read, sorted by kind; from these alone the same Config loads again (replay).
    pub documents: Vec<Document>,
    /// Digest of the canonical JSON of all documents: equal meaning, equal digest.
    pub digest: ContentAddress,
    /// Digest of the policies document alone.
    pub policy_digest: ContentAddress,
}

/// Says what does not fit about an event.
pub type EventValidator = Box<dyn Fn(&Value) -> Result<(), String> + Send + Sync>;

impl Config {
    /// Makes the same configuration again from recorded documents, reading no file.
    ///
    /// The steps that nodes run are not looked up here: whoever runs them does that.
    ///
    /// # Errors
    /// As [`super::load`], and [`Error::Incomplete`] when a kind is missing or stands twice.
    pub fn from_documents(documents: &[Document]) -> Result<Self, Error> {
        assemble(documents.to_vec(), None, Vec::new())
    }

    /// Returns the text of a schema that the pipeline names for a role.
    #[must_use]
    pub fn named_schema(&self, role: SchemaRole) -> Option<&str> {
        let kind = DocumentKind::Schema(role);
        self.documents.iter().find(|document| document.kind == kind).map(|document| document.text.as_str())
    }

    /// Returns the check that the pipeline's own event schema asks for; `None` when it names none.
    #[must_use]
    pub fn event_validator(&self) -> Option<EventValidator> {
        let text = self.named_schema(SchemaRole::Event)?;
        let schema = serde_json::from_str(text).map_err(|error| error.to_string()).and_then(Schema::compile);
        Some(Box::new(move |event: &Value| match &schema {
            Ok(schema) => schema.first_fault(event).map_or(Ok(()), Err),
            Err(why) => Err(why.clone()),
        }))
    }
}

/// Checks all documents together and makes a configuration of them.
///
/// `report` brings what was found while they were gathered; with such violations a document may be missing.
pub(super) fn assemble(
    mut documents: Vec<Document>,
    known_steps: Option<&[&str]>,
    mut report: Vec<Violation>,
) -> Result<Config, Error> {
    documents.sort_by_key(|document| document.kind);
    if report.is_empty() {
        check_complete(&documents)?;
        if let Some(config) = built_in::config(&documents, known_steps) {
            return Ok(config);
        }
    }
    let Read { loaded, schemas } = read_all(&documents, &mut report);
    check_together(&loaded, known_steps, &mut report);
    let typed = if report.is_empty() { typed(&loaded, &mut report) } else { None };
    let (Some((pipeline, policies, roles, adapters)), true) = (typed, report.is_empty()) else {
        return Err(Error::invalid(report));
    };
    let policy_digest = digest(&loaded[&DocumentKind::Policies].value);
    let digest = digest(&whole(&loaded, &schemas));
    Ok(Config { pipeline, policies, roles, adapters, documents, digest, policy_digest })
}

/// Demands each required kind once, and no kind twice.
fn check_complete(documents: &[Document]) -> Result<(), Error> {
    let count = |kind| documents.iter().filter(|document| document.kind == kind).count();
    let schemas = SchemaRole::ALL.map(DocumentKind::Schema).into_iter().filter(|kind| count(*kind) > 1);
    let wrong = DocumentKind::REQUIRED.into_iter().filter(|kind| count(*kind) != 1).chain(schemas).next();
    match wrong {
        Some(kind) => Err(Error::Incomplete { kind: kind.as_str(), found: count(kind) }),
        None => Ok(()),
    }
}

struct Read {
    loaded: BTreeMap<DocumentKind, Loaded>,
    schemas: BTreeMap<SchemaRole, Value>,
}

/// Reads every document and checks it against its schemas.
fn read_all(documents: &[Document], report: &mut Vec<Violation>) -> Read {
    let mut read = Read { loaded: BTreeMap::new(), schemas: BTreeMap::new() };
    let mut named: Vec<(SchemaRole, String, Schema)> = Vec::new();
    for (rank, document) in documents.iter().enumerate() {
        let source = Source::new(rank, document.origin.to_string(), document.text.clone());
        match document.kind {
            DocumentKind::Schema(role) => {
                let name = source.name().to_owned();
                named.extend(schema_guard::read(&source, report).map(|schema| (role, name, schema)));
            }
            kind => {
                let loaded = read_document(kind, source, report);
                read.loaded.extend(loaded.map(|loaded| (kind, loaded)));
            }
        }
    }
    read.loaded.retain(|_, loaded| loaded.is_built_in() || check_built_in(loaded, report));
    for (role, name, schema) in named {
        if let Some(loaded) = role.subject().and_then(|kind| read.loaded.get(&kind)) {
            schema.check(loaded, Some(&name), report);
        }
        read.schemas.insert(role, schema.json);
    }
    read
}

/// Reads one YAML document with both readers.
fn read_document(kind: DocumentKind, source: Source, report: &mut Vec<Violation>) -> Option<Loaded> {
    let before = report.len();
    let node = yaml::read(&source, report)?;
    let value = node.to_json();
    let loaded = Loaded { kind, source, node, value };
    if report.len() == before && !loaded.is_built_in() {
        second_reader::compare(&loaded.source, &loaded.node, report);
    }
    Some(loaded)
}

/// Checks what no schema can say.
fn check_together(
    loaded: &BTreeMap<DocumentKind, Loaded>,
    known_steps: Option<&[&str]>,
    report: &mut Vec<Violation>,
) {
    let [pipeline, policies, roles, adapters] = DocumentKind::REQUIRED.map(|kind| loaded.get(&kind));
    if let Some(pipeline) = pipeline {
        check_graph::check_steps(pipeline, report);
        check_paths::check_pipeline(pipeline, report);
        check_words::check_modes(pipeline, report);
        check_words::check_patterns(pipeline, &["spec", "governance", "banNarrative", "patterns"], report);
        check_words::check_patterns(pipeline, &["spec", "governance", "forbidQuestions", "patterns"], report);
        if let Some(known) = known_steps {
            check_words::check_runs(pipeline, known, report);
        }
    }
    if let Some(policies) = policies {
        check_words::check_patterns(policies, &["spec", "filesystem", "forbidSecretsPatterns"], report);
    }
    if let Some(roles) = roles {
        check_graph::check_roles(roles, report);
    }
    if let Some(adapters) = adapters {
        check_paths::check_adapters(adapters, report);
    }
    if let (Some(pipeline), Some(adapters)) = (pipeline, adapters) {
        check_words::check_adapters(pipeline, adapters, report);
    }
    if let (Some(policies), Some(roles)) = (policies, roles) {
        check_words::check_approvals(policies, roles, report);
    }
}

type Typed = (Pipeline, Policies, RoleRegistry, Adapters);

fn typed(loaded: &BTreeMap<DocumentKind, Loaded>, report: &mut Vec<Violation>) -> Option<Typed> {
    let pipeline = shape::<pipeline::Raw>(loaded.get(&DocumentKind::Pipeline)?, report)?;
    let policies = shape::<policies::Raw>(loaded.get(&DocumentKind::Policies)?, report)?;
    let roles = shape::<roles::Raw>(loaded.get(&DocumentKind::RoleRegistry)?, report)?;
    let adapters = shape::<adapters::Raw>(loaded.get(&DocumentKind::Adapters)?, report)?;
    Some((pipeline.into(), policies.into(), roles.into(), adapters.into()))
}

/// Gives a document that passed its schema its type.
fn shape<T: DeserializeOwned>(loaded: &Loaded, report: &mut Vec<Violation>) -> Option<T> {
    match serde_json::from_value(loaded.value.clone()) {
        Ok(typed) => Some(typed),
        Err(error) => {
            let message = format!("the document does not have the shape of its kind: {error}");
            let help = "mend the value that the message names";
            report.push(loaded.source.violation("iao::config::shape", 0..0, message, help));
            None
        }
    }
}

/// One value that means what all documents mean.
fn whole(loaded: &BTreeMap<DocumentKind, Loaded>, schemas: &BTreeMap<SchemaRole, Value>) -> Value {
    let documents = loaded.iter().map(|(kind, loaded)| (kind.as_str().to_owned(), loaded.value.clone()));
    let schemas = schemas.iter().map(|(role, json)| (role.as_str().to_owned(), json.clone()));
    let mut whole: serde_json::Map<String, Value> = documents.collect();
    whole.insert("Schemas".to_owned(), Value::Object(schemas.collect()));
    Value::Object(whole)
}

pub(super) fn digest(value: &Value) -> ContentAddress {
    let bytes = canonical::to_vec(value).expect("every number was checked when the documents were read");
    ContentAddress::of(&bytes)
}
