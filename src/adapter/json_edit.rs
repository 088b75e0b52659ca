//! Adds one member to the object of a JSON text, and keeps every other byte as it is.
//!
//! The result is read again: unless exactly the one member is new, there is no edit.

use serde_json::{Map, Value};

use super::json_text::{Object, object};

/// The members of a new object, all of them strings, in this order.
pub(super) type NewObject<'a> = &'a [(&'a str, &'a str)];

/// Adds `key` to the outermost object, after the last of the keys in `after` that is there, else at its end.
///
/// `None` when the key is there already, or the text is not an object.
pub(super) fn insert(text: &str, key: &str, value: NewObject<'_>, after: &[&str]) -> Option<String> {
    let before: Map<String, Value> = serde_json::from_str(text).ok()?;
    if before.contains_key(key) {
        return None;
    }
    let outer = object(text, 0)?;
    let layout = Layout::of(text, &outer);
    let member = format!("{}:{}{}", quote(key)?, layout.gap, layout.write(value)?);
    let neighbour = outer
        .members
        .iter()
        .rposition(|member| after.contains(&member.key.as_str()))
        .or_else(|| outer.members.len().checked_sub(1));
    let edited = match neighbour {
        Some(index) => {
            let at = outer.members[index].value.end;
            format!("{},{}{member}{}", &text[..at], layout.lead, &text[at..])
        }
        None => {
            format!("{}{}{member}{}{}", &text[..=outer.open], layout.lead, layout.end, &text[outer.close..])
        }
    };
    holds(&before, &edited, key, value).then_some(edited)
}

/// Says whether `edited` means `before` and the new member, nothing else.
fn holds(before: &Map<String, Value>, edited: &str, key: &str, value: NewObject<'_>) -> bool {
    let Ok(mut after) = serde_json::from_str::<Map<String, Value>>(edited) else { return false };
    after.remove(key) == Some(to_value(value)) && after == *before
}

fn to_value(value: NewObject<'_>) -> Value {
    Value::Object(value.iter().map(|(key, text)| ((*key).to_owned(), Value::from(*text))).collect())
}

/// How the members of an object are laid out.
struct Layout<'a> {
    /// What stands before each member.
    lead: &'a str,
    /// What stands before the closing brace, when the object was empty.
    end: &'a str,
    /// What stands between colon and value.
    gap: &'a str,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str, outer: &Object) -> Self {
        match outer.members.last() {
            Some(last) => {
                // The last member's lead tells best: the first one may share the line of the brace.
                let from = text[..last.key_at.start].trim_end_matches([' ', '\t', '\r', '\n']).len();
                let after_key = &text[last.key_at.end..last.value.start];
                let gap = after_key.rsplit(':').next().unwrap_or(" ");
                Self { lead: &text[from..last.key_at.start], end: "", gap }
            }
            None => Self { lead: "\n  ", end: "\n", gap: " " },
        }
    }

    /// Writes a value as it would stand among its neighbours.
    fn write(&self, value: NewObject<'_>) -> Option<String> {
        let broken = self.lead.contains('\n');
        // One level deeper is the lead once more, without its line end.
        let unit = self.lead.trim_start_matches(['\r', '\n']);
        let inner = if broken { format!("{}{unit}", self.lead) } else { String::new() };
        let outer = if broken { self.lead } else { "" };
        let comma = if broken || self.gap.is_empty() { "," } else { ", " };
        let written = value
            .iter()
            .map(|(key, text)| Some(format!("{inner}{}:{}{}", quote(key)?, self.gap, quote(text)?)))
            .collect::<Option<Vec<_>>>()?;
        Some(format!("{{{}{outer}}}", written.join(comma)))
    }
}

fn quote(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn indentation_order_and_line_ends_are_kept() {
        let text = "{\r\n\t\"name\": \"a\",\r\n\t\"license\": \"MIT\",\r\n\t\"x\": 1\r\n}\r\n";
        let edited = insert(text, "engines", &[("node", ">=20")], &["name", "license"]).unwrap();
        assert_eq!(
            edited,
            "{\r\n\t\"name\": \"a\",\r\n\t\"license\": \"MIT\",\r\n\t\"engines\": {\r\n\t\t\"node\": \">=20\"\r\n\t},\r\n\t\"x\": 1\r\n}\r\n"
        );
    }

    #[test]
    fn one_line_stays_one_line() {
        let edited = insert("{\"a\":1}", "b", &[("c", "d"), ("e", "f")], &[]).unwrap();
        assert_eq!(edited, "{\"a\":1,\"b\":{\"c\":\"d\",\"e\":\"f\"}}");
        let edited = insert("{ \"a\": 1 }\n", "b", &[("c", "d")], &[]).unwrap();
        assert_eq!(edited, "{ \"a\": 1, \"b\": {\"c\": \"d\"} }\n");
        assert_eq!(insert("{}", "b", &[("c", "d")], &[]).unwrap(), "{\n  \"b\": {\n    \"c\": \"d\"\n  }\n}");
    }

    #[test]
    fn what_is_there_or_no_object_is_left_alone() {
        assert_eq!(insert("{\"a\": 1}", "a", &[("c", "d")], &[]), None);
        assert_eq!(insert("[]", "a", &[("c", "d")], &[]), None);
        assert_eq!(insert("{\"a\": ", "b", &[("c", "d")], &[]), None);
    }

    proptest! {
        #[test]
        fn any_object_gains_exactly_one_member(
            members in proptest::collection::btree_map("[a-z\"\\\\\u{e9}]{0,4}", proptest::option::of(-9..9_i64), 0..6),
            pretty in any::<bool>(),
            after in "[a-z]",
        ) {
            let text = if pretty { serde_json::to_string_pretty(&members) } else { serde_json::to_string(&members) };
            let text = text.unwrap();
            let edited = insert(&text, "new key", &[("k", "v\n")], &[&after]).unwrap();
            let mut read: Map<String, Value> = serde_json::from_str(&edited).unwrap();
            let added = read.remove("new key").unwrap();
            prop_assert_eq!(added["k"].as_str(), Some("v\n"));
            prop_assert_eq!(serde_json::to_value(read).unwrap(), serde_json::to_value(&members).unwrap());
        }
    }
}
