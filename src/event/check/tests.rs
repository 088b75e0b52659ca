//! Attacks on a stream: each must be seen, given the anchor.

use proptest::prelude::*;

use super::*;
use crate::base::Timestamp;
use crate::event::NewEvent;
use crate::event::payload::Output;

/// A small run of every shape of event, as lines, and the state after it.
fn stream() -> (Vec<Vec<u8>>, Anchor) {
    let run = RunId::from_bytes([1; 16]);
    let step = "plan".parse().unwrap();
    let at = Timestamp::from_seconds(1_700_000_000);
    let output = Output { name: "plan".into(), sha256: ContentAddress::of(b"p"), deterministic: true };
    let events = [
        NewEvent::of_run(EventKind::RunStarted, &run, at).with("goal", "seal"),
        NewEvent::of_step(EventKind::StepStarted, &run, &step, at),
        NewEvent::of_step(EventKind::StepFinished, &run, &step, at).with_outputs(&[output]),
        NewEvent::of_run(EventKind::RunFinished, &run, at).with("outcome", "pass"),
    ];
    let mut anchor = Anchor::genesis();
    let mut lines = Vec::new();
    for event in events {
        let line = event.into_record(anchor.count + 1, anchor.head).to_line().unwrap();
        anchor = anchor.after(&line);
        lines.push(line);
    }
    (lines, anchor)
}

fn problems(bytes: &[u8], anchors: &[Anchor]) -> Vec<Problem> {
    check_reader(bytes, anchors, None).unwrap().problems
}

#[test]
fn an_untouched_stream_has_no_problem() {
    let (lines, anchor) = stream();
    let report = check_reader(&lines.concat()[..], &[anchor], None).unwrap();
    assert_eq!((report.count, report.head), (4, anchor.head));
    assert_eq!(report.problems, vec![]);
    assert_eq!(report.runs.len(), 1);
    assert_eq!(report.runs[0].outcome.as_deref(), Some("pass"));
}

#[test]
fn every_bit_flip_is_seen() {
    let (lines, anchor) = stream();
    let bytes = lines.concat();
    let mut flips = 0;
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            assert!(!problems(&flipped, &[anchor]).is_empty(), "bit {bit} of byte {place} went unseen");
            flips += 1;
        }
    }
    println!("{flips} bit flips of {} bytes, all seen", bytes.len());
    assert_eq!(flips, bytes.len() * 8);
}

#[test]
fn every_truncation_is_seen_at_either_end() {
    let (lines, anchor) = stream();
    let bytes = lines.concat();
    // An empty stream is an absent one, and absence is not tampering.
    let cuts = (1..bytes.len()).flat_map(|place| [&bytes[..place], &bytes[place..]]);
    let mut count = 0;
    for cut in cuts {
        assert!(!problems(cut, &[anchor]).is_empty(), "{} bytes left went unseen", cut.len());
        count += 1;
    }
    println!("{count} truncations of {} bytes, all seen", bytes.len());
}

#[test]
fn swapped_doubled_and_deleted_lines_are_seen() {
    let (lines, anchor) = stream();
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(first, second);
            assert!(!problems(&swapped.concat(), &[anchor]).is_empty());
        }
        let mut less = lines.clone();
        less.remove(first);
        assert!(!problems(&less.concat(), &[anchor]).is_empty(), "line {first} is gone unseen");
        let mut more = lines.clone();
        more.insert(first, lines[first].clone());
        assert!(!problems(&more.concat(), &[anchor]).is_empty());
    }
}

#[test]
fn the_first_line_that_breaks_is_named_with_its_flaw() {
    let (lines, _) = stream();
    let mut spaced = lines.clone();
    spaced[1].insert(1, b' ');
    assert_eq!(problems(&spaced.concat(), &[]), [Problem::Broken { line: 2, flaw: Flaw::NotCanonical }]);
    let mut gap = lines.clone();
    gap.remove(1);
    let flaw = Flaw::Sequence { expected: 2, found: 3 };
    assert_eq!(problems(&gap.concat(), &[]), [Problem::Broken { line: 2, flaw }]);
    let mut long = lines;
    long[2] = vec![b'x'; crate::event::MAX_LINE + 1];
    assert_eq!(problems(&long.concat(), &[]), [Problem::Broken { line: 3, flaw: Flaw::TooLong }]);
}

#[test]
fn a_schema_of_the_pipeline_is_applied_to_every_line() {
    let (lines, _) = stream();
    let validate = |value: &serde_json::Value| match value["type"].as_str() {
        Some("step.finished") => Err("not today".to_owned()),
        _ => Ok(()),
    };
    let report = check_reader(&lines.concat()[..], &[], Some(&validate)).unwrap();
    let flaw = Flaw::Schema("not today".to_owned());
    assert_eq!(report.problems, [Problem::Broken { line: 3, flaw }]);
}

#[test]
fn the_published_schema_takes_every_record_we_write() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../schemas/event.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in stream().0 {
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert!(validator.is_valid(&value), "{value}");
        for key in value.as_object().unwrap().keys() {
            let mut lacking = value.clone();
            lacking.as_object_mut().unwrap().remove(key);
            assert!(!validator.is_valid(&lacking), "the schema does not ask for `{key}`");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = problems(&bytes, &[Anchor::genesis()]);
        let (lines, anchor) = stream();
        let behind = [lines.concat(), bytes.clone()].concat();
        // Whatever follows the anchored line, the anchored line is still found.
        let mismatch = Problem::AnchorMismatch { anchor };
        prop_assert!(!problems(&behind, &[anchor]).contains(&mismatch));
        prop_assert_eq!(problems(&behind, &[anchor]).is_empty(), bytes.is_empty());
    }
}
