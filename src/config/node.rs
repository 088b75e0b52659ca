//! A YAML value that knows where it stands in its text.

use std::ops::Range;

use serde_json::Value;

/// One value with the bytes it covers. A collection covers the bytes from its start on.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The bytes of the value.
    pub(super) span: Range<usize>,
    /// The value.
    pub(super) content: Content,
    /// How much it holds in all.
    pub(super) size: Size,
}

/// What a value is: the kinds of JSON.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the text; every key once.
    Map(Vec<Entry>),
}

/// One pair of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// The bytes of the key.
    pub(super) key_span: Range<usize>,
    /// The value.
    pub(super) value: Node,
}

/// How much a value holds, aliases expanded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Values, this one among them.
    pub(super) nodes: usize,
    /// Bytes of all texts and keys.
    pub(super) bytes: usize,
    /// Collections on the longest way down.
    pub(super) height: usize,
}

impl Node {
    /// Returns the value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Returns the value at the end of a chain of keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the values of the sequence at the end of a chain of keys; none when there is no sequence.
    pub(super) fn list(&self, keys: &[&str]) -> &[Self] {
        match self.at(keys).map(|node| &node.content) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }

    /// Returns the texts of such a sequence, each with its place.
    pub(super) fn texts(&self, keys: &[&str]) -> impl Iterator<Item = (&str, &Self)> {
        self.list(keys).iter().filter_map(|item| Some((item.text()?, item)))
    }

    /// Returns the text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if it is one.
    pub(super) fn flag(&self) -> Option<bool> {
        match self.content {
            Content::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// Returns the pairs; none when it is no mapping.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the plain JSON value.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(flag) => Value::Bool(*flag),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            ),
        }
    }

    /// Returns the bytes to mark for a JSON pointer: a scalar itself, for a collection the key it stands under.
    ///
    /// A pointer that leads out of the value marks the last thing on its way.
    pub(super) fn locate(&self, pointer: &str) -> Range<usize> {
        let mut node = self;
        let mut mark = self.span.clone();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match &node.content {
                Content::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == step) else { return mark };
                    node = &entry.value;
                    mark = if node.is_collection() { entry.key_span.clone() } else { node.span.clone() };
                    if mark.is_empty() {
                        mark = entry.key_span.clone();
                    }
                }
                Content::List(items) => {
                    let Some(item) = step.parse().ok().and_then(|index: usize| items.get(index)) else {
                        return mark;
                    };
                    node = item;
                    mark = node.span.clone();
                }
                _ => return mark,
            }
        }
        mark
    }

    /// Returns the bytes of a key in the mapping at a JSON pointer.
    pub(super) fn locate_key(&self, pointer: &str, key: &str) -> Range<usize> {
        let keys = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
        let mut node = self;
        for step in keys {
            let next = match &node.content {
                Content::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                _ => node.get(&step),
            };
            let Some(next) = next else { return self.locate(pointer) };
            node = next;
        }
        let entry = node.entries().iter().find(|entry| entry.key == key);
        entry.map_or_else(|| self.locate(pointer), |entry| entry.key_span.clone())
    }

    fn is_collection(&self) -> bool {
        matches!(self.content, Content::List(_) | Content::Map(_))
    }
}

impl Size {
    /// Adds a value that this one holds.
    pub(super) fn hold(&mut self, inner: Self) {
        self.nodes += inner.nodes;
        self.bytes += inner.bytes;
        self.height = self.height.max(inner.height + 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::source::Source;
    use crate::config::{second_reader, yaml};

    fn read(text: &str) -> Node {
        let mut report = Vec::new();
        let source = Source::new(0, "f".into(), text.into());
        let node = yaml::read(&source, &mut report);
        if let (Some(node), true) = (&node, report.is_empty()) {
            second_reader::compare(&source, node, &mut report);
        }
        assert!(report.is_empty(), "{report:?} in {text:?}");
        node.unwrap()
    }

    const TEXT: &str = "a: 'x' # c\nb/c:\n  - {d~: \"\u{fc}y\" , e: }\n  - |\n    z\n";

    #[test]
    fn a_pointer_marks_the_scalar_or_the_key() {
        let node = read(TEXT);
        let marked = |pointer: &str| &TEXT[node.locate(pointer)];
        assert_eq!(marked("/a"), "'x'");
        assert_eq!(marked("/b~1c"), "b/c");
        assert_eq!(marked("/b~1c/0/d~0"), "\"\u{fc}y\"");
        assert_eq!(marked("/b~1c/0/e"), "e", "an empty value has no bytes; its key has");
        assert_eq!(marked("/b~1c/1"), "z");
        assert_eq!(marked("/a/none"), "'x'");
        assert!(marked("/none").starts_with("a: 'x'"));
        assert_eq!(&TEXT[node.locate_key("/b~1c/0", "d~")], "d~");
        assert_eq!(&TEXT[node.locate_key("", "b/c")], "b/c");
    }

    #[test]
    fn an_alias_is_the_value_that_it_names() {
        let node = read("a: &x [1, {b: two}]\nc: *x\n");
        assert_eq!(node.to_json(), json!({"a": [1, {"b": "two"}], "c": [1, {"b": "two"}]}));
    }

    fn value() -> impl Strategy<Value = Value> {
        // YAML 1.1 ends lines where 1.2 does not; what readers take for different values is refused.
        let plain = any::<String>().prop_map(|text| text.replace(['\u{85}', '\u{2028}', '\u{2029}'], " "));
        let text = prop_oneof!["[ -~]{0,12}", plain, Just("0x1F".to_owned()), Just("~".to_owned())];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-(1_i64 << 53) + 1..1_i64 << 53).prop_map(Value::from),
            text.prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map("[a-z<~/ ]{1,6}", inner, 0..4).prop_map(|map| {
                    Value::Object(map.into_iter().filter(|(key, _)| key != "<<").collect())
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_the_loader_writes_is_read_back(value in value()) {
            let text = serde_yaml::to_string(&value).unwrap();
            prop_assert_eq!(read(&text).to_json(), value.clone(), "{}", text);
            let text = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(read(&text).to_json(), value, "{}", text);
        }
    }
}
