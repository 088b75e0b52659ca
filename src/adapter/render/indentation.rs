//! Tells tabs from spaces, and how many, from the lines of one text.

use std::collections::BTreeMap;

/// How a file is indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Indentation {
    /// With tabs.
    Tabs,
    /// With this many spaces; `None` when the lines do not agree on a number.
    Spaces(Option<usize>),
}

/// Returns how `text` is indented; `None` when too few lines are, or both ways occur.
pub(super) fn indentation(text: &str) -> Option<Indentation> {
    let (mut tabs, mut spaces) = (0_usize, 0_usize);
    let mut steps: BTreeMap<usize, usize> = BTreeMap::new();
    let mut previous = 0;
    for line in text.lines() {
        let bare = line.trim_start_matches([' ', '\t']);
        // Lines of a block comment stand one column off; an empty line says nothing.
        if bare.is_empty() || bare.starts_with('*') {
            continue;
        }
        let lead = &line[..line.len() - bare.len()];
        if lead.starts_with('\t') {
            tabs += 1;
            previous = 0;
            continue;
        }
        if !lead.is_empty() {
            spaces += 1;
        }
        if lead.len() > previous {
            *steps.entry(lead.len() - previous).or_default() += 1;
        }
        previous = lead.len();
    }
    if tabs + spaces < 2 {
        return None;
    }
    if tabs * 10 >= (tabs + spaces) * 9 {
        return Some(Indentation::Tabs);
    }
    (spaces * 10 >= (tabs + spaces) * 9).then(|| Indentation::Spaces(usual(&steps)))
}

/// Returns the step that more than half of the deepenings take, when it is one that people set.
fn usual(steps: &BTreeMap<usize, usize>) -> Option<usize> {
    let all: usize = steps.values().sum();
    let (step, count) = steps.iter().max_by_key(|(step, count)| (**count, usize::MAX - **step))?;
    (matches!(step, 2 | 3 | 4 | 8) && count * 2 > all).then_some(*step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_and_spaces_are_told_apart() {
        assert_eq!(indentation("a\n\tb\n\t\tc\n"), Some(Indentation::Tabs));
        assert_eq!(indentation("a:\n    b\n    c:\n        d\n"), Some(Indentation::Spaces(Some(4))));
        assert_eq!(indentation("a\n  b\n    c\n      d\n  e\n"), Some(Indentation::Spaces(Some(2))));
        assert_eq!(indentation("/**\n * a\n * b\n */\nx\n"), None);
        assert_eq!(indentation("a\n\tb\n  c\n\td\n  e\n"), None);
        assert_eq!(indentation("a\n     b\n     c\n"), Some(Indentation::Spaces(None)));
    }
}
