//! Records what a hook saw: a run of its own, without steps.
//!
//! Hooks that find nothing record nothing; what they do record stands in the same chain as every run.

use serde_json::{Map, Value, json};

use super::recorder::Recorder;
use super::{Engine, Error, StateDir};
use crate::base::Clock;
use crate::event::EventKind;
use crate::ledger::Ledger;
use crate::model::{ObjectId, RunId};

/// What a hook has to tell.
#[derive(Debug, Clone)]
pub struct HookNote {
    /// The run that the events are of.
    pub run: RunId,
    /// The hook's name, such as `pre-push`.
    pub hook: &'static str,
    /// The commit that it is about; `None` before there is one.
    pub base: Option<ObjectId>,
    /// What happened; one of the `hook.*` kinds.
    pub kind: EventKind,
    /// What the kind must carry, and more.
    pub payload: Map<String, Value>,
    /// How it ended, in a word: `bypassed`, for one.
    pub outcome: &'static str,
}

impl Engine<'_> {
    /// Appends the note to the event stream.
    ///
    /// # Errors
    /// When the stream is damaged, or cannot be written to.
    pub fn note_hook(&self, note: HookNote, clock: Clock) -> Result<(), Error> {
        let pipeline = &self.config.pipeline;
        let state = StateDir::new(self.repository, pipeline);
        state.prepare(self.repository, pipeline)?;
        let ledger = Ledger::open(self.repository)?;
        let mut recorder = Recorder::open(
            self.repository,
            state.path(&pipeline.event_stream),
            &ledger,
            self.config.event_validator(),
            note.run,
            clock,
        )?;
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let beginning = json!({ "mode": "hook", "hook": note.hook, "base": note.base });
        recorder.note(EventKind::RunStarted, None, object(beginning));
        recorder.note(note.kind, None, note.payload);
        recorder.note(EventKind::RunFinished, None, object(json!({ "outcome": note.outcome })));
        recorder.finish(None)
    }
}
