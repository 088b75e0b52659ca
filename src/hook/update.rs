//! What git tells a hook of refs: one line for each that a push is to move.
//!
//! Every line counts, checked out or not; a line that makes no sense shuts the gate.

use super::Error;
use crate::git::Repository;
use crate::model::ObjectId;

/// One ref that a push is to move at the receiving end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its full name there; bytes that are no UTF-8 are shown as U+FFFD.
    pub name: String,
    /// Where it stands; zeros when it is new.
    pub before: ObjectId,
    /// Where it shall stand; zeros when it is to go.
    pub after: ObjectId,
}

impl Update {
    /// Says whether it moves evidence of ours, as it stands in this clone; that is checked by other means.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        self.name.starts_with("refs/iao/") || self.name == "refs/notes/iao"
    }

    /// Says whether what it moves is what stands in this clone under the same name.
    pub(super) fn is_own(&self, repository: &Repository) -> bool {
        self.is_evidence() && repository.ref_target(&self.name).is_ok_and(|here| here == Some(self.after))
    }
}

/// Reads what git writes to pre-push: `<local ref> <local oid> <remote ref> <remote oid>`.
///
/// # Errors
/// `Input` for a line that is none of these.
pub fn read_pushed(input: &[u8]) -> Result<Vec<Update>, Error> {
    read(input, |words| match words {
        // What the user wrote for the local ref may hold blanks (`:/fix a bug`).
        [.., after, name, before] => Some((name, before, after)),
        _ => None,
    })
}

/// Reads what git writes to pre-receive: `<old oid> <new oid> <ref>`.
///
/// # Errors
/// `Input` for a line that is none of these.
pub fn read_received(input: &[u8]) -> Result<Vec<Update>, Error> {
    read(input, |words| match words {
        [before, after, name] => Some((name, before, after)),
        _ => None,
    })
}

fn read(
    input: &[u8],
    choose: impl for<'a> Fn(&'a [&'a str]) -> Option<(&'a &'a str, &'a &'a str, &'a &'a str)>,
) -> Result<Vec<Update>, Error> {
    let text = String::from_utf8_lossy(input);
    let mut updates = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        let chosen = choose(&words).and_then(|(name, before, after)| {
            Some(Update {
                name: (*name).to_owned(),
                before: before.parse().ok()?,
                after: after.parse().ok()?,
            })
        });
        updates.push(chosen.ok_or(Error::Input { line: number + 1 })?);
    }
    Ok(updates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_both_orders_and_nonsense_is_refused() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let pushed = read_pushed(format!(":/fix a bug {one} refs/heads/\u{e4} {two}\n").as_bytes()).unwrap();
        let received = read_received(format!("{two} {one} refs/heads/\u{e4}\n").as_bytes()).unwrap();
        assert_eq!(pushed, received);
        assert_eq!((pushed[0].before.to_string(), pushed[0].after.to_string()), (two, one.clone()));
        assert!(read_pushed(format!("a {one} b {one}\n\n").as_bytes()).is_err());
        for line in ["a b c d", "a", &format!("a {one} b {one}x"), &format!("{one} {one}")] {
            assert!(matches!(read_pushed(line.as_bytes()), Err(Error::Input { line: 1 })), "{line}");
            assert!(matches!(read_received(line.as_bytes()), Err(Error::Input { line: 1 })), "{line}");
        }
        let bytes = [b"a ", one.as_bytes(), b" refs/heads/\xff ", one.as_bytes()].concat();
        assert_eq!(read_pushed(&bytes).unwrap().len(), 1);
    }
}
