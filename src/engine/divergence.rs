//! Names the first place where two recorded documents differ.

use serde::Serialize;
use serde_json::Value;

/// The first place where the run of today differs from the recorded one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The document: `plan`, `patch-report`, `verify-report`, `manifest`.
    pub document: String,
    /// The place in it, as a JSON pointer (RFC 6901); empty: one of the two is not there at all.
    pub at: String,
    /// What was recorded there.
    pub recorded: Value,
    /// What came out now.
    pub now: Value,
}

/// Names the first place where two JSON documents differ.
pub(super) fn diverge(document: &str, recorded: &[u8], now: &[u8]) -> Divergence {
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or(Value::Null);
    let (recorded, now) = (parse(recorded), parse(now));
    let mut at = String::new();
    let (mut one, mut other) = (&recorded, &now);
    while let Some((step, a, b)) = first_difference(one, other) {
        at.push('/');
        at.push_str(&step.replace('~', "~0").replace('/', "~1"));
        (one, other) = (a, b);
    }
    Divergence { document: document.to_owned(), at, recorded: one.clone(), now: other.clone() }
}

fn first_difference<'a>(one: &'a Value, other: &'a Value) -> Option<(String, &'a Value, &'a Value)> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort_unstable();
            keys.into_iter().find(|key| a.get(*key) != b.get(*key)).map(|key| {
                (key.clone(), a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            let length = a.len().max(b.len());
            (0..length).find(|at| a.get(*at) != b.get(*at)).map(|at| {
                (at.to_string(), a.get(at).unwrap_or(&Value::Null), b.get(at).unwrap_or(&Value::Null))
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_divergence_is_named_by_its_pointer() {
        let recorded = br#"{"changes":[{"path":"a"},{"path":"b/c"}],"tree":"1"}"#;
        let now = br#"{"changes":[{"path":"a"},{"path":"x"}],"tree":"2"}"#;
        let divergence = diverge("plan", recorded, now);
        assert_eq!(divergence.at, "/changes/1/path");
        assert_eq!((divergence.recorded, divergence.now), (json!("b/c"), json!("x")));
    }

    #[test]
    fn a_missing_element_is_a_divergence() {
        let divergence = diverge("plan", b"[1,2]", b"[1]");
        assert_eq!(
            (divergence.at.as_str(), divergence.recorded, divergence.now),
            ("/1", json!(2), Value::Null)
        );
    }
}
