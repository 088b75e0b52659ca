//! Reads the headers of gzip.
//!
//! Source: RFC 1952. Checksums are not looked at: whatever unpacks is searched.

/// What stands behind the data of a member.
pub(super) const TRAILER: usize = 8;

/// Returns where the data begins of the member that a content begins with.
pub(super) fn data(content: &[u8]) -> Option<usize> {
    if !content.starts_with(b"\x1f\x8b\x08") {
        return None;
    }
    let flags = *content.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = content.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    // A name, and a comment.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += memchr::memchr(0, content.get(at..)?)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= content.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_header_is_passed_over() {
        assert_eq!(data(b"\x1f\x8b\x08\0\0\0\0\0\0\x03xx"), Some(10));
        assert_eq!(data(b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0ab" as &[u8]), None);
        assert_eq!(data(b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0abname\0note\0cc"), Some(26));
    }

    #[test]
    fn what_is_cut_off_is_no_header() {
        let whole = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0abname\0note\0cc";
        for length in 0..whole.len() {
            assert_eq!(data(&whole[..length]), None, "{length}");
        }
    }
}
