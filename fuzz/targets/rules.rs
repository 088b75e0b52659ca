//! Files of rules, as anybody may hand them over: what is taken can be searched with, and what is not names a place.

#![no_main]

use git_iao::scan::{Error, load, try_rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load("rules.toml", &|_| Ok(text.to_owned())) {
        Ok(loaded) => {
            if loaded.set.rules().len() < 4 {
                assert!(try_rules(&loaded.set, 1).len() <= loaded.set.rules().len());
            }
        }
        Err(Error::Rules { faults }) => assert!(faults.lines().any(|line| line.starts_with("rules.toml:")), "{faults}"),
        Err(_) => {}
    }
});
