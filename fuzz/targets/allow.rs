//! An allow-file, as anybody may commit it: what is taken reads back as it was written, and what is not names a place within it.

#![no_main]

use git_iao::scan::{AllowList, Error};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match AllowList::read(data) {
        Ok(list) => {
            let written = list.to_bytes();
            let again = AllowList::read(&written).expect("what is written is read");
            assert_eq!(again.to_bytes(), written);
        }
        Err(Error::Allow { line, column, .. }) => {
            let lines = data.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&line) && column >= 1, "{line}:{column}");
        }
        Err(other) => panic!("{other}"),
    }
});
