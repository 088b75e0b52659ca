//! Reads YAML from parser events into values with positions, under fixed limits.
//!
//! Every text passes here before any other reader sees it: nesting, aliases and size are bounded first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::node::{Content, Entry, Node, Size};
use super::redact::quote;
use super::source::Source;
use super::violation::Violation;
use super::yaml_scalar::{Offsets, resolve, scalar_span};

/// The deepest nesting of collections, aliases expanded.
pub(super) const MAX_DEPTH: usize = 64;
/// The most values in one document, aliases expanded.
const MAX_NODES: usize = 20_000;
/// The most bytes of texts in one document, aliases expanded.
const MAX_EXPANDED: usize = 4 << 20;
/// What the parser says when its own limit on nested flow collections, 255, is met before ours.
const RECURSION: &str = "recursion limit exceeded";
/// The largest integer that every reader keeps exact, 2^53 - 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Reads the one document in `source`; `None` when it cannot be read to its end.
///
/// What is wrong is added to `report`, also when a value is returned.
pub(super) fn read(source: &Source, report: &mut Vec<Violation>) -> Option<Node> {
    if let Err(violation) = source.check_bytes() {
        report.push(violation);
        return None;
    }
    let mut builder = Builder::new(source, report);
    for step in Parser::new_from_str(source.text()) {
        let taken = match step {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let at = builder.offset(error.marker().index());
                if error.info() == RECURSION {
                    builder.report.push(builder.too_deep(at));
                    return None;
                }
                let message = format!("not YAML: {}", error.info().to_lowercase());
                let help = "mend the syntax at this place; indentation is by spaces";
                Err(source.violation("iao::config::yaml", at..at + 1, message, help))
            }
        };
        if let Err(violation) = taken {
            builder.report.push(violation);
            return None;
        }
    }
    if builder.root.is_none() {
        let violation = source.violation(
            "iao::config::yaml",
            0..0,
            "the document is empty",
            "write a document, or remove the file: without it the built-in one holds",
        );
        builder.report.push(violation);
    }
    builder.root
}

/// Puts events together.
struct Builder<'s, 'r> {
    source: &'s Source,
    report: &'r mut Vec<Violation>,
    offsets: Offsets,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    documents: usize,
    spent: Size,
    root: Option<Node>,
}

/// A collection whose end has not been seen.
struct Frame {
    start: usize,
    anchor: usize,
    size: Size,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeSet<String>, key: Option<Key> },
}

/// A key that waits for its value; `None` when it was refused, and its value goes with it.
type Key = Option<(String, Range<usize>)>;

impl<'s, 'r> Builder<'s, 'r> {
    fn new(source: &'s Source, report: &'r mut Vec<Violation>) -> Self {
        Self {
            source,
            report,
            offsets: Offsets::of(source.text()),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            documents: 0,
            spent: Size::default(),
            root: None,
        }
    }

    fn offset(&self, index: usize) -> usize {
        self.offsets.byte(index)
    }

    /// Takes one event. An error ends the reading; lesser faults are reported and passed over.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Violation> {
        let start = self.offset(span.start.index());
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "keep one document in a file, and take the `---` line out";
                    return Err(self.fault(
                        "iao::config::yaml",
                        start..start + 3,
                        "a second document begins here",
                        help,
                    ));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), start);
                let span = scalar_span(self.source.text(), start, self.offset(span.end.index()), style);
                let node = self.scalar(&text, style, span)?;
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), start);
                self.enter(start, anchor, Inside::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), start);
                let inside = Inside::Map { entries: Vec::new(), seen: BTreeSet::new(), key: None };
                self.enter(start, anchor, inside)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(self.offset(span.end.index()))?,
            Event::Alias(anchor) => self.alias(anchor, start..self.offset(span.end.index()))?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Range<usize>) -> Result<Node, Violation> {
        self.spend(Size { nodes: 1, bytes: text.len(), height: 0 }, &span)?;
        let content =
            if style == ScalarStyle::Plain { resolve(text) } else { Content::Text(text.to_owned()) };
        let exact = |number: &serde_json::Number| {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            size.is_some_and(|size| size <= MAX_INTEGER)
        };
        if matches!(&content, Content::Number(number) if !exact(number)) {
            let message = format!("the number {} is not an integer within ±(2^53 - 1)", quote(text));
            let help = "write an integer, or put the value in quotes to make it a text";
            self.report_fault("iao::config::number", span.clone(), message, help);
        }
        Ok(Node { span, content, size: Size { nodes: 1, bytes: text.len(), height: 0 } })
    }

    fn enter(&mut self, start: usize, anchor: usize, inside: Inside) -> Result<(), Violation> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(start));
        }
        self.spend(Size { nodes: 1, ..Size::default() }, &(start..start + 1))?;
        self.open.push(Frame { start, anchor, size: Size { nodes: 1, bytes: 0, height: 1 }, inside });
        Ok(())
    }

    fn leave(&mut self, end: usize) -> Result<(), Violation> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        let content = match frame.inside {
            Inside::List(items) => Content::List(items),
            Inside::Map { entries, .. } => Content::Map(entries),
        };
        let node = Node { span: frame.start..end.max(frame.start), content, size: frame.size };
        self.finish(node, frame.anchor)
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), Violation> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let help = "name an anchor whose value is complete before this place";
            return Err(self.fault(
                "iao::config::yaml",
                span,
                "the alias names a value that holds itself",
                help,
            ));
        };
        if self.open.len() + node.size.height > MAX_DEPTH {
            return Err(self.too_deep(span.start));
        }
        self.spend(node.size, &span)?;
        self.finish(node, 0)
    }

    /// Puts a whole value where it belongs, and keeps a copy if it has an anchor.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Violation> {
        if anchor != 0 {
            // The copy takes memory too, so it is paid for like the value.
            self.spend(node.size, &node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.size.hold(node.size);
        match &mut frame.inside {
            Inside::List(items) => items.push(node),
            Inside::Map { entries, key, .. } if key.is_some() => {
                if let Some((key, key_span)) = key.take().flatten() {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
            Inside::Map { seen, key, .. } => match accept_key(node, seen) {
                Ok(accepted) => *key = Some(Some(accepted)),
                Err((span, code, message, help)) => {
                    *key = Some(None);
                    self.report_fault(code, span, message, help);
                }
            },
        }
        Ok(())
    }

    fn spend(&mut self, size: Size, span: &Range<usize>) -> Result<(), Violation> {
        self.spent.nodes += size.nodes;
        self.spent.bytes += size.bytes;
        if self.spent.nodes <= MAX_NODES && self.spent.bytes <= MAX_EXPANDED {
            return Ok(());
        }
        let message = format!(
            "the document holds more than {MAX_NODES} values or {MAX_EXPANDED} bytes of text, aliases expanded"
        );
        Err(self.fault(
            "iao::config::limit",
            span.clone(),
            message,
            "shorten the document, or use fewer aliases",
        ))
    }

    fn too_deep(&self, at: usize) -> Violation {
        let message = format!("the values are nested more than {MAX_DEPTH} deep");
        self.fault("iao::config::limit", at..at + 1, message, "flatten the document")
    }

    fn refuse_tag(&mut self, tagged: bool, at: usize) {
        if tagged {
            let message = "tags are not allowed: readers differ on what they mean";
            self.report_fault(
                "iao::config::tag",
                at..at + 1,
                message,
                "take the tag out; quotes make a value a text",
            );
        }
    }

    fn report_fault(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) {
        let fault = self.fault(code, span, message, help);
        self.report.push(fault);
    }

    fn fault(
        &self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) -> Violation {
        self.source.violation(code, span, message, help)
    }
}

type KeyFault = (Range<usize>, &'static str, String, &'static str);

/// Takes a value as a key, if it is a text that the mapping does not have yet.
fn accept_key(node: Node, seen: &mut BTreeSet<String>) -> Result<(String, Range<usize>), KeyFault> {
    let Content::Text(key) = node.content else {
        let message = "a key must be a text".to_owned();
        return Err((node.span, "iao::config::key", message, "put the key in quotes, or mend it"));
    };
    if key == "<<" {
        let message = "merge keys are not supported".to_owned();
        return Err((node.span, "iao::config::key", message, "write the keys out"));
    }
    if !seen.insert(key.clone()) {
        let message = format!("the key {} stands twice in this mapping", quote(&key));
        return Err((node.span, "iao::config::duplicate_key", message, "keep one of the two"));
    }
    Ok((key, node.span))
}
