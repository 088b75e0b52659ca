//! Segments: a record read anywhere never panics, holds no more than its bytes, and links backward only.

#![no_main]

use git_iao::seal::{Content, Link, Record, Segment};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"iao-records/1\n";
/// The least that an entry of a file takes: mode, length and name, size, two digests.
const LEAST: usize = 2 + 1 + 1 + 96;

fn backward(link: &Link, from: u64) {
    assert!(link.segment.is_some() || link.offset < from, "{link:?} from {from}");
}

fuzz_target!(|data: &[u8]| {
    // Half of the work would be finding the first bytes.
    let whole = [MAGIC, data].concat();
    let bytes = if data.starts_with(MAGIC) { data.to_vec() } else { whole };
    let length = bytes.len();
    let Ok(segment) = Segment::parse(bytes) else { return };
    for offset in 0..length.min(512) as u64 {
        match segment.record(offset) {
            Err(_) => {}
            Ok(Record::Split(links)) => links.iter().for_each(|link| backward(link, offset)),
            Ok(Record::List(mut items)) => {
                let said = items.left();
                let (mut files, mut names, mut read) = (0, 0, 0);
                for item in &mut items {
                    let Ok(item) = item else { break };
                    read += 1;
                    names += item.name.len();
                    match item.content {
                        Content::File { .. } => files += 1,
                        Content::Directory(link) => backward(&link, offset),
                    }
                }
                assert!(items.next().is_none() && read <= said, "{read} of {said} entries");
                assert!(items.taken() <= length, "{} of {length} bytes", items.taken());
                assert!(files * (LEAST - 1) + names <= length, "{files} files in {length} bytes");
            }
        }
    }
    assert!(segment.record(length as u64).is_err() && segment.record(u64::MAX).is_err());
});
