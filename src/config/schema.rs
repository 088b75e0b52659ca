//! Checks documents against JSON Schemas (2020-12): the built-in ones always, named ones besides.
//!
//! No schema is ever fetched, and named ones use a regex engine that takes linear time.

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::node::Node;
use super::redact::quote;
use super::schema_words::describe;
use super::source::Source;
use super::violation::Violation;
use super::{DocumentKind, nearest};
use crate::base::assets;

/// A document that was read, and is not checked yet.
pub(super) struct Loaded {
    /// Its kind.
    pub(super) kind: DocumentKind,
    /// Its text.
    pub(super) source: Source,
    /// Its values with their places.
    pub(super) node: Node,
    /// Its values alone.
    pub(super) value: Value,
}

impl Loaded {
    /// Says whether this is the very document that the binary carries for its kind: those were checked by tests.
    pub(super) fn is_built_in(&self) -> bool {
        let built_in = self.kind.asset().and_then(assets::default_document);
        built_in.is_some_and(|asset| asset.text == self.source.text())
    }
}

/// A compiled schema.
pub(super) struct Schema {
    /// Its text as JSON.
    pub(super) json: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// With the reason, when it is no schema, refers to something outside itself, or has a pattern that no
    /// linear-time engine takes.
    pub(super) fn compile(json: Value) -> Result<Self, String> {
        let patterns = PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20);
        let built = jsonschema::options().with_pattern_options(patterns).build(&json);
        match built {
            Ok(validator) => Ok(Self { json, validator }),
            Err(error) => Err(error.masked().to_string().to_lowercase()),
        }
    }

    /// Says what does not fit first, without showing the value.
    pub(super) fn first_fault(&self, value: &Value) -> Option<String> {
        let error = self.validator.iter_errors(value).next()?;
        Some(format!("`{}`: {}", error.instance_path(), error.masked()))
    }

    /// Reports every place where a document does not fit; `named` is the schema's path when it is not built in.
    pub(super) fn check(&self, loaded: &Loaded, named: Option<&str>, report: &mut Vec<Violation>) {
        for error in self.validator.iter_errors(&loaded.value) {
            for fault in describe(&error, &loaded.node, &self.json, report.len()) {
                let help = match named {
                    Some(path) => {
                        format!("{} (demanded by `{path}`, which `inputs.schemas` names)", fault.help)
                    }
                    None => fault.help,
                };
                report.push(loaded.source.violation("iao::config::schema", fault.span, fault.message, help));
            }
        }
    }
}

/// Checks a document against the built-in schema of its kind; `false` when it is of another kind altogether.
pub(super) fn check_built_in(loaded: &Loaded, report: &mut Vec<Violation>) -> bool {
    let expected = loaded.kind.as_str();
    if let Some(kind) = loaded.value.get("kind")
        && kind != expected
    {
        let told = kind.as_str().map_or_else(|| "no text".to_owned(), quote);
        let message = format!("`kind` is {told}, where a document of kind `{expected}` is expected");
        let help = match kind.as_str().and_then(|word| nearest(word, [expected])) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name a document of kind `{expected}` here, or mend its `kind`"),
        };
        report.push(loaded.source.violation("iao::config::kind", loaded.node.locate("/kind"), message, help));
        return false;
    }
    built_in(loaded.kind).check(loaded, None, report);
    true
}

fn built_in(kind: DocumentKind) -> &'static Schema {
    static COMPILED: [OnceLock<Schema>; 4] = [const { OnceLock::new() }; 4];
    let slot = DocumentKind::REQUIRED.iter().position(|known| *known == kind).unwrap_or(0);
    COMPILED[slot].get_or_init(|| {
        let text = kind.asset().and_then(assets::schema).expect("each checked kind has an embedded schema");
        let json = serde_json::from_str(text).expect("embedded schemas are JSON, a test says so");
        Schema::compile(json).expect("embedded schemas compile, a test says so")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_schema_compiles_and_is_itself_valid() {
        for kind in DocumentKind::REQUIRED {
            assert!(jsonschema::meta::is_valid(&built_in(kind).json), "{kind:?}");
            assert_eq!(built_in(kind).json["properties"]["kind"]["const"], kind.as_str());
        }
    }

    #[test]
    fn built_in_schemas_are_closed_and_described_throughout() {
        fn walk(at: &str, schema: &Value) {
            let Some(object) = schema.as_object() else { return };
            assert!(object["description"].as_str().is_some_and(|text| text.ends_with('.')), "{at}");
            if let Some(properties) = object.get("properties").and_then(Value::as_object) {
                if !at.ends_with("metadata") {
                    assert_eq!(object["additionalProperties"], Value::Bool(false), "{at}");
                    assert!(object["patternProperties"]["^x-"].is_object(), "{at}");
                }
                for (key, inner) in properties {
                    walk(&format!("{at}/{key}"), inner);
                }
            }
            if let Some(items) = object.get("items") {
                walk(&format!("{at}/items"), items);
            }
        }
        for kind in DocumentKind::REQUIRED {
            walk(kind.as_str(), &built_in(kind).json);
        }
    }

    #[test]
    fn the_words_of_the_schemas_are_the_words_of_the_types() {
        use crate::model::{Gate, TargetFamily};

        let words = |kind, pointer: &str| -> Vec<String> {
            let list = built_in(kind).json.pointer(pointer).unwrap().as_array().unwrap();
            list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let gates = "/properties/spec/properties/gates/properties/blockOn/items/enum";
        assert_eq!(words(DocumentKind::Policies, gates), Gate::ALL.map(Gate::as_str));
        let targets = "/properties/spec/properties/repair/properties/targets/items/enum";
        assert_eq!(words(DocumentKind::Pipeline, targets), TargetFamily::ALL.map(TargetFamily::as_str));
        let modes = "/properties/spec/properties/modes/properties/default/enum";
        assert_eq!(
            words(DocumentKind::Pipeline, modes),
            super::super::Mode::ALL.map(super::super::Mode::as_str)
        );
    }
}
