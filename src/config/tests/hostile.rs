//! YAML made to hurt: each text is refused, at its place, before it can hurt.
//!
//! The bound on time is generous, for loaded machines; unbounded readers take minutes on these texts.

use std::time::{Duration, Instant};

use super::*;

/// The first violation, beside those of the schema, of a policies document with this text.
fn refused(text: impl AsRef<[u8]>) -> String {
    let files = Files::defaults().file("configs/indestructibleautoops.policies.yaml", text);
    let start = Instant::now();
    let error = files.load().unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let first = error.violations().iter().find(|one| one.code() != "iao::config::schema").unwrap();
    format!("{}:{}: {}", first.line(), first.column(), first.message())
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "the values are nested more than 64 deep";
    assert_eq!(refused("[".repeat(500_000)), format!("1:256: {deep}"));
    assert_eq!(refused("{a: ".repeat(125_000)), format!("1:1021: {deep}"));
    assert_eq!(refused("- ".repeat(250_000)), format!("1:129: {deep}"));
    let blocks: String = (0..300).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert_eq!(refused(blocks), format!("65:65: {deep}"));
}

#[test]
fn alias_bombs_are_refused() {
    let too_much = "the document holds more than 20000 values or 4194304 bytes of text, aliases expanded";
    let mut nodes = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let list = vec![format!("*a{}", n - 1); 10].join(", ");
        nodes.push_str(&format!("a{n}: &a{n} [{list}]\n"));
    }
    assert!(refused(nodes).ends_with(too_much));
    let strings = format!("a: &a {}\nb: [{}]\n", "x".repeat(900_000), vec!["*a"; 1000].join(", "));
    assert!(refused(strings).ends_with(too_much));
    let keys = format!("? &a {}\n: 1\n{}", "k".repeat(500_000), "? [*a]\n: 1\n".repeat(100));
    let files = Files::defaults().file("configs/indestructibleautoops.policies.yaml", keys);
    assert!(files.violations().iter().any(|one| one.ends_with(too_much)));
    let mut nested = "a0: &a0 [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n".to_owned();
    for n in 1..6 {
        nested.push_str(&format!("a{n}: &a{n} [[[[[[[[[[*a{}]]]]]]]]]]\n", n - 1));
    }
    assert_eq!(refused(nested), "6:19: the values are nested more than 64 deep");
}

#[test]
fn a_value_that_holds_itself_is_refused() {
    assert_eq!(refused("a: &a [*a]\n"), "1:8: the alias names a value that holds itself");
}

#[test]
fn a_document_that_is_too_large_is_refused() {
    assert_eq!(refused("a".repeat((1 << 20) + 1)), "1:1: the document has 1048577 bytes, more than 1048576");
    let many = format!("a: [{}]\n", "1,".repeat(100_000));
    assert!(refused(many).contains("more than 20000 values"));
}

#[test]
fn encodings_that_mislead_are_refused() {
    assert_eq!(refused("\u{feff}a: 1\n"), "1:1: the document begins with a byte order mark");
    assert_eq!(refused(b"a: 1\nb: \xff\n"), "2:4: the document is not UTF-8");
    assert_eq!(refused("a: 1\nb: \u{1b}[2J\n"), "2:4: the document holds the control character U+001B");
    assert_eq!(refused("a: \u{85}\n"), "1:4: the document holds the control character U+0085");
    let utf16: Vec<u8> = "a: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(utf16), "1:2: the document holds the control character U+0000");
}

#[test]
fn syntax_errors_have_their_place() {
    assert_eq!(refused("a: 1\n\tb: 2\n"), "1:4: not YAML: while scanning a plain scalar, found a tab");
    assert!(refused("a:\n\tb: 2\n").contains("not YAML: "));
    assert!(refused("a: [1, 2\nb: 3\n").starts_with("2:"));
    assert!(refused("a: 'x\n").contains("not YAML: "));
    assert_eq!(refused("a: 1\n---\nb: 2\n"), "2:1: a second document begins here");
    assert_eq!(refused(""), "1:1: the document is empty");
    assert_eq!(refused("# nothing\n"), "1:1: the document is empty");
}

#[test]
fn keys_and_tags_that_readers_take_differently_are_refused() {
    assert_eq!(refused("a: 1\na: 2\n"), "2:1: the key `a` stands twice in this mapping");
    assert_eq!(refused("a: {b: 1, 'b': 2}\n"), "1:11: the key `b` stands twice in this mapping");
    assert_eq!(refused("1: x\n"), "1:1: a key must be a text");
    assert_eq!(refused("true: x\n"), "1:1: a key must be a text");
    assert_eq!(refused("? [a]\n: x\n"), "1:3: a key must be a text");
    assert_eq!(refused("b: &b {c: 1}\na:\n  <<: *b\n"), "3:3: merge keys are not supported");
    assert_eq!(refused("a: !!str 1\n"), "1:4: tags are not allowed: readers differ on what they mean");
    assert_eq!(refused("a: !x {b: 1}\n"), "1:4: tags are not allowed: readers differ on what they mean");
}

#[test]
fn numbers_that_readers_take_differently_are_refused() {
    for writing in ["0x1F", "0o17", "0b11", "+1", ".inf", ".nan", "-.inf"] {
        assert_eq!(
            refused(format!("a: {writing}\n")),
            "1:4: two YAML readers take this for different values",
            "{writing}"
        );
    }
    for number in ["1.5", "1e3", "9007199254740992", "-9007199254740992"] {
        let expected = format!("1:4: the number `{number}` is not an integer within ±(2^53 - 1)");
        assert_eq!(refused(format!("a: {number}\n")), expected);
    }
}

#[test]
fn a_violation_in_text_of_many_bytes_a_character_has_the_right_place() {
    let text =
        "# \u{8acb}\u{554f}\r\na: {'\u{80fd}\u{5426}': 1, \"\u{1f600}\": 2, b: x # \u{fc}\r\n, b: 3}\r\n";
    assert_eq!(refused(text), "3:3: the key `b` stands twice in this mapping");
}

#[test]
fn thousands_of_violations_are_counted_and_not_all_told() {
    let keys: String = (0..5000).map(|n| format!("k{n}: 1\n")).collect();
    let files = Files::defaults().file("configs/indestructibleautoops.policies.yaml", keys);
    let error = files.load().unwrap_err();
    assert_eq!(error.violations().len(), Error::MOST_VIOLATIONS);
    assert_eq!(error.to_string(), "the configuration breaks 5004 rules");
}

/// Loads a repository that must be refused in bounded time, and returns how many rules it breaks.
fn broken(files: &Files) -> String {
    let start = Instant::now();
    let told = files.load().unwrap_err().to_string();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    told
}

#[test]
fn thousands_of_unknown_words_take_no_longer_than_they_should() {
    let word = |n: usize| format!("{n:048}");
    let node =
        |id: usize, deps: String| format!("{{id: '{}', kind: step, run: x, deps: [{deps}]}}", word(id));
    let needs: Vec<String> = (5_000..14_000).map(|n| format!("'{}'", word(n))).collect();
    let nodes: Vec<String> = (0..1_000).map(|n| node(n, String::new())).collect();
    let pipeline = format!(
        "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nmetadata: {{name: x}}\nspec: {{dag: {{nodes: [{}, {}]}}}}\n",
        nodes.join(", "),
        node(1_001, needs.join(", "))
    );
    let files = Files::default().file("configs/indestructibleautoops.pipeline.yaml", pipeline);
    assert_eq!(broken(&files), "the configuration breaks 10001 rules");
}

#[test]
fn a_long_chain_and_a_long_cycle_of_steps_are_judged() {
    let nodes = |last: &str| {
        let node =
            |n: usize, dep: String| format!("{{id: s{n}, kind: step, run: {}, deps: [{dep}]}}", STEPS[0]);
        let chain = (1..1_500).map(|n| node(n, format!("s{}", n - 1)));
        let nodes: Vec<String> = std::iter::once(node(0, last.to_owned())).chain(chain).collect();
        let text = format!(
            "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nmetadata: {{name: x}}\nspec: {{dag: {{nodes: [{}]}}}}\n",
            nodes.join(", ")
        );
        Files::default().file("configs/indestructibleautoops.pipeline.yaml", text)
    };
    assert_eq!(nodes("").load().unwrap().pipeline.nodes.len(), 1_500);
    let knot = nodes("s1499");
    assert_eq!(broken(&knot), "the configuration breaks 1 rule");
    let message = knot.violations().remove(0);
    assert!(message.contains("each other: s0 -> s1499 -> s1498 -> "), "{}", &message[..120]);
    assert!(message.ends_with("-> s2 -> s1 -> s0"));
}

#[test]
fn thousands_of_costly_patterns_are_not_compiled() {
    let patterns: Vec<String> = (0..5_000).map(|n| format!("'(?:a{{1000}}){{40}}{n}'")).collect();
    let list = format!("  filesystem:\n    forbidSecretsPatterns: [{}]\n    x-before:", patterns.join(", "));
    let files = Files::defaults().edit("policies", "    forbidSecretsPatterns:", "    x-before-that:").edit(
        "policies",
        "  filesystem:\n",
        &format!("{}\n", list.replace("    x-before:", "    x-before: 1")),
    );
    let told = broken(&files);
    assert_eq!(
        told, "the configuration breaks 129 rules",
        "128 of them are too large, and the list is too long"
    );
}

#[test]
fn large_documents_that_keep_the_rules_are_read() {
    let head = "apiVersion: indestructibleautoops/v1\nkind: Policies\nspec: {}\nmetadata:\n  name: x\n";
    for tail in [
        "\n".repeat(1_000_000),
        "#\n".repeat(500_000),
        format!("  a: |\n{}", "    y\n".repeat(160_000)),
        format!("  a: '{}'\n", "''".repeat(500_000)),
        format!("  ? {}\n  : 1\n", "k".repeat(1_000_000)),
        format!("  a: [{}]\n", "x,\n   ".repeat(19_000)),
        (1..3_000).map(|n| format!("  k{n}: &a{n} 1\n  l{n}: *a{n}\n")).collect(),
    ] {
        let path = "configs/indestructibleautoops.policies.yaml";
        let start = Instant::now();
        Files::defaults().file(path, format!("{head}{tail}")).load().unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
