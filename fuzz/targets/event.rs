//! Event lines and streams: one writing a record, and a check that ends whatever it is given.

#![no_main]

use git_iao::event::{self, Record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = Record::parse(data) {
        let line = record.to_line().expect("what was read has a canonical form");
        assert_eq!(line.strip_suffix(b"\n"), Some(data.strip_suffix(b"\n").unwrap_or(data)));
    }
    let report = event::check_reader(data, &[], None).expect("memory is read without fail");
    let lines = data.iter().filter(|byte| **byte == b'\n').count();
    assert!(report.runs.len() <= lines && report.runs.iter().map(|run| run.events).sum::<u64>() <= lines as u64);
    if report.problems.is_empty() && !data.is_empty() {
        assert!(data.ends_with(b"\n"), "a stream whose end is torn holds");
        let records = event::read_lines("stream".as_ref(), data).expect("what holds is read");
        assert_eq!(records.last().map(|record| record.seq), Some(report.count));
    }
});
