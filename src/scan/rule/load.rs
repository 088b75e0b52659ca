//! Makes a set of rules from files, each of which may build on another.
//!
//! A file says all that is looked for, unless it builds on what comes with the program; then it may speak of the forms that
//! code knows as of rules.

use toml::Spanned;

use super::built_in::built_in;
use super::document::{self, Document, Fault, Given};
use super::set::{FORMS, RuleSet};
use crate::scan::Error;

/// How many files may build on each other, as in gitleaks.
const DEEPEST: usize = 2;

/// What gitleaks calls some of the forms that code knows.
const ELSEWHERE: [(&str, &[&str]); 2] =
    [("generic-api-key", &["generic-secret", "generic-password"]), ("jwt", &["json-web-token"])];

/// A set of rules that was loaded, and what it was made from.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub set: RuleSet,
    /// The files that were read, in that order.
    pub files: Vec<String>,
    /// What means nothing here and is passed over, one line each: file, line, column, and what it is.
    pub remarks: Vec<String>,
}

/// Loads the rules of the file `name`; `read` returns the text of a file.
///
/// Rules of a file add to those of the same id in the file that it extends: what they state stands, keywords, tags and
/// allowlists are joined. Others stand behind.
///
/// # Errors
/// When a file cannot be read, and [`Error::Rules`] with all that is wrong in it.
pub fn load(name: &str, read: &dyn Fn(&str) -> Result<String, Error>) -> Result<Loaded, Error> {
    let mut layers = Vec::new();
    let mut next = Some(name.to_owned());
    let mut set = RuleSet::default();
    while let Some(file) = next.take() {
        let layer = Layer::read(file, read)?;
        let extend = &layer.document.extend;
        match &extend.path {
            Some(path) if extend.use_default => {
                return Err(layer.fault(path, "`extend` has both `useDefault` and `path`"));
            }
            Some(path) if layers.len() == DEEPEST => {
                return Err(layer.fault(path, "it is the third file that extends another; two is the most"));
            }
            Some(path) => next = Some(path.get_ref().clone()),
            None if extend.use_default => set = built_in().clone(),
            None => {}
        }
        layers.push(layer);
    }
    let files = layers.iter().map(|layer| layer.name.clone()).collect();
    let mut making = Making { set, faults: Vec::new(), remarks: Vec::new() };
    let mut asked = Vec::new();
    for layer in layers.into_iter().rev() {
        asked.extend(making.extend(layer));
    }
    making.check(asked);
    let Making { set, faults, remarks } = making;
    if faults.is_empty() {
        Ok(Loaded { set, files, remarks })
    } else {
        Err(Error::Rules { faults: faults.join("\n") })
    }
}

/// A file, and what it says.
struct Layer {
    name: String,
    text: String,
    document: Document,
}

/// An id that a file speaks of, and how it is told when no rule has it.
struct Asked {
    id: String,
    told: String,
    /// Whether it may be the id of a rule that only gitleaks has.
    elsewhere: bool,
}

impl Layer {
    fn read(name: String, read: &dyn Fn(&str) -> Result<String, Error>) -> Result<Self, Error> {
        let text = read(&name)?;
        match document::read(&text) {
            Ok(document) => Ok(Self { name, text, document }),
            Err(faults) => {
                let told: Vec<String> = faults.iter().map(|fault| told(&name, &text, fault)).collect();
                Err(Error::Rules { faults: told.join("\n") })
            }
        }
    }

    fn fault(&self, at: &Spanned<String>, what: &str) -> Error {
        let fault = Fault { at: at.span().start, what: what.to_owned() };
        Error::Rules { faults: told(&self.name, &self.text, &fault) }
    }
}

/// Puts file, line and column before what is said.
fn told(name: &str, text: &str, fault: &Fault) -> String {
    let before = &text.as_bytes()[..fault.at.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1) + 1;
    format!("{name}:{line}:{column}: {}", fault.what)
}

/// A set that is being made.
struct Making {
    set: RuleSet,
    faults: Vec<String>,
    remarks: Vec<String>,
}

impl Making {
    /// Builds a file upon what is there; returns the ids that some rule has to have in the end.
    fn extend(&mut self, layer: Layer) -> Vec<Asked> {
        let Layer { name, text, document: Document { rules, allowlists, extend, remarks } } = layer;
        let told = |at: usize, what: String| told(&name, &text, &Fault { at, what });
        self.remarks.extend(remarks.into_iter().map(|remark| told(remark.at, remark.what)));
        let base = self.set.clone();
        let mut asked = Vec::new();
        let mut off = Vec::new();
        for id in extend.disabled_rules {
            let (at, id) = (id.span().start, id.into_inner());
            off.extend(self.forms(&id).iter().map(|form| (*form).to_owned()));
            if base.get(&id).is_none() && self.forms(&id).is_empty() {
                self.remarks.push(told(at, format!("there is no rule `{id}` to disable; it is passed over")));
            }
            off.push(id);
        }
        let mut lists = base.allowlists.clone();
        let mut kept: Vec<_> =
            base.rules().iter().filter(|rule| !off.iter().any(|id| *id == rule.id)).cloned().collect();
        for given in rules {
            let (at, id) = (given.at, given.id().to_owned());
            let other = base.get(&id).filter(|_| !off.contains(&id));
            if other.is_none() && !given.is_whole() && self.set.forms {
                self.add_to_forms(given, &mut lists, &told);
                continue;
            }
            match given.upon(other) {
                Ok(rule) => {
                    let needs = rule.required.iter().map(|required| Asked {
                        id: required.id.to_string(),
                        told: told(at, format!("there is no rule `{}`, which `{id}` requires", required.id)),
                        elsewhere: false,
                    });
                    asked.extend(needs);
                    kept.push(rule);
                }
                Err(fault) => self.faults.push(told(fault.at, fault.what)),
            }
        }
        for (at, mut list) in allowlists {
            for id in std::mem::take(&mut list.rules) {
                let forms = self.forms(&id);
                list.rules.extend(forms.iter().map(|form| (*form).to_owned()));
                if forms.is_empty() {
                    let what = format!("there is no rule `{id}` for the allowlist");
                    asked.push(Asked { told: told(at, what), elsewhere: true, id: id.clone() });
                    list.rules.push(id);
                }
            }
            lists.push(list);
        }
        // A rule that has the id of a form takes its place.
        let instead = kept.iter().map(|rule| rule.id.to_string()).filter(|id| FORMS.contains(&id.as_str()));
        let without = base.without.iter().cloned().chain(off).chain(instead).collect();
        self.set = RuleSet::new(kept, lists).with_forms(base.forms, without);
        asked
    }

    /// Lets a rule that says only what to let through do so for a form that code knows.
    fn add_to_forms(
        &mut self,
        given: Given,
        lists: &mut Vec<super::allow::Allowlist>,
        told: &dyn Fn(usize, String) -> String,
    ) {
        let forms = self.forms(given.id());
        if forms.is_empty() {
            let what = format!(
                "there is no rule `{}` to add to, and it has neither `regex` nor `path`; it is passed over",
                given.id()
            );
            self.remarks.push(told(given.at, what));
        }
        for mut list in given.into_allowlists().into_iter().filter(|_| !forms.is_empty()) {
            list.rules = forms.iter().map(|form| (*form).to_owned()).collect();
            lists.push(list);
        }
    }

    /// Returns the forms that an id means, where forms count.
    fn forms(&self, id: &str) -> Vec<&'static str> {
        if !self.set.forms {
            return Vec::new();
        }
        let elsewhere = ELSEWHERE.iter().filter(|(other, _)| *other == id).flat_map(|(_, forms)| *forms);
        FORMS.iter().filter(|form| **form == id).chain(elsewhere).copied().collect()
    }

    /// Tells of ids that no rule has.
    fn check(&mut self, asked: Vec<Asked>) {
        for Asked { id, told, elsewhere } in asked {
            if self.set.get(&id).is_some() {
                continue;
            }
            if elsewhere && self.set.forms {
                self.remarks.push(format!("{told}; it is passed over"));
            } else {
                self.faults.push(told);
            }
        }
    }
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
    fn a_file_extends_another_and_adds_to_what_has_its_id() {
        let read = reader(&[
            (
                "one",
                "[extend]\npath = 'two'\ndisabledRules = ['c']\n[[rules]]\nid = 'a'\nregex = 'new'\nkeywords = ['n']\n[[rules]]\nid = 'b'\n[[rules.allowlists]]\nstopwords = ['x']\n",
            ),
            (
                "two",
                "[[rules]]\nid = 'a'\nregex = 'old'\nentropy = 2\nkeywords = ['o']\n[[rules]]\nid = 'b'\nregex = 'b'\n[[rules]]\nid = 'c'\nregex = 'c'\n",
            ),
        ]);
        let loaded = load("one", &read).unwrap();
        let rules: Vec<(&str, Option<&str>)> =
            loaded.set.rules().iter().map(|rule| (&*rule.id, rule.regex())).collect();
        assert_eq!(rules, [("a", Some("new")), ("b", Some("b"))]);
        let [a, b] = loaded.set.rules() else { panic!() };
        assert_eq!((a.entropy, &*a.keywords), (2.0, &["o".into(), "n".into()][..]));
        assert_eq!(b.allowlists.len(), 1);
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

    #[test]
    fn forms_can_be_spoken_of_as_rules_where_they_count() {
        let load = |text: &str| load("one", &|_| Ok(text.to_owned()));
        let text = "[extend]\nuseDefault = true\ndisabledRules = ['jwt', 'url-password', 'gone']\n\
            [[rules]]\nid = 'generic-api-key'\n[[rules.allowlists]]\nstopwords = ['x']\n\
            [[rules]]\nid = 'private-key'\nregex = 'x'\n[[rules]]\nid = 'curl-auth-user'\n\
            [[allowlists]]\ntargetRules = ['generic-password', 'gone']\npaths = ['x']\n";
        let loaded = load(text).unwrap();
        let on: Vec<&str> = FORMS.into_iter().filter(|form| loaded.set.has_form(form)).collect();
        assert_eq!(
            on,
            ["encrypted-private-key", "authorization-header", "generic-secret", "generic-password"]
        );
        let lists: Vec<&[String]> = loaded.set.allowlists.iter().map(|list| &list.rules[..]).collect();
        assert_eq!(lists, [&["generic-secret", "generic-password"][..], &["generic-password", "gone"]]);
        assert_eq!(
            loaded.remarks,
            [
                "one:3:41: there is no rule `gone` to disable; it is passed over",
                "one:11:1: there is no rule `curl-auth-user` to add to, and it has neither `regex` nor `path`; it is passed over",
                "one:13:1: there is no rule `gone` for the allowlist; it is passed over",
            ]
        );
        let alone = load("[[rules]]\nid = 'a'\nregex = 'x'\n").unwrap();
        assert!(FORMS.iter().all(|form| !alone.set.has_form(form)));
        assert_ne!(alone.set.digest(), built_in().digest());
    }

    #[test]
    fn ids_that_no_rule_has_are_faults_where_only_the_files_count() {
        let load = |text: &str| match load("one", &|_| Ok(text.to_owned())) {
            Err(Error::Rules { faults }) => faults,
            other => panic!("{other:?}"),
        };
        assert_eq!(load("[[rules]]\nid = 'a'\n"), "one:1:1: the rule `a` has neither `regex` nor `path`");
        let rule = "[[rules]]\nid = 'a'\nregex = 'x'\n";
        assert_eq!(
            load(&format!(
                "{rule}[[rules.required]]\nid = 'b'\n[[allowlists]]\ntargetRules = ['c']\npaths = ['x']\n"
            )),
            "one:1:1: there is no rule `b`, which `a` requires\none:6:1: there is no rule `c` for the allowlist"
        );
        assert_eq!(
            load(&format!("{rule}secretGroup = 1\n")),
            "one:1:1: the rule `a` has no group 1 in its regex"
        );
    }
}
