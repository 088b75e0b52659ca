//! Segments: never a panic, and a record for every key that an independent walk finds, no larger than its bytes.

#![no_main]

use git_iao::seal::{Record, Segment};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"iao-records/1\n";

/// The keys and bodies of a segment, by the specification alone.
fn records(data: &[u8]) -> Option<Vec<([u8; 32], &[u8])>> {
    let mut rest = data.strip_prefix(MAGIC)?;
    let others = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    rest = rest.get(2 + 32 * others..)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let key = *rest.get(1..)?.first_chunk::<32>()?;
        let length = u32::from_be_bytes(*rest.get(33..)?.first_chunk()?) as usize;
        found.push((key, rest.get(37..37_usize.checked_add(length)?)?));
        rest = rest.get(37 + length..)?;
    }
    Some(found)
}

fuzz_target!(|data: &[u8]| {
    // Half of the work would be finding the first bytes.
    let whole = [MAGIC, data].concat();
    let data = if data.starts_with(MAGIC) { data } else { &whole };
    let Ok(segment) = Segment::parse(data) else { return };
    let records = records(data).expect("what was read is a segment");
    for (key, body) in &records {
        match segment.get(key).expect("every key is found") {
            Record::List(entries) => {
                let least: usize = entries.iter().map(|entry| entry.name.len() + 6 + 1 + 1 + 1 + 1 + 96).sum();
                assert!(least <= body.len());
            }
            Record::Split(_) => assert_eq!(body.len(), 2 * (8 + 8 + 96 + 2)),
        }
    }
    let mut keys: Vec<_> = records.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), records.len(), "a key stands twice");
});
