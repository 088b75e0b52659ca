//! Reads the ini dialect of `setup.cfg`, `tox.ini` and `pytest.ini`.
//!
//! Values may go on over indented lines; what is no section, key or continuation is passed over.

/// One key of one section.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    section: &'a str,
    key: String,
    /// The value; continuation lines are joined with line ends.
    value: String,
    /// The byte at which its line begins.
    at: usize,
}

/// An ini file.
#[derive(Debug, Default)]
pub(super) struct Ini<'a> {
    sections: Vec<&'a str>,
    entries: Vec<Entry<'a>>,
}

impl<'a> Ini<'a> {
    /// Reads what can be read.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut ini = Self::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            ini.take(line.trim_end(), at);
            at += line.len();
        }
        ini
    }

    /// Says whether a section is there.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.sections.contains(&name)
    }

    /// Returns the value of a key and the byte at which it stands.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<(&str, usize)> {
        self.entries
            .iter()
            .find(|entry| entry.section == section && entry.key == key)
            .map(|entry| (entry.value.as_str(), entry.at))
    }

    fn take(&mut self, line: &'a str, at: usize) {
        let bare = line.trim_start();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            return;
        }
        if bare.len() < line.len() {
            if let Some(entry) = self.entries.last_mut() {
                entry.value.push('\n');
                entry.value.push_str(bare);
            }
            return;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            self.sections.push(name.trim());
            return;
        }
        let (Some(section), Some((key, value))) = (self.sections.last(), line.split_once(['=', ':'])) else {
            return;
        };
        let key = key.trim().to_ascii_lowercase();
        self.entries.push(Entry { section, key, value: value.trim().to_owned(), at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_their_section() {
        let ini = Ini::parse("x = 0\n[metadata]\nName: a\n# no\n[options]\nname = b\ndeps =\n  one\n  two\n");
        assert_eq!(ini.get("metadata", "name"), Some(("a", 17)));
        assert_eq!(ini.get("options", "name").unwrap().0, "b");
        assert_eq!(ini.get("options", "deps").unwrap().0, "\none\ntwo");
        assert!(ini.has_section("options") && !ini.has_section("none"));
    }
}
