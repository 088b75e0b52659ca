//! A path inside a repository: bytes, `/` between its parts, no leading `/`; the root is empty.
//!
//! Its text form is injective: what is no UTF-8, `%`, and every character that could fool a reader of a
//! terminal is percent-encoded, byte by byte.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path of a tree entry, as git stores it. Hostile names (`..`, `.git`) are representable on purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepoPath(Vec<u8>);

/// A text that no path is written as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the text of a path (percent-encoding broken, or not needed where it stands)")]
pub struct ParsePathError {
    /// The refused text.
    pub text: String,
}

impl RepoPath {
    /// Returns the root of the tree.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes the bytes as they are; no check is made.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the path as text if it is UTF-8; not encoded.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Says whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns this path with one more part (or several, when `name` holds a `/`).
    #[must_use]
    pub fn join(&self, name: impl AsRef<[u8]>) -> Self {
        let mut bytes = self.0.clone();
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_ref());
        Self(bytes)
    }

    /// Returns the directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let cut = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(self.0[..cut].to_vec()))
    }

    /// Returns the last part; empty for the root.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// Returns what follows the last `.` of the file name; `None` when there is none, or only a leading one.
    #[must_use]
    pub fn extension(&self) -> Option<&[u8]> {
        let name = self.file_name();
        let dot = name.iter().rposition(|byte| *byte == b'.')?;
        (dot > 0).then(|| &name[dot + 1..])
    }

    /// Returns the parts from the root down.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// Returns how many parts the path has; 0 for the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// Says whether this path is `directory` or lies below it.
    #[must_use]
    pub fn is_within(&self, directory: &Self) -> bool {
        directory.is_root()
            || self.0 == directory.0
            || (self.0.starts_with(&directory.0) && self.0.get(directory.0.len()) == Some(&b'/'))
    }

    /// Returns this path as seen from `directory`; `None` when it does not lie within it.
    #[must_use]
    pub fn relative_to(&self, directory: &Self) -> Option<Self> {
        if !self.is_within(directory) {
            return None;
        }
        let cut = if directory.is_root() { 0 } else { (directory.0.len() + 1).min(self.0.len()) };
        Some(Self(self.0[cut..].to_vec()))
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// Says whether a character would change how the text around it is read: controls, line and paragraph
/// separators, bidirectional overrides and invisible marks.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character == '%' || misleads(character) {
                    let mut buffer = [0; 4];
                    for byte in character.encode_utf8(&mut buffer).bytes() {
                        write!(f, "%{byte:02X}")?;
                    }
                } else {
                    fmt::Write::write_char(f, character)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RepoPath {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParsePathError { text: text.to_owned() };
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            if *first == b'%' {
                let pair =
                    tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok()).ok_or_else(refuse)?;
                bytes.push(u8::from_str_radix(pair, 16).map_err(|_| refuse())?);
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        let path = Self(bytes);
        // One writing a path: otherwise two texts could name the same file.
        if path.to_string() == text { Ok(path) } else { Err(refuse()) }
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found() {
        let path = RepoPath::from("a/b.tar.gz");
        assert_eq!(path.parent(), Some(RepoPath::from("a")));
        assert_eq!(path.file_name(), b"b.tar.gz");
        assert_eq!(path.extension(), Some(&b"gz"[..]));
        assert_eq!(RepoPath::from(".env").extension(), None);
        assert_eq!(RepoPath::root().parent(), None);
        assert!(path.is_within(&RepoPath::from("a")));
        assert!(!RepoPath::from("ab").is_within(&RepoPath::from("a")));
        assert_eq!(path.relative_to(&RepoPath::from("a")), Some(RepoPath::from("b.tar.gz")));
    }

    #[test]
    fn what_could_fool_a_reader_is_encoded() {
        assert_eq!(RepoPath::from_bytes(b"a\xff%\n".to_vec()).to_string(), "a%FF%25%0A");
        assert_eq!(RepoPath::from("\u{202e}x").to_string(), "%E2%80%AEx");
        assert_eq!(RepoPath::from("\u{fc}ber").to_string(), "\u{fc}ber");
        assert!("a%2".parse::<RepoPath>().is_err());
        assert!("%61".parse::<RepoPath>().is_err(), "an encoding that is not needed is a second name");
    }

    proptest! {
        #[test]
        fn every_path_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let path = RepoPath::from_bytes(bytes);
            prop_assert_eq!(path.to_string().parse::<RepoPath>().unwrap(), path);
        }
    }
}
