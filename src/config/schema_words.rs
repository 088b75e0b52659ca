//! Says in plain words where a document does not fit its schema, and how to mend it.
//!
//! Values are quoted short and masked, so that a credential in the wrong place is not echoed.

use std::ops::Range;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::nearest::suggest;
use super::node::Node;
use super::redact::{displayable, quote};

/// One place where a document does not fit.
pub(super) struct Fault {
    /// The bytes to mark.
    pub(super) span: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// How to mend it.
    pub(super) help: String,
}

/// Returns the faults that one schema error stands for: one, or one an unknown key. `told`: see [`suggest`].
pub(super) fn describe(error: &ValidationError<'_>, node: &Node, schema: &Value, told: usize) -> Vec<Fault> {
    let pointer = error.instance_path().as_str();
    let place = place(pointer);
    let (message, help) = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, error.schema_path().as_str());
            return unexpected
                .iter()
                .enumerate()
                .map(|(index, key)| unknown_key(node, pointer, key, &known, told + index))
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            (format!("{place} lacks the key {}", quote(property)), format!("add {}", quote(property)))
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = type_words(kind);
            let found = type_word(error.instance());
            (format!("{place} must be {wanted}, not {found}"), format!("write {wanted} here"))
        }
        ValidationErrorKind::Enum { options } => {
            let words: Vec<&str> =
                options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let found = value_words(error.instance());
            let help = suggest(error.instance().as_str().unwrap_or_default(), words, told);
            (format!("{place} cannot be {found}"), help)
        }
        ValidationErrorKind::Constant { expected_value } => {
            let wanted = value_words(expected_value);
            let found = value_words(error.instance());
            (format!("{place} must be {wanted}, not {found}"), format!("write {wanted} here"))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let found = value_words(error.instance());
            let message = format!("{place}: {found} does not have the form that is asked for");
            (message, format!("write a text that matches `{}`", displayable(pattern)))
        }
        ValidationErrorKind::UniqueItems => {
            (format!("{place} names the same thing twice"), "keep one of the two".to_owned())
        }
        ValidationErrorKind::MinLength { .. } => {
            (format!("{place} is too short"), "write a longer text".to_owned())
        }
        ValidationErrorKind::MinItems { limit } => {
            let entries = if *limit == 1 { "entry" } else { "entries" };
            (format!("{place} needs at least {limit} {entries}"), "add what is missing".to_owned())
        }
        _ => {
            let told = error.masked_with("the value").to_string();
            (format!("{place}: {}", lower_first(&displayable(&told))), "mend the value".to_owned())
        }
    };
    vec![Fault { span: node.locate(pointer), message, help }]
}

fn unknown_key(node: &Node, pointer: &str, key: &str, known: &[&str], told: usize) -> Fault {
    let message = format!("{} has no key {}", place(pointer), quote(key));
    let help = match suggest(key, known.iter().copied(), told) {
        near if near.ends_with('?') => near,
        list => format!("{list}; keys that begin with `x-` are free"),
    };
    Fault { span: node.locate_key(pointer, key), message, help }
}

/// Returns the keys that the object schema around a keyword knows.
fn known_keys<'a>(schema: &'a Value, keyword_path: &str) -> Vec<&'a str> {
    let object = keyword_path.rsplit_once('/').and_then(|(object, _)| schema.pointer(object));
    let properties = object.and_then(|object| object.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

/// Writes a JSON pointer as people do: `spec.dag.nodes[0].id`.
fn place(pointer: &str) -> String {
    let mut out = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("[{step}]"));
        } else {
            let dot = if out.is_empty() { "" } else { "." };
            out.push_str(&format!("{dot}{step}"));
        }
    }
    if out.is_empty() { "the document".to_owned() } else { quote(&out) }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Number(_) | Value::Bool(_) | Value::Null => format!("`{value}`"),
        _ => type_word(value).to_owned(),
    }
}

fn type_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn type_words(kind: &TypeKind) -> String {
    let word = |name: &str| match name {
        "string" => "a text".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a mapping".to_owned(),
        "integer" => "an integer".to_owned(),
        "null" => "empty".to_owned(),
        other => format!("a {other}"),
    };
    match kind {
        TypeKind::Single(one) => word(one.as_str()),
        TypeKind::Multiple(many) => {
            many.iter().map(|one| word(one.as_str())).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
