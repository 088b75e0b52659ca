//! Mends what the index reader of gix does not take: entries whose path is 4095 bytes or longer.
//!
//! Such an entry says "as long as it is", and is padded like any other; gix reads it up to the first zero byte and takes
//! the rest of the padding for the next entry. Here that rest is left out, and nothing else is changed.

use gix::index::Version;

/// Signature, version, number of entries.
const HEADER: usize = 12;
/// What stands before an entry's object name.
const STAT: usize = 40;
/// The length that stands for "as long as it is".
const LONG: usize = 0xfff;
/// The bit that says that two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;
/// Extensions that hold offsets into the file, which no longer fit; both only help to read faster.
const OFFSETS: [&[u8]; 2] = [b"EOIE", b"IEOT"];

/// Returns the index without the padding of its long entries; `None` when it has none, or cannot be understood.
pub(super) fn without_long_padding(bytes: &[u8], hash: gix::hash::Kind) -> Option<Vec<u8>> {
    let word = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    if !bytes.starts_with(b"DIRC") || ![Version::V2 as u32, Version::V3 as u32].contains(&word(4)?) {
        return None;
    }
    let mut out = bytes.get(..HEADER)?.to_vec();
    let (mut at, mut long) = (HEADER, false);
    for _ in 0..word(8)? {
        let flags_at = at + STAT + hash.len_in_bytes();
        let flags = u16::from_be_bytes(*bytes.get(flags_at..)?.first_chunk()?);
        let name_at = flags_at + if flags & EXTENDED == 0 { 2 } else { 4 };
        let said = usize::from(flags) & LONG;
        let length =
            if said == LONG { bytes.get(name_at..)?.iter().position(|byte| *byte == 0)? } else { said };
        let end = at + (name_at - at + length + 8) / 8 * 8;
        let kept = if said == LONG { name_at + length + 1 } else { end };
        long |= kept < end;
        out.extend_from_slice(bytes.get(at..kept)?);
        at = end;
    }
    // Extensions, then the checksum of the whole, which nobody compares.
    while at + 8 <= bytes.len().checked_sub(hash.len_in_bytes())? {
        let end = at + 8 + word(at + 4)? as usize;
        if !OFFSETS.contains(&bytes.get(at..at + 4)?) {
            out.extend_from_slice(bytes.get(at..end)?);
        }
        at = end;
    }
    out.extend_from_slice(bytes.get(at..)?);
    long.then_some(out)
}

#[cfg(test)]
mod tests {
    use crate::git::testing::Sandbox;

    #[test]
    fn paths_of_every_length_around_the_bound_are_read() {
        for format in ["sha1", "sha256"] {
            for threads in ["1", "8"] {
                let sandbox = Sandbox::with_format(format);
                sandbox.git(&["config", "index.threads", threads]);
                let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"x");
                // A short name after each long one, which a reader that stops too early would miss.
                let long = |length: usize| format!("{length}{}", "z".repeat(length - 4));
                let paths: Vec<String> =
                    (4090..4110).flat_map(|length| [format!("{length}"), long(length)]).collect();
                let listed: String = paths.iter().map(|path| format!("100644 {blob}\t{path}\n")).collect();
                sandbox.git_with(&["update-index", "--add", "--index-info"], listed.as_bytes());
                let snapshot = sandbox.open().snapshot_index().unwrap();
                let found: Vec<_> = snapshot.entries().iter().map(|entry| entry.path.to_string()).collect();
                assert!(found == paths, "{format}, {threads} threads: {} paths", found.len());
            }
        }
    }

    #[test]
    fn an_index_that_is_cut_off_is_an_error_and_never_a_panic() {
        let sandbox = Sandbox::new();
        let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"x");
        let listed = format!("100644 {blob}\ta\n100644 {blob}\t{}\n", "l".repeat(4097));
        sandbox.git_with(&["update-index", "--add", "--index-info"], listed.as_bytes());
        let file = sandbox.path().join(".git/index");
        let whole = std::fs::read(&file).unwrap();
        assert_eq!(sandbox.open().snapshot_index().unwrap().entries().len(), 2);
        for length in (0..whole.len() - 1).step_by(7) {
            std::fs::write(&file, &whole[..length]).unwrap();
            assert!(sandbox.open().snapshot_index().is_err(), "{length}");
        }
    }
}
