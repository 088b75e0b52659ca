//! The JSON Schemas of `schemas/`, ready to judge documents, and a list of those that were in use.
//!
//! Each document is judged twice: by the schema as it is published, and by the same with every open object closed,
//! so that nothing is printed or stored that its schema does not describe.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use git_iao::base::assets;
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// Where the folder of schemas is taken to lie; ids are read against that.
const FOLDER: &str = "json-schema:///";

/// The schemas of documents that the program writes, by their `$id`.
pub(crate) fn texts() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    // The configuration is written by people; its schemas are tried with it.
    let configuration = ["pipeline", "policies", "roles", "adapters"].map(|name| {
        let asset = assets::SCHEMAS.iter().find(|asset| asset.name == name);
        Path::new(asset.unwrap().path).file_name().unwrap().to_owned()
    });
    let mut texts = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if configuration.contains(&file.file_name()) {
            continue;
        }
        let schema: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
        let name = file.file_name().into_string().unwrap();
        let id = format!("iao/{}/v1", name.strip_suffix(".schema.json").unwrap());
        assert_eq!(schema["$id"], *id, "the file's name and the schema's id differ");
        texts.insert(id, schema);
    }
    texts
}

/// Validators, and what they were used for.
pub(crate) struct Book {
    published: BTreeMap<String, Validator>,
    closed: BTreeMap<String, Validator>,
    used: RefCell<BTreeSet<String>>,
}

impl Book {
    pub(crate) fn open() -> Self {
        let published = texts();
        let mut closed = published.clone();
        for (id, schema) in &mut closed {
            // The event's schema is closed but for payloads, which may always say more.
            if id != "iao/event/v1" {
                close(schema);
            }
        }
        let used = RefCell::default();
        Self { published: validators(&published), closed: validators(&closed), used }
    }

    /// Judges a document by the schema that it names.
    pub(crate) fn judge(&self, what: &str, document: &Value) {
        let id = document["schema"].as_str().unwrap_or_else(|| panic!("{what} names no schema: {document}"));
        self.judge_as(id, what, document);
    }

    /// Judges a document by the schema `id`.
    pub(crate) fn judge_as(&self, id: &str, what: &str, document: &Value) {
        for (kind, validators) in [("published", &self.published), ("closed", &self.closed)] {
            let validator =
                validators.get(id).unwrap_or_else(|| panic!("{what} names `{id}`, which has no file"));
            let faults: Vec<_> = validator
                .iter_errors(document)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{what} does not fit the {kind} {id}:\n{}", faults.join("\n"));
        }
        if self.used.borrow_mut().insert(id.to_owned()) {
            self.assert_strict(id, document);
        }
    }

    /// Holds that the schema says no as soon as anything at the top is missing or unknown.
    fn assert_strict(&self, id: &str, document: &Value) {
        let mut more = document.clone();
        more["notInTheSchema"] = json!(true);
        assert!(!self.closed[id].is_valid(&more), "{id} takes an unknown field");
        for field in document.as_object().unwrap().keys() {
            let mut less = document.clone();
            less.as_object_mut().unwrap().remove(field);
            // A killed run has no outcome yet.
            let optional = id == "iao/run-state/v1" && field == "outcome";
            assert!(optional || !self.published[id].is_valid(&less), "{id} does not miss `{field}`");
        }
    }

    /// Holds that every schema judged at least one document; words that others refer to are judged with those.
    pub(crate) fn assert_all_used(&self) {
        let used = self.used.borrow();
        let idle: Vec<_> = self.published.keys().filter(|id| !used.contains(*id)).collect();
        assert_eq!(idle, ["iao/common/v1"], "these schemas are named by no document");
    }
}

fn validators(texts: &BTreeMap<String, Value>) -> BTreeMap<String, Validator> {
    let mut registry = Registry::new();
    for (id, schema) in texts {
        let file = id.replace("iao/", FOLDER).replace("/v1", ".schema.json");
        registry = registry.add(file, schema).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let build = |id: &String| {
        let named = json!({ "$ref": format!("{FOLDER}{id}") });
        (id.clone(), jsonschema::options().offline().with_registry(&registry).build(&named).unwrap())
    };
    texts.keys().map(build).collect()
}

/// Closes every object of a schema that names its properties and leaves it open.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(words) => {
            if words.get("properties").is_some_and(Value::is_object) {
                words.entry("additionalProperties").or_insert(json!(false));
            }
            words.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
