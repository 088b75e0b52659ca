//! Finds the known word that a misspelt one probably means.

/// The longest word that has neighbours, in bytes.
const LONGEST: usize = 48;
/// How many known words are compared.
const MOST: usize = 128;
/// For how many violations a neighbour is looked for; who made more has another problem than a slip.
const PATIENCE: usize = 50;

/// Returns the known word nearest to `word`; `None` when none is near.
///
/// Near: at most one edit in three bytes (Levenshtein distance), at least one; the first of equals wins.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let limit = (word.len() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST && candidate.len().abs_diff(word.len()) <= limit)
        .take(MOST)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Returns a help text: the nearest word if there is one, else some of the known words.
///
/// `told` is how many violations there are already: a document of thousands of unknown words must not take
/// longer for it.
pub(super) fn suggest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    told: usize,
) -> String {
    if told < PATIENCE
        && let Some(near) = nearest(word, known.clone())
    {
        return format!("did you mean `{near}`?");
    }
    let words: Vec<String> = known.into_iter().take(24).map(|known| format!("`{known}`")).collect();
    if words.is_empty() {
        "there is none to choose from".to_owned()
    } else {
        format!("known: {}", words.join(", "))
    }
}

/// Counts the edits between two words, byte by byte, without regard to ASCII case.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(!left.eq_ignore_ascii_case(right));
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour() {
        let known = ["stateDir", "projectRoot", "dag"];
        assert_eq!(nearest("stateDri", known), Some("stateDir"));
        assert_eq!(nearest("Dag", known), Some("dag"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(suggest("zebra", known, 0), "known: `stateDir`, `projectRoot`, `dag`");
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
