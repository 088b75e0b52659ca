//! The toolchain that a repository pins for rustup.

use toml_edit::{Document, Item};

use super::super::manifest::presence;
use super::super::text_file::{Reading, TextFile};
use super::super::{Error, Fact};
use crate::git::View;
use crate::model::{Evidence, RepoPath};

/// A toolchain file, and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Toolchain {
    evidence: Evidence,
    choice: Choice,
    channel: Option<String>,
}

/// Which toolchain a file asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// A release channel, which rustup downloads by name.
    Channel,
    /// Whatever is the default; the file only adds components or targets.
    Default,
    /// Something that rustup cannot download: a directory, or what cannot be read.
    Elsewhere,
}

impl Toolchain {
    /// Finds the file that rustup would obey in `directory`: the nearest one, upwards.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub(super) fn find(view: &View<'_>, directory: &RepoPath) -> Result<Option<Self>, Error> {
        let mut here = Some(directory.clone());
        while let Some(directory) = here {
            // Where both stand, rustup obeys the one without extension.
            for name in ["rust-toolchain", "rust-toolchain.toml"] {
                match TextFile::read(view, &directory.join(name), "rust/toolchain")? {
                    Reading::Absent => {}
                    Reading::Read(file) => return Ok(Some(Self::parse(&file))),
                    Reading::Refused(finding) => {
                        let evidence = presence(&finding.path, "a toolchain file that is no text");
                        return Ok(Some(Self { evidence, choice: Choice::Elsewhere, channel: None }));
                    }
                }
            }
            here = directory.parent();
        }
        Ok(None)
    }

    /// Says which toolchain it is.
    pub(super) fn choice(&self) -> Choice {
        self.choice
    }

    /// Returns the channel, such as `1.88` or `stable`.
    pub(super) fn channel_fact(&self) -> Option<Fact<String>> {
        self.channel.as_ref().map(|channel| Fact::new(channel, self.evidence.clone()))
    }

    /// Returns where the toolchain is pinned.
    pub(super) fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    fn parse(file: &TextFile) -> Self {
        let (choice, channel, at) = match Document::parse(file.text.as_str()) {
            Ok(document) => Self::of_table(document.as_item().get("toolchain")),
            // The oldest form is the bare name of a channel.
            Err(_) => (Choice::Channel, Some(file.text.trim().to_owned()), 0),
        };
        let channel = channel.filter(|channel| is_channel(channel));
        let choice = if choice == Choice::Channel && channel.is_none() { Choice::Elsewhere } else { choice };
        let says =
            channel.as_ref().map_or_else(|| "a toolchain file".to_owned(), |name| format!("channel {name}"));
        Self { evidence: file.evidence(at, says), choice, channel }
    }

    fn of_table(table: Option<&Item>) -> (Choice, Option<String>, usize) {
        let Some(table) = table else { return (Choice::Elsewhere, None, 0) };
        match table.get("channel") {
            Some(channel) => {
                let at = channel.span().unwrap_or_default().start;
                (Choice::Channel, channel.as_str().map(str::to_owned), at)
            }
            None if table.get("path").is_some() => (Choice::Elsewhere, None, 0),
            None => (Choice::Default, None, 0),
        }
    }
}

/// Says whether this is the name of a release channel (`1.88.0`, `stable`, `nightly-2026-01-31`).
fn is_channel(name: &str) -> bool {
    let base = ["stable", "beta", "nightly"].iter().any(|channel| name.starts_with(channel));
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    plain && (base || name.starts_with(|first: char| first.is_ascii_digit()))
}
