//! Which development kit builds for which Java release.
//!
//! Only releases with long support are installed: the oldest that compiles for the release the project names.

use super::super::actions::{SETUP_JAVA, run};
use super::super::{CiJob, Inspection};

/// Releases with long support, oldest first.
const LONG_TERM: [u32; 5] = [8, 11, 17, 21, 25];

/// Reads a release as people write it: `17`, `1.8`, `VERSION_1_8`, `VERSION_21`.
pub(super) fn release(text: &str) -> Option<u32> {
    let text = text.trim().strip_prefix("VERSION_").unwrap_or(text.trim());
    let text = text.strip_prefix("1.").or_else(|| text.strip_prefix("1_")).unwrap_or(text);
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let release = text.parse().ok().filter(|_| digits)?;
    (5..=99).contains(&release).then_some(release)
}

/// Returns the oldest kit with long support that is no older than `release`; the release itself beyond them.
pub(super) fn kit_for(release: u32) -> u32 {
    LONG_TERM.into_iter().find(|kit| *kit >= release).unwrap_or(release)
}

/// Returns the job that installs `kit` and runs the project's tests.
pub(super) fn ci_job(seen: &Inspection, kit: u32) -> Option<CiJob> {
    let test = seen.project.test_command.as_ref()?;
    let level = seen.project.language_version.as_ref()?;
    let with = [("distribution", "temurin".to_owned()), ("java-version", kit.to_string())];
    Some(CiJob {
        name: seen.project.label(),
        steps: vec![SETUP_JAVA.step("Install Java", &with), run("Test", &test.value)],
        evidence: vec![level.evidence.clone(), test.evidence.clone()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_in_every_common_form() {
        let read =
            ["17", "1.8", " 11 ", "VERSION_1_8", "VERSION_21", "${x}", "", "1.", "170", "-8"].map(release);
        let expected = [Some(17), Some(8), Some(11), Some(8), Some(21), None, None, None, None, None];
        assert_eq!(read, expected);
    }

    #[test]
    fn the_kit_is_never_older_than_the_release() {
        assert_eq!([5, 8, 9, 17, 19, 25, 26].map(kit_for), [8, 8, 11, 17, 21, 25, 26]);
    }
}
