//! What an event of a known type must carry.
//!
//! Names, counts and digests: whatever a fold reads is checked before it is written, never after.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EventKind;
use crate::base::ContentAddress;
use crate::model::{Gate, ObjectId};

/// One thing that a step made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name within the run, such as `plan`.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: ContentAddress,
    /// Whether the same input must give the same bytes again; only these are compared by a replay.
    pub deterministic: bool,
}

/// The payload of `step.finished`.
#[derive(Deserialize)]
pub(super) struct Finished {
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
}

/// The payload of `step.skipped`.
#[derive(Deserialize)]
pub(super) struct Skipped {
    pub(super) reason: String,
}

/// The payload of `step.failed`: the diagnostic's code, never its text.
#[derive(Deserialize)]
pub(super) struct Failed {
    pub(super) code: String,
}

/// The payload of `gate.blocked`.
#[derive(Deserialize)]
pub(super) struct Blocked {
    pub(super) gates: Vec<Gate>,
}

/// The payload of `hook.bypassed` and `hook.unchecked`: the commit that no gate judged.
#[derive(Deserialize)]
struct Unjudged {
    #[serde(rename = "commit")]
    _commit: ObjectId,
}

/// The payload of `hook.skipped`: the hook, and the words of the escape that let something through.
#[derive(Deserialize)]
struct Waived {
    #[serde(rename = "hook")]
    _hook: String,
    #[serde(rename = "skipped")]
    _skipped: Vec<String>,
}

/// The payload of `ref.moved`; `before` is null when the ref was made.
#[derive(Deserialize)]
pub(super) struct Moved {
    pub(super) name: String,
    pub(super) before: Option<ObjectId>,
    pub(super) after: ObjectId,
}

/// The payload of `run.finished`.
#[derive(Deserialize)]
pub(super) struct Ended {
    pub(super) outcome: String,
}

/// The payload of `log.recovered`.
#[derive(Serialize, Deserialize)]
pub(super) struct Recovered {
    /// Bytes set aside.
    pub(super) bytes: u64,
    /// Their SHA-256.
    pub(super) sha256: ContentAddress,
    /// The name of the file that holds them, beside the stream.
    pub(super) file: String,
}

/// Reads a payload as what its type must carry.
pub(super) fn typed<T: DeserializeOwned>(payload: &Map<String, Value>) -> Result<T, String> {
    T::deserialize(Value::Object(payload.clone())).map_err(|error| error.to_string())
}

/// Says what a payload lacks for its type; further fields are free.
pub(super) fn check(kind: &EventKind, payload: &Map<String, Value>) -> Result<(), String> {
    match kind {
        EventKind::StepFinished => typed::<Finished>(payload).map(drop),
        EventKind::StepSkipped => typed::<Skipped>(payload).map(drop),
        EventKind::StepFailed => typed::<Failed>(payload).map(drop),
        EventKind::GateBlocked | EventKind::HookBlocked => typed::<Blocked>(payload).map(drop),
        EventKind::RefMoved => typed::<Moved>(payload).map(drop),
        EventKind::RunFinished => typed::<Ended>(payload).map(drop),
        EventKind::LogRecovered => typed::<Recovered>(payload).map(drop),
        EventKind::HookBypassed | EventKind::HookUnchecked => typed::<Unjudged>(payload).map(drop),
        EventKind::HookSkipped => typed::<Waived>(payload).map(drop),
        EventKind::RunStarted | EventKind::StepStarted | EventKind::Other(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_fold_reads_must_be_there() {
        let cases = [
            (EventKind::StepFinished, json!({"outputs": [{"name": "plan"}]})),
            (EventKind::StepSkipped, json!({})),
            (EventKind::StepFailed, json!({"message": "no"})),
            (EventKind::GateBlocked, json!({"gates": ["no_such_gate"]})),
            (EventKind::HookBypassed, json!({})),
            (EventKind::HookUnchecked, json!({"commit": "zz"})),
            (EventKind::HookSkipped, json!({"hook": "pre-push"})),
            (EventKind::RefMoved, json!({"name": "refs/heads/x", "before": null, "after": "zz"})),
            (EventKind::RunFinished, json!({"outcome": 3})),
            (EventKind::LogRecovered, json!({"bytes": 1})),
        ];
        for (kind, payload) in cases {
            assert!(check(&kind, payload.as_object().unwrap()).is_err(), "{kind} took {payload}");
        }
        let good = json!({"outputs": [], "counts": {"files": 3}});
        assert_eq!(check(&EventKind::StepFinished, good.as_object().unwrap()), Ok(()));
    }
}
