//! Rules that need a match of another rule beside theirs, and rules that only serve such ones.
//!
//! As gitleaks has it: what is needed is looked for whether one of its own keywords stands in the text or not, and needs
//! nothing itself.

use std::collections::BTreeMap;

use super::allow::At;
use super::search::{COMPARED, Match, Searcher, places};
use super::set::Required;

/// Where a rule finds something.
enum Beside {
    /// In the name of the file.
    Name,
    /// In its text: columns by lines, both from 0.
    Text(BTreeMap<u32, Vec<u32>>),
}

impl Beside {
    /// Says whether it is near enough to a line and a column.
    fn is_near(&self, (line, column): (u32, u32), required: &Required) -> bool {
        match self {
            // A name stands before the first line and the first column.
            Self::Name => {
                required.lines.is_none_or(|most| line < most)
                    && required.columns.is_none_or(|most| column < most)
            }
            Self::Text(lines) => {
                let first = required.lines.map_or(0, |most| line.saturating_sub(most));
                let last = required.lines.map_or(u32::MAX, |most| line.saturating_add(most));
                let mut columns = lines.range(first..=last).flat_map(|(_, columns)| columns).take(COMPARED);
                columns.any(|other| required.columns.is_none_or(|most| other.abs_diff(column) <= most))
            }
        }
    }
}

impl Searcher<'_> {
    /// Leaves out what lacks a match that it needs beside it, and what only serves others.
    pub(super) fn complete(&self, text: &[u8], at: At<'_>, found: Vec<Match>) -> Vec<Match> {
        let rules = self.set.rules();
        let mut beside: BTreeMap<&str, Option<Beside>> = BTreeMap::new();
        for required in found.iter().flat_map(|one| &rules[one.rule].required) {
            beside.entry(&required.id).or_insert_with(|| self.look_beside(&required.id, text, at));
        }
        let has = |place: (u32, u32), required: &Required| {
            beside[&*required.id].as_ref().is_some_and(|there| there.is_near(place, required))
        };
        let places = places(text, &found);
        let stays = |(one, place): &(Match, (u32, u32))| {
            let rule = &rules[one.rule];
            !rule.silent && rule.required.iter().all(|required| has(*place, required))
        };
        found.into_iter().zip(places).filter(stays).map(|(one, _)| one).collect()
    }

    /// Returns where a rule finds something, if anywhere.
    fn look_beside(&self, id: &str, text: &[u8], at: At<'_>) -> Option<Beside> {
        let number = self.set.rules().iter().position(|rule| rule.id == id)?;
        if self.set.rules()[number].is_of_paths() {
            return self.set.finds_path(number, at).then_some(Beside::Name);
        }
        let mut found = Vec::new();
        self.find(number, text, 0..text.len(), at, &mut found);
        let mut lines: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (line, column) in places(text, &found) {
            lines.entry(line).or_default().push(column);
        }
        (!lines.is_empty()).then_some(Beside::Text(lines))
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    /// Returns what stands where the rule `one` finds something.
    fn found(rules: &str, text: &str, path: &str) -> Vec<String> {
        let set = load("rules.toml", &|_| Ok(rules.to_owned())).unwrap().set;
        let found = Searcher::new(&set, &[]).search(text.as_bytes(), At::path(path.as_bytes()), |_, _| {});
        assert!(found.iter().all(|one| set.rules()[one.rule].id == "one"));
        found.into_iter().map(|one| text[one.secret].to_owned()).collect()
    }

    const ONE: &str = "[[rules]]\nid = 'one'\nregex = 'one[0-9]'\nkeywords = ['one']\n";

    #[test]
    fn what_is_needed_is_found_near_and_without_its_own_keywords() {
        let two = "[[rules]]\nid = 'two'\nregex = 'two[0-9]'\nkeywords = ['nowhere']\nskipReport = true\n";
        let with = |near: &str| format!("{ONE}[[rules.required]]\nid = 'two'\n{near}{two}");
        let text = "one1\ntwo1\n\n\n\n     one2\n";
        for (near, expected) in [
            ("", &["one1", "one2"][..]),
            ("withinLines = 1\n", &["one1"]),
            ("withinLines = 4\n", &["one1", "one2"]),
            ("withinColumns = 0\n", &["one1"]),
            ("withinColumns = 5\nwithinLines = 4\n", &["one1", "one2"]),
        ] {
            assert_eq!(found(&with(near), text, "a"), expected, "{near}");
        }
        assert!(found(&with(""), "one1", "a").is_empty());
    }

    #[test]
    fn a_name_can_be_what_is_needed() {
        let two = "[[rules]]\nid = 'two'\npath = 'prod'\nskipReport = true\n";
        let with = |near: &str| format!("{ONE}[[rules.required]]\nid = 'two'\n{near}{two}");
        let text = "one1\none2\n";
        assert_eq!(found(&with(""), text, "prod.env"), ["one1", "one2"]);
        assert_eq!(found(&with("withinLines = 1\n"), text, "prod.env"), ["one1"]);
        assert!(found(&with(""), text, "test.env").is_empty());
    }
}
