//! What the writer promises, tried on real files.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::base::Timestamp;
use crate::event::{Problem, check, read, start};
use crate::model::RunId;

struct Desk {
    folder: TempDir,
    stream: PathBuf,
}

fn desk() -> Desk {
    let folder = TempDir::new().unwrap();
    let stream = folder.path().join("state/events.jsonl");
    Desk { folder, stream }
}

fn event(number: u64) -> NewEvent {
    let run = RunId::from_bytes([7; 16]);
    let step = "normalize".parse().unwrap();
    NewEvent::of_step(EventKind::StepStarted, &run, &step, Timestamp::from_seconds(1_700_000_000))
        .with("number", number)
}

fn filled(count: u64) -> (Desk, Anchor) {
    let desk = desk();
    let mut log = Log::open(&desk.stream, None).unwrap();
    let events: Vec<NewEvent> = (0..count).map(event).collect();
    let anchor = log.append_all(&events).unwrap();
    (desk, anchor)
}

#[test]
fn what_is_appended_reads_back_in_order_and_holds() {
    let (desk, anchor) = filled(3);
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
    assert_eq!((log.anchor(), start(&desk.stream).unwrap()), (anchor, Some(Anchor::genesis())));
    let last = log.append(&event(3)).unwrap();
    assert_eq!(last.count, 4);
    let records = read(&desk.stream).unwrap();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(records[0].prev, Anchor::genesis().head);
    let report = check(&desk.stream, &[anchor, last], None).unwrap();
    assert_eq!((report.count, report.head, report.problems), (4, last.head, vec![]));
    assert_eq!(report.runs[0].events, 4);
}

#[test]
fn an_absent_stream_goes_on_from_the_recorded_head() {
    let (desk, anchor) = filled(3);
    fs::remove_file(&desk.stream).unwrap();
    let after = Log::open(&desk.stream, Some(anchor)).unwrap().append(&event(9)).unwrap();
    let records = read(&desk.stream).unwrap();
    assert_eq!((records[0].seq, records[0].prev, after.count), (4, anchor.head, 4));
    assert_eq!(check(&desk.stream, &[anchor, after], None).unwrap().problems, vec![]);
    assert_eq!(start(&desk.stream).unwrap(), Some(anchor));
    let unvouched = check(&desk.stream, &[after], None).unwrap().problems;
    assert_eq!(unvouched, vec![Problem::UnknownStart { start: anchor }]);
}

#[test]
fn a_stream_that_vanishes_under_a_writer_goes_on_from_what_the_writer_knows() {
    let (desk, anchor) = filled(2);
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
    fs::remove_file(&desk.stream).unwrap();
    log.append(&event(5)).unwrap();
    let records = read(&desk.stream).unwrap();
    assert_eq!((records.len(), records[0].seq, records[0].prev), (1, 3, anchor.head));
}

#[test]
fn a_torn_end_is_set_aside_and_recorded() {
    for tail in [&b"{\"payload\":{}"[..], b"\0\0\0\0", b"\0\0\n", b"{\"payl\n"] {
        let (desk, anchor) = filled(2);
        let whole = fs::read(&desk.stream).unwrap();
        fs::write(&desk.stream, [&whole[..], tail].concat()).unwrap();
        assert_eq!(read(&desk.stream).unwrap().len(), 2);
        let seen = check(&desk.stream, &[anchor], None).unwrap();
        assert_eq!(seen.problems, vec![Problem::Torn { line: 3 }]);

        let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
        assert_eq!(fs::read(&desk.stream).unwrap().len(), whole.len() + tail.len(), "opening moves nothing");
        let last = log.append(&event(2)).unwrap();
        assert_eq!(fs::read(desk.folder.path().join("state/events.jsonl.torn-1")).unwrap(), tail);
        let records = read(&desk.stream).unwrap();
        assert_eq!(records[2].kind, EventKind::LogRecovered);
        assert_eq!(records[2].payload["bytes"], json!(tail.len()));
        assert_eq!(records[2].payload["sha256"], json!(ContentAddress::of(tail)));
        assert_eq!(records[2].payload["file"], json!("events.jsonl.torn-1"));
        assert_eq!(records[3].payload["number"], json!(2));
        assert_eq!(check(&desk.stream, &[anchor, last], None).unwrap().problems, vec![]);
    }
}

#[test]
fn a_crash_at_any_byte_of_a_line_loses_nothing_before_it_and_the_chain_goes_on() {
    let (desk, anchor) = filled(2);
    let before = fs::read(&desk.stream).unwrap();
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
    log.append(&event(2)).unwrap();
    let whole = fs::read(&desk.stream).unwrap();
    for cut in before.len()..=whole.len() {
        fs::write(&desk.stream, &whole[..cut]).unwrap();
        let last = Log::open(&desk.stream, Some(anchor)).unwrap().append(&event(9)).unwrap();
        let report = check(&desk.stream, &[anchor, last], None).unwrap();
        assert_eq!(report.problems, vec![], "cut at byte {cut}");
        let records = read(&desk.stream).unwrap();
        let recovered = records.iter().filter(|record| record.kind == EventKind::LogRecovered).count();
        let torn = !whole[..cut].ends_with(b"\n");
        assert_eq!(recovered, usize::from(torn), "cut at byte {cut}");
        assert_eq!(records.last().unwrap().payload["number"], json!(9));
        if torn {
            fs::remove_file(desk.folder.path().join("state/events.jsonl.torn-1")).unwrap();
        }
    }
}

#[test]
fn the_same_torn_end_is_kept_once_and_another_beside_it() {
    let (desk, anchor) = filled(1);
    let whole = fs::read(&desk.stream).unwrap();
    // A process that died after keeping the bytes and before cutting the stream.
    fs::write(desk.folder.path().join("state/events.jsonl.torn-1"), b"{\"a").unwrap();
    for (tail, kept) in [(&b"{\"a"[..], "events.jsonl.torn-1"), (b"{\"b", "events.jsonl.torn-2")] {
        fs::write(&desk.stream, [&whole[..], tail].concat()).unwrap();
        Log::open(&desk.stream, Some(anchor)).unwrap().append(&event(1)).unwrap();
        assert_eq!(read(&desk.stream).unwrap()[1].payload["file"], json!(kept));
    }
}

#[test]
fn a_refused_event_leaves_a_torn_end_where_it_is() {
    let (desk, anchor) = filled(1);
    let torn = [&fs::read(&desk.stream).unwrap()[..], b"{"].concat();
    fs::write(&desk.stream, &torn).unwrap();
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
    assert!(log.append(&event(1).with("half", 0.5)).is_err());
    assert_eq!(fs::read(&desk.stream).unwrap(), torn);
}

#[test]
fn a_broken_line_is_named_and_never_repaired() {
    let (desk, _) = filled(4);
    let text = fs::read_to_string(&desk.stream).unwrap();
    let forged = text.replace("\"number\":1", "\"number\":7");
    fs::write(&desk.stream, &forged).unwrap();
    let error = Log::open(&desk.stream, None).err().unwrap();
    assert!(matches!(error, Error::Broken { line: 3, flaw: crate::event::Flaw::Previous, .. }), "{error:?}");
    assert_eq!(fs::read_to_string(&desk.stream).unwrap(), forged);
}

#[test]
fn a_stream_cut_below_its_anchor_is_refused() {
    let (desk, anchor) = filled(4);
    let text = fs::read_to_string(&desk.stream).unwrap();
    let cut: String = text.split_inclusive('\n').take(3).collect();
    fs::write(&desk.stream, cut).unwrap();
    assert!(matches!(Log::open(&desk.stream, Some(anchor)), Err(Error::AnchorMismatch { .. })));
    let problems = check(&desk.stream, &[anchor], None).unwrap().problems;
    assert_eq!(problems, vec![Problem::AnchorMismatch { anchor }]);
}

#[test]
fn a_stream_rewritten_with_a_whole_chain_is_refused() {
    let (desk, anchor) = filled(3);
    let (other, _) = {
        let other = self::desk();
        let mut log = Log::open(&other.stream, None).unwrap();
        let anchor = log.append_all(&[event(0), event(8), event(9), event(10)]).unwrap();
        (other, anchor)
    };
    fs::copy(&other.stream, &desk.stream).unwrap();
    assert!(matches!(Log::open(&desk.stream, Some(anchor)), Err(Error::AnchorMismatch { .. })));
}

#[test]
fn a_stream_that_starts_after_the_anchor_has_a_gap_and_is_refused() {
    let (desk, anchor) = filled(3);
    fs::remove_file(&desk.stream).unwrap();
    Log::open(&desk.stream, Some(anchor)).unwrap().append(&event(4)).unwrap();
    let earlier = Anchor { count: 2, head: ContentAddress::of(b"x") };
    assert!(matches!(Log::open(&desk.stream, Some(earlier)), Err(Error::AnchorMismatch { .. })));
    assert!(Log::open(&desk.stream, Some(anchor)).is_ok());
}

#[test]
fn a_stream_cut_under_an_open_writer_is_not_written_to() {
    let (desk, anchor) = filled(3);
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap();
    let text = fs::read_to_string(&desk.stream).unwrap();
    let cut: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&desk.stream, &cut).unwrap();
    assert!(matches!(log.append(&event(4)), Err(Error::AnchorMismatch { .. })));
    assert_eq!(fs::read_to_string(&desk.stream).unwrap(), cut);
}

#[test]
fn an_event_that_fits_no_schema_is_not_written() {
    let (desk, anchor) = filled(1);
    let mut log = Log::open(&desk.stream, Some(anchor)).unwrap().with_schema(Box::new(|value| {
        match value["payload"]["number"].as_u64() {
            Some(number) if number < 5 => Ok(()),
            _ => Err("number is not below 5".to_owned()),
        }
    }));
    assert!(log.append_all(&[event(1), event(6)]).is_err(), "one bad event holds back its group");
    let lacking = NewEvent { kind: EventKind::RefMoved, ..event(1) };
    assert!(matches!(log.append(&lacking), Err(Error::Invalid { .. })));
    assert!(matches!(log.append(&event(1).with("long", "x".repeat(MAX_LINE))), Err(Error::Invalid { .. })));
    assert_eq!(log.append(&event(2)).unwrap().count, 2);
    assert_eq!(read(&desk.stream).unwrap().len(), 2);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let desk = desk();
    let victim = desk.folder.path().join("victim");
    fs::write(&victim, "").unwrap();
    for name in ["state/events.jsonl", "state/events.jsonl.lock"] {
        fs::create_dir_all(desk.folder.path().join("state")).unwrap();
        let link = desk.folder.path().join(name);
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert!(matches!(Log::open(&desk.stream, None), Err(Error::NotAFile { .. })), "{name}");
        fs::remove_file(link).unwrap();
    }
    assert_eq!(fs::read(&victim).unwrap(), b"");
}

#[test]
fn eight_writers_keep_one_chain() {
    let desk = desk();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let stream = &desk.stream;
            scope.spawn(move || {
                let mut log = Log::open(stream, None).unwrap();
                for number in 0..50 {
                    log.append(&event(writer * 50 + number)).unwrap();
                }
            });
        }
    });
    let report = check(&desk.stream, &[], None).unwrap();
    assert_eq!((report.count, report.problems), (400, vec![]));
    let mut numbers: Vec<u64> =
        read(&desk.stream).unwrap().iter().map(|record| record.payload["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..400).collect::<Vec<_>>());
}

#[test]
fn a_stream_is_resumed_where_it_was_left_and_what_others_added_is_checked() {
    let (desk, anchor) = filled(3);
    let place = Log::open(&desk.stream, Some(anchor)).unwrap().place().unwrap();
    assert_eq!((place.anchor, place.lines), (anchor, 3));
    Log::open(&desk.stream, None).unwrap().append(&event(3)).unwrap();
    let mut log = Log::resume(&desk.stream, place).unwrap().unwrap();
    assert_eq!((log.anchor().count, log.written()), (4, &b""[..]));
    let last = log.append(&event(4)).unwrap();
    assert_eq!(log.place().unwrap().bytes, fs::metadata(&desk.stream).unwrap().len());
    let report = check(&desk.stream, &[last], None).unwrap();
    assert_eq!((report.count, report.problems), (5, vec![]));
    let whole = fs::read(&desk.stream).unwrap();
    let after = usize::try_from(place.bytes).unwrap();
    for at in after..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&desk.stream, &flipped).unwrap();
        let resumed = Log::resume(&desk.stream, place);
        // Nothing names the last line, and without the line feed before it both are one torn line.
        let last_line = at >= whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        assert!(last_line || resumed.is_err(), "byte {at}");
    }
}

#[test]
fn a_place_that_is_not_there_any_more_resumes_nothing() {
    let (desk, _) = filled(3);
    let place = Log::open(&desk.stream, None).unwrap().place().unwrap();
    let whole = fs::read(&desk.stream).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for bytes in [&whole[..first], &whole[..whole.len() - 1], &whole[first..], b""] {
        fs::write(&desk.stream, bytes).unwrap();
        assert!(Log::resume(&desk.stream, place).unwrap().is_none(), "{} bytes", bytes.len());
    }
    fs::remove_file(&desk.stream).unwrap();
    assert!(Log::resume(&desk.stream, place).unwrap().is_none());
    for odd in [Place { last_line: 0, ..place }, Place { last_line: place.bytes + 1, ..place }] {
        fs::write(&desk.stream, &whole).unwrap();
        assert!(Log::resume(&desk.stream, odd).unwrap().is_none());
    }
}

#[test]
fn a_stream_that_another_began_meanwhile_is_gone_on_with() {
    let desk = desk();
    let (_, elsewhere) = filled(5);
    // One knows of a place that another stream reached, the other of none; neither has a stream here yet.
    let mut late = Log::open(&desk.stream, Some(elsewhere)).unwrap();
    let mut early = Log::open(&desk.stream, None).unwrap();
    early.append_all(&[event(0), event(1)]).unwrap();
    let last = late.append(&event(2)).unwrap();
    assert_eq!(last.count, 3);
    let report = check(&desk.stream, &[last], None).unwrap();
    assert_eq!((report.count, report.problems), (3, vec![]));
    // From now on it is this stream and no other.
    fs::remove_file(&desk.stream).unwrap();
    Log::open(&desk.stream, None).unwrap().append_all(&[event(7), event(8), event(9)]).unwrap();
    assert!(late.append(&event(3)).is_err());
}
