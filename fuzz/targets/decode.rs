//! Encoded texts as the scan finds them: each decoded byte stands within its part, in order, and nothing panics.

#![no_main]

use git_iao::scan::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for (range, length, places) in fuzzing::decode(data) {
        assert!(range.start < range.end && range.end <= data.len() && length > 0 && length <= 2 * range.len());
        let mut before = range.start;
        for place in places {
            assert!(
                before <= place.start && place.start < place.end && place.end <= range.end,
                "{place:?} in {range:?}"
            );
            before = place.start;
        }
    }
});
