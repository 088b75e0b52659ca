//! Compares what a job runs on with what a policy allows.

/// What a job's `runs-on` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunsOn {
    /// Labels, and a group's name among them as `group:<name>`.
    Labels(Vec<String>),
    /// Neither a text, nor a list, nor a group: no runner can be read from it.
    Malformed,
}

/// Whether a runner is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    /// Every label is.
    Allowed,
    /// This label is not.
    Forbidden(String),
    /// It cannot be told; says what stands there.
    Unknown(String),
}

/// Judges a runner: every label must be allowed. Labels compare without case, as GitHub compares them.
pub(super) fn judge(runs_on: &RunsOn, allowed: &[String]) -> Fit {
    let RunsOn::Labels(labels) = runs_on else {
        return Fit::Unknown("`runs-on` is neither a label, nor a list of labels, nor a group".to_owned());
    };
    let is_allowed = |label: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(label));
    let is_expression = |label: &&String| label.contains("${{");
    if let Some(label) = labels.iter().find(|label| !is_allowed(label) && !is_expression(label)) {
        return Fit::Forbidden(label.clone());
    }
    match labels.iter().find(|label| !is_allowed(label)) {
        Some(expression) => Fit::Unknown(format!("`{expression}` is known only when the workflow runs")),
        None if labels.is_empty() => Fit::Unknown("`runs-on` names no runner".to_owned()),
        None => Fit::Allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_must_be_allowed_and_an_expression_is_no_answer() {
        let allowed = ["ubuntu-latest".to_owned(), "linux".to_owned()];
        let fit = |labels: &[&str]| {
            judge(&RunsOn::Labels(labels.iter().map(|label| (*label).to_owned()).collect()), &allowed)
        };
        assert_eq!(fit(&["Ubuntu-Latest"]), Fit::Allowed);
        assert_eq!(fit(&["linux", "self-hosted"]), Fit::Forbidden("self-hosted".into()));
        assert_eq!(fit(&["${{ matrix.os }}", "self-hosted"]), Fit::Forbidden("self-hosted".into()));
        assert!(matches!(fit(&["linux", "${{ matrix.os }}"]), Fit::Unknown(_)));
        assert!(matches!(fit(&[]), Fit::Unknown(_)));
        assert!(matches!(judge(&RunsOn::Malformed, &allowed), Fit::Unknown(_)));
    }
}
