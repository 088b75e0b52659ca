//! Archives as the scan unpacks them: no more comes out than the bounds let through, and nothing panics.

#![no_main]

use git_iao::scan::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (members, missed) = fuzzing::unpack(data);
    // Of each byte that is stored comes one a level, of each that is packed a hundred, or a mebibyte a member.
    assert!(members.iter().sum::<usize>() <= (64 << 20) + 4 * data.len());
    assert!(missed.is_none_or(|missed| !missed.is_empty() && missed.chars().all(|letter| !letter.is_control())));
});
