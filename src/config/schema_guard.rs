//! Reads the schemas that a pipeline names, which are as untrusted as the pipeline.
//!
//! A schema stays within itself: no remote reference, no recursion, no expansion beyond a fixed size.

use serde_json::Value;

use super::schema::Schema;
use super::source::{MAX_BYTES, Source};
use super::violation::Violation;
use super::yaml::MAX_DEPTH;
use crate::base::canonical;

/// How many values a schema may hold when each reference is replaced by what it names.
const MAX_EXPANDED: usize = 5_000;

/// Compiles a named schema; `None`, with a report, when it is refused.
pub(super) fn read(source: &Source, report: &mut Vec<Violation>) -> Option<Schema> {
    match parse(source).and_then(|json| guard(source, json)) {
        Ok(schema) => Some(schema),
        Err(violation) => {
            report.push(violation);
            None
        }
    }
}

fn parse(source: &Source) -> Result<Value, Violation> {
    let refuse = |at: usize, message: String| {
        source.violation("iao::config::schema_document", at..at + 1, message, "a schema is one JSON object")
    };
    if source.text().len() > MAX_BYTES {
        return Err(refuse(0, format!("the schema has more than {MAX_BYTES} bytes")));
    }
    let json: Value = serde_json::from_str(source.text()).map_err(|error| {
        let at = offset(source.text(), error.line(), error.column());
        refuse(at, "not JSON".to_owned())
    })?;
    if !json.is_object() {
        return Err(refuse(0, "the schema is not an object".to_owned()));
    }
    match canonical::to_vec(&json) {
        Ok(_) => Ok(json),
        Err(_) => {
            Err(refuse(0, "the schema holds a number that is no integer within ±(2^53 - 1)".to_owned()))
        }
    }
}

fn guard(source: &Source, json: Value) -> Result<Schema, Violation> {
    let refuse = |word: &str, message: String| {
        let at = source.text().find(&format!("\"{word}\"")).unwrap_or(0);
        let help =
            "a named schema stands alone: references stay within it, begin with `#/`, and do not recur";
        source.violation("iao::config::schema_document", at..at + word.len() + 2, message, help)
    };
    let mut budget = MAX_EXPANDED;
    if let Err(Refused { word, message }) = spend(&json, &json, &mut budget, 0) {
        return Err(refuse(&word, message));
    }
    Schema::compile(json).map_err(|reason| refuse("$schema", format!("not a usable schema: {reason}")))
}

struct Refused {
    word: String,
    message: String,
}

/// Walks a schema as a validator would, following each reference, until `budget` values were seen.
fn spend(at: &Value, root: &Value, budget: &mut usize, depth: usize) -> Result<(), Refused> {
    let refuse =
        |word: &str, message: &str| Err(Refused { word: word.to_owned(), message: message.to_owned() });
    *budget = budget.saturating_sub(1);
    if *budget == 0 || depth > MAX_DEPTH {
        return refuse("$ref", "the schema is recursive, or too large with its references followed");
    }
    let inner: Vec<&Value> = match at {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return Ok(()),
    };
    for value in inner {
        spend(value, root, budget, depth + 1)?;
    }
    for word in ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$anchor"] {
        if at.get(word).is_some_and(Value::is_string) {
            return refuse(word, "the schema uses a reference that is not followed here");
        }
    }
    if depth > 0 && at.get("$id").is_some_and(Value::is_string) {
        return refuse("$id", "the schema holds a schema with an address of its own");
    }
    let Some(reference) = at.get("$ref").and_then(Value::as_str) else { return Ok(()) };
    // A percent sign would be decoded by the validator and not by us: two readings of one reference.
    let pointer = reference.strip_prefix('#').filter(|pointer| !pointer.contains('%'));
    match pointer.map(|pointer| root.pointer(pointer)) {
        Some(Some(target)) => spend(target, root, budget, depth + 1),
        Some(None) => refuse(reference, "the schema refers to a place that it does not have"),
        None => refuse(reference, "the schema refers to something outside itself"),
    }
}

/// Turns a line and a byte column, both from 1, into an offset.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before + column.saturating_sub(1)
}
