//! Reads what `${{ matrix.os }}` stands for, where the workflow's own text says so.
//!
//! Only a label that is one such expression is resolved; whatever else is computed stays as it is written.

use serde_yaml::Value;

/// The most values that a label stands for; a matrix beyond that is not read.
const MAX_VALUES: usize = 256;

/// Returns the labels that `label` stands for in a job with this `strategy`; the label itself when that is unknown.
///
/// `${{ matrix.a.b || 'c' }}` stands for every value of the matrix at that path, and for `c`.
pub(super) fn resolve(label: &str, strategy: Option<&Value>) -> Vec<String> {
    let known = || {
        let (path, fallback) = reference(label)?;
        let matrix = strategy?.get("matrix")?.as_mapping()?;
        let mut labels = values(matrix, &path)?;
        labels.extend(fallback);
        (!labels.is_empty() && labels.len() <= MAX_VALUES).then_some(labels)
    };
    known().unwrap_or_else(|| vec![label.to_owned()])
}

/// Reads `${{ matrix.<path> }}`, with `|| '<literal>'` behind the path or not.
fn reference(label: &str) -> Option<(Vec<&str>, Option<String>)> {
    let inside = label.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    let (path, fallback) = match inside.split_once("||") {
        None => (inside, None),
        Some((path, literal)) => {
            let literal = literal.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (path.trim(), Some(literal.to_owned()))
        }
    };
    if fallback.as_ref().is_some_and(|literal| literal.contains('\'')) {
        return None;
    }
    let path: Vec<&str> = path.strip_prefix("matrix.")?.split('.').collect();
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    path.iter().all(is_name).then_some((path, fallback))
}

/// Returns every text at `path`: in the list of its first name, and in each entry of `include`.
///
/// `None` where a list is itself computed, or a value is no text: then not everything is known.
fn values(matrix: &serde_yaml::Mapping, path: &[&str]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut found = Vec::new();
    if let Some(list) = matrix.get(*first) {
        for value in list.as_sequence()? {
            found.extend(texts(value, rest)?);
        }
    }
    if let Some(include) = matrix.get("include") {
        for entry in include.as_sequence()? {
            found.extend(texts(entry, path)?);
        }
    }
    Some(found)
}

/// Returns the text, or the list of texts, at `path` below `value`; nothing where the path ends early.
fn texts(value: &Value, path: &[&str]) -> Option<Vec<String>> {
    if let Some((first, rest)) = path.split_first() {
        return value.get(*first).map_or(Some(Vec::new()), |below| texts(below, rest));
    }
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Sequence(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(label: &str, strategy: &str) -> Vec<String> {
        let strategy: Value = serde_yaml::from_str(strategy).unwrap();
        resolve(label, Some(&strategy))
    }

    #[test]
    fn the_values_of_a_matrix_are_what_its_label_stands_for() {
        let plain = "matrix: {os: [ubuntu-latest, windows-latest], include: [{os: macos-14}, {x: 1}]}";
        assert_eq!(resolved("${{ matrix.os }}", plain), ["ubuntu-latest", "windows-latest", "macos-14"]);
        let nested = "matrix: {config: [{os: a}, {python: '3'}], include: [{config: {os: b}}]}";
        assert_eq!(resolved("${{matrix.config.os || 'c'}}", nested), ["a", "b", "c"]);
        let lists = "matrix: {runner: [[self-hosted, linux], ubuntu-latest]}";
        assert_eq!(resolved("${{ matrix.runner }}", lists), ["self-hosted", "linux", "ubuntu-latest"]);
    }

    #[test]
    fn what_is_computed_stays_as_it_is_written() {
        for (label, strategy) in [
            ("${{ matrix.os }}", "matrix: {os: '${{ fromJSON(inputs.os) }}'}"),
            ("${{ matrix.os }}", "matrix: '${{ fromJSON(inputs.matrix) }}'"),
            ("${{ matrix.os }}", "matrix: {os: [1, 2]}"),
            ("${{ matrix.os }}", "matrix: {python: ['3']}"),
            ("${{ matrix.os }}", "{}"),
            ("${{ inputs.os }}", "matrix: {os: [a]}"),
            ("${{ matrix.os || inputs.os }}", "matrix: {os: [a]}"),
            ("${{ matrix.os || 'a' || 'b' }}", "matrix: {os: [a]}"),
            ("x-${{ matrix.os }}", "matrix: {os: [a]}"),
            ("ubuntu-latest", "matrix: {os: [a]}"),
        ] {
            assert_eq!(resolved(label, strategy), [label], "{strategy}");
        }
        assert_eq!(resolve("${{ matrix.os }}", None), ["${{ matrix.os }}"]);
    }
}
