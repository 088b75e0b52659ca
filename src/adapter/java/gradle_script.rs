//! Splits a Gradle script, Groovy or Kotlin, into statements, and reads the ones that are plain literals.
//!
//! A script is a program and is never evaluated: a value counts only where it is written out in one string or
//! number, without interpolation, escapes or operators.

/// One statement: the text between line ends, `;` and braces that stand outside of strings and parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its text without comments; line breaks within parentheses are kept.
    pub(super) text: String,
    /// The offset at which it begins.
    pub(super) at: usize,
    /// What stands before each brace it is within, outermost first.
    pub(super) blocks: Vec<String>,
}

impl Statement {
    /// Returns what is assigned to `name`: `name = x`, `name.set(x)`, or Groovy's `name x`.
    pub(super) fn assigned(&self, name: &str) -> Option<&str> {
        let rest = self.text.strip_prefix(name)?;
        if let Some(inner) = rest.strip_prefix(".set(") {
            return inner.strip_suffix(')').map(str::trim);
        }
        let spaced = rest.starts_with(char::is_whitespace);
        let rest = rest.trim_start();
        match rest.strip_prefix('=') {
            Some(value) if !value.starts_with('=') => Some(value.trim()),
            None if spaced && !rest.is_empty() => Some(rest),
            _ => None,
        }
    }

    /// Returns the arguments of a call of `name`, if every one is a plain string.
    pub(super) fn strings(&self, name: &str) -> Option<Vec<&str>> {
        let rest = self.text.strip_prefix(name)?;
        let bare = rest.strip_prefix(char::is_whitespace).map(str::trim);
        let rest = rest.trim_start();
        let inner = match rest.strip_prefix('(') {
            Some(inner) => inner.strip_suffix(')')?,
            None => bare?,
        };
        let inner = inner.trim();
        inner.strip_suffix(',').unwrap_or(inner).split(',').map(literal).collect()
    }
}

/// Returns the content of one string in quotes that holds nothing to compute.
pub(super) fn literal(text: &str) -> Option<&str> {
    let text = text.trim();
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(['"', '\'', '$', '\\', '\n'])).then_some(inner)
}

/// Splits a script into its statements, in order.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut splitter = Splitter::default();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string_length(rest) {
            splitter.push(&rest[..length], at);
            length
        } else {
            splitter.take(character, at);
            character.len_utf8()
        };
        at += length;
    }
    splitter.end();
    splitter.statements
}

/// Returns the length of the string that begins here; one in single quotes ends with its line at the latest.
fn string_length(rest: &str) -> Option<usize> {
    for quote in ["\"\"\"", "'''"] {
        if let Some(inner) = rest.strip_prefix(quote) {
            return Some(inner.find(quote).map_or(rest.len(), |end| end + 6));
        }
    }
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return Some(at),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

#[derive(Default)]
struct Splitter {
    statements: Vec<Statement>,
    text: String,
    at: usize,
    /// Open parentheses within the current braces.
    open: usize,
    /// The header of each open brace, and the parentheses that were open around it.
    blocks: Vec<(String, usize)>,
}

impl Splitter {
    /// How deep braces may nest before the rest is read as flat; no build comes near.
    const DEPTH: usize = 64;

    fn take(&mut self, character: char, at: usize) {
        match character {
            '{' => {
                let header = self.text.trim().to_owned();
                self.end();
                if self.blocks.len() < Self::DEPTH {
                    self.blocks.push((header, self.open));
                }
                self.open = 0;
            }
            '}' => {
                self.end();
                self.open = self.blocks.pop().map_or(0, |(_, open)| open);
            }
            ';' => self.end(),
            '\n' if self.open == 0 && !self.text.trim_end().ends_with(',') => self.end(),
            other => {
                match other {
                    '(' | '[' => self.open += 1,
                    ')' | ']' => self.open = self.open.saturating_sub(1),
                    _ => {}
                }
                self.push(other.encode_utf8(&mut [0; 4]), at);
            }
        }
    }

    fn push(&mut self, part: &str, at: usize) {
        if self.text.is_empty() {
            if part.trim().is_empty() {
                return;
            }
            self.at = at;
        }
        self.text.push_str(part);
    }

    fn end(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            let blocks = self.blocks.iter().map(|(header, _)| header.clone()).collect();
            self.statements.push(Statement { text: text.trim().to_owned(), at: self.at, blocks });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(script: &str) -> Vec<String> {
        statements(script).into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn comments_and_strings_do_not_confuse_the_split() {
        let script = "a = \"x // y\" // z\n/* include 'no'\n*/ b = 'it; {'; c\ninclude(\n  \"one\", // first\n  \"two\",\n)\n";
        assert_eq!(
            texts(script),
            ["a = \"x // y\"", "b = 'it; {'", "c", "include(\n  \"one\", \n  \"two\",\n)"]
        );
    }

    #[test]
    fn a_statement_knows_its_blocks_and_its_place() {
        let script = "java {\n  toolchain { languageVersion = JavaLanguageVersion.of(17) }\n}\nend";
        let read = statements(script);
        let version = read.iter().find(|statement| statement.text.starts_with("languageVersion")).unwrap();
        assert_eq!(version.blocks, ["java", "toolchain"]);
        assert_eq!(script[version.at..].split(' ').next(), Some("languageVersion"));
        assert!(read.last().unwrap().blocks.is_empty());
    }

    #[test]
    fn only_plain_literals_are_read() {
        let strings = |text: &str| {
            let read = statements(text);
            read[0].strings("include").map(|names| names.join(" "))
        };
        assert_eq!(strings("include 'a', ':b:c'").as_deref(), Some("a :b:c"));
        assert_eq!(strings("include(\n\"a\",\n\"b\",\n)").as_deref(), Some("a b"));
        for computed in
            ["include \"a$b\"", "include('a' + b)", "include(names)", "includeBuild('x')", "include 'a', b"]
        {
            assert_eq!(strings(computed), None, "{computed}");
        }
        let assigned = |text: &str| statements(text)[0].assigned("name").map(str::to_owned);
        assert_eq!(assigned("name = 'x'").as_deref(), Some("'x'"));
        assert_eq!(assigned("name.set(1)").as_deref(), Some("1"));
        assert_eq!(assigned("name 17").as_deref(), Some("17"));
        assert_eq!(assigned("name == x"), None);
        assert_eq!(assigned("names = x"), None);
    }

    proptest! {
        #[test]
        fn no_script_panics(script in "[a-z(){}\"'/*;, =.$\\\\\n\u{e9}]{0,120}") {
            for statement in statements(&script) {
                let _strings = statement.strings("a");
                prop_assert!(script.is_char_boundary(statement.at));
            }
        }
    }
}
