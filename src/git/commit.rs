//! Commits: read as they are stored, and made as values.

use gix::objs::{CommitRef, Kind};

use super::store::{from_gix, to_gix};
use super::{Error, Repository};
use crate::base::Timestamp;
use crate::model::ObjectId;

/// Who made a commit. Bytes that are no UTF-8 are replaced.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Person {
    /// As git shows it.
    pub name: String,
    /// Without the angle brackets.
    pub email: String,
}

/// What a commit says.
#[derive(Debug, Clone)]
pub struct CommitInfo {
    /// The commit itself.
    pub id: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents as they are stored, also where a shallow clone was cut off.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Person,
    /// Who made the commit.
    pub committer: Person,
    /// When it was made; the epoch when the commit holds no readable time.
    pub committed: Timestamp,
    /// The message as it is stored.
    pub message: Vec<u8>,
}

impl CommitInfo {
    /// Returns the first line of the message; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn subject(&self) -> String {
        let text = String::from_utf8_lossy(&self.message);
        text.trim_start().lines().next().unwrap_or_default().trim_end().to_owned()
    }

    /// Returns the values of the trailer `key` (in upper or lower case) in the last paragraph, in order.
    ///
    /// The first paragraph is the subject, and never holds trailers. A line that begins with a blank goes on
    /// with the value before it.
    #[must_use]
    pub fn trailer(&self, key: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.message);
        let text = text.trim();
        let mut paragraph: Vec<&str> =
            text.lines().rev().take_while(|line| !line.trim().is_empty()).collect();
        if paragraph.len() == text.lines().count() {
            return Vec::new();
        }
        paragraph.reverse();
        let mut values: Vec<String> = Vec::new();
        let mut within = false;
        for line in paragraph {
            if line.starts_with([' ', '\t']) {
                if let Some(value) = values.last_mut().filter(|_| within) {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            let found = line.split_once(':').filter(|(name, _)| name.trim_end().eq_ignore_ascii_case(key));
            within = found.is_some();
            values.extend(found.map(|(_, value)| value.trim().to_owned()));
        }
        values
    }
}

/// A commit to be made. Author and committer are the same person at the same time, in UTC.
#[derive(Debug, Clone)]
pub struct NewCommit {
    /// The tree it holds.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// Who makes it. What git cannot store in a name (`<`, `>`, line breaks) is left out.
    pub person: Person,
    /// When.
    pub time: Timestamp,
    /// Subject, empty line, body, trailers. Ends with a line break, which is added when it is not there.
    pub message: String,
}

impl Repository {
    /// Reads a commit, staged or stored.
    ///
    /// # Errors
    /// When the object is missing, corrupt, or no commit.
    pub fn commit(&self, id: ObjectId) -> Result<CommitInfo, Error> {
        let bytes = self.object(id, Kind::Commit)?;
        let commit = CommitRef::from_bytes(&bytes, to_gix(id).kind())
            .map_err(|source| Error::CorruptObject { id, source: source.into() })?;
        let (committer, committed) = signature(commit.committer);
        Ok(CommitInfo {
            id,
            tree: from_gix(commit.tree()),
            parents: commit.parents().map(from_gix).collect(),
            author: signature(commit.author).0,
            committer,
            committed,
            message: commit.message.to_vec(),
        })
    }

    /// As [`Self::commit`], after computing the commit's name again.
    ///
    /// # Errors
    /// Also `CorruptObject` when the stored bytes have another name.
    pub fn verified_commit(&self, id: ObjectId) -> Result<CommitInfo, Error> {
        self.require_name(Kind::Commit, id, &self.object(id, Kind::Commit)?)?;
        self.commit(id)
    }

    /// Makes a commit in memory; nothing is written until [`Self::persist`].
    ///
    /// # Errors
    /// When the message holds a zero byte, which git cannot store.
    pub fn stage_commit(&self, commit: &NewCommit) -> Result<ObjectId, Error> {
        if commit.message.contains('\0') {
            return Err(Error::BadMessage);
        }
        let mut text = format!("tree {}\n", commit.tree);
        for parent in &commit.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        let (name, email) = (storable(&commit.person.name), storable(&commit.person.email));
        let seconds = commit.time.as_seconds().max(0);
        for role in ["author", "committer"] {
            text.push_str(&format!("{role} {name} <{email}> {seconds} +0000\n"));
        }
        text.push('\n');
        text.push_str(&commit.message);
        if !commit.message.ends_with('\n') {
            text.push('\n');
        }
        self.stage(Kind::Commit, text.as_bytes())
    }
}

/// Reads `Name <mail> seconds zone`, as leniently as git.
fn signature(line: &[u8]) -> (Person, Timestamp) {
    let text = String::from_utf8_lossy(line);
    let (name, rest) = text.split_once('<').unwrap_or((&text, ""));
    let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = time.split_ascii_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let person = Person { name: name.trim().to_owned(), email: email.trim().to_owned() };
    (person, Timestamp::from_seconds(seconds))
}

/// Leaves out what would break a signature line.
fn storable(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !matches!(c, '<' | '>' | '\n' | '\r' | '\0')).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_message(message: &str) -> CommitInfo {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let person = Person { name: "A".into(), email: "a@x".into() };
        CommitInfo {
            id,
            tree: id,
            parents: vec![],
            author: person.clone(),
            committer: person,
            committed: Timestamp::from_seconds(0),
            message: message.as_bytes().to_vec(),
        }
    }

    #[test]
    fn trailers_stand_in_the_last_paragraph_only() {
        let commit = with_message("subject\n\nIao-Plan: no\n\nIao-Plan: a\niao-plan: b\n c\nOther: x\n");
        assert_eq!(commit.trailer("Iao-Plan"), ["a", "b c"]);
        assert_eq!(commit.subject(), "subject");
        assert!(with_message("Iao-Plan: a\n").trailer("Iao-Plan").is_empty());
        assert!(with_message("").trailer("x").is_empty());
    }

    #[test]
    fn broken_signatures_do_not_panic() {
        for line in ["", "<", ">", "A <a", "A> <", "A <a> x", "A <a> 99999999999999999999 +0000"] {
            signature(line.as_bytes());
        }
        assert_eq!(signature(b"A B <a@x> 12 +0100").1, Timestamp::from_seconds(12));
    }
}
