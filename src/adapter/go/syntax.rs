//! Reads the line-oriented language of `go.mod` and `go.work`.
//!
//! Source: the Go Modules Reference, "Lexical elements" and "Grammar". Words that later releases add are kept
//! and not judged; a file whose blocks or strings do not close is refused, with the line.

use super::super::text_file::{Reading, Remark, TextFile};
use super::super::{Error, Fact};
use crate::git::View;
use crate::model::{Evidence, RepoPath, Severity};

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoFile {
    /// Its text.
    pub(super) text: TextFile,
    /// Its directives in order, each line of a block on its own.
    directives: Vec<Directive>,
}

/// One directive: `require example.org/a v1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// The word it begins with.
    pub(super) verb: String,
    /// What follows, unquoted.
    pub(super) words: Vec<String>,
    /// The offset of its line.
    pub(super) at: usize,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Malformed {
    at: usize,
    what: &'static str,
}

impl GoFile {
    /// Reads and parses the file at `path`.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) fn read(view: &View<'_>, path: &RepoPath) -> Result<Reading<Self>, Error> {
        const RULE: &str = "go/manifest";
        let text = match TextFile::read(view, path, RULE)? {
            Reading::Read(text) => text,
            Reading::Refused(finding) => return Ok(Reading::Refused(finding)),
            Reading::Absent => return Ok(Reading::Absent),
        };
        Ok(match parse(&text.text) {
            Ok(directives) => Reading::Read(Self { text, directives }),
            Err(Malformed { at, what }) => {
                let message = format!("{what}, so go refuses the file");
                let remark = Remark::gap(RULE, Severity::Warning, message, "mend the syntax on this line");
                Reading::Refused(text.finding_at(&(at..at), remark))
            }
        })
    }

    /// Returns the directives that begin with `verb`, in order.
    pub(super) fn all<'a>(&'a self, verb: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.directives.iter().filter(move |directive| directive.verb == verb)
    }

    /// Returns the single word of a directive, such as the path of `module`, and its place.
    pub(super) fn fact(&self, verb: &str) -> Option<Fact<String>> {
        let directive = self.all(verb).next()?;
        let word = directive.words.first()?;
        Some(Fact::new(word, self.text.evidence(directive.at, format!("{verb} {word}"))))
    }

    /// Says something about the file as a whole.
    pub(super) fn evidence(&self, says: &str) -> Evidence {
        self.text.evidence(0, says)
    }
}

fn parse(text: &str) -> Result<Vec<Directive>, Malformed> {
    let mut directives = Vec::new();
    let mut block: Option<(String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut words = words(line).map_err(|what| Malformed { at, what })?;
        let malformed = |what| Err(Malformed { at, what });
        match (&block, words.first().map(String::as_str)) {
            (_, None) => {}
            (Some(_), Some(")")) if words.len() == 1 => block = None,
            (None, Some(")")) => return malformed("a `)` closes nothing"),
            (None, Some("(")) => return malformed("a block begins without its word"),
            (None, Some(_)) if words.len() == 2 && words[1] == "(" => {
                block = Some((words.swap_remove(0), at));
            }
            (None, Some(_)) if words.len() == 3 && words[1] == "(" && words[2] == ")" => {}
            (_, Some(_)) if words.iter().any(|word| word == "(" || word == ")") => {
                return malformed("a parenthesis stands where none can");
            }
            (Some((verb, _)), Some(_)) => directives.push(Directive { verb: verb.clone(), words, at }),
            (None, Some(_)) => {
                let verb = words.remove(0);
                if words.is_empty() {
                    return malformed("the directive says nothing");
                }
                directives.push(Directive { verb, words, at });
            }
        }
        at += line.len();
    }
    match block {
        Some((_, at)) => Err(Malformed { at, what: "this block is never closed" }),
        None => Ok(directives),
    }
}

/// Splits a line into its words; parentheses are words of their own, comments are dropped.
fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            break;
        }
        if rest.starts_with("/*") {
            return Err("only `//` begins a comment");
        }
        let (word, length) = match first {
            '(' | ')' | '[' | ']' | ',' => (first.to_string(), 1),
            '`' => raw(rest)?,
            '"' => quoted(rest)?,
            _ => bare(rest),
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn bare(rest: &str) -> (String, usize) {
    let stops = |(at, character): (usize, char)| {
        let stop = character.is_whitespace() || matches!(character, '(' | ')' | '[' | ']' | ',' | '"' | '`');
        (stop || rest[at..].starts_with("//")).then_some(at)
    };
    let length = rest.char_indices().find_map(stops).unwrap_or(rest.len());
    (rest[..length].to_owned(), length)
}

fn raw(rest: &str) -> Result<(String, usize), &'static str> {
    let length = rest[1..].find('`').ok_or("a string is not closed")?;
    Ok((rest[1..=length].to_owned(), length + 2))
}

fn quoted(rest: &str) -> Result<(String, usize), &'static str> {
    let mut word = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((word, at + 1)),
            '\n' => break,
            // Paths need no escape but these two; what another one means is not guessed.
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => word.push(escaped),
                _ => return Err("a string holds an escape that no path needs"),
            },
            other => word.push(other),
        }
    }
    Err("a string is not closed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let directives = parse(text).unwrap();
        directives.into_iter().map(|directive| (directive.verb, directive.words.join(" "))).collect()
    }

    fn fails(text: &str) -> (&'static str, usize) {
        let malformed = parse(text).unwrap_err();
        (malformed.what, text[..malformed.at].lines().count() + 1)
    }

    #[test]
    fn blocks_comments_and_strings_are_read_as_go_reads_them() {
        let text = "// about\nmodule \"example.org/a\" // same line\n\ngo 1.22\r\nrequire (\n\tb v1.0.0 // indirect\n\n\
                    `c` v2.0.0\n)\nreplace b v1.0.0 => ../b\nretract [v1.0.0, v1.1.0]\nexclude ( )\n";
        let expected = [
            ("module", "example.org/a"),
            ("go", "1.22"),
            ("require", "b v1.0.0"),
            ("require", "c v2.0.0"),
            ("replace", "b v1.0.0 => ../b"),
            ("retract", "[ v1.0.0 , v1.1.0 ]"),
        ];
        assert_eq!(read(text), expected.map(|(verb, words)| (verb.to_owned(), words.to_owned())));
    }

    #[test]
    fn what_does_not_close_is_refused_with_its_line() {
        assert_eq!(fails("module a\nrequire (\n\tb v1\n"), ("this block is never closed", 2));
        assert_eq!(fails("module a\n)\n"), ("a `)` closes nothing", 2));
        assert_eq!(fails("module \"a\n"), ("a string is not closed", 1));
        assert_eq!(fails("module a\ngo\n"), ("the directive says nothing", 2));
        assert_eq!(fails("/* x */\n"), ("only `//` begins a comment", 1));
        assert_eq!(fails("require ( a v1 )\n"), ("a parenthesis stands where none can", 1));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z(){}\"`/\\\\ =>.,\\n\u{e9}-]{0,80}") {
            let _answer = parse(&text);
        }

        #[test]
        fn every_word_that_is_written_is_read(words in proptest::collection::vec("[a-z0-9./-]{1,9}", 1..5)) {
            prop_assume!(words.iter().all(|word| !word.contains("//") && !word.contains("/*")));
            let block: String = words.iter().map(|word| format!("\t\"{word}\" v1 // note\n")).collect();
            let read = parse(&format!("require (\n{block})\n")).unwrap();
            prop_assert_eq!(read.iter().map(|line| &line.words[0]).collect::<Vec<_>>(), words.iter().collect::<Vec<_>>());
        }
    }
}
