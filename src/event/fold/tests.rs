//! What a run's events add up to.

use serde_json::json;

use super::*;
use crate::base::Timestamp;
use crate::event::{Anchor, NewEvent};

fn id() -> RunId {
    RunId::from_bytes([1; 16])
}

fn step(kind: EventKind) -> NewEvent {
    NewEvent::of_step(kind, &id(), &"plan".parse().unwrap(), Timestamp::from_seconds(0))
}

fn run(kind: EventKind) -> NewEvent {
    NewEvent::of_run(kind, &id(), Timestamp::from_seconds(0))
}

fn moved(before: Option<u8>, after: u8) -> NewEvent {
    let name = |byte: u8| ObjectId::from_bytes(&[byte; 20]).unwrap().to_string();
    run(EventKind::RefMoved)
        .with("name", "refs/heads/x")
        .with("before", before.map(name))
        .with("after", name(after))
}

fn state(events: Vec<NewEvent>) -> Result<RunState, Error> {
    let head = Anchor::genesis().head;
    let records: Vec<Record> =
        events.into_iter().zip(1..).map(|(event, seq)| event.into_record(seq, head)).collect();
    fold(&id(), &records)
}

fn made(text: &str) -> Output {
    Output { name: "plan".into(), sha256: ContentAddress::of(text.as_bytes()), deterministic: true }
}

#[test]
fn the_last_attempt_of_a_step_counts() {
    let state = state(vec![
        run(EventKind::RunStarted),
        step(EventKind::StepStarted),
        step(EventKind::StepFinished).with_outputs(&[made("one")]),
        step(EventKind::StepStarted),
        step(EventKind::StepFinished).with_outputs(&[made("two")]),
        moved(None, 1),
        moved(Some(1), 2),
        run(EventKind::RunFinished).with("outcome", "pass"),
    ])
    .unwrap();
    let step = &state.steps[&"plan".parse().unwrap()];
    assert_eq!((step.status, step.attempts), (StepStatus::Finished, 2));
    assert_eq!(state.outputs["plan"], made("two"));
    assert_eq!(state.refs["refs/heads/x"].before, None);
    assert_eq!(state.refs["refs/heads/x"].after, ObjectId::from_bytes(&[2; 20]).unwrap());
    assert_eq!((state.status, state.outcome.as_deref()), (RunStatus::Finished, Some("pass")));
}

#[test]
fn a_killed_run_stays_open_and_says_where() {
    let state = state(vec![run(EventKind::RunStarted), step(EventKind::StepStarted)]).unwrap();
    assert_eq!(state.status, RunStatus::Open);
    assert_eq!(state.steps[&"plan".parse().unwrap()].status, StepStatus::Started);
}

#[test]
fn a_skipped_and_a_failed_step_keep_their_reasons_and_gates_are_listed_once() {
    let other = NewEvent { step_id: "patch".parse().unwrap(), ..step(EventKind::StepSkipped) };
    let blocked = run(EventKind::GateBlocked).with("gates", json!(["secret_detected", "secret_detected"]));
    let state = state(vec![
        other.with("reason", "plan is empty"),
        step(EventKind::StepStarted),
        step(EventKind::StepFailed).with("code", "iao::git::ref_moved"),
        blocked,
    ])
    .unwrap();
    assert_eq!(state.steps[&"patch".parse().unwrap()].reason.as_deref(), Some("plan is empty"));
    let failed = &state.steps[&"plan".parse().unwrap()];
    assert_eq!((failed.status, failed.reason.as_deref()), (StepStatus::Failed, Some("iao::git::ref_moved")));
    assert_eq!(state.blocked, [Gate::SecretDetected]);
}

#[test]
fn events_that_do_not_fit_together_are_named() {
    let end = || run(EventKind::RunFinished).with("outcome", "pass");
    for (events, at) in [
        (vec![step(EventKind::StepFinished)], 1),
        (vec![step(EventKind::StepStarted), step(EventKind::StepStarted)], 2),
        (vec![end(), step(EventKind::StepStarted)], 2),
        (vec![moved(None, 1), moved(Some(3), 4)], 2),
    ] {
        let error = state(events).unwrap_err();
        assert!(matches!(error, Error::Irregular { seq, .. } if seq == at), "{error}");
    }
}

#[test]
fn equal_states_have_equal_digests_whatever_the_time_and_the_other_runs() {
    let late = NewEvent { ts: Timestamp::from_seconds(99), ..step(EventKind::StepStarted) };
    let foreign = NewEvent { trace_id: RunId::from_bytes([2; 16]), ..step(EventKind::StepStarted) };
    let one = state(vec![step(EventKind::StepStarted)]).unwrap();
    let two = state(vec![foreign, late]).unwrap();
    assert_eq!((one.digest(), &one), (two.digest(), &two));
    let text = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<RunState>(&text).unwrap(), one);
    assert!(serde_json::from_str::<RunState>(&text.replace("run-state/v1", "run-state/v2")).is_err());
}
