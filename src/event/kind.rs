//! What an event says happened.
//!
//! Words that this version does not know are kept, so that an older program can check a newer stream.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of an event: two or more lower-case words joined by dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A run begins.
    RunStarted,
    /// A run ended; the payload's `outcome` says how.
    RunFinished,
    /// A step is about to act.
    StepStarted,
    /// A step did what it intended.
    StepFinished,
    /// A step was not needed, or not permitted.
    StepSkipped,
    /// A step could not do its work.
    StepFailed,
    /// A gate stopped the run.
    GateBlocked,
    /// A ref was moved by compare-and-swap.
    RefMoved,
    /// A hook stopped an act of git.
    HookBlocked,
    /// An act of git went past the hooks, and that was seen afterwards.
    HookBypassed,
    /// An act of git made a commit for which git calls no gate, such as a rebase.
    HookUnchecked,
    /// A hook let findings through because its caller asked for that.
    HookSkipped,
    /// A torn end of the stream was set aside.
    LogRecovered,
    /// A word of a later version.
    Other(String),
}

/// A text that is no event type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no event type: two or more lower-case words joined by dots, at most 64 bytes")]
pub struct ParseEventKindError {
    /// The refused text.
    pub text: String,
}

impl EventKind {
    const KNOWN: [Self; 13] = [
        Self::RunStarted,
        Self::RunFinished,
        Self::StepStarted,
        Self::StepFinished,
        Self::StepSkipped,
        Self::StepFailed,
        Self::GateBlocked,
        Self::RefMoved,
        Self::HookBlocked,
        Self::HookBypassed,
        Self::HookUnchecked,
        Self::HookSkipped,
        Self::LogRecovered,
    ];

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RunStarted => "run.started",
            Self::RunFinished => "run.finished",
            Self::StepStarted => "step.started",
            Self::StepFinished => "step.finished",
            Self::StepSkipped => "step.skipped",
            Self::StepFailed => "step.failed",
            Self::GateBlocked => "gate.blocked",
            Self::RefMoved => "ref.moved",
            Self::HookBlocked => "hook.blocked",
            Self::HookBypassed => "hook.bypassed",
            Self::HookUnchecked => "hook.unchecked",
            Self::HookSkipped => "hook.skipped",
            Self::LogRecovered => "log.recovered",
            Self::Other(word) => word,
        }
    }
}

impl FromStr for EventKind {
    type Err = ParseEventKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(known) = Self::KNOWN.into_iter().find(|kind| kind.as_str() == text) {
            return Ok(known);
        }
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if text.len() <= 64 && text.contains('.') && text.split('.').all(is_word) {
            Ok(Self::Other(text.to_owned()))
        } else {
            Err(ParseEventKindError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_reads_back_as_itself() {
        for kind in EventKind::KNOWN {
            assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), kind);
        }
    }

    #[test]
    fn a_later_word_is_kept_and_anything_else_refused() {
        assert_eq!("agent.hired".parse::<EventKind>().unwrap().as_str(), "agent.hired");
        for text in ["", "run", "run.", ".started", "Run.started", "run started.x", "a.b\n"] {
            assert!(text.parse::<EventKind>().is_err(), "{text:?}");
        }
    }
}
