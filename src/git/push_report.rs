//! Reads what `git push --porcelain` prints: one line a ref, a flag first.
//!
//! The flag alone decides; the words behind it are for people, in whatever language.

use super::transport::plain;

/// How a push ended for each ref.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushReport {
    /// Refs that the remote took, or had already.
    pub accepted: Vec<String>,
    /// Refs that it did not take, each with what git says about it.
    pub rejected: Vec<(String, String)>,
}

impl PushReport {
    /// Says whether any ref was not taken.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        !self.rejected.is_empty()
    }
}

/// Reads the output; lines that are about no ref (`To`, `Done`) are passed over.
pub(super) fn parse(stdout: &[u8]) -> PushReport {
    let mut report = PushReport::default();
    for line in String::from_utf8_lossy(stdout).lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(flag), Some(refs), Some(summary)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let Some((_, name)) = refs.split_once(':') else { continue };
        match flag {
            "!" => report.rejected.push((name.to_owned(), plain(summary))),
            " " | "+" | "-" | "*" | "=" => report.accepted.push(name.to_owned()),
            _ => {}
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_flag_is_read_and_no_word() {
        let text = "To /srv/x.git\n \taa:refs/iao/ledger\t1..2\n*\tbb:refs/iao/keep\t[new reference]\n\
            =\tcc:refs/notes/iao\t[up to date]\n!\tdd:refs/x\t[zurueckgewiesen] (sonst was)\nDone\n";
        let report = parse(text.as_bytes());
        assert_eq!(report.accepted, ["refs/iao/ledger", "refs/iao/keep", "refs/notes/iao"]);
        assert_eq!(report.rejected, [("refs/x".to_owned(), "[zurueckgewiesen] (sonst was)".to_owned())]);
        assert!(report.is_rejected());
        assert_eq!(parse(b"error: nothing here\n"), PushReport::default());
    }

    proptest! {
        #[test]
        fn no_output_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
