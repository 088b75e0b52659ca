//! Reads the same text with the YAML loader and demands the same value.
//!
//! Two readers that differ on a document would let it mean one thing here and another elsewhere.

use serde_yaml::Value;

use super::node::{Content, Node};
use super::source::Source;
use super::violation::Violation;

const HELP: &str = "YAML readers differ on this writing; put the value in quotes or write it plainly";

/// Reports the first place at which the loader reads another value than `node`.
///
/// Call it only for a text that the event reader accepted: the loader itself has no limits.
pub(super) fn compare(source: &Source, node: &Node, report: &mut Vec<Violation>) {
    let code = "iao::config::readers_differ";
    match serde_yaml::from_str::<Value>(source.text()) {
        Ok(value) => {
            if let Some(at) = first_difference(node, &value) {
                let message = "two YAML readers take this for different values";
                report.push(source.violation(code, at.span.clone(), message, HELP));
            }
        }
        Err(error) => {
            let at = error.location().map_or(0, |location| location.index());
            report.push(source.violation(code, at..at + 1, "one of two YAML readers refuses this", HELP));
        }
    }
}

fn first_difference<'a>(node: &'a Node, value: &Value) -> Option<&'a Node> {
    let same = match (&node.content, value) {
        (Content::Null, Value::Null) => true,
        (Content::Bool(a), Value::Bool(b)) => a == b,
        (Content::Text(a), Value::String(b)) => a == b,
        (Content::Number(a), Value::Number(b)) => {
            (a.as_i64(), a.as_u64(), a.as_f64()) == (b.as_i64(), b.as_u64(), b.as_f64())
        }
        (Content::List(items), Value::Sequence(values)) => {
            let inner = items.iter().zip(values).find_map(|(item, value)| first_difference(item, value));
            return inner.or((items.len() != values.len()).then_some(node));
        }
        (Content::Map(entries), Value::Mapping(values)) => {
            let inner = entries.iter().find_map(|entry| match values.get(entry.key.as_str()) {
                Some(value) => first_difference(&entry.value, value),
                None => Some(&entry.value),
            });
            return inner.or((entries.len() != values.len()).then_some(node));
        }
        _ => false,
    };
    (!same).then_some(node)
}
