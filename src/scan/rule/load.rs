//! Makes a set of rules from files, each of which may build on another.

use super::built_in::built_in;
use super::document::{self, Document, Extend};
use super::set::{Rule, RuleSet};
use crate::scan::Error;

/// How many files may build on each other, as in gitleaks.
const DEEPEST: usize = 2;

/// A set of rules that was loaded, and what it was made from.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub set: RuleSet,
    /// The files that were read, in that order.
    pub files: Vec<String>,
}

/// Loads the rules of the file `name`; `read` returns the text of a file.
///
/// Rules of a file replace those of the same id in the file that it extends, and stand behind the others.
///
/// # Errors
/// When a file cannot be read, and [`Error::Rules`] with all that is wrong in it.
pub fn load(name: &str, read: &dyn Fn(&str) -> Result<String, Error>) -> Result<Loaded, Error> {
    let mut files = Vec::new();
    let mut chain = Vec::new();
    let mut next = Some(name.to_owned());
    let mut base = None;
    while let Some(file) = next.take() {
        let document = read_one(&file, read)?;
        files.push(file.clone());
        match (document.extend.use_default, document.extend.path.clone()) {
            (true, Some(_)) => return Err(fault(&file, "`extend` has both `useDefault` and `path`")),
            (true, None) => base = Some(built_in().clone()),
            (false, Some(_)) if chain.len() == DEEPEST => {
                return Err(fault(&file, "it is the third file that extends another; two is the most"));
            }
            (false, path) => next = path,
        }
        chain.push(document);
    }
    let mut set = base.unwrap_or_default();
    for Document { rules, allowlists, extend } in chain.into_iter().rev() {
        set = extended(set, rules, allowlists, &extend);
    }
    Ok(Loaded { set, files })
}

fn fault(file: &str, what: &str) -> Error {
    Error::Rules { faults: format!("{file}:1:1: {what}") }
}

fn extended(
    set: RuleSet,
    rules: Vec<Rule>,
    allowlists: Vec<super::allow::Allowlist>,
    extend: &Extend,
) -> RuleSet {
    let RuleSet { allowlists: mut lists, .. } = set.clone();
    let kept =
        set.rules().iter().filter(|rule| !extend.disabled_rules.iter().any(|id| *id == rule.id)).cloned();
    lists.extend(allowlists);
    RuleSet::new(kept.chain(rules).collect(), lists)
}

fn read_one(name: &str, read: &dyn Fn(&str) -> Result<String, Error>) -> Result<Document, Error> {
    let text = read(name)?;
    document::read(&text).map_err(|faults| {
        let told: Vec<String> = faults
            .iter()
            .map(|fault| {
                let before = &text.as_bytes()[..fault.at.min(text.len())];
                let line = memchr::memchr_iter(b'\n', before).count() + 1;
                let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1) + 1;
                format!("{name}:{line}:{column}: {}", fault.what)
            })
            .collect();
        Error::Rules { faults: told.join("\n") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(files: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Result<String, Error> {
        move |name| {
            let found = files.iter().find(|(file, _)| *file == name);
            found
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| Error::Rules { faults: format!("no {name}") })
        }
    }

    #[test]
    fn a_file_extends_another_and_replaces_what_has_its_id() {
        let read = reader(&[
            ("one", "[extend]\npath = 'two'\ndisabledRules = ['c']\n[[rules]]\nid = 'a'\nregex = 'new'\n"),
            (
                "two",
                "[[rules]]\nid = 'a'\nregex = 'old'\n[[rules]]\nid = 'b'\nregex = 'b'\n[[rules]]\nid = 'c'\nregex = 'c'\n",
            ),
        ]);
        let loaded = load("one", &read).unwrap();
        let rules: Vec<(&str, Option<&str>)> =
            loaded.set.rules().iter().map(|rule| (&*rule.id, rule.regex())).collect();
        assert_eq!(rules, [("a", Some("new")), ("b", Some("b"))]);
        assert_eq!(loaded.files, ["one", "two"]);
    }

    #[test]
    fn what_comes_with_the_program_can_be_extended() {
        let read = reader(&[("one", "[extend]\nuseDefault = true\n[[rules]]\nid = 'mine'\nregex = 'x'\n")]);
        let loaded = load("one", &read).unwrap();
        assert_eq!(loaded.set.rules().len(), built_in().rules().len() + 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        let read = reader(&[("bad.toml", "[[rules]]\nid = 'a'\nregex = '(x'\n")]);
        let Err(Error::Rules { faults }) = load("bad.toml", &read) else { panic!("it was taken") };
        assert_eq!(faults, "bad.toml:3:9: the pattern cannot be used: unclosed group");
    }
}
