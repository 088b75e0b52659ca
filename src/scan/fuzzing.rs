//! Doors for the fuzzer: what reads content that anybody may have written.

use std::sync::OnceLock;

use super::content::Contents;
use super::rule::{RuleSet, built_in};

/// Searches a content as a scan does; returns where each match lies: line, column and length.
pub fn search(content: &[u8], path: &[u8]) -> Vec<(u32, u32, u32)> {
    static SET: OnceLock<RuleSet> = OnceLock::new();
    static CONTENTS: OnceLock<Contents<'static>> = OnceLock::new();
    let contents = CONTENTS.get_or_init(|| Contents::new(SET.get_or_init(built_in), &[]));
    let hits = contents.search(content, path, &Default::default()).hits;
    hits.iter().map(|hit| (hit.span.line, hit.span.column, hit.span.length)).collect()
}
