//! One line of the allow-file: what is let through, where, why, and until when.
//!
//! An entry for content names its secret by a digest; one for a name or a tree entry has rule and path alone.

use serde::{Deserialize, Serialize};

use super::SecretDigest;
use crate::base::Date;
use crate::model::{Gate, Glob, RepoPath};

/// How long a reason may be, in bytes.
const LONGEST_REASON: usize = 1000;

/// The families of rules that an entry may be for, and the gate of each.
const FAMILIES: [(&str, Gate); 5] = [
    ("secret.", Gate::SecretDetected),
    ("path.narrative", Gate::NarrativeDetected),
    ("path.question", Gate::QuestionDetected),
    ("naming.", Gate::NamingViolation),
    ("tree.", Gate::HostileEntry),
];

/// What is let through. Entries sort as their lines do, but for the path, which comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A glob over whole paths from the top of the repository, in the text form of paths.
    pub path: String,
    /// The code of the rule.
    pub rule: String,
    /// The secret, for rules over content; none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<SecretDigest>,
    /// The last day on which it holds, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

impl Entry {
    /// Returns the glob that matches this path and no other, as entries write it.
    #[must_use]
    pub fn pattern_of(path: &RepoPath) -> String {
        RepoPath::from_bytes(Glob::escape(path)).to_string()
    }

    /// Returns the bytes of the glob; `None` when its text is none.
    #[must_use]
    pub fn pattern(&self) -> Option<Vec<u8>> {
        self.path.parse::<RepoPath>().ok().map(|path| path.as_bytes().to_vec())
    }

    /// Returns the gate of the entry's rule; `None` when no scan finds such a thing.
    #[must_use]
    pub fn gate(&self) -> Option<Gate> {
        FAMILIES.iter().find(|(family, _)| self.rule.starts_with(family)).map(|(_, gate)| *gate)
    }

    /// Says whether the entry's last day is over.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| today > until)
    }

    /// Says what is wrong with the entry, and in which field.
    ///
    /// # Errors
    /// The name of the field and the fault, when an entry like this can let nothing through, or says too little.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let Some(gate) = self.gate() else {
            return Err((
                "rule",
                "no entry can be for this rule: only `secret.`, `path.`, `naming.` and `tree.`",
            ));
        };
        if self.rule.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(("rule", "the code of a rule has letters, digits and marks of ASCII alone"));
        }
        match (gate, self.digest) {
            (Gate::SecretDetected, None) => {
                return Err((
                    "rule",
                    "an entry for content needs a `digest`: whatever stood there would pass",
                ));
            }
            (Gate::SecretDetected, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(("digest", "only what content holds has a digest")),
        }
        if self.pattern().is_none_or(|pattern| pattern.is_empty()) {
            return Err((
                "path",
                "no text of a path or a glob (`%`, controls and other bytes are percent-encoded)",
            ));
        }
        if !self.reason.chars().any(char::is_alphanumeric) {
            return Err(("reason", "a reason is asked for"));
        }
        if self.reason.len() > LONGEST_REASON || self.reason.chars().any(char::is_control) {
            return Err(("reason", "a reason is one line of at most 1000 bytes"));
        }
        Ok(())
    }
}

/// An optional day, in its one writing.
mod day {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::base::Date;

    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => serializer.collect_str(day),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: &str, path: &str, reason: &str) -> Entry {
        Entry { path: path.into(), rule: rule.into(), digest: None, until: None, reason: reason.into() }
    }

    #[test]
    fn an_entry_says_what_and_why() {
        assert_eq!(entry("naming.extension", "a/*.weird", "ours").check(), Ok(()));
        for (rule, path, reason, field) in [
            ("policy.ci-runner", "a", "ours", "rule"),
            ("secret.x", "a", "ours", "rule"),
            ("naming.extension", "", "ours", "path"),
            ("naming.extension", "a%zz", "ours", "path"),
            ("naming.extension", "a", " -- ", "reason"),
            ("naming.extension", "a", "two\nlines", "reason"),
        ] {
            let fault = entry(rule, path, reason).check().unwrap_err();
            assert_eq!(fault.0, field, "{rule} {path} {reason}");
        }
        let digest = Some(super::super::Key::fresh().digest("x", b"y"));
        assert_eq!(Entry { digest, ..entry("secret.x", "a", "ours") }.check(), Ok(()));
        let fault = Entry { digest, ..entry("tree.gitlink", "a", "ours") }.check().unwrap_err();
        assert_eq!(fault.0, "digest");
    }

    #[test]
    fn an_entry_holds_through_its_last_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let entry = Entry { until: Some(day("2026-03-31")), ..entry("naming.extension", "a", "ours") };
        assert!(!entry.is_expired(day("2026-03-31")) && entry.is_expired(day("2026-04-01")));
    }
}
